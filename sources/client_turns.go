package sources

import (
	"context"
	"sync"
	"time"
)

// turnsKept is how many hosts are remembered before those whose pause is over are swept out.
const turnsKept = 1024

// turns lets one request at a time go to a host, with a pause after each.
type turns struct {
	gap  time.Duration
	mu   sync.Mutex
	of   map[string]*turn
	next int // size of the map at which it is swept
}

type turn struct {
	busy chan struct{} // holds one token while a request is in flight
	free time.Time     // when the pause after the last one is over
	refs int           // holders and waiters
}

func newTurns(gap time.Duration) *turns {
	return &turns{gap: gap, of: map[string]*turn{}, next: turnsKept}
}

// take waits for the host's turn. release ends it and begins the pause.
func (t *turns) take(ctx context.Context, host string) (release func(), err error) {
	t.mu.Lock()
	h := t.of[host]
	if h == nil {
		t.sweep()
		h = &turn{busy: make(chan struct{}, 1)}
		t.of[host] = h
	}
	h.refs++
	t.mu.Unlock()
	select {
	case h.busy <- struct{}{}:
	case <-ctx.Done():
		t.leave(host, h)
		return nil, ctx.Err()
	}
	if wait := time.Until(h.free); wait > 0 {
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			<-h.busy
			t.leave(host, h)
			return nil, ctx.Err()
		}
	}
	return func() {
		h.free = time.Now().Add(t.gap)
		<-h.busy
		t.leave(host, h)
	}, nil
}

func (t *turns) leave(host string, h *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if h.refs--; h.refs == 0 && t.gap <= 0 {
		delete(t.of, host)
	}
}

// sweep forgets hosts nobody waits for and whose pause is over. t.mu is held.
func (t *turns) sweep() {
	if len(t.of) < t.next {
		return
	}
	now := time.Now()
	for host, h := range t.of {
		if h.refs == 0 && now.After(h.free) {
			delete(t.of, host)
		}
	}
	t.next = max(turnsKept, 2*len(t.of))
}
