package quote

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

type tokenKind uint8

const (
	word tokenKind = iota
	punct
	quoted // a whole pair of quotation marks stands as one token
)

// A token is a word, a punctuation mark or a whole quotation of a paragraph.
type token struct {
	start, end int
	kind       tokenKind
	low        string // lower case, without a possessive ending
	cap        bool   // begins with a capital
	poss       bool   // ended in ’s
	pair       int    // of kind quoted: index into the paragraph's pairs
	ends       bool   // a sentence ends after this token
}

// A frame is a paragraph with its quotations folded into single tokens: the sentences in which speakers and
// verbs are sought.
type frame struct {
	src   string
	span  text.Span
	pairs []pair
	toks  []token
	lang  *language
	inner map[string]bool // see innerCapitals
	// surnames are the last words of the article's full names: in German they tell names from nouns.
	surnames map[string]bool
	heading  bool // in title case: its capitals say nothing of names
}

func newFrame(src string, span text.Span, ps []pair, l *language) *frame {
	f := &frame{src: src, span: span, pairs: ps, lang: l}
	at := span.Start
	for i, p := range ps {
		f.scan(at, p.start)
		f.toks = append(f.toks, token{start: p.start, end: p.end, kind: quoted, pair: i})
		at = p.end
	}
	f.scan(at, span.End)
	f.splitSentences()
	f.heading = l.code == "en" && f.titleCase()
	return f
}

// titleCase reports whether the paragraph is a heading in which every word of weight has a capital.
func (f *frame) titleCase() bool {
	caps, small := 0, 0
	for _, t := range f.toks {
		switch {
		case t.kind != word:
		case t.cap:
			caps++
		case len(t.low) >= 3 && !f.lang.set("function").has(t.low) && !unicode.IsDigit(rune(f.src[t.start])):
			small++
		}
	}
	return caps >= 4 && small == 0 && f.span.Len() < 160
}

// scan appends the tokens of src[from:to].
func (f *frame) scan(from, to int) {
	s := f.src
	for i := from; i < to; {
		r, n := utf8.DecodeRuneInString(s[i:to])
		switch {
		case unicode.IsSpace(r):
			i += n
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '@' || r == '#' || r == '$':
			i = f.scanWord(i, to)
		case r == '-' && strings.HasPrefix(s[i+1:to], "-"):
			e := i
			for e < to && s[e] == '-' {
				e++
			}
			f.toks = append(f.toks, token{start: i, end: e, kind: punct, low: "—"})
			i = e
		default:
			f.toks = append(f.toks, token{start: i, end: i + n, kind: punct, low: s[i : i+n]})
			i += n
		}
	}
}

func (f *frame) scanWord(i, to int) int {
	s := f.src
	start := i
	first, n := utf8.DecodeRuneInString(s[i:to])
	i += n
	dots := 0
	for i < to {
		r, n := utf8.DecodeRuneInString(s[i:to])
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_' {
			i += n
			continue
		}
		nx, _ := utf8.DecodeRuneInString(s[i+n : to])
		if (r == '\'' || r == '’' || r == '-' || r == '‑' || r == '.' || (r == ',' || r == '/') && unicode.IsDigit(nx)) && i+n < to && (unicode.IsLetter(nx) || unicode.IsDigit(nx)) {
			if r == '.' {
				dots++
				if i-start > 3*dots && !unicode.IsDigit(nx) && !unicode.IsLower(nx) {
					break
				}
			}
			if r == '-' && f.clitic(s[i+n:to]) > 0 {
				break // "a-t-elle", "dit-il"
			}
			if (r == '\'' || r == '’') && f.elided(s[start:i]) {
				break // l’Élysée, d’État: the article is a word of its own
			}
			i += n
			continue
		}
		break
	}
	w := s[start:i]
	t := token{start: start, end: i, cap: unicode.IsUpper(first) || unicode.IsTitle(first) || withArticle(w)}
	for _, p := range []string{"'s", "’s", "'S", "’S"} {
		if strings.HasSuffix(w, p) && f.lang.code == "en" {
			w = w[:len(w)-len(p)]
			t.end -= len(p)
			t.poss = true
			break
		}
	}
	if f.lang.code == "tr" && t.cap { // "Reuters'a": the ending after the apostrophe is no part of the name
		if n := strings.IndexAny(w, "'’"); n > 0 {
			w = w[:n]
			t.end = t.start + n
		}
	}
	// "Mr.", "J.", "U.S." keep their full stop.
	if !t.poss && i < to && s[i] == '.' {
		low := strings.ToLower(w)
		if dots > 0 && !unicode.IsDigit(first) && len(w) <= 8 || utf8.RuneCountInString(w) == 1 && t.cap && !strings.ContainsRune("I", first) || f.lang.set("abbr").has(low) {
			i++
			t.end = i
			w = s[start:i]
		}
	}
	t.low = strings.ToLower(w)
	f.toks = append(f.toks, t)
	if f.lang.code == "en" && !t.poss && strings.HasSuffix(t.low, "s") { // "the drivers’ union"
		for _, mark := range []string{"’ ", "' "} {
			if nx, _ := utf8.DecodeRuneInString(strings.TrimPrefix(s[i:to], mark)); strings.HasPrefix(s[i:to], mark) && unicode.IsLower(nx) {
				f.toks[len(f.toks)-1].poss = true
				return i + len(mark) - 1
			}
		}
	}
	if i < to && s[i] == '-' {
		if n := f.clitic(s[i+1 : to]); n > 0 {
			return i + n
		}
	}
	if i < to && (s[i] == '\'' || strings.HasPrefix(s[i:], "’")) && f.elided(w) {
		if s[i] == '\'' {
			return i + 1
		}
		return i + len("’")
	}
	return i
}

