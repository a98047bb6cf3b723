package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// ErrNoCopy says that a database was not migrated because the copy that is made of it first could not be written.
var ErrNoCopy = errors.New("the database could not be copied before its schema is changed")

// copiesKept is how many copies from before a migration stay: one to go back to, and one from before that.
const copiesKept = 2

// stampForm is a time in the name of a file: in UTC, and in the order of names that of times.
const stampForm = "20060102T150405Z"

// copyName is what follows the file's own name in that of its copy.
var copyName = regexp.MustCompile(`^\.schema\d+-(\d{8}T\d{6}Z)$`)

// copyFirst writes a copy of a file that holds a schema beside it, such as attache.db.schema4-20250227T120000Z, and keeps the
// newest copiesKept of them. Without it nothing is migrated.
func (db *DB) copyFirst(ctx context.Context) error {
	q := &Q{db: db, on: db.writer}
	n, err := value[int64](ctx, q, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'goose_db_version'")
	if err != nil {
		return failed("read the database", err)
	}
	if n == 0 {
		return nil // new
	}
	have, err := value[int64](ctx, q, schemaVersion)
	if err != nil || have == 0 {
		return failed("read the schema version", err)
	}
	to := fmt.Sprintf("%s.schema%d-%s", db.path, have, db.now().UTC().Format(stampForm))
	part := to + ".part" // until it is whole
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrNoCopy, err)
	}
	if err = db.engine.backup(ctx, part); err == nil {
		err = os.Rename(part, to)
	}
	if err != nil {
		_ = os.Remove(part)
		return db.noCopy(err)
	}
	db.log.Warn("the schema is about to change; the database as it was is kept", "file", to)
	if err := db.pruneCopies(); err != nil {
		db.log.Warn("an old copy of the database cannot be deleted", "err", err)
	}
	return nil
}

// noCopy says why there is no copy, and how much room one needs.
func (db *DB) noCopy(err error) error {
	room := ""
	if info, serr := os.Stat(db.path); serr == nil {
		room = fmt.Sprintf(" (about %d MB)", info.Size()/1_000_000+1)
	}
	return fmt.Errorf("%w; see to it that there is room%s in %s and that files can be made there, nothing was changed: %w",
		ErrNoCopy, room, filepath.Dir(db.path), err)
}

func (db *DB) pruneCopies() error {
	dir, base := filepath.Split(db.path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	type copied struct{ at, name string }
	var all []copied
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), base)
		if m := copyName.FindStringSubmatch(rest); ours && m != nil {
			all = append(all, copied{m[1], e.Name()})
		}
	}
	slices.SortFunc(all, func(a, b copied) int { return strings.Compare(b.at+b.name, a.at+a.name) })
	var errs []error
	for _, c := range all[min(len(all), copiesKept):] {
		errs = append(errs, os.Remove(filepath.Join(dir, c.name)))
	}
	return errors.Join(errs...)
}
