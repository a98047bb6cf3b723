package sources

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

const watchedAt = "https://mfa.example/en/press/"

func watchInput(page string) Input {
	return Input{URL: watchedAt, ContentType: "text/html; charset=utf-8", Body: []byte(page)}
}

func saidItems(items []Item) string {
	var b strings.Builder
	for _, it := range items {
		day := "-"
		if !it.Published.IsZero() {
			day = it.Published.Format(time.DateOnly)
		}
		fmt.Fprintf(&b, "%s|%s\n", day, it.Title)
	}
	return b.String()
}

// The list of a page is found by what it looks like, and read again by what was learned.
func TestLearnWatch(t *testing.T) {
	a, err := txtar.ParseFile("testdata/watch/pages.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range a.Files {
		files[f.Name] = string(f.Data)
	}
	n := 0
	for name, page := range files {
		name, ok := strings.CutSuffix(name, ".html")
		if !ok {
			continue
		}
		n++
		want := files[name+".want"]
		watch, feed, ok := LearnWatch(watchInput(page))
		if !ok {
			if want != "" {
				t.Errorf("%s: no list was found", name)
			}
			continue
		}
		if got := saidItems(feed.Items); got != want {
			t.Errorf("%s: the list holds\n%swant\n%s", name, got, want)
		}
		again, moved, err := ReadWatch(watchInput(page), watch)
		if err != nil || moved != "" || saidItems(again.Items) != want {
			t.Errorf("%s: read again: moved %q, %v", name, moved, err)
		}
	}
	if n < 7 {
		t.Errorf("%d pages", n)
	}
}

// A page that is rebuilt is learned anew, and that is said; one that lost its list is an error.
func TestWatchRebuilt(t *testing.T) {
	a, err := txtar.ParseFile("testdata/watch/pages.txtar")
	if err != nil {
		t.Fatal(err)
	}
	page := string(a.Files[0].Data)
	watch, _, ok := LearnWatch(watchInput(page))
	if !ok {
		t.Fatal("no list was found")
	}
	rebuilt := strings.NewReplacer("news-list", "teasers", "item ", "entry ", "<h3>", "<h2>", "</h3>", "</h2>").Replace(page)
	feed, moved, err := ReadWatch(watchInput(rebuilt), watch)
	if err != nil || moved == "" || moved == watch || len(feed.Items) != 4 || len(feed.Warnings) != 1 {
		t.Errorf("moved %q, %+v, %v", moved, feed, err)
	}
	if _, _, err := ReadWatch(watchInput("<html><body><h1>Moved</h1></body></html>"), watch); !errors.Is(err, ErrNoFeed) {
		t.Errorf("a page without a list: %v", err)
	}
}

const newsMap = `<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc>https://mfa.example/en/press/2</loc><image:image><image:loc>https://mfa.example/2.jpg</image:loc></image:image><news:news><news:publication_date>2026-03-03T08:00:00Z</news:publication_date><news:title>Second &amp; last</news:title></news:news></url>
<url><loc>https://mfa.example/en/press/1</loc><news:news><news:publication_date>2026-03-02T08:00:00Z</news:publication_date><news:title>First</news:title></news:news></url>
<url><loc>https://mfa.example/en/press/0</loc><news:news><news:publication_date>2025-03-02T08:00:00Z</news:publication_date><news:title>Of last year</news:title></news:news></url>
<url><loc>https://mfa.example/contact</loc></url></urlset>`

func TestReadSitemap(t *testing.T) {
	f, _, err := ReadWatch(Input{URL: "https://mfa.example/news.xml", Body: []byte(newsMap)}, watchSitemap)
	if err != nil || saidItems(f.Items) != "2026-03-03|Second & last\n2026-03-02|First\n" || f.Items[0].Link != "https://mfa.example/en/press/2" {
		t.Fatalf("%+v, %v", f, err)
	}
	cut, err := parseSitemap(Input{URL: "https://mfa.example/news.xml", Body: []byte(newsMap[:strings.Index(newsMap, "Of last year")])})
	if err != nil || len(cut.items) != 2 {
		t.Errorf("cut off: %+v, %v", cut, err)
	}
	if _, err := parseSitemap(watchInput("<html><body>Not found</body></html>")); !errors.Is(err, ErrNotFeed) {
		t.Errorf("a page: %v", err)
	}
}

