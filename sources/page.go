package sources

import (
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	readability "codeberg.org/readeck/go-readability/v2"
	"github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"attache/internal/text"
)

const (
	// gateRatio: when trafilatura's text is shorter than this part of readability's, its own fallback chooses among both.
	// Flat from 0.3 to 0.8. F1 .977 on 96 pages and .924 on 485 with pages tidied before, our own reading of paragraphs and without
	// asides (.971 and .922 untidied); readability alone has .958 and .891, fallback always .963 and .914 at a third more time.
	gateRatio = 0.3
	// extractLimit is how long extraction may take; the mean is 13 ms of CPU, the slowest of 900 pages took 0.5 s.
	extractLimit = 20 * time.Second
	// maxNodes is how many nodes a page may have. The largest of 900 measured pages has 40,000; extraction is not linear in them.
	maxNodes = 250_000
	// minPageText is the shortest text in letters that counts as an article.
	minPageText = 40
)

// A Page is what was read of an article's page.
type Page struct {
	URL       string // as fetched, after redirects
	Canonical string // what the page calls its address, when it is on the same registrable domain; "" when it does not say
	Title     string
	Author    string
	Lang      string // as declared; "" when not
	SiteName  string
	Date      string    // day of publication, YYYY-MM-DD; "" when unknown
	Published time.Time // UTC; midnight when only the day is known, zero when unknown
	Text      string    // normalised, paragraphs separated by "\n"
	Note      string    // translation note ("English version by …"), read before boilerplate was cut
	Credits   string    // credit lines ("Reporting by …"), likewise
}

// ReadPage extracts the article of a page. It fetches nothing and never
// panics; every error is a *Problem. A page without article text is an error.
func ReadPage(in Input) (Page, error) {
	contentType := in.ContentType
	if contentType == "" {
		contentType = header(in.Header, "Content-Type")
	}
	if empty(in.Body) {
		return Page{}, problem(codeEmpty, nil)
	}
	if kind := media(contentType, in.Body); kind != "" {
		return Page{}, problemOf(codeMedia, kind)
	}
	type result struct {
		page Page
		err  error
	}
	// The extractors know no context. One that exceeds its limit is left to end by itself; maxNodes bounds how long that takes.
	done := make(chan result, 1)
	go func() {
		p, err := readPage(in, contentType)
		done <- result{p, err}
	}()
	timer := time.NewTimer(extractLimit)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.page, r.err
	case <-timer.C:
		return Page{}, problem(codeHeavy, nil)
	}
}

func contentLanguage(in Input) string {
	l, _, _ := strings.Cut(header(in.Header, "Content-Language"), ",")
	return strings.TrimSpace(l)
}

func readPage(in Input, contentType string) (p Page, err error) {
	defer func() {
		if r := recover(); r != nil { // third-party extractors meet pages nobody tried
			p, err = Page{}, problem(codeDefect, fmt.Errorf("extract: panic: %v", r))
		}
	}()
	doc, err := html.Parse(strings.NewReader(decode(in.Body, contentType).text))
	if err != nil {
		return Page{}, problem(codeGarbage, err)
	}
	nodes := 0
	for range doc.Descendants() {
		if nodes++; nodes > maxNodes {
			return Page{}, problem(codeHeavy, nil)
		}
	}
	at, err := url.Parse(in.URL)
	if err != nil || at.Host == "" {
		at = nil
	}
	p = Page{URL: in.URL, Lang: contentLanguage(in)}
	notes := pageCredits(doc)
	keepPosts(doc)
	keepSentences(doc)
	tidyBlocks(doc)
	body, meta := extract(doc, at)
	p.Text = body
	p.fill(doc, at, meta)
	var note, credits string
	p.Text, note, credits = takeCredits(p.Text)
	p.Text = withoutAsides(withoutTitle(p.Text, p.Title))
	p.Note, p.Credits = joinCredits(note, notes.note), joinCredits(credits, notes.credits)
	if utf8.RuneCountInString(p.Text) < minPageText {
		return p, problem(codeNoText, nil)
	}
	return p, nil
}

