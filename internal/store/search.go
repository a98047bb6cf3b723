package store

import (
	"context"
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

// An indexRow is the row of the search index that belongs to an article.
type indexRow struct {
	doc int64
	at  int64 // the article's time
	old bool  // it holds tokens
}

// indexRows returns the row of each article, a new one where it has none; the zero value for an article that is gone or has a
// newer revision.
func (q *Q) indexRows(ctx context.Context, all []Ingested) ([]indexRow, error) {
	type article struct {
		indexRow
		id       int64
		revision int
	}
	ids := make([]int64, len(all))
	for i, in := range all {
		ids[i] = in.Article.ID
	}
	of := make(map[int64]article, len(all))
	var wanted []int64
	err := chunks(ids, 1, func(placeholders string, values []any) error {
		found, err := collect(ctx, q, func(r scanner) (a article, err error) {
			err = r.Scan(&a.id, &a.revision, &a.doc, &a.at)
			return a, err
		}, "SELECT id, revision, doc, at FROM articles WHERE id IN ("+placeholders+") ORDER BY id"+q.locked("articles"), values...)
		for _, a := range found {
			if a.old = a.doc != 0; !a.old {
				wanted = append(wanted, docOf(a.at, a.id))
			}
			of[a.id] = a
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	taken := map[int64]bool{}
	err = chunks(wanted, 1, func(placeholders string, values []any) error {
		docs, err := collect(ctx, q, scanID, "SELECT doc FROM articles WHERE doc IN ("+placeholders+") AND doc <> 0", values...)
		for _, doc := range docs {
			taken[doc] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	rows := make([]indexRow, len(all))
	for i, in := range all {
		a, ok := of[in.Article.ID]
		if !ok || a.revision != in.Article.Revision {
			continue
		}
		if a.doc == 0 {
			if a.doc, err = q.freeDoc(ctx, docOf(a.at, a.id), taken); err != nil {
				return nil, err
			}
			taken[a.doc] = true
		}
		rows[i] = a.indexRow
		a.old = true
		of[a.id] = a
	}
	return rows, nil
}

// freeDoc is the first number from doc on that no row of the search index has; doc itself has been looked for among taken.
func (q *Q) freeDoc(ctx context.Context, doc int64, taken map[int64]bool) (int64, error) {
	if !taken[doc] {
		return doc, nil
	}
	for doc++; ; doc++ {
		if taken[doc] {
			continue
		}
		n, err := value[int64](ctx, q, "SELECT COUNT(*) FROM articles WHERE doc = $1 AND doc <> 0", doc)
		if err != nil || n == 0 {
			return doc, err
		}
	}
}

// index replaces the search tokens in a row of the index.
func (q *Q) index(ctx context.Context, row indexRow, tokens string) error {
	if row.old {
		if _, err := q.exec(ctx, "DELETE FROM article_fts WHERE rowid = $1", row.doc); err != nil {
			return err
		}
	}
	_, err := q.exec(ctx, q.db.dialect.index, row.doc, tokens)
	return err
}

// joinTokens returns the tokens that the index takes, with spaces between. A row holds a token or does not: what is newest counts,
// not how often or where a word stands in it.
func joinTokens(tokens []string) string {
	var b strings.Builder
	b.Grow(8 * len(tokens))
	for _, t := range tokens {
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
