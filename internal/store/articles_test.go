package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"attache/internal/text"
	"attache/summarize/quote"
)

func save(t *testing.T, db *DB, a Article) (id int64, changed bool) {
	t.Helper()
	write(t, db, func(q *Q) (err error) {
		id, changed, err = q.SaveArticle(t.Context(), a)
		return err
	})
	return id, changed
}

func TestSaveArticle(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		src := subscribe(t, db, "g", "https://a.example/", Subscription{})
		first := Article{Source: src, Key: "k", GUID: "guid", URL: "https://a.example/1", Title: "Title", Text: "One.\nTwo.", Lang: "fr", Author: "A. Author",
			Credits: "Credits.", Note: "Note.", Published: noon.Add(-time.Hour), Hash: "h1", Teaser: true}
		id, changed := save(t, db, first)
		if !changed {
			t.Error("a new article is no change")
		}
		want := first
		want.ID, want.Revision, want.Seen = id, 1, noon
		if got := must[Listed](t)(db.Read().Guild("g").Article(ctx, id)).Article; fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("stored\n%+v, want\n%+v", got, want)
		}
		for _, c := range []struct {
			name     string
			edit     func(a *Article)
			changed  bool
			revision int
			text     string
			hash     string
		}{
			{"the same", func(a *Article) {}, false, 1, "One.\nTwo.", "h1"},
			{"another hash", func(a *Article) { a.Hash = "h2" }, false, 1, "One.\nTwo.", "h2"},
			{"the whole text", func(a *Article) { a.Hash, a.Text, a.Teaser = "h3", "Three.", false }, true, 2, "Three.", "h3"},
			{"a teaser after the text", func(a *Article) { a.Hash = "h4" }, false, 2, "Three.", "h4"},
			{"a teaser with another title", func(a *Article) { a.Hash, a.Title = "h5", "New title" }, true, 3, "Three.", "h5"},
			{"another text", func(a *Article) { a.Hash, a.Title, a.Text, a.Teaser = "h6", "New title", "Four.", false }, true, 4, "Four.", "h6"},
		} {
			a := first
			c.edit(&a)
			again, changed := save(t, db, a)
			got := must[Listed](t)(db.Read().Guild("g").Article(ctx, id))
			if again != id || changed != c.changed || got.Revision != c.revision || got.Text != c.text || got.Hash != c.hash {
				t.Errorf("%s: id %d, changed %v, %+v", c.name, again, changed, got)
			}
			if known := must[map[string]string](t)(db.Read().KnownArticles(ctx, src, []string{"k", "other"})); len(known) != 1 || known["k"] != c.hash {
				t.Errorf("%s: known %v", c.name, known)
			}
		}
		for revision, text := range map[int]string{1: "One.\nTwo.", 2: "Three.", 3: "Three.", 4: "Four."} {
			got := must[Listed](t)(db.Read().Guild("g").Revision(ctx, id, revision))
			if got.Text != text || got.Revision != revision {
				t.Errorf("revision %d: %+v", revision, got)
			}
		}
	})
}

// One outlet never writes under the address of another.
func TestArticlesAreTheirSources(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		honest := subscribe(t, db, "g", "https://honest.example/", Subscription{Name: "Honest"})
		liar := subscribe(t, db, "g", "https://liar.example/", Subscription{Name: "Liar"})
		a, _ := save(t, db, Article{Source: honest, Key: "honest.example/1", URL: "https://honest.example/1", Title: "T", Text: "The minister agreed."})
		b, changed := save(t, db, Article{Source: liar, Key: "honest.example/1", URL: "https://honest.example/1", Title: "T", Text: "The minister refused."})
		if a == b || !changed {
			t.Errorf("articles %d and %d", a, b)
		}
		got := must[Listed](t)(db.Read().Guild("g").Article(t.Context(), a))
		if got.Text != "The minister agreed." || got.Name != "Honest" || got.Revision != 1 {
			t.Errorf("%+v", got)
		}
	})
}

func TestKnownArticlesMany(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		src := subscribe(t, db, "g", "https://a.example/", Subscription{})
		const many = 2*listChunk + 1
		var keys []string
		write(t, db, func(q *Q) error {
			for n := range many {
				keys = append(keys, fmt.Sprintf("key %d", n))
				if _, _, err := q.SaveArticle(t.Context(), Article{Source: src, Key: keys[n], URL: "u", Hash: fmt.Sprint(n)}); err != nil {
					return err
				}
			}
			return nil
		})
		known := must[map[string]string](t)(db.Read().KnownArticles(t.Context(), src, keys))
		if len(known) != many || known["key 1000"] != "1000" {
			t.Errorf("%d known", len(known))
		}
	})
}

