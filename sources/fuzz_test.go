package sources

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"attache/internal/text"
)

// What is fetched is anything at all: it is read or refused, and never more than that.

func FuzzParseFeed(f *testing.F) {
	for _, s := range []string{
		feedOf(entryOf{"One", "https://ferries.example/1", "g", "Text"}),
		`<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">T</title><entry><title>A</title><link href="/1"/><updated>2025-03-04T08:00:00Z</updated><content type="xhtml"><div>x</div></content></entry></feed>`,
		`<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><item rdf:about="x"><title>A</title></item></rdf:RDF>`,
		`{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[{"id":"1","content_text":"x"},{"id":"2"`,
		"<rss><channel><item><title><![CDATA[x", "<rss><item><a b='<item>", "\xff\xfe<\x00r\x00s\x00s\x00>\x00", "\x1f\x8b\x08",
		"<!DOCTYPE x [<!ENTITY a '&a;&a;'>]><rss><channel><title>&a;</title></channel></rss>", "<rss>&#x110000;</rss>", `<feed><s a="b c><s/`, "<?xml version='1.1' encoding='utf-16'?><rss/>",
	} {
		f.Add([]byte(s), "text/xml")
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		feed, err := ParseFeed(Input{URL: "https://ferries.example/feed", ContentType: contentType, Body: body})
		if (feed == nil) == (err == nil) {
			t.Fatalf("%v, %v", feed, err)
		}
		if p := (*Problem)(nil); errors.As(err, &p) {
			t.Fatalf("%v: %v", err, errors.Unwrap(p))
		}
		if feed == nil {
			return
		}
		for _, it := range feed.Items {
			for _, s := range []string{it.Link, it.Canonical, it.SourceURL} {
				if u, err := url.Parse(s); s != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
					t.Errorf("link %q: %v", s, err)
				}
			}
			if !utf8.ValidString(it.Title) || strings.Contains(it.Title, "\n") {
				t.Errorf("title %q", it.Title)
			}
		}
		for _, e := range keyEntries(feed.Items) {
			if a, _ := entry(e.Item, feed.Language); e.key == "" || a.Text != text.Normalize(a.Text) || a.Title != text.Normalize(a.Title) {
				t.Errorf("key %q, article %+v", e.key, a)
			}
		}
	})
}

func FuzzReadPage(f *testing.F) {
	for _, s := range []string{pageOf("Ferries", "ferries"), "<html><head><base href='::'><link rel=canonical href='%zz'></head><p>x</p>", "<table><tr><td><p>" + strings.Repeat("<div>", 50), "\x00<p>\xff"} {
		f.Add([]byte(s), "https://ferries.example/1")
	}
	f.Fuzz(func(t *testing.T, body []byte, u string) {
		p, err := ReadPage(Input{URL: u, Body: body})
		if err != nil {
			if code := problemCode(t, err); code == codeDefect {
				t.Logf("third-party panic, kept: %v", err)
			}
			return
		}
		if p.Text != text.Normalize(p.Text) || utf8.RuneCountInString(p.Text) < minPageText {
			t.Errorf("text %q", p.Text)
		}
		if strings.Contains(p.Title, "\n") || !utf8.ValidString(p.Title) {
			t.Errorf("title %q", p.Title)
		}
	})
}

func FuzzKey(f *testing.F) {
	for _, s := range []string{"https://www.ferries.example/a/../b?b=1&a=2#c", "//x/%2e%2E/amp", "http://[::1]:80/?ref=http://x", "http://m.www.amp.a/index.html/amp", "x?;;&&=", "::", "http://é/é?é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, u string) {
		k, err := Key(u)
		if err != nil {
			return
		}
		if again, err := Key(k); err != nil || again != k {
			t.Errorf("Key(%q) = %q, and of that %q, %v", u, k, again, err)
		}
	})
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"<p>One</p><p>Two &amp; three</p>", "<script>x</script>a<br>b", "<ul><li>a<li>b</ul>", "&lt;b&gt;", "<p", "a\u200bb\u00a0c", "<table><td>x<td>y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Text(s)
		if got != text.Normalize(got) || !utf8.ValidString(got) {
			t.Errorf("Text(%q) = %q is not normalised", s, got)
		}
		if rest, _ := withoutTeaserMark(got); !strings.HasPrefix(got, rest) {
			t.Errorf("%q is no beginning of %q", rest, got)
		}
		rest, _, _ := takeCredits(got)
		if len(rest) > len(got) {
			t.Errorf("%q grew to %q", got, rest)
		}
	})
}
