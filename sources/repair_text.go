package sources

import (
	"html"
	"strings"
	"unicode/utf8"
)

// maxEntity is the length of the longest named entity of HTML with its marks.
const maxEntity = 33

// unescape reads the character references of XML and HTML. What is none, and
// whatever a document declared for itself, stays as written.
func unescape(s string) string {
	amp := strings.IndexByte(s, '&')
	if amp < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for {
		b.WriteString(s[:amp])
		s = s[amp:]
		window := s[:min(len(s), maxEntity)]
		if semi := strings.IndexByte(window, ';'); semi > 1 && entityBody(s[1:semi]) {
			ref := s[:semi+1]
			if out := html.UnescapeString(ref); out != ref && !strings.HasSuffix(out, ";") || ref == "&semi;" {
				b.WriteString(clean(out))
				s = s[semi+1:]
			} else {
				b.WriteByte('&')
				s = s[1:]
			}
		} else {
			b.WriteByte('&')
			s = s[1:]
		}
		amp = strings.IndexByte(s, '&')
		if amp < 0 {
			b.WriteString(s)
			return b.String()
		}
	}
}

func entityBody(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '#' && i == 0) {
			return false
		}
	}
	return true
}

// clean drops the characters no XML document may hold: controls other than tab
// and line ends, and non-characters.
func clean(s string) string {
	bad := func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f || r == 0xfffe || r == 0xffff
	}
	if strings.IndexFunc(s, bad) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if bad(r) {
			return -1
		}
		return r
	}, s)
}

// c1 are the characters Windows-1252 has where Unicode has C1 controls, 0 where
// it has none: text that was converted as Latin-1 shows them so.
var c1 = [32]rune{'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ'}

// mendC1 reads C1 controls as the Windows-1252 characters they were meant to be.
func mendC1(s string) string {
	if !strings.Contains(s, "\xc2") {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r >= 0x80 && r < 0xa0 {
			if m := c1[r-0x80]; m != 0 {
				return m
			}
			return -1
		}
		return r
	}, s)
}

// escapeText makes s safe as XML or HTML text.
func escapeText(b *strings.Builder, s string) {
	for {
		i := strings.IndexAny(s, "&<>")
		if i < 0 {
			b.WriteString(s)
			return
		}
		b.WriteString(s[:i])
		switch s[i] {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		default:
			b.WriteString("&gt;")
		}
		s = s[i+1:]
	}
}

// escapeAttr makes s safe between double quotation marks.
func escapeAttr(b *strings.Builder, s string) {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '&':
			b.WriteString("&amp;")
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '"':
			b.WriteString("&#34;")
		case c == '\n', c == '\t', c == '\r':
			b.WriteByte(' ')
		default:
			_, n := utf8.DecodeRuneInString(s[i:])
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		i++
	}
}

// plain is the text inside an element, without tags.
func (n *node) plain() string {
	if len(n.kids) == 1 && n.kids[0].name == "" {
		return strings.TrimSpace(n.kids[0].text)
	}
	var b strings.Builder
	var walk func(*node)
	walk = func(n *node) {
		for _, k := range n.kids {
			if k.name == "" {
				b.WriteString(k.text)
			} else {
				walk(k)
			}
		}
	}
	walk(n)
	return strings.TrimSpace(b.String())
}
