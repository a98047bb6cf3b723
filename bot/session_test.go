package bot

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"attache/internal/digest"
	"attache/internal/fakediscord"
	"attache/internal/store"
)

const (
	guildID   = "1101"
	textID    = "2201"
	hiddenID  = "2202"
	noPostID  = "2203"
	noPastID  = "2204"
	forumID   = "2205"
	token     = "sample.token.for-tests"
	testLimit = 30 * time.Second
)

// startFake starts a Discord with one guild; what breaks a rule fails the test at its end.
func startFake(t *testing.T, o fakediscord.Options) (*fakediscord.Server, string) {
	t.Helper()
	if o.Token == "" {
		o.Token = token
	}
	if o.Guilds == nil {
		o.Guilds = []fakediscord.Guild{{ID: guildID, Name: "Press room", Locale: "de", Channels: []fakediscord.Channel{
			{ID: textID, Name: "digest"}, {ID: hiddenID, Name: "cabinet", Hidden: true}, {ID: noPostID, Name: "rules", NoPost: true},
			{ID: noPastID, Name: "brief", NoHistory: true}, {ID: forumID, Name: "stories", Type: fakediscord.Forum},
		}}}
	}
	s := fakediscord.New(o)
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		for _, v := range s.Violations() {
			t.Errorf("violation: %s", v)
		}
	})
	return s, base
}

// quick are timings for a gateway on loopback.
func quick() Timings {
	return Timings{Open: 5 * time.Second, Quiet: 5 * time.Second, Retry: time.Millisecond, Slow: 20 * time.Millisecond, Frames: 200, Identify: time.Millisecond, Look: 10 * time.Millisecond}
}

// newBot makes a bot whose log must not hold the token.
func newBot(t *testing.T, db *store.DB, base string, tm Timings) *Bot {
	t.Helper()
	b, _ := newLoggedBot(t, db, Options{APIBase: base, Timings: tm, PerSecond: 100000})
	return b
}

func newLoggedBot(t *testing.T, db *store.DB, o Options) (*Bot, *logged) {
	t.Helper()
	var log logged
	o.Token = token
	b, err := New(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), db, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if strings.Contains(log.String(), token) {
			t.Errorf("the token is in the log:\n%s", log.String())
		}
	})
	return b, &log
}

// A logged is a log that several goroutines write.
type logged struct {
	mu sync.Mutex
	sb strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sb.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sb.String()
}

func openStore(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "test.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// run runs b until the test ends, and returns a function that ends it and gives Run's error.
func run(t *testing.T, b *Bot) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	stopped := false
	stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(10 * time.Second):
			t.Error("Run did not return within 10 s")
			return nil
		}
	}
	t.Cleanup(func() { stop() })
	return stop
}

func await(t *testing.T, s *fakediscord.Server, wanted func(fakediscord.GatewayState) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	if err := s.AwaitGateway(ctx, wanted); err != nil {
		t.Fatal(err)
	}
}

func ready(t *testing.T, b *Bot) {
	t.Helper()
	select {
	case <-b.Ready():
	case <-time.After(testLimit):
		t.Fatal("never ready")
	}
}

func TestConnectAndSend(t *testing.T) {
	s, base := startFake(t, fakediscord.Options{})
	b := newBot(t, nil, base, quick())
	stop := run(t, b)
	ready(t, b)
	name, err := b.Check(t.Context())
	if err != nil || name != "attache" {
		t.Fatalf("Check = %q, %v", name, err)
	}
	p := store.Part{Channel: textID, Nonce: "n1", Marker: "ABCDE", Body: json.RawMessage(`{"content":"hello ABCDE"}`), FirstTry: time.Now()}
	id, err := b.Send(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.Send(t.Context(), p)
	if err != nil || again != id {
		t.Errorf("second Send = %q, %v; want %q", again, err, id)
	}
	if found, err := b.Find(t.Context(), p); err != nil || found != id {
		t.Errorf("Find = %q, %v; want %q", found, err, id)
	}
	if ms := s.Messages(textID); len(ms) != 1 || ms[0].Nonce != "n1" {
		t.Errorf("messages: %+v", ms)
	}
	if err := stop(); err != nil {
		t.Errorf("Run = %v", err)
	}
	var refused *digest.Refused
	if _, err := b.Send(t.Context(), store.Part{Channel: hiddenID, Nonce: "n2", Body: p.Body}); !errors.As(err, &refused) || !refused.Channel {
		t.Errorf("hidden channel: %v", err)
	}
}
