package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"attache/internal/store"
	"attache/sources"
)

// A packing is a choice from the bundled sources: which they are, and once they were added, by which ids their way can be
// followed.
type packing struct {
	URLs  []string `json:"urls"`
	Added []int64  `json:"added,omitempty"`
	Had   int      `json:"had"` // that the server read before
}

// choosePack shows the bundled sources that are asked for and that the server does not read yet. Nothing is read before the
// button is pressed.
func choosePack(ctx context.Context, r *request) (reply, error) {
	f := sources.PackFilter{All: r.yes("all")}
	for option, list := range map[string]*[]string{"region": &f.Regions, "tier": &f.Tiers, "language": &f.Langs} {
		if s := strings.TrimSpace(r.text(option)); s != "" {
			*list = []string{s}
		}
	}
	if s := r.text("country"); s != "" {
		country, err := r.countryOf(s)
		if err != nil {
			return reply{}, err
		}
		f.Countries = []string{country}
	}
	have, err := r.readKeys(ctx, r.bot.db.Read())
	if err != nil {
		return reply{}, err
	}
	p := packing{}
	var lines []string
	for _, s := range sources.Pack(f) {
		if have[keyOf(s.URL)] {
			p.Had++
			continue
		}
		p.URLs = append(p.URLs, s.URL)
		facts := []string{"**" + shownName(s.Name) + "**", r.tier(store.Tier(s.Tier))}
		if s.Country != "" {
			facts = append(facts, r.countryOr(s.Country))
		}
		lines = append(lines, "• "+strings.Join(append(facts, Escape(r.language(s.Lang))), " · "))
	}
	switch {
	case len(p.URLs) == 0 && p.Had > 0:
		return reply{}, say("error.pack_read", "n", strconv.Itoa(p.Had))
	case len(p.URLs) == 0:
		return reply{}, say("error.pack_empty")
	case len(have)+len(p.URLs) > sourcesMost:
		return reply{}, say("error.many_sources", "n", strconv.Itoa(sourcesMost))
	}
	id, err := r.hold(ctx, held{Held: heldPack, Pack: &p})
	if err != nil {
		return reply{}, err
	}
	head := r.t.count("pack.head", len(p.URLs))
	if p.Had > 0 {
		head += " " + r.t.count("pack.had", p.Had)
	}
	return reply{pages: sheets(head, lines, pageUnits), rows: []any{rowOf(
		button(3, "pack-add:"+id, r.t.count("button.pack_add", len(p.URLs)), false),
		button(2, "source-drop:"+id, r.t.text("button.cancel"), false))}}, nil
}

// readKeys are the keys of the addresses that the guild reads.
func (r *request) readKeys(ctx context.Context, q *store.Q) (map[string]bool, error) {
	subs, err := q.Subscriptions(ctx, r.guild)
	out := make(map[string]bool, len(subs))
	for _, s := range subs {
		out[keyOf(s.Source.URL)] = true
	}
	return out, err
}

// keyOf is by what two addresses are the same.
func keyOf(url string) string {
	if k, err := sources.Key(url); err == nil {
		return k
	}
	return url
}

// addPack begins to read what was chosen, and shows how far that is.
func addPack(ctx context.Context, r *request) (reply, error) {
	h, id, err := r.holding(ctx, heldPack)
	if err != nil {
		return reply{}, err
	}
	if len(h.Pack.Added) > 0 {
		return reply{}, say("error.expired")
	}
	err = r.change(ctx, func(q *store.Q) error {
		h.Pack.Added = nil
		have, err := r.readKeys(ctx, q)
		if err != nil {
			return err
		}
		if len(have)+len(h.Pack.URLs) > sourcesMost {
			return say("error.many_sources", "n", strconv.Itoa(sourcesMost))
		}
		for _, s := range sources.Pack(sources.PackFilter{All: true}) {
			if !slices.Contains(h.Pack.URLs, s.URL) || have[keyOf(s.URL)] {
				continue
			}
			source, err := q.Subscribe(ctx, store.Source{URL: s.URL, Title: s.Name, Lang: s.Lang, Status: "active", NextVisit: r.services.Now()},
				store.Subscription{Guild: r.guild, Name: s.Name, Tier: store.Tier(s.Tier), Country: s.Country, Added: r.services.Now(), AddedBy: r.user})
			if errors.Is(err, store.ErrBlocked) || errors.Is(err, store.ErrExists) {
				continue // whoever runs the program keeps it out, or somebody was faster
			}
			if err != nil {
				return err
			}
			h.Pack.Added = append(h.Pack.Added, source)
		}
		return r.audit(ctx, q, "source pack", strconv.Itoa(len(h.Pack.Added)), "")
	})
	if err != nil {
		return reply{}, err
	}
	if err := r.rehold(ctx, id, h); err != nil {
		return reply{}, err
	}
	return r.followSources(ctx, id, h)
}

// suggestPack suggests the values that the pack has of an option.
func (r *request) suggestPack(option, typed string) []choice {
	of := func(p sources.Packed) string { return p.Region }
	if option == "language" {
		of = func(p sources.Packed) string { return p.Lang }
	}
	var list []choice
	for _, v := range sources.PackValues(of) {
		name := v
		if option == "language" {
			name = r.language(v)
		}
		list = append(list, choice{Name: name, Value: v})
	}
	return matching(list, typed)
}
