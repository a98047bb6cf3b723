package bot

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"attache/internal/store"
	"attache/internal/text"
	"attache/sources"
	"attache/summarize"
)

// tryTime bounds finding and fetching a source once: a handful of requests.
const tryTime = 60 * time.Second

//go:embed data/hosts.txt
var hostFile string

// A foundSource is a source that was tried and waits for a manager's word.
type foundSource struct {
	Source  store.Source `json:"source"`
	Name    string       `json:"name"`
	Tier    store.Tier   `json:"tier"` // "": to be chosen
	Country string       `json:"country"`
	Topics  []string     `json:"topics"`
	Known   bool         `json:"known"` // tier and country are suggestions of data/hosts.txt
	Found   []string     `json:"found"` // what was understood, as it is shown: lines
	Sample  []embedded   `json:"sample"`
}

// addSource tries an address and shows what it holds. Nothing is read before *Begin reading* is pressed.
func addSource(ctx context.Context, r *request) (reply, error) {
	var s foundSource
	if err := r.said(&s.Name, &s.Tier, &s.Country, &s.Topics); err != nil {
		return reply{}, err
	}
	have, err := r.bot.db.Read().Subscriptions(ctx, r.guild)
	if err != nil {
		return reply{}, err
	}
	if len(have) >= sourcesMost {
		return reply{}, say("error.many_sources", "n", strconv.Itoa(sourcesMost))
	}
	f, err := r.try(ctx)
	if err != nil {
		return reply{}, err
	}
	if i := slices.IndexFunc(have, func(s store.Subscription) bool { return s.Source.URL == f.URL }); i >= 0 {
		return reply{}, say("error.source_exists", "name", have[i].Name)
	}
	s.Source = store.Source{URL: f.URL, Private: f.Private, Title: f.Title, Link: f.Link, Lang: f.Lang, Watch: f.Watch}
	if s.Name == "" {
		s.Name = Clip(strings.TrimSpace(clean(f.Title, false)), nameLength)
	}
	if blank(s.Name) {
		s.Name = host(f.URL)
	}
	s.suggest(f.URL)
	s.Found, s.Sample = r.understood(f), r.sample(ctx, f)
	id, err := r.hold(ctx, held{Held: heldSource, Source: &s})
	if err != nil {
		return reply{}, err
	}
	return r.offer(id, &s), nil
}

// testSource shows what an address holds, and keeps nothing.
func testSource(ctx context.Context, r *request) (reply, error) {
	f, err := r.try(ctx)
	if err != nil {
		return reply{}, err
	}
	p := page{Embeds: r.sample(ctx, f)}
	tail := []string{"-# " + r.t.text("source.nothing_kept")}
	if len(p.Embeds) > 0 {
		tail = append(tail, r.t.text("source.sample"))
	}
	p.Content = within(contentLimit, r.understood(f), tail)
	return reply{pages: []page{p}}, nil
}

// try finds and fetches the address of the option url, with a row before it is fetched.
func (r *request) try(ctx context.Context) (f sources.Found, err error) {
	if r.services.Client == nil {
		return f, errors.New("commands have no client for the web")
	}
	url := r.text("url")
	err = r.lookup(ctx, store.LookupSource, url, func(ctx context.Context) (err error) {
		ctx, cancel := context.WithTimeout(ctx, tryTime)
		defer cancel()
		f, err = r.services.Client.Try(ctx, url)
		return err
	})
	return f, err
}

// understood says what a feed holds: title, kind, language, the newest entries, what had to be repaired.
func (r *request) understood(f sources.Found) []string {
	title := f.Title
	if blank(title) {
		title = host(f.URL)
	}
	kind := r.t.text("source.feed", "kind", Escape(f.Kind))
	if f.Watch != "" {
		kind = r.t.text("source.watched." + f.Kind)
	}
	facts := []string{kind, r.t.count("source.entries", f.Entries)}
	if f.Lang != "" {
		facts = append(facts, Escape(r.language(f.Lang)))
	}
	lines := []string{"**" + Clip(Escape(title), nameMax) + "** · " + strings.Join(facts, " · ")}
	if f.Private {
		lines = append(lines, r.t.text("source.private"))
	}
	if len(f.Newest) > 0 {
		lines = append(lines, r.t.text("source.newest"))
	}
	for _, it := range f.Newest {
		line := "• " + r.titled(it.Title, it.Link)
		if !it.Published.IsZero() {
			line += fmt.Sprintf(" · <t:%d:d>", it.Published.Unix())
		}
		lines = append(lines, line)
	}
	for i, w := range f.Warnings {
		if i == 3 {
			break
		}
		lines = append(lines, "-# "+Clip(Escape(w), 200))
	}
	return lines
}

