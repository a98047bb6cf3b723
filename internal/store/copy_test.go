package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"attache/summarize/model"
)

// grown makes a SQLite database with rows in every table, and with texts that are hard to carry.
func grown(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "attache.db")
	db := openAt(t, path, Options{})
	ctx := t.Context()
	w := buildLeakWorld(t, db)
	src := subscribe(t, db, "odd", "https://odd.example/\xff\x00?'\"\\", Subscription{Name: "'; DROP TABLE articles; --", Topics: []string{"a\x00b"}})
	for i, text := range append(hostile, "\t\r\n\\.\\N", "He said \\N twice.", strings.Repeat("Ünïcödé 外務省 🤝 ", 5000)) {
		publish(t, db, Article{Source: src, Key: fmt.Sprintf("odd %d \xff", i), Title: text, Text: strings.ReplaceAll(text, `"`, "”"), Published: noon.Add(time.Duration(i) * time.Second), Story: 1})
	}
	gone := publish(t, db, Article{Source: src, Key: "gone", Title: "Gone", Text: "Gone."})
	execute(t, db, "DELETE FROM articles WHERE id = $1", gone)
	pruned := publish(t, db, Article{Source: src, Key: "pruned", Title: "Old", Text: "The lighthouse was dark.", Published: noon.Add(-48 * time.Hour), Story: 3})
	sched := schedule(t, db, sampleSchedule)
	write(t, db, func(q *Q) error {
		d, _, err := q.PlanDelivery(ctx, Delivery{Schedule: sched, Slot: "2025-02-27T08:00", Digest: json.RawMessage(`{"a":"\u0000"}`)})
		_, e2 := q.NewStory(ctx, noon)
		_, e3 := q.BeginLookup(ctx, Lookup{Guild: "g", User: "1", Purpose: LookupPage, URL: "https://a.example/"})
		_, e4 := q.PruneBodies(ctx, noon.Add(-24*time.Hour), 10)
		_, e5 := q.RaiseAlert(ctx, "disk", "The disk is nearly full.")
		return errors.Join(err, e2, e3, e4, e5,
			q.SaveGuild(ctx, Guild{ID: "mine", Name: "Name\x00"}),
			q.SaveParts(ctx, []Part{{Delivery: d, Nonce: "n", Channel: "c", Body: json.RawMessage(`{}`)}}),
			planEdit(ctx, q, d), q.SaveShown(ctx, d, map[int64]int{pruned: 1}), q.SaveIdentify(ctx, 1),
			q.NoteDead(ctx, "odd", src, noon), q.PlanNotice(ctx, Notice{Guild: "odd", Channel: "c", Body: json.RawMessage(`{}`), Status: NoticeReady}),
			q.SaveCandidates(ctx, []Candidate{{Delivery: d, Score: 0.1 + 0.2, Chosen: true, Parts: map[string]float64{"a": 1e-9}}}),
			q.SaveTold(ctx, []Told{{Channel: "c", Story: 1, Delivery: d}}),
			q.SaveBrief(ctx, "b", 1, brief(w.mine, "words")),
			q.Audit(ctx, "mine", "terminal", "a", "s"),
			q.BlockGuild(ctx, "nobody", "spam"),
			q.SaveAnswer(ctx, Answer{ID: "a", Guild: "mine", Pages: json.RawMessage(`[]`)}),
			q.SaveRegistration(ctx, "app", "hash"))
	})
	book(t, db.Ledger(Uncapped()), call(model.Payer{Guild: "mine", User: "7"}, 100, 3))
	if a := must[Listed](t)(db.Read().Guild("odd").Article(ctx, pruned)); a.Text != "" {
		t.Fatal("nothing is pruned")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// planEdit plans an edit of a delivery's first part.
func planEdit(ctx context.Context, q *Q, delivery int64) error {
	ps, err := q.Parts(ctx, delivery)
	if err == nil {
		_, err = q.PlanEdit(ctx, Edit{Part: ps[0].ID, Reason: "withdrawn", Body: json.RawMessage(`{}`)})
	}
	return err
}

// A copy that is interrupted after any batch goes on where it stopped; at the end both databases show the same.
func TestCopy(t *testing.T) {
	path := grown(t)
	ctx := t.Context()
	for _, rows := range []int{1, 7, copyRows} {
		t.Run(fmt.Sprint(rows, " rows"), func(t *testing.T) {
			to := postgres(t)
			var tables []CopiedTable
			calls, copied, stops := 0, map[string]int{}, 0
			for n := 1; ; n++ {
				cctx, cancel := context.WithCancel(ctx)
				left := n * n // batches until it is interrupted
				done, err := Copy(cctx, "sqlite:"+path, to, CopyOptions{Options: Options{Now: func() time.Time { return noon }}, rows: rows, Progress: func(p CopyProgress) {
					if p.Comparing {
						return
					}
					calls++
					copied[p.Table] = p.Done
					if left--; left == 0 {
						cancel()
					}
				}})
				cancel()
				if err == nil {
					tables = done
					break
				}
				stops++
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				if _, err := Open(ctx, to, Options{}); !errors.Is(err, ErrCopying) {
					t.Fatalf("a database that is half full opens: %v", err)
				}
			}
			if stops == 0 {
				t.Error("nothing was interrupted")
			}
			src, dst := openAt(t, path, Options{}), openURL(t, to, Options{})
			mended := 0
			for _, c := range tables {
				if c.Rows == 0 {
					t.Errorf("table %s has no row to try: add one to grown", c.Name)
				}
				if c.Rows != copied[c.Name] {
					t.Errorf("table %s: %d rows, of which %d were told", c.Name, c.Rows, copied[c.Name])
				}
				mended += c.Mended
			}
			if names := must[[]string](t)(collect(ctx, src.Read(), scanText, sqliteDialect.tables)); len(names) < len(tables)+3 || len(tables) < 19 {
				t.Errorf("%d tables of %d", len(tables), len(names))
			}
			if mended == 0 {
				t.Error("no text that PostgreSQL cannot hold was told of")
			}
			sameStores(t, src, dst)
			// Ids go on, also after that of an article which is gone.
			last := must[int64](t)(value[int64](ctx, src.Read(), "SELECT MAX(seq) FROM sqlite_sequence WHERE name = 'articles'"))
			feed := subscribe(t, dst, "new", "https://new.example/", Subscription{})
			if id := publish(t, dst, Article{Source: feed, Key: "new", Title: "T", Text: "x"}); id != last+1 {
				t.Errorf("the next article is %d, want %d", id, last+1)
			}
			if _, err := Copy(ctx, "sqlite:"+path, to, CopyOptions{}); !errors.Is(err, ErrNotEmpty) {
				t.Errorf("a second copy: error %v", err)
			}
		})
	}
}

// mendedRuns are what stands where PostgreSQL cannot hold what was there, and that itself as JSON writes it.
var mendedRuns = regexp.MustCompile(`(\\u0000|\\ufffd|\x{FFFD})+`)

// sameStores compares what guilds see of two stores.
func sameStores(t *testing.T, a, b *DB) {
	t.Helper()
	ctx := t.Context()
	show := func(db *DB) (out []string) {
		for _, guild := range []string{"mine", "theirs", "odd", "g"} {
			s := db.Read().Guild(guild)
			for what, v := range map[string]any{
				"latest": must[[]Listed](t)(s.Latest(ctx, 1000)), "quotes": must[[]Quote](t)(s.Quotes(ctx, "", 0, 1000)),
				"stories": must[[]Story](t)(s.Stories(ctx, noon.Add(-100*time.Hour), noon.Add(time.Hour))),
				"subs":    must[[]Subscription](t)(db.Read().Subscriptions(ctx, guild)), "schedules": must[[]Schedule](t)(db.Read().Schedules(ctx, guild)),
			} {
				shown, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, guild+" "+what+" "+mendedRuns.ReplaceAllString(string(shown), "?"))
			}
			for _, query := range append(hostile, "lighthouse", "外務省", "treaty harbour", "badger", "said twice") {
				if len(query) < 1000 {
					out = append(out, fmt.Sprintf("%s %q %s", guild, query, ids(must[[]Listed](t)(s.Search(ctx, query, 100)))))
				}
			}
		}
		return out
	}
	have := map[string]bool{}
	for _, line := range show(a) {
		have[line] = true
	}
	for _, line := range show(b) {
		if !have[line] {
			t.Errorf("only in the copy: %.300s", line)
		}
	}
	if ls := must[[]Listed](t)(b.Read().Guild("odd").Search(ctx, "lighthouse", 9)); len(ls) != 1 || ls[0].Text != "" {
		t.Errorf("an article whose text was pruned is not found: %d", len(ls))
	}
}

