package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// ErrCopying says that a database is being filled from another one and is not whole yet.
var ErrCopying = errors.New("a copy into this database was not finished")

// How long Open waits for another process that is migrating, looking once a second, and how long it tries to let go.
const (
	pgMigrateWait = 60
	pgUnlockTries = 5
)

// migratePostgres migrates a database. Whoever has something to migrate holds goose's advisory lock for both its own
// migrations and the job engine's; another process waits, and finds nothing left to do.
func (db *DB) migratePostgres(ctx context.Context, c *pgxpool.Config) error {
	if err := db.oursPG(ctx); err != nil {
		return err
	}
	// Migrations have connections of their own: they may take longer than a statement of the program. No connection is
	// made unless it is needed.
	c = c.Copy()
	c.MaxConns = 4 // one holds the lock
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return err
	}
	defer pool.Close()
	on := stdlib.OpenDBFromPool(pool)
	defer on.Close()
	m, err := newMigrator(db, on, riverpgxv5.New(pool))
	if err != nil {
		return err
	}
	if done, err := m.done(ctx, db); done || err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(applicationID),
		lock.WithLockTimeout(1, pgMigrateWait), lock.WithUnlockTimeout(1, pgUnlockTries))
	if err != nil {
		return err
	}
	conn, err := on.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := locker.SessionLock(ctx, conn); err != nil {
		return fmt.Errorf("another process is migrating the database; try again when it is done: %w", err)
	}
	done, err := m.done(ctx, db)
	if !done && err == nil {
		err = m.up(ctx)
	}
	// The end of the connection lets go of the lock, whatever happens here.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pgUnlockTries*time.Second)
	defer cancel()
	return errors.Join(err, locker.SessionUnlock(ctx, conn))
}

// oursPG refuses a database whose schema holds tables of another program. Ours has a mark in meta; tables of extensions
// are nobody's. goose's own table stands alone where the very first migration was interrupted.
func (db *DB) oursPG(ctx context.Context) error {
	q := &Q{db: db, on: db.writer}
	schema, err := value[*string](ctx, q, "SELECT current_schema()::text")
	if err != nil {
		return err
	}
	if schema == nil {
		return errors.New("no schema of search_path exists; make one with CREATE SCHEMA")
	}
	tables, err := collect(ctx, q, scanText, `SELECT c.relname::text FROM pg_class c
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
			AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
		ORDER BY c.relname`)
	if err != nil {
		return err
	}
	if len(tables) == 0 || len(tables) == 1 && tables[0] == "goose_db_version" {
		return nil
	}
	for _, t := range tables {
		if t != "meta" {
			continue
		}
		marks, err := value[int64](ctx, q, "SELECT COUNT(*) FROM meta WHERE name = 'application' AND value = $1", int64(applicationID))
		if err == nil && marks == 1 {
			return nil
		}
	}
	return fmt.Errorf("schema %q holds tables of another program (such as %s); give attache a database of its own: %w", *schema, tables[0], ErrNotDatabase)
}

// whole refuses a database that Copy did not finish.
func (db *DB) whole(ctx context.Context) error {
	n, err := value[bool](ctx, &Q{db: db, on: db.writer}, "SELECT to_regclass('store_copy') IS NOT NULL")
	if err == nil && n {
		return fmt.Errorf("%w; run `attache store copy` again, it goes on where it stopped", ErrCopying)
	}
	return err
}
