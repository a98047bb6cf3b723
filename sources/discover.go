package sources

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// ErrNoFeed says that a site was read and no feed was found on it.
var ErrNoFeed = errors.New("no feed was found there")

const (
	// maxCandidates bounds what a page may offer; portals link hundreds of feeds.
	maxCandidates = 50
	// maxAnchors bounds how many ordinary links that look like feeds are fetched to see.
	maxAnchors = 6
)

// A Candidate is a feed that Discover found.
type Candidate struct {
	URL   string
	Title string // of the feed where it was read, else what the page calls it
	How   string // "feed": the URL itself; "link", "anchor": the page names it; "pattern", "path": found by trying
}

// A Get fetches one URL: where it ended after redirects, the headers, the body.
// It is the guarded client's; a status other than 200 is an error.
type Get = func(ctx context.Context, url string) (finalURL string, header http.Header, body []byte, err error)

// knownPaths are where sites keep feeds that no page of theirs names, likeliest first.
var knownPaths = []string{"feed/", "rss.xml", "feed.xml", "atom.xml", "index.xml", "rss/", "feed.atom", "index.rss", "rss/feed.xml"}

// Discover finds the feeds of a site: the URL itself, the link tags of its
// page, ordinary links that look like feeds, the addresses that YouTube,
// GitHub and Reddit are known to use, and the usual paths at the page's
// directory and at the root. It stops at the first of these ways that finds
// any. Candidates named by link tags are not fetched; all others were and are
// feeds. The error is ErrNoFeed when there is none, or why the page itself could not be fetched.
func Discover(ctx context.Context, get Get, rawURL string) ([]Candidate, error) {
	start, err := siteURL(rawURL)
	if err != nil {
		return nil, fmt.Errorf("discover: %w", err)
	}
	d := discovery{get: get, tried: map[string]bool{}}
	final, h, body, fetchErr := get(ctx, start.String())
	page := start
	if fetchErr == nil {
		if u, err := url.Parse(final); err == nil && u.Host != "" {
			page = u
		}
		d.tried[page.String()] = true
		if c, ok := asFeed(page.String(), h, body, "feed"); ok {
			return []Candidate{c}, nil
		}
		links, anchors := pageLinks(decode(body, contentTypeOf(h)).text, page)
		if len(links) > 0 {
			return links, nil
		}
		if found := d.tryAll(ctx, anchors, "anchor"); len(found) > 0 {
			return found, nil
		}
	}
	if found := d.tryAll(ctx, sitePatterns(page), "pattern"); len(found) > 0 {
		return found, nil
	}
	if fetchErr != nil {
		return nil, fmt.Errorf("discover: %w", fetchErr)
	}
	for _, dir := range []string{"./", "/"} {
		base := page.ResolveReference(&url.URL{Path: dir})
		for _, p := range knownPaths {
			if c, ok := d.try(ctx, base.ResolveReference(&url.URL{Path: p}).String(), "path"); ok {
				return []Candidate{c}, nil
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("discover: %w", err)
	}
	return nil, fmt.Errorf("discover: %w", ErrNoFeed)
}

// siteURL reads what a person typed: a scheme may be missing, or be feed:.
func siteURL(raw string) (*url.URL, error) {
	s := cleanURL(raw)
	for _, p := range []string{"feed://", "feed:"} {
		if len(s) > len(p) && strings.EqualFold(s[:len(p)], p) {
			s = s[len(p):]
			break
		}
	}
	if !strings.Contains(s, "://") {
		s = "https://" + strings.TrimPrefix(s, "//")
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, withoutURL(err)
	}
	if u.Scheme = strings.ToLower(u.Scheme); u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("scheme %q is not http or https", u.Scheme)
	}
	if u.Hostname() == "" {
		return nil, errors.New("the URL names no host")
	}
	u.Fragment = ""
	return u, nil
}

type discovery struct {
	get   Get
	tried map[string]bool
}

func (d *discovery) tryAll(ctx context.Context, cs []Candidate, how string) []Candidate {
	var out []Candidate
	for i, c := range cs {
		if i == maxAnchors {
			break
		}
		if found, ok := d.try(ctx, c.URL, how); ok {
			if found.Title == "" {
				found.Title = c.Title
			}
			out = append(out, found)
		}
	}
	return out
}

// try fetches a URL once and keeps it when it is a feed.
func (d *discovery) try(ctx context.Context, u, how string) (Candidate, bool) {
	if d.tried[u] || ctx.Err() != nil {
		return Candidate{}, false
	}
	d.tried[u] = true
	final, h, body, err := d.get(ctx, u)
	if err != nil {
		return Candidate{}, false
	}
	if final == "" {
		final = u
	}
	return asFeed(final, h, body, how)
}

func asFeed(u string, h http.Header, body []byte, how string) (Candidate, bool) {
	if !LooksLikeFeed(body) {
		return Candidate{}, false
	}
	f, err := ParseFeed(Input{URL: u, Header: h, Body: body})
	if err != nil {
		return Candidate{}, false
	}
	return Candidate{URL: u, Title: f.Title, How: how}, true
}

func contentTypeOf(h http.Header) string { return header(h, "Content-Type") }

// pageLinks returns the feeds a page declares in link tags, feeds of comments
// last, and those of its ordinary links that look like feeds.
func pageLinks(page string, doc *url.URL) (links, anchors []Candidate) {
	base := doc
	seen := map[string]bool{}
	var comments []Candidate
	z := html.NewTokenizer(strings.NewReader(page))
	based := false
	anchor := -1 // index of the anchor whose text is being read
	for {
		switch z.Next() {
		case html.ErrorToken:
			return append(links, comments...), anchors
		case html.TextToken:
			if anchor >= 0 && len(anchors[anchor].Title) < 80 {
				anchors[anchor].Title = oneLine(anchors[anchor].Title + " " + string(z.Text()))
			}
		case html.EndTagToken:
			if name, _ := z.TagName(); atom.Lookup(name) == atom.A {
				anchor = -1
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := atom.Lookup(bytes.ToLower(name))
			if tag != atom.Base && tag != atom.Link && tag != atom.A {
				continue
			}
			a := map[string]string{}
			for more {
				var k, v []byte
				k, v, more = z.TagAttr()
				if _, dup := a[string(k)]; !dup {
					a[string(k)] = string(v)
				}
			}
			u := absolute(base, a["href"])
			switch {
			case tag == atom.Base && !based && u != "":
				if b, err := url.Parse(u); err == nil {
					base, based = b, true
				}
			case u == "" || seen[u] || len(seen) >= maxCandidates:
			case tag == atom.Link && feedLinkTag(a):
				seen[u] = true
				c := Candidate{URL: u, Title: oneLine(a["title"]), How: "link"}
				if ofComments(c) {
					comments = append(comments, c)
				} else {
					links = append(links, c)
				}
			case tag == atom.A && feedAddress(u):
				seen[u] = true
				anchors = append(anchors, Candidate{URL: u, How: "anchor"})
				anchor = len(anchors) - 1
			}
		}
	}
}

// feedLinkTag reports whether a link tag declares a feed.
func feedLinkTag(a map[string]string) bool {
	rels := strings.Fields(strings.ToLower(a["rel"]))
	if slices.Contains(rels, "feed") {
		return true
	}
	if !slices.Contains(rels, "alternate") || slices.Contains(rels, "stylesheet") {
		return false
	}
	t, _, _ := strings.Cut(strings.ToLower(a["type"]), ";")
	switch strings.TrimSpace(t) {
	case "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "application/x.atom+xml", "application/x-atom+xml", "text/rss+xml", "text/rss":
		return true
	case "application/json", "application/xml", "text/xml":
		return feedAddress(a["href"])
	}
	return false
}

// ofComments tells the feed of comments that WordPress declares beside the feed of posts.
func ofComments(c Candidate) bool {
	u := strings.ToLower(c.URL)
	return strings.Contains(u, "/comments/feed") || strings.Contains(u, "comments.xml") || strings.HasPrefix(strings.ToLower(c.Title), "comments")
}

// feedAddress reports whether a URL is written like a feed's: its last part is feed, rss, atom or ends so.
func feedAddress(s string) bool {
	u, err := url.Parse(strings.ToLower(s))
	if err != nil {
		return false
	}
	p := strings.TrimSuffix(u.Path, "/")
	last := p[strings.LastIndexByte(p, '/')+1:]
	switch last {
	case "feed", "rss", "atom", "rss2", "feeds":
		return true
	}
	for _, suffix := range []string{".rss", ".atom", ".rdf", "rss.xml", "feed.xml", "atom.xml", "feed.json", "rss.php", "rss.aspx", "rss.ashx", "rss.jsp"} {
		if strings.HasSuffix(last, suffix) {
			return true
		}
	}
	q := u.Query()
	return q.Get("format") == "rss" || q.Get("format") == "feed" || q.Get("feed") == "rss2" || q.Get("type") == "rss" || q.Has("rss")
}

// sitePatterns are the feeds that some large sites keep at known addresses.
func sitePatterns(u *url.URL) []Candidate {
	var out []Candidate
	add := func(s string) { out = append(out, Candidate{URL: s}) }
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	part := func(i int) string {
		if i < len(parts) {
			return parts[i]
		}
		return ""
	}
	switch keyHost(u.Hostname()) {
	case "youtube.com":
		const feeds = "https://www.youtube.com/feeds/videos.xml?"
		switch {
		case part(0) == "channel" && part(1) != "":
			add(feeds + "channel_id=" + url.QueryEscape(part(1)))
		case part(0) == "user" && part(1) != "":
			add(feeds + "user=" + url.QueryEscape(part(1)))
		case u.Query().Get("list") != "":
			add(feeds + "playlist_id=" + url.QueryEscape(u.Query().Get("list")))
		}
	case "github.com":
		if part(0) != "" && part(1) != "" {
			repo := "https://github.com/" + part(0) + "/" + strings.TrimSuffix(part(1), ".git")
			for _, f := range []string{"/releases.atom", "/tags.atom", "/commits.atom"} {
				add(repo + f)
			}
		} else if part(0) != "" {
			add("https://github.com/" + part(0) + ".atom")
		}
	case "reddit.com", "old.reddit.com":
		if (part(0) == "r" || part(0) == "user" || part(0) == "u") && part(1) != "" {
			add("https://www.reddit.com/" + part(0) + "/" + part(1) + "/.rss")
		}
	}
	return out
}
