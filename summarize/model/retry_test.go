package model

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// virtual runs f in virtual time with a client whose requests h answers; calls are the times at which they came.
func virtual(t *testing.T, h func(n int, r *http.Request) (*http.Response, error), edit func(*Endpoint), f func(t *testing.T, c *Client, b *book, calls *[]time.Time)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var calls []time.Time
		e, b := endpoint(), &book{}
		if edit != nil {
			edit(&e)
		}
		c := New(quiet(), e, b, Options{Transport: way(func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			calls = append(calls, time.Now())
			n := len(calls)
			mu.Unlock()
			return h(n, r)
		})})
		f(t, c, b, &calls)
	})
}

const busy = `{"error":{"message":"Rate limit reached.","type":"requests","code":"rate_limit_exceeded"}}`

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name   string
		status int
		header []string
		want   time.Duration // from now; -1 is not said
	}{
		{"seconds", 429, []string{"Retry-After", "20"}, 20 * time.Second},
		{"seconds of 503", 503, []string{"Retry-After", "20"}, 20 * time.Second},
		{"part of a second", 429, []string{"Retry-After", "0.5"}, 500 * time.Millisecond},
		{"zero", 429, []string{"Retry-After", "0"}, 0},
		{"milliseconds win", 429, []string{"Retry-After", "2", "Retry-After-Ms", "1500"}, 1500 * time.Millisecond},
		{"date", 429, []string{"Retry-After", "Wed, 25 Nov 2026 12:00:30 GMT"}, 31 * time.Second},
		{"date that is over", 429, []string{"Retry-After", "Wed, 25 Nov 2026 11:00:00 GMT"}, 0},
		{"date far away", 429, []string{"Retry-After", "Wed, 25 Nov 2099 11:00:00 GMT"}, farthest},
		{"endless", 429, []string{"Retry-After", "99999999999999999999"}, farthest},
		{"infinite", 429, []string{"Retry-After", "Inf"}, farthest},
		{"not a number", 429, []string{"Retry-After", "NaN"}, -1},
		{"negative", 429, []string{"Retry-After", "-5"}, -1},
		{"words", 429, []string{"Retry-After", "soon"}, -1},
		{"nothing", 429, nil, -1},
		{"reset of what is used up", 429, []string{"X-RateLimit-Remaining-Requests", "0", "X-RateLimit-Reset-Requests", "6m0s", "X-RateLimit-Remaining-Tokens", "9", "X-RateLimit-Reset-Tokens", "20m"}, 6 * time.Minute},
		{"the later of two", 429, []string{"X-RateLimit-Remaining-Requests", "0", "X-RateLimit-Reset-Requests", "12ms", "X-RateLimit-Remaining-Tokens", "0", "X-RateLimit-Reset-Tokens", "7.66s"}, 7660 * time.Millisecond},
		{"a point in time", 429, []string{"X-RateLimit-Reset", "1795608060000"}, time.Minute},
		{"a point in seconds", 429, []string{"X-RateLimit-Reset", "1795608060"}, time.Minute},
		{"limits of another refusal", 503, []string{"X-RateLimit-Reset", "1795608060"}, -1},
		{"not of a bad request", 400, []string{"Retry-After", "20"}, -1},
	} {
		h := response(nil, tc.status, "", tc.header...).Header
		got := retryAfter(tc.status, h, now)
		switch {
		case tc.want < 0 && !got.IsZero():
			t.Errorf("%s: %s, want nothing", tc.name, got.Sub(now))
		case tc.want >= 0 && !got.Equal(now.Add(tc.want)):
			t.Errorf("%s: %s, want %s", tc.name, got.Sub(now), tc.want)
		}
	}
}

