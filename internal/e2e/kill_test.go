package e2e

import (
	"os"
	"strings"
	"testing"
	"time"

	"attache/internal/e2e/crash"
	"attache/internal/fakediscord/spectest"
	"attache/internal/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// The program is killed at each moment of each of its doors, or told to end there, and nothing comes of it but, told so, that it
// ends well. internal/e2e/killloop does the same as often as one likes.
func TestKillLoop(t *testing.T) {
	if testing.Short() {
		t.Skip("some 30 starts of the program")
	}
	seed := uint64(time.Now().UnixNano())
	for name, o := range map[string]crash.Options{"SQLite": {Rounds: 24}, "PostgreSQL": {Rounds: 5}, "SIGTERM": {Rounds: 8, Term: true}} {
		t.Run(name, func(t *testing.T) {
			if name == "PostgreSQL" {
				o.Postgres = storetest.Postgres(t, nil)
			}
			t.Parallel()
			o.Bin, o.Dir, o.Seed, o.Check = build(t), t.TempDir(), seed, spectest.Checker(t)
			r, err := crash.Run(t.Context(), o)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for _, p := range r.Problems {
				t.Errorf("seed %d: %s", seed, p)
			}
			if missed := r.Missed(); len(missed) > 0 && o.Rounds >= 24 {
				t.Errorf("seed %d: it was never killed at %s: %v", seed, strings.Join(missed, ", "), r.Kills)
			}
			t.Logf("seed %d: %+v", seed, r)
		})
	}
}

// A Discord that forgets a nonce sooner than the program relies on shows a digest twice, and the loop says so: it would
// notice a program that posts twice. With this seed the program is dead for a minute each time, so that one digest is due
// and its nonce is what the program goes by.
func TestKillLoopNotices(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the program twice")
	}
	r, err := crash.Run(t.Context(), crash.Options{Bin: build(t), Dir: t.TempDir(), Seed: 2, Rounds: 2, NonceWindow: time.Second,
		Points: []crash.Point{{Door: crash.Post, Moment: crash.Answered, N: 1}, {Door: crash.Anywhere, After: 4 * time.Second}}})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(r.Problems, "\n"), "twice") {
		t.Errorf("nobody notices: %+v", r)
	}
}
