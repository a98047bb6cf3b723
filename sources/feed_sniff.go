package sources

import (
	"bytes"
	"strings"
)

// sniffWindow is how far the root of a feed is looked for behind comments, PHP
// warnings and other junk. The largest licence comment seen was 5 KB.
const sniffWindow = 256 << 10

// LooksLikeFeed reports whether a body is a feed by its own look: the content
// type is too often wrong to be asked.
func LooksLikeFeed(body []byte) bool {
	body, _, err := inflate(body)
	if err != nil {
		return false
	}
	if len(body) > sniffWindow {
		body = body[:sniffWindow]
	}
	kind := sniff(decode(body, "").text)
	return kind == "xml" || kind == "json"
}

// sniff tells what a text is: "xml" for a feed in XML, "json", "html" for a page, "" for anything else.
func sniff(s string) string {
	s = strings.TrimLeft(s, " \t\r\n\ufeff\x00")
	if strings.HasPrefix(s, "{") {
		if head := s[:min(len(s), sniffWindow)]; strings.Contains(head, "jsonfeed.org") || strings.Contains(head, `"items"`) {
			return "json"
		}
		return ""
	}
	s = s[:min(len(s), sniffWindow)]
	page := false
	skip := passages{s: s, raw: true}
	for i := 0; i < len(s); {
		lt := strings.IndexByte(s[i:], '<')
		if lt < 0 {
			break
		}
		i += lt
		rest := s[i:]
		switch end := skip.after(i); {
		case end > i:
			i = end
			continue
		case len(rest) >= 14 && strings.EqualFold(rest[:14], "<!doctype html"):
			page = true
		}
		j := 1
		for j < len(rest) && nameByte(rest[j]) {
			j++
		}
		name := strings.ToLower(rest[1:j])
		if c := strings.IndexByte(name, ':'); c >= 0 {
			name = name[c+1:]
		}
		switch name {
		case "rss", "feed", "rdf", "channel", "item", "entry":
			if !page || name == "rss" || name == "feed" || name == "rdf" {
				return "xml"
			}
		case "html", "body", "head", "script":
			return "html"
		case "urlset", "sitemapindex", "opml", "svg":
			return ""
		}
		i += j
	}
	if page {
		return "html"
	}
	return ""
}

// entryStarts finds the tags that begin an entry, without understanding
// anything else of the document: what reading it must come up to. Tags in
// comments, and in CDATA sections unless raw, do not count.
func entryStarts(s string, raw bool) []int {
	var starts []int
	skip := passages{s: s, raw: raw}
	for i := 0; ; {
		lt := strings.IndexByte(s[i:], '<')
		if lt < 0 {
			return starts
		}
		i += lt
		if end := skip.after(i); end > i {
			i = end
			continue
		}
		if entryTag(s[i:]) {
			starts = append(starts, i)
		}
		i++
	}
}

// passages finds the ends of comments and CDATA sections; that one has no end it finds out once.
type passages struct {
	s         string
	raw       bool // CDATA sections are not passed over
	noComment bool
	noCDATA   bool
}

// after returns where the comment or CDATA section that begins at i ends; i when none begins there.
func (p *passages) after(i int) int {
	rest := p.s[i:]
	switch {
	case !p.noComment && strings.HasPrefix(rest, "<!--"):
		if end := strings.Index(rest, "-->"); end >= 0 {
			return i + end + 3
		}
		p.noComment = true
	case !p.raw && !p.noCDATA && strings.HasPrefix(rest, cdataStart):
		if end := strings.Index(rest, "]]>"); end >= 0 {
			return i + end + 3
		}
		p.noCDATA = true
	}
	return i
}

// entryTag reports whether s begins with the start tag of an item or entry.
func entryTag(s string) bool {
	j := 1
	for j < len(s) && nameByte(s[j]) && j < 64 {
		j++
	}
	name := s[1:j]
	if c := strings.IndexByte(name, ':'); c >= 0 {
		name = name[c+1:]
	}
	return strings.EqualFold(name, "item") || strings.EqualFold(name, "entry")
}

// empty reports whether a body holds nothing but space and NUL bytes.
func empty(body []byte) bool { return len(bytes.Trim(body, " \t\r\n\x00\ufeff")) == 0 }
