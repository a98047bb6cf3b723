package sources

import (
	"encoding/base64"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// construct returns an element that may hold markup as HTML, whatever way the
// feed chose to write it: escaped, in CDATA, inline, base64 or plain. Links in
// it are absolute.
func (r *reader) construct(n *node) string {
	if n == nil {
		return ""
	}
	s := mendC1(r.markupOf(n))
	whole := absoluteLinks(s, r.base(n), r.room)
	r.room -= len(whole) - len(s)
	return whole
}

func (r *reader) markupOf(n *node) string {
	typ, mode := strings.ToLower(strings.TrimSpace(n.attr("type"))), strings.ToLower(n.attr("mode"))
	if i := strings.IndexByte(typ, ';'); i >= 0 {
		typ = strings.TrimSpace(typ[:i])
	}
	if mode == "base64" || binaryType(typ) {
		return fromBase64(n.plain(), typ)
	}
	if hasElements(n) {
		return inner(n)
	}
	s := n.plain()
	switch {
	case typ == "text" || typ == "text/plain" || typ == "plain":
		if r.kind == "atom" || !looksLikeHTML(s) {
			return escaped(s)
		}
	case typ == "" && r.kind == "atom" && !looksLikeHTML(s):
		return escaped(s)
	case typ == "" && n.name == "title" && !looksLikeHTML(s):
		return escaped(s)
	}
	return s
}

func escaped(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 16)
	escapeText(&b, s)
	return b.String()
}

func hasElements(n *node) bool {
	for _, k := range n.kids {
		if k.name != "" {
			return true
		}
	}
	return false
}

// binaryType reports whether Atom says content of this type is written in base64 (RFC 4287, 4.1.3.3).
func binaryType(t string) bool {
	switch {
	case !strings.Contains(t, "/"), strings.HasPrefix(t, "text/"), strings.HasSuffix(t, "xml"), strings.HasSuffix(t, "json"):
		return false
	}
	return true
}

func fromBase64(s, typ string) string {
	compact := strings.Join(strings.Fields(s), "")
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding} {
		if out, err := enc.DecodeString(compact); err == nil && len(out) > 0 {
			if !utf8.Valid(out) || strings.ContainsRune(string(out), 0) {
				return "" // a picture or the like: nothing to read
			}
			if typ == "text/plain" || typ == "text" {
				return escaped(string(out))
			}
			return string(out)
		}
	}
	return s
}

// inner writes the markup inside an element as HTML. The one div that Atom
// wraps XHTML in is left out.
func inner(n *node) string {
	var only *node
	for _, k := range n.kids {
		if k.name == "" && strings.TrimSpace(k.text) == "" {
			continue
		}
		if only != nil || k.name == "" {
			only = nil
			break
		}
		only = k
	}
	if only != nil && only.name == "div" && strings.Contains(strings.ToLower(n.attr("type")), "xhtml") {
		n = only
	}
	var b strings.Builder
	writeInner(&b, n)
	return strings.TrimSpace(b.String())
}

func writeInner(b *strings.Builder, n *node) {
	for _, k := range n.kids {
		switch {
		case k.name == "" && (k.cdata || tagLike(k.text)):
			b.WriteString(k.text)
		case k.name == "":
			escapeText(b, k.text)
		default:
			local := strings.ToLower(k.local)
			b.WriteByte('<')
			b.WriteString(local)
			for _, a := range k.attrs {
				if strings.HasPrefix(a.name, "xmlns") || strings.HasPrefix(a.name, "xml:") {
					continue
				}
				b.WriteByte(' ')
				b.WriteString(a.name)
				b.WriteString(`="`)
				escapeAttr(b, a.value)
				b.WriteByte('"')
			}
			b.WriteByte('>')
			if voidElement(local) {
				continue
			}
			writeInner(b, k)
			b.WriteString("</")
			b.WriteString(local)
			b.WriteByte('>')
		}
	}
}

// tagLike reports whether text between inline elements is itself escaped HTML.
func tagLike(s string) bool {
	i := strings.Index(s, "</")
	return i >= 0 && i+2 < len(s) && nameStart(s[i+2]) && strings.IndexByte(s[i:], '>') > 0
}

