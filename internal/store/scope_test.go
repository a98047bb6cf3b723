package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The leak test: two guilds with a feed in common, feeds of their own, and
// private feeds at one URL. Every method of Scope is called for each guild, and
// whatever comes out is searched for the other's secrets. A method that is not
// called here fails the test.

// leakWorld is what both guilds brought.
type leakWorld struct {
	common, mine, theirs   int64 // articles, seen from guild "mine"
	commonStory, ownTheirs int64
	privateMine            int64
	privateTheirs          int64
}

// secretOfTheirs are the words that only the guild "theirs" may see; each
// stands in an article, a quote, a name, a topic, a country or a URL of it.
var secretOfTheirs = []string{"zebra", "ZQ", "theirsname", "theirstopic", "theirs.example", "t0ken-theirs"}

func buildLeakWorld(t *testing.T, db *DB) leakWorld {
	var w leakWorld
	ctx := t.Context()
	const shared, private = "https://common.example/feed", "https://private.example/feed?key=t0ken"
	var sources [6]int64
	add := func(i int, src Source, sub Subscription) {
		write(t, db, func(q *Q) (err error) { sources[i], err = q.Subscribe(ctx, src, sub); return err })
	}
	add(0, Source{URL: shared}, Subscription{Guild: "mine", Name: "Common", Tier: Press, Topics: []string{"minetopic"}, Country: "FR"})
	add(1, Source{URL: shared}, Subscription{Guild: "theirs", Name: "theirsname", Tier: StateMedia, Topics: []string{"theirstopic"}, Country: "ZQ"})
	add(2, Source{URL: "https://mine.example/feed"}, Subscription{Guild: "mine", Name: "Mine", Tier: Official})
	add(3, Source{URL: "https://theirs.example/feed"}, Subscription{Guild: "theirs", Name: "theirsname", Tier: Official, Country: "ZQ"})
	add(4, Source{URL: private + "-mine", Private: true}, Subscription{Guild: "mine", Name: "Private"})
	add(5, Source{URL: private + "-theirs", Private: true}, Subscription{Guild: "theirs", Name: "theirsname"})
	const story, own = 1, 2
	w.commonStory, w.ownTheirs = story, own
	article := func(src, story int64, key, word string) int64 {
		return publish(t, db, Article{Source: src, Key: key, URL: "https://" + key + ".example/" + word, Title: "Treaty " + word,
			Text: fmt.Sprintf("The harbour treaty. \"We speak of the %s here\" they said.", word), Published: noon.Add(-time.Hour), Story: story})
	}
	w.common = article(sources[0], story, "common", "badger")
	w.mine = article(sources[2], story, "mine", "badger")
	w.theirs = article(sources[3], story, "theirs", "zebra")
	w.privateMine = article(sources[4], story, "mine-private", "badger")
	w.privateTheirs = article(sources[5], story, "theirs", "zebra")
	article(sources[3], own, "theirs-own", "zebra")
	return w
}

