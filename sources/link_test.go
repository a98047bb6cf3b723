package sources

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// longPage is a page with an article of n sentences, and head in its head.
func longPage(head string, n int) string {
	var b strings.Builder
	b.WriteString("<!doctype html><html lang=\"en\"><head><title>Ferries on the lake</title>" + head + "</head><body><article><h1>Ferries on the lake</h1>")
	for i := range n {
		fmt.Fprintf(&b, "<p>On the %d. day of the talks the harbourmasters of the lake spoke of ferries, of bells and of the fog between them.</p>", i+1)
	}
	b.WriteString("</article></body></html>")
	return b.String()
}

// A linkClient reads links of a web on loopback; pass moves its clock.
func linkClient(t *testing.T, w *web) (c *Client, pass func(time.Duration)) {
	t.Helper()
	var mu sync.Mutex
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	c = clientFor(t, ClientOptions{MaxPage: 1 << 20, Resolver: resolverFor(t, nil), Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}}, w)
	return c, func(d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(d)
	}
}

func TestReadLink(t *testing.T) {
	w := newWeb(t)
	html := "text/html; charset=utf-8"
	w.text("/long", html, longPage("", 6))
	w.text("/short", html, longPage("", 3))
	w.text("/tiny", html, longPage("", 1))
	w.text("/paid", html, longPage(`<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script>`, 6))
	w.text("/paid-tiny", html, longPage(`<meta itemprop="isAccessibleForFree" content="False">`, 1))
	w.text("/free", html, longPage(`<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":true}</script>`, 6))
	w.text("/own", html, longPage(`<link rel="canonical" href="/own">`, 6))
	w.text("/other", html, longPage(`<link rel="canonical" href="/long">`, 6))
	w.text("/empty", html, "")
	w.text("/pdf", "application/pdf", "%PDF-1.7 x")
	w.text("/picture", "image/gif", "GIF89a")
	w.text("/feed", html, `<?xml version="1.0"?><rss version="2.0"><channel><title>x</title></channel></rss>`)
	w.text("/data", "application/json", `{"a":1}`)
	w.text("/large", html, strings.Repeat("<p>x</p>", 1<<18))
	w.text("/consent/ask", html, longPage("", 6))
	w.on("/half", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", html)
		rw.Header().Set("Content-Length", "100000")
		_, _ = rw.Write([]byte(longPage("", 6)))
	})
	for from, to := range map[string]string{"/moved": "/long?utm_source=x", "/loop": "/loop", "/inside": "http://169.254.169.254/secret", "/cookies": "/consent/ask",
		"/nowhere": "https://nowhere.example/long", "/gone-to": "/gone"} {
		w.on(from, func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, to, http.StatusFound) })
	}
	for path, status := range map[string]int{"/login": 401, "/pay": 402, "/forbidden": 403, "/gone": 410, "/many": 429, "/broken": 500} {
		w.on(path, func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(status) })
	}
	c, _ := linkClient(t, w)
	for _, x := range []struct {
		path, code, url string
		paid, short     bool
	}{
		{"/long", "", "/long", false, false},
		{"/long#part", "", "/long", false, false},
		{"/short", "", "/short", false, true},
		{"/tiny", codeNoText, "/tiny", false, false},
		{"/paid", "", "/paid", true, false},
		{"/paid-tiny", codePaid, "/paid-tiny", true, false},
		{"/free", "", "/free", false, false},
		{"/own?fbclid=2vKx9bDqWzR7nLmT4cYp", "", "/own", false, false}, // its own name, without the mark of how a reader came
		{"/other", "", "/other", false, false},                         // a page does not pass for another
		{"/moved", "", "/long?utm_source=x", false, false},
		{"/empty", codeEmpty, "/empty", false, false},
		{"/pdf", codePDF, "/pdf", false, false},
		{"/picture", codeMedia, "/picture", false, false},
		{"/feed", codeFeed, "/feed", false, false},
		{"/data", codeNoPage, "/data", false, false},
		{"/large", codeTooLarge, "/large", false, false},
		{"/half", codeBroken, "/half", false, false},
		{"/cookies", codeConsent, "/consent/ask", false, false},
		{"/consent/ask", "", "/consent/ask", false, false}, // an article about consent
		{"/loop", codeRedirects, "/loop", false, false},
		{"/inside", codeRedirectIn, "/inside", false, false},
		{"/nowhere", codeDNS, "https://nowhere.example/long", false, false}, // where it leads is known although nothing answers there
		{"/gone-to", codeGone, "/gone", false, false},
		{"/login", codeUnauthor, "/login", false, false},
		{"/pay", codeUnauthor, "/pay", false, false},
		{"/forbidden", codeForbidden, "/forbidden", false, false},
		{"/many", codeThrottled, "/many", false, false},
		{"/broken", codeServer, "/broken", false, false},
		{"/missing", codeNotFound, "/missing", false, false},
	} {
		l, err := c.ReadLink(t.Context(), w.URL+x.path)
		want := x.url
		if strings.HasPrefix(want, "/") {
			want = w.URL + want
		}
		if x.code == "" && err == nil {
			if l.Title != "Ferries on the lake" || !strings.HasPrefix(l.Text, "On the 1. day") || l.Lang != "en" {
				t.Errorf("%s: %+v", x.path, l.Page)
			}
		} else if got := problemCode(t, err); got != x.code {
			t.Errorf("%s: %s, want %s", x.path, got, x.code)
		}
		if l.URL != want || l.Paid != x.paid || l.Short != x.short || l.Private {
			t.Errorf("%s: %q, paid %t, short %t, private %t", x.path, l.URL, l.Paid, l.Short, l.Private)
		}
		if err != nil && strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("%s: %v", x.path, err)
		}
	}
}

