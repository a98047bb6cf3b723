package sources

import (
	"sync"
	"time"
)

const (
	// rhythmWindow is the time over which a feed's entries are counted.
	rhythmWindow = 7 * 24 * time.Hour
	// busiest and quietest are how far a source's rhythm is from the interval of all: a busy feed is visited twice as often at
	// most, a quiet one a quarter as often at least (with 15 minutes: every seven and a half, and once an hour).
	busiest, quietest = 2, 4
	// steady is an interval below which nothing is adapted: somebody is trying something out.
	steady = time.Minute
)

// rhythms remember how often the sources of a poller bring something, for visits on which nothing had changed. Forgotten with
// the process, they are learned again from the next feed that is read. It is safe for several goroutines.
type rhythms struct {
	mu sync.Mutex
	of map[int64]time.Duration // by source
}

// learn notes the rhythm of a feed that was read, and returns it.
func (r *rhythms) learn(source int64, items []Item, interval time.Duration, now time.Time) time.Duration {
	every := rhythmOf(items, interval, now)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[int64]time.Duration{}
	}
	r.of[source] = every
	return every
}

// known is the rhythm of a source, interval where none is known.
func (r *rhythms) known(source int64, interval time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if every, ok := r.of[source]; ok {
		return every
	}
	return interval
}

// rhythmOf is how often a feed with these entries is worth a visit: half the time between two of them, within bounds. Entries
// without a date tell nothing; where a feed shows less than a week, because it is short, what it shows counts.
func rhythmOf(items []Item, interval time.Duration, now time.Time) time.Duration {
	if interval < steady {
		return interval
	}
	n, dated := 0, 0
	oldest := now
	for _, it := range items {
		if it.Published.IsZero() || it.Published.After(now) {
			continue
		}
		dated++
		if age := now.Sub(it.Published); age <= rhythmWindow {
			n++
			if it.Published.Before(oldest) {
				oldest = it.Published
			}
		}
	}
	if dated == 0 || 2*dated < len(items) {
		return interval
	}
	slowest, fastest := quietest*interval, interval/busiest
	if n == 0 {
		return slowest
	}
	span := rhythmWindow
	if n == dated { // there may have been more before
		span = max(now.Sub(oldest), time.Hour)
	}
	return min(max(span/time.Duration(2*n), fastest), slowest)
}
