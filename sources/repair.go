package sources

import (
	"fmt"
	"strings"
)

const (
	// maxDepth is how deep elements may nest before their tags are dropped and
	// their text kept; real feeds stay under 40, attacks use 20,000.
	maxDepth = 200
	// maxAttr bounds an attribute value whose closing quote is looked for.
	maxAttr = 64 << 10
	// maxTail is how much may stand between the name of an end tag and its ">".
	maxTail = 256
	// maxNames bounds how many different end tags are looked ahead for; real feeds have under 60 names.
	maxNames = 300

	cdataStart = "<![CDATA["

	warnCDATA = "a CDATA section has no end"
	warnEnd   = "the feed ends in the middle"
)

// A node is an element of a feed, or a run of text where name is "".
type node struct {
	name   string // lower case, with the usual prefix of its namespace: "item", "dc:date"
	local  string // as written, without prefix; what HTML inside a field is put together from
	attrs  []attr
	kids   []*node
	text   string
	parent *node
	cut    bool // the document ended inside it
	cdata  bool // text that came out of a CDATA section
}

type attr struct{ name, value string }

// attr returns the value of an attribute by its lower-case name.
func (n *node) attr(name string) string {
	for _, a := range n.attrs {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

// child returns the first child element of one of the names, tried in order, that is not empty; nil without one.
func (n *node) child(names ...string) *node {
	for _, name := range names {
		for _, k := range n.kids {
			if k.name == name && (len(k.kids) > 0 || len(k.attrs) > 0) {
				return k
			}
		}
	}
	return nil
}

// A tree is a feed read leniently: its elements, its entries in order, and what was wrong with it.
type tree struct {
	root     *node
	items    []*node
	warnings []string
	seen     map[string]bool
}

func (t *tree) warn(format string, args ...any) {
	w := fmt.Sprintf(format, args...)
	if !t.seen[w] {
		t.seen[w] = true
		t.warnings = append(t.warnings, w)
	}
}

// A builder reads tags in the order in which they come and decides what
// belongs to what. Three kinds of element matter to it: containers (feed,
// channel, item …), the fields directly inside them, and content inside
// fields, whose tags it never takes for structure as long as the field is
// closed before the entry is.
type builder struct {
	tree
	src   string
	pos   int
	stack []*node
	ns    namespaces
	item  int // index in stack of the open entry, -1 without one
	field int // index in stack of the open field, -1 without one
	slab  []node

	ahead  map[string]int // where a needle stands next, as last looked for
	names  int            // how many end tags were looked for by name
	border int            // next tag that begins or ends an entry
}

// readTree reads a document leniently. The root is nil when there is no feed in it.
func readTree(src string) *tree {
	b := &builder{src: src, item: -1, field: -1, border: -1, ahead: map[string]int{}}
	b.seen = map[string]bool{}
	b.ns.init()
	b.root = &node{}
	b.stack = []*node{b.root}
	b.run()
	return &b.tree
}

func (b *builder) run() {
	for b.pos < len(b.src) {
		lt := strings.IndexByte(b.src[b.pos:], '<')
		if lt < 0 {
			b.addText(b.src[b.pos:], false)
			b.pos = len(b.src)
			break
		}
		if lt > 0 {
			b.addText(b.src[b.pos:b.pos+lt], false)
			b.pos += lt
		}
		b.markup()
	}
	for i, n := range b.stack {
		n.cut = b.field >= 0 && i >= b.field || i == b.item
	}
	if len(b.stack) > 1 {
		b.warn(warnEnd)
	}
}

func (b *builder) top() *node { return b.stack[len(b.stack)-1] }

// find is the position of needle at or after from, -1 when it does not come
// again. What was found, or not, is remembered: all the looking ahead for one
// needle costs one pass over the document.
func (b *builder) find(needle string, from int) int {
	at, ok := b.ahead[needle]
	if !ok || at >= 0 && at < from {
		if at = -1; from < len(b.src) {
			if at = strings.Index(b.src[from:], needle); at >= 0 {
				at += from
			}
		}
		b.ahead[needle] = at
	}
	return at
}

// markup reads what begins with "<" at b.pos.
func (b *builder) markup() {
	rest := b.src[b.pos:]
	switch {
	case strings.HasPrefix(rest, "<!--"):
		if end := b.find("-->", b.pos+4); end >= 0 {
			b.pos = end + 3
			return
		}
		b.warn("a comment has no end")
		b.skipPast(">")
	case len(rest) >= 9 && strings.EqualFold(rest[:9], cdataStart):
		b.cdata()
	case strings.HasPrefix(rest, "<!"):
		b.doctype()
	case strings.HasPrefix(rest, "<?"):
		if end := b.find("?>", b.pos); end >= 0 {
			b.pos = end + 2
			return
		}
		b.skipPast(">")
	case strings.HasPrefix(rest, "</"):
		b.endTag(rest)
	case len(rest) > 1 && nameStart(rest[1]):
		b.startTag(rest)
	default:
		b.addText("<", true)
		b.pos++
	}
}

func (b *builder) skipPast(end string) {
	if at := b.find(end, b.pos); at >= 0 {
		b.pos = at + len(end)
	} else {
		b.pos = len(b.src)
	}
}

// cdata reads a CDATA section. One without end, or with its end in a later
// field, stops where the field it stands in is closed.
func (b *builder) cdata() {
	b.pos += len(cdataStart)
	end, limit := b.find("]]>", b.pos), len(b.src)
	if end >= 0 {
		limit = end
	}
	another := b.find(cdataStart, b.pos)
	if end >= 0 && (another < 0 || another > end) {
		b.addText(b.src[b.pos:end], true)
		b.pos = end + 3
		return
	}
	if own := b.next(b.top().local); own < limit && (end < 0 || own < another) {
		b.warn(warnCDATA)
		b.addText(b.src[b.pos:own], true)
		b.pos = own
		return
	}
	b.addText(b.src[b.pos:limit], true)
	if b.pos = limit; end < 0 {
		b.warn(warnCDATA)
	} else {
		b.pos += 3
	}
}

// doctype skips a document type declaration with its internal subset: no
// entity is ever declared by a feed.
func (b *builder) doctype() {
	gt := b.find(">", b.pos)
	if open := b.find("[", b.pos); open >= 0 && open < gt {
		if end := b.find("]", open); end >= 0 {
			b.pos = end
		}
	}
	b.skipPast(">")
}

// startTag reads a tag and opens its element.
func (b *builder) startTag(rest string) {
	i := 1
	for i < len(rest) && nameByte(rest[i]) {
		i++
	}
	raw := rest[1:i]
	attrs, n, selfClosing, ok := b.attributes(rest[i:])
	if !ok { // the document ends inside the tag
		b.pos = len(b.src)
		b.warn(warnEnd)
		return
	}
	b.pos += i + n
	b.ns.declare(len(b.stack), attrs)
	name, local := b.ns.element(raw, len(b.items) == 0 && len(b.stack) == 1)
	b.openElement(name, local, attrs, selfClosing)
}

// endTag reads "</name>".
func (b *builder) endTag(rest string) {
	i := 2
	for i < len(rest) && nameByte(rest[i]) {
		i++
	}
	raw := rest[2:i]
	if raw == "" {
		b.addText("<", true)
		b.pos++
		return
	}
	b.pos += i
	if end := strings.IndexAny(rest[i:min(len(rest), i+maxTail)], "<>"); end >= 0 && rest[i+end] == '>' {
		b.pos += end + 1
	}
	name, local := b.ns.element(raw, false)
	b.closeElement(name, local)
}

func nameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

func nameByte(c byte) bool {
	return nameStart(c) || c >= '0' && c <= '9' || c == '-' || c == '.' || c == ':'
}

// attributes reads the attributes of a tag up to its ">": quoted with either
// mark, unquoted, or without value. n is how many bytes that took.
func (b *builder) attributes(s string) (attrs []attr, n int, selfClosing, ok bool) {
	i := 0
	for {
		for i < len(s) && (s[i] <= ' ' || s[i] == '/' && i+1 < len(s) && s[i+1] != '>') {
			i++
		}
		switch {
		case i >= len(s):
			return attrs, i, false, false
		case s[i] == '>':
			return attrs, i + 1, false, true
		case s[i] == '/':
			if i+1 == len(s) {
				return attrs, i, false, false
			}
			return attrs, i + 2, true, true
		case s[i] == '<': // the tag was never closed
			b.warn("a tag is not closed")
			return attrs, i, false, true
		}
		start := i
		for i < len(s) && s[i] > ' ' && s[i] != '=' && s[i] != '>' && s[i] != '<' && (s[i] != '/' || i+1 < len(s) && s[i+1] != '>') {
			i++
		}
		if i == start { // a stray "="
			i++
			continue
		}
		a := attr{name: strings.ToLower(s[start:i])}
		j := i
		for j < len(s) && s[j] <= ' ' {
			j++
		}
		if j < len(s) && s[j] == '=' {
			j++
			for j < len(s) && s[j] <= ' ' {
				j++
			}
			var v string
			v, j = b.attrValue(s, j)
			a.value, i = unescape(v), j
		}
		attrs = append(attrs, a)
	}
}

// attrValue reads an attribute value at i and returns it with the position after it.
func (b *builder) attrValue(s string, i int) (string, int) {
	if i >= len(s) {
		return "", i
	}
	if q := s[i]; q == '"' || q == '\'' {
		window := s[i+1 : min(len(s), i+1+maxAttr)]
		end := strings.IndexByte(window, q)
		if end >= 0 && !strings.Contains(window[:end], "</") {
			return window[:end], i + 1 + end + 1
		}
		b.warn("an attribute has no closing quotation mark")
		i++
	} else if q != '>' {
		b.warn("an attribute is not quoted")
	}
	j := i
	for j < len(s) && s[j] > ' ' && s[j] != '>' && s[j] != '<' {
		j++
	}
	v := s[i:j]
	if j < len(s) && s[j] == '>' && strings.HasSuffix(v, "/") && len(v) > 1 { // <link href=x/>
		return v[:len(v)-1], j - 1
	}
	return strings.TrimRight(v, `"'`), j
}