func TestScopeLeaksNothing(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		w := buildLeakWorld(t, db)
		ctx := t.Context()
		s := db.Read().Guild("mine")
		all := []int64{w.common, w.mine, w.theirs, w.privateMine, w.privateTheirs}
		// For each method: what comes out of it, however it is asked.
		calls := map[string]func() []any{
			"View": func() []any {
				return []any{must[[]Story](t)(s.View(ctx, noon.Add(-24*time.Hour), noon.Add(time.Hour)))}
			},
			"Stories": func() []any {
				return []any{must[[]Story](t)(s.Stories(ctx, noon.Add(-24*time.Hour), noon.Add(time.Hour)))}
			},
			"Story": func() (out []any) {
				out = append(out, must[Story](t)(s.Story(ctx, w.commonStory)))
				st, err := s.Story(ctx, w.ownTheirs)
				if !errors.Is(err, ErrNotFound) {
					t.Errorf("a story of the other guild alone: %v", err)
				}
				return append(out, st)
			},
			"Article": func() (out []any) {
				for _, id := range all {
					a, err := s.Article(ctx, id)
					if theirs := id == w.theirs || id == w.privateTheirs; errors.Is(err, ErrNotFound) != theirs {
						t.Errorf("article %d: error %v", id, err)
					}
					out = append(out, a)
				}
				return out
			},
			"Revision": func() (out []any) {
				for _, id := range all {
					a, err := s.Revision(ctx, id, 1)
					if theirs := id == w.theirs || id == w.privateTheirs; errors.Is(err, ErrNotFound) != theirs {
						t.Errorf("revision of article %d: error %v", id, err)
					}
					out = append(out, a)
				}
				return out
			},
			"ArticleAt": func() (out []any) {
				for _, key := range []string{"common", "mine", "theirs", "mine-private", "theirs-own"} {
					a, err := s.ArticleAt(ctx, key)
					if theirs := strings.HasPrefix(key, "theirs"); errors.Is(err, ErrNotFound) != theirs {
						t.Errorf("article at %s: error %v", key, err)
					}
					out = append(out, a)
				}
				return out
			},
			"Latest": func() []any { return []any{must[[]Listed](t)(s.Latest(ctx, 100))} },
			"Search": func() (out []any) {
				for _, query := range []string{"treaty", "harbour treaty", "zebra", "badger", "theirsname"} {
					out = append(out, must[[]Listed](t)(s.Search(ctx, query, 100)))
				}
				return out
			},
			"Quotes": func() (out []any) {
				for _, speaker := range []string{"", "speaker", "theirs", "theirs-own"} {
					for _, story := range []int64{0, w.commonStory, w.ownTheirs} {
						out = append(out, must[[]Quote](t)(s.Quotes(ctx, speaker, story, 100)))
					}
				}
				return out
			},
			"Speakers": func() (out []any) {
				for _, typed := range []string{"", "spea", "thei", "theirs-own"} {
					out = append(out, must[[]string](t)(s.Speakers(ctx, typed, 100)))
				}
				return out
			},
			"QuotesOf": func() []any { return []any{must[map[int64][]Quote](t)(s.QuotesOf(ctx, all))} },
			"Counts": func() []any {
				c := must[Counts](t)(s.Counts(ctx))
				if want := (Counts{Sources: 3, Articles: 3, Stories: 1, Quotes: 3}); c != want {
					t.Errorf("counts %+v, want %+v", c, want)
				}
				return []any{c}
			},
			"Paces": func() []any {
				p := must[map[int64]Pace](t)(s.Paces(ctx, time.Time{}))
				if len(p) != 3 {
					t.Errorf("paces of %d sources", len(p))
				}
				for id := range p {
					if src := must[Source](t)(db.Read().Source(ctx, id)); strings.Contains(src.URL, "theirs") {
						t.Errorf("the pace of the other guild's %s is shown", src.URL)
					}
				}
				return []any{p}
			},
			"Named": func() []any {
				ns := must[[]Named](t)(s.Named(ctx))
				if len(ns) != 3 {
					t.Errorf("%d sources by name", len(ns))
				}
				return []any{ns}
			},
			"Deliveries": func() []any {
				err := db.InTx(ctx, func(q *Q, _ Jobs) error {
					id, err := q.SaveSchedule(ctx, Schedule{Guild: "theirs", Spec: "08:00", Zone: "UTC"})
					if err == nil {
						_, _, err = q.PlanDelivery(ctx, Delivery{Schedule: id, Slot: "2026-03-01T08:00", Status: Sent})
					}
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				d := must[map[string]int](t)(s.Deliveries(ctx))
				if len(d) != 0 {
					t.Errorf("deliveries of the other guild: %v", d)
				}
				return []any{d}
			},
		}
		methods := reflect.TypeFor[Scope]()
		for i := range methods.NumMethod() {
			name := methods.Method(i).Name
			call, ok := calls[name]
			if !ok {
				t.Errorf("Scope.%s is not tried: add it to the leak test", name)
				continue
			}
			out := call()
			shown, err := json.Marshal(out)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range secretOfTheirs {
				if strings.Contains(string(shown), secret) {
					t.Errorf("%s shows %q of another guild: %s", name, secret, shown)
				}
			}
			mine := "badger" // stands in every article
			switch name {
			case "Counts", "Deliveries", "Named", "Paces": // these show none
				mine = ""
			case "Speakers":
				mine = "Speaker of mine"
			}
			if !strings.Contains(string(shown), mine) {
				t.Errorf("%s does not show what the guild may see: %s", name, shown)
			}
		}
		for name := range calls {
			if _, ok := methods.MethodByName(name); !ok {
				t.Errorf("Scope.%s is gone: take it out of the leak test", name)
			}
		}
		// A guild that reads nothing sees nothing, not even the same story.
		nobody := db.Read().Guild("nobody")
		if c := must[Counts](t)(nobody.Counts(ctx)); c != (Counts{}) {
			t.Errorf("a guild without sources counts %+v", c)
		}
		if ls := must[[]Listed](t)(nobody.Latest(ctx, 10)); len(ls) != 0 {
			t.Errorf("a guild without sources sees %s", ids(ls))
		}
		for _, sub := range must[[]Subscription](t)(db.Read().Subscriptions(ctx, "mine")) {
			if shown := fmt.Sprintf("%+v", sub); strings.Contains(shown, "t0ken") || strings.Contains(shown, "theirs") {
				t.Errorf("subscriptions show %s", shown)
			}
		}
		// What a guild no longer reads it no longer sees.
		common := must[Listed](t)(s.Article(ctx, w.common)).Source
		write(t, db, func(q *Q) error { return q.Unsubscribe(ctx, "mine", common) })
		if _, err := s.Article(ctx, w.common); !errors.Is(err, ErrNotFound) {
			t.Errorf("after unsubscribing: error %v", err)
		}
	})
}

