package quote

import (
	"strings"
	"unicode/utf8"

	"attache/internal/text"
)

// A titledName is a name of a Chinese or Japanese article with its office: "外相林梅", "林梅子外相".
type titledName struct {
	at          int // byte of the article
	name, title string
	role        string // the title, in Chinese with what stands before it
	country     string // whose office it is, "" when the article does not say beside the name
}

// collectTitled finds the names that stand beside an office.
func (a *article) collectTitled() {
	for _, f := range a.frames {
		for _, title := range f.lang.set("titles").all() {
			for from := f.span.Start; ; {
				n := strings.Index(f.src[from:f.span.End], title)
				if n < 0 {
					break
				}
				at := from + n
				from = at + len(title)
				if p := f.nameBeside(at, len(title)); p.Len() > 0 {
					t := titledName{at: p.Start, name: p.Of(f.src), title: title, role: f.cjkRole(at, len(title))}
					whose := t.role
					if f.lang.code == "ja" {
						t.role = title
						whose = f.cjkRole(p.Start, 0)
					}
					t.country = country(whose, f.lang.code)
					if country(t.name, f.lang.code) == "" {
						a.titled = append(a.titled, t)
					}
				}
			}
		}
	}
}

// country returns the code of the last country named in s, or "".
func country(s, lang string) string {
	if c := text.Countries(s, lang); len(c) > 0 {
		return c[len(c)-1].Code
	}
	return ""
}

// nameBeside returns the name at the office of n bytes at byte at: after it in Chinese, before it in Japanese.
func (f *frame) nameBeside(at, n int) text.Span {
	var p text.Span
	if f.lang.code == "ja" {
		p = text.Span{Start: max(f.span.Start, at-cjkReach), End: at}
		for p.Start < at && !utf8.RuneStart(f.src[p.Start]) {
			p.Start++
		}
		if k := strings.LastIndexAny(p.Of(f.src), "、，。の「」"+clauseEnd); k >= 0 {
			_, w := utf8.DecodeRuneInString(f.src[p.Start+k:])
			p.Start += k + w
		}
		for _, particle := range f.lang.set("links").all() {
			if k := strings.LastIndex(p.Of(f.src), particle); k >= 0 {
				p.Start += k + len(particle)
			}
		}
	} else {
		p = text.Span{Start: at + n, End: min(f.span.End, at+n+cjkReach)}
		for p.End < f.span.End && !utf8.RuneStart(f.src[p.End]) {
			p.End--
		}
		for _, set := range []string{"stops", "verbs", "name_ends"} {
			if k, w := f.firstOf(p, set, false); w != "" {
				p.End = k
			}
		}
		if k := strings.IndexAny(p.Of(f.src), "，,、：:（("+clauseEnd+"「『“《"); k >= 0 {
			p.End = p.Start + k
		}
	}
	if !f.nameLike(p) {
		return text.Span{}
	}
	return p
}

// cjkRole returns the office of n bytes at byte at with the country or body before it.
func (f *frame) cjkRole(at, n int) string {
	const signs = 10 // more is no office but a clause
	p := text.Span{Start: f.span.Start, End: at}
	if k := strings.LastIndexAny(p.Of(f.src), "、，,：: \u3000（(」』”》"+clauseEnd); k >= 0 {
		_, w := utf8.DecodeRuneInString(f.src[p.Start+k:])
		p.Start += k + w
	}
	for _, set := range []string{"stops", "verbs", "name_ends", "links"} {
		if k, w := f.firstOf(p, set, true); w != "" {
			p.Start = k + len(w)
		}
	}
	if utf8.RuneCountInString(p.Of(f.src)) > signs {
		p.Start = at
	}
	return f.src[p.Start : at+n]
}

// cjkName resolves a mention: a name stands for itself, a pronoun for the person named last, an office without a
// name for the one whom the article names with it.
func (a *article) cjkName(f *frame, at text.Span, role string) (speaker string, mention text.Span, office string) {
	m := at.Of(f.src)
	if f.lang.set("honorifics").has(role) {
		role = ""
	}
	switch {
	case f.lang.values["pronouns"][m] != "":
		if n := len(a.found); n > 0 && a.found[n-1].speaker != "" {
			return a.found[n-1].speaker, at, a.found[n-1].role
		}
		for i := len(a.titled) - 1; i >= 0; i-- {
			if a.titled[i].at < at.Start {
				return a.titled[i].name, at, a.titled[i].role
			}
		}
		return "", at, ""
	case role != "" && role == m: // no name beside the office
		best, own := -1, country(m, f.lang.code)
		for i, t := range a.titled {
			if t.at < at.Start && strings.HasSuffix(m, t.title) && (own == "" || t.country == own) && (best < 0 || len(t.title) >= len(a.titled[best].title)) {
				best = i
			}
		}
		if best >= 0 {
			return a.titled[best].name, at, a.titled[best].role
		}
		return m, at, role
	}
	for _, t := range a.titled {
		if role == "" && t.name == m {
			role = t.role
		}
	}
	return m, at, role
}
