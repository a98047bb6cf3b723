package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
)

func join(t testing.TB, db *DB) *Member {
	t.Helper()
	m, err := db.Join(t.Context(), "gateway,worker", "test")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func take(t testing.TB, m *Member, name string) bool {
	t.Helper()
	ours, err := m.Take(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return ours
}

// silent makes a process look as if it had given no sign of life for a minute.
func silent(t testing.TB, db *DB, m *Member) {
	t.Helper()
	execute(t, db, "UPDATE processes SET seen = seen - 60000 WHERE id = $1", m.ID())
}

func TestLeases(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		m := join(t, db)
		for range 2 {
			if !take(t, m, "ingest") {
				t.Fatal("a free lease, or one's own, was not to be had")
			}
		}
		other := join(t, db)
		if db.dialect.shared {
			if take(t, other, "ingest") {
				t.Fatal("a lease was given twice")
			}
		} else if ls, err := db.Read().Leases(t.Context()); err != nil || len(ls) != 0 {
			t.Fatalf("under the lock a new process found %v, %v of a dead one", ls, err)
		}
		if err := m.Release(t.Context(), "ingest"); err != nil {
			t.Fatal(err)
		}
		if !take(t, other, "ingest") {
			t.Fatal("a lease that was given back was not to be had")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := other.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if ls, err := db.Read().Leases(t.Context()); err != nil || len(ls) != 0 {
			t.Fatalf("who took its leave left %v, %v", ls, err)
		}
	})
}

// What a dead process held is others' at once: its leases, its sources, its jobs; what a living one holds stays its own. It is
// the same with one that takes its leave.
func TestBury(t *testing.T) {
	t.Run("dead", func(t *testing.T) {
		testBury(t, func(db *DB, alive, dead *Member) error {
			silent(t, db, dead)
			return alive.beat(t.Context())
		})
	})
	t.Run("gone", func(t *testing.T) {
		testBury(t, func(_ *DB, _, gone *Member) error {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return gone.Run(ctx)
		})
	})
}

func testBury(t *testing.T, end func(db *DB, alive, dead *Member) error) {
	db := openURL(t, postgres(t), Options{Now: time.Now})
	alive, dead := join(t, db), join(t, db)
	take(t, dead, "ingest")
	take(t, alive, "shard 1")
	var ids [2]int64
	for i, m := range []*Member{alive, dead} {
		write(t, db, func(q *Q) (err error) {
			ids[i], err = q.Subscribe(t.Context(), Source{URL: "https://example.org/" + m.ID()}, Subscription{Guild: "g", Name: "S"})
			return err
		})
		write(t, db, func(q *Q) error {
			_, err := q.LeaseSources(t.Context(), time.Now(), 1, time.Now().Add(time.Hour), m.ID()+".lease")
			return err
		})
	}
	execute(t, db, `INSERT INTO river_job (kind, state, args, max_attempts, attempt, attempted_at, attempted_by)
		SELECT k, 'running', '{}', 5, 2, now(), ARRAY['before', id] FROM (VALUES ('alive', $1), ('dead', $2)) v (k, id)`, alive.ID(), dead.ID())
	if err := end(db, alive, dead); err != nil {
		t.Fatal(err)
	}
	ps, err := db.Read().Processes(t.Context())
	if err != nil || len(ps) != 1 || ps[0].ID != alive.ID() {
		t.Fatalf("processes %+v, %v", ps, err)
	}
	if ls, err := db.Read().Leases(t.Context()); err != nil || len(ls) != 1 || ls["shard 1"] != alive.ID() {
		t.Errorf("leases %v, %v", ls, err)
	}
	for i, held := range []bool{true, false} {
		got, err := value[bool](t.Context(), db.Read(), "SELECT lease_until > 0 FROM sources WHERE id = $1", ids[i])
		if err != nil || got != held {
			t.Errorf("source %d: leased %v, %v", i, got, err)
		}
	}
	states, err := collect(t.Context(), db.Read(), scanText, "SELECT kind || ' ' || state FROM river_job ORDER BY kind")
	if err != nil || len(states) != 2 || states[0] != "alive running" || states[1] != "dead available" {
		t.Errorf("jobs %v, %v", states, err)
	}
	if take(t, alive, "ingest"); !take(t, alive, "ingest") {
		t.Error("the lease of the dead was not to be had")
	}
	// It was not dead, only silent: it is counted again, but what it held is lost.
	if err := dead.beat(t.Context()); err != nil {
		t.Fatal(err)
	}
	if take(t, dead, "ingest") {
		t.Error("who came back has what another took over")
	}
}

// The job engine's client has the process's id: what is running under it can be found when the process is dead.
func TestJobsHaveTheirProcess(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		m := join(t, db)
		started, end := make(chan struct{}), make(chan struct{})
		workers := river.NewWorkers()
		river.AddWorker(workers, &blockedWorker{started: started, end: end})
		w, err := db.Work(t.Context(), workers, 2)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Stop(t.Context())
		defer close(end)
		if err := db.InTx(t.Context(), func(_ *Q, jobs Jobs) error { return jobs.Insert(t.Context(), blockedArgs{}, nil) }); err != nil {
			t.Fatal(err)
		}
		<-started
		if db.dialect.shared {
			silent(t, db, m)
			write(t, db, func(q *Q) error { _, err := q.bury(t.Context()); return err })
		} else {
			execute(t, db, db.dialect.orphans, m.ID())
		}
		state, err := value[string](t.Context(), db.Read(), "SELECT state FROM river_job")
		if err != nil || state == "running" {
			t.Errorf("the job is %q, %v after its process was buried", state, err)
		}
	})
}

