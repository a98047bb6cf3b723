// Package quote finds, attributes and locates the quotations of an article
// by rule. It knows no model, stores nothing and sends nothing, and it never
// returns words: a quote is spans of the text it was given.
package quote

import "attache/internal/text"

// Kind says what sort of quotation a quote is.
type Kind string

const (
	Direct Kind = "direct" // words inside quotation marks
	Post   Kind = "post"   // an embedded post of a social network, which has no marks
)

// A Doc is the text in which quotes are sought.
type Doc struct {
	Title string
	Text  string // normalised; paragraphs separated by "\n"
	Lang  string // ISO 639-1, or ""
	Note  string // what the article says of its own translation ("English version by …"), or ""
}

// A Quote is one quotation with one speaker: "…," he said, "…" is one quote of two spans.
// All spans are bytes of Doc.Text; the words between the marks, marks and trailing comma or full stop left out.
type Quote struct {
	Spans       []text.Span `json:"spans"`
	Kind        Kind        `json:"kind"`
	Speaker     string      `json:"speaker,omitempty"` // resolved name ("Vladimir Putin", not "he"), or "" when unknown
	SpeakerSpan text.Span   `json:"speaker_span"`      // the mention beside the quote ("the Kremlin leader"); zero when none
	Verb        string      `json:"verb,omitempty"`
	Role        string      `json:"role,omitempty"`  // as the article words it ("president of the European Council")
	Venue       string      `json:"venue,omitempty"` // "on X", "at a Federal Security Service (FSB) meeting"
	Date        string      `json:"date,omitempty"`  // when, as the article words it ("Tuesday", "March 3, 2024")
	Via         string      `json:"via,omitempty"`   // the outlet or agency through which the article has it
	Translated  bool        `json:"translated,omitempty"`
	Sure        bool        `json:"sure,omitempty"` // found by the trusted tier of patterns
}

// Words returns the quoted words, a string a span.
func (q Quote) Words(article string) []string {
	out := make([]string, len(q.Spans))
	for i, s := range q.Spans {
		out[i] = s.Of(article)
	}
	return out
}
