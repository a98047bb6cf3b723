package store

import (
	"context"
	"database/sql"
	"time"

	"attache/summarize"

	"github.com/riverqueue/river"
)

// STUB FILE: owned by the author of internal/store, who replaces it. The signatures are the contract others write against.

// DB is an open database.
type DB struct{}

// Options of Open.
type Options struct {
	Lock bool             // take the lock of a SQLite file: `attache run` only
	Now  func() time.Time // nil is time.Now
}

// Open opens url ("sqlite:PATH"; "sqlite::memory:" is refused), migrates it, and refuses one of a newer version with ErrNewer.
// The result holds a client that can only insert jobs.
func Open(ctx context.Context, url string, o Options) (*DB, error) { return nil, nil }

// Close ends everything Open and Work started.
func (db *DB) Close() error { return nil }

// Ping checks that the database answers and can be written to.
func (db *DB) Ping(ctx context.Context) error { return nil }

// Version returns the schema version.
func (db *DB) Version(ctx context.Context) (int64, error) { return 0, nil }

// Backup writes one consistent file (VACUUM INTO).
func (db *DB) Backup(ctx context.Context, path string) error { return nil }

// Jobs inserts jobs within the transaction it was handed out with.
type Jobs interface {
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) error
}

// Q runs statements, within a transaction or on the read pool.
type Q struct{}

// InTx runs fn in one write transaction; rows and jobs are committed together or not at all.
func (db *DB) InTx(ctx context.Context, fn func(q *Q, jobs Jobs) error) error { return nil }

// Read returns a Q on the read pool. Its methods that write fail.
func (db *DB) Read() *Q { return nil }

// Worker runs jobs until Stop.
type Worker struct{}

// Work starts the client that runs jobs; workers must register every kind.
func (db *DB) Work(ctx context.Context, workers *river.Workers, max int) (*Worker, error) {
	return nil, nil
}

// Stop waits for running jobs until ctx ends, then cancels them; a cancelled job is available again.
func (w *Worker) Stop(ctx context.Context) error { return nil }

// --- guilds
func (q *Q) SaveGuild(ctx context.Context, g Guild) error                    { return nil } // insert or update; keeps Settings when nil
func (q *Q) Guilds(ctx context.Context) ([]Guild, error)                     { return nil, nil }
func (q *Q) GuildLeft(ctx context.Context, guild string, at time.Time) error { return nil }
func (q *Q) ForgetGuild(ctx context.Context, guild string) error             { return nil } // everything of it, in this transaction

// --- sources and subscriptions
// Subscribe makes the source unless it exists (a private one is the guild's own) and the subscription; ErrExists when the guild reads it already.
func (q *Q) Subscribe(ctx context.Context, src Source, sub Subscription) (int64, error) {
	return 0, nil
}
func (q *Q) Subscriptions(ctx context.Context, guild string) ([]Subscription, error) { return nil, nil }
func (q *Q) SaveSubscription(ctx context.Context, sub Subscription) error            { return nil } // name, tier, country, topics, paused
// Unsubscribe ends a subscription; a source that nobody reads any more is no longer polled. ErrNotFound when there is none.
func (q *Q) Unsubscribe(ctx context.Context, guild string, source int64) error { return nil }
func (q *Q) Source(ctx context.Context, id int64) (Source, error)              { return Source{}, nil } // unmasked: for the poller and operators
func (q *Q) Sources(ctx context.Context) ([]Source, error)                     { return nil, nil }      // unmasked: for operators

// --- polling (internal/ingest fulfils sources.Store with these)
// LeaseSources leases up to n active, subscribed (unpaused) sources due at now. token is written into the rows.
func (q *Q) LeaseSources(ctx context.Context, now time.Time, n int, until time.Time, token string) ([]Source, error) {
	return nil, nil
}

// HoldsLease reports whether token still holds the lease of a source; call it first in the transaction that saves a visit.
func (q *Q) HoldsLease(ctx context.Context, source int64, token string) (bool, error) {
	return false, nil
}

// SaveVisit stores what a visit changed of a source's own row (validators, next visit, failures, error, warnings, title, link, lang, URL, status) and ends the lease.
func (q *Q) SaveVisit(ctx context.Context, s Source) error { return nil }
func (q *Q) KnownArticles(ctx context.Context, source int64, keys []string) (map[string]string, error) {
	return nil, nil
} // key → hash
// SaveArticle inserts an article, or, when (source, key) is stored with another title or text, a new revision of it
// (Ingested false again); when nothing but the hash changed only that is updated. Returns id and whether anything readers see changed.
func (q *Q) SaveArticle(ctx context.Context, a Article) (id int64, changed bool, err error) {
	return 0, false, nil
}

