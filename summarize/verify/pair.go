package verify

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

// alien reports whether the two names of a pair cannot be one: both are written with letters that sound, in one to three
// capitalised words, and no word of one sounds like a word of the other. Names of countries, places and bodies that the tables
// know are translated.
func (p Pair) alien() bool {
	a, b := lex(p.Shown), lex(p.Source)
	if single(a) && single(b) {
		return !meansSame(a, b) && !sameCountry(p.Shown, p.Source) && !alike(skeleton(a[0].fold), skeleton(b[0].fold))
	}
	if !person(a) || !person(b) || len(thingsAt(a, 0, false))+len(thingsAt(b, 0, false)) > 0 || len(text.Countries(p.Shown, ""))+len(text.Countries(p.Source, "")) > 0 {
		return false
	}
	for _, x := range a {
		for _, y := range b {
			if alike(skeleton(x.fold), skeleton(y.fold)) {
				return false
			}
		}
	}
	return true
}

// single reports whether ls are one capitalised word in Latin or Cyrillic letters.
func single(ls []lexeme) bool {
	if len(ls) != 1 || ls[0].kind != word || !ls[0].cap || ls[0].caps {
		return false
	}
	r, _ := utf8.DecodeRuneInString(ls[0].fold)
	return unicode.In(r, unicode.Latin, unicode.Cyrillic)
}

// meansSame reports whether the tables have two names for one thing or office.
func meansSame(a, b []lexeme) bool {
	for _, x := range thingsAt(a, 0, false) {
		for _, y := range thingsAt(b, 0, false) {
			if x.value == y.value {
				return true
			}
		}
	}
	_, x, _ := officeAt(a, 0)
	_, y, _ := officeAt(b, 0)
	return sharesOffice(x, y)
}

// sameCountry reports whether two names are of one country, in whatever languages.
func sameCountry(a, b string) bool {
	of := map[string]bool{}
	for _, lang := range languages {
		for _, m := range text.Countries(a, lang) {
			of[m.Code] = true
		}
	}
	return slices.ContainsFunc(languages, func(lang string) bool {
		return slices.ContainsFunc(text.Countries(b, lang), func(m text.Mention) bool { return of[m.Code] })
	})
}

// person reports whether ls look like the name of somebody: two or three words, each with a capital, in Latin or Cyrillic letters.
func person(ls []lexeme) bool {
	if len(ls) < 2 || len(ls) > 3 {
		return false
	}
	for _, l := range ls {
		if l.kind != word || !l.cap || l.caps {
			return false
		}
		if r, _ := utf8.DecodeRuneInString(l.fold); !unicode.In(r, unicode.Latin, unicode.Cyrillic) {
			return false
		}
		if _, k := lexicons()["en"].titles.at([]lexeme{l}, 0); k > 0 {
			return false
		}
	}
	return true
}

// alike reports whether two skeletons are of one name: the same first consonant and at least half of the rest in order.
func alike(a, b string) bool {
	if a == "" || b == "" {
		return true
	}
	if a[0] != b[0] {
		return false
	}
	n, j := 0, 0
	for i := range len(a) {
		if k := strings.IndexByte(b[j:], a[i]); k >= 0 {
			n++
			j += k + 1
		}
	}
	return 2*n >= max(len(a), len(b))
}
