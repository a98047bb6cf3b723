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
	for i := 0; i < len(s); {
		lt := strings.IndexByte(s[i:], '<')
		if lt < 0 {
			break
		}
		i += lt
		rest := s[i:]
		switch {
		case strings.HasPrefix(rest, "<!--"):
			end := strings.Index(rest, "-->")
			if end < 0 {
				i += 4
				continue
			}
			i += end + 3
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

// countEntries counts the tags that begin an entry, without understanding
// anything else of the document: what reading it must come up to. Tags in
// comments, and in CDATA sections unless raw, are not counted.
func countEntries(s string, raw bool) int {
	n := 0
	for i := 0; ; {
		lt := strings.IndexByte(s[i:], '<')
		if lt < 0 {
			return n
		}
		i += lt
		rest := s[i:]
		if skip := passage(rest, raw); skip > 0 {
			i += skip
			continue
		}
		if entryTag(rest) {
			n++
		}
		i++
	}
}

// passage is the length of the comment or CDATA section s begins with; 0 when it begins with neither.
func passage(s string, raw bool) int {
	start, end := "<!--", "-->"
	if !raw && strings.HasPrefix(s, cdataStart) {
		start, end = cdataStart, "]]>"
	}
	if !strings.HasPrefix(s, start) {
		return 0
	}
	at := strings.Index(s, end)
	if at < 0 {
		return len(start)
	}
	return at + len(end)
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