func TestIngest(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		src := subscribe(t, db, "g", "https://a.example/", Subscription{})
		var want []string
		for n := range 3 {
			// The one seen first was published last.
			id, _ := save(t, db, Article{Source: src, Key: fmt.Sprint(n), Text: "He said “yes” and “no”.", Published: noon.Add(time.Duration(-n) * time.Hour)})
			want = append([]string{fmt.Sprint(id)}, want...)
		}
		open := must[[]Article](t)(db.Read().Uningested(ctx, Article{}, 10, 1<<20))
		var got []string
		for _, a := range open {
			got = append(got, fmt.Sprint(a.ID))
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("uningested %v, want %v", got, want)
		}
		if rest := must[[]Article](t)(db.Read().Uningested(ctx, open[0], 10, 1<<20)); len(rest) != 2 || rest[0].ID != open[1].ID || rest[1].ID != open[2].ID {
			t.Errorf("%d behind the first", len(rest))
		}
		if rest := must[[]Article](t)(db.Read().Uningested(ctx, open[2], 10, 1<<20)); len(rest) != 0 {
			t.Errorf("%d behind the last", len(rest))
		}
		if some := must[[]Article](t)(db.Read().Uningested(ctx, Article{}, 10, len(open[0].Text)+1)); len(some) != 2 {
			t.Errorf("%d until their texts come to the size", len(some))
		}
		if some := must[[]Article](t)(db.Read().Uningested(ctx, Article{}, 2, 1<<20)); len(some) != 2 {
			t.Errorf("%d of two", len(some))
		}
		if ls := must[[]Listed](t)(db.Read().Guild("g").Latest(ctx, 10)); len(ls) != 0 {
			t.Errorf("articles are shown before they are ingested: %s", ids(ls))
		}
		a := open[0]
		a.Lang, a.Story, a.Ingested = "en", 5, true
		yes, no := span(a.Text, "yes"), span(a.Text, "no")
		quotes := []Quote{
			{Quote: quote.Quote{Spans: []text.Span{yes}, Kind: quote.Direct, Speaker: "Élodie Ünal", Verb: "said", Sure: true}},
			{Quote: quote.Quote{Spans: []text.Span{yes, no}, Kind: quote.Direct}, Words: []string{"yes", "no"}},
		}
		ingested := func(a Article, quotes []Quote) error {
			return db.InTx(ctx, func(q *Q, _ Jobs) error { return q.SaveIngested(ctx, a, []string{"minister"}, quotes) })
		}
		if err := ingested(a, quotes); err != nil {
			t.Fatal(err)
		}
		first := must[map[int64][]Quote](t)(db.Read().Guild("g").QuotesOf(ctx, []int64{a.ID, 77}))[a.ID]
		if len(first) != 2 || first[0].Words[0] != "yes" || strings.Join(first[1].Words, "+") != "yes+no" || first[0].Revision != 1 ||
			first[0].Speaker != "Élodie Ünal" || first[0].Verb != "said" || !first[0].Sure {
			t.Fatalf("quotes %+v", first)
		}
		if err := ingested(a, quotes[1:]); err != nil {
			t.Fatal(err)
		}
		if again := must[map[int64][]Quote](t)(db.Read().Guild("g").QuotesOf(ctx, []int64{a.ID}))[a.ID]; len(again) != 1 || again[0].ID != first[1].ID {
			t.Errorf("the same quote has another id: %+v, was %+v", again, first)
		}
		for name, bad := range map[string]Quote{
			"no span":      {},
			"outside":      {Quote: quote.Quote{Spans: []text.Span{{Start: 0, End: len(a.Text) + 1}}}},
			"before":       {Quote: quote.Quote{Spans: []text.Span{{Start: -1, End: 2}}}},
			"backwards":    {Quote: quote.Quote{Spans: []text.Span{{Start: 3, End: 2}}}},
			"other words":  {Quote: quote.Quote{Spans: []text.Span{yes}}, Words: []string{"no"}},
			"speaker afar": {Quote: quote.Quote{Spans: []text.Span{yes}, SpeakerSpan: text.Span{Start: 5, End: 500}}},
		} {
			if err := ingested(a, []Quote{bad}); err == nil {
				t.Errorf("a quote with %s was stored", name)
			}
		}

		// A newer revision came while the older was being ingested.
		save(t, db, Article{Source: src, Key: a.Key, Text: "He said nothing."})
		if err := ingested(a, quotes); err != nil {
			t.Fatal(err)
		}
		stored := must[Listed](t)(db.Read().Guild("g").Article(ctx, a.ID))
		if stored.Ingested || stored.Revision != 2 {
			t.Errorf("the outcome for an old revision was stored: %+v", stored)
		}
		if qs := must[map[int64][]Quote](t)(db.Read().Guild("g").QuotesOf(ctx, []int64{a.ID})); len(qs) != 0 {
			t.Errorf("quotes of another revision than the text: %v", qs)
		}
		a.Revision = 2
		if err := ingested(a, nil); err != nil {
			t.Fatal(err)
		}
		if n := must[int64](t)(value[int64](ctx, db.Read(), "SELECT COUNT(*) FROM quotes")); n != 0 {
			t.Errorf("%d quotes of an old revision are left", n)
		}
		if open := must[[]Article](t)(db.Read().Uningested(ctx, Article{}, 10, 1<<20)); len(open) != 2 {
			t.Errorf("%d left to ingest", len(open))
		}
	})
}