func TestRetries(t *testing.T) {
	refuse := func(status int, header ...string) func(int, *http.Request) (*http.Response, error) {
		return func(n int, r *http.Request) (*http.Response, error) {
			if n < 3 {
				return response(r, status, busy, header...), nil
			}
			return response(r, 200, good("{}", 100, 1)), nil
		}
	}
	for _, tc := range []struct {
		name        string
		h           func(int, *http.Request) (*http.Response, error)
		least, most time.Duration // until the third request
		free        bool          // the two before are booked as nothing
	}{
		{"429", refuse(429), 0, 3100 * time.Millisecond, true},
		{"429, seconds", refuse(429, "Retry-After", "7"), 14 * time.Second, 15 * time.Second, true},
		{"503, seconds", refuse(503, "Retry-After", "7"), 14 * time.Second, 15 * time.Second, false},
		{"429, date", refuse(429, "Retry-After", "Sat, 01 Jan 2000 00:00:10 GMT"), 11 * time.Second, 12 * time.Second, true},
		{"500", refuse(500), 0, 3100 * time.Millisecond, false},
		{"408", refuse(408), 0, 3100 * time.Millisecond, false},
		{"529", refuse(529), 0, 3100 * time.Millisecond, false},
		{"connection lost", func(n int, r *http.Request) (*http.Response, error) {
			if n < 3 {
				return nil, io.ErrUnexpectedEOF
			}
			return response(r, 200, good("{}", 100, 1)), nil
		}, 0, 3100 * time.Millisecond, false},
		{"body lost", func(n int, r *http.Request) (*http.Response, error) {
			res := response(r, 200, good("{}", 100, 1))
			if n < 3 {
				res.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"cho`), broken{io.ErrUnexpectedEOF}))
			}
			return res, nil
		}, 0, 3100 * time.Millisecond, false},
		{"never connected", func(n int, r *http.Request) (*http.Response, error) {
			if n < 3 {
				return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
			}
			return response(r, 200, good("{}", 100, 1)), nil
		}, 0, 3100 * time.Millisecond, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			virtual(t, tc.h, nil, func(t *testing.T, c *Client, b *book, calls *[]time.Time) {
				start := time.Now()
				a, err := c.Ask(t.Context(), question())
				if err != nil || a.Content != "{}" {
					t.Fatalf("%+v, %v", a, err)
				}
				if len(*calls) != 3 || len(b.rows) != 3 || len(b.open) != 0 {
					t.Fatalf("%d requests, %d rows, %d open", len(*calls), len(b.rows), len(b.open))
				}
				if took := (*calls)[2].Sub(start); took < tc.least || took > tc.most {
					t.Errorf("the third request came after %s, want %s to %s", took, tc.least, tc.most)
				}
				for _, row := range b.rows[:2] {
					if want := b.calls[0].Most; row != want && !tc.free || tc.free && row != (Usage{}) {
						t.Errorf("an attempt that failed is booked as %+v", row)
					}
				}
				if want := (Usage{In: 100, Out: 1, Cost: 110}); b.rows[2] != want {
					t.Errorf("booked %+v", b.rows[2])
				}
			})
		})
	}
}

type broken struct{ err error }

func (f broken) Read([]byte) (int, error) { return 0, f.err }

