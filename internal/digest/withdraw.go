package digest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"attache/internal/store"
)

// withdrawFor is how long after its slot a digest is changed when an article it shows is withdrawn. Discord sets no limit.
const withdrawFor = 14 * 24 * time.Hour

// A Renderer makes the messages of a digest, as Poster.Render does; it needs no connection.
type Renderer interface {
	Render(d Digest, seed string) ([]Message, error)
}

// Withdrawn is what taking articles back did.
type Withdrawn struct {
	Changed int // digests that showed them and are changed
	Left    int // digests that showed them and cannot be rendered as they were posted: they stand as they are
}

// Withdraw takes articles out of the digests of the last 14 days that were posted: what stands of them in Discord is
// changed, and what buttons answer from is emptied of them. reason is kept with the edits, readers do not see it. Calling
// it again does no harm. A digest that is being posted at this moment is not among them.
func (s *Service) Withdraw(ctx context.Context, articles []int64, reason string) (done Withdrawn, err error) {
	err = s.db.InTx(ctx, func(q *store.Q, jobs store.Jobs) error {
		done, err = WithdrawIn(ctx, q, jobs, s.poster, s.o.Now(), articles, reason)
		return err
	})
	if err == nil && done.Left > 0 {
		s.log.Error("posted digests still show withdrawn articles", "digests", done.Left)
	}
	return done, err
}

// WithdrawIn is Withdraw within a transaction, for callers that have no connection to Discord: the jobs make the edits.
func WithdrawIn(ctx context.Context, q *store.Q, jobs store.Jobs, w Renderer, now time.Time, articles []int64, reason string) (done Withdrawn, err error) {
	ids, err := q.DigestsShowing(ctx, now.Add(-withdrawFor), articles)
	if err != nil {
		return done, err
	}
	for _, id := range ids {
		d, err := q.Delivery(ctx, id)
		if err != nil {
			return done, err
		}
		parts, err := q.Parts(ctx, id)
		if err != nil {
			return done, err
		}
		c, err := changed(w, now, d, parts, func(st Story) Story { return without(st, articles) })
		if err != nil {
			done.Left++ // one that is broken keeps no other from being changed
			continue
		}
		if c.digest == nil {
			continue
		}
		if err := c.plan(ctx, q, jobs, d, reason); err != nil {
			return done, fmt.Errorf("withdraw from delivery %d: %w", id, err)
		}
		done.Changed++
	}
	return done, nil
}

// A changing is a posted digest as it is to be, and the edits of its messages. No digest: nothing changes.
type changing struct {
	digest json.RawMessage
	edits  []store.Edit
}

// plan stores the digest and the edits with their jobs.
func (c changing) plan(ctx context.Context, q *store.Q, jobs store.Jobs, d store.Delivery, reason string) error {
	d.Digest = c.digest
	if err := q.SaveDelivery(ctx, d); err != nil {
		return err
	}
	for _, e := range c.edits {
		e.Reason = reason
		if _, err := q.PlanEdit(ctx, e); err != nil {
			return err
		}
		if err := jobs.Insert(ctx, editArgs{Part: e.Part}, nil); err != nil {
			return err
		}
	}
	return nil
}

// changed makes a posted digest anew with its stories as fn makes them, and an edit of each message that this changes. A
// message without an id was not posted, as far as is known.
func changed(w Renderer, now time.Time, d store.Delivery, parts []store.Part, fn func(Story) Story) (c changing, err error) {
	var was Digest
	if err := json.Unmarshal(d.Digest, &was); err != nil {
		return c, fmt.Errorf("read the stored digest: %w", err)
	}
	is := was
	is.Stories = make([]Story, len(was.Stories))
	for i, st := range was.Stories {
		is.Stories[i] = fn(st)
	}
	before, err := json.Marshal(was)
	if err != nil {
		return c, err
	}
	after, err := json.Marshal(is)
	if err != nil || bytes.Equal(before, after) {
		return c, err
	}
	if is.Layout == nil {
		if is.Layout, err = layout(parts, len(is.Stories)); err != nil {
			return c, err
		}
	}
	was.Layout = is.Layout
	// Compared without the time of a correction, so that a message of which nothing changed is left alone.
	since := was.Corrected
	was.Corrected, is.Corrected = time.Time{}, time.Time{}
	var made [3][]Message
	for i, dig := range []Digest{was, is, is} {
		if i == 2 {
			dig.Corrected = now
		}
		if made[i], err = w.Render(dig, seedOf(d)); err != nil {
			return c, err
		}
		if len(made[i]) != len(parts) {
			return c, fmt.Errorf("a digest of %d messages is rendered into %d", len(parts), len(made[i]))
		}
	}
	is.Corrected = since
	for i, p := range parts {
		if p.Status == store.PartSent && p.Message != "" && !bytes.Equal(made[0][i].Body, made[1][i].Body) {
			c.edits = append(c.edits, store.Edit{Part: p.ID, Body: made[2][i].Body})
			is.Corrected = now
		}
	}
	if c.digest, err = json.Marshal(is); err != nil {
		return changing{}, err
	}
	return c, nil
}

