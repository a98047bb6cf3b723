package store

import (
	"context"
	"time"
)

// SaveShown stores which revision of its articles a delivery shows, by article.
func (q *Q) SaveShown(ctx context.Context, delivery int64, revisions map[int64]int) error {
	for article, revision := range revisions {
		_, err := q.exec(ctx, `INSERT INTO shown (article_id, delivery_id, revision) VALUES ($1, $2, $3)
			ON CONFLICT (article_id, delivery_id) DO UPDATE SET revision = excluded.revision`, article, delivery, revision)
		if err != nil {
			return failed("save what a digest shows", err)
		}
	}
	return nil
}

// Outdated returns up to n ended deliveries that were due since a time and show an older revision of an article than its
// newest, where that was stored before until: those after one, in the order of their ids.
func (q *Q) Outdated(ctx context.Context, since, until time.Time, after int64, n int) ([]int64, error) {
	ids, err := collect(ctx, q, scanID, `SELECT DISTINCT s.delivery_id FROM article_revisions r
		JOIN articles a ON a.id = r.article_id AND a.revision = r.revision
		JOIN shown s ON s.article_id = r.article_id AND s.revision < r.revision
		JOIN deliveries d ON d.id = s.delivery_id
		WHERE r.revision > 1 AND r.stored > $1 AND r.stored <= $2 AND d.due >= $3 AND d.status NOT IN ('planned', 'sending')
			AND s.delivery_id > $4
		ORDER BY 1 LIMIT $5`, ms(since.Add(-revisedBefore)), ms(until), ms(since), after, n)
	return ids, failed("look for outdated digests", err)
}

// revisedBefore is how long before it is due a digest may have read its articles.
const revisedBefore = time.Hour

// A Change is an article of which a digest shows an older revision.
type Change struct {
	Article // as it is now
	// Comparable says that what was shown was of the whole text, or is a teaser still, and that the text of now is there:
	// otherwise words that are missing in it were not taken out by the outlet.
	Comparable bool
}

// Changes returns the articles of which a delivery shows an older revision, by article.
func (q *Q) Changes(ctx context.Context, delivery int64) (map[int64]Change, error) {
	all, err := collect(ctx, q, func(r scanner) (c Change, err error) {
		var teaser, pruned bool
		c.Article, err = scanArticleAnd(r, &teaser, &pruned)
		c.Comparable = teaser == c.Teaser && !pruned
		return c, err
	}, "SELECT was.teaser, a.pruned, "+articleColumns+" FROM shown s JOIN articles a ON a.id = s.article_id "+currentRevision+`
		JOIN article_revisions was ON was.article_id = a.id AND was.revision = s.revision
		WHERE s.delivery_id = $1 AND a.revision > s.revision`, delivery)
	out := make(map[int64]Change, len(all))
	for _, c := range all {
		out[c.ID] = c
	}
	return out, failed("load changed articles", err)
}

// PruneShown forgets what the digests show that were due before a time, and returns how many rows that were.
func (q *Q) PruneShown(ctx context.Context, before time.Time) (int, error) {
	n, err := q.exec(ctx, "DELETE FROM shown WHERE delivery_id < (SELECT MIN(id) FROM deliveries WHERE due >= $1)", ms(before))
	return int(n), failed("prune what digests show", err)
}
