package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"attache/internal/store/storetest"
)

// with returns a database's URL with parts replaced.
func with(t *testing.T, s string, change func(u *url.URL, q url.Values)) string {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	change(u, q)
	u.RawQuery = q.Encode()
	return u.String()
}

// Whatever is wrong with a database or its URL: the error says what to do, and nothing that is written shows a password.
func TestPostgresRefuses(t *testing.T) {
	const secret = "s3cret%2Fpass"
	real := storetest.Postgres(t, nil)
	as := func(role, password string) string {
		return with(t, real, func(u *url.URL, _ url.Values) { u.User = url.UserPassword(role, password) })
	}
	own := as("postgres", "s3cret/pass")
	for _, c := range []struct {
		name, url string
		is        error
		says      string
	}{
		{"bad escape", "postgres://u:s3cret%zz@h/d", nil, "percent-encode"},
		{"bad port", "postgres://u:" + secret + "@h:port/d", nil, "percent-encode"},
		{"slash in the password", "postgres://u:s3cret/pass@h/d", nil, "percent-encode"},
		{"no slashes", "postgres:u:" + secret + "@h/d", nil, "cannot be understood"},
		{"unknown mode", "postgres://u:" + secret + "@h/d?sslmode=perhaps", nil, "cannot be understood"},
		{"password as a parameter", "postgres://u@h/d?sslmode=perhaps&password=" + secret, nil, "cannot be understood"},
		{"nobody listens", "postgres://u:" + secret + "@127.0.0.1:1/d", ErrAway, "no PostgreSQL server answers at 127.0.0.1:1"},
		{"no such host", "postgres://u:" + secret + "@nowhere.invalid/d", ErrAway, "no PostgreSQL server answers at nowhere.invalid:5432"},
		{"no socket", "postgres://u:" + secret + "@/d?host=%2Fno%2Fsuch", ErrAway, "/no/such"},
		{"no database", with(t, own, func(u *url.URL, _ url.Values) { u.Path = "/nothing" }), nil, `there is no database "nothing"`},
		{"wrong password", as(storetest.Locked, "s3cret/pass"), nil, `does not let "locked" in`},
		{"no role", as("nobody-there", "s3cret/pass"), nil, `does not let "nobody-there" in`},
		{"no schema", with(t, own, func(_ *url.URL, q url.Values) { q.Set("search_path", "missing") }), nil, "CREATE SCHEMA"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, err := Open(t.Context(), c.url, Options{})
			if err == nil {
				db.Close()
				t.Fatal("it opened")
			}
			if c.is != nil && !errors.Is(err, c.is) || c.is == nil && errors.Is(err, ErrAway) {
				t.Errorf("error %q is not %v", err, c.is)
			}
			if !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("error %q", err)
			}
			if shown := ShownURL(c.url); strings.Contains(shown, "s3cret") {
				t.Errorf("shown as %q", shown)
			}
		})
	}
	t.Run("no right", func(t *testing.T) {
		if os.Getenv("PG_DSN") != "" {
			t.Skip("the server of PG_DSN has no role without rights")
		}
		admin := must[*pgEngine](t)(bare(t.Context(), real))
		defer admin.close()
		if _, err := admin.writer.Exec(t.Context(), "REVOKE CREATE ON SCHEMA public FROM PUBLIC"); err != nil { // as it is from version 15 on
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), as(storetest.Locked, storetest.LockedPassword), Options{}); err == nil ||
			!strings.Contains(err.Error(), `"locked" may not make tables there`) || strings.Contains(err.Error(), storetest.LockedPassword) {
			t.Errorf("error %v", err)
		}
	})
}

func TestShownURL(t *testing.T) {
	for in, want := range map[string]string{
		"sqlite:a.db":                          "sqlite:a.db",
		"attache.db":                           "attache.db",
		"postgres://u:p@h:5433/d?sslmode=none": "postgres://u@h:5433/d?sslmode=none",
		"postgresql://h/d?password=p&x=1":      "postgresql://h/d?x=1",
		"postgres://h/d?sslpassword=p":         "postgres://h/d",
		"postgres://u:%zz@h/d":                 "postgres:…",
		"mysql://u:p@h/d":                      "mysql:…",
	} {
		if got := ShownURL(in); got != want {
			t.Errorf("%s is shown as %s, want %s", in, got, want)
		}
	}
}

