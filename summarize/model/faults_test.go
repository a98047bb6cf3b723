package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"attache/internal/fakellm"
	"attache/internal/fakellm/spectest"
)

func canaryQuestion() Question {
	return Question{Purpose: "canary", System: canarySystem, User: "first word: alpha\nlast word: omega", Schema: canarySchema}
}

type words struct {
	First string `json:"first"`
	Last  string `json:"last"`
}

// Every fault that the fake endpoint knows, each on every attempt: what comes of it is what its Outcome says, all rows are
// closed, at least what was billed is booked, and nothing shows the key.
func TestFaults(t *testing.T) {
	for _, fault := range fakellm.Faults() {
		t.Run(string(fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := fakellm.New(fakellm.Options{Fault: fault, Key: testKey, Models: []fakellm.Model{{Name: "m"}}})
				e, b := endpoint(), &book{}
				c := New(quiet(), e, b, Options{Transport: s.Transport()})
				start := time.Now()
				a, err := c.Ask(t.Context(), canaryQuestion())
				var got words
				decoded := Decode(a.Content, &got)
				var h *HTTPError
				var reply *ReplyError
				var lost *lostError
				n := len(s.Calls())
				switch fault.Outcome() {
				case fakellm.Usable:
					if err != nil || decoded != nil || got != (words{"alpha", "omega"}) || n != 1 {
						t.Errorf("%q, %v, %v, %d requests", a.Content, err, decoded, n)
					}
				case fakellm.Content:
					if err != nil || decoded == nil || got != (words{}) || n != 1 {
						t.Errorf("%q, %v, %v, %d requests", a.Content, err, decoded, n)
					}
				case fakellm.Bad:
					if !errors.As(err, &reply) || n != 1 {
						t.Errorf("%v, %d requests", err, n)
					}
				case fakellm.Refusal:
					if !errors.As(err, &h) || n != 1 || errors.Is(err, ErrQuota) != (fault == fakellm.FaultQuota || fault == fakellm.Fault402) {
						t.Errorf("%v, %d requests", err, n)
					}
				case fakellm.Retry:
					want := attempts
					if fault == fakellm.Fault429Endless {
						want = 1
					}
					if !errors.As(err, &h) && !errors.As(err, &lost) || n != want {
						t.Errorf("%v, %d requests", err, n)
					}
				case fakellm.Endless:
					if !errors.Is(err, context.DeadlineExceeded) || n != 1 || time.Since(start) != defaultTimeout {
						t.Errorf("%v after %s, %d requests", err, time.Since(start), n)
					}
				default:
					t.Fatalf("an outcome that is not tested: %s", fault.Outcome())
				}
				if len(b.open) > 0 || len(b.rows) != n {
					t.Errorf("%d rows, of which %d open, for %d requests", len(b.rows), len(b.open), n)
				}
				billed, booked := s.Billed(), b.total()
				if booked.In < billed.In || booked.Out < billed.Out {
					t.Errorf("booked %+v, billed %+v", booked, billed)
				}
				if v := s.Violations(); len(v) > 0 {
					t.Errorf("requests that no right client sends: %s", v)
				}
				if err != nil {
					if text := fmt.Sprintf("%v %+v %#v", err, err, err); shows(text) || len(text) > 3000 {
						t.Errorf("error text: %s", text)
					}
				}
			})
		})
	}
}

// A fault that passes is got over, and the books hold each attempt.
func TestFaultsThatPass(t *testing.T) {
	for _, fault := range fakellm.Faults() {
		if fault.Outcome() != fakellm.Retry || fault == fakellm.Fault429Endless {
			continue
		}
		t.Run(string(fault), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := fakellm.New(fakellm.Options{FaultAt: map[int]fakellm.Fault{1: fault, 2: fault, 3: fault}, Models: []fakellm.Model{{Name: "m"}}})
				b := &book{}
				a, err := New(quiet(), endpoint(), b, Options{Transport: s.Transport()}).Ask(t.Context(), canaryQuestion())
				var got words
				if err != nil || Decode(a.Content, &got) != nil || got.Last != "omega" {
					t.Errorf("%q, %v", a.Content, err)
				}
				if len(b.rows) != 4 || len(b.open) > 0 || b.rows[3].Estimated || b.rows[3] != a.Usage {
					t.Errorf("the books: %+v", b.rows)
				}
			})
		})
	}
}

