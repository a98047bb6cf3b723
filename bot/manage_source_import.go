package bot

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"attache/internal/store"
	"attache/sources"
)

const (
	// importBytes bounds a list of sources: one of 3,000 has some 1 MB, and a server can read 500.
	importBytes = 1 << 20
	// refusedShown is how many addresses of a file are shown that are not read.
	refusedShown = 50
	// attachmentHost is where Discord keeps what is attached to messages and commands.
	attachmentHost = "cdn.discordapp.com"
)

// An importing is what a file lists that can be read.
type importing struct {
	File  string     `json:"file"`
	Lines []imported `json:"lines"`
}

// An imported is a source of a file, with what the server would say of it.
type imported struct {
	URL     string     `json:"url"`
	Name    string     `json:"name"`
	Tier    store.Tier `json:"tier"`
	Country string     `json:"country,omitempty"`
	Topics  []string   `json:"topics,omitempty"`
}

// A sifted is a file whose lines were looked at.
type sifted struct {
	fresh   []imported
	had     int      // that the server reads
	more    int      // that do not fit
	refused []string // with why, as they are shown
	untold  int      // of fresh, those of which the file does not say what kind of voice they are
}

// importSources shows what a list of sources holds. Nothing is read, and nothing stored but what the button needs, before it
// is pressed.
func importSources(ctx context.Context, r *request) (reply, error) {
	file, err := r.handed(ctx, "file")
	if err != nil {
		return reply{}, err
	}
	list, warnings, err := sources.ParseOPML(file)
	if err != nil {
		return reply{}, say("error.opml")
	}
	tier := store.Press
	if s := r.text("tier"); s != "" {
		tier = store.Tier(s)
	}
	s, err := r.sift(ctx, list, tier)
	if err != nil {
		return reply{}, err
	}
	switch {
	case len(s.fresh) == 0 && s.more > 0:
		return reply{}, say("error.many_sources", "n", strconv.Itoa(sourcesMost))
	case len(s.fresh) == 0 && len(s.refused) == 0:
		return reply{}, say("error.import_read")
	}
	rep := reply{pages: sheets(r.importHead(s, tier, warnings), r.importLines(s), pageUnits)}
	if len(s.fresh) == 0 {
		return rep, nil
	}
	a, _ := r.file("file")
	id, err := r.hold(ctx, held{Held: heldImport, Import: &importing{File: Clip(clean(a.Name, false), nameLength), Lines: s.fresh}})
	if err != nil {
		return reply{}, err
	}
	rep.rows = []any{rowOf(
		button(3, "import-add:"+id, r.t.count("button.pack_add", len(s.fresh)), false),
		button(2, "source-drop:"+id, r.t.text("button.cancel"), false))}
	return rep, nil
}

// handed fetches the file that was given to an option, from where Discord keeps such files and from nowhere else.
func (r *request) handed(ctx context.Context, option string) (body []byte, err error) {
	if r.services.Client == nil {
		return nil, errors.New("commands have no client for the web")
	}
	a, ok := r.file(option)
	large := say("error.file_large", "n", strconv.Itoa(importBytes>>20))
	switch {
	case !ok:
		return nil, say("error.option", "option", option)
	case a.Size > importBytes:
		return nil, large
	}
	err = r.lookup(ctx, store.LookupSource, a.URL, func(ctx context.Context) (err error) {
		ctx, cancel := context.WithTimeout(ctx, tryTime)
		defer cancel()
		body, err = r.services.Client.ReadFile(ctx, a.URL, r.bot.rest.fileHosts(), importBytes)
		return err
	})
	var p *sources.Problem
	switch {
	case errors.As(err, &p) && p.Code == "too_large":
		return nil, large
	case errors.As(err, &p):
		r.bot.log.Warn("a file that was handed over cannot be fetched", "guild", r.guild, "problem", p.Code, "err", p.Unwrap())
		return nil, say("error.file_lost")
	case errors.Is(err, sources.ErrElsewhere):
		r.bot.log.Warn("a file that was handed over lies on a host that is not Discord's", "guild", r.guild, "url", sources.Masked(a.URL))
		return nil, say("error.file_lost")
	}
	return body, err
}

// fileHosts are the hosts from which files are taken: Discord's, and where another server stands for its API that one, as
// one on this machine does.
func (r *rest) fileHosts() []string {
	hosts := []string{attachmentHost}
	if u, err := url.Parse(r.base); err == nil && r.base != defaultBase {
		hosts = append(hosts, u.Host)
	}
	return hosts
}

// sift tells what of a list is new, read already, or not to be read, and why.
func (r *request) sift(ctx context.Context, list []sources.Outline, tier store.Tier) (s sifted, err error) {
	have, err := r.readKeys(ctx, r.bot.db.Read())
	if err != nil {
		return s, err
	}
	room, seen := sourcesMost-len(have), map[string]bool{}
	for _, o := range list {
		at, err := r.services.Client.Judge(ctx, o.URL)
		key := keyOf(at)
		if err == nil && sources.Private(at) { // whose own address is shown to nobody
			if have[key], err = r.bot.db.Read().Reads(ctx, r.guild, at); err != nil {
				return s, err
			}
		}
		switch {
		case err != nil && ctx.Err() != nil:
			return s, ctx.Err()
		case err != nil:
			words, _ := sentence(r.t, err)
			s.refused = append(s.refused, "• **"+shownName(calledBy(o))+"**\n-# "+words)
		case have[key]:
			s.had++
		case seen[key]: // the file has it twice
		case len(s.fresh) >= room:
			s.more++
		default:
			if !isTier(o.Tier) {
				s.untold++
			}
			s.fresh = append(s.fresh, r.asListed(o, at, tier))
		}
		seen[key] = true
	}
	return s, nil
}