// looksLikeHTML reports whether a text that may be either is HTML: every tag
// in it is one of HTML's and one is closed or void, or it holds a character reference.
func looksLikeHTML(s string) bool {
	if !strings.ContainsAny(s, "<&") {
		return false
	}
	if strings.IndexByte(s, '<') < 0 {
		return hasReference(s)
	}
	z := html.NewTokenizer(strings.NewReader(s))
	known, closed := 0, false
	for {
		switch z.Next() {
		case html.ErrorToken:
			return known > 0 && closed || known == 0 && hasReference(s)
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			if atom.Lookup(name) == 0 {
				return false
			}
			known++
			closed = closed || voidElement(string(name))
		case html.EndTagToken:
			name, _ := z.TagName()
			if atom.Lookup(name) == 0 {
				return false
			}
			closed = true
		}
	}
}

func hasReference(s string) bool {
	for i := strings.IndexByte(s, '&'); i >= 0; {
		s = s[i:]
		if semi := strings.IndexByte(s[:min(len(s), maxEntity)], ';'); semi > 1 && entityBody(s[1:semi]) && unescape(s[:semi+1]) != s[:semi+1] {
			return true
		}
		s = s[1:]
		i = strings.IndexByte(s, '&')
	}
	return false
}

// linkAttrs are the attributes of HTML that hold one URL.
func linkAttr(name []byte) bool {
	switch string(name) {
	case "href", "src", "cite", "action", "longdesc", "poster", "background", "data", "usemap", "codebase", "classid", "profile":
		return true
	}
	return false
}

// linkRoom is how many bytes absolute links may add to a feed of so many. Real ones add under a fifth; a base of 64 KB before
// a million short links would make terabytes of 20 MB.
func linkRoom(feed int) int { return 1<<20 + 2*feed }

// absoluteLinks resolves the links of an HTML fragment against base, as long as they add no more than room bytes. Everything
// else stays as it was, byte for byte.
func absoluteLinks(s string, base *url.URL, room int) string {
	if base == nil || room <= 0 || !strings.Contains(s, "=") || strings.IndexByte(s, '<') < 0 {
		return s
	}
	var b strings.Builder
	done := 0
	for i := 0; ; {
		lt := strings.IndexByte(s[i:], '<')
		if lt < 0 {
			break
		}
		i += lt + 1
		if i >= len(s) || !nameStart(s[i]) {
			continue
		}
		for i < len(s) && nameByte(s[i]) {
			i++
		}
		for i < len(s) && s[i] != '>' {
			start := i
			for i < len(s) && s[i] > ' ' && s[i] != '=' && s[i] != '>' && s[i] != '/' {
				i++
			}
			name := strings.ToLower(s[start:i])
			if i == start {
				i++
				continue
			}
			j := i
			for j < len(s) && s[j] <= ' ' {
				j++
			}
			if j >= len(s) || s[j] != '=' {
				continue
			}
			j++
			for j < len(s) && s[j] <= ' ' {
				j++
			}
			from, to := j, j
			if j < len(s) && (s[j] == '"' || s[j] == '\'') {
				end := strings.IndexByte(s[j+1:], s[j])
				if end < 0 {
					i = len(s)
					break
				}
				from, to, i = j+1, j+1+end, j+1+end+1
			} else {
				for to < len(s) && s[to] > ' ' && s[to] != '>' {
					to++
				}
				i = to
			}
			if !linkAttr([]byte(name)) {
				continue
			}
			if abs, ok := resolved(s[from:to], base); ok {
				if room -= len(abs); room < 0 {
					i = len(s)
					break
				}
				if done == 0 {
					b.Grow(len(s) + len(s)/8)
				}
				b.WriteString(s[done:from])
				escapeAttr(&b, abs)
				done = to
			}
		}
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// resolved returns a relative reference made absolute; false when there was nothing to do.
func resolved(ref string, base *url.URL) (string, bool) {
	ref = strings.TrimSpace(html.UnescapeString(ref))
	if strings.HasPrefix(ref, "http://") || strings.HasPrefix(ref, "https://") {
		return "", false
	}
	ref = cleanURL(ref)
	if u, err := url.Parse(ref); err != nil || u.IsAbs() {
		return "", false
	}
	u, err := resolve(base, ref)
	if err != nil {
		return "", false
	}
	return u.String(), true
}
