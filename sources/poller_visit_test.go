package sources

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// A bench is a poller over one site and one source, visited by hand.
type bench struct {
	*Poller
	*desk
	web *web
	now time.Time
	log *lines
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{web: newWeb(t), now: time.Date(2025, 3, 4, 8, 0, 0, 0, time.UTC), log: &lines{}}
	now := func() time.Time { return b.now }
	b.desk = newDesk(b.web.URL + "/feed.xml")
	b.Poller = NewPoller(logTo(b.log), clientFor(t, ClientOptions{Now: now}, b.web), b.desk, PollerOptions{Interval: 15 * time.Minute, Now: now})
	return b
}

func (b *bench) visitOnce(t *testing.T) Outcome {
	t.Helper()
	o := visitNow(t, b.Poller, b.desk, 1)
	b.now = b.now.Add(15 * time.Minute)
	return o
}

// feed answers with entries, and with 304 to whoever has that already.
func (b *bench) feed(etag string, entries ...entryOf) {
	body := feedOf(entries...)
	b.web.on("/feed.xml", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "application/rss+xml")
		_, _ = w.Write([]byte(body))
	})
}

func TestVisitNewUnchangedChanged(t *testing.T) {
	b := newBench(t)
	link := b.web.URL + "/news/1"
	b.feed(`W/"1"`, entryOf{"Ferries resume", link, "g1", long("ferries")})
	o := b.visitOnce(t)
	if o.Err != nil || len(o.Articles) != 1 || o.Entries != 1 || o.Title != "Ministry of Ferries" || o.ETag != `W/"1"` || o.Lang != "en" {
		t.Fatalf("first visit: %+v", o)
	}
	if a := o.Articles[0]; a.Teaser || a.URL != link || a.GUID != "g1" || !strings.HasPrefix(a.Text, "The delegation") || a.Hash == "" {
		t.Fatalf("article: %+v", a)
	}
	if w := o.At.Add(7 * time.Minute); !o.Next.After(w) || o.Next.After(o.At.Add(24*time.Minute)) {
		t.Errorf("next visit %v after %v", o.Next, o.At)
	}
	o = b.visitOnce(t)
	if !o.NotModified || len(o.Articles) != 0 || b.web.lastHeader().Get("If-None-Match") != `W/"1"` {
		t.Fatalf("second visit: %+v", o)
	}
	// Another entry, and new words in the old one; the title of a third vanished before.
	b.feed(`W/"2"`, entryOf{"Ferries stop", b.web.URL + "/news/2", "g2", long("strikes")}, entryOf{"Ferries resume", link, "g1", long("tickets")})
	o = b.visitOnce(t)
	if len(o.Articles) != 2 || !strings.Contains(b.article(t, 1, "Ferries resume").Text, "tickets") {
		t.Fatalf("third visit: %+v", o)
	}
	// The same feed under another ETag: nothing to take.
	b.feed(`W/"3"`, entryOf{"Ferries stop", b.web.URL + "/news/2", "g2", long("strikes")})
	if o = b.visitOnce(t); o.NotModified || len(o.Articles) != 0 || o.ETag != `W/"3"` {
		t.Fatalf("fourth visit: %+v", o)
	}
	if got := b.titles(1); !slices.Equal(got, []string{"Ferries resume", "Ferries stop"}) {
		t.Errorf("stored %q", got)
	}
	if got := b.web.requests(); !slices.Equal(got, []string{"/feed.xml", "/feed.xml", "/feed.xml", "/feed.xml"}) {
		t.Errorf("asked for %q", got)
	}
}

func TestVisitReadsPagesOfTeasers(t *testing.T) {
	b := newBench(t)
	b.feed("1", entryOf{"Ferries resume", b.web.URL + "/news/1?utm_source=rss", "g1", "The minister has spoken. [&amp;hellip;]"})
	b.web.text("/news/1", "text/html", strings.Replace(pageOf("Ferries resume", "ferries"), "</head>", `<link rel=canonical href="/news/1"></head>`, 1))
	o := b.visitOnce(t)
	if len(o.Articles) != 1 {
		t.Fatalf("%+v", o)
	}
	a := o.Articles[0]
	if a.Teaser || strings.Count(a.Text, "\n") != 1 || !strings.HasPrefix(a.Text, "The delegation spoke") {
		t.Errorf("text %q", a.Text)
	}
	if a.Note != "English version by Ana Ferry" || strings.Contains(a.Text, "Ana Ferry") {
		t.Errorf("note %q", a.Note)
	}
	if a.URL != b.web.URL+"/news/1" {
		t.Errorf("readers are sent to %s", a.URL)
	}
	if o.ETag != "1" {
		t.Error("validators were dropped though everything was read")
	}
}

