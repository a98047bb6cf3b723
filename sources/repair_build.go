package sources

import (
	"strings"
)

// openElement puts an element into the tree, closing first what should have been closed before it.
func (b *builder) openElement(name, local string, attrs []attr, selfClosing bool) {
	if b.field >= 0 && !b.fieldIsClosed() && (isEntry(name) || fieldNames[name]) {
		b.warn("<%s> is not closed", b.stack[b.field].local)
		b.popTo(b.field)
	}
	if b.field < 0 && isEntry(name) && b.item >= 0 {
		b.warn("<%s> is not closed", b.stack[b.item].local)
		b.popTo(b.item)
	}
	if len(b.stack) >= maxDepth {
		b.warn("elements are nested deeper than %d", maxDepth)
		return
	}
	n := b.newNode()
	n.name, n.local, n.attrs, n.parent = name, local, attrs, b.top()
	n.parent.kids = append(n.parent.kids, n)
	if selfClosing || b.field >= 0 && voidElement(name) {
		if isEntry(name) && b.field < 0 {
			b.items = append(b.items, n)
		}
		b.ns.leave(len(b.stack))
		return
	}
	b.stack = append(b.stack, n)
	at := len(b.stack) - 1
	switch {
	case b.field >= 0:
	case isEntry(name):
		b.item = at
		b.items = append(b.items, n)
	case b.item >= 0 || !container(name) && at > 1:
		b.field = at
	}
}

// closeElement ends the innermost open element of the name, as far as one may
// be ended from here: content never ends a container, and a stray end tag ends nothing.
func (b *builder) closeElement(name, local string) {
	floor := 1
	if b.field >= 0 {
		floor = b.field
	} else if b.item >= 0 {
		floor = b.item
	}
	for i := len(b.stack) - 1; i >= floor; i-- {
		if b.stack[i].name == name {
			if i == len(b.stack)-1 || b.field >= 0 && i > b.field {
				b.popTo(i)
				return
			}
			if b.field < 0 {
				b.warn("<%s> is not closed", b.top().local)
			}
			b.popTo(i)
			return
		}
	}
	if container(name) || isEntry(name) {
		for i := len(b.stack) - 1; i >= 1; i-- {
			if b.stack[i].name == name {
				b.warn("<%s> is not closed", b.top().local)
				b.popTo(i)
				return
			}
		}
	}
	if b.field >= 0 && fieldNames[name] && !b.fieldIsClosed() {
		b.warn("<%s> ends in </%s>", b.stack[b.field].local, local)
		b.popTo(b.field)
		return
	}
	if b.field < 0 {
		b.warn("</%s> ends nothing", local)
	}
}

// popTo closes the element at index i of the stack and all inside it.
func (b *builder) popTo(i int) {
	for j := len(b.stack) - 1; j >= i; j-- {
		b.ns.leave(j)
	}
	b.stack = b.stack[:i]
	if b.item >= i {
		b.item = -1
	}
	if b.field >= i {
		b.field = -1
	}
}

// fieldIsClosed reports whether the open field's end tag comes before the entry
// ends or another begins, so that whatever tags come before it are its content.
func (b *builder) fieldIsClosed() bool {
	f := b.stack[b.field]
	end := b.next(f.local)
	if end == len(b.src) {
		return false
	}
	if b.border < b.pos {
		b.border = b.nextBorder()
	}
	return end < b.border
}

// next is the position of the next end tag of a name, len(src) without one.
func (b *builder) next(local string) int {
	if _, ok := b.ahead["</"+local]; !ok {
		if b.names++; b.names > maxNames {
			return len(b.src)
		}
	}
	return b.nextTag("</", local)
}

// nextTag is find for a whole tag name; len(src) when there is none.
func (b *builder) nextTag(lead, name string) int {
	key := lead + name
	at, ok := b.ahead[key]
	if !ok || at < b.pos {
		if at = indexTag(b.src[b.pos:], lead, name); at < 0 {
			at = len(b.src)
		} else {
			at += b.pos
		}
		b.ahead[key] = at
	}
	return at
}

func (b *builder) nextBorder() int {
	return min(b.nextTag("<", "item"), b.nextTag("</", "item"), b.nextTag("<", "entry"), b.nextTag("</", "entry"))
}

// indexTag finds lead+name as a whole tag name, ignoring case and any namespace prefix.
func indexTag(s, lead, name string) int {
	for from := 0; ; {
		i := strings.Index(s[from:], lead)
		if i < 0 {
			return -1
		}
		at := from + i
		end := at + len(lead)
		for end < len(s) && nameByte(s[end]) {
			end++
		}
		raw := s[at+len(lead) : end]
		if c := strings.LastIndexByte(raw, ':'); c >= 0 {
			raw = raw[c+1:]
		}
		if strings.EqualFold(raw, name) {
			return at
		}
		from = at + len(lead)
	}
}

func (b *builder) newNode() *node {
	if len(b.slab) == 0 {
		b.slab = make([]node, 128)
	}
	n := &b.slab[0]
	b.slab = b.slab[1:]
	return n
}

// addText puts text into the open element; literal text has no entities to read.
func (b *builder) addText(s string, literal bool) {
	if s == "" || b.field < 0 && strings.TrimSpace(s) == "" {
		return
	}
	top := b.top()
	if b.field < 0 && !literal && len(b.stack) <= 2 {
		return // junk between the structure
	}
	n := b.newNode()
	n.text, n.cdata, n.parent = s, literal && len(s) > 1, top
	if !literal {
		n.text = unescape(s)
	}
	top.kids = append(top.kids, n)
}

func isEntry(name string) bool { return name == "item" || name == "entry" }

// container reports whether an element holds fields and entries rather than text.
func container(name string) bool {
	switch name {
	case "rss", "rdf", "rdf:rdf", "feed", "channel":
		return true
	}
	return false
}

// voidElement reports whether an HTML element has no end tag.
func voidElement(name string) bool {
	switch name {
	case "br", "img", "hr", "input", "wbr", "area", "col", "embed":
		return true
	}
	return false
}

// fieldNames are the elements that stand directly in an entry or feed. Inside a
// field that is never closed they begin the next one.
var fieldNames = map[string]bool{
	"title": true, "link": true, "description": true, "pubdate": true, "guid": true, "author": true, "category": true,
	"comments": true, "enclosure": true, "source": true, "language": true, "lastbuilddate": true, "ttl": true,
	"generator": true, "copyright": true, "managingeditor": true, "webmaster": true, "image": true,
	"summary": true, "content": true, "id": true, "updated": true, "published": true, "issued": true, "modified": true,
	"content:encoded": true, "dc:date": true, "dc:creator": true, "dc:subject": true, "dc:title": true,
	"dc:language": true, "dc:publisher": true, "dc:description": true, "dcterms:issued": true, "dcterms:modified": true,
	"media:content": true, "media:thumbnail": true, "media:title": true, "media:description": true, "media:group": true,
	"atom:link": true, "atom:updated": true, "atom:published": true, "itunes:author": true, "itunes:summary": true,
	"slash:comments": true, "wfw:commentrss": true, "feedburner:origlink": true,
}
