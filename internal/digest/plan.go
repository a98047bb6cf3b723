package digest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"attache/internal/store"

	"github.com/riverqueue/river"
)

const (
	// skippedKept is how many missed slots get a row of their own; the others are only counted.
	skippedKept = 20
	// lookBack bounds how far back missed slots are counted after downtime.
	lookBack = 400 * 24 * time.Hour
	// dueNow is how old a slot may be to be planned while the newest planned one lies in the future: one that fell due under
	// the eyes of a planner. An older one may have been missed before the clock was moved.
	dueNow = closest
	// wrongClock is how far ahead of us a schedule's beginning may lie before the clock that set it counts as wrong.
	wrongClock = 24 * time.Hour
)

// planner is who pauses a schedule, in the audit.
const planner = "attache"

// Plan makes the deliveries that are due at now; Run calls it. It returns how many, and when the next slot falls due
// (zero: never). A schedule that cannot be planned never holds up the others: its error is joined to the rest.
//
// Of the slots that fell due since the last planned one only the newest gets a delivery. The older ones are counted in
// Delivery.Missed, and the last of them are kept as skipped deliveries. So are older deliveries of the schedule of which
// nothing was posted yet. Several planners may race: the key (schedule, slot) is unique.
func (s *Service) Plan(ctx context.Context, now time.Time) (n int, next time.Time, err error) {
	s.planning.Lock()
	defer s.planning.Unlock()
	scheds, err := s.db.Read().Schedules(ctx, "")
	if err != nil {
		return 0, time.Time{}, err
	}
	blocked, err := s.db.Read().BlockedGuilds(ctx)
	if err != nil {
		return 0, time.Time{}, err
	}
	var errs []error
	fail := func(sched store.Schedule, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("plan schedule %d of guild %s: %w", sched.ID, sched.Guild, err))
		}
	}
	var due []store.Schedule
	for _, sched := range scheds {
		if ctx.Err() != nil {
			return n, next, ctx.Err()
		}
		if sched.Paused || blocked[sched.Guild] {
			continue
		}
		wake, isDue, err := s.look(ctx, sched, now)
		fail(sched, err)
		if isDue {
			due = append(due, sched)
		}
		if !wake.IsZero() && (next.IsZero() || wake.Before(next)) {
			next = wake
		}
	}
	s.forget(scheds)
	if len(due) == 0 {
		return 0, next, errors.Join(errs...)
	}
	ranks, err := s.fair(ctx, due)
	if err != nil {
		return 0, next, errors.Join(append(errs, err)...)
	}
	for batch := range slices.Chunk(due, planBatch) {
		if ctx.Err() != nil {
			return n, next, ctx.Err()
		}
		planned, err := s.deliverAll(ctx, batch, ranks, now)
		if err != nil { // one of them spoils the transaction: each gets its own
			planned = 0
			for _, sched := range batch {
				one, err := s.deliverAll(ctx, []store.Schedule{sched}, ranks, now)
				if errors.Is(err, errStands) {
					err = nil
				}
				fail(sched, err)
				planned += one
			}
		}
		n += planned
	}
	return n, next, errors.Join(errs...)
}

// planBatch is how many deliveries are planned in one transaction.
const planBatch = 100

// A look is what the planner found out of a schedule: as long as it stays as it is nothing is to be done between at and
// next. So a tick evaluates only the schedules that are due or were changed.
type look struct {
	spec, zone, slot string
	from, at, next   time.Time
}

// look asks for briefs of a schedule where it is time, and returns whether it is due, and when it is to be looked at next.
func (s *Service) look(ctx context.Context, sched store.Schedule, now time.Time) (next time.Time, due bool, err error) {
	l := look{spec: sched.Spec, zone: sched.Zone, slot: sched.Slot, from: sched.From}
	if old := s.looks[sched.ID]; !old.next.IsZero() && !now.Before(old.at) && now.Before(old.next) {
		if l.at, l.next = old.at, old.next; l == old {
			return l.next, false, nil
		}
	}
	delete(s.looks, sched.ID)
	spec, zone, err := s.spec(sched)
	if err != nil { // an older version, or another program, wrote the row
		s.log.Warn("schedule not understood", "schedule", sched.ID, "err", err)
		return time.Time{}, false, s.pause(ctx, sched, Wording{Key: "went.unread"}.String())
	}
	seen, err := moved(ctx, s.db.Read(), sched, zone, now)
	if err != nil {
		return time.Time{}, false, err
	}
	newest, _, n := s.dueOf(seen, spec, zone, now)
	due = n > 0 && newest.slot != seen.Slot
	slot, at, ok := spec.Next(now, zone)
	if !ok {
		return time.Time{}, due, nil
	}
	next = at
	if begin := at.Add(-s.o.Ahead).Add(spread(sched.ID, s.o.Ahead/2)); now.Before(begin) {
		next = begin
	} else if err := s.askAhead(ctx, sched.ID, slot, at); err != nil {
		return next, due, err
	}
	if !due {
		l.at, l.next = now, next
		s.looks[sched.ID] = l
	}
	return next, due, nil
}

