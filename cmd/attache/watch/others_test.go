package watch

import (
	"context"
	"errors"
	"testing"
	"time"

	"attache/internal/store"
)

// A peer is one of several processes on a database.
type peer struct {
	world   *world
	member  *store.Member
	watch   *Watch
	stop    func()
	gateway *Gateway
	end     context.CancelFunc // of its life among the others
	ended   chan error
}

// join starts a process with a gateway of its own. The engine of the tests is SQLite, whose rows mean the same; that several
// run on one file is not otherwise to be had.
func (w *world) join() *peer { return w.joinAs("gateway") }

func (w *world) joinAs(roles string) *peer {
	w.t.Helper()
	m, err := w.db.Join(w.t.Context(), roles, "test")
	if err != nil {
		w.t.Fatal(err)
	}
	p := &peer{world: w, member: m, gateway: &Gateway{Shards: 2, Held: 1, Ready: 1}, ended: make(chan error)}
	ctx, cancel := context.WithCancel(w.t.Context())
	p.end = cancel
	go func() { p.ended <- m.Run(ctx) }()
	o := w.options()
	o.Member, o.Shared = m, true
	o.Gateway = func() Gateway { w.mu.Lock(); defer w.mu.Unlock(); return *p.gateway }
	if roles == "worker" {
		o.Gateway = nil
	}
	p.watch, p.stop = w.start(o)
	return p
}

// leave ends the process.
func (p *peer) leave() {
	p.world.t.Helper()
	p.stop()
	p.end()
	if err := <-p.ended; err != nil {
		p.world.t.Error(err)
	}
}

// What both see is told once, by whichever leads; when that one goes, the other goes on where it stopped.
func TestTwoProcesses(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.join()
		w.wait(time.Second)
		b := w.join()
		w.wait(10 * time.Minute)
		w.set(func() { w.left = []string{"openai"} })
		w.visit(1, week, w.subscribe(9)...)
		w.wait(10 * time.Minute)
		w.want("9 of 9 sources", "openai")
		a.leave()
		w.wait(10 * time.Minute)
		w.want()
		c := w.join()
		w.wait(10 * time.Minute)
		w.want()
		w.set(func() { w.left = nil })
		w.visit(0, week, 1, 2, 3, 4, 5, 6, 7, 8, 9)
		w.wait(10 * time.Minute)
		w.want("Over: "+over[Fetches], "Over: "+over[Models])
		if w.rows() != "" || w.logged("msg=alert ") != 2 {
			t.Errorf("rows %q", w.rows())
		}
		b.leave()
		c.leave()
	})
}

// What one process alone can see is told by the other that leads, and is over when neither sees it any more.
func TestSeenByOne(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.join()
		w.wait(time.Second)
		b := w.join()
		w.set(func() { b.gateway.Down, b.gateway.Ready = time.Now(), 0 })
		w.wait(10 * time.Minute)
		w.want("0 of 1 shards")
		w.set(func() { a.gateway.Down = time.Now() })
		w.wait(10 * time.Minute)
		w.set(func() { b.gateway.Down = time.Time{} })
		w.wait(10 * time.Minute)
		w.want() // the other has it still
		w.set(func() { a.gateway.Down = time.Time{} })
		w.wait(10 * time.Minute)
		w.want("Over: " + over[Connection])
		if w.rows() != "" {
			t.Errorf("rows %q", w.rows())
		}
		a.leave()
		b.leave()
	})
}

// A process that is started again finds what it found before: that is no end and no beginning. One that never comes back
// leaves nothing.
func TestSeenByOneThatDies(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.join()
		w.wait(time.Second)
		for range 3 {
			b := w.join()
			w.set(func() { b.gateway.Refused = "discord refused the shard number" })
			w.wait(2 * time.Minute)
			b.leave()
			w.wait(time.Minute)
		}
		w.want("refused the shard number")
		w.wait(20 * time.Minute)
		w.want("Over: " + over[Connection])
		if w.rows() != "" {
			t.Errorf("rows %q", w.rows())
		}
		a.leave()
	})
}

// When the last process with a gateway is gone, one without says so.
func TestNoGateway(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.joinAs("worker") // it is there before any gateway
		w.wait(2 * time.Minute)
		for range 3 { // a new version is started
			b := w.join()
			w.wait(10 * time.Minute)
			b.leave()
			w.wait(time.Minute)
		}
		w.want()
		w.wait(time.Hour)
		w.want("No process with the role gateway runs for 3 minutes")
		b := w.joinAs("gateway,worker")
		w.wait(10 * time.Minute)
		w.want("Over: " + over[Connection])
		take := func(shard string) {
			if ours, err := b.member.Take(w.t.Context(), shard); err != nil || !ours {
				t.Fatalf("lease %s: %v, %v", shard, ours, err)
			}
		}
		take("shard 0/1") // a number that is not used any more
		take("shard 0/3")
		take("shard 2/3")
		w.wait(3 * time.Minute)
		w.want()
		w.wait(10 * time.Minute)
		w.want("1 of 3 shards of Discord's gateway are held by no process")
		take("shard 1/3")
		w.wait(time.Minute)
		w.want("Over: " + over[Connection])
		a.leave()
		b.leave()
	})
}

// The last words of a process that does not lead are told by the one that does.
func TestEndedBesideOthers(t *testing.T) {
	bubble(t, func(w *world) {
		a := w.join()
		w.wait(time.Second)
		b := w.join()
		w.wait(time.Second)
		b.watch.Ended(w.t.Context(), errors.New("discord refused the gateway intents"))
		b.leave()
		w.wait(time.Minute)
		w.want("refused the gateway intents")
		a.leave()
	})
}
