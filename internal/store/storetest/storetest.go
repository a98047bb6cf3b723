// Package storetest gives tests a PostgreSQL of their own: a server that PG_DSN names, or a cluster made for this test
// binary of the PostgreSQL programs on the machine. Each test gets a database of its own, and nothing of it is left.
// It opens no port: its server listens on a socket in a temporary folder. No program may import it.
package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// CI is the environment variable under which a test that cannot run fails instead of being skipped.
const CI = "ATTACHE_CI"

// workLimit is how long a statement of this package may take: a template of some megabytes is copied in 0.1 s, on a busy
// machine in seconds.
const workLimit = time.Minute

// A server is where this test binary makes its databases.
var server struct {
	sync.Mutex
	started  bool
	err      error
	dsn      string // of a database from which others can be made
	stop     func()
	made     int
	run      string // stands in the names of this run's databases
	template string
	broken   error // why there is no template
}

// Main runs the tests of a package and stops the server after them; for TestMain. It returns the exit code.
func Main(m *testing.M) int {
	defer Stop()
	return m.Run()
}

// Stop ends the cluster of this test binary, if there is one, and removes what it made.
func Stop() {
	server.Lock()
	defer server.Unlock()
	if server.template != "" {
		if err := on(server.dsn, "DROP DATABASE IF EXISTS "+server.template+" WITH (FORCE)"); err != nil {
			fmt.Fprintln(os.Stderr, "storetest:", err)
		}
		server.template, server.broken = "", nil
	}
	if server.stop != nil {
		server.stop()
		server.stop = nil
	}
	server.started = false
}

// Postgres returns the URL of a database that prepare has filled; t drops it at its end. prepare is called once for the
// first test of the binary, and the others get copies of what it left; nil leaves this test's database empty. A test is
// skipped where there is no PostgreSQL, and fails there under ATTACHE_CI=1.
func Postgres(t testing.TB, prepare func(ctx context.Context, url string) error) string {
	t.Helper()
	server.Lock()
	defer server.Unlock()
	start()
	if server.err != nil {
		if os.Getenv(CI) == "1" {
			t.Fatalf("no PostgreSQL to test with: %v", server.err)
		}
		t.Skipf("no PostgreSQL to test with: %v", server.err)
	}
	if prepare != nil && server.template == "" {
		server.template = fmt.Sprintf("attache_%s_template", server.run)
		server.broken = makeTemplate(server.template, prepare)
	}
	if prepare != nil && server.broken != nil {
		t.Fatal(server.broken)
	}
	name := next()
	create := "CREATE DATABASE " + name
	if prepare != nil {
		create += " TEMPLATE " + server.template
	}
	dsn := server.dsn
	if err := on(dsn, create); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := on(dsn, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return withDatabase(dsn, name)
}

// Database makes an empty database for a program that is no test, and returns its URL and what drops it. Its error says
// what to do where there is no PostgreSQL. Call Stop at the end.
func Database() (dsn string, drop func() error, err error) {
	server.Lock()
	defer server.Unlock()
	start()
	if server.err != nil {
		return "", nil, server.err
	}
	name := next()
	root := server.dsn
	if err := on(root, "CREATE DATABASE "+name); err != nil {
		return "", nil, err
	}
	return withDatabase(root, name), func() error { return on(root, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") }, nil
}

// next is the name of a new database. The lock is held.
func next() string {
	server.made++
	return fmt.Sprintf("attache_%s_%d", server.run, server.made)
}

func start() {
	if server.started {
		return
	}
	server.started, server.run, server.made = true, strings.ToLower(rand.Text()[:10]), 0
	if server.dsn = os.Getenv("PG_DSN"); server.dsn != "" {
		if u, err := url.Parse(server.dsn); err != nil || u.Host == "" && u.Query().Get("host") == "" {
			server.err = errors.New("PG_DSN is no URL; write postgres://USER@HOST/DATABASE, with a role that may create databases")
			return
		}
		server.err = on(server.dsn, "SELECT 1")
		return
	}
	server.dsn, server.stop, server.err = startCluster()
}

// makeTemplate makes a database that sorts as people do, where the server can, so that what depends on the order of a
// database shows; and has it prepared.
func makeTemplate(name string, prepare func(ctx context.Context, url string) error) error {
	if err := on(server.dsn, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en'"); err != nil {
		if err := on(server.dsn, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), workLimit)
	defer cancel()
	if err := prepare(ctx, withDatabase(server.dsn, name)); err != nil {
		return fmt.Errorf("prepare the first database: %w", err)
	}
	return nil
}

// on runs one statement on the server.
func on(dsn, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), workLimit)
	defer cancel()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

func withDatabase(dsn, name string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return dsn // start looked at it
	}
	u.Path = "/" + name
	return u.String()
}
