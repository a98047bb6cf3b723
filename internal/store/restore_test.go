package store

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What fell due before now is nobody's, on both engines.
func TestSkipPast(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		past := schedule(t, db, Schedule{Guild: "g", Spec: "08:00", Zone: "UTC", From: noon.Add(-48 * time.Hour)})
		future := schedule(t, db, Schedule{Guild: "g", Spec: "08:00", Zone: "UTC", From: noon.Add(time.Hour)})
		ids := map[string]int64{}
		for _, status := range []string{Planned, Sending, Sent, Failed} {
			write(t, db, func(q *Q) (err error) {
				ids[status], _, err = q.PlanDelivery(ctx, Delivery{Schedule: past, Slot: "2025-02-27T08:00 " + status, Status: status, Reason: "r"})
				return err
			})
		}
		write(t, db, func(q *Q) error { return q.SaveRegistration(ctx, "app", "hash") })
		var s Past
		write(t, db, func(q *Q) (err error) { s, err = q.SkipPast(ctx, "restored"); return err })
		if s != (Past{Schedules: 1, Deliveries: 2}) {
			t.Errorf("%+v", s)
		}
		for status, want := range map[string]string{Planned: "skipped restored", Sending: "skipped restored", Sent: "sent r", Failed: "failed r"} {
			if d := must[Delivery](t)(db.Read().Delivery(ctx, ids[status])); d.Status+" "+d.Reason != want {
				t.Errorf("%s became %s %s", status, d.Status, d.Reason)
			}
		}
		for id, want := range map[int64]time.Time{past: noon, future: noon.Add(time.Hour)} {
			if s := must[Schedule](t)(db.Read().Schedule(ctx, id)); !s.From.Equal(want) {
				t.Errorf("from %v, want %v", s.From, want)
			}
		}
		if hash := must[string](t)(db.Read().Registration(ctx, "app")); hash != "" {
			t.Error("commands are not registered again")
		}
	})
}

