package sources

import (
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

var updateFeeds = flag.Bool("update-feeds", false, "rewrite what the feeds of testdata/feeds are expected to give")

// TestParseFeed reads every testdata/feeds/*.txtar: a comment that may set url:
// and headers, feed.xml, and want.json, which -update-feeds rewrites.
func TestParseFeed(t *testing.T) {
	files, err := filepath.Glob("testdata/feeds/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in := Input{URL: "https://ministry.example/feed.xml", Header: http.Header{}}
			for l := range strings.Lines(string(ar.Comment)) {
				k, v, ok := strings.Cut(strings.TrimSpace(l), ": ")
				switch {
				case !ok || strings.HasPrefix(l, "#"):
				case k == "url":
					in.URL = v
				default:
					in.Header.Set(k, v)
				}
			}
			in.Body = ar.Files[0].Data
			got := describe(ParseFeed(in))
			if *updateFeeds {
				ar.Files = append(ar.Files[:1], txtar.File{Name: "want.json", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(ar.Files) != 2 {
				t.Fatal("no want.json: run with -update-feeds and read the result")
			}
			if want := string(ar.Files[1].Data); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// describe writes what ParseFeed returned, without empty fields.
func describe(f *Feed, err error) string {
	if err != nil {
		b, _ := json.MarshalIndent(map[string]any{"error": err.Error(), "page": errors.Is(err, ErrPage), "notFeed": errors.Is(err, ErrNotFeed)}, "", "  ")
		return string(b) + "\n"
	}
	b, _ := json.Marshal(f)
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		return err.Error()
	}
	var b2 strings.Builder
	enc := json.NewEncoder(&b2)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(withoutEmpty(m)); err != nil {
		return err.Error()
	}
	return b2.String()
}

func withoutEmpty(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if x == nil || x == "" || x == 0.0 || x == false || x == "0001-01-01T00:00:00Z" {
				delete(v, k)
			} else {
				v[k] = withoutEmpty(x)
			}
		}
	case []any:
		for i := range v {
			v[i] = withoutEmpty(v[i])
		}
	}
	return v
}

func TestParseFeedErrors(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"nothing": {"", ErrEmpty},
		"space":   {" \r\n\t ", ErrEmpty},
		"page":    {"<html><body>x</body></html>", ErrPage},
		"text":    {"not found", ErrNotFeed},
		"picture": {"\x89PNG\r\n\x1a\n\x00\x00", ErrNotFeed},
		"json":    {`{"error":"no"}`, ErrNotFeed},
		"opml":    {`<opml version="2.0"><body><outline xmlUrl="x"/></body></opml>`, ErrNotFeed},
	} {
		if _, err := ParseFeed(Input{URL: "https://ministry.example/", Body: []byte(c.body)}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// A feed nested 20,000 deep is read, and its text kept.
func TestParseFeedDeep(t *testing.T) {
	deep := strings.Repeat("<div>", 20_000) + "bottom" + strings.Repeat("</div>", 20_000)
	f, err := ParseFeed(Input{URL: "https://ministry.example/f", Body: []byte("<rss><channel><title>t</title><item><title>a</title><description>" + deep +
		"</description></item><item><title>b</title></item></channel></rss>")})
	if err != nil || len(f.Items) != 2 {
		t.Fatalf("%v, %v", f, err)
	}
	if !strings.Contains(f.Items[0].Summary, "bottom") || f.Items[1].Title != "b" {
		t.Errorf("lost: %.80q, %q", f.Items[0].Summary, f.Items[1].Title)
	}
}

// Short links after a base of 40 KB, in a feed of 60: what is read stays in proportion, and links before that are absolute.
func TestLinksDoNotMultiply(t *testing.T) {
	base := "https://ministry.example/" + strings.Repeat("a", 40_000) + "/"
	link, item := "&lt;a href=x>y&lt;/a>", "<item><link>x</link><title>a</title></item>"
	for _, body := range []string{
		"<rss xml:base='" + base + "'><channel><item><title>a</title><description>" + strings.Repeat(link, 1000) + "</description></item></channel></rss>",
		"<rss xml:base='" + base + "'><channel>" + strings.Repeat(item, 1000) + "</channel></rss>",
		`{"version":"https://jsonfeed.org/version/1.1","title":"T","items":[` + strings.Repeat(`{"id":"1","content_html":"<a href=x>y</a>"},`, 1000) + `{"id":"2"}]}`,
	} {
		f, err := ParseFeed(Input{URL: base, Body: []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		size := 0
		for _, it := range f.Items {
			size += len(it.Link) + len(it.Summary) + len(it.Content)
		}
		first := f.Items[0].Link + f.Items[0].Summary + f.Items[0].Content
		if size > 4<<20 || !strings.Contains(first, base+"x") {
			t.Errorf("%d bytes of %d; the first begins with %.80q", size, len(body), first)
		}
	}
}

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                           "plain",
		"<p>One</p><p>Two &amp; more</p>": "One\nTwo & more",
		"a<br>b<br/>c":                    "a\nb\nc",
		"<p>line\n  ends</p>":             "line ends",
		"x<script>alert(1)</script>y<style>p{}</style>z": "xyz",
		"5 &lt; 6":                       "5 < 6",
		"<ul><li>a<li>b</ul>":            "a\nb",
		"<b>bo</b>ld <i>it</i>":          "bold it",
		"<td>a</td><td>b</td>":           "a b",
		"":                               "",
		"<p>&nbsp;</p>":                  "",
		"Caf\u0065\u0301 &#8220;x&#148;": "Café “x”",
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

// What names a host that is none is no link, and no base.
func TestHostsThatAreNone(t *testing.T) {
	for link, want := range map[string]string{
		"//updated2025-03-04T08:00:00": "", "//a:b/": "", "//::1/": "", "https://a:1:2/": "",
		"//other.example:8443/1": "https://other.example:8443/1", "/1": "https://ferries.example/1", "?p=1": "https://ferries.example/news/feed?p=1",
	} {
		body := `<rss><channel><title>T</title><item><title>A</title><link>` + link + `</link><description>&lt;a href="` + link + `">more&lt;/a></description></item></channel></rss>`
		f, err := ParseFeed(Input{URL: "https://ferries.example/news/feed", Body: []byte(body)})
		if err != nil || len(f.Items) != 1 {
			t.Fatalf("%q: %+v, %v", link, f, err)
		}
		it := f.Items[0]
		if inside := strings.Contains(it.Summary, `"`+want+`"`); it.Link != want || want != "" && !inside {
			t.Errorf("%q: link %q, want %q; %s", link, it.Link, want, it.Summary)
		}
	}
	body := `<feed xmlns="http://www.w3.org/2005/Atom" xml:base="//updated2025-03-04T08:00:00/"><entry><title>A</title><link href="1"/></entry></feed>`
	f, err := ParseFeed(Input{URL: "https://ferries.example/news/feed", Body: []byte(body), Header: map[string][]string{"Content-Location": {"//::1/"}}})
	if err != nil || f.Items[0].Link != "https://ferries.example/news/1" {
		t.Errorf("%+v, %v", f, err)
	}
}
