package sources

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// newestShown is how many entries show a person that this is the right feed.
const newestShown = 3

// Found is the feed behind an address that a person gave.
type Found struct {
	URL      string // of the feed
	Title    string
	Link     string // the site
	Lang     string
	Kind     string // "rss", "rdf", "atom", "json", "cdf"; "page" and "sitemap" where there is no feed
	Watch    string // what is read of a page that is no feed (Visit.Watch); "" for a feed
	Entries  int
	Newest   []Item   // at most three, newest first
	Private  bool     // the URL carries a secret: show it masked, log it never
	Warnings []string // sentences
	Feed     *Feed
}

// Try finds the feed of any address, be it a feed's or a site's, fetches it
// once and says what it holds. It stores nothing. Every error is a *Problem.
func (c *Client) Try(ctx context.Context, rawURL string) (Found, error) {
	raw, err := typed(rawURL)
	if err != nil {
		return Found{}, err
	}
	if _, err := c.guard.parse(raw); err != nil {
		return Found{}, err
	}
	t := trial{c: c, seen: map[string]*response{}}
	candidates, err := Discover(ctx, t.get, raw)
	if errors.Is(err, ErrNoFeed) {
		if f, ok := t.watch(ctx, raw); ok {
			return f, nil
		}
	}
	if err != nil {
		return Found{}, t.why(err)
	}
	var last error
	for _, cand := range candidates[:min(len(candidates), newestShown)] {
		f, err := t.read(ctx, cand)
		if err == nil {
			return f, nil
		}
		if cand.How == "link" && asProblem(err).Code == codeNotFound {
			err = problem(codePage, err) // the page is there, the feed it names is not
		}
		if last == nil {
			last = err
		}
	}
	if last == nil {
		last = problem(codePage, nil)
	}
	if f, ok := t.watch(ctx, raw); ok && asProblem(last).Code == codePage {
		return f, nil
	}
	return Found{}, last
}

// typed is what a person typed as a whole URL.
func typed(raw string) (string, error) {
	raw = strings.TrimSpace(raw)
	if u, err := url.Parse(raw); err == nil && u.Opaque != "" && !strings.EqualFold(u.Scheme, "feed") && (u.Opaque[0] < '0' || u.Opaque[0] > '9') {
		return "", problem(codeScheme, nil) // mailto: and the like; example.org:8080 is a host and its port
	}
	u, err := siteURL(raw)
	switch {
	case err == nil:
		return u.String(), nil
	case !strings.Contains(raw, "://"):
		return "", problem(codeURL, err)
	}
	return raw, nil // the guard says what is wrong with it
}

// A trial is one Try: what it fetched is not fetched again.
type trial struct {
	c     *Client
	seen  map[string]*response // by URL asked for
	first *Problem             // why the address itself could not be read
	start string               // the address itself, once it was asked for
}

// get is a Get for Discover.
func (t *trial) get(ctx context.Context, u string) (string, http.Header, []byte, error) {
	first := t.start == ""
	if first {
		t.start = u
	}
	res, err := t.fetch(ctx, u)
	if err != nil {
		if first {
			t.first = asProblem(err)
		}
		return "", nil, nil, err
	}
	return res.url, res.header, res.body, nil
}

// fetch gets a URL once; every error is a *Problem.
func (t *trial) fetch(ctx context.Context, u string) (*response, error) {
	if res := t.seen[u]; res != nil {
		return res, nil
	}
	if t.first != nil && t.first.Code == codeMedia {
		return nil, t.first // an image has no feed beside it
	}
	res, err := t.c.do(ctx, request{url: u, accept: acceptFeed, max: t.c.opts.MaxBytes})
	if err != nil {
		return nil, err
	}
	if res.status != http.StatusOK {
		return nil, statusProblem(res.status)
	}
	if kind := media(res.header.Get("Content-Type"), res.body); kind != "" {
		return nil, problemOf(codeMedia, kind)
	}
	t.seen[u], t.seen[res.url] = res, res
	return res, nil
}

// read parses a candidate.
func (t *trial) read(ctx context.Context, cand Candidate) (Found, error) {
	res, err := t.fetch(ctx, cand.URL)
	if err != nil {
		return Found{}, err
	}
	feed, err := ParseFeed(Input{URL: res.url, Header: res.header, Body: res.body})
	if err != nil {
		return Found{}, feedProblem(err, res.header.Get("Content-Type"), res.body)
	}
	f := found(cand.URL, feed)
	if res.moved != "" {
		f.URL = res.moved // a person looks on: the new address is taken at once
	}
	if f.Title == "" {
		f.Title = cand.Title
	}
	f.Private = Private(f.URL) || Private(cand.URL)
	if len(feed.Items) == 0 {
		f.Warnings = append(slices.Clip(f.Warnings), "The feed holds no entries at the moment.")
	}
	return f, nil
}

// why is the problem a person reads when no feed was found.
func (t *trial) why(err error) *Problem {
	if t.first != nil {
		return t.first
	}
	var p *Problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, ErrNoFeed):
		if res := t.seen[t.start]; res != nil {
			if empty(res.body) {
				return problem(codeEmpty, err)
			}
			if sniff(decode(res.body, res.header.Get("Content-Type")).text) != "html" {
				return problem(codeGarbage, err)
			}
		}
		return problem(codePage, err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return asProblem(err)
	}
	return problem(codeURL, err)
}

// newest returns the n newest entries; a feed without dates is taken to be in order.
func newest(items []Item, n int) []Item {
	out := slices.Clone(items)
	slices.SortStableFunc(out, func(a, b Item) int { return b.Published.Compare(a.Published) })
	return out[:min(n, len(out))]
}
