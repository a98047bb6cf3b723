// Package fakellm is an OpenAI-compatible chat server on loopback, for tests, the demo and the lab. It knows no model: what
// it answers honestly, it takes from the text that it was sent, so that its quotations are in the article and its figures
// are the article's. It can also be hostile (answer what an attacker wants), broken (see Fault) and slow.
//
// It is strict where OpenAI is: a request that OpenAI would refuse is refused with OpenAI's status and error object, and
// listed by Violations. What other servers do differently (Ollama ignores parameters and cuts a long prompt silently) is
// said by a Model. It answers the five schemas of this program ("brief", "translation", "judge", "quotes", "canary") and speaks
// plainly when it is asked for none of them. It does not stream and calls no tools of its own accord.
//
// The same Options and the same requests give the same answers; Seed changes them. It keeps everything in memory, never
// keeps a key, and never opens a connection of its own.
package fakellm

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Mode is the mind of the server.
type Mode string

const (
	Honest  Mode = "honest"  // answers from the text only; the zero Mode is this one
	Hostile Mode = "hostile" // answers Options.Replies, whatever was asked
	Copy    Mode = "copy"    // copies a payload that it finds in the prompt into every field
	Leak    Mode = "leak"    // puts the lines of the system text and the nonce of the prompt into every field
)

const maxRequest = 16 << 20 // bytes; a prompt of a million tokens is a quarter of it

// Options of New. The zero value is an honest server with one model, "fake-model", that takes any key.
type Options struct {
	Mode   Mode
	Seed   uint64
	Key    string  // that must be sent as bearer; "" takes any, and none
	Models []Model // nil: one named "fake-model"

	// Replies are what a hostile server answers: the n-th chat request gets the (Seed+n-1)-th of them, in turn.
	Replies []Reply
	// Payloads are what Copy looks for in the prompt, in the form in which it was written or in which text.Normalize leaves
	// it. Where there are any, the modes Hostile and Leak too answer honestly to prompts that hold none.
	Payloads []string

	Fault      Fault         // of every chat request; "" is none
	FaultAt    map[int]Fault // of the n-th chat request, counted from 1, retries included; wins over the others
	FaultRate  float64       // share of chat requests that fail, chosen by Seed
	RateFaults []Fault       // that FaultRate chooses from; nil: Faults()
	RetryAfter time.Duration // that a 429 or 503 asks for, in whole seconds; 0 is one second
	RedirectTo string        // where a redirect leads; "" is /elsewhere on this server

	Delay time.Duration                                    // before each answer; of FaultSlowBody, before each byte (0: a second)
	Wait  func(ctx context.Context, d time.Duration) error // nil: a timer, which ends with the request
	Now   func() time.Time                                 // nil: time.Now

	// Check sees each request before it is handled. Its error is a violation, and the answer is 400. Tests plug in
	// spectest.Checker.
	Check func(r *http.Request, body []byte) error
	// OnCall is told of every request when its answer is known, just before it is sent. It must not call the server.
	OnCall func(Call)
}

// A Model that the server has, and what its server makes of a request. The zero value but for the name is OpenAI's.
type Model struct {
	Name    string
	Context int  // tokens of prompt and reply, as Tokens counts them; 0 is no limit
	Cuts    bool // a prompt that is too long loses its start without a word, as with Ollama; else it is refused

	CapField         string // the one name of the output cap that it takes: "max_tokens", "max_completion_tokens"; "" is both
	Structured       string // "" or "strict": json_schema; "json_object": no schema; "prompt": no response_format at all
	FixedTemperature bool   // takes no temperature but 1
	Lax              bool   // what it does not take is ignored, not refused
	PlainErrors      bool   // errors are {"error":"text"}
	Reasoning        int    // hidden tokens of each reply, which are billed and count towards the cap
}

// A Reply is what a hostile server answers. Its names are those of eval/injection/hostile_model_replies.jsonl.
type Reply struct {
	ID           string                     `json:"id"`
	Content      string                     `json:"content"`
	FinishReason string                     `json:"finish_reason"`
	MessageExtra map[string]json.RawMessage `json:"message_extra"` // members of the message besides
}

// Usage counts tokens as Tokens does.
type Usage struct{ In, Out int }

// A Call is one request to the server and what became of it.
type Call struct {
	N       int // among the chat requests, from 1; 0 for other requests
	Method  string
	Path    string
	Header  http.Header // without Authorization
	Body    []byte
	Request Request // decoded, as far as it could be
	Schema  string  // that was asked for, "" for none
	Fault   Fault   // that it met
	Status  int     // of the answer; 0 when the connection was dropped before one
	Content string  // of the reply before a fault spoiled it, "" when the model did not run
	Usage   Usage   // what is billed, whatever the reply says of it; zero when the model did not run
	Refused string  // why it was answered with 400 or more, "" when it was not

	at int // its place in Server.calls
}

