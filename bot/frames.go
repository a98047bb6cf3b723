package bot

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bwmarrin/discordgo"
)

// discordgo trusts what the gateway says. An event without its guild, a payload that is null, or a heartbeat every 0 ms
// panics in a goroutine of its own, where nothing can recover, and ends the process; a wish to connect again (op 7) or an
// acknowledgement (op 11) before the session is open makes Open wait for a lock that it holds itself; an invalid session
// (op 9) is answered with a new one at once, and for ever. So payloads are read here first, and those never reach it.

const (
	messageMax  = 64 << 20 // bytes of a payload; GUILD_CREATE of the largest guilds is some MB
	openingMax  = 2        // payloads that discordgo reads inside Open: HELLO, and the first answer
	heartbeatLo = 5 * time.Millisecond
	heartbeatHi = time.Hour
)

// Kinds of WebSocket frames (RFC 6455, 5.2).
const (
	frameFin    = 0x80
	frameMasked = 0x80
	opText      = 1
	opBinary    = 2
	opClose     = 8 // and above: control frames
)

var (
	errEarlyReconnect = errors.New("the gateway wanted a new connection before the session was open")
	errInvalid        = errors.New("the gateway says that the session is invalid")
	errPaused         = errors.New("the gateway says that the session is invalid for the moment")
)

// A reader takes the bytes of one connection apart: the handshake's lines, then frames, then payloads.
type reader struct {
	in       *bufio.Reader
	out      bytes.Buffer // to be read by the WebSocket library
	lines    int          // of the handshake so far
	upgraded bool         // it is over: what follows are frames
	raw      bool         // the server did not agree: what follows is its explanation
	kind     byte         // of the message whose frames are being read
	message  bytes.Buffer
	payloads int // that were let through
}

// next reads until out holds something.
func (r *reader) next() error {
	for r.out.Len() == 0 {
		step := r.frame
		switch {
		case r.raw:
			step = r.copy
		case !r.upgraded:
			step = r.line
		}
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// copy passes on what there is.
func (r *reader) copy() error {
	if _, err := r.in.Peek(1); err != nil {
		return err
	}
	_, err := io.CopyN(&r.out, r.in, int64(r.in.Buffered()))
	return err
}

// line passes on a line of the handshake.
func (r *reader) line() error {
	line, err := r.in.ReadSlice('\n')
	if err != nil {
		return err
	}
	r.out.Write(line)
	if r.lines++; r.lines == 1 && !bytes.Contains(line, []byte(" 101 ")) {
		r.raw = true
	}
	r.upgraded = len(bytes.TrimRight(line, "\r\n")) == 0
	return nil
}

// frame reads a frame. Those of a message are held back until it is whole.
func (r *reader) frame() error {
	head := make([]byte, 2, 10)
	if _, err := io.ReadFull(r.in, head); err != nil {
		return err
	}
	size := uint64(head[1] &^ frameMasked)
	more := 0
	switch size {
	case 126:
		more = 2
	case 127:
		more = 8
	}
	head = head[:2+more]
	if _, err := io.ReadFull(r.in, head[2:]); err != nil {
		return err
	}
	switch more {
	case 2:
		size = uint64(binary.BigEndian.Uint16(head[2:]))
	case 8:
		size = binary.BigEndian.Uint64(head[2:])
	}
	kind := head[0] & 0x0f
	if head[1]&frameMasked != 0 || size > messageMax || uint64(r.message.Len())+size > messageMax {
		return fmt.Errorf("the gateway sent a frame that no server sends (of %d bytes)", size)
	}
	if kind >= opClose {
		r.out.Write(head)
		_, err := io.CopyN(&r.out, r.in, int64(size))
		return err
	}
	if kind != 0 {
		r.kind = kind
	}
	if _, err := io.CopyN(&r.message, r.in, int64(size)); err != nil {
		return err
	}
	if head[0]&frameFin == 0 {
		return nil
	}
	defer r.message.Reset()
	if r.kind != opText {
		return errors.New("the gateway compresses what it says, although it was not asked to")
	}
	payload, err := r.payload(r.message.Bytes())
	if err != nil || payload == nil {
		return err
	}
	r.payloads++
	r.write(payload)
	return nil
}

// write makes a frame of a payload.
func (r *reader) write(payload []byte) {
	head := []byte{frameFin | opText, byte(len(payload))}
	switch n := len(payload); {
	case n > 0xffff:
		head[1] = 127
		head = binary.BigEndian.AppendUint64(head, uint64(n))
	case n > 125:
		head[1] = 126
		head = binary.BigEndian.AppendUint16(head, uint16(n))
	}
	r.out.Write(head)
	r.out.Write(payload)
}

// payload returns what discordgo is to read of a payload, nil when nothing, or an error that ends the connection.
func (r *reader) payload(raw []byte) ([]byte, error) {
	var p struct {
		Op   *int            `json:"op"`
		Seq  *int64          `json:"s"`
		Type string          `json:"t"`
		Data json.RawMessage `json:"d"`
	}
	if json.Unmarshal(raw, &p) != nil || p.Op == nil {
		return nil, nil
	}
	opening := r.payloads < openingMax
	switch *p.Op {
	case 0:
		if p.Seq == nil {
			return nil, nil
		}
		if !harmless(p.Type, p.Data) {
			return fmt.Appendf(nil, `{"op":0,"s":%d,"t":"","d":null}`, *p.Seq), nil // the sequence goes on
		}
		return raw, nil
	case 1:
		return raw, nil
	case 9: // discordgo would begin a new session at once, and again, for ever
		if string(bytes.TrimSpace(p.Data)) == "true" {
			return nil, errPaused
		}
		return nil, errInvalid
	case 7:
		if opening {
			return nil, errEarlyReconnect
		}
		return raw, nil
	case 10:
		var hello struct {
			Interval float64 `json:"heartbeat_interval"` // milliseconds
		}
		if err := json.Unmarshal(p.Data, &hello); err != nil {
			return nil, fmt.Errorf("read the gateway's HELLO: %w", err)
		}
		if d := time.Duration(hello.Interval * float64(time.Millisecond)); d < heartbeatLo || d > heartbeatHi {
			return nil, fmt.Errorf("the gateway asks for a heartbeat every %s", d)
		}
		return raw, nil
	case 11:
		if !opening {
			return raw, nil
		}
	}
	return nil, nil
}

// harmless reports whether discordgo can handle an event that this package has a use for.
func harmless(kind string, data json.RawMessage) bool {
	// Errors are discordgo's to ignore: it handles what it could decode.
	whole := func(g *discordgo.Guild) bool {
		if g == nil {
			return false
		}
		for _, c := range g.Channels {
			if c == nil {
				return false
			}
		}
		for _, m := range g.Members {
			if m == nil {
				return false
			}
		}
		for _, v := range g.VoiceStates {
			if v == nil {
				return false
			}
		}
		return true
	}
	switch kind {
	case "READY":
		var r discordgo.Ready
		_ = json.Unmarshal(data, &r)
		for _, g := range r.Guilds {
			if !whole(g) {
				return false
			}
		}
		return true
	case "GUILD_CREATE", "GUILD_UPDATE":
		var g discordgo.GuildCreate
		_ = json.Unmarshal(data, &g)
		return whole(g.Guild)
	case "GUILD_DELETE", "RESUMED":
		return strings.HasPrefix(string(bytes.TrimSpace(data)), "{") || kind == "RESUMED"
	case "INTERACTION_CREATE":
		return true // no handler takes what discordgo decodes of it; package code reads the raw event (interaction.go)
	}
	return false
}
