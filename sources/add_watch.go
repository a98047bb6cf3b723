package sources

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// sitemapFetches is how many sitemaps are looked at for one site, those within others included.
	sitemapFetches = 8
	// sitemapDead is how old the newest entry of a sitemap is that nobody writes any more.
	sitemapDead = 90 * 24 * time.Hour
)

// watch finds what can be watched at an address that has no feed: a news sitemap, the list of links of the page itself, or,
// where the page is put together in the browser, the site's sitemap.
func (t *trial) watch(ctx context.Context, raw string) (Found, bool) {
	page := t.seen[raw]
	if page == nil {
		return Found{}, false
	}
	site := webRoot(page.url)
	maps := t.sitemaps(ctx, site)
	for _, m := range maps {
		if m.news {
			if f, ok := t.foundSitemap(m); ok {
				return f, true
			}
		}
	}
	in := Input{URL: page.url, Header: page.header, Body: page.body}
	if watch, feed, ok := LearnWatch(in); ok {
		f := found(raw, feed)
		f.Watch = watch
		if page.moved != "" {
			f.URL = page.moved
		}
		f.Warnings = append(f.Warnings, fmt.Sprintf("There is no feed here. The %d links of the page's list are read instead, and the page is watched for new ones.", f.Entries))
		f.Private = Private(f.URL) || Private(raw)
		return f, true
	}
	for _, m := range maps {
		if f, ok := t.foundSitemap(m); ok {
			return f, true
		}
	}
	return Found{}, false
}

// A foundMap is a sitemap that was fetched.
type foundMap struct {
	*sitemap
	res *response
}

// sitemaps fetches the sitemaps of a site that may hold news, those that say they do first.
func (t *trial) sitemaps(ctx context.Context, site string) (out []foundMap) {
	var todo []string
	if res, err := t.fetch(ctx, site+"/robots.txt"); err == nil {
		for _, s := range ParseRobots(res.body).Sitemaps {
			if u := webAddress(s); u != "" && domainOf(hostOf(u)) == domainOf(hostOf(site)) {
				todo = append(todo, u)
			}
		}
	}
	if len(todo) == 0 {
		todo = []string{site + "/sitemap.xml"}
	}
	newsFirst(todo)
	seen := map[string]bool{}
	for n := 0; len(todo) > 0 && n < sitemapFetches && ctx.Err() == nil; {
		u := todo[0]
		todo = todo[1:]
		if seen[u] {
			continue
		}
		seen[u] = true
		n++
		res, err := t.fetch(ctx, u)
		if err != nil {
			continue
		}
		s, err := parseSitemap(Input{URL: res.url, Header: res.header, Body: res.body})
		if err != nil {
			continue
		}
		out = append(out, foundMap{s, res})
		slices.SortStableFunc(s.maps, func(a, b sitemapRef) int { return b.modified.Compare(a.modified) })
		var more []string
		for _, m := range s.maps {
			if domainOf(hostOf(m.url)) == domainOf(hostOf(site)) {
				more = append(more, m.url)
			}
		}
		todo = append(todo, more[:min(len(more), sitemapFetches)]...)
		newsFirst(todo)
	}
	return out
}

// newsFirst puts the addresses first whose name speaks of news.
func newsFirst(urls []string) {
	rank := func(u string) int {
		u = strings.ToLower(u)
		for i, words := range [][]string{{"news"}, {"press", "presse", "prensa", "article", "post"}} {
			for _, w := range words {
				if strings.Contains(u, w) {
					return i
				}
			}
		}
		return 2
	}
	slices.SortStableFunc(urls, func(a, b string) int { return rank(a) - rank(b) })
}

// foundSitemap is what a sitemap holds, when somebody still writes it.
func (t *trial) foundSitemap(m foundMap) (Found, bool) {
	feed, err := readSitemap(Input{URL: m.res.url, Header: m.res.header, Body: m.res.body})
	if err != nil || t.c.opts.Now().Sub(stampOrder(feed.Items[0])) > sitemapDead {
		return Found{}, false
	}
	f := found(m.res.url, feed)
	f.Watch = watchSitemap
	what := "sitemap"
	if m.news {
		what = "news sitemap"
	}
	f.Warnings = append(f.Warnings, fmt.Sprintf("There is no feed here. The site's %s is read instead.", what))
	return f, true
}

// found is what people are told of a feed.
func found(u string, feed *Feed) Found {
	return Found{URL: u, Title: feed.Title, Link: feed.Link, Lang: feed.Language, Kind: feed.Kind, Entries: len(feed.Items),
		Newest: newest(feed.Items, newestShown), Warnings: feed.Warnings, Feed: feed}
}

// webRoot is scheme and host of an address.
func webRoot(u string) string {
	i := strings.Index(u, "://")
	if i < 0 {
		return u
	}
	if j := strings.IndexAny(u[i+3:], "/?#"); j >= 0 {
		return u[:i+3+j]
	}
	return u
}
