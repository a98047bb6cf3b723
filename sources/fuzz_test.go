package sources

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"attache/internal/text"
)

// What is fetched is anything at all: it is read or refused, and never more than that. Each target runs for half a minute in
// ./test; an input that fails is written to testdata/fuzz, and is a case of go test from then on.

// fuzzLimit is how much of a processor an input may take, for each 100 KB that it has: a hundred times what the slowest takes, so
// that only what hangs, or grows with the square of the input, is over it.
const fuzzLimit = 20 * time.Second

// within ends the program when reading size bytes takes too long; call what it returns when they are read. It goes by the time
// that the process had a processor, which a busy machine, or one that slept, does not lengthen; what waits for ever runs into the
// timeout of go test.
func within(size int) (done func()) {
	limit, before := fuzzLimit*time.Duration(1+size/100_000), cpuTime()
	var timer *time.Timer
	var mu sync.Mutex // timer is set when the function below first runs
	mu.Lock()
	defer mu.Unlock()
	timer = time.AfterFunc(limit, func() {
		if cpuTime()-before > limit {
			panic(fmt.Sprintf("%d bytes take more than %v", size, limit))
		}
		mu.Lock()
		defer mu.Unlock()
		timer.Reset(limit)
	})
	return func() { timer.Stop() }
}

// checkTexts reports texts that are not valid UTF-8, and those that should be one line and are not.
func checkTexts(t *testing.T, what string, oneLine bool, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if !utf8.ValidString(s) || oneLine && strings.ContainsAny(s, "\r\n") {
			t.Errorf("%s %q", what, s)
		}
	}
}

// checkLink reports what is neither empty nor an absolute address of the web.
func checkLink(t *testing.T, s string) {
	t.Helper()
	if u, err := url.Parse(s); s != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		t.Errorf("link %q: %v", s, err)
	}
}

// checkTime reports times that are in no century of ours.
func checkTime(t *testing.T, at time.Time) {
	t.Helper()
	if !at.IsZero() && (at.Year() < 100 || at.Year() > 2200 || at.Location() != time.UTC) {
		t.Errorf("time %v", at)
	}
}

func FuzzParseFeed(f *testing.F) {
	for _, s := range []string{
		feedOf(entryOf{"One", "https://ferries.example/1", "g", "Text"}),
		`<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">T</title><entry><title>A</title><link href="/1"/><updated>2025-03-04T08:00:00Z</updated><content type="xhtml"><div>x</div></content></entry></feed>`,
		`<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>A</title><link href="//updated2025-03-04T08:00:00"/></entry></feed>`,
		`<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><item rdf:about="x"><title>A</title></item></rdf:RDF>`,
		`{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"1","content_text":"x"},{"id":"2"`,
		"<rss><channel><item><title><![CDATA[x", "<rss><item><a b='<item>", "\xff\xfe<\x00r\x00s\x00s\x00>\x00", "\x1f\x8b\x08",
		"<!DOCTYPE x [<!ENTITY a '&a;&a;'>]><rss><channel><title>&a;</title></channel></rss>", "<rss>&#x110000;</rss>", `<feed><s a="b c><s/`, "<?xml version='1.1' encoding='utf-16'?><rss/>",
		`<rss xml:base="https://ferries.example/a/"><item><description>&lt;a href="b">c&lt;/a></description><pubDate>4 mars 2025</pubDate><content:encoded><![CDATA[<p>Ferries</p>]]></content:encoded></item></rss>`,
	} {
		f.Add([]byte(s), "text/xml")
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		defer within(len(body))()
		in := Input{URL: "https://ferries.example/feed", ContentType: contentType, Body: body}
		feed, err := ParseFeed(in)
		if (feed == nil) == (err == nil) {
			t.Fatalf("%v, %v", feed, err)
		}
		if p := (*Problem)(nil); errors.As(err, &p) {
			t.Fatalf("%v: %v", err, errors.Unwrap(p))
		}
		if feed == nil {
			return
		}
		if again, _ := ParseFeed(in); !reflect.DeepEqual(again, feed) {
			t.Errorf("read twice: %+v, then %+v", feed, again)
		}
		checkTexts(t, "of the feed", false, feed.Title, feed.Description, feed.Language, feed.Author, feed.TitleHTML, strings.Join(feed.Warnings, " "))
		checkTexts(t, "title", true, feed.Title)
		checkLink(t, feed.Link)
		checkLink(t, feed.Hub)
		checkTime(t, feed.Updated)
		size := 0
		for _, it := range feed.Items {
			for _, s := range []string{it.Link, it.Canonical, it.SourceURL} {
				checkLink(t, s)
			}
			checkTexts(t, "title", true, it.Title, it.SourceTitle)
			checkTexts(t, "of an entry", false, it.ID, it.Author, it.Summary, it.Content, it.Lang, it.TitleHTML)
			checkTime(t, it.Published)
			checkTime(t, it.Updated)
			size += len(it.Link) + len(it.Title) + len(it.Summary) + len(it.Content) + len(it.ID)
		}
		if zipped := bytes.HasPrefix(body, []byte("\x1f\x8b")); !zipped && (len(feed.Items) > len(body)/2 || size > maxGrowth*(len(body)+1000)) {
			t.Errorf("%d entries of %d bytes from %d", len(feed.Items), size, len(body))
		}
		seen := map[string]bool{}
		for _, e := range keyEntries(feed.Items) {
			if a, _ := entry(e.plainItem, feed.Language); e.key == "" || seen[e.key] || a.Text != text.Normalize(a.Text) || a.Title != text.Normalize(a.Title) || a.Title == "" && a.Text != "" {
				t.Errorf("key %q, article %+v", e.key, a)
			}
			seen[e.key] = true
		}
	})
}

