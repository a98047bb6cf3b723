package sources

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

const (
	// pdfLimit is how long a document may be read; one page takes 0.05 s after 0.3 s of starting the reader.
	pdfLimit = 20 * time.Second
	// pdfPages is how many pages are read: a press release has one to five, a communiqué twenty.
	pdfPages = 60
	// pdfMemory bounds what the reader may use, in pages of 64 KB: 256 MB.
	pdfMemory = 4096
	// pdfUnreadable is the share of letters without a meaning above which the words of a document cannot be had.
	pdfUnreadable = 0.02
)

// isPDF reports whether a body is a PDF, whatever its server calls it; some have a few bytes before the mark.
func isPDF(body []byte) bool { return bytes.Contains(body[:min(len(body), 1024)], []byte("%PDF-")) }

// ReadPDF reads the text of a PDF as a page: paragraphs, without what stands at the head and foot of every page. It says
// nothing of when the text was published: a file's date is that of the file.
//
// The reader is PDFium, which was made for documents of strangers, and it runs within a WebAssembly interpreter that gives it
// memory of its own, no files and no network. It is started for each document (0.3 s, some 200 MB while it lasts) and ended after.
// Every error is a *Problem: what is encrypted, damaged, or a scan has no words to be had.
func ReadPDF(ctx context.Context, in Input) (p Page, err error) {
	ctx, cancel := context.WithTimeout(ctx, pdfLimit)
	defer cancel()
	defer func() {
		if r := recover(); r != nil { // the interpreter's, when its time is over in the middle of a call
			p, err = Page{}, problem(codePDF, nil)
		}
	}()
	pool, perr := webassembly.Init(webassembly.Config{MaxIdle: 1, MaxTotal: 1, Context: ctx, RuntimeConfig: wazero.NewRuntimeConfigInterpreter().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).WithMemoryLimitPages(pdfMemory).WithCloseOnContextDone(true)})
	if perr != nil {
		return Page{}, problem(codePDF, perr)
	}
	defer pool.Close()
	reader, perr := pool.GetInstance(pdfLimit)
	if perr != nil {
		return Page{}, problem(codePDF, perr)
	}
	defer reader.Close()
	title, pages, perr := pdfText(reader, in.Body)
	switch {
	case ctx.Err() != nil:
		return Page{}, problem(codeHeavy, ctx.Err())
	case perr != nil:
		return Page{}, problem(codePDF, perr)
	}
	p = Page{URL: in.URL, Lang: contentLanguage(in)}
	p.Text = text.Normalize(pdfParagraphs(withoutRunningLines(pages)))
	if !readableText(p.Text) {
		return Page{}, problem(codePDF, nil)
	}
	p.Text, p.Note, p.Credits = takeCredits(p.Text)
	if p.Title = pdfTitle(title); p.Title == "" {
		p.Title, _, _ = strings.Cut(p.Text, "\n")
		p.Title = titleOf(p.Title)
	}
	p.Text = withoutTitle(withoutHeading(p.Text, p.Title), p.Title)
	if utf8.RuneCountInString(p.Text) < minPageText {
		return Page{}, problem(codePDF, nil)
	}
	return p, nil
}

// withoutHeading takes a title away that stands at the beginning of a text over several lines.
func withoutHeading(s, title string) string {
	rest := s
	for _, word := range strings.Fields(title) {
		var ok bool
		if rest, ok = strings.CutPrefix(strings.TrimLeft(rest, " \n"), word); !ok {
			return s
		}
	}
	if title == "" || rest != "" && !strings.HasPrefix(rest, "\n") {
		return s
	}
	return strings.TrimLeft(rest, "\n")
}

// pdfText is what the document calls itself, and the lines of its pages.
func pdfText(reader pdfium.Pdfium, body []byte) (title string, pages [][]string, err error) {
	doc, err := reader.OpenDocument(&requests.OpenDocument{File: &body})
	if err != nil {
		return "", nil, err
	}
	if m, err := reader.FPDF_GetMetaText(&requests.FPDF_GetMetaText{Document: doc.Document, Tag: "Title"}); err == nil {
		title = m.Value
	}
	n, err := reader.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: doc.Document})
	if err != nil {
		return "", nil, err
	}
	for i := range min(n.PageCount, pdfPages) {
		t, err := reader.GetPageText(&requests.GetPageText{Page: requests.Page{ByIndex: &requests.PageByIndex{Document: doc.Document, Index: i}}})
		if err != nil {
			return "", nil, err
		}
		pages = append(pages, strings.Split(strings.ReplaceAll(t.Text, "\r\n", "\n"), "\n"))
	}
	return title, pages, nil
}

