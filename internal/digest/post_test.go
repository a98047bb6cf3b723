package digest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"attache/internal/store"

	"github.com/riverqueue/river"
)

var errKilled = errors.New("killed")

// kill makes the fake's n-th request die: before it reaches Discord, or after Discord made the message.
func kill(n int) func(int) error {
	return func(i int) error {
		if i == n {
			return errKilled
		}
		return nil
	}
}

// The table "Posting" of the notes: each fault with a retry soon (Discord knows the nonce), and after an outage of an hour.
func TestPostOnce(t *testing.T) {
	unreadable := func() error { return ErrUnreadable }
	for _, c := range []struct {
		name       string
		fault      func(w *world)
		away       time.Duration // between the fault and the next try
		unreadable string
		history    func() error
		want       int // messages in the end
		finds      int
		reason     string // of the delivery
	}{
		{name: "nothing", want: 1},
		{name: "crash before the request", fault: func(w *world) { w.discord.before = kill(1) }, want: 1},
		{name: "crash in flight, not created, long away", fault: func(w *world) { w.discord.before = kill(1) }, away: time.Hour, want: 1, finds: 1},
		{name: "crash in flight, created", fault: func(w *world) { w.discord.after = kill(1) }, away: 110 * time.Second, want: 1},
		{name: "crash in flight, created, long away", fault: func(w *world) { w.discord.after = kill(1) }, away: time.Hour, want: 1, finds: 1},
		{name: "two minutes to the second", fault: func(w *world) { w.discord.after = kill(1) }, away: 2 * time.Minute, want: 1, finds: 1},
		{name: "a clock that went back", fault: func(w *world) { w.discord.after = kill(1) }, away: -time.Hour, want: 1, finds: 1},
		{name: "not created, history unreadable, resend", fault: func(w *world) { w.discord.before = kill(1) }, away: time.Hour, history: unreadable, want: 1, finds: 1},
		{name: "not created, history unreadable, skip", fault: func(w *world) { w.discord.before = kill(1) }, away: time.Hour, history: unreadable, unreadable: "skip", want: 0, finds: 1, reason: unknown},
		// The only way to a second copy: a lost digest is invisible, a duplicate is not.
		{name: "created, history unreadable, resend", fault: func(w *world) { w.discord.after = kill(1) }, away: time.Hour, history: unreadable, want: 2, finds: 1},
		{name: "created, history unreadable, skip", fault: func(w *world) { w.discord.after = kill(1) }, away: time.Hour, history: unreadable, unreadable: "skip", want: 1, finds: 1, reason: unknown},
		{name: "created, history unreadable, resend within the window", fault: func(w *world) { w.discord.after = kill(1) }, away: time.Minute, history: unreadable, want: 1},
		{name: "two crashes in flight", fault: func(w *world) {
			w.discord.after = func(n int) error {
				if n <= 2 {
					return errKilled
				}
				return nil
			}
		}, away: 30 * time.Second, want: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.o.Unreadable = c.unreadable
			w.restart()
			w.publish(piece{source: w.subscribe("guild", "Gazette", store.Press, "FR"), story: 1, ago: time.Hour})
			id := w.postNow(w.schedule(store.Schedule{}).ID)
			if c.fault != nil {
				c.fault(w)
			}
			w.discord.history = c.history
			for tries := 0; ; tries++ {
				err := w.s.deliver(t.Context(), id)
				if err == nil {
					break
				}
				if !errors.Is(err, errKilled) || tries > 3 {
					t.Fatal(err)
				}
				if s := w.delivery(id).Status; s != store.Sending {
					t.Errorf("status %s after a fault", s)
				}
				w.clock.add(c.away)
				w.restart()
			}
			if n := w.discord.count(); n != c.want || w.discord.finds != c.finds {
				t.Errorf("%d messages and %d looks into the history, want %d and %d", n, w.discord.finds, c.want, c.finds)
			}
			d := w.delivery(id)
			lost := c.want == 0 || c.unreadable == "skip"
			if lost && d.Status != store.Failed || !lost && d.Status != store.Sent || d.Reason != c.reason {
				t.Errorf("status %s, reason %q", d.Status, d.Reason)
			}
			sends := w.discord.sends
			if err := w.s.deliver(t.Context(), id); err != nil || w.discord.sends != sends {
				t.Errorf("a finished delivery was taken up again: %v", err)
			}
		})
	}
}

