// Package summarize turns the articles of a story into a checked brief: a
// headline, bullets and quotes, each with the span of the article that proves
// it. Engines write; this package's code proves.
//
// It stores nothing and fetches nothing, and nothing that it cannot point to
// in an article leaves it.
package summarize

import (
	"context"
	"time"

	"attache/internal/text"
	"attache/summarize/quote"
	"attache/summarize/verify"
)

// A Document is one article of a story as an engine sees it.
type Document struct {
	Article   int64 // the store's ids, carried into evidence
	Revision  int
	Outlet    string // whose article it is; for telling outlets apart only
	Title     string
	Text      string // normalised; paragraphs separated by "\n"
	Lang      string // ISO 639-1, or ""
	Note      string // translation note, or ""
	Published time.Time
	Country   string        // whose official source it is, or where the outlet writes, ISO 3166-1 or "EU"; or ""
	Official  bool          // a government's or body's own source: what it states, it states itself
	Quotes    []quote.Quote // found when the article was stored; spans of Text
}

// A Request asks for the brief of one story.
type Request struct {
	Docs    []Document // at least one; order is of no meaning
	Lang    string     // of the reader, ISO 639-1; "" is the lead article's
	Bullets int        // at most so many; 0 is DefaultBullets
	Quotes  int        // at most so many; 0 is DefaultQuotes
}

const (
	DefaultBullets = 6 // a digest shows two; the rest stands behind a story's buttons
	DefaultQuotes  = 6
)

// Evidence is where an article says what a bullet says. The text is kept so that
// pruning an article never unproves what was posted.
type Evidence struct {
	Article  int64     `json:"article"`
	Revision int       `json:"revision"`
	Span     text.Span `json:"span"` // bytes of the article's text
	Text     string    `json:"text"` // Text[Span.Start:Span.End] of that revision
}

// A Bullet is one statement of a brief.
type Bullet struct {
	ID     string `json:"id"` // stable: the same statement of the same revision has the same id
	Text   string `json:"text"`
	Lang   string `json:"lang,omitempty"`
	Limits bool   `json:"limits,omitempty"` // limits, denies or reverses the lead
	// Side is the government that states it, ISO 3166-1 or "EU", where the story has two that speak of the same thing; else "".
	Side string `json:"side,omitempty"`
	// When are words of Text that name a day by its distance, in order: to be shown behind them, in brackets. Check writes it.
	When []Resolved `json:"when,omitempty"`
	// Who are words of Text that stand for somebody whom the article names elsewhere, in order: as When.
	Who []Named `json:"who,omitempty"`
	// Names pairs what a translated text calls people, places and bodies with what the article calls them.
	Names    []verify.Pair `json:"names,omitempty"`
	Evidence []Evidence    `json:"evidence"` // at least one
}

// A Resolved is words such as "on Thursday" with the day that they mean.
type Resolved struct {
	Span text.Span `json:"span"` // bytes of the bullet's text
	Day  string    `json:"day"`  // 2025-02-27
	How  string    `json:"how"`  // verify.ByDateline or verify.ByPublication
}

// A Named is words such as "he" or "the minister" with whom they mean.
type Named struct {
	Span text.Span `json:"span"` // bytes of the bullet's text
	Name string    `json:"name"` // as the article has it
}

// An Original is the words of which a quote is a translation, where an embedded post or another article has them.
type Original struct {
	Article  int64       `json:"article"`
	Revision int         `json:"revision"`
	Lang     string      `json:"lang,omitempty"`
	Spans    []text.Span `json:"spans"`
	Words    []string    `json:"words"` // a string a span, character for character
	Kind     quote.Kind  `json:"kind"`
}

// A Quote of a brief: a quote of an article with the words kept.
type Quote struct {
	ID       string   `json:"id"`
	Article  int64    `json:"article"`
	Revision int      `json:"revision"`
	Lang     string   `json:"lang,omitempty"`
	Words    []string `json:"words"` // a string a span, character for character
	// Translation is what the words say in the brief's language, or "". It is a model's, never shown between marks.
	Translation string        `json:"translation,omitempty"`
	Names       []verify.Pair `json:"names,omitempty"` // of the translation
	Original    *Original     `json:"original,omitempty"`
	quote.Quote
}

// A Brief is the checked summary of a story in one language.
type Brief struct {
	Headline     string   `json:"headline"`      // an article's title, or a sentence of its text
	HeadlineFrom Evidence `json:"headline_from"` // Article and Revision of the lead; Span zero when it is the title, or a model's own
	// HeadlineNames are the names of a headline in another language than its article.
	HeadlineNames []verify.Pair `json:"headline_names,omitempty"`
	Lang          string        `json:"lang"`
	Bullets       []Bullet      `json:"bullets"` // most important first
	Quotes        []Quote       `json:"quotes"`  // best first
	Engine        string        `json:"engine"`  // "extractive", or a model's name
	Version       string        `json:"version"` // of the engine's rules or prompt
}

// An Engine writes briefs.
type Engine interface {
	// Name and Version are part of the key under which a brief is kept.
	Name() string
	Version() string
	Brief(ctx context.Context, r Request) (Brief, error)
}
