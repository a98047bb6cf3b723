package sources

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// What a second look at the page of an article makes of it.
func TestRecheck(t *testing.T) {
	status := func(n int) func(*bench) {
		return func(b *bench) {
			b.web.on("/news/1", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) })
		}
	}
	page := func(body string) func(*bench) {
		return func(b *bench) { b.web.text("/news/1", "text/html", body) }
	}
	shown := pageOf("Ferries resume", "ferries")
	for _, c := range []struct {
		name      string
		page      func(*bench)
		withdrawn bool
		found     PageState
		revised   string // words of the new revision, "" for none
	}{
		{name: "the same", page: page(shown), found: PageThere},
		{name: "other words", page: page(strings.Replace(shown, "nobody left the hall early", "two left the hall early", 1)), found: PageThere, revised: "two left"},
		{name: "a line that counts", page: page(strings.Replace(shown, "<p>The delegation", "<p>Read by 4711 people</p><p>The delegation", 1)), found: PageThere},
		{name: "half of it", page: page(strings.Replace(shown, strings.Repeat("A second round on ferries follows in the spring. ", 5), "Subscribe to read on, it costs little.", 1)), found: PageThere},
		{name: "not found", page: status(404), found: PageMissing},
		{name: "gone", page: status(410), found: PageGone},
		{name: "out of order", page: status(503), found: PageUnknown},
		{name: "forbidden", page: status(403), found: PageUnknown},
		{name: "back again", page: page(shown), withdrawn: true, found: PageThere, revised: "The delegation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.feed("1", entryOf{"Ferries resume", b.web.URL + "/news/1", "g1", "The minister has spoken."})
			b.web.text("/news/1", "text/html", shown)
			o := b.visitOnce(t)
			if len(o.Articles) != 1 || !o.Articles[0].Paged {
				t.Fatalf("first visit: %+v", o)
			}
			was := o.Articles[0]
			b.desk.shown = map[string]Recheck{was.Key: {Withdrawn: c.withdrawn}}
			c.page(b)
			o = b.visitOnce(t) // the feed is as it was
			if o.Err != nil || !o.NotModified || !slices.Equal(o.Checked, []Checked{{was.Key, c.found}}) {
				t.Fatalf("second visit: %v, checked %+v", o.Err, o.Checked)
			}
			if c.revised == "" {
				if len(o.Articles) != 0 {
					t.Errorf("revised: %+v", o.Articles)
				}
				return
			}
			if len(o.Articles) != 1 || !strings.Contains(o.Articles[0].Text, c.revised) || o.Articles[0].Key != was.Key || o.Articles[0].Hash != was.Hash ||
				o.Articles[0].Title != was.Title || !o.Articles[0].Published.Equal(was.Published) {
				t.Errorf("revised %+v, was %+v", o.Articles, was)
			}
		})
	}
}

// A text that came whole with the feed is not compared with its page, but that the page is gone is seen.
func TestRecheckOfFeedText(t *testing.T) {
	b := newBench(t)
	b.feed("1", entryOf{"Ferries resume", b.web.URL + "/news/1", "g1", long("ferries")})
	b.web.text("/news/1", "text/html", pageOf("Ferries resume", "tickets"))
	was := b.visitOnce(t).Articles[0]
	b.desk.shown = map[string]Recheck{was.Key: {}}
	if o := b.visitOnce(t); len(o.Articles) != 0 || !slices.Equal(o.Checked, []Checked{{was.Key, PageThere}}) {
		t.Errorf("%+v, checked %+v", o.Articles, o.Checked)
	}
	b.web.on("/news/1", http.NotFound)
	if o := b.visitOnce(t); len(o.Articles) != 0 || !slices.Equal(o.Checked, []Checked{{was.Key, PageMissing}}) {
		t.Errorf("%+v, checked %+v", o.Articles, o.Checked)
	}
}

// A page that robots.txt keeps programs from is not looked at again either.
func TestRecheckHeedsRobots(t *testing.T) {
	b := newBench(t)
	b.feed("1", entryOf{"Ferries resume", b.web.URL + "/news/1", "g1", long("ferries")})
	b.web.text("/robots.txt", "text/plain", "User-agent: *\nDisallow: /news/\n")
	b.web.on("/news/1", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	was := b.visitOnce(t).Articles[0]
	b.desk.shown = map[string]Recheck{was.Key: {}}
	if o := b.visitOnce(t); !slices.Equal(o.Checked, []Checked{{was.Key, PageUnknown}}) {
		t.Errorf("checked %+v", o.Checked)
	}
	if asked := b.web.requests(); slices.Contains(asked, "/news/1") {
		t.Errorf("asked for %q", asked)
	}
}

// A visit looks at few pages again, and at none that it read anyway.
func TestRecheckFew(t *testing.T) {
	b := newBench(t)
	var entries []entryOf
	for i := range 6 {
		path := fmt.Sprintf("/news/%d", i)
		entries = append(entries, entryOf{fmt.Sprint("Ferry ", i), b.web.URL + path, fmt.Sprint("g", i), "Short."})
		b.web.text(path, "text/html", pageOf(fmt.Sprint("Ferry ", i), "ferries"))
	}
	b.feed("1", entries...)
	b.desk.shown = map[string]Recheck{}
	for _, a := range b.visitOnce(t).Articles {
		b.desk.shown[a.Key] = Recheck{}
	}
	b.web.requests() // forgets them
	if o := b.visitOnce(t); len(o.Checked) != maxRechecks {
		t.Errorf("checked %+v", o.Checked)
	}
	if n := len(b.web.requests()); n != 1+maxRechecks {
		t.Errorf("%d requests", n)
	}
	for i := range entries {
		entries[i].text = "Shorter."
	}
	b.feed("2", entries...)
	b.web.requests()
	if o := b.visitOnce(t); len(o.Checked) != 0 || len(o.Articles) != 6 {
		t.Errorf("checked %+v, %d articles", o.Checked, len(o.Articles))
	}
	if n := len(b.web.requests()); n != 7 {
		t.Errorf("%d requests", n)
	}
}
