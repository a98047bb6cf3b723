package bot

import (
	"sync"
	"time"
)

// A GatewayState is how this process stands with Discord's gateway.
type GatewayState struct {
	Shards int // in all processes; 0 before that is known
	Held   int // by this process
	Ready  int // of Held: those whose sessions are open

	Identifies int // sessions begun in the last 24 hours, by all processes, as last counted
	Limit      int // of them that Discord allows in 24 hours; 0 before that is known

	Down    time.Time // since when not all of Held are open; zero while they are
	Refused string    // what an operator must do before Discord takes a session again, "" for nothing
}

// Gateway returns how this process stands with Discord's gateway. It is the zero value before Run.
func (b *Bot) Gateway() GatewayState {
	b.gateway.mu.Lock()
	defer b.gateway.mu.Unlock()
	return b.gateway.state
}

// gatewayNotes is where the sessions note their state.
type gatewayNotes struct {
	mu    sync.Mutex
	state GatewayState
	open  map[int]bool
	ever  bool // a session was open
}

// note changes the state.
func (g *gatewayNotes) note(change func(s *GatewayState)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open == nil {
		g.open = map[int]bool{}
	}
	change(&g.state)
	g.state.Ready = len(g.open)
	up := g.state.Shards > 0 && g.state.Refused == "" && g.state.Ready >= g.state.Held
	switch {
	case up:
		g.state.Down = time.Time{}
	case g.state.Down.IsZero():
		g.state.Down = time.Now()
	}
}

func (g *gatewayNotes) began() { g.note(func(*GatewayState) {}) }

func (g *gatewayNotes) holds(shards, held int) {
	g.note(func(s *GatewayState) { s.Shards, s.Held = shards, held })
}

func (g *gatewayNotes) counted(identifies, limit int) {
	g.note(func(s *GatewayState) { s.Identifies, s.Limit = identifies, limit })
}

func (g *gatewayNotes) identified() { g.note(func(s *GatewayState) { s.Identifies++ }) }

func (g *gatewayNotes) opened(shard int) {
	g.note(func(s *GatewayState) { g.open[shard], g.ever, s.Refused = true, true, "" })
}

func (g *gatewayNotes) closed(shard int) { g.note(func(*GatewayState) { delete(g.open, shard) }) }

// refuse notes a refusal, and reports whether a session was open before.
func (g *gatewayNotes) refuse(reason string) (opened bool) {
	g.note(func(s *GatewayState) { s.Held, s.Refused, opened = 0, reason, g.ever })
	return opened
}

func (g *gatewayNotes) isOpen(shard int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open[shard]
}
