package verify

import (
	"embed"
	"strings"
	"sync"
	"unicode"

	"attache/internal/text"
)

// The tables: one file a language (data/en.txt has the notation), and units, offices and aliases for all of them.
//
//go:embed data/*.txt
var tables embed.FS

// languages are those that have a table. Of any other, figures in digits, names and quotations are compared, and no words
// for numbers, months and days.
var languages = []string{"ar", "de", "en", "es", "fr", "it", "ja", "pt", "ru", "tr", "uk", "zh"}

// A phrase is one entry of a table.
type phrase struct {
	rest   []string // the words behind the first
	prefix bool     // the last word may go on ("dollar*")
	value  string
	form   int  // which of the forms of a thing it is; the first is 0
	caps   bool // is written in capitals
}

// phrases are the entries of a section by their first word.
type phrases map[string][]phrase

// A lexicon is what the gates know of one language. It is read-only once loaded.
type lexicon struct {
	lang string

	months    phrases // value: 1 is January
	days      phrases // value: 1 is Monday
	link      phrases // what stands between a day and its month
	scales    phrases // words that multiply a figure; value: power of ten
	one       phrases // articles that count before a scale ("a million")
	and       phrases // what joins the words of one number
	numbers   phrases // value: what they add to a number
	times     phrases // value: what they multiply it by
	ordinals  phrases
	fractions phrases // value: "1/2"
	implied   phrases // what says a number without being one; of sources alone
	ranges    phrases // what joins two figures that share a unit
	teens     phrases // decades in words; value: their first year
	clock     phrases // times of day in words; value: minutes
	am, pm    phrases
	future    phrases // what a sentence about days to come has
	near      phrases // days named from the writer's: value: their distance
	moments   phrases // parts of days named from the writer's; value: the distance of the day, "x" for what only looks like one
	turns     phrases // "last", "next" beside a day; value: "-" or "+"
	past      phrases // verbs of what has been, right before a weekday that has been
	not       phrases
	denies    phrases // words that deny without being "not": "refused", "no"
	may       phrases // words by which what follows is possible, planned or wished for
	mutual    phrases // verbs that say the same whoever is their subject
	names     phrases // capitalised words that are no names
	titles    phrases // what may stand before a name without being a part of it

	atoms map[string]string // words of which numbers are written in one: "ein und zwanzig"; value: as in numbers, "*100", "^3", "+"
}

func (l *lexicon) section(name string) *phrases {
	return map[string]*phrases{"months": &l.months, "days": &l.days, "link": &l.link, "scales": &l.scales,
		"one": &l.one, "and": &l.and, "numbers": &l.numbers, "times": &l.times, "ordinals": &l.ordinals,
		"fractions": &l.fractions, "implied": &l.implied, "ranges": &l.ranges, "teens": &l.teens, "clock": &l.clock, "am": &l.am,
		"pm": &l.pm, "future": &l.future, "near": &l.near,
		"moments": &l.moments, "turns": &l.turns, "past": &l.past,
		"denies": &l.denies, "may": &l.may, "mutual": &l.mutual, "not": &l.not, "names": &l.names, "titles": &l.titles}[name]
}

// add puts an entry into a section.
func (p phrases) add(entry, value string, form int) {
	entry, prefix := strings.CutSuffix(entry, "*")
	var words []string
	for _, l := range lex(strings.ReplaceAll(entry, "_", " ")) {
		if l.kind != mark && l.kind != dash {
			words = append(words, l.fold)
		}
	}
	if len(words) > 0 {
		caps := len(words) == 1 && strings.ToUpper(entry) == entry && strings.ToLower(entry) != entry && runes(entry) > 1
		p[words[0]] = append(p[words[0]], phrase{words[1:], prefix, value, form, caps})
	}
}

// at returns the longest entry that stands at ls[i], and how many lexemes it takes; 0 for none. Dashes and
// points between its words ("a.m.") do not part them.
func (p phrases) at(ls []lexeme, i int) (phrase, int) {
	if i >= len(ls) || ls[i].fold == "" {
		return phrase{}, 0
	}
	best, n := phrase{}, 0
	for _, e := range p[ls[i].fold] {
		if k := e.match(ls, i); k > n {
			best, n = e, k
		}
	}
	return best, n
}

func (e phrase) match(ls []lexeme, i int) int {
	j := i + 1
	for k, w := range e.rest {
		if j < len(ls) && (ls[j].kind == dash || ls[j].point) && !ls[j].gap {
			j++
		}
		if j >= len(ls) || ls[j].fold != w && !(e.prefix && k == len(e.rest)-1 && strings.HasPrefix(ls[j].fold, w)) {
			return 0
		}
		j++
	}
	return j - i
}

// before returns the entry that ends right before ls[i].
func (p phrases) before(ls []lexeme, i int) (phrase, int) {
	for k := min(i, 4); k > 0; k-- {
		if e, n := p.at(ls, i-k); n == k {
			return e, n
		}
	}
	return phrase{}, 0
}

