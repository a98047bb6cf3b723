package sources

import (
	"context"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// defaultInterval is the pause between visits to a healthy source.
	defaultInterval = 15 * time.Minute
	// maxWait is the longest a source is left alone, whatever it asks for or however often it failed.
	maxWait = 24 * time.Hour
	// maxTTL bounds what a feed asks for in its own text: many carry a period that somebody once typed. HTTP's max-age is
	// set by those who pay for the traffic and is honoured up to maxWait.
	maxTTL = time.Hour
	// movedSightings is how often in a row a permanent redirect is seen before it is believed: hotel networks and
	// misconfigured hosts send them too.
	movedSightings = 3
	// soon is when a source is visited again of which pages were left unread.
	soon = time.Minute
)

// fetchFeed makes the conditional request of a visit and fills in what the
// answer alone tells: validators, redirects, when to come back, what failed.
// The body is nil unless there is a feed to parse.
func (c *Client) fetchFeed(ctx context.Context, v Visit, interval time.Duration) (Outcome, *response) {
	res, err := c.do(ctx, request{url: v.URL, accept: acceptFeed, etag: v.ETag, lastModified: v.LastModified, max: c.opts.MaxBytes})
	now := c.opts.Now() // what a server asks to be left alone counts from its answer
	o := Outcome{At: now, ETag: v.ETag, LastModified: v.LastModified, Moved: v.Moved, MovedSeen: v.MovedSeen}
	if err != nil {
		return o.failed(v, asProblem(err), interval, 0), nil
	}
	switch res.status {
	case http.StatusOK:
		o.ETag, o.LastModified = res.header.Get("ETag"), res.header.Get("Last-Modified")
	case http.StatusNotModified:
		if v.ETag == "" && v.LastModified == "" {
			return o.failed(v, statusProblem(res.status), interval, 0), nil // nobody asked whether it was modified
		}
		o.NotModified = true
		if t := res.header.Get("ETag"); t != "" {
			o.ETag = t
		}
		if t := res.header.Get("Last-Modified"); t != "" {
			o.LastModified = t
		}
	default:
		p := statusProblem(res.status)
		o.Gone = res.status == http.StatusGone
		return o.failed(v, p, interval, retryAfter(res.status, res.header, now)), nil
	}
	o.believe(v, res.moved)
	o.Next = nextVisit(v.URL, now, interval, freshness(res.header, now))
	return o, res
}

// failed makes o the outcome of a visit that brought nothing. asked is how long the server wants to be left alone.
func (o Outcome) failed(v Visit, p *Problem, interval, asked time.Duration) Outcome {
	o.Err = p
	o.NotModified, o.ETag, o.LastModified = false, v.ETag, v.LastModified
	o.Failures = v.Failures + 1
	o.Next = o.At.Add(max(backOff(v.URL, interval, o.Failures), asked))
	return o
}

// believe counts the sightings of a permanent redirect and takes its target as the source's URL after enough of them.
func (o *Outcome) believe(v Visit, moved string) {
	switch {
	case moved == "" || moved == v.URL:
		o.Moved, o.MovedSeen = "", 0
	case moved != v.Moved:
		o.Moved, o.MovedSeen = moved, 1
	default:
		o.MovedSeen = v.MovedSeen + 1
	}
	if o.MovedSeen >= movedSightings {
		o.NewURL, o.Moved, o.MovedSeen = o.Moved, "", 0
	}
}

// phase spreads sources evenly over an interval, each at a place of its own (FNV-1a of its URL).
func phase(url string, interval time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(url)) // never fails
	return time.Duration(h.Sum64() % uint64(interval))
}

// nextVisit is the source's next place in the rhythm of its interval, at least
// half an interval away and never before fresh is over.
func nextVisit(url string, now time.Time, interval, fresh time.Duration) time.Time {
	interval = max(interval, time.Second)
	fresh = min(fresh, maxWait)
	floor := now.Add(max(interval/2, fresh))
	at := floor.Truncate(interval).Add(phase(url, interval))
	for at.Before(floor) {
		at = at.Add(interval)
	}
	// A feed that is fresh for just its interval would otherwise be visited every second time.
	if late := floor.Add(interval / 4); fresh > interval/2 && at.After(late) {
		return floor.Add(interval/8 + phase(url, interval)/16)
	}
	return at
}

// backOff is the wait after so many failures in a row: the interval, doubled
// each time, up to a day, less up to an eighth so that sources which failed
// together do not come back together.
func backOff(url string, interval time.Duration, failures int) time.Duration {
	wait := max(interval, time.Second)
	for range failures {
		if wait *= 2; wait >= maxWait {
			wait = maxWait
			break
		}
	}
	return wait - phase(url+strconv.Itoa(failures), wait/8)
}

// retryAfter is how long a 429 or 503 asks to wait, in seconds or until a date; at most a day.
func retryAfter(status int, h http.Header, now time.Time) time.Duration {
	if status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable {
		return 0
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		return time.Duration(min(max(n, 0), int64(maxWait/time.Second))) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		return min(max(t.Sub(now), 0), maxWait)
	}
	return 0
}

// freshness is how long the answer stays current by its own account (RFC 9111: max-age less Age, else Expires less Date); 0 when it does not say.
func freshness(h http.Header, now time.Time) time.Duration {
	control := strings.ToLower(strings.Join(h.Values("Cache-Control"), ","))
	for d := range strings.SplitSeq(control, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(d), "=")
		switch strings.TrimSpace(name) {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			n, err := strconv.ParseInt(strings.Trim(strings.TrimSpace(value), `"`), 10, 64)
			if err != nil || n <= 0 {
				return 0
			}
			if age, err := strconv.ParseInt(h.Get("Age"), 10, 64); err == nil && age > 0 {
				n -= min(age, n)
			}
			return min(time.Duration(min(n, int64(maxWait/time.Second)))*time.Second, maxWait)
		}
	}
	expires, err := http.ParseTime(h.Get("Expires"))
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(expires.Sub(now), 0), maxWait)
}