// forget drops what is remembered of schedules that are gone.
func (s *Service) forget(scheds []store.Schedule) {
	if len(s.looks) <= len(scheds) {
		return
	}
	there := make(map[int64]bool, len(scheds))
	for _, sched := range scheds {
		there[sched.ID] = true
	}
	maps.DeleteFunc(s.looks, func(id int64, _ look) bool { return !there[id] })
}

// dueOf returns the newest slot of a schedule that is due at now, the ones missed before it, and how many there are with
// it; 0 when nothing is due.
func (s *Service) dueOf(sched store.Schedule, spec Spec, zone *time.Location, now time.Time) (newest fire, missed []fire, n int) {
	from := sched.From.Add(-time.Millisecond) // a slot at the very moment is the schedule's
	if sched.From.Sub(now) > wrongClock {
		from = now.Add(-time.Minute)
	}
	after := from
	// Where the planned slot lies in the future the clock was ahead when it was planned: what is due now is looked for
	// among the rows (see deliverDue), and nothing counts as missed.
	if at, ok := slotTime(sched.Slot, zone); ok && at.After(after) && !at.After(now) {
		after = at
	} else if ok && at.After(now) {
		if newest, ok = spec.latest(now, zone); !ok || !newest.due.After(from) || now.Sub(newest.due) > dueNow {
			return fire{}, nil, 0
		}
		return newest, nil, 1
	}
	if early := now.Add(-lookBack); after.Before(early) {
		if newest, missed, n = spec.last(early, now, zone, skippedKept); n > 0 {
			return newest, missed, n
		}
	}
	return spec.last(after, now, zone, skippedKept)
}

// slotTime is when a slot fell due.
func slotTime(slot string, zone *time.Location) (time.Time, bool) {
	wall, err := time.Parse(slotForm, slot)
	if err != nil {
		return time.Time{}, false
	}
	return moment(wall, zone), true
}

// errStands undoes a transaction: the slot has its digest, so nothing older gives way to it.
var errStands = errors.New("the slot has its digest")

