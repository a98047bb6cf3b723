package digest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"attache/internal/store"
	"attache/summarize"
)

// An engine that must not be asked.
type untouched struct{ summarize.Extractive }

func (untouched) Name() string { return "model" }
func (untouched) Brief(context.Context, summarize.Request) (summarize.Brief, error) {
	return summarize.Brief{}, errors.New("the model was asked for a page that nobody keeps")
}

// A page is told in its own words by the built-in engine, names nothing of the archive, and leaves nothing behind.
func TestPage(t *testing.T) {
	w := newWorld(t)
	w.s.engines = []summarize.Engine{untouched{}, summarize.Extractive{}}
	p := Page{URL: "https://news.example/ferries", Host: "news.example", Title: "Ferries on the\nlake\u200b", Lang: "en-GB",
		Text: "Four states signed a treaty on ferries in Seebruck on Tuesday, after eleven years of talks.\n" +
			"“A ferry is a border that moves,” said the minister for transport, Marit Ohlendorf-Vance, at the signing.\n" +
			"Night crossings are not part of the treaty, the delegations said on Tuesday evening."}
	for _, lang := range []string{"en", "de", ""} {
		st, err := w.s.Page(t.Context(), p, lang)
		if err != nil {
			t.Fatal(err)
		}
		if st.ID != 0 || len(st.Articles) > 0 || st.Headline != "Ferries on the lake" || st.URL != p.URL || st.Engine != "extractive" || st.Outlets != 1 || st.OneSided {
			t.Errorf("%+v", st)
		}
		if len(st.Sources) != 1 || st.Sources[0].Article != 0 || st.Sources[0].Name != "news.example" || st.Sources[0].Tier != "" || st.Sources[0].Lang != "en" {
			t.Errorf("sources %+v", st.Sources)
		}
		if len(st.Bullets) < 2 || !slices.ContainsFunc(st.Bullets, func(b Bullet) bool { return b.Limits }) {
			t.Errorf("bullets %+v", st.Bullets)
		}
		for _, b := range st.Bullets {
			if !strings.Contains(p.Text, b.Text) || len(b.Refs) != 1 || !strings.HasPrefix(b.Refs[0].URL, p.URL+"#:~:text=") {
				t.Errorf("bullet %+v", b)
			}
		}
		if len(st.Quotes) != 1 || st.Quotes[0].Speaker != "Marit Ohlendorf-Vance" || !slices.Equal(st.Quotes[0].Words, []string{"A ferry is a border that moves"}) {
			t.Errorf("quotes %+v", st.Quotes)
		}
	}
	if n := len(w.s.shingles.sets); n != 0 {
		t.Errorf("%d texts are remembered by ids that are articles'", n)
	}
	for _, key := range []summarize.Engine{untouched{}, summarize.Extractive{}} {
		docs := []summarize.Document{{Article: 1, Revision: 1}}
		if _, err := w.db.Read().Brief(t.Context(), briefKey(docs, "en", key)); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the brief is kept: %v", err)
		}
	}
}

func TestPageWithNothingToShow(t *testing.T) {
	w := newWorld(t)
	for _, text := range []string{"", "\u200b\n \n", "..."} {
		if st, err := w.s.Page(t.Context(), Page{URL: "https://news.example/", Host: "news.example", Title: "Nothing", Text: text}, "en"); !errors.Is(err, ErrNoBrief) {
			t.Errorf("%q: %+v, %v", text, st, err)
		}
	}
}
