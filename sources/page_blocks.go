package sources

import (
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// tidyBlocks makes paragraphs of lines that the extractors lose, repeat or put elsewhere: of the lines of a paragraph with words
// right behind it, of those between the blocks of an element that has line breaks of its own, and of the name under a
// quotation. All other lines are left as they are: on the development pages, F1 falls when they are wrapped, too.
func tidyBlocks(doc *html.Node) {
	var broken, mixed []*html.Node
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Parent == nil {
			continue
		}
		switch n.DataAtom {
		case atom.P:
			if hasBreak(n) && hasTail(n) {
				broken, mixed = append(broken, n), append(mixed, n.Parent)
			}
		case atom.Body, atom.Div, atom.Blockquote, atom.Td, atom.Li:
			if hasBreak(n) && hasBlock(n) || cutsWords(n) {
				mixed = append(mixed, n)
			}
		case atom.Article, atom.Section, atom.Main, atom.Center, atom.Details:
			mixed = append(mixed, n)
		case atom.Footer:
			if n.Parent.DataAtom == atom.Blockquote {
				n.DataAtom, n.Data = atom.P, "p"
			}
		}
	}
	for _, n := range broken {
		splitParagraph(n)
	}
	for _, n := range mixed {
		wrapLines(n)
	}
}

// cutsWords reports whether words follow right behind a block of an element with which the extractors would drop them.
func cutsWords(n *html.Node) bool {
	for c := range n.ChildNodes() {
		switch c.DataAtom {
		case atom.Aside, atom.Figure, atom.Footer, atom.Form, atom.Nav, atom.Menu, atom.Dialog, atom.Fieldset:
			if hasTail(c) {
				return true
			}
		}
	}
	return false
}

func hasBreak(n *html.Node) bool {
	for c := range n.ChildNodes() {
		if c.DataAtom == atom.Br {
			return true
		}
	}
	return false
}

func hasBlock(n *html.Node) bool {
	for c := range n.ChildNodes() {
		if c.DataAtom != atom.Br && apart(c) {
			return true
		}
	}
	return false
}

// splitParagraph makes a paragraph of each line of one.
func splitParagraph(p *html.Node) {
	line := p
	for c := p.FirstChild; c != nil; {
		next := c.NextSibling
		switch {
		case c.DataAtom == atom.Br:
			p.RemoveChild(c)
			after := line.NextSibling
			line = &html.Node{Type: html.ElementNode, DataAtom: atom.P, Data: "p"}
			p.Parent.InsertBefore(line, after)
		case line != p:
			p.RemoveChild(c)
			line.AppendChild(c)
		}
		c = next
	}
}

// wrapLines makes a paragraph of each line between the blocks and line breaks of an element.
func wrapLines(n *html.Node) {
	var line []*html.Node
	wrap := func(before *html.Node) {
		for _, c := range line {
			if !legible(c) {
				continue
			}
			p := &html.Node{Type: html.ElementNode, DataAtom: atom.P, Data: "p"}
			for _, c := range line {
				n.RemoveChild(c)
				p.AppendChild(c)
			}
			n.InsertBefore(p, before)
			break
		}
		line = line[:0]
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if apart(c) {
			wrap(c)
		} else {
			line = append(line, c)
		}
	}
	wrap(nil)
}
