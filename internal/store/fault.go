package store

import (
	"context"
	"database/sql"

	"github.com/riverqueue/river"
)

// What Options.Fault is called with: before a transaction begins, a statement runs, a job is inserted, a transaction is
// committed, and after it was committed.
const (
	FaultBegin     = "begin"
	FaultStatement = "statement"
	FaultJob       = "job"
	FaultCommit    = "commit"
	FaultCommitted = "committed" // the error hides that the transaction took effect
)

// breakable puts o.Fault before what db does from now on. The statements of the job engine's own loop are not asked for.
func (db *DB) breakable(o Options) *DB {
	if o.Fault != nil {
		db.engine = faultEngine{db.engine, o.Fault}
		db.reader, db.writer = faultOn{db.reader, o.Fault}, faultOn{db.writer, o.Fault}
	}
	return db
}

type faultEngine struct {
	engine
	fault func(op string) error
}

func (e faultEngine) begin(ctx context.Context) (transaction, error) {
	if err := e.fault(FaultBegin); err != nil {
		return nil, err
	}
	tx, err := e.engine.begin(ctx)
	if err != nil {
		return nil, err
	}
	return faultTx{faultOn{tx, e.fault}, tx}, nil
}

type faultTx struct {
	faultOn
	tx transaction
}

func (t faultTx) Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) error {
	if err := t.fault(FaultJob); err != nil {
		return err
	}
	return t.tx.Insert(ctx, args, opts)
}

func (t faultTx) commit(ctx context.Context) error {
	if err := t.fault(FaultCommit); err != nil {
		return err
	}
	if err := t.tx.commit(ctx); err != nil {
		return err
	}
	return t.fault(FaultCommitted)
}

func (t faultTx) rollback() { t.tx.rollback() }

type faultOn struct {
	on    querier
	fault func(op string) error
}

func (f faultOn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := f.fault(FaultStatement); err != nil {
		return nil, err
	}
	return f.on.ExecContext(ctx, query, args...)
}

func (f faultOn) QueryContext(ctx context.Context, query string, args ...any) (rows, error) {
	if err := f.fault(FaultStatement); err != nil {
		return nil, err
	}
	return f.on.QueryContext(ctx, query, args...)
}

func (f faultOn) QueryRowContext(ctx context.Context, query string, args ...any) scanner {
	if err := f.fault(FaultStatement); err != nil {
		return faultRow{err}
	}
	return f.on.QueryRowContext(ctx, query, args...)
}

type faultRow struct{ err error }

func (r faultRow) Scan(...any) error { return r.err }
