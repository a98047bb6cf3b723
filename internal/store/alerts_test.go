package store

import (
	"testing"
)

func TestAlerts(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		raise := func(name string) (fresh bool) {
			write(t, db, func(q *Q) (err error) { fresh, err = q.RaiseAlert(ctx, name, "words of "+name); return err })
			return fresh
		}
		end := func(name string) { write(t, db, func(q *Q) error { return q.EndAlert(ctx, name) }) }
		told := func(a Alert) { write(t, db, func(q *Q) error { return q.AlertTold(ctx, a) }) }
		list := func(n int) []Alert {
			t.Helper()
			as := must[[]Alert](t)(db.Read().Alerts(ctx))
			if len(as) != n {
				t.Fatalf("%d alerts, want %d: %+v", len(as), n, as)
			}
			return as
		}
		if !raise("disk") || raise("disk") {
			t.Error("an alert is fresh once")
		}
		end("disk")
		list(0) // nobody was told: nothing to take back
		raise("disk")
		told(list(1)[0])
		end("disk")
		if a := list(1)[0]; a.Over.IsZero() || a.Told.IsZero() {
			t.Errorf("after its end: %+v", a)
		}
		if raise("disk") {
			t.Error("an alert that came back before anybody was told of its end is fresh")
		}
		if a := list(1)[0]; !a.Over.IsZero() {
			t.Errorf("it goes on: %+v", a)
		}
		end("disk")
		told(list(1)[0])
		list(0)
		end("disk")
		list(0)
	})
}
