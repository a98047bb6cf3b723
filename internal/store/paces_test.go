package store

import (
	"fmt"
	"testing"
	"time"
)

func TestPaces(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		src := subscribe(t, db, "g", "https://a.example/feed", Subscription{Name: "A"})
		quiet := subscribe(t, db, "g", "https://b.example/feed", Subscription{Name: "B"})
		subscribe(t, db, "other", "https://c.example/feed", Subscription{Name: "C"})
		for i := range 14 {
			at := noon.Add(-time.Duration(i) * 12 * time.Hour)
			publish(t, db, Article{Source: src, Key: fmt.Sprint(i), Title: "T", Text: "Text.", Published: at, Seen: at.Add(10 * time.Minute)})
		}
		// One that was there long before its source was added tells nothing of its lag.
		publish(t, db, Article{Source: src, Key: "old", Title: "T", Text: "Text.", Published: noon.Add(-6 * 24 * time.Hour), Seen: noon})
		got := must[map[int64]Pace](t)(db.Read().Guild("g").Paces(t.Context(), noon.Add(-7*24*time.Hour)))
		if p := got[src]; p.PerDay != 15./7 || p.Lag != 10*time.Minute {
			t.Errorf("%+v", p)
		}
		if _, ok := got[quiet]; ok || len(got) != 1 {
			t.Errorf("%+v", got)
		}
		if got := must[map[int64]Pace](t)(db.Read().Guild("other").Paces(t.Context(), noon.Add(-7*24*time.Hour))); len(got) != 0 {
			t.Errorf("another guild sees %+v", got)
		}
	})
}
