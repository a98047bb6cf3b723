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

// A Usage is one call of a model. The row is written before the call, with
// the most it may cost, and updated after it.
type Usage struct {
	ID        int64
	At        time.Time
	Guild     string // "" for the installation's own work
	User      string // Discord id, or ""
	Kind      string // what for: "brief", "translate", …
	Engine    string
	Model     string
	TokensIn  int
	TokensOut int
	Cost      int64 // millionths of the price list's currency
	Status    string
	BriefKey  string
}

// SaveUsage inserts a usage with ID 0, else updates tokens, cost and status.
func (q *Q) SaveUsage(ctx context.Context, u Usage) (int64, error) {
	if u.ID != 0 {
		return u.ID, failed("save usage", q.execOne(ctx,
			"UPDATE model_usage SET tokens_in = $2, tokens_out = $3, cost_micro = $4, status = $5 WHERE id = $1",
			u.ID, u.TokensIn, u.TokensOut, u.Cost, u.Status))
	}
	if u.At.IsZero() {
		u.At = q.db.now()
	}
	id, err := value[int64](ctx, q, `INSERT INTO model_usage (at, guild, user_id, kind, engine, model, tokens_in, tokens_out, cost_micro, status, brief_key)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
		ms(u.At), u.Guild, u.User, u.Kind, u.Engine, u.Model, u.TokensIn, u.TokensOut, u.Cost, u.Status, u.BriefKey)
	return id, failed("save usage", err)
}

// Spent adds up what was spent since a time, in millionths; guild "" is the
// whole installation, user "" every user of the guild.
func (q *Q) Spent(ctx context.Context, guild, user string, since time.Time) (int64, error) {
	where, args := "at >= $1", []any{ms(since)}
	if guild != "" {
		where, args = where+" AND guild = $2", append(args, guild)
		if user != "" {
			where, args = where+" AND user_id = $3", append(args, user)
		}
	}
	n, err := value[int64](ctx, q, "SELECT COALESCE(SUM(cost_micro), 0) FROM model_usage WHERE "+where, args...)
	return n, failed("add up usage", err)
}
