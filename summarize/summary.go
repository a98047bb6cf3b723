package summarize

import (
	"cmp"
	"context"
	"slices"

	"attache/summarize/quote"
)

const (
	// over is by how much a summary may be longer than asked: whole sentences rarely end on the word.
	over = 1.15
	// filled is the share of the words asked below which the last sentence in reading order may go beyond, to overLast.
	filled, overLast = .87, 1.5
)

// A Sentence of a summary: Doc is an index into texts, Start and End are bytes of texts[Doc].
type Sentence struct {
	Text            string
	Doc, Start, End int
}

// Summary returns about words words of whole sentences of texts (titles may be empty or nil), in reading order.
// It is the engine's choice of sentences without a brief around it; `attache lab summary` measures it.
// The sum is at most 1.15 times words; the last sentence alone may go beyond, to 1.5 times, where most of the room were
// left empty otherwise. A first sentence that is longer than all that stands alone.
func Summary(texts, titles []string, lang string, words int) []Sentence {
	docs := make([]Document, len(texts))
	for i, t := range texts {
		docs[i] = Document{Article: int64(i), Text: t, Lang: lang}
		if i < len(titles) {
			docs[i].Title = titles[i]
		}
		docs[i].Quotes = quote.Find(quote.Doc{Title: docs[i].Title, Text: t, Lang: lang})
	}
	if words <= 0 {
		return nil
	}
	st := newStory(context.Background(), docs)
	c := choose(st.us, st.subject, st.public, room{words: float64(words)})
	out := make([]Sentence, 0, len(c.picked))
	for _, i := range c.picked {
		u := c.us[i]
		out = append(out, Sentence{u.span.Of(texts[u.doc]), u.doc, u.span.Start, u.span.End})
	}
	slices.SortFunc(out, func(a, b Sentence) int { return cmp.Or(cmp.Compare(a.Doc, b.Doc), cmp.Compare(a.Start, b.Start)) })
	return out
}
