// Package text is what the program knows about written language: the stored
// form of a text, folding that remembers where each letter came from,
// sentences, search tokens, languages, country names and text fragments.
//
// It stores and sends nothing, and it never decides what is true: it only says
// where things stand in a text.
package text

// A Span is a stretch of a text in bytes, End exclusive.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}

// Of returns the bytes of s that the span covers.
func (p Span) Of(s string) string { return s[p.Start:p.End] }

// Len is the length of the span in bytes.
func (p Span) Len() int { return p.End - p.Start }

// Contains reports whether q lies within p.
func (p Span) Contains(q Span) bool { return p.Start <= q.Start && q.End <= p.End }

// Overlaps reports whether p and q share a byte.
func (p Span) Overlaps(q Span) bool { return p.Start < q.End && q.Start < p.End }
