package digest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"attache/internal/store"
)

// A blocked guild gets no digest: none is planned, one that is planned is skipped, and one of which a part stands in the
// channel is not gone on with. When it is served again it gets its next slot, and nothing of the time before.
func TestBlockedGuild(t *testing.T) {
	w := newWorld(t)
	block := func() {
		t.Helper()
		w.write(func(q *store.Q) error { return q.BlockGuild(context.Background(), "guild", "spam") })
	}
	unblock := func() {
		t.Helper()
		w.write(func(q *store.Q) error { return q.UnblockGuild(context.Background(), "guild") })
	}
	s := w.schedule(store.Schedule{})
	other := w.schedule(store.Schedule{Guild: "other", Target: store.Target{Channel: "77"}})
	w.clock.add(20 * time.Hour)
	w.plan()
	block()
	w.settle()
	wantSlots(t, w.slots(s.ID), "2026-02-27T08:00 skipped")
	wantSlots(t, w.slots(other.ID), "2026-02-27T08:00 sent")

	w.clock.add(49 * time.Hour)
	if n := w.plan(); n != 1 {
		t.Errorf("%d deliveries", n)
	}
	w.settle()
	wantSlots(t, w.slots(s.ID), "2026-02-27T08:00 skipped")
	unblock()
	if n := w.plan(); n != 0 {
		t.Errorf("%d deliveries of the time in which it was blocked", n)
	}
	w.clock.add(24 * time.Hour)
	w.plan()
	w.settle()
	wantSlots(t, w.slots(s.ID), "2026-02-27T08:00 skipped", "2026-03-02T08:00 sent")
	if n := w.discord.count(); n != 4 {
		t.Errorf("%d messages", n)
	}

	w.clock.add(24 * time.Hour)
	w.discord.after = kill(w.discord.count() + 1)
	w.plan()
	open := must[[]store.Delivery](t)(w.db.Read().UnfinishedOf(t.Context(), s.ID))
	if len(open) != 1 {
		t.Fatalf("%d unfinished", len(open))
	}
	if err := w.s.deliver(t.Context(), open[0].ID); !errors.Is(err, errKilled) {
		t.Fatalf("error %v", err)
	}
	block()
	if err := w.s.deliver(t.Context(), open[0].ID); err != nil {
		t.Fatal(err)
	}
	if d := w.delivery(open[0].ID); d.Status != store.Failed || !strings.Contains(d.Reason, "had blocked this server") {
		t.Errorf("delivery %+v", d)
	}
}

// A source that is blocked after its digest was composed and before a part was sent does not stand in what is posted.
func TestBlockedSourceBeforePost(t *testing.T) {
	w := newWorld(t)
	source := w.subscribe("guild", "Harbour Times", store.Press, "PT")
	w.publish(piece{source: source, story: 1, title: "Ministers meet in Porto", text: "Ministers of Portugal and Spain met in Porto on Thursday. They agreed to meet again in May."})
	s := w.schedule(store.Schedule{})
	w.clock.add(20 * time.Hour)
	w.plan()
	id := must[[]store.Delivery](t)(w.db.Read().UnfinishedOf(t.Context(), s.ID))[0].ID
	if _, err := w.s.compose(t.Context(), w.delivery(id), s); err != nil {
		t.Fatal(err)
	}
	if d := w.digest(id); len(d.Stories) != 1 {
		t.Fatalf("digest %+v", d)
	}
	w.write(func(q *store.Q) error {
		b, err := q.BlockSource(context.Background(), "https://harbour-times.example/feed", false, "takedown")
		if b.Withdrawn != 1 {
			t.Errorf("%+v", b)
		}
		return err
	})
	w.settle()
	if d := w.digest(id); len(d.Stories) != 0 || w.delivery(id).Status != store.Sent {
		t.Errorf("posted: %+v", d)
	}
}
