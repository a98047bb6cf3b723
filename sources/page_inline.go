package sources

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// keepSentences leaves of the elements within a line their words. The extractors drop many elements together with what follows
// them in their line, and lose the space beside others: of "Ships leave at <time>nine</time>, <b>but</b> not on Sundays." in a list
// they would make "Ships leave at" or "butnot". Readers are shown plain text in any case.
func keepSentences(doc *html.Node) {
	type part struct {
		n   *html.Node
		use lineUse
	}
	var parts []part
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Parent == nil {
			continue
		}
		if use, always := useInLine(n); use != lineKept && (always || amongWords(n)) {
			parts = append(parts, part{n, use})
		}
	}
	for _, p := range parts {
		n := p.n
		switch p.use {
		case lineWords:
			if n.DataAtom == atom.Time {
				moveOut(dateOf(n), n)
			}
			for c := n.FirstChild; c != nil; c = n.FirstChild {
				n.RemoveChild(c)
				n.Parent.InsertBefore(c, n)
			}
			n.Parent.RemoveChild(n)
		case lineData:
			moveOut(n, n)
		case lineNothing:
			n.Parent.RemoveChild(n)
		}
	}
}

type lineUse byte

const (
	lineKept    lineUse = iota // links, spans and what is no element of a line stay
	lineWords                  // the words in it belong to the sentence
	lineData                   // it says something of the page
	lineNothing                // nothing in it is read
)

// useInLine is what an element is to the line it stands in: always, or else where words stand beside it.
func useInLine(n *html.Node) (use lineUse, always bool) {
	if !apart(n) && unseen(n) {
		return lineNothing, false
	}
	if n.Namespace == "math" || n.Namespace == "" && n.DataAtom == 0 { // elements of names that HTML does not know are of Word, or of scripts
		return lineWords, true
	}
	switch n.DataAtom {
	case atom.B, atom.Strong, atom.Em, atom.I, atom.U, atom.Q, atom.Code, atom.Del, atom.S, atom.Strike, atom.Sub, atom.Sup, atom.Kbd,
		atom.Samp, atom.Tt, atom.Var:
		return lineWords, true
	case atom.A: // a place to jump to
		if n.FirstChild == nil || attrOf(n, "href") == "" {
			return lineWords, true
		}
	case atom.Time, atom.Label, atom.Output, atom.Wbr, atom.Nobr, atom.Rb:
		return lineWords, false
	case atom.Script, atom.Link:
		return lineData, false
	case atom.Style, atom.Template, atom.Iframe, atom.Noscript, atom.Object, atom.Embed, atom.Applet, atom.Svg, atom.Canvas, atom.Audio,
		atom.Video, atom.Picture, atom.Map, atom.Area, atom.Input, atom.Button, atom.Select, atom.Textarea, atom.Datalist, atom.Progress,
		atom.Meter, atom.Param, atom.Source, atom.Track, atom.Rt, atom.Rp, atom.Rtc:
		return lineNothing, false
	}
	return lineKept, false
}

// unseenClasses mark what is for screen readers alone, by the names of Bootstrap, WordPress, Drupal, Foundation and the design
// system of the British government.
var unseenClasses = []string{"sr-only", "visually-hidden", "visuallyhidden", "screen-reader-text", "element-invisible", "show-for-sr", "govuk-visually-hidden"}

// unseen reports whether a page says of an element that it is not shown.
func unseen(n *html.Node) bool {
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "style":
			if s := strings.ReplaceAll(a.Val, " ", ""); strings.Contains(s, "display:none") || strings.Contains(s, "visibility:hidden") {
				return true
			}
		}
	}
	return hasClass(n, unseenClasses)
}

// dateOf is a <time> that says what another says, for who looks for the date of the page.
func dateOf(n *html.Node) *html.Node {
	date := &html.Node{Type: html.ElementNode, DataAtom: n.DataAtom, Data: n.Data, Attr: n.Attr}
	if c := n.FirstChild; c != nil && c.Type == html.TextNode {
		date.AppendChild(&html.Node{Type: html.TextNode, Data: c.Data})
	}
	return date
}

// near is how far from an element anything is looked for: a page may be made of nothing but elements in one another.
const near = 32

// moveOut puts an element before the block that at stands in, and behind everything where at stands in none.
func moveOut(n, at *html.Node) {
	block := at
	for i := 0; i < near && !apart(block); i++ {
		if p := block.Parent; p == nil || p.Parent == nil || p.DataAtom == atom.Body {
			break
		}
		block = block.Parent
	}
	parent := block.Parent
	if parent == nil {
		return
	}
	if block == at {
		block = nil
	}
	if n.Parent != nil {
		n.Parent.RemoveChild(n)
	}
	parent.InsertBefore(n, block)
}

// amongWords reports whether words stand before or behind an element in its line.
func amongWords(n *html.Node) bool {
	if n.Parent == nil || hasBlock(n) {
		return false
	}
	c := n.PrevSibling
	for i := 0; c != nil && !apart(c) && i < near; i++ {
		if legible(c) {
			return true
		}
		c = c.PrevSibling
	}
	return hasTail(n)
}

// hasTail reports whether words follow an element on the line after it, before the next element with lines of its own.
func hasTail(n *html.Node) bool {
	c := n.NextSibling
	for i := 0; c != nil && !apart(c) && i < near; i++ {
		if legible(c) {
			return true
		}
		c = c.NextSibling
	}
	return false
}

// apart reports whether a node stands on lines of its own.
func apart(n *html.Node) bool { return n.Type == html.ElementNode && block(n.DataAtom) }

// maxLooks is how many nodes are looked through for words.
const maxLooks = 1000

// legible reports whether a node holds words that are shown, or a picture, or is too large to say.
func legible(n *html.Node) bool {
	looks := maxLooks
	return legibleIn(n, &looks)
}

func legibleIn(n *html.Node, looks *int) bool {
	if *looks--; *looks < 0 {
		return true
	}
	switch {
	case n.Type == html.TextNode:
		return strings.TrimSpace(n.Data) != ""
	case n.Type == html.ElementNode && (n.DataAtom == atom.Img || n.DataAtom == atom.Video):
		return true
	case n.Type == html.ElementNode && unread(n.DataAtom):
		return false
	}
	for c := range n.ChildNodes() {
		if legibleIn(c, looks) {
			return true
		}
	}
	return false
}