func TestDumpURL(t *testing.T) {
	dump, schema := dumpURL("postgres://u@h/d?pool_max_conns=3&search_path=news&sslmode=require&default_query_exec_mode=exec")
	if dump != "postgres://u@h/d?sslmode=require" || schema != "news" {
		t.Errorf("%s of %s", schema, dump)
	}
}

// A schema with tables of another program is left as it is; one of its own beside it is taken.
func TestPostgresForeign(t *testing.T) {
	for _, statement := range []string{
		"CREATE TABLE orders (id BIGINT)",
		"CREATE VIEW orders AS SELECT 1 AS id",
		"CREATE TABLE meta (name TEXT, value BIGINT)",
		"CREATE TABLE meta (other TEXT)",
		"CREATE TABLE goose_db_version (id BIGINT); CREATE TABLE orders (id BIGINT)",
	} {
		t.Run(statement, func(t *testing.T) {
			at := storetest.Postgres(t, nil)
			admin := must[*pgEngine](t)(bare(t.Context(), at))
			defer admin.close()
			if _, err := admin.writer.Exec(t.Context(), statement+"; CREATE SCHEMA beside"); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(t.Context(), at, Options{}); !errors.Is(err, ErrNotDatabase) || !strings.Contains(err.Error(), "tables of another program") {
				t.Errorf("error %v", err)
			}
			beside := with(t, at, func(_ *url.URL, q url.Values) { q.Set("search_path", "beside") })
			db := openURL(t, beside, Options{})
			if err := db.Ping(t.Context()); err != nil {
				t.Error(err)
			}
			openURL(t, beside, Options{})
		})
	}
}

// bare is a pool on a database that was not opened by the program.
func bare(ctx context.Context, url string) (*pgEngine, error) {
	c, err := parsePostgres(url)
	if err != nil {
		return nil, err
	}
	p, err := pgPool(ctx, c, false, false)
	return &pgEngine{writer: p}, err
}