func TestVisitRetriesPages(t *testing.T) {
	b := newBench(t)
	b.feed("1", entryOf{"Ferries resume", b.web.URL + "/news/1", "g1", "The minister has spoken."})
	broken := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	b.web.on("/news/1", broken)
	o := b.visitOnce(t)
	a := o.Articles[0]
	if !a.Teaser || a.Text != "The minister has spoken." || a.Problem != problems[codeServer].sentence {
		t.Fatalf("article: %+v", a)
	}
	if o.Err != nil || o.ETag != "" || len(o.Warnings) != 1 || !strings.Contains(o.Warnings[0], "1 articles could not be read whole") {
		t.Fatalf("outcome: %+v", o)
	}
	// It recovers, though feed and entry are the same.
	b.web.text("/news/1", "text/html", pageOf("Ferries resume", "ferries"))
	o = b.visitOnce(t)
	if len(o.Articles) != 1 || o.Articles[0].Teaser || o.ETag != "1" {
		t.Fatalf("after recovery: %+v", o)
	}
	if o = b.visitOnce(t); !o.NotModified {
		t.Errorf("later: %+v", o)
	}
}

func TestVisitGivesUpOnPages(t *testing.T) {
	for _, c := range []struct {
		name  string
		page  http.HandlerFunc
		times int
	}{
		{"server error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, 1 + pageTries},
		{"no text", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("<html><body><p>Log in</p></body></html>"))
		}, 1},
		{"broken off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write([]byte(pageOf("Ferries resume", "ferries")))
		}, 1 + pageTries},
		{"into the private network", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://10.0.0.1/", http.StatusFound)
		}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.feed("1", entryOf{"Ferries resume", b.web.URL + "/news/1", "g1", "The minister has spoken."})
			b.web.on("/news/1", c.page)
			for range 8 {
				b.visitOnce(t)
			}
			n := 0
			for _, r := range b.web.requests() {
				if r == "/news/1" {
					n++
				}
			}
			if n != c.times {
				t.Errorf("the page was asked for %d times, want %d", n, c.times)
			}
			if a := b.article(t, 1, "Ferries resume"); !a.Teaser || a.Text != "The minister has spoken." {
				t.Errorf("article: %+v", a)
			}
			if b.row(1).ETag != "1" {
				t.Error("the feed is still fetched without a condition")
			}
		})
	}
}

// A changed entry whose page cannot be read now keeps the whole text it has, and is tried again.
func TestVisitTeaserNeverReplacesText(t *testing.T) {
	b := newBench(t)
	b.feed("1", entryOf{"Ferries resume", b.web.URL + "/news/1", "g1", "The minister has spoken."})
	b.web.text("/news/1", "text/html", pageOf("Ferries resume", "ferries"))
	b.visitOnce(t)
	b.feed("2", entryOf{"Ferries resume", b.web.URL + "/news/1", "g1", "The minister has spoken again."})
	b.web.on("/news/1", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) })
	b.visitOnce(t)
	if a := b.article(t, 1, "Ferries resume"); !strings.Contains(a.Text, "ferries") {
		t.Fatalf("text %q", a.Text)
	}
	b.web.text("/news/1", "text/html", pageOf("Ferries resume", "tickets"))
	b.visitOnce(t)
	if a := b.article(t, 1, "Ferries resume"); !strings.Contains(a.Text, "tickets") {
		t.Errorf("text %q", a.Text)
	}
}