// grownFile makes a database with a guild of that name, and closes it.
func grownFile(t *testing.T, path, name string, more ...func(q *Q) error) {
	t.Helper()
	db, err := Open(t.Context(), "sqlite:"+path, Options{Now: func() time.Time { return noon.Add(-time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	write(t, db, func(q *Q) error {
		err := q.SaveGuild(t.Context(), Guild{ID: "g", Name: name})
		for _, m := range more {
			err = errors.Join(err, m(q))
		}
		return err
	})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func guildName(t *testing.T, path string) string {
	t.Helper()
	db, err := Open(t.Context(), "sqlite:"+path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	return must[Guild](t)(db.Read().GuildByID(t.Context(), "g")).Name
}

func TestRestore(t *testing.T) {
	dir := t.TempDir()
	path, backup := filepath.Join(dir, "attache.db"), filepath.Join(dir, "backup.db")
	ctx := t.Context()
	grownFile(t, backup, "old", func(q *Q) error {
		_, err := q.SaveSchedule(ctx, Schedule{Guild: "g", Spec: "08:00", Zone: "UTC"})
		_, berr := q.BlockSource(ctx, "https://lifted.example/feed", false, "")
		_, serr := q.Subscribe(ctx, Source{URL: "https://bad.example/feed"}, Subscription{Guild: "g"})
		return errors.Join(err, berr, serr)
	})
	grownFile(t, path, "new", func(q *Q) error {
		_, err := q.BlockSource(ctx, "https://bad.example/feed", false, "since then")
		return errors.Join(err, q.BlockGuild(ctx, "g", ""))
	})
	before := must[[]byte](t)(os.ReadFile(backup))
	o := Options{Now: func() time.Time { return noon }}
	r := must[Restored](t)(Restore(ctx, "sqlite:"+path, backup, "restored", o))
	if want := path + ".before-restore-20250227T120000Z"; r.Before != want || !r.Blocks || r.Skipped != (Past{Schedules: 1}) || r.Version < 5 {
		t.Errorf("%+v", r)
	}
	if name := guildName(t, path); name != "old" {
		t.Errorf("the database is the %s one", name)
	}
	if name := guildName(t, r.Before); name != "new" {
		t.Errorf("what was kept is the %s one", name)
	}
	db := openAt(t, path, Options{Lock: true})
	var blocks []string
	for _, b := range must[[]Block](t)(db.Read().Blocks(ctx)) {
		blocks = append(blocks, b.Shown)
	}
	if got := strings.Join(blocks, " "); got != "https://bad.example/feed g" && got != "g https://bad.example/feed" {
		t.Errorf("blocked: %s", got)
	}
	if subs := must[[]Subscription](t)(db.Read().Subscriptions(ctx, "g")); len(subs) != 1 || !subs[0].Source.Blocked || len(leased(t, db)) != 0 {
		t.Errorf("a block of the replaced database does not hold: %+v", subs)
	}
	if !bytes.Equal(before, must[[]byte](t)(os.ReadFile(backup))) {
		t.Error("the backup was changed")
	}
	left := must[[]string](t)(filepath.Glob(path + ".restoring*"))
	copies := must[[]string](t)(filepath.Glob(path + "*.schema*"))
	if len(left)+len(copies) > 0 {
		t.Errorf("left behind: %v %v", left, copies)
	}
}

// A backup of an older version is brought to this one, and a place without a database gets one.
func TestRestoreOlder(t *testing.T) {
	backup := older(t, 2, `INSERT INTO guilds (id, name, locale, joined, left_at, settings) VALUES ('g', 'older', '', 1, 0, '{}')`)
	path := filepath.Join(t.TempDir(), "attache.db")
	r := must[Restored](t)(Restore(t.Context(), "sqlite:"+path, backup, "", Options{}))
	if r.Before != "" || r.Blocks || r.Version < 5 || guildName(t, path) != "older" {
		t.Errorf("%+v", r)
	}
}

// A damaged database is replaced too: that is what backups are for.
func TestRestoreOverDamage(t *testing.T) {
	dir := t.TempDir()
	path, backup := filepath.Join(dir, "attache.db"), filepath.Join(dir, "backup.db")
	grownFile(t, backup, "old", func(q *Q) error { return q.BlockGuild(t.Context(), "h", "") })
	for _, file := range []string{path, path + "-wal"} {
		if err := os.WriteFile(file, []byte("what a broken disk gives back"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := must[Restored](t)(Restore(t.Context(), "sqlite:"+path, backup, "", Options{}))
	if r.Blocks || guildName(t, path) != "old" {
		t.Errorf("%+v", r)
	}
	for _, end := range []string{"", "-wal"} {
		if kept := string(must[[]byte](t)(os.ReadFile(r.Before + end))); !strings.HasPrefix(kept, "what a broken") {
			t.Errorf("kept%s: %q", end, kept)
		}
	}
	db := openAt(t, path, Options{})
	if !must[bool](t)(db.Read().GuildBlocked(t.Context(), "h")) {
		t.Error("the backup's own blocks are gone")
	}
}

// What cannot be restored changes nothing, and says why.
func TestRestoreRefused(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good.db")
	grownFile(t, good, "old")
	make := func(name string, fn func(path string)) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, must[[]byte](t)(os.ReadFile(good)), 0o600); err != nil {
			t.Fatal(err)
		}
		fn(path)
		return path
	}
	statement := func(s string) func(string) {
		return func(path string) {
			c, err := sql.Open("sqlite", dsn(path, nil))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.ExecContext(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	bytesOf := func(b string) func(string) {
		return func(path string) {
			if err := os.WriteFile(path, []byte(b), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		file string
		want error
		says string
	}{
		{filepath.Join(dir, "missing.db"), os.ErrNotExist, ""},
		{dir, nil, "this is no file"},
		{make("empty.db", bytesOf("")), ErrNotDatabase, ""},
		{make("text.db", bytesOf("a text of some length, and no database at all")), ErrNotDatabase, ""},
		{make("other.db", statement("PRAGMA application_id = 7")), ErrNotDatabase, ""},
		{make("newer.db", statement("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)")), ErrNewer, "9000"},
		{make("orphan.db", statement("PRAGMA foreign_keys = 0; INSERT INTO subscriptions (guild, source_id, name, tier, added) VALUES ('g', 77, '', '', 0)")), ErrDamaged, "subscriptions"},
		{make("cut.db", func(path string) {
			if err := os.Truncate(path, 40_000); err != nil {
				t.Fatal(err)
			}
		}), ErrDamaged, ""},
		{make("used.db", func(path string) { bytesOf("frames")(path + "-wal") }), nil, "attache backup"},
	} {
		path := filepath.Join(t.TempDir(), "attache.db")
		grownFile(t, path, "new")
		_, err := Restore(t.Context(), "sqlite:"+path, c.file, "", Options{})
		if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v", filepath.Base(c.file), err)
		}
		if name := guildName(t, path); name != "new" {
			t.Errorf("%s: the database is the %s one", filepath.Base(c.file), name)
		}
		entries := must[[]os.DirEntry](t)(os.ReadDir(filepath.Dir(path)))
		for _, e := range entries {
			if n := e.Name(); n != "attache.db" && n != "attache.db.lock" {
				t.Errorf("%s leaves %s behind", filepath.Base(c.file), n)
			}
		}
	}
	path := filepath.Join(t.TempDir(), "attache.db")
	run := openAt(t, path, Options{Lock: true})
	if _, err := Restore(t.Context(), "sqlite:"+path, good, "", Options{}); !errors.Is(err, ErrLocked) {
		t.Errorf("beside a running bot: error %v", err)
	}
	if err := run.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := Restore(t.Context(), "sqlite:"+good, good, "", Options{}); err == nil || !strings.Contains(err.Error(), "the database itself") {
		t.Errorf("onto itself: error %v", err)
	}
	_, err := Restore(t.Context(), "postgres://user:hunter2@db.example/attache", "it's.dump", "", Options{})
	if !errors.Is(err, ErrRestore) || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), `'postgres://user@db.example/attache' 'it'\''s.dump'`) {
		t.Errorf("PostgreSQL: error %v", err)
	}
}

// Before a file is migrated it is copied; the copy is what it was, and the newest two are kept.
func TestMigrateCopiesFirst(t *testing.T) {
	path := older(t, 2, `INSERT INTO guilds (id, name, locale, joined, left_at, settings) VALUES ('g', 'as it was', '', 1, 0, '{}')`)
	for _, name := range []string{".schema1-20240101T000000Z", ".schema2-20250101T000000Z", ".schema9-20230101T000000Z", ".schema1-20240101T000000Z.mine", ".backup"} {
		if err := os.WriteFile(path+name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db := openAt(t, path, Options{})
	copied := path + ".schema2-20250227T120000Z"
	c, err := sql.Open("sqlite", dsn(copied, []string{"query_only(1)"}))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	q := &Q{on: sqlOn{c}}
	if v := must[int64](t)(value[int64](t.Context(), q, schemaVersion)); v != 2 {
		t.Errorf("the copy has schema %d", v)
	}
	if name := must[string](t)(value[string](t.Context(), q, "SELECT name FROM guilds")); name != "as it was" {
		t.Errorf("the copy has guild %q", name)
	}
	var names []string
	for _, e := range must[[]string](t)(filepath.Glob(path + ".*")) {
		names = append(names, strings.TrimPrefix(e, path))
	}
	if got := fmt.Sprint(names); got != "[.backup .lock .schema1-20240101T000000Z.mine .schema2-20250101T000000Z .schema2-20250227T120000Z]" {
		t.Errorf("files: %s", got)
	}
	// A file that needs no migration is not copied, nor a new one.
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(copied); err != nil {
		t.Fatal(err)
	}
	openAt(t, path, Options{})
	openTemp(t, Options{})
	if _, err := os.Stat(copied); err == nil {
		t.Error("copied though there was nothing to migrate")
	}
}

// Where there can be no copy nothing is migrated.
func TestMigrateWithoutRoom(t *testing.T) {
	path := older(t, 2, "")
	// A folder with something in it cannot make way for the copy, as root too.
	stands := path + ".schema2-20250227T120000Z"
	if err := os.MkdirAll(filepath.Join(stands, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), "sqlite:"+path, Options{Now: func() time.Time { return noon }})
	if !errors.Is(err, ErrNoCopy) || !strings.Contains(err.Error(), "MB) in "+filepath.Dir(path)) {
		t.Fatalf("error %v", err)
	}
	if _, err := os.Stat(stands + ".part"); err == nil {
		t.Error("half a copy is left")
	}
	c, err := sql.Open("sqlite", dsn(path, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if v := must[int64](t)(value[int64](t.Context(), &Q{on: sqlOn{c}}, schemaVersion)); v != 2 {
		t.Errorf("schema %d", v)
	}
	if err := os.RemoveAll(stands); err != nil {
		t.Fatal(err)
	}
	openAt(t, path, Options{})
}
