package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestInTxIsWholeOrNothing(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		broken := errors.New("broken")
		err := db.InTx(t.Context(), func(q *Q, _ Jobs) error {
			if err := q.SaveGuild(t.Context(), Guild{ID: "a"}); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("error %v", err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			db.InTx(t.Context(), func(q *Q, _ Jobs) error {
				if err := q.SaveGuild(t.Context(), Guild{ID: "b"}); err != nil {
					t.Error(err)
				}
				panic("broken")
			})
		}()
		ctx, cancel := context.WithCancel(t.Context())
		if err := db.InTx(ctx, func(q *Q, _ Jobs) error {
			if err := q.SaveGuild(ctx, Guild{ID: "c"}); err != nil {
				t.Error(err)
			}
			cancel()
			return nil
		}); err == nil {
			t.Error("a cancelled transaction was committed")
		}
		write(t, db, func(q *Q) error { return q.SaveGuild(t.Context(), Guild{ID: "d"}) })
		gs := must[[]Guild](t)(db.Read().Guilds(t.Context()))
		if len(gs) != 1 || gs[0].ID != "d" {
			t.Errorf("guilds %v", gs)
		}
	})
}

// Reading and writing back is safe in a transaction: two never run at once.
func TestInTxSerialises(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		write(t, db, func(q *Q) error { return q.SaveGuild(t.Context(), Guild{ID: "g", Name: ""}) })
		const workers, rounds = 4, 10
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for range rounds {
					if err := db.InTx(t.Context(), func(q *Q, _ Jobs) error {
						g, err := q.GuildByID(t.Context(), "g")
						if err != nil {
							return err
						}
						g.Name += "x"
						return q.SaveGuild(t.Context(), g)
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		g := must[Guild](t)(db.Read().GuildByID(t.Context(), "g"))
		if len(g.Name) != workers*rounds {
			t.Errorf("%d of %d writes were kept", len(g.Name), workers*rounds)
		}
	})
}

func TestErrorsHaveNames(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx, q := t.Context(), db.Read()
		for name, err := range map[string]error{
			"Source":        second(q.Source(ctx, 9)),
			"Schedule":      second(q.Schedule(ctx, 9)),
			"Delivery":      second(q.Delivery(ctx, 9)),
			"Brief":         second(q.Brief(ctx, "9")),
			"Story":         second(q.Guild("g").Story(ctx, 9)),
			"Article":       second(q.Guild("g").Article(ctx, 9)),
			"Revision":      second(q.Guild("g").Revision(ctx, 9, 1)),
			"Unsubscribe":   db.InTx(ctx, func(q *Q, _ Jobs) error { return q.Unsubscribe(ctx, "g", 9) }),
			"SaveVisit":     db.InTx(ctx, func(q *Q, _ Jobs) error { return q.SaveVisit(ctx, Source{ID: 9}) }),
			"SavePart":      db.InTx(ctx, func(q *Q, _ Jobs) error { return q.SavePart(ctx, Part{ID: 9}) }),
			"PauseSchedule": db.InTx(ctx, func(q *Q, _ Jobs) error { return q.PauseSchedule(ctx, 9, "") }),
			"MoveArticle":   db.InTx(ctx, func(q *Q, _ Jobs) error { return q.MoveArticle(ctx, 9, 1) }),
			"PlanDelivery":  db.InTx(ctx, func(q *Q, _ Jobs) error { _, _, err := q.PlanDelivery(ctx, Delivery{Schedule: 9}); return err }),
		} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%s: error %v", name, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

// A full disk stops writing with a name, loses nothing that was stored, and writing goes on when there is room again.
func TestFullDisk(t *testing.T) {
	db := openTemp(t, Options{Lock: true})
	ctx := t.Context()
	src := subscribe(t, db, "g", "https://a.example/feed", Subscription{})
	text := strings.Repeat("All work and no play. ", 500)
	limit := func(pages int64) {
		t.Helper()
		if _, err := db.writer.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	pages := must[int64](t)(value[int64](ctx, &Q{db: db, on: db.writer}, "PRAGMA page_count"))
	limit(pages + 50)
	stored, full := 0, error(nil)
	for n := range 200 {
		full = db.InTx(ctx, func(q *Q, jobs Jobs) error {
			if err := jobs.Insert(ctx, countArgs{N: n}, nil); err != nil {
				return err
			}
			_, err := ingest(ctx, q, Article{Source: src, Key: fmt.Sprint(n), Title: "T", Text: text, Published: noon})
			return err
		})
		if full != nil {
			break
		}
		stored++
	}
	if !errors.Is(full, ErrFull) || stored == 0 {
		t.Fatalf("after %d articles: error %v", stored, full)
	}
	count := func() (articles, jobs int64) {
		t.Helper()
		return must[int64](t)(value[int64](ctx, db.Read(), "SELECT COUNT(*) FROM articles")),
			must[int64](t)(value[int64](ctx, db.Read(), "SELECT COUNT(*) FROM river_job"))
	}
	if a, j := count(); a != int64(stored) || j != int64(stored) {
		t.Errorf("%d articles and %d jobs of %d are left", a, j, stored)
	}
	limit(1 << 30)
	if err := db.Ping(ctx); err != nil {
		t.Errorf("with room again: %v", err)
	}
	publish(t, db, Article{Source: src, Key: "more", Title: "T", Text: text})
	if a, _ := count(); a != int64(stored)+1 {
		t.Errorf("%d articles", a)
	}
	if ok := must[string](t)(value[string](ctx, db.Read(), "PRAGMA integrity_check")); ok != "ok" {
		t.Error(ok)
	}
}
