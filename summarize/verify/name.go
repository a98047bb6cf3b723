package verify

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
	"attache/summarize/quote"
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

func indexNames(s, lang string, ls []lexeme, sentences []text.Span) nameIndex {
	x := nameIndex{words: map[string]bool{}, stems: map[string]bool{}, sounds: map[string]bool{}, countries: map[string]bool{}, things: map[string]bool{},
		initials: map[string]bool{}, acronyms: map[string]bool{}, codes: map[string]bool{}, before: map[string]map[string]bool{}, after: map[string]map[string]bool{}}
	seen := map[string]bool{}
	for i, l := range ls {
		if l.kind != word {
			continue
		}
		if !x.words[l.fold] {
			x.words[l.fold] = true
			x.stems[text.Stem(l.fold, lang)] = true
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
		if i+1 < len(ls) && ls[i+1].cap && !ls[i+1].line && !l.poss && !titled(ls, i, lang) && !titled(ls, i+1, lang) {
			note(x.before, ls[i+1].fold, l.fold)
			note(x.after, l.fold, ls[i+1].fold)
		}
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
	if j < len(ls) && ls[j].kind == dash && !ls[j].gap {
		j++
	}
	if !ls[i].cap || j >= len(ls) || ls[j].kind != figure || ls[j].gap {
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

// nameProblems are names that the source does not have.
func (s *Source) nameProblems(r *reading) []Problem {
	var out []Problem
	bad := func(p text.Span, format string, args ...any) {
		out = append(out, Problem{KindName, p.Of(r.Text), fmt.Sprintf(format, args...)})
	}
	covered := make([]bool, len(r.ls))
	cover := func(p text.Span) {
		for i, l := range r.ls {
			if p.Contains(l.Span) {
				covered[i] = true
			}
		}
	}
	for _, p := range r.Names {
		switch {
		case strings.TrimSpace(p.Source) == "" || !standsIn(s.all, p.Source):
			out = append(out, Problem{KindName, p.Shown, fmt.Sprintf("its source name %q is not in the article it cites", p.Source)})
		case p.alien():
			out = append(out, Problem{KindName, p.Shown, fmt.Sprintf("the source name %q is another one", p.Source)})
		default:
			for from := 0; p.Shown != ""; {
				i := strings.Index(r.Text[from:], p.Shown)
				if i < 0 {
					break
				}
				cover(text.Span{Start: from + i, End: from + i + len(p.Shown)})
				from += i + len(p.Shown)
			}
		}
	}
	s.people(r, bad)
	s.countryProblems(r, cover, bad)
	for i := range r.ls {
		for _, e := range thingsAt(r.ls, i, r.uncased) {
			p := text.Span{Start: r.ls[i].Start, End: r.ls[i+e.form-1].End}
			if s.names.things[e.value] {
				cover(p)
			} else if r.uncased && strings.HasPrefix(e.value, "body ") && !s.hasAll(r, p) {
				bad(p, "the body is not in the article it cites")
			}
		}
		s.coverInitials(r, i, covered)
	}
	if r.uncased {
		s.smallNames(r, covered, bad)
		return out
	}
	if titleCased(r) {
		return out
	}
	for i, l := range r.ls {
		if l.kind != word || !l.cap || covered[i] || r.dates.taken[i] {
			continue
		}
		if s.mixed(r, i, covered, bad); r.plain(i) || s.hasName(r, i) {
			continue
		}
		bad(l.Span, "the name is not in the article it cites")
	}
	return out
}

// smallNames are the words of an English claim without capitals that are no common words and that the source does not have.
func (s *Source) smallNames(r *reading, covered []bool, bad func(text.Span, string, ...any)) {
	if r.lang != "en" {
		return
	}
	for i, l := range r.ls {
		if l.kind != word || covered[i] || r.dates.taken[i] || len(l.fold) < 4 || common(l.fold) || s.hasName(r, i) {
			continue
		}
		if _, k := r.lex.names.at(r.ls, i); k > 0 || r.partOfNumber(i) {
			continue
		}
		bad(l.Span, "the name is not in the article it cites")
	}
}

func (r *reading) partOfNumber(i int) bool {
	return slices.ContainsFunc(r.numbers, func(n number) bool { return n.from <= i && i < n.to })
}

// standsIn reports whether name stands in s and cuts no word.
func standsIn(s, name string) bool {
	for from := 0; ; {
		i := strings.Index(s[from:], name)
		if i < 0 {
			return false
		}
		a, b := from+i, from+i+len(name)
		before, _ := utf8.DecodeLastRuneInString(s[:a])
		first, _ := utf8.DecodeRuneInString(name)
		last, _ := utf8.DecodeLastRuneInString(name)
		after, _ := utf8.DecodeRuneInString(s[b:])
		if !(letter(before) && letter(first)) && !(letter(last) && letter(after)) || spaceless(name) {
			return true
		}
		from = b
	}
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

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

// people asks, of claims in a language without capitals, for the source names of those whom the quotes of the evidence name.
func (s *Source) people(r *reading, bad func(text.Span, string, ...any)) {
	if !caseless(r.lang) || caseless(s.lang) || r.lang == s.lang {
		return
	}
	asked := map[string]bool{}
	for _, q := range s.quotes {
		if q.Speaker == "" || asked[q.Speaker] || !s.inEvidence(r, q) {
			continue
		}
		asked[q.Speaker] = true
		last := q.Speaker[strings.LastIndexByte(q.Speaker, ' ')+1:]
		if !slices.ContainsFunc(r.Names, func(p Pair) bool { return standsIn(p.Source, last) }) {
			bad(text.Span{End: len(r.Text)}, "the evidence names %s; say under which name the claim has them", q.Speaker)
		}
	}
}

func (s *Source) inEvidence(r *reading, q quote.Quote) bool {
	return slices.ContainsFunc(r.Evidence, func(e text.Span) bool {
		return q.SpeakerSpan.Len() > 0 && e.Overlaps(q.SpeakerSpan)
	})
}

// caseless reports whether a language is written without capitals.
func caseless(lang string) bool {
	switch lang {
	case "ar", "fa", "he", "hi", "ja", "ka", "ko", "th", "ur", "zh":
		return true
	}
	return false
}

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
		if m.Span.End > len(r.Text) {
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

// coverInitials covers the name that begins at ls[i] and whose initials the source has, and an acronym whose words it has.
func (s *Source) coverInitials(r *reading, i int, covered []bool) {
	ls := r.ls
	if !ls[i].cap || ls[i].kind != word {
		return
	}
	if ls[i].caps && s.names.initials[ls[i].fold] {
		covered[i] = true
		return
	}
	all, caps, small := "", "", false
	for j, n := i, 0; j < len(ls) && n < 9; j++ {
		if ls[j].kind != word || j > i && !ls[j].cap && runes(ls[j].fold) > 3 {
			return
		}
		c, _ := utf8.DecodeRuneInString(ls[j].fold)
		all += string(c)
		small = small || !ls[j].cap
		if ls[j].cap {
			caps += string(c)
			if n++; n > 1 && ((runes(caps) > 2 || small) && s.names.acronyms[caps] || runes(all) > 2 && s.names.acronyms[all]) {
				for k := i; k <= j; k++ {
					covered[k] = true
				}
			}
		}
	}
}

// titleCased reports whether nearly every longer word of a claim has a capital, as in headlines, so that capitals tell nothing.
func titleCased(r *reading) bool {
	if r.lang == "de" || caseless(r.lang) {
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
	next := i+1 < len(ls) && ls[i+1].kind == word && ls[i+1].cap && !ls[i+1].line
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
	if particles[l.fold] {
		return true
	}
	if l.caps && !r.shouting() { // an acronym
		return false
	}
	if r.lang == "de" {
		return r.first(i) || !next && !prev || germanNoun(l.fold)
	}
	if !r.first(i) {
		return false
	}
	if r.lang == "en" {
		return common(l.fold)
	}
	return !next || text.Stopword(l.fold, r.lang)
}

var roman = map[string]bool{"ii": true, "iii": true, "iv": true, "vi": true, "vii": true, "viii": true, "ix": true, "xi": true, "xii": true, "xiii": true, "xiv": true, "xv": true, "xvi": true}

var particles = map[string]bool{"al": true, "el": true, "ul": true, "ad": true, "as": true, "ash": true, "bin": true, "ibn": true, "de": true, "del": true, "della": true, "di": true, "da": true, "do": true, "dos": true, "van": true, "von": true, "der": true, "den": true, "la": true, "le": true, "du": true, "ter": true, "ben": true, "the": true, "of": true, "and": true, "in": true, "for": true, "on": true, "at": true}

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
	j := i - 1
	for j >= 0 && ls[j].kind == mark {
		if strings.ContainsAny(ls[j].Of(r.Text), "\"“„«»‘'`”:;.!?•*()[]") {
			return true
		}
		return false
	}
	return ls[j].kind == dash && ls[j].gap
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
	if c := codeAt(r.ls, i); c != "" && x.codes[c] {
		return true
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
	if n > 0 && a[0] >= utf8.RuneSelf { // Greek, Cyrillic: endings of up to three letters
		return runes(a[:n]) >= 4 && runes(ra) <= 3 && runes(rb) <= 3 || runes(a[:n]) >= 3 && runes(ra) <= 2 && runes(rb) <= 2 && ra != "" != (rb != "")
	}
	return n >= 4 && endings[ra] && endings[rb]
}

// nameable reports whether ls[i] can be a part of somebody's name.
func (r *reading) nameable(i int) bool {
	l := r.ls[i]
	if l.kind != word || !l.cap || l.caps || r.dates.taken[i] || runes(l.fold) < 2 || particles[l.fold] || text.Stopword(l.fold, r.lang) {
		return false
	}
	return !titled(r.ls, i, r.lang)
}

// mixed looks for a name that is put together from two: the given name of one person and the surname of another.
func (s *Source) mixed(r *reading, i int, covered []bool, bad func(text.Span, string, ...any)) {
	ls, x := r.ls, &s.names
	if i+1 >= len(ls) || ls[i+1].kind != word || !ls[i+1].cap || ls[i].poss || covered[i] || covered[i+1] || ls[i+1].line {
		return
	}
	a, b := ls[i], ls[i+1]
	if !r.nameable(i) || !r.nameable(i+1) {
		return
	}
	if len(x.before[b.fold]) == 0 || len(x.after[a.fold]) == 0 || x.before[b.fold][a.fold] {
		return
	}
	if len(x.before[a.fold]) > 0 || len(x.after[b.fold]) > 0 { // stands inside longer names
		return
	}
	bad(text.Span{Start: a.Start, End: b.End}, "the article it cites names nobody so")
}
