package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// How much of a table is copied in one transaction: whichever comes first.
const (
	copyRows  = 1000
	copyBytes = 8 << 20 // an article may have megabytes
)

// ErrNotEmpty says that a copy may not go into a database that holds something else.
var ErrNotEmpty = errors.New("the database is not empty")

// CopyOptions of Copy.
type CopyOptions struct {
	Options
	Progress func(CopyProgress) // called after each batch; nil is nobody
	rows     int                // in a batch; 0 is copyRows
}

// CopyProgress is how far a table is.
type CopyProgress struct {
	Table     string
	Done, All int
	Comparing bool // the rows are there, and are compared
}

// A CopiedTable is what became of one table.
type CopiedTable struct {
	Name   string
	Rows   int    // that both databases have, every one with the same checksum
	Copied int    // by this call; the others were there from an interrupted one
	Mended int    // that held NUL or bytes that are no UTF-8, in whose place stands U+FFFD
	Sum    string // SHA-256 over the checksums of the rows, in hexadecimal digits
}

// Copy copies everything of a SQLite database ("sqlite:PATH") into an empty PostgreSQL one, and compares both row by row.
// It takes the lock of the file, so that no bot runs on it (ErrLocked), and brings both to this version's schema.
//
// What was copied is recorded with the rows, so that a copy that was interrupted goes on where it stopped when it is
// called again; until it has ended Open refuses the target with ErrCopying. A target that holds rows of its own, or a copy
// of another file, is refused with ErrNotEmpty. Rows that changed in the source between two calls are found by the
// comparison, and then a new target is needed.
//
// Jobs are not copied: rows are the truth, and the program makes the jobs they need. Nor are meta, which is about the
// database itself, and records of migrations.
func Copy(ctx context.Context, from, to string, o CopyOptions) (tables []CopiedTable, err error) {
	path, ok := strings.CutPrefix(from, "sqlite:")
	if !ok || !isPostgres(to) {
		return nil, errors.New("a copy goes from sqlite:PATH to postgres://USER@HOST/DATABASE")
	}
	if o.rows == 0 {
		o.rows = copyRows
	}
	o.Options = o.filled()
	o.Lock = true
	src, err := openSQLite(ctx, path, o.Options)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	dst, err := openPostgres(ctx, to, o.Options, true)
	if err != nil {
		return nil, err
	}
	defer dst.Close()
	c := &copier{src: src, dst: dst, to: dst.engine.(*pgEngine), o: o}
	if tables, err = c.run(ctx); err != nil {
		return tables, fmt.Errorf("copy into %s: %w", c.to.shown, known(err))
	}
	return tables, nil
}

type copier struct {
	src, dst *DB
	to       *pgEngine
	o        CopyOptions
}

