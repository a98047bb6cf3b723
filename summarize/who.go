package summarize

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
	"attache/summarize/quote"
	"attache/summarize/verify"
)

// whoOf returns the words of a bullet, which is its evidence, that stand for a speaker whom the article names elsewhere. They
// are those beside a quotation that the rules gave to that speaker.
func whoOf(d *Document, b *Bullet, e Evidence) []Named {
	if e.Text != b.Text {
		return nil
	}
	var out []Named
	said := spokenIn(d, b.Text)
	for _, q := range d.Quotes {
		p := q.SpeakerSpan
		if !standsFor(d, q.Speaker, p) || !somebody(d, q.Speaker) || !namedLast(d, q.Speaker, p.Start) || verify.Unsafe(q.Speaker) != "" || p.Start < e.Span.Start || p.End > e.Span.End || strings.Contains(b.Text, lastWord(q.Speaker)) {
			continue
		}
		n := Named{text.Span{Start: p.Start - e.Span.Start, End: p.End - e.Span.Start}, q.Speaker}
		if !touches(said, n.Span) && !slices.ContainsFunc(out, func(o Named) bool { return o.Span.Overlaps(n.Span) || o.Name == n.Name }) {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b Named) int { return a.Span.Start - b.Span.Start })
	return out
}

// toldWho reports whether the words with which the sentence at p begins stand for a speaker that the rules know.
func toldWho(d *Document, p text.Span) bool {
	return slices.ContainsFunc(d.Quotes, func(q quote.Quote) bool {
		return q.SpeakerSpan.Start == p.Start && q.SpeakerSpan.End <= p.End && standsFor(d, q.Speaker, q.SpeakerSpan)
	})
}

// standsFor reports whether the words at p stand for a speaker of two names or more whom the article names in full.
func standsFor(d *Document, speaker string, p text.Span) bool {
	return strings.Contains(speaker, " ") && p.Len() > 0 && spanIn(d.Text, p) && strings.Contains(d.Text, speaker) &&
		!strings.Contains(lower(p.Of(d.Text)), lower(lastWord(speaker)))
}

// who returns the words of a bullet that stand for somebody: those that the rules know, and those that b has and the article
// bears. The words stand in the evidence; the name stands in the article in full, near it, and has no other office than theirs.
func (c *checker) who(d *Document, b *Bullet, e Evidence) []Named {
	out := whoOf(d, b, e)
	for _, n := range b.Who {
		if !spanIn(b.Text, n.Span) || slices.ContainsFunc(out, func(o Named) bool { return o.Span.Overlaps(n.Span) || o.Name == n.Name }) {
			continue
		}
		if why := c.stands(d, b, e, n); why != "" {
			c.drop("who is meant by %q: %s", n.Span.Of(b.Text), why)
			continue
		}
		out = append(out, n)
	}
	slices.SortFunc(out, func(a, b Named) int { return a.Span.Start - b.Span.Start })
	return out
}

// stands returns why the words n of a bullet cannot be said to mean somebody, "" when they can.
func (c *checker) stands(d *Document, b *Bullet, e Evidence, n Named) string {
	words := n.Span.Of(b.Text)
	switch {
	case b.Lang != d.Lang:
		return "the bullet is in another language than the article"
	case !somebody(d, n.Name) || verify.Unsafe(n.Name) != "":
		return "it is not the full name of a person"
	case strings.Contains(b.Text, lastWord(n.Name)):
		return "the bullet has the name already"
	case touches(spokenIn(d, b.Text), n.Span):
		return "the words stand in a quotation"
	case len(quotePlaces(e.Text, words)) == 0 && len(quotePlaces(lower(e.Text), lower(words))) == 0:
		return "the words are not in the evidence"
	case !namedNear(d, e.Span, n.Name):
		return "the article does not name them near the evidence"
	}
	for _, p := range c.source(d).Problems(verify.Claim{Text: words + ", " + n.Name + ", did so.", Lang: b.Lang, Evidence: []text.Span{e.Span}}) {
		if p.Kind == verify.KindOffice || p.Kind == verify.KindName {
			return p.Reason
		}
	}
	return ""
}

// namedLast reports whether of all who speak in the article it is this one who was named last before byte at: "he" may be another.
func namedLast(d *Document, speaker string, at int) bool {
	last := strings.LastIndex(d.Text[:at], lastWord(speaker))
	return last >= 0 && !slices.ContainsFunc(d.Quotes, func(q quote.Quote) bool {
		return q.Speaker != "" && !strings.Contains(speaker, lastWord(q.Speaker)) && strings.LastIndex(d.Text[:at], lastWord(q.Speaker)) > last
	})
}

// somebody reports whether the article treats a name as a person's: it has the surname alone elsewhere, lets them speak by name,
// or gives them an office; and none of its words is a common one there, as those of "Boston Marathon" or "World Championships" are.
func somebody(d *Document, name string) bool {
	if !person(name) {
		return false
	}
	last := lastWord(name)
	known := slices.ContainsFunc(d.Quotes, func(q quote.Quote) bool {
		return q.Speaker == name && q.SpeakerSpan.Len() > 0 && spanIn(d.Text, q.SpeakerSpan) && strings.Contains(q.SpeakerSpan.Of(d.Text), last)
	})
	if spans := text.Words(last); len(spans) > 0 { // without marks around it
		last = spans[len(spans)-1].Of(last)
	}
	common := map[string]bool{}
	for w := range strings.FieldsSeq(name) {
		if l := lower(w); l != w && utf8.RuneCountInString(w) > 2 {
			common[l] = true
		}
	}
	before := ""
	for _, p := range text.Words(d.Text) {
		w := p.Of(d.Text)
		if common[w] {
			return false
		}
		known = known || w == last && before != "" && (before == last || !strings.Contains(name, before))
		before = w
	}
	return known || len(verify.HeldOffices(clip(d.Text, officesHead), d.Lang)[verify.Surname(name)]) > 0
}

// person reports whether s looks like a person's name in full: two to five words that begin with capitals, where their script has
// any, but for the small words inside names.
func person(s string) bool {
	words := strings.Fields(s)
	if len(words) < 2 || len(words) > 5 || strings.ContainsFunc(s, unicode.IsDigit) {
		return false
	}
	first, _ := utf8.DecodeRuneInString(words[0])
	last, _ := utf8.DecodeRuneInString(words[len(words)-1])
	return !unicode.IsLower(first) && !unicode.IsLower(last)
}
