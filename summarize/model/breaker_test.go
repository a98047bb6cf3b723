package model

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestBreaker(t *testing.T) {
	var down, slow atomic.Bool
	down.Store(true)
	virtual(t, func(_ int, r *http.Request) (*http.Response, error) {
		if slow.Load() {
			if err := sleep(r.Context(), 5*time.Second); err != nil {
				return nil, err
			}
		}
		if down.Load() {
			return response(r, 401, `{"error":{"message":"No such key."}}`), nil
		}
		return response(r, 200, good("{}", 100, 1)), nil
	}, nil, func(t *testing.T, c *Client, b *book, calls *[]time.Time) {
		ask := func() error {
			_, err := c.Ask(t.Context(), question())
			return err
		}
		for n := range trips {
			if err := ask(); errors.Is(err, ErrOpen) || len(*calls) != n+1 {
				t.Fatalf("call %d: %v", n, err)
			}
		}
		rows := len(b.rows)
		if err := ask(); !errors.Is(err, ErrOpen) || len(*calls) != trips || len(b.rows) != rows {
			t.Fatalf("after %d failures: %v, %d requests", trips, err, len(*calls))
		}

		// Each probe that fails doubles the pause.
		for _, pause := range []time.Duration{firstPause, 2 * firstPause, 4 * firstPause, 8 * firstPause, 16 * firstPause, longest, longest} {
			n := len(*calls)
			time.Sleep(pause - time.Second)
			if err := ask(); !errors.Is(err, ErrOpen) {
				t.Fatalf("%s, a second before the end: %v", pause, err)
			}
			time.Sleep(time.Second)
			if err := ask(); errors.Is(err, ErrOpen) || err == nil || len(*calls) != n+1 {
				t.Fatalf("%s: the probe: %v, %d requests", pause, err, len(*calls)-n)
			}
			if err := ask(); !errors.Is(err, ErrOpen) {
				t.Fatalf("%s: after the probe: %v", pause, err)
			}
		}

		// Of many callers at once, one is the probe.
		time.Sleep(longest)
		down.Store(false)
		slow.Store(true)
		n := len(*calls)
		var wg sync.WaitGroup
		var open, well atomic.Int32
		for range 20 {
			wg.Go(func() {
				switch err := ask(); {
				case err == nil:
					well.Add(1)
				case errors.Is(err, ErrOpen):
					open.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if open.Load() != 19 || well.Load() != 1 || len(*calls) != n+1 {
			t.Fatalf("%d well, %d kept out, %d requests", well.Load(), open.Load(), len(*calls)-n)
		}

		// It is closed, and counts from the start.
		down.Store(true)
		for n := range trips {
			if err := ask(); errors.Is(err, ErrOpen) {
				t.Fatalf("failure %d: %v", n, err)
			}
		}
		if err := ask(); !errors.Is(err, ErrOpen) {
			t.Fatal(err)
		}
		time.Sleep(firstPause)
		if err := ask(); errors.Is(err, ErrOpen) {
			t.Fatalf("the pause did not start anew: %v", err)
		}
	})
}

// What does not count as an outage, however often it happens.
func TestBreakerStaysClosed(t *testing.T) {
	answer := func(status int, body string) func(int, *http.Request) (*http.Response, error) {
		return func(_ int, r *http.Request) (*http.Response, error) { return response(r, status, body), nil }
	}
	stall := func(_ int, r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	for _, tc := range []struct {
		name string
		h    func(int, *http.Request) (*http.Response, error)
		ctx  func(t *testing.T) (context.Context, context.CancelFunc)
		edit func(*book)
		open bool
	}{
		{name: "truncated replies", h: answer(200, choice(`{"finish_reason":"length","message":{"content":"{"}}`))},
		{name: "refusals", h: answer(200, choice(`{"finish_reason":"stop","message":{"refusal":"No."}}`))},
		{name: "tool calls", h: answer(200, choice(`{"finish_reason":"tool_calls","message":{"content":null}}`))},
		{name: "bad requests", h: answer(400, `{"error":{"message":"too long","code":"context_length_exceeded"}}`)},
		{name: "caps", h: answer(200, good("{}", 100, 1)), edit: func(b *book) { b.most = 1 }},
		{name: "a ledger that fails", h: answer(200, good("{}", 100, 1)), edit: func(b *book) { b.failEnd = io.EOF }},
		{name: "callers that go", h: stall, ctx: func(t *testing.T) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			go func() { time.Sleep(time.Second); cancel() }()
			return ctx, cancel
		}},
		{name: "callers in a hurry", h: stall, ctx: func(t *testing.T) (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 3*time.Second)
		}},
		{name: "callers with time", open: true, h: stall, ctx: func(t *testing.T) (context.Context, context.CancelFunc) {
			return context.WithTimeout(t.Context(), 60*time.Second)
		}},
		{name: "timeouts", open: true, h: stall},
		{name: "pages", open: true, h: answer(200, "<html>")},
		{name: "errors in 200", open: true, h: answer(200, `{"error":"out of memory"}`)},
		{name: "empty answers", open: true, h: answer(200, "")},
		{name: "quota", open: true, h: answer(429, `{"error":{"message":"","code":"insufficient_quota"}}`)},
		{name: "lost connections", open: true, h: func(int, *http.Request) (*http.Response, error) { return nil, io.EOF }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			virtual(t, tc.h, nil, func(t *testing.T, c *Client, b *book, _ *[]time.Time) {
				if tc.edit != nil {
					tc.edit(b)
				}
				var err error
				for range 2 * trips {
					ctx, cancel := t.Context(), context.CancelFunc(func() {})
					if tc.ctx != nil {
						ctx, cancel = tc.ctx(t)
					}
					_, err = c.Ask(ctx, question())
					cancel()
				}
				synctest.Wait()
				if err == nil || errors.Is(err, ErrOpen) != tc.open {
					t.Errorf("in the end: %v", err)
				}
			})
		})
	}
}

// A probe that says nothing about the endpoint leaves room for the next.
func TestProbeThatSaysNothing(t *testing.T) {
	var b breaker
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for n := range trips {
		p, err := b.enter(now)
		if err != nil {
			t.Fatal(err)
		}
		if opened := b.done(p, failing, now, time.Time{}); opened != (n == trips-1) {
			t.Errorf("failure %d: opened %v", n+1, opened)
		}
	}
	now = now.Add(firstPause)
	p, err := b.enter(now)
	if err != nil || !p.probe {
		t.Fatal(p, err)
	}
	if _, err := b.enter(now); !errors.Is(err, ErrOpen) {
		t.Error(err)
	}
	b.done(p, silent, now, time.Time{})
	if p, err = b.enter(now); err != nil || !p.probe {
		t.Fatal(p, err)
	}
	b.done(p, alive, now, time.Time{})
	if p, err = b.enter(now); err != nil || p.probe {
		t.Error(p, err)
	}
}

// What was asked before the breaker opened does not close it, nor open it once more.
func TestLateResults(t *testing.T) {
	var b breaker
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	late, _ := b.enter(now)
	later, _ := b.enter(now)
	for range trips {
		p, err := b.enter(now)
		if err != nil {
			t.Fatal(err)
		}
		b.done(p, failing, now, time.Time{})
	}
	b.done(late, alive, now, time.Time{})
	if b.done(later, failing, now.Add(firstPause-1), time.Time{}) {
		t.Error("opened twice")
	}
	if _, err := b.enter(now.Add(firstPause - 1)); !errors.Is(err, ErrOpen) {
		t.Error("a late success closed it")
	}
	if _, err := b.enter(now.Add(firstPause)); err != nil {
		t.Error(err)
	}
}
