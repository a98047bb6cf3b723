package fakediscord

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	gatewayPath = "/gateway"
	resumePath  = "/resume/" // and the session's id: the address that READY gives for resuming

	intentGuilds         = 1 << 0
	intentGuildMessages  = 1 << 9
	intentDirectMessages = 1 << 12
	intentsKnown         = 1<<27 - 1
	intentsPrivileged    = 1<<1 | 1<<8 | 1<<15

	payloadMax = 4096 // bytes that a client may send (events/gateway, "Sending Events")
	sendsMax   = 120  // in sendsPer
	sendsPer   = time.Minute
	replayMax  = 1000 // events kept of a session
	wsDeadline = 10 * time.Second
)

// A payload of the gateway.
type payload struct {
	Op int             `json:"op"`
	D  json.RawMessage `json:"d"`
	S  *int64          `json:"s"`
	T  *string         `json:"t"`
}

// A gateSession is what can be resumed.
type gateSession struct {
	id      string
	shard   [2]int // which, of how many
	intents int
	seq     int64
	events  [][]byte // seq-len(events)+1 … seq
	conn    *gateConn
	dead    bool
	left    bool // the client closed it with 1000 or 1001: it cannot be resumed
}

// A gateConn is one connection of a client.
type gateConn struct {
	ws       *websocket.Conn
	mu       sync.Mutex // of writes
	compress bool
}

func (c *gateConn) write(raw []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.ws.SetWriteDeadline(time.Now().Add(wsDeadline)) // an error shows in the write
	if !c.compress {
		_ = c.ws.WriteMessage(websocket.TextMessage, raw) // the reader notices a dead connection
		return
	}
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write(raw) // into memory
	_ = z.Close()
	_ = c.ws.WriteMessage(websocket.BinaryMessage, b.Bytes())
}

func (c *gateConn) close(code int, text string) {
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, text), time.Now().Add(wsDeadline))
	c.ws.Close()
}

// gate holds the sessions and connections of the gateway.
type gate struct {
	mu         sync.Mutex
	conns      map[*gateConn]bool
	sessions   []*gateSession
	identifies int
	resumes    int
	frames     []string // what clients sent, op by op
	silent     int      // so many connections get no HELLO; -1 all
	withhold   bool     // heartbeats are not acknowledged
	refuse     []int    // close codes for the next connections that identify or resume
	interject  []string // sent to the next connections that identify or resume, before anything else
	noStarts   bool
	reject     bool // every new session is invalid at once (op 9)
	rules      Sharding
	begun      map[int]time.Time // when a session was begun last, by the group of shards that begin in turn
	early      int               // sessions that were begun before their turn
	changed    chan struct{}     // closed when anything above changes
}

func (g *gate) init() {
	g.conns = map[*gateConn]bool{}
	g.begun = map[int]time.Time{}
	g.rules = Sharding{}.withDefaults()
	g.changed = make(chan struct{})
}

// touch tells those who wait for a change. The lock is held.
func (g *gate) touch() {
	close(g.changed)
	g.changed = make(chan struct{})
}

func (g *gate) closeAll() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		c.ws.Close()
	}
}

// dispatch sends an event of a guild, "" for direct messages, to the sessions of its shard whose intents cover it.
func (g *gate) dispatch(guild, kind string, d any, intent int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.sessions {
		if !s.dead && shardOf(guild, s.shard[1]) == s.shard[0] && (intent == 0 || s.intents&intent != 0) {
			g.send(s, kind, d)
		}
	}
}

// send numbers an event, keeps it for a resume, and writes it when the session is connected. The lock is held.
func (g *gate) send(s *gateSession, kind string, d any) {
	s.seq++
	raw, err := json.Marshal(map[string]any{"op": 0, "t": kind, "s": s.seq, "d": d})
	if err != nil {
		panic(fmt.Sprintf("fakediscord: event %s: %v", kind, err)) // made of maps and strings above
	}
	s.events = append(s.events, raw)
	if len(s.events) > replayMax {
		s.events = s.events[1:]
	}
	if s.conn != nil {
		s.conn.write(raw)
	}
}

// serveGateway is one connection to the gateway.
func (s *Server) serveGateway(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	s.wg.Add(1)
	defer s.wg.Done()
	defer ws.Close()
	c := &gateConn{ws: ws}
	g := &s.gate
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if closed {
		return
	}
	g.mu.Lock()
	g.conns[c] = true
	silent := g.silent != 0
	if g.silent > 0 {
		g.silent--
	}
	g.touch()
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.conns, c)
		for _, session := range g.sessions {
			if session.conn == c {
				session.conn = nil
			}
		}
		g.touch()
	}()
	if silent {
		_, _, _ = ws.ReadMessage() // until the client goes
		return
	}
	q := r.URL.Query()
	if q.Get("encoding") != "json" || q.Get("v") != "10" && q.Get("v") != "9" {
		c.close(4012, "Invalid API version.")
		return
	}
	if q.Get("v") != "10" {
		s.violate("gateway: version %s instead of 10", q.Get("v"))
	}
	hello, _ := json.Marshal(map[string]any{"op": 10, "s": nil, "t": nil, "d": map[string]any{"heartbeat_interval": s.o.Heartbeat.Milliseconds()}})
	c.write(hello)
	s.readGateway(c)
}

