package digest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"attache/internal/store"
	"attache/summarize/model"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

const (
	// deliverTries bound the tries of a job; with retryAfter they last some six hours. A *Later does not count.
	deliverTries = 40
	prepareTries = 2
)

// retryAfter are the pauses between tries: three of them within the two minutes in which Discord knows a nonce.
var retryAfter = []time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 3 * time.Minute, 5 * time.Minute, 10 * time.Minute}

// deliverArgs carry a delivery. One living job carries a delivery at most; a job that ended does not keep the next away.
type deliverArgs struct {
	Delivery int64 `json:"delivery" river:"unique"`
}

func (deliverArgs) Kind() string { return "deliver" }

func (deliverArgs) InsertOpts() river.InsertOpts { return oneLiving() }

// oneLiving are the options of jobs of which one lives for the same arguments; one that ended does not keep the next away.
func oneLiving() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: deliverTries, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}}}
}

type deliverWorker struct {
	river.WorkerDefaults[deliverArgs]
	s *Service
}

// NextRetry is when a job that failed is tried again.
func (w *deliverWorker) NextRetry(job *river.Job[deliverArgs]) time.Time {
	return nextTry(job.Attempt)
}

// nextTry is when what failed at its n-th attempt, counted from 1, is tried again.
func nextTry(attempt int) time.Time {
	return time.Now().Add(retryAfter[min(max(attempt, 1), len(retryAfter))-1])
}

// Work delivers. After the last try the delivery fails with a reason, so that nothing stays half done in silence.
func (w *deliverWorker) Work(ctx context.Context, job *river.Job[deliverArgs]) error {
	return w.s.tryDeliver(ctx, job.Args.Delivery, job.Attempt >= job.MaxAttempts)
}

func (s *Service) tryDeliver(ctx context.Context, id int64, last bool) (err error) {
	err = guarded(func() error { return s.deliver(ctx, id) })
	var later *Later
	switch {
	case err == nil:
		return nil
	case errors.As(err, &later):
		return river.JobSnooze(max(later.After, time.Second))
	case errors.Is(ctx.Err(), context.Canceled):
		return river.JobSnooze(0) // the program is ending: at once when it starts again, and no try is lost
	case !last:
		s.log.Warn("digest not posted yet", "delivery", id, "err", err)
		return fmt.Errorf("deliver %d: %w", id, err)
	}
	s.log.Error("digest given up", "delivery", id, "err", err)
	return s.finish(ctx, id, store.Failed, fact("went.tries", "delivery", fmt.Sprint(id)).String())
}

// guarded turns a panic of fn into an error.
func guarded(fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return fn()
}

// prepareArgs ask for the briefs of a slot before it is due.
type prepareArgs struct {
	Schedule int64     `json:"schedule" river:"unique"`
	Slot     string    `json:"slot" river:"unique"`
	Due      time.Time `json:"due"`
}

func (prepareArgs) Kind() string { return "prepare" }

func (prepareArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: prepareTries, UniqueOpts: river.UniqueOpts{ByArgs: true}}
}

type prepareWorker struct {
	river.WorkerDefaults[prepareArgs]
	s *Service
}

// Timeout lets a slow engine work for as long as it is of use.
func (w *prepareWorker) Timeout(*river.Job[prepareArgs]) time.Duration { return w.s.o.Ahead }

// lastLook is how long before a slot its briefs are looked at once more: what came since is written too.
const lastLook = 2 * time.Minute

// Work makes the briefs that the schedule would show if its slot were now. They are kept; the rest is thrown away.
func (w *prepareWorker) Work(ctx context.Context, job *river.Job[prepareArgs]) error {
	s := w.s
	if !s.o.Now().Before(job.Args.Due) {
		return nil
	}
	sched, err := s.db.Read().Schedule(ctx, job.Args.Schedule)
	if errors.Is(err, store.ErrNotFound) || err == nil && sched.Paused {
		return nil
	}
	if err != nil {
		return err
	}
	err = guarded(func() error {
		_, _, err := s.Compose(model.WithPayer(ctx, model.Payer{Guild: sched.Guild, Scheduled: true}), sched, job.Args.Slot, job.Args.Due)
		return err
	})
	if wait := job.Args.Due.Add(-lastLook).Sub(s.o.Now()); err == nil && wait > 0 {
		return river.JobSnooze(wait)
	}
	return err
}
