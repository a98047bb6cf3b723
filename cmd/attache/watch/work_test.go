package watch

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"attache/internal/store"

	"github.com/riverqueue/river"
)

type idleArgs struct{}

func (idleArgs) Kind() string { return "idle" }

// subscribe makes n sources that a guild reads, due in a week.
func (w *world) subscribe(n int) (ids []int64) {
	w.t.Helper()
	w.write(func(ctx context.Context, q *store.Q, _ store.Jobs) error {
		for i := range n {
			id, err := q.Subscribe(ctx, store.Source{URL: fmt.Sprintf("https://%s.example/%d", secret, i), NextVisit: time.Now().Add(week)}, store.Subscription{Guild: "g"})
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	return ids
}

const week = 7 * 24 * time.Hour

// visit saves visits as the poller does.
func (w *world) visit(failures int, next time.Duration, ids ...int64) {
	w.t.Helper()
	w.write(func(ctx context.Context, q *store.Q, _ store.Jobs) error {
		for _, id := range ids {
			s := store.Source{ID: id, Failures: failures, NextVisit: time.Now().Add(next)}
			if failures > 0 {
				s.Error = "https://" + secret + ".example does not answer."
			}
			if err := q.SaveVisit(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}

// Work that does not go on is told once, and once when it goes on again.
func TestWork(t *testing.T) {
	for name, c := range map[string]struct {
		stuck, free func(w *world)
		after       time.Duration // until it is told; a minute before it was not
		words       string
	}{
		Posts: {func(w *world) {
			w.write(func(ctx context.Context, q *store.Q, _ store.Jobs) error {
				if err := q.SaveGuild(ctx, store.Guild{ID: "g", Joined: time.Now()}); err != nil {
					return err
				}
				id, err := q.SaveSchedule(ctx, store.Schedule{Guild: "g", Spec: "0 8 * * *", Zone: "UTC", Target: store.Target{Channel: "1"}})
				if err == nil {
					_, _, err = q.PlanDelivery(ctx, store.Delivery{Schedule: id, Slot: "2000-01-01T08:00", Due: time.Now()})
				}
				return err
			})
		}, func(w *world) {
			w.write(func(ctx context.Context, q *store.Q, _ store.Jobs) error {
				ds, err := q.Unfinished(ctx)
				for _, d := range ds {
					d.Status = store.Failed
					err = q.SaveDelivery(ctx, d)
				}
				return err
			})
		}, 6*time.Minute + 30*time.Second, "oldest waits for 5 minutes"},
		Queue: {func(w *world) {
			w.write(func(ctx context.Context, _ *store.Q, jobs store.Jobs) error {
				return jobs.Insert(ctx, idleArgs{}, &river.InsertOpts{ScheduledAt: time.Now()})
			})
		}, func(w *world) { w.work() }, 3*time.Minute + 30*time.Second, "Jobs are not begun"},
		Ingest: {func(w *world) {
			id := w.subscribe(1)[0]
			w.write(func(ctx context.Context, q *store.Q, _ store.Jobs) error {
				_, _, err := q.SaveArticle(ctx, store.Article{Source: id, Key: secret, URL: secret, Title: secret, Text: secret})
				return err
			})
		}, func(w *world) {
			w.write(func(ctx context.Context, q *store.Q, _ store.Jobs) error {
				as, err := q.Uningested(ctx, store.Article{}, 10, 1<<20)
				for _, a := range as {
					a.Ingested = true
					err = q.SaveIngested(ctx, a, nil, nil)
				}
				return err
			})
		}, 11*time.Minute + 30*time.Second, "do not become readable"},
		FetchLag: {func(w *world) { w.visit(0, 0, w.subscribe(3)[1]) }, func(w *world) { w.visit(0, week, 1, 2, 3) },
			31*time.Minute + 30*time.Second, "most overdue one waits for 30 minutes"},
		Fetches: {func(w *world) { w.visit(1, week, w.subscribe(9)[:5]...) }, func(w *world) { w.visit(0, week, 1, 2) },
			time.Minute + 30*time.Second, "5 of 9 sources could not be read"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(w *world) {
				_, stop := w.start(w.options())
				w.wait(40*time.Minute + 15*time.Second)
				c.stuck(w)
				w.wait(c.after - time.Minute - 30*time.Second)
				w.want()
				w.wait(time.Minute + 30*time.Second)
				w.want(c.words)
				stop()
				// What was due while the program did not run has its time first, and nothing is said twice.
				_, stop = w.start(w.options())
				defer stop()
				w.wait(time.Hour)
				w.want()
				c.free(w)
				w.wait(2 * time.Minute)
				w.want("Over: " + over[name])
			})
		})
	}
}

// work runs the jobs there are.
func (w *world) work() {
	w.t.Helper()
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(context.Context, *river.Job[idleArgs]) error { return nil }))
	worker, err := w.db.Work(w.t.Context(), workers, 1)
	if err != nil {
		w.t.Fatal(err)
	}
	time.Sleep(10 * time.Second)
	if err := worker.Stop(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// After a night in which the program did not run everything is late, and nobody is woken for it.
func TestAfterANight(t *testing.T) {
	bubble(t, func(w *world) {
		ids := w.subscribe(20)
		w.visit(0, 0, ids...)
		w.write(func(ctx context.Context, q *store.Q, jobs store.Jobs) error {
			if _, _, err := q.SaveArticle(ctx, store.Article{Source: ids[0], Key: "a", URL: "a", Title: "a", Text: "a"}); err != nil {
				return err
			}
			return jobs.Insert(ctx, idleArgs{}, &river.InsertOpts{ScheduledAt: time.Now()})
		})
		w.wait(9 * time.Hour)
		_, stop := w.start(w.options())
		defer stop()
		w.wait(90 * time.Second)
		w.want()
		w.wait(time.Hour)
		w.mu.Lock()
		said := strings.Join(w.told, "\n")
		w.mu.Unlock()
		for _, words := range []string{"Jobs are not begun", "do not become readable", "Sources are not visited"} {
			if strings.Count(said, words) != 1 {
				t.Errorf("an hour after the start %q was not told once:\n%s", words, said)
			}
		}
	})
}

// While the disk is full nobody is told that sources are overdue: that is why.
func TestOverdueWhileFull(t *testing.T) {
	bubble(t, func(w *world) {
		w.visit(0, 0, w.subscribe(20)...)
		w.free = 0
		_, stop := w.start(w.options())
		defer stop()
		w.wait(2 * time.Hour)
		w.want("no source is read")
	})
}

// A few dead feeds are nothing to wake somebody for, nor are many among very many.
func TestFewFail(t *testing.T) {
	bubble(t, func(w *world) {
		ids := w.subscribe(44)
		w.visit(3, week, ids[:4]...)
		_, stop := w.start(w.options())
		defer stop()
		w.wait(time.Hour)
		w.want()
		w.visit(3, week, ids[:20]...)
		w.wait(time.Hour)
		w.want()
	})
}