// runningFigures are those of page numbers and dates in lines that stand on every page.
var runningFigures = regexp.MustCompile(`\d+`)

// withoutRunningLines takes away what stands at the head or foot of most pages, and lines that are page numbers.
func withoutRunningLines(pages [][]string) [][]string {
	const edge = 3 // lines at the head and at the foot that are looked at
	shape := func(line string) string { return runningFigures.ReplaceAllString(strings.TrimSpace(line), "0") }
	seen := map[string]int{}
	for _, lines := range pages {
		here := map[string]bool{}
		for i, l := range lines {
			if (i < edge || i >= len(lines)-edge) && shape(l) != "" {
				here[shape(l)] = true
			}
		}
		for s := range here {
			seen[s]++
		}
	}
	out := make([][]string, len(pages))
	for k, lines := range pages {
		for i, l := range lines {
			s := shape(l)
			if atEdge := i < edge || i >= len(lines)-edge; atEdge && (len(pages) > 2 && 2*seen[s] > len(pages) || pageNumber.MatchString(strings.TrimSpace(l))) {
				continue
			}
			out[k] = append(out[k], l)
		}
	}
	return out
}

// pageNumber is a line that holds the number of its page and no more.
var pageNumber = regexp.MustCompile(`(?i)^(?:page|seite|p\.|стр\.|-|–)?\s*\d{1,3}\s*(?:(?:/|of|de|von|sur)\s*\d{1,3})?\s*(?:-|–)?$`)

// pdfParagraphs joins the lines of a document into paragraphs: one ends where a line is empty, or ends a sentence short of the
// margin. A word that is broken at the end of a line, which the reader marks, is whole again; a hyphen that is written stays.
func pdfParagraphs(pages [][]string) string {
	width := 0
	for _, lines := range pages {
		for _, l := range lines {
			width = max(width, min(utf8.RuneCountInString(strings.TrimSpace(l)), 200))
		}
	}
	var b strings.Builder
	last := ""
	for _, lines := range pages {
		for _, l := range lines {
			l = strings.TrimFunc(l, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) && r != brokenWord })
			switch {
			case l == "":
				if last != "" {
					b.WriteByte('\n')
				}
				last = ""
				continue
			case last == "":
			case strings.HasSuffix(last, string(brokenWord)), strings.HasSuffix(last, "\uFFFE"), strings.HasSuffix(last, "\u00AD"), strings.HasSuffix(last, "-") && startsSmall(l):
			case endsParagraph(last, width):
				b.WriteByte('\n')
			default:
				b.WriteByte(' ')
			}
			b.WriteString(strings.TrimRight(l, string(brokenWord)+"\uFFFE\u00AD"))
			last = l
		}
	}
	return b.String()
}

// brokenWord is how PDFium marks a hyphen that only the end of a line brought about.
const brokenWord = '\x02'

func startsSmall(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLower(r)
}

// endsParagraph reports whether a line is the last of its paragraph: it ends a sentence, or is a heading, short of the margin.
func endsParagraph(line string, width int) bool {
	n := utf8.RuneCountInString(line)
	if strings.ContainsAny(lastRunes(line, 2), ".!?…。！？:") {
		return 10*n < 9*width
	}
	return 2*n < width && !strings.HasSuffix(line, ",")
}

func lastRunes(s string, n int) string {
	r := []rune(s)
	return string(r[max(0, len(r)-n):])
}

// readableText reports whether a text has words: in a font without a table of its letters they are nobody's.
func readableText(s string) bool {
	bad, all := 0, 0
	for _, r := range s {
		if unicode.IsSpace(r) {
			continue
		}
		if all++; r == utf8.RuneError || unicode.Is(unicode.Co, r) || unicode.IsControl(r) {
			bad++
		}
	}
	return all > 0 && float64(bad) <= pdfUnreadable*float64(all)
}

// pdfTitle is the title that a document gives itself, "" when that is the name of a file, or of a program.
func pdfTitle(s string) string {
	s = oneLineText(s)
	low := strings.ToLower(s)
	for _, no := range []string{"microsoft word", "untitled", "document1", "powerpoint", ".doc", ".pdf", ".indd", ".docx", ".odt", ".qxd"} {
		if strings.Contains(low, no) {
			return ""
		}
	}
	if strings.Count(s, " ") < 2 && !strings.ContainsFunc(s, func(r rune) bool { return r > 0x2E80 }) { // a word or a number is no headline
		return ""
	}
	return titleOf(s)
}