// A first migration that was interrupted before the first table goes on.
func TestPostgresBegunMigration(t *testing.T) {
	at := storetest.Postgres(t, nil)
	admin := must[*pgEngine](t)(bare(t.Context(), at))
	defer admin.close()
	if _, err := admin.writer.Exec(t.Context(), `CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,
		version_id BIGINT NOT NULL, is_applied BOOLEAN NOT NULL, tstamp TIMESTAMP NOT NULL DEFAULT now());
		INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, TRUE)`); err != nil {
		t.Fatal(err)
	}
	if err := openURL(t, at, Options{}).Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPostgresSettings(t *testing.T) {
	db := openURL(t, postgres(t), Options{})
	for name, want := range map[string][2]string{
		"statement_timeout": {"1min", "1min"}, "lock_timeout": {"10s", "10s"}, "idle_in_transaction_session_timeout": {"30s", "30s"},
		"default_transaction_read_only": {"off", "on"}, "application_name": {"attache", "attache"}, "jit": {"off", "off"},
	} {
		w := must[string](t)(value[string](t.Context(), &Q{db: db, on: db.writer}, "SHOW "+name))
		r := must[string](t)(value[string](t.Context(), db.Read(), "SHOW "+name))
		if w != want[0] || r != want[1] {
			t.Errorf("%s: writer %s, readers %s", name, w, r)
		}
	}
	if err := db.Read().SaveGuild(t.Context(), Guild{ID: "g"}); err == nil {
		t.Error("the read pool can write")
	}
	e := db.engine.(*pgEngine)
	if n := e.writer.Config().MaxConns; n != pgConns {
		t.Errorf("%d connections", n)
	}
	few := openURL(t, with(t, postgres(t), func(_ *url.URL, q url.Values) { q.Set("pool_max_conns", "3") }), Options{})
	if n := few.engine.(*pgEngine).reader.Config().MaxConns; n != 3 {
		t.Errorf("%d connections", n)
	}
}

// The same schema version is the same tables, columns and primary keys on both engines.
func TestSchemasAreEqual(t *testing.T) {
	ctx := t.Context()
	lite, pg := openTemp(t, Options{}), openURL(t, postgres(t), Options{})
	if a, b := must[int64](t)(lite.Version(ctx)), must[int64](t)(pg.Version(ctx)); a != b {
		t.Errorf("schema %d on SQLite, %d on PostgreSQL", a, b)
	}
	describe := func(db *DB, query string) map[string]string {
		all := map[string]string{}
		for _, table := range must[[]string](t)(collect(ctx, db.Read(), scanText, db.dialect.tables)) {
			if strings.HasPrefix(table, "river_") || table == "goose_db_version" || table == searchIndex {
				continue
			}
			columns := must[[]string](t)(collect(ctx, db.Read(), func(r scanner) (string, error) {
				var name, declared string
				var required bool
				var key int
				err := r.Scan(&name, &declared, &required, &key)
				if err != nil {
					return "", err
				}
				k, err := kindOf(declared)
				return fmt.Sprint(name, " ", k, " required ", required || key > 0, " key ", key), err
			}, query, table))
			slices.Sort(columns)
			all[table] = strings.Join(columns, "\n")
		}
		return all
	}
	a := describe(lite, `SELECT name, type, "notnull" <> 0, pk FROM pragma_table_info($1)`)
	b := describe(pg, `SELECT c.column_name::text, c.data_type::text, c.is_nullable = 'NO', COALESCE((
		SELECT k.ordinal_position::int FROM information_schema.key_column_usage k
		JOIN information_schema.table_constraints p USING (constraint_schema, constraint_name)
		WHERE p.constraint_type = 'PRIMARY KEY' AND k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.column_name = c.column_name), 0)
		FROM information_schema.columns c WHERE c.table_schema = current_schema() AND c.table_name = $1`)
	if len(a) < 15 || !slices.Equal(slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b))) {
		t.Errorf("SQLite has %v, PostgreSQL %v", slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b)))
	}
	for table := range a {
		if a[table] != b[table] {
			t.Errorf("%s on SQLite:\n%s\non PostgreSQL:\n%s", table, a[table], b[table])
		}
	}
	// No order and no index depends on the locale of a server.
	loose := must[[]string](t)(collect(ctx, pg.Read(), scanText, `SELECT c.table_name || '.' || c.column_name FROM information_schema.columns c
		JOIN information_schema.tables t USING (table_schema, table_name)
		WHERE c.table_schema = current_schema() AND c.data_type = 'text' AND c.collation_name IS DISTINCT FROM 'C' AND c.table_name NOT LIKE 'river%'`))
	if len(loose) > 0 {
		t.Errorf(`without COLLATE "C": %v`, loose)
	}
}

