package digest

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"attache/internal/store"
)

// A fault of the database at each call, from planning a slot to recording what its channel was told: the n-th call of its
// kind fails, the world goes on, and the slot has one digest of which each part stands once.
func TestStoreFaults(t *testing.T) {
	for _, kind := range []string{store.FaultBegin, store.FaultStatement, store.FaultJob, store.FaultCommit, store.FaultCommitted} {
		n := 1
		for faultAt(t, kind, n, []error{store.ErrAway, store.ErrFull}[n%2]) && !t.Failed() {
			n++
		}
		if n == 1 {
			t.Errorf("%s: the scenario has no such call", kind)
		}
		t.Logf("%s: %d places", kind, n-1)
	}
}

// faultAt runs the scenario with a fault at the n-th call of a kind, and reports whether there were so many.
func faultAt(t *testing.T, kind string, n int, fault error) (reached bool) {
	w := newWorld(t)
	w.discord.parts = 2
	w.publish(piece{source: w.subscribe("guild", "Gazette", store.Press, "FR"), story: 7, ago: time.Hour})
	s := w.schedule(store.Schedule{})
	calls := 0
	db, err := store.Open(t.Context(), "sqlite:"+filepath.ToSlash(w.path), store.Options{Now: w.clock.now, Fault: func(op string) error {
		if op != kind {
			return nil
		}
		if calls++; calls == n {
			reached = true
			return fault
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sound := w.db
	w.db = db
	w.restart()
	w.clock.add(20*time.Hour + time.Second)
	for try := 0; ; try++ {
		if try > 3 {
			t.Fatalf("%s %d: not settled: %v", kind, n, err)
		}
		_, _, err = w.s.Plan(t.Context(), w.clock.now())
		open, e := sound.Read().UnfinishedOf(t.Context(), s.ID)
		if e != nil {
			t.Fatal(e)
		}
		for _, d := range open {
			err = errors.Join(err, w.s.tryDeliver(t.Context(), d.ID, false))
		}
		if open, e = sound.Read().UnfinishedOf(t.Context(), s.ID); e != nil {
			t.Fatal(e)
		}
		if err == nil && len(open) == 0 {
			break
		}
		w.clock.add(30 * time.Second)
		w.restart()
	}
	w.db = sound
	what := fmt.Sprintf("%s %d, %v", kind, n, fault)
	if slots := w.slots(s.ID); len(slots) != 1 || slots[0] != "2026-02-27T08:00 sent" {
		t.Errorf("%s: slots %v", what, slots)
	}
	if got := w.discord.count(); got != 2 {
		t.Errorf("%s: %d messages, want 2", what, got)
	}
	if told := must[map[int64]store.Told](t)(sound.Read().Told(t.Context(), "100", noon)); len(told[7].Articles) != 1 {
		t.Errorf("%s: told %v", what, told)
	}
	return reached
}