// deliverAll plans schedules that are due, in one transaction: all or none. errStands when a slot has its digest.
func (s *Service) deliverAll(ctx context.Context, due []store.Schedule, ranks map[int64]int, now time.Time) (planned int, err error) {
	var done []store.Schedule
	err = s.db.InTx(ctx, func(q *store.Q, jobs store.Jobs) error {
		done = done[:0]
		for _, sched := range due {
			fresh, err := s.deliverDue(ctx, q, jobs, sched, min(1+ranks[sched.ID], lastPriority), now)
			if err != nil {
				return err
			}
			if fresh {
				done = append(done, sched)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, sched := range done {
		s.log.Info("digest planned", "guild", sched.Guild, "schedule", sched.ID)
	}
	return len(done), nil
}

// deliverDue inserts the delivery of the newest slot of a schedule that is due, and its job.
func (s *Service) deliverDue(ctx context.Context, q *store.Q, jobs store.Jobs, sched store.Schedule, priority int, now time.Time) (planned bool, err error) {
	spec, zone, err := s.spec(sched)
	if err != nil {
		return false, err
	}
	row, err := q.Schedule(ctx, sched.ID) // as it is now: another planner may have been here, or a manager
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if row.Paused || row.Spec != sched.Spec || row.Zone != sched.Zone {
		return false, nil
	}
	if row, err = moved(ctx, q, row, zone, now); err != nil {
		return false, err
	}
	newest, missed, n := s.dueOf(row, spec, zone, now)
	if n == 0 || newest.slot == row.Slot {
		return false, nil
	}
	open, err := s.supersede(ctx, q, row.ID, newest.slot)
	if err != nil {
		return false, err
	}
	for _, f := range missed {
		_, _, err := q.PlanDelivery(ctx, store.Delivery{Schedule: row.ID, Slot: f.slot, Due: f.due, Status: store.Skipped, Created: now,
			Reason: fact("went.down", "slot", newest.slot).String()})
		if err != nil {
			return false, err
		}
	}
	id, fresh, err := q.PlanDelivery(ctx, store.Delivery{Schedule: row.ID, Slot: newest.slot, Due: newest.due, Missed: n - 1 + open, Created: now})
	if err != nil {
		return false, err
	}
	if !fresh {
		if id, fresh, err = s.stands(ctx, q, row, id, newest, n-1+open, now); err != nil {
			return false, err
		}
	}
	if !fresh {
		return false, errStands
	}
	return true, jobs.Insert(ctx, deliverArgs{Delivery: id}, &river.InsertOpts{Priority: priority})
}

// supersede skips the planned deliveries of older slots of which nothing was posted yet (Discord was away for longer than
// a period), and returns how many digests the channel missed by that.
func (s *Service) supersede(ctx context.Context, q *store.Q, schedule int64, slot string) (missed int, err error) {
	open, err := q.UnfinishedOf(ctx, schedule)
	if err != nil {
		return 0, err
	}
	for _, d := range open {
		if len(d.Slot) != len(slotForm) || d.Slot >= slot {
			continue
		}
		if tried, err := anyTried(ctx, q, d.ID); err != nil {
			return 0, err
		} else if tried {
			continue // a message may stand there already: it is finished
		}
		missed += 1 + d.Missed
		d.Status, d.Reason, d.Digest = store.Skipped, fact("went.late", "slot", slot).String(), nil
		if err := q.SaveDelivery(ctx, d); err != nil {
			return 0, err
		}
	}
	return missed, nil
}

// anyTried reports whether a request for a part of the delivery may have left.
func anyTried(ctx context.Context, q *store.Q, delivery int64) (bool, error) {
	parts, err := q.Parts(ctx, delivery)
	for _, p := range parts {
		if !p.FirstTry.IsZero() {
			return true, err
		}
	}
	return false, err
}

// stands plans a slot that has a delivery already, where that is right: the delivery was skipped, or it was another zone's.
func (s *Service) stands(ctx context.Context, q *store.Q, row store.Schedule, id int64, f fire, missed int, now time.Time) (int64, bool, error) {
	d, err := q.Delivery(ctx, id)
	if err != nil {
		return 0, false, err
	}
	if row.Slot == "" && d.Created.Before(row.From) && !d.Due.Equal(f.due) {
		return q.PlanDelivery(ctx, store.Delivery{Schedule: row.ID, Slot: f.slot + again, Due: f.due, Missed: missed, Created: now})
	}
	fresh, err := s.revive(ctx, q, id)
	return id, fresh, err
}

// revive plans a slot again that was skipped while the clock was ahead: it is the newest that is due, so what came in its
// place lies in the future.
func (s *Service) revive(ctx context.Context, q *store.Q, id int64) (bool, error) {
	d, err := q.Delivery(ctx, id)
	if err != nil || d.Status != store.Skipped {
		return false, err
	}
	parts, err := q.Parts(ctx, id)
	if err != nil {
		return false, err
	}
	if d.Status = store.Planned; len(parts) > 0 { // it was composed before it was skipped
		d.Status = store.Sending
	}
	d.Reason, d.Digest = "", nil
	return true, q.SaveDelivery(ctx, d)
}

// pause pauses a schedule with a sentence for managers, in a transaction of its own.
func (s *Service) pause(ctx context.Context, sched store.Schedule, reason string) error {
	s.log.Warn("schedule paused", "guild", sched.Guild, "schedule", sched.ID)
	return s.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error { return pauseIn(ctx, q, sched, reason) })
}

func pauseIn(ctx context.Context, q *store.Q, sched store.Schedule, reason string) error {
	if err := q.PauseSchedule(ctx, sched.ID, reason); err != nil {
		return err
	}
	return q.SaveAudit(ctx, store.Audited{Guild: sched.Guild, User: planner, Action: "schedule pause",
		Subject: strconv.FormatInt(sched.ID, 10), Detail: reason})
}

// askAhead inserts the job that makes briefs for a slot before it is due, once.
func (s *Service) askAhead(ctx context.Context, schedule int64, slot string, due time.Time) error {
	s.mu.Lock()
	asked := s.prepared[schedule] == slot
	s.mu.Unlock()
	if asked {
		return nil
	}
	err := s.db.InTx(ctx, func(_ *store.Q, jobs store.Jobs) error {
		return jobs.Insert(ctx, prepareArgs{Schedule: schedule, Slot: slot, Due: due}, &river.InsertOpts{Priority: aheadPriority})
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.prepared[schedule] = slot
	s.mu.Unlock()
	return nil
}
