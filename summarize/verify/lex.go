package verify

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

// The kinds of lexemes.
const (
	word   = 'w' // letters, with the apostrophes inside them; of Han, one character
	figure = 'n' // digits, with the points, commas, spaces and apostrophes inside them
	sign   = 's' // % and signs of currencies, degrees
	dash   = '-'
	mark   = 'p' // anything else
)

// A lexeme is the smallest piece of a text that the gates look at.
type lexeme struct {
	text.Span
	kind  byte
	fold  string // words without a possessive ending, and signs, folded; figures, in ASCII
	gap   bool   // a space or line end stands before it
	line  bool   // … a line end
	cap   bool   // a word that begins with a capital
	caps  bool   // … and has no small letter, and more than one letter
	poss  bool   // … and has an ending behind an apostrophe
	small bool   // a word that begins with a small letter of a script that has capitals

	colon, slash, point, comma bool // is that mark
}

// lex cuts s into lexemes. It looks at each rune once.
func lex(s string) []lexeme {
	out := make([]lexeme, 0, len(s)/4+1)
	gap, line := false, false
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if unicode.IsSpace(r) {
			gap, line = true, line || r == '\n'
			i += n
			continue
		}
		l := lexeme{Span: text.Span{Start: i, End: i + n}, kind: mark, gap: gap, line: line}
		switch {
		case unicode.Is(unicode.Nd, r):
			l.End = figureEnd(s, i)
			l.kind, l.fold = figure, asciiDigits(l.Of(s))
		case unicode.Is(unicode.Han, r) || r == '〇':
			l.kind, l.fold = word, l.Of(s)
		case unicode.IsLetter(r):
			l.kind, l.cap, l.small = word, unicode.IsUpper(r) || unicode.IsTitle(r), unicode.IsLower(r)
			l.End = acronymEnd(s, i)
			if l.End == i {
				l.End = wordEnd(s, i)
			}
			l.spell(s)
		case r == '%' || r == '％' || r == '٪' || r == '°' || unicode.Is(unicode.Sc, r):
			l.kind, l.fold = sign, string(r)
			if r == '％' || r == '٪' {
				l.fold = "%"
			}
		case vulgar[r] != "":
			l.kind, l.fold = figure, vulgar[r]
		case unicode.Is(unicode.Pd, r) || r == '−':
			l.kind = dash
		default:
			l.colon, l.slash, l.point, l.comma = r == ':', r == '/', r == '.', r == ','
		}
		out = append(out, l)
		i, gap, line = l.End, false, false
	}
	return out
}

// spell fills in what the letters of a word say. It may end the word early, where another begins in it: "l’Ukraine".
func (l *lexeme) spell(s string) {
	w := l.Of(s)
	i := strings.IndexFunc(w, apostrophe)
	if i > 0 {
		_, n := utf8.DecodeRuneInString(w[i:])
		base, end := w[:i], w[i+n:]
		switch {
		case elided[strings.ToLower(base)] && runes(end) > 1:
			l.End = l.Start + i + n
			w = base
		case contracted[end]:
		case end == "s", l.cap && runes(base) > 1 && runes(end) <= 6 && !strings.ContainsFunc(end, unicode.IsUpper):
			l.poss = true
			w = base
		}
	}
	l.fold = fold(w)
	l.caps = l.cap && !strings.ContainsFunc(w, unicode.IsLower) && runes(l.fold) > 1
}

func apostrophe(r rune) bool { return r == '\'' || r == '’' || r == 'ʼ' }

var (
	// elided are French and Italian words that lost their vowel before another.
	elided = map[string]bool{"l": true, "d": true, "s": true, "n": true, "c": true, "j": true, "qu": true, "dell": true, "all": true, "nell": true, "dall": true, "un": true, "sull": true, "quest": true}
	// contracted are the ends of English words that are no possessive.
	contracted = map[string]bool{"t": true, "re": true, "ve": true, "ll": true, "d": true, "m": true}
)

