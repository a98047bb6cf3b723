package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// anchorMin is how heavy an anchor is to be, in words. A page repeats the words of the article in its title, navigation
	// and teasers, which the program does not see; four words in a row rarely are among them.
	anchorMin = 4
	anchorMax = 12 // words beyond which lengthening an anchor is given up
	wholeMax  = 10 // words up to which a span is named as a whole rather than by its ends
	aroundMax = 8  // words of context before or behind that are tried
)

// Fragment returns the text fragment directive ("text=…", percent-encoded, to stand after "#:~:") that leads a browser to
// span of article: the first match, case folded, on word boundaries, must be that very span, else the
// fragment is lengthened with context; false when none is unique. short asks for the start anchor alone when that suffices.
//
// What the browser marks begins with the first word of the span and ends with its last (short: with one of its first
// words); marks around them are left out. No anchor crosses a line end. A span that cuts a word has no fragment.
// Uniqueness is looked for without regard to case, accents, kinds of marks and word boundaries, so that it holds for
// every browser, however loosely it matches.
func Fragment(article string, span Span, short bool) (string, bool) {
	if span.Start < 0 || span.End > len(article) || span.Start >= span.End {
		return "", false
	}
	words := fragmentWords(article, span)
	if len(words) == 0 {
		return "", false
	}
	p := page{s: article, f: fold(article, true), words: words}
	if short {
		return p.short()
	}
	return p.full()
}

// fragmentWords returns the words of the span; none when it begins or ends within a word.
func fragmentWords(article string, span Span) []Span {
	line := strings.LastIndexByte(article[:span.Start], '\n') + 1
	var out []Span
	for i := line; ; {
		w, _ := nextWord(article, i)
		for w.Len() > 0 && inWord(article, w.End) { // Hangul with what is written on to it
			more, _ := nextWord(article, w.End)
			if more.Start != w.End {
				break
			}
			w.End = more.End
		}
		if w.Len() == 0 || w.Start >= span.End {
			return out
		}
		i = w.End
		switch {
		case w.End <= span.Start:
		case w.Start < span.Start || w.End > span.End:
			// A hyphen is a boundary too ("Paris-based" cut before "based"); anything else is the inside of a word.
			if w = hyphenCut(article, w, span); w.Len() == 0 {
				return nil
			}
			fallthrough
		default:
			out = append(out, w)
		}
	}
}

// inWord reports whether browsers see no word boundary at i: word characters on both sides, neither Han nor kana.
func inWord(s string, i int) bool {
	if i == 0 || i == len(s) {
		return false
	}
	a, _ := utf8.DecodeLastRuneInString(s[:i])
	b, _ := utf8.DecodeRuneInString(s[i:])
	ideo := func(r rune) bool { return cjk(r) && !isHangul(r) }
	return wordRune(a) && wordRune(b) && !ideo(a) && !ideo(b)
}

// hyphenCut returns the part of the word w within span when hyphens stand at the cuts, else an empty span.
func hyphenCut(s string, w, span Span) Span {
	if w.Start < span.Start {
		r, _ := utf8.DecodeLastRuneInString(s[:span.Start])
		q, _ := utf8.DecodeRuneInString(s[span.Start:])
		if !isDash(r) || !wordRune(q) {
			return Span{}
		}
		w.Start = span.Start
	}
	if w.End > span.End {
		r, _ := utf8.DecodeRuneInString(s[span.End:])
		q, _ := utf8.DecodeLastRuneInString(s[:span.End])
		if !isDash(r) || !wordRune(q) {
			return Span{}
		}
		w.End = span.End
	}
	return w
}

// page is an article as a browser searches it, and the words it is to be led to.
type page struct {
	s     string
	f     Folded
	words []Span
}

// short returns the shortest unique anchor at the start of the words, with context before it when nothing else helps.
func (p *page) short() (string, bool) {
	for n := 1; n <= len(p.words) && n <= anchorMax && p.oneLine(0, n-1); n++ {
		if n < len(p.words) && p.light(0, n-1) {
			continue
		}
		if a := p.anchor(0, n-1); p.first(p.fold(a), 0) == p.f.Index(a.Start) {
			return "text=" + encode(a.Of(p.s)), true
		}
	}
	n := min(len(p.words), anchorMin) - 1
	for !p.oneLine(0, n) {
		n--
	}
	return p.prefixed(p.anchor(0, n), "")
}

