package digest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"attache/internal/store"
)

func TestParseAbout(t *testing.T) {
	for _, c := range []struct {
		typed, lang, kind, is string // is: codes of countries, or the body
	}{
		{"Germany", "en", AboutPlace, "DE"}, {"germany", "en", AboutPlace, "DE"}, {"Deutschland", "de", AboutPlace, "DE"},
		{"Deutschland", "en", AboutPlace, "DE"}, {"Norvège", "fr", AboutPlace, "NO"}, {"Россия", "en", AboutPlace, "RU"}, {"South Sudan", "en", AboutPlace, "SS"},
		{"country:FR", "de", AboutPlace, "FR"}, {"country:france", "en", AboutWords, ""}, {"country:QQ", "en", AboutWords, ""},
		{"Russia–Ukraine", "en", AboutPlace, "RU UA"}, {"Russia - Ukraine", "en", AboutPlace, "RU UA"}, {"Russland-Türkei", "de", AboutPlace, "RU TR"},
		{"Poland / Czechia", "en", AboutPlace, "PL CZ"}, {"Poland–Poland", "en", AboutWords, ""}, {"Poland–sardines", "en", AboutWords, ""},
		{"NATO", "en", AboutPlace, "NATO"}, {"nato", "en", AboutPlace, "nato"},
		{"story:12", "en", AboutStory, ""}, {"story:-1", "en", AboutWords, ""}, {"story:x", "en", AboutWords, ""},
		{"Ana Reis-Lobo", "en", AboutWords, ""}, {"grain corridor", "en", AboutWords, ""}, {"Germany election", "en", AboutWords, ""}, {"", "en", AboutWords, ""},
		{"Who opened the embassy?", "en", AboutQuestion, ""}, {"who opened the embassy", "en", AboutQuestion, ""}, {"Germany?", "en", AboutQuestion, ""},
		{"Wann beginnt der Bau", "de", AboutQuestion, ""}, {"¿Quién abrió la embajada?", "es", AboutQuestion, ""}, {"сколько тонн поймали", "ru", AboutQuestion, ""},
		{"何时开始？", "zh", AboutQuestion, ""}, {"من افتتح السفارة؟", "ar", AboutQuestion, ""}, {"Will Hutton in Oslo", "en", AboutWords, ""}, {"Will Norway join?", "en", AboutQuestion, ""}, {"who", "en", AboutPlace, "who"}, {"WHO", "en", AboutPlace, "WHO"},
		{strings.Repeat("a–", 500), "en", AboutWords, ""},
	} {
		a := ParseAbout(c.typed, c.lang)
		is := ""
		if a.place != nil {
			codes := slices.Concat(a.place.Countries.Include, a.place.Filter.Bodies.Include)
			for _, p := range a.place.Pairs {
				codes = append(codes, p[:]...)
			}
			is = strings.Join(codes, " ")
		}
		if a.Kind != c.kind || is != c.is {
			t.Errorf("%q in %s is %s %q, want %s %q", c.typed, c.lang, a.Kind, is, c.kind, c.is)
		}
	}
}

// readers fills a guild with stories, and another one with what the first must not see.
func readers(t testing.TB) (w *world, ids map[string]int64) {
	w = newWorld(t)
	press := w.subscribe("guild", "Harbour Times", store.Press, "")
	sea := w.subscribe("guild", "Ministry of the Sea", store.Official, "PT")
	zebra := w.subscribe("other", "Zebra Courier", store.Press, "")
	ids = map[string]int64{
		"talks": w.publish(piece{source: press, story: 1, ago: 3 * time.Hour, title: "Talks on fishing begin between Portugal and Morocco",
			text: "Ministers of Portugal and Morocco began talks on fishing on Thursday. “We agree on the fish,” said " + somebody + ". Some 14,000 tonnes of sardines were landed last year."}),
		"statement": w.publish(piece{source: sea, story: 1, ago: 2 * time.Hour, title: "Statement on the talks",
			text: "The ministry welcomes the delegation to the talks on fishing. “Patience is what we need,” said Minister " + somebody + " at the opening."}),
		"embassy": w.publish(piece{source: press, story: 2, ago: 30 * time.Hour, title: "Embassy of Norway in Lima reopens",
			text: "The embassy of Norway in Lima has reopened. It will issue visas from April. “We come back to a city we never left,” said the ambassador."}),
		"nato": w.publish(piece{source: press, story: 3, ago: 100 * time.Hour, title: "NATO counts its ships",
			text: "NATO counts its ships in the harbour of Narvik this week. The count ends on Sunday with 31 ships."}),
		"old": w.publish(piece{source: press, story: 4, ago: 400 * time.Hour, title: "Morocco builds a lighthouse",
			text: "Morocco builds a lighthouse of forty metres on its coast."}),
		"zebra": w.publish(piece{source: zebra, story: 1, ago: time.Hour, title: "Zebra view of the talks on fishing between Portugal and Morocco",
			text: "The zebra view of the talks on fishing is dim. “Zebras were not asked,” said " + somebody + ". Some 99 tonnes of sardines were landed by zebras last year."}),
		"zebra alone": w.publish(piece{source: zebra, story: 9, ago: time.Hour, title: "Zebras in Norway",
			text: "A herd of zebras is shown in Norway. Visas are not needed."}),
	}
	return w, ids
}

