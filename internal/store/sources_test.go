package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestSubscribe(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		one := subscribe(t, db, "g1", "https://a.example/feed", Subscription{Name: "Ministry", Tier: Official, Country: "TR", Topics: []string{"energy", "trade"}, AddedBy: "42"})
		two := subscribe(t, db, "g2", "https://a.example/feed", Subscription{Name: "Ministerium", Tier: StateMedia})
		if one != two {
			t.Errorf("one feed became the sources %d and %d", one, two)
		}
		err := db.InTx(ctx, func(q *Q, _ Jobs) error {
			_, err := q.Subscribe(ctx, Source{URL: "https://a.example/feed"}, Subscription{Guild: "g1", Name: "again"})
			return err
		})
		if !errors.Is(err, ErrExists) {
			t.Errorf("a second subscription: error %v", err)
		}
		subs := must[[]Subscription](t)(db.Read().Subscriptions(ctx, "g1"))
		if len(subs) != 1 {
			t.Fatalf("%d subscriptions", len(subs))
		}
		if s := subs[0]; s.Guild != "g1" || s.Name != "Ministry" || s.Tier != Official || s.Country != "TR" ||
			strings.Join(s.Topics, " ") != "energy trade" || s.AddedBy != "42" || !s.Added.Equal(noon) || s.Source.URL != "https://a.example/feed" || s.Paused {
			t.Errorf("subscription %+v", s)
		}
		sub := subs[0]
		sub.Name, sub.Paused, sub.Topics = "The Ministry", true, nil
		write(t, db, func(q *Q) error { return q.SaveSubscription(ctx, sub) })
		if s := must[[]Subscription](t)(db.Read().Subscriptions(ctx, "g1"))[0]; s.Name != "The Ministry" || !s.Paused || s.Topics != nil {
			t.Errorf("subscription %+v", s)
		}
		if s := must[[]Subscription](t)(db.Read().Subscriptions(ctx, "g2"))[0]; s.Name != "Ministerium" || s.Paused {
			t.Errorf("another guild's subscription was changed: %+v", s)
		}
		sub.Guild = "g3"
		if err := db.InTx(ctx, func(q *Q, _ Jobs) error { return q.SaveSubscription(ctx, sub) }); !errors.Is(err, ErrNotFound) {
			t.Errorf("a subscription of nobody: error %v", err)
		}
	})
}

func TestPrivateSource(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		const secret = "https://user:pass@a.example/feed?token=s3cret"
		var of []int64
		for _, guild := range []string{"g1", "g2"} {
			write(t, db, func(q *Q) error {
				id, err := q.Subscribe(ctx, Source{URL: secret, Private: true}, Subscription{Guild: guild, Name: "Private"})
				of = append(of, id)
				return err
			})
		}
		of = append(of, subscribe(t, db, "g1", secret, Subscription{}))
		if of[0] == of[1] || of[0] == of[2] || of[1] == of[2] {
			t.Errorf("a private source is shared: %v", of)
		}
		src := must[Source](t)(db.Read().Source(ctx, of[0]))
		if src.URL != secret || src.Owner != "g1" || !src.Private {
			t.Errorf("source %+v", src)
		}
		if got := must[map[int64]string](t)(db.Read().Owners(ctx)); len(got) != 2 || got[of[0]] != "g1" || got[of[1]] != "g2" {
			t.Errorf("owners %v", got)
		}
		src.Error, src.Moved, src.Link = "could not fetch "+secret, secret+"&moved=1", "https://a.example/?token=s3cret"
		src.Warnings = []string{"moved to " + src.Moved}
		write(t, db, func(q *Q) error { return q.SaveVisit(ctx, src) })
		if got := must[Source](t)(db.Read().Source(ctx, of[0])); strings.Contains(got.Error+got.Warnings[0], "s3cret") {
			t.Errorf("a secret is kept in a sentence: %q %q", got.Error, got.Warnings)
		}
		for _, s := range must[[]Subscription](t)(db.Read().Subscriptions(ctx, "g1")) {
			shown := fmt.Sprintf("%+v", s)
			if s.Source.Private && (strings.Contains(shown, "s3cret") || strings.Contains(shown, "pass@") || s.Source.URL != "https://a.example/…") {
				t.Errorf("a secret is shown: %s", shown)
			}
		}
		publish(t, db, Article{Source: of[0], Key: "k", Title: "Lighthouse", Text: "x", Story: 1})
		write(t, db, func(q *Q) error { return q.Unsubscribe(ctx, "g1", of[0]) })
		if _, err := db.Read().Source(ctx, of[0]); !errors.Is(err, ErrNotFound) {
			t.Errorf("a private source outlives its subscription: %v", err)
		}
		if n := must[int64](t)(value[int64](ctx, db.Read(), "SELECT COUNT(*) FROM articles")); n != 0 {
			t.Errorf("%d private articles outlive their source", n)
		}
		write(t, db, func(q *Q) error { return q.Unsubscribe(ctx, "g1", of[2]) })
		if _, err := db.Read().Source(ctx, of[2]); err != nil {
			t.Errorf("a shared source went with one subscription: %v", err)
		}
	})
}

