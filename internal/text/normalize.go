package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxMarks is how many combining marks one letter may carry. Written languages need at most five or six; more is
// decoration that spills over the lines around it, and beyond thirty the normaliser itself inserts invisible joiners.
const maxMarks = 8

// Normalize returns the form in which an article's text is stored: NFC, no invisible or control
// characters, single spaces, paragraphs separated by one "\n", no space at either end. Idempotent.
// Bytes that are not UTF-8 become U+FFFD; a letter keeps at most eight combining marks.
func Normalize(s string) string {
	s = clean(s)
	// Composing may put marks together that were apart, and cleaning may bring letters together that compose.
	for !norm.NFC.IsNormalString(s) {
		t := clean(norm.NFC.String(s))
		if t == s {
			break
		}
		s = t
	}
	return s
}

// clean does what Normalize promises except the composition of letters and marks.
func clean(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space, line := false, false
	separate := func() {
		switch {
		case b.Len() == 0:
		case line:
			b.WriteByte('\n')
		case space:
			b.WriteByte(' ')
		}
		space, line = false, false
	}
	marks := 0
	for i := 0; i < len(s); {
		if n := plainRun(s[i:]); n > 0 {
			separate()
			b.WriteString(s[i : i+n])
			i, marks = i+n, 0
			continue
		}
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		i += n
		switch {
		case lineEnd(r):
			line = true
			continue
		case blank(r):
			space = true
			continue
		case Invisible(r):
			continue
		}
		if r >= 0x300 && unicode.Is(unicode.M, r) {
			if marks++; marks > maxMarks {
				continue
			}
		} else {
			marks = 0
		}
		separate()
		b.WriteRune(r)
	}
	return b.String()
}

// plainRun is how many bytes at the beginning of s stay as they are: visible ASCII with single spaces between.
func plainRun(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c > ' ' && c < 0x7f:
			n = i + 1
		case c != ' ' || n < i || n == 0: // a second space, or one at the beginning
			return n
		}
	}
	return n
}

// lineEnd reports whether r ends a line or a paragraph.
func lineEnd(r rune) bool {
	switch r {
	case '\n', '\r', '\v', '\f', 0x85, 0x2028, 0x2029:
		return true
	}
	return false
}

// blank reports whether r is white space within a line.
func blank(r rune) bool {
	if r < 0x80 {
		return r == ' ' || r == '\t'
	}
	// U+2800 is the Braille pattern without dots, used as a blank that filters do not know.
	return r == 0x2800 || unicode.IsSpace(r) && !lineEnd(r)
}

// white reports whether r is white space or a line end.
func white(r rune) bool {
	return r == ' ' || r == '\n' || blank(r) || lineEnd(r)
}

// Invisible reports whether r shows nothing and may hide instructions or break matching
// (zero-width, bidi controls, tags, soft hyphen, variation selectors, control characters but "\n").
func Invisible(r rune) bool {
	if r < 0x20 {
		return r != '\n'
	}
	if r < 0x7f {
		return false
	}
	if r < 0xa0 || r == 0xad {
		return true
	}
	if r < 0x300 {
		return false
	}
	switch {
	case r == 0x34f, // combining grapheme joiner
		r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0, // Hangul fillers
		r == 0x17b4, r == 0x17b5, // Khmer inherent vowels
		r >= 0x180b && r <= 0x180f, // Mongolian selectors and separator
		r >= 0x2028 && r <= 0x2029, // separators: control a layout, and Normalize makes them "\n"
		r >= 0xfe00 && r <= 0xfe0f, // variation selectors
		r >= 0xfff0 && r <= 0xfff8, // unassigned, default ignorable
		r == 0xfffc,                // object replacement
		r >= 0xfdd0 && r <= 0xfdef, // non-characters
		r&0xfffe == 0xfffe,         // non-characters at the end of each plane
		r >= 0xe0000 && r <= 0xe0fff,
		r == 0x2065:
		return true
	case r >= 0x600 && r <= 0x605, r == 0x6dd, r == 0x70f, r == 0x890, r == 0x891, r == 0x8e2, r == 0x110bd, r == 0x110cd:
		return false // format characters that are seen: signs around Arabic, Syriac and Kaithi numbers
	}
	return unicode.Is(unicode.Cf, r)
}
