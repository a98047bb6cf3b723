package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// DB is an open database.
type DB struct {
	dialect dialect
	path    string // of a SQLite file
	writer  *sql.DB
	reader  *sql.DB
	insert  *river.Client[*sql.Tx]
	lock    *fileLock // nil: not taken
	now     func() time.Time
	log     *slog.Logger

	mu   sync.Mutex
	work *Worker
}

// Options of Open.
type Options struct {
	Lock bool             // take the lock of a SQLite file: `attache run` only
	Now  func() time.Time // nil is time.Now
	Log  *slog.Logger     // for the job engine; nil is silent
}

// Open opens url ("sqlite:PATH"; "sqlite::memory:" is refused), migrates it, and refuses one of a newer version with ErrNewer.
// The result holds a client that can only insert jobs.
// Its errors name the file and say what to do; ErrLocked means that another
// `attache run` has the file, or that it must be stopped before this version can migrate it.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	switch {
	case strings.HasPrefix(url, "postgres:"), strings.HasPrefix(url, "postgresql:"):
		// The URL may hold a password: it is not repeated.
		return nil, errors.New("open database: PostgreSQL is not supported yet; use sqlite:PATH")
	case strings.HasPrefix(url, "sqlite:"):
		return openSQLite(ctx, strings.TrimPrefix(url, "sqlite:"), o)
	}
	scheme, _, found := strings.Cut(url, ":")
	if !found || scheme == "" {
		return nil, errors.New("open database: the URL names no engine; write sqlite:PATH")
	}
	return nil, fmt.Errorf("open database: %q is no known engine; write sqlite:PATH", scheme)
}

func (db *DB) jobClient() error {
	c, err := river.NewClient(riversqlite.New(db.writer), &river.Config{Logger: db.log})
	if err != nil {
		return fmt.Errorf("make job client: %w", err)
	}
	db.insert = c
	return nil
}

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
	errs = append(errs, db.reader.Close(), db.writer.Close())
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

// Backup writes one consistent file (VACUUM INTO) beside a running program. path must not exist.
func (db *DB) Backup(ctx context.Context, path string) error {
	if err := creatable(path); err != nil {
		return fmt.Errorf("back up to %s: %w", path, err)
	}
	// A connection of the writer's kind but not the writer's: others write on meanwhile.
	c, err := sql.Open("sqlite", dsn(db.path, nil))
	if err != nil {
		return failed("back up", err)
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, "VACUUM INTO $1", path); err != nil {
		return failed("back up to "+path, err)
	}
	return nil
}
