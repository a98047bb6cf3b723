package store

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestSearch(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		src := subscribe(t, db, "g", "https://a.example/", Subscription{})
		add := func(key, title, text string, ago time.Duration) string {
			return fmt.Sprint(publish(t, db, Article{Source: src, Key: key, Title: title, Text: text, Published: noon.Add(-ago)}))
		}
		// Stored in another order than published, as a new source's feed is.
		middle := add("middle", "Grain negotiations resume", "Talks on Black Sea grain.", 2*time.Hour)
		newest := add("newest", "Türkiye hosts the talks", "The café was closed.", time.Hour)
		oldest := add("oldest", "A grain corridor was negotiated", "Ships left Odesa.", 3*time.Hour)
		cjk := add("cjk", "外務省は会談を発表した", "日本語の本文。", 4*time.Hour)
		for _, c := range []struct{ query, want string }{
			{"talks", newest + " " + middle},
			{"TALKS", newest + " " + middle},
			{"grain", middle + " " + oldest},
			{"negotiation grain", middle + " " + oldest}, // any form of a word, every word
			{"turkiye", newest},
			{"Türkiye", newest},
			{"cafe", newest},
			{"grain türkiye", ""},
			{"外務省", cjk},
			{"会談", cjk},
			{"nothing", ""},
			{"", ""},
			{"   ", ""},
		} {
			if got := ids(must[[]Listed](t)(db.Read().Guild("g").Search(ctx, c.query, 10))); got != c.want {
				t.Errorf("%q found %q, want %q", c.query, got, c.want)
			}
		}
		if got := ids(must[[]Listed](t)(db.Read().Guild("g").Search(ctx, "grain", 1))); got != middle {
			t.Errorf("the newest is %q, want %s", got, middle)
		}
		publish(t, db, Article{Source: src, Key: "middle", Title: "Wheat negotiations resume", Text: "Talks on wheat."})
		if got := ids(must[[]Listed](t)(db.Read().Guild("g").Search(ctx, "grain", 10))); got != oldest {
			t.Errorf("words of an old revision are found: %q", got)
		}
		if got := ids(must[[]Listed](t)(db.Read().Guild("g").Search(ctx, "wheat", 10))); got != middle {
			t.Errorf("words of a new revision: %q", got)
		}
		if db.dialect.name == "SQLite" {
			execute(t, db, "INSERT INTO article_fts (article_fts) VALUES ('integrity-check')")
		}
	})
}

// Articles of one second whose numbers are taken, by an older one and by each other, get others; what is gone or older gets none.
func TestSearchNumbers(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		src := subscribe(t, db, "g", "https://a.example/", Subscription{})
		var batch []Ingested
		write(t, db, func(q *Q) error {
			for i := range 5 {
				a := Article{Source: src, Key: fmt.Sprint(i), URL: fmt.Sprint("https://a.example/", i), Title: "Ferries", Published: noon, Seen: noon}
				id, _, err := q.SaveArticle(t.Context(), a)
				if err != nil {
					return err
				}
				a.ID, a.Revision, a.Ingested = id, 1, true
				batch = append(batch, Ingested{Article: a, Tokens: []string{"ferri", "ferries", "ferri"}})
			}
			return q.SaveAllIngested(t.Context(), batch[:1])
		})
		at := noon.UnixMilli()
		write(t, db, func(q *Q) error { // the first has the number of the second
			if _, err := q.exec(t.Context(), "DELETE FROM article_fts"); err != nil {
				return err
			}
			_, err := q.exec(t.Context(), "UPDATE articles SET doc = $2 WHERE id = $1", batch[0].Article.ID, docOf(at, batch[1].Article.ID))
			return err
		})
		old, gone := batch[4], batch[4]
		old.Article.Revision, gone.Article.ID = 2, 1<<40
		write(t, db, func(q *Q) error { return q.SaveAllIngested(t.Context(), append(batch[:4:4], old, gone)) })
		docs := must[[]int64](t)(collect(t.Context(), db.Read(), scanID, "SELECT doc FROM articles ORDER BY id"))
		for i, want := range []int64{1, 2, 3, 4} {
			if got := docs[i] - docOf(at, batch[0].Article.ID); got != want {
				t.Errorf("article %d has the number %d, want %d", i, got, want)
			}
		}
		if docs[4] != 0 {
			t.Errorf("an article of another revision has the number %d", docs[4])
		}
		if got := must[[]Listed](t)(db.Read().Guild("g").Search(t.Context(), "ferries", 10)); len(got) != 4 {
			t.Errorf("found %q", ids(got))
		}
		write(t, db, func(q *Q) error { return q.SaveAllIngested(t.Context(), batch[:4]) }) // once more: the rows are replaced
		if got := must[[]Listed](t)(db.Read().Guild("g").Search(t.Context(), "ferries", 10)); len(got) != 4 {
			t.Errorf("found %q once more", ids(got))
		}
	})
}

