package verify

import (
	"sync"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

// nameIndex is what a source names.
type nameIndex struct {
	words     map[string]bool            // folded
	stems     map[string]bool            // in the source's language
	caps      []string                   // those written with a capital, folded
	sounds    map[string]bool            // caps as they sound
	latin     bool                       // most of caps are in Latin letters
	countries map[string]bool            // codes
	things    map[string]bool            // lines of the alias and body tables
	initials  map[string]bool            // of names of several words
	acronyms  map[string]bool            // words in capitals
	codes     map[string]bool            // letters and digits in one: f16
	before    map[string]map[string]bool // by a capitalised word, those that stand before it
	after     map[string]map[string]bool // and behind
}

func indexNames(s, lang string, ls []lexeme, stem func(string) string) nameIndex {
	x := nameIndex{words: map[string]bool{}, stems: map[string]bool{}, sounds: map[string]bool{}, countries: map[string]bool{}, things: map[string]bool{},
		initials: map[string]bool{}, acronyms: map[string]bool{}, codes: map[string]bool{}, before: map[string]map[string]bool{}, after: map[string]map[string]bool{}}
	seen := map[string]bool{}
	for i, l := range ls {
		if l.kind != word {
			continue
		}
		if !x.words[l.fold] {
			x.words[l.fold] = true
			x.stems[stem(l.fold)] = true
		}
		if i > 0 && ls[i-1].kind == dash && !l.gap && !ls[i-1].gap && i > 1 { // "co-operation" is "cooperation"
			x.words[ls[i-2].fold+l.fold] = true
		}
		if c := codeAt(ls, i); c != "" {
			x.codes[c] = true
		}
		if !l.cap {
			continue
		}
		if !seen[l.fold] {
			seen[l.fold] = true
			x.caps = append(x.caps, l.fold)
			x.sounds[sound(l.fold)] = true
		}
		if l.caps {
			x.acronyms[l.fold] = true
		}
		x.notePair(ls, i, lang)
		x.noteInitials(ls, i)
	}
	latin := 0
	for _, c := range x.caps {
		if c != "" && c[0] < utf8.RuneSelf {
			latin++
		}
	}
	x.latin = 2*latin >= len(x.caps)
	for _, m := range text.Countries(s, lang) {
		x.countries[m.Code] = true
	}
	for i := range ls {
		for _, id := range thingsAt(ls, i, false) {
			x.things[id.value] = true
		}
	}
	return x
}

// notePair notes two capitalised words that stand together, and the names that stand behind a title: "Mr. Lund".
func (x *nameIndex) notePair(ls []lexeme, i int, lang string) {
	j := i + 1
	if look(ls, j).point && !ls[j].gap {
		j++
	}
	if j >= len(ls) || !ls[j].cap || ls[j].line || ls[i].poss || titled(ls, j, lang) {
		return
	}
	switch {
	case titled(ls, i, lang):
		note(x.before, ls[j].fold, "")
	case j == i+1:
		note(x.before, ls[j].fold, ls[i].fold)
		note(x.after, ls[i].fold, ls[j].fold)
	}
}

// titled reports whether ls[i] is an office or another word that stands before names.
func titled(ls []lexeme, i int, lang string) bool {
	_, _, office := officeAt(ls, i)
	_, title := lexiconOf(lang).titles.at(ls, i)
	return office > 0 || title > 0 || partOfOffice(ls, i)
}

func note(m map[string]map[string]bool, key, v string) {
	if m[key] == nil {
		m[key] = map[string]bool{}
	}
	m[key][v] = true
}

// noteInitials notes what the names that begin at ls[i] may be shortened to: with and without the small words in them.
func (x *nameIndex) noteInitials(ls []lexeme, i int) {
	all, caps := "", ""
	for j, n := i, 0; j < len(ls) && n < 9; j++ {
		l := ls[j]
		switch {
		case l.kind == dash && j > i:
			continue
		case l.kind != word || l.fold == "" || j > i && l.line:
			return
		case !l.cap && (runes(l.fold) > 3 || j == i):
			return
		}
		r, _ := utf8.DecodeRuneInString(l.fold)
		all += string(r)
		if l.cap {
			caps += string(r)
			if n++; n > 1 {
				x.initials[all], x.initials[caps] = true, true
			}
		}
	}
}

// codeAt returns letters and digits that are one word: "f16", "su35"; "" where none begins.
func codeAt(ls []lexeme, i int) string {
	j := i + 1
	if look(ls, j).kind == dash && !ls[j].gap {
		j++
	}
	if !ls[i].cap || look(ls, j).kind != figure || ls[j].gap {
		return ""
	}
	return ls[i].fold + ls[j].fold
}

// thingsAt returns the aliases and bodies whose names begin at ls[i], with how many lexemes they take in form. In a text
// without capitals those of one word are left out: "who", "is".
func thingsAt(ls []lexeme, i int, uncased bool) []phrase {
	if ls[i].kind != word {
		return nil
	}
	var out []phrase
	for _, e := range thingTable()[ls[i].fold] {
		if e.caps && (uncased || !ls[i].caps) || uncased && len(e.rest) == 0 && runes(ls[i].fold) < 5 {
			continue
		}
		if k := e.match(ls, i); k > 0 {
			out = append(out, phrase{value: e.value, form: k})
		}
	}
	if r, _ := utf8.DecodeRuneInString(ls[i].fold); out == nil && ls[i].cap && unicode.Is(unicode.Cyrillic, r) { // "в Москве"
		if id := cyrillicThings()[text.Stem(ls[i].fold, "ru")]; id != "" {
			out = append(out, phrase{value: id, form: 1})
		}
	}
	return out
}

// cyrillicThings are the things of one Cyrillic word, by its stem.
var cyrillicThings = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for w, list := range thingTable() {
		r, _ := utf8.DecodeRuneInString(w)
		for _, e := range list {
			if unicode.Is(unicode.Cyrillic, r) && len(e.rest) == 0 && !e.caps {
				m[text.Stem(w, "ru")] = e.value
			}
		}
	}
	return m
})
