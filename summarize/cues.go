package summarize

import (
	"embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

// The language tables: one file a language, sections of cues (see data/en.txt for the notation).
//
//go:embed data/*.txt
var tables embed.FS

// The sections of a table.
const (
	cueOpen    = "open"    // words that lean on the sentence before: pronouns, connectives
	cueBare    = "bare"    // those of them that stand for somebody or something
	cueLimit   = "limit"   // what limits, denies or doubts
	cueDispute = "dispute" // what opposes, warns or fails
	cueNot     = "not"     // plain negation, which limits only what is the subject already
	cueBut     = "but"     // contrast
	cueOpinion = "opinion" // evaluation and speculation that a reporter has no business with
	cueLoaded  = "loaded"  // words of feeling and of fight: one is colour, two are opinion
	cueSelf    = "self"    // the writer's "I" and "we", and the reader's "you"
	cueOrder   = "order"   // what is said to a model or about its answer: an instruction that an article hides
	cueSpeech  = "speech"  // who says something: what follows is a speaker's and not the outlet's
	cueStates  = "states"  // verbs by which governments take a position, beside those of speech
	cueNoNews  = "no news" // the beginnings of lines around an article: "Read more", "Photo:"
	cuePublic  = "public"  // words of governments and of what passes between them
	cueCredit  = "credit"  // what stands anywhere in such a line: "contributed reporting"
)

// gapWords is how many words "..." in a phrase stands for at most.
const gapWords = 4

// A cueSet holds words, words with any ending ("stem*") or any beginning ("*tail"), and phrases of them joined by "_".
type cueSet struct {
	exact map[string][][]string // by the first word: the words that follow, none for a single word
	heads map[string][][]string // by the part before "*"
	tails map[string][][]string // by the part after "*"
	subs  []string              // of scripts without spaces: strings
}

// A lexicon is what the engine knows of one language. It is read-only once loaded.
type lexicon struct {
	lang string
	sets map[string]*cueSet
}

func (s *cueSet) add(entry string, spaceless bool) {
	if spaceless {
		s.subs = append(s.subs, strings.ReplaceAll(entry, "_", " "))
		return
	}
	words := strings.Split(entry, "_")
	first, rest := words[0], words[1:]
	switch {
	case strings.HasSuffix(first, "*"):
		first = first[:len(first)-1]
		s.heads[first] = append(s.heads[first], rest)
	case strings.HasPrefix(first, "*"):
		s.tails[first[1:]] = append(s.tails[first[1:]], rest)
	default:
		s.exact[first] = append(s.exact[first], rest)
	}
}

// at returns how many of words match a cue that begins with words[i]; 0 for none.
func (s *cueSet) at(words []string, i int) int {
	w := words[i]
	if n := longest(s.exact[w], words, i); n > 0 {
		return n
	}
	if len(s.heads) > 0 {
		for k := range w {
			if k > 0 {
				if n := longest(s.heads[w[:k]], words, i); n > 0 {
					return n
				}
			}
		}
		if n := longest(s.heads[w], words, i); n > 0 {
			return n
		}
	}
	if len(s.tails) > 0 {
		for k := range w {
			if k > 0 {
				if n := longest(s.tails[w[k:]], words, i); n > 0 {
					return n
				}
			}
		}
	}
	return 0
}

// longest returns the length of the longest phrase whose other words follow words[i]; 0 when none does.
func longest(phrases [][]string, words []string, i int) int {
	best := 0
	for _, p := range phrases {
		if n := follow(p, words, i+1); n >= 0 && n-i > best {
			best = n - i
		}
	}
	return best
}

// follow returns where the phrase p ends when it stands at words[i:], -1 when it does not.
func follow(p, words []string, i int) int {
	if len(p) == 0 {
		return i
	}
	if p[0] == "..." {
		for j := i; j <= i+gapWords && j < len(words); j++ {
			if n := follow(p[1:], words, j); n >= 0 {
				return n
			}
		}
		return -1
	}
	if i >= len(words) || !same(p[0], words[i]) {
		return -1
	}
	return follow(p[1:], words, i+1)
}

func same(pattern, word string) bool {
	if stem, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(word, stem)
	}
	if tail, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasSuffix(word, tail)
	}
	return pattern == word
}

