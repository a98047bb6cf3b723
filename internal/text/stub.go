package text

// STUB FILE: owned by the author of internal/text, who replaces every function here at once.

// Normalize returns the form in which an article's text is stored: NFC, no invisible or control
// characters, single spaces, paragraphs separated by one "\n", no space at either end. Idempotent.
func Normalize(s string) string { return s }

// Invisible reports whether r shows nothing and may hide instructions or break matching
// (zero-width, bidi controls, tags, soft hyphen, variation selectors, control characters but "\n").
func Invisible(r rune) bool { return false }

// Folded is a text folded for locating, with the way back to the text it came from.
type Folded struct {
	Text string // folded: case, quote marks, dashes, ellipses, spaces, NFC per grapheme
	at   []int32
}

// Fold folds s. (See shared/notes/quotes.md, "Proof of a proposed quote", step 1.)
func Fold(s string) Folded { return Folded{} }

// Source returns the span of the original text that made the folded bytes [start,end).
func (f Folded) Source(start, end int) Span { return Span{} }

// Find returns where the folded form of needle first occurs at or after original offset from.
func (f Folded) Find(needle string, from int) (Span, bool) { return Span{}, false }

// Paragraphs returns the spans of the non-empty lines of s.
func Paragraphs(s string) []Span { return nil }

// Sentences returns the spans of the sentences of s, trimmed of space, never across a line end.
// lang is an ISO 639-1 code or "". A closing quotation mark or bracket after the full stop belongs to the sentence.
func Sentences(s, lang string) []Span { return nil }

// Words returns the spans of the words of s (letters and digits, inner apostrophes and hyphens kept).
func Words(s string) []Span { return nil }

// Tokens returns the search tokens of s: folded (NFKD, no marks, lower case), raw and stemmed where
// they differ, CJK as bigrams. The same tokens are indexed on every database engine.
func Tokens(s, lang string) []string { return nil }

// Query returns, for each word a person typed, the tokens any of which may match it. No operator survives.
func Query(q string) [][]string { return nil }

// Stem returns the folded stem of one word in lang; without a stemmer, the folded word.
func Stem(word, lang string) string { return word }

// Stopword reports whether a folded word carries no meaning of its own in lang.
func Stopword(word, lang string) bool { return false }

// Language returns the ISO 639-1 code of the language s is written in, "" when unknown;
// declared (what the feed says) breaks ties.
func Language(s, declared string) string { return declared }

// A Mention is a country found in a text.
type Mention struct {
	Code string // ISO 3166-1 alpha-2
	Span
}

// Countries finds names, demonyms and capitals of countries in s.
func Countries(s, lang string) []Mention { return nil }

// Fragment returns the text fragment directive ("text=…", percent-encoded, to stand after "#:~:") that leads a browser to
// span of article: the first match, case folded, on word boundaries, must be that very span, else the
// fragment is lengthened with context; false when none is unique. short asks for the start anchor alone when that suffices.
func Fragment(article string, span Span, short bool) (string, bool) { return "", false }
