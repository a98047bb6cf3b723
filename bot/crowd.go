package bot

import (
	"sync"
	"time"
)

const (
	userBurst  = 8                // interactions at once
	userEvery  = 4 * time.Second  // and one in so much time after that
	guildBurst = 60               // of all members of a server
	guildEvery = time.Second      //
	crowdMax   = 20_000           // users and servers remembered
	crowdRest  = 10 * time.Minute // those that were quiet for so long are forgotten
)

// A crowd keeps one person or server from taking the bot away from the others. It is safe for several goroutines.
type crowd struct {
	now func() time.Time

	mu      sync.Mutex
	buckets map[string]*allowance
}

// An allowance fills up with time.
type allowance struct {
	left float64
	at   time.Time
}

func newCrowd(now func() time.Time) *crowd { return &crowd{now: now, buckets: map[string]*allowance{}} }

// wait takes one interaction of a user in a guild, and returns 0, or how long to wait when there are too many.
func (c *crowd) wait(guild, user string) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if len(c.buckets) >= crowdMax {
		for k, a := range c.buckets {
			if now.Sub(a.at) > crowdRest || len(c.buckets) >= 2*crowdMax {
				delete(c.buckets, k)
			}
		}
	}
	u := c.fill("u"+user, userBurst, userEvery, now)
	g := c.fill("g"+guild, guildBurst, guildEvery, now)
	if u.left < 1 {
		return time.Duration((1 - u.left) * float64(userEvery))
	}
	if g.left < 1 {
		return time.Duration((1 - g.left) * float64(guildEvery))
	}
	u.left--
	g.left--
	return 0
}

// fill returns an allowance as it is now.
func (c *crowd) fill(key string, burst float64, every time.Duration, now time.Time) *allowance {
	a := c.buckets[key]
	if a == nil {
		a = &allowance{left: burst, at: now}
		c.buckets[key] = a
	}
	if d := now.Sub(a.at); d > 0 {
		a.left = min(burst, a.left+float64(d)/float64(every))
	}
	a.at = now
	return a
}