// canaryOf is what the canary of an endpoint with the one model m finds.
func canaryOf(t *testing.T, m fakellm.Model, o fakellm.Options, edit func(*Endpoint)) (*fakellm.Server, *book, Report, error) {
	t.Helper()
	m.Name = "m"
	o.Models = append(o.Models, m)
	s := fakellm.New(o)
	e, b := endpoint(), &book{}
	e.Context, e.MaxOutput = 8192, 1000
	if edit != nil {
		edit(&e)
	}
	var r Report
	var err error
	synctest.Test(t, func(t *testing.T) {
		r, err = New(quiet(), e, b, Options{Transport: s.Transport()}).Canary(t.Context(), Payer{}, true)
	})
	return s, b, r, err
}

func TestCanary(t *testing.T) {
	s, b, r, err := canaryOf(t, fakellm.Model{Context: 8192}, fakellm.Options{Key: testKey, Check: spectest.Checker(t)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Window < 8192*7/10 || r.Window > 8192*9/10 {
		t.Errorf("a window of %d tokens was seen, want about four fifths of 8192", r.Window)
	}
	if total := b.total(); r.Usage.In != total.In || r.Usage.Out != total.Out || r.Usage.Cost != total.Cost || r.Usage.Estimated {
		t.Errorf("reported %+v, booked %+v", r.Usage, total)
	}
	if v := s.Violations(); len(v) > 0 {
		t.Error(v)
	}
	for _, call := range b.calls {
		if call.Purpose != "canary" {
			t.Errorf("booked as %q", call.Purpose)
		}
	}
	first, second := s.Calls()[0].Request.User(), s.Calls()[1].Request.User()
	if strings.Split(first, "\n")[0] == strings.Split(second, "\n")[0] {
		t.Error("the words are the same twice")
	}
}

// What is wrong is said, with what to change.
func TestCanarySays(t *testing.T) {
	half := float32(0.5)
	for _, tc := range []struct {
		name string
		m    fakellm.Model
		o    fakellm.Options
		edit func(*Endpoint)
		want []string
	}{
		{"key", fakellm.Model{}, fakellm.Options{Key: "sk-fake-another"}, nil, []string{"key was refused", "401"}},
		{"no key", fakellm.Model{}, fakellm.Options{Key: testKey}, func(e *Endpoint) { e.Key = "" }, []string{"key was refused"}},
		{"model", fakellm.Model{}, fakellm.Options{}, func(e *Endpoint) { e.Model = "gpt-99" }, []string{`no model "gpt-99"`}},
		{"no schemas", fakellm.Model{Structured: "json_object"}, fakellm.Options{}, nil, []string{"does not keep to the schema", "structured: json_object, or prompt"}},
		{"ignored schema", fakellm.Model{}, fakellm.Options{Fault: fakellm.FaultProse}, nil, []string{"does not keep to the schema", "json_object"}},
		{"no JSON mode", fakellm.Model{Structured: "prompt"}, fakellm.Options{}, func(e *Endpoint) { e.Structured = JSONObject }, []string{"structured: strict", "prompt"}},
		{"no JSON at all", fakellm.Model{}, fakellm.Options{Fault: fakellm.FaultFenced}, func(e *Endpoint) { e.Structured = Prompt }, []string{"does not answer in JSON alone", "another model"}},
		{"cut window", fakellm.Model{Context: 2048, Cuts: true}, fakellm.Options{}, nil, []string{"window is smaller than context: 8192", "num_ctx"}},
		{"cut window without a count", fakellm.Model{Context: 2048, Cuts: true}, fakellm.Options{Fault: fakellm.FaultNoUsage}, nil, []string{"the start of a prompt", "window is smaller than context: 8192"}},
		{"refused window", fakellm.Model{Context: 4096}, fakellm.Options{}, nil, []string{"window is smaller than context: 8192", "lower context"}},
		{"no room", fakellm.Model{}, fakellm.Options{}, func(e *Endpoint) { e.Context = 1500 }, []string{"no room beside max_output: 1000"}},
		{"cap field", fakellm.Model{CapField: MaxCompletionTokens}, fakellm.Options{}, nil, []string{"cap_field: max_completion_tokens"}},
		{"cap field the other way", fakellm.Model{CapField: MaxTokens}, fakellm.Options{}, func(e *Endpoint) { e.CapField = MaxCompletionTokens }, []string{"cap_field: max_tokens"}},
		{"temperature", fakellm.Model{FixedTemperature: true}, fakellm.Options{}, func(e *Endpoint) { e.Temperature = &half }, []string{"temperature: 0.5", "leave it out"}},
		{"reasoning", fakellm.Model{Reasoning: 5000}, fakellm.Options{}, nil, []string{"max_output: 1000 is too little"}},
		{"quota", fakellm.Model{}, fakellm.Options{Fault: fakellm.FaultQuota}, nil, []string{"no credit left"}},
		{"limit", fakellm.Model{}, fakellm.Options{Fault: fakellm.Fault429Endless}, nil, []string{"limit of requests", "before"}},
		{"outage", fakellm.Model{}, fakellm.Options{Fault: fakellm.Fault500}, nil, []string{"fault of its own"}},
		{"page", fakellm.Model{}, fakellm.Options{Fault: fakellm.FaultHTML200}, nil, []string{"base_url does not lead to"}},
		{"redirect", fakellm.Model{}, fakellm.Options{Fault: fakellm.FaultRedirect}, nil, []string{"redirect", "base_url"}},
		{"slow", fakellm.Model{}, fakellm.Options{Fault: fakellm.FaultStall}, nil, []string{"took too long", "timeout (now 1m30s)"}},
		{"nobody there", fakellm.Model{}, fakellm.Options{Fault: fakellm.FaultClose}, nil, []string{"cannot be reached"}},
		{"refusal", fakellm.Model{}, fakellm.Options{Fault: fakellm.FaultRefusal}, nil, []string{"did not answer as asked"}},
		{"other words", fakellm.Model{}, fakellm.Options{Mode: fakellm.Hostile, Replies: []fakellm.Reply{{Content: `{"first":"yes","last":"no"}`, FinishReason: "stop"}}}, nil, []string{"cannot repeat two words"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, b, _, err := canaryOf(t, tc.m, tc.o, tc.edit)
			if err == nil {
				t.Fatal("nothing is said")
			}
			for _, want := range append(tc.want, "first: ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v; want %q", err, want)
				}
			}
			if shows(err.Error()) || strings.Contains(err.Error(), "another.") {
				t.Errorf("the key is in %v", err)
			}
			if len(b.open) > 0 {
				t.Errorf("open rows: %v", b.open)
			}
		})
	}
	t.Run("cap", func(t *testing.T) {
		b := &book{most: 1}
		_, err := New(quiet(), endpoint(), b, Options{}).Canary(t.Context(), Payer{}, false)
		if !errors.Is(err, ErrCap) || !strings.Contains(err.Error(), "was not asked") {
			t.Error(err)
		}
	})
}

