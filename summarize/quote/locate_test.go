package quote_test

import (
	"errors"
	"strings"
	"testing"

	"attache/internal/text"
	"attache/summarize/quote"
)

const statement = "Mara Lind spoke first. “We won’t sign – not now – what would not improve lives,” she said.\n" +
	"“The door [of the council] stays open… for everyone. We won’t sign,” she added.\n平和を「守ります」と述べた。"

func TestLocate(t *testing.T) {
	for _, c := range []struct {
		name, words string
		after       int
		want        []string
	}{
		{"as written", "what would not improve lives", 0, []string{"what would not improve lives"}},
		{"other marks, dashes, case and space", "\"we won't  sign - not now - what would not improve lives.\"", 0, []string{"We won’t sign – not now – what would not improve lives"}},
		{"a word left out is no likeness", "what would improve lives", 0, nil},
		{"an ellipsis skips", "We won’t sign … improve lives", 0, []string{"We won’t sign", "improve lives"}},
		{"pieces out of order", "improve lives … We won’t sign – not", 0, nil},
		{"pieces in two paragraphs", "would not improve […] stays open", 0, nil},
		{"an insertion of the model is no source", "We [the ministers] won’t sign", 0, []string{"We", "won’t sign"}},
		{"brackets of the article stay", "The door [of the council] stays open", 0, []string{"The door [of the council] stays open"}},
		{"the article's ellipsis", "stays open... for everyone", 0, []string{"stays open… for everyone"}},
		{"part of a word", "e won’t sign", 0, nil},
		{"across paragraphs", "she said. “The door", 0, nil},
		{"the place after", "We won’t sign", 100, []string{"We won’t sign"}},
		{"script without spaces", "守ります", 0, []string{"守ります"}},
		{"nothing", "“…”", 0, nil},
		{"not there", "We will sign", 0, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			spans, err := quote.Locate(statement, c.words, c.after)
			if (err != nil) != (c.want == nil) || err != nil && !errors.Is(err, quote.ErrNotInText) {
				t.Fatalf("%v, %v", spans, err)
			}
			var got []string
			for _, p := range spans {
				got = append(got, p.Of(statement))
			}
			if strings.Join(got, "|") != strings.Join(c.want, "|") {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if c.after > 0 && spans[0].Start < c.after {
				t.Errorf("found at %d, before %d", spans[0].Start, c.after)
			}
		})
	}
}

// FuzzLocate tries to make Locate vouch for words that are not there: what it returns must fold to what was
// proposed, its gaps aside.
func FuzzLocate(f *testing.F) {
	f.Add(statement, "we WON'T sign", 0)
	f.Add("“A ... b”", "a…b", 3)
	f.Add("İstanbul’da", "i̇stanbul", -1)
	f.Fuzz(func(t *testing.T, article, words string, after int) {
		spans, err := quote.Locate(article, words, after)
		if err != nil {
			return
		}
		end := 0
		folded := text.Fold(words).Text
		at := 0
		for _, p := range spans {
			if p.Start < end || p.End > len(article) || p.Len() == 0 || strings.Contains(p.Of(article), "\n") {
				t.Fatalf("%+v", spans)
			}
			end = p.End
			piece := strings.Trim(text.Fold(p.Of(article)).Text, " \"'.,;:")
			i := strings.Index(folded[at:], piece)
			if i < 0 {
				t.Fatalf("%q was found for %q", p.Of(article), words)
			}
			at += i + len(piece)
		}
	})
}