// --- ingest (unscoped: never shown to people)
func (q *Q) Uningested(ctx context.Context, n int) ([]Article, error) { return nil, nil } // oldest published first
// SaveIngested stores what ingest found of one revision: Lang, Story and Ingested of a, search tokens (title and text), quotes (replacing those of older revisions).
func (q *Q) SaveIngested(ctx context.Context, a Article, tokens []string, quotes []Quote) error {
	return nil
}
func (q *Q) NewStory(ctx context.Context, at time.Time) (int64, error)             { return 0, nil }
func (q *Q) MoveArticle(ctx context.Context, article, story int64) error           { return nil }
func (q *Q) ArticlesSince(ctx context.Context, since time.Time) ([]Article, error) { return nil, nil } // ingested, with text, oldest first; public sources only
// PruneBodies empties the text of up to n articles older than before (title, URL, quotes, briefs and tokens stay) and returns how many.
func (q *Q) PruneBodies(ctx context.Context, before time.Time, n int) (int, error) { return 0, nil }

// --- what a guild sees
// Scope is the part of the store that one guild's subscriptions brought.
type Scope struct{}

func (q *Q) Guild(guild string) Scope { return Scope{} }

// Stories returns the stories with an ingested article published or first seen in [from, to), each with all the guild's articles of it in the last window before to.
func (s Scope) Stories(ctx context.Context, from, to time.Time) ([]Story, error) { return nil, nil }
func (s Scope) Story(ctx context.Context, id int64) (Story, error)               { return Story{}, nil }
func (s Scope) Article(ctx context.Context, id int64) (Listed, error)            { return Listed{}, nil }
func (s Scope) Revision(ctx context.Context, id int64, revision int) (Listed, error) {
	return Listed{}, nil
}
func (s Scope) Latest(ctx context.Context, n int) ([]Listed, error) { return nil, nil }

// Search returns the newest articles that hold every word of query (any form of it).
func (s Scope) Search(ctx context.Context, query string, n int) ([]Listed, error) { return nil, nil }

// Quotes of the guild's articles, newest first; speaker is matched folded, "" is any; story 0 is any.
func (s Scope) Quotes(ctx context.Context, speaker string, story int64, n int) ([]Quote, error) {
	return nil, nil
}
func (s Scope) QuotesOf(ctx context.Context, articles []int64) (map[int64][]Quote, error) {
	return nil, nil
}
func (s Scope) Counts(ctx context.Context) (Counts, error) { return Counts{}, nil }

// Counts of what a guild can read.
type Counts struct{ Sources, Failing, Articles, Stories, Quotes int }

// --- briefs
func (q *Q) Brief(ctx context.Context, key string) (summarize.Brief, error) {
	return summarize.Brief{}, nil
} // ErrNotFound
func (q *Q) SaveBrief(ctx context.Context, key string, story int64, b summarize.Brief) error {
	return nil
}

// --- schedules and deliveries
func (q *Q) SaveSchedule(ctx context.Context, s Schedule) (int64, error)      { return 0, nil } // ID 0 inserts
func (q *Q) Schedule(ctx context.Context, id int64) (Schedule, error)         { return Schedule{}, nil }
func (q *Q) Schedules(ctx context.Context, guild string) ([]Schedule, error)  { return nil, nil } // "" is every guild
func (q *Q) RemoveSchedule(ctx context.Context, guild string, id int64) error { return nil }
func (q *Q) PauseSchedule(ctx context.Context, id int64, reason string) error { return nil }

// PlanDelivery inserts the delivery of (schedule, slot) unless it exists, and moves the schedule's Slot; false when it existed.
func (q *Q) PlanDelivery(ctx context.Context, d Delivery) (id int64, fresh bool, err error) {
	return 0, false, nil
}
func (q *Q) Delivery(ctx context.Context, id int64) (Delivery, error) { return Delivery{}, nil }
func (q *Q) Deliveries(ctx context.Context, schedule int64, n int) ([]Delivery, error) {
	return nil, nil
}                                                                                // newest first; schedule 0 is any
func (q *Q) Unfinished(ctx context.Context) ([]Delivery, error)                  { return nil, nil } // planned or sending
func (q *Q) SaveDelivery(ctx context.Context, d Delivery) error                  { return nil }      // status, reason, digest
func (q *Q) SaveParts(ctx context.Context, parts []Part) error                   { return nil }      // inserts
func (q *Q) Parts(ctx context.Context, delivery int64) ([]Part, error)           { return nil, nil }
func (q *Q) SavePart(ctx context.Context, p Part) error                          { return nil } // status, first try, tries, message, error
func (q *Q) SaveCandidates(ctx context.Context, c []Candidate) error             { return nil } // replaces those of the delivery
func (q *Q) Candidates(ctx context.Context, delivery int64) ([]Candidate, error) { return nil, nil }

// Told is what a channel has read of a story.
type Told struct {
	Channel  string
	Story    int64
	Delivery int64
	Articles []int64 // that the brief was made of
	At       time.Time
}

func (q *Q) SaveTold(ctx context.Context, t []Told) error { return nil }
func (q *Q) Told(ctx context.Context, channel string, since time.Time) (map[int64]Told, error) {
	return nil, nil
} // newest per story

// --- accounts
// Audit keeps who did what; user is a Discord id or "terminal".
func (q *Q) Audit(ctx context.Context, guild, user, action, subject string) error { return nil }

var _ = sql.ErrNoRows