func TestLease(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		due := subscribe(t, db, "g", "https://due.example/", Subscription{})
		paused := subscribe(t, db, "g", "https://paused.example/", Subscription{Paused: true})
		later := subscribe(t, db, "g", "https://later.example/", Subscription{})
		gone := subscribe(t, db, "g", "https://gone.example/", Subscription{})
		unread := subscribe(t, db, "g", "https://unread.example/", Subscription{})
		write(t, db, func(q *Q) error {
			if err := q.SaveVisit(ctx, Source{ID: later, NextVisit: noon.Add(time.Minute)}); err != nil {
				return err
			}
			if err := q.SaveVisit(ctx, Source{ID: gone, Status: "gone"}); err != nil {
				return err
			}
			return q.Unsubscribe(ctx, "g", unread)
		})
		lease := func(now time.Time, token string) string {
			t.Helper()
			var got []string
			write(t, db, func(q *Q) error {
				ss, err := q.LeaseSources(ctx, now, 10, now.Add(time.Minute), token)
				for _, s := range ss {
					got = append(got, fmt.Sprint(s.ID))
				}
				return err
			})
			return strings.Join(got, " ")
		}
		holds := func(id int64, token string) bool {
			t.Helper()
			s, err := db.Read().Leased(ctx, id, token)
			if err != nil && !errors.Is(err, ErrNotFound) || err == nil && s.ID != id {
				t.Errorf("lease of source %d: %+v, %v", id, s, err)
			}
			return err == nil
		}
		if got := lease(noon, "one"); got != fmt.Sprint(due) {
			t.Errorf("leased %s, want %d", got, due)
		}
		if got := lease(noon, "two"); got != "" {
			t.Errorf("leased twice: %s", got)
		}
		if !holds(due, "one") || holds(due, "two") || holds(due, "") || holds(paused, "one") {
			t.Error("a lease is held by somebody else")
		}
		// The poller died: after the lease its source is due again, by the longest wait first.
		if got, want := lease(noon.Add(2*time.Minute), "three"), fmt.Sprint(due, later); got != want {
			t.Errorf("leased %s, want %s", got, want)
		}
		if holds(due, "one") {
			t.Error("a lost lease is held")
		}
		write(t, db, func(q *Q) error {
			return q.SaveVisit(ctx, Source{ID: due, URL: "https://due.example/", NextVisit: noon.Add(time.Hour)})
		})
		if holds(due, "three") {
			t.Error("a lease outlives its visit")
		}
		if got := lease(noon.Add(time.Hour), "four"); got != fmt.Sprint(later, due) {
			t.Errorf("leased %s", got)
		}
		subs := must[[]Subscription](t)(db.Read().Subscriptions(ctx, "g"))
		for _, s := range subs {
			if s.Source.ID == gone && s.Source.Status != "gone" {
				t.Errorf("source %+v", s.Source)
			}
		}
		if id := subscribe(t, db, "g2", "https://gone.example/", Subscription{}); id != gone {
			t.Errorf("source %d", id)
		}
		if got := lease(noon, "five"); got != fmt.Sprint(gone) {
			t.Errorf("a source that was gone is not tried again for somebody new: %s", got)
		}
	})
}

