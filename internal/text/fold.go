package text

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Folded is a text folded for locating, with the way back to the text it came from.
//
// The source is cut into clusters: a letter with its marks, a run of white space, a pair of single
// quotation marks, a run of dashes. A cluster is folded as a whole, and a place found in Text is a
// place in the source only when it does not cut a cluster ("…" folds to "...", of which no part is quoted).
type Folded struct {
	Text string  // folded: case, quote marks, dashes, ellipses, spaces, NFC per cluster; no space at either end
	at   []int32 // for each byte of Text, where its cluster starts in the source
	to   []int32 // and where it ends
}

// Fold folds s: letter case, all families of quotation marks (” and “ alike), dashes, "…" to "...", runs of white
// space to one space, letters with marks to NFC; soft hyphens and other invisible characters are dropped.
func Fold(s string) Folded { return fold(s, false) }

// fold is Fold; bare also takes the diacritical marks off the letters.
func fold(s string, bare bool) Folded {
	f := folder{s: s, bare: bare}
	f.out = make([]byte, 0, len(s)+8)
	f.at = make([]int32, 0, len(s)+8)
	f.to = make([]int32, 0, len(s)+8)
	for i := 0; i < len(s); {
		i = f.cluster(i)
	}
	if n := len(f.out); n > 0 && f.out[n-1] == ' ' {
		f.out, f.at, f.to = f.out[:n-1], f.at[:n-1], f.to[:n-1]
	}
	return Folded{Text: string(f.out), at: f.at, to: f.to}
}

// folder is the state of one run of fold.
type folder struct {
	s      string
	bare   bool
	out    []byte
	at, to []int32
	buf    []rune
}

// cluster folds the cluster that starts at i and returns where the next one starts.
func (f *folder) cluster(i int) int {
	c := f.s[i]
	next := byte(0)
	if i+1 < len(f.s) {
		next = f.s[i+1]
	}
	if c < utf8.RuneSelf && next < utf8.RuneSelf { // ASCII: most of most texts
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == ',':
			f.emit1(c, i, i+1)
			return i + 1
		case c >= 'A' && c <= 'Z':
			f.emit1(c+'a'-'A', i, i+1)
			return i + 1
		case c == ' ' && next > ' ' && next < 0x7f:
			f.space(i, i+1)
			return i + 1
		}
	}
	r, n := utf8.DecodeRuneInString(f.s[i:])
	switch {
	case white(r):
		end := f.run(i, white)
		f.space(i, end)
		return end
	case Invisible(r):
		return i + n
	case isDash(r):
		end := f.run(i, isDash)
		f.emit1('-', i, end)
		return end
	case isDouble(r):
		f.emit1('"', i, i+n)
		return i + n
	case isSingle(r):
		if j := f.skip(i + n); j < len(f.s) {
			if q, m := utf8.DecodeRuneInString(f.s[j:]); isSingle(q) {
				f.emit1('"', i, j+m)
				return j + m
			}
		}
		f.emit1('\'', i, i+n)
		return i + n
	case r == '…':
		f.emit("...", i, i+n)
		return i + n
	}
	return f.letter(i, r, n)
}

// letter folds the letter r of n bytes at i with the marks that follow it.
func (f *folder) letter(i int, r rune, n int) int {
	f.buf = append(f.buf[:0], r)
	end := i + n
	hangul := isHangul(r)
	for j := f.skip(end); j < len(f.s); j = f.skip(end) {
		m, k := utf8.DecodeRuneInString(f.s[j:])
		if m < 0x300 || !unicode.Is(unicode.M, m) && !(hangul && m > 0x1160 && m < 0x1200) {
			break
		}
		f.buf = append(f.buf, m)
		end = j + k
	}
	if len(f.buf) == 1 && !f.bare {
		if l, ok := lower(r); ok {
			f.emit(string(l), i, end)
		} else {
			f.emit("ss", i, end)
		}
		return end
	}
	var b strings.Builder
	for _, c := range norm.NFC.String(string(f.buf)) {
		if l, ok := lower(c); ok {
			b.WriteRune(l)
		} else {
			b.WriteString("ss")
		}
	}
	t := b.String()
	if f.bare {
		t = stripMarks(t)
	} else {
		t = norm.NFC.String(t)
	}
	f.emit(t, i, end)
	return end
}

