package digest

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"attache/internal/store"
	"attache/internal/text"
	"attache/summarize"
)

// countingEngine is the extractive engine, counted.
type countingEngine struct {
	summarize.Extractive
	n atomic.Int64
}

func (c *countingEngine) Name() string { return "counting" }

func (c *countingEngine) Brief(ctx context.Context, r summarize.Request) (summarize.Brief, error) {
	c.n.Add(1)
	return c.Extractive.Brief(ctx, r)
}

// holdsTo fails when a passage is not its article's, or its link does not lead to it.
func (w *world) holdsTo(p Passage) {
	w.t.Helper()
	a := must[store.Listed](w.t)(w.db.Read().Guild("guild").Article(context.Background(), p.Source.Article))
	if !strings.Contains(a.Text, p.Text) || p.Source.URL != a.URL || p.Source.Title != a.Title {
		w.t.Errorf("%q does not stand in %q of %s", p.Text, a.Text, p.Source.URL)
	}
	i := strings.Index(a.Text, p.Text)
	f, ok := text.Fragment(a.Text, text.Span{Start: i, End: i + len(p.Text)}, false)
	if want := a.URL + "#:~:" + f; ok && p.Ref.URL != want {
		w.t.Errorf("%q leads to %s, want %s", p.Text, p.Ref.URL, want)
	}
}

func TestSearchShowsTheSentence(t *testing.T) {
	w, _ := readers(t)
	for _, c := range []struct {
		words string
		since time.Duration
		want  []string
	}{
		{"talks", 0, []string{"The ministry welcomes the delegation to the talks on fishing.", "Ministers of Portugal and Morocco began talks on fishing on Thursday."}},
		{"sardine", 0, []string{"Some 14,000 tonnes of sardines were landed last year."}},
		{"Norway visas", 0, []string{"The embassy of Norway in Lima has reopened."}},
		{"ships", 24 * time.Hour, nil}, {"zebra", 0, nil}, {"?", 0, nil}, {"Statement", 0, []string{"The ministry welcomes the delegation to the talks on fishing."}},
	} {
		since := time.Time{}
		if c.since > 0 {
			since = noon.Add(-c.since)
		}
		var got []string
		for _, p := range must[[]Passage](t)(w.s.Search(context.Background(), "guild", c.words, since, 10)) {
			got = append(got, p.Text)
			w.holdsTo(p)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.words, got, c.want)
		}
	}
}

func TestAsk(t *testing.T) {
	w, _ := readers(t)
	for _, c := range []struct {
		question string
		want     string // the first answer; "" when there must be none
	}{
		{"How many tonnes of sardines were landed last year?", "Some 14,000 tonnes of sardines were landed last year."},
		{"When will the embassy in Lima issue visas?", "It will issue visas from April."},
		{"When does NATO's count of ships end?", "The count ends on Sunday with 31 ships."},
		{"what is said about patience", "“Patience is what we need,” said Minister " + somebody + " at the opening."},
		{"Who won the match?", ""}, {"How many zebras were asked?", ""}, {"Are visas needed for zebras?", ""}, {"?", ""}, {"", ""}, {"Who?", ""},
		{"Was a bridge over the fjord opened by the ambassador of Norway?", ""},
	} {
		ps := must[[]Passage](t)(w.s.Ask(context.Background(), "guild", c.question, time.Time{}, 5))
		got := ""
		for i, p := range ps {
			if i == 0 {
				got = p.Text
			}
			w.holdsTo(p)
			if strings.Contains(p.Text, "zebra") {
				t.Errorf("%s: a sentence of another guild: %s", c.question, p.Text)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.question, got, c.want)
		}
	}
	if ps := must[[]Passage](t)(w.s.Ask(context.Background(), "guild", "How many tonnes of sardines were landed?", noon.Add(-time.Hour), 5)); len(ps) > 0 {
		t.Errorf("an article from before: %+v", ps)
	}
}

// An article whose text was pruned is found by its words, without a sentence.
func TestSearchAfterPruning(t *testing.T) {
	w, ids := readers(t)
	w.write(func(q *store.Q) error {
		_, err := q.PruneBodies(context.Background(), noon.Add(-300*time.Hour), 1000)
		return err
	})
	ps := must[[]Passage](t)(w.s.Search(context.Background(), "guild", "lighthouse", time.Time{}, 5))
	if len(ps) != 1 || ps[0].Source.Article != ids["old"] || ps[0].Text != "" || ps[0].Ref.URL != ps[0].Source.URL {
		t.Errorf("%+v", ps)
	}
}

