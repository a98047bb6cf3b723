package sources

import (
	"fmt"
	"math"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	// watchLinks is how few links make no list, and watchMax how many of a list are looked at.
	watchLinks, watchMax = 3, 200
	// watchLetters are how long a headline is at least; "Read more", "Contact" and "Home page" are none. Han and kana count thrice.
	watchLetters = 12
	// watchPath is how many elements above a link tell which list it is of.
	watchPath = 5
	// watchScore is below what the best list of a page is still none: menus, tag clouds, lists of partners.
	watchScore = 1.5
)

// watchSitemap is the Watch of a sitemap.
const watchSitemap = "sitemap"

// A watched list is the links of a page that has no feed: each new one is an entry. What identifies it is the path of elements
// from a link upwards, with their classes, as learned from the page when somebody added it.
//
// The items that repeat are told from menus by what they look like: headlines rather than words, dates beside them, addresses
// that go deeper than the page. No rule is about a single site.
type watchedList struct {
	path  string
	items []Item
	score float64
}

// LearnWatch looks for the list of articles of a page and returns what identifies it (Visit.Watch); false when the page has
// no such list. It is what is left for sites without a feed.
func LearnWatch(in Input) (watch string, f *Feed, ok bool) {
	p, err := newWatchPage(in)
	if err != nil {
		return "", nil, false
	}
	best := p.best()
	if best == nil {
		return "", nil, false
	}
	return best.path, p.feed(best.items), true
}

// ReadWatch reads the list that watch identifies. Where the page was rebuilt, and another list is there, that is read, and
// moved identifies it from now on. The error is ErrNoFeed when there is none.
func ReadWatch(in Input, watch string) (f *Feed, moved string, err error) {
	if watch == watchSitemap {
		f, err = readSitemap(in)
		return f, "", err
	}
	p, err := newWatchPage(in)
	if err != nil {
		return nil, "", err
	}
	for _, l := range p.lists() {
		if l.path == watch && len(l.items) > 0 {
			return p.feed(l.items), "", nil
		}
	}
	best := p.best()
	if best == nil {
		return nil, "", fmt.Errorf("watch: %w", ErrNoFeed)
	}
	f = p.feed(best.items)
	f.Warnings = append(f.Warnings, "The page was rebuilt; another list on it is read from now on. Look whether it is the right one.")
	return f, best.path, nil
}

// A watchPage is a page that is looked at for lists.
type watchPage struct {
	doc  *html.Node
	at   *url.URL
	lang string
}

func newWatchPage(in Input) (*watchPage, error) {
	contentType := in.ContentType
	if contentType == "" {
		contentType = header(in.Header, "Content-Type")
	}
	at, err := url.Parse(in.URL)
	if err != nil || at.Host == "" {
		return nil, fmt.Errorf("watch: %w", ErrNoFeed)
	}
	text := decode(in.Body, contentType).text
	if sniff(text) != "html" {
		return nil, fmt.Errorf("watch: %w", ErrNoFeed)
	}
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("watch: %w", ErrNoFeed)
	}
	nodes := 0
	for n := range doc.Descendants() {
		if nodes++; nodes > maxNodes {
			return nil, problem(codeHeavy, nil)
		}
		if n.DataAtom == atom.Base && n.Type == html.ElementNode {
			if u, err := resolve(at, attrOf(n, "href")); err == nil && u.Host != "" {
				at = u
			}
		}
	}
	return &watchPage{doc: doc, at: at, lang: firstSet(metaTags(doc).lang, contentLanguage(in))}, nil
}

// feed makes a feed of a list.
func (p *watchPage) feed(items []Item) *Feed {
	f := &Feed{Kind: "page", Link: p.at.String(), Language: p.lang, Items: items}
	for n := range p.doc.Descendants() {
		if n.Type == html.ElementNode && n.DataAtom == atom.Title {
			f.Title = oneLineText(textOf(n))
			break
		}
	}
	return f
}

