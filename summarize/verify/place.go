package verify

import (
	"slices"
	"strings"

	"attache/internal/text"
)

// countryProblems are countries that the source does not name, in whatever form.
func (s *Source) countryProblems(r *reading, cover func(text.Span), bad func(text.Span, string, ...any)) {
	said := r.Text
	if r.uncased && r.lang != "en" && r.lang != "" {
		return
	}
	if r.uncased {
		said = capitals(said)
	}
	for _, m := range text.Countries(said, r.lang) {
		if m.Span.End > len(r.Text) || r.money(m.Span) {
			continue
		}
		if s.hasAll(r, m.Span) || s.names.countries[m.Code] && !r.place(m.Span) || s.namesPlace(r, m.Span) {
			cover(m.Span)
			continue
		}
		if r.uncased && (ambiguous[strings.ToLower(m.Of(r.Text))] || len(m.Of(r.Text)) < 4) {
			continue
		}
		bad(m.Span, "the country or place is not in the article it cites")
		cover(m.Span)
	}
}

// place reports whether what stands at p names a place in a country and not the country.
func (r *reading) place(p text.Span) bool {
	return slices.ContainsFunc(r.thingsIn(p), func(id string) bool { return strings.HasPrefix(id, "place ") })
}

// namesPlace reports whether the source names the place at p of the claim, under whatever name.
func (s *Source) namesPlace(r *reading, p text.Span) bool {
	return slices.ContainsFunc(r.thingsIn(p), func(id string) bool { return s.names.things[id] })
}

// thingsIn returns the things whose names fill p.
func (r *reading) thingsIn(p text.Span) []string {
	var out []string
	for i, l := range r.ls {
		if l.Start != p.Start {
			continue
		}
		for _, e := range thingsAt(r.ls, i, false) {
			if r.ls[i+e.form-1].End >= p.End {
				out = append(out, e.value)
			}
		}
	}
	return out
}

// ambiguous are names of countries that are words as well, where capitals do not tell.
var ambiguous = map[string]bool{"turkey": true, "polish": true, "jordan": true, "chad": true, "georgia": true, "jersey": true, "china": true, "guinea": true,
	"wales": true, "swede": true, "dane": true, "pole": true, "finn": true, "poles": true, "washington": true, "victoria": true, "hamilton": true, "kingston": true, "santiago": true, "paris": true, "san jose": true, "male": true, "bern": true, "lima": true, "rome": true, "georgian": true, "quad": true, "turk": true, "dominican": true, "nice": true, "reading": true}

// capitals gives each word of s that is in small letters a capital, where that does not change its length.
func capitals(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] >= 'a' && b[i] <= 'z' && (i == 0 || b[i-1] == ' ' || b[i-1] == '\n') {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}

// hasAll reports whether every word of the claim at p is one of the source.
func (s *Source) hasAll(r *reading, p text.Span) bool {
	if spaceless(p.Of(r.Text)) {
		return strings.Contains(s.all, p.Of(r.Text))
	}
	for _, l := range r.ls {
		if p.Contains(l.Span) && l.kind == word && !s.names.words[l.fold] {
			return false
		}
	}
	return true
}