func TestStoriesAbout(t *testing.T) {
	w, ids := readers(t)
	const week, month = 7 * 24 * time.Hour, 30 * 24 * time.Hour
	for _, c := range []struct {
		about string
		since time.Duration
		want  []int64
	}{
		{"Portugal", week, []int64{1}}, {"Morocco", week, []int64{1}}, {"Morocco", month, []int64{1, 4}}, {"Portugal–Morocco", month, []int64{1}},
		{"Norway–Peru", week, []int64{2}}, {"Norway", 24 * time.Hour, nil}, {"NATO", week, []int64{3}}, {"fishing", week, []int64{1}}, {"ships Narvik", week, []int64{3}},
		{"lighthouse", week, nil}, {"lighthouse", month, []int64{4}}, {"zebra", month, nil}, {"story:4", time.Hour, []int64{4}}, {somebody, week, []int64{1}}, {"!!", week, nil},
	} {
		found, of, err := w.s.StoriesAbout(context.Background(), "guild", ParseAbout(c.about, "en"), noon.Add(-c.since), "en", 5)
		var got []int64
		for _, s := range found {
			got = append(got, s.ID)
			for _, src := range s.Sources {
				if src.Article == ids["zebra"] || src.Article == ids["zebra alone"] || strings.Contains(src.Title, "ebra") {
					t.Errorf("%s: a source of another guild: %+v", c.about, src)
				}
			}
		}
		if err != nil || !slices.Equal(got, c.want) || of != len(c.want) {
			t.Errorf("%s: stories %v of %d, want %v: %v", c.about, got, of, c.want, err)
		}
	}
	if _, of, _ := w.s.StoriesAbout(context.Background(), "guild", ParseAbout("Morocco", "en"), noon.Add(-month), "en", 1); of != 2 {
		t.Errorf("%d stories matched, want 2", of)
	}
	if _, _, err := w.s.StoriesAbout(context.Background(), "guild", ParseAbout("story:9", "en"), noon, "en", 5); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a story of another guild: %v", err)
	}
}

// A story that is briefed for a question is kept, and is not written again for the next who asks.
func TestStoryIsBriefedOnce(t *testing.T) {
	w, ids := readers(t)
	e := &countingEngine{}
	w.engine = e
	w.restart()
	for range 2 {
		s := must[Story](t)(w.s.Story(context.Background(), "guild", 1, "en"))
		if len(s.Sources) != 2 || s.Outlets != 2 || len(s.Articles) != 2 || slices.Contains(s.Articles, ids["zebra"]) {
			t.Errorf("%+v", s)
		}
		if s = must[Story](t)(w.s.Article(context.Background(), "guild", ids["statement"], "en")); s.ID != 1 {
			t.Errorf("the story of an article is %d", s.ID)
		}
	}
	if e.n.Load() != 1 {
		t.Errorf("written %d times", e.n.Load())
	}
	if _, err := w.s.Article(context.Background(), "guild", ids["zebra"], "en"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an article of another guild: %v", err)
	}
	alone := w.publish(piece{source: w.subscribe("guild", "Fog Signal", store.Press, ""), title: "A lamp is lit", text: "A lamp is lit on the island for the first time since the war ended."})
	if s := must[Story](t)(w.s.Article(context.Background(), "guild", alone, "en")); s.ID != 0 || s.Headline != "A lamp is lit" || len(s.Bullets) == 0 {
		t.Errorf("an article without a story: %+v", s)
	}
	empty := w.publish(piece{source: w.subscribe("guild", "Empty Page", store.Press, ""), story: 77, title: "!", text: "…"})
	if _, err := w.s.Article(context.Background(), "guild", empty, "en"); !errors.Is(err, ErrNoBrief) {
		t.Errorf("an article that says nothing: %v", err)
	}
}
