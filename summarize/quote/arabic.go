package quote

import (
	"strings"

	"attache/internal/text"
)

// Arabic has no capitals: a name is known by the office before it ("وزير الخارجية سامي الخطيب"), and the verb, which
// stands first, is followed by its subject.

// An arabicName is a name met behind an office.
type arabicName struct {
	at      int // byte of the article
	name    string
	role    string
	class   string
	country string
}

// maxArabicName is how many words a name may have.
const maxArabicName = 3

// collectArabic finds the names behind offices.
func (a *article) collectArabic() {
	for _, f := range a.frames {
		for i := 0; i < len(f.toks); i++ {
			if !f.is(i, "offices") {
				continue
			}
			j := f.arabicOfficeEnd(i)
			e := f.arabicNameEnd(j)
			if e > j && !f.toks[j-1].ends {
				role := f.textOf(i, j)
				a.arabic = append(a.arabic, arabicName{at: f.toks[j].start, name: f.textOf(j, e), role: role,
					class: f.lang.officeClass(f.toks[i].low), country: country(role, "ar")})
			}
			i = max(i, e-1)
		}
	}
}

// arabicOfficeEnd returns the token after the office that begins at token i. A definite word behind an indefinite office
// belongs to it ("وزير الصحة"), and so does one with a name behind it.
func (f *frame) arabicOfficeEnd(i int) int {
	definite := func(k int) bool {
		return k < len(f.toks) && f.toks[k].kind == word && strings.HasPrefix(f.toks[k].low, "ال") && !f.is(k, "verbs") && !f.is(k, "dates")
	}
	j := i + 1
	for j < len(f.toks) && f.toks[j].kind == word && !f.toks[j-1].ends {
		name := j+1 < len(f.toks) && f.toks[j+1].kind == word && !f.toks[j].ends && !f.is(j+1, "adverbs") && !f.is(j+1, "dates") && !f.is(j+1, "verbs") && !f.is(j+1, "preps")
		if !(f.is(j, "titles") || definite(j) && (j == i+1 && !definite(i) || name)) {
			break
		}
		j++
	}
	return j
}

// arabicNameEnd returns the token after the name that begins at token j.
func (f *frame) arabicNameEnd(j int) int {
	e := j
	for e < len(f.toks) && e-j < maxArabicName && f.toks[e].kind == word && !f.is(e, "titles") && !f.is(e, "offices") &&
		!f.is(e, "verbs") && !f.is(e, "preps") && !f.is(e, "adverbs") && !f.is(e, "dates") && !f.is(e, "function") {
		e++
		if f.toks[e-1].ends {
			break
		}
	}
	return e
}

// arabicSpeaker resolves the noun phrase of the cue: an office without a name is the one whom the article names with it, a
// part of a name stands for the whole.
func (a *article) arabicSpeaker(f *frame, m mention) (speaker string, at text.Span, role string) {
	at = f.spanOf(m)
	s := m.a
	if f.is(s, "offices") || f.is(s, "titles") {
		s = min(f.arabicOfficeEnd(s), m.b)
	}
	office := f.textOf(m.a, s)
	e := min(f.arabicNameEnd(s), m.b)
	if e > s {
		name := f.textOf(s, e)
		for i := len(a.arabic) - 1; i >= 0; i-- {
			n := a.arabic[i]
			if n.name == name || n.at < at.Start && (strings.HasSuffix(n.name, " "+name) || strings.HasPrefix(n.name, name+" ")) {
				return n.name, at, n.role
			}
		}
		return name, at, office
	}
	class, own := "", country(office, "ar")
	for k := m.a; k < s && class == ""; k++ {
		class = f.lang.officeClass(f.toks[k].low)
	}
	for i := len(a.arabic) - 1; i >= 0; i-- {
		if n := a.arabic[i]; n.at < at.Start && class != "" && n.class == class && (own == "" || n.country == own) {
			return n.name, at, n.role
		}
	}
	return f.textOf(m.a, m.b), at, ""
}
