package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

const (
	defaultBase    = "https://discord.com/api/v10"
	requestTimeout = 20 * time.Second // of one request; a retry of the job comes after (JobTimeout is 60 s)
	textMax        = 300              // characters of an error's text; Discord's are short, a proxy's may be a page
	fieldsMax      = 5                // fields of an error that are named
	replyMax       = 16 << 20         // bytes of an answer; 100 messages of 6000 characters in full are about 3 MB
	noRetryAfter   = 5 * time.Second  // how long a 429 that does not say so is waited for
	projectURL     = "https://attache.invalid"
)

// rest makes requests to Discord's REST API, version 10.
type rest struct {
	base   string // without a slash at its end
	token  string
	agent  string
	client *http.Client
	limits *limits

	webhook bool        // token is a webhook's, which stands in its path and in no header
	refused atomic.Bool // Discord did not know the token when it was last asked with it
}

func newREST(token string, o Options) (*rest, error) {
	base := strings.TrimRight(o.APIBase, "/")
	if base == "" {
		base = defaultBase
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("discord.api_base_url must be a plain http or https URL such as " + defaultBase)
	}
	if u.Path == "" {
		base += "/api/v10"
	}
	client := http.Client{}
	if o.Client != nil {
		client = *o.Client
	}
	if client.Transport == nil {
		client.Transport = &http.Transport{
			Proxy: nil, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second,
		}
	}
	if client.Timeout == 0 {
		client.Timeout = requestTimeout
	}
	// A redirect would carry the token to another host.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	version := o.Version
	if version == "" {
		version = "dev"
	}
	r := &rest{
		base: base, token: token, agent: "DiscordBot (" + projectURL + ", " + version + ")",
		client: &client, limits: newLimits(o.PerSecond),
	}
	r.limits.turn = o.Turn
	return r, nil
}

// An apiError is an answer of Discord that is no success.
type apiError struct {
	Status int
	Code   int    // Discord's, 0 when none was given
	Text   string // of Discord, "" when the answer was not Discord's JSON
	Fields []string
	After  time.Duration // of 429: how long to wait
	Global bool
}

func (e *apiError) Error() string {
	s := fmt.Sprintf("discord answered %d", e.Status)
	if e.Code != 0 {
		s += fmt.Sprintf(" (code %d)", e.Code)
	}
	if e.Text != "" {
		s += ": " + e.Text
	}
	if len(e.Fields) > 0 {
		s += " (" + strings.Join(e.Fields, "; ") + ")"
	}
	return s
}

// get asks for path and decodes the answer into out.
func (r *rest) get(ctx context.Context, path string, out any) error {
	return r.do(ctx, http.MethodGet, path, nil, out)
}

// do makes one request with a JSON body, once. Its error is an *apiError, a *waitError (nothing was sent), or says that it is
// not known what became of the request.
func (r *rest) do(ctx context.Context, method, path string, body []byte, out any) error {
	return r.doAs(ctx, method, path, "application/json", body, out)
}

// doAs is do with a body of another kind.
func (r *rest) doAs(ctx context.Context, method, path, kind string, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	route := routeOf(method, path)
	if err := r.limits.wait(ctx, route); err != nil {
		return err
	}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, reader)
	if err != nil {
		return r.hide(err)
	}
	if !r.webhook {
		req.Header.Set("Authorization", "Bot "+r.token)
	}
	req.Header.Set("User-Agent", r.agent)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return r.hide(err)
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(io.LimitReader(resp.Body, replyMax+1))
	failure := readError(resp, reply)
	if failure != nil {
		failure.Text = r.clear(failure.Text)
		for i, f := range failure.Fields {
			failure.Fields[i] = r.clear(f)
		}
	}
	r.limits.observe(route, resp.Header, failure)
	if !outside(route) {
		r.noteToken(failure)
	}
	switch {
	case failure != nil:
		return failure
	case err != nil:
		return r.hide(err)
	case len(reply) > replyMax:
		return fmt.Errorf("discord's answer is longer than %d bytes", replyMax)
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(reply, out); err != nil {
		return fmt.Errorf("discord's answer cannot be read: %w", r.hide(err))
	}
	return nil
}

// readError reads an answer that is no success, nil for a success.
func readError(resp *http.Response, body []byte) *apiError {
	if resp.StatusCode/100 == 2 {
		return nil
	}
	e := &apiError{Status: resp.StatusCode}
	var d struct {
		Code       int             `json:"code"`
		Message    string          `json:"message"`
		Errors     json.RawMessage `json:"errors"`
		RetryAfter float64         `json:"retry_after"` // seconds
		Global     bool            `json:"global"`
	}
	if json.Unmarshal(body, &d) == nil {
		e.Code, e.Text, e.Global = d.Code, d.Message, d.Global
		e.Fields = fieldErrors("", d.Errors)
		e.Fields = e.Fields[:min(len(e.Fields), fieldsMax)]
	}
	if e.Status == http.StatusTooManyRequests {
		e.Global = e.Global || resp.Header.Get("X-RateLimit-Global") != ""
		e.After = max(seconds(d.RetryAfter), headerSeconds(resp.Header, "X-RateLimit-Reset-After"))
		if e.After == 0 {
			e.After = headerSeconds(resp.Header, "Retry-After") // of whole seconds
		}
		if e.After == 0 {
			e.After = noRetryAfter
		}
	}
	return e
}

// fieldErrors flattens Discord's nested errors ({"embeds":{"0":{"title":{"_errors":[{"message":…}]}}}}).
func fieldErrors(path string, raw json.RawMessage) []string {
	var node map[string]json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &node) != nil {
		return nil
	}
	var out []string
	for _, key := range slices.Sorted(maps.Keys(node)) {
		if key == "_errors" {
			var list []struct {
				Message string `json:"message"`
			}
			if json.Unmarshal(node[key], &list) == nil {
				for _, e := range list {
					out = append(out, strings.TrimPrefix(path, ".")+": "+e.Message)
				}
			}
			continue
		}
		out = append(out, fieldErrors(path+"."+key, node[key])...)
	}
	return out
}

// A lostError hides what an error of the network says of the token or of a token in a URL, and keeps what kind it is.
type lostError struct {
	text  string
	cause error
}

func (e *lostError) Error() string        { return e.text }
func (e *lostError) Is(target error) bool { return errors.Is(e.cause, target) }

// hide takes secrets out of an error.
func (r *rest) hide(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // the URL of an interaction carries its token
	}
	return &lostError{text: r.clear(err.Error()), cause: err}
}

// clear takes the token out of a text, and what is invisible, and cuts it to size.
func (r *rest) clear(s string) string {
	return Clip(clean(strings.ReplaceAll(s, r.token, "…"), false), textMax)
}
