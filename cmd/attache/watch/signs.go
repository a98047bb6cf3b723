package watch

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"attache/internal/store"
)

// Signs are what the log says of a damaged database: whoever meets the damage logs it, and nobody else need know of that.
type Signs struct{ damaged atomic.Int64 }

// last is when damage was last logged, the zero time when it never was.
func (s *Signs) last() time.Time {
	if s == nil || s.damaged.Load() == 0 {
		return time.Time{}
	}
	return time.UnixMilli(s.damaged.Load())
}

// Listen returns a handler that passes everything on to next, and notes the signs.
func (s *Signs) Listen(next slog.Handler) slog.Handler { return listener{next, s} }

type listener struct {
	slog.Handler
	signs *Signs
}

func (l listener) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		r.Attrs(func(a slog.Attr) bool {
			// The job engine logs an error as a string.
			if strings.Contains(a.Value.String(), store.ErrDamaged.Error()) {
				l.signs.damaged.Store(time.Now().UnixMilli())
				return false
			}
			return true
		})
	}
	return l.Handler.Handle(ctx, r)
}

func (l listener) WithAttrs(as []slog.Attr) slog.Handler {
	return listener{l.Handler.WithAttrs(as), l.signs}
}
func (l listener) WithGroup(name string) slog.Handler {
	return listener{l.Handler.WithGroup(name), l.signs}
}
