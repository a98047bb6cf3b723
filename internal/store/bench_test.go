package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"attache/internal/text"
	"attache/summarize/quote"
)

// A big store: 100,000 articles of 100 sources over 30 days, four to a story.
// The guild "some" reads 30 of the sources, "few" one.
const (
	bigArticles = 100_000
	bigSources  = 100
	bigWords    = 300 // in an article
)

// onEngines runs a benchmark on every engine, each time on an empty database.
func onEngines(b *testing.B, bench func(b *testing.B, db *DB)) {
	b.Run("SQLite", func(b *testing.B) { bench(b, openTemp(b, Options{})) })
	b.Run("PostgreSQL", func(b *testing.B) { bench(b, openURL(b, postgres(b), Options{})) })
}

// vocabulary is 20,000 made-up words; word n occurs about 1/n as often as the first.
func vocabulary() (func() string, *rand.Rand) {
	r := rand.New(rand.NewPCG(1, 2))
	z := rand.NewZipf(r, 1.1, 2, 20_000)
	return func() string { return fmt.Sprintf("w%d", z.Uint64()) }, r
}

// sample makes an article with its tokens and a quote, as ingest would.
func sample(word func() string, n int) (Article, []string, []Quote) {
	words := make([]string, bigWords)
	for i := range words {
		words[i] = word()
	}
	body := strings.Join(words, " ")
	at := noon.Add(-time.Duration(bigArticles-n) * (30 * 24 * time.Hour / bigArticles))
	a := Article{Source: int64(n%bigSources + 1), Key: fmt.Sprint(n), URL: fmt.Sprintf("https://%d.example/%d", n%bigSources, n),
		Title: strings.Join(words[:8], " "), Text: body, Lang: "en", Published: at, Seen: at, Hash: fmt.Sprint(n), Story: int64(n/4 + 1), Ingested: true, Revision: 1}
	q := quote.Quote{Spans: []text.Span{{Start: 0, End: 40}}, Kind: quote.Direct, Speaker: "Ada Sample " + words[0]}
	return a, words, []Quote{{Quote: q}}
}

func store(ctx context.Context, q *Q, a Article, tokens []string, quotes []Quote) error {
	id, _, err := q.SaveArticle(ctx, a)
	if err != nil {
		return err
	}
	a.ID = id
	return q.SaveIngested(ctx, a, tokens, quotes)
}

func fillBig(b *testing.B, db *DB) {
	b.Helper()
	for n := range bigSources {
		subscribe(b, db, "all", fmt.Sprintf("https://%d.example/", n), Subscription{Name: fmt.Sprint(n)})
		if n < 30 {
			subscribe(b, db, "some", fmt.Sprintf("https://%d.example/", n), Subscription{Name: fmt.Sprint(n)})
		}
		if n == 7 {
			subscribe(b, db, "few", fmt.Sprintf("https://%d.example/", n), Subscription{Name: fmt.Sprint(n)})
		}
	}
	word, _ := vocabulary()
	for n := 0; n < bigArticles; {
		write(b, db, func(q *Q) error {
			for range 1000 {
				a, tokens, quotes := sample(word, n)
				if err := store(b.Context(), q, a, tokens, quotes); err != nil {
					return err
				}
				n++
			}
			return nil
		})
	}
	if db.dialect.name == "PostgreSQL" {
		execute(b, db, "ANALYZE") // as autovacuum does within a minute
	}
}

// BenchmarkSaveArticle stores and indexes an article with its quote, 100 to a transaction.
func BenchmarkSaveArticle(b *testing.B) {
	onEngines(b, func(b *testing.B, db *DB) {
		for n := range bigSources {
			subscribe(b, db, "g", fmt.Sprintf("https://%d.example/", n), Subscription{})
		}
		word, _ := vocabulary()
		n := 0
		for b.Loop() {
			write(b, db, func(q *Q) error {
				for range 100 {
					a, tokens, quotes := sample(word, n)
					if err := store(b.Context(), q, a, tokens, quotes); err != nil {
						return err
					}
					n++
				}
				return nil
			})
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "articles/s")
	})
}

// BenchmarkScope asks a store of 100,000 articles as guilds that read all, some and one of its sources.
func BenchmarkScope(b *testing.B) {
	onEngines(b, func(b *testing.B, db *DB) {
		fillBig(b, db)
		for _, guild := range []string{"all", "some", "few"} {
			benchmarkScope(b, db.Read().Guild(guild), guild)
		}
	})
}

func benchmarkScope(b *testing.B, s Scope, guild string) {
	ctx := b.Context()
	word, r := vocabulary()
	for _, c := range []struct {
		name string
		call func() error
	}{
		{"Search", func() error { return second(s.Search(ctx, word(), 10)) }},
		{"SearchTwoWords", func() error { return second(s.Search(ctx, word()+" "+word(), 10)) }},
		{"Stories24h", func() error { return second(s.Stories(ctx, noon.Add(-24*time.Hour), noon)) }},
		{"Story", func() error { _, _ = s.Story(ctx, int64(r.IntN(bigArticles/4)+1)); return nil }},
		{"Latest", func() error { return second(s.Latest(ctx, 25)) }},
		{"QuotesOfSpeaker", func() error { return second(s.Quotes(ctx, "ada sample w9", 0, 10)) }},
		{"Counts", func() error { return second(s.Counts(ctx)) }},
	} {
		b.Run(c.name+"/"+guild, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				began := time.Now()
				if err := c.call(); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
		})
	}
}
