package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
)

// pool is a pool of one connection to a new database with a table of the numbers 0 to 9, and that connection.
func pool(t *testing.T) (*sql.DB, func(do func(*keepingConn))) {
	t.Helper()
	db := openPool(dsn(filepath.Join(t.TempDir(), "a.db"), nil))
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Exec("CREATE TABLE t (n INTEGER PRIMARY KEY); INSERT INTO t VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)"); err != nil {
		t.Fatal(err)
	}
	return db, func(do func(*keepingConn)) {
		t.Helper()
		c, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Raw(func(raw any) error { do(raw.(*keepingConn)); return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

func number(t *testing.T, db interface {
	QueryRow(query string, args ...any) *sql.Row
}, query string, args ...any) (n int) {
	t.Helper()
	if err := db.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func TestStatementsAreKept(t *testing.T) {
	db, conn := pool(t)
	const often = "SELECT n FROM t WHERE n = $1"
	for i := range 10 {
		if n := number(t, db, often, i); n != i {
			t.Fatalf("%d for %d", n, i)
		}
	}
	var first sqliteStmt
	conn(func(c *keepingConn) { first = c.young[often] })
	for i := range 10 * keptStatements { // one that is run again and again outlives any number of others
		number(t, db, fmt.Sprintf("SELECT %d", i))
		number(t, db, often, 1)
	}
	conn(func(c *keepingConn) {
		if first == nil || c.young[often] != first {
			t.Error("the statement was prepared anew")
		}
		if n := len(c.young) + len(c.old); n > 2*keptStatements {
			t.Errorf("%d statements are kept", n)
		}
	})
	number(t, db, "PRAGMA user_version")
	conn(func(c *keepingConn) {
		if c.young["PRAGMA user_version"] != nil {
			t.Error("a PRAGMA was kept")
		}
	})
	for query, want := range map[string]bool{
		"SELECT 1": true, "-- name: JobGet :one\nSELECT 1": true, "\n\tWITH a AS (SELECT 1) SELECT * FROM a": true,
		"PRAGMA user_version": false, "VACUUM INTO $1": false, "CREATE TABLE u (n)": false, "-- nothing": false, "": false,
	} {
		if keeps(query) != want {
			t.Errorf("keeps(%q) is not %v", query, want)
		}
	}
}

// A statement may run while its own rows are read, fail, be cut off and outlive a change of its tables.
func TestStatementsRunAgain(t *testing.T) {
	db, conn := pool(t)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	const above = "SELECT n FROM t WHERE n > $1 ORDER BY n"
	outer, err := tx.Query(above, 3)
	if err != nil {
		t.Fatal(err)
	}
	for want := 4; outer.Next(); want++ {
		var n int
		if err := outer.Scan(&n); err != nil || n != want {
			t.Fatalf("%d, %v; want %d", n, err, want)
		}
		if inner := number(t, tx, above, 0); inner != 1 {
			t.Fatalf("%d within", inner)
		}
	}
	if err := outer.Err(); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}

	const insert = "INSERT INTO t VALUES ($1)"
	for _, n := range []int{10, 10, 11, 11} { // every second one is there already
		_, err := db.Exec(insert, n)
		if again := number(t, db, "SELECT COUNT(*) FROM t WHERE n = $1", n); again != 1 {
			t.Errorf("%d rows of %d, %v", again, n, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cut, err := db.QueryContext(ctx, above, -1)
	if err != nil {
		t.Fatal(err)
	}
	cut.Next()
	cancel()
	for cut.Next() {
	}
	_ = cut.Close()
	if n := number(t, db, above, 10); n != 11 {
		t.Errorf("%d after the rows were cut off", n)
	}

	const all = "SELECT * FROM t WHERE n = 7"
	number(t, db, all)
	if _, err := db.Exec("ALTER TABLE t ADD COLUMN twice INTEGER NOT NULL DEFAULT 14"); err != nil {
		t.Fatal(err)
	}
	var n, twice int
	if err := db.QueryRow(all).Scan(&n, &twice); err != nil || n != 7 || twice != 14 {
		t.Errorf("%d, %d, %v after a column was added", n, twice, err)
	}
	conn(func(c *keepingConn) {
		for _, q := range []string{above, insert, all} {
			if c.young[q] == nil {
				t.Errorf("%q is not kept", q)
			}
		}
	})
}

// Inserting given values is not watched for the end of its context; it is refused after it, and undone with its transaction.
func TestStatementsUnwatched(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	for query, want := range map[string]bool{
		"INSERT INTO t (n) VALUES ($1) ON CONFLICT DO NOTHING RETURNING n": true, "INSERT INTO t (n)\n\t\tVALUES ($1)": true,
		"INSERT INTO t (n) SELECT n + 100 FROM t": false, "INSERT INTO t (n) VALUES ((SELECT MAX(n) FROM t))": false,
		"UPDATE t SET n = $1": false, "SELECT 1": false, "DELETE FROM t": false,
	} {
		if got := unwatched(ctx, query).Done() == nil; got != want {
			t.Errorf("unwatched %q: %v", query, got)
		}
	}
	db, _ := pool(t)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	const insert = "INSERT INTO t (n) VALUES ($1) RETURNING n"
	if _, err := tx.ExecContext(ctx, insert, 20); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := tx.ExecContext(ctx, insert, 21); err == nil {
		t.Error("a transaction goes on after its context")
	}
	if _, err := db.ExecContext(ctx, insert, 22); err == nil {
		t.Error("a statement is begun after its context")
	}
	if rows, err := db.QueryContext(ctx, insert, 23); err == nil {
		t.Error("a statement is begun after its context")
		rows.Close()
	}
	if n := number(t, db, "SELECT COUNT(*) FROM t"); n != 10 {
		t.Errorf("%d numbers, want 10", n)
	}
}
