package sources

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/mmcdole/gofeed"
)

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
	Author      string // "Name", "Name (mail)" or "mail", as given
	Hub         string // WebSub hub, "" without one
	Updated     time.Time
	TTL         time.Duration // how long the publisher asks to wait between visits; 0 when it does not say
	Items       []Item
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

	SourceTitle string // <source> of an aggregator: the outlet that wrote it
	SourceURL   string
	TitleHTML   string
}

// ParseFeed reads a feed in any charset and in most states of disrepair. What
// it had to repair or give up is in Warnings; the error says that there is no
// feed at all. It never panics and never fetches anything.
func ParseFeed(in Input) (*Feed, error) {
	if len(bytes.TrimSpace(in.Body)) == 0 {
		return nil, fmt.Errorf("parse feed: %w", ErrEmpty)
	}
	p := gofeed.NewParser()
	g, err := p.Parse(bytes.NewReader(in.Body))
	if err != nil {
		if errors.Is(err, gofeed.ErrFeedTypeNotDetected) {
			return nil, fmt.Errorf("parse feed: %w", ErrNotFeed)
		}
		return nil, fmt.Errorf("parse feed: %w: %w", ErrNotFeed, err)
	}
	base, _ := url.Parse(in.URL)
	f := &Feed{Kind: g.FeedType, Title: g.Title, Description: g.Description, Link: absolute(base, g.Link), Language: g.Language, TitleHTML: g.Title}
	for _, it := range g.Items {
		item := Item{Title: it.Title, TitleHTML: it.Title, Link: absolute(base, it.Link), ID: it.GUID, Summary: it.Description, Content: it.Content}
		if it.Author != nil {
			item.Author = it.Author.Name
		}
		if it.PublishedParsed != nil {
			item.Published = *it.PublishedParsed
		}
		if it.UpdatedParsed != nil {
			item.Updated = *it.UpdatedParsed
		}
		f.Items = append(f.Items, item)
	}
	return f, nil
}
