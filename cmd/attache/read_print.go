package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"attache/internal/text"
	"attache/summarize"
	"attache/summarize/quote"

	"github.com/rivo/uniseg"
)

// annotated is the text of a bullet with the government that states it, and in brackets what its words mean.
func annotated(b summarize.Bullet, docs []summarize.Document) string {
	var written time.Time
	e := b.Evidence[0]
	if i := slices.IndexFunc(docs, func(d summarize.Document) bool { return d.Article == e.Article && d.Revision == e.Revision }); i >= 0 {
		written = docs[i].Published
	}
	s := summarize.Annotate(b.Text, b.When, b.Who, written, func(t time.Time, year bool) string {
		if year {
			return t.Format("2 January 2006")
		}
		return t.Format("2 January")
	})
	if b.Side != "" {
		s = text.CountryName(b.Side, "en") + ": " + s
	}
	return s
}

// printed is a quotation as the terminal shows it.
type printed struct {
	quote.Quote
	words    []string
	article  int64               // its number, 0 for none
	original *summarize.Original // what the words translate, or nil
	also     []string            // further wordings of the article's, each as it is shown
}

// printQuotes prints an article's quotations; what stands there in several wordings once, with the others below.
func printQuotes(t terminal, d summarize.Document) {
	if len(d.Quotes) == 0 {
		fmt.Fprintln(t.out, "This article quotes nobody.")
		return
	}
	spoken := make([]summarize.Spoken, len(d.Quotes))
	for i, q := range d.Quotes {
		spoken[i] = summarize.Spoken{Words: q.Words(d.Text), Lang: d.Lang, Quote: q}
	}
	left := map[int]bool{}
	rows := make([]printed, len(spoken))
	for i, s := range spoken {
		rows[i] = printed{Quote: s.Quote, words: s.Words}
	}
	for _, r := range summarize.Restated(spoken, d.Lang) {
		row := &rows[r.Shown]
		if o := r.Original; o >= 0 {
			row.original = &summarize.Original{Lang: d.Lang, Words: spoken[o].Words, Kind: spoken[o].Quote.Kind}
			left[o] = true
		}
		for _, i := range r.Others {
			label := "also rendered as"
			if spoken[i].Quote.Translated {
				label = "in translation"
			}
			row.also = append(row.also, label+": "+marked(spoken[i].Words, "“", "”", spoken[i].Quote.Kind))
			left[i] = true
		}
	}
	first := true
	for i, row := range rows {
		if left[i] {
			continue
		}
		if !first {
			fmt.Fprintln(t.out)
		}
		first = false
		printQuote(t, row)
	}
}

// marked is words between quotation marks, those of a post without.
func marked(words []string, open, shut string, kind quote.Kind) string {
	s := open + strings.Join(words, shut+" … "+open) + shut
	if kind == quote.Post {
		s = strings.Join(words, " … ")
	}
	return strings.ReplaceAll(s, "\n", " ")
}

// printQuote prints one quotation, what it translates first.
func printQuote(t terminal, q printed) {
	on, width := colorful(t.out), columns(t.out)
	said := marked(q.words, "“", "”", q.Kind)
	var lines []string
	if o := q.original; o != nil {
		open, shut, ok := text.Marks(o.Lang)
		if !ok {
			open, shut = "“", "”"
		}
		first := marked(o.Words, open, shut, o.Kind)
		if o.Kind == quote.Post {
			first = "post: " + first
		}
		if o.Article > 0 {
			first += fmt.Sprintf(" [%d]", o.Article)
		}
		lines = append(lines, first)
		said = "in translation: " + said
	}
	for _, s := range append(append(lines, said), q.also...) {
		for _, l := range wrapped(s, width-2) {
			fmt.Fprintln(t.out, "  "+paint(on, cyan, l))
		}
	}
	parts := []string{paint(on, bold, cmp.Or(q.Speaker, "nobody that the article names"))}
	for _, s := range []string{q.Role, q.Venue, q.Date} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if q.Kind == quote.Post {
		parts = append(parts, "in a post")
	}
	if q.Via != "" {
		parts = append(parts, "via "+q.Via)
	}
	if q.Translated && q.original == nil {
		parts = append(parts, "in translation")
	}
	line := "  — " + strings.Join(parts, ", ")
	if q.article > 0 {
		line += paint(on, dim, fmt.Sprintf(" [%d]", q.article))
	}
	fmt.Fprintln(t.out, line)
}

// wrapped breaks s into lines of at most width cells, at spaces.
func wrapped(s string, width int) []string {
	var out []string
	line, cells := "", 0
	for word := range strings.FieldsSeq(s) {
		n := uniseg.StringWidth(word)
		if cells > 0 && cells+1+n > width {
			out = append(out, line)
			line, cells = "", 0
		}
		if cells > 0 {
			line, cells = line+" ", cells+1
		}
		line, cells = line+word, cells+n
	}
	return append(out, line)
}