// A dead host of pages costs a visit two requests, not one for each entry.
func TestVisitAsksADeadPageHostTwice(t *testing.T) {
	b := newBench(t)
	dead := newWeb(t)
	var entries []entryOf
	for i := range 10 {
		entries = append(entries, entryOf{fmt.Sprint("Notice ", i), fmt.Sprint(dead.URL, "/", i), "", "Short."})
	}
	b.Poller.client = clientFor(t, ClientOptions{}, b.web, dead)
	dead.Close()
	b.feed("1", entries...)
	o := b.visitOnce(t)
	if len(o.Articles) != 10 || !o.Articles[9].Teaser {
		t.Fatalf("%d articles", len(o.Articles))
	}
	if !strings.Contains(o.Articles[9].Hash, tryMark) || o.ETag != "" {
		t.Error("the pages are not tried again")
	}
}

// An entry that says nothing is counted and left out; it does not keep the feed from being settled.
func TestVisitEmptyEntries(t *testing.T) {
	b := newBench(t)
	b.feed("1", entryOf{"", b.web.URL + "/500", "", ""}, entryOf{"", "", "", ""}, entryOf{"", "", "", long("ferries")})
	b.web.on("/500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	o := b.visitOnce(t)
	if len(o.Articles) != 1 || !strings.HasPrefix(o.Articles[0].Title, "The delegation") || o.ETag != "1" || !strings.Contains(strings.Join(o.Warnings, " "), "2 entries have neither") {
		t.Errorf("%+v", o)
	}
}

func TestVisitReadsABigFeedInParts(t *testing.T) {
	b := newBench(t)
	const n = 2*maxPages + 5
	var entries []entryOf
	for i := range n {
		entries = append(entries, entryOf{fmt.Sprintf("Notice %03d", i), fmt.Sprint(b.web.URL, "/n/", i), "", "Short."})
		b.web.text(fmt.Sprint("/n/", i), "text/html", pageOf(fmt.Sprintf("Notice %03d", i), fmt.Sprint("harbour ", i)))
	}
	b.feed("1", entries...)
	var took []int
	for range 4 {
		o := b.visitOnce(t)
		took = append(took, len(o.Articles))
		if rest := len(took) < 3; rest != (o.ETag == "") || rest != o.Next.Equal(o.At.Add(soon)) {
			t.Errorf("visit %d: validators %q, next in %v", len(took), o.ETag, o.Next.Sub(o.At))
		}
	}
	if !slices.Equal(took, []int{maxPages, maxPages, 5, 0}) {
		t.Errorf("took %v", took)
	}
	for _, title := range b.titles(1) {
		if b.article(t, 1, title).Teaser {
			t.Errorf("%s is a teaser", title)
		}
	}
}

func TestVisitBrokenFeed(t *testing.T) {
	b := newBench(t)
	whole := feedOf(entryOf{"One", b.web.URL + "/1", "", long("one")}, entryOf{"Two", b.web.URL + "/2", "", long("two")})
	at := strings.Index(whole, "spoke at length about two") + 300
	b.web.on("/feed.xml", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", "same")
		if r.Header.Get("If-None-Match") == "same" {
			w.WriteHeader(304)
			return
		}
		_, _ = w.Write([]byte(whole[:at]))
	})
	o := b.visitOnce(t)
	if o.Err != nil || len(o.Warnings) == 0 || o.ETag != "" || len(b.titles(1)) != 2 {
		t.Fatalf("broken: %+v", o)
	}
	if a := b.article(t, 1, "Two"); !a.Teaser {
		t.Errorf("half an entry passes for whole: %+v", a)
	}
	at = len(whole)
	o = b.visitOnce(t)
	if a := b.article(t, 1, "Two"); a.Teaser || strings.Count(a.Text, "two") != 40 || o.ETag != "same" {
		t.Errorf("mended: %+v", a)
	}
	// What is stored whole is not replaced by half of it.
	at = strings.Index(whole, "spoke at length about two") + 300
	b.web.on("/feed.xml", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(whole[:at])) })
	b.visitOnce(t)
	if a := b.article(t, 1, "Two"); a.Teaser || strings.Count(a.Text, "two") != 40 {
		t.Errorf("broken again: %+v", a)
	}
}

