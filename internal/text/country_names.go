package text

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// nameLangs are the languages whose country names are known: those of articles worth reading and of readers. Each table
// is built when its language first comes up (about 250 names from the Unicode tables, 0.2 ms, and our own).
const nameLangs = "en de fr es it pt nl pl ro tr sv da no fi hu cs ru uk bg el ar fa he hi zh ja ko id vi ka az"

var nameTables = sync.OnceValue(func() map[string]func() *names {
	all := map[string]func() *names{}
	for _, lang := range strings.Fields(nameLangs) {
		all[lang] = sync.OnceValue(func() *names { return buildNames(lang) })
	}
	return all
})

// countryTable returns the names of lang, the English ones when it has none.
func countryTable(lang string) *names {
	if build := nameTables()[lang]; build != nil {
		return build()
	}
	return nameTables()["en"]()
}

// shownNames are the names of data/country/names.txt by code and language.
var shownNames = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for _, line := range table("country/names.txt") {
		f := strings.SplitN(line, " ", 3)
		m[f[0]+" "+f[1]] = f[2]
	}
	return m
})

// buildNames makes the table of lang: Unicode's names first, so that our own correct them.
func buildNames(lang string) *names {
	t := &names{exact: map[string]nameEntry{}, stems: map[string]nameEntry{}, longer: map[string]int{}}
	var st *stemmer
	if lang != "en" {
		st = newStemmer(lang)
	}
	for _, tag := range unicodeTags(lang) {
		namer := display.Regions(tag)
		if namer == nil {
			continue
		}
		for _, r := range regions() {
			// "Myanmar (Burma)" is two names.
			for _, n := range strings.FieldsFunc(namer.Name(r), func(r rune) bool { return r == '(' || r == ')' || r == '（' || r == '）' }) {
				t.add(st, r.String(), n)
			}
		}
	}
	for key, n := range shownNames() {
		if code, l, _ := strings.Cut(key, " "); l == lang {
			t.add(st, code, n)
		}
	}
	for _, file := range []string{"any", lang} {
		for _, line := range table("country/" + file + ".txt") {
			code, list, _ := strings.Cut(line, " ")
			for n := range strings.SplitSeq(list, ",") {
				t.add(st, code, strings.TrimSpace(n))
			}
		}
	}
	return t
}

// regions are the countries of ISO 3166-1, and the few other regions with two letters that are states or act like one.
var regions = sync.OnceValue(func() []language.Region {
	var all []language.Region
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			if r, err := language.ParseRegion(code); err == nil && r.Canonicalize() == r && (r.IsCountry() || code == "EU" || code == "XK") {
				all = append(all, r)
			}
		}
	}
	return all
})

// unicodeTags are the tags under which the Unicode tables keep the names of lang.
func unicodeTags(lang string) []language.Tag {
	tags := []language.Tag{language.Make(lang)}
	if lang == "zh" {
		tags = append(tags, language.TraditionalChinese)
	}
	return tags
}

// add puts one name into the table.
func (t *names) add(st *stemmer, code, name string) {
	parts := nameParts(name)
	if len(parts) == 0 {
		return
	}
	first, _ := utf8.DecodeRuneInString(name)
	e := nameEntry{code: code, lower: unicode.IsLower(first), caps: len(parts) == 1 && parts[0].caps && utf8.RuneCountInString(name) > 1}
	if len(parts) == 1 && parts[0].cjk {
		t.runes = max(t.runes, utf8.RuneCountInString(parts[0].fold))
	}
	var key, stems []string
	for _, p := range parts {
		key = append(key, p.fold)
		s := p.fold
		if st != nil && utf8.RuneCountInString(s) >= stemmedName {
			s = st.stem(s)
		}
		stems = append(stems, s)
	}
	t.exact[strings.Join(key, " ")] = e
	t.longer[key[0]] = max(t.longer[key[0]], len(key))
	if st == nil || e.caps || len(key) == 1 && utf8.RuneCountInString(key[0]) < stemmedName {
		return
	}
	joined := strings.Join(stems, " ")
	if old, ok := t.stems[joined]; ok && old.code != code {
		e.code = "-" // Niger and Nigeria: the stem alone does not tell
	} else if ok {
		e.lower = e.lower || old.lower
	}
	t.stems[joined] = e
	t.longer["~"+stems[0]] = max(t.longer["~"+stems[0]], len(stems))
}