// hostile queries: none is an error, and none finds by an operator what its words do not find.
var hostile = []string{
	`"; DROP TABLE articles; --`, `NEAR(`, `NEAR(treaty harbour, 5)`, `!x:*`, `*`, `"`, `""`, `'`, `treaty"`, `"treaty`, `tokens:treaty`, `-treaty`, `^treaty`,
	`treaty OR`, `AND`, `NOT treaty`, `OR AND NOT`, `(treaty`, `treaty)`, `{treaty}`, `tre*`, `treaty AND harbour`, `a + b`, `\`, `%`, `_`, "treaty\x00harbour", "\x00",
	"\xff\xfe", `tsvector & | ! <->`, `$1`, `?`, `:a`, `@a`, strings.Repeat("(", 2000), strings.Repeat("treaty ", 5000), strings.Repeat("x", 100_000), `🤝`, "\u200b", "e\u0301\u0301\u0301",
}

func TestSearchHostile(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		src := subscribe(t, db, "g", "https://a.example/", Subscription{})
		publish(t, db, Article{Source: src, Key: "k", Title: "Treaty", Text: "Nothing else."})
		for _, query := range hostile {
			ls, err := db.Read().Guild("g").Search(t.Context(), query, 10)
			if err != nil {
				t.Errorf("%.40q: %v", query, err)
			}
			if len(ls) > 0 && !strings.Contains(strings.ToLower(query), "treaty") {
				t.Errorf("%.40q found %q", query, ls[0].Title)
			}
		}
		for _, query := range []string{`tre*`, `treaty AND harbour`, `treaty harbour`, `treaty OR harbour`} {
			if ls := must[[]Listed](t)(db.Read().Guild("g").Search(t.Context(), query, 10)); len(ls) != 0 {
				t.Errorf("%q is understood as an operator", query)
			}
		}
		if n := must[int64](t)(value[int64](t.Context(), db.Read(), "SELECT COUNT(*) FROM articles")); n != 1 {
			t.Errorf("%d articles", n)
		}
	})
}

// Any tokens at all make a well-formed expression.
func FuzzMatch(f *testing.F) {
	for _, q := range hostile {
		f.Add(q, "x")
	}
	lite, pg := openTemp(f, Options{}), openURL(f, postgres(f), Options{})
	f.Fuzz(func(t *testing.T, a, b string) {
		for db, statement := range map[*DB]string{
			lite: "SELECT COUNT(*) FROM article_fts WHERE article_fts MATCH $1",
			pg:   "SELECT COUNT(*) FROM article_fts WHERE tokens @@ $1::tsquery",
		} {
			expression := db.dialect.match([][]string{{a, b}, {b}})
			if expression == "" {
				continue
			}
			if _, err := value[int64](t.Context(), db.Read(), statement, expression); err != nil {
				t.Errorf("%s: %q: %v", db.dialect.name, expression, err)
			}
		}
	})
}
