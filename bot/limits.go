package bot

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	perSecond  = 45   // requests; Discord allows a bot 50 (topics/rate-limits)
	bucketsMax = 2000 // routes remembered; the one whose limit ended first is forgotten
	// patience is how long a request waits for its turn before it is put off: a job has 60 s, the request 20 s of it.
	patience = 10 * time.Second
)

// limits keeps to Discord's rate limits, as it tells them in its answers. It is safe for several goroutines.
type limits struct {
	turn func(ctx context.Context) (time.Duration, error) // Options.Turn

	mu      sync.Mutex
	gap     time.Duration // between requests, on average
	burst   time.Duration // how far requests may run ahead of it
	next    time.Time     // when the next request is due on average
	paused  time.Time     // until then: the global limit
	buckets map[string]*bucket
}

// A bucket is the limit of one route of one channel.
type bucket struct {
	limit     int // requests a window, 0 when no answer told it yet
	window    time.Duration
	remaining int
	reset     time.Time // when remaining is limit again
}

func newLimits(n int) *limits {
	if n <= 0 {
		n = perSecond
	}
	return &limits{gap: time.Second / time.Duration(n), burst: 200 * time.Millisecond, buckets: map[string]*bucket{}}
}

// A waitError says that a request was not sent because its turn comes too late.
type waitError struct{ after time.Duration }

func (e *waitError) Error() string { return fmt.Sprintf("the rate limit asks to wait %s", e.after) }

// wait returns when a request of route may be sent, or a *waitError when that would take too long for ctx.
func (l *limits) wait(ctx context.Context, route string) error {
	for {
		after := l.reserve(route)
		if after <= 0 {
			return l.await(ctx, route)
		}
		if err := sit(ctx, after); err != nil {
			return err
		}
	}
}

// await waits for the turn of a request among those of all processes.
func (l *limits) await(ctx context.Context, route string) error {
	if l.turn == nil || outside(route) {
		return nil
	}
	after, err := l.turn(ctx)
	if err != nil {
		return nil // without a database the limit of this process holds
	}
	return sit(ctx, after)
}

// sit waits for a while; a *waitError when that is too long for ctx.
func sit(ctx context.Context, after time.Duration) error {
	if after <= 0 {
		return nil
	}
	deadline, ok := ctx.Deadline()
	if after > patience || ok && time.Until(deadline) < after {
		return &waitError{after: after}
	}
	timer := time.NewTimer(after)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &waitError{after: after}
	}
}

// reserve takes a place for a request of route, or returns how long to wait before asking again.
func (l *limits) reserve(route string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if d := l.paused.Sub(now); d > 0 && !outside(route) {
		return d
	}
	b := l.buckets[route]
	if b != nil && b.remaining <= 0 {
		if d := b.reset.Sub(now); d > 0 {
			return d
		}
		b.remaining, b.reset = max(1, b.limit), now.Add(b.window)
	}
	if !outside(route) {
		if l.next.Before(now.Add(-l.burst)) {
			l.next = now.Add(-l.burst)
		}
		if d := l.next.Sub(now); d > 0 {
			return d
		}
		l.next = l.next.Add(l.gap)
	}
	if b != nil {
		b.remaining--
	}
	return 0
}

// observe learns from an answer.
func (l *limits) observe(route string, h http.Header, failure *apiError) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if failure != nil && failure.Status == http.StatusTooManyRequests {
		if failure.Global || failure.Text == "" { // without Discord's JSON it is Cloudflare, which means us all
			l.paused = later(l.paused, now.Add(failure.After))
			return
		}
		b := l.bucket(route)
		b.remaining, b.reset = 0, later(b.reset, now.Add(failure.After))
		return
	}
	remaining, err := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	after := headerSeconds(h, "X-RateLimit-Reset-After")
	if err != nil || after <= 0 {
		return
	}
	b := l.bucket(route)
	if now.Before(b.reset) {
		remaining = min(remaining, b.remaining) // answers overtake each other
	}
	if n, err := strconv.Atoi(h.Get("X-RateLimit-Limit")); err == nil {
		b.limit = n
	}
	b.remaining, b.reset, b.window = remaining, now.Add(after), max(b.window, after)
}

// bucket returns the bucket of a route, making it and forgetting the one that ended first when there are too many.
func (l *limits) bucket(route string) *bucket {
	if b := l.buckets[route]; b != nil {
		return b
	}
	if len(l.buckets) >= bucketsMax {
		oldest := ""
		for k, v := range l.buckets {
			if oldest == "" || v.reset.Before(l.buckets[oldest].reset) {
				oldest = k
			}
		}
		delete(l.buckets, oldest)
	}
	b := &bucket{}
	l.buckets[route] = b
	return b
}

// routeOf names the limit that a request falls under: method and path without ids, but those of channels, guilds and
// webhooks, each of which has a limit of its own.
func routeOf(method, path string) string {
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, p := range parts {
		major := i == 1 && slices.Contains([]string{"channels", "guilds", "webhooks"}, parts[0])
		if !major && p != "" && strings.Trim(p, "0123456789") == "" {
			parts[i] = "*"
		}
	}
	return method + " " + strings.Join(parts, "/")
}

// outside reports whether a route does not count against the global limit: answers to interactions.
func outside(route string) bool {
	return strings.Contains(route, " interactions/") || strings.Contains(route, " webhooks/")
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// seconds turns seconds into a duration, 0 when they make none.
func seconds(s float64) time.Duration {
	if !(s > 0) || s > 1e6 {
		return 0
	}
	return time.Duration(s * float64(time.Second))
}

func headerSeconds(h http.Header, key string) time.Duration {
	s, err := strconv.ParseFloat(h.Get(key), 64)
	if err != nil {
		return 0
	}
	return seconds(s)
}
