package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// rollbackTimeout is how long a connection may take to give up a transaction, also when the caller's time is over.
const rollbackTimeout = 5 * time.Second

// A pgTx is a transaction of PostgreSQL. Other transactions run beside it: what is read in order to be written is locked
// by whoever reads it (Q.locked).
type pgTx struct {
	pgOn
	jobTx[pgx.Tx]
}

func (t pgTx) commit(ctx context.Context) error { return t.tx.Commit(ctx) }

func (t pgTx) rollback() {
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTimeout)
	defer cancel()
	_ = t.tx.Rollback(ctx) // where it fails the connection is closed, which undoes the transaction too
}

// pgOn is a querier of pgx.
type pgOn struct {
	on interface {
		Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
		Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
		QueryRow(ctx context.Context, query string, args ...any) pgx.Row
	}
}

func (p pgOn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	tag, err := p.on.Exec(ctx, query, storables(args)...)
	return driver.RowsAffected(tag.RowsAffected()), err
}

func (p pgOn) QueryContext(ctx context.Context, query string, args ...any) (rows, error) {
	r, err := p.on.Query(ctx, query, storables(args)...)
	if err != nil {
		return nil, err
	}
	return pgRows{r}, nil
}

func (p pgOn) QueryRowContext(ctx context.Context, query string, args ...any) scanner {
	return p.on.QueryRow(ctx, query, storables(args)...)
}

type pgRows struct{ pgx.Rows }

func (r pgRows) Columns() ([]string, error) {
	var names []string
	for _, f := range r.FieldDescriptions() {
		names = append(names, f.Name)
	}
	return names, nil
}

func (r pgRows) Close() error { r.Rows.Close(); return r.Err() }

// storables makes strings such as PostgreSQL takes.
func storables(args []any) []any {
	for i, a := range args {
		switch v := a.(type) {
		case string:
			args[i] = storable(v)
		case []string:
			for n := range v {
				v[n] = storable(v[n])
			}
		}
	}
	return args
}

// storable returns s as PostgreSQL can hold it: what is no UTF-8, and the character NUL, become U+FFFD. Texts of articles
// have neither, so that spans stay what they are; an ETag, or what a server said in an error, may hold anything, and must
// not keep a visit from being saved.
func storable(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
