package watch

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"attache/internal/store"
)

// Where nothing is wrong nothing is said.
func TestNothing(t *testing.T) {
	bubble(t, func(w *world) {
		watch, stop := w.start(w.options())
		w.wait(4 * time.Hour)
		w.want()
		if n := w.logged("level=ERROR") + w.logged("level=WARN"); n != 0 || len(watch.Open()) != 0 || watch.Paused() || w.rows() != "" {
			t.Errorf("%d lines, open %v, rows %q", n, watch.Open(), w.rows())
		}
		stop()
	})
}

// Each alert is told once while it lasts, and once when it is over; the log has both once; and it is told anew when it
// comes again.
func TestOnce(t *testing.T) {
	for name, c := range map[string]struct {
		wrong, right func(w *world)
		after        time.Duration // until it is told
		words        []string
	}{
		Disk:  {func(w *world) { w.free = gb / 2 }, func(w *world) { w.free = 50 * gb }, time.Minute, []string{"nearly full: 500 MB of 100 GB"}},
		Full:  {func(w *world) { w.free = gb / 10 }, func(w *world) { w.free = 50 * gb }, time.Minute, []string{"full but for 100 MB", "no source is read"}},
		Token: {func(w *world) { w.token = true }, func(w *world) { w.token = false }, time.Minute, []string{"does not know the token", "Reset Token"}},
		Connection: {func(w *world) { w.gateway.Down, w.gateway.Ready = time.Now(), 1 }, func(w *world) { w.gateway.Down, w.gateway.Ready = time.Time{}, 2 },
			5 * time.Minute, []string{"is down for", "1 of 2 shards"}},
		Connection + " refused": {func(w *world) { w.gateway.Refused = "discord refused the gateway intents" }, func(w *world) { w.gateway.Refused = "" },
			time.Minute, []string{"refuses the bot: discord refused the gateway intents."}},
		Identifies: {func(w *world) { w.gateway.Identifies = 410 }, func(w *world) { w.gateway.Identifies = 100 }, time.Minute, []string{"410 of 1000 sessions"}},
		Models:     {func(w *world) { w.left = []string{"openai", "groq"} }, func(w *world) { w.left = nil }, time.Minute, []string{"openai, groq"}},
		Budget: {func(w *world) { w.budget.Month = store.Spending{Share: 0.97, Until: time.Now().Add(time.Hour)} }, func(w *world) { w.budget.Month.Share = 0 },
			time.Minute, []string{"97 %", "until"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				alert, _, _ := strings.Cut(name, " ")
				_, stop := w.start(w.options())
				defer stop()
				for round := range 2 {
					w.wait(2*time.Minute + 15*time.Second)
					w.want()
					w.set(func() { c.wrong(w) })
					w.wait(c.after)
					w.want(c.words[0])
					w.wait(time.Hour)
					w.want()
					if w.rows() != alert {
						t.Errorf("rows %q", w.rows())
					}
					w.set(func() { c.right(w) })
					w.wait(time.Minute + time.Second)
					w.want("Over: " + over[alert])
					if n, m := w.logged("msg=alert "), w.logged("is over"); n != round+1 || m != round+1 || w.rows() != "" {
						t.Errorf("logged %d and %d times, rows %q", n, m, w.rows())
					}
				}
				for _, words := range c.words {
					if w.logged(words) == 0 {
						t.Errorf("the words lack %q:\n%s", words, w.log.String())
					}
				}
			})
		})
	}
}

// What is gone at the next look was never told, but for the disk, whose bounds lie apart; and what lies between wrong and
// fine changes nothing.
func TestShort(t *testing.T) {
	bubble(t, func(w *world) {
		_, stop := w.start(w.options())
		defer stop()
		w.wait(15 * time.Second)
		for range 20 {
			w.set(func() { w.token = !w.token })
			w.wait(lookEvery)
		}
		w.want()
		w.set(func() { w.gateway.Identifies = 405 })
		w.wait(2 * time.Minute)
		w.want("405 of 1000")
		for i := range 20 {
			w.set(func() { w.gateway.Identifies = 360 + 60*(i%2) })
			w.wait(lookEvery)
		}
		w.want()
		w.set(func() { w.free = gb * 9 / 10 })
		w.wait(time.Minute)
		w.want("nearly full")
		w.set(func() { w.free = gb * 11 / 10 })
		w.wait(time.Hour)
		w.want()
	})
}

// A disk that fills up: fetching stops while posting goes on, and what was told of the one is not told of the other.
func TestDiskFills(t *testing.T) {
	bubble(t, func(w *world) {
		watch, stop := w.start(w.options())
		defer stop()
		w.wait(15 * time.Second)
		for _, step := range []struct {
			free   uint64
			paused bool
			words  []string
		}{
			{3 * gb, false, nil},
			{gb * 9 / 10, false, []string{"nearly full"}},
			{gb / 2, false, nil},
			{gb / 6, true, []string{"no source is read"}},
			{gb / 1000, true, nil},
			{gb * 22 / 100, true, nil}, // not yet: it would come back
			{gb * 3 / 10, false, []string{"Over: " + over[Full]}},
			{2 * gb, false, []string{"Over: " + over[Disk]}},
			{gb / 10, true, []string{"no source is read"}},
			{gb / 2, false, []string{"Over: " + over[Full], "nearly full"}},
		} {
			w.set(func() { w.free = step.free })
			time.Sleep(2 * diskEvery)
			if got := watch.Paused(); got != step.paused {
				t.Errorf("%d MB free: paused %v", step.free/1_000_000, got)
			}
			w.wait(time.Minute)
			w.want(step.words...)
		}
	})
}

