package verify

import (
	"slices"
	"strings"
	"unicode/utf8"

	"attache/internal/text"
)

// titleCased reports whether nearly every longer word of an English claim has a capital, as in headlines, so that capitals do
// not tell names from common words.
func titleCased(r *reading) bool {
	if r.lang != "en" {
		return false
	}
	upper, n := 0, 0
	for _, l := range r.ls {
		if l.kind == word && runes(l.fold) > 3 {
			n++
			if l.cap {
				upper++
			}
		}
	}
	return n >= 5 && upper*10 >= n*8
}

// plain reports whether the capitalised word ls[i] need not be a name: it begins a sentence, is a title, or a German noun.
func (r *reading) plain(i int) bool {
	ls := r.ls
	l := ls[i]
	if _, k := r.lex.names.at(ls, i); k > 0 {
		return true
	}
	next := look(ls, i+1).kind == word && ls[i+1].cap && !ls[i+1].line
	prev := i > 0 && ls[i-1].kind == word && ls[i-1].cap && !l.line
	if runes(l.fold) <= 1 { // an initial
		return true
	}
	if roman[l.fold] && l.caps {
		return true
	}
	if _, _, k := officeAt(ls, i); k > 0 || partOfOffice(ls, i) { // a gate of its own
		return true
	}
	if _, k := r.lex.titles.at(ls, i); k > 0 && (next || prev || r.first(i)) {
		return true
	}
	if nobles[l.fold] || joints[l.fold] {
		return true
	}
	if l.caps && !r.shouting() { // an acronym
		return false
	}
	if r.lang == "de" {
		return r.first(i) || !next && !prev || germanNoun(l.fold)
	}
	if r.lang == "en" && (r.titles || r.first(i)) {
		return common(l.fold)
	}
	if !r.first(i) {
		return false
	}
	return !next || text.Stopword(l.fold, r.lang)
}

var roman = map[string]bool{"ii": true, "iii": true, "iv": true, "vi": true, "vii": true, "viii": true, "ix": true, "xi": true, "xii": true, "xiii": true, "xiv": true, "xv": true, "xvi": true}

// nobles are the small words inside names of people, joints those inside names of bodies and works.
var (
	nobles = setOf("al el ul ad as ash bin ibn de del della di da do dos van von der den la le du ter ben")
	joints = setOf("the of and in for on at")
)

func setOf(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// shouting reports whether most of the claim is in capitals.
func (r *reading) shouting() bool {
	upper, n := 0, 0
	for _, l := range r.ls {
		if l.kind == word && runes(l.fold) > 3 {
			n++
			if l.caps {
				upper++
			}
		}
	}
	return n > 0 && upper*2 > n
}

// first reports whether ls[i] begins a sentence, a line, or what stands behind a colon or an opening mark.
func (r *reading) first(i int) bool {
	ls := r.ls
	if i == 0 || ls[i].line {
		return true
	}
	for _, p := range r.parts {
		if p.Start == ls[i].Start {
			return true
		}
	}
	before := ls[i-1]
	if before.kind == mark {
		return strings.ContainsAny(before.Of(r.Text), "\"“„«»‘'`”:;.!?•*()[]")
	}
	return before.kind == dash && before.gap
}

func germanNoun(w string) bool {
	for _, end := range []string{"ung", "ungen", "heit", "heiten", "keit", "schaft", "tion", "tionen", "ismus", "tat", "nis", "tum", "ling", "chef", "sprecher", "sprecherin", "minister", "ministerin", "prasident", "prasidentin"} {
		if strings.HasSuffix(w, end) && len(w) > len(end)+1 {
			return true
		}
	}
	return false
}

// hasName reports whether the source has the capitalised word ls[i] of a claim, in some form.
func (s *Source) hasName(r *reading, i int) bool {
	x, l := &s.names, r.ls[i]
	if c := codeAt(r.ls, i); c != "" {
		if attached := r.ls[i+1].kind == figure; x.codes[c] || attached { // MI6 is not MI5
			return x.codes[c]
		}
	}
	if x.words[l.fold] || l.caps && x.initials[l.fold] {
		return true
	}
	if i+2 < len(r.ls) && r.ls[i+1].kind == dash && x.words[l.fold+r.ls[i+2].fold] || i > 1 && r.ls[i-1].kind == dash && x.words[r.ls[i-2].fold+l.fold] {
		return true
	}
	if r.lang == s.lang && x.stems[text.Stem(l.fold, s.lang)] {
		return true
	}
	if raw := fold(l.Of(r.Text)); raw != l.fold && x.words[raw] {
		return true
	}
	if snd := sound(l.fold); (len(snd) > 3 || len(snd) > 2 && l.fold[0] < utf8.RuneSelf != x.latin) && x.sounds[snd] {
		return true
	}
	return slices.ContainsFunc(x.caps, func(c string) bool { return related(l.fold, c) })
}

// endings are those by which names become names of people and things of a place, and the inflections of languages.
var endings = map[string]bool{"": true, "n": true, "an": true, "ian": true, "ean": true, "ese": true, "uese": true, "ish": true, "i": true, "er": true, "ers": true, "ic": true, "s": true, "es": true,
	"ns": true, "ans": true, "ians": true, "is": true, "a": true, "ia": true, "y": true, "e": true, "al": true, "o": true, "ine": true, "ite": true, "ites": true, "ist": true, "ists": true, "ism": true, "sm": true, "zi": true, "um": true, "us": true, "en": true, "in": true, "isch": true, "ische": true, "ischen": true, "ischer": true, "ien": true, "ienne": true, "ais": true, "aise": true, "ano": true, "ana": true, "ese'": true}

// cases are the endings of Russian and Ukrainian names.
var cases = func() map[string]bool {
	m := setOf("а у е ы и о я ю ь ой ом ем ым им ами ями ою ею ого его ему ому ых их ам ям ах ях ов ев ова ева ові еві ою ією єю ів ая яя ую юю")
	for w := range m { // folded, as names are
		m[fold(w)] = true
	}
	m[""] = true
	return m
}()

// related reports whether two names are forms of one: "Brazil" and "Brazilians", "Лавров" and "Лаврова".
func related(a, b string) bool {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && (n < len(a) && !utf8.RuneStart(a[n]) || n < len(b) && !utf8.RuneStart(b[n])) {
		n--
	}
	ra, rb := a[n:], b[n:]
	if n > 0 && a[0] >= utf8.RuneSelf {
		return runes(a[:n]) >= 3 && cases[ra] && cases[rb]
	}
	return n >= 4 && endings[ra] && endings[rb]
}
