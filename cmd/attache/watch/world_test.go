package watch

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"attache/internal/store"
)

// A world is a database in a synctest bubble, and what a Watch over it sees and says.
type world struct {
	t    *testing.T
	path string
	db   *store.DB

	mu      sync.Mutex
	told    []string // in order
	keys    []string
	refuses bool // telling fails
	free    uint64
	total   uint64
	gateway Gateway
	token   bool // refused
	left    []string
	budget  store.UsageReport
	log     bytes.Buffer
	signs   *Signs // of the process that runs
}

const gb = 1_000_000_000

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, path: filepath.Join(t.TempDir(), "attache.db"), free: 50 * gb, total: 100 * gb,
		gateway: Gateway{Shards: 2, Held: 2, Ready: 2, Limit: 1000}}
	w.reopen()
	t.Cleanup(func() {
		if err := w.db.Close(); err != nil {
			t.Error(err)
		}
		for _, s := range append(w.told, w.log.String()) {
			if strings.Contains(s, secret) {
				t.Errorf("a secret was told: %s", s)
			}
		}
	})
	return w
}

const secret = "fake-secret-7731"

func (w *world) reopen() {
	w.t.Helper()
	db, err := store.Open(w.t.Context(), "sqlite:"+w.path, store.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.db = db
}

// options are those of a whole process.
func (w *world) options() Options {
	with := func(f func()) { w.mu.Lock(); defer w.mu.Unlock(); f() }
	return Options{
		Path:    w.path,
		Free:    func(string) (free, total uint64, err error) { with(func() { free, total = w.free, w.total }); return },
		Token:   func(context.Context) (refused bool) { with(func() { refused = w.token }); return },
		Gateway: func() (g Gateway) { with(func() { g = w.gateway }); return },
		Left:    func() (left []string) { with(func() { left = w.left }); return },
		Budget:  func(context.Context) (r store.UsageReport, err error) { with(func() { r = w.budget }); return },
		Tell: func(_ context.Context, key, words string) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.keys = append(w.keys, key)
			if w.refuses {
				return errors.New("post to the webhook: discord answered 502")
			}
			w.told = append(w.told, words)
			return nil
		},
	}
}

// start runs a Watch; stop ends it as the end of its process does.
func (w *world) start(o Options) (watch *Watch, stop func()) {
	w.t.Helper()
	w.signs = &Signs{}
	o.Signs = w.signs
	log := slog.New(w.signs.Listen(slog.NewTextHandler(lockedBuffer{w}, nil)))
	watch = New(log, w.db, o)
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error)
	go func() { ended <- watch.Run(ctx) }()
	return watch, func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("Run: %v", err)
		}
	}
}

type lockedBuffer struct{ w *world }

func (l lockedBuffer) Write(b []byte) (int, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	return l.w.log.Write(b)
}

// set changes the world between two looks.
func (w *world) set(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// write runs a transaction.
func (w *world) write(f func(ctx context.Context, q *store.Q, jobs store.Jobs) error) {
	w.t.Helper()
	if err := w.db.InTx(w.t.Context(), func(q *store.Q, jobs store.Jobs) error { return f(w.t.Context(), q, jobs) }); err != nil {
		w.t.Fatal(err)
	}
}

// wait lets time pass; in the middle between two looks nothing is under way.
func (w *world) wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// want fails unless exactly these were told since the last call, each by a part of its words.
func (w *world) want(parts ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.told) != len(parts) {
		w.t.Errorf("told %d times, want %d: %q", len(w.told), len(parts), w.told)
	}
	for i, p := range parts[:min(len(parts), len(w.told))] {
		if !strings.Contains(w.told[i], p) {
			w.t.Errorf("told %q, want %q", w.told[i], p)
		}
	}
	w.told = nil
}

// logged counts the lines of the log with a part.
func (w *world) logged(part string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Count(w.log.String(), part)
}

// rows are the names of the alerts in the database.
func (w *world) rows() string {
	w.t.Helper()
	as, err := w.db.Read().Alerts(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, a := range as {
		names = append(names, a.Name)
	}
	return strings.Join(names, " ")
}

// bubble runs a test in a bubble of its own time.
func bubble(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newWorld(t)) })
}
