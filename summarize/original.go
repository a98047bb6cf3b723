package summarize

import (
	"slices"
	"strings"
	"unicode"

	"attache/summarize/quote"
	"attache/summarize/verify"
)

// originalOf returns the words of which a quote is a translation: an embedded post, or a quotation of another article, that
// says the same in the same language but for some words; or one in another language by the same speaker with the same figures.
// nil when no article has them.
func originalOf(docs []Document, q *Quote) *Original {
	mine := wordSets(q.Words)
	figures := figuresOf(q.Words)
	for i := range docs {
		d := &docs[i]
		for _, o := range d.Quotes {
			if o.Translated || o.Kind != quote.Post && d.Article == q.Article {
				continue
			}
			words, ok := wordsAt(d.Text, o.Spans)
			if !ok || verify.Hides(strings.Join(words, " ")) != "" {
				continue
			}
			same := false
			if d.Lang == q.Lang {
				same = repeats(mine, wordSets(words))
			} else if theirs := figuresOf(words); len(figures) > 0 && slices.Equal(figures, theirs) {
				same = q.Speaker != "" && o.Speaker != "" && verify.SameName(q.Speaker, o.Speaker)
			}
			if same {
				return &Original{Article: d.Article, Revision: d.Revision, Lang: d.Lang, Spans: o.Spans, Words: words, Kind: o.Kind}
			}
		}
	}
	return nil
}

// wordSets are the words of each span, in small letters.
func wordSets(spans []string) []map[string]bool {
	out := make([]map[string]bool, len(spans))
	for i, s := range spans {
		out[i] = map[string]bool{}
		for _, w := range cueWords(s) {
			out[i][w] = true
		}
	}
	return out
}

// figuresOf are the numbers in digits that words hold, sorted, each once.
func figuresOf(words []string) []string {
	var out []string
	for _, s := range words {
		out = append(out, strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsDigit(r) })...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
