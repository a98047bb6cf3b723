package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const testKey = "sk-fake-9Q7/zX+marker=="

// A book is a ledger in memory.
type book struct {
	most     int64 // millionths of a dollar; 0 is no cap
	failOpen error
	failEnd  error

	mu    sync.Mutex
	calls []Call
	rows  []Usage
	open  map[int64]bool
	peak  int64 // the largest sum that ever stood in it
}

func (b *book) Open(ctx context.Context, c Call) (int64, error) {
	if _, ok := ctx.Deadline(); !ok {
		return 0, errors.New("opened without a deadline")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failOpen != nil {
		return 0, b.failOpen
	}
	if b.most > 0 && b.sum()+c.Most.Cost > b.most {
		return 0, &CapError{Scope: "installation", Period: "day", Until: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)}
	}
	id := int64(len(b.rows))
	if b.open == nil {
		b.open = map[int64]bool{}
	}
	b.calls, b.rows, b.open[id] = append(b.calls, c), append(b.rows, c.Most), true
	b.peak = max(b.peak, b.sum())
	return id, nil
}

func (b *book) Close(ctx context.Context, id int64, u Usage) error {
	if _, ok := ctx.Deadline(); !ok {
		return errors.New("closed without a deadline")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if b.failEnd != nil {
		return b.failEnd
	}
	if !b.open[id] {
		return fmt.Errorf("row %d is not open", id)
	}
	delete(b.open, id)
	b.rows[id] = u
	b.peak = max(b.peak, b.sum())
	return nil
}

func (b *book) sum() (cost int64) {
	for _, u := range b.rows {
		cost += u.Cost
	}
	return cost
}

// total is what all rows hold.
func (b *book) total() (u Usage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.rows {
		u.In, u.Out, u.Cost = u.In+r.In, u.Out+r.Out, u.Cost+r.Cost
	}
	return u
}

// A way is a transport without a network.
type way func(*http.Request) (*http.Response, error)

func (w way) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

func response(r *http.Request, status int, body string, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

// good is a reply of OpenAI's form.
func good(content string, in, out int) string {
	c, _ := json.Marshal(content)
	return fmt.Sprintf(`{"id":"chatcmpl-1","object":"chat.completion","created":1767225600,"model":"m","choices":[{"index":0,"logprobs":null,`+
		`"finish_reason":"stop","message":{"role":"assistant","refusal":null,"content":%s}}],"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}`,
		c, in, out, in+out)
}

var testSchema = Schema{Name: "brief", JSON: json.RawMessage(
	`{"type":"object","properties":{"headline":{"type":"string","pattern":"^[^<]+$"}},"required":["headline"],"additionalProperties":false}`)}

func question() Question {
	return Question{Purpose: "brief", Payer: Payer{Guild: "1", User: "2"}, System: "Answer in JSON.", User: "What happened in Istanbul?", Schema: testSchema}
}

func endpoint() Endpoint {
	return Endpoint{Name: "first", BaseURL: "http://model.invalid/v1", Key: testKey, Model: "m", MaxOutput: 300, Price: Price{In: 1, Out: 10}}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// server starts an endpoint on loopback, which asks h, and returns a client of it.
func server(t testing.TB, h http.HandlerFunc, edit func(*Endpoint)) (*Client, *book) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // before that, a server does not notice that its client has gone
		h(w, r)
	}))
	t.Cleanup(s.Close)
	e, b := endpoint(), &book{}
	e.BaseURL = s.URL + "/v1"
	if edit != nil {
		edit(&e)
	}
	c := New(quiet(), e, b, Options{})
	t.Cleanup(c.http.CloseIdleConnections)
	return c, b
}

func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func TestAsk(t *testing.T) {
	var b *book
	c, b := server(t, func(w http.ResponseWriter, r *http.Request) {
		if b.total().Cost == 0 {
			t.Error("a request was sent before it was booked")
		}
		says(200, good(`{"headline":"Talks"}`, 120, 9))(w, r)
	}, nil)
	a, err := c.Ask(t.Context(), question())
	if err != nil {
		t.Fatal(err)
	}
	if a.Content != `{"headline":"Talks"}` {
		t.Errorf("content: %q", a.Content)
	}
	if want := (Usage{In: 120, Out: 9, Cost: 210}); a.Usage != want || b.rows[0] != want {
		t.Errorf("used %+v, booked %+v, want %+v", a.Usage, b.rows[0], want)
	}
	call := b.calls[0]
	if call.Most.Out != 300 || !call.Most.Estimated || call.Most.In < 120 || call.Most.Cost != int64(call.Most.In+3000) {
		t.Errorf("reserved %+v", call.Most)
	}
	if call.Payer != question().Payer || call.Purpose != "brief" || call.Endpoint != "first" || call.Model != "m" {
		t.Errorf("the call is %+v", call)
	}
}