// within joins the lines of head and tail. What is beyond the limit is left out at the end of head.
func within(limit int, head, tail []string) string {
	end := "\n" + strings.Join(tail, "\n")
	for n := len(head); n > 0; n-- {
		if s := strings.Join(head[:n], "\n") + end; units(s) <= limit {
			return s
		}
	}
	return Clip(strings.TrimPrefix(end, "\n"), limit)
}

// titled is a title that links to its article, where it has a link that may be shown.
func (r *request) titled(title, raw string) string {
	if blank(title) {
		title = r.t.text("source.untitled")
	}
	title = Escape(Clip(brackets.Replace(title), 150))
	if u := readable(link(raw)); u != "" && units(u) <= 250 && !sources.Private(raw) {
		return "[" + title + "](" + u + ")"
	}
	return title
}

// sample is what would be posted of the newest entry: the sentences that the built-in engine chooses of what the feed
// carries of it. None when the feed carries titles alone.
func (r *request) sample(ctx context.Context, f sources.Found) []embedded {
	if len(f.Newest) == 0 {
		return nil
	}
	it := f.Newest[0]
	body := it.Content
	if len(body) < len(it.Summary) {
		body = it.Summary
	}
	doc := summarize.Document{Article: 1, Revision: 1, Outlet: f.Title, Title: text.Normalize(it.Title),
		Text: text.Normalize(sources.Text(body)), Published: it.Published}
	doc.Lang = text.Language(doc.Text, it.Lang)
	if known, ok := sources.PackedAt(f.URL); ok && text.IsCountry(known.Country) {
		doc.Country = known.Country
	}
	req := summarize.Request{Docs: []summarize.Document{doc}, Bullets: bulletsShown}
	b, err := (summarize.Extractive{}).Brief(ctx, req)
	if err != nil {
		return nil
	}
	b, _ = summarize.Check(b, req.Docs)
	var lines []string
	for _, bu := range b.Bullets {
		if units(bu.Text) <= bulletMax {
			lines = append(lines, "• "+Escape(summarize.Annotate(bu.Text, bu.When, bu.Who, doc.Published, r.t.dayOf)))
		}
	}
	if blank(b.Headline) || len(lines) == 0 {
		return nil
	}
	e := embedded{Title: Clip(Escape(b.Headline), titleMax), Description: strings.Join(lines, "\n"), Color: tierColor[store.Press]}
	if !sources.Private(it.Link) {
		e.URL = link(it.Link)
	}
	return []embedded{e}
}

// offer shows a source that was tried, what would be said of it, and the buttons.
func (r *request) offer(id string, s *foundSource) reply {
	lines := []string{""}
	if s.Known {
		lines = append(lines, r.t.text("source.known", "host", Escape(host(s.Source.URL))))
	}
	lines = append(lines, r.t.text("source.said", "name", shownName(s.Name), "tier", r.tier(s.Tier), "country", r.countryOr(s.Country),
		"topics", r.listOr(s.Topics)))
	if s.Tier == "" {
		lines = append(lines, r.t.text("source.choose_tier"))
	}
	if len(s.Sample) > 0 {
		lines = append(lines, r.t.text("source.sample"))
	}
	var options []any
	for _, tier := range tiers {
		o := map[string]any{"label": r.t.text("choice." + tier), "value": tier, "description": Clip(r.t.text("tier.means."+tier), 100)}
		if string(s.Tier) == tier {
			o["default"] = true
		}
		options = append(options, o)
	}
	menu := map[string]any{"type": 3, "custom_id": "source-tier:" + id, "placeholder": r.t.text("source.tier"), "options": options}
	return reply{
		pages: []page{{Content: within(contentLimit, s.Found, lines), Embeds: s.Sample}},
		rows: []any{rowOf(menu), rowOf(
			button(3, "source-begin:"+id, r.t.text("button.begin"), s.Tier == ""),
			button(2, "source-form:"+id, r.t.text("button.source_form"), false),
			button(2, "source-drop:"+id, r.t.text("button.cancel"), false))},
	}
}

// chooseTier takes the kind of source that was chosen in the menu.
func chooseTier(ctx context.Context, r *request) (reply, error) {
	h, id, err := r.holding(ctx, heldSource)
	if err != nil {
		return reply{}, err
	}
	if len(r.values) != 1 || !isTier(r.values[0]) {
		return reply{}, say("error.option", "option", "tier")
	}
	h.Source.Tier, h.Source.Known = store.Tier(r.values[0]), false
	return r.reoffer(ctx, id, h)
}

// sourceForm asks for name, country and topics.
func sourceForm(ctx context.Context, r *request) (reply, error) {
	h, id, err := r.holding(ctx, heldSource)
	if err != nil {
		return reply{}, err
	}
	return reply{form: &form{id: "source-said:" + id, title: r.t.text("source.form"), inputs: []input{
		{id: "name", label: r.t.text("source.form.name"), value: Clip(h.Source.Name, nameLength), max: nameLength},
		{id: "country", label: r.t.text("source.form.country"), value: r.countryTyped(h.Source.Country), optional: true, max: nameLength},
		{id: "topics", label: r.t.text("source.form.topics"), value: Clip(strings.Join(h.Source.Topics, ", "), 500), optional: true, max: 500},
	}}}, nil
}

