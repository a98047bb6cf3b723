package sources

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"attache/internal/text"
)

// Text returns the plain normalised text of an HTML fragment: blocks become
// paragraphs ("\n"), scripts and styles are left out, entities are read.
func Text(fragment string) string {
	if !strings.ContainsAny(fragment, "<&") {
		return text.Normalize(fragment)
	}
	var b strings.Builder
	b.Grow(len(fragment))
	z := html.NewTokenizer(strings.NewReader(fragment))
	silent := 0 // depth inside elements whose text nobody reads
	for {
		switch z.Next() {
		case html.ErrorToken:
			return text.Normalize(b.String())
		case html.TextToken:
			if silent == 0 {
				t := z.Text() // ours until the next token
				for i, c := range t {
					if c == '\n' || c == '\r' || c == '\t' {
						t[i] = ' '
					}
				}
				b.Write(t)
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			switch a := atom.Lookup(name); {
			case unread(a):
				silent++
			case block(a):
				b.WriteByte('\n')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch a := atom.Lookup(name); {
			case unread(a):
				silent = max(0, silent-1)
			case block(a):
				b.WriteByte('\n')
			case a == atom.Td || a == atom.Th:
				b.WriteByte(' ')
			}
		case html.SelfClosingTagToken:
			name, _ := z.TagName()
			if block(atom.Lookup(name)) {
				b.WriteByte('\n')
			}
		}
	}
}

// line is Text on one line, for titles.
func line(fragment string) string {
	return strings.ReplaceAll(Text(fragment), "\n", " ")
}

// spaced makes the line ends of HTML source what they are to a reader: spaces.
var spaced = strings.NewReplacer("\n", " ", "\r", " ", "\t", " ").Replace

func unread(a atom.Atom) bool {
	switch a {
	case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Iframe, atom.Object, atom.Svg, atom.Head:
		return true
	}
	return false
}

func block(a atom.Atom) bool {
	switch a {
	case atom.P, atom.Div, atom.Br, atom.Li, atom.Ul, atom.Ol, atom.Dl, atom.Dt, atom.Dd, atom.Blockquote, atom.Pre,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Hr, atom.Table, atom.Tr, atom.Section, atom.Article,
		atom.Header, atom.Footer, atom.Aside, atom.Figure, atom.Figcaption, atom.Address, atom.Main, atom.Nav,
		atom.Center, atom.Details, atom.Summary, atom.Caption, atom.Form, atom.Fieldset:
		return true
	}
	return false
}