func TestAskRefusesItsOwnMistakes(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		e          func(*Endpoint)
		q          func(*Question)
	}{
		{"empty user text", "without text", nil, func(q *Question) { q.User = "" }},
		{"schema name with a space", "no name for a schema", nil, func(q *Question) { q.Schema.Name = "my brief" }},
		{"schema name too long", "no name for a schema", nil, func(q *Question) { q.Schema.Name = strings.Repeat("a", 65) }},
		{"no schema", "not JSON", nil, func(q *Question) { q.Schema.JSON = nil }},
		{"structured", "must be strict, json_object or prompt", func(e *Endpoint) { e.Structured = "json" }, nil},
		{"cap field", "max_completion_tokens", func(e *Endpoint) { e.CapField = "num_predict" }, nil},
		{"no host", "base_url must be", func(e *Endpoint) { e.BaseURL = "localhost:11434/v1" }, nil},
		{"password", "must not hold a user", func(e *Endpoint) { e.BaseURL = "https://u:fake@model.invalid/v1" }, nil},
		{"query", "must not hold a user", func(e *Endpoint) { e.BaseURL = "https://model.invalid/v1?api-version=1" }, nil},
		{"no URL", "not a URL", func(e *Endpoint) { e.BaseURL = "https://[" + testKey }, nil},
		{"no model", "no model", func(e *Endpoint) { e.Model = "" }, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, q, b := endpoint(), question(), &book{}
			if tc.e != nil {
				tc.e(&e)
			}
			if tc.q != nil {
				tc.q(&q)
			}
			_, err := New(quiet(), e, b, Options{Transport: way(func(*http.Request) (*http.Response, error) {
				t.Error("a request was sent")
				return nil, io.EOF
			})}).Ask(t.Context(), q)
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), testKey) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if len(b.rows) > 0 {
				t.Error("something was booked")
			}
		})
	}
}

func TestLedgerThatFails(t *testing.T) {
	reply := says(200, good(`{"headline":"Talks"}`, 120, 9))
	t.Run("before", func(t *testing.T) {
		c, b := server(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") }, nil)
		b.failOpen = errors.New("disk full")
		if _, err := c.Ask(t.Context(), question()); !errors.Is(err, b.failOpen) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("after", func(t *testing.T) {
		asked := 0
		c, b := server(t, func(w http.ResponseWriter, r *http.Request) { asked++; reply(w, r) }, nil)
		b.failEnd = errors.New("disk full")
		a, err := c.Ask(t.Context(), question())
		if !errors.Is(err, b.failEnd) || a != (Answer{}) {
			t.Errorf("answer %+v, error %v: the content must not be used", a, err)
		}
		if asked != 1 || b.rows[0] != b.calls[0].Most {
			t.Errorf("asked %d times; the row holds %+v, not what was reserved", asked, b.rows[0])
		}
	})
	t.Run("cap", func(t *testing.T) {
		c, b := server(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") }, nil)
		b.most = 10
		_, err := c.Ask(t.Context(), question())
		var cap *CapError
		if !errors.Is(err, ErrCap) || !errors.As(err, &cap) || cap.Scope != "installation" {
			t.Errorf("error %v", err)
		}
	})
}

// A caller that has gone does not keep the books open.
func TestGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, b := server(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}, nil)
	_, err := c.Ask(ctx, question())
	if !errors.Is(err, context.Canceled) || !strings.HasSuffix(err.Error(), ": given up") {
		t.Errorf("error %v", err)
	}
	if len(b.open) != 0 || b.rows[0] != b.calls[0].Most {
		t.Errorf("open rows %v, booked %+v: it may have been billed", b.open, b.rows)
	}
	if _, err := c.Ask(ctx, question()); !errors.Is(err, context.Canceled) || len(b.rows) != 1 {
		t.Errorf("error %v, %d rows: nothing is sent for a caller that has gone", err, len(b.rows))
	}
}

func TestTogether(t *testing.T) {
	var mu sync.Mutex
	now, most := 0, 0
	arrived := make(chan bool, 10)
	leave := make(chan bool)
	c, _ := server(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		arrived <- true
		<-leave
		mu.Lock()
		now--
		mu.Unlock()
		says(200, good("x", 100, 1))(w, r)
	}, nil)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if _, err := c.Ask(t.Context(), question()); err != nil {
				t.Error(err)
			}
		})
	}
	for range defaultTogether {
		<-arrived
	}
	// The others wait for a turn, and as long as their callers do.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Ask(ctx, question()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	close(leave)
	wg.Wait()
	if most != defaultTogether {
		t.Errorf("%d calls at a time, want %d", most, defaultTogether)
	}
}

func BenchmarkAsk(b *testing.B) {
	body := good(`{"headline":"`+strings.Repeat("Talks in Istanbul. ", 60)+`"}`, 3000, 300)
	c, _ := server(b, says(200, body), nil)
	q := question()
	q.User = strings.Repeat("The delegations met at the consulate general. ", 300) // 14 KB: three articles
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Ask(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPlain is the same exchange with nothing but net/http, to compare BenchmarkAsk with.
func BenchmarkPlain(b *testing.B) {
	s := httptest.NewServer(says(200, good(`{"headline":"`+strings.Repeat("Talks in Istanbul. ", 60)+`"}`, 3000, 300)))
	defer s.Close()
	q := strings.Repeat("The delegations met at the consulate general. ", 300)
	b.ReportAllocs()
	for b.Loop() {
		res, err := http.Post(s.URL, "application/json", strings.NewReader(q))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadAll(res.Body); err != nil {
			b.Fatal(err)
		}
		res.Body.Close()
	}
}
