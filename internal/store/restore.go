package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

var (
	// ErrRestore says that a database is restored with a tool of its own.
	ErrRestore = errors.New("PostgreSQL is restored with its own tool")
	// ErrDamaged says that a file does not hold what SQLite wrote into it.
	ErrDamaged = errors.New("the file is damaged")
)

// Past is what SkipPast left behind.
type Past struct {
	Schedules  int // that go on with their next slot
	Deliveries int // unfinished ones that are skipped
}

// SkipPast makes the past of a database that was restored nobody's: slots before now are never planned, and deliveries that
// were unfinished are skipped with reason, because nobody knows what was posted since. Commands are registered with Discord
// anew.
func (q *Q) SkipPast(ctx context.Context, reason string) (s Past, err error) {
	now := ms(q.db.now())
	schedules, err := q.exec(ctx, "UPDATE schedules SET from_at = $1 WHERE from_at < $1", now)
	if err != nil {
		return s, failed("skip the past", err)
	}
	deliveries, err := q.exec(ctx, "UPDATE deliveries SET status = 'skipped', reason = $1 WHERE status IN ('planned', 'sending')", reason)
	if err != nil {
		return s, failed("skip the past", err)
	}
	_, err = q.exec(ctx, "DELETE FROM registrations")
	return Past{int(schedules), int(deliveries)}, failed("skip the past", err)
}

// Restored is what Restore did.
type Restored struct {
	Before  string // where the database is now that stood there, "" for none
	Version int64  // of the schema
	Blocks  bool   // what is blocked was taken over from the database that stood there
	Skipped Past
}

// Restore puts a backup in the place of the SQLite database that url names, and makes its past nobody's (SkipPast, with
// reason). The backup itself is only read. What stood there is kept beside it as FILE.before-restore-TIME; its blocks hold on,
// where it can be read.
//
// Nothing is changed when a bot runs on the database (ErrLocked), or when the backup is no database of this program
// (ErrNotDatabase), is of a newer one (ErrNewer), is damaged (ErrDamaged), or finds no room (ErrFull). Killed in the middle, it leaves
// either the old database or the new one. For PostgreSQL the error is ErrRestore and says what to run.
func Restore(ctx context.Context, url, backup, reason string, o Options) (r Restored, err error) {
	if isPostgres(url) {
		return r, pgRestore(url, backup)
	}
	path, ok := strings.CutPrefix(url, "sqlite:")
	if !ok || path == "" {
		return r, errors.New("restore: the URL names no SQLite file; write sqlite:PATH")
	}
	if path, err = filepath.Abs(path); err != nil {
		return r, err
	}
	o = o.filled()
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return r, fmt.Errorf("the folder %s does not exist; make it first: %w", filepath.Dir(path), os.ErrNotExist)
	}
	lock, err := takeLock(lockPath(path))
	if err != nil {
		return r, err
	}
	defer lock.release()
	// All is done to a copy beside the database, which takes its place in one step.
	fresh := path + ".restoring"
	discard := func() error {
		var errs []error
		for _, end := range []string{"", "-wal", "-shm", "-journal", ".lock"} {
			if err := os.Remove(fresh + end); !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	}
	if err := discard(); err != nil {
		return r, fmt.Errorf("restore: %w", err)
	}
	defer func() {
		if derr := discard(); err == nil {
			err = derr
		}
	}()
	if err := copyBackup(backup, path, fresh); err != nil {
		return r, fmt.Errorf("restore %s: %w", backup, err)
	}
	if err := sound(ctx, fresh); err != nil {
		return r, fmt.Errorf("restore %s: %w", backup, err)
	}
	blocks, err := blocksOf(ctx, path)
	r.Blocks = err == nil && blocks != nil
	if err != nil {
		o.Log.Warn("the database that is replaced cannot be read; what was blocked since the backup is lost", "err", err)
	}
	if err := r.fill(ctx, fresh, blocks, reason, o); err != nil {
		return r, fmt.Errorf("restore %s: %w", backup, err)
	}
	if r.Before, err = replace(path, fresh, o.Now().UTC().Format(stampForm)); err != nil {
		return r, fmt.Errorf("restore %s: %w", backup, known(err))
	}
	return r, nil
}

