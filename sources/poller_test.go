package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A network answers requests in a synctest bubble, where real sockets would stop time.
type network func(*http.Request) (*http.Response, error)

func (n network) RoundTrip(r *http.Request) (*http.Response, error) { return n(r) }

func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}
}

// hang never answers.
func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// running is a poller at work in a bubble; stop ends it and waits.
func running(t *testing.T, d *desk, n network, c ClientOptions, o PollerOptions) (log *lines, stop func()) {
	t.Helper()
	log = &lines{}
	client := clientFor(t, c)
	client.http.Transport = n
	p := NewPoller(logTo(log), client, d, o)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- p.Run(ctx) }()
	return log, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
}

// Ten dead hosts among fifty, two workers: the others are all read within seconds, and the dead ones are failures of their own.
func TestRunDeadHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		for i := range 10 {
			d.add(fmt.Sprintf("http://dead%d.example/feed", i))
		}
		for i := range 40 {
			d.add(fmt.Sprintf("http://live%d.example/feed", i))
		}
		start := time.Now()
		_, stop := running(t, d, func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.Host, "dead") {
				return hang(r)
			}
			return answer(r, 200, feedOf(entryOf{"One", "http://" + r.Host + "/1", "", long("one")})), nil
		}, ClientOptions{}, PollerOptions{Workers: 2})
		time.Sleep(time.Minute)
		live, dead := 0, 0
		for _, s := range d.outcomes() {
			switch late := s.at.Sub(start); {
			case s.visit.Source > 10 && s.outcome.Err == nil && len(s.outcome.Articles) == 1 && late <= 15*time.Second:
				live++
			case s.visit.Source <= 10 && problemCode(t, s.outcome.Err) == codeTimeout:
				dead++
			default:
				t.Errorf("source %d after %v: %v", s.visit.Source, late, s.outcome.Err)
			}
		}
		if live != 40 || dead != 10 {
			t.Errorf("%d live and %d dead hosts", live, dead)
		}
		stop()
	})
}

// Every outcome is saved before its lease ends, though a host is slow and has many sources with many pages.
func TestRunLeaseOutlivesVisit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		var entries []entryOf
		for i := range 50 {
			entries = append(entries, entryOf{fmt.Sprint("Notice ", i), fmt.Sprintf("http://slow.example/n/%d", i), "", "Short."})
		}
		for i := range 8 {
			d.add(fmt.Sprintf("http://slow.example/feed%d", i))
		}
		_, stop := running(t, d, func(r *http.Request) (*http.Response, error) {
			time.Sleep(29 * time.Second)
			if strings.HasPrefix(r.URL.Path, "/feed") {
				return answer(r, 200, feedOf(entries...)), nil
			}
			return answer(r, 200, pageOf("Notice", "harbours")), nil
		}, ClientOptions{HostGap: time.Second}, PollerOptions{Workers: 4})
		time.Sleep(time.Hour)
		seen := map[int64]bool{}
		for _, s := range d.outcomes() {
			seen[s.visit.Source] = true
			if s.at.After(s.lease) {
				t.Errorf("source %d was saved %v after its lease", s.visit.Source, s.at.Sub(s.lease))
			}
			if s.outcome.Err != nil || len(s.outcome.Articles) == 0 && s.outcome.Entries != 50 {
				t.Errorf("source %d: %+v", s.visit.Source, s.outcome)
			}
		}
		if len(seen) != 8 {
			t.Errorf("%d of 8 sources were visited", len(seen))
		}
		stop()
	})
}

func TestRunOneRequestAHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		for h := range 3 {
			for i := range 20 {
				d.add(fmt.Sprintf("http://host%d.example/feed%d", h, i))
			}
		}
		var mu sync.Mutex
		open, last := map[string]bool{}, map[string]time.Time{}
		start := time.Now()
		_, stop := running(t, d, func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			if open[r.Host] {
				t.Errorf("two requests to %s at once", r.Host)
			}
			if gap := time.Since(last[r.Host]); gap < time.Second {
				t.Errorf("%v between requests to %s", gap, r.Host)
			}
			open[r.Host] = true
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
			mu.Lock()
			open[r.Host], last[r.Host] = false, time.Now()
			mu.Unlock()
			return answer(r, 200, feedOf()), nil
		}, ClientOptions{HostGap: time.Second}, PollerOptions{Workers: 6})
		time.Sleep(23 * time.Second)
		if n := len(d.outcomes()); n != 60 {
			t.Errorf("%d of 60 visits after %v: the hosts wait for each other", n, time.Since(start))
		}
		stop()
	})
}