type blockedArgs struct{}

func (blockedArgs) Kind() string { return "blocked" }

type blockedWorker struct {
	river.WorkerDefaults[blockedArgs]
	once         sync.Once
	started, end chan struct{}
}

func (w *blockedWorker) Work(context.Context, *river.Job[blockedArgs]) error {
	w.once.Do(func() { close(w.started) })
	<-w.end
	return nil
}

// Of several that hold a lease one works at a time, and the next goes on when it ends.
func TestHold(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		m := join(t, db)
		want := errors.New("done")
		if err := m.Hold(ctx, "work", func(context.Context) error { return want }); !errors.Is(err, want) {
			t.Fatalf("hold: %v", err)
		}
		if ls, err := db.Read().Leases(ctx); err != nil || len(ls) != 0 {
			t.Fatalf("after the work leases are %v, %v", ls, err)
		}
		if !db.dialect.shared {
			return
		}
		other := join(t, db)
		var working, worked atomic.Int32
		var group sync.WaitGroup
		for _, m := range []*Member{m, other} {
			group.Go(func() {
				_ = m.Hold(ctx, "work", func(ctx context.Context) error {
					if working.Add(1) > 1 {
						t.Error("two work under one lease")
					}
					defer working.Add(-1)
					if worked.Add(1) == 2 {
						cancel()
						return nil
					}
					time.Sleep(10 * time.Millisecond)
					return nil
				})
			})
		}
		group.Wait()
		if worked.Load() != 2 {
			t.Errorf("%d worked", worked.Load())
		}
	})
}

// Whoever lost a lease stops, and the one that has it goes on.
func TestHoldLost(t *testing.T) {
	db := openURL(t, postgres(t), Options{Now: time.Now})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	m, other := join(t, db), join(t, db)
	lost := make(chan error, 1)
	started := make(chan struct{})
	go func() {
		lost <- m.under(ctx, "work", func(ctx context.Context) error {
			close(started)
			<-ctx.Done()
			return context.Cause(ctx)
		})
	}()
	<-started // without a lease: the first look finds that
	if err := <-lost; !errors.Is(err, ErrLost) {
		t.Errorf("under a lost lease: %v", err)
	}
	if !take(t, other, "work") {
		t.Error("the lease was not to be had")
	}
}

// All processes together keep a pace, whoever comes first.
func TestPace(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		const n, every = 12, 100 * time.Millisecond
		var mu sync.Mutex
		var waits []time.Duration
		var group sync.WaitGroup
		for range n {
			group.Go(func() {
				wait, err := db.Pace(t.Context(), "posts", every, time.Minute)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				waits = append(waits, wait)
			})
		}
		group.Wait()
		most := time.Duration(0)
		for _, w := range waits {
			most = max(most, w)
		}
		next, err := value[int64](t.Context(), db.Read(), "SELECT next FROM rates")
		if err != nil {
			t.Fatal(err)
		}
		if db.dialect.shared {
			if most > (n-1)*every {
				t.Errorf("waits %v", waits)
			}
		} else if most != (n-1)*every || next != noon.Add(n*every).UnixMicro() {
			t.Errorf("waits %v until %d", waits, next)
		}
		// A clock that was an hour ahead books no turn in an hour.
		execute(t, db, "UPDATE rates SET next = next + 3600000000")
		if wait, err := db.Pace(t.Context(), "posts", every, time.Minute); err != nil || wait != 0 {
			t.Errorf("after the clock was moved back: %s, %v", wait, err)
		}
	})
}

func TestIdentifies(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		for _, shard := range []int{0, 1, 1} {
			write(t, db, func(q *Q) error { return q.SaveIdentify(t.Context(), shard) })
		}
		execute(t, db, "INSERT INTO identifies (at, shard) SELECT at - 90000000, 1 FROM identifies LIMIT 1")
		all, one, err := db.Read().Identifies(t.Context(), 24*time.Hour, 1)
		if err != nil || all != 3 || one != 2 {
			t.Errorf("%d, %d, %v", all, one, err)
		}
	})
}
