package bot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// All requests together keep to so many a second, whoever makes them.
func TestPerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, total = 50, 500
		l := newLimits(n)
		var mu sync.Mutex
		var sent []time.Time
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				for k := range total / 10 {
					if err := l.wait(t.Context(), fmt.Sprintf("POST channels/%d/messages", i*1000+k)); err != nil {
						t.Error(err)
					}
					mu.Lock()
					sent = append(sent, time.Now())
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for i := range sent {
			// Within any second: what is allowed, and the head start of a burst.
			if j := i + n + int(l.burst/l.gap) + 1; j < len(sent) && sent[j].Sub(sent[i]) < time.Second {
				t.Fatalf("%d requests within %s", j-i+1, sent[j].Sub(sent[i]))
			}
		}
		if took := sent[len(sent)-1].Sub(sent[0]); took > total*time.Second/n {
			t.Errorf("%d requests took %s: slower than allowed", total, took)
		}
	})
}

// A model of a channel's bucket, five requests in five seconds: once an answer told it, no request is one too many.
func TestBucketIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(1000)
		const route = "POST channels/1/messages"
		var mu sync.Mutex
		used, reset, refused := 0, time.Time{}, 0
		send := func() {
			for {
				var wait *waitError
				if err := l.wait(t.Context(), route); errors.As(err, &wait) {
					time.Sleep(wait.after) // in the bubble, as the job that is put off
					continue
				}
				break
			}
			mu.Lock()
			now := time.Now()
			if !now.Before(reset) {
				used, reset = 0, now.Add(5*time.Second)
			}
			used++
			if used > 5 {
				refused++
				used = 5
			}
			h := http.Header{}
			h.Set("X-RateLimit-Limit", "5")
			h.Set("X-RateLimit-Remaining", fmt.Sprint(5-used))
			h.Set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", reset.Sub(now).Seconds()))
			mu.Unlock()
			time.Sleep(30 * time.Millisecond) // on the way back
			l.observe(route, h, nil)
		}
		began := time.Now()
		send()
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(send)
		}
		wg.Wait()
		if refused > 0 {
			t.Errorf("%d requests were one too many", refused)
		}
		if took := time.Since(began); took > 45*time.Second {
			t.Errorf("41 requests took %s; 8 windows of 5 s are needed", took)
		}
	})
}

// A wait that would outlast the deadline or everybody's patience is not begun.
func TestWaitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(1000)
		l.observe("a", http.Header{}, &apiError{Status: 429, Text: "You are being rate limited.", After: 5 * time.Second})
		l.observe("b", http.Header{}, &apiError{Status: 429, Text: "You are being rate limited.", After: patience + time.Second})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began := time.Now()
		var wait *waitError
		if err := l.wait(ctx, "a"); !errors.As(err, &wait) || wait.after != 5*time.Second {
			t.Errorf("past the deadline: %v", err)
		}
		if err := l.wait(t.Context(), "b"); !errors.As(err, &wait) || wait.after != patience+time.Second {
			t.Errorf("past patience: %v", err)
		}
		if time.Since(began) > 0 {
			t.Errorf("waited %s for nothing", time.Since(began))
		}
		if err := l.wait(t.Context(), "a"); err != nil || time.Since(began) != 5*time.Second {
			t.Errorf("a short wait: %v after %s", err, time.Since(began))
		}
	})
}

func TestGlobalPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(1000)
		l.observe("a", http.Header{}, &apiError{Status: 429, Text: "You are being rate limited.", Global: true, After: time.Minute})
		l.observe("a", http.Header{}, &apiError{Status: 429, After: time.Second}) // Cloudflare's, shorter: the longer one holds
		var wait *waitError
		if err := l.wait(t.Context(), "POST channels/1/messages"); !errors.As(err, &wait) || wait.after != time.Minute {
			t.Errorf("another route: %v", err)
		}
		for _, route := range []string{routeOf("POST", "/interactions/12/token/callback"), routeOf("PATCH", "/webhooks/12/token/messages/@original")} {
			if err := l.wait(t.Context(), route); err != nil {
				t.Errorf("%s stands outside the global limit: %v", route, err)
			}
		}
	})
}

