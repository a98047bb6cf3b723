package store

import (
	"context"
	"encoding/json"
	"time"
)

// An Ailing is a source that a guild reads and that is dead, or was noted to be: told of, or on the way to it.
type Ailing struct {
	Subscription           // of the source: id, status, failures, error, last visit and success, block
	Off          bool      // paused or blocked: nobody expects anything of it
	Since        time.Time // when it was noted; zero: not yet
	Visit        time.Time // the last visit by then
	Told         time.Time // when a notice said so; zero: none has
}

// Ailing returns the sources of all guilds that are gone (410), or failed so many times in a row, were last read before
// a time and are read by the guild for as long; and those that were noted, however they are now. Guilds that the bot has left are
// not among them. They come guild by guild.
func (q *Q) Ailing(ctx context.Context, failures int, before time.Time) ([]Ailing, error) {
	as, err := collect(ctx, q, func(r scanner) (a Ailing, err error) {
		var added, visited, success, since, visit, told int64
		s := &a.Source
		err = r.Scan(&a.Guild, &a.Name, &added, &a.Paused, &a.Off, &s.ID, &s.Private, &s.Status, &s.Failures, &s.Error, &visited, &success, &s.Blocked,
			&since, &visit, &told)
		a.Added, s.LastVisit, s.LastSuccess = fromMS(added), fromMS(visited), fromMS(success)
		a.Since, a.Visit, a.Told = fromMS(since), fromMS(visit), fromMS(told)
		return a, err
	}, `WITH ailing AS (SELECT b.guild, b.source_id FROM sources s JOIN subscriptions b ON b.source_id = s.id
				WHERE s.status = 'gone' OR s.failures >= $1 AND s.last_success < $2 AND b.added < $2
			UNION SELECT guild, source_id FROM dead_sources)
		SELECT b.guild, b.name, b.added, b.paused, b.paused OR b.blocked OR s.blocked, s.id, s.private, s.status, s.failures, s.error, s.last_visit, s.last_success,
			s.blocked, COALESCE(d.since, 0), COALESCE(d.visit, 0), COALESCE(d.told, 0)
		FROM ailing a JOIN subscriptions b ON b.guild = a.guild AND b.source_id = a.source_id JOIN sources s ON s.id = a.source_id
			LEFT JOIN dead_sources d ON d.guild = a.guild AND d.source_id = a.source_id
		WHERE NOT EXISTS (SELECT 1 FROM guilds g WHERE g.id = b.guild AND g.left_at <> 0)
		ORDER BY b.guild, b.added, s.id`, failures, ms(before))
	return as, failed("look for dead sources", err)
}

// NoteDead notes that a source of a guild is dead, as a visit left it; one that is noted already stays as it was.
func (q *Q) NoteDead(ctx context.Context, guild string, source int64, visit time.Time) error {
	_, err := q.exec(ctx, "INSERT INTO dead_sources (guild, source_id, since, visit) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
		guild, source, ms(q.db.now()), ms(visit))
	return failed("note a dead source", err)
}

// TellDead notes that managers are told, by this transaction, that a source is dead; false when they were.
func (q *Q) TellDead(ctx context.Context, guild string, source int64) (bool, error) {
	n, err := q.exec(ctx, "UPDATE dead_sources SET told = $3 WHERE guild = $1 AND source_id = $2 AND told = 0", guild, source, ms(q.db.now()))
	return n > 0, failed("note a dead source", err)
}

// ForgetDead takes the note of a source away that is well; told says that managers were told of it, and are told of this. false when
// there is no such note any more.
func (q *Q) ForgetDead(ctx context.Context, guild string, source int64, told bool) (bool, error) {
	n, err := q.exec(ctx, "DELETE FROM dead_sources WHERE guild = $1 AND source_id = $2 AND (told <> 0) = $3", guild, source, told)
	return n > 0, failed("forget a dead source", err)
}

// Reading counts the sources that are read and returns when any of them was read last.
func (q *Q) Reading(ctx context.Context) (n int, last time.Time, err error) {
	var at int64
	err = q.on.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(MAX(last_success), 0) FROM sources WHERE status = 'active' AND NOT blocked").Scan(&n, &at)
	return n, fromMS(at), failed("count sources", err)
}

// Notice states.
const (
	NoticeReady  = "ready" // the request may have left: see Tries
	NoticeDone   = "done"
	NoticeFailed = "failed"
)

// A Notice is a message to a guild's managers. The row is there before the request.
type Notice struct {
	ID       int64
	Guild    string
	Channel  string // "" for none
	Nonce    string
	Marker   string
	Body     json.RawMessage // the request's JSON
	Status   string
	Created  time.Time
	FirstTry time.Time // zero: no request left
	Tries    int
	Message  string // id of the message, once it is known
}

const noticeColumns = "id, guild, channel, nonce, marker, body, status, created, first_try, tries, message"

func scanNotice(r scanner) (n Notice, err error) {
	var body string
	var created, first int64
	err = r.Scan(&n.ID, &n.Guild, &n.Channel, &n.Nonce, &n.Marker, &body, &n.Status, &created, &first, &n.Tries, &n.Message)
	n.Body, n.Created, n.FirstTry = json.RawMessage(body), fromMS(created), fromMS(first)
	return n, err
}

// PlanNotice inserts a notice, now, with its status.
func (q *Q) PlanNotice(ctx context.Context, n Notice) error {
	_, err := q.exec(ctx, "INSERT INTO notices (guild, channel, nonce, marker, body, status, created) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		n.Guild, n.Channel, n.Nonce, n.Marker, string(n.Body), n.Status, ms(q.db.now()))
	return failed("plan a notice", err)
}

// LastNotice is when a guild's newest notice was planned; zero for none.
func (q *Q) LastNotice(ctx context.Context, guild string) (time.Time, error) {
	at, err := value[int64](ctx, q, "SELECT COALESCE(MAX(created), 0) FROM notices WHERE guild = $1", guild)
	return fromMS(at), failed("load notices", err)
}

// OpenNotices are those that are not known to be posted, the oldest first.
func (q *Q) OpenNotices(ctx context.Context) ([]Notice, error) {
	ns, err := collect(ctx, q, scanNotice, "SELECT "+noticeColumns+" FROM notices WHERE status = 'ready' ORDER BY created, id")
	return ns, failed("load notices", err)
}

// Notice returns a notice; ErrNotFound when there is none. In a transaction it is that one's until the end.
func (q *Q) Notice(ctx context.Context, id int64) (Notice, error) {
	n, err := one(ctx, q, scanNotice, "SELECT "+noticeColumns+" FROM notices WHERE id = $1"+q.locked("notices"), id)
	return n, failed("load a notice", err)
}

// SaveNotice stores status, tries and what came of them.
func (q *Q) SaveNotice(ctx context.Context, n Notice) error {
	return failed("save a notice", q.execOne(ctx, "UPDATE notices SET status = $2, first_try = $3, tries = $4, message = $5 WHERE id = $1",
		n.ID, n.Status, ms(n.FirstTry), n.Tries, n.Message))
}

// PruneNotices deletes the notices that were planned before a time and are over, and returns how many.
func (q *Q) PruneNotices(ctx context.Context, before time.Time) (int, error) {
	n, err := q.exec(ctx, "DELETE FROM notices WHERE created < $1 AND status <> 'ready'", ms(before))
	return int(n), failed("prune notices", err)
}
