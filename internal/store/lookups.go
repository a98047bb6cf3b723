package store

import (
	"context"
	"time"
)

// Purposes of lookups.
const (
	LookupPage   = "page"   // a page that a reader wants told
	LookupSource = "source" // an address that a manager tries as a source
)

// A Lookup is something that is fetched because somebody asked.
type Lookup struct {
	Guild   string
	User    string // Discord id
	Purpose string // LookupPage, LookupSource
	URL     string // masked (sources.Masked): never with a secret
	At      time.Time
}

// BeginLookup writes the row of a lookup, to be called before the first request is sent, and returns its id; a zero At is
// now.
func (q *Q) BeginLookup(ctx context.Context, l Lookup) (id int64, err error) {
	if l.At.IsZero() {
		l.At = q.db.now()
	}
	id, err = value[int64](ctx, q, "INSERT INTO lookups (guild, user_id, purpose, url, at, state) VALUES ($1, $2, $3, $4, $5, 'open') RETURNING id",
		l.Guild, l.User, l.Purpose, l.URL, ms(l.At))
	return id, failed("save lookup", err)
}

// EndLookup records what became of a lookup; one that was pruned meanwhile is none any more.
func (q *Q) EndLookup(ctx context.Context, id int64, done bool) error {
	state := "failed"
	if done {
		state = "done"
	}
	_, err := q.exec(ctx, "UPDATE lookups SET state = $2 WHERE id = $1", id, state)
	return failed("save lookup", err)
}

// Lookups counts what a guild had looked up after a time for a purpose, and returns when the first of it was, zero for
// none; user "" is everybody in the guild.
func (q *Q) Lookups(ctx context.Context, guild, user, purpose string, after time.Time) (n int, first time.Time, err error) {
	query, args := "SELECT COUNT(*), COALESCE(MIN(at), 0) FROM lookups WHERE guild = $1 AND purpose = $2 AND at > $3", []any{guild, purpose, ms(after)}
	if user != "" {
		query, args = query+" AND user_id = $4", append(args, user)
	}
	var at int64
	err = q.on.QueryRowContext(ctx, query, args...).Scan(&n, &at)
	return n, fromMS(at), failed("count lookups", err)
}

// PruneLookups deletes the lookups before a time and returns how many.
func (q *Q) PruneLookups(ctx context.Context, before time.Time) (int, error) {
	n, err := q.exec(ctx, "DELETE FROM lookups WHERE at < $1", ms(before))
	return int(n), failed("prune lookups", err)
}