// fill brings the copy to this version's schema and marks it.
func (r *Restored) fill(ctx context.Context, fresh string, blocks []blockRow, reason string, o Options) (err error) {
	o.Lock, o.uncopied = true, true
	db, err := openSQLite(ctx, fresh, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if r.Version, err = db.Version(ctx); err != nil {
		return err
	}
	err = db.InTx(ctx, func(q *Q, _ Jobs) (err error) {
		if r.Skipped, err = q.SkipPast(ctx, reason); err != nil || !r.Blocks {
			return err
		}
		return q.setBlocks(ctx, blocks)
	})
	if err == nil { // nothing of it stays in a log beside it
		_, err = db.writer.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	}
	return err
}

// copyBackup copies a backup to a new file beside the database.
func copyBackup(backup, path, to string) error {
	in, err := os.Open(backup)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("this is no file")
	}
	if there, err := os.Stat(path); err == nil && os.SameFile(there, info) {
		return errors.New("this is the database itself; name a backup of it")
	}
	if log, err := os.Stat(backup + "-wal"); err == nil && log.Size() > 0 {
		return errors.New("its newest rows stand in a -wal beside it, so it is in use or was copied while it was; make the backup with `attache backup`")
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Sync()
	}
	err = errors.Join(err, out.Close())
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// sound refuses a file that is no database of this program, or whose pages, indexes or references are broken.
func sound(ctx context.Context, path string) error {
	if err := usable(path); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn(path, nil))
	if err != nil {
		return err
	}
	defer db.Close()
	q := &Q{on: sqlOn{db}}
	id, err := value[int64](ctx, q, "PRAGMA application_id")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if id != applicationID {
		return ErrNotDatabase
	}
	for _, check := range []string{"PRAGMA integrity_check(1)", "SELECT 'table ' || \"table\" || ' refers to rows that are gone' FROM pragma_foreign_key_check LIMIT 1"} {
		switch found, err := value[string](ctx, q, check); {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil && ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		case found != "ok":
			return fmt.Errorf("%w: %s", ErrDamaged, found)
		}
	}
	return nil
}

// A blockRow is a row of blocks as it is stored.
type blockRow struct {
	kind, subject, shown, reason string
	at                           int64
}

// blocksOf returns what is blocked in a database that is not open; nil where there is none, or one from before blocks. What
// stands in its log is brought into the file.
func blocksOf(ctx context.Context, path string) ([]blockRow, error) {
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
		return nil, nil
	}
	if err := usable(path); err != nil { // SQLite would clear away the log of what it cannot read
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(path, nil))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	q := &Q{on: sqlOn{db}}
	n, err := value[int64](ctx, q, "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'blocks'")
	if err != nil || n == 0 {
		return nil, err
	}
	rows, err := collect(ctx, q, func(r scanner) (b blockRow, err error) {
		err = r.Scan(&b.kind, &b.subject, &b.shown, &b.reason, &b.at)
		return b, err
	}, "SELECT kind, subject, shown, reason, at FROM blocks")
	if err != nil {
		return nil, err
	}
	_, err = q.exec(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return append([]blockRow{}, rows...), err
}

// setBlocks makes these the only blocks.
func (q *Q) setBlocks(ctx context.Context, blocks []blockRow) error {
	if _, err := q.exec(ctx, "DELETE FROM blocks"); err != nil {
		return err
	}
	for _, b := range blocks {
		_, err := q.exec(ctx, "INSERT INTO blocks (kind, subject, shown, reason, at) VALUES ($1, $2, $3, $4, $5)", b.kind, b.subject, b.shown, b.reason, b.at)
		if err != nil {
			return err
		}
	}
	if _, err := q.heedBlocks(ctx, 0); err != nil {
		return err
	}
	return q.markSubscriptions(ctx, "guild <> $1", "")
}

// replace puts fresh in the place of path, and returns where what stood there is now, "" for nothing. At each moment there is
// a database at path, where the file system has links; else it may be gone between two steps, and is at its new place.
func replace(path, fresh, stamp string) (before string, err error) {
	linked := true
	if _, err := os.Stat(path); err == nil {
		before = path + ".before-restore-" + stamp
		if _, err := os.Stat(before); err == nil {
			return "", fmt.Errorf("%s exists already; try again in a second", before)
		}
		if err := os.Link(path, before); err != nil {
			linked = false
			if err := os.Rename(path, before); err != nil {
				return "", err
			}
		}
		// A log that is left would be played into the new file.
		for _, end := range []string{"-wal", "-shm"} {
			if err := os.Rename(path+end, before+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return before, err
			}
		}
	}
	if err := os.Rename(fresh, path); err != nil {
		if before != "" && !linked {
			err = errors.Join(err, os.Rename(before, path))
		}
		return before, err
	}
	if dir, err := os.Open(filepath.Dir(path)); err == nil { // so that a power cut undoes nothing; not every system can
		_ = dir.Sync()
		_ = dir.Close()
	}
	return before, nil
}

// pgRestore says how PostgreSQL is restored.
func pgRestore(url, backup string) error {
	if backup == "" {
		backup = "FILE"
	}
	to, _ := dumpURL(ShownURL(url))
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	return fmt.Errorf("%w; stop every attache on it, run: pg_restore --clean --if-exists --no-owner --single-transaction --dbname=%s %s, then: attache restore --skip-past, and only then start it again",
		ErrRestore, quoted(to), quoted(backup))
}
