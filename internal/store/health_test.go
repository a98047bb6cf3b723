package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/riverqueue/river"
)

func health(t testing.TB, db *DB) Health {
	t.Helper()
	return must[Health](t)(db.Read().Health(t.Context()))
}

// Nothing is late where nothing is there.
func TestHealthOfNothing(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		h := health(t, db)
		if len(h.Jobs) != 0 || h.QueueAge != 0 || h.Sources != 0 || h.FetchLag != 0 || h.PostLag != 0 || h.Waiting != 0 || h.IngestLag != 0 {
			t.Errorf("of an empty database: %+v", h)
		}
		if late := must[[]time.Duration](t)(db.Read().Lateness(t.Context(), time.Time{})); len(late) != 0 {
			t.Errorf("late: %v", late)
		}
	})
}

func TestHealthOfSources(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		visit := func(id int64, next time.Time, failures int) {
			write(t, db, func(q *Q) error {
				return q.SaveVisit(ctx, Source{ID: id, NextVisit: next, LastVisit: noon, Failures: failures})
			})
		}
		fine := subscribe(t, db, "g", "https://a.example/feed", Subscription{})
		visit(fine, noon.Add(-time.Minute), 0)
		failing := subscribe(t, db, "g", "https://b.example/feed", Subscription{})
		visit(failing, noon.Add(time.Hour), 3)
		// Nobody reads this one, so that it may be as late as it likes.
		paused := subscribe(t, db, "g", "https://c.example/feed", Subscription{Paused: true})
		visit(paused, noon.Add(-time.Hour), 1)
		if h := health(t, db); h.Sources != 2 || h.Failing != 1 || h.FetchLag != time.Minute {
			t.Errorf("sources: %+v", h)
		}
		// One that was never visited is late since it was added, and 1970 is not that time.
		subscribe(t, db, "g", "https://d.example/feed", Subscription{Added: noon.Add(-3 * time.Minute)})
		if h := health(t, db); h.Sources != 3 || h.FetchLag != 3*time.Minute {
			t.Errorf("with a new source: %+v", h)
		}
		// What somebody visits just now is not late.
		write(t, db, func(q *Q) error {
			_, err := q.LeaseSources(ctx, noon, 10, noon.Add(time.Minute), "p.lease")
			return err
		})
		if h := health(t, db); h.FetchLag != 0 {
			t.Errorf("while they are visited: %+v", h)
		}
	})
}

func TestHealthOfDeliveries(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		write(t, db, func(q *Q) error { return q.SaveGuild(ctx, Guild{ID: "g", Joined: noon}) })
		var schedule int64
		write(t, db, func(q *Q) (err error) {
			schedule, err = q.SaveSchedule(ctx, Schedule{Guild: "g", Spec: "0 8 * * *", Zone: "UTC", Target: Target{Channel: "1"}})
			return err
		})
		plan := func(slot string, due time.Time, status string, late time.Duration) {
			write(t, db, func(q *Q) error {
				id, _, err := q.PlanDelivery(ctx, Delivery{Schedule: schedule, Slot: slot, Due: due, Status: status})
				if err != nil || late < 0 {
					return err
				}
				return q.SaveParts(ctx, []Part{
					{Delivery: id, N: 0, Channel: "1", Nonce: slot, Body: []byte("{}"), FirstTry: due.Add(late)},
					{Delivery: id, N: 1, Channel: "1", Nonce: slot + "b", Body: []byte("{}"), FirstTry: due.Add(late + time.Minute)},
				})
			})
		}
		plan("2025-02-27T13:00", noon.Add(time.Hour), Planned, -1)
		if h := health(t, db); h.PostLag != 0 {
			t.Errorf("before its time a digest is %s late", h.PostLag)
		}
		plan("2025-02-27T11:00", noon.Add(-20*time.Minute), Sending, -1)
		plan("2025-02-27T11:30", noon.Add(-10*time.Minute), Planned, -1)
		plan("2025-02-27T11:40", noon.Add(-30*time.Minute), Sent, 4*time.Second)
		plan("2025-02-27T11:41", noon.Add(-40*time.Minute), Sent, 2*time.Second)
		plan("2025-02-25T08:00", noon.Add(-52*time.Hour), Sent, time.Hour)
		if h := health(t, db); h.PostLag != 20*time.Minute {
			t.Errorf("the oldest is %s late", h.PostLag)
		}
		late := must[[]time.Duration](t)(db.Read().Lateness(ctx, noon.Add(-time.Hour)))
		if !slices.Equal(late, []time.Duration{2 * time.Second, 4 * time.Second}) {
			t.Errorf("late were %v", late)
		}
		n := must[map[string]int](t)(db.Read().DeliveriesSince(ctx, noon.Add(-24*time.Hour)))
		if n[Sent] != 2 || n[Planned] != 2 || n[Sending] != 1 || len(n) != 3 {
			t.Errorf("deliveries %v", n)
		}
	})
}

