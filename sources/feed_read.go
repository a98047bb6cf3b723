package sources

import (
	"net/http"
	"net/url"
	"strings"
)

// A reader holds what reading one feed needs: the tree, the kind of feed and the URL its links are relative to.
type reader struct {
	*tree
	kind  string // "rss", "rdf", "atom", "cdf"
	top   *node  // the element the feed's own fields stand in
	outer *node  // the root element
	doc   *url.URL
	bases map[*node]*url.URL
	room  int // how many bytes absolute links may still add (linkRoom)
}

// newReader finds the feed in a tree; nil when there is none.
func newReader(t *tree, doc *url.URL) *reader {
	r := &reader{tree: t, doc: doc, bases: map[*node]*url.URL{}}
	root := feedRoot(t.root, 0)
	if root == nil {
		if len(t.items) == 0 {
			return nil
		}
		t.warn("the feed has no root element")
		root = t.root
	}
	r.outer, r.top = root, root
	switch root.name {
	case "feed":
		r.kind = "atom"
	case "rdf:rdf", "rdf":
		r.kind = "rdf"
	default:
		r.kind = "rss"
		if len(t.items) > 0 && root == t.root && t.items[0].name == "entry" {
			r.kind = "atom"
		}
	}
	if c := root.child("channel"); c != nil && r.kind != "atom" {
		r.top = c
	}
	if root.name == "channel" && (root.child("item") != nil && root.child("item").attr("href") != "" || root.attr("href") != "" || root.child("abstract") != nil) {
		r.kind = "cdf"
	}
	return r
}

// feedRoot finds the root element of a feed, which may stand beside or inside junk.
func feedRoot(n *node, depth int) *node {
	for _, k := range n.kids {
		if container(k.name) {
			return k
		}
	}
	if depth < 6 {
		for _, k := range n.kids {
			if r := feedRoot(k, depth+1); r != nil {
				return r
			}
		}
	}
	return nil
}

// base is the URL that links inside n are relative to.
func (r *reader) base(n *node) *url.URL {
	if n == nil {
		return r.doc
	}
	if u, ok := r.bases[n]; ok {
		return u
	}
	u := r.base(n.parent)
	own := n.attr("xml:base")
	if own == "" && r.kind == "cdf" && n.name == "channel" {
		own = n.attr("base")
	}
	if own != "" {
		if p, err := resolve(u, cleanURL(own)); err == nil && (p.Scheme == "http" || p.Scheme == "https") {
			u = p
		}
	}
	if n.name != "" {
		r.bases[n] = u
	}
	return u
}

// lang is the language declared for n or around it.
func (r *reader) lang(n *node) string {
	for ; n != nil; n = n.parent {
		for _, a := range n.attrs {
			if a.name == "xml:lang" {
				return strings.ReplaceAll(strings.TrimSpace(a.value), "_", "-")
			}
		}
	}
	return ""
}

// documentURL is the URL a feed's links are relative to: Content-Location where
// the server gives one, else where the feed was fetched from.
func documentURL(in Input) *url.URL {
	u, err := url.Parse(in.URL)
	if err != nil || u.Host == "" {
		u = nil
	}
	if loc := header(in.Header, "Content-Location"); loc != "" {
		if l, err := resolve(u, cleanURL(loc)); err == nil && l.Host != "" && (l.Scheme == "http" || l.Scheme == "https") {
			return l
		}
	}
	return u
}

// header reads a header whose name may not be in canonical form.
func header(h http.Header, name string) string {
	if v := h.Get(name); v != "" {
		return v
	}
	for k, v := range h {
		if strings.EqualFold(k, name) && len(v) > 0 {
			return v[0]
		}
	}
	return ""
}

// feedLink is the site a feed belongs to.
func (r *reader) feedLink() string {
	if r.kind == "atom" {
		if l := r.atomLink(r.top, "link"); l != "" {
			return l
		}
		return ""
	}
	for _, k := range r.top.kids {
		if k.name == "link" {
			if u := r.url(k, k.plain()); u != "" {
				return u
			}
			if rel := k.attr("rel"); rel == "" || rel == "alternate" {
				if u := r.url(k, k.attr("href")); u != "" {
					return u
				}
			}
		}
	}
	if l := r.atomLink(r.top, "atom:link"); l != "" {
		return l
	}
	return r.url(r.top, r.top.attr("href"))
}

// url makes a reference that stands in n an absolute http(s) URL, "" when it is none.
func (r *reader) url(n *node, ref string) string {
	if ref == "" || r.room <= 0 {
		return ""
	}
	u := absolute(r.base(n), ref)
	r.room -= max(0, len(u)-len(ref))
	return u
}

// atomLink is the alternate link among the links of n, those of type text/html first.
func (r *reader) atomLink(n *node, name string) string {
	best := ""
	for _, k := range n.kids {
		if k.name != name {
			continue
		}
		rel := strings.ToLower(strings.TrimSpace(k.attr("rel")))
		if rel != "" && rel != "alternate" && rel != "http://www.iana.org/assignments/relation/alternate" {
			continue
		}
		href := k.attr("href")
		if href == "" {
			href = k.plain()
		}
		u := r.url(k, href)
		switch {
		case u == "":
		case best == "":
			best = u
			if t := k.attr("type"); t == "" || strings.Contains(t, "html") {
				return u
			}
		case strings.Contains(k.attr("type"), "html"):
			return u
		}
	}
	return best
}

// itemLink is where the text of an entry is to be read.
func (r *reader) itemLink(n *node) string {
	if r.kind == "atom" {
		if l := r.atomLink(n, "link"); l != "" {
			return l
		}
	}
	for _, k := range n.kids {
		if k.name == "link" && !k.cut {
			if rel := k.attr("rel"); rel != "" && rel != "alternate" {
				continue
			}
			if u := r.url(k, k.plain()); u != "" {
				return u
			}
			if u := r.url(k, k.attr("href")); u != "" {
				return u
			}
		}
	}
	if l := r.atomLink(n, "atom:link"); l != "" {
		return l
	}
	if u := r.url(n, n.attr("href")); u != "" && r.kind == "cdf" {
		return u
	}
	if g := n.child("guid"); g != nil && !g.cut && !strings.EqualFold(g.attr("ispermalink"), "false") {
		if id := g.plain(); plausibleURL(id) {
			if u := r.url(g, id); u != "" {
				return u
			}
		}
	}
	for _, k := range n.kids {
		switch k.name {
		case "id", "atom:id":
			if u := absolute(nil, k.plain()); u != "" && !k.cut {
				return u
			}
		case "content":
			if u := r.url(k, k.attr("src")); u != "" {
				return u
			}
		}
	}
	if about := n.attr("rdf:about"); plausibleURL(about) {
		return r.url(n, about)
	}
	return ""
}

// plausibleURL tells a GUID that is a URL or path from one that is a number or a name.
func plausibleURL(s string) bool {
	return s != "" && !strings.ContainsAny(s, " \t\n") && strings.ContainsAny(s, "/.") && !strings.HasPrefix(s, "tag:") && !strings.HasPrefix(s, "urn:")
}
