package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

const articleColumns = `a.id, a.source_id, a.revision, a.key, a.guid, a.url, r.title, r.text, a.lang, r.author, r.credits, r.note,
	a.published, a.seen, r.teaser, r.withdrawn, a.hash, a.story, a.ingested`

// currentRevision joins an article a with its newest words r.
const currentRevision = "JOIN article_revisions r ON r.article_id = a.id AND r.revision = a.revision"

func scanArticle(r scanner) (Article, error) { return scanArticleAnd(r) }

// scanArticleAnd scans articleColumns and whatever columns stand before them.
func scanArticleAnd(r scanner, before ...any) (Article, error) {
	var a Article
	var published, seen int64
	err := r.Scan(append(before, &a.ID, &a.Source, &a.Revision, &a.Key, &a.GUID, &a.URL, &a.Title, &a.Text, &a.Lang, &a.Author,
		&a.Credits, &a.Note, &published, &seen, &a.Teaser, &a.Withdrawn, &a.Hash, &a.Story, &a.Ingested)...)
	a.Published, a.Seen = fromMS(published), fromMS(seen)
	return a, err
}

// KnownArticles returns the hash of each of keys that is stored for a source.
func (q *Q) KnownArticles(ctx context.Context, source int64, keys []string) (map[string]string, error) {
	known := make(map[string]string, len(keys))
	err := chunks(keys, 2, func(placeholders string, values []any) error {
		rows, err := collect(ctx, q, func(r scanner) ([2]string, error) {
			var kh [2]string
			err := r.Scan(&kh[0], &kh[1])
			return kh, err
		}, "SELECT key, hash FROM articles WHERE source_id = $1 AND key IN ("+placeholders+")", append([]any{source}, values...)...)
		for _, kh := range rows {
			known[kh[0]] = kh[1]
		}
		return err
	})
	return known, failed("look up articles", err)
}