// full returns a directive for all of the words.
func (p *page) full() (string, bool) {
	last := len(p.words) - 1
	if p.oneLine(0, last) && last < wholeMax {
		whole := p.anchor(0, last)
		if p.first(p.fold(whole), 0) == p.f.Index(whole.Start) {
			return "text=" + encode(whole.Of(p.s)), true
		}
		if d, ok := p.prefixed(whole, ""); ok {
			return d, true
		}
		return p.suffixed(whole)
	}
	var start Span
	unique := false
	n := 0
	for ; n < last && n < anchorMax && p.oneLine(0, n); n++ {
		start = p.anchor(0, n)
		if p.light(0, n) {
			continue
		}
		if p.first(p.fold(start), 0) == p.f.Index(start.Start) {
			unique = true
			break
		}
	}
	if start.Len() == 0 {
		return "", false
	}
	for m := last; m > 0 && last-m < anchorMax && p.oneLine(m, last); m-- {
		end := p.anchor(m, last)
		if end.Start < start.End {
			break
		}
		if p.light(m, last) && m-1 > 0 && p.words[m-1].Start >= start.End && p.oneLine(m-1, last) {
			continue
		}
		after := p.f.Index(start.End)
		if p.first(p.fold(end), after) != p.f.Index(end.Start) {
			continue
		}
		if unique {
			return "text=" + encode(start.Of(p.s)) + "," + encode(end.Of(p.s)), true
		}
		return p.prefixed(start, ","+encode(end.Of(p.s)))
	}
	return "", false
}

// prefixed names a by what stands before it on its line; tail is the end anchor, encoded, with its comma.
func (p *page) prefixed(a Span, tail string) (string, bool) {
	line := strings.LastIndexByte(p.s[:a.Start], '\n') + 1
	if _, n := utf8.DecodeLastRuneInString(p.s[line:a.Start]); n == 0 || inWord(p.s, a.Start) {
		return "", false
	}
	var before []Span
	for i := line; ; {
		w, _ := nextWord(p.s, i)
		if w.Len() == 0 || w.End > a.Start {
			break
		}
		before = append(before, w)
		i = w.End
	}
	for n := min(2, len(before)); n > 0 && n <= len(before) && n <= aroundMax; n++ {
		pre := Span{before[len(before)-n].Start, a.Start}
		both := p.fold(Span{pre.Start, a.End})
		if inWord(p.s, pre.Start) || p.first(both, 0) != p.f.Index(pre.Start) || p.abutting(pre, a) {
			continue
		}
		return "text=" + encode(strings.TrimRight(pre.Of(p.s), " ")) + "-," + encode(a.Of(p.s)) + tail, true
	}
	return "", false
}

// suffixed names a by what stands behind it on its line.
func (p *page) suffixed(a Span) (string, bool) {
	line := len(p.s)
	if i := strings.IndexByte(p.s[a.End:], '\n'); i >= 0 {
		line = a.End + i
	}
	if line == a.End || inWord(p.s, a.End) {
		return "", false
	}
	end := a.End
	for n := 1; n <= aroundMax; n++ {
		w, _ := nextWord(p.s[:line], end)
		if w.Len() == 0 {
			break
		}
		end = w.End
		suf := Span{a.End, end}
		if inWord(p.s, end) || p.first(p.fold(Span{a.Start, end}), 0) != p.f.Index(a.Start) || p.abutting(a, suf) {
			continue
		}
		return "text=" + encode(a.Of(p.s)) + ",-" + encode(strings.TrimLeft(suf.Of(p.s), " ")), true
	}
	return "", false
}

// abutting reports whether a and b, one behind the other with a space between, also stand somewhere before without it, or
// the other way round: to a browser both are neighbours.
func (p *page) abutting(a, b Span) bool {
	x, y := strings.TrimRight(p.fold(a), " "), strings.TrimLeft(p.fold(b), " ")
	at := p.f.Index(a.Start)
	for _, joined := range []string{x + y, x + " " + y} {
		if k := strings.Index(p.f.Text, joined); k >= 0 && k < at {
			return true
		}
	}
	return false
}

// anchor is the stretch from the i-th to the j-th word.
func (p *page) anchor(i, j int) Span { return Span{p.words[i].Start, p.words[j].End} }

// oneLine reports whether no line ends between the i-th and the j-th word.
func (p *page) oneLine(i, j int) bool {
	return strings.IndexByte(p.anchor(i, j).Of(p.s), '\n') < 0
}

// light reports whether the words from i to j are too few for an anchor. A run of characters written without spaces
// counts a word for two of them.
func (p *page) light(i, j int) bool {
	weight := 0
	for _, w := range p.words[i : j+1] {
		weight++
		if r, _ := utf8.DecodeRuneInString(p.s[w.Start:]); cjk(r) || unicode.Is(unicode.Thai, r) {
			weight += utf8.RuneCountInString(w.Of(p.s))/2 - 1
		}
	}
	return weight < anchorMin
}

// fold returns the folded text that the span made.
func (p *page) fold(a Span) string { return p.f.Text[p.f.Index(a.Start):p.f.Index(a.End)] }

// first returns where t first stands in the folded text at or after from; -1 when it does not.
func (p *page) first(t string, from int) int {
	if t == "" {
		return -1
	}
	if k := strings.Index(p.f.Text[from:], t); k >= 0 {
		return from + k
	}
	return -1
}

// encode percent-encodes all but letters, digits, ".", "_" and "~": "-", "," and "&" mean something in a directive,
// brackets and stars do in Markdown.
func encode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '~' {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hex[c>>4])
		b.WriteByte(hex[c&15])
	}
	return b.String()
}
