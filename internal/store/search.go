package store

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"attache/internal/text"
)

// A row of the search index has a number that grows with its article's time, so
// that walking the index backwards yields the newest first, also when an old
// article is stored late (a new source brings its whole feed). The number is
// the second it was published, followed by docBits bits of the article's id,
// which tell articles of one second apart.
const docBits = 20

// docOf is the row of the search index that an article should have.
func docOf(at, id int64) int64 {
	return max(at/1000, 1)<<docBits | id&(1<<docBits-1)
}

// freeDoc is a number that no row of the search index has yet, for an article that has none.
func (q *Q) freeDoc(ctx context.Context, at, id int64) (int64, error) {
	for doc := docOf(at, id); ; doc++ {
		n, err := value[int64](ctx, q, "SELECT COUNT(*) FROM articles WHERE doc = $1 AND doc <> 0", doc)
		if err != nil || n == 0 {
			return doc, err
		}
	}
}

// An indexRow is the row of the search index that belongs to an article.
type indexRow struct {
	doc int64
	at  int64 // the article's time
	old bool  // it holds tokens
}

// index replaces the search tokens in a row of the index. A token that occurs twice is kept once: what is newest counts, not
// how often a word stands in it.
func (q *Q) index(ctx context.Context, row indexRow, tokens []string) error {
	if row.old {
		if _, err := q.exec(ctx, "DELETE FROM article_fts WHERE rowid = $1", row.doc); err != nil {
			return err
		}
	}
	_, err := q.exec(ctx, q.db.dialect.index, row.doc, indexed(tokens))
	return err
}

// indexed is the distinct tokens that the index takes, with spaces between.
func indexed(tokens []string) string {
	tokens = slices.Clone(tokens)
	slices.Sort(tokens)
	var b strings.Builder
	for _, t := range slices.Compact(tokens) {
		if t == "" || len(t) > maxToken || b.Len()+len(t) >= maxTokens {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t)
	}
	return b.String()
}

// searchable reports whether a token holds a letter or digit, without which an engine would see nothing in it.
func searchable(token string) bool {
	return strings.ContainsFunc(token, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}

// Search returns the newest articles that hold every word of query (any form of it).
// A query without a word finds nothing. No operator of a search engine is one here.
func (s Scope) Search(ctx context.Context, query string, n int) ([]Listed, error) {
	d := s.q.db.dialect
	expression := d.match(text.Query(query))
	if expression == "" {
		return nil, nil
	}
	ls, err := collect(ctx, s.q, scanListed, "SELECT "+listedColumns+" FROM "+d.search[0]+`
		JOIN subscriptions b ON b.source_id = a.source_id AND b.guild = $1 AND NOT b.blocked
		`+currentRevision+`
		WHERE `+d.search[1]+` AND a.ingested ORDER BY f.rowid DESC LIMIT $3`, s.guild, expression, n)
	return ls, failed("search", err)
}
