// Package model asks an OpenAI-compatible endpoint one question and returns what it answered, or says why that cannot be
// used. It builds on go-openai, which makes the request and decodes the reply, and adds what that leaves open: deadline,
// limits, retries, a circuit breaker, strict checks of the reply, and redaction.
//
// It sends the texts of a Question to the endpoint's base_url and to nothing else: redirects are not followed, the proxy
// of the environment (HTTPS_PROXY, NO_PROXY) is used as everywhere on the operator's machine. It stores nothing; what
// each request costs is booked with a Ledger before the request is sent, and corrected before the reply is looked at.
//
// It believes nothing. A reply is taken only when it is whole, one, the assistant's, text, and ended by itself. Decode
// reads the JSON in it more strictly than encoding/json does. The package never streams, offers no tools, knows nothing
// of articles, and shows its key to nobody: no error, log line or printed value holds it.
package model

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"time"
)

const (
	defaultTimeout   = 90 * time.Second // a story of 300 tokens takes a local model on a CPU about a minute
	defaultMaxOutput = 2000             // tokens; a brief has 300, reasoning models think before it
	defaultMaxReply  = 1 << 20          // bytes; 2,000 tokens are 10 KB
	maxErrorBody     = 64 << 10         // bytes of an error that are read
	maxHeader        = 64 << 10
	defaultTogether  = 4               // calls at a time to one endpoint
	bookTimeout      = 5 * time.Second // to close a booking when the call's own time is over
)

// Structured is how an endpoint is made to answer in JSON.
type Structured string

const (
	Strict     Structured = "strict"      // response_format json_schema, strict
	JSONObject Structured = "json_object" // response_format json_object; the prompt must hold the word JSON
	Prompt     Structured = "prompt"      // no response_format: the prompt alone says it
)

// The names of the cap on a reply's tokens.
const (
	MaxTokens           = "max_tokens"
	MaxCompletionTokens = "max_completion_tokens"
)

// An Endpoint is where a model is asked, and how.
type Endpoint struct {
	Name        string // in logs and errors; "" is Model
	BaseURL     string // up to and without /chat/completions, such as "https://api.openai.com/v1"
	Key         Secret // "" for none
	Model       string
	Context     int           // tokens of prompt and reply together; 0 is unknown
	Structured  Structured    // "" is Strict
	CapField    string        // MaxTokens or MaxCompletionTokens; "" is MaxTokens
	Temperature *float32      // nil: not sent; 0 is sent as 0
	Timeout     time.Duration // of a question with all its attempts, from when its turn comes; 0 is 90 s
	Price       Price
	MaxOutput   int // tokens of a reply, hidden reasoning included; 0 is 2,000
}

// A Schema is the JSON schema of a reply.
type Schema struct {
	Name string // letters, digits, _ and -; 1 to 64
	JSON json.RawMessage
}

// A Question is one request for a reply.
type Question struct {
	Purpose   string // as Call.Purpose
	Payer     Payer
	System    string // "" sends no system message
	User      string
	Schema    Schema // sent only to an endpoint that is Strict; the prompt should describe it to all
	MaxOutput int    // tokens; 0, or more than the endpoint's, is the endpoint's
}

// An Answer is a whole reply.
type Answer struct {
	Content string // not trusted
	Usage   Usage  // of the attempt that was answered; those that failed before are in the ledger only
}

// Options of New. The zero value is what the program uses.
type Options struct {
	Transport http.RoundTripper // nil: one with limits, and with the proxy of the environment
	Together  int               // calls at a time; 0 is 4. Others wait for their turn
	MaxReply  int64             // bytes of a reply after decompression; 0 is 1 MiB
}

// A Client asks one endpoint. It is safe for several goroutines.
type Client struct {
	log      *slog.Logger
	e        Endpoint // without its key
	auth     func(http.Header)
	redact   redactor
	ledger   Ledger
	http     *http.Client
	maxReply int64
	turns    chan struct{}
	breaker  breaker
	wrong    error // with the endpoint, so that nothing can be asked
}

// New returns a client of an endpoint. An endpoint that cannot be asked (a base URL that is none, an unknown Structured)
// is reported by Ask.
func New(log *slog.Logger, e Endpoint, l Ledger, o Options) *Client {
	if e.Name == "" {
		e.Name = e.Model
	}
	if e.Structured == "" {
		e.Structured = Strict
	}
	if e.CapField == "" {
		e.CapField = MaxTokens
	}
	if e.Timeout <= 0 {
		e.Timeout = defaultTimeout
	}
	if e.MaxOutput <= 0 {
		e.MaxOutput = defaultMaxOutput
	}
	if o.Together <= 0 {
		o.Together = defaultTogether
	}
	if o.MaxReply <= 0 {
		o.MaxReply = defaultMaxReply
	}
	if o.Transport == nil {
		o.Transport = &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    15 * time.Second,
			IdleConnTimeout:        90 * time.Second,
			MaxIdleConnsPerHost:    o.Together,
			MaxResponseHeaderBytes: maxHeader,
		}
	}
	key := e.Key.Reveal()
	e.Key = ""
	return &Client{
		log: log,
		e:   e,
		auth: func(h http.Header) {
			if key != "" {
				h.Set("Authorization", "Bearer "+key)
			}
		},
		redact: newRedactor(key),
		ledger: l,
		http: &http.Client{
			Transport:     o.Transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		maxReply: o.MaxReply,
		turns:    make(chan struct{}, o.Together),
		wrong:    e.check(),
	}
}

