package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestCost(t *testing.T) {
	for _, tc := range []struct {
		price   Price
		in, out int
		want    int64
	}{
		{Price{}, 1000, 1000, 0},
		{Price{In: 0.05, Out: 0.4}, 1000, 100, 90},
		{Price{In: 0.05, Out: 0.4}, 1, 0, 1},
		{Price{In: 0.1, Out: 0.2}, 3, 0, 1},
		{Price{In: 0.1, Out: 0.2}, 30, 0, 3}, // 30 × 0.1 is a little more than 3 in binary
		{Price{In: 15, Out: 75}, 1_000_000, 0, 15_000_000},
		{Price{In: 1e300, Out: 0}, 1_000_000, 0, maxCost},
		{Price{In: math.NaN()}, 1, 0, maxCost},
		{Price{In: -1}, 1, 0, 0},
	} {
		if got := tc.price.cost(tc.in, tc.out); got != tc.want {
			t.Errorf("%+v × %d, %d: %d, want %d", tc.price, tc.in, tc.out, got, tc.want)
		}
	}
}

func TestTokens(t *testing.T) {
	for s, want := range map[string]int{"": 0, "a": 1, "abc": 1, "abcd": 2, "é": 1, "外交部": 5, "abc外": 3} {
		if got := Tokens(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}

// What is reported is believed only as far as it can be true.
func TestUsage(t *testing.T) {
	const content = `{\"headline\":\"Second round of talks in Istanbul\"}` // 52 bytes, 18 tokens as we estimate
	for _, tc := range []struct {
		name, usage string
		in, out     int // 0: what was reserved
		estimated   bool
	}{
		{"true", `{"prompt_tokens":150,"completion_tokens":12,"total_tokens":162}`, 150, 12, false},
		{"missing", ``, 0, 0, true},
		{"null", `null`, 0, 0, true},
		{"empty", `{}`, 0, 0, true},
		{"a list", `[150,12]`, 0, 0, true},
		{"zero", `{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}`, 0, 0, true},
		{"negative", `{"prompt_tokens":-150,"completion_tokens":-12,"total_tokens":-162}`, 0, 0, true},
		{"no output", `{"prompt_tokens":150}`, 150, 0, true},
		{"no input", `{"completion_tokens":12,"total_tokens":162}`, 0, 12, true},
		{"input far too small", `{"prompt_tokens":3,"completion_tokens":12}`, 0, 12, true},
		{"output far too small", `{"prompt_tokens":150,"completion_tokens":1}`, 150, 16, true},
		{"strings", `{"prompt_tokens":"150","completion_tokens":"12"}`, 0, 0, true},
		{"fractions", `{"prompt_tokens":150.0,"completion_tokens":1.2e1}`, 150, 12, false},
		{"reasoning in the total only", `{"prompt_tokens":150,"completion_tokens":12,"total_tokens":900}`, 150, 750, false},
		{"more than the cap", `{"prompt_tokens":150,"completion_tokens":5000}`, 150, 5000, false},
		{"a lie", `{"prompt_tokens":1e300,"completion_tokens":99999999999999999999}`, maxTokens, maxTokens, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			body := `{"choices":[{"finish_reason":"stop","message":{"content":"` + content + `"}}]`
			if tc.usage != "" {
				body += `,"usage":` + tc.usage
			}
			c, b := server(t, says(200, body+"}"), nil)
			a, err := c.Ask(t.Context(), question())
			if err != nil {
				t.Fatal(err)
			}
			most := b.calls[0].Most
			want := Usage{In: tc.in, Out: tc.out, Estimated: tc.estimated}
			if want.In == 0 {
				want.In = most.In
			}
			if want.Out == 0 {
				want.Out = most.Out
			}
			want.Cost = c.e.Price.cost(want.In, want.Out)
			if a.Usage != want || b.rows[0] != want {
				t.Errorf("used %+v, booked %+v, want %+v (reserved %+v)", a.Usage, b.rows[0], want, most)
			}
		})
	}
}

// Whatever endpoints do, and however many ask: what stands in the ledger, and what may have been billed, never passes
// the cap.
func TestSpendingNeverPassesTheCap(t *testing.T) {
	const limit = 200_000 // millionths: twenty cents; a question reserves about 3,150
	atMost := func(body []byte) (in, out int) {
		var q struct {
			Max int `json:"max_tokens"`
		}
		_ = json.Unmarshal(body, &q)
		return Tokens(string(body)), q.Max
	}
	for _, tc := range []struct {
		name   string
		answer func(n int64, r *http.Request, body []byte) (*http.Response, error)
		billed bool // each request
		free   bool // no request; the cap is never reached
	}{
		{"errors", func(_ int64, r *http.Request, _ []byte) (*http.Response, error) { return response(r, 500, ""), nil }, true, false},
		{"endless Retry-After", func(_ int64, r *http.Request, _ []byte) (*http.Response, error) {
			return response(r, 429, busy, "Retry-After", "86400"), nil
		}, false, true},
		{"short Retry-After, endlessly", func(_ int64, r *http.Request, _ []byte) (*http.Response, error) {
			return response(r, 429, busy, "Retry-After", "1"), nil
		}, false, true},
		{"lost connections", func(int64, *http.Request, []byte) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, true, false},
		{"no usage", func(_ int64, r *http.Request, _ []byte) (*http.Response, error) {
			return response(r, 200, `{"choices":[{"finish_reason":"stop","message":{"content":"{}"}}]}`), nil
		}, true, false},
		{"replies at the limit", func(_ int64, r *http.Request, body []byte) (*http.Response, error) {
			in, out := atMost(body)
			return response(r, 200, good(strings.Repeat("abc", out), in, out)), nil
		}, true, false},
		{"truncated replies at the limit", func(_ int64, r *http.Request, body []byte) (*http.Response, error) {
			in, out := atMost(body)
			return response(r, 200, strings.Replace(good(strings.Repeat("abc", out), in, out), `"stop"`, `"length"`, 1)), nil
		}, true, false},
		{"stalls", func(_ int64, r *http.Request, _ []byte) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, true, false},
		{"everything in turn", func(n int64, r *http.Request, body []byte) (*http.Response, error) {
			switch in, out := atMost(body); n % 5 {
			case 0:
				return response(r, 503, "busy", "Retry-After", "2"), nil
			case 1:
				return nil, io.EOF
			case 2:
				return response(r, 200, good("{}", in, out)), nil
			case 3:
				return response(r, 200, "<html>"), nil
			}
			return response(r, 200, `{"error":{"message":"upstream"}}`), nil
		}, true, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var billed, requests atomic.Int64
				e, b := endpoint(), &book{most: limit}
				c := New(quiet(), e, b, Options{Transport: way(func(r *http.Request) (*http.Response, error) {
					body, err := io.ReadAll(r.Body)
					if err != nil {
						return nil, err
					}
					if tc.billed {
						in, out := atMost(body)
						billed.Add(e.Price.cost(in, out))
					}
					if err := sleep(r.Context(), 100*time.Millisecond); err != nil {
						return nil, err
					}
					return tc.answer(requests.Add(1), r, body)
				})})
				var wg sync.WaitGroup
				var capped atomic.Int64
				for g := range 32 {
					wg.Go(func() {
						for n := range 30 {
							q := question()
							q.User = strings.Repeat(fmt.Sprintf("%d %d 外交 ", g, n), 1+(g+n)%9)
							if _, err := c.Ask(t.Context(), q); errors.Is(err, ErrCap) {
								capped.Add(1)
							}
							time.Sleep(time.Duration(g+1) * time.Minute)
						}
					})
				}
				wg.Wait()
				if b.peak > limit || billed.Load() > limit {
					t.Errorf("the ledger held up to %d, %d were billed, of %d", b.peak, billed.Load(), limit)
				}
				if len(b.open) > 0 {
					t.Errorf("%d rows are still open", len(b.open))
				}
				if tc.free {
					if sum := b.total().Cost; sum != 0 || capped.Load() > 0 || requests.Load() == 0 {
						t.Errorf("%d are booked for refusals", sum)
					}
				} else if capped.Load() == 0 || b.total().Cost < limit/2 {
					t.Errorf("the cap was not reached (%d booked, %d requests): nothing is proven", b.total().Cost, requests.Load())
				}
			})
		})
	}
}