// A pageMeta is what the extractors say about a page besides its text.
type pageMeta struct {
	traf trafilatura.Metadata
	read readability.Article
}

// extract returns the article's text: trafilatura's, unless readability found much more.
func extract(doc *html.Node, at *url.URL) (string, pageMeta) {
	var m pageMeta
	plain := "" // what readability found
	if a, err := readability.FromDocument(doc, at); err == nil {
		m.read = a
		plain = nodeText(a.Node)
	}
	opts := trafilatura.Options{OriginalURL: at, ExcludeComments: true, HtmlDateMode: trafilatura.Fast}
	best := ""
	if r, err := trafilatura.ExtractDocument(doc, opts); err == nil && r != nil {
		m.traf = r.Metadata
		best = nodeText(r.ContentNode)
	}
	if float64(len(best)) < gateRatio*float64(len(plain)) {
		opts.EnableFallback = true
		if r, err := trafilatura.ExtractDocument(doc, opts); err == nil && r != nil {
			m.traf = r.Metadata
			best = nodeText(r.ContentNode)
		}
	}
	if best == "" {
		best = plain
	}
	return best, m
}

// nodeText is the normalised text of an element, blocks as paragraphs.
func nodeText(n *html.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	writeText(&b, n)
	return text.Normalize(b.String())
}

func writeText(b *strings.Builder, n *html.Node) {
	switch n.Type {
	case html.TextNode:
		b.WriteString(spaced(n.Data))
		return
	case html.CommentNode, html.DoctypeNode:
		return
	}
	tag := n.DataAtom
	if n.Type == html.ElementNode && tag == 0 {
		tag = atom.Lookup([]byte(n.Data)) // extractors make elements without saying which
	}
	if unread(tag) && tag != atom.Head {
		return
	}
	para := n.Type == html.ElementNode && block(tag)
	if para {
		b.WriteByte('\n')
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		writeText(b, c)
	}
	switch {
	case para:
		b.WriteByte('\n')
	case tag == atom.Td || tag == atom.Th:
		b.WriteByte(' ')
	}
}

// withoutTitle drops a first line that only repeats the title.
func withoutTitle(t, title string) string {
	first, rest, ok := strings.Cut(t, "\n")
	if ok && title != "" && text.Fold(first).Text == text.Fold(title).Text {
		return rest
	}
	return t
}

// pageNotes are the credit lines of a whole page.
type pageNotes struct{ note, credits string }

// pageCredits reads credit lines wherever they stand on a page, before the
// extractors cut them: beside the article, in its header or footer.
func pageCredits(doc *html.Node) pageNotes {
	var found pageNotes
	var visit func(*html.Node)
	visit = func(n *html.Node) {
		if n.Type == html.ElementNode {
			switch n.DataAtom {
			case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Iframe, atom.Object, atom.Svg, atom.Head,
				atom.Nav, atom.Aside, atom.Form, atom.Select, atom.Button, atom.Figure:
				return
			}
		}
		if l, leaf := lineOf(n); leaf {
			switch kind, s := creditOf(l); kind {
			case creditNote:
				found.note = joinCredits(found.note, s)
			case creditLine:
				found.credits = joinCredits(found.credits, s)
			}
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			visit(c)
		}
	}
	visit(doc)
	return found
}

// lineOf is the text of an element that holds one short line and no blocks: leaf is false where its children are to be asked instead.
func lineOf(n *html.Node) (l string, leaf bool) {
	if n.Type == html.TextNode {
		// Text beside <br> is a line too.
		return text.Normalize(spaced(n.Data)), true
	}
	if n.Type != html.ElementNode {
		return "", false
	}
	size := 0
	var b strings.Builder
	for c := range n.Descendants() {
		switch c.Type {
		case html.ElementNode:
			if block(c.DataAtom) {
				return "", false
			}
			if unread(c.DataAtom) {
				return "", false
			}
		case html.TextNode:
			if size += len(c.Data); size > 8*maxCreditLine {
				return "", false
			}
			b.WriteString(spaced(c.Data))
		}
	}
	return text.Normalize(b.String()), true
}
