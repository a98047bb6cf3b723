package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// DB is an open database.
type DB struct {
	dialect        dialect
	engine         engine
	writer, reader querier   // for statements outside of transactions
	path           string    // of a SQLite file
	lock           *fileLock // nil: not taken
	now            func() time.Time
	log            *slog.Logger
	uncopied       bool

	mu     sync.Mutex
	work   *Worker
	member *Member // nil before Join
}

// Options of Open.
type Options struct {
	Lock bool             // take the lock of a SQLite file: `attache run` only. PostgreSQL serves several.
	Now  func() time.Time // nil is time.Now
	Log  *slog.Logger     // for the job engine; nil is silent
	// Fault is for tests: asked before each begin, statement, job and commit, and after each commit (Fault…), once the
	// database is open; its error is what the caller gets. nil, as in the program, costs nothing.
	Fault func(op string) error

	uncopied bool // the file is a copy itself: none is made before it is migrated
}

// Open opens url ("sqlite:PATH" or "postgres://…"; "sqlite::memory:" is refused), migrates it (a SQLite file is copied before, ErrNoCopy when it cannot be), and refuses one of a newer
// version with ErrNewer, and one that belongs to another program with ErrNotDatabase.
// The result holds a client that can only insert jobs.
// Its errors name the database, never a password, and say what to do; ErrLocked means that another
// `attache run` has the file, or that it must be stopped before this version can migrate it; ErrAway that no server answers.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	o = o.filled()
	switch {
	case isPostgres(url):
		db, err := openPostgres(ctx, url, o, false)
		if err != nil {
			return nil, err
		}
		return db.breakable(o), nil
	case strings.HasPrefix(url, "sqlite:"):
		db, err := openSQLite(ctx, strings.TrimPrefix(url, "sqlite:"), o)
		if err != nil {
			return nil, err
		}
		return db.breakable(o), nil
	}
	scheme, _, found := strings.Cut(url, ":")
	if !found || scheme == "" {
		return nil, errors.New("open database: the URL names no engine; write sqlite:PATH or postgres://USER@HOST/DATABASE")
	}
	return nil, fmt.Errorf("open database: %q is no known engine; write sqlite:PATH or postgres://USER@HOST/DATABASE", scheme)
}

func (o Options) filled() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Shared reports whether several processes may run on the database.
func (db *DB) Shared() bool { return db.dialect.shared }

// closeTimeout is how long Close waits for jobs that Stop was not called for.
const closeTimeout = 5 * time.Second

// Close ends everything Open and Work started. Closing twice is of no effect.
func (db *DB) Close() error {
	db.mu.Lock()
	w := db.work
	db.mu.Unlock()
	var errs []error
	if w != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		errs = append(errs, w.Stop(ctx))
		cancel()
	}
	errs = append(errs, db.engine.close())
	if db.lock != nil {
		errs = append(errs, db.lock.release())
		db.lock = nil
	}
	return errors.Join(errs...)
}

// Ping checks that the database answers and can be written to, by writing.
func (db *DB) Ping(ctx context.Context) error {
	return db.InTx(ctx, func(q *Q, _ Jobs) error {
		_, err := q.exec(ctx, `INSERT INTO meta (name, value) VALUES ('ping', $1)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, ms(db.now()))
		return failed("write to the database", err)
	})
}

// Backup writes one consistent file (VACUUM INTO) beside a running program. path must not exist. PostgreSQL has its own
// tool for that: the error names it.
func (db *DB) Backup(ctx context.Context, path string) error { return db.engine.backup(ctx, path) }
