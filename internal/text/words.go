package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Paragraphs returns the spans of the non-empty lines of s, trimmed of white space.
func Paragraphs(s string) []Span {
	var out []Span
	for start := 0; start <= len(s); {
		end := strings.IndexByte(s[start:], '\n')
		if end < 0 {
			end = len(s)
		} else {
			end += start
		}
		if p := trimSpan(s, Span{start, end}); p.Len() > 0 {
			out = append(out, p)
		}
		start = end + 1
	}
	return out
}

// trimSpan takes white space off both ends of p.
func trimSpan(s string, p Span) Span {
	t := strings.TrimLeftFunc(p.Of(s), white)
	p.Start = p.End - len(t)
	p.End = p.Start + len(strings.TrimRightFunc(t, white))
	return p
}

// Words returns the spans of the words of s: letters, marks and digits, with the apostrophes, hyphens and, in
// numbers and acronyms, the points and commas inside them ("Turkey’s", "wall-to-wall", "1,056.5", "U.S").
// Of scripts written without spaces, each Han character and each run of kana is a word.
func Words(s string) []Span {
	out := make([]Span, 0, len(s)/6+1)
	for i := 0; ; {
		w, kind := nextWord(s, i)
		if w.Len() == 0 {
			return out
		}
		i = w.End
		if kind != cjkRun {
			out = append(out, w)
			continue
		}
		start := w.Start
		var last rune
		for j := w.Start; j < w.End; {
			r, n := utf8.DecodeRuneInString(s[j:])
			if j > start && !(kana(last) && kana(r)) && !(isHangul(last) && isHangul(r)) && !unicode.Is(unicode.M, r) {
				out = append(out, Span{start, j})
				start = j
			}
			last = r
			j += n
		}
		out = append(out, Span{start, w.End})
	}
}

// wordKind tells runs of CJK from words between spaces.
type wordKind byte

const (
	plainWord wordKind = iota
	cjkRun
)

// nextWord returns the first word of s that starts at or after i; an empty span when there is none.
// A run of Han, kana and Hangul characters is one "word" of kind cjkRun.
func nextWord(s string, i int) (Span, wordKind) {
	var r rune
	var n int
	for ; i < len(s); i += n {
		if c := s[i]; c < utf8.RuneSelf {
			if r, n = rune(c), 1; ascii[c] == wordChar {
				break
			}
		} else if r, n = utf8.DecodeRuneInString(s[i:]); wordRune(r) && !unicode.Is(unicode.M, r) {
			break
		}
	}
	if i >= len(s) {
		return Span{len(s), len(s)}, plainWord
	}
	start := i
	if cjk(r) {
		for i += n; i < len(s); i += n {
			if r, n = decode(s, i); !cjk(r) && !unicode.Is(unicode.M, r) {
				break
			}
		}
		return Span{start, i}, cjkRun
	}
	last, before := r, rune(0)
	for i += n; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf { // most there is
			if ascii[c] == wordChar {
				before, last = last, rune(c)
				i++
				continue
			}
			if ascii[c] == otherChar {
				break
			}
		}
		r, n = decode(s, i)
		if cjk(r) {
			break
		}
		if wordRune(r) {
			before, last = last, r
			i += n
			continue
		}
		if i+n >= len(s) {
			break
		}
		next, m := decode(s, i+n)
		if !wordRune(next) || cjk(next) || !inner(r, before, last, next, s[i+n+m:]) {
			break
		}
		before, last = r, next
		i += n + m
	}
	return Span{start, i}, plainWord
}

// ascii is what a character of ASCII may be: of a word, between two parts of one (see inner), or neither.
var ascii = func() (kinds [utf8.RuneSelf]asciiKind) {
	for c := range kinds {
		switch r := rune(c); {
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			kinds[c] = wordChar
		case strings.ContainsRune("-'.,_", r):
			kinds[c] = joinChar
		}
	}
	return kinds
}()

type asciiKind byte

const (
	otherChar asciiKind = iota
	wordChar
	joinChar
)

func decode(s string, i int) (rune, int) {
	if c := s[i]; c < utf8.RuneSelf {
		return rune(c), 1
	}
	return utf8.DecodeRuneInString(s[i:])
}

// inner reports whether r belongs to a word between last (itself after before) and next, with rest after that.
func inner(r, before, last, next rune, rest string) bool {
	switch {
	case r == '-' || r == 0x2010 || r == 0x2011:
		return true
	case isSingle(r) && r != '‹' && r != '›' && r != '‚' && r != '`':
		return unicode.IsLetter(last) && unicode.IsLetter(next)
	case r == '.' && unicode.IsUpper(last) && unicode.IsUpper(next):
		// Acronyms: letters that stand alone between points.
		if unicode.IsLetter(before) {
			return false
		}
		after, _ := utf8.DecodeRuneInString(rest)
		return !unicode.IsLetter(after)
	case r == '.' || r == ',':
		return unicode.IsDigit(last) && unicode.IsDigit(next)
	case r == '·' || r == '\u05f4' || r == '"':
		return r != '"' && unicode.IsLetter(last) && unicode.IsLetter(next)
	case r == '_':
		return true
	}
	return false
}

// wordRune reports whether words are made of r.
func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 0 && ascii[r] == wordChar
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.M, r)
}

// cjk reports whether r is of a script that is searched by pairs of characters.
func cjk(r rune) bool {
	return r >= 0x1100 && (isHangul(r) || kana(r) || r == '々' || r == '〇' || unicode.Is(unicode.Han, r))
}

// kana reports whether r is hiragana or katakana, the long-vowel sign included.
func kana(r rune) bool {
	return r >= 0x3041 && r <= 0x30ff && r != '・' || r >= 0x31f0 && r <= 0x31ff || r >= 0xff66 && r <= 0xff9f
}