// Of a site without a feed its news sitemap is read, else the list of the page, else its sitemap; and the poller reads what was
// found, and then only what is new.
func TestTryWatch(t *testing.T) {
	web := newWeb(t)
	now := time.Date(2026, 3, 4, 8, 0, 0, 0, time.UTC)
	c := clientFor(t, ClientOptions{Now: func() time.Time { return now }}, web)
	items := []string{"Ministers meet in Porto to talk about quotas", "Embassy in Lima reopens after four years", "Statement on the ferry to the islands"}
	web.on("/press", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<html lang=en><head><title>Press</title></head><body><ul class=news>")
		for i, it := range items {
			fmt.Fprintf(w, "<li><span>%d March 2026</span> <a href='/press/item-%d-of-the-ministry-2026'>%s</a></li>", 3-i%3, i, it)
		}
		fmt.Fprint(w, "</ul></body></html>")
	})
	for i := range 5 {
		web.text(fmt.Sprintf("/press/item-%d-of-the-ministry-2026", i), "text/html", pageOf(fmt.Sprint("Item ", i), fmt.Sprint("item ", i)))
	}
	f, err := c.Try(t.Context(), web.URL+"/press")
	if err != nil || f.Kind != "page" || f.Watch == "" || f.Entries != 3 || f.Lang != "en" || len(f.Newest) != 3 || len(f.Warnings) != 1 {
		t.Fatalf("the page: %+v, %v", f, err)
	}

	d := newDesk(f.URL)
	d.rows[1].Watch = f.Watch
	p := NewPoller(logTo(&lines{}), c, d, PollerOptions{Now: func() time.Time { return now }})
	o := visitNow(t, p, d, 1)
	if o.Err != nil || len(o.Articles) != 3 || o.Articles[0].Teaser || o.Articles[0].Title != items[0] || o.Articles[0].Published.IsZero() {
		t.Fatalf("first visit: %+v", o)
	}
	items = append([]string{"Telephone call with the neighbour's minister"}, items...)
	now = now.Add(time.Hour)
	o = visitNow(t, p, d, 1)
	if o.Err != nil || len(o.Articles) != 4 { // the addresses moved on by one, so each has a new headline
		t.Fatalf("a later visit: %+v", o)
	}

	web.text("/robots.txt", "text/plain", "User-agent: *\nDisallow: /\nSitemap: "+web.URL+"/maps.xml\n")
	web.text("/maps.xml", "text/xml", "<sitemapindex><sitemap><loc>"+web.URL+"/pages.xml</loc></sitemap><sitemap><loc>"+web.URL+"/news.xml</loc></sitemap></sitemapindex>")
	web.text("/news.xml", "text/xml", newsMap)
	f, err = c.Try(t.Context(), web.URL+"/press")
	if err != nil || f.Kind != "sitemap" || f.Watch != watchSitemap || f.URL != web.URL+"/news.xml" || f.Entries != 2 {
		t.Fatalf("the news sitemap: %+v, %v", f, err)
	}

	web.text("/app", "text/html", "<html><head><title>News</title></head><body><div id=root></div><script src=/app.js></script></body></html>")
	web.text("/news.xml", "text/xml", "<urlset></urlset>")
	web.text("/pages.xml", "text/xml", "<urlset><url><loc>"+web.URL+"/a</loc><lastmod>2026-03-03</lastmod></url><url><loc>"+web.URL+"/b</loc><lastmod>2024-03-03</lastmod></url></urlset>")
	f, err = c.Try(t.Context(), web.URL+"/app")
	if err != nil || f.Kind != "sitemap" || f.URL != web.URL+"/pages.xml" || f.Entries != 1 {
		t.Fatalf("the sitemap: %+v, %v", f, err)
	}

	web.text("/pages.xml", "text/xml", "<urlset></urlset>")
	if _, err := c.Try(t.Context(), web.URL+"/app"); problemCode(t, err) != codePage {
		t.Errorf("a page with nothing to watch: %v", err)
	}
}

func FuzzWatch(f *testing.F) {
	a, err := txtar.ParseFile("testdata/watch/pages.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range a.Files {
		f.Add(file.Data)
	}
	f.Add([]byte(newsMap))
	f.Fuzz(func(t *testing.T, page []byte) {
		in := Input{URL: watchedAt, ContentType: "text/html", Body: page}
		watch, feed, ok := LearnWatch(in)
		if ok {
			again, moved, err := ReadWatch(in, watch)
			if err != nil || moved != "" || len(again.Items) != len(feed.Items) {
				t.Errorf("what was learned is not read: %v", err)
			}
		}
		if _, _, err := ReadWatch(in, watchSitemap); err != nil && !errors.Is(err, ErrNotFeed) && !errors.Is(err, ErrNoFeed) {
			t.Errorf("sitemap: %v", err)
		}
	})
}
