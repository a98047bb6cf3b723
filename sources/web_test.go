package sources

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A web is a site on loopback whose answers a test sets by path.
type web struct {
	*httptest.Server
	mu     sync.Mutex
	routes map[string]http.HandlerFunc
	asked  []string // path and query of each request
	seen   []http.Header
}

func newWeb(t testing.TB) *web {
	t.Helper()
	w := &web{routes: map[string]http.HandlerFunc{}}
	w.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.asked = append(w.asked, r.URL.RequestURI())
		w.seen = append(w.seen, r.Header.Clone())
		h := w.routes[r.URL.Path]
		w.mu.Unlock()
		if h == nil {
			http.NotFound(rw, r)
			return
		}
		h(rw, r)
	}))
	t.Cleanup(w.Close)
	return w
}

func (w *web) on(path string, h http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.routes[path] = h
}

// text answers path with a body.
func (w *web) text(path, contentType, body string) {
	w.on(path, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", contentType)
		_, _ = rw.Write([]byte(body))
	})
}

// requests are the paths asked for since the last call.
func (w *web) requests() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	asked := w.asked
	w.asked = nil
	return asked
}

func (w *web) lastHeader() http.Header {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[len(w.seen)-1]
}

func hostPort(t testing.TB, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// clientFor is a guarded client that may reach the servers of a test.
func clientFor(t testing.TB, o ClientOptions, webs ...*web) *Client {
	t.Helper()
	for _, w := range webs {
		o.AllowPrivate = append(o.AllowPrivate, hostPort(t, w.URL))
	}
	c, err := NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if tr, ok := c.http.Transport.(*http.Transport); ok {
			tr.CloseIdleConnections()
		}
	})
	return c
}

// A desk is a Store in memory.
type desk struct {
	mu       sync.Mutex
	rows     map[int64]*deskRow
	articles map[int64]map[string]Article // by source and key
	looks    int
	leases   int
	savedAll []savedVisit
	saved    chan savedVisit // nil, or told of each outcome
	refuse   func(Visit, Outcome) error
	onKnown  func(source int64) error
	shown    map[string]Recheck // articles to be looked at again, by key
}

type deskRow struct {
	Visit
	next, until time.Time
	gone        bool
	err         error
	warnings    []string
}

type savedVisit struct {
	visit   Visit
	outcome Outcome
	at      time.Time
	lease   time.Time // when it ended
}

func newDesk(urls ...string) *desk {
	d := &desk{rows: map[int64]*deskRow{}, articles: map[int64]map[string]Article{}}
	for _, u := range urls {
		d.add(u)
	}
	return d
}

func (d *desk) add(u string) int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	id := int64(len(d.rows) + 1)
	d.rows[id] = &deskRow{Visit: Visit{Source: id, URL: u}}
	return id
}

func (d *desk) Due(_ context.Context, now time.Time, n int, lease time.Duration) ([]Visit, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.looks++
	ids := slices.SortedFunc(maps.Keys(d.rows), func(a, b int64) int {
		if c := d.rows[a].next.Compare(d.rows[b].next); c != 0 {
			return c
		}
		return int(a - b)
	})
	var out []Visit
	for _, id := range ids {
		r := d.rows[id]
		if len(out) < n && !r.gone && !r.next.After(now) && !r.until.After(now) {
			d.leases++
			r.until, r.Lease = now.Add(lease), fmt.Sprint("lease ", d.leases)
			out = append(out, r.Visit)
		}
	}
	return out, nil
}