func TestQuotesAbout(t *testing.T) {
	w, ids := readers(t)
	const fish, patience, city = "We agree on the fish,", "Patience is what we need,", "We come back to a city we never left,"
	for _, c := range []struct {
		speaker, about string
		since          time.Duration
		want           []string
	}{
		{"", "", 0, []string{patience, fish, city}}, {"reis-lobo", "", 0, []string{patience, fish}}, {"Reis", "", 0, []string{patience, fish}}, {"Lob", "", 0, []string{patience, fish}}, {"obo", "", 0, nil},
		{"Reis Lima", "", 0, nil}, {"", "", 24 * time.Hour, []string{patience, fish}}, {"", "Norway", 0, []string{city}}, {"", "Portugal–Morocco", 0, []string{fish}}, {"", "Peru", 0, []string{city}},
		{"", "patience", 0, []string{patience}}, {"", "talks", 0, []string{patience, fish}}, {"", "fish", time.Hour, nil}, {"reis-lobo", "city", 0, nil},
		{"", "story:1", 0, []string{patience, fish}}, {"", "story:9", 0, nil}, {"", "zebra", 0, nil}, {"?", "", 0, nil}, {"", "sardines", 0, nil},
	} {
		a := About{}
		if c.about != "" {
			a = ParseAbout(c.about, "en")
		}
		since := time.Time{}
		if c.since > 0 {
			since = noon.Add(-c.since)
		}
		var got []string
		for _, s := range must[[]Saying](t)(w.s.Quotes(context.Background(), "guild", c.speaker, a, since, 10)) {
			got = append(got, s.Quote.Words...)
			w.holdsTo(Passage{Source: s.Source, Text: s.Quote.Words[0], Ref: s.Quote.Ref})
			if s.Source.Article == ids["zebra"] {
				t.Errorf("a quote of another guild: %+v", s)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("speaker %q about %q since %s: %q, want %q", c.speaker, c.about, c.since, got, c.want)
		}
	}
	if got := must[[]Saying](t)(w.s.Quotes(context.Background(), "guild", "", About{}, time.Time{}, 2)); len(got) != 2 {
		t.Errorf("%d quotes, want 2", len(got))
	}
	// The body is gone, and the words stay.
	w.write(func(q *store.Q) error { _, err := q.PruneBodies(context.Background(), noon, 1000); return err })
	for _, s := range must[[]Saying](t)(w.s.Quotes(context.Background(), "guild", "", About{}, time.Time{}, 9)) {
		if len(s.Quote.Words) == 0 || s.Quote.Ref.URL != s.Source.URL {
			t.Errorf("after pruning: %+v", s)
		}
	}
	// An agency's quote in two papers is said once.
	for i := range 2 {
		src := w.subscribe("guild", []string{"Morning Post", "Evening Post"}[i], store.Press, "")
		w.publish(piece{source: src, story: 50, text: prose(800+i) + " “The bridge is safe,” said " + somebody + "."})
	}
	n := 0
	for _, s := range must[[]Saying](t)(w.s.Quotes(context.Background(), "guild", "", About{}, time.Time{}, 20)) {
		if s.Quote.Words[0] == "The bridge is safe," {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the same words of the same speaker stand there %d times", n)
	}
}

func TestSuggest(t *testing.T) {
	w, _ := readers(t)
	for _, c := range []struct {
		typed, lang string
		want        []string
	}{
		{"", "en", []string{"Morocco=country:MA", "Portugal=country:PT", "Norway=country:NO", "Peru=country:PE", "Statement on the talks=story:1", "Embassy of Norway in Lima reopens=story:2", "NATO counts its ships=story:3", "Morocco builds a lighthouse=story:4"}},
		{"nor", "de", []string{"Norwegen=country:NO", "NATO=NATO", "Embassy of Norway in Lima reopens=story:2"}},
		{"nat", "en", []string{"NATO=NATO", "NATO counts its ships=story:3"}},
		{"embassy lim", "en", []string{"Embassy of Norway in Lima reopens=story:2"}},
		{"zeb", "en", nil}, {"xyz", "en", nil},
	} {
		var got []string
		for _, s := range must[[]Suggestion](t)(w.s.Suggest(context.Background(), "guild", c.typed, c.lang)) {
			got = append(got, s.Name+"="+s.Value)
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.typed, got, c.want)
		}
	}
	if got := must[[]string](t)(w.s.Speakers(context.Background(), "guild", "rei")); !slices.Equal(got, []string{somebody}) {
		t.Errorf("speakers: %q", got)
	}
	if got := must[[]string](t)(w.s.Speakers(context.Background(), "nobody", "")); len(got) > 0 {
		t.Errorf("speakers of a guild without sources: %q", got)
	}
}
