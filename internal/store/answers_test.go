package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"
)

func TestAnswers(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		a := Answer{ID: "abc", Guild: "g", User: "7", At: noon, Pages: json.RawMessage(`[{"content":"x"}]`)}
		write(t, db, func(q *Q) error { return q.SaveAnswer(ctx, a) })
		got, err := db.Read().Answer(ctx, "g", "abc")
		if err != nil || got.User != "7" || !got.At.Equal(noon) || string(got.Pages) != string(a.Pages) {
			t.Errorf("%+v, %v", got, err)
		}
		for _, c := range [][2]string{{"other", "abc"}, {"g", "abd"}, {"", "abc"}} {
			if _, err := db.Read().Answer(ctx, c[0], c[1]); !errors.Is(err, ErrNotFound) {
				t.Errorf("guild %q answer %q: %v", c[0], c[1], err)
			}
		}
		write(t, db, func(q *Q) error {
			if n, err := q.PruneAnswers(ctx, noon, noon.Add(time.Hour)); n != 0 || err != nil {
				t.Errorf("pruned %d, %v", n, err)
			}
			n, err := q.PruneAnswers(ctx, noon.Add(time.Second), noon)
			if n != 1 {
				t.Errorf("pruned %d", n)
			}
			return err
		})
		if _, err := db.Read().Answer(ctx, "g", "abc"); !errors.Is(err, ErrNotFound) {
			t.Errorf("after pruning: %v", err)
		}
	})
}

// What is held for an hour is gone after it, and nothing else is.
func TestAnswersEnd(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		write(t, db, func(q *Q) error {
			return errors.Join(
				q.SaveAnswer(ctx, Answer{ID: "kept", Guild: "g", User: "7", At: noon, Pages: json.RawMessage(`{}`)}),
				q.SaveAnswer(ctx, Answer{ID: "held", Guild: "g", User: "7", At: noon, Until: noon.Add(time.Hour), Pages: json.RawMessage(`{}`)}))
		})
		for _, c := range []struct {
			after  time.Duration
			pruned int
		}{{time.Hour - time.Millisecond, 0}, {time.Hour, 1}, {2 * time.Hour, 0}} {
			write(t, db, func(q *Q) error {
				n, err := q.PruneAnswers(ctx, noon.Add(-time.Hour), noon.Add(c.after))
				if n != c.pruned {
					t.Errorf("after %s: pruned %d, want %d", c.after, n, c.pruned)
				}
				return err
			})
			if a, err := db.Read().Answer(ctx, "g", "held"); (err == nil) != (c.after < time.Hour) || err == nil && !a.Until.Equal(noon.Add(time.Hour)) {
				t.Errorf("after %s: %+v, %v", c.after, a, err)
			}
		}
		if a, err := db.Read().Answer(ctx, "g", "kept"); err != nil || !a.Until.IsZero() {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

func TestRegistrations(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		if h, err := db.Read().Registration(ctx, "app"); h != "" || err != nil {
			t.Errorf("before: %q, %v", h, err)
		}
		for _, hash := range []string{"one", "two"} {
			write(t, db, func(q *Q) error { return q.SaveRegistration(ctx, "app", hash) })
			if h, err := db.Read().Registration(ctx, "app"); h != hash || err != nil {
				t.Errorf("%q, %v; want %q", h, err, hash)
			}
		}
	})
}

