package sources

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// defaultMaxBytes bounds a feed after decompression. The largest real feeds are podcasts' at some 10 MB.
	defaultMaxBytes = 20 << 20
	// defaultMaxPage bounds an article page after decompression; the largest of 900 measured pages has 2 MB.
	defaultMaxPage = 10 << 20
	// defaultTimeout bounds one request with its redirects and the whole body, waiting for the host's turn not counted.
	defaultTimeout = 30 * time.Second
	// maxRedirects follows Chromium and curl in spirit and ingest.md in number; honest feeds need one or two.
	maxRedirects = 5
	// maxHeader bounds the header lines of an answer.
	maxHeader = 256 << 10
	// maxURL is the longest URL that is requested; servers refuse longer ones from 8 KB on.
	maxURL = 8 << 10
	// idlePerHost is one: a host is asked one thing at a time.
	idlePerHost = 1
)

// ClientOptions are what NewClient needs to know. The zero value is strict and usable.
type ClientOptions struct {
	UserAgent    string           // "Name/version (+https://contact)"
	AllowPrivate []string         // host:port that may be reached although private: exactly as in the URL, port always written
	Ports        []int            // allowed besides 80 and 443; 8080 and 8443 are the only ones accepted
	HostGap      time.Duration    // pause between two requests to one host; 0 is none, for hosts of one's own
	MaxBytes     int64            // of a feed, after decompression; 0 is 20 MB
	MaxPage      int64            // of a page, after decompression; 0 is 10 MB
	Timeout      time.Duration    // of one request, redirects and slow bodies included; 0 is 30 s
	Now          func() time.Time // nil is time.Now; decides about dates in headers, never about waiting
	Resolver     *net.Resolver    // nil is the system's
	// Refused reports whether the operator has blocked an address; nil refuses none. It is asked before each request, those
	// that a redirect leads to included. Its error stops the request.
	Refused func(ctx context.Context, url string) (bool, error)
}

// A Client is the one way to a URL that people or feeds supplied. It reaches
// public addresses on the web's ports and nothing else, through redirects and
// changing DNS answers too, for it judges the address that is dialled. It
// keeps no cookies, sends no referrer, knows no proxy, and bounds bytes and
// time. One host is asked one thing at a time.
type Client struct {
	opts   ClientOptions
	guard  *guard
	turns  *turns
	http   *http.Client
	links  *linkMemory
	robots *robotsMemory
	pdfs   chan struct{} // holds one token while a PDF is read: that takes 200 MB
}

