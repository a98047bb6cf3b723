package e2e

import (
	"bytes"
	"context"
	"testing"
	"time"

	"attache/internal/e2e/crash"
	"attache/internal/fakediscord"
	"attache/internal/fakediscord/spectest"
	"attache/internal/store/storetest"
)

// A gateway and two workers on one database: a worker is killed while it posts, and the other does what it left. Their time is
// the machine's, so that this lasts about a minute; `killloop -workers 2` does it as often as one likes.
func TestWorkerKilled(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("lasts a minute, and the race detector sees nothing of other processes")
	}
	pg := storetest.Postgres(t, nil)
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	r, err := crash.Run(t.Context(), crash.Options{
		Bin: build(t), Dir: t.TempDir(), Postgres: pg, Seed: seed, Workers: 2, Rounds: 2, Check: spectest.Checker(t),
		Points: []crash.Point{{Door: crash.Post, Moment: crash.Answered, N: 1}, {Door: crash.Feed, Moment: crash.Answered, N: 1}},
	})
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	for _, p := range r.Problems {
		t.Errorf("seed %d: %s", seed, p)
	}
	if len(r.Taken) != 2 || len(r.Missed()) != 2 {
		t.Errorf("seed %d: not killed while it fetched and posted: %v", seed, r.Kills)
	}
	t.Logf("seed %d: %+v", seed, r)
}

// Two gateways share a database and the shards of the bot. The one that holds the guild's shard is killed, and the other
// answers its commands.
func TestGatewayKilled(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("lasts half a minute, and the race detector sees nothing of other processes")
	}
	pg := storetest.Postgres(t, nil)
	t.Parallel()
	fake, api := discord(t, fakediscord.Options{})
	p := newProgram(t, api, "127.0.0.1:9") // no source is read
	configure(t, p, "sqlite:attache.db", pg)
	configure(t, p, "http:\n  listen: "+p.http+"\n", "") // two cannot have it
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	start := func() *running {
		r, err := p.RunAs(time.Now(), "config.yaml", "--role", "gateway")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Kill() }) // ended already where the test passed
		return &running{p, r}
	}
	ask := func() {
		t.Helper()
		e, err := fake.Interact(ctx, fakediscord.Interaction{Channel: channel, Name: "help"})
		if err == nil {
			err = e.Wait(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	first := start()
	first.until("its session and commands", func() bool { return fake.Gateway().Sessions == 1 && fake.Registrations() > 0 })
	ask()
	second := start()
	second.until("its start", func() bool { return bytes.Contains(second.Output(), []byte("msg=running")) })
	if n := fake.Gateway().Identifies; n != 1 {
		t.Errorf("%d sessions were begun for one shard", n)
	}
	first.kill()
	died := time.Now()
	second.until("its session", func() bool { s := fake.Gateway(); return s.Identifies == 2 && s.Sessions == 1 })
	ask()
	t.Logf("the second gateway answered after %s", time.Since(died).Round(time.Second))
	second.stop()
}
