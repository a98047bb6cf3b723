package sources

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// While it is paused a poller leases nothing and begins no visit, not even of what it has in hand; what is under way ends.
// Afterwards it goes on by itself.
func TestRunPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		for _, path := range []string{"/1", "/2", "/3"} {
			d.add("http://one.example" + path) // they take turns
		}
		var paused atomic.Bool
		var asked, requests atomic.Int32
		_, stop := running(t, d, func(r *http.Request) (*http.Response, error) {
			requests.Add(1)
			time.Sleep(10 * time.Second)
			return answer(r, 200, feedOf(entryOf{"One", "http://" + r.Host + r.URL.Path + "/1", "", long("one")})), nil
		}, ClientOptions{}, PollerOptions{Workers: 2, Paused: func() bool { asked.Add(1); return paused.Load() }})
		time.Sleep(time.Second) // before it would count as slow
		paused.Store(true)
		late := d.add("http://two.example/")
		before := asked.Load()
		time.Sleep(10 * time.Minute)
		if n := len(d.outcomes()); n != 1 || requests.Load() != 1 {
			t.Errorf("%d visits and %d requests while it was paused, want the one under way", n, requests.Load())
		}
		if l := d.row(late).Lease; l != "" {
			t.Errorf("a source was leased while it was paused: %q", l)
		}
		if n := asked.Load() - before; n > 200 {
			t.Errorf("it turned round %d times in ten minutes", n)
		}
		paused.Store(false)
		time.Sleep(10 * time.Minute)
		var read []string
		for _, s := range d.outcomes() {
			read = append(read, strings.TrimPrefix(s.visit.URL, "http://one.example"))
		}
		if len(read) < 4 {
			t.Errorf("read %v after the pause", read)
		}
		stop()
	})
}
