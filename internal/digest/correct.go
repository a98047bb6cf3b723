package digest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"attache/internal/store"
	"attache/internal/text"
	"attache/summarize"
)

const (
	// correctFor is how long after its slot a digest follows what outlets change in the articles that it shows.
	correctFor = 72 * time.Hour
	// settled is how long an article must have stood before digests follow it: several revisions within minutes make one edit.
	settled = 5 * time.Minute
	// correctEvery is the pause between two looks for changed articles.
	correctEvery = time.Minute
	// correctedAtOnce is how many digests are read of the database at a time.
	correctedAtOnce = 100
	// correctsFrom is how much of the words of a sentence its outlet must have kept for another one to be its correction.
	correctsFrom = 0.6
)

// corrects looks for changed articles until ctx ends.
func (s *Service) corrects(ctx context.Context) {
	for more := true; more; more = rest(ctx, correctEvery) {
		if err := s.correct(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("correct posted digests", "err", err)
		}
	}
}

// correct has the posted digests changed whose articles were changed by their outlets: what no longer stands there is taken
// out, or gives way to the sentence that stands in its place. Rows say what was looked at: killed at any point it goes on.
// A digest that is being posted is looked at when it ended.
func (s *Service) correct(ctx context.Context) error {
	if s.poster == nil {
		return nil
	}
	now := s.o.Now()
	for last, more := int64(0), true; more; {
		ids, err := s.db.Read().Outdated(ctx, now.Add(-correctFor), now.Add(-settled), last, correctedAtOnce)
		if err != nil {
			return err
		}
		for _, id := range ids {
			last = id
			err := s.db.InTx(ctx, func(q *store.Q, jobs store.Jobs) error { return s.correctIn(ctx, q, jobs, id) })
			if err != nil {
				return fmt.Errorf("delivery %d: %w", id, err)
			}
		}
		more = len(ids) == correctedAtOnce
	}
	return s.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		_, err := q.PruneShown(ctx, now.Add(-correctFor))
		return err
	})
}

// correctIn corrects one delivery. One that cannot be rendered any more stands as it is, and is not looked at again.
func (s *Service) correctIn(ctx context.Context, q *store.Q, jobs store.Jobs, id int64) error {
	d, err := q.Delivery(ctx, id)
	if err != nil {
		return err
	}
	changes, err := q.Changes(ctx, id)
	if err != nil {
		return err
	}
	seen := make(map[int64]int, len(changes))
	for article, c := range changes {
		seen[article] = c.Revision
	}
	if err := q.SaveShown(ctx, id, seen); err != nil {
		return err
	}
	parts, err := q.Parts(ctx, id)
	if err != nil {
		return err
	}
	c, err := changed(s.poster, s.o.Now(), d, parts, func(st Story) Story { return s.corrected(st, changes) })
	if err != nil {
		s.log.Error("posted digest not corrected", "delivery", id, "err", err)
		return nil
	}
	if c.digest == nil {
		return nil
	}
	s.log.Info("posted digest corrected", "delivery", id, "messages", len(c.edits))
	return c.plan(ctx, q, jobs, d, "changed by its outlet")
}

// corrected is a story as its articles are now: without those that their outlets withdrew. Words that still stand keep their
// place, with a link to where that is.
func (s *Service) corrected(st Story, changes map[int64]store.Change) Story {
	if !slices.ContainsFunc(st.Sources, func(src Source) bool { _, ok := changes[src.Article]; return ok }) {
		return st
	}
	var withdrawn []int64
	for id, c := range changes {
		if c.Withdrawn {
			withdrawn = append(withdrawn, id)
		}
	}
	if len(withdrawn) > 0 {
		if st = without(st, withdrawn); st.Withdrawn {
			return st
		}
	}
	c := correction{s: s, changes: changes, was: st, st: st}
	c.st.Changed = slices.Clone(st.Changed)
	c.st.Sources = slices.Clone(st.Sources)
	c.st.Bullets, c.st.Quotes = []Bullet{}, []Quote{}
	for _, b := range st.Bullets {
		if b, ok := c.bullet(b); ok {
			c.st.Bullets = append(c.st.Bullets, b)
		}
	}
	for _, q := range st.Quotes {
		if q, ok := c.quote(q); ok {
			c.st.Quotes = append(c.st.Quotes, q)
		}
	}
	for i := range c.st.Sources {
		c.title(i)
	}
	return c.st
}

// A correction makes a story anew of articles that were changed.
type correction struct {
	s       *Service
	changes map[int64]store.Change // by article
	was, st Story
}

// change returns what became of the article that a link leads to; false when the revision that was shown is the newest, is
// not known (digests of older programs), or cannot be compared with it.
func (c *correction) change(r Ref) (store.Change, bool) {
	if r.Source < 1 || r.Source > len(c.was.Sources) || r.Revision == 0 {
		return store.Change{}, false
	}
	ch, ok := c.changes[c.was.Sources[r.Source-1].Article]
	return ch, ok && ch.Comparable && r.Revision < ch.Revision
}

// mark says that a source changed what was shown of it.
func (c *correction) mark(source int) {
	if !slices.Contains(c.st.Changed, source) {
		c.st.Changed = append(c.st.Changed, source)
		slices.Sort(c.st.Changed)
	}
}

