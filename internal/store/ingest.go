package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"attache/internal/text"
)

// Uningested returns the articles that wait to be ingested, with text, oldest first: those behind the last one of an earlier call
// (the zero value: from the first on), n at most, and fewer when their texts come to size bytes.
func (q *Q) Uningested(ctx context.Context, after Article, n, size int) ([]Article, error) {
	where, args := "", []any{n}
	if after.ID != 0 {
		where, args = " AND (a.at, a.id) > ($2, $3)", append(args, after.at(), after.ID)
	}
	var out []Article
	err := each(ctx, q, scanArticle, func(a Article) bool {
		out = append(out, a)
		size -= len(a.Text)
		return size > 0
	}, "SELECT "+articleColumns+" FROM articles a "+currentRevision+" WHERE NOT a.ingested"+where+" ORDER BY a.at, a.id LIMIT $1", args...)
	return out, failed("load articles to ingest", err)
}

// An Ingested is what ingest found of one revision: Lang, Story and Ingested of Article, search tokens of title and text, and
// quotes, which replace those of older revisions.
type Ingested struct {
	Article Article
	Tokens  []string
	Quotes  []Quote
}

// SaveIngested stores what ingest found of one revision; see SaveAllIngested.
func (q *Q) SaveIngested(ctx context.Context, a Article, tokens []string, quotes []Quote) error {
	return q.SaveAllIngested(ctx, []Ingested{{a, tokens, quotes}})
}

// SaveAllIngested stores what ingest found of some articles.
// When a newer revision came meanwhile nothing is stored of one: that one will be ingested.
// The words of quotes are taken from the stored text; a span outside of it, or Words that differ, are an error.
// A quote of the same spans keeps its id.
func (q *Q) SaveAllIngested(ctx context.Context, all []Ingested) error {
	rows, err := q.indexRows(ctx, all)
	if err != nil {
		return failed("save ingested articles", err)
	}
	for i, in := range all {
		if rows[i].doc == 0 {
			continue
		}
		a := in.Article
		_, err := q.exec(ctx, "UPDATE articles SET lang = $2, story = $3, ingested = $4, doc = $5 WHERE id = $1", a.ID, a.Lang, a.Story, a.Ingested, rows[i].doc)
		if err == nil {
			err = q.saveQuotes(ctx, a, rows[i], in.Quotes)
		}
		if err != nil {
			return failed(fmt.Sprintf("save ingested article %d", a.ID), err)
		}
	}
	// One after the other: FTS5 writes what it has in memory to its tables whenever another statement comes between.
	for i, in := range all {
		if rows[i].doc == 0 {
			continue
		}
		if err := q.index(ctx, rows[i], joinTokens(in.Tokens)); err != nil {
			return failed(fmt.Sprintf("index article %d", in.Article.ID), err)
		}
	}
	return nil
}

func (q *Q) saveQuotes(ctx context.Context, a Article, row indexRow, quotes []Quote) error {
	var old []Quote
	if row.old {
		var err error
		if old, err = collect(ctx, q, scanQuote, "SELECT "+quoteColumns+" FROM quotes q WHERE q.article_id = $1 ORDER BY q.n", a.ID); err != nil {
			return err
		}
	}
	if len(old) == 0 && len(quotes) == 0 {
		return nil
	}
	body, pruned, err := q.revisionText(ctx, a.ID, a.Revision)
	if err != nil {
		return err
	}
	if pruned {
		return nil // its quotes are evidence that cannot be found anew
	}
	kept := map[int64]bool{}
	for n, qu := range quotes {
		words, err := quoted(body, qu)
		if err != nil {
			return err
		}
		if qu.Words != nil && !slices.Equal(qu.Words, words) {
			return fmt.Errorf("quote %d: its words are not those of the article", n)
		}
		data, err := asJSON(qu.Quote)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(old, func(o Quote) bool {
			return o.Revision == a.Revision && !kept[o.ID] && slices.Equal(o.Spans, qu.Spans)
		})
		if i >= 0 {
			kept[old[i].ID] = true
			_, err = q.exec(ctx, "UPDATE quotes SET n = $2, kind = $3, speaker = $4, speaker_fold = $5, data = $6, words = $7 WHERE id = $1",
				old[i].ID, n, qu.Kind, qu.Speaker, foldName(qu.Speaker), data, list(words))
		} else {
			_, err = q.exec(ctx, `INSERT INTO quotes (article_id, revision, n, kind, speaker, speaker_fold, data, words, at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
				a.ID, a.Revision, n, qu.Kind, qu.Speaker, foldName(qu.Speaker), data, list(words), row.at)
		}
		if err != nil {
			return err
		}
	}
	for _, o := range old {
		if !kept[o.ID] {
			if _, err := q.exec(ctx, "DELETE FROM quotes WHERE id = $1", o.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// quoted cuts the words of a quote out of an article, refusing spans that are not of it.
func quoted(body string, qu Quote) ([]string, error) {
	inside := func(s text.Span) bool { return 0 <= s.Start && s.Start <= s.End && s.End <= len(body) }
	if len(qu.Spans) == 0 {
		return nil, fmt.Errorf("a quote without a span")
	}
	for _, s := range append(slices.Clone(qu.Spans), qu.SpeakerSpan) {
		if !inside(s) {
			return nil, fmt.Errorf("span %d–%d of a quote is outside of the article's %d bytes", s.Start, s.End, len(body))
		}
	}
	return qu.Quote.Words(body), nil
}

// NewStory makes a story and returns its id, which is never used again.
func (q *Q) NewStory(ctx context.Context, at time.Time) (int64, error) {
	id, err := value[int64](ctx, q, "INSERT INTO stories (created) VALUES ($1) RETURNING id", ms(at))
	return id, failed("make story", err)
}

// MoveArticle puts an article into another story; ErrNotFound when there is no such article.
func (q *Q) MoveArticle(ctx context.Context, article, story int64) error {
	return failed("move article", q.execOne(ctx, "UPDATE articles SET story = $2 WHERE id = $1", article, story))
}