func TestStories(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		a := subscribe(t, db, "g", "https://a.example/", Subscription{Name: "A", Tier: Official, Country: "TR", Topics: []string{"energy"}})
		b := subscribe(t, db, "g", "https://b.example/", Subscription{Name: "B", Tier: Press})
		paused := subscribe(t, db, "g", "https://p.example/", Subscription{Name: "P", Tier: Press})
		n := 0
		add := func(src, story int64, published, seen time.Time) int64 {
			n++
			return publish(t, db, Article{Source: src, Key: fmt.Sprint(n), Title: "T", Text: "Text", Published: published, Seen: seen, Story: story})
		}
		day := 24 * time.Hour
		before := add(a, 1, noon.Add(-2*day), noon.Add(-2*day)) // earlier article of a story that goes on
		inside := add(b, 1, noon.Add(-time.Hour), noon.Add(-time.Hour))
		add(a, 1, noon.Add(-8*day), noon.Add(-8*day)) // of the same story, but beyond the window
		add(a, 2, noon.Add(-2*day), noon.Add(-2*day)) // a story with nothing new
		late := add(a, 3, noon.Add(-2*day), noon.Add(-time.Hour))
		future := add(b, 4, noon.Add(30*day), noon.Add(-3*time.Hour)) // a date no feed may use to stand on top
		add(b, 5, noon, noon)                                         // at the end of the time: the next digest's
		add(paused, 1, noon.Add(-time.Hour), noon.Add(-time.Hour))
		add(paused, 6, noon.Add(-time.Hour), noon.Add(-time.Hour))
		add(a, 0, noon.Add(-time.Hour), noon.Add(-time.Hour)) // in no story
		// What is new to another guild alone makes no old story of this one new.
		elsewhere := subscribe(t, db, "other", "https://elsewhere.example/", Subscription{})
		add(elsewhere, 2, noon.Add(-time.Hour), noon.Add(-time.Hour))
		write(t, db, func(q *Q) error {
			_, _, err := q.SaveArticle(ctx, Article{Source: a, Key: "raw", Title: "T", Text: "not ingested", Published: noon.Add(-time.Hour), Seen: noon.Add(-time.Hour)})
			if err != nil {
				return err
			}
			return q.SaveSubscription(ctx, Subscription{Guild: "g", Source: Source{ID: paused}, Name: "P", Tier: Press, Paused: true})
		})
		var got []string
		stories := must[[]Story](t)(db.Read().Guild("g").Stories(ctx, noon.Add(-day), noon))
		for _, s := range stories {
			got = append(got, fmt.Sprintf("%d: %s", s.ID, ids(s.Articles)))
		}
		want := []string{fmt.Sprintf("1: %d %d", inside, before), fmt.Sprintf("4: %d", future), fmt.Sprintf("3: %d", late)}
		if strings.Join(got, ", ") != strings.Join(want, ", ") {
			t.Errorf("stories %v, want %v", got, want)
		}
		l := stories[0].Articles[1]
		if l.Name != "A" || l.Tier != Official || l.Country != "TR" || strings.Join(l.Topics, "") != "energy" || l.Text != "Text" || !l.Ingested {
			t.Errorf("article %+v", l)
		}
		// A long time looks back further than the window.
		if s := must[[]Story](t)(db.Read().Guild("g").Stories(ctx, noon.Add(-10*day), noon)); len(s) != 4 || len(s[0].Articles) != 3 {
			t.Errorf("ten days hold %v", s)
		}
		// Paused, it is still there to be asked.
		if s := must[Story](t)(db.Read().Guild("g").Story(ctx, 6)); len(s.Articles) != 1 {
			t.Errorf("story of a paused source: %+v", s)
		}
		if got := ids(must[[]Listed](t)(db.Read().Guild("g").Latest(ctx, 3))); len(strings.Fields(got)) != 3 {
			t.Errorf("latest %s", got)
		}
	})
}

