package text

import "github.com/clipperhouse/uax29/v2/sentences"

func Sentences(s, lang string) []Span {
	var out []Span
	for _, p := range Paragraphs(s) {
		it := sentences.FromString(p.Of(s))
		for it.Next() {
			if q := trimSpan(s, Span{p.Start + it.Start(), p.Start + it.End()}); q.Len() > 0 {
				out = append(out, q)
			}
		}
	}
	return out
}

// A Mention is a country found in a text.
type Mention struct {
	Code string // ISO 3166-1 alpha-2
	Span
}

// Countries finds names, demonyms and capitals of countries in s.
func Countries(s, lang string) []Mention { return nil }

// Fragment returns the text fragment directive.
func Fragment(article string, span Span, short bool) (string, bool) { return "", false }