func (c *copier) run(ctx context.Context) (done []CopiedTable, err error) {
	conn, err := c.to.writer.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	var free bool
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(applicationID)+1).Scan(&free); err != nil {
		return nil, err
	} else if !free {
		return nil, errors.New("another copy into this database is running")
	}
	defer conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(applicationID)+1)
	tables, err := copyTables(ctx, c.src)
	if err != nil {
		return nil, err
	}
	if err := c.claim(ctx, tables); err != nil {
		return nil, err
	}
	copied := map[string]int{}
	for _, t := range tables {
		if copied[t.name], err = c.copy(ctx, t); err != nil {
			return nil, fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	for _, t := range tables {
		d, err := c.compare(ctx, t)
		if err != nil {
			return done, fmt.Errorf("table %s: %w", t.name, err)
		}
		d.Copied = copied[t.name]
		done = append(done, d)
	}
	return done, c.finish(ctx, tables)
}

// claim marks an empty target as the copy of this source, or finds that mark.
func (c *copier) claim(ctx context.Context, tables []copyTable) error {
	var id int64
	err := c.src.InTx(ctx, func(q *Q, _ Jobs) (err error) {
		id, err = value[int64](ctx, q, "SELECT value FROM meta WHERE name = 'copied as'")
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		id = int64(binary.BigEndian.Uint64(b[:]) >> 1)
		_, err = q.exec(ctx, "INSERT INTO meta (name, value) VALUES ('copied as', $1)", id)
		return err
	})
	if err != nil {
		return err
	}
	return c.dst.InTx(ctx, func(q *Q, _ Jobs) error {
		begun, err := value[bool](ctx, q, "SELECT to_regclass('store_copy') IS NOT NULL")
		if err != nil {
			return err
		}
		if begun {
			of, err := value[int64](ctx, q, "SELECT rows FROM store_copy WHERE name = ''")
			if err == nil && of != id {
				err = fmt.Errorf("it holds an unfinished copy of another file; name an empty one: %w", ErrNotEmpty)
			}
			return err
		}
		for _, t := range tables {
			has, err := value[bool](ctx, q, "SELECT EXISTS (SELECT 1 FROM "+t.name+")")
			if err == nil && has {
				err = fmt.Errorf("it has rows in %s; name an empty one: %w", t.name, ErrNotEmpty)
			}
			if err != nil {
				return err
			}
		}
		if _, err := q.exec(ctx, `CREATE TABLE store_copy (name TEXT PRIMARY KEY, after TEXT NOT NULL, rows BIGINT NOT NULL)`); err != nil {
			return err
		}
		_, err = q.exec(ctx, "INSERT INTO store_copy (name, after, rows) VALUES ('', '', $1)", id)
		return err
	})
}

// copy copies what a table has after its mark, and returns how many rows that were.
func (c *copier) copy(ctx context.Context, t copyTable) (copied int, err error) {
	q := c.dst.Read()
	var mark string
	var before int
	err = q.on.QueryRowContext(ctx, "SELECT after, rows FROM store_copy WHERE name = $1", t.name).Scan(&mark, &before)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	after, err := t.unmark(mark)
	if err != nil {
		return 0, err
	}
	all, err := value[int](ctx, c.src.Read(), "SELECT COUNT(*) FROM "+t.name)
	if err != nil {
		return 0, err
	}
	var batch []row
	size := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		mark, err := t.mark(batch[len(batch)-1])
		if err != nil {
			return err
		}
		if err := c.put(ctx, t, batch, mark); err != nil {
			return err
		}
		copied += len(batch)
		batch, size = batch[:0], 0
		c.tell(CopyProgress{Table: t.name, Done: before + copied, All: all})
		return nil
	}
	err = t.read(ctx, c.src, after, func(r row) error {
		batch = append(batch, r)
		if size += r.size(); len(batch) < c.o.rows && size < copyBytes {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return copied, err
}

// put writes rows and the mark of the last of them in one transaction.
func (c *copier) put(ctx context.Context, t copyTable, rows []row, mark string) error {
	tx, err := c.to.writer.Begin(ctx)
	if err != nil {
		return err
	}
	w := pgTx{pgOn{tx}, jobTx[pgx.Tx]{c.to.insert, tx}}
	defer w.rollback()
	values := make([][]any, len(rows))
	for i, r := range rows {
		values[i], _ = r.mended()
	}
	if err := t.write(ctx, tx, values); err != nil {
		return err
	}
	if _, err := w.ExecContext(ctx, `INSERT INTO store_copy AS s (name, after, rows) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET after = excluded.after, rows = s.rows + excluded.rows`, t.name, mark, len(rows)); err != nil {
		return err
	}
	return w.commit(ctx)
}

// compare reads a table of the source once more, and for each row the one of the same key in the target.
func (c *copier) compare(ctx context.Context, t copyTable) (CopiedTable, error) {
	done := CopiedTable{Name: t.name}
	all, err := value[int](ctx, c.dst.Read(), "SELECT COUNT(*) FROM "+t.name)
	if err != nil {
		return done, err
	}
	sum := sha256.New()
	var batch []row
	size := 0
	flush := func() error {
		there, err := t.find(ctx, c.dst, batch)
		if err != nil {
			return err
		}
		for _, r := range batch {
			values, mended := r.mended()
			want := row(values).sum()
			if got, ok := there[t.keyOf(values)]; !ok || got != want {
				return fmt.Errorf("the row %s is not the same in both; the source changed since it was copied: copy into a new and empty database", t.keyOf(values))
			}
			sum.Write(want[:])
			if mended {
				done.Mended++
			}
		}
		done.Rows += len(batch)
		batch, size = batch[:0], 0
		c.tell(CopyProgress{Table: t.name, Done: done.Rows, All: all, Comparing: true})
		return nil
	}
	err = t.read(ctx, c.src, nil, func(r row) error {
		batch = append(batch, r)
		if size += r.size(); len(batch) < c.o.rows && size < copyBytes {
			return nil
		}
		return flush()
	})
	if err == nil && len(batch) > 0 {
		err = flush()
	}
	if err == nil && done.Rows != all {
		err = fmt.Errorf("the copy has %d rows, the source %d; something else writes to it: copy into a new and empty database", all, done.Rows)
	}
	done.Sum = hex.EncodeToString(sum.Sum(nil))
	return done, err
}

// finish makes new ids go on after the copied ones, and opens the target to the program.
func (c *copier) finish(ctx context.Context, tables []copyTable) error {
	for _, t := range tables {
		if t.counted == "" {
			continue
		}
		// An id is never used again, also that of a row which is gone: SQLite keeps the last one here.
		last, err := value[int64](ctx, c.src.Read(), "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = $1", t.name)
		if err != nil {
			return err
		}
		if last > 0 {
			if _, err := c.dst.writer.ExecContext(ctx, "SELECT setval(pg_get_serial_sequence($1, $2), $3)", t.name, t.counted, last); err != nil {
				return err
			}
		}
	}
	if _, err := c.dst.writer.ExecContext(ctx, "ANALYZE"); err != nil {
		return err
	}
	_, err := c.dst.writer.ExecContext(ctx, "DROP TABLE store_copy")
	return err
}

func (c *copier) tell(p CopyProgress) {
	if c.o.Progress != nil {
		c.o.Progress(p)
	}
}

// mark is the key of a row as the record of a copy keeps it: texts as bytes, because they may be no UTF-8.
func (t copyTable) mark(r row) (string, error) {
	key := r.key(t)
	for i, v := range key {
		if s, ok := v.(string); ok {
			key[i] = []byte(s)
		}
	}
	return asJSON(key)
}

func (t copyTable) unmark(s string) ([]any, error) {
	if s == "" {
		return nil, nil
	}
	var parts []json.RawMessage
	if err := json.Unmarshal([]byte(s), &parts); err != nil {
		return nil, err
	}
	key := make([]any, len(parts))
	for i, p := range parts {
		if t.columns[t.key[i]].kind == kindText {
			var b []byte
			if err := json.Unmarshal(p, &b); err != nil {
				return nil, err
			}
			key[i] = string(b)
			continue
		}
		into := t.columns[t.key[i]].kind.pointer()
		if err := json.Unmarshal(p, into); err != nil {
			return nil, err
		}
		key[i] = deref(into)
	}
	return key, nil
}
