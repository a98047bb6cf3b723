package sources

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
)

// maxTTLMinutes is the longest wait a feed may ask for: 30 days.
const maxTTLMinutes = 30 * 24 * 60

// The ways in which a body is no feed. ParseFeed wraps them with the URL; callers tell them apart with errors.Is.
var (
	ErrEmpty   = errors.New("the answer was empty")
	ErrNotFeed = errors.New("this is not a feed")
	ErrPage    = errors.New("this is a web page, not a feed")
	ErrTooBig  = errors.New("the feed is too large once decompressed")
)

// An Input is a feed as it came over the wire.
type Input struct {
	URL         string      // where it was fetched from, after redirects
	ContentType string      // wins over Header's when set
	Header      http.Header // Content-Type, Content-Location, Content-Language; may be nil
	Body        []byte
}

// A Feed is what was read of an Input. Links are absolute http(s) URLs or
// empty; texts marked HTML carry absolute links.
type Feed struct {
	Kind        string // "rss", "rdf", "atom", "json", "cdf"
	Title       string // plain text
	Description string // HTML
	Link        string // the site
	Language    string // as declared
	Author      string // a name; the mail address where there is no name
	Hub         string // WebSub hub, "" without one
	Updated     time.Time
	TTL         time.Duration // how long the publisher asks to wait between visits; 0 when it does not say
	Items       []Item
	Lost        int      // entries that could not be read
	Broken      bool     // it ends in the middle: there may be more of it next time
	Warnings    []string // damage that was repaired, entries that were lost; sentences for managers

	TitleHTML string // the title as it was given, for those who measure
}

// An Item is one entry of a feed.
type Item struct {
	Title     string // plain text on one line
	Link      string // what readers click
	Canonical string // where the entry says it comes from (feedburner:origLink, <source url> is not it), "" mostly
	ID        string // the GUID as given; "" when the feed gives none
	Author    string
	Published time.Time // zero when unknown
	Updated   time.Time
	Summary   string // HTML, links absolute
	Content   string // HTML, links absolute
	Lang      string // declared for this entry or inherited from the feed; "" when not

	Cut         bool   // the feed broke off inside this entry: it may be whole next time
	SourceTitle string // <source> of an aggregator: the outlet that wrote it
	SourceURL   string
	TitleHTML   string
}

// ParseFeed reads a feed in any charset and in most states of disrepair. What
// it had to repair or give up is in Warnings; the error says that there is no
// feed at all. It never panics and never fetches anything.
func ParseFeed(in Input) (f *Feed, err error) {
	defer func() {
		if r := recover(); r != nil { // gofeed meets feeds that nobody tried
			f, err = nil, fmt.Errorf("parse feed: %w", problem(codeDefect, fmt.Errorf("panic: %v", r)))
		}
	}()
	body, gz, err := inflate(in.Body)
	if err != nil {
		return nil, fmt.Errorf("parse feed: %w", err)
	}
	if empty(body) {
		return nil, fmt.Errorf("parse feed: %w", ErrEmpty)
	}
	contentType := in.ContentType
	if contentType == "" {
		contentType = header(in.Header, "Content-Type")
	}
	d := decode(body, contentType)
	doc := documentURL(in)
	switch sniff(d.text) {
	case "xml":
		f, err = parseXML(clean(d.text), doc)
	case "json":
		f, err = parseJSON(strings.TrimSpace(d.text), doc)
	case "html":
		err = ErrPage
	default:
		err = ErrNotFeed
	}
	if err != nil {
		return nil, fmt.Errorf("parse feed: %w", err)
	}
	for _, w := range []string{d.warning, gz} {
		if w != "" {
			f.Warnings = append(f.Warnings, w)
		}
	}
	if f.Language == "" {
		f.Language, _, _ = strings.Cut(header(in.Header, "Content-Language"), ",")
		f.Language = strings.TrimSpace(f.Language)
		for i := range f.Items {
			if f.Items[i].Lang == "" {
				f.Items[i].Lang = f.Language
			}
		}
	}
	return f, nil
}