// maxGrowth is how many times the size of a feed its entries may have: a letter of another charset has three bytes, an escaped
// quotation mark five, a short link becomes a long one, and a title is kept twice.
const maxGrowth = 40

func FuzzReadPage(f *testing.F) {
	for _, s := range []string{pageOf("Ferries", "ferries"), "<html><head><base href='::'><link rel=canonical href='%zz'></head><p>x</p>", "<table><tr><td><p>" + strings.Repeat("<div>", 50), "\x00<p>\xff",
		`<html lang=fr><head><meta charset=iso-8859-1><meta property="article:published_time" content="9999-12-31T23:59:59-12:00"><meta name=author content="Ana"><link rel=canonical href="/1?a=b"></head><body>` + strings.Repeat("<p>Le bac part \xe0 l'aube, dit-on au port.</p>", 9)} {
		f.Add([]byte(s), "https://ferries.example/1")
	}
	f.Fuzz(func(t *testing.T, body []byte, u string) {
		defer within(2 * len(body))()
		p, err := ReadPage(Input{URL: u, Body: body})
		if err != nil {
			switch code := problemCode(t, err); {
			case code == codeDefect:
				t.Logf("third-party panic, kept: %v", err)
			case code == codeHeavy && len(body) < 50_000:
				t.Errorf("%d bytes took too long", len(body))
			}
			return
		}
		if p.Text != text.Normalize(p.Text) || utf8.RuneCountInString(p.Text) < minPageText || len(p.Text) > maxGrowth*len(body) {
			t.Errorf("text %q", p.Text)
		}
		checkTexts(t, "of the page", true, p.Title, p.Author, p.SiteName)
		checkTexts(t, "of the page", false, p.Lang, p.Note, p.Credits)
		checkLink(t, p.Canonical)
		if p.Canonical != "" && domainOf(hostOf(p.Canonical)) != domainOf(hostOf(u)) {
			t.Errorf("%q speaks for %q", u, p.Canonical)
		}
		checkTime(t, p.Published)
		if _, err := time.Parse(time.DateOnly, p.Date); p.Date != "" && err != nil {
			t.Errorf("day %q", p.Date)
		}
	})
}