// What a transaction has loaded to write it back nobody else writes meanwhile; rows that refer to it can be inserted.
func TestPostgresLocks(t *testing.T) {
	at := postgres(t)
	db := openURL(t, at, Options{})
	ctx := t.Context()
	src := subscribe(t, db, "g", "https://a.example/", Subscription{})
	sched := schedule(t, db, sampleSchedule)
	var delivery int64
	write(t, db, func(q *Q) (err error) {
		if _, err := q.LeaseSources(ctx, noon, 1, noon, "token"); err != nil {
			return err
		}
		if delivery, _, err = q.PlanDelivery(ctx, Delivery{Schedule: sched, Slot: "2025-02-27T08:00"}); err != nil {
			return err
		}
		return errors.Join(q.SaveGuild(ctx, Guild{ID: "g"}), q.SaveAnswer(ctx, Answer{ID: "a", Guild: "g"}))
	})
	free := func(table, id string) bool {
		t.Helper()
		n := must[int64](t)(value[int64](ctx, &Q{db: db, on: db.writer},
			"WITH free AS (SELECT 1 FROM "+table+" WHERE id::text = $1 FOR NO KEY UPDATE SKIP LOCKED) SELECT COUNT(*) FROM free", id))
		return n == 1
	}
	for _, c := range []struct {
		name, table, id string
		load            func(q *Q) error
	}{
		{"Schedule", "schedules", fmt.Sprint(sched), func(q *Q) error { return second(q.Schedule(ctx, sched)) }},
		{"Delivery", "deliveries", fmt.Sprint(delivery), func(q *Q) error { return second(q.Delivery(ctx, delivery)) }},
		{"UnfinishedOf", "deliveries", fmt.Sprint(delivery), func(q *Q) error { return second(q.UnfinishedOf(ctx, sched)) }},
		{"GuildByID", "guilds", "g", func(q *Q) error { return second(q.GuildByID(ctx, "g")) }},
		{"Answer", "answers", "a", func(q *Q) error { return second(q.Answer(ctx, "g", "a")) }},
		{"Leased", "sources", fmt.Sprint(src), func(q *Q) error { return second(q.Leased(ctx, src, "token")) }},
	} {
		if !free(c.table, c.id) {
			t.Fatalf("%s is locked before", c.name)
		}
		if err := c.load(db.Read()); err != nil {
			t.Errorf("%s outside of a transaction: %v", c.name, err)
		}
		write(t, db, func(q *Q) error {
			err := c.load(q)
			if free(c.table, c.id) {
				t.Errorf("%s does not lock what it loads", c.name)
			}
			if c.table == "sources" { // other articles of the source are stored meanwhile
				publish(t, db, Article{Source: src, Key: "k", Title: "T", Text: "x"})
			}
			return err
		})
	}
	write(t, db, func(q *Q) error {
		_, err := q.Unfinished(ctx)
		if !free("deliveries", fmt.Sprint(delivery)) {
			t.Error("Unfinished locks the deliveries of everybody")
		}
		return err
	})
}

// A server that ends its connections (a restart, a failover) is used again as soon as it is back.
func TestPostgresComesBack(t *testing.T) {
	at := postgres(t)
	db := openURL(t, at, Options{})
	ctx := t.Context()
	if err := db.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	admin := must[*pgEngine](t)(bare(ctx, at))
	defer admin.close()
	if _, err := admin.writer.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"); err != nil {
		t.Fatal(err)
	}
	var err error
	for range pgConns + 1 {
		if err = db.Ping(ctx); err == nil {
			return
		}
		if !errors.Is(err, ErrAway) {
			t.Errorf("error %v", err)
		}
	}
	t.Errorf("after every connection was tried: %v", err)
}

func TestKnownPG(t *testing.T) {
	for code, want := range map[string]error{"23505": ErrExists, "53100": ErrFull, "53300": ErrAway, "57P01": ErrAway, "08006": ErrAway, "42601": nil, "40P01": nil} {
		if got := knownPG(code); !errors.Is(got, want) {
			t.Errorf("%s is %v, want %v", code, got, want)
		}
	}
}

// Whoever leases sources while another process is about to gets none, and does not wait for it: which hosts are taken is
// known when that one is done.
func TestPostgresLeasesBeside(t *testing.T) {
	db := openURL(t, postgres(t), Options{})
	ctx := t.Context()
	for n := range 5 {
		subscribe(t, db, "g", fmt.Sprintf("https://%d.example/", n), Subscription{})
	}
	leased := map[int64]string{}
	lease := func(q *Q, token string, n int) {
		for _, s := range must[[]Source](t)(q.LeaseSources(ctx, noon, n, noon.Add(time.Minute), token)) {
			if by := leased[s.ID]; by != "" {
				t.Errorf("source %d is leased by %s and %s", s.ID, by, token)
			}
			leased[s.ID] = token
		}
	}
	write(t, db, func(q *Q) error {
		lease(q, "one.a", 2)
		write(t, db, func(q *Q) error { lease(q, "two.b", 2); return nil })
		return nil
	})
	if len(leased) != 2 {
		t.Errorf("leased %v", leased)
	}
	write(t, db, func(q *Q) error { lease(q, "two.b", 2); return nil })
	write(t, db, func(q *Q) error { lease(q, "three.c", 2); return nil })
	if len(leased) != 5 {
		t.Errorf("leased %v", leased)
	}
}
