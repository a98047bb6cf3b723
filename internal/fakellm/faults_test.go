package fakellm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"attache/internal/fakellm"
)

const patience = time.Minute // of the client below

// met is what a careful client makes of one call: an outcome by its own lights, and the content when it is usable. It is
// written from OpenAI's description and the notes of providers, not from the table of faults.
func met(ctx context.Context, rt http.RoundTripper, in []byte) (fakellm.Outcome, string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "POST", "http://fake.invalid/v1/chat/completions", bytes.NewReader(in))
	if err != nil {
		return "", err.Error()
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+key)
	lost := func(err error) (fakellm.Outcome, string) {
		if errors.Is(err, context.DeadlineExceeded) {
			return fakellm.Endless, ""
		}
		return fakellm.Retry, ""
	}
	res, err := rt.RoundTrip(r)
	if err != nil {
		return lost(err)
	}
	defer res.Body.Close()
	const most = 4 << 20
	raw, err := io.ReadAll(io.LimitReader(res.Body, most+1))
	if err != nil {
		return lost(err)
	}
	var failure struct{ Error struct{ Code any } }
	_ = json.Unmarshal(raw, &failure)
	switch {
	case res.StatusCode == 429 && failure.Error.Code != "insufficient_quota", res.StatusCode >= 500:
		return fakellm.Retry, ""
	case res.StatusCode != 200:
		return fakellm.Refusal, ""
	case len(raw) > most || !utf8.Valid(raw):
		return fakellm.Bad, ""
	}
	var answer struct {
		Choices []struct {
			Message *struct {
				Role         string
				Content      *string
				Refusal      *string
				ToolCalls    []any `json:"tool_calls"`
				FunctionCall any   `json:"function_call"`
			}
			FinishReason string `json:"finish_reason"`
			Error        any
		}
	}
	if json.Unmarshal(raw, &answer) != nil || len(answer.Choices) != 1 {
		return fakellm.Bad, ""
	}
	c := answer.Choices[0]
	m := c.Message
	if m == nil || c.Error != nil || c.FinishReason != "stop" || m.Role != "assistant" || m.Refusal != nil ||
		m.Content == nil || len(m.ToolCalls) > 0 || m.FunctionCall != nil || strings.TrimSpace(*m.Content) == "" {
		return fakellm.Bad, ""
	}
	if !exactly(*m.Content) {
		return fakellm.Content, ""
	}
	return fakellm.Usable, *m.Content
}

// exactly reports whether s is one JSON object with the members of a brief, once each and as they are written.
func exactly(s string) bool {
	if len(s) > 50_000 || strings.Contains(strings.ToLower(s), `\ud8`) {
		return false
	}
	dec := json.NewDecoder(strings.NewReader(s))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	seen := []string{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return false
		}
		var v any
		if err := dec.Decode(&v); err != nil || v == nil {
			return false
		}
		seen = append(seen, fmt.Sprint(name))
	}
	if _, err := dec.Token(); err != nil {
		return false
	}
	_, err := dec.Token()
	return err == io.EOF && slices.Equal(seen, []string{"headline", "bullets"})
}

// Every fault looks to a careful client like what its Outcome says, with no socket and no waiting.
func TestFaults(t *testing.T) {
	in := body(t, system, material("n", "en", geneva), "brief", nil)
	want := content(t, fakellm.New(fakellm.Options{}), in)
	for _, f := range fakellm.Faults() {
		t.Run(string(f), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := fakellm.New(fakellm.Options{Key: key, FaultAt: map[int]fakellm.Fault{1: f}})
				rt := s.Transport()
				outcome, said := met(t.Context(), rt, in)
				if outcome != f.Outcome() {
					t.Errorf("looks like %q, said to be %q", outcome, f.Outcome())
				}
				if outcome == fakellm.Usable && said != want {
					t.Errorf("usable, but not the honest reply: %s", said)
				}
				synctest.Wait()
				c := s.Calls()[0]
				if c.Fault != f || f.Billed() != (c.Usage.Out > 0) || f.Billed() != (c.Content == want) {
					t.Errorf("recorded as fault %q, usage %+v, content %.40s", c.Fault, c.Usage, c.Content)
				}
				if outcome, said = met(t.Context(), rt, in); outcome != fakellm.Usable || said != want {
					t.Errorf("the next call, without a fault, is %q", outcome)
				}
				if v := s.Violations(); len(v) > 0 {
					t.Errorf("violations %q", v)
				}
			})
		})
	}
}

