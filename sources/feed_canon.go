package sources

import (
	"strconv"
	"strings"
	"time"
)

// canonical writes the feed as gofeed reads it whole: one root, one channel,
// the usual prefixes, one of each field, links absolute, markup escaped, dates
// in RFC 3339 where they could be read. What gofeed would lose (a GUID as
// link, rdf:about, dcterms dates, media:title, types and modes of text) is
// put where gofeed looks for it.
func (r *reader) canonical() *xmlWriter {
	w := &xmlWriter{}
	if r.kind == "atom" {
		w.raw(`<feed xmlns="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/">`)
		r.atomFields(w, r.top)
		for _, it := range r.items {
			w.raw("<entry>")
			r.atomFields(w, it)
			w.raw("</entry>")
		}
		w.raw("</feed>")
		return w
	}
	w.raw(`<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"` +
		` xmlns:atom="http://www.w3.org/2005/Atom" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel>`)
	r.channelFields(w)
	for _, it := range r.items {
		w.raw("<item>")
		r.itemFields(w, it)
		w.raw("</item>")
	}
	w.raw("</channel></rss>")
	return w
}

// channelFields writes what RSS says of the feed itself.
func (r *reader) channelFields(w *xmlWriter) {
	n := r.top
	w.element("title", r.first(n, "title", "atom:title", "dc:title"))
	w.element("description", r.first(n, "description", "abstract", "tagline", "subtitle", "atom:subtitle", "dc:description", "itunes:summary", "itunes:subtitle"))
	w.element("link", r.feedLink())
	w.element("language", firstPlain(n, "language", "dc:language"))
	w.element("lastBuildDate", r.firstDate(n, "lastbuilddate", "pubdate", "dc:date", "dcterms:modified", "atom:updated"))
	r.authors(w, n)
}

// itemFields writes one RSS entry.
func (r *reader) itemFields(w *xmlWriter, n *node) {
	w.element("title", r.first(n, "title", "atom:title", "dc:title", "media:title"))
	summary := r.first(n, "description", "abstract", "summary", "dc:description", "itunes:summary", "atom:summary", "media:description")
	content := r.first(n, "content:encoded", "body", "fullitem", "content", "atom:content", "yandex:full-text", "turbo:content")
	if short := n.child("summary"); short != nil && content == "" && n.child("description") != nil {
		summary, content = r.construct(short), summary
	}
	w.element("description", summary)
	w.element("content:encoded", content)
	w.element("link", r.itemLink(n))
	w.element("guid", r.id(n))
	w.element("pubDate", r.firstDate(n, "pubdate", "dc:date", "dcterms:issued", "dcterms:created", "atom:published", "published", "atom:issued", "date"))
	w.element("atom:updated", r.firstDate(n, "atom:updated", "dcterms:modified", "updated", "modified", "atom:modified", "lastmod"))
	r.authors(w, n)
}

// atomFields writes an Atom feed's own fields or those of an entry.
func (r *reader) atomFields(w *xmlWriter, n *node) {
	w.element("title", r.first(n, "title", "dc:title", "media:title"))
	if n == r.top {
		w.element("subtitle", r.first(n, "subtitle", "tagline", "description", "dc:description"))
		w.link(r.feedLink())
		w.element("updated", r.firstDate(n, "updated", "modified", "dcterms:modified", "published", "dc:date", "pubdate"))
	} else {
		w.element("summary", r.first(n, "summary", "description", "dc:description", "media:description"))
		w.element("content", r.first(n, "content", "content:encoded", "body"))
		w.link(r.itemLink(n))
		w.element("id", r.id(n))
		w.element("published", r.firstDate(n, "published", "issued", "created", "dcterms:issued", "dcterms:created", "dc:date", "pubdate"))
		w.element("updated", r.firstDate(n, "updated", "modified", "dcterms:modified"))
	}
	r.authors(w, n)
}

// first is the HTML of the first of the named fields that holds any, looked for
// directly in n and then, for media:*, in the groups of n.
func (r *reader) first(n *node, names ...string) string {
	for _, name := range names {
		for _, k := range n.kids {
			if k.name != name {
				continue
			}
			if s := r.construct(k); s != "" {
				return s
			}
		}
		if strings.HasPrefix(name, "media:") {
			for _, k := range n.kids {
				if k.name == "media:group" || k.name == "media:content" {
					if s := r.first(k, name); s != "" {
						return s
					}
				}
			}
		}
	}
	return ""
}

