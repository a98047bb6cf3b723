package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Health is how the work stands, for metrics and for whoever is told when it does not go on; no guild sees it. What it
// reads grows with what is open and with the number of sources, not with what is stored.
type Health struct {
	Jobs     map[string]int // by state, those that are not done
	QueueAge time.Duration  // how long the oldest job waits that is due; by the machine's clock, as the job engine's

	Sources  int           // active ones that a guild reads
	Failing  int           // of them, those whose last visit failed
	FetchLag time.Duration // how long the most overdue of them is overdue that nobody visits just now

	PostLag time.Duration // how long the oldest unfinished digest is due

	Waiting   int           // articles that readers do not see yet
	IngestLag time.Duration // how long the oldest of them is stored
}

// Health reads the figures, a statement for each of four parts.
func (q *Q) Health(ctx context.Context) (Health, error) {
	h := Health{Jobs: map[string]int{}}
	now := q.db.now()
	since := func(at int64) time.Duration {
		if at == 0 {
			return 0
		}
		return max(now.Sub(fromMS(at)), 0)
	}

	type count struct {
		state string
		n     int
	}
	counts, err := collect(ctx, q, func(r scanner) (c count, err error) {
		err = r.Scan(&c.state, &c.n)
		return c, err
	}, "SELECT state, COUNT(*) FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled') GROUP BY state")
	if err != nil {
		return h, failed("count jobs", err)
	}
	for _, c := range counts {
		h.Jobs[c.state] = c.n
	}
	var due time.Time
	err = q.on.QueryRowContext(ctx, `SELECT scheduled_at FROM river_job WHERE state IN ('available', 'retryable', 'scheduled')
		ORDER BY scheduled_at LIMIT 1`).Scan(&due)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return h, failed("look for the oldest job", err)
	}
	if !due.IsZero() {
		h.QueueAge = max(time.Since(due), 0)
	}

	var at int64
	// One that was never visited is due since somebody added it.
	err = q.on.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(CASE WHEN s.failures > 0 THEN 1 END), COALESCE(MIN(CASE
			WHEN s.lease_until > $1 THEN NULL
			WHEN s.next_visit > 0 THEN s.next_visit
			ELSE (SELECT MIN(b.added) FROM subscriptions b WHERE b.source_id = s.id) END), 0)
		FROM sources s WHERE s.status = 'active' AND NOT s.blocked
			AND EXISTS (SELECT 1 FROM subscriptions b WHERE b.source_id = s.id AND NOT b.paused AND NOT b.blocked)`, ms(now)).
		Scan(&h.Sources, &h.Failing, &at)
	if err != nil {
		return h, failed("look over the sources", err)
	}
	h.FetchLag = since(at)

	if at, err = value[int64](ctx, q, "SELECT COALESCE(MIN(due), 0) FROM deliveries WHERE status IN ('planned', 'sending')"); err != nil {
		return h, failed("look for the oldest delivery", err)
	}
	h.PostLag = since(at)

	err = q.on.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(MIN(r.stored), 0) FROM articles a `+currentRevision+` WHERE NOT a.ingested`).
		Scan(&h.Waiting, &at)
	h.IngestLag = since(at)
	return h, failed("look for articles that wait", err)
}

// DeliveriesSince counts the deliveries that were due since a time, by status.
func (q *Q) DeliveriesSince(ctx context.Context, since time.Time) (map[string]int, error) {
	out := map[string]int{}
	rows, err := q.on.QueryContext(ctx, "SELECT status, COUNT(*) FROM deliveries WHERE due >= $1 GROUP BY status", ms(since))
	if err != nil {
		return nil, failed("count deliveries", err)
	}
	defer rows.Close()
	for rows.Next() {
		var status string
		var n int
		if err := rows.Scan(&status, &n); err != nil {
			return nil, failed("count deliveries", err)
		}
		out[status] = n
	}
	return out, failed("count deliveries", rows.Err())
}

// Lateness is how long after their time the digests were first sent that were due since a time and are posted, the
// shortest first.
func (q *Q) Lateness(ctx context.Context, since time.Time) ([]time.Duration, error) {
	late, err := collect(ctx, q, func(r scanner) (time.Duration, error) {
		var ms int64
		err := r.Scan(&ms)
		return max(time.Duration(ms)*time.Millisecond, 0), err
	}, `SELECT p.first_try - d.due FROM deliveries d JOIN parts p ON p.delivery_id = d.id AND p.n = 0
		WHERE d.due >= $1 AND d.status = 'sent' AND p.first_try > 0`, ms(since))
	slices.Sort(late)
	return late, failed("measure how late digests are", err)
}

// ArticlesAfter counts the articles with an id above after, and returns the highest id there is: whoever counts again and
// again reads only what is new.
func (q *Q) ArticlesAfter(ctx context.Context, after int64) (n int, last int64, err error) {
	err = q.on.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(MAX(id), $1) FROM articles WHERE id > $1", after).Scan(&n, &last)
	return n, last, failed("count articles", err)
}

// CheckTable looks whether the n-th table of a SQLite file is whole (PRAGMA quick_check), and reports whether there is
// one: counting up from 0 until it is false checks the file. ErrDamaged says what is wrong. It reads beside whoever
// writes, and may take some seconds for each gigabyte; ctx ends it. PostgreSQL has no check of that kind: there is no table.
func (db *DB) CheckTable(ctx context.Context, n int) (more bool, err error) {
	if db.path == "" {
		return false, nil
	}
	q := db.Read()
	// What is virtual is checked by the tables that it is made of.
	name, err := one(ctx, q, scanText, "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name LIMIT 1 OFFSET $1", n)
	if err = known(err); errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, failed("check the database", err)
	}
	said, err := one(ctx, q, scanText, `PRAGMA quick_check("`+strings.ReplaceAll(name, `"`, `""`)+`")`)
	if err != nil {
		return true, failed("check table "+name, err)
	}
	if said != "ok" {
		return true, fmt.Errorf("check table %s: %w: %s", name, ErrDamaged, said)
	}
	return true, nil
}

// DropAlert takes an alert away of which everybody was told what there is to tell.
func (q *Q) DropAlert(ctx context.Context, name string) error {
	_, err := q.exec(ctx, "DELETE FROM alerts WHERE name = $1", name)
	return failed("drop an alert", err)
}
