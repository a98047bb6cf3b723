package fakellm_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"attache/internal/fakellm"
	"attache/internal/fakellm/spectest"
	"attache/summarize/model"
)

// book is a ledger without caps.
type book struct {
	mu     sync.Mutex
	open   int
	closed []model.Usage
}

func (b *book) Open(context.Context, model.Call) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open++
	return int64(b.open), nil
}

func (b *book) Close(_ context.Context, _ int64, u model.Usage) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = append(b.closed, u)
	return nil
}

func client(base string, rt http.RoundTripper, l model.Ledger) *model.Client {
	return model.New(slog.New(slog.DiscardHandler), model.Endpoint{Name: "test", BaseURL: base, Key: key, Model: "fake-model",
		CapField: model.MaxCompletionTokens, Timeout: 90 * time.Second}, l, model.Options{Transport: rt})
}

func question(user string) model.Question {
	return model.Question{Purpose: "brief", System: "Answer with JSON.\nschema: brief", User: user,
		Schema: model.Schema{Name: "brief", JSON: json.RawMessage(briefSchema)}}
}

// written is a brief as the schema has it.
type written struct {
	Headline string `json:"headline"`
	Bullets  []struct {
		Text    string `json:"text"`
		Article int    `json:"article"`
		Quote   string `json:"quote"`
	} `json:"bullets"`
}

// The program's client against the server that nobody here wrote. The waits between attempts take no time: without idle
// connections, nothing keeps the clock of the test from moving.
func TestClientOfAnotherServer(t *testing.T) {
	base := aimock(t)
	for _, c := range []struct {
		user     string
		attempts int
		content  string
		kind     model.Kind // of the error, "" for none
		usage    *model.Usage
	}{
		{"case: plain", 1, "A reply in a few words.", "", nil},
		{"case: schema", 1, `{"headline":"Talks resume","bullets":[{"text":"Talks were held in Port Lane.","article":1,"quote":"talks were held in Port Lane"}]}`, "", nil},
		{"case: retry", 3, "Recovered.", "", nil},
		{"case: length", 1, "", model.Truncated, &model.Usage{In: 900, Out: 300}},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := &book{}
			start := time.Now()
			a, err := client(base, &http.Transport{DisableKeepAlives: true}, l).Ask(t.Context(), question(c.user))
			var bad *model.ReplyError
			if c.kind == "" && err != nil || c.kind != "" && (!errors.As(err, &bad) || bad.Kind != c.kind) {
				t.Fatalf("%s: %v", c.user, err)
			}
			if a.Content != c.content || l.open != c.attempts || len(l.closed) != c.attempts {
				t.Errorf("%s: %q after %d calls, %d closed", c.user, a.Content, l.open, len(l.closed))
			}
			if waited := time.Since(start); (waited >= time.Second) != (c.attempts > 1) {
				t.Errorf("%s: %v passed, though Retry-After is a second", c.user, waited)
			}
			if u := l.closed[len(l.closed)-1]; c.usage != nil && u != *c.usage {
				t.Errorf("%s: booked %+v", c.user, u)
			}
			if err := model.Decode(a.Content, &written{}); (err == nil) != (c.user == "case: schema") {
				t.Errorf("%s: %v", c.user, err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		wrong := model.New(slog.New(slog.DiscardHandler), model.Endpoint{BaseURL: base, Key: "sk-fake-other", Model: "fake-model"}, &book{},
			model.Options{Transport: &http.Transport{DisableKeepAlives: true}})
		var refused *model.HTTPError
		if _, err := wrong.Ask(t.Context(), question("case: plain")); !errors.As(err, &refused) || refused.Status != 401 || refused.Code != "invalid_api_key" {
			t.Errorf("another key: %v", err)
		}
	})
}

// Of every fault, the client makes what its Outcome says: it asks again where that helps, takes no reply that is none,
// books every call, and shows its key to nobody.
func TestClientOfFaults(t *testing.T) {
	user := material("n", "en", geneva)
	honest := decoded(t, content(t, fakellm.New(fakellm.Options{}), body(t, "Write.", user, "brief", nil)))
	for _, f := range fakellm.Faults() {
		t.Run(string(f), func(t *testing.T) {
			check := spectest.Checker(t)
			synctest.Test(t, func(t *testing.T) {
				s := fakellm.New(fakellm.Options{Key: key, FaultAt: map[int]fakellm.Fault{1: f}, Check: check})
				l := &book{}
				a, err := client("http://fake.invalid/v1", s.Transport(), l).Ask(t.Context(), question(user))
				var bad *model.ReplyError
				var status *model.HTTPError
				var got written
				var undecodable error
				if err == nil {
					undecodable = model.Decode(a.Content, &got)
				}
				right := false
				switch f.Outcome() {
				case fakellm.Usable, fakellm.Retry:
					right = err == nil && undecodable == nil && got.Headline == honest.Headline && len(got.Bullets) == len(honest.Bullets)
					if f == fakellm.Fault429Endless {
						right = errors.As(err, &status) && status.Status == 429
					}
				case fakellm.Refusal:
					right = errors.As(err, &status)
				case fakellm.Bad:
					right = errors.As(err, &bad)
				case fakellm.Content:
					right = err == nil && undecodable != nil
				case fakellm.Endless:
					right = errors.Is(err, context.DeadlineExceeded)
				}
				if !right {
					t.Errorf("%s: %v; decode: %v", f.Outcome(), err, undecodable)
				}
				if err != nil && strings.Contains(err.Error(), key) {
					t.Errorf("the error holds the key: %v", err)
				}
				synctest.Wait()
				calls := s.Calls()
				want := 1
				if f.Outcome() == fakellm.Retry && f != fakellm.Fault429Endless {
					want = 2
				}
				if len(calls) != want || l.open != want || len(l.closed) != want {
					t.Errorf("%d calls, %d opened, %d closed; want %d", len(calls), l.open, len(l.closed), want)
				}
				in, out, billed := 0, 0, s.Billed()
				for _, u := range l.closed {
					in, out = in+u.In, out+u.Out
				}
				if in < billed.In || out < billed.Out {
					t.Errorf("booked %d and %d tokens, billed were %+v", in, out, billed)
				}
				if v := s.Violations(); len(v) > 0 {
					t.Errorf("violations %q", v)
				}
			})
		})
	}
}