// readGateway handles what a client sends until it goes.
func (s *Server) readGateway(c *gateConn) {
	g := &s.gate
	var session *gateSession
	var sends []time.Time
	for {
		// A client that sends no heartbeat in two intervals is gone.
		_ = c.ws.SetReadDeadline(time.Now().Add(2*s.o.Heartbeat + wsDeadline))
		_, raw, err := c.ws.ReadMessage()
		if err != nil {
			if session != nil && websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway) {
				g.mu.Lock()
				session.left = true
				g.mu.Unlock()
			}
			return
		}
		now := time.Now()
		for len(sends) > 0 && now.Sub(sends[0]) > sendsPer {
			sends = sends[1:]
		}
		if sends = append(sends, now); len(sends) > sendsMax {
			c.close(4008, "You are being rate limited.")
			return
		}
		var p payload
		if len(raw) > payloadMax || json.Unmarshal(raw, &p) != nil {
			c.close(4002, "Error while decoding payload.")
			return
		}
		g.mu.Lock()
		g.frames = append(g.frames, fmt.Sprintf("op %d", p.Op))
		withhold := g.withhold
		g.touch()
		g.mu.Unlock()
		switch p.Op {
		case 1:
			if !withhold {
				c.write([]byte(`{"op":11,"s":null,"t":null,"d":null}`))
			}
		case 2, 6:
			g.mu.Lock()
			again := session != nil && !session.dead
			g.mu.Unlock()
			if again {
				c.close(4005, "Already authenticated.")
				return
			}
			var code int
			var reason string
			if raw := s.interjection(); raw != "" {
				c.write([]byte(raw))
			}
			if code = s.refusal(); code == 0 {
				if p.Op == 2 {
					session, code, reason = s.identify(c, p.D)
				} else {
					session, code, reason = s.resume(c, p.D)
				}
			}
			if code != 0 {
				c.close(code, reason)
				return
			}
		case 3, 4, 8:
			if session == nil {
				c.close(4003, "Not authenticated.")
				return
			}
		default:
			c.close(4001, "Unknown opcode.")
			return
		}
	}
}

// identify begins a session, or returns the code to close with.
func (s *Server) identify(c *gateConn, d json.RawMessage) (*gateSession, int, string) {
	var in struct {
		Token      string          `json:"token"`
		Intents    *int            `json:"intents"`
		Compress   bool            `json:"compress"`
		Properties json.RawMessage `json:"properties"`
		Shard      *[2]int         `json:"shard"`
	}
	if json.Unmarshal(d, &in) != nil || in.Intents == nil || len(in.Properties) == 0 {
		return nil, 4002, "Error while decoding payload."
	}
	if strings.TrimPrefix(in.Token, "Bot ") != s.o.Token {
		return nil, 4004, "Authentication failed."
	}
	if *in.Intents < 0 || *in.Intents > intentsKnown {
		return nil, 4013, "Invalid intent(s)."
	}
	if *in.Intents&intentsPrivileged != 0 {
		return nil, 4014, "Disallowed intent(s)."
	}
	shard := [2]int{0, 1}
	if in.Shard != nil {
		shard = *in.Shard
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id := "session-" + s.newID()
	me := s.me()
	unavailable, guilds := []any{}, []*Guild{}
	for _, g := range s.guilds {
		if shardOf(g.ID, shard[1]) == shard[0] {
			unavailable, guilds = append(unavailable, map[string]any{"id": g.ID, "unavailable": true}), append(guilds, g)
		}
	}
	g := &s.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if code, reason := g.admit(shard); code != 0 {
		return nil, code, reason
	}
	g.identifies++
	if g.tooEarly(shard[0]) || g.reject {
		g.touch()
		c.write([]byte(`{"op":9,"s":null,"t":null,"d":false}`))
		return nil, 0, ""
	}
	c.mu.Lock()
	c.compress = in.Compress
	c.mu.Unlock()
	session := &gateSession{id: id, shard: shard, intents: *in.Intents, conn: c}
	g.sessions = append(g.sessions, session)
	g.send(session, "READY", map[string]any{
		"v": 10, "user": me, "guilds": unavailable, "session_id": id, "session_type": "normal", "shard": shard,
		"resume_gateway_url": "ws" + strings.TrimPrefix(s.base, "http") + resumePath + id,
		"application":        map[string]any{"id": s.botID, "flags": 0}, "private_channels": []any{}, "presences": []any{},
		"relationships": []any{}, "geo_ordered_rtc_regions": []any{}, "user_settings": map[string]any{}, "_trace": []any{},
	})
	if session.intents&intentGuilds != 0 {
		for _, guild := range guilds {
			g.send(session, "GUILD_CREATE", s.guildJSON(guild))
		}
	}
	g.touch()
	return session, 0, ""
}

// resume continues a session on a new connection, or answers that it cannot be (op 9).
func (s *Server) resume(c *gateConn, d json.RawMessage) (*gateSession, int, string) {
	var in struct {
		Token   string `json:"token"`
		Session string `json:"session_id"`
		Seq     int64  `json:"seq"`
	}
	if json.Unmarshal(d, &in) != nil {
		return nil, 4002, "Error while decoding payload."
	}
	if strings.TrimPrefix(in.Token, "Bot ") != s.o.Token {
		return nil, 4004, "Authentication failed."
	}
	g := &s.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, session := range g.sessions {
		if session.id != in.Session || session.dead || session.left {
			continue
		}
		if in.Seq > session.seq {
			return nil, 4007, "Invalid seq."
		}
		first := session.seq - int64(len(session.events)) // the seq before the oldest event kept
		if in.Seq < first {
			break
		}
		session.conn = c
		g.resumes++
		for _, raw := range session.events[in.Seq-first:] {
			c.write(raw)
		}
		g.send(session, "RESUMED", map[string]any{"_trace": []any{}})
		g.touch()
		return session, 0, ""
	}
	c.write([]byte(`{"op":9,"s":null,"t":null,"d":false}`))
	return nil, 0, ""
}
