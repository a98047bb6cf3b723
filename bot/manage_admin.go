package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"attache/internal/store"
)

const (
	managersMost = 20  // roles
	auditsShown  = 300 // rows: some twenty pages
	whyLooks     = 20  // deliveries among which the last one with candidates is looked for
)

// showSettings shows the guild's settings, and changes those that were given.
func showSettings(ctx context.Context, r *request) (reply, error) {
	if len(r.options) == 0 {
		s, err := settingsOf(ctx, r.bot.db.Read(), r.guild)
		if err != nil {
			return reply{}, err
		}
		return r.settings(s), nil
	}
	add, remove := r.text("role"), r.text("remove")
	if (add != "" || remove != "") && !r.byDiscord() {
		return reply{}, say("error.roles_by_discord")
	}
	if add == r.guild { // the role of everybody has the id of the server
		return reply{}, say("error.everybody")
	}
	lang := ""
	if v := r.text("language"); v != "" && v != nothing {
		var err error
		if lang, err = r.languageOf(v); err != nil {
			return reply{}, err
		}
	}
	notices := r.text("notices")
	if notices != "" {
		to, err := r.targetOf(ctx, notices)
		if kind := new(said); to.Forum || errors.As(err, &kind) && kind.key == "error.channel_kind" {
			err = say("error.notice_kind")
		}
		if err != nil {
			return reply{}, err
		}
	}
	return r.set(ctx, func(s *settings) error {
		if notices != "" {
			s.Notices = notices
		}
		if add != "" && !slices.Contains(s.Managers, add) {
			if len(s.Managers) >= managersMost {
				return say("error.many_roles", "n", strconv.Itoa(managersMost))
			}
			s.Managers = append(s.Managers, add)
		}
		if remove != "" {
			i := slices.Index(s.Managers, remove)
			if i < 0 {
				return say("error.no_role")
			}
			s.Managers = slices.Delete(s.Managers, i, i+1)
		}
		if r.text("language") != "" {
			s.Lang = lang
		}
		return nil
	})
}

// byDiscord reports whether the one who asked manages the server by Discord's permission. Who may manage the bot is not
// for its managers to say.
func (r *request) byDiscord() bool {
	return bits(r.in.Member.Permissions)&(mayManage|mayAdminister) != 0
}

// clearRoles takes the bot from all roles: also from those that Discord does not offer any more.
func clearRoles(ctx context.Context, r *request) (reply, error) {
	if !r.byDiscord() {
		return reply{}, say("error.roles_by_discord")
	}
	rep, err := r.set(ctx, func(s *settings) error {
		s.Managers = nil
		return nil
	})
	rep.update = true
	return rep, err
}

// set changes the guild's settings in a transaction, and shows them.
func (r *request) set(ctx context.Context, edit func(*settings) error) (reply, error) {
	var s settings
	err := r.change(ctx, func(q *store.Q) error {
		g, err := q.GuildByID(ctx, r.guild)
		if errors.Is(err, store.ErrNotFound) { // the gateway's word of it is still on its way
			g, err = store.Guild{ID: r.guild, Locale: r.in.GuildLocale, Joined: r.services.Now()}, nil
		}
		if err != nil {
			return err
		}
		if len(g.Settings) > 0 {
			if err := json.Unmarshal(g.Settings, &s); err != nil {
				return err
			}
		}
		was := s
		was.Managers = slices.Clone(s.Managers)
		if err := edit(&s); err != nil {
			return err
		}
		if g.Settings, err = json.Marshal(s); err != nil {
			return err
		}
		if err := q.SaveGuild(ctx, g); err != nil {
			return err
		}
		return r.audit(ctx, q, "admin settings", "", changes("roles", strings.Join(was.Managers, ", "), strings.Join(s.Managers, ", "),
			"language", was.Lang, s.Lang, "notices", was.Notices, s.Notices))
	})
	if err != nil {
		return reply{}, err
	}
	return r.settings(s), nil
}

// settings shows settings.
func (r *request) settings(s settings) reply {
	var roles []string
	for _, id := range s.Managers {
		if isID(id) {
			roles = append(roles, "<@&"+id+">")
		}
	}
	who, lang := r.t.text("settings.no_roles"), r.t.text("settings.server_language")
	if len(roles) > 0 {
		who = strings.Join(roles, " ")
	}
	if s.Lang != "" {
		lang = Escape(r.language(s.Lang))
	}
	notices := r.t.text("settings.no_notices")
	if isID(s.Notices) {
		notices = "<#" + s.Notices + ">"
	}
	rep := plain(strings.Join([]string{r.t.text("settings.head"), r.t.text("settings.roles", "roles", who), r.t.text("settings.language", "language", lang),
		r.t.text("settings.notices", "channel", notices)}, "\n"))
	var buttons []any
	if len(roles) > 0 && r.byDiscord() {
		buttons = append(buttons, button(4, "settings-clear", r.t.text("button.clear_roles"), false))
	}
	if s.Notices != "" {
		buttons = append(buttons, button(2, "settings-quiet", r.t.text("button.no_notices"), false))
	}
	if len(buttons) > 0 {
		rep.rows = []any{rowOf(buttons...)}
	}
	return rep
}

// quiet ends that notices are posted.
func quiet(ctx context.Context, r *request) (reply, error) {
	rep, err := r.set(ctx, func(s *settings) error {
		s.Notices = ""
		return nil
	})
	rep.update = true
	return rep, err
}

