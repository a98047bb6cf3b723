package sources

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func readHTML(t *testing.T, src string, kv ...string) Page {
	t.Helper()
	h := http.Header{}
	for i := 0; i < len(kv); i += 2 {
		h.Set(kv[i], kv[i+1])
	}
	p, err := ReadPage(Input{URL: "https://ferries.example/news/1", Header: h, Body: []byte(src)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const pageShape = `<!doctype html><html%s><head>%s<title>Ferries resume | Ministry</title></head><body>
<header><a href="/">Ministry</a><nav><ul><li><a href="/a">News</a></li><li><a href="/b">Press</a></li></ul></nav></header>
<main><article><h1>Ferries resume</h1>%s</article></main>
<aside><h2>Read also</h2><p><a href="/2">The port of Lisbon closes for the winter and nobody knows why</a></p></aside>
<footer><p>Copyright Ministry of Ferries. All rights reserved.</p></footer></body></html>`

func paras(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<p>Paragraph %d says that the <b>ferries</b> will leave&nbsp;at nine, that “nobody waits”, and that the crossing takes two hours in fair weather.</p>\n", i+1)
	}
	return b.String()
}

func TestReadPageText(t *testing.T) {
	p := readHTML(t, fmt.Sprintf(pageShape, "", "", paras(4)))
	lines := strings.Split(p.Text, "\n")
	if len(lines) != 4 {
		t.Fatalf("%d paragraphs: %q", len(lines), p.Text)
	}
	if want := "Paragraph 1 says that the ferries will leave at nine, that “nobody waits”, and that the crossing takes two hours in fair weather."; lines[0] != want {
		t.Errorf("%q", lines[0])
	}
	if p.Title != "Ferries resume" || strings.Contains(p.Text, "Lisbon") || strings.Contains(p.Text, "Copyright") {
		t.Errorf("title %q, text %q", p.Title, p.Text)
	}
}

// An embedded post is part of the article, with its words, author and date, whatever stands around it.
func TestReadPagePosts(t *testing.T) {
	const post = `<blockquote class="%s" data-lang="en"><p lang="en" dir="ltr">The strait is open again.<br>Ferries sail at nine.</p>&mdash; Ana Ferry (@AnaFerry) <a href="https://x.example/1">February 27, 2025</a></blockquote> <script async src="https://platform.x.example/widgets.js"></script>`
	const want = "\nThe strait is open again.\nFerries sail at nine.\n— Ana Ferry (@AnaFerry) February 27, 2025\nParagraph 1"
	for name, shape := range map[string]string{
		"alone":                  "%s",
		"in WordPress's figure":  `<figure class="wp-block-embed is-type-rich is-provider-twitter"><div class="wp-block-embed__wrapper">%s</div></figure>`,
		"in a widget":            `<div class="embed-social"><div class="social-media widget">%s</div></div>`,
		"in a paragraph's place": `<div class="advert"><center>%s</center></div>`,
		"among comments":         `<div id="embed-comments-1" class="twitter-embed">%s</div>`,
	} {
		for _, class := range []string{"twitter-tweet", "twitter-tweet tw-align-center", "bluesky-embed"} {
			p := readHTML(t, fmt.Sprintf(pageShape, "", "", paras(3)+fmt.Sprintf(shape, fmt.Sprintf(post, class))+paras(2)))
			if !strings.Contains(p.Text, want) || strings.Count(p.Text, "Ana Ferry") != 1 || strings.Count(p.Text, "Paragraph") != 5 {
				t.Errorf("%s, %s: %q", name, class, p.Text)
			}
		}
	}
	// What stands beside a post stays where it is.
	p := readHTML(t, fmt.Sprintf(pageShape, "", "", paras(2)+"<div><p>The minister wrote on Thursday that everybody may sail:</p>"+fmt.Sprintf(post, "twitter-tweet")+"</div>"+paras(1)))
	if want := "may sail:" + want; !strings.Contains(p.Text, want) {
		t.Errorf("%q", p.Text)
	}
}

// Lines that stand in an element beside its blocks are paragraphs, each once and in their order.
func TestReadPageLines(t *testing.T) {
	for _, lines := range []string{
		`<blockquote><p>ONE sails at nine.<br>TWO comes at ten.</p>THREE said the minister</blockquote>`,
		`<blockquote><p>ONE sails at nine.<br>TWO comes at ten.</p><footer>THREE said the minister</footer></blockquote>`,
		`<div>ONE sails at nine.<br><br>TWO comes at ten.<p>THREE said the minister</p>FOUR <i>and <b>so</b></i> on</div>`,
		`<p>ONE sails at nine.<br>TWO comes at ten.</p>THREE said the minister`,
		`<p>ONE sails at nine.<br>TWO <a href="/2">comes</a> at ten.<br></p> <!-- x --> <script>var FIVE</script> THREE <em>said</em> the minister<p>FOUR and so on</p>`,
		`<div><p>ONE sails at nine.<br>TWO comes at ten.</p>THREE said the minister<br>FOUR and so on</div>`,
		`<ul><li>ONE sails at nine.<br>TWO comes at ten.</li><li>THREE <p>FOUR is one<br>FIVE is two</p>SIX is three</li></ul>`,
		`<p>ONE sails <b>at<br>TWO at</b> ten. <i>as</i> it<br><br>THREE comes <a href="/x">at</a> ten.</p>`,
		`<table><tr><td><p>ONE at<br>TWO ten</p>THREE at eleven</td></tr></table>`,
		`<p>ONE sails at nine.</p>TWO said the minister`,
		`<div>ONE sails at nine.<figure><img src=/x></figure>TWO said the minister</div>`,
		`<div><p>ONE sails at nine.</p><aside><p>Paragraph that leads elsewhere</p></aside>TWO said <b>the</b> minister<form><input></form>THREE and so on<p>FOUR is the end</p></div>`,
		`<ul><li>ONE sails at nine.<figure><img src=/x></figure>TWO said the minister</li></ul>`,
		`<blockquote>ONE sails at nine.<p>TWO comes at ten.</p>THREE said the minister<p>FOUR and so on</p></blockquote>`,
	} {
		p := readHTML(t, fmt.Sprintf(pageShape, "", "", paras(3)+lines+paras(2)))
		var got []string
		for _, l := range strings.Split(p.Text, "\n") {
			if !strings.HasPrefix(l, "Paragraph") {
				first, _, _ := strings.Cut(l, " ")
				got = append(got, first)
			}
		}
		want := strings.Fields("ONE TWO THREE FOUR FIVE SIX")
		if n := len(got); n < 2 || n > len(want) || !slices.Equal(got, want[:n]) || n != strings.Count(lines, "ONE")+strings.Count(lines, "TWO")+
			strings.Count(lines, "THREE")+strings.Count(lines, "FOUR ")+strings.Count(lines, "FIVE ")+strings.Count(lines, "SIX") {
			t.Errorf("%s: %q", lines, p.Text)
		}
	}
}

// An element in the midst of a sentence costs nothing of it, and no space.
func TestReadPageSentences(t *testing.T) {
	shapes := []string{
		"<p>%s</p>", "<p>Before: <em>%s</em></p>", "<div>%s</div>", "<div>%s<p>Another paragraph stands here.</p></div>", "<div><p>Another paragraph stands here.</p>%s</div>",
		"<section>%s</section>", "<center>%s</center>", "<x-body>%s</x-body>", "<ul><li>%s</li></ul>", "<ul><li><p>%s</p></li></ul>", "<dl><dt>Term</dt><dd>%s</dd></dl>",
		"<blockquote>%s</blockquote>", "<blockquote><p>%s</p></blockquote>", "<table><tr><td>%s</td><td>Another cell</td></tr></table>", "<table><tr><td><p>%s</p></td></tr></table>", "<pre>%s</pre>",
	}
	for element, words := range map[string]string{
		"<script>var x = 1</script>": "", "<script type=\"application/ld+json\">{}</script>": "", "<style>p {}</style>": "", "<template>hidden</template>": "",
		"<iframe src=/x></iframe>": "", "<noscript>without</noscript>": "", "<object></object>": "", "<embed src=/x>": "", "<canvas>no</canvas>": "",
		"<svg><title>Share</title><path/></svg>": "", "<picture><img src=/x alt=x></picture>": "", "<video src=/x></video>": "", "<audio></audio>": "",
		"<map><area></map>": "", "<input type=hidden value=x>": "", "<button>Share</button>": "", "<select><option>One</option></select>": "", "<textarea>x</textarea>": "",
		"<img src=/x alt=x>": "", "<wbr>": "", "<o:p></o:p>": "", "<span></span>": "", "<!-- x -->": "", "<link rel=x href=/x>": "", "<meta itemprop=x content=x>": "", "<a name=x></a>": "",
		"<span hidden>Share</span>": "", `<span style="color: red; display: none">Share</span>`: "", `<b class="icon sr-only">(opens in a new window)</b>`: "",
		`<span class="screen-reader-text">to the end of the table</span>`: "", `<a href=/x>here<span class="govuk-visually-hidden"> (opens in a new window)</span></a>`: "here",
		`<time datetime="2025-05-10">10 May</time>`: "10 May", "<time><b>10</b> May</time>": "10 May", "<label>freely</label>": "freely", "<output>freely</output>": "freely",
		"<st1:place w:st=on>Porto</st1:place>": "Porto", "<x-name>Ana <x-last>Ferry</x-last></x-name>": "Ana Ferry", "<nobr>at last</nobr>": "at last",
		"<math><mi>n</mi><mo>=</mo><mn>9</mn></math>": "n=9", "<ruby>船<rp>(</rp><rt>ふね</rt><rp>)</rp></ruby>": "船", "<ins>indeed</ins>": "indeed",
		"<b>indeed</b>": "indeed", "<strong><em>indeed</em></strong>": "indeed", "<i>indeed</i>": "indeed", "<u>indeed</u>": "indeed", "<code>x</code>": "x", "<del>indeed</del>": "indeed",
		"<sup>2</sup>": "2", "<kbd>x</kbd>": "x", "<tt>x</tt>": "x", "<q>indeed</q>": "indeed", "<cite>indeed</cite>": "indeed", "<mark>indeed</mark>": "indeed", "<bdi>Ana</bdi>": "Ana",
		"<abbr title=x>MFA</abbr>": "MFA", "<font color=red>red</font>": "red", "<small>small</small>": "small", "<data value=1>one</data>": "one", "<span>indeed</span>": "indeed",
		"<a href=/x>indeed</a>": "indeed", "<a href=/x><svg></svg><b>indeed</b></a>": "indeed", "<time>nine<script>x</script> or<svg></svg> ten</time>": "nine or ten",
	} {
		for _, shape := range shapes {
			lines := "The ships sail " + element + " to the islands, and nobody has to wait for more than an hour. The boats sail" + element + ", and <b>so</b> do ferries, from the pier in the old harbour."
			want := strings.ReplaceAll("The ships sail "+words+" to the islands, and nobody has to wait for more than an hour. The boats sail"+words+", and so do ferries, from the pier in the old harbour.", "  ", " ")
			p := readHTML(t, fmt.Sprintf(pageShape, "", "", paras(3)+fmt.Sprintf(shape, lines)+paras(2)))
			if !strings.Contains(p.Text, want) || strings.Count(p.Text, "The ships") != 1 {
				t.Errorf("%s in %s: want %q in %q", element, shape, want, p.Text)
			}
		}
	}
	// A page without any element around its lines.
	old := readHTML(t, `<html><head><title>Ferries resume</title></head><body>The ships sail <script type="application/ld+json">{"datePublished":"2025-05-10T09:00:00Z"}</script> to the islands at <time>nine</time> sharp.<br><br>`+paras(3)+`The boats sail<svg></svg>, and so do ferries.<br></body></html>`)
	if lines := strings.Split(old.Text, "\n"); len(lines) != 5 || lines[0] != "The ships sail to the islands at nine sharp." || lines[4] != "The boats sail, and so do ferries." || old.Date != "2025-05-10" {
		t.Errorf("%q, %q", old.Text, old.Date)
	}
	// The date of a page is found where it is taken out of a line.
	p := readHTML(t, fmt.Sprintf(pageShape, "", "", `<p>Published on <time itemprop="datePublished" datetime="2025-05-10T09:00:00Z">10 May</time> in Porto.</p>`+paras(3)))
	if p.Date != "2025-05-10" || !strings.Contains(p.Text, "Published on 10 May in Porto.") {
		t.Errorf("%q, %q", p.Date, p.Text)
	}
}

func TestReadPageLists(t *testing.T) {
	p := readHTML(t, fmt.Sprintf(pageShape, "", "", paras(3)+"<ul><li>Porto at nine in the morning</li><li>Lisbon at ten in the morning</li></ul><blockquote><p>We are very glad that they sail again.</p></blockquote>"))
	for _, l := range []string{"Porto at nine in the morning", "Lisbon at ten in the morning", "We are very glad that they sail again."} {
		if !strings.Contains("\n"+p.Text+"\n", "\n"+l+"\n") {
			t.Errorf("%q is no paragraph of %q", l, p.Text)
		}
	}
}

func TestReadPageLanguage(t *testing.T) {
	for _, c := range []struct{ html, head, header, want string }{
		{` lang="pt-BR"`, "", "fr", "pt-BR"},
		{"", `<meta http-equiv="Content-Language" content="de">`, "fr", "de"},
		{"", "", "fr, en", "fr"},
		{"", `<meta property="og:locale" content="uk_UA">`, "", "uk-UA"},
		{"", "", "", ""},
	} {
		p := readHTML(t, fmt.Sprintf(pageShape, c.html, c.head, paras(3)), "Content-Language", c.header)
		if p.Lang != c.want {
			t.Errorf("%+v: %q", c, p.Lang)
		}
	}
}

func TestReadPageCanonical(t *testing.T) {
	for href, want := range map[string]string{
		"/news/1":                              "https://ferries.example/news/1",
		"https://www.ferries.example/news/1#x": "https://www.ferries.example/news/1",
		"https://news.ferries.example/news/1":  "https://news.ferries.example/news/1",
		"https://other.example/news/1":         "", // a page speaks for itself
		"https://ferries.example/":             "", // the front page is not the article
		"https://a:b@ferries.example/news/1":   "",
		"javascript:alert(1)":                  "",
		"":                                     "",
	} {
		p := readHTML(t, fmt.Sprintf(pageShape, "", `<link rel="canonical" href="`+href+`">`, paras(3)))
		if p.Canonical != want {
			t.Errorf("%s: %q", href, p.Canonical)
		}
	}
}

func TestReadPageDates(t *testing.T) {
	for _, c := range []struct {
		head string
		day  string
		at   time.Time
	}{
		{`<meta property="article:published_time" content="2025-03-04T10:30:00+03:00">`, "2025-03-04", time.Date(2025, 3, 4, 7, 30, 0, 0, time.UTC)},
		{`<script type="application/ld+json">{"@type":"NewsArticle","datePublished": "2025-03-04T08:00:00Z"}</script>`, "2025-03-04", time.Date(2025, 3, 4, 8, 0, 0, 0, time.UTC)},
		{`<meta name="date" content="2025-03-04">`, "2025-03-04", time.Date(2025, 3, 4, 0, 0, 0, 0, time.UTC)},
		{"", "", time.Time{}},
	} {
		p := readHTML(t, fmt.Sprintf(pageShape, "", c.head, paras(3)))
		if p.Date != c.day || !p.Published.Equal(c.at) {
			t.Errorf("%s: %s, %v", c.head, p.Date, p.Published)
		}
	}
}

// A charset that is declared after 2 KB of comments is found; the HTTP header wins over it.
func TestReadPageCharset(t *testing.T) {
	body := strings.ReplaceAll(paras(3), "“nobody waits”", "café à Genève")
	latin := func(s string) string {
		var b strings.Builder
		for _, r := range s {
			b.WriteByte(byte(r)) // Latin-1 is the beginning of Unicode
		}
		return b.String()
	}
	late := "<!--" + strings.Repeat("x", 2000) + "-->"
	for name, c := range map[string]struct{ src, contentType string }{
		"UTF-8 declared late":        {fmt.Sprintf(pageShape, "", late+`<meta charset="utf-8">`, body), "text/html"},
		"UTF-8 not declared":         {fmt.Sprintf(pageShape, "", "", body), "text/html"},
		"Latin-1 declared late":      {latin(fmt.Sprintf(pageShape, "", late+`<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">`, body)), "text/html"},
		"Latin-1 by the header":      {latin(fmt.Sprintf(pageShape, "", "", body)), "text/html; charset=ISO-8859-1"},
		"UTF-8 by the header, a lie": {fmt.Sprintf(pageShape, "", `<meta charset="iso-8859-1">`, body), "text/html; charset=utf-8"},
	} {
		p := readHTML(t, c.src, "Content-Type", c.contentType)
		if !strings.Contains(p.Text, "café à Genève") {
			t.Errorf("%s: %.120q", name, p.Text)
		}
	}
}

// Notes and credits are read wherever they stand, also where extraction would cut them, and are no part of the text.
func TestReadPageCredits(t *testing.T) {
	for name, c := range map[string]struct{ before, after, note, credits string }{
		"under the text":      {"", "<p><em>English version by Ana Ferry</em></p>", "English version by Ana Ferry", ""},
		"above the text":      {`<p class="byline">Translated from Portuguese by Ana Ferry</p>`, "", "Translated from Portuguese by Ana Ferry", ""},
		"in a footer":         {"", `<footer><div class="credits">Reporting by Bo Dock; editing by Cy Quay</div></footer>`, "", "Reporting by Bo Dock; editing by Cy Quay"},
		"beside a line break": {"", "<p>Reporting by Bo Dock<br>Translated by Ana Ferry</p>", "Translated by Ana Ferry", "Reporting by Bo Dock"},
		"not among the links": {"<nav><a href=/t>Translated by Ana Ferry</a></nav>", "", "", ""},
		"not in a script":     {"<script>'English version by Ana Ferry'</script>", "", "", ""},
	} {
		p := readHTML(t, fmt.Sprintf(pageShape, "", "", c.before+paras(4)+c.after))
		if p.Note != c.note || p.Credits != c.credits {
			t.Errorf("%s: note %q, credits %q", name, p.Note, p.Credits)
		}
		if strings.Contains(p.Text, "Ana Ferry") || strings.Contains(p.Text, "Bo Dock") || strings.Count(p.Text, "\n") != 3 {
			t.Errorf("%s: text %q", name, p.Text)
		}
	}
}

// Lines that lead elsewhere are no part of the article; where there is little else they stay.
func TestReadPageAsides(t *testing.T) {
	aside := `<p>Read also: <a href="/2">The port of Lisbon closes</a></p>`
	p := readHTML(t, fmt.Sprintf(pageShape, "", "", paras(2)+aside+"<p>Lesen Sie auch: Der Hafen schließt</p><p>Читайте также: порт закрывают</p><p>Advertisement</p>"+paras(2)))
	if strings.Count(p.Text, "\n") != 3 || strings.Contains(p.Text, "Lisbon") || strings.Contains(p.Text, "Advertisement") {
		t.Errorf("%q", p.Text)
	}
	kept := "<p>Related parties met again in the port on Monday, and read also the letter that the minister had sent them.</p>"
	if p = readHTML(t, fmt.Sprintf(pageShape, "", "", paras(3)+kept)); !strings.Contains(p.Text, "Related parties") {
		t.Errorf("news was dropped: %q", p.Text)
	}
	lines := "The first line of all.\nRead also: another line that is much longer than the first"
	if got := withoutAsides(lines); got != lines {
		t.Errorf("%q", got)
	}
}

func TestReadPageFailures(t *testing.T) {
	for name, c := range map[string]struct{ src, contentType, code string }{
		"empty":      {"  \n", "text/html", codeEmpty},
		"image":      {"\x89PNG\r\n\x1a\nxxxx", "image/png", codeMedia},
		"PDF":        {"%PDF-1.7 x", "application/pdf", codeMedia},
		"no text":    {"<html><body><a href=/>Home</a></body></html>", "text/html", codeNoText},
		"a script":   {"<html><body><div id=root></div><script>var text = '" + strings.Repeat("words ", 500) + "'</script></body></html>", "text/html", codeNoText},
		"many nodes": {strings.Repeat("<p>x", maxNodes), "text/html", codeHeavy},
	} {
		_, err := ReadPage(Input{URL: "https://ferries.example/1", ContentType: c.contentType, Body: []byte(c.src)})
		if problemCode(t, err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestShorten(t *testing.T) {
	for _, unit := range []string{"Words of a paragraph.\n", "words ", "字"} {
		s := shorten(strings.Repeat(unit, maxText/len(unit)+100))
		if len(s) > maxText || len(s) < maxText-1000 || !strings.HasPrefix(strings.Repeat(unit, maxText), s) {
			t.Errorf("%q: %d bytes", unit, len(s))
		}
		if last := s[len(s)-len(strings.TrimSpace(unit)):]; last != strings.TrimSpace(unit) {
			t.Errorf("ends in %q", last)
		}
	}
}

func BenchmarkReadPage(b *testing.B) {
	src := []byte(fmt.Sprintf(pageShape, "", "", paras(40)))
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadPage(Input{URL: "https://ferries.example/1", Body: src}); err != nil {
			b.Fatal(err)
		}
	}
}