func firstPlain(n *node, names ...string) string {
	for _, name := range names {
		for _, k := range n.kids {
			if k.name == name && !k.cut {
				if s := k.plain(); s != "" {
					return s
				}
			}
		}
	}
	return ""
}

// firstDate is the first of the named fields that can be read as a date, in
// RFC 3339; failing that the first that says anything, as it stands.
func (r *reader) firstDate(n *node, names ...string) string {
	raw := ""
	for _, name := range names {
		best := ""
		for _, k := range n.kids {
			if k.name != name || k.cut {
				continue
			}
			s := k.plain()
			if t, ok := fastDate(s); ok {
				best = t.Format(time.RFC3339) // of several, the last is meant
			} else if raw == "" {
				raw = s
			}
		}
		if t, ok := fastDate(n.attr(name)); ok && best == "" {
			best = t.Format(time.RFC3339)
		}
		if best != "" {
			return best
		}
	}
	return raw
}

// id is the GUID of an entry as given; a relative one, which no GUID should be, is resolved.
func (r *reader) id(n *node) string {
	names := []string{"guid", "atom:id", "id", "dc:identifier"}
	if r.kind == "atom" {
		names = []string{"id", "guid"}
	}
	id := firstPlain(n, names...)
	if id == "" {
		id = strings.TrimSpace(n.attr("rdf:about"))
	}
	if k := n.child("id"); k != nil && r.kind == "atom" && strings.HasPrefix(id, "/") {
		if u := r.url(k, id); u != "" {
			id = u
		}
	}
	return id
}

// authors writes every field gofeed may take an author from.
func (r *reader) authors(w *xmlWriter, n *node) {
	author := "author"
	if n == r.top {
		author = "dc:author" // gofeed knows no author of a channel
	}
	for _, k := range n.kids {
		switch k.name {
		case "author", "atom:author", "itunes:author", "dc:creator", "dc:author", "managingeditor", "webmaster", "dc:publisher":
		default:
			continue
		}
		if k.cut {
			continue
		}
		name, mail := firstPlain(k, "name", "atom:name"), firstPlain(k, "email", "atom:email")
		switch {
		case r.kind == "atom" && k.name == "author":
			if name == "" && mail == "" {
				name = k.plain()
			}
			w.raw("<author>")
			w.element("name", name)
			w.element("email", mail)
			w.raw("</author>")
		case k.name == "atom:author" || hasElements(k):
			if name == "" && mail == "" {
				name = k.plain()
			}
			if name != "" && mail != "" {
				name += " (" + mail + ")"
			} else if name == "" {
				name = mail
			}
			w.element(author, oneLine(name))
		case k.name == "managingeditor":
			w.element("managingEditor", oneLine(k.plain()))
		case k.name == "webmaster":
			w.element("webMaster", oneLine(k.plain()))
		case k.name == "author":
			w.element(author, oneLine(k.plain()))
		default:
			w.element(k.name, oneLine(k.plain()))
		}
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// longText is from how many bytes a text is kept aside while gofeed reads the
// rest: its XML decoder takes most of the time of a feed with whole articles.
// A 70 KB feed takes 0.79 of the CPU time of gofeed alone this way, else 1.07.
const longText = 80

// An xmlWriter puts well-formed XML together. Long texts stand in it by number.
type xmlWriter struct {
	b     strings.Builder
	texts []string
}

func (w *xmlWriter) raw(s string) { w.b.WriteString(s) }

// element writes <name>text</name>, nothing where there is no text.
func (w *xmlWriter) element(name, text string) {
	if text == "" {
		return
	}
	if len(text) >= longText || strings.Contains(text, textMark) {
		w.texts = append(w.texts, text)
		text = textMark + strconv.Itoa(len(w.texts)-1)
	}
	w.b.WriteByte('<')
	w.b.WriteString(name)
	w.b.WriteByte('>')
	escapeText(&w.b, text)
	w.b.WriteString("</")
	w.b.WriteString(name)
	w.b.WriteByte('>')
}

// textMark stands before the number of a text that is kept aside; a text that holds it is kept aside itself.
const textMark = "\uE000"

// text returns what element was given.
func (w *xmlWriter) text(s string) string {
	if rest, ok := strings.CutPrefix(s, textMark); ok {
		if n, err := strconv.Atoi(rest); err == nil && n >= 0 && n < len(w.texts) {
			return w.texts[n]
		}
	}
	return s
}

func (w *xmlWriter) link(href string) {
	if href == "" {
		return
	}
	w.b.WriteString(`<link rel="alternate" href="`)
	escapeAttr(&w.b, href)
	w.b.WriteString(`"/>`)
}