// NewClient returns a client, or an error that names the option that is wrong.
func NewClient(o ClientOptions) (*Client, error) {
	if o.UserAgent == "" {
		o.UserAgent = "Attache/1.0"
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.MaxPage <= 0 {
		o.MaxPage = defaultMaxPage
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	g, err := newGuard(o.AllowPrivate, o.Ports)
	if err != nil {
		return nil, fmt.Errorf("guarded client: %w", err)
	}
	c := &Client{opts: o, guard: g, turns: newTurns(o.HostGap), links: newLinkMemory(), robots: newRobotsMemory(), pdfs: make(chan struct{}, 1)}
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would dial for us, past the guard
			DialContext:            c.dial,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    15 * time.Second,
			ResponseHeaderTimeout:  o.Timeout,
			ExpectContinueTimeout:  time.Second,
			IdleConnTimeout:        30 * time.Second,
			MaxIdleConns:           64,
			MaxIdleConnsPerHost:    idlePerHost,
			MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// dial connects to addr, "host:port" as in the URL, when the guard lets the address it resolves to pass.
func (c *Client) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second, Resolver: c.opts.Resolver, Control: c.guard.control(addr)}
	conn, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// A request is one thing to fetch.
type request struct {
	url          string
	accept       string
	etag         string  // verbatim
	lastModified string  // verbatim
	max          int64   // bytes of body after decompression
	led          *string // unless nil: where redirects led last, set before it is asked
}

// A response is what came of a request, after redirects.
type response struct {
	url    string // of the document, after redirects
	moved  string // where the permanent redirects at the start of the chain led; "" without one
	status int
	header http.Header
	body   []byte
	short  bool // the connection broke off before the end of the body
}

const (
	acceptFeed = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, text/html;q=0.7, */*;q=0.5"
	acceptPage = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5"
)

// do fetches r and follows redirects. Every answer that arrived whole is a
// response, whatever its status; every error is a *Problem.
func (c *Client) do(ctx context.Context, r request) (*response, error) {
	at, err := c.guard.parse(r.url)
	if err != nil {
		return nil, err
	}
	permanent, moved := true, ""
	for hop := 0; ; hop++ {
		if hop > maxRedirects {
			return nil, problem(codeRedirects, nil)
		}
		if err := c.refused(ctx, at); err != nil {
			return nil, err
		}
		res, next, err := c.one(ctx, at, r)
		if err != nil {
			return nil, err
		}
		if next == "" {
			res.moved = moved
			return res, nil
		}
		to, err := at.Parse(next)
		if err != nil {
			return nil, problem(codeRedirectBad, err)
		}
		if to, err = c.guard.parse(to.String()); err != nil {
			return nil, redirected(err)
		}
		permanent = permanent && (res.status == http.StatusMovedPermanently || res.status == http.StatusPermanentRedirect) &&
			(at.Scheme != "https" || to.Scheme == "https") // a way down to plain http is never believed for good
		if permanent {
			moved = to.String()
		}
		if to.Host != at.Host {
			r.etag, r.lastModified = "", "" // validators belong to the server that gave them
		}
		if at = to; r.led != nil {
			*r.led = at.String()
		}
	}
}

// refused is the problem of an address that the operator has blocked.
func (c *Client) refused(ctx context.Context, at *url.URL) error {
	if c.opts.Refused == nil {
		return nil
	}
	switch no, err := c.opts.Refused(ctx, at.String()); {
	case err != nil:
		return problem(codeStopped, err)
	case no:
		return problem(codeBlocked, nil)
	}
	return nil
}

// one makes a single exchange; next is where a redirect points, "" when the answer is final.
func (c *Client) one(ctx context.Context, at *url.URL, r request) (res *response, next string, err error) {
	release, err := c.turns.take(ctx, at.Host)
	if err != nil {
		return nil, "", problem(codeStopped, err)
	}
	defer release()
	parent := ctx
	ctx, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, "", problem(codeURL, err)
	}
	req.Header.Set("User-Agent", c.opts.UserAgent)
	req.Header.Set("Accept", r.accept)
	if r.etag != "" {
		req.Header.Set("If-None-Match", r.etag)
	}
	if r.lastModified != "" {
		req.Header.Set("If-Modified-Since", r.lastModified)
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, "", c.failed(parent, ctx, err, codeTimeout)
	}
	defer func() { _ = answer.Body.Close() }() // nothing is left to lose by then
	res = &response{url: at.String(), status: answer.StatusCode, header: answer.Header}
	switch answer.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		if next = answer.Header.Get("Location"); next != "" {
			return res, next, nil
		}
		return nil, "", problem(codeRedirectBad, nil)
	case http.StatusOK:
	default:
		return res, "", nil // the body of an error is for nobody
	}
	if answer.ContentLength > r.max {
		return nil, "", tooLarge(r.max)
	}
	res.body, res.short, err = readBody(answer, r.max)
	if err != nil {
		var p *Problem
		if errors.As(err, &p) {
			return nil, "", p
		}
		return nil, "", c.failed(parent, ctx, err, codeSlow)
	}
	return res, "", nil
}

// failed names what went wrong on the wire. late is the code for our own deadline.
func (c *Client) failed(parent, ctx context.Context, err error, late string) *Problem {
	switch {
	case parent.Err() != nil && errors.Is(parent.Err(), context.Canceled):
		return problem(codeStopped, withoutURL(err))
	case ctx.Err() != nil:
		return problem(late, withoutURL(err))
	}
	return wireProblem(err)
}

// Masked is a URL as people and logs may see it: without user, password and
// the values of its query, and with path segments that look like keys hidden.
// It is meant for URLs that carry a secret, and is harmless for others.
func Masked(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Host == "" {
		return "…"
	}
	parts := strings.Split(u.EscapedPath(), "/")
	for i, p := range parts {
		if secretToken(p) {
			parts[i] = "…"
		}
	}
	s := strings.ToLower(u.Scheme) + "://" + u.Host + strings.Join(parts, "/")
	if u.RawQuery != "" {
		s += "?…"
	}
	return s
}

// Private reports whether a URL carries a secret: a user, a query parameter
// named like a key, or a long random-looking token in path or query.
func Private(raw string) bool {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return false
	}
	if u.User != nil {
		return true
	}
	for name, values := range u.Query() {
		if slices.ContainsFunc(values, func(v string) bool {
			return v != "" && secretName(name) || secretToken(v) && !publicName(name)
		}) {
			return true
		}
	}
	return slices.ContainsFunc(strings.Split(u.EscapedPath(), "/"), secretToken)
}

// loopbackName reports names that mean this machine whatever DNS says.
func loopbackName(host string) bool {
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "localhost.localdomain"
}

// plainAddr is an address without zone and IPv4 mapping.
func plainAddr(a netip.Addr) netip.Addr { return a.WithZone("").Unmap() }
