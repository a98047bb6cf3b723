package text

import (
	"embed"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"
)

//go:embed data
var data embed.FS

// table returns the lines of an embedded file without comments and blanks; nil when there is no such file.
func table(name string) []string {
	raw, err := data.ReadFile("data/" + name)
	if err != nil {
		return nil
	}
	var out []string
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	return out
}

// stopwords are the lists of data/stop, by language, each word folded as tokens are.
var stopwords = sync.OnceValue(func() map[string]map[string]bool {
	all := map[string]map[string]bool{}
	files, _ := data.ReadDir("data/stop")
	for _, f := range files {
		set := map[string]bool{}
		for _, line := range table("stop/" + f.Name()) {
			for _, w := range strings.Fields(line) {
				set[token(w)] = true
			}
		}
		all[strings.TrimSuffix(f.Name(), ".txt")] = set
	}
	return all
})

// smallWords are the languages that have a list, and of each word the set of those whose list it is in, a bit each.
var smallWords = sync.OnceValues(func() (langs []string, of map[string]uint32) {
	langs = slices.Sorted(maps.Keys(stopwords()))
	of = map[string]uint32{}
	for i, l := range langs {
		for w := range stopwords()[l] {
			of[w] |= 1 << i
		}
	}
	return langs, of
})

// queryKeep are the words that searches keep although they are small words somewhere.
var queryKeep = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for _, line := range table("query_keep.txt") {
		for _, w := range strings.Fields(line) {
			set[w] = true
		}
	}
	return set
})

// Stopword reports whether a folded word (a token, or a word in lower case) carries no meaning of its own in lang;
// false for languages without a list.
func Stopword(word, lang string) bool {
	set := stopwords()[lang]
	return set != nil && (set[word] || set[token(word)])
}

// smallWord reports whether a word of a query, as typed, is a small word of any language. Capitals make a name of it.
func smallWord(w string) bool {
	t := token(w)
	capitals := strings.ContainsFunc(w, unicode.IsUpper) && !strings.ContainsFunc(w, unicode.IsLower)
	if capitals || queryKeep()[t] {
		return false
	}
	for _, set := range stopwords() {
		if set[t] {
			return true
		}
	}
	return false
}