// Server is the server; it is an http.Handler, and Transport serves it without a socket.
type Server struct {
	o Options

	mu         sync.Mutex
	mode       Mode
	fault      Fault
	n          int
	calls      []Call
	violations []string
}

// New makes a server. It panics on a Fault or a Mode that it does not know: a test that injects nothing proves nothing.
func New(o Options) *Server {
	if o.Models == nil {
		o.Models = []Model{{Name: "fake-model"}}
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.RateFaults == nil {
		o.RateFaults = Faults()
	}
	for _, f := range o.RateFaults {
		ruleOf(f)
	}
	for _, f := range o.FaultAt {
		ruleOf(f)
	}
	s := &Server{o: o}
	s.SetMode(o.Mode)
	s.SetFault(o.Fault)
	return s
}

// SetMode changes the mode from the next request on.
func (s *Server) SetMode(m Mode) {
	if m == "" {
		m = Honest
	}
	if !slices.Contains([]Mode{Honest, Hostile, Copy, Leak}, m) {
		panic(fmt.Sprintf("fakellm: no mode %q", m))
	}
	if m == Hostile && len(s.o.Replies) == 0 {
		panic("fakellm: a hostile server needs Replies")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = m
}

// SetFault makes every chat request from now on meet f, none when f is "".
func (s *Server) SetFault(f Fault) {
	ruleOf(f)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Calls returns the requests so far, in the order in which they came.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Billed is the sum of what all calls cost, lost and spoilt replies included.
func (s *Server) Billed() Usage {
	var u Usage
	for _, c := range s.Calls() {
		u.In, u.Out = u.In+c.Usage.In, u.Out+c.Usage.Out
	}
	return u
}

// Violations lists requests that no right client sends: those refused as malformed, and followed redirects. A wrong key,
// an unknown model and a prompt that is too long are mistakes of a configuration, and not among them.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// record keeps what became of a call, before whoever asked can know it.
func (s *Server) record(c *Call) {
	s.mu.Lock()
	s.calls[c.at] = *c
	s.mu.Unlock()
	if s.o.OnCall != nil {
		s.o.OnCall(*c)
	}
}

func (s *Server) violated(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violations = append(s.violations, fmt.Sprintf(format, args...))
}

// ServeHTTP answers below any prefix: /v1/chat/completions and /chat/completions are the same.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &Call{Method: r.Method, Path: r.URL.Path, Header: r.Header.Clone()}
	c.Header.Del("Authorization")
	chat := strings.HasSuffix(r.URL.Path, "/chat/completions") && r.Method == http.MethodPost
	s.mu.Lock()
	if chat {
		s.n++
		c.N = s.n
	}
	c.at = len(s.calls)
	s.calls = append(s.calls, *c)
	s.mu.Unlock()

	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	c.Body = body
	if err != nil {
		s.refuse(w, c, Model{}, malformed("the body could not be read: "+err.Error()))
		return
	}
	if e := s.authorize(r); e != nil {
		s.refuse(w, c, Model{}, e)
		return
	}
	if s.o.Check != nil {
		if err := s.o.Check(r, body); err != nil {
			s.refuse(w, c, Model{}, malformed(err.Error()))
			return
		}
	}
	switch {
	case chat:
		s.chat(w, r, c)
	case strings.HasSuffix(r.URL.Path, "/models") && r.Method == http.MethodGet:
		c.Status = http.StatusOK
		s.record(c)
		writeJSON(w, http.StatusOK, s.models())
	default:
		if strings.HasSuffix(r.URL.Path, "/elsewhere") {
			s.violated("%s %s: a redirect was followed", r.Method, r.URL.Path)
		}
		s.refuse(w, c, Model{}, &apiError{http.StatusNotFound, "invalid_request_error", "", "unknown_url",
			fmt.Sprintf("Unknown request URL: %s %s. Please check the URL for typos, or see the docs at https://platform.openai.com/docs/api-reference/.", r.Method, r.URL.Path)})
	}
}

// authorize echoes a wrong key in its error, as some providers do, so that redaction has something to redact.
func (s *Server) authorize(r *http.Request) *apiError {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case s.o.Key == "" || bearer && key == s.o.Key:
		return nil
	case key == "":
		return &apiError{http.StatusUnauthorized, "invalid_request_error", "", "", "You didn't provide an API key."}
	}
	return &apiError{http.StatusUnauthorized, "invalid_request_error", "", "invalid_api_key",
		"Incorrect API key provided: " + key + ". You can find your API key at https://platform.openai.com/account/api-keys."}
}

func (s *Server) models() any {
	data := []any{}
	for _, m := range s.o.Models {
		data = append(data, map[string]any{"id": m.Name, "object": "model", "created": 1767225600, "owned_by": "fakellm"})
	}
	return map[string]any{"object": "list", "data": data}
}

// wait ends early, with the error of ctx, when ctx does.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
