package store

import (
	"encoding/json"
	"errors"
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
			if n, err := q.PruneAnswers(ctx, noon); n != 0 || err != nil {
				t.Errorf("pruned %d, %v", n, err)
			}
			n, err := q.PruneAnswers(ctx, noon.Add(time.Second))
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