func TestCopyRefuses(t *testing.T) {
	path := grown(t)
	ctx := t.Context()
	half := func(t *testing.T, path, to string) {
		t.Helper()
		cctx, cancel := context.WithCancel(ctx)
		defer cancel()
		_, err := Copy(cctx, "sqlite:"+path, to, CopyOptions{rows: 1, Progress: func(p CopyProgress) {
			if p.Table == "articles" && p.Done == 5 {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	t.Run("running bot", func(t *testing.T) {
		to := postgres(t)
		openAt(t, path, Options{Lock: true})
		if _, err := Copy(ctx, "sqlite:"+path, to, CopyOptions{}); !errors.Is(err, ErrLocked) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("rows of its own", func(t *testing.T) {
		to := postgres(t)
		subscribe(t, openURL(t, to, Options{}), "g", "https://a.example/", Subscription{})
		if _, err := Copy(ctx, "sqlite:"+path, to, CopyOptions{}); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("another copy", func(t *testing.T) {
		to := postgres(t)
		half(t, path, to)
		if _, err := Copy(ctx, "sqlite:"+grown(t), to, CopyOptions{}); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("changed meanwhile", func(t *testing.T) {
		path, to := grown(t), postgres(t)
		half(t, path, to)
		db := openAt(t, path, Options{})
		execute(t, db, "UPDATE articles SET url = 'https://elsewhere.example/' WHERE id = 2")
		if _, err := Copy(ctx, "sqlite:"+path, to, CopyOptions{}); err == nil || !strings.Contains(err.Error(), "table articles: the row id 2 is not the same") {
			t.Errorf("error %v", err)
		}
		if _, err := Open(ctx, to, Options{}); !errors.Is(err, ErrCopying) {
			t.Errorf("a copy that is not the same opens: %v", err)
		}
	})
	t.Run("written to", func(t *testing.T) {
		to := postgres(t)
		half(t, path, to)
		pg, err := openPostgres(ctx, to, Options{}.filled(), true)
		if err != nil {
			t.Fatal(err)
		}
		defer pg.Close()
		execute(t, pg, "INSERT INTO registrations (scope, hash) VALUES ('somebody', 'else')")
		if _, err := Copy(ctx, "sqlite:"+path, to, CopyOptions{}); err == nil || !strings.Contains(err.Error(), "table registrations: the copy has 2 rows, the source 1") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("the wrong way round", func(t *testing.T) {
		if _, err := Copy(ctx, "postgres://h/d", "sqlite:"+path, CopyOptions{}); err == nil {
			t.Error("it copied")
		}
	})
}
