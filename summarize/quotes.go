package summarize

import (
	"cmp"
	_ "embed"
	"slices"
	"strings"
	"sync"
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
	// rankWorth is what one rank of the speaker's office adds, so that a president with a dull sentence comes before a mayor with
	// a good one, and a whole sentence before half of one. ownWorth and sharedWorth are for a word that says something and for one
	// that the articles begin with, up to so many.
	rankWorth, ownWorth, sharedWorth = .15, .02, .08
	ownMost, sharedMost              = 15, 5
	// topicHead is how much of an article is its beginning, in bytes; stemLetters how many letters of a word count.
	topicHead, stemLetters = 700, 6
	// weighed is how many of the best quotes are compared with each other.
	weighed = 200
)

// A candidate is a quote that may be shown.
type candidate struct {
	q     Quote
	score float64
	spans []map[string]bool // the words of each span, small letters
}

// bestQuotes returns the best n quotes of docs, best first: with a named speaker, the more senior before others, whole
// statements that say much of what the story is about, neither short nor long, in the reader's language; no statement twice, in other words either,
// and each speaker once before any twice. What is a translation has its original, where an article has that.
func bestQuotes(docs []Document, lang string, n int) []Quote {
	var all []candidate
	topic := map[string]bool{}
	for i := range docs {
		d := &docs[i]
		for _, w := range cueWords(d.Title + "\n" + clip(d.Text, topicHead)) {
			if !text.Stopword(w, d.Lang) {
				topic[d.Lang+" "+first(w, stemLetters)] = true
			}
		}
	}
	for i := range docs {
		all = append(all, quotesOf(&docs[i], lang, topic)...)
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	all = apart(once(all[:min(len(all), weighed)], lang))
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
	for i := range out {
		if out[i].Translated && out[i].Original == nil {
			out[i].Original = originalOf(docs, &out[i])
		}
	}
	return slices.DeleteFunc(out, func(q Quote) bool { // the original of another is shown with it
		return slices.ContainsFunc(out, func(o Quote) bool {
			return o.Original != nil && o.Original.Article == q.Article && overlap(o.Original.Spans, q.Spans)
		})
	})
}

// quotesOf returns the quotes of one article that may be shown, with what they are worth.
func quotesOf(d *Document, lang string, topic map[string]bool) []candidate {
	var out []candidate
	if len(d.Quotes) == 0 {
		return nil
	}
	offices := verify.HeldOffices(clip(d.Text, officesHead), d.Lang)
	for i, q := range d.Quotes {
		words, ok := wordsAt(d.Text, q.Spans)
		if !ok {
			continue
		}
		all := strings.Join(words, " ")
		n := wordCount(all, d.Lang)
		if n < quoteLeast || n < quoteShard && !statement(words[0]) || n > quoteMost || unfit(all, d.Lang) {
			continue
		}
		c := candidate{q: Quote{ID: idOf("q", d.Article, d.Revision, q.Spans...), Article: d.Article, Revision: d.Revision, Lang: d.Lang, Words: words, Quote: q},
			spans: wordSets(words)}
		c.score = quoteWorth(d, q, words, n) - .02*float64(min(i, 20)) + rankWorth*float64(rankOf(&q, offices)) + c.content(d.Lang, topic)
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

// unfit reports whether words are not shown as a quote, whoever says them: they hold a link, or what hides something, or give
// orders to a model. An article may put anything between quotation marks.
func unfit(words, lang string) bool {
	if verify.Hides(words) != "" || instructs(words, lang) {
		return true
	}
	return verify.Unsafe(strings.NewReplacer("@", " ", "＠", " ").Replace(words)) != "" // a name with an @ is shown, and is broken
}

// content says how much of the story a quote speaks of: words of its own, and those that the articles begin with.
func (c *candidate) content(lang string, topic map[string]bool) float64 {
	own, shared := 0, 0
	for _, span := range c.spans {
		for w := range span {
			if text.Stopword(w, lang) {
				continue
			}
			own++
			if topic[lang+" "+first(w, stemLetters)] {
				shared++
			}
		}
	}
	return ownWorth*float64(min(own, ownMost)) + sharedWorth*float64(min(shared, sharedMost))
}

//go:embed ranks.txt
var rankTable string

// ranks are the lines of ranks.txt, by office.
var ranks = sync.OnceValue(func() map[string]int {
	out := map[string]int{}
	for line := range strings.Lines(rankTable) {
		f := strings.Fields(line)
		if len(f) < 2 || f[0] == "#" {
			continue
		}
		for _, office := range f[1:] {
			out[office] = int(f[0][0] - '0')
		}
	}
	return out
})

// rankOf is the rank of a quote's speaker, by its role beside the quote or the office that the article gives the name; 0 for none.
func rankOf(q *quote.Quote, offices map[string][]string) int {
	if q.Speaker == "" {
		return 0
	}
	held := verify.Office(q.Role)
	if len(held) == 0 {
		held = offices[verify.Surname(q.Speaker)]
	}
	best := 0
	for _, o := range held {
		best = max(best, ranks()[o])
	}
	return best
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
		if breaksOff(words) {
			v -= .6
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

// repeats reports whether some span of c is the same statement as one of o.
func (c *candidate) repeats(o *candidate) bool { return repeats(c.spans, o.spans) }

// repeats reports whether some span of a is the same statement as one of b. Spans of a few words prove nothing.
func repeats(a, b []map[string]bool) bool {
	for _, x := range a {
		for _, y := range b {
			if min(len(x), len(y)) >= quoteLeast && sameWords(x, y) {
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
