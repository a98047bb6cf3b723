package watch

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"attache/internal/store"
)

// While the database cannot be written to, that is told once from memory, and what is found meanwhile is not lost.
func TestDatabaseLocked(t *testing.T) {
	bubble(t, func(w *world) {
		_, stop := w.start(w.options())
		defer stop()
		w.wait(lookEvery + 15*time.Second)
		other, err := store.Open(w.t.Context(), "sqlite:"+w.path, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		locked, release, ended := make(chan struct{}), make(chan struct{}), make(chan error)
		go func() {
			ended <- other.InTx(w.t.Context(), func(*store.Q, store.Jobs) error { close(locked); <-release; return nil })
		}()
		<-locked
		w.wait(10 * time.Minute)
		w.want("cannot be written to")
		w.set(func() { w.token = true })
		w.wait(10 * time.Minute)
		w.want("token")
		close(release)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		w.wait(5 * time.Minute)
		w.want("Over: " + over[Database])
		if w.rows() != Token {
			t.Errorf("rows %q", w.rows())
		}
		w.set(func() { w.token = false })
		w.wait(5 * time.Minute)
		w.want("Over: " + over[Token])
	})
}

// A page that something wrote over is found though nobody reads it, told once, also over a restart; and after
// going back to a backup it is over.
func TestDamage(t *testing.T) {
	bubble(t, func(w *world) {
		w.write(func(ctx context.Context, q *store.Q, _ store.Jobs) error {
			id, err := q.Subscribe(ctx, store.Source{URL: "https://a.example/feed"}, store.Subscription{Guild: "g", Paused: true})
			for _, key := range []string{"a", "b", "c"} {
				if err == nil {
					var a int64
					a, _, err = q.SaveArticle(ctx, store.Article{Source: id, Key: key, URL: key, Title: key, Text: strings.Repeat(key+" words ", 9000)})
					if err == nil {
						err = q.SaveIngested(ctx, store.Article{ID: a, Revision: 1, Ingested: true, Lang: "en"}, nil, nil)
					}
				}
			}
			return err
		})
		backup := filepath.Join(t.TempDir(), "backup.db")
		if err := w.db.Backup(w.t.Context(), backup); err != nil {
			t.Fatal(err)
		}
		_, stop := w.start(w.options())
		w.wait(time.Hour)
		w.want()
		stop()
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
		spoil(t, w.path)
		w.reopen()
		for range 2 {
			_, stop = w.start(w.options())
			w.wait(time.Hour)
			stop()
		}
		w.want("damaged")
		if err := w.db.Close(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(backup)
		if err == nil {
			err = os.WriteFile(w.path, b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		w.reopen()
		w.write(func(ctx context.Context, q *store.Q, _ store.Jobs) error { // as the row of a database that was mended
			_, err := q.RaiseAlert(ctx, Damage, "The database is damaged.")
			if err == nil {
				err = q.AlertTold(ctx, store.Alert{Name: Damage})
			}
			return err
		})
		_, stop = w.start(w.options())
		defer stop()
		w.wait(time.Hour)
		w.want("Over: " + over[Damage])
	})
}

// spoil writes over the middle of the file's texts, which lie in pages that no index leads to.
func spoil(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(b, []byte("b words b words"))
	if at < 0 {
		t.Fatal("the text is not in the file")
	}
	const page = 4096
	from := at / page * page
	for i := from; i < from+page; i++ {
		b[i] = 0x5a
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Damage that somebody met and logged is told too; the error itself may be a string, as the job engine logs it.
func TestDamageInTheLog(t *testing.T) {
	bubble(t, func(w *world) {
		_, stop := w.start(w.options())
		defer stop()
		w.wait(2 * time.Hour)
		log := slog.New(w.signs.Listen(slog.NewTextHandler(lockedBuffer{w}, nil))).With("component", "jobs").WithGroup("g")
		log.Info("restored", "before", store.ErrDamaged)
		w.wait(5 * time.Minute)
		w.want()
		log.Error("job failed", "err", "load: "+store.ErrDamaged.Error()+" (11)")
		w.wait(5 * time.Minute)
		w.want("damaged")
		w.wait(4 * time.Hour)
		w.want("Over: " + over[Damage])
	})
}