// withArticle reports whether a word is an Arabic name behind its article: "al-Sharaa", "el-Sisi", "ash-Shami".
func withArticle(w string) bool {
	article, name, ok := strings.Cut(w, "-")
	first, _ := utf8.DecodeRuneInString(name)
	return ok && unicode.IsUpper(first) && strings.Contains(arabicArticles, " "+article+" ")
}

// clitic reports whether a pronoun hangs on a verb by a hyphen before s, and how many bytes lie between verb and pronoun.
func (f *frame) clitic(s string) int {
	set := f.lang.set("clitics")
	if set == none {
		return 0
	}
	n := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' })
	if n < 0 {
		n = len(s)
	}
	if n > 8 || !set.has(strings.ToLower(s[:n])) {
		return 0
	}
	if strings.HasPrefix(s, "t-") {
		return 3
	}
	return 1
}

// elided reports whether w before an apostrophe is a word of its own (French l’, d’, qu’; Italian dell’).
func (f *frame) elided(w string) bool {
	return f.lang.set("elided").has(strings.ToLower(w))
}

func (f *frame) is(i int, section string) bool {
	return i >= 0 && i < len(f.toks) && f.toks[i].kind == word && f.lang.set(section).has(f.toks[i].low)
}

// phrase returns how many tokens from i on make a word or phrase of the section, 0 when none.
func (f *frame) phrase(i int, section string) int {
	if i < 0 || i >= len(f.toks) || f.toks[i].kind != word {
		return 0
	}
	set := f.lang.set(section)
	best := 0
	for _, p := range set.phrases[f.toks[i].low] {
		if len(p) <= best || i+len(p) > len(f.toks) {
			continue
		}
		ok := true
		for k := range p {
			if f.toks[i+k].low != p[k] {
				ok = false
				break
			}
		}
		if ok {
			best = len(p)
		}
	}
	if best == 0 && set.has(f.toks[i].low) {
		return 1
	}
	return best
}

func (f *frame) isPunct(i int, any string) bool {
	return i >= 0 && i < len(f.toks) && f.toks[i].kind == punct && strings.Contains(any, f.toks[i].low)
}

// last returns the last rune between the marks of the quotation at token i, white space aside.
func (f *frame) last(i int) rune {
	p := f.pairs[f.toks[i].pair]
	t := strings.TrimRight(f.src[p.in.Start:p.in.End], " \u00a0\u202f'’‘)]")
	r, _ := utf8.DecodeLastRuneInString(t)
	return r
}

// maxSentence is how many tokens a sentence may have; a longer one is cut, so that a page without full stops
// costs time in proportion to its length. The longest of the articles measured has about 120.
const maxSentence = 200

// splitSentences sets ends on the last token of each sentence.
func (f *frame) splitSentences() {
	begin := 0
	for i := range f.toks {
		if i > 0 && f.toks[i-1].ends {
			begin = i
		}
		t := &f.toks[i]
		if i-begin >= maxSentence {
			t.ends = true
			continue
		}
		if i+1 == len(f.toks) {
			t.ends = true
			continue
		}
		next := f.toks[i+1]
		starts := next.kind == quoted || next.kind == word && (next.cap || unicode.IsDigit(rune(f.src[next.start]))) || caseless(f.src[next.start:]) || next.kind == punct && strings.Contains("¿¡—–-―([", next.low)
		switch t.kind {
		case punct:
			if strings.Contains("。！？؟", t.low) {
				t.ends = true
			} else if strings.Contains(".!?…", t.low) && starts {
				t.ends = true
			}
		case word:
			if strings.HasSuffix(t.low, ".") && next.kind == word && next.cap && f.lang.set("function").has(next.low) && !f.lang.set("titles").has(t.low) {
				t.ends = true
			}
		case quoted:
			if !starts || next.kind == punct && strings.Contains("—–―-", next.low) {
				continue
			}
			switch f.last(i) {
			case '.', '…', '。':
				t.ends = !f.clauseAfter(i + 1)
				if next.kind == quoted || f.last(i) == '.' && !f.is(i+1, "verbs") {
					t.ends = true
				}
			case '?', '!', '！', '？', '؟':
				t.ends = !f.clauseAfter(i + 1)
			}
		}
	}
}

// caseless reports whether s begins with a letter of a script without capitals.
func caseless(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r) && !unicode.IsUpper(r) && !unicode.IsLower(r)
}

// clauseAfter reports whether a short attributing clause ("Moreau asked", "says Moreau") begins at token i.
func (f *frame) clauseAfter(i int) bool {
	for j := i; j < len(f.toks) && j < i+6; j++ {
		if f.toks[j].kind != word {
			return false
		}
		if f.is(j, "verbs") {
			return true
		}
		if f.is(j, "preps") || f.is(j, "rel") {
			return false
		}
	}
	return false
}

// sentence returns the token range [a,b) of the sentence around token i.
func (f *frame) sentence(i int) (a, b int) {
	a, b = i, i
	for a > 0 && !f.toks[a-1].ends {
		a--
	}
	for b < len(f.toks) && !f.toks[b].ends {
		b++
	}
	if b < len(f.toks) {
		b++
	}
	return a, b
}
