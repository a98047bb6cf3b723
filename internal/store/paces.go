package store

import (
	"context"
	"time"
)

// A Pace is how much a source brings, and how late.
type Pace struct {
	PerDay float64       // articles
	Lag    time.Duration // from an article's time of publication until it was first seen, on the average; 0 when unknown
}

// paceLate is a lag that is none: an article that was there before its source was added.
const paceLate = 24 * time.Hour

// Paces are the paces of the guild's sources since a time, of those that brought anything.
func (s Scope) Paces(ctx context.Context, since time.Time) (map[int64]Pace, error) {
	type row struct {
		source     int64
		n, sum, of int64
	}
	rows, err := collect(ctx, s.q, func(r scanner) (x row, err error) {
		err = r.Scan(&x.source, &x.n, &x.sum, &x.of)
		return x, err
	}, `SELECT a.source_id, COUNT(*),
			COALESCE(SUM(CASE WHEN a.seen > a.published AND a.seen - a.published < $3 THEN a.seen - a.published END), 0),
			COUNT(CASE WHEN a.seen > a.published AND a.seen - a.published < $3 THEN 1 END)
		FROM subscriptions b JOIN articles a ON a.source_id = b.source_id AND a.at >= $2
		WHERE b.guild = $1 AND NOT b.blocked GROUP BY a.source_id`, s.guild, ms(since), paceLate.Milliseconds())
	days := s.q.db.now().Sub(since).Hours() / 24
	out := make(map[int64]Pace, len(rows))
	for _, r := range rows {
		p := Pace{PerDay: float64(r.n) / max(days, 1)}
		if r.of > 0 {
			p.Lag = time.Duration(r.sum/r.of) * time.Millisecond
		}
		out[r.source] = p
	}
	return out, failed("load paces", err)
}
