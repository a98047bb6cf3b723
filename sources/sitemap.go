package sources

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// sitemapMax is how many addresses of a sitemap are looked at (50,000 are allowed), and sitemapKept how many of them, the
	// newest, are entries.
	sitemapMax, sitemapKept = 50_000, 100
	// sitemapFresh is how old an entry of a sitemap may be against its newest: a sitemap lists a site's whole past.
	sitemapFresh = 14 * 24 * time.Hour
)

// A sitemap is a list of a site's pages (sitemaps.org), or of such lists.
type sitemap struct {
	items []Item
	maps  []sitemapRef // where it is a list of sitemaps
	news  bool         // it says titles and days of publication (Google's news sitemaps)
}

type sitemapRef struct {
	url      string
	modified time.Time
}

// parseSitemap reads a sitemap; ErrNotFeed when it is none. Of a damaged one what can be read is returned.
func parseSitemap(in Input) (*sitemap, error) {
	contentType := firstSet(in.ContentType, header(in.Header, "Content-Type"))
	text := decode(in.Body, contentType).text
	if head := strings.ToLower(text[:min(len(text), 2000)]); !strings.Contains(head, "<urlset") && !strings.Contains(head, "<sitemapindex") {
		return nil, fmt.Errorf("sitemap: %w", ErrNotFeed)
	}
	dec := xml.NewDecoder(strings.NewReader(withoutDoctype(text)))
	dec.Strict = false
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	s := &sitemap{}
	var it Item
	var inside, value string
	for {
		token, err := dec.Token()
		if err != nil {
			return s, nil
		}
		switch t := token.(type) {
		case xml.StartElement:
			inside, value = t.Name.Local, ""
			if inside == "url" || inside == "sitemap" {
				it = Item{}
			}
		case xml.CharData:
			value += string(t)
		case xml.EndElement:
			value = strings.TrimSpace(value)
			switch t.Name.Local {
			case "loc":
				if strings.Contains(strings.ToLower(t.Name.Space), "image") || strings.Contains(strings.ToLower(t.Name.Space), "video") {
					break // of a picture
				}
				it.Link = webAddress(value)
			case "title":
				it.Title = oneLineText(value)
			case "publication_date":
				s.news = true
				it.Published = when(value, nil)
			case "lastmod":
				it.Updated = when(value, nil)
			case "language":
				it.Lang = value
			case "url":
				if it.Link != "" && len(s.items) < sitemapMax {
					s.items = append(s.items, it)
				}
			case "sitemap":
				if it.Link != "" && len(s.maps) < sitemapMax {
					s.maps = append(s.maps, sitemapRef{it.Link, it.Updated})
				}
			}
			value = ""
		}
	}
}

// readSitemap makes a feed of a sitemap: its newest entries.
func readSitemap(in Input) (*Feed, error) {
	s, err := parseSitemap(in)
	if err != nil {
		return nil, err
	}
	at := func(it Item) time.Time { return stampOrder(it) }
	items := slices.DeleteFunc(s.items, func(it Item) bool { return at(it).IsZero() })
	slices.SortStableFunc(items, func(a, b Item) int { return at(b).Compare(at(a)) })
	if len(items) > 0 {
		newest := at(items[0])
		items = slices.DeleteFunc(items, func(it Item) bool { return newest.Sub(at(it)) > sitemapFresh })
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("sitemap: %w", ErrNoFeed)
	}
	f := &Feed{Kind: "sitemap", Items: items[:min(len(items), sitemapKept)]}
	if u, err := url.Parse(in.URL); err == nil {
		f.Link = u.Scheme + "://" + u.Host + "/"
		f.Title = u.Hostname()
	}
	return f, nil
}

// webAddress is an absolute address of the web, "" when s is none.
func webAddress(s string) string {
	u, err := url.Parse(cleanURL(s))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.String()
}
