package model

import (
	"fmt"
	"sync"
	"time"
)

const (
	trips      = 5                // failures in a row after which the endpoint is left alone
	firstPause = 30 * time.Second // before the first probe; doubled after each that fails
	longest    = 10 * time.Minute // between two probes, whatever the endpoint asks for
)

// A breaker keeps a failing endpoint from being asked over and over. After some failures in a row it is open; when its
// pause is over, one call is let through as a probe, and what becomes of that decides.
type breaker struct {
	mu      sync.Mutex
	fails   int // in a row
	open    bool
	pause   time.Duration // the last one; doubled by a probe that fails
	until   time.Time     // its end
	probing bool
	era     int // counts openings and closings; what was asked in an earlier era decides nothing
}

// A pass is the permission for one call; done gives it back.
type pass struct {
	era   int
	probe bool
}

func (b *breaker) enter(now time.Time) (pass, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return pass{era: b.era}, nil
	}
	if now.Before(b.until) {
		return pass{}, fmt.Errorf("%w, until %s", ErrOpen, b.until.UTC().Format("15:04:05 MST"))
	}
	if b.probing {
		return pass{}, fmt.Errorf("%w: it is being tried just now", ErrOpen)
	}
	b.probing = true
	return pass{era: b.era, probe: true}, nil
}

// Left reports whether the endpoint failed repeatedly and is left alone for a while. It may stay so while nobody asks it
// anything: what ends it is a question that is answered.
func (c *Client) Left() bool {
	c.breaker.mu.Lock()
	defer c.breaker.mu.Unlock()
	return c.breaker.open
}

// done takes what became of a call, and the time until which the endpoint asked to be left alone; zero when it did not.
// It reports whether the breaker has opened by it.
func (b *breaker) done(p pass, o outcome, now, asked time.Time) (opened bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.era != b.era {
		return false
	}
	b.probing = false // it was only when p is the probe
	switch o {
	case alive:
		if b.open {
			b.era++
		}
		b.fails, b.open, b.pause = 0, false, 0
	case failing:
		b.fails++
		if !p.probe && b.fails < trips && !asked.After(now) {
			return false
		}
		b.pause = min(max(2*b.pause, firstPause), longest)
		b.open, b.until = true, now.Add(max(b.pause, min(asked.Sub(now), longest)))
		b.era++
		return true
	}
	return false
}
