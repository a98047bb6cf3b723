package sources

import (
	"fmt"
	"strings"
	"testing"
)

// rssOf makes a well-formed feed of about size bytes.
func rssOf(size int) []byte {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Ministry</title><link>https://ministry.example/</link><description>News</description>`)
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "<item><title>Talks number %d end &amp; resume</title><link>https://ministry.example/news/%d?a=1&amp;b=2</link><guid isPermaLink=\"false\">id-%d</guid><pubDate>Thu, 27 Feb 2025 09:%02d:00 +0300</pubDate><dc:creator>Press office</dc:creator><category>Talks</category><description>&lt;p&gt;The delegations met for the %dth time.&lt;/p&gt;</description><content:encoded><![CDATA[%s]]></content:encoded></item>\n",
			i, i, i, i%60, i, strings.Repeat(`<p>The minister said that the <a href="/talks">talks</a> would go on for as long as they had to.</p>`, 15))
	}
	b.WriteString("</channel></rss>")
	return []byte(b.String())
}

func benchmarkParse(b *testing.B, body []byte) {
	b.Helper()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseFeed(Input{URL: "https://ministry.example/feed", Body: body}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseFeed70KB(b *testing.B) { benchmarkParse(b, rssOf(70_000)) }

// What an attacker might send to make a lenient reader look ahead for ever: 1 MB each.
func BenchmarkParseFeedHostile(b *testing.B) {
	for name, part := range map[string]string{
		"comments":   "<!-- ",
		"cdata":      "<title><![CDATA[",
		"attributes": `<a b="`,
		"tags":       "<a ",
		"ends":       "</a ",
		"entities":   "&a",
		"doctype":    "<!D [",
		"pi":         "<?x ",
		"deep":       "<div>",
		"fields":     "<item><x><title>",
		"spaces":     " xmlns:a='b' ",
		"bindings":   `<a xmlns:b="c">`,
	} {
		b.Run(name, func(b *testing.B) {
			benchmarkParse(b, []byte("<rss><channel><title>t</title><item><title>x</title></item><item>"+strings.Repeat(part, 1_000_000/len(part))))
		})
	}
	b.Run("names", func(b *testing.B) {
		var s strings.Builder
		s.WriteString("<rss><channel><title>t</title><item>")
		for i := 0; s.Len() < 1_000_000; i++ {
			fmt.Fprintf(&s, "<x%d><title>", i)
		}
		benchmarkParse(b, []byte(s.String()))
	})
}
