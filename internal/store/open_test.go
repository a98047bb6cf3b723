package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"attache/internal/store/storetest"
)

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "page.html")
	if err := os.WriteFile(page, []byte("<html>this is no database, but it is long enough for one</html>"), 0o600); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(dir, "short")
	if err := os.WriteFile(short, []byte("SQL"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, url string
		is        error
		says      string
	}{
		{"memory", "sqlite::memory:", nil, "in memory"},
		{"no file", "sqlite:", nil, "names no file"},
		{"no engine", "attache.db", nil, "sqlite:PATH"},
		{"unknown engine", "mysql://x", nil, `"mysql"`},
		{"missing folder", "sqlite:" + filepath.Join(dir, "no", "such", "a.db"), os.ErrNotExist, "does not exist"},
		{"folder that is a file", "sqlite:" + filepath.Join(page, "a.db"), nil, "not a folder"},
		{"a folder", "sqlite:" + dir, nil, "folder"},
		{"another file", "sqlite:" + page, ErrNotDatabase, "not a database"},
		{"a short file", "sqlite:" + short, ErrNotDatabase, "not a database"},
	} {
		t.Run(c.name, func(t *testing.T) {
			db, err := Open(t.Context(), c.url, Options{})
			if err == nil {
				db.Close()
				t.Fatal("it opened")
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("error %q is not %q", err, c.is)
			}
			if !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error %q", err)
			}
		})
	}
	if got, err := os.ReadFile(page); err != nil || !strings.HasPrefix(string(got), "<html>") {
		t.Errorf("a file that is no database was changed: %q %v", got, err)
	}
}

func TestOpenReadOnlyFile(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	path := filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(path, nil, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), "sqlite:"+path, Options{}); !errors.Is(err, os.ErrPermission) {
		t.Errorf("error %v", err)
	}
}

func TestOpenOddPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a folder?mode=ro&x=%41 #1")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	openAt(t, filepath.Join(dir, "ü %20.db"), Options{})
	if _, err := os.Stat(filepath.Join(dir, "ü %20.db")); err != nil {
		t.Error(err)
	}
}

func TestOpenForeignDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	db := openAt(t, path, Options{})
	execute(t, db, "PRAGMA application_id = 7")
	if _, err := Open(t.Context(), "sqlite:"+path, Options{}); !errors.Is(err, ErrNotDatabase) {
		t.Errorf("error %v", err)
	}
}

func TestOpenNewer(t *testing.T) {
	for _, statement := range []string{
		"INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, $1)",
		"INSERT INTO river_migration (line, version) VALUES ('main', 9000)",
	} {
		files(t, func(t *testing.T, url string) {
			db := openURL(t, url, Options{})
			if strings.Contains(statement, "$1") {
				execute(t, db, statement, true)
			} else {
				execute(t, db, statement)
			}
			if db.dialect.shared {
				execute(t, db, "UPDATE meta SET value = 9000 WHERE name = 'oldest'")
			}
			if _, err := Open(t.Context(), url, Options{}); !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "9000") {
				t.Errorf("%s: error %v", statement, err)
			}
		})
	}
}

