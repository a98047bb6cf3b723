package model

import (
	"context"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	attempts  = 4
	firstWait = 500 * time.Millisecond // doubled with each attempt, the first included
	mostWait  = 20 * time.Second
	farthest  = 30 * 24 * time.Hour // what a server may ask for; more is taken for this
)

// backoff is full jitter ("Exponential Backoff And Jitter", AWS 2015): anything up to the doubled wait, so that callers
// that failed together do not come back together. n counts attempts from 1.
func backoff(n int) time.Duration {
	return rand.N(min(firstWait<<n, mostWait)) + time.Millisecond
}

// retryAfter reads from a refusal's head when the server wants to be asked again; zero when it does not tell. Dates have
// whole seconds; so that none is over too early, one is added.
func retryAfter(status int, h http.Header, now time.Time) time.Time {
	if status != http.StatusTooManyRequests && status < 500 {
		return time.Time{}
	}
	if d, ok := number(h.Get("Retry-After-Ms"), time.Millisecond); ok { // Azure, OpenAI
		return now.Add(d)
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	if d, ok := number(v, time.Second); ok {
		return now.Add(d)
	}
	if at, err := http.ParseTime(v); err == nil {
		return now.Add(min(max(at.Sub(now)+time.Second, 0), farthest))
	}
	if status != http.StatusTooManyRequests {
		return time.Time{} // the state of limits that did not matter
	}
	// OpenAI and Groq: how long until a limit is whole again ("1s", "6m0s"). It matters only where nothing is left.
	var wait time.Duration
	for _, what := range []string{"requests", "tokens"} {
		if h.Get("X-Ratelimit-Remaining-"+what) == "0" {
			if d, err := time.ParseDuration(h.Get("X-Ratelimit-Reset-" + what)); err == nil {
				wait = max(wait, d)
			}
		}
	}
	if wait > 0 {
		return now.Add(min(wait, farthest))
	}
	// OpenRouter: a point in time, in milliseconds since 1970; elsewhere in seconds.
	if n, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64); err == nil && n > 1e9 {
		at := time.Unix(n, 0)
		if n > 1e11 {
			at = time.UnixMilli(n)
		}
		return now.Add(min(max(at.Sub(now), 0), farthest))
	}
	return time.Time{}
}

// number reads how many units to wait.
func number(s string, unit time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsNaN(n) || n < 0 {
		return 0, false
	}
	if n > float64(farthest/unit) {
		return farthest, true
	}
	return time.Duration(n * float64(unit)), true
}

// sleep ends early, with the error of ctx, when ctx does.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
