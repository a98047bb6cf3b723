package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"attache/internal/store/storetest"
	"attache/internal/text"
	"attache/summarize/quote"
)

// noon is the time the tests' clock shows.
var noon = time.Date(2025, 2, 27, 12, 0, 0, 0, time.UTC)

// engines runs a test of the contract on every engine, each time on an empty database.
func engines(t *testing.T, test func(t *testing.T, db *DB)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, openTemp(t, Options{Lock: true})) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, openURL(t, postgres(t), Options{Lock: true})) })
}

// files is a contract of several handles on one database: url opens it.
func files(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "attache.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, postgres(t)) })
}

// postgres returns the URL of a migrated and empty PostgreSQL database; the test is skipped where there is none.
func postgres(t testing.TB) string {
	t.Helper()
	return storetest.Postgres(t, func(ctx context.Context, url string) error {
		db, err := Open(ctx, url, Options{})
		if err != nil {
			return err
		}
		return db.Close()
	})
}

func TestMain(m *testing.M) {
	os.Exit(storetest.Main(m))
}

func openTemp(t testing.TB, o Options) *DB {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "attache.db"), o)
}

func openAt(t testing.TB, path string, o Options) *DB {
	t.Helper()
	return openURL(t, "sqlite:"+path, o)
}

func openURL(t testing.TB, url string, o Options) *DB {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return noon }
	}
	db, err := Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

// execute runs a statement that is none of the store's.
func execute(t testing.TB, db *DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.writer.ExecContext(context.Background(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// write runs fn in a transaction and fails the test when that fails.
func write(t testing.TB, db *DB, fn func(q *Q) error) {
	t.Helper()
	if err := db.InTx(context.Background(), func(q *Q, _ Jobs) error { return fn(q) }); err != nil {
		t.Fatal(err)
	}
}

// must returns v, or fails the test.
func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func subscribe(t testing.TB, db *DB, guild, url string, sub Subscription) int64 {
	t.Helper()
	var id int64
	write(t, db, func(q *Q) (err error) {
		sub.Guild = guild
		if sub.Name == "" {
			sub.Name = url
		}
		id, err = q.Subscribe(t.Context(), Source{URL: url}, sub)
		return err
	})
	return id
}

// publish stores and ingests an article as the ingest step does. A quotation in
// double quotation marks becomes a quote of "Speaker of KEY".
func publish(t testing.TB, db *DB, a Article) int64 {
	t.Helper()
	var id int64
	write(t, db, func(q *Q) (err error) {
		id, err = ingest(t.Context(), q, a)
		return err
	})
	return id
}

func ingest(ctx context.Context, q *Q, a Article) (int64, error) {
	if a.URL == "" {
		a.URL = "https://example.org/" + a.Key
	}
	id, _, err := q.SaveArticle(ctx, a)
	if err != nil {
		return 0, err
	}
	stored, err := one(ctx, q, scanArticle, "SELECT "+articleColumns+" FROM articles a "+currentRevision+" WHERE a.id = $1", id)
	if err != nil {
		return 0, err
	}
	stored.Story, stored.Ingested, stored.Lang = a.Story, true, "en"
	var quotes []Quote
	if i := strings.IndexByte(stored.Text, '"'); i >= 0 {
		n := strings.IndexByte(stored.Text[i+1:], '"')
		quotes = append(quotes, Quote{Quote: quote.Quote{
			Spans: []text.Span{{Start: i + 1, End: i + 1 + n}}, Kind: quote.Direct, Speaker: "Speaker of " + a.Key,
		}})
	}
	tokens := append(text.Tokens(stored.Title, "en"), text.Tokens(stored.Text, "en")...)
	return id, q.SaveIngested(ctx, stored, tokens, quotes)
}

func ids(ls []Listed) string {
	var out []string
	for _, l := range ls {
		out = append(out, fmt.Sprint(l.ID))
	}
	return strings.Join(out, " ")
}