func span(s, part string) text.Span {
	i := strings.Index(s, part)
	return text.Span{Start: i, End: i + len(part)}
}

func TestStoriesAndArticlesSince(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		src := subscribe(t, db, "g", "https://a.example/", Subscription{})
		var private int64
		write(t, db, func(q *Q) (err error) {
			private, err = q.Subscribe(ctx, Source{URL: "https://p.example/?t=1", Private: true}, Subscription{Guild: "g"})
			return err
		})
		var stories [2]int64
		for i := range stories {
			write(t, db, func(q *Q) (err error) { stories[i], err = q.NewStory(ctx, noon); return err })
		}
		if stories[0] == 0 || stories[0] == stories[1] {
			t.Errorf("stories %v", stories)
		}
		late := publish(t, db, Article{Source: src, Key: "late", Text: "x", Published: noon, Story: stories[0]})
		early := publish(t, db, Article{Source: src, Key: "early", Text: "x", Published: noon.Add(-2 * time.Hour), Story: stories[0]})
		publish(t, db, Article{Source: src, Key: "old", Text: "x", Published: noon.Add(-5 * time.Hour), Story: stories[0]})
		publish(t, db, Article{Source: private, Key: "private", Text: "x", Published: noon, Story: stories[0]})
		save(t, db, Article{Source: src, Key: "raw", Text: "x", Published: noon})
		got := must[[]Article](t)(db.Read().ArticlesSince(ctx, noon.Add(-3*time.Hour)))
		if len(got) != 2 || got[0].ID != early || got[1].ID != late || got[0].Text != "x" {
			t.Errorf("articles %+v", got)
		}
		write(t, db, func(q *Q) error { return q.MoveArticle(ctx, early, stories[1]) })
		if s := must[Story](t)(db.Read().Guild("g").Story(ctx, stories[1])); ids(s.Articles) != fmt.Sprint(early) {
			t.Errorf("story %+v", s)
		}
	})
}

func TestPruneBodies(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		src := subscribe(t, db, "g", "https://a.example/", Subscription{})
		old := Article{Source: src, Key: "old", URL: "https://a.example/old", Title: "Harbour", Text: `She said "we agree" on the pier.`, Published: noon.Add(-48 * time.Hour), Hash: "h", Story: 1}
		id := publish(t, db, old)
		fresh := publish(t, db, Article{Source: src, Key: "new", Title: "Harbour", Text: "New.", Published: noon, Story: 1})
		raw, _ := save(t, db, Article{Source: src, Key: "raw", Text: "Raw.", Published: noon.Add(-48 * time.Hour)})
		for i := range 3 {
			publish(t, db, Article{Source: src, Key: fmt.Sprint(i), Text: "Old.", Published: noon.Add(-30 * time.Hour)})
		}
		var pruned []int
		for range 3 {
			write(t, db, func(q *Q) error {
				n, err := q.PruneBodies(ctx, noon.Add(-24*time.Hour), 2)
				pruned = append(pruned, n)
				return err
			})
		}
		if fmt.Sprint(pruned) != "[2 2 0]" {
			t.Errorf("pruned %v", pruned)
		}
		scope := db.Read().Guild("g")
		if a := must[Listed](t)(scope.Article(ctx, id)); a.Text != "" || a.Title != "Harbour" || a.URL != old.URL || a.Hash != "h" {
			t.Errorf("pruned article %+v", a)
		}
		for _, keep := range []int64{fresh, raw} {
			if a := must[Listed](t)(scope.Article(ctx, keep)); a.Text == "" {
				t.Errorf("article %d lost its text", keep)
			}
		}
		if ls := must[[]Listed](t)(scope.Search(ctx, "pier", 5)); ids(ls) != fmt.Sprint(id) {
			t.Errorf("a pruned article is not found: %s", ids(ls))
		}
		qs := must[[]Quote](t)(scope.Quotes(ctx, "", 0, 5))
		if len(qs) != 1 || qs[0].Words[0] != "we agree" {
			t.Errorf("quotes %+v", qs)
		}
		// The feed still carries it: that is no change.
		if again, changed := save(t, db, old); again != id || changed {
			t.Errorf("a pruned article became a new revision: %d %v", again, changed)
		}
		old.Text = `She said "we do not agree" on the pier.`
		if _, changed := save(t, db, old); !changed {
			t.Error("a change of a pruned article was lost")
		}
		if a := must[Listed](t)(scope.Article(ctx, id)); a.Text != old.Text || a.Revision != 2 {
			t.Errorf("article %+v", a)
		}
	})
}
