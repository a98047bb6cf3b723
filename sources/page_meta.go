package sources

import (
	"net/netip"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/publicsuffix"

	"attache/internal/text"
)

// maxAuthor is the longest byline in letters; longer ones are biographies.
const maxAuthor = 200

// fill sets what the page says of itself.
func (p *Page) fill(doc *html.Node, at *url.URL, m pageMeta) {
	tags := metaTags(doc)
	p.SiteName = oneLineText(firstSet(m.traf.Sitename, tags.meta["og:site_name"], safeString(m.read.SiteName)))
	p.Title = oneLineText(firstSet(m.traf.Title, safeString(m.read.Title), tags.meta["og:title"]))
	p.Author = oneLineText(firstSet(m.traf.Author, tags.meta["author"]))
	if len(p.Author) > maxAuthor || strings.Contains(p.Author, "://") {
		p.Author = ""
	}
	p.Lang = firstSet(tags.lang, tags.meta["content-language"], tags.meta["dc.language"], p.Lang, strings.ReplaceAll(tags.meta["og:locale"], "_", "-"))
	p.Canonical = sameSite(at, firstSet(tags.canonical, tags.meta["og:url"]))
	p.Published = tags.published()
	switch {
	case !m.traf.Date.IsZero():
		p.Date = m.traf.Date.Format(time.DateOnly)
	case !p.Published.IsZero():
		p.Date = p.Published.Format(time.DateOnly)
	}
	if p.Date != "" && p.Published.Format(time.DateOnly) != p.Date {
		// The extractor saw more of the page than its tags; when both speak of the same moment, the tags give the hour.
		day, err := time.Parse(time.DateOnly, p.Date)
		if gap := p.Published.Sub(day); err == nil && (p.Published.IsZero() || gap < -24*time.Hour || gap > 48*time.Hour) {
			p.Published = day
		}
	}
	p.Published = sane(p.Published)
}

func firstSet(values ...string) string {
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			return v
		}
	}
	return ""
}

func oneLineText(s string) string {
	return strings.ReplaceAll(text.Normalize(s), "\n", " ")
}

// safeString calls a getter of an article that may hold no document.
func safeString(get func() string) (s string) {
	defer func() {
		if recover() != nil {
			s = ""
		}
	}()
	return get()
}

// sameSite resolves a canonical address and keeps it when it is on the page's own registrable domain: others would let a page speak for another.
func sameSite(at *url.URL, raw string) string {
	if at == nil || raw == "" {
		return ""
	}
	u, err := resolve(at, strings.TrimSpace(raw))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return ""
	}
	if domainOf(u.Hostname()) != domainOf(at.Hostname()) || u.Path == "" && at.Path != "" || u.Path == "/" && at.Path != "/" {
		return ""
	}
	u.Fragment = ""
	return u.String()
}

// domainOf is the registrable domain of a host, or the host itself where there is none.
func domainOf(host string) string {
	host = keyHost(host)
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return host
	}
	if d, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return d
	}
	return host
}

// A pageTags is what the head of a page declares.
type pageTags struct {
	lang      string
	canonical string
	meta      map[string]string // name, property, itemprop or http-equiv in small letters; the first of each
	times     []string          // datetime of <time> marked as publication
	graph     []string          // datePublished in JSON-LD
}

func metaTags(doc *html.Node) pageTags {
	t := pageTags{meta: map[string]string{}}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.DataAtom {
		case atom.Html:
			t.lang = firstSet(attrOf(n, "lang"), attrOf(n, "xml:lang"))
		case atom.Link:
			if t.canonical == "" && strings.EqualFold(strings.TrimSpace(attrOf(n, "rel")), "canonical") {
				t.canonical = attrOf(n, "href")
			}
		case atom.Meta:
			for _, key := range []string{"name", "property", "itemprop", "http-equiv"} {
				if k := strings.ToLower(strings.TrimSpace(attrOf(n, key))); k != "" && t.meta[k] == "" {
					t.meta[k] = strings.TrimSpace(attrOf(n, "content"))
				}
			}
		case atom.Time:
			if attrOf(n, "pubdate") != "" || strings.EqualFold(attrOf(n, "itemprop"), "datePublished") {
				t.times = append(t.times, attrOf(n, "datetime"))
			}
		case atom.Script:
			if strings.EqualFold(attrOf(n, "type"), "application/ld+json") && n.FirstChild != nil {
				if _, rest, ok := strings.Cut(n.FirstChild.Data, `"datePublished"`); ok {
					rest = strings.TrimLeft(rest, " :\t\r\n\"")
					if v, _, ok := strings.Cut(rest, `"`); ok && len(v) < 40 {
						t.graph = append(t.graph, v)
					}
				}
			}
		}
	}
	return t
}

func attrOf(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// published is the moment of publication by the tags alone; zero when they do not say it to the hour.
func (t pageTags) published() time.Time {
	candidates := []string{t.meta["article:published_time"], t.meta["datepublished"]}
	candidates = append(candidates, t.graph...)
	candidates = append(candidates, t.meta["og:published_time"], t.meta["parsely-pub-date"], t.meta["dc.date.issued"], t.meta["pubdate"], t.meta["date"])
	candidates = append(candidates, t.times...)
	for _, c := range candidates {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00"} {
			if at, err := time.Parse(layout, strings.TrimSpace(c)); err == nil && at.Year() > 1990 {
				return at
			}
		}
	}
	return time.Time{}
}
