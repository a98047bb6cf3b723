package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
)

// How jobs are run. A job that outlives jobTimeout is cancelled; one that a
// dead process left running is rescued after jobRescue, or at once when the
// program starts under its lock (measured: 1.1 s instead of 18 s and more).
const (
	jobTimeout = 60 * time.Second
	jobRescue  = 75 * time.Second
	// jobsKept: completed jobs are of no use but for debugging; rows are the truth.
	jobsKept = time.Hour
)

// Jobs inserts jobs within the transaction it was handed out with.
type Jobs interface {
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) error
}

// Worker runs jobs until Stop.
type Worker struct {
	db     *DB
	client jobRunner
}

// Work starts the client that runs jobs, at most max at a time; workers must register every kind.
// ctx bounds the start only. Under the lock of `attache run`, jobs that a dead process left running are available again at
// once, and so are the sources that it had leased: call it before the poller starts. PostgreSQL has no such lock, because
// several processes work: there a dead one's jobs and leases are taken up by another that joined (Join), or when their time
// is over.
func (db *DB) Work(ctx context.Context, workers *river.Workers, max int) (*Worker, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.work != nil {
		return nil, errors.New("start jobs: they run already")
	}
	if db.lock != nil {
		for _, statement := range []string{
			"UPDATE river_job SET state = 'available' WHERE state = 'running'",
			"UPDATE sources SET lease_token = '', lease_until = 0 WHERE lease_until <> 0",
		} {
			if _, err := db.writer.ExecContext(ctx, statement); err != nil {
				return nil, failed("take up what was interrupted", err)
			}
		}
	}
	id := "" // the job engine's own choice
	if db.member != nil {
		id = db.member.ID()
	}
	c, err := db.engine.jobs(&river.Config{
		ID:                          id,
		Logger:                      db.log,
		Workers:                     workers,
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: max}},
		JobTimeout:                  jobTimeout,
		RescueStuckJobsAfter:        jobRescue,
		CompletedJobRetentionPeriod: jobsKept,
	})
	if err != nil {
		return nil, fmt.Errorf("start jobs: %w", err)
	}
	// River takes the end of this context for "cancel all jobs"; ending is Stop's.
	if err := c.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, failed("start jobs", err)
	}
	db.work = &Worker{db: db, client: c}
	return db.work, nil
}

// cancelTimeout is how long cancelled jobs have to return.
const cancelTimeout = 5 * time.Second

// Stop waits for running jobs until ctx ends, then cancels them; a cancelled job is available again.
func (w *Worker) Stop(ctx context.Context) error {
	w.db.mu.Lock()
	running := w.db.work == w
	if running {
		w.db.work = nil
	}
	w.db.mu.Unlock()
	if !running {
		return nil
	}
	if err := w.client.Stop(ctx); err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelTimeout)
	defer cancel()
	if err := w.client.StopAndCancel(ctx); err != nil {
		return fmt.Errorf("stop jobs: %w", err)
	}
	return nil
}
