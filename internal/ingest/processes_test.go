package ingest

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"
	"time"

	"attache/internal/store"
	"attache/internal/store/storetest"
	"attache/sources"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// After a restart an article of a private source finds its owner's earlier story, and nobody else sees it.
func TestRestartKeepsPrivateStories(t *testing.T) {
	d := newDesk(t)
	d.subscribe("1", "https://a.example/feed", false)
	d.subscribe("2", "https://b.example/feed?token=fake", true)
	d.subscribe("2", "https://c.example/feed?token=fake", true)
	d.visit("https://b.example/feed?token=fake", sources.Outcome{Next: now, Articles: []sources.Article{article("b.example/porto", "Fishing talks begin in Porto", porto1)}})
	d.drain()
	if err := d.db.Close(); err != nil {
		t.Fatal(err)
	}
	d.open()
	if err := d.Restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.visit("https://c.example/feed?token=fake", sources.Outcome{Next: now, Articles: []sources.Article{article("c.example/porto", "Coastal states talk about fishing in Porto", porto2)}})
	d.drain()
	if got := d.stories("2"); len(got) != 1 || len(got[0].Articles) != 2 {
		t.Errorf("the owner sees %+v, want one story of two articles", got)
	}
	d.visit("https://a.example/feed", sources.Outcome{Next: now, Articles: []sources.Article{article("a.example/porto", "Coastal states talk about fishing in Porto", porto2)}})
	d.drain()
	if got := d.stories("1"); len(got) != 1 || len(got[0].Articles) != 1 {
		t.Errorf("the other guild sees %+v", got)
	}
}

// Of two processes one ingests: what the other had begun when it lost the lease has no effect, and what was stored meanwhile
// is found by whoever takes over.
func TestTwoProcessesIngest(t *testing.T) {
	url := storetest.Postgres(t, nil)
	open := func() (*desk, *store.Member) {
		clock := func() time.Time { return now }
		db, err := store.Open(t.Context(), url, store.Options{Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		m, err := db.Join(t.Context(), "worker", "test")
		if err != nil {
			t.Fatal(err)
		}
		return &desk{Ingest: New(slog.New(slog.DiscardHandler), db, Options{Now: clock, Process: m.ID()}), t: t, path: url, sources: map[string]int64{}}, m
	}
	a, ma := open()
	b, mb := open()
	b.sources = a.sources
	a.subscribe("1", "https://a.example/feed", false)
	a.subscribe("1", "https://b.example/feed", false)
	if ours, err := ma.Take(t.Context(), Lease); err != nil || !ours {
		t.Fatal(ours, err)
	}
	a.visit("https://a.example/feed", sources.Outcome{Next: now, Articles: []sources.Article{article("a.example/porto", "Fishing talks begin in Porto", porto1)}})
	if n, err := b.Drain(t.Context()); !errors.Is(err, store.ErrLost) || n != 0 {
		t.Fatalf("who has no lease ingested %d, %v", n, err)
	}
	a.drain()
	if err := ma.Release(t.Context(), Lease); err != nil {
		t.Fatal(err)
	}
	if ours, err := mb.Take(t.Context(), Lease); err != nil || !ours {
		t.Fatal(ours, err)
	}
	if err := b.Restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.visit("https://b.example/feed", sources.Outcome{Next: now, Articles: []sources.Article{article("b.example/porto", "Coastal states talk about fishing in Porto", porto2)}})
	b.drain()
	if got := b.stories("1"); len(got) != 1 || len(got[0].Articles) != 2 {
		t.Errorf("%d stories, want one of two articles", len(got))
	}
	if _, err := a.Drain(t.Context()); err != nil {
		t.Errorf("with nothing to ingest a lease is not asked for: %v", err)
	}
}

// Sources of one host are one process's at a time: it lets them take turns.
func TestHostsOfProcesses(t *testing.T) {
	url := storetest.Postgres(t, nil)
	clock := func() time.Time { return now }
	db, err := store.Open(t.Context(), url, store.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	process := func(id string) *desk {
		return &desk{Ingest: New(slog.New(slog.DiscardHandler), db, Options{Now: clock, Process: id}), t: t, sources: map[string]int64{}}
	}
	a, b := process("AAAA"), process("BBBB")
	for _, u := range []string{"https://one.example/1", "https://one.example/2", "https://two.example/"} {
		a.subscribe("1", u, false)
	}
	due := func(d *desk, n int) (urls []string) {
		vs, err := d.Due(context.Background(), now, n, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range vs {
			urls = append(urls, v.URL)
		}
		return urls
	}
	if got := due(a, 1); len(got) != 1 || got[0] != "https://one.example/1" {
		t.Fatalf("first: %v", got)
	}
	if got := due(b, 10); len(got) != 1 || got[0] != "https://two.example/" {
		t.Errorf("another process leased %v", got)
	}
	if got := due(a, 10); len(got) != 1 || got[0] != "https://one.example/2" {
		t.Errorf("the process that has the host leased %v", got)
	}
}
