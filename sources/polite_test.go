package sources

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A politeHost is a server that watches how it is treated, after Rachel Kroll's score of feed readers: each complaint is a
// violation.
type politeHost struct {
	name  string
	kind  string
	began time.Time

	mu       sync.Mutex
	busy     int
	free     time.Time            // the end of the last request
	last     map[string]time.Time // the last request, by path
	until    map[string]time.Time // the earliest next one that is welcome
	asked    map[string]int
	etag     string // of the feed, "" before it was given
	modified string
	faults   []string
}

const (
	politeGap      = time.Second
	politeInterval = 15 * time.Minute
	politeAgent    = "Attache/1.0 (+https://operator.example/contact)"
)

// complain notes a violation; the caller holds the lock.
func (h *politeHost) complain(format string, args ...any) {
	h.faults = append(h.faults, h.name+" ("+h.kind+"): "+fmt.Sprintf(format, args...))
}

// arrive judges a request as it comes.
func (h *politeHost) arrive(r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	path := r.URL.Path
	if h.busy++; h.busy > 1 {
		h.complain("two requests at once, of %s", path)
	}
	if !h.free.IsZero() && now.Sub(h.free) < politeGap {
		h.complain("%s comes %s after the last request", path, now.Sub(h.free))
	}
	if at := h.until[path]; now.Before(at) {
		h.complain("%s comes %s too early", path, at.Sub(now))
	}
	if r.Header.Get("User-Agent") != politeAgent || r.Header.Get("Cookie") != "" || r.Header.Get("Referer") != "" || r.URL.RawQuery != "" || r.Method != http.MethodGet || r.Header.Get("Accept") == "" {
		h.complain("%s %s with %v", r.Method, r.URL, r.Header)
	}
	if strings.HasPrefix(path, "/private/") {
		h.complain("%s is forbidden by robots.txt", path)
	}
	if strings.HasPrefix(path, "/news/") && h.asked[path] > 0 {
		h.complain("the page %s is read twice", path)
	}
	if path == "/feed.xml" && h.etag != "" && (r.Header.Get("If-None-Match") != h.etag || r.Header.Get("If-Modified-Since") != h.modified) {
		h.complain("the validators are not those that it gave: %q, %q", r.Header.Get("If-None-Match"), r.Header.Get("If-Modified-Since"))
	}
	h.asked[path]++
	h.last[path] = now
}

// answer takes its time and answers.
func (h *politeHost) answer(r *http.Request) *http.Response {
	h.arrive(r)
	time.Sleep(300 * time.Millisecond)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.busy--
	h.free = time.Now()
	return h.reply(r)
}

// reply is the answer of a kind of host; the lock is held.
func (h *politeHost) reply(r *http.Request) *http.Response {
	path, n := r.URL.Path, h.asked[r.URL.Path]
	hour := int(time.Since(h.began) / time.Hour)
	switch {
	case path == "/robots.txt":
		h.until[path] = time.Now().Add(robotsKept)
		return answer(r, 200, "User-agent: *\nDisallow: /private/\n")
	case strings.HasPrefix(path, "/news/"):
		return answer(r, 200, pageOf("Ferries "+path, path))
	case path != "/feed.xml" && path != "/moved.xml":
		return answer(r, 404, "")
	}
	feed := func() *http.Response {
		entries := []entryOf{{"Ferries private", "http://" + h.name + "/private/1", "p1", "Read on."}}
		for i := range min(hour+1, 5) {
			entries = append(entries, entryOf{fmt.Sprint("Ferries ", i), fmt.Sprintf("http://%s/news/%d", h.name, i), fmt.Sprint("g", i), "Read on."})
		}
		a := answer(r, 200, feedOf(entries...))
		a.Header.Set("Content-Type", "application/rss+xml")
		a.Header.Set("Set-Cookie", "session=1")
		return a
	}
	wait := politeInterval / 3 // of a feed that asks for nothing
	switch h.kind {
	case "validators":
		etag, modified := fmt.Sprintf(`W/"feed %d"`, min(hour, 5)), h.began.Add(time.Duration(min(hour, 5))*time.Hour).UTC().Format(http.TimeFormat)
		h.until[path] = time.Now().Add(wait)
		if r.Header.Get("If-None-Match") == etag {
			return answer(r, http.StatusNotModified, "")
		}
		a := feed()
		a.Header.Set("ETag", etag)
		a.Header.Set("Last-Modified", modified)
		h.etag, h.modified = etag, modified
		return a
	case "max-age":
		h.until[path] = time.Now().Add(time.Hour)
		a := feed()
		a.Header.Set("Cache-Control", "max-age=3600")
		return a
	case "throttles", "away":
		status := map[string]int{"throttles": http.StatusTooManyRequests, "away": http.StatusServiceUnavailable}[h.kind]
		if n%3 == 0 {
			h.until[path] = time.Now().Add(2 * time.Hour)
			a := answer(r, status, "")
			a.Header.Set("Retry-After", "7200")
			return a
		}
	case "broken":
		h.until[path] = time.Now().Add(time.Duration(1<<min(n, 7)) * wait / 2)
		return answer(r, http.StatusInternalServerError, "")
	case "gone":
		h.until[path] = time.Now().Add(1000 * time.Hour)
		return answer(r, http.StatusGone, "")
	case "moves":
		if path == "/feed.xml" {
			if n > movedSightings {
				h.complain("it moved for good, and is asked at its old address again")
			}
			a := answer(r, http.StatusMovedPermanently, "")
			a.Header.Set("Location", "/moved.xml")
			return a
		}
	case "ttl":
		h.until[path] = time.Now().Add(time.Hour)
		raw := feedOf(entryOf{"Ferries", "http://" + h.name + "/news/0", "g0", "Read on."})
		a := answer(r, 200, strings.Replace(raw, "<language>", "<ttl>60</ttl><language>", 1))
		return a
	}
	h.until[path] = time.Now().Add(wait)
	return feed()
}

