package digest

import (
	"context"
	"log/slog"
	"time"

	"attache/internal/store"
	"attache/summarize"

	"github.com/riverqueue/river"
)

// STUB FILE: owned by the author of internal/digest, who replaces it.

// A Spec is a checked cron spec.
type Spec struct{}

// ParseSpec accepts five cron fields, or HH:MM with optional days; the error is one sentence that says what is wrong and what to write instead.
func ParseSpec(s string) (Spec, error) { return Spec{}, nil }

// ParseZone accepts an IANA zone name and nothing else.
func ParseZone(name string) (*time.Location, error) { return time.LoadLocation(name) }

// Next returns the first slot after t in zone: its wall time as text and the moment it falls due.
func (s Spec) Next(t time.Time, zone *time.Location) (slot string, due time.Time, ok bool) {
	return "", time.Time{}, false
}

// Options of New.
type Options struct {
	Now        func() time.Time // nil is time.Now
	Ahead      time.Duration    // briefs are made so long before a slot; 0 is 10 minutes
	Unreadable string           // "resend" (default) or "skip": what to do when it is not known whether a part was posted and the history cannot be read
}

// Service plans, composes and posts digests.
type Service struct{}

func New(log *slog.Logger, db *store.DB, engine summarize.Engine, poster Poster, o Options) *Service {
	return &Service{}
}

// Register adds the workers of the package's jobs.
func (s *Service) Register(w *river.Workers) {}

// Run plans until ctx ends: every 15 s, and at the very moment the next slot falls due.
func (s *Service) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Plan makes the deliveries that are due at now; Run calls it. It returns how many, and when the next slot falls due (zero: never).
func (s *Service) Plan(ctx context.Context, now time.Time) (n int, next time.Time, err error) {
	return 0, time.Time{}, nil
}

// Compose chooses and briefs what sched would get at due, without storing a delivery: for `attache digest`, previews and Deliver.
func (s *Service) Compose(ctx context.Context, sched store.Schedule, slot string, due time.Time) (Digest, []store.Candidate, error) {
	return Digest{}, nil, nil
}

// PostNow makes a delivery for this very moment (slot with seconds, so it never meets a planned one) and returns its id; the job posts it.
func (s *Service) PostNow(ctx context.Context, schedule int64) (int64, error) { return 0, nil }