// The window costs its tokens, and is asked for only by who wants it.
func TestCanaryWithoutWindow(t *testing.T) {
	s := fakellm.New(fakellm.Options{Models: []fakellm.Model{{Name: "m", Context: 2048, Cuts: true}}})
	e, b := endpoint(), &book{}
	e.Context = 128_000
	r, err := New(quiet(), e, b, Options{Transport: s.Transport()}).Canary(t.Context(), Payer{}, false)
	if err != nil || r.Window != 0 || len(s.Calls()) != 1 || r.Usage.In > 400 {
		t.Errorf("%+v, %v, %d requests", r, err, len(s.Calls()))
	}
}

// All modes of Structured get an answer of a server that knows only this one.
func TestModes(t *testing.T) {
	for _, mode := range []Structured{Strict, JSONObject, Prompt} {
		s, _, r, err := canaryOf(t, fakellm.Model{Context: 8192, Structured: string(mode)}, fakellm.Options{Check: spectest.Checker(t)}, func(e *Endpoint) { e.Structured = mode })
		if err != nil || r.Window == 0 || len(s.Violations()) > 0 {
			t.Errorf("%s: %+v, %v, %s", mode, r, err, s.Violations())
		}
	}
}

// The words that a canary's filler is made of must be cheap in every tokenizer: short, plain, and of ASCII.
func TestFiller(t *testing.T) {
	fields := strings.Fields(filler)
	for _, w := range fields {
		if len(w) > 3 || w != strings.ToLower(w) {
			t.Errorf("%q", w)
		}
	}
	if n := len(filler); n > 4*len(fields) {
		t.Errorf("%d bytes for %d words", n, len(fields))
	}
	if !json.Valid(canarySchema.JSON) {
		t.Error("the schema is not JSON")
	}
}