// A small disk and one whose size nobody knows.
func TestSmallDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		size, free, failed := uint64(64_000_000), uint64(60_000_000), error(nil)
		w := New(slog.New(slog.DiscardHandler), nil, Options{Path: "attache.db", Free: func(string) (uint64, uint64, error) { return free, size, failed }})
		paused := func() bool { time.Sleep(2 * diskEvery); return w.Paused() }
		if paused() {
			t.Error("an empty disk of 64 MB is full")
		}
		if free = 2_000_000; !paused() {
			t.Error("with 2 of 64 MB it is not full")
		}
		if failed = errors.New("no such call"); !paused() {
			t.Error("because the system did not answer it is not full any more")
		}
		if _, known := w.Free(); known {
			t.Error("what is free is known, though the system did not answer")
		}
		if none := New(slog.New(slog.DiscardHandler), nil, Options{}); none.Paused() {
			t.Error("without a file its disk is full")
		}
	})
}

// A revoked token is told as that, and not also as the gateway that it closes.
func TestOneCause(t *testing.T) {
	bubble(t, func(w *world) {
		_, stop := w.start(w.options())
		defer stop()
		w.wait(15 * time.Second)
		w.set(func() { w.token, w.gateway.Refused = true, "discord does not know the token" })
		w.wait(time.Hour)
		w.want("Make a new one in the developer portal")
	})
}

// At once, without waiting for the next look, it is told that fetching has stopped.
func TestFullIsToldAtOnce(t *testing.T) {
	bubble(t, func(w *world) {
		watch, stop := w.start(w.options())
		defer stop()
		w.wait(lookEvery + 5*time.Second)
		w.set(func() { w.free = 0 })
		if !watch.Paused() {
			t.Error("with a full disk it goes on")
		}
		synctest.Wait()
		w.want("no source is read")
		w.set(func() { w.free = 50 * gb })
		time.Sleep(2 * diskEvery)
		watch.Paused()
		synctest.Wait()
		w.want("Over: " + over[Full])
	})
}

// A restart tells nothing twice, whatever happened meanwhile; and what is over by then is told.
func TestRestart(t *testing.T) {
	bubble(t, func(w *world) {
		_, stop := w.start(w.options())
		w.set(func() { w.left, w.gateway.Refused = []string{"openai"}, "no" })
		w.wait(2 * time.Minute)
		w.want("refuses", "openai")
		for range 3 {
			stop()
			_, stop = w.start(w.options())
			w.wait(10 * time.Minute)
			w.want()
		}
		stop()
		w.set(func() { w.left = nil })
		w.wait(time.Hour)
		_, stop = w.start(w.options())
		w.wait(10 * time.Minute)
		w.want("Over: " + over[Models])
		stop()
		w.set(func() { w.gateway.Refused, w.gateway.Down = "", time.Now() })
		_, stop = w.start(w.options()) // begun anew it is not open at once: that is neither wrong nor fine
		w.wait(2 * time.Minute)
		w.want()
		w.set(func() { w.gateway.Down = time.Time{} })
		w.wait(2 * time.Minute)
		w.want("Over: " + over[Connection])
		stop()
	})
}

// A telling that fails is tried again with growing pauses, and the log has the alert once. What is over by the time
// that somebody could be told is not told at all.
func TestTellFails(t *testing.T) {
	bubble(t, func(w *world) {
		_, stop := w.start(w.options())
		defer stop()
		w.set(func() { w.refuses, w.token = true, true })
		w.wait(6 * time.Hour)
		w.want()
		if n := len(w.keys); n < 8 || n > 20 || w.logged("msg=alert ") != 1 {
			t.Errorf("tried %d times in six hours, and logged %d times", n, w.logged("msg=alert "))
		}
		for _, k := range w.keys {
			if k != w.keys[len(w.keys)-1] && k != w.keys[0] {
				t.Errorf("keys %q", w.keys)
			}
		}
		w.set(func() { w.refuses = false })
		w.wait(longestPause + time.Minute)
		w.want("token")
		w.set(func() { w.refuses, w.token = true, false })
		w.wait(time.Hour)
		w.want()
		w.set(func() { w.refuses = false })
		w.wait(longestPause + time.Minute)
		w.want("Over: " + over[Token])

		w.set(func() { w.refuses, w.token = true, true })
		w.wait(time.Hour)
		w.set(func() { w.refuses, w.token = false, false })
		w.wait(2 * time.Hour)
		w.want()
		if w.rows() != "" {
			t.Errorf("rows %q", w.rows())
		}
	})
}

// Without a channel the log tells.
func TestLogAlone(t *testing.T) {
	bubble(t, func(w *world) {
		o := w.options()
		o.Tell = nil
		_, stop := w.start(o)
		w.set(func() { w.token = true })
		w.wait(time.Hour)
		stop()
		_, stop = w.start(o)
		defer stop()
		w.wait(time.Hour)
		w.set(func() { w.token = false })
		w.wait(time.Hour)
		if n, m := w.logged("msg=alert "), w.logged("is over"); n != 1 || m != 1 || w.rows() != "" {
			t.Errorf("logged %d and %d times, rows %q", n, m, w.rows())
		}
	})
}

// A gateway that ends for good ends its process, or its role: that is told before, once over all its restarts.
func TestEnded(t *testing.T) {
	bubble(t, func(w *world) {
		for range 3 {
			watch, stop := w.start(w.options())
			w.wait(time.Second)
			watch.Ended(w.t.Context(), errors.New("discord does not know the token: make a new one"))
			stop()
		}
		w.want("refuses the bot: discord does not know the token: make a new one.")
		_, stop := w.start(w.options())
		defer stop()
		w.wait(5 * time.Minute)
		w.want("Over: " + over[Connection])
	})
}
