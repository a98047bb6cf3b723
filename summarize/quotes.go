package summarize

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
	"attache/summarize/quote"
	"attache/summarize/verify"
)

const (
	// A quote of 8 to 45 words says something and can be read at a glance: the median quotation of news has 11.
	quoteShort, quoteLong = 8, 45
	// quoteMost is the longest that is chosen, in words, and quoteLeast the shortest.
	quoteMost, quoteLeast = 120, 3
	// quoteShard is the length below which words that begin in the middle of a sentence say nothing alone.
	quoteShard = 6
	// quoteAlike is the share of the words of the shorter of two quotes that the longer has when they are one statement,
	// told by two outlets or translated twice.
	quoteAlike = .65
	// weighed is how many of the best quotes are compared with each other.
	weighed = 200
)

// A candidate is a quote that may be shown.
type candidate struct {
	q     Quote
	score float64
	spans []map[string]bool // the words of each span, small letters
}

// bestQuotes returns the best n quotes of docs, best first: with a named speaker, whole statements, neither short nor long,
// in the reader's language; no statement twice, and each speaker once before any twice.
func bestQuotes(docs []Document, lang string, n int) []Quote {
	var all []candidate
	for i := range docs {
		all = append(all, quotesOf(&docs[i], lang)...)
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	all = apart(all[:min(len(all), weighed)])
	var out []Quote
	for turn := 0; len(all) > 0 && len(out) < n; turn++ {
		heard := map[string]int{}
		var rest []candidate
		for _, c := range all {
			who := lower(c.q.Speaker)
			if heard[who] > 0 || len(out) >= n {
				rest = append(rest, c)
				continue
			}
			heard[who]++
			out = append(out, c.q)
		}
		all = rest
	}
	return out
}

// quotesOf returns the quotes of one article that may be shown, with what they are worth.
func quotesOf(d *Document, lang string) []candidate {
	var out []candidate
	for i, q := range d.Quotes {
		words, ok := wordsAt(d.Text, q.Spans)
		if !ok {
			continue
		}
		all := strings.Join(words, " ")
		n := wordCount(all, d.Lang)
		if n < quoteLeast || n < quoteShard && !statement(words[0]) || n > quoteMost || verify.Hides(all) != "" {
			continue
		}
		c := candidate{q: Quote{ID: idOf("q", d.Article, d.Revision, q.Spans...), Article: d.Article, Revision: d.Revision, Lang: d.Lang, Words: words, Quote: q},
			spans: make([]map[string]bool, len(words))}
		for j, span := range words {
			c.spans[j] = map[string]bool{}
			for _, w := range cueWords(span) {
				c.spans[j][w] = true
			}
		}
		c.score = quoteWorth(d, q, words, n) - .02*float64(min(i, 20))
		if c.score < 0 {
			continue
		}
		if d.Lang != lang {
			c.score -= 1
		}
		out = append(out, c)
	}
	return out
}

// quoteWorth says how well a quote of n words stands alone.
func quoteWorth(d *Document, q quote.Quote, words []string, n int) float64 {
	v := 0.
	if q.Speaker != "" {
		v += 2
	}
	switch {
	case n < quoteShort:
		v -= 1 + .1*float64(quoteShort-n)
	case n > quoteLong:
		v -= .5 + .01*float64(n-quoteLong)
	}
	if statement(words[0]) {
		v += .6
	}
	if q.Kind == quote.Direct && unclosed(d.Text, q.Spans[len(q.Spans)-1].End) {
		v -= 5 // where the words end is a guess
	}
	if len(q.Spans) > 2 {
		v -= .3
	}
	if q.Sure {
		v += .2
	}
	if q.Kind == quote.Post {
		v -= .4 // its author's words, but of a form of their own
		if t := strings.TrimSpace(words[len(words)-1]); strings.HasSuffix(t, "…") || strings.HasSuffix(t, "...") {
			v -= .6 // breaks off
		}
	}
	return v
}

// unclosed reports whether no mark closes the quotation whose words end at byte at of s.
func unclosed(s string, at int) bool {
	rest := strings.TrimLeft(s[at:], " ,.，。、،!?")
	r, _ := utf8.DecodeRuneInString(rest)
	return !strings.ContainsRune("\"”’'“‘»«›‹」』＂", r)
}

// statement reports whether words begin as a sentence does. Of scripts without capitals, every one does.
func statement(words string) bool {
	for _, r := range words {
		if unicode.IsLetter(r) {
			return !unicode.IsLower(r)
		}
	}
	return false
}

// wordsAt cuts the words at spans out of s; false when they are no spans of s.
func wordsAt(s string, spans []text.Span) ([]string, bool) {
	var out []string
	at := 0
	for _, p := range spans {
		if !spanIn(s, p) || p.Start < at {
			return nil, false
		}
		at = p.End
		out = append(out, p.Of(s))
	}
	return out, len(out) > 0
}

// apart leaves out quotes that say what a better one says.
func apart(all []candidate) []candidate {
	var out []candidate
	for _, c := range all {
		twin := false
		for i := range out {
			if out[i].q.Article == c.q.Article && overlap(out[i].q.Spans, c.q.Spans) || c.repeats(&out[i]) {
				twin = true
				break
			}
		}
		if !twin {
			out = append(out, c)
		}
	}
	return out
}

// repeats reports whether some span of c is the same statement as one of o. Spans of a few words prove nothing.
func (c *candidate) repeats(o *candidate) bool {
	for _, a := range c.spans {
		for _, b := range o.spans {
			if min(len(a), len(b)) >= quoteLeast && sameWords(a, b) {
				return true
			}
		}
	}
	return false
}

func overlap(a, b []text.Span) bool {
	for _, p := range a {
		for _, q := range b {
			if p.Overlaps(q) {
				return true
			}
		}
	}
	return false
}

// sameWords reports whether the smaller set lies in the larger but for a few words.
func sameWords(a, b map[string]bool) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	n := 0
	for w := range a {
		if b[w] {
			n++
		}
	}
	return float64(n) >= quoteAlike*float64(len(a))
}