// seedOf is what makes the markers of a delivery's parts unique; the same at every rendering.
func seedOf(d store.Delivery) string {
	return fmt.Sprintf("%d %s %d", d.ID, d.Slot, d.Created.UnixMilli())
}

// layout counts the stories of each part as it was posted. A story is an embed.
func layout(parts []store.Part, stories int) ([]int, error) {
	type message struct {
		Embeds []json.RawMessage `json:"embeds"`
	}
	out, sum := make([]int, len(parts)), 0
	for i, p := range parts {
		var body struct {
			message
			Post *message `json:"message"` // of a forum
		}
		if err := json.Unmarshal(p.Body, &body); err != nil {
			return nil, fmt.Errorf("read part %d: %w", p.N+1, err)
		}
		out[i] = len(body.Embeds)
		if body.Post != nil {
			out[i] = len(body.Post.Embeds)
		}
		sum += out[i]
	}
	if sum != stories {
		return nil, fmt.Errorf("%d stories stand in the parts of a digest of %d", sum, stories)
	}
	return out, nil
}

// without is a story without what some articles brought: bullets and quotes that any of them proves, their links and
// names. What other sources prove by themselves stays, under the title of the first of them. A story of which no bullet
// is left is withdrawn whole.
func without(st Story, articles []int64) Story {
	gone := func(a int64) bool { return slices.Contains(articles, a) }
	if !slices.ContainsFunc(st.Sources, func(s Source) bool { return gone(s.Article) }) {
		return st
	}
	renumbered := map[int]int{} // sources that stay, by their old number
	var sources []Source
	for i, s := range st.Sources {
		if !gone(s.Article) {
			sources = append(sources, s)
			renumbered[i+1] = len(sources)
		}
	}
	stays := func(r Ref) bool { return renumbered[r.Source] > 0 }
	bullets, quotes := []Bullet{}, []Quote{}
	for _, b := range st.Bullets {
		if len(b.Refs) == 0 || slices.ContainsFunc(b.Refs, func(r Ref) bool { return !stays(r) }) {
			continue
		}
		b.Refs = slices.Clone(b.Refs)
		for i := range b.Refs {
			b.Refs[i].Source = renumbered[b.Refs[i].Source]
		}
		bullets = append(bullets, b)
	}
	for _, q := range st.Quotes {
		if stays(q.Ref) {
			q.Ref.Source = renumbered[q.Ref.Source]
			q.Original = q.Original.kept(renumbered)
			quotes = append(quotes, q)
		}
	}
	if len(bullets) == 0 {
		return Story{ID: st.ID, Withdrawn: true, Bullets: []Bullet{}, Quotes: []Quote{}, Sources: []Source{}, Engine: st.Engine, Articles: st.Articles}
	}
	// The headline may be the withdrawn article's, or a model's that read it.
	st.Headline, st.URL = sources[0].Title, sources[0].URL
	st.Bullets, st.Quotes, st.Sources = bullets, quotes, sources
	var changed []int
	for _, n := range st.Changed {
		if renumbered[n] > 0 {
			changed = append(changed, renumbered[n])
		}
	}
	st.Changed = changed
	st.Outlets = max(1, min(st.Outlets, len(sources)))
	return st
}
