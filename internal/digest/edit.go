package digest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"attache/internal/store"

	"github.com/riverqueue/river"
)

// An Editor changes messages that stand in Discord. Package bot fulfils it.
type Editor interface {
	// Edit gives the message of a part that was sent another body. Its errors are ErrDeleted, a *Refused, a *Later, or mean
	// that it is not known whether the message was changed; asking again does no harm.
	Edit(ctx context.Context, p store.Part, body json.RawMessage) error
}

// ErrDeleted says that somebody deleted the message: there is nothing to change.
var ErrDeleted = errors.New("the message was deleted")

// deletedNote is what an edit is marked with whose message was deleted.
const deletedNote = "the message was deleted in Discord"

// editArgs carry the edits of one part. One living job of a part at most, so that no older words arrive after newer ones.
type editArgs struct {
	Part int64 `json:"part" river:"unique"`
}

func (editArgs) Kind() string { return "edit" }

func (editArgs) InsertOpts() river.InsertOpts { return oneLiving() }

type editWorker struct {
	river.WorkerDefaults[editArgs]
	s *Service
}

// NextRetry is when a job that failed is tried again.
func (w *editWorker) NextRetry(job *river.Job[editArgs]) time.Time {
	return nextTry(job.Attempt)
}

// Work makes the edits of a part. After the last try the edit fails, so that the sweep does not begin anew for ever.
func (w *editWorker) Work(ctx context.Context, job *river.Job[editArgs]) error {
	return w.s.tryEdit(ctx, job.Args.Part, job.Attempt >= job.MaxAttempts)
}

func (s *Service) tryEdit(ctx context.Context, part int64, last bool) error {
	err := guarded(func() error { return s.edit(ctx, part) })
	var later *Later
	switch {
	case err == nil:
		return nil
	case errors.As(err, &later):
		return river.JobSnooze(max(later.After, time.Second))
	case errors.Is(ctx.Err(), context.Canceled):
		return river.JobSnooze(0)
	case !last:
		s.log.Warn("message not changed yet", "part", part, "err", err)
		return fmt.Errorf("edit part %d: %w", part, err)
	}
	s.log.Error("change of a message given up", "part", part, "err", err)
	e, err := s.db.Read().OpenEdit(ctx, part)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.failEdit(ctx, e, Wording{Key: "went.edit"}.String())
}

// edit makes the open edits of a part. One that came while the last was on its way is made too: its own job may have been
// left out, because this one was living.
func (s *Service) edit(ctx context.Context, part int64) error {
	editor, ok := s.poster.(Editor)
	if !ok {
		return errors.New("there is nobody to change messages")
	}
	for {
		e, err := s.db.Read().OpenEdit(ctx, part)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		p, err := s.db.Read().Part(ctx, part)
		if err != nil {
			return err
		}
		e.Tries++
		if err := s.recordEdit(ctx, e); err != nil {
			return err
		}
		err = editor.Edit(ctx, p, e.Body)
		var refused *Refused
		switch {
		case err == nil:
			e.Status, e.Error = store.EditDone, ""
		case errors.Is(err, ErrDeleted):
			e.Status, e.Error = store.EditDone, deletedNote
		case errors.As(err, &refused):
			s.log.Warn("change of a message refused", "part", part, "err", refused)
			if err := s.failEdit(ctx, e, refused.Reason); err != nil {
				return err
			}
			continue
		default:
			return err
		}
		if err := s.recordEdit(ctx, e); err != nil {
			return err
		}
		s.log.Info("message changed", "part", part, "edit", e.ID, "note", e.Error)
	}
}

// stillReady reports whether an edit is there and neither made nor replaced.
func stillReady(ctx context.Context, q *store.Q, id int64) (bool, error) {
	now, err := q.Edit(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && now.Status == store.EditReady, err
}

// recordEdit stores an edit unless a newer one replaced it meanwhile, also when the job was cancelled.
func (s *Service) recordEdit(ctx context.Context, e store.Edit) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
	defer cancel()
	return s.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		if ready, err := stillReady(ctx, q, e.ID); err != nil || !ready {
			return err
		}
		return q.SaveEdit(ctx, e)
	})
}

// failEdit ends an edit that cannot be made, and tells managers. No schedule is paused for it: the next digest may well
// be posted.
func (s *Service) failEdit(ctx context.Context, e store.Edit, reason string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
	defer cancel()
	return s.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		if ready, err := stillReady(ctx, q, e.ID); err != nil || !ready {
			return err
		}
		e.Status, e.Error = store.EditFailed, reason
		if err := q.SaveEdit(ctx, e); err != nil {
			return err
		}
		p, err := q.Part(ctx, e.Part)
		if err != nil {
			return err
		}
		d, err := q.Delivery(ctx, p.Delivery)
		if err != nil {
			return err
		}
		return q.SaveAudit(ctx, store.Audited{Guild: d.Guild, User: planner, Action: "digest edit", Subject: strconv.FormatInt(d.Schedule, 10), Detail: reason})
	})
}

// sweepEdits sees to it that every open edit has a living job.
func (s *Service) sweepEdits(ctx context.Context) error {
	open, err := s.db.Read().OpenEdits(ctx)
	if err != nil || len(open) == 0 {
		return err
	}
	return s.db.InTx(ctx, func(_ *store.Q, jobs store.Jobs) error {
		for _, e := range open {
			if err := jobs.Insert(ctx, editArgs{Part: e.Part}, nil); err != nil {
				return err
			}
		}
		return nil
	})
}
