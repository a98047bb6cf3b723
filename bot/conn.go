package bot

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// frameWindow is the time over which Timings.Frames is counted.
const frameWindow = 10 * time.Second

var (
	errRedial  = errors.New("the gateway's address is looked up again")
	errClosing = errors.New("the gateway connection is closing")
	errFrames  = errors.New("too many frames were sent to the gateway: the session is in a loop")
)

// A line makes and watches the connections of a gateway session, one at a time. discordgo gives a connection no
// deadlines, so a gateway that falls silent would hang it for ever; here every read and write has one.
type line struct {
	timings Timings
	dial    func(ctx context.Context, network, addr string) (net.Conn, error) // below the connections of this package

	mu     sync.Mutex
	ctx    context.Context // of the attempt to open that is under way
	redial bool            // the next dial fails, which makes discordgo look the gateway up again
	start  *start          // nil: the attempt may not begin a session
	conn   *conn
}

// websocketDialer returns the dialer that discordgo is to use.
func (l *line) websocketDialer() *websocket.Dialer {
	return &websocket.Dialer{
		HandshakeTimeout: l.timings.Open,
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return l.connect(ctx, network, addr, false)
		},
		NetDialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return l.connect(ctx, network, addr, true)
		},
	}
}

// dialerOf is how connections to the gateway are made: as the client of the REST API makes its own, if it has a way.
func dialerOf(c *http.Client) func(ctx context.Context, network, addr string) (net.Conn, error) {
	if t, ok := c.Transport.(*http.Transport); ok && t.DialContext != nil {
		return t.DialContext
	}
	return new(net.Dialer).DialContext
}

func (l *line) connect(ctx context.Context, network, addr string, secure bool) (net.Conn, error) {
	l.mu.Lock()
	opening, redial, start := l.ctx, l.redial, l.start
	l.redial = false
	l.mu.Unlock()
	if redial {
		return nil, errRedial
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(opening, cancel)()
	inner, err := l.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	if secure {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			host = addr
		}
		t := tls.Client(inner, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}})
		if err := t.HandshakeContext(ctx); err != nil {
			inner.Close()
			return nil, err
		}
		inner = t
	}
	c := newConn(inner, l.timings)
	c.identify = func() error {
		if start == nil {
			return errUnasked
		}
		defer start.end()
		return start.identify(opening)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn = c
	return c, nil
}

// begin says that an attempt to open starts, which ctx may end, and with what leave to begin a session.
func (l *line) begin(ctx context.Context, redial bool, start *start) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ctx, l.redial, l.start, l.conn = ctx, redial, start, nil
}

// current returns the connection of the newest attempt, nil when it got none.
func (l *line) current() *conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn
}

// A conn is a connection to the gateway with deadlines.
type conn struct {
	net.Conn
	timings Timings
	reader  reader
	ended   chan struct{} // closed with the connection
	once    sync.Once

	identify func() error // waits for the leave to begin a session; once a connection

	mu      sync.Mutex
	open    bool // READY or RESUMED came
	closing bool // a close frame was sent
	leaving bool // the session ends with the connection
	frames  []time.Time
	begun   bool  // a session was begun on it
	why     error // of the first failure
}

func newConn(inner net.Conn, tm Timings) *conn {
	c := &conn{Conn: inner, timings: tm, ended: make(chan struct{})}
	c.reader.in = bufio.NewReaderSize(timed{c}, 32<<10)
	return c
}

// opened says that the session is open: from now on silence may last longer.
func (c *conn) opened() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = true
}

// Read gives the WebSocket library what discordgo may read. After a close frame was sent it returns nothing more:
// discordgo would handle an event with a connection that is nil by then.
func (c *conn) Read(p []byte) (int, error) {
	err := c.reader.next()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return 0, errClosing
	}
	if err != nil {
		if c.why == nil {
			c.why = err
		}
		return 0, err
	}
	return c.reader.out.Read(p)
}

// A timed reads a connection within the time that a living gateway takes.
type timed struct{ c *conn }

func (t timed) Read(p []byte) (int, error) {
	t.c.mu.Lock()
	quiet := t.c.timings.Open
	if t.c.open {
		quiet = t.c.timings.Quiet
	}
	t.c.mu.Unlock()
	if err := t.c.Conn.SetReadDeadline(time.Now().Add(quiet)); err != nil {
		return 0, err
	}
	return t.c.Conn.Read(p)
}

// Write writes one frame, as the websocket library does (its buffer is larger than what the gateway accepts, 4096 bytes).
func (c *conn) Write(p []byte) (int, error) {
	if err := c.count(p); err != nil {
		return 0, err
	}
	if begins(p) {
		if err := c.begin(); err != nil {
			return 0, err
		}
	}
	if err := c.Conn.SetWriteDeadline(time.Now().Add(c.timings.Write)); err != nil {
		return 0, err
	}
	return c.Conn.Write(c.resumable(p))
}

// begin asks for the leave to begin a session, which a connection has once.
func (c *conn) begin() error {
	c.mu.Lock()
	again := c.begun
	c.begun = true
	c.mu.Unlock()
	err := errUnasked
	if !again && c.identify != nil {
		err = c.identify()
	}
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.why == nil {
			c.why = err
		}
	}
	return err
}

// begins reports whether a frame of a client is one that begins a session (op 2, "Identify").
func begins(p []byte) bool {
	const op = `{"op":2,`
	if len(p) < 2 || p[0] != frameFin|opText || p[1]&frameMasked == 0 {
		return false
	}
	at := 2
	switch p[1] &^ frameMasked {
	case 126:
		at += 2
	case 127:
		at += 8
	}
	if len(p) < at+4+len(op) {
		return false
	}
	mask, payload := p[at:at+4], p[at+4:]
	for i := range op {
		if payload[i]^mask[i%4] != op[i] {
			return false
		}
	}
	return true
}

// leave says that the session is not to be resumed after this connection.
func (c *conn) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leaving = true
}

// resumable gives a close frame another code: discordgo closes a connection that seems dead with 1000, after which
// Discord forgets the session (events/gateway, "Disconnecting"), and what happened meanwhile is lost.
func (c *conn) resumable(p []byte) []byte {
	const code = 4000 // of an application's own
	c.mu.Lock()
	defer c.mu.Unlock()
	// A close frame of a client: opcode, length, four bytes of mask, code, reason (RFC 6455, 5.2 and 5.5.1).
	if c.leaving || len(p) < 8 || p[0] != frameFin|opClose || p[1]&frameMasked == 0 || p[1]&^frameMasked < 2 {
		return p
	}
	p = bytes.Clone(p)
	p[6], p[7] = byte(code>>8)^p[2], byte(code&0xff)^p[3]
	return p
}

// count refuses to write too often, and notices a close frame (RFC 6455, 5.2: FIN and opcode 8).
func (c *conn) count(p []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(p) > 0 && p[0] == 0x88 {
		c.closing = true
		return nil
	}
	now := time.Now()
	for len(c.frames) > 0 && now.Sub(c.frames[0]) > frameWindow {
		c.frames = c.frames[1:]
	}
	if len(c.frames) >= c.timings.Frames {
		if c.why == nil {
			c.why = errFrames
		}
		return errFrames
	}
	c.frames = append(c.frames, now)
	return nil
}

// Close closes the connection. It may be called more than once.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { close(c.ended) })
	return err
}

// reason returns what ended the connection, nil when it was closed on purpose.
func (c *conn) reason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}
