package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
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

	"attache/cmd/attache/newsroom"
	"attache/internal/e2e/process"
	"attache/internal/fakediscord"
	"attache/internal/fakellm"
	"attache/internal/store/storetest"
)

// The program is told to end at random moments, while it connects, reads, groups, asks the model and posts. It ends within
// its grace, says of no error, and leaves no goroutine behind.
func TestStop(t *testing.T) {
	for engine, times := range map[string]int{"SQLite": 16, "PostgreSQL": 4} {
		t.Run(engine, func(t *testing.T) {
			url := func() string { return "sqlite:" + filepath.Join(t.TempDir(), "attache.db") }
			if engine == "PostgreSQL" {
				t.Cleanup(storetest.Stop)
				url = func() string { return storetest.Postgres(t, nil) }
			}
			if testing.Short() {
				times = 3
			}
			seed := uint64(time.Now().UnixNano())
			r := rand.New(rand.NewPCG(seed, 0))
			whole := &moments{}
			stopAt(t, url(), whole) // not before its digest is posted: what there is to interrupt
			for _, door := range []string{"sample", "model", "discord"} {
				if whole.seen[door] == 0 {
					t.Fatalf("nothing passed the door %q: %v", door, whole.seen)
				}
			}
			for n := range times {
				m := &moments{door: []string{"sample", "model", "discord", "start"}[n%4]}
				m.at = 1 + r.IntN(max(whole.seen[m.door], 1))
				stopAt(t, url(), m)
				if t.Failed() {
					t.Fatalf("seed %d, told to end at %s %d of %d", seed, m.door, m.at, whole.seen[m.door])
				}
			}
			if testing.Short() || engine == "PostgreSQL" {
				return
			}
			for _, m := range []*moments{{door: "sample", at: whole.seen["sample"]}, {door: "model", at: 1}, {door: "discord", at: 1}, {door: "discord", at: whole.seen["discord"]}} {
				m.hang = make(chan struct{}) // who is there says nothing more
				if stopAt(t, url(), m); t.Failed() {
					t.Fatalf("told to end when %s did not answer request %d", m.door, m.at)
				}
			}
		})
	}
}

