package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"modernc.org/sqlite"
)

// keptStatements is how many statements a connection keeps for sure; it keeps up to twice as many.
const keptStatements = 64

// openPool opens a pool of connections that keep the statements they ran: parsing them takes a third of
// the time of storing an article, and a transaction that stores those of a feed runs a handful of them again and again.
func openPool(dsn string) *sql.DB { return sql.OpenDB(keeper(dsn)) }

// A keeper is a driver.Connector of such connections; it is the name of the database.
type keeper string

func (k keeper) Driver() driver.Driver { return &sqlite.Driver{} }

func (k keeper) Connect(context.Context) (driver.Conn, error) {
	c, err := k.Driver().Open(string(k))
	if err != nil {
		return nil, err
	}
	return &keepingConn{sqliteConn: c.(sqliteConn), young: map[string]sqliteStmt{}}, nil
}

// A sqliteConn is what the driver's connections can do for database/sql.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// A keepingConn keeps statements in two generations, so that those that are run again and again outlive those that ran once. One
// that is running is in neither. database/sql uses it from one goroutine at a time.
type keepingConn struct {
	sqliteConn
	young, old map[string]sqliteStmt // by their text
}

// keeps reports whether a statement may be run again as it was prepared; a PRAGMA may have run by then.
func keeps(query string) bool {
	query = strings.TrimLeft(query, " \t\n")
	for strings.HasPrefix(query, "--") { // the job engine's statements have names
		_, query, _ = strings.Cut(query, "\n")
		query = strings.TrimLeft(query, " \t\n")
	}
	for _, verb := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"} {
		if strings.HasPrefix(query, verb) {
			return true
		}
	}
	return false
}

// take returns the statement of query, which is the caller's until it is given back.
func (c *keepingConn) take(ctx context.Context, query string) (sqliteStmt, error) {
	for _, kept := range []map[string]sqliteStmt{c.young, c.old} {
		if s, ok := kept[query]; ok {
			delete(kept, query)
			return s, nil
		}
	}
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.(sqliteStmt), nil
}

func (c *keepingConn) give(query string, s sqliteStmt) error {
	if _, ok := c.young[query]; ok || c.young == nil { // it ran while the same was running, or the connection is closed
		return s.Close()
	}
	var err error
	if len(c.young) >= keptStatements {
		err = closeAll(c.old)
		c.old, c.young = c.young, map[string]sqliteStmt{}
	}
	c.young[query] = s
	return err
}

func closeAll(kept map[string]sqliteStmt) (err error) {
	for _, s := range kept {
		err = errors.Join(err, s.Close())
	}
	return err
}

// unwatched is the context for a statement. The driver begins a goroutine with each to watch for the context's end; one that inserts
// the values it is given is over sooner, and the context is looked at before the next.
func unwatched(ctx context.Context, query string) context.Context {
	if strings.HasPrefix(query, "INSERT INTO ") && strings.Contains(query, "VALUES (") && !strings.Contains(query, "SELECT") {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

func (c *keepingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if !keeps(query) {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	r, err := s.ExecContext(unwatched(ctx, query), args)
	return r, errors.Join(err, c.give(query, s))
}

func (c *keepingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if !keeps(query) {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	r, err := s.QueryContext(unwatched(ctx, query), args)
	if err != nil {
		return nil, errors.Join(err, c.give(query, s))
	}
	return &keptRows{r, func() error { return c.give(query, s) }}, nil
}

func (c *keepingConn) Close() error {
	err := errors.Join(closeAll(c.young), closeAll(c.old))
	c.young, c.old = nil, nil
	return errors.Join(err, c.sqliteConn.Close())
}

// keptRows gives their statement back when they are closed.
type keptRows struct {
	driver.Rows
	give func() error
}

func (r *keptRows) Close() error {
	err := r.Rows.Close()
	if r.give != nil { // a statement is given back once
		err = errors.Join(err, r.give())
		r.give = nil
	}
	return err
}
