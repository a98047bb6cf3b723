package quote

import "strings"

// A language is what the finder knows of one language, read from its table. It is read-only once loaded.
type language struct {
	code   string
	tables *Tables
	sets   map[string]*wordSet          // by section name
	values map[string]map[string]string // sections of "word:value" pairs
}

// A wordSet holds words, words with any ending ("stem*") or any beginning ("*tail"), and phrases.
type wordSet struct {
	words   map[string]bool
	heads   []string              // "сказа*"
	tails   []string              // "*minister"
	phrases map[string][][]string // by first word
}

func newWordSet() *wordSet {
	return &wordSet{words: map[string]bool{}, phrases: map[string][][]string{}}
}

func (w *wordSet) add(s string) {
	switch {
	case strings.Contains(s, "_"):
		p := strings.Split(s, "_")
		w.phrases[p[0]] = append(w.phrases[p[0]], p)
	case strings.HasSuffix(s, "*"):
		w.heads = append(w.heads, s[:len(s)-1])
	case strings.HasPrefix(s, "*"):
		w.tails = append(w.tails, s[1:])
	default:
		w.words[s] = true
	}
}

// has reports whether the lower-case word is in the set.
func (w *wordSet) has(word string) bool {
	if w == nil || word == "" {
		return false
	}
	if w.words[word] {
		return true
	}
	for _, h := range w.heads {
		if strings.HasPrefix(word, h) {
			return true
		}
	}
	for _, t := range w.tails {
		if len(word) > len(t)+2 && strings.HasSuffix(word, t) {
			return true
		}
	}
	return false
}

// all lists the plain words of the set; phrases come joined by spaces.
func (w *wordSet) all() []string {
	var out []string
	for k := range w.words {
		out = append(out, k)
	}
	for _, ps := range w.phrases {
		for _, p := range ps {
			out = append(out, strings.Join(p, " "))
		}
	}
	return out
}

var none = newWordSet()

// set returns a section, empty when the table has none.
func (l *language) set(name string) *wordSet {
	if s := l.sets[name]; s != nil {
		return s
	}
	return none
}

// officeClass returns the class of an office noun ("president" is of the class "leader"), that of its last part
// where nouns are written together ("Regierungssprecher"), or "".
func (l *language) officeClass(noun string) string {
	offices := l.values["offices"]
	if c := offices[noun]; c != "" {
		return c
	}
	if s := l.sets["offices"]; s != nil {
		for _, h := range s.heads {
			if strings.HasPrefix(noun, h) {
				return offices[h+"*"]
			}
		}
	}
	if l.code != "de" {
		return ""
	}
	best, class := 4, ""
	for o, c := range offices {
		if len(o) > best && len(noun) > len(o)+2 && strings.HasSuffix(noun, o) {
			best, class = len(o), c
		}
	}
	return class
}

// read adds the sections of a table to those l has.
func (l *language) read(table string) {
	endings := map[string][]string{}
	section := ""
	for _, line := range strings.Split(table, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
			continue
		case line[0] == '[':
			section = strings.Trim(line, "[]")
			if l.sets[section] == nil {
				l.sets[section] = newWordSet()
				l.values[section] = map[string]string{}
			}
			continue
		}
		words := strings.Fields(line)
		if section == "endings" {
			endings[words[0]] = words[1:]
			continue
		}
		for _, w := range words {
			stem, set, ok := strings.Cut(w, "/")
			if ok && len(endings[set]) > 0 {
				for _, e := range endings[set] {
					l.sets[section].add(stem + strings.TrimPrefix(e, "_"))
				}
				continue
			}
			word, value, ok := strings.Cut(w, ":")
			if ok && word != "" {
				word = strings.ReplaceAll(word, "_", " ")
				l.values[section][word] = value
			}
			if word = strings.TrimSpace(word); word != "" {
				l.sets[section].add(word)
			}
		}
	}
}
