package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// An Answer is what a slash command answered, kept for its buttons.
type Answer struct {
	ID    string // random; whoever knows it still needs to be of the guild
	Guild string
	User  string // Discord id of who asked
	At    time.Time
	Until time.Time       // from then on it is pruned; zero: with the other answers
	Pages json.RawMessage // package bot's own
}

const answerColumns = "id, guild, user_id, at, until, pages"

func scanAnswer(r scanner) (a Answer, err error) {
	var at, until int64
	var pages string
	err = r.Scan(&a.ID, &a.Guild, &a.User, &at, &until, &pages)
	a.At, a.Until, a.Pages = fromMS(at), fromMS(until), json.RawMessage(pages)
	return a, err
}

// SaveAnswer keeps an answer; a zero At is now.
func (q *Q) SaveAnswer(ctx context.Context, a Answer) error {
	if a.At.IsZero() {
		a.At = q.db.now()
	}
	_, err := q.exec(ctx, "INSERT INTO answers ("+answerColumns+") VALUES ($1, $2, $3, $4, $5, $6)",
		a.ID, a.Guild, a.User, ms(a.At), ms(a.Until), string(a.Pages))
	return failed("save answer", err)
}

// Answer returns an answer that was given in a guild; ErrNotFound when there is none, or none any more.
func (q *Q) Answer(ctx context.Context, guild, id string) (Answer, error) {
	a, err := one(ctx, q, scanAnswer, "SELECT "+answerColumns+" FROM answers WHERE guild = $1 AND id = $2"+q.locked("answers"), guild, id)
	return a, failed("load answer", err)
}

// What managers do in several steps (a source that was tried and is not read yet) is held as an answer: it belongs to the
// one who asked, survives a restart, and ends by itself: an address that is tried may carry a secret.

// ReplaceAnswer stores what an answer says now; ErrNotFound when the user was given no such answer in the guild.
func (q *Q) ReplaceAnswer(ctx context.Context, a Answer) error {
	return failed("save answer", q.execOne(ctx, "UPDATE answers SET pages = $4 WHERE guild = $1 AND user_id = $2 AND id = $3",
		a.Guild, a.User, a.ID, string(a.Pages)))
}

// TakeAnswer deletes an answer and returns it, so that of two who press its button at once only one gets it;
// ErrNotFound when the user was given no such answer in the guild, or when it was taken.
func (q *Q) TakeAnswer(ctx context.Context, guild, user, id string) (Answer, error) {
	a, err := one(ctx, q, scanAnswer, "DELETE FROM answers WHERE guild = $1 AND user_id = $2 AND id = $3 RETURNING "+answerColumns, guild, user, id)
	return a, failed("take answer", err)
}

// PruneAnswers deletes the answers given before a time, and those that have ended by now, and returns how many. Their
// buttons say then that they expired.
func (q *Q) PruneAnswers(ctx context.Context, before, now time.Time) (int, error) {
	n, err := q.exec(ctx, "DELETE FROM answers WHERE at < $1 OR until <> 0 AND until <= $2", ms(before), ms(now))
	return int(n), failed("prune answers", err)
}

// Registration returns the hash of what was last registered under scope, "" for nothing.
func (q *Q) Registration(ctx context.Context, scope string) (string, error) {
	hash, err := value[string](ctx, q, "SELECT hash FROM registrations WHERE scope = $1", scope)
	if err = failed("load registration", err); errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return hash, err
}

// SaveRegistration keeps the hash of what was registered under scope.
func (q *Q) SaveRegistration(ctx context.Context, scope, hash string) error {
	_, err := q.exec(ctx, "INSERT INTO registrations (scope, hash) VALUES ($1, $2) ON CONFLICT (scope) DO UPDATE SET hash = $2", scope, hash)
	return failed("save registration", err)
}
