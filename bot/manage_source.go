package bot

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"attache/internal/store"
	"attache/internal/text"
)

// pageUnits is how much stands on a page of a list: the buttons that turn it need no room in the text.
const pageUnits = contentLimit - 100

// listSources lists the guild's sources with how they are.
func listSources(ctx context.Context, r *request) (reply, error) {
	subs, err := r.bot.db.Read().Subscriptions(ctx, r.guild)
	if err != nil {
		return reply{}, err
	}
	if len(subs) == 0 {
		return plain(r.t.text("source.none")), nil
	}
	paces, err := r.bot.db.Read().Guild(r.guild).Paces(ctx, r.services.Now().Add(-paceTime))
	if err != nil {
		return reply{}, err
	}
	lines := make([]string, len(subs))
	for i, s := range subs {
		lines[i] = r.sourceLine(s) + r.pace(paces[s.Source.ID])
	}
	head := r.t.count("source.head", len(subs))
	set, err := settingsOf(ctx, r.bot.db.Read(), r.guild)
	if err != nil {
		return reply{}, err
	}
	if set.Notices == "" && slices.ContainsFunc(subs, func(s store.Subscription) bool { return s.Source.Status == "gone" || s.Source.Failures >= deadFailures }) {
		head += "\n-# " + r.t.text("source.unnoticed")
	}
	return reply{pages: sheets(head, lines, pageUnits)}, nil
}

// paceTime is the time over which it is told what a source brings.
const paceTime = 7 * 24 * time.Hour

// pace says how much a source brings, and how late; "" of one that brought nothing this week.
func (r *request) pace(p store.Pace) string {
	if p.PerDay == 0 {
		return ""
	}
	key, n := "source.day", int(math.Round(p.PerDay))
	if p.PerDay < 2 {
		key, n = "source.week", max(1, int(math.Round(7*p.PerDay)))
	}
	out := " · " + r.t.count(key, n)
	if p.Lag > 0 {
		out += " · " + r.t.count("source.lag", int(math.Round(p.Lag.Minutes())))
	}
	return out
}

// sourceLine is one source of the list: name, kind, country, how many articles, how it is.
func (r *request) sourceLine(s store.Subscription) string {
	name := "**" + shownName(s.Name) + "**"
	site := s.Source.Link
	if site == "" {
		site = s.Source.URL
	}
	if u := readable(link(site)); u != "" && units(u) <= 300 && !s.Source.Private {
		name = "**[" + shownName(brackets.Replace(s.Name)) + "](" + u + ")**"
	}
	facts := []string{name, r.tier(s.Tier)}
	if s.Country != "" {
		facts = append(facts, r.countryOr(s.Country))
	}
	if len(s.Topics) > 0 {
		facts = append(facts, r.listOr(s.Topics))
	}
	facts = append(facts, r.t.count("source.articles", s.Source.Articles))
	return strings.Join(facts, " · ") + "\n-# " + r.t.state(s)
}

// state is how a source is, in words: what failed last is the sentence that was kept with it.
func (c catalogue) state(s store.Subscription) string {
	last := ""
	if at := s.Source.LastSuccess; !at.IsZero() {
		last = " · " + c.text("state.last", "when", fmt.Sprintf("<t:%d:R>", at.Unix()))
	}
	switch {
	case s.Source.Blocked && s.Source.BlockReason != "":
		return c.text("state.blocked.why", "why", Clip(Escape(s.Source.BlockReason), 200))
	case s.Source.Blocked:
		return c.text("state.blocked")
	case s.Paused:
		return c.text("state.paused") + last
	case s.Source.Status == "gone":
		return c.text("state.gone") + last
	case s.Source.Error != "":
		return c.count("state.failed", s.Source.Failures, "why", c.failure(s.Source.Error)) + last
	case s.Source.LastVisit.IsZero():
		return c.text("state.new")
	case len(s.Source.Warnings) > 0:
		return c.text("state.repaired", "what", Clip(Escape(s.Source.Warnings[0]), 200)) + last
	}
	return c.text("state.well") + last
}

