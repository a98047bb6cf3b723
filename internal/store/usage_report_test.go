package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"attache/summarize/model"
)

// A program that dies between Open and Close leaves what it booked, for good; a close that comes late is still taken.
func TestLedgerCrash(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "a.db"), noon
	o := Options{Now: func() time.Time { return now }}
	db, err := Open(t.Context(), "sqlite:"+path, o)
	if err != nil {
		t.Fatal(err)
	}
	caps := Uncapped()
	caps.Installation.Month.Tokens = 1000
	id := book(t, db.Ledger(caps), call(asked, 900, 0))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = openAt(t, path, o)
	l := db.Ledger(caps)
	refused(t, l, call(asked, 101, 0))
	state := func() string {
		return must[string](t)(value[string](t.Context(), db.Read(), "SELECT state || estimated || tokens_in || '+' || tokens_out FROM usage WHERE id = $1", id))
	}
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{usageOpen, "open1600+300"}, {time.Second, "closed1600+300"}} {
		now = now.Add(c.after)
		write(t, db, func(q *Q) error { return q.PruneUsage(t.Context(), now.Add(-time.Hour*24)) })
		if got := state(); got != c.want {
			t.Errorf("after %s more the call is %s, want %s", c.after, got, c.want)
		}
	}
	refused(t, l, call(asked, 101, 0))
	for range 2 { // an answer to the first may have been lost
		if err := l.Close(t.Context(), id, model.Usage{In: 400, Out: 50}); err != nil {
			t.Fatal(err)
		}
	}
	if got := state(); got != "closed0400+50" {
		t.Errorf("the call is %s", got)
	}
	book(t, l, call(asked, 550, 0))
	refused(t, l, call(asked, 1, 0))
}

func TestPruneUsage(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		booked := time.Date(2025, 1, 31, 12, 0, 0, 0, time.UTC)
		now := booked
		db.now = func() time.Time { return now }
		book(t, db.Ledger(Uncapped()), call(asked, 30, 3))
		const users = 90 * 24 * time.Hour
		for _, c := range []struct {
			at   time.Time
			want string // rows, sums, mentions of the user
		}{
			{booked.Add(11 * time.Hour), "1 6 3"},
			{booked.Add(13 * time.Hour), "1 4 1"}, // another month
			{booked.Add(users), "1 4 1"},
			{booked.Add(users + time.Second), "1 4 0"},
			{booked.Add(usageKept), "1 4 0"},
			{booked.Add(usageKept + time.Second), "0 4 0"},
			{booked.Add(usageKept + 24*time.Hour), "0 0 0"}, // its last day of the month is over too
		} {
			now = c.at
			write(t, db, func(q *Q) error { return q.PruneUsage(t.Context(), now.Add(-users)) })
			d := dump(t, db)
			if got := fmt.Sprint(strings.Count(d, "usage ["), strings.Count(d, "usage_totals ["), strings.Count(d, " u ")); got != c.want {
				t.Errorf("at %s there is %s, want %s:\n%s", c.at, got, c.want, d)
			}
		}
	})
}
