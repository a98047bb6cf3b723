package fakediscord

import (
	"context"
	"fmt"
	"slices"
)

// A GatewayState is what happened at the gateway so far.
type GatewayState struct {
	Connections int // open now
	Sessions    int // that are connected now
	Identifies  int
	Early       int      // of Identifies: those refused because they came before their turn
	Resumes     int      // that succeeded
	Shards      [][2]int // of the sessions that are connected now, in order: which, of how many
	Frames      []string
}

// Gateway returns what happened at the gateway so far.
func (s *Server) Gateway() GatewayState {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	return s.gate.state()
}

func (g *gate) state() GatewayState {
	st := GatewayState{Connections: len(g.conns), Identifies: g.identifies, Early: g.early, Resumes: g.resumes, Frames: slices.Clone(g.frames)}
	for _, session := range g.sessions {
		if session.conn != nil {
			st.Sessions++
			st.Shards = append(st.Shards, session.shard)
		}
	}
	slices.SortFunc(st.Shards, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	return st
}

// AwaitGateway waits until the gateway's state is as wanted.
func (s *Server) AwaitGateway(ctx context.Context, wanted func(GatewayState) bool) error {
	for {
		s.gate.mu.Lock()
		st, changed := s.gate.state(), s.gate.changed
		s.gate.mu.Unlock()
		if wanted(st) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the gateway stayed %+v: %w", st, ctx.Err())
		}
	}
}

// SilenceGateway makes the next n connections hear nothing, not even HELLO; -1 is all, 0 none.
func (s *Server) SilenceGateway(n int) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	s.gate.silent = n
}

// WithholdACKs stops or starts the acknowledgement of heartbeats.
func (s *Server) WithholdACKs(on bool) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	s.gate.withhold = on
}

// RefuseGateway closes the next connections with these codes, one each, when they identify or resume.
func (s *Server) RefuseGateway(codes ...int) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	s.gate.refuse = append(s.gate.refuse, codes...)
}

// Interject makes the gateway send payloads of the caller's making, one each, to the next connections that identify or
// resume, before it answers them.
func (s *Server) Interject(raws ...string) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	s.gate.interject = append(s.gate.interject, raws...)
}

// NoSessionStarts makes GET /gateway/bot say that no session may be begun today.
func (s *Server) NoSessionStarts(on bool) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	s.gate.noStarts = on
}

// RejectSessions makes the gateway answer every new session with op 9 from now on, or no longer.
func (s *Server) RejectSessions(on bool) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	s.gate.reject = on
}

// Reconnect asks every client to connect again (op 7).
func (s *Server) Reconnect() { s.everySession(`{"op":7,"s":null,"t":null,"d":null}`, false) }

// InvalidateSessions ends every session (op 9); a resumable one may be resumed all the same.
func (s *Server) InvalidateSessions(resumable bool) {
	s.everySession(fmt.Sprintf(`{"op":9,"s":null,"t":null,"d":%t}`, resumable), !resumable)
}

// RequestHeartbeat asks every client for a heartbeat at once (op 1).
func (s *Server) RequestHeartbeat() { s.everySession(`{"op":1,"s":null,"t":null,"d":null}`, false) }

// SendRaw sends a payload of the caller's making to every session.
func (s *Server) SendRaw(raw string) { s.everySession(raw, false) }

func (s *Server) everySession(raw string, kill bool) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	for _, session := range s.gate.sessions {
		if session.conn == nil {
			continue
		}
		session.conn.write([]byte(raw))
		if kill {
			session.dead, session.conn = true, nil
		}
	}
	s.gate.touch()
}

// DropConnections cuts every connection to the gateway.
func (s *Server) DropConnections() { s.gate.closeAll() }

// CloseConnections closes every connection to the gateway with a code; forget makes the sessions impossible to resume.
func (s *Server) CloseConnections(code int, forget bool) {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	if forget {
		for _, session := range s.gate.sessions {
			session.dead = true
		}
	}
	for c := range s.gate.conns {
		c.close(code, "")
	}
}

// refusal takes the next close code that was asked for, 0 for none.
func (s *Server) refusal() int {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	if len(s.gate.refuse) == 0 {
		return 0
	}
	code := s.gate.refuse[0]
	s.gate.refuse = s.gate.refuse[1:]
	return code
}

// interjection takes the next payload that comes before an answer, "" for none.
func (s *Server) interjection() string {
	s.gate.mu.Lock()
	defer s.gate.mu.Unlock()
	if len(s.gate.interject) == 0 {
		return ""
	}
	raw := s.gate.interject[0]
	s.gate.interject = s.gate.interject[1:]
	return raw
}
