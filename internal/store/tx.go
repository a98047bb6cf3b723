package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Q runs statements, within a transaction or on the read pool.
type Q struct {
	db *DB
	on querier
	tx bool // within a transaction
}

// InTx runs fn in one write transaction; rows and jobs are committed together
// or not at all. fn must not fetch, post or wait for anything else, and must
// not call InTx. What fn read or wrote is undone when it fails, panics or ctx
// ends. A full disk is ErrFull, and nothing that was committed before is lost by it.
//
// On SQLite transactions run one after the other. On PostgreSQL they run beside each other, and a row that fn loads of its
// own (a Schedule, a Delivery, a Guild, an Answer, a lease) is its alone until the end; whoever needs several takes a
// schedule before its deliveries, so that no two wait for each other. After a statement failed there nothing but the end works.
func (db *DB) InTx(ctx context.Context, fn func(q *Q, jobs Jobs) error) error {
	tx, err := db.engine.begin(ctx)
	if err != nil {
		return failed("begin", err)
	}
	defer tx.rollback()
	if err := fn(&Q{db: db, on: tx, tx: true}, tx); err != nil {
		return known(err)
	}
	if err := tx.commit(ctx); err != nil {
		return failed("commit", err)
	}
	return nil
}

// Read returns a Q on the read pool. Its methods that write fail. Each
// statement sees what was committed when it began.
func (db *DB) Read() *Q { return &Q{db: db, on: db.reader} }

// locked ends a SELECT of rows that a transaction may write back: nobody else writes them until it ends. of is the alias
// of the table they are in.
func (q *Q) locked(of string) string {
	if !q.tx || q.db.dialect.rowLock == "" {
		return ""
	}
	return q.db.dialect.rowLock + " OF " + of
}

// exec runs a statement and returns how many rows it touched.
func (q *Q) exec(ctx context.Context, query string, args ...any) (int64, error) {
	r, err := q.on.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// execOne runs a statement that must touch a row, else it is ErrNotFound.
func (q *Q) execOne(ctx context.Context, query string, args ...any) error {
	n, err := q.exec(ctx, query, args...)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// value reads the single value of a query that yields one row.
func value[T any](ctx context.Context, q *Q, query string, args ...any) (T, error) {
	var v T
	err := q.on.QueryRowContext(ctx, query, args...).Scan(&v)
	return v, err
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, q *Q, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	var out []T
	err := each(ctx, q, scan, func(v T) bool {
		out = append(out, v)
		return true
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// each hands over the rows of a query, one by one, while use returns true.
func each[T any](ctx context.Context, q *Q, scan func(scanner) (T, error), use func(T) bool, query string, args ...any) error {
	rows, err := q.on.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return err
		}
		if !use(v) {
			return nil
		}
	}
	return rows.Err()
}

// one reads the single row of a query; ErrNotFound when there is none.
func one[T any](ctx context.Context, q *Q, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	return scan(q.on.QueryRowContext(ctx, query, args...))
}

func scanID(r scanner) (int64, error) {
	var id int64
	err := r.Scan(&id)
	return id, err
}

// listChunk is how many values stand in one IN list: far under SQLite's limit of 32,766 variables.
const listChunk = 500

// chunks calls fn with the placeholders ($from, …) and values of each stretch of list.
func chunks[T any](list []T, from int, fn func(placeholders string, values []any) error) error {
	for len(list) > 0 {
		n := min(len(list), listChunk)
		var b strings.Builder
		values := make([]any, n)
		for i, v := range list[:n] {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString("$" + strconv.Itoa(from+i))
			values[i] = v
		}
		if err := fn(b.String(), values); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// failed wraps err with what was being done, and names the errors that callers branch on.
func failed(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, known(err))
}

// known adds our own error to one of the database that means the same.
func known(err error) error {
	var own error
	var lite *sqlite.Error
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, sql.ErrNoRows): // pgx's own is one, too
		own = ErrNotFound
	case errors.As(err, &lite):
		switch {
		case lite.Code()&0xff == sqlite3.SQLITE_FULL, lite.Code() == sqlite3.SQLITE_IOERR_SHMSIZE: // no room for the file beside the WAL
			own = ErrFull
		case lite.Code()&0xff == sqlite3.SQLITE_CORRUPT, lite.Code() == sqlite3.SQLITE_NOTADB:
			own = ErrDamaged
		case lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE, lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			own = ErrExists
		}
	case errors.As(err, &pg):
		own = knownPG(pg.Code)
	case unreachable(err):
		own = ErrAway
	}
	if own == nil || errors.Is(err, own) {
		return err
	}
	return fmt.Errorf("%w (%w)", own, err)
}

// ms is a time as it is stored: 0 for the zero time.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMS(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// asJSON is v as it is stored in a TEXT column.
func asJSON(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// list is a slice of strings as it is stored: never null.
func list(s []string) string {
	if s == nil {
		s = []string{}
	}
	b, _ := json.Marshal(s) // strings always encode
	return string(b)
}

func unlist(s string) ([]string, error) {
	var out []string
	if s == "" || s == "[]" {
		return nil, nil
	}
	err := json.Unmarshal([]byte(s), &out)
	return out, err
}
