package store

import "context"

// Totals are counts over everything that is stored, for operators and metrics; no guild sees them.
type Totals struct {
	Revisions  int            // of articles: grows with each new article and each changed one
	Uningested int            // articles that readers do not see yet
	Deliveries map[string]int // by status
}

// Totals counts.
func (q *Q) Totals(ctx context.Context) (Totals, error) {
	t := Totals{Deliveries: map[string]int{}}
	err := q.on.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM article_revisions), (SELECT COUNT(*) FROM articles WHERE NOT ingested)`).
		Scan(&t.Revisions, &t.Uningested)
	if err != nil {
		return t, failed("count articles", err)
	}
	type count struct {
		status string
		n      int
	}
	rows, err := collect(ctx, q, func(r scanner) (c count, err error) {
		err = r.Scan(&c.status, &c.n)
		return c, err
	}, "SELECT status, COUNT(*) FROM deliveries GROUP BY status")
	for _, c := range rows {
		t.Deliveries[c.status] = c.n
	}
	return t, failed("count deliveries", err)
}
