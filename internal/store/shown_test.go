package store

import (
	"slices"
	"testing"
	"time"
)

func TestShown(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		sched := schedule(t, db, sampleSchedule)
		source := subscribe(t, db, "g", "https://example.com/feed", Subscription{})
		var delivery, article, teaser int64
		save := func(key, text string, isTeaser bool) (id int64) {
			write(t, db, func(q *Q) (err error) {
				id, _, err = q.SaveArticle(ctx, Article{Source: source, Key: key, Title: "Title", Text: text, Teaser: isTeaser, URL: "https://example.com/" + key})
				return err
			})
			return id
		}
		article, teaser = save("a", "One.", false), save("b", "Two.", true)
		write(t, db, func(q *Q) (err error) {
			if delivery, _, err = q.PlanDelivery(ctx, Delivery{Schedule: sched, Slot: "2025-02-27T08:00", Due: noon}); err != nil {
				return err
			}
			return q.SaveShown(ctx, delivery, map[int64]int{article: 1, teaser: 1})
		})
		outdated := func(since, until time.Time) []int64 {
			return must[[]int64](t)(db.Read().Outdated(ctx, since, until, 0, 10))
		}
		status := func(s string) {
			write(t, db, func(q *Q) error {
				d, err := q.Delivery(ctx, delivery)
				d.Status = s
				if err != nil {
					return err
				}
				return q.SaveDelivery(ctx, d)
			})
		}
		status(Sent)
		if got := outdated(noon, noon); len(got) != 0 {
			t.Errorf("nothing was changed: %v", got)
		}
		save("a", "One changed.", false)
		save("b", "All of two.", false)
		for name, c := range map[string]struct {
			since, until time.Time
			status       string
			want         []int64
		}{
			"found":         {noon, noon, Sent, []int64{delivery}},
			"failed":        {noon, noon, Failed, []int64{delivery}},
			"being posted":  {noon, noon, Sending, nil},
			"not settled":   {noon, noon.Add(-time.Second), Sent, nil},
			"digest is old": {noon.Add(time.Second), noon, Sent, nil},
		} {
			status(c.status)
			if got := outdated(c.since, c.until); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
		status(Sent)
		if got := must[[]int64](t)(db.Read().Outdated(ctx, noon, noon, delivery, 10)); len(got) != 0 {
			t.Errorf("after the last: %v", got)
		}
		cs := must[map[int64]Change](t)(db.Read().Changes(ctx, delivery))
		if a := cs[article]; len(cs) != 2 || a.Revision != 2 || a.Text != "One changed." || !a.Comparable {
			t.Errorf("changes %+v", cs)
		}
		if cs[teaser].Comparable {
			t.Error("a whole text is compared with a teaser")
		}
		write(t, db, func(q *Q) error { return q.SaveShown(ctx, delivery, map[int64]int{article: 2, teaser: 2}) })
		if got := outdated(noon, noon); len(got) != 0 {
			t.Errorf("looked at already: %v", got)
		}
		prune := func(before time.Time) (n int) {
			write(t, db, func(q *Q) (err error) { n, err = q.PruneShown(ctx, before); return err })
			return n
		}
		if n := prune(noon); n != 0 {
			t.Errorf("pruned %d rows of a digest of today", n)
		}
		write(t, db, func(q *Q) error {
			_, _, err := q.PlanDelivery(ctx, Delivery{Schedule: sched, Slot: "2025-02-28T08:00", Due: noon.Add(24 * time.Hour)})
			return err
		})
		if n := prune(noon.Add(time.Hour)); n != 2 {
			t.Errorf("pruned %d rows, want 2", n)
		}
	})
}
