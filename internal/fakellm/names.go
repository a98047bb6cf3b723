package fakellm

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

// capitals are the words that an article writes with a capital within a sentence.
func capitals(art article) map[string]bool {
	known := map[string]bool{}
	for _, p := range art.Paragraphs {
		for _, span := range text.Sentences(p, art.Language) {
			s := undated(span.Of(p))
			words := text.Words(s)
			for i, w := range words {
				if i > 0 && capital(w.Of(s)) {
					known[possessive(w.Of(s))] = true
				}
			}
		}
	}
	return known
}

// named are the names in s.
func named(s, lang string, known map[string]bool) []string {
	var out []string
	words := text.Words(s)
	for i := 0; i < len(words); i++ {
		if end := nameAt(s, words, i, lang, known); end > i {
			out = append(out, possessive(s[words[i].Start:words[end-1].End]))
			i = end - 1
		}
	}
	return out
}

// nameAt is the end of the name that begins at word i, i when none does: words with capitals that only spaces part. The
// first word of a sentence is one when the article writes it so elsewhere, or when another follows and it is no common word.
func nameAt(s string, words []text.Span, i int, lang string, known map[string]bool) int {
	part := func(k int) bool {
		w := words[k].Of(s)
		k1 := loaded().terms[lang+" "+strings.ToLower(w)]
		return capital(w) && (k1 == "" || k1[0] != 'm' && k1[0] != 'd')
	}
	if !part(i) {
		return i
	}
	end := i + 1
	for end < len(words) && part(end) && strings.TrimSpace(s[words[end-1].End:words[end].Start]) == "" &&
		possessive(words[end-1].Of(s)) == words[end-1].Of(s) {
		end++
	}
	w := words[i].Of(s)
	if i == 0 && !known[possessive(w)] && (end == 1 || text.Stopword(strings.ToLower(w), lang)) {
		return i
	}
	if text.Stopword(strings.ToLower(w), lang) && utf8.RuneCountInString(w) > 1 && strings.ToUpper(w) != w {
		return i // "The", "In" after a colon
	}
	return end
}

// capital reports whether a word begins with a capital letter of a script that has them.
func capital(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return unicode.IsUpper(r)
}

// possessive is a word without an English 's.
func possessive(w string) string {
	return strings.TrimSuffix(strings.TrimSuffix(w, "'s"), "’s")
}

// Letters of names between Latin and Cyrillic; a stand-in, good for being told apart and compared.
var (
	toCyrillic = strings.NewReplacer(pairs(`sh ш ch ч zh ж kh х ts ц ya я yu ю a а b б c к d д e е f ф g г h х i и j дж k к l л m м n н o о p п
		q к r р s с t т u у v в w в x кс y й z з Sh Ш Ch Ч Zh Ж Kh Х Ts Ц Ya Я Yu Ю A А B Б C К D Д E Е F Ф G Г H Х I И J Дж K К L Л
		M М N Н O О P П Q К R Р S С T Т U У V В W В X Кс Y Й Z З`)...)
	toLatin = strings.NewReplacer(pairs(`а a б b в v г g д d е e ё yo ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts
		ч ch ш sh щ shch ы y э e ю yu я ya і i ї yi є ye ґ g А A Б B В V Г G Д D Е E Ё Yo Ж Zh З Z И I Й Y К K Л L М M Н N О O П P
		Р R С S Т T У U Ф F Х Kh Ц Ts Ч Ch Ш Sh Щ Shch Ы Y Э E Ю Yu Я Ya І I Ї Yi Є Ye Ґ G ь - ъ -`)...)
)

// pairs reads a table of letters; "-" is nothing.
func pairs(table string) []string {
	f := strings.Fields(table)
	for i := range f {
		if i%2 == 1 && f[i] == "-" {
			f[i] = ""
		}
	}
	return f
}

// shownAs is a name in another language: a country by its name there, another name in the letters of the language.
func shownAs(name, from, to string) string {
	for _, m := range text.Countries(name, from) {
		if m.Of(name) == name && strings.EqualFold(text.CountryName(m.Code, from), name) {
			return text.CountryName(m.Code, to)
		}
	}
	switch to {
	case "ru", "uk":
		return toCyrillic.Replace(name)
	case "zh", "ja", "ar":
		return name
	}
	return toLatin.Replace(name)
}
