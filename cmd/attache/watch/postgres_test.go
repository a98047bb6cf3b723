package watch

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"testing"

	"attache/internal/store"
	"attache/internal/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// On PostgreSQL, where several processes really are: one of two tells, and when its lease is another's the other does.
func TestOnPostgres(t *testing.T) {
	url := storetest.Postgres(t, nil)
	type process struct {
		db    *store.DB
		watch *Watch
	}
	var told []string
	refused := true
	start := func() process {
		db, err := store.Open(t.Context(), url, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		m, err := db.Join(t.Context(), "worker", "test")
		if err != nil {
			t.Fatal(err)
		}
		return process{db, New(slog.New(slog.DiscardHandler), db, Options{
			Member: m, Shared: true, Token: func(context.Context) bool { return refused },
			Tell: func(_ context.Context, _, words string) error { told = append(told, words); return nil },
		})}
	}
	look := func(n int, ps ...process) {
		for range n {
			for _, p := range ps {
				p.watch.mu.Lock()
				p.watch.look(t.Context())
				p.watch.mu.Unlock()
			}
		}
	}
	want := func(parts ...string) {
		t.Helper()
		if got := strings.Join(told, "\n"); len(told) != len(parts) || len(parts) > 0 && !strings.Contains(got, parts[0]) {
			t.Errorf("told %q, want %q", told, parts)
		}
		told = nil
	}
	a, b := start(), start()
	look(4, a, b)
	want("does not know the token")
	if !a.watch.lead || b.watch.lead {
		t.Error("the first does not lead, or both do")
	}
	if err := a.watch.o.Member.Release(t.Context(), Lease); err != nil {
		t.Fatal(err)
	}
	look(4, b, a)
	want()
	if a.watch.lead || !b.watch.lead {
		t.Error("who took the lease over does not lead")
	}
	refused = false
	look(4, a, b)
	want("Over: " + over[Token])
	if as, err := a.db.Read().Alerts(t.Context()); err != nil || len(as) != 0 {
		t.Errorf("rows %+v, %v", as, err)
	}
}