// What the guard refuses is not asked for, and its address is not known: nothing can be looked up by it.
func TestReadLinkRefused(t *testing.T) {
	w := newWeb(t)
	c, _ := linkClient(t, w)
	for raw, code := range map[string]string{
		"http://127.0.0.1/": codePrivate, "http://169.254.169.254/": codePrivate, "http://localhost/": codePrivate, "http://2130706433/": codePrivate,
		"ftp://news.example/": codeScheme, "https://user:word@news.example/": codeUser, "http://news.example:22/": codePort, "": codeScheme,
	} {
		l, err := c.ReadLink(t.Context(), raw)
		if problemCode(t, err) != code || l.URL != "" {
			t.Errorf("%q: %q, %v", raw, l.URL, err)
		}
		if _, known, err := c.RecallLink(raw); !known || problemCode(t, err) != code {
			t.Errorf("%q would be fetched: %v", raw, err)
		}
	}
	if asked := w.requests(); len(asked) > 0 {
		t.Errorf("asked %q", asked)
	}
}

// What was read is not fetched again for a while, by the link or where it led; what failed for a shorter while; what is
// private never is kept.
func TestReadLinkRemembers(t *testing.T) {
	w := newWeb(t)
	w.text("/long", "text/html", longPage("", 6))
	w.on("/moved", func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, "/long", http.StatusFound) })
	w.on("/to-secret", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/long?token=s3cr3t", http.StatusFound)
	})
	c, pass := linkClient(t, w)
	ask := func(path string, want ...string) {
		t.Helper()
		_, known, kerr := c.RecallLink(w.URL + path)
		_, err := c.ReadLink(t.Context(), w.URL+path)
		asked := w.requests()
		if !slices.Equal(asked, want) || known != (len(want) == 0) || known && (err == nil) != (kerr == nil) {
			t.Errorf("%s: asked %q (known %t, %v, %v), want %q", path, asked, known, kerr, err, want)
		}
	}
	ask("/moved", "/moved", "/long")
	ask("/moved")
	ask("/long")
	ask("/long#fragment")
	pass(linkKept - time.Second)
	ask("/long")
	pass(time.Second)
	ask("/long", "/long")
	ask("/moved", "/moved", "/long")

	ask("/missing", "/missing")
	ask("/missing")
	pass(linkFailed)
	ask("/missing", "/missing")

	for _, path := range []string{"/long?token=s3cr3t", "/to-secret"} {
		for range 2 {
			l, err := c.ReadLink(t.Context(), w.URL+path)
			if err != nil || !l.Private || len(w.requests()) == 0 {
				t.Errorf("%s: private %t, %v", path, l.Private, err)
			}
		}
	}
	for url := range c.links.of {
		if strings.Contains(url, "s3cr3t") {
			t.Errorf("%s is kept", url)
		}
	}

	// What was given up is not taken for the page's failure.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.ReadLink(ctx, w.URL+"/other"); problemCode(t, err) != codeStopped {
		t.Error(err)
	}
	w.requests()
	w.text("/other", "text/html", longPage("", 6))
	ask("/other", "/other")
}

