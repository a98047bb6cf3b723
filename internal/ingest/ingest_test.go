package ingest

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"attache/internal/store"
	"attache/sources"
)

var now = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)

// A desk is an Ingest over a database of its own, with the sources of one guild.
type desk struct {
	*Ingest
	t       *testing.T
	path    string
	sources map[string]int64
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, path: filepath.Join(t.TempDir(), "a.db"), sources: map[string]int64{}}
	d.open()
	return d
}

// open opens the database, again after a first time: a restart.
func (d *desk) open() {
	d.t.Helper()
	clock := func() time.Time { return now }
	db, err := store.Open(d.t.Context(), "sqlite:"+d.path, store.Options{Now: clock})
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = db.Close() })
	d.Ingest = New(slog.New(slog.DiscardHandler), db, Options{Now: clock})
}

func (d *desk) subscribe(guild, url string, private bool) {
	d.t.Helper()
	err := d.db.InTx(d.t.Context(), func(q *store.Q, _ store.Jobs) error {
		if err := q.SaveGuild(d.t.Context(), store.Guild{ID: guild, Joined: now}); err != nil {
			return err
		}
		id, err := q.Subscribe(d.t.Context(), store.Source{URL: url, Private: private, Status: "active", NextVisit: now, Lang: "en"},
			store.Subscription{Guild: guild, Name: url, Tier: store.Press, Added: now})
		d.sources[url] = id
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// visit leases what is due and saves articles for the source of url.
func (d *desk) visit(url string, o sources.Outcome) {
	d.t.Helper()
	visits, err := d.Due(d.t.Context(), now, 100, time.Minute)
	if err != nil {
		d.t.Fatal(err)
	}
	o.At = now
	for _, v := range visits {
		out := sources.Outcome{At: now, Next: now, NotModified: true}
		if v.Source == d.sources[url] {
			out = o
		}
		if err := d.Save(d.t.Context(), v, out); err != nil {
			d.t.Fatal(err)
		}
	}
}

func (d *desk) drain() {
	d.t.Helper()
	if _, err := d.Drain(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) stories(guild string) []store.Story {
	d.t.Helper()
	s, err := d.db.Read().Guild(guild).Stories(d.t.Context(), now.Add(-24*time.Hour), now.Add(time.Hour))
	if err != nil {
		d.t.Fatal(err)
	}
	return s
}

const (
	porto1 = "Ministers of five coastal states began talks on fishing quotas in Porto on Monday. “We agree on the fish, we do not agree on the nets,” said Ana Reis-Lobo, the minister for the sea."
	porto2 = "Talks on fishing quotas between five coastal states began in Porto on Monday with the ministers of the sea. The nets divide them, said the minister Ana Reis-Lobo."
	lima   = "The embassy in Lima has reopened after four years, and an ambassador will arrive in May with a staff of twelve people."
)

func article(key, title, text string) sources.Article {
	return sources.Article{Key: key, URL: "https://" + key, Title: title, Text: text, Published: now.Add(-time.Hour), Hash: "h-" + key}
}

func TestVisitBecomesReadable(t *testing.T) {
	d := newDesk(t)
	d.subscribe("1", "https://a.example/feed", false)
	d.subscribe("1", "https://b.example/feed", false)
	d.visit("https://a.example/feed", sources.Outcome{Next: now, ETag: `"e1"`, Title: "A", Articles: []sources.Article{
		article("a.example/porto", "Fishing talks begin in Porto", porto1), article("a.example/lima", "Embassy in Lima reopens", lima),
	}})
	if n := len(d.stories("1")); n != 0 {
		t.Errorf("%d stories are readable before they are ingested", n)
	}
	d.drain()
	d.visit("https://b.example/feed", sources.Outcome{Next: now, Articles: []sources.Article{article("b.example/porto", "Coastal states talk about fishing in Porto", porto2)}})
	d.drain()

	got := d.stories("1")
	if len(got) != 2 {
		t.Fatalf("%d stories, want two", len(got))
	}
	for _, s := range got {
		for _, a := range s.Articles {
			if a.Lang != "en" || !a.Ingested {
				t.Errorf("article %s: language %q, ingested %v", a.Key, a.Lang, a.Ingested)
			}
		}
	}
	quotes, err := d.db.Read().Guild("1").Quotes(t.Context(), "Reis-Lobo", 0, 10)
	if err != nil || len(quotes) != 1 || quotes[0].Words[0] != "We agree on the fish, we do not agree on the nets" {
		t.Errorf("quotes %+v, %v", quotes, err)
	}
	found, err := d.db.Read().Guild("1").Search(t.Context(), "ambassadors", 10)
	if err != nil || len(found) != 1 || found[0].Key != "a.example/lima" {
		t.Errorf("search finds %+v, %v", found, err)
	}
	s, err := d.db.Read().Source(t.Context(), d.sources["https://a.example/feed"])
	if err != nil || s.ETag != `"e1"` || s.Title != "A" || s.Articles != 2 {
		t.Errorf("source %+v, %v", s, err)
	}
}

// After a restart a new article still finds the story of an old one; a revision stays in its story.
func TestRestartKeepsStories(t *testing.T) {
	d := newDesk(t)
	d.subscribe("1", "https://a.example/feed", false)
	d.subscribe("1", "https://b.example/feed", false)
	d.visit("https://a.example/feed", sources.Outcome{Next: now, Articles: []sources.Article{article("a.example/porto", "Fishing talks begin in Porto", porto1)}})
	d.drain()
	if err := d.db.Close(); err != nil {
		t.Fatal(err)
	}
	d.open()
	if err := d.Restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	changed := article("a.example/porto", "Fishing talks begin in Porto", porto1+" A quota for sardines is not on the agenda.")
	changed.Hash = "h2"
	d.visit("https://a.example/feed", sources.Outcome{Next: now, Articles: []sources.Article{changed}})
	d.visit("https://b.example/feed", sources.Outcome{Next: now, Articles: []sources.Article{article("b.example/porto", "Coastal states talk about fishing in Porto", porto2)}})
	d.drain()
	if err := d.Regroup(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := d.stories("1")
	if len(got) != 1 || len(got[0].Articles) != 2 {
		t.Fatalf("%d stories, want one of two articles", len(got))
	}
	for _, a := range got[0].Articles {
		if a.Key == "a.example/porto" && a.Revision != 2 {
			t.Errorf("revision %d", a.Revision)
		}
	}
}

// An article of a private source joins a public story for its owner, and no other guild can tell.
func TestPrivateArticlesLeaveNoTrace(t *testing.T) {
	d := newDesk(t)
	d.subscribe("1", "https://a.example/feed", false)
	d.subscribe("2", "https://a.example/feed", false)
	d.subscribe("2", "https://b.example/feed?token=fake", true)
	d.visit("https://a.example/feed", sources.Outcome{Next: now, Articles: []sources.Article{article("a.example/porto", "Fishing talks begin in Porto", porto1)}})
	d.drain()
	d.visit("https://b.example/feed?token=fake", sources.Outcome{Next: now, Articles: []sources.Article{
		article("b.example/porto", "Coastal states talk about fishing in Porto", porto2), article("b.example/lima", "Embassy in Lima reopens", lima),
	}})
	d.drain()
	if err := d.Regroup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.stories("1"); len(got) != 1 || len(got[0].Articles) != 1 {
		t.Errorf("the other guild sees %+v", got)
	}
	got := d.stories("2")
	sizes := map[int]int{}
	for _, s := range got {
		sizes[len(s.Articles)]++
	}
	if sizes[2] != 1 || sizes[1] != 1 {
		t.Errorf("the owner sees stories of sizes %v", sizes)
	}
	// A public article about Lima must not be pulled into the private story.
	d.visit("https://a.example/feed", sources.Outcome{Next: now, Articles: []sources.Article{article("a.example/lima", "Embassy in Lima reopens", lima)}})
	d.drain()
	if got := d.stories("1"); len(got) != 2 {
		t.Errorf("%d stories", len(got))
	}
}

// A feed that lists another outlet's address speaks for itself only.
func TestPlantedArticle(t *testing.T) {
	d := newDesk(t)
	d.subscribe("1", "https://ministry.example/feed", false)
	d.subscribe("2", "https://evil.example/feed", false)
	d.visit("https://evil.example/feed", sources.Outcome{Next: now, Articles: []sources.Article{article("ministry.example/1", "The ministry resigns", "Planted words of some length stand here.")}})
	d.visit("https://ministry.example/feed", sources.Outcome{Next: now, Articles: []sources.Article{article("ministry.example/1", "Talks begin", porto1)}})
	d.drain()
	got := d.stories("1")
	if len(got) != 1 || len(got[0].Articles) != 1 || got[0].Articles[0].Title != "Talks begin" {
		t.Errorf("the ministry's readers see %+v", got)
	}
}

// A visit whose lease another poller took over saves nothing.
func TestLostLease(t *testing.T) {
	d := newDesk(t)
	d.subscribe("1", "https://a.example/feed", false)
	visits, err := d.Due(t.Context(), now, 1, time.Minute)
	if err != nil || len(visits) != 1 {
		t.Fatalf("%v, %v", visits, err)
	}
	again, err := d.Due(t.Context(), now.Add(2*time.Minute), 1, time.Minute)
	if err != nil || len(again) != 1 {
		t.Fatalf("%v, %v", again, err)
	}
	out := sources.Outcome{At: now, Next: now, Articles: []sources.Article{article("a.example/1", "x", porto1)}}
	if err := d.Save(t.Context(), visits[0], out); err != nil {
		t.Errorf("a lost lease is no error: %v", err)
	}
	if known, _ := d.Known(t.Context(), d.sources["https://a.example/feed"], []string{"a.example/1"}); len(known) != 0 {
		t.Error("a lost lease saved an article")
	}
	if err := d.Save(t.Context(), again[0], out); err != nil {
		t.Fatal(err)
	}
	if known, _ := d.Known(t.Context(), d.sources["https://a.example/feed"], []string{"a.example/1"}); known["a.example/1"] != "h-a.example/1" {
		t.Errorf("known: %v", known)
	}
}

// A page that is gone, or missing for an hour, withdraws its article from the stories; ingest takes its quotes and words.
func TestChecked(t *testing.T) {
	const feed = "https://a.example/feed"
	for name, c := range map[string]struct {
		states    []sources.PageState // of visits an hour apart
		withdrawn bool
	}{
		"gone":           {[]sources.PageState{sources.PageGone}, true},
		"missing once":   {[]sources.PageState{sources.PageMissing}, false},
		"missing":        {[]sources.PageState{sources.PageMissing, sources.PageMissing}, true},
		"there between":  {[]sources.PageState{sources.PageMissing, sources.PageThere, sources.PageMissing}, false},
		"unread between": {[]sources.PageState{sources.PageMissing, sources.PageUnknown, sources.PageMissing}, true},
		"there":          {[]sources.PageState{sources.PageThere, sources.PageThere}, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.subscribe("1", feed, false)
			a := article("a.example/1", "Talks begin", porto1)
			d.visit(feed, sources.Outcome{Next: now, Articles: []sources.Article{a}})
			d.drain()
			for i, s := range c.states {
				at := now.Add(time.Duration(i) * time.Hour)
				visits, err := d.Due(t.Context(), at, 1, time.Minute)
				if err != nil || len(visits) != 1 {
					t.Fatalf("%d visits, %v", len(visits), err)
				}
				if err := d.Save(t.Context(), visits[0], sources.Outcome{At: at, Next: at, NotModified: true, Checked: []sources.Checked{{Key: a.Key, State: s}}}); err != nil {
					t.Fatal(err)
				}
			}
			d.drain()
			got := d.stories("1")
			if len(got) != 1 || len(got[0].Articles) != 1 {
				t.Fatalf("stories %+v", got)
			}
			if l := got[0].Articles[0]; l.Withdrawn != c.withdrawn || (l.Text == "") != c.withdrawn || !l.Ingested {
				t.Errorf("%+v", l)
			}
			found, err := d.db.Read().Guild("1").Search(t.Context(), "Talks", 5)
			if err != nil || len(found) != 1 || found[0].Withdrawn != c.withdrawn {
				t.Errorf("found by its title: %+v, %v", found, err)
			}
		})
	}
}

// A failure is kept on its source and costs nothing that was stored.
func TestFailureKeepsWhatIsStored(t *testing.T) {
	d := newDesk(t)
	d.subscribe("1", "https://a.example/feed", false)
	d.visit("https://a.example/feed", sources.Outcome{Next: now, ETag: `"e1"`, Articles: []sources.Article{article("a.example/1", "x", porto1)}})
	d.visit("https://a.example/feed", sources.Outcome{Next: now, Failures: 1, Err: errors.New("no answer")})
	s, err := d.db.Read().Source(t.Context(), d.sources["https://a.example/feed"])
	if err != nil || s.Error == "" || s.Failures != 1 || s.ETag != `"e1"` || s.Articles != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}

// A date in the future is the time of the visit.
func TestFutureDate(t *testing.T) {
	a := sources.Article{Key: "k", Published: now.Add(48 * time.Hour)}
	if got := stored(1, "en", now, a).Published; !got.Equal(now) {
		t.Errorf("published %v", got)
	}
}

func BenchmarkDrain(b *testing.B) {
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(b.TempDir(), "a.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	g := New(slog.New(slog.DiscardHandler), db, Options{})
	var id int64
	err = db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		if err := q.SaveGuild(ctx, store.Guild{ID: "1", Joined: now}); err != nil {
			return err
		}
		id, err = q.Subscribe(ctx, store.Source{URL: "https://a.example/", Status: "active"}, store.Subscription{Guild: "1"})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		err := db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
			for range batch {
				n++
				a := article(time.Duration(n).String(), "Fishing talks begin in Porto", porto1+"\n"+porto2+"\n"+lima)
				if _, _, err := q.SaveArticle(ctx, stored(id, "en", now, a)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := g.Drain(ctx); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "articles/s")
}
