package quote

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

// ErrNotInText says that proposed words do not stand in the article.
var ErrNotInText = errors.New("the words are not in the article")

// gap is what a proposed quotation may carry that the article does not: an ellipsis, with or without
// brackets, for words left out, and an insertion in brackets.
var gap = regexp.MustCompile(`\[[^\]\n]*\]|\([….]{1,5}\)|…|\.{3,}`)

// Locate returns where the words of proposed stand in article, in bytes: one span, or one a piece where
// proposed leaves words out ("…", "[…]") or inserts some ("[the president]"). Pieces are found in order within
// one paragraph. The words must be the article's but for letter case, the form of quotation marks, dashes and ellipses,
// and white space; there is no likeness that suffices. The first place at or after byte after is preferred, then the first of all.
// The error is ErrNotInText when there is no such place.
//
// What is shown must be the spans, never proposed: Of(article) is the only proof.
func Locate(article, proposed string, after int) ([]text.Span, error) {
	proposed = bare(proposed)
	if !strings.ContainsFunc(proposed, letter) {
		return nil, ErrNotInText
	}
	f := text.Fold(article)
	if p, ok := place(article, f, proposed, after); ok {
		return []text.Span{p}, nil
	}
	var pieces []string
	for _, p := range gap.Split(proposed, -1) {
		if p = bare(p); strings.ContainsFunc(p, letter) {
			pieces = append(pieces, p)
		}
	}
	if len(pieces) == 0 || len(pieces) == 1 && pieces[0] == proposed {
		return nil, ErrNotInText
	}
	for _, from := range []int{after, 0} {
		for from >= 0 && from <= len(article) {
			first, ok := next(article, f, pieces[0], from)
			if !ok {
				break
			}
			if spans, ok := inOrder(article, f, pieces, first); ok {
				return spans, nil
			}
			from = first.End
		}
		if after <= 0 {
			break
		}
	}
	return nil, ErrNotInText
}

// inOrder finds the pieces after the first one, in order, in the paragraph of the first.
func inOrder(article string, f text.Folded, pieces []string, first text.Span) ([]text.Span, bool) {
	spans := []text.Span{first}
	end := len(article)
	if n := strings.IndexByte(article[first.Start:], '\n'); n >= 0 {
		end = first.Start + n
	}
	for _, piece := range pieces[1:] {
		p, ok := next(article, f, piece, spans[len(spans)-1].End)
		if !ok || p.End > end {
			return nil, false
		}
		spans = append(spans, p)
	}
	return spans, first.End <= end
}

// place returns the first place of words at or after byte after, else the first of all.
func place(article string, f text.Folded, words string, after int) (text.Span, bool) {
	if after > 0 && after <= len(article) {
		if p, ok := next(article, f, words, after); ok {
			return p, true
		}
	}
	return next(article, f, words, 0)
}

// next returns the first place of words at or after from that begins and ends where words do and lies
// within one paragraph.
func next(article string, f text.Folded, words string, from int) (text.Span, bool) {
	for from <= len(article) {
		p, ok := f.Find(words, from)
		if !ok || p.Start < from || p.End <= p.Start {
			return text.Span{}, false
		}
		if whole(article, p) && !strings.Contains(p.Of(article), "\n") {
			return p, true
		}
		_, n := utf8.DecodeRuneInString(article[p.Start:])
		from = p.Start + max(n, 1)
	}
	return text.Span{}, false
}

// whole reports whether p cuts no word at its ends.
func whole(s string, p text.Span) bool {
	a, _ := utf8.DecodeLastRuneInString(s[:p.Start])
	b, _ := utf8.DecodeRuneInString(s[p.Start:])
	c, _ := utf8.DecodeLastRuneInString(s[:p.End])
	d, _ := utf8.DecodeRuneInString(s[p.End:])
	return !(letter(a) && letter(b) && spaced(a)) && !(letter(c) && letter(d) && spaced(c))
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// spaced reports whether r belongs to a script that puts spaces between words.
func spaced(r rune) bool {
	return !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// bare strips the marks and the punctuation around a proposed quotation that it may carry and the article need not.
func bare(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || isMark(r) })
	return strings.TrimRightFunc(s, func(r rune) bool { return unicode.IsSpace(r) || isMark(r) || strings.ContainsRune(",.;:", r) })
}