// The same over a socket, for those faults that are about connections.
func TestFaultsOfSockets(t *testing.T) {
	in := body(t, system, material("n", "en", geneva), "brief", nil)
	for _, f := range []fakellm.Fault{fakellm.FaultClose, fakellm.FaultCloseBody, fakellm.FaultHuge, fakellm.FaultGzipBomb, fakellm.FaultRedirect} {
		s := fakellm.New(fakellm.Options{Fault: f})
		web := httptest.NewServer(s)
		rt := rewrite{web.Client().Transport, strings.TrimPrefix(web.URL, "http://")}
		if outcome, _ := met(t.Context(), rt, in); outcome != f.Outcome() {
			t.Errorf("%s looks like %q, said to be %q", f, outcome, f.Outcome())
		}
		web.Close()
	}
}

type rewrite struct {
	http.RoundTripper
	host string
}

func (r rewrite) RoundTrip(req *http.Request) (*http.Response, error) {
	req.URL.Host = r.host
	return r.RoundTripper.RoundTrip(req)
}

// A client that follows a redirect is told on.
func TestRedirectFollowed(t *testing.T) {
	for _, f := range []fakellm.Fault{fakellm.FaultRedirect, fakellm.FaultRedirect307} {
		s := fakellm.New(fakellm.Options{Fault: f})
		client := &http.Client{Transport: s.Transport()}
		r, err := http.NewRequestWithContext(t.Context(), "POST", "http://fake.invalid/v1/chat/completions", bytes.NewReader(body(t, system, "hello", "", nil)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if v := s.Violations(); len(v) != 1 || !strings.Contains(v[0], "redirect") || res.StatusCode != 404 {
			t.Errorf("%s: status %d, violations %q", f, res.StatusCode, v)
		}
	}
}

func TestHeadersOfLimits(t *testing.T) {
	in := body(t, system, "hello", "", nil)
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	s := fakellm.New(fakellm.Options{RetryAfter: 90 * time.Second, Now: func() time.Time { return now }})
	for f, want := range map[fakellm.Fault]string{
		fakellm.Fault429: "90", fakellm.Fault503: "90", fakellm.Fault429Endless: "86400", fakellm.Fault429Bare: "",
		fakellm.Fault429Date: "Sat, 21 Nov 2026 09:01:30 GMT", fakellm.FaultQuota: "",
	} {
		s.SetFault(f)
		if res, _ := ask(t, s, in); res.Header.Get("Retry-After") != want {
			t.Errorf("%s asks for %q, want %q", f, res.Header.Get("Retry-After"), want)
		}
	}
	for _, f := range []fakellm.Fault{fakellm.Fault401, fakellm.FaultHTML502} {
		s.SetFault(f)
		if _, b := ask(t, s, in); !strings.Contains(string(b), key) {
			t.Errorf("%s does not echo the key", f)
		}
	}
}

// Faults come at the same calls for the same seed, at about the rate that was asked for.
func TestFaultRate(t *testing.T) {
	in := body(t, system, "hello", "", nil)
	met := func(seed uint64) (faults []fakellm.Fault) {
		s := fakellm.New(fakellm.Options{Seed: seed, FaultRate: 0.25, RateFaults: []fakellm.Fault{fakellm.Fault500, fakellm.FaultNoUsage}})
		for range 400 {
			ask(t, s, in)
		}
		for _, c := range s.Calls() {
			faults = append(faults, c.Fault)
		}
		return faults
	}
	a, b := met(1), met(1)
	if !slices.Equal(a, b) || slices.Equal(a, met(2)) {
		t.Error("not by seed")
	}
	count := map[fakellm.Fault]int{}
	for _, f := range a {
		count[f]++
	}
	if n := 400 - count[""]; n < 70 || n > 130 || count[fakellm.Fault500] == 0 || count[fakellm.FaultNoUsage] == 0 {
		t.Errorf("of 400 calls: %v", count)
	}
}

func TestDelay(t *testing.T) {
	in := body(t, system, material("n", "en", geneva), "brief", nil)
	synctest.Test(t, func(t *testing.T) {
		s := fakellm.New(fakellm.Options{Delay: 10 * time.Second})
		start := time.Now()
		if outcome, _ := met(t.Context(), s.Transport(), in); outcome != fakellm.Usable || time.Since(start) != 10*time.Second {
			t.Errorf("%q after %v", outcome, time.Since(start))
		}
		s = fakellm.New(fakellm.Options{Delay: time.Hour})
		start = time.Now()
		if outcome, _ := met(t.Context(), s.Transport(), in); outcome != fakellm.Endless || time.Since(start) != patience {
			t.Errorf("%q after %v", outcome, time.Since(start))
		}
		synctest.Wait()
		if c := s.Calls()[0]; c.Status != 0 || c.Usage.Out != 0 {
			t.Errorf("answered %d with %+v, though nobody waited", c.Status, c.Usage)
		}
	})
	// A hook in place of a clock.
	var asked time.Duration
	s := fakellm.New(fakellm.Options{Delay: time.Hour, Wait: func(_ context.Context, d time.Duration) error { asked = d; return nil }})
	content(t, s, in)
	if asked != time.Hour {
		t.Errorf("the hook was asked for %v", asked)
	}
}
