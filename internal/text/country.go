package text

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

const (
	stemmedName = 5  // letters a name must have to be found in another form of itself (Mali would be found in "Malin")
	guardReach  = 12 // words on either side that are looked at for what a name means
)

// A Mention is a country found in a text.
type Mention struct {
	Code string // ISO 3166-1 alpha-2; "EU" for the European Union, "XK" for Kosovo
	Span
}

// Countries finds names, demonyms and capitals of countries in s, and the buildings that stand for governments, in the
// order of the text. lang is the language of s, "" for English. The longest name wins ("South Sudan" is not Sudan); a name
// that means something else as well (Georgia, Jordan, Turkey) counts only with its capital and when nothing around it
// says otherwise.
func Countries(s, lang string) []Mention {
	t := countryTable(lang)
	words := nameParts(s)
	var st *stemmer
	if lang != "" && lang != "en" {
		st = newStemmer(lang)
	}
	var out []Mention
	for i := 0; i < len(words); {
		n, code := 1, ""
		if words[i].cjk {
			out = t.inRun(out, s, words[i].Span)
		} else if n, code = t.longest(words[i:], st); n == 0 {
			n = 1
			if w, ok := arabicStem(words[i]); ok { // looked up again without its particle
				words[i] = w
				n = 0
			}
		} else if code != "-" && !t.guarded(words, i, n, code) {
			out = append(out, Mention{code, Span{words[i].Start, words[i+n-1].End}})
		}
		i += n
	}
	return out
}

// IsCountry reports whether code is a country's of ISO 3166-1, "EU" or "XK", in capitals. "UN" is a body, though Unicode has it
// among the countries.
func IsCountry(code string) bool {
	return code != "UN" && slices.ContainsFunc(regions(), func(r language.Region) bool { return r.String() == code })
}

// CountryName returns the name of the country in lang, in English when lang has none, and the code itself when it is unknown.
func CountryName(code, lang string) string {
	names := shownNames()
	region, err := language.ParseRegion(code)
	for _, l := range []string{lang, "en"} {
		if n := names[code+" "+l]; n != "" {
			return n
		}
		if l == "" || err != nil {
			continue
		}
		if namer := display.Regions(language.Make(l)); namer != nil {
			if n := namer.Name(region); n != "" {
				return n
			}
		}
	}
	return code
}

// A namePart is a word, or the part of one between hyphens and apostrophes.
type namePart struct {
	Span
	fold    string
	cjk     bool
	joined  bool // only a space, hyphen or apostrophe parts it from the part before
	spaced  bool // … and it is one space
	lower   bool // begins with a small letter
	capital bool // begins with a capital
	caps    bool // holds no small letter
}

// nameParts cuts s into the parts that names are made of; the "s" of a genitive is left out.
func nameParts(s string) []namePart {
	out := make([]namePart, 0, len(s)/6+1)
	cutAt := func(r rune) bool { return isDash(r) || isSingle(r) || r == '_' }
	last := 0
	for i := 0; ; {
		w, kind := nextWord(s, i)
		if w.Len() == 0 {
			return out
		}
		i = w.End
		for at := w.Start; at < w.End; {
			end := w.End
			if k := strings.IndexFunc(s[at:w.End], cutAt); k >= 0 {
				end = at + k
			}
			p := namePart{Span: Span{at, end}, cjk: kind == cjkRun}
			if before, _ := utf8.DecodeLastRuneInString(s[:at]); at < end && !(p.Of(s) == "s" && isSingle(before)) {
				p.fold = token(p.Of(s))
				r, _ := utf8.DecodeRuneInString(s[at:])
				p.lower, p.capital = unicode.IsLower(r), unicode.IsUpper(r)
				p.caps = p.capital && !strings.ContainsFunc(p.Of(s), unicode.IsLower)
				gap := s[last:at]
				p.spaced = gap == " "
				p.joined = p.spaced || strings.IndexFunc(gap, func(r rune) bool { return !cutAt(r) }) < 0
				last = end
				out = append(out, p)
			}
			if end == w.End {
				break
			}
			_, n := utf8.DecodeRuneInString(s[end:])
			at = end + n
		}
	}
}

// arabicStem returns the word without the conjunction or preposition that Arabic writes on to it.
func arabicStem(p namePart) (namePart, bool) {
	first, n := utf8.DecodeRuneInString(p.fold)
	if !strings.ContainsRune("وفبكل", first) || utf8.RuneCountInString(p.fold) < 5 {
		return p, false
	}
	rest := p.fold[n:]
	if first == 'ل' && strings.HasPrefix(rest, "ل") { // "to the" swallows the letter of the article
		rest = "ا" + rest
	} else if len(p.fold) == p.Len() {
		p.Start += n
	}
	p.fold = rest
	return p, true
}