// calledBy is what a file calls a source.
func calledBy(o sources.Outline) string {
	if name := Clip(strings.TrimSpace(clean(o.Title, false)), nameLength); !blank(name) {
		return name
	}
	if h := host(o.URL); h != "" {
		return h
	}
	return sources.Masked(o.URL)
}

// asListed is a source with what a file says of it, as far as the server can say it. What the file says of the source itself,
// its title and language, is left out: the source is everybody's who reads it, and its feed will say it.
func (r *request) asListed(o sources.Outline, at string, tier store.Tier) imported {
	l := imported{URL: at, Name: calledBy(o), Tier: tier}
	if isTier(o.Tier) {
		l.Tier = store.Tier(o.Tier)
	}
	if country, err := r.countryOf(o.Country); err == nil {
		l.Country = country
	}
	for _, t := range o.Topics {
		if t = strings.TrimSpace(clean(t, false)); !blank(t) && t != nothing && units(t) <= topicLength && len(l.Topics) < topicsMost && !strings.ContainsAny(t, ",;") {
			l.Topics = append(l.Topics, t)
		}
	}
	return l
}

// importHead is the sum of what a file lists.
func (r *request) importHead(s sifted, tier store.Tier, warnings []string) string {
	lines := []string{r.t.count("import.head", len(s.fresh))}
	if len(s.fresh) == 0 {
		lines[0] = r.t.text("import.nothing")
	}
	if s.had > 0 {
		lines[0] += " " + r.t.count("pack.had", s.had)
	}
	if s.more > 0 {
		lines = append(lines, r.t.count("import.more", s.more, "most", strconv.Itoa(sourcesMost)))
	}
	if s.untold > 0 {
		lines = append(lines, r.t.count("import.tier", s.untold, "tier", r.tier(tier)))
	}
	for _, w := range warnings {
		if w == sources.DamagedOPML {
			lines = append(lines, r.t.text("import.damaged"))
		} else {
			lines = append(lines, r.t.text("import.long", "n", strconv.Itoa(sources.OutlinesMost)))
		}
	}
	return strings.Join(lines, "\n")
}

// importLines are the sources of a file: first those that are not read, and why, then the new ones.
func (r *request) importLines(s sifted) (lines []string) {
	if n := len(s.refused); n > 0 {
		lines = append(lines, r.t.count("import.refused", n))
		lines = append(lines, s.refused[:min(n, refusedShown)]...)
		if n > refusedShown {
			lines = append(lines, r.t.count("import.unshown", n-refusedShown))
		}
	}
	if len(s.fresh) > 0 && len(lines) > 0 {
		lines = append(lines, r.t.text("import.fresh"))
	}
	for _, l := range s.fresh {
		name := "• **" + shownName(l.Name) + "**"
		if sources.Private(l.URL) {
			name = "• 🔒 **" + shownName(l.Name) + "**"
		}
		facts := []string{name, Escape(host(l.URL)), r.tier(l.Tier)}
		if l.Country != "" {
			facts = append(facts, r.countryOr(l.Country))
		}
		if len(l.Topics) > 0 {
			facts = append(facts, r.listOr(l.Topics))
		}
		lines = append(lines, strings.Join(facts, " · "))
	}
	return lines
}

// addImported begins to read the sources of a file, and shows how far that is. What was held becomes what is followed in the
// same transaction: of two presses one adds, and after a restart it goes on.
func addImported(ctx context.Context, r *request) (reply, error) {
	h, id, err := r.holding(ctx, heldImport)
	if err != nil {
		return reply{}, err
	}
	var now held
	err = r.change(ctx, func(q *store.Q) error {
		now = held{Held: heldPack, Pack: &packing{}}
		if err := r.takeHeld(ctx, q, id); err != nil {
			return err
		}
		if err := r.roomFor(ctx, q, store.LookupSource, len(h.Import.Lines)); err != nil {
			return err
		}
		have, err := r.readKeys(ctx, q)
		if err != nil {
			return err
		}
		if len(have)+len(h.Import.Lines) > sourcesMost {
			return say("error.many_sources", "n", strconv.Itoa(sourcesMost))
		}
		for _, l := range h.Import.Lines {
			if have[keyOf(l.URL)] {
				continue
			}
			source, err := r.begin(ctx, q, l)
			if errors.Is(err, store.ErrBlocked) || errors.Is(err, store.ErrExists) {
				continue // whoever runs the program keeps it out since, or it is a private one that the server has
			}
			if err != nil {
				return err
			}
			now.Pack.Added = append(now.Pack.Added, source)
		}
		if err := r.holdAs(ctx, q, id, now); err != nil {
			return err
		}
		return r.audit(ctx, q, "source import", strconv.Itoa(len(now.Pack.Added)), h.Import.File)
	})
	if err != nil {
		return reply{}, err
	}
	return r.followSources(ctx, id, now)
}

// begin subscribes to a source of a file. It counts as one that a manager tries, so that not more can be asked for in a day
// by files than one by one.
func (r *request) begin(ctx context.Context, q *store.Q, l imported) (source int64, err error) {
	now := r.services.Now()
	source, err = q.Subscribe(ctx, store.Source{URL: l.URL, Private: sources.Private(l.URL), Status: "active", NextVisit: now},
		store.Subscription{Guild: r.guild, Name: l.Name, Tier: l.Tier, Country: l.Country, Topics: slices.Clone(l.Topics), Added: now, AddedBy: r.user})
	if err != nil {
		return 0, err
	}
	lookup, err := q.BeginLookup(ctx, store.Lookup{Guild: r.guild, User: r.user, Purpose: store.LookupSource, URL: maskedTyped(l.URL), At: now})
	if err == nil {
		err = q.EndLookup(ctx, lookup, true)
	}
	return source, err
}