// chosenSource is the subscription that the option source means: by its id, as it is suggested, or by its name.
func (r *request) chosenSource(ctx context.Context, q *store.Q, value string) (store.Subscription, error) {
	subs, err := q.Subscriptions(ctx, r.guild)
	if err != nil {
		return store.Subscription{}, err
	}
	id, err := strconv.ParseInt(value, 10, 64)
	want := text.Fold(strings.TrimSpace(value)).Text
	found := []store.Subscription{}
	for _, s := range subs {
		if err == nil && s.Source.ID == id {
			return s, nil
		}
		if text.Fold(strings.TrimSpace(s.Name)).Text == want {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return store.Subscription{}, say("error.unknown_source", "source", Clip(value, 60))
	}
	return found[0], nil
}

// editSource changes what the guild says of a source.
func editSource(ctx context.Context, r *request) (reply, error) {
	if len(r.options) < 2 {
		return reply{}, say("error.nothing_to_change")
	}
	var now store.Subscription
	err := r.change(ctx, func(q *store.Q) error {
		s, err := r.chosenSource(ctx, q, r.text("source"))
		if err != nil {
			return err
		}
		was := s
		was.Topics = slices.Clone(s.Topics)
		if err := r.said(&s.Name, &s.Tier, &s.Country, &s.Topics); err != nil {
			return err
		}
		now = s
		if err := q.SaveSubscription(ctx, s); err != nil {
			return err
		}
		return r.audit(ctx, q, "source edit", was.Name, changes(
			"name", was.Name, s.Name, "tier", string(was.Tier), string(s.Tier), "country", was.Country, s.Country,
			"topics", strings.Join(was.Topics, ", "), strings.Join(s.Topics, ", ")))
	})
	if err != nil {
		return reply{}, err
	}
	return plain(r.t.text("source.edited") + "\n" + r.sourceLine(now)), nil
}

// changes words what was changed, for the audit: triples of what, before, after.
func changes(triples ...string) string {
	var out []string
	for i := 0; i+2 < len(triples); i += 3 {
		if what, was, is := triples[i], triples[i+1], triples[i+2]; was != is {
			out = append(out, fmt.Sprintf("%s: %s → %s", what, dash(was), dash(is)))
		}
	}
	return strings.Join(out, "; ")
}

func dash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

// pauseSource stops reading a source for the guild, or goes on with it.
func pauseSource(ctx context.Context, r *request) (reply, error) {
	var s store.Subscription
	paused := !r.yes("resume")
	err := r.change(ctx, func(q *store.Q) (err error) {
		if s, err = r.chosenSource(ctx, q, r.text("source")); err != nil || s.Paused == paused {
			return err
		}
		s.Paused = paused
		if err := q.SaveSubscription(ctx, s); err != nil {
			return err
		}
		action := "source pause"
		if !paused {
			action = "source resume"
		}
		return r.audit(ctx, q, action, s.Name, "")
	})
	if err != nil {
		return reply{}, err
	}
	key := "source.paused"
	if !paused {
		key = "source.resumed"
	}
	return plain(r.t.text(key, "name", shownName(s.Name))), nil
}

// removeSource asks once whether a source is to be removed.
func removeSource(ctx context.Context, r *request) (reply, error) {
	s, err := r.chosenSource(ctx, r.bot.db.Read(), r.text("source"))
	if err != nil {
		return reply{}, err
	}
	key := "source.remove"
	if s.Source.Private {
		key = "source.remove_private"
	}
	return r.ask(r.t.text(key, "name", shownName(s.Name), "articles", r.t.count("source.articles", s.Source.Articles)),
		"source-remove:"+strconv.FormatInt(s.Source.ID, 10)), nil
}

// ask is a question with a button that takes something away and one that does not.
func (r *request) ask(question, id string) reply {
	return reply{pages: []page{{Content: question}}, rows: []any{rowOf(
		button(4, id, r.t.text("button.remove"), false), button(2, "manage-keep", r.t.text("button.keep"), false))}}
}

// sourceRemoved removes the source of the button.
func sourceRemoved(ctx context.Context, r *request) (reply, error) {
	id, ok := r.number64(0)
	if !ok {
		return reply{}, say("error.expired")
	}
	var name string
	err := r.change(ctx, func(q *store.Q) error {
		subs, err := q.Guild(r.guild).Named(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(subs, func(n store.Named) bool { return n.Source == id })
		if i < 0 {
			return store.ErrNotFound
		}
		name = subs[i].Name
		if err := q.Unsubscribe(ctx, r.guild, id); err != nil {
			return err
		}
		return r.audit(ctx, q, "source remove", name, "")
	})
	if err != nil {
		return reply{}, err
	}
	return r.updated("source.removed", "name", shownName(name)), nil
}

// number64 is an id in a button: its nth word.
func (r *request) number64(n int) (int64, bool) {
	if n >= len(r.args) {
		return 0, false
	}
	id, err := strconv.ParseInt(r.args[n], 10, 64)
	return id, err == nil && id > 0
}