// The crash that no error announces: the process ends after Discord answered and before the answer is recorded.
func TestAnswerIsLost(t *testing.T) {
	for _, away := range []time.Duration{time.Minute, time.Hour} {
		w := newWorld(t)
		id := w.postNow(w.schedule(store.Schedule{}).ID)
		d := w.delivery(id)
		parts := must[[]store.Part](t)(w.s.compose(t.Context(), d, must[store.Schedule](t)(w.db.Read().Schedule(t.Context(), d.Schedule))))
		p := parts[0]
		p.Status, p.FirstTry, p.Tries = store.PartSending, w.clock.now(), 1
		w.write(func(q *store.Q) error { return q.SavePart(context.Background(), p) })
		if _, err := w.discord.Send(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		w.clock.add(away)
		w.restart()
		if err := w.s.deliver(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if n := w.discord.count(); n != 1 {
			t.Errorf("%d messages after %s", n, away)
		}
		if p := must[[]store.Part](t)(w.db.Read().Parts(t.Context(), id))[0]; p.Status != store.PartSent || p.Message != "1000" || !p.FirstTry.Before(w.clock.now()) {
			t.Errorf("part %+v", p)
		}
	}
}

// Two workers with one delivery (a job was rescued while it still ran) make one message.
func TestTwoWorkers(t *testing.T) {
	w := newWorld(t)
	w.discord.parts = 3
	id := w.postNow(w.schedule(store.Schedule{}).ID)
	other := New(quiet(), w.open(), w.models(), w.discord, w.o)
	var wg sync.WaitGroup
	for _, s := range []*Service{w.s, other, w.s} {
		wg.Go(func() {
			if err := s.deliver(context.Background(), id); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := w.discord.count(); n != 3 || w.delivery(id).Status != store.Sent {
		t.Errorf("%d messages, %s", n, w.delivery(id).Status)
	}
}

// A part that another worker has recorded as sent since it was read is not sent again, also where Discord knows no nonce.
func TestSentMeanwhile(t *testing.T) {
	w := newWorld(t)
	sched := w.schedule(store.Schedule{})
	id := w.postNow(sched.ID)
	parts := must[[]store.Part](t)(w.s.compose(t.Context(), w.delivery(id), sched))
	stale := parts[0]
	for _, p := range []*store.Part{&parts[0], &stale} {
		if more, err := w.s.post(t.Context(), w.delivery(id), sched, p); err != nil || !more {
			t.Fatalf("go on: %v, %v", more, err)
		}
	}
	row := must[[]store.Part](t)(w.db.Read().Parts(t.Context(), id))[0]
	if w.discord.sends != 1 || stale.Message != parts[0].Message || row.Message != parts[0].Message || row.Status != store.PartSent {
		t.Errorf("%d requests, the part read as %+v, stored as %+v", w.discord.sends, stale, row)
	}
}

// A digest that was composed before a crash is posted as it was composed.
func TestComposedOnce(t *testing.T) {
	w := newWorld(t)
	src := w.subscribe("guild", "Gazette", store.Press, "FR")
	w.publish(piece{source: src, story: 1, ago: time.Hour})
	s := w.schedule(store.Schedule{})
	id := w.postNow(s.ID)
	if parts := must[[]store.Part](t)(w.s.compose(t.Context(), w.delivery(id), s)); len(parts) != 1 {
		t.Fatalf("parts %+v", parts)
	}
	w.publish(piece{source: src, story: 2, ago: 2 * time.Hour})
	w.restart()
	if err := w.s.deliver(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if d := w.digest(id); len(d.Stories) != 1 || w.discord.count() != 1 {
		t.Errorf("%d stories in %d messages", len(d.Stories), w.discord.count())
	}
	if parts, err := w.s.compose(t.Context(), w.delivery(id), s); err != nil || parts != nil {
		t.Errorf("composed again: %+v, %v", parts, err)
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		err    *Refused
		paused bool
	}{
		{&Refused{Status: 403, Code: 50013, Channel: true, Reason: "I may not write in the channel."}, true},
		{&Refused{Status: 404, Code: 10003, Channel: true, Reason: "The channel is gone."}, true},
		{&Refused{Status: 400, Code: 50035, Reason: "Discord does not take the message."}, false},
	} {
		w := newWorld(t)
		w.discord.parts = 2
		s := w.schedule(store.Schedule{})
		id := w.postNow(s.ID)
		w.discord.before = func(int) error { return c.err }
		if err := w.s.deliver(t.Context(), id); err != nil {
			t.Errorf("%v: a refusal must not be tried again: %v", c.err, err)
		}
		d := w.delivery(id)
		s = must[store.Schedule](t)(w.db.Read().Schedule(t.Context(), s.ID))
		if d.Status != store.Failed || d.Reason != c.err.Reason || s.Paused != c.paused || c.paused && s.Reason != c.err.Reason || w.discord.sends != 1 {
			t.Errorf("%v: delivery %s %q, schedule paused %v %q, %d requests", c.err, d.Status, d.Reason, s.Paused, s.Reason, w.discord.sends)
		}
		audits := must[[]store.Audited](t)(w.db.Read().Audits(t.Context(), "guild", 10))
		if (len(audits) == 1) != c.paused {
			t.Errorf("audit %+v", audits)
		}
		w.discord.before = nil
		w.clock.add(24 * time.Hour)
		if n := w.plan(); (n == 0) != c.paused {
			t.Errorf("%v: %d planned the day after", c.err, n)
		}
	}
}

// 429: nothing was created, and the job sleeps for as long as Discord asks.
func TestLater(t *testing.T) {
	w := newWorld(t)
	id := w.postNow(w.schedule(store.Schedule{}).ID)
	w.discord.before = func(n int) error {
		if n == 1 {
			return fmt.Errorf("post: %w", &Later{After: 7 * time.Second})
		}
		return nil
	}
	var snooze *river.JobSnoozeError
	if err := w.s.tryDeliver(t.Context(), id, true); !errors.As(err, &snooze) || snooze.Duration != 7*time.Second {
		t.Fatalf("error %v", err)
	}
	w.clock.add(7 * time.Second)
	if err := w.s.tryDeliver(t.Context(), id, true); err != nil {
		t.Fatal(err)
	}
	if n := w.discord.count(); n != 1 || w.delivery(id).Status != store.Sent {
		t.Errorf("%d messages", n)
	}
}

// What nobody can explain is tried again so many times, and then it is said to have failed.
func TestGivenUp(t *testing.T) {
	for name, fault := range map[string]func(w *world){
		"error": func(w *world) { w.discord.before = func(int) error { return errKilled } },
		"panic": func(w *world) { w.discord.before = func(int) error { panic("no") } },
	} {
		w := newWorld(t)
		id := w.postNow(w.schedule(store.Schedule{}).ID)
		fault(w)
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("%s: panicked: %v", name, r)
				}
			}()
			if err := w.s.tryDeliver(t.Context(), id, false); err == nil {
				t.Errorf("%s: no error, so no other try", name)
			}
		}()
		if s := w.delivery(id).Status; s != store.Sending {
			t.Errorf("%s: status %s before the last try", name, s)
		}
		if err := w.s.tryDeliver(t.Context(), id, true); err != nil {
			t.Errorf("%s: %v after the last try", name, err)
		}
		if d := w.delivery(id); d.Status != store.Failed || !strings.Contains(d.Reason, "after many tries") {
			t.Errorf("%s: delivery %s %q", name, d.Status, d.Reason)
		}
	}
}

// A digest of yesterday is not posted, however it came to be left over.
func TestTooLate(t *testing.T) {
	w := newWorld(t)
	id := w.postNow(w.schedule(store.Schedule{}).ID)
	w.clock.add(giveUp + time.Second)
	if err := w.s.deliver(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if d := w.delivery(id); d.Status != store.Failed || d.Reason == "" || w.discord.sends != 0 {
		t.Errorf("delivery %+v, %d requests", d, w.discord.sends)
	}
}

// What may have been posted a day ago is looked for, and not sent again.
func TestTooLateButPosted(t *testing.T) {
	for posted, want := range map[bool]string{true: store.Sent, false: store.Failed} {
		w := newWorld(t)
		id := w.postNow(w.schedule(store.Schedule{}).ID)
		w.discord.before = kill(1)
		if posted {
			w.discord.before, w.discord.after = nil, kill(1)
		}
		if err := w.s.deliver(t.Context(), id); !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		w.clock.add(giveUp + time.Hour)
		if err := w.s.deliver(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if d := w.delivery(id); d.Status != want || w.discord.sends != 1 {
			t.Errorf("posted %v: delivery %s %q, %d requests", posted, d.Status, d.Reason, w.discord.sends)
		}
	}
}

// Parts go out one after the other, each with a nonce of its own; after a fault in the middle the rest follows.
func TestParts(t *testing.T) {
	w := newWorld(t)
	w.discord.parts = 3
	w.publish(piece{source: w.subscribe("guild", "Gazette", store.Press, "FR"), story: 7, ago: time.Hour})
	s := w.schedule(store.Schedule{Target: store.Target{Channel: "100", Thread: "200"}})
	id := w.postNow(s.ID)
	w.discord.after = kill(2)
	if err := w.s.deliver(t.Context(), id); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	told := must[map[int64]store.Told](t)(w.db.Read().Told(t.Context(), "200", noon.Add(-time.Hour)))
	if len(told) != 0 {
		t.Error("a channel was told what it has not read to the end")
	}
	if err := w.s.deliver(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	parts := must[[]store.Part](t)(w.db.Read().Parts(t.Context(), id))
	for i, p := range parts {
		if p.Status != store.PartSent || p.Message != fmt.Sprint(1000+i) || p.Channel != "200" || w.discord.messages[i].marker != p.Marker {
			t.Errorf("part %d: %+v", i, p)
		}
	}
	if len(w.discord.messages) != 3 || parts[1].Tries != 2 {
		t.Errorf("%d messages, %d tries of the second", len(w.discord.messages), parts[1].Tries)
	}
	told = must[map[int64]store.Told](t)(w.db.Read().Told(t.Context(), "200", noon.Add(-time.Hour)))
	if len(told[7].Articles) != 1 || told[7].Delivery != id {
		t.Errorf("told %+v", told)
	}
	var d Digest
	if err := json.Unmarshal(w.delivery(id).Digest, &d); err != nil || d.Delivery != id || len(d.Stories) != 1 {
		t.Errorf("stored digest %+v, %v", d, err)
	}
	if cs := must[[]store.Candidate](t)(w.db.Read().Candidates(t.Context(), id)); len(cs) != 1 || !cs[0].Chosen {
		t.Errorf("candidates %+v", cs)
	}
}

// A schedule that was paused or removed meanwhile gets nothing; what somebody asks for by hand it gets all the same.
func TestPausedMeanwhile(t *testing.T) {
	w := newWorld(t)
	s := w.schedule(store.Schedule{})
	w.clock.add(20 * time.Hour)
	w.plan()
	w.write(func(q *store.Q) error { return q.PauseSchedule(context.Background(), s.ID, "holidays") })
	w.settle()
	wantSlots(t, w.slots(s.ID), "2026-02-27T08:00 skipped")
	id := w.postNow(s.ID)
	w.settle()
	if d := w.delivery(id); d.Status != store.Sent || w.discord.count() != 1 {
		t.Errorf("delivery %+v", d)
	}
	id = w.postNow(s.ID)
	w.clock.add(time.Second)
	id2 := w.postNow(s.ID)
	w.write(func(q *store.Q) error { return q.RemoveSchedule(context.Background(), "guild", s.ID) })
	for _, id := range []int64{id, id2} {
		if err := w.s.deliver(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	if n := w.discord.count(); n != 1 {
		t.Errorf("%d messages", n)
	}
	if _, err := w.s.PostNow(t.Context(), s.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}