// Many who ask for a page at the same time fetch it once.
func TestReadLinkOnce(t *testing.T) {
	w := newWeb(t)
	w.text("/long", "text/html", longPage("", 6))
	c, _ := linkClient(t, w)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if l, err := c.ReadLink(t.Context(), w.URL+"/long"); err != nil || l.Title == "" {
				t.Errorf("%+v, %v", l, err)
			}
		})
	}
	wg.Wait()
	if asked := w.requests(); len(asked) != 1 {
		t.Errorf("asked %q", asked)
	}
}

func TestLinkMemoryIsBounded(t *testing.T) {
	m := newLinkMemory()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	of := func(i int) string { return fmt.Sprintf("https://news.example/%d", i) }
	check := func(newest int) {
		t.Helper()
		sum := 0
		for _, e := range m.order {
			sum += e.size
		}
		if m.bytes != sum || sum > linkBytes || len(m.order) > linkCount || len(m.of) > 2*len(m.order) {
			t.Fatalf("%d bytes, summed %d, %d entries under %d names", m.bytes, sum, len(m.order), len(m.of))
		}
		if _, ok, _ := m.recall(of(newest), now); !ok {
			t.Fatal("the newest is forgotten")
		}
	}
	long := strings.Repeat("x", maxText)
	for i := range 40 {
		m.keep([]string{of(i), of(i) + "/final"}, Linked{Page: Page{Text: long}}, nil, now)
		check(i)
	}
	if _, ok, _ := m.recall(of(0), now); ok || len(m.order) < 10 {
		t.Errorf("%d entries", len(m.order))
	}
	for i := range 3 * linkCount {
		m.keep([]string{of(i)}, Linked{}, errors.New("x"), now)
	}
	check(3*linkCount - 1)
	m.keep([]string{of(7)}, Linked{Page: Page{Title: "new"}}, nil, now) // again, under the name of one that is kept
	if l, _, _ := m.recall(of(7), now); l.Title != "new" {
		t.Errorf("%+v", l)
	}
	now = now.Add(linkKept)
	if _, ok, _ := m.recall(of(7), now); ok || len(m.order)+len(m.of)+m.bytes != 0 {
		t.Errorf("%d entries, %d names, %d bytes are left", len(m.order), len(m.of), m.bytes)
	}
}

func TestConsents(t *testing.T) {
	for _, c := range []struct {
		asked, led string
		want       bool
	}{
		{"https://news.example/a", "https://consent.news.example/v2/collect?back=a", true},
		{"https://zeitung.example/a", "https://zeitung.example/zustimmung?url=a", true},
		{"https://news.example/a", "https://news.example/a?utm=1", false},
		{"https://news.example/consent/law", "https://news.example/consent/law", false},
		{"https://short.example/a", "https://news.example/the-law-on-consent", false},
	} {
		if got := consents(c.asked, c.led); got != c.want {
			t.Errorf("%s to %s: %t", c.asked, c.led, got)
		}
	}
}
