package text

import (
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/arabic"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"
	"golang.org/x/text/unicode/norm"
)

// stemLangs are the languages with a stemmer. Ukrainian words go through the Russian one, their letters made Russian: the
// endings are near enough that the forms of a name meet, and a wrong stem only adds a token.
var stemLangs = []string{"en", "de", "fr", "es", "it", "pt", "nl", "ro", "da", "no", "sv", "fi", "hu", "tr", "ru", "ar"}

var ukrainian = strings.NewReplacer("і", "и", "ї", "и", "є", "е", "ґ", "г")

// A stemmer stems the words of one text; it remembers those it has seen, and is not safe for concurrent use.
type stemmer struct {
	lang string
	run  func(*snowballstem.Env) bool
	env  *snowballstem.Env
	seen map[string]string
}

// newStemmer returns the stemmer of lang, nil when there is none.
func newStemmer(lang string) *stemmer {
	run := stemFunc(lang)
	if run == nil {
		return nil
	}
	return &stemmer{lang: lang, run: run, env: snowballstem.NewEnv(""), seen: map[string]string{}}
}

// stemLang is lang where it has a stemmer, else "".
func stemLang(lang string) string {
	if stemFunc(lang) == nil {
		return ""
	}
	return lang
}

func stemFunc(lang string) func(*snowballstem.Env) bool {
	switch lang {
	case "en":
		return english.Stem
	case "de":
		return german.Stem
	case "fr":
		return french.Stem
	case "es":
		return spanish.Stem
	case "it":
		return italian.Stem
	case "pt":
		return portuguese.Stem
	case "nl":
		return dutch.Stem
	case "ro":
		return romanian.Stem
	case "da":
		return danish.Stem
	case "no", "nb", "nn":
		return norwegian.Stem
	case "sv":
		return swedish.Stem
	case "fi":
		return finnish.Stem
	case "hu":
		return hungarian.Stem
	case "tr":
		return turkish.Stem
	case "ru", "uk":
		return russian.Stem
	case "ar":
		return arabic.Stem
	}
	return nil
}

// allStemmers returns one stemmer for each language that has one.
func allStemmers() []*stemmer {
	out := make([]*stemmer, len(stemLangs))
	for i, l := range stemLangs {
		out[i] = newStemmer(l)
	}
	return out
}

// reads reports whether the word is in the script of the stemmer's language.
func (st *stemmer) reads(word string) bool {
	script := unicode.Latin
	switch st.lang {
	case "ru":
		script = unicode.Cyrillic
	case "ar":
		script = unicode.Arabic
	}
	for _, r := range word {
		if unicode.IsLetter(r) {
			return unicode.Is(script, r)
		}
	}
	return false
}

// stem returns the folded stem of word.
func (st *stemmer) stem(word string) string {
	if s, ok := st.seen[word]; ok {
		return s
	}
	if strings.ContainsAny(word, ".,") { // an acronym or a number has no ending
		return token(word)
	}
	w := norm.NFC.String(word)
	if st.lang == "tr" {
		w = strings.ToLowerSpecial(unicode.TurkishCase, w)
	} else {
		w = strings.ToLower(w)
	}
	if st.lang == "ru" || st.lang == "uk" {
		w = ukrainian.Replace(w)
	}
	st.env.SetCurrent(cut(w))
	st.run(st.env)
	if st.lang == "ar" { // forms with and without the article meet after the second round
		st.env.SetCurrent(st.env.Current())
		st.run(st.env)
	}
	s := token(st.env.Current())
	if s == "" {
		s = token(word)
	}
	st.seen[word] = s
	return s
}

// Stem returns the folded stem of one word in lang; without a stemmer, the folded word.
// For many words of one text Stems is cheaper.
func Stem(word, lang string) string {
	if st := newStemmer(lang); st != nil {
		return st.stem(word)
	}
	return token(word)
}

// Stems returns Stem for the many words of one text: it keeps the stems that it has made, and is not safe for concurrent use.
func Stems(lang string) func(word string) string {
	if st := newStemmer(lang); st != nil {
		return st.stem
	}
	return token
}