// A connection that breaks off between two entries tells nothing in the text; the rest must come all the same.
func TestVisitShortBody(t *testing.T) {
	b := newBench(t)
	whole := feedOf(entryOf{"One", b.web.URL + "/1", "", long("one")}, entryOf{"Two", b.web.URL + "/2", "", long("two")})
	b.web.on("/feed.xml", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", "same")
		w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
		_, _ = w.Write([]byte(whole[:strings.Index(whole, "<item><title>Two")]))
	})
	o := b.visitOnce(t)
	if o.ETag != "" || !slices.Equal(b.titles(1), []string{"One"}) || len(o.Warnings) == 0 {
		t.Errorf("%+v", o)
	}
}

func TestVisitRedirects(t *testing.T) {
	b := newBench(t)
	b.web.on("/feed.xml", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/new.xml", http.StatusMovedPermanently)
	})
	b.web.text("/new.xml", "text/xml", feedOf(entryOf{"One", b.web.URL + "/1", "", long("one")}))
	for i := 1; i < movedSightings; i++ {
		if o := b.visitOnce(t); o.NewURL != "" || o.MovedSeen != i {
			t.Fatalf("sighting %d: %+v", i, o)
		}
	}
	if o := b.visitOnce(t); o.NewURL != b.web.URL+"/new.xml" || o.MovedSeen != 0 {
		t.Fatalf("third sighting: %+v", o)
	}
	b.web.requests()
	b.visitOnce(t)
	if got := b.web.requests(); !slices.Equal(got, []string{"/new.xml"}) {
		t.Errorf("asked for %q", got)
	}
}

// A feed that is sent to a page of the hotel's network is not moved there, however often that is seen.
func TestVisitRedirectToAPage(t *testing.T) {
	b := newBench(t)
	b.web.on("/feed.xml", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/login", http.StatusMovedPermanently)
	})
	b.web.text("/login", "text/html", pageOf("Welcome", "rooms"))
	for i := range 5 {
		o := b.visitOnce(t)
		if problemCode(t, o.Err) != codePage || o.NewURL != "" || o.Moved != "" || o.Failures != i+1 {
			t.Fatalf("%+v", o)
		}
	}
	// Nor is one that is moved for the time being.
	b.web.on("/feed.xml", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/new.xml", http.StatusFound) })
	b.web.text("/new.xml", "text/xml", feedOf(entryOf{"One", b.web.URL + "/1", "", long("one")}))
	for range 4 {
		if o := b.visitOnce(t); o.Err != nil || o.NewURL != "" || o.MovedSeen != 0 || o.Failures != 0 {
			t.Fatalf("%+v", o)
		}
	}
}

// BenchmarkVisit measures visits over loopback and a store in memory, one after the other.
func BenchmarkVisit(b *testing.B) {
	w := newWeb(b)
	body := feedOf(func() (es []entryOf) {
		for i := range 30 {
			es = append(es, entryOf{fmt.Sprint("Notice ", i), fmt.Sprint(w.URL, "/", i), fmt.Sprint("g", i), long("harbours")})
		}
		return es
	}()...)
	w.on("/feed.xml", func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		rw.Header().Set("ETag", "1")
		_, _ = rw.Write([]byte(body))
	})
	w.text("/plain.xml", "text/xml", body)
	d := newDesk(w.URL+"/feed.xml", w.URL+"/plain.xml")
	p := NewPoller(slog.New(slog.DiscardHandler), clientFor(b, ClientOptions{}, w), d, PollerOptions{})
	run := func(b *testing.B, id int64, forget bool) {
		b.ReportAllocs()
		for b.Loop() {
			if forget {
				d.mu.Lock()
				delete(d.articles, id)
				d.mu.Unlock()
			}
			p.visit(b.Context(), d.row(id).Visit)
		}
		if err := d.row(id).err; err != nil {
			b.Fatal(err)
		}
	}
	p.visit(b.Context(), d.row(1).Visit)
	b.Run("not modified", func(b *testing.B) { run(b, 1, false) })
	b.Run("unchanged without validators", func(b *testing.B) { run(b, 2, false) })
	b.Run("30 new entries", func(b *testing.B) { run(b, 2, true) })
}
