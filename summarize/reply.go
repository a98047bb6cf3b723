package summarize

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"attache/internal/text"
	"attache/summarize/model"
	"attache/summarize/quote"
	"attache/summarize/verify"
)

const (
	headlineMost = 200 // characters of a model's headline
	bulletsMost  = 12  // of a reply; one with more did not follow its schema
	bulletMost   = 400 // characters of a bullet
	whoMost      = 3   // people whom a bullet means without their names
	proofLeast   = 3   // words of the quotation that proves a bullet: two stand in too many places
)

// An answered brief is what a model answers to the prompt "brief".
type answered struct {
	Headline string     `json:"headline"`
	Bullets  []proposed `json:"bullets"`
}

// A proposed bullet. Names are those of a translation; Who is of a brief in the articles' language.
type proposed struct {
	Text    string        `json:"text"`
	Article int           `json:"article"`
	Quote   string        `json:"quote"`
	Limits  bool          `json:"limits,omitempty"`
	Who     []meant       `json:"who,omitempty"`
	Names   []verify.Pair `json:"names,omitempty"`
}

// A meant is words of a bullet that stand for somebody, and whom.
type meant struct {
	Words string `json:"words"`
	Name  string `json:"name"`
}

// A translated brief is what a model answers to the prompt "translation".
type translated struct {
	Headline   string           `json:"headline"`
	Bullets    []named          `json:"bullets"`
	Quotations []translatedWord `json:"quotations"`
}

// A named bullet says what it calls those that the article calls otherwise.
type named struct {
	Text    string        `json:"text"`
	Article int           `json:"article"`
	Quote   string        `json:"quote"`
	Limits  bool          `json:"limits,omitempty"`
	Names   []verify.Pair `json:"names"`
}

// A translatedWord is the translation of a quotation that was shown, by its number.
type translatedWord struct {
	Quotation int           `json:"quotation"`
	Text      string        `json:"text"`
	Names     []verify.Pair `json:"names"`
}

// errReply says that a reply as a whole cannot be used, and why, in words for the model.
type errReply struct{ why string }

func (e errReply) Error() string { return e.why }

// readReply decodes a reply to a prompt of a kind. An error means that nothing of it can be used.
func readReply(kind, content string) (a answered, words []translatedWord, err error) {
	if kind == kindTranslation {
		var t translated
		if err = model.Decode(content, &t); err == nil {
			a.Headline, words = t.Headline, t.Quotations
			for _, b := range t.Bullets {
				a.Bullets = append(a.Bullets, proposed{Text: b.Text, Article: b.Article, Quote: b.Quote, Limits: b.Limits, Names: b.Names})
			}
		}
	} else if err = model.Decode(content, &a); err == nil && slices.ContainsFunc(a.Bullets, func(p proposed) bool { return p.Names != nil }) {
		err = errors.New("names were not asked for")
	}
	switch {
	case err != nil:
		return a, nil, errReply{"it is not the JSON that was asked for: " + err.Error()}
	case len(a.Bullets) == 0:
		return a, nil, errReply{"there is no bullet"}
	case len(a.Bullets) > bulletsMost:
		return a, nil, errReply{fmt.Sprintf("there are more than %d bullets", bulletsMost)}
	}
	return a, words, nil
}

// bullet turns a proposed bullet into one with evidence; why says what is wrong with it instead.
func (p proposed) bullet(docs []Document, lang string) (b Bullet, why string) {
	i := p.Article - 1
	if i < 0 || i >= len(docs) {
		return b, fmt.Sprintf("there is no article %d", p.Article)
	}
	if n := utf8.RuneCountInString(p.Text); n > bulletMost {
		return b, fmt.Sprintf("it has %d characters, %d at most", n, bulletMost)
	}
	at, why := proof(&docs[i], p.Quote)
	if why != "" {
		return b, why
	}
	e := evidenceAround(&docs[i], at)
	if why = addressed(p.Text, lang); why != "" {
		return b, why
	}
	if instructs(at.Of(docs[i].Text), docs[i].Lang) {
		return b, "its quote reads like an instruction"
	}
	b = Bullet{ID: idOf("b", e.Article, e.Revision, at), Text: strings.TrimSpace(p.Text), Lang: lang, Names: p.Names, Evidence: []Evidence{e}}
	b.Limits = p.Limits && opposes(&docs[i], e)
	for _, m := range p.Who {
		if at := quotePlaces(b.Text, m.Words); len(at) == 1 && len(b.Who) < whoMost {
			b.Who = append(b.Who, Named{at[0], text.Normalize(strings.TrimSpace(m.Name))})
		}
	}
	return b, ""
}

// opposes reports whether the evidence has a word that limits, denies, disputes or contrasts; of a language without a table,
// any may: a model sees which sentence limits the lead, and code that the sentence limits anything at all.
func opposes(d *Document, e Evidence) bool {
	lex := lexiconOf(d.Lang)
	own, _ := outside(d.Text, e.Span, verify.Stretches(d.Text, d.Quotes))
	return len(lex.sets) == 0 || limitStrength(lex, own, cueWords(own)) > 0
}

// proof locates the quotation that shall prove a bullet: whole words of one place of the article's text.
func proof(d *Document, words string) (text.Span, string) {
	if n := wordCount(words, d.Lang); n < proofLeast {
		return text.Span{}, fmt.Sprintf("its quote has fewer than %d words", proofLeast)
	}
	spans, err := quote.Locate(d.Text, words, 0)
	switch {
	case errors.Is(err, quote.ErrNotInText):
		return text.Span{}, "its quote does not stand in the article, letter for letter"
	case err != nil || len(spans) == 0:
		return text.Span{}, "its quote cannot be found"
	case len(spans) > 1:
		return text.Span{}, "its quote leaves something out"
	}
	return spans[0], ""
}

// evidenceAround is the sentences in which a stretch of an article stands.
func evidenceAround(d *Document, at text.Span) Evidence {
	out := at
	for _, p := range text.Sentences(d.Text, d.Lang) {
		if p.Overlaps(at) {
			out.Start, out.End = min(out.Start, p.Start), max(out.End, p.End)
		}
	}
	return Evidence{Article: d.Article, Revision: d.Revision, Span: out, Text: out.Of(d.Text)}
}