// More sources than fit in the hand, and a source added later.
func TestRunManySources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		const n = 2*maxHand + 100
		for i := range n {
			d.add(fmt.Sprintf("http://host%d.example/feed", i))
		}
		_, stop := running(t, d, func(r *http.Request) (*http.Response, error) {
			time.Sleep(10 * time.Millisecond)
			return answer(r, 200, feedOf()), nil
		}, ClientOptions{}, PollerOptions{})
		time.Sleep(30 * time.Second)
		if got := len(d.outcomes()); got != n {
			t.Fatalf("%d of %d visits", got, n)
		}
		if d.looks > 30 {
			t.Errorf("looked %d times", d.looks)
		}
		d.add("http://late.example/feed")
		time.Sleep(lookEvery + time.Second)
		if got := len(d.outcomes()); got != n+1 {
			t.Errorf("%d visits", got)
		}
		stop()
	})
}

func TestRunIdlesCheaply(t *testing.T) {
	for interval, most := range map[time.Duration]int{15 * time.Minute: 730, time.Second: 4 * 3600} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk()
			_, stop := running(t, d, hang, ClientOptions{}, PollerOptions{Interval: interval})
			time.Sleep(time.Hour)
			d.mu.Lock()
			looks := d.looks
			d.mu.Unlock()
			if looks > most+1 || looks < 700 {
				t.Errorf("interval %v: looked %d times in an hour", interval, looks)
			}
			if interval == time.Second {
				d.add("http://new.example/feed")
				time.Sleep(time.Second)
				if d.row(1).Lease == "" {
					t.Error("a new source was not visited within a second")
				}
			}
			stop()
		})
	}
}

// When the program ends, visits under way are cut short and not saved; Run returns when they have ended.
func TestRunStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk("http://slow.example/feed", "http://pages.example/feed", "http://fast.example/feed")
		_, stop := running(t, d, func(r *http.Request) (*http.Response, error) {
			switch {
			case r.Host == "pages.example" && r.URL.Path == "/feed":
				return answer(r, 200, feedOf(entryOf{"One", "http://pages.example/1", "", "Short."})), nil
			case r.Host != "fast.example":
				return hang(r)
			}
			return answer(r, 200, feedOf(entryOf{"One", "http://fast.example/1", "", long("one")})), nil
		}, ClientOptions{}, PollerOptions{})
		time.Sleep(time.Second)
		before := time.Now()
		stop()
		if took := time.Since(before); took > 0 {
			t.Errorf("stopping took %v", took)
		}
		all := d.outcomes()
		if len(all) != 1 || all[0].visit.Source != 3 {
			t.Errorf("saved %+v", all)
		}
		if r := d.row(1); r.Failures != 0 {
			t.Error("being stopped counts as a failure")
		}
	})
}

// A full disk: one line in the log, no source marked as failing for it, and everything is there when there is room again.
func TestRunFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		for i := range 20 {
			d.add(fmt.Sprintf("http://host%d.example/feed", i))
		}
		full := true
		d.refuse = func(Visit, Outcome) error {
			if full {
				return errors.New("database or disk is full")
			}
			return nil
		}
		log, stop := running(t, d, func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("If-None-Match") != "" {
				return answer(r, 304, ""), nil
			}
			a := answer(r, 200, feedOf(entryOf{"One", "http://" + r.Host + "/1", "", long("one")}))
			a.Header.Set("ETag", "1")
			return a, nil
		}, ClientOptions{}, PollerOptions{})
		time.Sleep(20 * time.Minute)
		if n := strings.Count(log.String(), "disk is full"); n != 1 {
			t.Errorf("%d lines: %s", n, log)
		}
		if n := len(d.outcomes()); n != 0 {
			t.Errorf("%d outcomes", n)
		}
		d.mu.Lock()
		full = false
		d.mu.Unlock()
		time.Sleep(2 * leaseFor)
		for id := range d.rows {
			if got := d.titles(id); !slices.Equal(got, []string{"One"}) || d.row(id).Failures != 0 {
				t.Errorf("source %d: %q", id, got)
			}
		}
		stop()
	})
}

