package digest

import (
	"attache/internal/text"
	"attache/summarize"
	"attache/summarize/quote"
)

// An Original is the words of which a quote is a translation, as an embedded post or another article has them.
type Original struct {
	Words []string `json:"words"` // spans of an article, character for character; joined by " … "
	Post  bool     `json:"post,omitempty"`
	Lang  string   `json:"lang,omitempty"`
	Ref   Ref      `json:"ref"`
}

// originalIn is the original of a quote of a story, nil where the story's articles have none; source numbers an article.
func originalIn(o *summarize.Original, by map[int64]article, source func(article) int) *Original {
	if o == nil || len(o.Spans) == 0 {
		return nil
	}
	a, ok := by[o.Article]
	if !ok || a.Revision != o.Revision {
		return nil
	}
	return &Original{Words: o.Words, Post: o.Kind == quote.Post, Lang: o.Lang, Ref: spansRef(source(a), a, o.Spans)}
}

// spansRef links to a quotation: to all of it, or to its first span where no fragment leads to all.
func spansRef(n int, a article, spans []text.Span) Ref {
	r := ref(n, a, text.Span{Start: spans[0].Start, End: spans[len(spans)-1].End})
	if r.URL == a.URL && len(spans) > 1 {
		r = ref(n, a, spans[0])
	}
	return r
}

// kept is an original as it stands under the new numbers of a story's sources; nil when its article is no longer among them.
func (o *Original) kept(renumbered map[int]int) *Original {
	if o == nil || renumbered[o.Ref.Source] == 0 {
		return nil
	}
	out := *o
	out.Ref.Source = renumbered[o.Ref.Source]
	return &out
}
