package store

import (
	"context"
	"errors"
	"time"
)

// A Spending is what calls of models used in one period, those included whose true usage is not known yet.
type Spending struct {
	Calls  int
	Tokens int64
	Cost   int64 // millionths of a US dollar
	Cap    Limit
	Share  float64   // of the cap: the larger of tokens and cost; it may be more than 1 when a call used more than it should
	Asked  float64   // likewise what was not scheduled used, of what the cap leaves to it
	Until  time.Time // when the period ends and counting begins anew
}

// A UsageReport is what was used on a day and in a month of UTC.
type UsageReport struct{ Day, Month Spending }

// Report returns what a guild used today and this month; guild "" is the whole installation.
func (l *Ledger) Report(ctx context.Context, guild string) (UsageReport, error) {
	q, scope := l.db.Read(), "guild"
	if guild == "" {
		scope = "installation"
	}
	var out [2]Spending
	for i, p := range periods(l.db.now()) {
		all, left := l.caps.limit(scope, p.kind)
		s := Spending{Cap: all, Until: p.end}
		var asked Limit
		err := q.on.QueryRowContext(ctx, `SELECT calls, tokens, cost, asked_tokens, asked_cost FROM usage_totals
			WHERE period = $1 AND guild = $2 AND user_id = ''`, p.name, guild).
			Scan(&s.Calls, &s.Tokens, &s.Cost, &asked.Tokens, &asked.Cost)
		if err = known(err); err != nil && !errors.Is(err, ErrNotFound) {
			return UsageReport{}, failed("add up usage", err)
		}
		s.Share, s.Asked = all.share(Limit{s.Tokens, s.Cost}), left.share(asked)
		out[i] = s
	}
	return UsageReport{out[0], out[1]}, nil
}

// share is how much of the limit is used; 1 is all of it.
func (l Limit) share(used Limit) float64 {
	part := func(n, of int64) float64 {
		switch {
		case n == 0 || of == NoLimit:
			return 0
		case of == 0:
			return 1
		}
		return float64(n) / float64(of)
	}
	return max(part(used.Tokens, l.Tokens), part(used.Cost, l.Cost))
}

const (
	usageOpen = time.Hour            // after which nobody is going to close a booking: a call takes minutes
	usageKept = 400 * 24 * time.Hour // a year and the month it is compared with
)

// PruneUsage keeps the ledger in order; it belongs to the start of the program and to every hour of it. Bookings that a
// crash left open stand for good as they are: the call may have been billed. Users are taken out of rows older than users
// and out of the sums of past months, which no cap needs; rows and sums are deleted after 400 days.
func (q *Q) PruneUsage(ctx context.Context, users time.Time) error {
	now := q.db.now()
	kept := now.Add(-usageKept)
	for _, s := range []struct {
		query string
		arg   any
	}{
		{"UPDATE usage SET state = 'closed', estimated = TRUE WHERE state = 'open' AND at < $1", ms(now.Add(-usageOpen))},
		{"UPDATE usage SET user_id = '' WHERE user_id <> '' AND at < $1", ms(users)},
		{"DELETE FROM usage WHERE at < $1", ms(kept)},
		// The names of months and days are in the order of time, and a month's is before those of its days.
		{"DELETE FROM usage_totals WHERE user_id <> '' AND period < $1", periods(now)[1].name},
		{"DELETE FROM usage_totals WHERE period < $1", periods(kept)[1].name},
	} {
		if _, err := q.exec(ctx, s.query, s.arg); err != nil {
			return failed("prune usage", err)
		}
	}
	return nil
}