// fingerprint tells a changed article from one that is the same, also when its text was pruned.
func fingerprint(title, text string) string {
	h := sha256.New()
	w := bufio.NewWriterSize(h, 256) // as a whole a text would be copied for the hash
	_, _ = w.WriteString(title)
	_ = w.WriteByte(0)
	_, _ = w.WriteString(text)
	_ = w.Flush()
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// SaveArticle inserts an article, or, when (source, key) is stored with another title or text, a new revision of it
// (Ingested false again); when nothing but the hash changed only that is updated. Returns id and whether anything readers see changed.
//
// Published and Seen are those of the first time. A teaser never takes the
// place of a whole text: when a page could not be read this time, its text
// stays and a new title alone makes the revision.
func (q *Q) SaveArticle(ctx context.Context, a Article) (id int64, changed bool, err error) {
	if id, err = q.insertArticle(ctx, a); err != nil || id != 0 {
		return id, err == nil, failed("save article", err)
	}
	var old struct {
		revision               int
		hash, sum, title, text string
		credits, note, author  string
		teaser, pruned         bool
	}
	err = q.on.QueryRowContext(ctx, `SELECT a.id, a.revision, a.hash, a.pruned, r.sum, r.title, r.text, r.credits, r.note, r.author, r.teaser
		FROM articles a `+currentRevision+` WHERE a.source_id = $1 AND a.key = $2`+q.locked("a"), a.Source, a.Key).
		Scan(&id, &old.revision, &old.hash, &old.pruned, &old.sum, &old.title, &old.text, &old.credits, &old.note, &old.author, &old.teaser)
	if err != nil {
		return 0, false, failed("save article", err)
	}
	same := fingerprint(a.Title, a.Text) == old.sum
	if !same && a.Teaser && !old.teaser {
		if a.Title == old.title || old.pruned {
			same = true
		} else {
			a.Text, a.Credits, a.Note, a.Author, a.Teaser = old.text, old.credits, old.note, old.author, false
		}
	}
	if same {
		if a.Hash != old.hash {
			_, err = q.exec(ctx, "UPDATE articles SET hash = $2 WHERE id = $1", id, a.Hash)
		}
		return id, false, failed("save article", err)
	}
	a.ID, a.Revision = id, old.revision+1
	if err := q.insertRevision(ctx, a); err != nil {
		return id, false, failed("save article", err)
	}
	_, err = q.exec(ctx, "UPDATE articles SET revision = $2, guid = $3, url = $4, hash = $5, paged = $6, missing = 0, ingested = FALSE, pruned = FALSE WHERE id = $1",
		id, a.Revision, a.GUID, a.URL, a.Hash, a.Paged)
	return id, err == nil, failed("save article", err)
}

// insertArticle returns 0 when there is one of that source and key.
func (q *Q) insertArticle(ctx context.Context, a Article) (int64, error) {
	if a.Source == 0 || a.Key == "" {
		return 0, errors.New("an article needs a source and a key")
	}
	if a.Seen.IsZero() {
		a.Seen = q.db.now()
	}
	if a.Published.IsZero() {
		a.Published = a.Seen
	}
	id, err := value[int64](ctx, q, `INSERT INTO articles (source_id, key, revision, guid, url, lang, published, seen, at, hash, paged)
		VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING id`,
		a.Source, a.Key, a.GUID, a.URL, a.Lang, a.Published.UnixMilli(), a.Seen.UnixMilli(), a.at(), a.Hash, a.Paged)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	a.ID, a.Revision = id, 1
	return id, q.insertRevision(ctx, a)
}

func (q *Q) insertRevision(ctx context.Context, a Article) error {
	_, err := q.exec(ctx, `INSERT INTO article_revisions (article_id, revision, title, author, credits, note, teaser, withdrawn, sum, stored, text)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		a.ID, a.Revision, a.Title, a.Author, a.Credits, a.Note, a.Teaser, a.Withdrawn, fingerprint(a.Title, a.Text), ms(q.db.now()), a.Text)
	return err
}

// ArticlesSince returns the ingested articles of public sources since a time, with text, oldest first: what grouping starts from.
func (q *Q) ArticlesSince(ctx context.Context, since time.Time) ([]Article, error) {
	as, err := collect(ctx, q, scanArticle, "SELECT "+articleColumns+" FROM articles a "+currentRevision+`
		JOIN sources s ON s.id = a.source_id
		WHERE a.at >= $1 AND a.ingested AND NOT s.private ORDER BY a.at, a.id`, ms(since))
	return as, failed("load articles", err)
}

// PrivateSince returns the ingested articles of private sources since a time, with text, oldest first, by the guild that owns
// them.
func (q *Q) PrivateSince(ctx context.Context, since time.Time) (map[string][]Article, error) {
	type owned struct {
		owner string
		Article
	}
	as, err := collect(ctx, q, func(r scanner) (o owned, err error) {
		o.Article, err = scanArticleAnd(r, &o.owner)
		return o, err
	}, "SELECT s.owner, "+articleColumns+" FROM articles a "+currentRevision+`
		JOIN sources s ON s.id = a.source_id
		WHERE a.at >= $1 AND a.ingested AND s.private ORDER BY a.at, a.id`, ms(since))
	out := map[string][]Article{}
	for _, a := range as {
		out[a.owner] = append(out[a.owner], a.Article)
	}
	return out, failed("load articles", err)
}

// PruneBodies empties the text of up to n articles older than before (title, URL, quotes, briefs and tokens stay) and returns how many.
// An article that is not ingested yet keeps its text. Call it again, in a
// transaction of its own, until it returns less than n; 500 at a time block
// other writers for 40–90 ms.
func (q *Q) PruneBodies(ctx context.Context, before time.Time, n int) (int, error) {
	ids, err := collect(ctx, q, scanID, "SELECT id FROM articles WHERE NOT pruned AND ingested AND at < $1 ORDER BY at LIMIT $2", ms(before), n)
	if err != nil {
		return 0, failed("prune articles", err)
	}
	err = chunks(ids, 1, func(placeholders string, values []any) error {
		if _, err := q.exec(ctx, "UPDATE article_revisions SET text = '' WHERE article_id IN ("+placeholders+")", values...); err != nil {
			return err
		}
		_, err := q.exec(ctx, "UPDATE articles SET pruned = TRUE WHERE id IN ("+placeholders+")", values...)
		return err
	})
	if err != nil {
		return 0, failed("prune articles", err)
	}
	return len(ids), nil
}

// revisionText returns the stored words of one revision; ErrNotFound when there is none.
func (q *Q) revisionText(ctx context.Context, article int64, revision int) (text string, pruned bool, err error) {
	err = q.on.QueryRowContext(ctx, `SELECT r.text, a.pruned FROM article_revisions r JOIN articles a ON a.id = r.article_id
		WHERE r.article_id = $1 AND r.revision = $2`, article, revision).Scan(&text, &pruned)
	if err != nil {
		return "", false, fmt.Errorf("load revision %d of article %d: %w", revision, article, known(err))
	}
	return text, pruned, nil
}