// count returns how many cues of the section stand in a sentence, which is given as it is and as cueWords.
func (l *lexicon) count(section, sentence string, words []string) int {
	s := l.sets[section]
	if s == nil {
		return 0
	}
	n := 0
	for _, sub := range s.subs {
		n += strings.Count(sentence, sub)
	}
	if len(s.exact)+len(s.heads)+len(s.tails) == 0 {
		return n
	}
	for i := 0; i < len(words); {
		k := s.at(words, i)
		if k > 0 {
			n++
		}
		i += max(k, 1)
	}
	return n
}

// places returns where cues of the section stand among words: from, and to, exclusive. Of languages without spaces, none.
func (l *lexicon) places(section string, words []string) [][2]int {
	s := l.sets[section]
	if s == nil {
		return nil
	}
	var out [][2]int
	for i := 0; i < len(words); {
		k := s.at(words, i)
		if k > 0 {
			out = append(out, [2]int{i, i + k})
		}
		i += max(k, 1)
	}
	return out
}

// begins reports whether a sentence begins with a cue of the section.
func (l *lexicon) begins(section, sentence string, words []string) bool {
	s := l.sets[section]
	if s == nil {
		return false
	}
	head := strings.TrimLeftFunc(sentence, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for _, sub := range s.subs {
		if strings.HasPrefix(head, sub) {
			return true
		}
	}
	return len(words) > 0 && s.at(words, 0) > 0
}

// cueWords returns the words of s in small letters, apostrophes straight.
func cueWords(s string) []string {
	spans := text.Words(s)
	out := make([]string, len(spans))
	for i, p := range spans {
		out[i] = lower(p.Of(s))
	}
	return out
}

func lower(w string) string {
	for i := 0; i < len(w); i++ {
		if w[i] >= utf8.RuneSelf {
			return strings.Map(func(r rune) rune {
				switch r {
				case '’', '‘', 'ʼ':
					return '\''
				case 'İ':
					return 'i'
				}
				return unicode.ToLower(r)
			}, w)
		}
	}
	return strings.ToLower(w)
}

var lexicons = sync.OnceValue(func() map[string]*lexicon {
	out := map[string]*lexicon{}
	files, err := tables.ReadDir("data")
	if err != nil {
		panic(err) // the pattern above is wrong
	}
	for _, f := range files {
		b, err := tables.ReadFile("data/" + f.Name())
		if err != nil {
			panic(err) // embedded files can be read
		}
		code := strings.TrimSuffix(f.Name(), ".txt")
		out[code] = parseLexicon(code, string(b))
	}
	return out
})

func parseLexicon(code, table string) *lexicon {
	l := emptyLexicon(code)
	section := ""
	for line := range strings.Lines(table) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			section = strings.Trim(line, "[]")
			if l.sets[section] == nil {
				l.sets[section] = &cueSet{exact: map[string][][]string{}, heads: map[string][][]string{}, tails: map[string][][]string{}}
			}
			continue
		}
		for _, w := range strings.Fields(line) {
			l.sets[section].add(lower(w), spaceless(code))
			if code == "ar" { // "and", "so" are written onto the word behind them
				l.sets[section].add("و"+w, false)
				l.sets[section].add("ف"+w, false)
			}
		}
	}
	return l
}

// spaceless reports whether a language is written without spaces between words.
func spaceless(lang string) bool { return lang == "zh" || lang == "ja" }

// lexiconOf returns the table of a language; of one that has none, an empty one: its sentences are judged by place,
// length and words in common alone.
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

func emptyLexicon(code string) *lexicon {
	return &lexicon{lang: code, sets: map[string]*cueSet{}}
}