// tableLines calls f with each line of a table that says something.
func tableLines(name string, f func(line string)) {
	b, err := tables.ReadFile("data/" + name + ".txt")
	if err != nil {
		panic(err) // the pattern above is wrong
	}
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			f(line)
		}
	}
}

var lexicons = sync.OnceValue(func() map[string]*lexicon {
	out := map[string]*lexicon{}
	for _, lang := range languages {
		out[lang] = readLexicon(lang)
	}
	return out
})

func emptyLexicon(lang string) *lexicon {
	l := &lexicon{lang: lang, atoms: map[string]string{}}
	for _, s := range []*phrases{&l.months, &l.days, &l.link, &l.scales, &l.one, &l.and, &l.numbers, &l.times, &l.ordinals,
		&l.fractions, &l.implied, &l.ranges, &l.teens, &l.clock, &l.am, &l.pm, &l.future, &l.near, &l.moments, &l.turns, &l.past, &l.denies, &l.may, &l.mutual, &l.not, &l.names, &l.titles} {
		*s = phrases{}
	}
	return l
}

func readLexicon(lang string) *lexicon {
	l := emptyLexicon(lang)
	section, month, day := "", 0, 0
	tableLines(lang, func(line string) {
		if line[0] == '[' {
			section = strings.Trim(line, "[]")
			if l.section(section) == nil {
				panic("table " + lang + ": no section [" + section + "]") // an embedded table is wrong
			}
			return
		}
		for _, w := range strings.Fields(line) {
			forms, value, _ := strings.Cut(w, "=")
			switch section {
			case "months":
				month++
				value = itoa(month)
			case "days":
				day++
				value = itoa(day)
			}
			for i, form := range strings.Split(forms, "/") {
				l.section(section).add(form, value, i)
				if lang == "ar" && section != "months" { // "and" is written onto the word behind it
					l.section(section).add("و"+form, value, i)
				}
				l.atom(section, form, value)
			}
		}
	})
	return l
}

// atom notes the words of which German, Italian and Turkish write numbers in one.
func (l *lexicon) atom(section, form, value string) {
	if l.lang != "de" && l.lang != "it" && l.lang != "tr" || strings.ContainsAny(form, "_-") {
		return
	}
	f := fold(form)
	switch {
	case section == "numbers":
		l.atoms[f] = value
	case section == "times" && value == "100":
		l.atoms[f] = "*100"
	case section == "scales" && value == "3":
		l.atoms[f] = "^3"
	case section == "and" && l.lang == "de":
		l.atoms[f] = "+"
	}
}

// lexiconOf returns the table of a language: the English one where none is known, an empty one where it has none.
func lexiconOf(lang string) *lexicon {
	if l := lexicons()[lang]; l != nil {
		return l
	}
	if lang == "" {
		return lexicons()["en"]
	}
	return noLexicon
}

var noLexicon = emptyLexicon("")

// unitTable are the words of data/units.txt. Those with a sign are kept by letters and sign ("c$"), for the sign alone is
// another currency.
var unitTable = sync.OnceValue(func() (t struct {
	words  phrases
	heads  []phrase          // "dollar*": the word in rest[0]
	signed map[string]string // "$", "c$"
}) {
	t.words, t.signed = phrases{}, map[string]string{}
	tableLines("units", func(line string) {
		f := strings.Fields(line)
		for _, w := range f[1:] {
			switch {
			case strings.ContainsFunc(w, func(r rune) bool { return unicode.In(r, unicode.Sc) || r == '°' || r == '%' }):
				t.signed[w] = f[0]
			case strings.HasSuffix(w, "*") && !strings.Contains(w, "_"):
				t.heads = append(t.heads, phrase{rest: []string{fold(strings.TrimSuffix(w, "*"))}, value: f[0]})
			default:
				t.words.add(w, f[0], 0)
			}
		}
	})
	return t
})

// english are the stems of data/english.txt.
var english = sync.OnceValue(func() map[string]bool {
	m := make(map[string]bool, 16500)
	tableLines("english", func(line string) {
		for w := range strings.FieldsSeq(line) {
			m[w] = true
		}
	})
	return m
})

// common reports whether a folded word is a common English one, or made of two.
func common(w string) bool {
	known := english()
	if known[text.Stem(w, "en")] || len(w) < 3 || text.Stopword(w, "en") {
		return true
	}
	for _, head := range []string{"un", "re", "non", "anti", "ex", "co", "pre", "post", "over", "under", "out", "mid", "super", "inter", "multi", "semi", "self"} {
		if rest, ok := strings.CutPrefix(w, head); ok && len(rest) > 3 && known[text.Stem(rest, "en")] {
			return true
		}
	}
	for i := 3; i+3 <= len(w); i++ { // "goalkeeper", "motorcyclist"
		if known[w[:i]] && known[text.Stem(w[i:], "en")] {
			return true
		}
	}
	return false
}

// fold is the form in which words are compared: small letters without marks.
func fold(w string) string { return text.Stem(w, "") }