func TestLeasesAreExclusive(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		const sources = 60
		for n := range sources {
			subscribe(t, db, "g", fmt.Sprintf("https://%d.example/", n), Subscription{})
		}
		var mu sync.Mutex
		leased := map[int64]int{}
		var wg sync.WaitGroup
		for poller := range 4 {
			wg.Go(func() {
				for range sources {
					var got []Source
					if err := db.InTx(t.Context(), func(q *Q, _ Jobs) (err error) {
						got, err = q.LeaseSources(t.Context(), noon, 7, noon.Add(time.Minute), fmt.Sprint(poller))
						return err
					}); err != nil {
						t.Error(err)
						return
					}
					if len(got) == 0 {
						return
					}
					mu.Lock()
					for _, s := range got {
						leased[s.ID]++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if len(leased) != sources {
			t.Errorf("%d of %d sources leased", len(leased), sources)
		}
		for id, n := range leased {
			if n != 1 {
				t.Errorf("source %d leased %d times", id, n)
			}
		}
	})
}

func TestSaveVisit(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		a := subscribe(t, db, "g", "https://a.example/", Subscription{})
		b := subscribe(t, db, "g", "https://b.example/", Subscription{})
		want := Source{ID: a, URL: "https://a.example/new", Title: "A", Link: "https://a.example", Lang: "tr", ETag: `W/"x"`, LastModified: "Thu",
			Moved: "https://a.example/newer", MovedSeen: 2, Status: "active", NextVisit: noon.Add(time.Hour), LastVisit: noon, LastSuccess: noon.Add(-time.Hour),
			Failures: 3, Error: "It failed.", Warnings: []string{"one", "two"}}
		write(t, db, func(q *Q) error { return q.SaveVisit(ctx, want) })
		got := must[Source](t)(db.Read().Source(ctx, a))
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("source\n%+v, want\n%+v", got, want)
		}
		write(t, db, func(q *Q) error { return q.SaveVisit(ctx, Source{ID: b, URL: "https://a.example/new", Title: "B"}) })
		if got := must[Source](t)(db.Read().Source(ctx, b)); got.URL != "https://b.example/" || got.Title != "B" {
			t.Errorf("a source took another's URL, or lost its visit: %+v", got)
		}
	})
}

// A URL may have 8 KB, and may hold what no index and no text of PostgreSQL takes as it is.
func TestLongAndOddText(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		r := rand.New(rand.NewPCG(1, 2))
		long := make([]byte, 8000)
		for i := range long {
			long[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[r.IntN(36)] // nothing that could be compressed
		}
		url := "https://a.example/" + string(long)
		src := subscribe(t, db, "g", url, Subscription{Name: "Long"})
		if again := subscribe(t, db, "h", url, Subscription{}); again != src {
			t.Errorf("one URL became the sources %d and %d", src, again)
		}
		other := subscribe(t, db, "g", url+"x", Subscription{})
		if other == src {
			t.Error("two long URLs became one source")
		}
		id := publish(t, db, Article{Source: src, Key: url, URL: url, Title: "T", Text: "x"})
		if a := must[Listed](t)(db.Read().Guild("g").ArticleAt(ctx, url)); a.ID != id || a.Key != url {
			t.Errorf("article %d, want %d", a.ID, id)
		}
		if known := must[map[string]string](t)(db.Read().KnownArticles(ctx, src, []string{url, url + "x"})); len(known) != 1 {
			t.Errorf("%d known", len(known))
		}
		// A server's headers and errors may be any bytes: the visit is saved all the same.
		odd := Source{ID: src, ETag: "\"caf\xe9\"", Error: "It said \x00 and \xff.", Title: "nul\x00"}
		write(t, db, func(q *Q) error { return q.SaveVisit(ctx, odd) })
		got := must[Source](t)(db.Read().Source(ctx, src))
		if !strings.HasPrefix(got.ETag, `"caf`) || !strings.HasPrefix(got.Error, "It said ") || got.URL != url {
			t.Errorf("source %+v", got)
		}
	})
}

// What is watched of a page is kept with its source, and changes with a visit that found it in another place.
func TestWatchIsKept(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		var id int64
		write(t, db, func(q *Q) (err error) {
			id, err = q.Subscribe(ctx, Source{URL: "https://a.example/press", Watch: "ul.news li a"}, Subscription{Guild: "g", Name: "A"})
			return err
		})
		s := must[Source](t)(db.Read().Source(ctx, id))
		if s.Watch != "ul.news li a" {
			t.Fatalf("watch %q", s.Watch)
		}
		s.Watch = "table tr td a"
		write(t, db, func(q *Q) error { return q.SaveVisit(ctx, s) })
		if s := must[Source](t)(db.Read().Source(ctx, id)); s.Watch != "table tr td a" {
			t.Errorf("watch %q after a visit", s.Watch)
		}
	})
}
