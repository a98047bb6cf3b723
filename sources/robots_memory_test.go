package sources

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// Pages that a feed links to are read as their host's robots.txt lets programs; the feed itself is read whatever it says.
func TestVisitHeedsRobots(t *testing.T) {
	b := newBench(t)
	status, rules := http.StatusOK, "User-agent: attache\nDisallow: /\nAllow: /open/\n"
	asked := 0
	b.web.on("/robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(status)
		_, _ = w.Write([]byte(rules))
	})
	for _, path := range []string{"/open/1", "/shut/1", "/shut/2"} {
		b.web.text(path, "text/html", pageOf("Ferries "+path, path))
	}
	teaser := func(path string) entryOf {
		return entryOf{"Ferries " + path, b.web.URL + path, "g" + path, "Read on at the site."}
	}
	visit := func(paths ...string) map[string]Article {
		t.Helper()
		var es []entryOf
		for _, p := range paths {
			es = append(es, teaser(p))
		}
		b.feed(strings.Join(paths, "+"), es...)
		o := b.visitOnce(t)
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		out := map[string]Article{}
		for _, a := range o.Articles {
			out[strings.TrimPrefix(a.URL, b.web.URL)] = a
		}
		return out
	}
	got := visit("/open/1", "/shut/1")
	if a := got["/open/1"]; a.Teaser || len(a.Text) < 200 {
		t.Errorf("a page that may be read: %+v", a)
	}
	if a := got["/shut/1"]; !a.Teaser || a.Problem != problems[codeRobots].sentence {
		t.Errorf("a page that may not be read: %+v", a)
	}
	for _, r := range b.web.requests() {
		if strings.Contains(r, "/shut/") {
			t.Errorf("it was asked for: %s", r)
		}
	}
	if asked != 1 {
		t.Errorf("robots.txt was read %d times for two pages", asked)
	}

	// Within a day the rules are believed, also when the host cannot say them again.
	rules = ""
	if a := visit("/shut/2")["/shut/2"]; !a.Teaser {
		t.Errorf("within a day: %+v", a)
	}
	b.now = b.now.Add(robotsKept)
	status = http.StatusInternalServerError
	if a := visit("/shut/3")["/shut/3"]; !a.Teaser {
		t.Errorf("while the host has a fault the last rules hold: %+v", a)
	}
	b.now = b.now.Add(robotsFailed)
	status = http.StatusNotFound
	b.web.text("/shut/4", "text/html", pageOf("Ferries /shut/4", "/shut/4"))
	if a := visit("/shut/4")["/shut/4"]; a.Teaser {
		t.Errorf("a host without rules: %+v", a)
	}
}

// A host that has a fault, and of which no rules are known, is not read.
func TestUnknownRobots(t *testing.T) {
	web := newWeb(t)
	web.on("/robots.txt", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	now := time.Date(2025, 3, 4, 8, 0, 0, 0, time.UTC)
	c := clientFor(t, ClientOptions{Now: func() time.Time { return now }}, web)
	if _, err := c.chosenPage(t.Context(), web.URL+"/1"); problemCode(t, err) != codeServer {
		t.Errorf("the first time: %v", err)
	}
	if _, err := c.chosenPage(t.Context(), web.URL+"/2"); problemCode(t, err) != codeServer {
		t.Errorf("soon after: %v", err)
	}
	if got := web.requests(); len(got) != 1 {
		t.Errorf("requests %v", got)
	}
}