// run returns the end of the run, from i on, of runes that are in the set; invisible ones inside the run belong to it.
func (f *folder) run(i int, in func(rune) bool) int {
	end := i
	for j := i; j < len(f.s); {
		r, n := utf8.DecodeRuneInString(f.s[j:])
		switch {
		case in(r):
			end = j + n
		case !Invisible(r):
			return end
		}
		j += n
	}
	return end
}

// skip returns the first place from i on that is not an invisible character.
func (f *folder) skip(i int) int {
	for i < len(f.s) {
		if c := f.s[i]; c >= ' ' && c < 0x7f {
			return i
		}
		r, n := utf8.DecodeRuneInString(f.s[i:])
		if !Invisible(r) || white(r) {
			return i
		}
		i += n
	}
	return i
}

func (f *folder) space(start, end int) {
	if n := len(f.out); n == 0 || f.out[n-1] == ' ' {
		return
	}
	f.emit1(' ', start, end)
}

func (f *folder) emit1(c byte, start, end int) {
	f.out = append(f.out, c)
	f.at = append(f.at, int32(start))
	f.to = append(f.to, int32(end))
}

func (f *folder) emit(t string, start, end int) {
	for k := 0; k < len(t); k++ {
		f.emit1(t[k], start, end)
	}
}

// lower folds the case of r; false for the letters that fold to "ss".
func lower(r rune) (rune, bool) {
	switch {
	case r < utf8.RuneSelf:
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r, true
	case r == 'ß' || r == 'ẞ':
		return 0, false
	case r == 'İ': // its lower case is "i" with a dot that no keyboard types
		return 'i', true
	case r >= 0x2e80 && r < 0xa000: // no case in CJK
		return r, true
	}
	return unicode.ToLower(unicode.ToUpper(r)), true
}

func isHangul(r rune) bool { return r >= 0x1100 && r < 0x1200 || r >= 0xac00 && r < 0xd7a4 }

// isDash reports whether r is a hyphen or dash of any length.
func isDash(r rune) bool {
	return r == '-' || r >= 0x2010 && r <= 0x2015 || r == 0x2212 || r == 0xfe58 || r == 0xfe63 || r == 0xff0d
}

// isDouble reports whether r is a double quotation mark of any family.
func isDouble(r rune) bool {
	switch r {
	case '"', '“', '”', '„', '‟', '«', '»', '〝', '〞', '〟', '＂':
		return true
	}
	return false
}

// isSingle reports whether r is a single quotation mark, apostrophe or accent used as one.
func isSingle(r rune) bool {
	switch r {
	case '\'', '‘', '’', '‚', '‛', '‹', '›', '`', '´', '＇', 'ʼ', '′':
		return true
	}
	return false
}

// Source returns the span of the original text that made the folded bytes [start,end).
// Offsets out of range are brought into it; a part of a cluster stands for the whole.
func (f Folded) Source(start, end int) Span {
	start, end = max(start, 0), min(end, len(f.at))
	if start >= end {
		p := f.sourceAt(start)
		return Span{p, p}
	}
	return Span{int(f.at[start]), int(f.to[end-1])}
}

func (f Folded) sourceAt(i int) int {
	switch {
	case len(f.at) == 0:
		return 0
	case i >= len(f.at):
		return int(f.to[len(f.to)-1])
	}
	return int(f.at[i])
}

// Index returns the first place in Text that was made from the source at or after offset.
func (f Folded) Index(offset int) int {
	return sort.Search(len(f.at), func(i int) bool { return int(f.at[i]) >= offset })
}

// Find returns where the folded form of needle first occurs at or after original offset from.
func (f Folded) Find(needle string, from int) (Span, bool) {
	n := Fold(needle).Text
	if n == "" {
		return Span{}, false
	}
	for i := f.Index(from); i+len(n) <= len(f.Text); {
		k := strings.Index(f.Text[i:], n)
		if k < 0 {
			break
		}
		start := i + k
		if end := start + len(n); f.boundary(start) && f.boundary(end) {
			return f.Source(start, end), true
		}
		i = start + 1
	}
	return Span{}, false
}

// boundary reports whether a cluster starts at byte i of Text, or Text ends there.
func (f Folded) boundary(i int) bool {
	return i == 0 || i == len(f.at) || f.at[i] != f.at[i-1]
}
