package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// ErrNotDatabase says that a file is something else than a database of this program.
var ErrNotDatabase = errors.New("the file is not a database of attache")

// How long Open waits for another process that is migrating, and how often it looks.
const (
	migrateWait = 10 * time.Second
	migrateLook = 50 * time.Millisecond
)

// migrate brings the schema and the job engine's tables to the version of this
// program. Only one process migrates at a time, and none beside a running
// program of an older version: whoever has something to migrate takes the lock of `attache run`.
func (db *DB) migrate(ctx context.Context) error {
	if err := db.ours(ctx); err != nil {
		return err
	}
	folder, err := db.dialect.migrations()
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(db.dialect.goose, db.writer, folder, goose.WithDisableGlobalRegistry(true), goose.WithSlog(db.log))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	r, err := rivermigrate.New(riversqlite.New(db.writer), &rivermigrate.Config{Logger: db.log})
	if err != nil {
		return fmt.Errorf("read migrations of jobs: %w", err)
	}
	if done, err := db.migrated(ctx, p, r); done || err != nil {
		return err
	}
	if db.lock == nil {
		l, err := db.waitLock(ctx)
		if err != nil {
			return fmt.Errorf("the database must be migrated, stop the running program first: %w", err)
		}
		defer l.release()
		// Another process may have migrated it meanwhile.
		if done, err := db.migrated(ctx, p, r); done || err != nil {
			return err
		}
	}
	if _, err := db.writer.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return fmt.Errorf("mark the database: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := r.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	return nil
}

// ours refuses a database that holds tables of another program.
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

// migrated reports whether nothing is left to do; ErrNewer when a newer program was here.
func (db *DB) migrated(ctx context.Context, p *goose.Provider, r *rivermigrate.Migrator[*sql.Tx]) (bool, error) {
	q := &Q{db: db, on: db.writer}
	tables, err := collect(ctx, q, scanText, "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('goose_db_version', 'river_migration')")
	if err != nil {
		return false, fmt.Errorf("read the database: %w", err)
	}
	var have, haveJobs, want, wantJobs int64
	for _, t := range tables {
		switch t {
		case "goose_db_version":
			have, err = value[int64](ctx, q, "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied")
		case "river_migration":
			haveJobs, err = value[int64](ctx, q, "SELECT COALESCE(MAX(version), 0) FROM river_migration")
		}
		if err != nil {
			return false, fmt.Errorf("read the schema version: %w", err)
		}
	}
	for _, s := range p.ListSources() {
		want = max(want, s.Version)
	}
	for _, m := range r.AllVersions() {
		wantJobs = max(wantJobs, int64(m.Version))
	}
	if have > want || haveJobs > wantJobs {
		return false, fmt.Errorf("schema %d.%d, this program knows %d.%d; install the newer version or restore a backup: %w",
			have, haveJobs, want, wantJobs, ErrNewer)
	}
	return have == want && haveJobs == wantJobs, nil
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

// Version returns the schema version.
func (db *DB) Version(ctx context.Context) (int64, error) {
	v, err := value[int64](ctx, db.Read(), "SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied")
	return v, failed("read the schema version", err)
}

func scanText(r scanner) (string, error) {
	var s string
	err := r.Scan(&s)
	return s, err
}
