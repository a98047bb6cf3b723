package bot

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"attache/internal/text"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// zwsp is what breaks a mention, a link or an emoji without changing what is seen: U+200B, zero width space.
const zwsp = '\u200b'

// marksMax is how many combining marks from U+0300 to U+036F one letter keeps: written languages need two at most once
// a text is composed; more of them spill over the lines around.
const marksMax = 2

// schemes are words that make a link together with a colon alone. Others need "//" to be one.
const schemes = " blob data discord facetime file geo intent javascript mailto sip sips sms steam tel vbscript xmpp "

// Escape makes s safe to stand anywhere in a message: nothing in it is Markdown, a mention, a link, a timestamp or an
// emoji, and it is one line. It adds backslashes and U+200B; besides, what is invisible falls away, white space that
// ends a line becomes a space, and a letter keeps two of the marks U+0300–U+036F. Unescape undoes the first half, and
// Faithful tells whether the second half changed anything.
func Escape(s string) string { return escapeLine([]rune(clean(s, false)), true) }

// EscapeLines is Escape for a text of several lines, which it keeps.
func EscapeLines(s string) string {
	lines := strings.Split(clean(s, true), "\n")
	for i, l := range lines {
		lines[i] = escapeLine([]rune(l), true)
	}
	return strings.Join(lines, "\n")
}

// Plain is Escape for the fields in which Discord reads no Markdown (the names of an embed's author and footer, of
// threads): backslashes would be seen there, so it adds U+200B only.
func Plain(s string) string { return escapeLine([]rune(clean(s, false)), false) }

// Faithful reports whether EscapeLines shows s as it is, character for character; only then may it stand in quotation
// marks.
func Faithful(s string) bool { return Unescape(EscapeLines(s)) == s }

// Unescape removes what Escape added.
func Unescape(s string) string {
	var b strings.Builder
	escaped := false
	for _, r := range s {
		switch {
		case r == zwsp:
		case r == '\\' && !escaped:
			escaped = true
			continue
		default:
			b.WriteRune(r)
		}
		escaped = false
	}
	return b.String()
}

// clean removes what is invisible and what piles up, and makes line ends "\n" or, when they are not kept, spaces.
func clean(s string, lines bool) string {
	var b strings.Builder
	marks := 0
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n")
	for _, r := range s {
		switch {
		case strings.ContainsRune("\n\r\v\f\u2028\u2029", r):
			if r = ' '; lines {
				r = '\n'
			}
		case r == '\t':
			r = ' '
		case text.Invisible(r):
			continue // and does not part a letter from its marks
		}
		if r < 0x300 || 0x36f < r {
			marks = 0
		} else if marks++; marks > marksMax {
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// escapeLine escapes one line.
func escapeLine(rs []rune, markdown bool) string {
	var b strings.Builder
	start := lineStart(rs)
	for i, r := range rs {
		if markdown && (strings.ContainsRune("\\*_~`|[]()<>#", r) || i == start && strings.ContainsRune("-+.", r)) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
		if breaks(rs, i) {
			b.WriteRune(zwsp)
		}
	}
	return b.String()
}

// lineStart returns where a character stands that makes the line an item of a list or small print ("- a", "-# a",
// "1. a"), -1 where there is none.
func lineStart(rs []rune) int {
	i := 0
	for i < len(rs) && unicode.IsSpace(rs[i]) {
		i++
	}
	if i < len(rs) && (rs[i] == '-' || rs[i] == '+') {
		return i
	}
	digits := i
	for i < len(rs) && '0' <= rs[i] && rs[i] <= '9' {
		i++
	}
	if digits < i && i < len(rs) && rs[i] == '.' {
		return i
	}
	return -1
}

// breaks reports whether the character at i must be kept apart from the next one: "@" of a mention, ":" of a link or
// an emoji, "." of an address without a scheme ("discord.gg/x").
func breaks(rs []rune, i int) bool {
	if i+1 == len(rs) || unicode.IsSpace(rs[i+1]) {
		return false
	}
	next := rs[i+1]
	switch rs[i] {
	case '@':
		return true
	case '<': // of a mention of a channel; the fields without Markdown have no backslash against it
		return next == '#' || next == '/' || next == ':'
	case ':':
		if next == '/' || next == '\\' {
			return true
		}
		j := i
		for j > 0 && ascii(rs[j-1]) {
			j--
		}
		if strings.Contains(schemes, " "+strings.ToLower(string(rs[j:i]))+" ") && j < i {
			return true
		}
		return emojiName(rs[i+1:])
	case '.':
		if i == 0 || !unicode.IsLetter(rs[i-1]) && !unicode.IsDigit(rs[i-1]) {
			return false
		}
		j := i + 1
		for j < len(rs) && unicode.IsLetter(rs[j]) {
			j++
		}
		return j > i+1 && j < len(rs) && (rs[j] == '/' || rs[j] == '\\')
	}
	return false
}

// emojiName reports whether rs begins with the rest of ":name:".
func emojiName(rs []rune) bool {
	for i, r := range rs {
		if r == ':' {
			return i > 0
		}
		if !ascii(r) && (r < '0' || r > '9') && r != '_' && r != '-' && r != '+' {
			return false
		}
	}
	return false
}

// ascii reports whether r is a letter of ASCII.
func ascii(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }

// units is the length of s as Discord counts it: UTF-16 code units.
func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// Clip cuts s to at most max UTF-16 units, the "…" at its end included: at a space where one stands in the last third,
// never within what readers see as one letter (a grapheme cluster), and never between a backslash and what it escapes.
func Clip(s string, max int) string {
	if units(s) <= max {
		return s
	}
	if max < 1 {
		return ""
	}
	at, cut, space, n, escaped := 0, 0, 0, 0, false
	for letters := graphemes.FromString(s); letters.Next(); at += len(letters.Value()) {
		letter := letters.Value()
		if !escaped && letter != string(zwsp) {
			cut = at
			if first, _ := utf8.DecodeRuneInString(letter); unicode.IsSpace(first) && n > max*2/3 {
				space = at
			}
		}
		if n += units(letter); n > max-1 {
			break
		}
		for _, r := range letter {
			escaped = r == '\\' && !escaped
		}
	}
	if space > 0 {
		cut = space
	}
	s = strings.TrimRightFunc(s[:cut], func(r rune) bool { return unicode.IsSpace(r) || r == zwsp })
	if slashes := len(s) - len(strings.TrimRight(s, `\`)); slashes%2 == 1 {
		s = s[:len(s)-1] // it escaped a space that is gone, and would escape the "…"
	}
	return s + "…"
}
