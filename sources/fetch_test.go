package sources

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestNextVisit(t *testing.T) {
	now := time.Date(2025, 3, 4, 8, 0, 0, 0, time.UTC)
	const interval = 15 * time.Minute
	places := map[time.Duration]int{}
	for i := range 2000 {
		u := fmt.Sprintf("https://host%d.example/feed", i)
		wait := nextVisit(u, now, interval, 0).Sub(now)
		if wait < interval/2 || wait >= 3*interval/2 {
			t.Fatalf("%s waits %v", u, wait)
		}
		places[nextVisit(u, now, interval, 0).Truncate(time.Minute).Sub(now)]++
		// From one visit to the next it is the interval.
		at := nextVisit(u, now, interval, 0)
		if step := nextVisit(u, at.Add(3*time.Second), interval, 0).Sub(at); step != interval {
			t.Fatalf("%s: %v between visits", u, step)
		}
		// What is fresh is left alone, and not for twice as long.
		for _, fresh := range []time.Duration{10 * time.Minute, interval, time.Hour, 48 * time.Hour} {
			want := min(fresh, maxWait)
			if wait := nextVisit(u, now, interval, fresh).Sub(now); wait < want || wait > want+interval {
				t.Fatalf("%s, fresh for %v, waits %v", u, fresh, wait)
			}
		}
	}
	for minute, n := range places {
		if n > 2000/15*2 {
			t.Errorf("%d of 2000 sources fall into minute %v", n, minute)
		}
	}
}

func TestBackOff(t *testing.T) {
	last := time.Duration(0)
	for failures := 1; failures <= 20; failures++ {
		wait := backOff("https://example.org/feed", 15*time.Minute, failures)
		full := min(15*time.Minute<<min(failures, 10), maxWait)
		if wait > full || wait < full*7/8 || wait < last*3/4 {
			t.Errorf("%d failures wait %v", failures, wait)
		}
		last = wait
	}
	if a, b := backOff("https://a.example/", time.Hour, 3), backOff("https://b.example/", time.Hour, 3); a == b {
		t.Error("sources that failed together come back together")
	}
}

func TestFreshness(t *testing.T) {
	now := time.Date(2025, 3, 4, 8, 0, 0, 0, time.UTC)
	h := func(kv ...string) http.Header {
		out := http.Header{}
		for i := 0; i < len(kv); i += 2 {
			out.Add(kv[i], kv[i+1])
		}
		return out
	}
	for _, c := range []struct {
		h    http.Header
		want time.Duration
	}{
		{h(), 0},
		{h("Cache-Control", "public, max-age=3600"), time.Hour},
		{h("Cache-Control", `Max-Age="600"`), 10 * time.Minute},
		{h("Cache-Control", "max-age=3600", "Age", "600"), 50 * time.Minute},
		{h("Cache-Control", "max-age=600", "Age", "3600"), 0},
		{h("Cache-Control", "no-cache, max-age=3600"), 0},
		{h("Cache-Control", "max-age=-5"), 0},
		{h("Cache-Control", "max-age=99999999999999"), maxWait},
		{h("Cache-Control", "max-age=oops"), 0},
		{h("Expires", now.Add(time.Hour).Format(http.TimeFormat)), time.Hour},
		{h("Expires", now.Add(time.Hour).Format(http.TimeFormat), "Date", now.Add(30*time.Minute).Format(http.TimeFormat)), 30 * time.Minute},
		{h("Expires", "0"), 0},
		{h("Expires", now.Add(-time.Hour).Format(http.TimeFormat)), 0},
		{h("Cache-Control", "max-age=60", "Expires", now.Add(time.Hour).Format(http.TimeFormat)), time.Minute},
	} {
		if got := freshness(c.h, now); got != c.want {
			t.Errorf("%v: %v, want %v", c.h, got, c.want)
		}
	}
}

// A feed that asks in its own text to be left alone is, up to an hour.
func TestVisitHonoursTTL(t *testing.T) {
	b := newBench(t)
	body := func(ttl string) string {
		return `<rss version="2.0"><channel><title>Ministry</title><ttl>` + ttl + `</ttl></channel></rss>`
	}
	for ttl, want := range map[string]time.Duration{"45": 45 * time.Minute, "1440": maxTTL, "0": 15 * time.Minute / 2, "soon": 15 * time.Minute / 2} {
		b.web.text("/feed.xml", "text/xml", body(ttl))
		if o := b.visitOnce(t); o.Err != nil || o.Next.Sub(o.At) < want || o.Next.Sub(o.At) > want+15*time.Minute {
			t.Errorf("ttl %s: next visit in %v, %v", ttl, o.Next.Sub(o.At), o.Err)
		}
	}
}
