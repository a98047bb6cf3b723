package digest

import (
	"context"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"attache/internal/store"
	"attache/internal/text"
	"attache/summarize"
)

const (
	stories = 5 // default of a digest: two minutes of reading

	firstPeriod = 24 * time.Hour    // of news, for a schedule's first digest; its period where that is longer
	farthest    = store.StoryWindow // how far back a digest looks, however long ago the last one was; or its period
	// overlap takes up what was fetched before the last digest and not ingested in time; what was told is known anyway.
	overlap     = 15 * time.Minute
	lateArrival = 48 * time.Hour      // a story whose newest article is older than that before the period is no news
	toldFor     = 90 * 24 * time.Hour // how long what a channel has read is remembered
)

// Compose chooses and briefs what sched would get at due, without storing a delivery: for `attache digest`, previews and
// the job that delivers. Briefs are kept in the cache. Only articles of the guild's own subscriptions are looked at.
//
// The candidates are all stories of the period, the best first, each with the reason it was chosen or not.
func (s *Service) Compose(ctx context.Context, sched store.Schedule, slot string, due time.Time) (Digest, []store.Candidate, error) {
	zone, err := ParseZone(sched.Zone)
	if err != nil {
		return Digest{}, nil, err
	}
	q := s.db.Read()
	since, err := s.since(ctx, q, sched, slot, zone, due)
	if err != nil {
		return Digest{}, nil, err
	}
	d := Digest{Schedule: sched.ID, Name: sched.Name, Guild: sched.Guild, Target: sched.Target, Lang: sched.Lang, Zone: sched.Zone,
		Slot: slot, Due: due, Since: since, Stories: []Story{}}
	w := wanted{sched: sched, since: since, due: due, told: map[int64]store.Told{}, read: map[int64]bool{}}
	if to := channel(sched.Target); to != "" {
		if w.told, err = q.Told(ctx, to, due.Add(-toldFor)); err != nil {
			return Digest{}, nil, err
		}
	}
	for _, t := range w.told {
		for _, id := range t.Articles {
			w.read[id] = true
		}
	}
	made, err := s.shared(ctx, w)
	if err != nil {
		return Digest{}, nil, err
	}
	d.Stories, d.Considered, d.Outlets = append(d.Stories, made.stories...), len(made.rows), made.outlets
	return d, slices.Clone(made.rows), nil
}

// compositionOf makes a composition, with the key of what it was made of.
func (s *Service) compositionOf(ctx context.Context, w wanted) (made composition, key shareKey, err error) {
	g := s.db.Read().Guild(w.sched.Guild)
	found, err := g.Stories(ctx, w.since.Add(-overlap), w.due)
	if err != nil {
		return composition{}, key, err
	}
	if key, err = s.keyOf(ctx, w, found); err != nil {
		return composition{}, key, err
	}
	cs, quotes, err := s.candidates(ctx, g, found, w)
	if err != nil {
		return composition{}, key, err
	}
	chosen := s.choose(ctx, cs, quotes, w.sched, w.due)
	if ctx.Err() != nil {
		return composition{}, key, ctx.Err()
	}
	made.lasting = !slices.ContainsFunc(cs, func(c *candidate) bool { return chosen.reasons[c] == failedBrief })
	for _, b := range chosen.picked {
		made.stories = append(made.stories, assemble(b))
		made.lasting = made.lasting && (onTime(ctx) || b.brief.Engine == s.engines[0].Name())
	}
	made.rows = chosen.rows(cs)
	sources := map[int64]bool{}
	for _, st := range found {
		for _, a := range st.Articles {
			sources[a.Source] = true
		}
	}
	made.outlets = len(sources)
	return made, key, nil
}

// since is from when on news is looked at: the last digest of the schedule that was posted, within bounds.
func (s *Service) since(ctx context.Context, q *store.Q, sched store.Schedule, slot string, zone *time.Location, due time.Time) (time.Time, error) {
	period := firstPeriod
	if spec, _, err := s.spec(sched); err == nil {
		if last, ok := spec.latest(due.Add(-time.Millisecond), zone); ok {
			period = max(period, due.Sub(last.due))
		}
	}
	since := due.Add(-period)
	if sched.ID == 0 || len(slot) != len(slotForm) {
		return since, nil
	}
	last, err := q.LastPosted(ctx, sched.ID, due)
	if err != nil || last.IsZero() {
		return since, err
	}
	if early := due.Add(-max(farthest, period)); last.Before(early) {
		return early, nil
	}
	return last, nil
}

// deliveriesSeen is among how many deliveries the last one that was posted is looked for.
const deliveriesSeen = 100

// candidates returns the stories of the period, judged and ranked, and the quotes of those that may be chosen.
func (s *Service) candidates(ctx context.Context, g store.Scope, found []store.Story, w wanted) ([]*candidate, map[int64][]store.Quote, error) {
	since, due := w.since, w.due
	f := newFilter(w.sched.Filter)
	cs := make([]*candidate, len(found))
	for i, st := range found {
		c := s.newCandidate(st, f, w.read, since)
		cs[i] = c
		t, isTold := w.told[st.ID]
		switch has, enough, added := c.grown(isTold); {
		case len(c.articles) > 0 && c.newest.Before(since.Add(-lateArrival)):
			c.out = Wording{Key: "out.late", Parts: map[string][]Wording{"age": one(age(due.Sub(c.newest)))}}.stored()
		case has && !enough && added == 0:
			c.out = readOn("out.read", t).stored()
		case has && !enough:
			why := readOn("out.grown", t)
			why.Parts = map[string][]Wording{"articles": one(Wording{Key: "articles", N: added})}
			c.out = why.stored()
		default:
			c.update = has
			f.judge(c)
		}
	}
	quotes, err := s.quotesOf(ctx, g, cs)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range cs {
		for _, a := range c.articles {
			if !a.copied {
				c.quotes += speakers(quotes[a.ID])
			}
		}
		c.rate(since, due)
	}
	ranked(cs)
	return cs, quotes, nil
}