// stands returns the link to words as they stand now; false, and the source is marked, when one of them does not stand there.
func (c *correction) stands(r Ref, words ...string) (Ref, bool) {
	ch, ok := c.change(r)
	if !ok {
		return r, true
	}
	whole := text.Span{Start: len(ch.Text)}
	for _, w := range words {
		span, ok := text.Locate(ch.Text, w)
		if !ok {
			c.mark(r.Source)
			return r, false
		}
		whole.Start, whole.End = min(whole.Start, span.Start), max(whole.End, span.End)
	}
	now := ref(r.Source, asNow(ch), whole)
	now.Proof = r.Proof
	return now, true
}

// bullet returns a bullet as it may stand; false when it may not. An outlet's own sentence gives way to the one that took
// its place.
func (c *correction) bullet(b Bullet) (Bullet, bool) {
	refs := make([]Ref, len(b.Refs))
	for i, r := range b.Refs {
		now, ok := c.stands(r, cmp.Or(r.Proof, b.Text))
		if ok {
			refs[i] = now
			continue
		}
		if len(b.Refs) > 1 || r.Proof != "" {
			return Bullet{}, false // a model's words: nobody has written others
		}
		return c.instead(b, r)
	}
	b.Refs = refs
	return b, true
}

// quote is bullet for a quote. Nothing takes its place: whoever says something else now is the outlet to ask.
func (c *correction) quote(q Quote) (Quote, bool) {
	now, ok := c.stands(q.Ref, q.Words...)
	q.Ref = now
	if ok && q.Original != nil {
		o := *q.Original
		if now, there := c.stands(o.Ref, o.Words...); there {
			o.Ref = now
			q.Original = &o
		} else {
			q.Original = nil
		}
	}
	return q, ok
}

// instead returns the sentence that an outlet wrote in the place of a bullet that was its own; false when none is like it,
// or the story tells it already.
func (c *correction) instead(b Bullet, r Ref) (Bullet, bool) {
	ch, _ := c.change(r)
	var best text.Span
	most := 0.0
	for _, span := range text.Sentences(ch.Text, ch.Lang) {
		if alike := sharedWords(b.Text, span.Of(ch.Text)); alike > most {
			best, most = span, alike
		}
	}
	said := spaced(best.Of(ch.Text))
	told := func(o Bullet) bool { return spaced(o.Text) == said }
	if most < correctsFrom || slices.ContainsFunc(c.was.Bullets, told) || slices.ContainsFunc(c.st.Bullets, told) {
		return Bullet{}, false
	}
	proven, err := c.s.prove(summarize.Brief{
		Headline: ch.Title, HeadlineFrom: summarize.Evidence{Article: ch.ID, Revision: ch.Revision}, Lang: ch.Lang, Engine: summarize.Extractive{}.Name(),
		Bullets: []summarize.Bullet{{Text: said, Lang: ch.Lang, Limits: b.Limits,
			Evidence: []summarize.Evidence{{Article: ch.ID, Revision: ch.Revision, Span: best, Text: best.Of(ch.Text)}}}},
	}, c.documents(ch, r.Source))
	if err != nil {
		return Bullet{}, false
	}
	return shownBullet(proven.Bullets[0], map[int64]article{ch.ID: asNow(ch)}, func(article) int { return r.Source }), true
}

// title puts the new title of an article in the place of its old one, where the old one stands nowhere in it any more.
func (c *correction) title(i int) {
	src := &c.st.Sources[i]
	ch, ok := c.changes[src.Article]
	if !ok || !ch.Comparable || ch.Title == src.Title {
		return
	}
	if _, still := text.Locate(ch.Title+"\n"+ch.Text, src.Title); still {
		return
	}
	b, _ := summarize.Check(summarize.Brief{Headline: ch.Title, HeadlineFrom: summarize.Evidence{Article: ch.ID, Revision: ch.Revision}}, c.documents(ch, i+1))
	if b.Headline != ch.Title {
		return
	}
	if c.st.Headline == src.Title {
		c.st.Headline = ch.Title
		c.mark(i + 1)
	}
	src.Title = ch.Title
}

// asNow is a changed article as it is now.
func asNow(ch store.Change) article { return article{Listed: store.Listed{Article: ch.Article}} }

// documents is a changed article as an engine sees it.
func (c *correction) documents(ch store.Change, source int) []summarize.Document {
	a := asNow(ch)
	a.outlet = c.was.Sources[source-1].Name
	return documents([]article{a}, nil)
}

// sharedWords is how much two sentences have in common: the words of both by the words of either, without regard to case
// and order, 0 to 1.
func sharedWords(a, b string) float64 {
	count := map[string]int{}
	as, bs := text.Words(a), text.Words(b)
	for _, w := range as {
		count[strings.ToLower(w.Of(a))]++
	}
	both := 0
	for _, w := range bs {
		if k := strings.ToLower(w.Of(b)); count[k] > 0 {
			count[k]--
			both++
		}
	}
	if both == 0 {
		return 0
	}
	return float64(both) / float64(len(as)+len(bs)-both)
}
