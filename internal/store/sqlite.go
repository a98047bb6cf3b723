package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// Settings of the SQLite pools. One writer, and readers that cannot write;
// figures of notes and benchmarks: 100k articles, 16 MiB of cache a
// reader, bm25 24 ms, newest-first 0.45 ms, no lock errors beside a writer.
// With half of it searches take a fifth longer; the writer stores as fast.
const (
	busyTimeoutMS = "10000"  // another process (a command beside `run`) may hold the write lock so long
	readerCache   = "-16000" // KiB of a connection
	writerCache   = "-8000"
	walLimit      = "67108864" // bytes the write-ahead log is cut back to
	// applicationID marks our files ("Atta"), so that another program's database is not migrated by mistake.
	applicationID = 0x41747461
)

// writerSettings run on each new connection of the writer. auto_vacuum must
// stand before the first table, and journal_mode must follow it.
var writerSettings = []string{
	"auto_vacuum(INCREMENTAL)", "journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)",
	"cache_size(" + writerCache + ")", "temp_store(MEMORY)", "journal_size_limit(" + walLimit + ")",
}

var readerSettings = []string{
	"query_only(1)", "foreign_keys(1)", "cache_size(" + readerCache + ")", "temp_store(MEMORY)",
}

// dsn names a file with its settings; every odd letter of the path is escaped.
func dsn(path string, settings []string) string {
	v := url.Values{"_busy_timeout": {busyTimeoutMS}, "_txlock": {"immediate"}, "_dqs": {"0"}}
	v["_pragma"] = settings
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: v.Encode()}).String()
}

func openSQLite(ctx context.Context, path string, o Options) (_ *DB, err error) {
	if path == "" {
		return nil, errors.New("open database: the URL names no file; write sqlite:PATH")
	}
	if strings.Contains(path, ":memory:") || strings.HasPrefix(path, "file:") {
		return nil, errors.New("open database: a database in memory would be lost; write sqlite:PATH")
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := usable(path); err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	e := &sqliteEngine{path: path}
	db := &DB{dialect: sqliteDialect, engine: e, path: path, now: o.Now, log: o.Log, uncopied: o.uncopied}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open database %s: %w", path, known(err))
			e.close()
			if db.lock != nil {
				db.lock.release()
			}
		}
	}()
	if o.Lock {
		if db.lock, err = takeLock(lockPath(path)); err != nil {
			return nil, err
		}
	}
	e.writer = openPool(dsn(path, writerSettings))
	e.writer.SetMaxOpenConns(1)
	db.writer = sqlOn{e.writer}
	if err = db.migrateSQLite(ctx, e.writer); err != nil {
		return nil, err
	}
	e.reader = openPool(dsn(path, readerSettings))
	readers := max(4, runtime.GOMAXPROCS(0))
	e.reader.SetMaxOpenConns(readers)
	e.reader.SetMaxIdleConns(readers)
	db.reader = sqlOn{e.reader}
	if e.insert, err = newJobs(riversqlite.New(e.writer), &river.Config{Logger: db.log}); err != nil {
		return nil, err
	}
	return db, nil
}

type sqliteEngine struct {
	path           string
	writer, reader *sql.DB
	insert         *river.Client[*sql.Tx]
}

type sqliteTx struct {
	sqlOn
	jobTx[*sql.Tx]
}

func (t sqliteTx) commit(context.Context) error { return t.tx.Commit() }
func (t sqliteTx) rollback()                    { _ = t.tx.Rollback() }

func (e *sqliteEngine) begin(ctx context.Context) (transaction, error) {
	tx, err := e.writer.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	return sqliteTx{sqlOn{tx}, jobTx[*sql.Tx]{e.insert, tx}}, nil
}

// sqliteJobPoll is how long a new job may wait. SQLite cannot notify: River's
// own listener would look every 50 ms (1.7 % of a core while idle).
const sqliteJobPoll = 250 * time.Millisecond

func (e *sqliteEngine) jobs(c *river.Config) (jobRunner, error) {
	c.PollOnly, c.FetchPollInterval = true, sqliteJobPoll
	return newJobs(riversqlite.New(e.writer), c)
}

func (e *sqliteEngine) close() error {
	var errs []error
	for _, db := range []*sql.DB{e.reader, e.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

func (e *sqliteEngine) backup(ctx context.Context, path string) error {
	if err := creatable(path); err != nil {
		return fmt.Errorf("back up to %s: %w", path, err)
	}
	// A connection of the writer's kind but not the writer's: others write on meanwhile.
	c, err := sql.Open("sqlite", dsn(e.path, nil))
	if err != nil {
		return failed("back up", err)
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, "VACUUM INTO $1", path); err != nil {
		return failed("back up to "+path, err)
	}
	// SQLite leaves it to the system when the copy reaches the disk.
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return failed("back up to "+path, err)
	}
	return failed("back up to "+path, errors.Join(f.Sync(), f.Close()))
}

func lockPath(path string) string { return path + ".lock" }

// usable says in plain words why a file cannot be our database, before SQLite says it in its own.
func usable(path string) error {
	dir := filepath.Dir(path)
	switch info, err := os.Stat(dir); {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("the folder %s does not exist; make it first: %w", dir, os.ErrNotExist)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder", dir)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		if info, e := os.Stat(path); e == nil && info.IsDir() {
			return errors.New("this is a folder; name a file in it")
		}
		if errors.Is(err, os.ErrPermission) {
			return fmt.Errorf("the file cannot be written to by this user: %w", os.ErrPermission)
		}
		return err
	}
	defer f.Close()
	const magic = "SQLite format 3\x00"
	head := make([]byte, len(magic))
	n, err := io.ReadFull(f, head)
	switch {
	case n == 0 && err == io.EOF:
		return nil // new
	case string(head[:n]) != magic:
		return ErrNotDatabase
	}
	return nil
}

// creatable says why a file cannot be made at path.
func creatable(path string) error {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("the file exists already; name a new one: %w", os.ErrExist)
	}
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("the folder %s does not exist; make it first: %w", dir, os.ErrNotExist)
	}
	return nil
}