func FuzzKey(f *testing.F) {
	for _, s := range []string{"https://www.ferries.example/a/../b?b=1&a=2#c", "//x/%2e%2E/amp", "http://[::1]:80/?ref=http://x", "http://m.www.amp.a/index.html/amp", "x?;;&&=", "::", "http://é/é?é", "https://ferries.example:8443/1?utm_source=a;b#c", ";\xb4c0\xc2\n\x85", "W..\u00ad", "%25.5.6/5", "http://[::]:80/?ref=::%htgip"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, u string) {
		defer within(len(u))()
		k, err := Key(u)
		if err != nil {
			return
		}
		if !utf8.ValidString(k) || strings.ContainsAny(k, "# \t\r\n") {
			t.Errorf("Key(%q) = %q", u, k)
		}
		same := []string{k, "http://" + k, "https://" + k, k + "#top"}
		if strings.Contains(k, "?") {
			same = append(same, k+"&utm_source=ferry")
		} else {
			same = append(same, k+"?utm_source=ferry", k+"/")
		}
		for _, s := range same {
			if again, err := Key(s); err != nil || again != k {
				t.Errorf("Key(%q) = %q, but of %q it is %q, %v", u, k, s, again, err)
			}
		}
	})
}

// A site that answers anything is asked a bounded number of times, for nothing but addresses of the web, and for none twice;
// what is found are addresses that can be read.
func FuzzDiscover(f *testing.F) {
	const at = "https://ferries.example/press/"
	page := `<html><head><base href="/x/"><title>Ferries</title><link rel="alternate" type="application/rss+xml" title="News" href="feed"></head><a href="https://ferries.example/rss">RSS</a>`
	feed := feedOf(entryOf{"One", "https://ferries.example/1", "g", "Text"})
	f.Add(at, page, feed, "text/html")
	f.Add("feed:ferries.example/press", feed, feed, "text/xml")
	f.Add("https://github.com/ferries/timetable.git", "<a href=/feed.xml><a href='//feed/rss'><a href=\"javascript:feed\">", feed, "")
	f.Add("https://www.youtube.com/channel/ferries?list=1", "", "<rss>", "text/html; charset=utf-16")
	f.Add("https://ana:secret@ferries.example/%zz", "<base href='http://a b/'><link rel=feed href='?x'>", "{}", "text/html")
	f.Fuzz(func(t *testing.T, raw, first, others, contentType string) {
		defer within(30 * (len(first) + len(others)))()
		find := func() (found []Candidate, asked []string, err error) {
			found, err = Discover(t.Context(), func(_ context.Context, u string) (string, http.Header, []byte, error) {
				asked = append(asked, u)
				if h := (http.Header{"Content-Type": {contentType}}); len(asked) == 1 {
					return at, h, []byte(first), nil
				} else {
					return u, h, []byte(others), nil
				}
			}, raw)
			return found, asked, err
		}
		found, asked, err := find()
		if (len(found) == 0) == (err == nil) || len(found) > maxCandidates {
			t.Errorf("%d found, %v", len(found), err)
		}
		if len(asked) > 1+maxAnchors+3+2*len(knownPaths) {
			t.Errorf("%d requests", len(asked))
		}
		seen := map[string]bool{}
		for i, u := range asked {
			if checkLink(t, u); u == "" || i > 0 && seen[u] {
				t.Errorf("asked for %q", asked)
			}
			seen[u] = true
		}
		clear(seen)
		for _, c := range found {
			if checkLink(t, c.URL); c.URL == "" || seen[c.URL] || !slices.Contains([]string{"feed", "link", "anchor", "pattern", "path"}, c.How) {
				t.Errorf("found %+v", found)
			}
			seen[c.URL] = true
			checkTexts(t, "title", true, c.Title)
		}
		if again, _, _ := find(); !slices.Equal(again, found) {
			t.Errorf("found %+v, then %+v", found, again)
		}
	})
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"<p>One</p><p>Two &amp; three</p>", "<script>x</script>a<br>b", "<ul><li>a<li>b</ul>", "&lt;b&gt;", "<p", "a\u200bb\u00a0c", "<table><td>x<td>y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Text(s)
		if got != text.Normalize(got) || !utf8.ValidString(got) {
			t.Errorf("Text(%q) = %q is not normalised", s, got)
		}
		if rest, _ := withoutTeaserMark(got); !strings.HasPrefix(got, rest) {
			t.Errorf("%q is no beginning of %q", rest, got)
		}
		rest, _, _ := takeCredits(got)
		if len(rest) > len(got) {
			t.Errorf("%q grew to %q", got, rest)
		}
	})
}
