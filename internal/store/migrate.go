package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// ErrNotDatabase says that a file is something else than a database of this program, or that a PostgreSQL database holds
// tables of another one.
var ErrNotDatabase = errors.New("this is not a database of attache")

// How long Open waits for another process that is migrating a SQLite file, and how often it looks.
const (
	migrateWait = 10 * time.Second
	migrateLook = 50 * time.Millisecond
)

// A migrator brings the schema and the job engine's tables to the version of this program.
type migrator struct {
	schema *goose.Provider
	jobs   interface {
		AllVersions() []rivermigrate.Migration
		Migrate(ctx context.Context, d rivermigrate.Direction, o *rivermigrate.MigrateOpts) (*rivermigrate.MigrateResult, error)
	}
}

func newMigrator[T any](db *DB, on *sql.DB, driver riverdriver.Driver[T]) (migrator, error) {
	folder, err := db.dialect.migrations()
	if err != nil {
		return migrator{}, err
	}
	p, err := goose.NewProvider(db.dialect.goose, on, folder, goose.WithDisableGlobalRegistry(true), goose.WithSlog(db.log))
	if err != nil {
		return migrator{}, fmt.Errorf("read migrations: %w", err)
	}
	r, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: db.log})
	if err != nil {
		return migrator{}, fmt.Errorf("read migrations of jobs: %w", err)
	}
	return migrator{p, r}, nil
}

func (m migrator) up(ctx context.Context) error {
	if _, err := m.schema.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := m.jobs.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	return nil
}

// done reports whether nothing is left to do; ErrNewer when a newer program was here. On PostgreSQL, where processes are
// upgraded one by one, a newer schema will do that says so of itself (docs/adr/0005).
func (m migrator) done(ctx context.Context, db *DB) (bool, error) {
	q := &Q{db: db, on: db.writer}
	tables, err := collect(ctx, q, scanText, db.dialect.tables)
	if err != nil {
		return false, fmt.Errorf("read the database: %w", err)
	}
	var have, haveJobs, want, wantJobs, oldest int64
	for _, t := range tables {
		switch t {
		case "goose_db_version":
			have, err = value[int64](ctx, q, schemaVersion)
		case "river_migration":
			haveJobs, err = value[int64](ctx, q, "SELECT COALESCE(MAX(version), 0) FROM river_migration")
		case "meta":
			oldest, err = value[int64](ctx, q, "SELECT COALESCE(MAX(value), 0) FROM meta WHERE name = 'oldest'")
		}
		if err != nil {
			return false, fmt.Errorf("read the schema version: %w", err)
		}
	}
	for _, s := range m.schema.ListSources() {
		want = max(want, s.Version)
	}
	for _, v := range m.jobs.AllVersions() {
		wantJobs = max(wantJobs, int64(v.Version))
	}
	if have > want && haveJobs <= wantJobs && db.dialect.shared && 0 < oldest && oldest <= want {
		return true, nil
	}
	if have > want || haveJobs > wantJobs {
		return false, fmt.Errorf("schema %d.%d, this program knows %d.%d; install the newer version or restore a backup: %w",
			have, haveJobs, want, wantJobs, ErrNewer)
	}
	return have == want && haveJobs == wantJobs, nil
}

const schemaVersion = "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied"

// Version returns the schema version.
func (db *DB) Version(ctx context.Context) (int64, error) {
	v, err := value[int64](ctx, db.Read(), schemaVersion)
	return v, failed("read the schema version", err)
}

// migrateSQLite migrates a file. Only one process migrates at a time, and none beside a running program of an older
// version: whoever has something to migrate takes the lock of `attache run`. The file is copied first (copyFirst).
func (db *DB) migrateSQLite(ctx context.Context, on *sql.DB) error {
	if err := db.ours(ctx); err != nil {
		return err
	}
	m, err := newMigrator(db, on, riversqlite.New(on))
	if err != nil {
		return err
	}
	if done, err := m.done(ctx, db); done || err != nil {
		return err
	}
	if db.lock == nil {
		l, err := db.waitLock(ctx)
		if err != nil {
			return fmt.Errorf("the database must be migrated, stop the running program first: %w", err)
		}
		defer l.release()
		// Another process may have migrated it meanwhile.
		if done, err := m.done(ctx, db); done || err != nil {
			return err
		}
	}
	if !db.uncopied {
		if err := db.copyFirst(ctx); err != nil {
			return err
		}
	}
	if _, err := db.writer.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return fmt.Errorf("mark the database: %w", err)
	}
	// What a migration sorts may be larger than the memory.
	if _, err := db.writer.ExecContext(ctx, "PRAGMA temp_store = FILE"); err != nil {
		return fmt.Errorf("set up the migration: %w", err)
	}
	if err := m.up(ctx); err != nil {
		return err
	}
	if _, err := db.writer.ExecContext(ctx, "PRAGMA temp_store = MEMORY"); err != nil {
		return fmt.Errorf("end the migration: %w", err)
	}
	return nil
}

// ours refuses a file that holds tables of another program.
func (db *DB) ours(ctx context.Context) error {
	q := &Q{db: db, on: db.writer}
	id, err := value[int64](ctx, q, "PRAGMA application_id")
	if err != nil {
		return failed("read the database", err)
	}
	if id == applicationID {
		return nil
	}
	n, err := value[int64](ctx, q, "SELECT COUNT(*) FROM sqlite_master")
	if err != nil {
		return failed("read the database", err)
	}
	if n > 0 {
		return fmt.Errorf("it holds tables of another program: %w", ErrNotDatabase)
	}
	return nil
}

func (db *DB) waitLock(ctx context.Context) (*fileLock, error) {
	deadline := time.NewTimer(migrateWait)
	defer deadline.Stop()
	look := time.NewTicker(migrateLook)
	defer look.Stop()
	for {
		l, err := takeLock(lockPath(db.path))
		if err == nil || !errors.Is(err, ErrLocked) {
			return l, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-deadline.C:
			return nil, err
		case <-look.C:
		}
	}
}

func scanText(r scanner) (string, error) {
	var s string
	err := r.Scan(&s)
	return s, err
}
