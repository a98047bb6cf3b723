package store

import (
	"testing"
	"time"

	"attache/sources"
)

func TestRechecks(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		sched := schedule(t, db, sampleSchedule)
		source := subscribe(t, db, "g", "https://example.com/feed", Subscription{})
		other := subscribe(t, db, "g", "https://example.org/feed", Subscription{})
		save := func(source int64, key string) (id int64) {
			write(t, db, func(q *Q) (err error) {
				id, _, err = q.SaveArticle(ctx, Article{Source: source, Key: key, Title: "Title " + key, Text: "Words.", Paged: true, URL: "https://example.com/" + key, Published: noon, Seen: noon})
				return err
			})
			return id
		}
		shown, elsewhere := save(source, "shown"), save(other, "elsewhere")
		save(source, "in no digest")
		write(t, db, func(q *Q) error {
			d, _, err := q.PlanDelivery(ctx, Delivery{Schedule: sched, Slot: "2025-02-27T08:00", Due: noon})
			if err != nil {
				return err
			}
			return q.SaveShown(ctx, d, map[int64]int{shown: 1, elsewhere: 1})
		})
		due := func(after time.Duration) []Article {
			return must[[]Article](t)(db.Read().Rechecks(ctx, source, noon.Add(after), 10))
		}
		check := func(after time.Duration, state sources.PageState) (changed bool) {
			write(t, db, func(q *Q) (err error) {
				changed, err = q.SaveCheck(ctx, source, "shown", noon.Add(after), state)
				return err
			})
			return changed
		}
		if as := due(time.Hour); len(as) != 0 {
			t.Errorf("at once: %+v", as)
		}
		as := due(2 * time.Hour)
		if len(as) != 1 || as[0].ID != shown || !as[0].Paged || as[0].Withdrawn || as[0].Text != "Words." {
			t.Fatalf("after two hours: %+v", as)
		}
		looks := 0 // in three days
		for at := 2 * time.Hour; at <= 72*time.Hour; at += 15 * time.Minute {
			if len(due(at)) > 0 {
				looks++
				if check(at, sources.PageThere) {
					t.Error("a page that is there changed something")
				}
			}
		}
		if looks < 8 || looks > 10 {
			t.Errorf("%d looks in three days", looks)
		}
		// Missing once is not missing; a page that could not be read says nothing of it.
		for i, c := range []struct {
			at      time.Duration
			state   sources.PageState
			changed bool
		}{
			{0, sources.PageMissing, false}, {30 * time.Minute, sources.PageMissing, false}, {40 * time.Minute, sources.PageUnknown, false}, {60 * time.Minute, sources.PageThere, false},
			{61 * time.Minute, sources.PageMissing, false}, {120 * time.Minute, sources.PageMissing, false}, {121 * time.Minute, sources.PageMissing, true},
			{180 * time.Minute, sources.PageMissing, false}, {181 * time.Minute, sources.PageGone, false},
		} {
			if got := check(73*time.Hour+c.at, c.state); got != c.changed {
				t.Errorf("check %d, %d: changed %v", i, c.state, got)
			}
		}
		a := must[Listed](t)(db.Read().Guild("g").Article(ctx, shown))
		if !a.Withdrawn || a.Text != "" || a.Title != "Title shown" || a.Revision != 2 || a.Ingested {
			t.Errorf("withdrawn: %+v", a)
		}
		if old := must[Listed](t)(db.Read().Guild("g").Revision(ctx, shown, 1)); old.Text != "Words." {
			t.Errorf("what it said is gone: %+v", old)
		}
		// It comes back with its words.
		save(source, "shown")
		if a := must[Listed](t)(db.Read().Guild("g").Article(ctx, shown)); a.Withdrawn || a.Text != "Words." || a.Revision != 3 {
			t.Errorf("back again: %+v", a)
		}
		if !check(80*time.Hour, sources.PageGone) {
			t.Error("a page that its outlet says is gone is not withdrawn")
		}
		write(t, db, func(q *Q) error {
			changed, err := q.SaveCheck(ctx, source, "nothing", noon, sources.PageGone)
			if changed {
				t.Error("an article that is not stored changed")
			}
			return err
		})
	})
}
