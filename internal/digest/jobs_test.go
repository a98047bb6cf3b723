package digest

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"attache/internal/store"
	"attache/summarize"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	_ "modernc.org/sqlite"
)

// countJobs counts River's rows of a kind, over a connection of its own.
func countJobs(t testing.TB, path, kind string) int {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM river_job WHERE kind = $1", kind).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// The road through River: planned, delivered, posted; a delivery that lost its job is found by the sweeper, and one that
// has a job gets no second one.
func TestJobs(t *testing.T) {
	w := newWorld(t)
	w.publish(piece{source: w.subscribe("guild", "Gazette", store.Press, "FR"), story: 1, ago: time.Hour})
	sent := make(chan string, 10)
	w.discord.after = func(int) error { sent <- "sent"; return nil }
	first := w.schedule(store.Schedule{})
	lost := w.schedule(store.Schedule{Target: store.Target{Channel: "101"}})
	w.clock.add(20 * time.Hour)
	w.write(func(q *store.Q) error { // as if its job had been deleted
		_, _, err := q.PlanDelivery(t.Context(), store.Delivery{Schedule: lost.ID, Slot: "2026-02-27T08:00", Due: w.clock.now()})
		return err
	})
	w.plan()
	if n := w.jobs("deliver"); n != 1 {
		t.Fatalf("%d jobs", n)
	}
	for range 3 {
		if err := w.s.sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.jobs("deliver"); n != 2 {
		t.Fatalf("%d jobs after sweeping", n)
	}
	workers := river.NewWorkers()
	w.s.Register(workers)
	worker, err := w.db.Work(t.Context(), workers, 4)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		select {
		case <-sent:
		case <-time.After(30 * time.Second):
			t.Fatal("no job posted")
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := worker.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	wantSlots(t, w.slots(first.ID), "2026-02-27T08:00 sent")
	wantSlots(t, w.slots(lost.ID), "2026-02-27T08:00 sent")
	if n := w.discord.count(); n != 2 {
		t.Errorf("%d messages", n)
	}
}

func TestRetries(t *testing.T) {
	w := &deliverWorker{}
	soon, total := 0, time.Duration(0)
	for attempt := 1; attempt < deliverTries; attempt++ {
		now := time.Now()
		wait := w.NextRetry(&river.Job[deliverArgs]{JobRow: &rivertype.JobRow{Attempt: attempt}}).Sub(now)
		if total += wait; total < nonceFor {
			soon++
		}
	}
	if soon < 3 || total > giveUp {
		t.Errorf("%d tries while Discord knows the nonce, %s in all", soon, total)
	}
}

// Briefs are made before the slot, so that at the slot nothing is left to write.
func TestPrepare(t *testing.T) {
	w := newWorld(t)
	engine := &counting{Engine: renamed{w.engine, "counting"}}
	w.engine = engine
	w.restart()
	src := w.subscribe("guild", "Gazette", store.Press, "FR")
	s := w.schedule(store.Schedule{})
	w.clock.set(time.Date(2026, 2, 27, 7, 51, 0, 0, time.UTC))
	w.publish(piece{source: src, story: 1, ago: time.Hour})
	w.publish(piece{source: src, story: 2, ago: time.Hour})
	w.plan()
	due := time.Date(2026, 2, 27, 8, 0, 0, 0, time.UTC)
	job := &river.Job[prepareArgs]{JobRow: &rivertype.JobRow{}, Args: prepareArgs{Schedule: s.ID, Slot: "2026-02-27T08:00", Due: due}}
	var again *river.JobSnoozeError
	if err := (&prepareWorker{s: w.s}).Work(t.Context(), job); !errors.As(err, &again) || again.Duration != 7*time.Minute {
		t.Fatalf("after the first look: %v", err)
	}
	if n := engine.n.Load(); n != 2 || w.discord.sends != 0 {
		t.Errorf("%d briefs, %d requests before the slot", n, w.discord.sends)
	}
	w.clock.set(due.Add(-lastLook))
	w.publish(piece{source: src, story: 3, ago: time.Minute})
	if err := (&prepareWorker{s: w.s}).Work(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if n := engine.n.Load(); n != 3 {
		t.Errorf("%d briefs after the last look", n)
	}
	w.clock.set(due)
	w.publish(piece{source: src, story: 4, ago: time.Minute})
	w.plan()
	w.settle()
	if n := engine.n.Load(); n != 3 || w.discord.count() != 1 {
		t.Errorf("%d briefs, %d messages after the slot", n, w.discord.count())
	}
	var d Digest
	ds := must[[]store.Delivery](t)(w.db.Read().Deliveries(t.Context(), s.ID, 1))
	if err := json.Unmarshal(ds[0].Digest, &d); err != nil || len(d.Stories) != 4 {
		t.Errorf("%d stories, %v: what came at the last minute is told by the extractive engine", len(d.Stories), err)
	}
	if err := (&prepareWorker{s: w.s}).Work(t.Context(), job); err != nil || engine.n.Load() != 3 {
		t.Errorf("briefs were made ahead of a slot that is over: %v", err)
	}
}

// counting counts how often an engine is asked.
type counting struct {
	summarize.Engine
	n atomic.Int64
}

func (c *counting) Brief(ctx context.Context, r summarize.Request) (summarize.Brief, error) {
	c.n.Add(1)
	return c.Engine.Brief(ctx, r)
}

// renamed is an engine under another name, so that the cache knows nothing of it.
type renamed struct {
	summarize.Engine
	name string
}

func (r renamed) Name() string { return r.name }
