package main

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"attache/internal/store/storetest"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestPostgresScript runs the program on PostgreSQL as a person would: $PG is an empty database, which pg.yaml names. Its
// URL has a password, which must not be shown.
func TestPostgresScript(t *testing.T) {
	t.Cleanup(storetest.Stop)
	pg := storetest.Postgres(t, nil)
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/postgres",
		RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			u, err := url.Parse(pg)
			if err != nil {
				return err
			}
			if _, has := u.User.Password(); !has { // a cluster of the tests' own asks for none
				u.User = url.UserPassword(u.User.Username(), "marker-5417")
			}
			e.Setenv("PG", u.String())
			return os.WriteFile(filepath.Join(e.WorkDir, "pg.yaml"), []byte("store:\n  url: "+u.String()+"\n"), 0o600)
		},
	})
}
