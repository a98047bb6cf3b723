package sources

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/mmcdole/gofeed"
	gojson "github.com/mmcdole/gofeed/json"
)

// parseJSON reads a JSON Feed, version 1.0 or 1.1. One that ends in the middle keeps its whole items.
func parseJSON(src string, doc *url.URL) (*Feed, error) {
	var warnings []string
	if !json.Valid([]byte(src)) {
		mended := closeJSON(src)
		if mended == "" || !json.Valid([]byte(mended)) {
			return nil, fmt.Errorf("%w: the JSON is damaged", ErrNotFeed)
		}
		src = mended
		warnings = append(warnings, "the feed ends in the middle; an item may be lost")
	}
	if !jsonFeed(src) {
		return nil, ErrNotFeed
	}
	p := gofeed.NewParser()
	p.KeepOriginalFeed = true
	g, err := p.ParseString(src)
	if err != nil {
		return nil, errors.Join(ErrNotFeed, err)
	}
	f := &Feed{Kind: "json", Broken: len(warnings) > 0, Warnings: warnings, Title: plainTitle(escaped(g.Title)), TitleHTML: escaped(g.Title),
		Description: escaped(g.Description), Link: absolute(doc, g.Link), Language: g.Language, Author: person(g.Author)}
	room := linkRoom(len(src))
	original, _ := g.OriginalFeed().(*gojson.Feed)
	for i, gi := range g.Items {
		it := Item{Title: plainTitle(escaped(gi.Title)), TitleHTML: escaped(gi.Title), Link: absolute(doc, gi.Link), ID: gi.GUID,
			Author: person(gi.Author), Lang: f.Language, Summary: escaped(gi.Description), Content: absoluteLinks(gi.Content, doc, room)}
		room -= max(0, len(it.Content)-len(gi.Content))
		it.Published, it.Updated = when(gi.Published, gi.PublishedParsed), when(gi.Updated, gi.UpdatedParsed)
		if original != nil && i < len(original.Items) {
			o := original.Items[i]
			if o.ContentHTML == "" && o.ContentText != "" {
				it.Content = paragraphs(o.ContentText)
			}
			if o.Language != "" {
				it.Lang = o.Language
			}
			if it.Link == "" {
				it.Link = absolute(doc, o.ExternalURL)
			}
			it.Canonical = absolute(doc, o.ExternalURL)
		}
		if it.Link == "" && strings.Contains(it.ID, "://") {
			it.Link = absolute(nil, it.ID)
		}
		f.Items = append(f.Items, it)
	}
	return f, nil
}

// paragraphs writes plain text as HTML that keeps its lines.
func paragraphs(s string) string {
	return "<p>" + strings.ReplaceAll(escaped(strings.TrimSpace(s)), "\n", "</p><p>") + "</p>"
}

// jsonFeed reports whether valid JSON is a feed: it says so, or has a title and a list of items.
func jsonFeed(src string) bool {
	var top struct {
		Version any               `json:"version"`
		Title   any               `json:"title"`
		Items   []json.RawMessage `json:"items"`
	}
	if json.Unmarshal([]byte(src), &top) != nil {
		return false
	}
	v, _ := top.Version.(string)
	return strings.Contains(v, "jsonfeed.org") || top.Items != nil && top.Title != nil
}

// closeJSON cuts a document that ends early after the last whole item and closes what was open there.
func closeJSON(src string) string {
	var open []byte
	text, escape := false, false
	cut, depth := 0, 0
	for i := 0; i < len(src); i++ {
		c := src[i]
		switch {
		case escape:
			escape = false
		case text:
			switch c {
			case '\\':
				escape = true
			case '"':
				text = false
			}
		case c == '"':
			text = true
		case c == '{' || c == '[':
			open = append(open, c)
		case c == '}' || c == ']':
			if len(open) == 0 {
				return ""
			}
			open = open[:len(open)-1]
			if len(open) == 2 && open[0] == '{' && open[1] == '[' {
				cut, depth = i+1, 2
			}
		}
	}
	if depth == 0 || len(open) == 0 {
		return ""
	}
	return src[:cut] + "]}"
}
