package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"attache/internal/store/storetest"
)

// A fault at the n-th call, for every n until a run passes, of the store, the web, Discord and the model: nothing is lost,
// nothing is there twice, and spending stays below its cap. The way of the news is walked in two halves: from the feed to
// articles with their quotes, and from the slot to what the channel was told.
func TestFaults(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("some hundred runs of the program, which ./test makes without the race detector")
	}
	before := ours()
	t.Run("read", func(t *testing.T) {
		wanted := readAt(t, newFault("none", 1), nil)
		if len(wanted) != 3 || !strings.HasSuffix(wanted[0], " | 1") {
			t.Fatalf("stored without a fault: %q", wanted)
		}
		walk(t, append(slices.Clone(storeKinds), "web cut", "web half", "web 500", "web 429"), func(f *fault) { readAt(t, f, wanted) })
	})
	t.Run("tell", func(t *testing.T) {
		file := readyFile(t)
		walk(t, append(slices.Concat(storeKinds, discordKinds), modelKinds...), func(f *fault) { tellAt(t, f, file) })
	})
	// A server of PostgreSQL would stay until the tests end: the goroutines are counted before.
	left := ours()
	for wait := 0; left > before && wait < 200; wait++ { // connections end a moment after their server
		time.Sleep(20 * time.Millisecond)
		left = ours()
	}
	if left > before {
		buf := make([]byte, 1<<20)
		t.Errorf("goroutines are left:\n%s", buf[:runtime.Stack(buf, true)])
	}
	t.Run("tell on PostgreSQL", func(t *testing.T) {
		web := httptest.NewServer(newsroomOf(len(beats), func(http.ResponseWriter) bool { return false }))
		defer web.Close()
		for kind, n := range map[string]int{storeKinds[0]: 4, storeKinds[1]: 60, storeKinds[2]: 1, storeKinds[3]: 9, storeKinds[4]: 26, "discord lost": 1} {
			w := newWalked(storetest.Postgres(t, nil), morning)
			fillWalked(t, w, web.URL)
			f := newFault(kind, n)
			tell(t, f, w)
			if !f.reached.Load() {
				t.Errorf("%s: not reached", f)
			}
		}
	})
}

// ours is how many goroutines run code of this module.
func ours() (n int) {
	buf := make([]byte, 8<<20)
	for g := range bytes.SplitSeq(buf[:runtime.Stack(buf, true)], []byte("\n\n")) {
		if bytes.Contains(g, []byte("attache/")) {
			n++
		}
	}
	return n
}

func newFault(kind string, n int) *fault { return &fault{kind: kind, n: int64(n)} }

// walk runs each kind of fault at n = 1, 2, 3 … until a run has no n-th call. Most of a run is waiting: many go on at once.
func walk(t *testing.T, kinds []string, run func(*fault)) {
	places := make(chan struct{}, 24)
	var group sync.WaitGroup
	for _, kind := range kinds {
		group.Go(func() {
			runs := 0
			for n, passed := 1, false; !passed && !t.Failed(); {
				var chunk sync.WaitGroup
				faults := make([]*fault, 6)
				for i := range faults {
					faults[i] = newFault(kind, n)
					n++
					chunk.Go(func() {
						places <- struct{}{}
						defer func() { <-places }()
						run(faults[i])
					})
				}
				chunk.Wait()
				for _, f := range faults {
					if f.reached.Load() {
						runs++
					} else {
						passed = true
					}
				}
			}
			if runs == 0 && kind != "store job" {
				t.Errorf("%s: no run has such a call", kind)
			}
			t.Logf("%s: %d runs with a fault", kind, runs)
		})
	}
	group.Wait()
}

// readAt reads a newsroom of three articles with a fault on the way, and returns what is stored then.
func readAt(t *testing.T, f *fault, wanted []string) (stored []string) {
	ctx := context.Background()
	web := httptest.NewServer(newsroomOf(3, func(w http.ResponseWriter) bool {
		switch {
		case f.hit("web cut"):
			panic(http.ErrAbortHandler)
		case f.hit("web half"):
			w.Header().Set("Content-Length", "4000")
			fmt.Fprint(w, "<html><body><p>Talks on")
			panic(http.ErrAbortHandler)
		case f.hit("web 500"):
			w.WriteHeader(http.StatusInternalServerError)
		case f.hit("web 429"):
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		default:
			return false
		}
		return true
	}))
	web.Config.ErrorLog = nil
	defer web.Close()
	w := newWalked("sqlite:"+filepath.Join(t.TempDir(), "attache.db"), morning.Add(-time.Hour))
	if err := w.subscribe(ctx, web.URL); err != nil {
		t.Error(err)
		return nil
	}
	p, err := w.reads(ctx, web.URL, f)
	if err != nil {
		t.Errorf("%s: %v", f, err)
		return nil
	}
	db, err := w.read()
	if err != nil {
		t.Error(err)
		return nil
	}
	defer db.Close()
	settle(t, f.String(), func() (bool, error) {
		stored, err = rows(ctx, db, articles)
		return err == nil && len(stored) == 3 && (wanted == nil || slices.Equal(stored, wanted)), fmt.Errorf("%q, %v", stored, err)
	}, func(step int) {
		w.add(time.Hour) // a source that failed is visited later
		select {
		case <-p.ended:
		default:
			if step > 0 || !f.restarts() {
				return
			}
		}
		if err := p.stop(); err != nil {
			t.Errorf("%s: stop: %v", f, err)
		}
		again, err := w.reads(ctx, web.URL, f)
		if err != nil {
			t.Errorf("%s: start again: %v", f, err)
			return
		}
		p = again
	})
	if err := p.stop(); err != nil {
		t.Errorf("%s: stop: %v", f, err)
	}
	all, err := rows(ctx, db, "SELECT count(*), count(DISTINCT url), count(DISTINCT story) FROM articles")
	if err != nil || len(all) != 1 || all[0] != "3 | 3 | 3" {
		t.Errorf("%s: articles, addresses and stories: %v, %v", f, all, err)
	}
	return stored
}

// readyFile is a database in which the eight articles stand, minutes before the slot.
func readyFile(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "attache.db")
	w := newWalked("sqlite:"+path, morning)
	web := httptest.NewServer(newsroomOf(len(beats), func(http.ResponseWriter) bool { return false }))
	defer web.Close()
	fillWalked(t, w, web.URL)
	return path
}

// fillWalked reads the whole newsroom into a database.
func fillWalked(t *testing.T, w *walked, web string) {
	ctx := context.Background()
	if err := w.subscribe(ctx, web); err != nil {
		t.Fatal(err)
	}
	p, err := w.reads(ctx, web, newFault("none", 1))
	if err != nil {
		t.Fatal(err)
	}
	db, err := w.read()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	settle(t, "fill", func() (bool, error) {
		stored, err := rows(ctx, db, articles)
		return len(stored) == len(beats), err
	}, func(int) {})
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
}

// copied copies a closed database into a folder of its own.
func copied(t *testing.T, file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
	}
	path := filepath.Join(t.TempDir(), "attache.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Error(err)
	}
	return path
}
