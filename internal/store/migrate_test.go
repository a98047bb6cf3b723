package store

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
)

// older makes a file of an older schema and runs statements on it.
func older(t testing.TB, version int64, statements string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db")
	c, err := sql.Open("sqlite", dsn(path, writerSettings))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetMaxOpenConns(1)
	folder, err := sqliteDialect.migrations()
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(sqliteDialect.goose, c, folder, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(fmt.Sprintf("PRAGMA application_id = %d;", applicationID) + statements); err != nil {
		t.Fatal(err)
	}
	return path
}

// What schema 2 had booked of models is in the ledger of schema 3, sums included; the rest is as it was.
func TestMigrateUsage(t *testing.T) {
	path := older(t, 2, `
		INSERT INTO guilds (id, name, locale, joined, left_at, settings) VALUES ('g', 'N', '', 1, 0, '{}');
		INSERT INTO model_usage (at, guild, user_id, kind, engine, model, tokens_in, tokens_out, cost_micro, status) VALUES
			(1740657600000, 'g', 'u', 'brief', 'e', 'm', 100, 20, 7, 'ok'),
			(1740657600001, 'g', '', 'brief', 'e', 'm', 10, 2, 1, ''),
			(1740614400000, '', '', 'brief', 'e', 'm', 1, 1, 1, 'ok'),
			(1740614399999, 'h', 'u', 'repair', 'e2', 'm', 1000, 0, 0, 'failed')`)
	db := openAt(t, path, Options{})
	for key, want := range map[[3]string]string{
		{"2025-02-27", "", ""}: "3 134 9 134 9", {"2025-02-26", "", ""}: "1 1000 0 1000 0", {"2025-02", "", ""}: "4 1134 9 1134 9",
		{"2025-02-27", "g", ""}: "2 132 8 132 8", {"2025-02", "g", "u"}: "1 120 7 120 7", {"2025-02", "h", "u"}: "1 1000 0 1000 0", {"2025-02", "", "u"}: "",
	} {
		if got := used(t, db, key[0], key[1], key[2]); got != want {
			t.Errorf("used %v: %q, want %q", key, got, want)
		}
	}
	addsUp(t, db)
	const row = "SELECT guild || user_id || purpose || endpoint || model || state || tokens_in || '+' || tokens_out || '=' || cost FROM usage WHERE id = 4"
	if got := must[string](t)(value[string](t.Context(), db.Read(), row)); got != "hurepaire2mclosed1000+0=0" {
		t.Errorf("the last call is %s", got)
	}
	if g := must[Guild](t)(db.Read().GuildByID(t.Context(), "g")); g.Name != "N" {
		t.Errorf("guild %+v", g)
	}
	book(t, db.Ledger(Uncapped()), call(asked, 30, 3))
	if got := used(t, db, "2025-02-27", "g", "u"); got != "2 150 10 150 10" {
		t.Errorf("used %s", got)
	}
}

// What schema 11 had in its search index is found in that of schema 12 and can be replaced; what was taken out of it stays out.
func TestMigrateIndex(t *testing.T) {
	const article = "INSERT INTO articles (id, source_id, key, revision, guid, url, lang, published, seen, at, hash, story, ingested, doc) VALUES "
	path := older(t, 11, `
		INSERT INTO sources (id, url) VALUES (1, 'https://a.example/');
		INSERT INTO subscriptions (guild, source_id, name, tier, added) VALUES ('g', 1, '', '', 0);
		`+article+`(1, 1, 'a', 1, '', '', 'en', 1, 1, 1, '', 0, TRUE, 77), (2, 1, 'b', 1, '', '', 'ja', 2, 2, 2, '', 0, TRUE, 99), (3, 1, 'c', 1, '', '', 'en', 3, 3, 3, '', 0, TRUE, 88);
		INSERT INTO article_revisions (article_id, revision, title, sum, stored, text) VALUES (1, 1, 'A', '', 0, ''), (2, 1, 'B', '', 0, ''), (3, 1, 'C', '', 0, '');
		INSERT INTO article_fts (rowid, tokens) VALUES (77, 'ferries ferri harbour'), (99, '会談 ferri øl'), (88, 'ferri');
		DELETE FROM article_fts WHERE rowid = 88;`)
	db := openAt(t, path, Options{})
	find := func(query, want string) {
		t.Helper()
		if got := ids(must[[]Listed](t)(db.Read().Guild("g").Search(t.Context(), query, 10))); got != want {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
	find("ferries", "2 1")
	find("harbour", "1")
	find("会談", "2")
	find("ferries harbour", "1")
	write(t, db, func(q *Q) error {
		return q.SaveIngested(t.Context(), Article{ID: 1, Revision: 1, Ingested: true}, []string{"harbour", "ice"}, nil)
	})
	find("ferries", "2")
	find("ice", "1")
	execute(t, db, "INSERT INTO article_fts (article_fts) VALUES ('integrity-check')")
	if got := must[int64](t)(value[int64](t.Context(), &Q{db: db, on: db.writer}, "PRAGMA temp_store")); got != 2 {
		t.Errorf("temp_store is %d after a migration", got)
	}
}

// How long the first start takes that finds the search index of schema 11 with 100,000 articles, and how large it then is.
func BenchmarkMigrateIndex(b *testing.B) {
	word, _ := vocabulary()
	for b.Loop() {
		b.StopTimer()
		path := older(b, 11, "")
		db, err := sql.Open("sqlite", dsn(path, writerSettings))
		if err != nil {
			b.Fatal(err)
		}
		for n := 0; n < bigArticles; {
			tx, err := db.Begin()
			if err != nil {
				b.Fatal(err)
			}
			for range 1000 {
				_, tokens, _ := sample(word, n)
				if _, err := tx.Exec("INSERT INTO article_fts (rowid, tokens) VALUES ($1, $2)", n+1, inOrder(tokens)); err != nil {
					b.Fatal(err)
				}
				n++
			}
			if err := tx.Commit(); err != nil {
				b.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		migrated := openAt(b, path, Options{})
		b.StopTimer()
		size := must[int64](b)(value[int64](b.Context(), migrated.Read(), "SELECT SUM(LENGTH(block)) FROM article_fts_data"))
		b.ReportMetric(float64(size)/1e6, "index-MB")
		b.StartTimer()
	}
}