// readOn is a reason with the day on which the channel has read the story, where that is known.
func readOn(key string, t store.Told) Wording {
	if t.At.IsZero() {
		return Wording{Key: key}
	}
	return fact(key+".on", "day", readDay(t))
}

// readDay is when a channel has read a story; "" when that is not known.
func readDay(t store.Told) string {
	if t.At.IsZero() {
		return ""
	}
	return t.At.UTC().Format(time.DateOnly)
}

// quotesOf returns the quotes of the articles that may be briefed.
func (s *Service) quotesOf(ctx context.Context, g store.Scope, cs []*candidate) (map[int64][]store.Quote, error) {
	var ids []int64
	for _, c := range cs {
		if c.out != "" {
			continue
		}
		for _, a := range c.articles {
			ids = append(ids, a.ID)
		}
	}
	return g.QuotesOf(ctx, ids)
}

// assemble makes the story that readers see of a brief. Links, names, times and order come from the store.
func assemble(b briefed) Story {
	c := b.c
	st := Story{ID: c.id, Headline: b.brief.Headline, Outlets: len(c.outlets), OneSided: c.oneSided(), Update: c.update,
		Engine: b.brief.Engine, Articles: c.all, Bullets: []Bullet{}, Quotes: []Quote{}}
	by := map[int64]article{}
	for _, a := range b.docs {
		by[a.ID] = a
	}
	number := map[int64]int{}
	source := func(a article) int {
		if n := number[a.ID]; n > 0 {
			return n
		}
		st.Sources = append(st.Sources, Source{Article: a.ID, Name: a.Name, Tier: a.Tier, Country: a.Country, Lang: a.Lang,
			URL: a.URL, Title: a.Title, Published: a.Published})
		number[a.ID] = len(st.Sources)
		return len(st.Sources)
	}
	lead, ok := by[b.brief.HeadlineFrom.Article]
	if !ok {
		lead = b.docs[0]
	}
	st.URL = lead.URL
	source(lead)
	for _, bu := range b.brief.Bullets {
		st.Bullets = append(st.Bullets, shownBullet(bu, by, source))
	}
	for _, qu := range b.brief.Quotes {
		a, ok := by[qu.Article]
		if !ok || len(qu.Spans) == 0 {
			continue
		}
		q := quoted(qu, a, source(a))
		q.Original = originalIn(qu.Original, by, source)
		st.Quotes = append(st.Quotes, q)
	}
	st.Bullets = repeatsLast(st.Bullets, st.Quotes)
	// Who else carries it: an article of each further outlet.
	named := map[string]bool{}
	for _, src := range st.Sources {
		named[by[src.Article].outlet] = true
	}
	for _, a := range slices.Backward(c.articles) {
		if !named[a.outlet] {
			named[a.outlet] = true
			source(a)
		}
	}
	return st
}

// shownBullet is a bullet as readers see it, of articles by their id; source returns the number of one.
func shownBullet(b summarize.Bullet, by map[int64]article, source func(article) int) Bullet {
	out := Bullet{ID: b.ID, Text: b.Text, Lang: b.Lang, Limits: b.Limits, Side: b.Side, When: b.When, Who: b.Who}
	for _, e := range b.Evidence {
		a, ok := by[e.Article]
		if !ok || a.Revision != e.Revision {
			continue
		}
		r := ref(source(a), a, e.Span)
		if spaced(e.Text) != spaced(b.Text) {
			r.Proof = e.Text
		}
		out.Refs = append(out.Refs, r)
	}
	return out
}

// repeatsLast puts bullets that are mostly the words of the first quote behind the others: a digest shows a few bullets and
// that quote, and would say the same twice. One that limits the lead stays where it is.
func repeatsLast(bullets []Bullet, quotes []Quote) []Bullet {
	if len(quotes) == 0 {
		return bullets
	}
	var first, last []Bullet
	for _, b := range bullets {
		same := 0
		for _, w := range quotes[0].Words {
			if strings.Contains(b.Text, w) {
				same += len(w)
			}
		}
		if 5*same >= 2*len(b.Text) && !b.Limits {
			last = append(last, b)
		} else {
			first = append(first, b)
		}
	}
	return append(first, last...)
}

// quoted is a quote as readers see it.
func quoted(q summarize.Quote, a article, n int) Quote {
	return Quote{ID: q.ID, Words: q.Words, Translation: q.Translation, Post: isPost(q), Speaker: q.Speaker, Role: q.Role, Venue: q.Venue, Via: q.Via,
		Translated: q.Translated, Lang: q.Lang, Ref: spansRef(n, a, q.Spans)}
}

// isFile reports whether a URL is of a PDF: browsers show it with a viewer of their own, which knows no text fragments.
func isFile(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && strings.EqualFold(path.Ext(u.Path), ".pdf")
}

// ref links to a span of an article; to the article alone where no text fragment leads there and nowhere else.
func ref(n int, a article, span text.Span) Ref {
	r := Ref{Source: n, URL: a.URL, Short: a.URL, Revision: a.Revision}
	if isFile(a.URL) {
		return r
	}
	if f, ok := text.Fragment(a.Text, span, false); ok {
		r.URL = withFragment(a.URL, f)
	}
	if f, ok := text.Fragment(a.Text, span, true); ok {
		r.Short = withFragment(a.URL, f)
	}
	return r
}
