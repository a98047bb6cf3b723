package digest

import (
	"fmt"
	"testing"
	"time"

	"attache/internal/store"
)

// A guild with many schedules does not delay another guild's only one.
func TestFair(t *testing.T) {
	w := newWorld(t)
	for range 200 {
		w.schedule(store.Schedule{Guild: "many"})
	}
	only := map[int64]bool{}
	for i := range 3 {
		only[w.schedule(store.Schedule{Guild: fmt.Sprint("one ", i)}).ID] = true
	}
	w.clock.set(time.Date(2026, 2, 27, 8, 0, 0, 0, time.UTC))
	if n := w.plan(); n != 203 {
		t.Fatalf("%d deliveries were planned", n)
	}
	ds := must[[]store.Delivery](t)(w.db.Read().Unfinished(t.Context()))
	for i, d := range ds {
		if only[d.Schedule] && i > 3 {
			t.Errorf("the only digest of guild %q is number %d", d.Guild, i+1)
		}
	}
}

// What a guild has unfinished counts too: its next comes after the first of others, also when they are planned later.
func TestFairAfterwards(t *testing.T) {
	w := newWorld(t)
	many := w.schedule(store.Schedule{Guild: "many"})
	one := w.schedule(store.Schedule{Guild: "one"})
	for range 3 {
		w.clock.add(time.Second)
		w.postNow(many.ID)
	}
	due := []store.Schedule{many, one}
	ranks := must[map[int64]int](t)(w.s.fair(t.Context(), due))
	if ranks[many.ID] != 3 || ranks[one.ID] != 0 || due[0].ID != one.ID {
		t.Errorf("ranks %v, first schedule %d", ranks, due[0].ID)
	}
}

// The order of guilds is fixed and is not that of their age; what is asked ahead is spread over all of the time.
func TestTurn(t *testing.T) {
	const n = 1000
	var quarters [4]int
	later := 0
	for id := range int64(n) {
		at := spread(id, 4*time.Minute)
		if at < 0 || at >= 4*time.Minute || at != spread(id, 4*time.Minute) {
			t.Fatalf("schedule %d at %s", id, at)
		}
		quarters[at/time.Minute]++
		if turn(id+1) > turn(id) {
			later++
		}
	}
	for i, k := range quarters {
		if k < n/5 {
			t.Errorf("%d of %d in quarter %d", k, n, i+1)
		}
	}
	if later < n*2/5 || later > n*3/5 {
		t.Errorf("%d of %d come after their predecessor", later, n)
	}
}

// A schedule that cannot be planned with others spoils none of them.
func TestPlanBatchSpoilt(t *testing.T) {
	w := newWorld(t)
	for i := range planBatch + 20 {
		w.schedule(store.Schedule{Guild: fmt.Sprint(i)})
	}
	at := time.Date(2026, 2, 27, 8, 0, 0, 0, time.UTC)
	w.clock.set(at)
	// The slot of one has its digest already, as after a clock that was ahead: its part of the transaction is undone.
	w.write(func(q *store.Q) error {
		id, _, err := q.PlanDelivery(t.Context(), store.Delivery{Schedule: 7, Slot: "2026-02-27T08:00", Due: at, Created: at})
		if err == nil {
			err = q.SaveDelivery(t.Context(), store.Delivery{ID: id, Status: store.Sent})
		}
		if err == nil {
			_, _, err = q.PlanDelivery(t.Context(), store.Delivery{Schedule: 7, Slot: "2026-02-28T08:00", Due: at.AddDate(0, 0, 1), Created: at, Status: store.Skipped})
		}
		return err
	})
	if n := w.plan(); n != planBatch+19 {
		t.Errorf("%d deliveries were planned of %d that are due", n, planBatch+19)
	}
}
