package store

import (
	"context"
	"encoding/json"
)

// What managers do in several steps (a source that was tried and is not read yet) is held as an answer: it belongs to the
// one who asked, survives a restart, and is pruned with the answers.

// ReplaceAnswer stores what an answer says now; ErrNotFound when the user was given no such answer in the guild.
func (q *Q) ReplaceAnswer(ctx context.Context, a Answer) error {
	return failed("save answer", q.execOne(ctx, "UPDATE answers SET pages = $4 WHERE guild = $1 AND user_id = $2 AND id = $3",
		a.Guild, a.User, a.ID, string(a.Pages)))
}

// TakeAnswer deletes an answer and returns it, so that of two who press its button at once only one gets it;
// ErrNotFound when the user was given no such answer in the guild, or when it was taken.
func (q *Q) TakeAnswer(ctx context.Context, guild, user, id string) (Answer, error) {
	a, err := one(ctx, q, func(r scanner) (a Answer, err error) {
		var at int64
		var pages string
		err = r.Scan(&a.ID, &a.Guild, &a.User, &at, &pages)
		a.At, a.Pages = fromMS(at), json.RawMessage(pages)
		return a, err
	}, "DELETE FROM answers WHERE guild = $1 AND user_id = $2 AND id = $3 RETURNING id, guild, user_id, at, pages", guild, user, id)
	return a, failed("take answer", err)
}

// Named is a subscription as it is chosen from a list.
type Named struct {
	Source  int64
	Name    string
	Country string
	Topics  []string
}

// Named returns the guild's subscriptions in the order of their names: what Subscriptions returns, without counting articles.
func (s Scope) Named(ctx context.Context) ([]Named, error) {
	ns, err := collect(ctx, s.q, func(r scanner) (n Named, err error) {
		var topics string
		if err = r.Scan(&n.Source, &n.Name, &n.Country, &topics); err == nil {
			n.Topics, err = unlist(topics)
		}
		return n, err
	}, "SELECT source_id, name, country, topics FROM subscriptions WHERE guild = $1 ORDER BY name, source_id", s.guild)
	return ns, failed("load subscriptions", err)
}

// Deliveries counts the guild's deliveries by status.
func (s Scope) Deliveries(ctx context.Context) (map[string]int, error) {
	type count struct {
		status string
		n      int
	}
	rows, err := collect(ctx, s.q, func(r scanner) (c count, err error) {
		err = r.Scan(&c.status, &c.n)
		return c, err
	}, "SELECT status, COUNT(*) FROM deliveries WHERE guild = $1 GROUP BY status", s.guild)
	out := make(map[string]int, len(rows))
	for _, c := range rows {
		out[c.status] = c.n
	}
	return out, failed("count deliveries", err)
}