// Processes on PostgreSQL are upgraded one by one: the program runs on a schema that a newer one made, as long as that says
// so. A file of SQLite has one process, which is stopped to be upgraded.
func TestOpenNewerAndShared(t *testing.T) {
	files(t, func(t *testing.T, url string) {
		db := openURL(t, url, Options{})
		for _, s := range []string{
			"INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, TRUE)",
			"ALTER TABLE sources ADD COLUMN newer TEXT NOT NULL DEFAULT ''",
			"ALTER TABLE schedules ADD COLUMN newer BIGINT",
			"CREATE TABLE newest (id BIGINT PRIMARY KEY)",
		} {
			execute(t, db, s)
		}
		newer, err := Open(t.Context(), url, Options{Now: func() time.Time { return noon }})
		if !db.dialect.shared {
			if !errors.Is(err, ErrNewer) {
				t.Errorf("error %v", err)
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		defer newer.Close()
		src := subscribe(t, newer, "g", "https://a.example/feed", Subscription{Name: "A"})
		publish(t, newer, Article{Source: src, Key: "k", Title: "Title", Text: "Text.", Story: 1})
		schedule(t, newer, sampleSchedule)
		if ls := must[[]Listed](t)(newer.Read().Guild("g").Latest(t.Context(), 5)); len(ls) != 1 {
			t.Errorf("%d articles on the newer schema", len(ls))
		}
	})
}

func TestOpenLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	run := openAt(t, path, Options{Lock: true})
	if _, err := Open(t.Context(), "sqlite:"+path, Options{Lock: true}); !errors.Is(err, ErrLocked) {
		t.Errorf("second run: error %v", err)
	}
	beside, err := Open(t.Context(), "sqlite:"+path, Options{})
	if err != nil {
		t.Fatalf("a command beside a run: %v", err)
	}
	if err := beside.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := errors.Join(beside.Close(), run.Close()); err != nil {
		t.Fatal(err)
	}
	again := openAt(t, path, Options{Lock: true})
	if err := again.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOpenAtOnce(t *testing.T) {
	open := func(t *testing.T, url string) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				db, err := Open(context.Background(), url, Options{})
				if err != nil {
					t.Error(err)
					return
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	t.Run("SQLite", func(t *testing.T) { open(t, "sqlite:"+filepath.Join(t.TempDir(), "a.db")) })
	t.Run("PostgreSQL", func(t *testing.T) { open(t, storetest.Postgres(t, nil)) })
}

func TestSettings(t *testing.T) {
	db := openTemp(t, Options{})
	for _, c := range []struct {
		pragma       string
		writer, read int64
	}{
		{"auto_vacuum", 2, 2}, {"synchronous", 1, -1}, {"foreign_keys", 1, 1}, {"query_only", 0, 1}, {"busy_timeout", 10000, 10000},
	} {
		w := must[int64](t)(value[int64](t.Context(), &Q{db: db, on: db.writer}, "PRAGMA "+c.pragma))
		r := must[int64](t)(value[int64](t.Context(), db.Read(), "PRAGMA "+c.pragma))
		if w != c.writer || c.read >= 0 && r != c.read {
			t.Errorf("%s: writer %d, readers %d", c.pragma, w, r)
		}
	}
	if mode := must[string](t)(value[string](t.Context(), db.Read(), "PRAGMA journal_mode")); mode != "wal" {
		t.Errorf("journal_mode %s", mode)
	}
	if v := must[int64](t)(db.Version(t.Context())); v < 1 {
		t.Errorf("version %d", v)
	}
	if err := db.Read().SaveGuild(t.Context(), Guild{ID: "g"}); err == nil {
		t.Error("the read pool can write")
	}
}

func TestBackup(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		if db.dialect.name == "PostgreSQL" {
			if err := db.Backup(t.Context(), "it's a copy.dump"); !errors.Is(err, ErrBackup) || !strings.Contains(err.Error(), `pg_dump --format=custom --file='it'\''s a copy.dump' 'postgres://`) {
				t.Errorf("error %v", err)
			}
			return
		}
		src := subscribe(t, db, "g", "https://a.example/feed", Subscription{})
		publish(t, db, Article{Source: src, Key: "k", Title: "Harbour treaty", Text: "Text.", Published: noon, Story: 1})
		path := filepath.Join(t.TempDir(), "it's a copy.db")
		if err := db.Backup(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		copied := openAt(t, path, Options{Lock: true})
		if ls := must[[]Listed](t)(copied.Read().Guild("g").Search(t.Context(), "harbour", 5)); len(ls) != 1 {
			t.Errorf("the copy has %d articles", len(ls))
		}
		if ok := must[string](t)(value[string](t.Context(), copied.Read(), "PRAGMA integrity_check")); ok != "ok" {
			t.Error(ok)
		}
		if err := db.Backup(t.Context(), path); !errors.Is(err, os.ErrExist) {
			t.Errorf("a backup over a file: error %v", err)
		}
		if err := db.Backup(t.Context(), filepath.Join(t.TempDir(), "no", "b.db")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a backup into no folder: error %v", err)
		}
	})
}