// sourceSaid takes what was written into the form.
func sourceSaid(ctx context.Context, r *request) (reply, error) {
	h, id, err := r.holding(ctx, heldSource)
	if err != nil {
		return reply{}, err
	}
	s := h.Source
	if name := strings.TrimSpace(clean(r.fields["name"], false)); !blank(name) {
		s.Name = Clip(name, nameLength)
	}
	if s.Country, err = r.countryOf(r.fields["country"]); err != nil {
		return reply{}, err
	}
	if s.Topics, err = r.topicsOf(r.fields["topics"]); err != nil {
		return reply{}, err
	}
	return r.reoffer(ctx, id, h)
}

func (r *request) reoffer(ctx context.Context, id string, h held) (reply, error) {
	if err := r.rehold(ctx, id, h); err != nil {
		return reply{}, err
	}
	rep := r.offer(id, h.Source)
	rep.update = true
	return rep, nil
}

// beginSource subscribes to the source.
func beginSource(ctx context.Context, r *request) (reply, error) {
	h, id, err := r.holding(ctx, heldSource)
	if err != nil {
		return reply{}, err
	}
	s := h.Source
	if !isTier(string(s.Tier)) {
		return reply{}, say("error.tier")
	}
	s.Source.Status, s.Source.NextVisit = "active", r.services.Now()
	err = r.change(ctx, func(q *store.Q) error {
		have, err := q.Guild(r.guild).Named(ctx)
		if err != nil {
			return err
		}
		if len(have) >= sourcesMost {
			return say("error.many_sources", "n", strconv.Itoa(sourcesMost))
		}
		if err := r.takeHeld(ctx, q, id); err != nil {
			return err
		}
		_, err = q.Subscribe(ctx, s.Source, store.Subscription{Guild: r.guild, Name: s.Name, Tier: s.Tier, Country: s.Country,
			Topics: s.Topics, Added: r.services.Now(), AddedBy: r.user})
		if err != nil {
			return err
		}
		return r.audit(ctx, q, "source add", s.Name, sources.Masked(s.Source.URL))
	})
	if errors.Is(err, store.ErrExists) {
		return reply{}, say("error.source_exists", "name", s.Name)
	}
	if err != nil {
		return reply{}, err
	}
	return r.updated("source.begun", "name", shownName(s.Name), "tier", r.tier(s.Tier)), nil
}

// said reads the options that say something of a source; country and topics are checked.
func (r *request) said(name *string, tier *store.Tier, country *string, topics *[]string) (err error) {
	if raw := r.text("name"); raw != "" {
		s := strings.TrimSpace(clean(raw, false))
		if blank(s) {
			return say("error.option", "option", "name")
		}
		*name = s
	}
	if s := r.text("tier"); s != "" {
		*tier = store.Tier(s)
	}
	if s := r.text("country"); s != "" {
		if *country, err = r.countryOf(s); err != nil {
			return err
		}
	}
	if s := r.text("topics"); s != "" {
		if *topics, err = r.topicsOf(s); err != nil {
			return err
		}
	}
	return nil
}

// topicsOf reads topics with commas between; "-" is none.
func (r *request) topicsOf(s string) ([]string, error) {
	list := listed(s)
	if len(list) > topicsMost {
		return nil, say("error.many_topics", "n", strconv.Itoa(topicsMost))
	}
	for _, t := range list {
		if units(t) > topicLength || blank(t) {
			return nil, say("error.topic", "topic", Clip(t, topicLength), "n", strconv.Itoa(topicLength))
		}
	}
	return list, nil
}

func isTier(s string) bool { return slices.Contains(tiers, s) }

// suggest fills in what is known of the source's host and was not said by the manager, who is told so and may change it.
func (s *foundSource) suggest(url string) {
	known, ok := knownHosts()[strings.TrimPrefix(host(url), "www.")]
	if !ok || s.Tier != "" {
		return
	}
	s.Known, s.Tier = true, known.tier
	if s.Country == "" {
		s.Country = known.country
	}
}

// A knownHost is what data/hosts.txt says of a host.
type knownHost struct {
	tier    store.Tier
	country string
}

var knownHosts = sync.OnceValue(func() map[string]knownHost {
	out := map[string]knownHost{}
	for line := range strings.Lines(hostFile) {
		if f := strings.Fields(line); len(f) > 1 && f[0] != "#" {
			out[f[0]] = knownHost{tier: store.Tier(f[1]), country: strings.Join(f[2:], " ")}
		}
	}
	return out
})