// A nameEntry is what one name stands for.
type nameEntry struct {
	code  string
	lower bool // may be written with a small letter
	caps  bool // must be written in capitals
}

// names are the country names of one language.
type names struct {
	exact  map[string]nameEntry // by the folded parts with spaces between
	stems  map[string]nameEntry // by the stems of the parts
	longer map[string]int       // how many parts the longest name has that begins with this part, or stem
	runes  int                  // characters of the longest name written without spaces
}

// longest returns how many of the words make a country's name, and which country's; 0 for none.
func (t *names) longest(words []namePart, st *stemmer) (int, string) {
	stem := func(p namePart) string {
		if st == nil || utf8.RuneCountInString(p.fold) < stemmedName {
			return p.fold
		}
		return st.stem(p.fold)
	}
	first := words[0].fold
	top := t.longer[first]
	if st != nil {
		top = max(top, t.longer["~"+stem(words[0])])
	}
	for n := min(top, len(words)); n > 0; n-- {
		key, stems, ok := first, "", true
		for _, w := range words[1:n] {
			ok = ok && w.joined && !w.cjk
			key += " " + w.fold
		}
		if !ok {
			continue
		}
		if e, found := t.exact[key]; found && e.fits(words[:n]) {
			return n, e.code
		}
		if st == nil || n == 1 && utf8.RuneCountInString(first) < stemmedName {
			continue
		}
		for i, w := range words[:n] {
			if i > 0 {
				stems += " "
			}
			stems += stem(w)
		}
		if e, found := t.stems[stems]; found && e.fits(words[:n]) {
			return n, e.code
		}
	}
	return 0, ""
}

// fits reports whether the words are written as the name must be.
func (e nameEntry) fits(words []namePart) bool {
	if e.caps {
		for _, w := range words {
			if !w.caps {
				return false
			}
		}
	}
	return e.lower || !words[0].lower
}

// inRun finds the names in a run of characters written without spaces.
func (t *names) inRun(out []Mention, s string, run Span) []Mention {
	for i := run.Start; i < run.End; {
		_, step := utf8.DecodeRuneInString(s[i:])
		end, size := i, 0
		var ends []int
		for end < run.End && size < t.runes {
			_, n := utf8.DecodeRuneInString(s[end:])
			end, size = end+n, size+1
			ends = append(ends, end)
		}
		for k := len(ends) - 1; k > 0; k-- {
			if e, ok := t.exact[token(s[i:ends[k]])]; ok {
				if e.code != "-" {
					out = append(out, Mention{e.code, Span{i, ends[k]}})
				}
				step = ends[k] - i
				break
			}
		}
		i += step
	}
	return out
}

// guarded reports whether the n words at i, which name the country code, mean something else here.
func (t *names) guarded(words []namePart, i, n int, code string) bool {
	if n != 1 {
		return false
	}
	rules := guards()[words[i].fold+" "+code]
	if rules == nil {
		return false
	}
	around := func(set map[string]bool) bool {
		for k := max(0, i-guardReach); k < min(len(words), i+1+guardReach); k++ {
			if k != i && set[words[k].fold] {
				return true
			}
		}
		return false
	}
	var before, behind *namePart
	if i > 0 && words[i].spaced {
		before = &words[i-1]
	}
	if i+1 < len(words) && words[i+1].spaced {
		behind = &words[i+1]
	}
	if person := rules["person"]; person != nil {
		for _, p := range []*namePart{before, behind} {
			if p != nil && p.capital && !p.caps && !person[p.fold] && !Stopword(p.fold, "en") {
				return true
			}
		}
	}
	switch {
	case before != nil && rules["before"][before.fold], behind != nil && rules["after"][behind.fold]:
		return true
	}
	return around(rules["near"]) && !around(rules["unless"])
}

// guards are the rules of data/country/guards.txt: folded name and code, kind, words.
var guards = sync.OnceValue(func() map[string]map[string]map[string]bool {
	all := map[string]map[string]map[string]bool{}
	for _, line := range table("country/guards.txt") {
		f := strings.Fields(line)
		key := f[0] + " " + f[1]
		if all[key] == nil {
			all[key] = map[string]map[string]bool{}
		}
		set := map[string]bool{}
		for _, w := range f[3:] {
			set[w] = true
		}
		all[key][f[2]] = set
	}
	return all
})
