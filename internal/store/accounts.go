package store

import (
	"context"
	"time"
)

// Audit keeps who did what; user is a Discord id or "terminal".
func (q *Q) Audit(ctx context.Context, guild, user, action, subject string) error {
	return q.SaveAudit(ctx, Audited{Guild: guild, User: user, Action: action, Subject: subject})
}

// Audited is one row of who did what.
type Audited struct {
	Guild   string
	User    string // a Discord id or "terminal"; "" once it was pruned
	Action  string
	Subject string
	Detail  string
	At      time.Time
}

// SaveAudit keeps who did what, with detail; a zero At is now.
func (q *Q) SaveAudit(ctx context.Context, a Audited) error {
	if a.At.IsZero() {
		a.At = q.db.now()
	}
	_, err := q.exec(ctx, "INSERT INTO audit (guild, user_id, action, subject, detail, at) VALUES ($1, $2, $3, $4, $5, $6)",
		a.Guild, a.User, a.Action, a.Subject, a.Detail, ms(a.At))
	return failed("save audit", err)
}

// Audits returns the newest n audit rows of a guild, newest first.
func (q *Q) Audits(ctx context.Context, guild string, n int) ([]Audited, error) {
	as, err := collect(ctx, q, func(r scanner) (Audited, error) {
		var a Audited
		var at int64
		err := r.Scan(&a.Guild, &a.User, &a.Action, &a.Subject, &a.Detail, &at)
		a.At = fromMS(at)
		return a, err
	}, "SELECT guild, user_id, action, subject, detail, at FROM audit WHERE guild = $1 ORDER BY at DESC, id DESC LIMIT $2", guild, n)
	return as, failed("load audit", err)
}

// PruneAudit takes the user ids out of audit rows older than before and returns how many.
func (q *Q) PruneAudit(ctx context.Context, before time.Time) (int, error) {
	n, err := q.exec(ctx, "UPDATE audit SET user_id = '' WHERE at < $1 AND user_id NOT IN ('', 'terminal')", ms(before))
	return int(n), failed("prune audit", err)
}
