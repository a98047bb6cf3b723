package digest

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"attache/internal/store"
	"attache/summarize"
	"attache/summarize/quote"

	"github.com/riverqueue/river"
	"golang.org/x/sync/singleflight"
)

const (
	every      = 15 * time.Second // between two looks at the schedules, beside the moments at which one is due
	sweepEvery = time.Minute      // between two looks for deliveries that no job carries
	ahead      = 10 * time.Minute // default of Options.Ahead
)

// Options of New.
type Options struct {
	Now        func() time.Time              // nil is time.Now
	Ahead      time.Duration                 // briefs are made so long before a slot; 0 is 10 minutes
	Member     *store.Member                 // this process where others run on the database too; nil: it is alone
	Find       func(quote.Doc) []quote.Quote // the quotes of a page; nil is quote.Find
	Unreadable string                        // "resend" (default) or "skip": what to do when it is not known whether a part was posted and the history cannot be read
}

// Service plans, composes and posts digests. Use New.
type Service struct {
	log *slog.Logger
	db  *store.DB
	// engines write briefs, tried in order: the models, and last the extractive one.
	engines []summarize.Engine
	poster  Poster
	o       Options

	writing singleflight.Group // briefs that are being written, by key
	writers writers            // of them

	mu       sync.Mutex
	specs    map[string]Spec  // parsed, by text
	prepared map[int64]string // the newest slot of each schedule for which briefs were asked ahead
	shingles shingleCache

	compositions compositions

	planning sync.Mutex // held by the one who plans
	looks    map[int64]look
}

// New returns a Service over db. models write briefs, tried in order; where there are none or all fail, the extractive engine
// does. poster may be nil where nothing is posted (previews, `attache digest`).
func New(log *slog.Logger, db *store.DB, models []summarize.Engine, poster Poster, o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Find == nil {
		o.Find = quote.Find
	}
	if o.Ahead == 0 {
		o.Ahead = ahead
	}
	return &Service{log: log, db: db, engines: append(slices.Clone(models), summarize.Extractive{}), poster: poster, o: o, specs: map[string]Spec{}, prepared: map[int64]string{}, looks: map[int64]look{}}
}

// Register adds the workers of the package's jobs.
func (s *Service) Register(w *river.Workers) {
	river.AddWorker(w, &deliverWorker{s: s})
	river.AddWorker(w, &editWorker{s: s})
	river.AddWorker(w, &prepareWorker{s: s})
}

// Run plans until ctx ends: every 15 s, and at the very moment the next slot falls due. Once a minute it also takes up
// deliveries that no job carries. Beside that it looks for articles that were changed after they were shown.
func (s *Service) Run(ctx context.Context) error {
	var correcting sync.WaitGroup
	correcting.Go(func() { s.corrects(ctx) })
	defer correcting.Wait()
	var swept time.Time // on the monotonic clock: a moved wall clock must not stop the sweep
	for {
		_, next, err := s.Plan(ctx, s.o.Now())
		if err != nil && ctx.Err() == nil {
			s.log.Error("plan digests", "err", err)
		}
		if t := time.Now(); swept.IsZero() || t.Sub(swept) >= sweepEvery {
			swept = t
			if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("take up unfinished deliveries", "err", err)
			}
			if err := s.sweepEdits(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("take up unfinished edits", "err", err)
			}
		}
		wait := every
		if d := next.Sub(s.o.Now()); !next.IsZero() && d < wait {
			wait = max(d, time.Millisecond)
		}
		if !rest(ctx, wait) {
			return nil
		}
	}
}

// rest waits; false when ctx ended before.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// sweep sees to it that every unfinished delivery has a living job: rows are the truth, jobs only carry them.
func (s *Service) sweep(ctx context.Context) error {
	open, err := s.db.Read().Unfinished(ctx)
	if err != nil || len(open) == 0 {
		return err
	}
	return s.db.InTx(ctx, func(_ *store.Q, jobs store.Jobs) error {
		for _, d := range open {
			if err := jobs.Insert(ctx, deliverArgs{Delivery: d.ID}, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

// PostNow makes a delivery for this very moment (its slot has seconds, so it never meets a planned one) and returns its
// id; the job posts it. store.ErrNotFound when there is no such schedule. A paused schedule posts too: somebody asked.
func (s *Service) PostNow(ctx context.Context, schedule int64) (id int64, err error) {
	err = s.db.InTx(ctx, func(q *store.Q, jobs store.Jobs) (err error) {
		id, err = s.PostNowIn(ctx, q, jobs, schedule)
		return err
	})
	return id, err
}

// PostNowIn is PostNow within a transaction, for callers that write who asked into it.
func (s *Service) PostNowIn(ctx context.Context, q *store.Q, jobs store.Jobs, schedule int64) (id int64, err error) {
	now := s.o.Now()
	post := func() error {
		sched, err := q.Schedule(ctx, schedule)
		if err != nil {
			return err
		}
		zone, err := ParseZone(sched.Zone)
		if err != nil {
			return err
		}
		id, _, err = q.PlanDelivery(ctx, store.Delivery{Schedule: schedule, Slot: now.In(zone).Format(nowForm), Due: now, Created: now})
		if err != nil {
			return err
		}
		return jobs.Insert(ctx, deliverArgs{Delivery: id}, nil)
	}
	if err := post(); err != nil {
		return 0, fmt.Errorf("post digest of schedule %d: %w", schedule, err)
	}
	return id, nil
}

// spec returns a schedule's spec and zone. Parsing a spec costs a year of fires, so the result is kept.
func (s *Service) spec(sched store.Schedule) (Spec, *time.Location, error) {
	zone, zerr := ParseZone(sched.Zone)
	s.mu.Lock()
	spec, ok := s.specs[sched.Spec]
	s.mu.Unlock()
	if ok {
		return spec, zone, zerr
	}
	spec, err := ParseSpec(sched.Spec)
	if err != nil {
		return Spec{}, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.specs) >= specsKept {
		clear(s.specs)
	}
	s.specs[sched.Spec] = spec
	return spec, zone, zerr
}

// specsKept bounds the parsed specs: most servers share a few.
const specsKept = 10_000
