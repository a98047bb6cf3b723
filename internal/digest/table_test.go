package digest

import (
	"context"
	"errors"
	"testing"
	"time"

	"attache/internal/store"
)

// Every row and column of the table "Posting" in docs/delivery.md: a fault at the first request, then the world goes on
// with a new service after the column's time.
func TestFailureTable(t *testing.T) {
	refuse := func(n int) error {
		if n == 1 {
			return &Later{After: time.Second}
		}
		return nil
	}
	type row struct {
		name          string
		before, after func(int) error
		unsent        bool // the process ends before the part's row says that it is sent
		unrecorded    bool // the process ends after Discord answered
		alive         bool // the process lives on and tries again within the nonce's time, in every column
	}
	rows := []row{
		{name: "crash before send", unsent: true},
		{name: "crash in flight, not created", before: kill(1)},
		{name: "crash in flight, created", after: kill(1)},
		{name: "crash after reply, before record", unrecorded: true},
		{name: "timeout or 502, not created", before: kill(1), alive: true},
		{name: "timeout or 502, created", after: kill(1), alive: true},
		{name: "429", before: refuse},
	}
	for _, col := range []struct {
		name       string
		away       time.Duration
		unreadable bool
		policy     string
	}{
		{"at once", 2 * time.Second, true, "resend"},
		{"116 s", 116 * time.Second, true, "skip"},
		{"10 min", 10 * time.Minute, false, "resend"},
		{"70 min", 70 * time.Minute, false, "skip"},
		{"70 min, unreadable, resend", 70 * time.Minute, true, "resend"},
		{"70 min, unreadable, skip", 70 * time.Minute, true, "skip"},
	} {
		for _, r := range rows {
			t.Run(r.name+"/"+col.name, func(t *testing.T) {
				w := newWorld(t)
				w.o.Unreadable = col.policy
				w.restart()
				w.publish(piece{source: w.subscribe("guild", "Gazette", store.Press, "FR"), story: 1, ago: time.Hour})
				id := w.postNow(w.schedule(store.Schedule{}).ID)
				w.discord.before, w.discord.after = r.before, r.after
				if col.unreadable {
					w.discord.history = func() error { return ErrUnreadable }
				}
				if r.unsent || r.unrecorded {
					d := w.delivery(id)
					p := must[[]store.Part](t)(w.s.compose(t.Context(), d, must[store.Schedule](t)(w.db.Read().Schedule(t.Context(), d.Schedule))))[0]
					if r.unrecorded {
						p.Status, p.FirstTry, p.Tries = store.PartSending, w.clock.now(), 1
						w.write(func(q *store.Q) error { return q.SavePart(context.Background(), p) })
						must[string](t)(w.discord.Send(t.Context(), p))
					}
				} else {
					var later *Later
					if err := w.s.deliver(t.Context(), id); !errors.Is(err, errKilled) && !errors.As(err, &later) {
						t.Fatalf("the fault did not come: %v", err)
					}
				}
				away := col.away
				if r.alive {
					away = min(away, retryAfter[0])
				}
				w.clock.add(away)
				w.restart()
				if err := w.s.deliver(t.Context(), id); err != nil {
					t.Fatal(err)
				}

				created := r.after != nil || r.unrecorded
				flown := (created || r.before != nil && r.name != "429") && !r.alive // it is not known what became of it
				want, status := 1, store.Sent
				if flown && away >= nonceFor && col.unreadable { // the residue
					switch {
					case col.policy == "skip":
						status = store.Failed
						if !created {
							want = 0
						}
					case created:
						want = 2
					}
				}
				if n, d := w.discord.count(), w.delivery(id); n != want || d.Status != status {
					t.Errorf("%d messages, delivery %s %q; want %d, %s", n, d.Status, d.Reason, want, status)
				}
			})
		}
	}
}
