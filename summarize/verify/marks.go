package verify

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
	"attache/summarize/quote"
)

// A Stretch is words between quotation marks, marks included. One that is Open has no closing mark before its
// paragraph ends: where it stops is not known, so that nothing of it can be shown whole.
type Stretch struct {
	text.Span
	Open bool
}

// Stretches returns what stands between quotation marks in s, in order and apart: the pairs of marks of each
// paragraph, and the quotes that were found in it, which also know single marks from apostrophes.
func Stretches(s string, quotes []quote.Quote) []Stretch {
	var all []Stretch
	for _, p := range text.Paragraphs(s) {
		all = pairMarks(all, s, p)
	}
	for _, q := range quotes {
		for _, p := range q.Spans {
			if p.Start >= 0 && p.Start < p.End && p.End <= len(s) && strings.IndexByte(p.Of(s), '\n') < 0 {
				all = append(all, Stretch{Span: p})
			}
		}
	}
	return Merged(all)
}

// Merged sorts stretches and makes one of those that overlap.
func Merged(all []Stretch) []Stretch {
	slices.SortFunc(all, func(a, b Stretch) int { return a.Start - b.Start })
	var out []Stretch
	for _, x := range all {
		if n := len(out); n > 0 && x.Start < out[n-1].End {
			out[n-1].End = max(out[n-1].End, x.End)
			out[n-1].Open = out[n-1].Open || x.Open
			continue
		}
		out = append(out, x)
	}
	return out
}

// pairMarks appends the pairs of double marks of the paragraph p. Straight marks open and close in turn.
func pairMarks(out []Stretch, s string, p text.Span) []Stretch {
	start, depth := -1, 0
	var want string
	for i := p.Start; i < p.End; {
		r, n := utf8.DecodeRuneInString(s[i:p.End])
		switch {
		case r == '\'' && strings.HasPrefix(s[i:p.End], "''"):
			r, n = '"', 2
		case r == '`' && strings.HasPrefix(s[i:p.End], "``") && !strings.HasPrefix(s[i:p.End], "```"):
			r, n = '“', 2
		}
		switch {
		case start < 0:
			if want = closerOf(r); want != "" && mayOpen(s, p, i, n, r) {
				start, depth = i, 0
			}
		case strings.ContainsRune(want, r) && !inside(s, p, i, n, r):
			if depth > 0 {
				depth--
				break
			}
			out = append(out, Stretch{Span: text.Span{Start: start, End: i + n}})
			start = -1
		case r == runeAt(s, start) && closerOf(r) != "" && !strings.ContainsRune(want, r):
			depth++
		}
		i += n
	}
	if start >= 0 {
		out = append(out, Stretch{Span: text.Span{Start: start, End: p.End}, Open: true})
	}
	return out
}

func runeAt(s string, i int) rune {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return r
}

// closerOf returns the marks that may close r, "" when r opens nothing.
func closerOf(r rune) string {
	switch r {
	case '"', '＂':
		return "\"＂”"
	case '“', '‟':
		return "”\""
	case '„':
		return "“”\""
	case '”':
		return "”"
	case '«':
		return "»"
	case '»':
		return "«"
	case '「':
		return "」"
	case '『':
		return "』"
	}
	return ""
}

// mayOpen tells a mark that opens from one that lost its partner: straight marks, ” and » stand before a word.
func mayOpen(s string, p text.Span, i, n int, r rune) bool {
	switch r {
	case '"', '”', '»', '＂':
		next, _ := utf8.DecodeRuneInString(s[i+n : p.End])
		before, _ := utf8.DecodeLastRuneInString(s[p.Start:i])
		return i+n < p.End && !unicode.IsSpace(next) && (i == p.Start || !unicode.IsLetter(before) && !unicode.IsDigit(before))
	}
	return true
}

// inside tells a straight mark between two letters or behind a number (inches) from one that closes.
func inside(s string, p text.Span, i, n int, r rune) bool {
	if r != '"' {
		return false
	}
	next, _ := utf8.DecodeRuneInString(s[i+n : p.End])
	before, _ := utf8.DecodeLastRuneInString(s[p.Start:i])
	return i+n < p.End && unicode.IsLetter(next) && unicode.IsLetter(before)
}

// Near returns the part of in, which is in order, that ends behind at.
func Near(in []Stretch, at int) []Stretch {
	i, _ := slices.BinarySearchFunc(in, at+1, func(x Stretch, at int) int { return x.End - at })
	return in[i:]
}

// Within reports whether p lies inside a stretch of in.
func Within(in []Stretch, p text.Span) bool {
	rest := Near(in, p.Start)
	return len(rest) > 0 && rest[0].Contains(p)
}
