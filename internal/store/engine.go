package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
)

// An engine is one kind of database. What a dialect says in SQL it says in Go: how a transaction begins, which it is for
// the job engine too, and who runs jobs. docs/adr/0004 tells why the seam runs here.
type engine interface {
	begin(ctx context.Context) (transaction, error)
	// jobs makes a client of the job engine, with what the engine needs of its settings.
	jobs(c *river.Config) (jobRunner, error)
	backup(ctx context.Context, path string) error
	close() error
}

// A transaction takes statements and jobs, and keeps both or neither.
type transaction interface {
	querier
	Jobs
	commit(ctx context.Context) error
	rollback() // of no effect after commit
}

// A jobRunner is a client of the job engine.
type jobRunner interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
}

// A querier runs statements. database/sql and pgx both do, with types of their own.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) scanner
}

type scanner interface{ Scan(dst ...any) error }

type rows interface {
	scanner
	Next() bool
	Columns() ([]string, error)
	Err() error
	Close() error
}

// A jobTx inserts jobs within a transaction of type T.
type jobTx[T any] struct {
	client *river.Client[T]
	tx     T
}

func (j jobTx[T]) Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) error {
	_, err := j.client.InsertTx(ctx, j.tx, args, opts)
	return failed("insert job "+args.Kind(), err)
}

func newJobs[T any](driver riverdriver.Driver[T], c *river.Config) (*river.Client[T], error) {
	client, err := river.NewClient(driver, c)
	if err != nil {
		return nil, fmt.Errorf("make job client: %w", err)
	}
	return client, nil
}

// sqlOn is a querier of database/sql.
type sqlOn struct {
	on interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
}

func (s sqlOn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return s.on.ExecContext(ctx, query, args...)
}

func (s sqlOn) QueryContext(ctx context.Context, query string, args ...any) (rows, error) {
	r, err := s.on.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err // a nil *sql.Rows would be no nil rows
	}
	return r, nil
}

func (s sqlOn) QueryRowContext(ctx context.Context, query string, args ...any) scanner {
	return s.on.QueryRowContext(ctx, query, args...)
}