// acronymEnd returns the end of letters between points that begin at i ("U.S.", "U.N"), the last point left out; i for none.
func acronymEnd(s string, i int) int {
	end := i
	for j, n := i, 0; j < len(s); n++ {
		r, size := utf8.DecodeRuneInString(s[j:])
		if !unicode.IsUpper(r) {
			break
		}
		next, m := utf8.DecodeRuneInString(s[j+size:])
		if n > 0 && !unicode.IsLetter(next) {
			end = j + size
		}
		if next != '.' {
			break
		}
		j += size + m
	}
	return end
}

// vulgar are the fractions that are one character.
var vulgar = map[rune]string{'½': "0.5", '¼': "0.25", '¾': "0.75", '⅓': "1/3", '⅔': "2/3", '⅛': "0.125"}

// scriptOf returns the script of the first letter of s when it is one that is written without spaces, nil for all others.
func scriptOf(s string) *unicode.RangeTable {
	r, _ := utf8.DecodeRuneInString(s)
	if r < 0x3000 {
		return nil
	}
	for _, t := range []*unicode.RangeTable{unicode.Hiragana, unicode.Katakana, unicode.Han} {
		if unicode.Is(t, r) {
			return t
		}
	}
	return nil
}

// wordEnd returns the end of the letters from i on; apostrophes between letters are in it.
func wordEnd(s string, i int) int {
	first := scriptOf(s[i:])
	for j := i; j < len(s); {
		r, n := utf8.DecodeRuneInString(s[j:])
		switch {
		case unicode.Is(unicode.M, r), r == 'ー' && first != nil:
		case unicode.IsLetter(r):
			if scriptOf(s[j:]) != first {
				return j
			}
		case apostrophe(r):
			next, _ := utf8.DecodeRuneInString(s[j+n:])
			if !unicode.IsLetter(next) {
				return j
			}
		default:
			return j
		}
		j += n
	}
	return len(s)
}

// figureEnd returns the end of the figure that begins at i: digits, points and commas between digits, and the spaces and
// apostrophes that part thousands.
func figureEnd(s string, i int) int {
	digits := func(at int) int {
		for at < len(s) {
			r, n := utf8.DecodeRuneInString(s[at:])
			if !unicode.Is(unicode.Nd, r) {
				break
			}
			at += n
		}
		return at
	}
	end := digits(i)
	head := utf8.RuneCountInString(s[i:end])
	parted := rune(0) // the space or apostrophe that parts thousands in it
	for end < len(s) {
		r, n := utf8.DecodeRuneInString(s[end:])
		next := digits(end + n)
		group := utf8.RuneCountInString(s[end+n : next])
		switch {
		case group == 0:
			return end
		case r == '.' || r == ',' || r == '٫' || r == '٬':
			if parted != 0 { // the decimals
				return next
			}
		case r == ' ' || r == '\u00a0' || r == '\u202f' || r == '\'' || r == '’':
			if head > 3 || group != 3 || parted != 0 && parted != r {
				return end
			}
			parted = r
		default:
			return end
		}
		end = next
	}
	return end
}

// asciiDigits writes digits of any script as ASCII, and Arabic separators as the point and comma.
func asciiDigits(s string) string {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		switch {
		case r == '٫':
			r = '.'
		case r == '٬':
			r = ','
		case r >= utf8.RuneSelf && unicode.Is(unicode.Nd, r):
			zero := r
			for unicode.Is(unicode.Nd, zero-1) && r-zero < 9 {
				zero--
			}
			r = '0' + (r - zero)
		}
		out = append(out, r)
	}
	return string(out)
}

func itoa(n int) string { return strconv.Itoa(n) }

// atoi returns the number that a short run of ASCII digits is, -1 for anything else.
func atoi(s string) int {
	if len(s) == 0 || len(s) > 6 {
		return -1
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// runes returns the number of characters of s.
func runes(s string) int { return utf8.RuneCountInString(s) }

// look returns ls[i], or a lexeme that is nothing where there is none.
func look(ls []lexeme, i int) lexeme {
	if i < 0 || i >= len(ls) {
		return lexeme{}
	}
	return ls[i]
}