// However many routes there are, only so many are remembered, and the busiest stay.
func TestBucketsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(0)
		h := http.Header{}
		h.Set("X-RateLimit-Limit", "5")
		h.Set("X-RateLimit-Remaining", "0")
		h.Set("X-RateLimit-Reset-After", "3600")
		l.observe("busy", h, nil)
		h.Set("X-RateLimit-Reset-After", "1")
		for i := range 2*bucketsMax + 10 {
			l.observe(fmt.Sprint(i), h, nil)
		}
		if n := len(l.buckets); n > bucketsMax {
			t.Errorf("%d buckets", n)
		}
		if l.buckets["busy"] == nil {
			t.Error("the one whose limit lasts longest was forgotten")
		}
	})
}

// Headers that make no sense are not believed.
func TestOddHeaders(t *testing.T) {
	for _, odd := range []string{"", "-1", "NaN", "Inf", "1e300", "soon"} {
		l := newLimits(1000)
		h := http.Header{}
		h.Set("X-RateLimit-Remaining", "0")
		h.Set("X-RateLimit-Reset-After", odd)
		l.observe("a", h, nil)
		if after := l.reserve("a"); after > 0 {
			t.Errorf("Reset-After %q: to wait %s", odd, after)
		}
	}
}

func TestRouteOf(t *testing.T) {
	for in, want := range map[string]string{
		"/channels/12/messages":                    "POST channels/12/messages",
		"/channels/12/messages?limit=1":            "POST channels/12/messages",
		"/channels/12/messages/34":                 "POST channels/12/messages/*",
		"/guilds/12/threads/active":                "POST guilds/12/threads/active",
		"/users/12":                                "POST users/*",
		"/channels/12/messages/34/reactions/a/56/": "POST channels/12/messages/*/reactions/a/*",
		"/gateway/bot":                             "POST gateway/bot",
	} {
		if got := routeOf("POST", in); got != want {
			t.Errorf("routeOf(%s) = %s, want %s", in, got, want)
		}
	}
}

// The turns of all processes together are kept to, and no answer to an interaction waits for one; a database that does not
// answer leaves the limit of this process.
func TestTurnsOfProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var next time.Time
		turn := func(context.Context) (time.Duration, error) {
			mu.Lock()
			defer mu.Unlock()
			if now := time.Now(); next.Before(now) {
				next = now
			}
			wait := time.Until(next)
			next = next.Add(25 * time.Millisecond)
			return wait, nil
		}
		began := time.Now()
		var wg sync.WaitGroup
		for process := range 3 {
			l := newLimits(1000)
			l.turn = turn
			for n := range 40 {
				wg.Go(func() {
					if err := l.wait(t.Context(), fmt.Sprintf("POST channels/%d/messages", process*1000+n)); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		if took := time.Since(began); took != 119*25*time.Millisecond {
			t.Errorf("120 requests of three processes took %s", took)
		}
		l := newLimits(1000)
		l.turn = func(context.Context) (time.Duration, error) { return time.Hour, nil }
		if err := l.wait(t.Context(), "POST webhooks/1"); err != nil {
			t.Errorf("an answer waits: %v", err)
		}
		var wait *waitError
		if err := l.wait(t.Context(), "POST channels/1/messages"); !errors.As(err, &wait) || wait.after != time.Hour {
			t.Errorf("a turn that comes too late: %v", err)
		}
		l.turn = func(context.Context) (time.Duration, error) { return 0, errors.New("no database") }
		if err := l.wait(t.Context(), "POST channels/2/messages"); err != nil {
			t.Errorf("without a database: %v", err)
		}
	})
}
