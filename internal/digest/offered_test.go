package digest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"attache/internal/store"
)

func TestZones(t *testing.T) {
	zones := Zones()
	if len(zones) < 500 || !slices.IsSorted(zones) {
		t.Errorf("%d zones", len(zones))
	}
	for _, z := range zones {
		if _, err := ParseZone(z); err != nil || FindZone(z) != z {
			t.Errorf("%s: %v, %s", z, err, FindZone(z))
		}
	}
	for in, want := range map[string]string{"brussels": "Europe/Brussels", " europe/brussels ": "Europe/Brussels", "New York": "America/New_York", "utc": "UTC", "Atlantis": "Atlantis"} {
		if got := FindZone(in); got != want {
			t.Errorf("%q is %q", in, got)
		}
	}
}

func TestFindBody(t *testing.T) {
	if list := Bodies(); !slices.Contains(list, "UN") || !slices.Contains(list, "NATO") || slices.Contains(list, "#") {
		t.Errorf("%q", list)
	}
	for in, want := range map[string]string{"un": "UN", "Vereinte Nationen": "UN", " otan ": "NATO", "НАТО": "NATO"} {
		if got, ok := FindBody(in); !ok || got != want {
			t.Errorf("%q is %q, %t", in, got, ok)
		}
	}
	for _, in := range []string{"", "Atlantis", "#", "France"} {
		if got, ok := FindBody(in); ok {
			t.Errorf("%q is %q", in, got)
		}
	}
}

// What PostNowIn planned is gone with the transaction of its caller.
func TestPostNowIn(t *testing.T) {
	w := newWorld(t)
	var id int64
	no := errors.New("no")
	err := w.db.InTx(t.Context(), func(q *store.Q, jobs store.Jobs) error {
		sched, err := q.SaveSchedule(t.Context(), store.Schedule{Guild: "g", Spec: "08:00", Zone: "UTC", Target: store.Target{Channel: "1"}})
		if err != nil {
			return err
		}
		if _, err := w.s.PostNowIn(t.Context(), q, jobs, sched+1); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("of a schedule that is none: %v", err)
		}
		if id, err = w.s.PostNowIn(t.Context(), q, jobs, sched); err != nil {
			return err
		}
		if d, err := q.Delivery(t.Context(), id); err != nil || d.Status != store.Planned || len(d.Slot) != len(nowForm) {
			t.Errorf("%+v, %v", d, err)
		}
		return no
	})
	if !errors.Is(err, no) {
		t.Fatal(err)
	}
	if _, err := w.db.Read().Delivery(context.Background(), id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after all: %v", err)
	}
}