func (d *desk) Known(_ context.Context, source int64, keys []string) (map[string]string, error) {
	d.mu.Lock()
	f := d.onKnown
	d.mu.Unlock()
	if f != nil {
		if err := f(source); err != nil {
			return nil, err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	known := map[string]string{}
	for _, k := range keys {
		if a, ok := d.articles[source][k]; ok {
			known[k] = a.Hash
		}
	}
	return known, nil
}

func (d *desk) Rechecks(_ context.Context, source int64, _ time.Time, n int) ([]Recheck, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []Recheck
	for _, key := range slices.Sorted(maps.Keys(d.shown)) {
		c := d.shown[key]
		if a, ok := d.articles[source][key]; ok && len(out) < n {
			c.Article = a
			out = append(out, c)
		}
	}
	return out, nil
}

func (d *desk) Save(_ context.Context, v Visit, o Outcome) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuse != nil {
		if err := d.refuse(v, o); err != nil {
			return err
		}
	}
	r := d.rows[v.Source]
	if r.Lease != v.Lease {
		return nil
	}
	s := savedVisit{visit: v, outcome: o, at: time.Now(), lease: r.until}
	r.next, r.until, r.Lease, r.gone, r.err, r.warnings = o.Next, time.Time{}, "", o.Gone, o.Err, o.Warnings
	if o.Err == nil && !o.NotModified {
		r.Boilerplate = o.Boilerplate
	}
	r.ETag, r.LastModified, r.Failures, r.Moved, r.MovedSeen = o.ETag, o.LastModified, o.Failures, o.Moved, o.MovedSeen
	if o.NewURL != "" {
		r.URL = o.NewURL
	}
	if d.articles[v.Source] == nil {
		d.articles[v.Source] = map[string]Article{}
	}
	for _, a := range o.Articles {
		if old, ok := d.articles[v.Source][a.Key]; ok && a.Teaser && !old.Teaser {
			a.Text, a.Teaser = old.Text, false // as the store does
		}
		d.articles[v.Source][a.Key] = a
	}
	d.savedAll = append(d.savedAll, s)
	if d.saved != nil {
		d.saved <- s
	}
	return nil
}

func (d *desk) row(id int64) deskRow {
	d.mu.Lock()
	defer d.mu.Unlock()
	return *d.rows[id]
}

func (d *desk) outcomes() []savedVisit {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.savedAll)
}

// titles are those of a source's articles, in order.
func (d *desk) titles(id int64) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for _, a := range d.articles[id] {
		out = append(out, a.Title)
	}
	slices.Sort(out)
	return out
}

func (d *desk) article(t *testing.T, id int64, title string) Article {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.articles[id] {
		if a.Title == title {
			return a
		}
	}
	t.Fatalf("no article %q", title)
	return Article{}
}

// visitNow leases a source, visits it once, and returns what was saved.
func visitNow(t *testing.T, p *Poller, d *desk, id int64) Outcome {
	t.Helper()
	d.mu.Lock()
	r := d.rows[id]
	d.leases++
	r.until, r.Lease = p.now().Add(leaseFor), fmt.Sprint("lease ", d.leases)
	v, before := r.Visit, len(d.savedAll)
	d.mu.Unlock()
	p.visit(t.Context(), v)
	all := d.outcomes()
	if len(all) != before+1 {
		t.Fatalf("%d outcomes were saved, want 1", len(all)-before)
	}
	return all[before].outcome
}

// problemCode is the code of an error's Problem, "" for nil.
func problemCode(t testing.TB, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var p *Problem
	if !errors.As(err, &p) {
		t.Fatalf("%v is no Problem", err)
	}
	return p.Code
}

// lines is a writer that counts log lines.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func logTo(l *lines) *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// An entryOf is an entry of a feed that a test writes.
type entryOf struct{ title, link, guid, text string }

// feedOf is an RSS feed of entries.
func feedOf(entries ...entryOf) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Ministry of Ferries</title><link>https://ferries.example/</link><language>en</language>`)
	for _, e := range entries {
		b.WriteString("<item><title>" + e.title + "</title>")
		if e.link != "" {
			b.WriteString("<link>" + e.link + "</link>")
		}
		if e.guid != "" {
			b.WriteString(`<guid isPermaLink="false">` + e.guid + "</guid>")
		}
		b.WriteString("<description>" + e.text + "</description></item>")
	}
	b.WriteString("</channel></rss>")
	return b.String()
}

// long is a text that passes for a whole article.
func long(about string) string {
	return strings.Repeat("The delegation spoke at length about "+about+" and about the timetable. ", 40)
}

// pageOf is an article's page.
func pageOf(title, about string) string {
	return "<!doctype html><html lang=en><head><title>" + title + "</title></head><body><nav><a href=/>Home</a></nav><article><h1>" + title + "</h1><p>" +
		strings.Repeat("The delegation spoke at length about "+about+", and nobody left the hall early. ", 6) + "</p><p>" +
		strings.Repeat("A second round on "+about+" follows in the spring. ", 5) + "</p><p>English version by Ana Ferry</p></article></body></html>"
}

// sharedFile is a file of the data that tests read beside the project; the test is skipped without it.
func sharedFile(t testing.TB, name string) string {
	t.Helper()
	p := filepath.Join("..", "..", "shared", filepath.FromSlash(name))
	if _, err := os.Stat(p); err != nil {
		if os.Getenv("ATTACHE_CI") == "1" {
			t.Fatalf("%s is missing", p)
		}
		t.Skipf("%s is not there: skipped", p)
	}
	return p
}