func TestHealthOfArticles(t *testing.T) {
	now := noon
	open := func(t *testing.T, url string) *DB {
		return openURL(t, url, Options{Now: func() time.Time { return now }})
	}
	files(t, func(t *testing.T, url string) {
		now = noon
		db := open(t, url)
		ctx := t.Context()
		source := subscribe(t, db, "g", "https://a.example/feed", Subscription{})
		for _, key := range []string{"a", "b"} {
			publish(t, db, Article{Source: source, Key: key, Title: key, Text: "Text.", Seen: noon, Published: noon})
		}
		n, last, err := db.Read().ArticlesAfter(ctx, 0)
		if err != nil || n != 2 {
			t.Fatalf("%d articles, %v", n, err)
		}
		if n, again, err := db.Read().ArticlesAfter(ctx, last); n != 0 || again != last || err != nil {
			t.Errorf("after the last one: %d up to %d, %v", n, again, err)
		}
		// A revision waits since it is stored, however old its article is.
		now = noon.Add(10 * time.Hour)
		write(t, db, func(q *Q) error {
			_, _, err := q.SaveArticle(ctx, Article{Source: source, Key: "a", Title: "a", Text: "Another text.", Seen: now})
			return err
		})
		now = now.Add(time.Minute)
		if h := health(t, db); h.Waiting != 1 || h.IngestLag != time.Minute {
			t.Errorf("a revision that waits: %+v", h)
		}
	})
}

func TestHealthOfJobs(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		add := func(at time.Time) {
			if err := db.InTx(t.Context(), func(_ *Q, jobs Jobs) error {
				return jobs.Insert(t.Context(), countArgs{1}, &river.InsertOpts{ScheduledAt: at})
			}); err != nil {
				t.Fatal(err)
			}
		}
		add(time.Now().Add(time.Hour))
		if h := health(t, db); h.QueueAge != 0 || h.Jobs["scheduled"] != 1 {
			t.Errorf("a job of later: %+v", h)
		}
		add(time.Now().Add(-time.Hour))
		add(time.Now())
		if h := health(t, db); h.QueueAge < time.Hour || h.QueueAge > time.Hour+time.Minute || h.Jobs["scheduled"] != 3 {
			t.Errorf("an old job: %+v", h)
		}
		execute(t, db, "UPDATE river_job SET state = 'completed', finalized_at = scheduled_at")
		if h := health(t, db); h.QueueAge != 0 || len(h.Jobs) != 0 {
			t.Errorf("jobs that are done: %+v", h)
		}
	})
}

func TestDropAlert(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		for _, name := range []string{"disk", "posts"} {
			write(t, db, func(q *Q) error { _, err := q.RaiseAlert(t.Context(), name, ""); return err })
		}
		write(t, db, func(q *Q) error { return q.DropAlert(t.Context(), "disk") })
		if as := must[[]Alert](t)(db.Read().Alerts(t.Context())); len(as) != 1 || as[0].Name != "posts" {
			t.Errorf("alerts %+v", as)
		}
	})
}

// checkAll checks a file table by table.
func checkAll(ctx context.Context, db *DB) (tables int, err error) {
	for more := true; more; tables++ {
		var e error
		if more, e = db.CheckTable(ctx, tables); e != nil {
			err = errors.Join(err, e)
		}
		if tables > 500 {
			return tables, errors.Join(err, errors.New("the tables have no end"))
		}
	}
	return tables - 1, err
}

// A page that something else wrote over is found, and so is that nothing is wrong.
func TestHealthOfTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "attache.db")
	db := openAt(t, path, Options{})
	source := subscribe(t, db, "g", "https://a.example/feed", Subscription{})
	for _, key := range []string{"a", "b", "c", "d"} {
		publish(t, db, Article{Source: source, Key: key, Title: key, Text: string(make([]byte, 20000)) + key, Published: noon})
	}
	if n, err := checkAll(t.Context(), db); err != nil || n < 20 {
		t.Fatalf("%d tables of a whole file, %v", n, err)
	}
	root := must[int64](t)(value[int64](t.Context(), db.Read(), "SELECT rootpage FROM sqlite_master WHERE name = 'article_revisions'"))
	size := must[int64](t)(value[int64](t.Context(), db.Read(), "PRAGMA page_size"))
	execute(t, db, "PRAGMA wal_checkpoint(TRUNCATE)")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	f := must[*os.File](t)(os.OpenFile(path, os.O_RDWR, 0))
	junk := make([]byte, 64)
	for i := range junk {
		junk[i] = 0x5a
	}
	if _, err := f.WriteAt(junk, (root-1)*size+8); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	db = openAt(t, path, Options{})
	if _, err := checkAll(t.Context(), db); !errors.Is(err, ErrDamaged) {
		t.Errorf("of a damaged file: %v", err)
	}
	if _, err := db.Read().Health(t.Context()); err != nil && !errors.Is(err, ErrDamaged) {
		t.Errorf("health of a damaged file: %v", err)
	}
}

// PostgreSQL has nothing that could be checked table by table.
func TestHealthOfNoFile(t *testing.T) {
	db := openURL(t, postgres(t), Options{})
	if more, err := db.CheckTable(t.Context(), 0); more || err != nil {
		t.Errorf("%v, %v", more, err)
	}
}