// Articles that the store refuses are the trouble of their source alone.
func TestRunUnsavableSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk("http://bad.example/feed", "http://good.example/feed")
		d.refuse = func(v Visit, o Outcome) error {
			if v.Source == 1 && len(o.Articles) > 0 {
				return errors.New("invalid byte sequence")
			}
			return nil
		}
		_, stop := running(t, d, func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, feedOf(entryOf{"One", "http://" + r.Host + "/1", "", long("one")})), nil
		}, ClientOptions{}, PollerOptions{})
		time.Sleep(time.Minute)
		bad, good := d.row(1), d.row(2)
		if problemCode(t, bad.err) != codeDefect || bad.Failures != 1 || !bad.next.After(time.Now()) || good.err != nil || good.next.IsZero() {
			t.Errorf("bad %+v, good %+v", bad, good)
		}
		stop()
	})
}

func TestRunPanicsStayApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk("http://bad.example/feed", "http://good.example/feed", "http://worse.example/feed")
		d.refuse = func(v Visit, _ Outcome) error {
			if v.Source == 3 {
				panic("worse")
			}
			return nil
		}
		log, stop := running(t, d, func(r *http.Request) (*http.Response, error) {
			if r.Host == "bad.example" {
				panic("bad")
			}
			return answer(r, 200, feedOf()), nil
		}, ClientOptions{}, PollerOptions{Workers: 1})
		time.Sleep(time.Hour)
		bad, good := d.row(1), d.row(2)
		if problemCode(t, bad.err) != codeDefect || bad.Failures < 1 || good.err != nil || good.next.IsZero() {
			t.Errorf("bad %+v, good %+v", bad, good)
		}
		if n := strings.Count(log.String(), "panic=worse"); n < 2 || n > 15 {
			t.Errorf("source 3 panicked %d times in an hour", n)
		}
		stop()
	})
}

// The database refuses to lease: one line, looks that grow rarer, and work again afterwards.
func TestRunWithoutLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &refusing{desk: newDesk("http://good.example/feed"), down: true}
		log := &lines{}
		client := clientFor(t, ClientOptions{})
		client.http.Transport = network(func(r *http.Request) (*http.Response, error) { return answer(r, 200, feedOf()), nil })
		p := NewPoller(logTo(log), client, d, PollerOptions{})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- p.Run(ctx) }()
		time.Sleep(time.Hour)
		d.mu.Lock()
		d.down = false
		tried := d.tried
		d.mu.Unlock()
		if n := strings.Count(log.String(), "no such host: db"); n != 1 || tried > 70 {
			t.Errorf("%d lines, %d looks", n, tried)
		}
		time.Sleep(2 * lookRest)
		if len(d.outcomes()) != 1 {
			t.Error("no visit when the database was back")
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

type refusing struct {
	*desk
	down  bool
	tried int
}

func (d *refusing) Due(ctx context.Context, now time.Time, n int, lease time.Duration) ([]Visit, error) {
	d.mu.Lock()
	d.tried++
	down := d.down
	d.mu.Unlock()
	if down {
		return nil, errors.New("no such host: db")
	}
	return d.desk.Due(ctx, now, n, lease)
}

// Hosts that are done with are forgotten.
func TestTurnsAreSwept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(time.Second)
		for i := range 5 * turnsKept {
			release, err := turns.take(t.Context(), fmt.Sprint("host", i))
			if err != nil {
				t.Fatal(err)
			}
			release()
			time.Sleep(10 * time.Millisecond)
		}
		if n := len(turns.of); n > 2*turnsKept {
			t.Errorf("%d hosts are remembered", n)
		}
		// Who waits for a turn can be called off.
		release, err := turns.take(t.Context(), "busy")
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := turns.take(ctx, "busy"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		release()
		if release, err = turns.take(t.Context(), "busy"); err != nil {
			t.Error(err)
		}
		release()
	})
}
