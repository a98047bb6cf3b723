package bot

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// A session in a loop is cut off before Discord resets the token.
func TestFramesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		go func() {
			buf := make([]byte, 64)
			for {
				if _, err := server.Read(buf); err != nil {
					return
				}
			}
		}()
		c := newConn(client, Timings{Frames: 3}.withDefaults())
		write := func() error { _, err := c.Write([]byte{0x81, 0}); return err }
		for range 3 {
			if err := write(); err != nil {
				t.Fatal(err)
			}
		}
		if err := write(); !errors.Is(err, errFrames) {
			t.Errorf("a frame too many: %v", err)
		}
		if _, err := c.Write([]byte{0x88, 0}); err != nil {
			t.Errorf("a close frame: %v", err)
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, errClosing) {
			t.Errorf("read after a close frame: %v", err)
		}
		time.Sleep(frameWindow + time.Second) // in the bubble
		if err := write(); err != nil {
			t.Errorf("after the window: %v", err)
		}
		if err := c.reason(); !errors.Is(err, errFrames) {
			t.Errorf("the reason is %v", err)
		}
		c.Close()
		c.Close()
		server.Close()
	})
}

func TestConnDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		defer server.Close()
		tm := Timings{}.withDefaults()
		c := newConn(client, tm)
		defer c.Close()
		silence := func(want time.Duration) {
			began := time.Now()
			_, err := c.Read(make([]byte, 1))
			var n net.Error
			if !errors.As(err, &n) || !n.Timeout() || time.Since(began) != want {
				t.Errorf("after %s of silence: %v, want a timeout after %s", time.Since(began), err, want)
			}
		}
		silence(tm.Open)
		c.opened()
		silence(tm.Quiet)
		began := time.Now()
		if _, err := c.Write([]byte{0x81, 0}); err == nil || time.Since(began) != tm.Write {
			t.Errorf("a write that nobody takes: %v after %s", err, time.Since(began))
		}
	})
}

func TestGatewayAddress(t *testing.T) {
	for in, want := range map[string]string{
		"wss://gateway.discord.gg":           "wss://gateway.discord.gg/?v=10&encoding=json#",
		"wss://gateway.discord.gg/?v=9&x=1#": "wss://gateway.discord.gg/?v=10&encoding=json#",
		"ws://127.0.0.1:9/resume/s":          "ws://127.0.0.1:9/resume/s?v=10&encoding=json#",
		"https://gateway.discord.gg":         "",
		"":                                   "",
		"wss://":                             "",
	} {
		got, err := gatewayAddress(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("gatewayAddress(%q) = %q, %v", in, got, err)
		}
	}
}
