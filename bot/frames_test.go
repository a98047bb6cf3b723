package bot

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

const handshake = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

// frameOf makes a frame as servers send it.
func frameOf(head byte, payload string) string {
	switch n := len(payload); {
	case n > 0xffff:
		return string(binary.BigEndian.AppendUint64([]byte{head, 127}, uint64(n))) + payload
	case n > 125:
		return string(binary.BigEndian.AppendUint16([]byte{head, 126}, uint16(n))) + payload
	default:
		return string([]byte{head, byte(n)}) + payload
	}
}

// readAll reads what a reader lets through of s.
func readAll(in io.Reader) (string, error) {
	r := reader{in: bufio.NewReaderSize(in, 32<<10)}
	var out bytes.Buffer
	for {
		if err := r.next(); err != nil {
			return out.String(), err
		}
		_, _ = r.out.WriteTo(&out) // into memory
	}
}

const hello = `{"op":10,"s":null,"t":null,"d":{"heartbeat_interval":41250}}`

func TestReader(t *testing.T) {
	text := func(s string) string { return frameOf(frameFin|opText, s) }
	ready := `{"op":0,"t":"READY","s":1,"d":{"session_id":"a","guilds":[{"id":"1"}]}}`
	long := `{"op":0,"t":"GUILD_CREATE","s":2,"d":{"id":"1","name":"` + strings.Repeat("x", 70000) + `"}}`
	ignored := text(`{"op":0,"s":3,"t":"","d":null}`)
	open := handshake + text(hello) + text(ready)
	for _, c := range []struct{ name, in, want string }{
		{"a session", open + text(long) + text(`{"op":11}`), open + text(long) + text(`{"op":11}`)},
		{"fragments", handshake + frameOf(opText, hello[:9]) + frameOf(0x89, "ping") + frameOf(0, hello[9:20]) + frameOf(frameFin, hello[20:]), handshake + frameOf(0x89, "ping") + text(hello)},
		{"close", open + frameOf(0x88, "\x0f\xa4no"), open + frameOf(0x88, "\x0f\xa4no")},
		{"a refusal", "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope", "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nnope"},
		{"events of no use", open + text(`{"op":0,"t":"TYPING_START","s":3,"d":{}}`), open + ignored},
		{"a guild that is none", open + text(`{"op":0,"t":"GUILD_UPDATE","s":3,"d":null}`), open + ignored},
		{"a channel that is none", open + text(`{"op":0,"t":"GUILD_CREATE","s":3,"d":{"id":"1","channels":[{"id":"2"},null]}}`), open + ignored},
		{"a guild left that is none", open + text(`{"op":0,"t":"GUILD_DELETE","s":3,"d":[]}`), open + ignored},
		{"no payloads", open + text(`null`) + text(``) + text(`{`) + text(`7`) + text(`{"op":"x"}`) + text(`{"op":5}`) + text(`{"op":0,"t":"READY","d":{}}`), open},
		{"acknowledged too early", handshake + text(`{"op":11}`) + text(hello) + text(`{"op":11}`) + text(ready) + text(`{"op":11}`), open + text(`{"op":11}`)},
		{"op 7 of an open session", open + text(`{"op":7}`), open + text(`{"op":7}`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, in := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
				got, err := readAll(in)
				if got != c.want || !errors.Is(err, io.EOF) {
					t.Errorf("got %q, %v\nwant %q", got, err, c.want)
				}
			}
		})
	}
}

// What ends a connection.
func TestReaderRefuses(t *testing.T) {
	text := func(s string) string { return frameOf(frameFin|opText, s) }
	for name, in := range map[string]string{
		"op 7 instead of HELLO":    text(`{"op":7}`),
		"op 7 instead of READY":    text(hello) + text(`{"op":7,"d":null}`),
		"no interval":              text(`{"op":10,"d":{}}`),
		"no HELLO":                 text(`{"op":10}`),
		"a heartbeat all the time": text(`{"op":10,"d":{"heartbeat_interval":0}}`),
		"one before time":          text(`{"op":10,"d":{"heartbeat_interval":-1}}`),
		"one never":                text(`{"op":10,"d":{"heartbeat_interval":1e300}}`),
		"a masked frame":           "\x81\x80aaaa",
		"more than memory":         "\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff",
		"a ping of more":           "\x89\x7f\xff\xff\xff\xff\xff\xff\xff\xff",
		"compressed":               frameOf(frameFin|opBinary, "x\x9c"),
	} {
		got, err := readAll(strings.NewReader(handshake + in))
		if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := readAll(strings.NewReader(strings.Repeat("x", 1<<20))); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a line without an end: %v", err)
	}
}

// FuzzReader: whatever a server sends, the reader ends without a panic, and lets only whole frames through.
func FuzzReader(f *testing.F) {
	f.Add([]byte(frameOf(frameFin|opText, hello) + frameOf(0x89, "ping")))
	f.Add([]byte(frameOf(opText, hello[:5]) + frameOf(frameFin, hello[5:])))
	f.Add([]byte("\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x02{}"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		out, err := readAll(bytes.NewReader(append([]byte(handshake), raw...)))
		if err == nil {
			t.Fatal("it never ended")
		}
		rest, ok := strings.CutPrefix(out, handshake)
		for ok && len(rest) >= 2 {
			var n uint64
			n, rest = uint64(rest[1]), rest[2:]
			switch {
			case n == 126 && len(rest) >= 2:
				n, rest = uint64(binary.BigEndian.Uint16([]byte(rest))), rest[2:]
			case n == 127 && len(rest) >= 8:
				n, rest = binary.BigEndian.Uint64([]byte(rest)), rest[8:]
			}
			if n > uint64(len(rest)) {
				if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
					return // the input ended within a control frame
				}
				t.Fatalf("half a frame came through: %q, %v", out, err)
			}
			rest = rest[n:]
		}
		if len(rest) > 0 {
			t.Fatalf("%d bytes are no frame: %q, %v", len(rest), out, err)
		}
	})
}

func BenchmarkReader(b *testing.B) {
	event := `{"op":0,"t":"GUILD_CREATE","s":2,"d":{"id":"1","name":"` + strings.Repeat("x", 2000) + `"}}`
	in := []byte(handshake + frameOf(frameFin|opText, hello) + strings.Repeat(frameOf(frameFin|opText, event), 100))
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		if _, err := readAll(bytes.NewReader(in)); !errors.Is(err, io.EOF) {
			b.Fatal(fmt.Errorf("read: %w", err))
		}
	}
}