func TestHeldAnswers(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		a := Answer{ID: "abc", Guild: "g", User: "7", At: noon, Pages: json.RawMessage(`{"a":1}`)}
		write(t, db, func(q *Q) error { return q.SaveAnswer(ctx, a) })
		a.Pages = json.RawMessage(`{"a":2}`)
		for _, other := range []Answer{{ID: "abc", Guild: "h", User: "7"}, {ID: "abc", Guild: "g", User: "8"}, {ID: "abd", Guild: "g", User: "7"}} {
			other.Pages = json.RawMessage(`{}`)
			write(t, db, func(q *Q) error {
				if err := q.ReplaceAnswer(ctx, other); !errors.Is(err, ErrNotFound) {
					t.Errorf("replaced %+v: %v", other, err)
				}
				if _, err := q.TakeAnswer(ctx, other.Guild, other.User, other.ID); !errors.Is(err, ErrNotFound) {
					t.Errorf("took %+v: %v", other, err)
				}
				return nil
			})
		}
		write(t, db, func(q *Q) error { return q.ReplaceAnswer(ctx, a) })
		got, err := db.Read().Answer(ctx, "g", "abc")
		if err != nil || string(got.Pages) != `{"a":2}` || !got.At.Equal(noon) {
			t.Errorf("%+v, %v", got, err)
		}

		// Of several who take it at the same time one gets it.
		var wg sync.WaitGroup
		var mu sync.Mutex
		took := 0
		for range 4 {
			wg.Go(func() {
				err := db.InTx(ctx, func(q *Q, _ Jobs) error {
					got, err := q.TakeAnswer(ctx, "g", "7", "abc")
					if err == nil && (string(got.Pages) != `{"a":2}` || got.User != "7" || !got.At.Equal(noon)) {
						t.Errorf("%+v", got)
					}
					return err
				})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					took++
				} else if !errors.Is(err, ErrNotFound) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if took != 1 {
			t.Errorf("%d took it", took)
		}
	})
}

func TestNamed(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		var zebra, apple int64
		write(t, db, func(q *Q) (err error) {
			if zebra, err = q.Subscribe(ctx, Source{URL: "https://a.example/feed"}, Subscription{Guild: "g", Name: "Zebra", Country: "ZW", Topics: []string{"sea"}}); err != nil {
				return err
			}
			if apple, err = q.Subscribe(ctx, Source{URL: "https://b.example/feed"}, Subscription{Guild: "g", Name: "Apple", Paused: true}); err != nil {
				return err
			}
			_, err = q.Subscribe(ctx, Source{URL: "https://a.example/feed"}, Subscription{Guild: "h", Name: "Other"})
			return err
		})
		ns, err := db.Read().Guild("g").Named(ctx)
		if err != nil || len(ns) != 2 || ns[0].Source != apple || ns[1].Source != zebra || ns[1].Country != "ZW" || !slices.Equal(ns[1].Topics, []string{"sea"}) {
			t.Errorf("%+v, %v", ns, err)
		}
		if ns, err := db.Read().Guild("h").Named(ctx); err != nil || len(ns) != 1 || ns[0].Name != "Other" {
			t.Errorf("%+v, %v", ns, err)
		}
		if ns, err := db.Read().Guild("").Named(ctx); err != nil || len(ns) != 0 {
			t.Errorf("%+v, %v", ns, err)
		}
	})
}

func TestGuildDeliveries(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		write(t, db, func(q *Q) error {
			for guild, statuses := range map[string][]string{"g": {Sent, Sent, Failed}, "h": {Sent}} {
				id, err := q.SaveSchedule(ctx, Schedule{Guild: guild, Spec: "08:00", Zone: "UTC"})
				if err != nil {
					return err
				}
				for i, status := range statuses {
					if _, _, err := q.PlanDelivery(ctx, Delivery{Schedule: id, Slot: fmt.Sprintf("2026-03-0%dT08:00", i+1), Status: status}); err != nil {
						return err
					}
				}
			}
			return nil
		})
		got, err := db.Read().Guild("g").Deliveries(ctx)
		if err != nil || !maps.Equal(got, map[string]int{Sent: 2, Failed: 1}) {
			t.Errorf("%v, %v", got, err)
		}
		if got, err := db.Read().Guild("nobody").Deliveries(ctx); err != nil || len(got) != 0 {
			t.Errorf("%v, %v", got, err)
		}
	})
}