// In a day of a hundred hosts, each with two feeds and each with wishes of its own, none has a reason to complain, and each is
// read as often as it should be.
func TestPolite(t *testing.T) {
	kinds := []string{"plain", "validators", "max-age", "throttles", "away", "broken", "gone", "moves", "ttl"}
	synctest.Test(t, func(t *testing.T) {
		hosts := map[string]*politeHost{}
		d := newDesk()
		for i := range 99 {
			h := &politeHost{name: fmt.Sprintf("host%d.example", i), kind: kinds[i%len(kinds)], began: time.Now(),
				last: map[string]time.Time{}, until: map[string]time.Time{}, asked: map[string]int{}}
			hosts[h.name] = h
			d.add("http://" + h.name + "/feed.xml")
		}
		_, stop := running(t, d, func(r *http.Request) (*http.Response, error) {
			return hosts[r.Host].answer(r), nil
		}, ClientOptions{UserAgent: politeAgent, HostGap: politeGap}, PollerOptions{Interval: politeInterval})
		time.Sleep(24 * time.Hour)
		stop()
		faults := 0
		for _, h := range hosts {
			faults += len(h.faults)
			for _, f := range h.faults {
				t.Error(f)
			}
			n := h.asked["/feed.xml"] + h.asked["/moved.xml"]
			least := map[string]int{"plain": 24, "validators": 24, "max-age": 20, "throttles": 12, "away": 12, "broken": 5, "gone": 1, "moves": 24, "ttl": 20}[h.kind]
			if n < least || h.kind != "gone" && h.kind != "broken" && h.kind != "ttl" && h.asked["/news/0"] != 1 {
				t.Errorf("%s (%s) was asked %d times, its first page %d times", h.name, h.kind, n, h.asked["/news/0"])
			}
		}
		t.Logf("%d violations in 24 hours of %d hosts", faults, len(hosts))
	})
}

func TestRhythm(t *testing.T) {
	now := time.Date(2026, 3, 4, 8, 0, 0, 0, time.UTC)
	every := func(gap time.Duration, n int) (items []Item) {
		for i := range n {
			items = append(items, Item{Published: now.Add(-time.Duration(i+1) * gap)})
		}
		return items
	}
	for _, c := range []struct {
		name  string
		items []Item
		want  time.Duration
	}{
		{"no entries", nil, politeInterval},
		{"no dates", make([]Item, 20), politeInterval},
		{"an agency", every(5*time.Minute, 30), politeInterval / busiest},
		{"twice an hour", every(30*time.Minute, 50), politeInterval},
		{"one a day", every(24*time.Hour, 20), quietest * politeInterval},
		{"asleep for a year", []Item{{Published: now.AddDate(-1, 0, 0)}}, quietest * politeInterval},
		{"dates of the future", []Item{{Published: now.AddDate(1, 0, 0)}}, politeInterval},
	} {
		if got := rhythmOf(c.items, politeInterval, now); got.Round(time.Minute) != c.want.Round(time.Minute) {
			t.Errorf("%s: every %s, want %s", c.name, got, c.want)
		}
	}
	if got := rhythmOf(every(time.Second, 9), time.Second, now); got != time.Second {
		t.Errorf("an interval of a second became %s", got)
	}
}
