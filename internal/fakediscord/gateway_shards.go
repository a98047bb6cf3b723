package fakediscord

import (
	"strconv"
	"time"
)

// Sharding is what the gateway wants of bots in many guilds. The zero value is one shard, and the limits of a small bot.
type Sharding struct {
	Shards int // that GET /gateway/bot recommends; 0 is 1
	Least  int // fewer shards are refused with 4011; 0 is 1

	Total       int           // sessions that may be begun a day; 0 is 1000
	Concurrency int           // max_concurrency; 0 is 1
	Per         time.Duration // in which so many shards may begin a session, more get op 9; Discord's is 5 s, 0 is not to look
}

func (r Sharding) withDefaults() Sharding {
	r.Shards, r.Least, r.Concurrency = max(r.Shards, 1), max(r.Least, 1), max(r.Concurrency, 1)
	if r.Total == 0 {
		r.Total = 1000
	}
	return r
}

// Shard changes what the gateway wants; sessions that are open stay.
func (s *Server) Shard(r Sharding) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	s.gate.rules = r.withDefaults()
}

// advice answers GET /gateway/bot.
func (g *gate) advice(url string) map[string]any {
	g.mu.Lock()
	defer g.mu.Unlock()
	remaining := max(0, g.rules.Total-g.identifies)
	if g.noStarts {
		remaining = 0
	}
	return map[string]any{"url": url, "shards": g.rules.Shards, "session_start_limit": map[string]any{
		"total": g.rules.Total, "remaining": remaining, "reset_after": 14400000, "max_concurrency": g.rules.Concurrency,
	}}
}

// admit returns the code and reason for which a shard is refused, 0 for none. The lock is held.
func (g *gate) admit(shard [2]int) (code int, reason string) {
	switch {
	case shard[0] < 0 || shard[0] >= shard[1]:
		return 4010, "Invalid shard."
	case shard[1] < g.rules.Least:
		return 4011, "Sharding required."
	}
	return 0, ""
}

// tooEarly notes that a shard begins a session, and reports whether another of its group did so a moment ago. The lock is held.
func (g *gate) tooEarly(shard int) bool {
	group, now := shard%g.rules.Concurrency, time.Now()
	last, ok := g.begun[group]
	if ok && now.Sub(last) < g.rules.Per {
		g.early++
		return true
	}
	g.begun[group] = now
	return false
}

// shardOf is the shard of a guild, "" for direct messages (events/gateway, "Sharding").
func shardOf(guild string, shards int) int {
	id, err := strconv.ParseUint(guild, 10, 64)
	if err != nil || shards < 1 {
		return 0
	}
	return int((id >> 22) % uint64(shards))
}