// showUsage counts what the guild has and what models used for it. Days and months are those of UTC.
func showUsage(ctx context.Context, r *request) (reply, error) {
	q := r.bot.db.Read()
	c, err := q.Guild(r.guild).Counts(ctx)
	if err != nil {
		return reply{}, err
	}
	states, err := q.Guild(r.guild).Deliveries(ctx)
	if err != nil {
		return reply{}, err
	}
	n := strconv.Itoa
	var deliveries []string
	for _, state := range []string{store.Sent, store.Sending, store.Planned, store.Skipped, store.Failed} {
		if states[state] > 0 {
			deliveries = append(deliveries, r.t.text("delivery."+state)+" "+n(states[state]))
		}
	}
	lines := []string{
		r.t.text("usage.head"),
		r.t.text("usage.sources", "n", n(c.Sources), "failing", n(c.Failing)),
		r.t.text("usage.articles", "articles", n(c.Articles), "stories", n(c.Stories), "quotes", n(c.Quotes)),
		r.t.text("usage.deliveries", "list", dash(strings.Join(deliveries, " · "))),
	}
	if r.services.Ledger == nil {
		lines = append(lines, r.t.text("usage.no_models"))
	} else {
		u, err := r.services.Ledger.Report(ctx, r.guild)
		if err != nil {
			return reply{}, err
		}
		lines = append(lines, r.spending("usage.day", u.Day), r.spending("usage.month", u.Month))
	}
	return plain(strings.Join(lines, "\n")), nil
}

// spending says what models used in a period, and how much of what they may.
func (r *request) spending(key string, s store.Spending) string {
	line := r.t.text(key, "calls", strconv.Itoa(s.Calls), "tokens", strconv.FormatInt(s.Tokens, 10), "cost", money(s.Cost))
	if s.Cap != (store.Limit{Tokens: store.NoLimit, Cost: store.NoLimit}) {
		line += " — " + r.t.text("usage.share", "percent", strconv.Itoa(int(100*s.Share+.5)), "until", relative(s.Until))
	}
	return line
}

// money writes millionths of a US dollar.
func money(micro int64) string { return fmt.Sprintf("%d.%04d", micro/1e6, micro%1e6/100) }

// showAudit lists who did what, the newest first.
func showAudit(ctx context.Context, r *request) (reply, error) {
	rows, err := r.bot.db.Read().Audits(ctx, r.guild, auditsShown)
	if err != nil {
		return reply{}, err
	}
	if len(rows) == 0 {
		return plain(r.t.text("audit.none")), nil
	}
	lines := make([]string, len(rows))
	for i, a := range rows {
		who := r.t.text("audit.forgotten")
		switch {
		case isID(a.User):
			who = "<@" + a.User + ">"
		case a.User != "":
			who = Escape(a.User)
		}
		lines[i] = fmt.Sprintf("<t:%d:f> · %s · **%s**", a.At.Unix(), who, Escape(a.Action))
		if !blank(a.Subject) {
			lines[i] += " · " + Clip(Escape(a.Subject), 2*nameLength)
		}
		if !blank(a.Detail) {
			lines[i] += "\n-# " + Clip(Escape(a.Detail), 400)
		}
	}
	return reply{pages: sheets(r.t.text("audit.head"), lines, pageUnits)}, nil
}

// why says of every story that the last digest of a schedule considered why it was chosen or not.
func why(ctx context.Context, r *request) (reply, error) {
	q := r.bot.db.Read()
	s, err := r.chosenSchedule(ctx, q, r.text("schedule"))
	if err != nil {
		return reply{}, err
	}
	ds, err := q.Deliveries(ctx, s.ID, whyLooks)
	if err != nil {
		return reply{}, err
	}
	for _, d := range ds {
		cs, err := q.Candidates(ctx, d.ID)
		if err != nil {
			return reply{}, err
		}
		if len(cs) == 0 {
			continue
		}
		lines := make([]string, len(cs))
		for i, c := range cs {
			lines[i] = r.candidate(c)
		}
		head := r.t.text("why.head", "schedule", Escape(label(s)), "when", fmt.Sprintf("<t:%d:f>", d.Due.Unix()))
		return reply{pages: sheets(head, lines, pageUnits)}, nil
	}
	return plain(r.t.text("why.none")), nil
}

// candidate is one story that was considered: rank, headline, score and its parts, and the reason.
func (r *request) candidate(c store.Candidate) string {
	mark := "▫"
	if c.Chosen {
		mark = "✅"
	}
	var parts []string
	for name := range c.Parts {
		parts = append(parts, name)
	}
	slices.SortFunc(parts, func(a, b string) int {
		if c.Parts[a] != c.Parts[b] {
			if c.Parts[a] > c.Parts[b] {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	var terms []string
	for _, name := range parts {
		if v := c.Parts[name]; v >= 0.005 {
			label := r.t.text("score." + name)
			if label == "" {
				label = Clip(Escape(name), 40)
			}
			terms = append(terms, fmt.Sprintf("%s %.2f", label, v))
		}
	}
	line := fmt.Sprintf("%s %d. **%s** · %.2f", mark, c.Rank, Clip(Escape(dash(c.Headline)), 200), c.Score)
	if len(terms) > 0 {
		line += " (" + strings.Join(terms, ", ") + ")"
	}
	return line + "\n-# " + r.t.reason(c.Reason)
}
