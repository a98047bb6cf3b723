package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"attache/sources"
)

const (
	// recheckFirst is how long after it was first seen an article is looked at again; the next looks come after a third of
	// its age each: nine in three days.
	recheckFirst = 2 * time.Hour
	// missingFor is how long a page must have been missing for its article to be withdrawn.
	missingFor = time.Hour
)

// Rechecks returns up to n articles of a source that a digest of the last days shows (SaveShown, PruneShown) and that are to
// be looked at again, those first that were longest not. An article whose text was emptied with age is not among them.
func (q *Q) Rechecks(ctx context.Context, source int64, now time.Time, n int) ([]Article, error) {
	as, err := collect(ctx, q, func(r scanner) (a Article, err error) {
		var paged bool
		a, err = scanArticleAnd(r, &paged)
		a.Paged = paged
		return a, err
	}, "SELECT a.paged, "+articleColumns+` FROM (
			SELECT id, CASE WHEN checked > seen THEN checked ELSE seen END AS looked FROM articles
			WHERE source_id = $1 AND at >= $2 AND NOT pruned) l
		JOIN articles a ON a.id = l.id `+currentRevision+`
		WHERE l.looked <= $4 AND ($3 - l.looked) * 3 >= $3 - a.seen AND EXISTS (SELECT 1 FROM shown WHERE article_id = a.id)
		ORDER BY l.looked, a.id LIMIT $5`, source, ms(now.Add(-StoryWindow)), ms(now), ms(now.Add(-recheckFirst)), n)
	return as, failed("look for articles to be looked at again", err)
}

// SaveCheck stores that the page of an article was looked at. One that is gone, or missing for an hour, is withdrawn by its
// outlet: it gets a revision without words. Returns whether anything readers see changed; nothing does, and no error, for a
// key that is not stored.
func (q *Q) SaveCheck(ctx context.Context, source int64, key string, at time.Time, state sources.PageState) (changed bool, err error) {
	var a Article
	var since int64
	err = q.on.QueryRowContext(ctx, "SELECT a.id, a.revision, a.missing, r.title, r.author, r.withdrawn FROM articles a "+currentRevision+`
		WHERE a.source_id = $1 AND a.key = $2`+q.locked("a"), source, key).Scan(&a.ID, &a.Revision, &since, &a.Title, &a.Author, &a.Withdrawn)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, failed("save a check", err)
	}
	missing := fromMS(since)
	switch {
	case state == sources.PageThere:
		missing = time.Time{}
	case state == sources.PageUnknown:
	case missing.IsZero():
		missing = at
	}
	if _, err := q.exec(ctx, "UPDATE articles SET checked = $2, missing = $3 WHERE id = $1", a.ID, ms(at), ms(missing)); err != nil {
		return false, failed("save a check", err)
	}
	if a.Withdrawn || state != sources.PageGone && (state != sources.PageMissing || at.Sub(missing) < missingFor) {
		return false, nil
	}
	a.Revision, a.Withdrawn = a.Revision+1, true
	if err := q.insertRevision(ctx, a); err != nil {
		return false, failed("withdraw an article", err)
	}
	_, err = q.exec(ctx, "UPDATE articles SET revision = $2, ingested = FALSE, pruned = FALSE WHERE id = $1", a.ID, a.Revision)
	return err == nil, failed("withdraw an article", err)
}
