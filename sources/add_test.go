package sources

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const sitePage = `<!doctype html><html><head><title>Ministry</title>%s</head><body><p>Welcome to the ministry of ferries.</p>%s</body></html>`

func fourNotices(site string) string {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Ministry of Ferries</title><link>` + site + `</link>`)
	for i, day := range []string{"02", "04", "01", "03"} {
		fmt.Fprintf(&b, "<item><title>Notice %s</title><link>%s/n/%d</link><pubDate>Sat, %s Mar 2025 08:00:00 GMT</pubDate></item>", day, site, i, day)
	}
	b.WriteString("</channel></rss>")
	return b.String()
}

func TestTryFindsFeeds(t *testing.T) {
	for _, c := range []struct {
		name  string
		given string
		set   func(w *web)
		feed  string
		most  int // requests
	}{
		{"the feed itself", "/feed.xml", func(*web) {}, "/feed.xml", 1},
		{"a link tag", "/", func(w *web) {
			w.text("/", "text/html", fmt.Sprintf(sitePage, `<link rel="alternate" type="application/rss+xml" href="feed.xml">`, ""))
		}, "/feed.xml", 2},
		{"a base", "/about/us", func(w *web) {
			w.text("/about/us", "text/html", fmt.Sprintf(sitePage, `<base href="/"><link type="application/atom+xml" href="feed.xml" rel="home ALTERNATE">`, ""))
		}, "/feed.xml", 2},
		{"comments come last", "/", func(w *web) {
			w.text("/", "text/html", fmt.Sprintf(sitePage, `<link rel=alternate type=application/rss+xml title="Comments" href="/comments/feed/"><link rel=alternate type=application/rss+xml href=/feed.xml>`, ""))
			w.text("/comments/feed/", "text/xml", feedOf())
		}, "/feed.xml", 2},
		{"an anchor", "/", func(w *web) {
			w.text("/", "text/html", fmt.Sprintf(sitePage, "", `<a href="/service/rss.php">RSS</a>`))
			w.text("/service/rss.php", "text/html", fourNotices(w.URL))
		}, "/service/rss.php", 2},
		{"a known path", "/", func(w *web) {
			w.text("/", "text/html", fmt.Sprintf(sitePage, "", ""))
			w.text("/atom.xml", "text/xml", fourNotices(w.URL))
			w.on("/feed.xml", nil)
		}, "/atom.xml", 8},
		{"a known path beside the page", "/en/news", func(w *web) {
			w.text("/en/news", "text/html", fmt.Sprintf(sitePage, "", ""))
			w.text("/en/rss.xml", "text/xml", fourNotices(w.URL))
		}, "/en/rss.xml", 8},
		{"a dead link tag, then one that lives", "/", func(w *web) {
			w.text("/", "text/html", fmt.Sprintf(sitePage, `<link rel=alternate type=application/rss+xml href=/old.xml><link rel=alternate type=application/rss+xml href=/feed.xml>`, ""))
		}, "/feed.xml", 3},
		{"moved for good", "/old.xml", func(w *web) {
			w.on("/old.xml", func(rw http.ResponseWriter, r *http.Request) {
				http.Redirect(rw, r, "/feed.xml", http.StatusMovedPermanently)
			})
		}, "/feed.xml", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWeb(t)
			w.text("/feed.xml", "application/rss+xml", fourNotices(w.URL))
			c.set(w)
			f, err := clientFor(t, ClientOptions{}, w).Try(t.Context(), "  "+w.URL+c.given+"\n")
			if err != nil {
				t.Fatalf("%v (asked for %v)", err, w.requests())
			}
			if f.URL != w.URL+c.feed || f.Title != "Ministry of Ferries" || f.Entries != 4 || f.Kind != "rss" || f.Private || f.Feed == nil {
				t.Errorf("%+v", f)
			}
			var titles []string
			for _, it := range f.Newest {
				titles = append(titles, it.Title)
			}
			if !slices.Equal(titles, []string{"Notice 04", "Notice 03", "Notice 02"}) {
				t.Errorf("newest %q", titles)
			}
			asked := w.requests()
			if len(asked) > c.most {
				t.Errorf("%d requests: %q", len(asked), asked)
			}
			slices.Sort(asked)
			if len(slices.Compact(asked)) != len(asked) {
				t.Errorf("something was fetched twice: %q", asked)
			}
		})
	}
}

func TestTryFailures(t *testing.T) {
	w := newWeb(t)
	w.text("/page", "text/html", fmt.Sprintf(sitePage, "", ""))
	w.text("/deadlink", "text/html", fmt.Sprintf(sitePage, `<link rel=alternate type=application/rss+xml href=/none.xml>`, ""))
	w.text("/image.png", "image/png", "\x89PNG\r\n\x1a\n"+strings.Repeat("x", 100))
	w.text("/paper.pdf", "application/pdf", "%PDF-1.4 ...")
	w.text("/empty", "text/xml", "")
	w.text("/junk", "application/octet-stream", "just some words")
	w.text("/login", "text/html", "")
	w.on("/login", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(401) })
	w.on("/gone", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(410) })
	w.on("/busy", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(429) })
	c := clientFor(t, ClientOptions{}, w)
	for given, code := range map[string]string{
		w.URL + "/page":                  codePage,
		w.URL + "/deadlink":              codePage,
		w.URL + "/image.png":             codeMedia,
		w.URL + "/paper.pdf":             codeMedia,
		w.URL + "/empty":                 codeEmpty,
		w.URL + "/junk":                  codeGarbage,
		w.URL + "/login":                 codeUnauthor,
		w.URL + "/gone":                  codeGone,
		w.URL + "/busy":                  codeThrottled,
		w.URL + "/missing":               codeNotFound,
		"http://127.0.0.1/feed":          codePrivate,
		"http://user:pw@example.org/":    codeUser,
		"ftp://example.org/feed":         codeScheme,
		"mailto:press@example.org":       codeScheme,
		"":                               codeURL,
		"just words":                     codeURL,
		"https://":                       codeURL,
		"http://[::1]:" + "99999/":       codeURL,
		"https://example.org:6379/feed":  codePort,
		"http://169.254.169.254/latest/": codePrivate,
	} {
		f, err := c.Try(t.Context(), given)
		if got := problemCode(t, err); got != code && !(given == "http://[::1]:99999/" && got == codePort) {
			t.Errorf("%s: %q (%v, %+v), want %q", given, got, err, f, code)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Try(ctx, w.URL+"/page"); problemCode(t, err) != codeStopped {
		t.Errorf("stopped: %v", err)
	}
}

func TestTryPrivateFeed(t *testing.T) {
	w := newWeb(t)
	w.text("/feed", "text/xml", fourNotices("https://ferries.example"))
	f, err := clientFor(t, ClientOptions{}, w).Try(t.Context(), w.URL+"/feed?token=abc")
	if err != nil || !f.Private || f.URL != w.URL+"/feed?token=abc" {
		t.Errorf("%+v, %v", f, err)
	}
	if m := Masked(f.URL); strings.Contains(m, "abc") {
		t.Errorf("masked %s", m)
	}
}

func TestTryEmptyFeed(t *testing.T) {
	w := newWeb(t)
	w.text("/feed", "text/xml", feedOf())
	f, err := clientFor(t, ClientOptions{}, w).Try(t.Context(), w.URL+"/feed")
	if err != nil || f.Entries != 0 || len(f.Warnings) != 1 {
		t.Errorf("%+v, %v", f, err)
	}
}

// The addresses that large sites are known to use.
func TestDiscoverPatterns(t *testing.T) {
	for given, want := range map[string]string{
		"https://www.youtube.com/channel/UC123":         "https://www.youtube.com/feeds/videos.xml?channel_id=UC123",
		"https://m.youtube.com/playlist?list=PL9":       "https://www.youtube.com/feeds/videos.xml?playlist_id=PL9",
		"github.com/ferries/timetable.git":              "https://github.com/ferries/timetable/releases.atom",
		"https://github.com/ferries":                    "https://github.com/ferries.atom",
		"https://old.reddit.com/r/diplomacy/":           "https://www.reddit.com/r/diplomacy/.rss",
		"feed:https://ferries.example/news?format=feed": "https://ferries.example/news?format=feed",
		"feed://ferries.example/rss":                    "https://ferries.example/rss",
	} {
		get := func(_ context.Context, u string) (string, http.Header, []byte, error) {
			if u == want {
				return u, nil, []byte(feedOf()), nil
			}
			return "", nil, nil, problem(codeNotFound, nil)
		}
		found, err := Discover(t.Context(), get, given)
		if err != nil || len(found) != 1 || found[0].URL != want {
			t.Errorf("%s: %+v, %v", given, found, err)
		}
	}
}