// best is the list that is most likely the one of articles; nil when none is.
func (p *watchPage) best() *watchedList {
	var best *watchedList
	for _, l := range p.lists() {
		if len(l.items) >= watchLinks && l.score >= watchScore && (best == nil || l.score > best.score) {
			best = l
		}
	}
	return best
}

// A watchedLink is a link of a list.
type watchedLink struct {
	n     *html.Node
	url   *url.URL
	title string
}

// lists are the groups of links that hang in the page in the same way, in the order of the page.
func (p *watchPage) lists() []*watchedList {
	var order []string
	links := map[string][]watchedLink{}
	for n := range p.doc.Descendants() {
		if n.Type != html.ElementNode || n.DataAtom != atom.A {
			continue
		}
		u, ok := p.target(n)
		if !ok {
			continue
		}
		key := elementPath(n)
		if links[key] == nil {
			order = append(order, key)
		}
		if len(links[key]) < 2*watchMax {
			links[key] = append(links[key], watchedLink{n, u, p.headline(n)})
		}
	}
	out := make([]*watchedList, 0, len(order))
	for _, key := range order {
		out = append(out, p.list(key, links[key]))
	}
	return out
}

// target is where a link leads, when that may be an article of this site.
func (p *watchPage) target(n *html.Node) (*url.URL, bool) {
	href := strings.TrimSpace(attrOf(n, "href"))
	if href == "" || strings.HasPrefix(href, "#") {
		return nil, false
	}
	u, err := resolve(p.at, href)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || domainOf(u.Hostname()) != domainOf(p.at.Hostname()) {
		return nil, false
	}
	u.Fragment = ""
	switch strings.ToLower(path.Ext(u.Path)) {
	case ".jpg", ".jpeg", ".png", ".gif", ".svg", ".webp", ".mp3", ".mp4", ".zip", ".ics", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx":
		return nil, false
	}
	return u, u.Path != p.at.Path || u.RawQuery != p.at.RawQuery
}

// headline is the text of a link, or what it is called where it holds a picture alone.
func (p *watchPage) headline(n *html.Node) string {
	for m := range n.Descendants() { // a card is one link: its headline is its heading
		if m.Type == html.ElementNode && (m.DataAtom == atom.H1 || m.DataAtom == atom.H2 || m.DataAtom == atom.H3 || m.DataAtom == atom.H4) {
			if t := oneLineText(textOf(m)); t != "" {
				return t
			}
		}
	}
	return firstSet(oneLineText(textOf(n)), oneLineText(attrOf(n, "title")), oneLineText(attrOf(n, "aria-label")))
}

// list makes a list of links, each address once, with the dates that stand beside them.
func (p *watchPage) list(key string, links []watchedLink) *watchedList {
	l := &watchedList{path: key}
	at := map[string]int{} // of an address in items
	nodes := map[*html.Node]string{}
	for _, k := range links {
		nodes[k.n] = k.url.String()
	}
	dated, deep, letter := 0, 0, 0
	for _, k := range links {
		u := k.url.String()
		if i, twice := at[u]; twice {
			if letters(k.title) > letters(l.items[i].Title) {
				l.items[i].Title = k.title
			}
			continue
		}
		if len(l.items) == watchMax {
			break
		}
		at[u] = len(l.items)
		l.items = append(l.items, Item{Title: k.title, Link: u, Published: dateBeside(k, nodes)})
	}
	l.items = slices.DeleteFunc(l.items, func(it Item) bool { return letters(it.Title) < watchLetters })
	if len(l.items) == 0 {
		return l
	}
	for _, it := range l.items {
		if !it.Published.IsZero() {
			dated++
		}
		if u, err := url.Parse(it.Link); err == nil && p.deeper(u) {
			deep++
		}
		letter += min(letters(it.Title), 80)
	}
	n := float64(len(l.items))
	share := func(k int) float64 { return float64(k) / n }
	// Ten headlines of fifty letters with dates and addresses of their own score 8, without dates 2.7; a menu of seven entries
	// that is not marked as one, 0.9.
	l.score = math.Log2(1+min(n, 20)) * (share(letter) / 50) * (0.3 + share(deep)) * (0.6 + 1.2*share(dated)) * place(links[0].n)
	return l
}

