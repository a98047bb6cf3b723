package sources

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	maxPosts    = 100 // of a page that are kept
	maxWrappers = 8   // elements around a post
)

// postClasses mark the element of a post that carries its words, its author and its date, in the code for embedding that
// X and Bluesky hand out.
var postClasses = []string{"twitter-tweet", "twitter-video", "bluesky-embed"}

// keepPosts makes plain paragraphs of embedded posts. The extractors take the elements around them for advertising or for
// widgets, by their names, and drop them with the words in them; and lines of one post come out of them in another order.
func keepPosts(doc *html.Node) {
	var posts []*html.Node
	for n := range doc.Descendants() {
		if n.DataAtom == atom.Blockquote && hasClass(n, postClasses) {
			if posts = append(posts, n); len(posts) == maxPosts {
				break
			}
		}
	}
	for _, post := range posts {
		outer := post
		for range maxWrappers {
			if p := outer.Parent; p == nil || !wraps(p, outer) {
				break
			}
			outer = outer.Parent
		}
		for l := range strings.SplitSeq(nodeText(post), "\n") {
			p := &html.Node{Type: html.ElementNode, DataAtom: atom.P, Data: "p"}
			p.AppendChild(&html.Node{Type: html.TextNode, Data: l})
			outer.Parent.InsertBefore(p, outer)
		}
		outer.Parent.RemoveChild(outer)
	}
}

// hasClass reports whether an element has one of some classes.
func hasClass(n *html.Node, classes []string) bool {
	return slices.ContainsFunc(strings.Fields(attrOf(n, "class")), func(c string) bool { return slices.Contains(classes, c) })
}

// wraps reports whether an element is there for one of its children alone: no other holds anything to read.
func wraps(n, child *html.Node) bool {
	switch n.DataAtom {
	case atom.Div, atom.Figure, atom.Aside, atom.Section, atom.Center, atom.Span, atom.P:
	default:
		return false
	}
	for c := range n.ChildNodes() {
		if c != child && legible(c) {
			return false
		}
	}
	return n.Parent != nil
}
