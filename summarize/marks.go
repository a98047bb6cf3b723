package summarize

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
	"attache/summarize/quote"
)

// A stretch is words between quotation marks, marks included. One that is open has no closing mark before its
// paragraph ends: where it stops is not known, so that nothing of it can be shown whole.
type stretch struct {
	text.Span
	open bool
}

// stretches returns what stands between quotation marks in s, in order and apart: the pairs of marks of each
// paragraph, and the quotes that were found in it, which also know single marks from apostrophes.
func stretches(s string, quotes []quote.Quote) []stretch {
	var all []stretch
	for _, p := range text.Paragraphs(s) {
		all = pairMarks(all, s, p)
	}
	for _, q := range quotes {
		for _, p := range q.Spans {
			if p.Start >= 0 && p.Start < p.End && p.End <= len(s) && strings.IndexByte(p.Of(s), '\n') < 0 {
				all = append(all, stretch{Span: p})
			}
		}
	}
	return merged(all)
}

// merged sorts stretches and makes one of those that overlap.
func merged(all []stretch) []stretch {
	slices.SortFunc(all, func(a, b stretch) int { return a.Start - b.Start })
	var out []stretch
	for _, x := range all {
		if n := len(out); n > 0 && x.Start < out[n-1].End {
			out[n-1].End = max(out[n-1].End, x.End)
			out[n-1].open = out[n-1].open || x.open
			continue
		}
		out = append(out, x)
	}
	return out
}

// pairMarks appends the pairs of double marks of the paragraph p. Straight marks open and close in turn.
func pairMarks(out []stretch, s string, p text.Span) []stretch {
	start, depth := -1, 0
	var want string
	for i := p.Start; i < p.End; {
		r, n := utf8.DecodeRuneInString(s[i:p.End])
		if r == '\'' && strings.HasPrefix(s[i:p.End], "''") {
			r, n = '"', 2
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
			out = append(out, stretch{Span: text.Span{Start: start, End: i + n}})
			start = -1
		case r == runeAt(s, start) && closerOf(r) != "" && !strings.ContainsRune(want, r):
			depth++
		}
		i += n
	}
	if start >= 0 {
		out = append(out, stretch{Span: text.Span{Start: start, End: p.End}, open: true})
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

// near returns the part of in, which is in order, that ends behind at.
func near(in []stretch, at int) []stretch {
	i, _ := slices.BinarySearchFunc(in, at+1, func(x stretch, at int) int { return x.End - at })
	return in[i:]
}

// touches reports whether p overlaps a stretch of in.
func touches(in []stretch, p text.Span) bool {
	rest := near(in, p.Start)
	return len(rest) > 0 && rest[0].Start < p.End
}

// within reports whether p lies inside a stretch of in.
func within(in []stretch, p text.Span) bool {
	rest := near(in, p.Start)
	return len(rest) > 0 && rest[0].Contains(p)
}

// cut reports whether one end of p lies inside a stretch of in, or p touches one that is open.
func cut(in []stretch, p text.Span) bool {
	for _, x := range near(in, p.Start) {
		if x.Start >= p.End {
			break
		}
		if x.open || !p.Contains(x.Span) {
			return true
		}
	}
	return false
}

// outside returns s[p] with the words between marks blanked, and how much of its letters stood between marks (0–1).
func outside(s string, p text.Span, in []stretch) (string, float64) {
	var b strings.Builder
	at, inner := p.Start, 0
	for _, x := range near(in, p.Start) {
		if x.Start >= p.End {
			break
		}
		x := text.Span{Start: max(x.Start, at), End: min(x.End, p.End)}
		b.WriteString(s[at:x.Start])
		b.WriteString(" “” ")
		inner += x.Len()
		at = x.End
	}
	if inner == 0 {
		return p.Of(s), 0
	}
	b.WriteString(s[at:p.End])
	return b.String(), float64(inner) / float64(p.Len())
}
