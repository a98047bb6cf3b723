package digest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"attache/internal/store"
)

// slots are the slots of a schedule's deliveries with their status, oldest slot first.
func (w *world) slots(schedule int64) []string {
	w.t.Helper()
	var out []string
	for _, d := range must[[]store.Delivery](w.t)(w.db.Read().Deliveries(context.Background(), schedule, 1000)) {
		s := d.Slot + " " + d.Status
		if d.Missed > 0 {
			s += fmt.Sprintf(" missed %d", d.Missed)
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

func wantSlots(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("deliveries\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestPlan(t *testing.T) {
	w := newWorld(t)
	s := w.schedule(store.Schedule{})
	if n := w.plan(); n != 0 {
		t.Errorf("%d deliveries before any slot", n)
	}
	// The slot of this morning was before the schedule; the next is tomorrow's, and briefs are asked for ahead of it.
	_, next, err := w.s.Plan(t.Context(), noon)
	if want := time.Date(2026, 2, 27, 7, 50, 0, 0, time.UTC).Add(spread(s.ID, ahead/2)); err != nil || !next.Equal(want) {
		t.Errorf("next %s, want %s (%v)", next, want, err)
	}
	w.clock.set(next)
	_, next, err = w.s.Plan(t.Context(), w.clock.now())
	if want := time.Date(2026, 2, 27, 8, 0, 0, 0, time.UTC); err != nil || !next.Equal(want) {
		t.Errorf("next %s, want %s (%v)", next, want, err)
	}
	w.clock.set(next.Add(-time.Millisecond))
	if n := w.plan(); n != 0 {
		t.Error("a slot was planned before it was due")
	}
	w.clock.set(next)
	if n := w.plan(); n != 1 {
		t.Error("a slot was not planned when it was due")
	}
	if n := w.plan(); n != 0 {
		t.Error("a slot was planned twice")
	}
	w.restart()
	if n := w.plan(); n != 0 {
		t.Error("a slot was planned again after a restart")
	}
	wantSlots(t, w.slots(s.ID), "2026-02-27T08:00 planned")
	if jobs := w.jobs("deliver"); jobs != 1 {
		t.Errorf("%d jobs", jobs)
	}
	if jobs := w.jobs("prepare"); jobs != 1 {
		t.Errorf("%d jobs prepare briefs", jobs)
	}
}

// A schedule that was made at the moment of a slot has that slot; one made a second later has not.
func TestPlanFrom(t *testing.T) {
	w := newWorld(t)
	at := w.schedule(store.Schedule{Spec: "0 12 * * *", From: noon})
	after := w.schedule(store.Schedule{Spec: "0 12 * * *", From: noon.Add(time.Second)})
	w.clock.add(2 * time.Second)
	w.plan()
	wantSlots(t, w.slots(at.ID), "2026-02-26T12:00 planned")
	wantSlots(t, w.slots(after.ID))
}

func TestPlanAfterDowntime(t *testing.T) {
	w := newWorld(t)
	s := w.schedule(store.Schedule{Spec: "0 8,18 * * *"})
	w.clock.set(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	if n := w.plan(); n != 1 {
		t.Errorf("%d deliveries after three days", n)
	}
	wantSlots(t, w.slots(s.ID), "2026-02-26T18:00 skipped", "2026-02-27T08:00 skipped", "2026-02-27T18:00 skipped",
		"2026-02-28T08:00 skipped", "2026-02-28T18:00 skipped", "2026-03-01T08:00 planned missed 5")
	for _, d := range must[[]store.Delivery](t)(w.db.Read().Deliveries(t.Context(), s.ID, 10)) {
		if d.Status == store.Skipped && !strings.Contains(d.Reason, "not running") {
			t.Errorf("skipped in silence: %+v", d)
		}
	}
	// Years: all are counted, and only the last are kept.
	w.clock.set(time.Date(2029, 3, 1, 8, 0, 0, 0, time.UTC))
	if n := w.plan(); n != 1 {
		t.Errorf("%d deliveries after three years", n)
	}
	ds := must[[]store.Delivery](t)(w.db.Read().Deliveries(t.Context(), s.ID, 1000))
	if ds[0].Slot != "2029-03-01T08:00" || ds[0].Missed < 700 || len(ds) != 6+1+skippedKept {
		t.Errorf("newest %s, missed %d, %d rows", ds[0].Slot, ds[0].Missed, len(ds))
	}
}

// A digest that Discord did not take for a whole period gives way to the next one; one that may have been posted does not.
func TestPlanSupersedes(t *testing.T) {
	w := newWorld(t)
	s := w.schedule(store.Schedule{})
	w.clock.set(time.Date(2026, 2, 27, 8, 0, 0, 0, time.UTC))
	w.plan()
	w.discord.before = func(int) error { return &Later{After: time.Minute} }
	open := must[[]store.Delivery](t)(w.db.Read().Unfinished(t.Context()))
	w.clock.set(time.Date(2026, 2, 28, 8, 0, 0, 0, time.UTC))
	w.plan()
	wantSlots(t, w.slots(s.ID), "2026-02-27T08:00 skipped", "2026-02-28T08:00 planned missed 1")
	if err := w.s.deliver(t.Context(), open[0].ID); err != nil || w.discord.sends != 0 {
		t.Errorf("a skipped digest was posted: %d requests, %v", w.discord.sends, err)
	}
	open = must[[]store.Delivery](t)(w.db.Read().Unfinished(t.Context()))
	w.discord.before = func(int) error { return errors.New("the answer is lost") }
	if err := w.s.deliver(t.Context(), open[0].ID); err == nil {
		t.Error("no error where Discord's answer was lost")
	}
	w.clock.set(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))
	w.plan()
	wantSlots(t, w.slots(s.ID), "2026-02-27T08:00 skipped", "2026-02-28T08:00 sending missed 1", "2026-03-01T08:00 planned")
}

// No slot is doubled or skipped because a clock was moved.
func TestPlanMovedClock(t *testing.T) {
	day := func(d, h int) time.Time { return time.Date(2026, 3, d, h, 0, 0, 0, time.UTC) }
	t.Run("back over a slot", func(t *testing.T) {
		w := newWorld(t)
		s := w.schedule(store.Schedule{})
		w.clock.set(day(1, 8))
		w.plan()
		w.clock.set(day(1, 7))
		w.plan()
		w.clock.set(day(1, 9))
		w.plan()
		w.clock.set(day(2, 8))
		w.plan()
		wantSlots(t, w.slots(s.ID), "2026-02-27T08:00 skipped", "2026-02-28T08:00 skipped", "2026-03-01T08:00 skipped missed 2", "2026-03-02T08:00 planned missed 3")
	})
	t.Run("ahead for a while", func(t *testing.T) {
		w := newWorld(t)
		s := w.schedule(store.Schedule{})
		w.clock.set(day(5, 12)) // wrong: it is the 26th of February
		w.plan()
		w.settle()
		w.clock.set(time.Date(2026, 2, 26, 12, 1, 0, 0, time.UTC))
		for d := 27; d <= 28; d++ {
			w.clock.set(time.Date(2026, 2, d, 8, 0, 0, 0, time.UTC))
			w.plan()
			w.settle()
		}
		for d := 1; d <= 7; d++ {
			w.clock.set(day(d, 8))
			w.plan()
			w.settle()
		}
		wantSlots(t, w.slots(s.ID), "2026-02-27T08:00 sent", "2026-02-28T08:00 sent", "2026-03-01T08:00 sent", "2026-03-02T08:00 sent",
			"2026-03-03T08:00 sent", "2026-03-04T08:00 sent", "2026-03-05T08:00 sent missed 6", "2026-03-06T08:00 sent", "2026-03-07T08:00 sent")
		if n := w.discord.count(); n != 9 {
			t.Errorf("%d messages for nine slots", n)
		}
	})
	t.Run("ahead while Discord was away", func(t *testing.T) {
		w := newWorld(t)
		s := w.schedule(store.Schedule{})
		w.discord.before = func(int) error { return &Later{After: time.Minute} }
		w.clock.set(day(4, 8)) // wrong
		w.plan()
		composed := must[[]store.Delivery](t)(w.db.Read().Unfinished(t.Context()))[0]
		if parts, err := w.s.compose(t.Context(), composed, s); err != nil || len(parts) == 0 {
			t.Fatal(err)
		}
		w.clock.set(day(5, 8)) // wrong
		w.plan()
		w.discord.before = nil
		w.settle()
		for d := 3; d <= 5; d++ {
			w.clock.set(day(d, 8))
			w.plan()
			w.settle()
		}
		got := w.slots(s.ID)
		wantSlots(t, got[len(got)-3:], "2026-03-03T08:00 sent", "2026-03-04T08:00 sent missed 5", "2026-03-05T08:00 sent missed 6")
		if n := w.discord.count(); n != 3 {
			t.Errorf("%d messages for three slots", n)
		}
	})
	t.Run("ahead when the schedule was made", func(t *testing.T) {
		w := newWorld(t)
		s := w.schedule(store.Schedule{From: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)})
		w.clock.set(time.Date(2026, 2, 27, 8, 0, 5, 0, time.UTC))
		w.plan()
		wantSlots(t, w.slots(s.ID), "2026-02-27T08:00 planned")
	})
}

// settle delivers everything that is unfinished.
func (w *world) settle() {
	w.t.Helper()
	for _, d := range must[[]store.Delivery](w.t)(w.db.Read().Unfinished(context.Background())) {
		if err := w.s.deliver(context.Background(), d.ID); err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestPlanLeavesPausedAndBroken(t *testing.T) {
	w := newWorld(t)
	paused := w.schedule(store.Schedule{Paused: true})
	broken := w.schedule(store.Schedule{Spec: "@every 1ns"})
	lost := w.schedule(store.Schedule{Zone: "Europe/Atlantis"})
	fine := w.schedule(store.Schedule{})
	w.clock.add(24 * time.Hour)
	if n := w.plan(); n != 1 {
		t.Errorf("%d deliveries", n)
	}
	wantSlots(t, w.slots(paused.ID))
	wantSlots(t, w.slots(fine.ID), "2026-02-27T08:00 planned")
	for _, s := range []store.Schedule{broken, lost} {
		if s := must[store.Schedule](t)(w.db.Read().Schedule(t.Context(), s.ID)); !s.Paused || !strings.Contains(s.Reason, "cannot be understood") {
			t.Errorf("schedule %+v", s)
		}
	}
	if audits := must[[]store.Audited](t)(w.db.Read().Audits(t.Context(), "guild", 10)); len(audits) != 2 {
		t.Errorf("audit %+v", audits)
	}
}

// Four planners over two handles of one file, after days of downtime: each schedule gets its newest slot, once.
func TestPlannersRace(t *testing.T) {
	w := newWorld(t)
	const schedules = 40
	for i := range schedules {
		w.schedule(store.Schedule{Guild: fmt.Sprint("guild ", i%7), Spec: fmt.Sprintf("%d 8 * * *", i%60)})
	}
	w.clock.add(82 * time.Hour)
	handles := []*store.DB{w.db, w.open()}
	var wg sync.WaitGroup
	var mu sync.Mutex
	total := 0
	for i := range 4 {
		wg.Go(func() {
			s := New(quiet(), handles[i%2], w.models(), w.discord, w.o)
			n, _, err := s.Plan(context.Background(), w.clock.now())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			total += n
			mu.Unlock()
		})
	}
	wg.Wait()
	open := must[[]store.Delivery](t)(w.db.Read().Unfinished(t.Context()))
	of := map[int64]bool{}
	for _, d := range open {
		of[d.Schedule] = true
		if !strings.HasPrefix(d.Slot, "2026-03-01T08:") || d.Missed != 2 {
			t.Errorf("slot %s, missed %d", d.Slot, d.Missed)
		}
	}
	if total != schedules || len(open) != schedules || len(of) != schedules || w.jobs("deliver") != schedules {
		t.Errorf("%d planned, %d deliveries of %d schedules, %d jobs, want %d of each", total, len(open), len(of), w.jobs("deliver"), schedules)
	}
}

// jobs counts the jobs of a kind in the database.
func (w *world) jobs(kind string) int {
	w.t.Helper()
	return countJobs(w.t, w.path, kind)
}

// Run plans at the very moment of a slot, through restarts and both changes of the clocks of a year: an
// hour that is leapt over, and one that comes twice.
func TestRun(t *testing.T) {
	for _, c := range []struct {
		name, spec string
		start      string
		want       map[string]string // slot: the moment it was planned, in UTC
	}{
		{"spring", "01:50,02:30,03:40", "2026-03-29T00:40:00Z", map[string]string{
			"2026-03-29T01:50": "2026-03-29T00:50:00Z", "2026-03-29T02:30": "2026-03-29T01:00:00Z", "2026-03-29T03:40": "2026-03-29T01:40:00Z"}},
		{"autumn", "02:30,03:10", "2026-10-25T00:10:00Z", map[string]string{
			"2026-10-25T02:30": "2026-10-25T00:30:00Z", "2026-10-25T03:10": "2026-10-25T02:10:00Z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin, err := time.Parse(time.RFC3339, c.start)
				if err != nil {
					t.Fatal(err)
				}
				shift := time.Until(begin)
				now := func() time.Time { return time.Now().Add(shift) }
				path := filepath.Join(t.TempDir(), "a.db")
				db, err := store.Open(t.Context(), "sqlite:"+path, store.Options{Now: now})
				if err != nil {
					t.Fatal(err)
				}
				defer db.Close()
				if err := db.InTx(t.Context(), func(q *store.Q, _ store.Jobs) error {
					_, err := q.SaveSchedule(t.Context(), store.Schedule{Guild: "g", Spec: c.spec, Zone: "Europe/Brussels", Target: store.Target{Channel: "1"}})
					return err
				}); err != nil {
					t.Fatal(err)
				}
				// Five lives of a little under half an hour each. Nobody delivers, so each digest misses those before it.
				for range 5 {
					ctx, cancel := context.WithTimeout(t.Context(), 27*time.Minute+11*time.Second)
					s := New(quiet(), db, nil, nil, Options{Now: now})
					if err := s.Run(ctx); err != nil {
						t.Error(err)
					}
					cancel()
				}
				ds := must[[]store.Delivery](t)(db.Read().Deliveries(t.Context(), 0, 100))
				// The sweeper looked at them every minute, and none got a second job.
				if jobs := countJobs(t, path, "deliver"); len(ds) != len(c.want) || jobs != len(ds) {
					t.Errorf("%d deliveries, %d jobs", len(ds), jobs)
				}
				for i, d := range ds {
					at, due := d.Created.Format(time.RFC3339), d.Due.Format(time.RFC3339)
					if at != c.want[d.Slot] || due != at || d.Missed != len(ds)-1-i {
						t.Errorf("slot %s was due at %s and planned at %s, missed %d", d.Slot, due, at, d.Missed)
					}
				}
			})
		})
	}
}
