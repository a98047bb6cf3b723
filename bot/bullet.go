package bot

import (
	"strconv"
	"strings"
	"time"

	"attache/internal/digest"
	"attache/internal/text"
	"attache/summarize"
)

// bullet is the text of a bullet: whose government states it, where two speak of the same thing, and behind words that only the
// article's own day or an earlier sentence explains, in brackets, what they mean. bare leaves the brackets out. The additions
// stand in the text before it is escaped, so that nothing in them is alive.
func (r renderer) bullet(s digest.Story, b digest.Bullet, bare bool) string {
	words := b.Text
	if !bare {
		words = summarize.Annotate(b.Text, b.When, b.Who, writtenOf(s, b), r.t.dayOf)
	}
	return r.t.side(b.Side) + Escape(words)
}

// writtenOf is when the articles that prove a bullet came out; zero where that was not in one year, or is not known.
func writtenOf(s digest.Story, b digest.Bullet) time.Time {
	var at time.Time
	for _, ref := range b.Refs {
		if ref.Source < 1 || ref.Source > len(s.Sources) {
			return time.Time{}
		}
		p := s.Sources[ref.Source-1].Published
		if p.IsZero() || !at.IsZero() && p.UTC().Year() != at.UTC().Year() {
			return time.Time{}
		}
		at = p
	}
	return at
}

// dayOf writes a day without its weekday.
func (c catalogue) dayOf(t time.Time, year bool) string {
	key := "bullet.day"
	if year {
		key = "bullet.day_year"
	}
	return c.text(key, "day", strconv.Itoa(t.Day()), "month", c.months[t.Month()-1], "year", strconv.Itoa(t.Year()))
}

// side is what stands before the statement of a government, by its ISO 3166-1 code; nothing before others.
func (c catalogue) side(code string) string {
	if !text.IsCountry(code) {
		return ""
	}
	return "**" + Escape(Clip(text.CountryName(code, c.lang), factMax)) + ":** "
}

// quotation is the words of an article in a block: its spans between marks, unless bare.
func quotation(words []string, open, shut string, bare bool) string {
	spans := make([]string, len(words))
	for i, w := range words {
		if spans[i] = EscapeLines(w); !bare {
			spans[i] = open + spans[i] + shut
		}
	}
	return strings.Join(spans, " … ")
}

// faithful reports whether all words can be shown character for character.
func faithful(words []string) bool {
	for _, w := range words {
		if !Faithful(w) {
			return false
		}
	}
	return true
}

// marksOf are the quotation marks of the language of some words; those of the reader's where it is not known.
func (c catalogue) marksOf(lang string) (open, shut string) {
	if lang != c.lang {
		if open, shut, ok := text.Marks(lang); ok {
			return open, shut
		}
	}
	return c.text("quote.open"), c.text("quote.close")
}

// original is the words of which a quote is a translation, at the beginning of its block; at is what leads to them.
func (r renderer) original(o *digest.Original, at string) string {
	open, shut := r.t.marksOf(o.Lang)
	out := quotation(o.Words, open, shut, o.Post || !faithful(o.Words)) + at
	if o.Post {
		out = "*" + r.t.text("quote.post") + ":* " + out
	}
	return out
}
