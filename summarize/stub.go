package summarize

import "context"

// STUB FILE: owned by the author of summarize, who replaces it.

// Extractive is the built-in engine: it chooses sentences, it writes none.
type Extractive struct{}

func (Extractive) Name() string                                        { return "extractive" }
func (Extractive) Version() string                                     { return "1" }
func (Extractive) Brief(ctx context.Context, r Request) (Brief, error) { return Brief{}, nil }

// A Sentence of a summary: Doc is an index into texts, bytes of texts[Doc].
type Sentence struct {
	Text            string
	Doc, Start, End int
}

// Summary returns about words words of whole sentences of texts (titles may be empty or nil), in reading order.
// It is the engine's choice of sentences without a brief around it; `attache lab summary` measures it.
func Summary(texts, titles []string, lang string, words int) []Sentence { return nil }