func TestLatest(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		var want []string
		of := [3]int64{
			subscribe(t, db, "g", "https://x.example/", Subscription{}),
			subscribe(t, db, "g", "https://y.example/", Subscription{}),
			subscribe(t, db, "other", "https://z.example/", Subscription{}),
		}
		for n := range 12 {
			id := publish(t, db, Article{Source: of[n%3], Key: fmt.Sprint(n), Title: "T", Text: "x", Published: noon.Add(time.Duration(-n) * time.Minute)})
			if n%3 != 2 {
				want = append(want, fmt.Sprint(id))
			}
		}
		for _, n := range []int{1, 3, 5, 100} {
			got := ids(must[[]Listed](t)(db.Read().Guild("g").Latest(t.Context(), n)))
			if got != strings.Join(want[:min(n, len(want))], " ") {
				t.Errorf("latest %d: %s, want %v", n, got, want)
			}
		}
	})
}

func TestQuotes(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		src := subscribe(t, db, "g", "https://a.example/", Subscription{})
		for i, name := range []string{"Élodie Ünal", "Ana Under", "100% Sure_Name"} {
			publish(t, db, Article{Source: src, Key: name, Title: "T", Text: `They said "something".`, Published: noon.Add(time.Duration(i) * time.Minute), Story: int64(i + 1)})
		}
		for _, c := range []struct {
			speaker string
			story   int64
			n       int
			want    int
		}{
			{"", 0, 10, 3}, {"", 0, 2, 2}, {"unal", 0, 10, 1}, {"ÜNAL élodie", 0, 10, 1}, {"un", 0, 10, 0}, {"ana unal", 0, 10, 0},
			{"speaker", 0, 10, 3}, {"speaker", 2, 10, 1}, {"unal", 2, 10, 0}, {"%", 0, 10, 0}, {"_", 0, 10, 0}, {"100", 0, 10, 1}, {"'", 0, 10, 0},
		} {
			qs, err := db.Read().Guild("g").Quotes(context.Background(), c.speaker, c.story, c.n)
			if err != nil || len(qs) != c.want {
				t.Errorf("%q in story %d: %d quotes, want %d (%v)", c.speaker, c.story, len(qs), c.want, err)
			}
		}
		qs := must[[]Quote](t)(db.Read().Guild("g").Quotes(t.Context(), "", 0, 10))
		if qs[0].Speaker != "Speaker of 100% Sure_Name" || qs[0].Words[0] != "something" {
			t.Errorf("newest quote %+v", qs[0])
		}
	})
}
