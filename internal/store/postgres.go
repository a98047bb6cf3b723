package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// Settings of the PostgreSQL pools: one that writes and runs jobs, and one that cannot write.
const (
	// pgConns is the most connections of each pool where the URL does not say pool_max_conns. A server's default of 100
	// has room for four processes, and a job holds a connection for some milliseconds of its seconds.
	pgConns        = 10
	pgConnectLimit = 10 * time.Second
	pgIdle         = 5 * time.Minute
	pgLife         = time.Hour // with a tenth of jitter, so that a server that moved is found
	// A statement takes milliseconds, and forgetting a guild of 100,000 articles some seconds; a lock is held no longer
	// than a transaction; a transaction waits for nothing outside.
	pgStatementLimit = 60 * time.Second
	pgLockLimit      = 10 * time.Second
	pgIdleTxLimit    = 30 * time.Second
)

type pgEngine struct {
	writer, reader *pgxpool.Pool
	insert         *river.Client[pgx.Tx]
	shown          string // the URL without password
}

// openPostgres opens a database. copying lets the one in that fills it (Copy); others are refused until it is full.
func openPostgres(ctx context.Context, url string, o Options, copying bool) (_ *DB, err error) {
	c, err := parsePostgres(url)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", ShownURL(url), err)
	}
	e := &pgEngine{shown: ShownURL(url)}
	db := &DB{dialect: pgDialect, engine: e, now: o.Now, log: o.Log}
	defer func() {
		if err != nil {
			err = fmt.Errorf("open database %s: %w", e.shown, known(explained(err, &c.ConnConfig.Config)))
			e.close()
		}
	}()
	if e.writer, err = pgPool(ctx, c, false, copying); err != nil {
		return nil, err
	}
	db.writer = pgOn{e.writer}
	if err = db.migratePostgres(ctx, c); err != nil {
		return nil, err
	}
	if !copying {
		if err = db.whole(ctx); err != nil {
			return nil, err
		}
	}
	if e.reader, err = pgPool(ctx, c, true, copying); err != nil {
		return nil, err
	}
	db.reader = pgOn{e.reader}
	if e.insert, err = newJobs(riverpgxv5.New(e.writer), &river.Config{Logger: db.log}); err != nil {
		return nil, err
	}
	return db, nil
}

// parsePostgres reads a URL. Its errors never hold a part of it, because any part may be the password.
func parsePostgres(s string) (*pgxpool.Config, error) {
	const form = "; write postgres://USER@HOST:5432/DATABASE, and percent-encode signs such as @ : / ? # % in names and passwords"
	u, err := url.Parse(s)
	if err != nil || u.Opaque != "" || !strings.Contains(s, "://") {
		return nil, errors.New("the URL cannot be understood" + form)
	}
	c, err := pgxpool.ParseConfig(s)
	if err != nil {
		return nil, errors.New("the URL has a part that cannot be understood (host, port or a parameter)" + form)
	}
	if c.ConnConfig.ConnectTimeout == 0 {
		c.ConnConfig.ConnectTimeout = pgConnectLimit
	}
	if c.ConnConfig.RuntimeParams["application_name"] == "" {
		c.ConnConfig.RuntimeParams["application_name"] = "attache"
	}
	if !u.Query().Has("pool_max_conns") {
		c.MaxConns = pgConns
	}
	c.MaxConnIdleTime, c.MaxConnLifetime, c.MaxConnLifetimeJitter = pgIdle, pgLife, pgLife/10
	return c, nil
}

// pgPool makes a pool. Settings are made on each new connection and not in the startup message, which poolers refuse.
// patient statements may take as long as they need.
func pgPool(ctx context.Context, c *pgxpool.Config, readOnly, patient bool) (*pgxpool.Pool, error) {
	c = c.Copy()
	set := map[string]string{
		"statement_timeout":                   ms1(pgStatementLimit),
		"lock_timeout":                        ms1(pgLockLimit),
		"idle_in_transaction_session_timeout": ms1(pgIdleTxLimit),
		"default_transaction_read_only":       "off",
		"jit":                                 "off", // compiling took 44 ms of a query that counts in milliseconds
	}
	if patient {
		set["statement_timeout"], set["idle_in_transaction_session_timeout"] = "0", "0"
	}
	if readOnly {
		set["default_transaction_read_only"] = "on"
	}
	var names, values []string
	for name, value := range set {
		names, values = append(names, name), append(values, value)
	}
	c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "SELECT set_config(s.name, s.value, FALSE) FROM unnest($1::text[], $2::text[]) AS s (name, value)", names, values)
		return err
	}
	return pgxpool.NewWithConfig(ctx, c)
}

func ms1(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func (e *pgEngine) begin(ctx context.Context) (transaction, error) {
	tx, err := e.writer.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return pgTx{pgOn{tx}, jobTx[pgx.Tx]{e.insert, tx}}, nil
}

func (e *pgEngine) jobs(c *river.Config) (jobRunner, error) {
	return newJobs(riverpgxv5.New(e.writer), c)
}

func (e *pgEngine) close() error {
	for _, p := range []*pgxpool.Pool{e.reader, e.writer} {
		if p != nil {
			p.Close()
		}
	}
	return nil
}

// ErrBackup says that a database is backed up with a tool of its own.
var ErrBackup = errors.New("PostgreSQL is backed up with its own tool")

func (e *pgEngine) backup(_ context.Context, path string) error {
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	from, schema := dumpURL(e.shown)
	if schema != "" {
		schema = " --schema=" + quoted(schema)
	}
	return fmt.Errorf("%w; run: pg_dump --format=custom%s --file=%s %s", ErrBackup, schema, quoted(path), quoted(from))
}

// dumpURL is a URL without the parameters that pgx knows and pg_dump does not, and the schema that one of them names.
func dumpURL(s string) (dump, schema string) {
	u, err := url.Parse(s)
	if err != nil {
		return s, ""
	}
	q := u.Query()
	schema = q.Get("search_path")
	for key := range q {
		if strings.HasPrefix(key, "pool_") || slices.Contains([]string{"search_path", "default_query_exec_mode",
			"statement_cache_capacity", "description_cache_capacity"}, key) {
			q.Del(key)
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), schema
}
