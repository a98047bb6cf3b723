package verify

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

// alien reports whether the two names of a pair cannot be one: both are written with letters that sound, in two to three
// capitalised words, and no word of one sounds like a word of the other. Names of places and bodies are translated, and
// names of one word as well ("Beijing", "Peking").
func (p Pair) alien() bool {
	a, b := lex(p.Shown), lex(p.Source)
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