// Told to end while it opens its database, `attache run` has nothing to say and did not fail.
func TestStopBeforeItRuns(t *testing.T) {
	t.Setenv("DISCORD_TOKEN", demoToken)
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte("store:\n  url: sqlite:attache.db\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var said process.Output
	if code := run(ctx, []string{"run", "-c", path}, terminal{nil, &said, &said}); code != 0 || len(said.Bytes()) > 0 {
		t.Errorf("exit code %d, and it says %q", code, said.Bytes())
	}
}

// moments are what happens at the doors of a program. At one of them the program is told to end.
type moments struct {
	door string // "": at none
	at   int    // counted from 1
	end  func()
	hang chan struct{} // nil: the door goes on; else what passes it from then on waits until this is closed

	mu   sync.Mutex
	seen map[string]int
}

func (m *moments) pass(door string) {
	m.mu.Lock()
	if m.seen == nil {
		m.seen = map[string]int{}
	}
	m.seen[door]++
	n, wait := m.seen[door], m.hang
	m.mu.Unlock()
	if door != m.door {
		return
	}
	if n == m.at {
		m.end()
	}
	if n >= m.at && wait != nil {
		<-wait
	}
}

// A samples folder passes a moment whenever a file of it is opened.
type samples struct {
	fs.FS
	m *moments
}

func (s samples) Open(name string) (fs.File, error) {
	s.m.pass("sample")
	return s.FS.Open(name)
}

// stopAt runs the program in the world of the demo, with a model, until its moment or until its first digest is posted.
func stopAt(t *testing.T, url string, m *moments) {
	t.Helper()
	before := goroutines()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	m.end = cancel
	folder := filepath.Join(t.TempDir(), "samples")
	if err := newsroom.Copy(folder); err != nil {
		t.Fatal(err)
	}
	room, err := newsroom.Open(t.Context(), slog.New(slog.DiscardHandler), samples{os.DirFS(folder), m}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer room.Close()
	d := demo{demoFlags: demoFlags{once: true, json: true}, t: terminal{nil, io.Discard, io.Discard}, p: newProgress(io.Discard), posted: make(chan fakediscord.Message, 100)}
	discord := fakediscord.New(fakediscord.Options{
		Token:     demoToken,
		Guilds:    []fakediscord.Guild{{ID: demoGuild, Name: "Demo", Channels: []fakediscord.Channel{{ID: demoChannel, Name: demoRoom}}}},
		OnMessage: func(m fakediscord.Message) { d.posted <- m },
		Check:     func(*http.Request, []byte) error { m.pass("discord"); return nil },
	})
	base, err := discord.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer discord.Close()
	llm := httptest.NewServer(fakellm.New(fakellm.Options{Check: func(*http.Request, []byte) error { m.pass("model"); return nil }}))
	defer llm.Close()

	cfg := defaults()
	cfg.Store.URL, cfg.Discord.APIBaseURL = url, base
	cfg.Sources.HostGap, cfg.Sources.Interval = 0, time.Second
	for _, site := range room.Sites() {
		cfg.Sources.AllowPrivate = append(cfg.Sources.AllowPrivate, site.Addr)
	}
	none := BudgetConfig{LimitConfig{unlimited, unlimited}, LimitConfig{unlimited, unlimited}}
	cfg.Budgets.Installation, cfg.Budgets.Guild = none, none
	cfg.Models = []ModelConfig{{BaseURL: llm.URL + "/v1", Model: "fake-model", Context: 64000}}
	cfg.Models[0].complete()
	var said process.Output
	if m.door == "start" {
		cancel()
	}
	a, err := openApp(ctx, cfg, slog.New(slog.NewTextHandler(&said, nil)), demoToken, allRoles)
	if err != nil && ctx.Err() != nil { // before it had begun, which is no failure to `attache run`
		if !errors.Is(err, context.Canceled) {
			t.Errorf("told to end before it had begun it says %v", err)
		}
		left(t, before)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	sched, err := d.prepare(t.Context(), a, room.Sites())
	if err != nil {
		t.Fatal(err)
	}
	ended, watched := make(chan error, 1), make(chan error, 1)
	go func() { ended <- a.run(ctx) }()
	go func() {
		watched <- d.watch(ctx, a, sched, folder, nil)
		cancel()
	}()
	<-ctx.Done()
	limit := time.NewTimer(grace)
	defer limit.Stop()
	began := time.Now()
	if m.hang != nil {
		defer close(m.hang)
	}
	select {
	case err := <-ended:
		t.Logf("ended at %s %d after %s", m.door, m.at, time.Since(began).Round(time.Millisecond))
		if err := errors.Join(err, a.close()); err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-limit.C:
		t.Fatalf("it did not end within %s:\n%s", grace, strings.Join(slices.Collect(maps.Values(goroutines())), "\n\n"))
	}
	if err := <-watched; err != nil && ctx.Err() == nil {
		t.Error(err)
	}
	_, out, ok := strings.Cut(string(said.Bytes()), "msg=stopping") // what a slow machine makes it say before is not the end's
	if !ok || strings.Contains(out, "level=ERROR") {
		t.Errorf("when it ended it said:\n%s", said.Bytes())
	}
	left(t, before)
}

// goroutines are the stacks of all goroutines, by what names each.
func goroutines() map[string]string {
	b := make([]byte, 1<<20)
	for {
		n := runtime.Stack(b, true)
		if n < len(b) {
			b = b[:n]
			break
		}
		b = make([]byte, 2*len(b))
	}
	out := map[string]string{}
	for stack := range strings.SplitSeq(string(b), "\n\n") {
		name, _, _ := strings.Cut(stack, " [")
		out[name] = stack
	}
	return out
}

// left fails when a goroutine of the program or of one of its libraries is left that was not there before. Those of the
// world beside it are its own; a connection that nobody uses is the standard library's, which closes it in time.
func left(t *testing.T, before map[string]string) {
	t.Helper()
	ours := func(stack string) bool {
		for _, world := range []string{"attache/internal/fakediscord.", "attache/internal/fakellm.", "attache/cmd/attache/newsroom.", "net/http/httptest.", "attache/internal/store/storetest.", "testing.(*T)", "testing.tRunner"} {
			if strings.Contains(stack, world) {
				return false
			}
		}
		for _, code := range []string{"\nattache/", "by attache/", "\ngithub.com/", "by github.com/", "\ngolang.org/", "by golang.org/", "\nmodernc.org/", "by modernc.org/", "database/sql."} {
			if strings.Contains(stack, code) {
				return true
			}
		}
		return false
	}
	limit := time.NewTimer(2 * time.Second) // one that was told to end may be on its way
	defer limit.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		var stacks []string
		for name, stack := range goroutines() {
			if before[name] == "" && ours(stack) {
				stacks = append(stacks, stack)
			}
		}
		if len(stacks) == 0 {
			return
		}
		select {
		case <-limit.C:
			t.Errorf("%d goroutines are left:\n%s", len(stacks), strings.Join(stacks, "\n\n"))
			return
		case <-tick.C:
		}
	}
}

// The job engine's words are hidden where it was told to end, and nowhere else.
func TestQuiet(t *testing.T) {
	var said process.Output
	log := slog.New(quiet{slog.NewTextHandler(&said, nil)})
	log.Info("started")
	log.Error("not sent", "err", context.Canceled.Error())
	if out := said.Bytes(); len(out) > 0 {
		t.Errorf("it says %q", out)
	}
	log.Error("not sent", "err", context.DeadlineExceeded.Error())
	if out := string(said.Bytes()); !strings.Contains(out, "deadline") {
		t.Errorf("it says %q", out)
	}
}