// deeper reports whether an address looks like one of an article: below the page's folder, with figures, or with words joined
// by hyphens.
func (p *watchPage) deeper(u *url.URL) bool {
	last := path.Base(u.Path)
	return strings.Count(last, "-") >= 3 || strings.Count(last, "_") >= 3 || datedPath.MatchString(u.Path) || digitsIn(last) >= 4 || digitsIn(u.RawQuery) >= 3 ||
		strings.HasPrefix(u.Path, strings.TrimSuffix(p.at.Path, path.Ext(p.at.Path))+"/") && p.at.Path != "" && p.at.Path != "/"
}

func digitsIn(s string) (n int) {
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}

// navWords are in the classes and ids of what stands on every page of a site.
var navWords = []string{"nav", "menu", "breadcrumb", "footer", "cookie", "share", "social", "pagination", "pager", "sidebar", "related", "tags", "language", "sitemap"}

// place is how likely the place of a link in its page is one of articles.
func place(n *html.Node) float64 {
	f := 1.0
	for m := n; m != nil; m = m.Parent {
		if m.Type != html.ElementNode {
			continue
		}
		switch m.DataAtom {
		case atom.Nav, atom.Footer:
			return 0
		case atom.Aside:
			f *= 0.4
		case atom.Main, atom.Article:
			f = max(f, 1.3)
		}
		if m.DataAtom == atom.Body || m.DataAtom == atom.Html {
			break // classes of the whole page say nothing of a part
		}
		role := strings.ToLower(attrOf(m, "role"))
		if role == "navigation" || role == "contentinfo" {
			return 0
		}
		if role == "main" {
			f = max(f, 1.3)
		}
		named := strings.ToLower(attrOf(m, "class") + " " + attrOf(m, "id"))
		for _, w := range strings.FieldsFunc(named, func(r rune) bool { return r == ' ' || r == '-' || r == '_' }) {
			if slices.Contains(navWords, w) {
				f *= 0.3
			}
		}
	}
	return f
}

// elementPath is how a link hangs in its page: the elements above it with the classes that do not number or mark a single one.
func elementPath(n *html.Node) string {
	var parts []string
	for m := n; m != nil && m.Type == html.ElementNode && len(parts) < watchPath; m = m.Parent {
		part := m.Data
		var classes []string
		for _, c := range strings.Fields(attrOf(m, "class")) {
			if !passing.MatchString(c) && len(c) <= 60 {
				classes = append(classes, c)
			}
		}
		slices.Sort(classes)
		if classes = slices.Compact(classes); len(classes) > 0 {
			part += "." + strings.Join(classes[:min(len(classes), 3)], ".")
		}
		parts = append(parts, part)
	}
	slices.Reverse(parts)
	return strings.Join(parts, " ")
}

// passing are classes that one element of a list has and the next has not.
var passing = regexp.MustCompile(`(?i)^(first|last|odd|even|active|current|selected|visited|new|is-.*|has-.*|js-.*|.*\d.*|views-row-.*)$`)

// textOf is the text below a node, without that of scripts and styles.
func textOf(n *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(n.Data)
		case n.Type == html.ElementNode && (n.DataAtom == atom.Script || n.DataAtom == atom.Style || n.DataAtom == atom.Svg || n.DataAtom == atom.Noscript):
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if n.Type == html.ElementNode && n.DataAtom != atom.Span && n.DataAtom != atom.B && n.DataAtom != atom.I && n.DataAtom != atom.Em && n.DataAtom != atom.Strong {
			b.WriteByte(' ')
		}
	}
	walk(n)
	return b.String()
}
