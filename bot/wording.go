package bot

import (
	"regexp"
	"strings"
	"time"

	"attache/internal/digest"
	"attache/internal/text"
	"attache/sources"
)

// factMax bounds what is filled into a wording, beside headlines and whole sentences.
const factMax = 60

// adopt takes the texts of another package, which is their one source, below a prefix.
func (c catalogue) adopt(prefix string, texts map[string]string) {
	for key, s := range texts {
		c.texts[prefix+key] = s
	}
}

// hole is a place of a text that is filled in.
var hole = regexp.MustCompile(`\{[a-z]+\}`)

// flatten escapes the texts below some prefixes: other packages write no Markdown.
func (c catalogue) flatten(prefixes ...string) {
	for key, s := range c.texts {
		for _, p := range prefixes {
			if !strings.HasPrefix(key, p) {
				continue
			}
			var b strings.Builder
			end := 0
			for _, at := range hole.FindAllStringIndex(s, -1) {
				b.WriteString(escapePart(s[end:at[0]]))
				b.WriteString(s[at[0]:at[1]])
				end = at[1]
			}
			b.WriteString(escapePart(s[end:]))
			c.texts[key] = b.String()
		}
	}
}

// escapePart escapes a part of a line, and keeps the space at its ends.
func escapePart(s string) string {
	inner := strings.TrimSpace(s)
	if inner == "" {
		return s
	}
	before, after, _ := strings.Cut(s, inner)
	return before + Escape(inner) + after
}

// wording words what package digest says. A headline stands in bold, as what somebody typed does: quotation marks are for
// the words of articles.
func (c catalogue) wording(w digest.Wording) string {
	return w.In(func(key string) string { return c.texts["wording."+key] }, func(name, fact string) string {
		switch name {
		case "country", "other":
			return Escape(text.CountryName(Clip(fact, factMax), c.lang))
		case "day":
			if at, err := time.Parse(time.DateOnly, fact); err == nil {
				return day(at.Add(12 * time.Hour)) // its noon is the same day nearly everywhere
			}
		case "story":
			return strong(fact, labelMax)
		case "typed":
			return strong(fact, factMax)
		case "text":
			return Escape(Clip(fact, snippetMax))
		}
		return Escape(Clip(fact, factMax))
	})
}

// strong is somebody's words in bold.
func strong(s string, max int) string {
	if blank(s) {
		return "—"
	}
	return "**" + Escape(Clip(s, max)) + "**"
}

// reason words why a story is in a digest or not, as it was stored.
func (c catalogue) reason(stored string) string { return c.wording(digest.ReadWording(stored)) }

// problem words why a source cannot be read; "" for a code that has no text. what is what the problem names.
func (c catalogue) problem(code, what string) string {
	words := c.texts["problem."+code+"."+what]
	if words == "" {
		words = Escape(Clip(what, factMax))
	}
	return c.text("problem."+code, "what", words)
}

// went words how a delivery went or why a schedule is paused, as it was stored in English; a sentence of an earlier
// version, or one that names what Discord said, stays as it is.
func (c catalogue) went(sentence string) string {
	if w, ok := digest.ReadSentence(sentence); ok {
		return c.wording(w)
	}
	for key, s := range refusals {
		if s == sentence {
			return c.texts["refusal."+key]
		}
	}
	return Clip(Escape(sentence), 300)
}

// failure words the sentence of a problem that was stored in English; one of an earlier version stays as it is.
func (c catalogue) failure(sentence string) string {
	if code, what, ok := sources.Recognize(sentence); ok {
		return c.problem(code, what)
	}
	return Clip(Escape(sentence), 300)
}
