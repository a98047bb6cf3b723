package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/riverqueue/river"
)

type countArgs struct {
	N int `json:"n"`
}

func (countArgs) Kind() string { return "count" }

// A counter sends the number of each job it runs, then does as then says.
type counter struct {
	river.WorkerDefaults[countArgs]
	ran  chan int
	then func(ctx context.Context, attempt int) error
}

func (c *counter) Work(ctx context.Context, job *river.Job[countArgs]) error {
	c.ran <- job.Args.N
	if c.then != nil {
		return c.then(ctx, job.Attempt)
	}
	return nil
}

func work(t *testing.T, db *DB, c *counter) *Worker {
	t.Helper()
	workers := river.NewWorkers()
	river.AddWorker(workers, c)
	w, err := db.Work(t.Context(), workers, 4)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// next waits for a job to run.
func next(t *testing.T, c *counter) int {
	t.Helper()
	select {
	case n := <-c.ran:
		return n
	case <-time.After(30 * time.Second):
		t.Fatal("no job ran")
		return 0
	}
}

func stop(t *testing.T, w *Worker) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := w.Stop(ctx); err != nil {
		t.Fatal(err)
	}
}

func jobStates(t *testing.T, db *DB) map[string]int {
	t.Helper()
	states := map[string]int{}
	for _, s := range must[[]string](t)(collect(t.Context(), db.Read(), scanText, "SELECT state FROM river_job")) {
		states[s]++
	}
	return states
}

func TestJobsRunWithTheirRows(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		rolled := errors.New("rolled back")
		if err := db.InTx(ctx, func(_ *Q, jobs Jobs) error {
			if err := jobs.Insert(ctx, countArgs{1}, nil); err != nil {
				return err
			}
			return rolled
		}); !errors.Is(err, rolled) {
			t.Fatal(err)
		}
		if s := jobStates(t, db); len(s) != 0 {
			t.Errorf("jobs after a rollback: %v", s)
		}
		insert := func(n int) {
			t.Helper()
			if err := db.InTx(ctx, func(_ *Q, jobs Jobs) error { return jobs.Insert(ctx, countArgs{n}, nil) }); err != nil {
				t.Fatal(err)
			}
		}
		insert(2)
		c := &counter{ran: make(chan int, 10)}
		w := work(t, db, c)
		if n := next(t, c); n != 2 {
			t.Errorf("job %d ran", n)
		}
		insert(3)
		if n := next(t, c); n != 3 {
			t.Errorf("job %d ran", n)
		}
		if _, err := db.Work(ctx, river.NewWorkers(), 1); err == nil {
			t.Error("jobs were started twice")
		}
		stop(t, w)
		stop(t, w) // of no effect
		if s := jobStates(t, db); s["completed"] != 2 || len(s) != 1 || len(c.ran) != 0 {
			t.Errorf("jobs %v, %d more runs", s, len(c.ran))
		}
	})
}

// A worker may write while it runs: jobs and rows share one writer without waiting for each other.
func TestJobsWrite(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		c := &counter{ran: make(chan int, 10)}
		c.then = func(ctx context.Context, _ int) error {
			return db.InTx(ctx, func(q *Q, _ Jobs) error { return q.SaveGuild(ctx, Guild{ID: "made by a job"}) })
		}
		if err := db.InTx(ctx, func(_ *Q, jobs Jobs) error { return jobs.Insert(ctx, countArgs{1}, nil) }); err != nil {
			t.Fatal(err)
		}
		w := work(t, db, c)
		next(t, c)
		stop(t, w)
		if gs := must[[]Guild](t)(db.Read().Guilds(ctx)); len(gs) != 1 {
			t.Errorf("guilds %v", gs)
		}
	})
}

// A job that is cancelled at shutdown is available again, and runs at the next start.
func TestStopGivesJobsBack(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		if err := db.InTx(ctx, func(_ *Q, jobs Jobs) error { return jobs.Insert(ctx, countArgs{7}, nil) }); err != nil {
			t.Fatal(err)
		}
		long := &counter{ran: make(chan int, 10), then: func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }}
		w := work(t, db, long)
		next(t, long)
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if err := w.Stop(ended); err != nil {
			t.Fatal(err)
		}
		if s := jobStates(t, db); s["available"] != 1 || len(s) != 1 {
			t.Errorf("jobs %v", s)
		}
		c := &counter{ran: make(chan int, 10)}
		w = work(t, db, c)
		if n := next(t, c); n != 7 {
			t.Errorf("job %d ran", n)
		}
		stop(t, w)
		if s := jobStates(t, db); s["completed"] != 1 || len(s) != 1 {
			t.Errorf("jobs %v", s)
		}
	})
}

// A job that a killed process left running, and a source that it had leased, are taken up at once by whoever holds the
// lock, and by nobody else.
func TestKilledJobsAreTakenUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	db := openAt(t, path, Options{Lock: true})
	ctx := t.Context()
	subscribe(t, db, "g", "https://a.example/", Subscription{})
	lease := func() int {
		var ss []Source
		write(t, db, func(q *Q) (err error) {
			ss, err = q.LeaseSources(ctx, noon, 10, noon.Add(time.Hour), "token")
			return err
		})
		return len(ss)
	}
	if lease() != 1 {
		t.Fatal("the source is not due")
	}
	if err := db.InTx(ctx, func(_ *Q, jobs Jobs) error { return jobs.Insert(ctx, countArgs{5}, nil) }); err != nil {
		t.Fatal(err)
	}
	// What a kill leaves behind: the job was fetched, and nothing came after.
	if _, err := db.writer.ExecContext(ctx, `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = datetime('now')`); err != nil {
		t.Fatal(err)
	}
	beside := openAt(t, path, Options{})
	c := &counter{ran: make(chan int, 10)}
	stop(t, work(t, beside, c))
	if s := jobStates(t, db); s["running"] != 1 {
		t.Errorf("a process without the lock took up jobs of another: %v", s)
	}
	if lease() != 0 {
		t.Error("a process without the lock ended the lease of another")
	}
	w := work(t, db, c)
	if n := next(t, c); n != 5 {
		t.Errorf("job %d ran", n)
	}
	if lease() != 1 {
		t.Error("the source stays leased to a dead process")
	}
	stop(t, w)
	if s := jobStates(t, db); s["completed"] != 1 || len(s) != 1 {
		t.Errorf("jobs %v", s)
	}
}