// parseXML reads RSS, RDF, Atom and CDF.
func parseXML(src string, doc *url.URL) (*Feed, error) {
	t := readTree(src)
	want := len(entryStarts(src, t.seen[warnCDATA]))
	if len(t.items) < want {
		salvage(t, src, want)
	}
	r := newReader(t, doc)
	if r == nil {
		return nil, ErrNotFeed
	}
	r.room = linkRoom(len(src))
	dropUnfinished(t)
	p := gofeed.NewParser()
	p.RSSTranslator = &gofeed.DefaultRSSTranslator{DisableContentImageScan: true}
	w := r.canonical()
	g, err := p.ParseString(w.b.String())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotFeed, err)
	}
	title := w.text(g.Title)
	f := &Feed{Kind: r.kind, Title: plainTitle(title), TitleHTML: title, Description: w.text(g.Description), Link: w.text(g.Link),
		Language: w.text(g.Language), Author: w.text(person(g.Author)), Hub: r.hub(), TTL: r.ttl()}
	if f.Language == "" {
		f.Language = r.lang(r.top)
	}
	f.Updated = when(w.text(g.Updated), g.UpdatedParsed)
	if len(g.Items) != len(t.items) {
		t.warn("%d of %d entries could not be read", len(t.items)-len(g.Items), len(t.items))
	}
	for i, gi := range g.Items {
		title := w.text(gi.Title)
		it := Item{Title: plainTitle(title), TitleHTML: title, Link: w.text(gi.Link), Author: w.text(person(gi.Author)),
			Summary: w.text(gi.Description), Content: w.text(gi.Content)}
		it.Published, it.Updated = when(w.text(gi.Published), gi.PublishedParsed), when(w.text(gi.Updated), gi.UpdatedParsed)
		if i < len(t.items) {
			r.extras(&it, t.items[i])
		}
		if it.Lang == "" {
			it.Lang = f.Language
		}
		f.Items = append(f.Items, it)
	}
	f.Lost = max(want, len(t.items)) - len(f.Items)
	if lost := want - len(f.Items); lost > 0 {
		t.warn("%d of %d entries are lost", lost, want)
	}
	f.Broken, f.Warnings = t.seen[warnEnd], t.warnings
	return f, nil
}

// extras adds what gofeed does not tell of an entry.
func (r *reader) extras(it *Item, n *node) {
	it.ID, it.Cut = r.id(n), n.cut
	if it.Lang = r.lang(n); it.Lang == "" {
		it.Lang = firstPlain(n, "dc:language", "language")
	}
	it.Canonical = absolute(r.doc, firstPlain(n, "feedburner:origlink", "pheedo:origlink"))
	if s := n.child("source", "atom:source"); s != nil {
		if u := s.attr("url"); u != "" {
			it.SourceTitle, it.SourceURL = oneLine(s.plain()), r.url(s, u)
		} else if r.kind == "atom" {
			it.SourceTitle, it.SourceURL = plainTitle(r.first(s, "title", "atom:title")), r.atomLink(s, "link")
		}
	}
	if it.Author == "" && r.kind == "atom" {
		if s := n.child("source"); s != nil {
			it.Author = firstPlainOf(s.child("author"), "name", "email")
		}
	}
}

func firstPlainOf(n *node, names ...string) string {
	if n == nil {
		return ""
	}
	return firstPlain(n, names...)
}

// hub is the WebSub hub the feed names.
func (r *reader) hub() string {
	for _, k := range r.top.kids {
		if (k.name == "link" || k.name == "atom:link") && strings.EqualFold(k.attr("rel"), "hub") {
			if u := r.url(k, k.attr("href")); u != "" {
				return u
			}
		}
	}
	return ""
}

// ttl is how long the publisher asks readers to wait: RSS ttl in minutes, or the syndication module's period.
func (r *reader) ttl() time.Duration {
	if n, err := strconv.Atoi(firstPlain(r.top, "ttl")); err == nil && n > 0 && n <= maxTTLMinutes {
		return time.Duration(n) * time.Minute
	}
	var period time.Duration
	switch strings.ToLower(firstPlain(r.top, "sy:updateperiod")) {
	case "hourly":
		period = time.Hour
	case "daily":
		period = 24 * time.Hour
	case "weekly":
		period = 7 * 24 * time.Hour
	case "monthly":
		period = 30 * 24 * time.Hour
	default:
		return 0
	}
	if n, err := strconv.Atoi(firstPlain(r.top, "sy:updatefrequency")); err == nil && n > 1 {
		period /= time.Duration(n)
	}
	return period
}

// salvage reads each entry by itself, from its start tag to the next, when the
// document as a whole gives fewer than it holds.
func salvage(t *tree, src string, want int) {
	starts := entryStarts(src, true)
	var items []*node
	for k, at := range starts {
		end := len(src)
		if k+1 < len(starts) {
			end = starts[k+1]
		}
		if one := readTree(src[at:end]); len(one.items) == 1 {
			items = append(items, one.items[0])
		}
	}
	if len(items) > len(t.items) && len(items) <= want {
		t.warn("the feed is damaged; %d of its %d entries were read one by one", len(items)-len(t.items), want)
		for _, it := range items {
			it.parent = nil
		}
		t.items = items
	}
}

// dropUnfinished leaves out a last entry of which nothing was read before the feed broke off.
func dropUnfinished(t *tree) {
	if n := len(t.items); n > 0 {
		last := t.items[n-1]
		for _, k := range last.kids {
			if k.name != "" && !k.cut && len(k.kids) > 0 {
				return
			}
		}
		if len(last.kids) == 0 && len(last.attrs) > 0 || !t.seen[warnEnd] {
			return
		}
		t.items = t.items[:n-1]
		t.warn("the last entry is lost: the feed ends in it")
	}
}

// plainTitle is a title as plain text on one line.
func plainTitle(html string) string { return line(html) }

// person is the name of an author, or the address where there is no name.
func person(p *gofeed.Person) string {
	switch {
	case p == nil:
		return ""
	case p.Name != "":
		return p.Name
	}
	return p.Email
}
