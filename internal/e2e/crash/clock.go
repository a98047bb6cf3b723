package crash

import (
	"sync"
	"time"
)

// start is the world's first moment: no clock is changed anywhere in the weeks after it.
var start = time.Date(2026, 1, 12, 6, 0, 0, 0, time.UTC)

// A clock runs as the machine's does, from start on, and is moved ahead while the program is dead.
type clock struct {
	mu    sync.Mutex
	shift time.Duration
}

func newClock() *clock { return &clock{shift: time.Until(start)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.shift).UTC()
}

func (c *clock) ahead(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shift += d
}