// Who waits to ask again gives up when its caller does, and a cap that is reached in between is told with what was before.
func TestWaitingEnds(t *testing.T) {
	h := func(_ int, r *http.Request) (*http.Response, error) {
		return response(r, 503, busy, "Retry-After", "10"), nil
	}
	virtual(t, h, nil, func(t *testing.T, c *Client, b *book, calls *[]time.Time) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		start := time.Now()
		_, err := c.Ask(ctx, question())
		if !errors.Is(err, context.Canceled) || time.Since(start) != 3*time.Second || len(*calls) != 1 || len(b.open) > 0 {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
	virtual(t, h, nil, func(t *testing.T, c *Client, b *book, calls *[]time.Time) {
		b.most = 4000 // for one attempt
		_, err := c.Ask(t.Context(), question())
		if !errors.Is(err, ErrCap) || !strings.Contains(err.Error(), "before that, the endpoint answered 503") || len(*calls) != 1 {
			t.Errorf("%v, %d requests", err, len(*calls))
		}
	})
}

// What will not pass by itself is not asked for again.
func TestNoRetries(t *testing.T) {
	for _, status := range []int{400, 401, 403, 404, 405, 413, 422, 300, 304} {
		virtual(t, func(_ int, r *http.Request) (*http.Response, error) {
			return response(r, status, `{"error":{"message":"No.","type":"invalid_request_error"}}`, "Retry-After", "1"), nil
		}, nil, func(t *testing.T, c *Client, b *book, calls *[]time.Time) {
			_, err := c.Ask(t.Context(), question())
			var h *HTTPError
			if !errors.As(err, &h) || h.Status != status || len(*calls) != 1 {
				t.Errorf("%d: %d requests, %v", status, len(*calls), err)
			}
			if b.rows[0] != (Usage{}) {
				t.Errorf("%d: booked %+v", status, b.rows[0])
			}
		})
	}
}

func TestAttemptsEnd(t *testing.T) {
	virtual(t, func(_ int, r *http.Request) (*http.Response, error) {
		return response(r, 500, "boom", "Content-Type", "text/plain"), nil
	}, nil, func(t *testing.T, c *Client, b *book, calls *[]time.Time) {
		_, err := c.Ask(t.Context(), question())
		var h *HTTPError
		if !errors.As(err, &h) || h.Status != 500 || h.Detail != "boom" || len(*calls) != attempts {
			t.Errorf("%d requests, %v", len(*calls), err)
		}
		if got, want := b.total().Cost, attempts*b.calls[0].Most.Cost; got != want {
			t.Errorf("booked %d, want %d: each may have been billed", got, want)
		}
	})
}

// Who asks to be left alone for longer than there is time is left alone at once, and the error says until when.
func TestRetryAfterThatDoesNotFit(t *testing.T) {
	h := func(_ int, r *http.Request) (*http.Response, error) {
		return response(r, 429, busy, "Retry-After", "30"), nil
	}
	t.Run("deadline of the caller", func(t *testing.T) {
		virtual(t, h, nil, func(t *testing.T, c *Client, _ *book, calls *[]time.Time) {
			start := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			_, err := c.Ask(ctx, question())
			var e *HTTPError
			if !errors.As(err, &e) || !e.Until.Equal(start.Add(30*time.Second)) || !strings.Contains(err.Error(), "2000-01-01 00:00:30 UTC") {
				t.Errorf("error %v", err)
			}
			if time.Since(start) != 0 || len(*calls) != 1 {
				t.Errorf("%d requests in %s", len(*calls), time.Since(start))
			}
			// Others have more time, and the pause is short: they are not kept from asking.
			if _, err := c.Ask(t.Context(), question()); errors.Is(err, ErrOpen) {
				t.Error(err)
			}
		})
	})
	t.Run("timeout of the endpoint", func(t *testing.T) {
		virtual(t, h, func(e *Endpoint) { e.Timeout = 10 * time.Second }, func(t *testing.T, c *Client, _ *book, calls *[]time.Time) {
			start := time.Now()
			if _, err := c.Ask(t.Context(), question()); err == nil || time.Since(start) != 0 || len(*calls) != 1 {
				t.Errorf("%d requests in %s, %v", len(*calls), time.Since(start), err)
			}
			// No call could wait so long, so that none asks before.
			time.Sleep(29 * time.Second)
			if _, err := c.Ask(t.Context(), question()); !errors.Is(err, ErrOpen) || len(*calls) != 1 {
				t.Errorf("%d requests, %v", len(*calls), err)
			}
			time.Sleep(2 * time.Second)
			if _, err := c.Ask(t.Context(), question()); errors.Is(err, ErrOpen) || len(*calls) != 2 {
				t.Errorf("%d requests, %v", len(*calls), err)
			}
		})
	})
}

// Trap: go-openai has no timeout, neither for an answer nor for its body.
func TestTrapNoTimeout(t *testing.T) {
	stall := func(_ int, r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	trickle := func(_ int, r *http.Request) (*http.Response, error) {
		res := response(r, 200, "")
		res.Body = io.NopCloser(dripping{r.Context()})
		return res, nil
	}
	for name, h := range map[string]func(int, *http.Request) (*http.Response, error){"no answer": stall, "a byte a second": trickle} {
		t.Run(name, func(t *testing.T) {
			virtual(t, h, func(e *Endpoint) { e.Timeout = 40 * time.Second }, func(t *testing.T, c *Client, b *book, calls *[]time.Time) {
				start := time.Now()
				_, err := c.Ask(t.Context(), question())
				if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "within 40s") {
					t.Errorf("error %v", err)
				}
				if took := time.Since(start); took != 40*time.Second || len(*calls) != 1 {
					t.Errorf("%d requests in %s", len(*calls), took)
				}
				if b.rows[0] != b.calls[0].Most || len(b.open) != 0 {
					t.Errorf("booked %+v: it may have been billed", b.rows[0])
				}
			})
		})
	}
}

// dripping is a body that gives a byte a second and does not end.
type dripping struct{ ctx context.Context }

func (d dripping) Read(p []byte) (int, error) {
	if err := sleep(d.ctx, time.Second); err != nil {
		return 0, err
	}
	p[0] = ' '
	return 1, nil
}

// The time in which others had their turn is not counted.
func TestTimeoutCountsFromItsTurn(t *testing.T) {
	virtual(t, func(_ int, r *http.Request) (*http.Response, error) {
		if err := sleep(r.Context(), 30*time.Second); err != nil {
			return nil, err
		}
		return response(r, 200, good("{}", 100, 1)), nil
	}, func(e *Endpoint) { e.Timeout = 40 * time.Second }, func(t *testing.T, c *Client, _ *book, _ *[]time.Time) {
		start := time.Now()
		var wg sync.WaitGroup
		for range 3 * defaultTogether {
			wg.Go(func() {
				if _, err := c.Ask(t.Context(), question()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took != 90*time.Second {
			t.Errorf("took %s", took)
		}
	})
}