// check says why an endpoint cannot be asked.
func (e *Endpoint) check() error {
	u, err := url.Parse(e.BaseURL)
	switch {
	case err != nil: // its text would show the URL
		return errors.New("base_url is not a URL")
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return errors.New("base_url must be a URL with https:// or http:// and a host")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("base_url must not hold a user, a password, a query or a fragment; a key is configured as one")
	case e.Model == "":
		return errors.New("the endpoint has no model")
	case e.Structured != Strict && e.Structured != JSONObject && e.Structured != Prompt:
		return fmt.Errorf("structured is %q; it must be %s, %s or %s", e.Structured, Strict, JSONObject, Prompt)
	case e.CapField != MaxTokens && e.CapField != MaxCompletionTokens:
		return fmt.Errorf("cap_field is %q; it must be %s or %s", e.CapField, MaxTokens, MaxCompletionTokens)
	}
	return nil
}

// Endpoint returns the client's endpoint with its defaults filled in, and without its key.
func (c *Client) Endpoint() Endpoint { return c.e }

// Format prints the client's name and nothing of its inside, whatever the verb.
func (c *Client) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "model client "+c.e.Name) }

// LogValue is the client's name.
func (c *Client) LogValue() slog.Value { return slog.StringValue(c.e.Name) }

var schemaName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// check says what is wrong with a question: a mistake of the program, not of its user.
func (c *Client) check(q Question) error {
	switch {
	case c.wrong != nil:
		return c.wrong
	case q.User == "":
		return errors.New("a question without text") // go-openai would leave the member out, which the API refuses
	case c.e.Structured == Strict && !schemaName.MatchString(q.Schema.Name):
		return fmt.Errorf("%q is no name for a schema", q.Schema.Name)
	case c.e.Structured == Strict && !json.Valid(q.Schema.JSON):
		return fmt.Errorf("the schema %s is not JSON", q.Schema.Name)
	}
	return nil
}

// errSlow is the cause of a context that ended by the endpoint's Timeout.
var errSlow = errors.New("the endpoint's timeout")

// Ask asks the endpoint, again where that may help, and returns its one whole reply.
//
// It ends with ctx, or when the endpoint's Timeout is over, counted from when its turn has come. The errors that callers
// tell apart are ErrCap, ErrOpen, ErrQuota, *ReplyError and *HTTPError; others are a request that got no answer, and
// failures of the ledger.
func (c *Client) Ask(ctx context.Context, q Question) (Answer, error) {
	if q.MaxOutput <= 0 || q.MaxOutput > c.e.MaxOutput {
		q.MaxOutput = c.e.MaxOutput
	}
	a, err := c.ask(ctx, q)
	if err != nil {
		return Answer{}, fmt.Errorf("ask %s: %w", c.e.Name, err)
	}
	return a, nil
}

func (c *Client) ask(ctx context.Context, q Question) (Answer, error) {
	if err := c.check(q); err != nil {
		return Answer{}, err
	}
	if err := ctx.Err(); err != nil {
		return Answer{}, &lostError{detail: "given up before it was asked", unsent: true, cause: err}
	}
	select {
	case c.turns <- struct{}{}:
		defer func() { <-c.turns }()
	case <-ctx.Done():
		return Answer{}, &lostError{detail: "its turn did not come in time", unsent: true, cause: ctx.Err()}
	}
	started := time.Now()
	p, err := c.breaker.enter(started)
	if err != nil {
		return Answer{}, err
	}
	o := silent // what a panic leaves behind
	var asked time.Time
	defer func() {
		if c.breaker.done(p, o, time.Now(), asked) {
			c.log.Warn("a model endpoint fails and is left alone for a while", "endpoint", c.e.Name, "err", err)
		}
	}()
	timed, cancel := context.WithTimeoutCause(ctx, c.e.Timeout, errSlow)
	defer cancel()
	a, err := c.try(timed, q)
	o = health(err)
	// A caller's own deadline says nothing about the endpoint unless that had time enough.
	if o == failing && errors.Is(err, context.DeadlineExceeded) && time.Since(started) < c.e.Timeout/2 {
		o = silent
	}
	// Who asks to be left alone for longer than any call lasts need not be asked in between.
	var h *HTTPError
	if errors.As(err, &h) && time.Until(h.Until) > c.e.Timeout {
		asked = h.Until
	}
	return a, err
}

// try makes up to four attempts.
func (c *Client) try(ctx context.Context, q Question) (Answer, error) {
	var before error
	for n := 1; ; n++ {
		a, err := c.attempt(ctx, q)
		if err != nil && before != nil && errors.Is(err, ErrCap) {
			return Answer{}, fmt.Errorf("%w; before that, %v", err, before)
		}
		if err == nil || n == attempts || !passing(err) {
			return a, err
		}
		wait := backoff(n)
		var h *HTTPError
		if errors.As(err, &h) && !h.Until.IsZero() {
			wait = time.Until(h.Until) + backoff(1)/4 // those that were told the same time should not come back at once
		}
		if end, ok := ctx.Deadline(); ok && !time.Now().Add(wait).Before(end) {
			return Answer{}, err
		}
		c.log.Debug("a model endpoint is asked again", "endpoint", c.e.Name, "attempt", n+1, "wait", wait, "err", err)
		if err := sleep(ctx, wait); err != nil {
			return Answer{}, &lostError{detail: "given up while waiting to ask again", cause: err}
		}
		before = err
	}
}
