package digest

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

// A body is what a filter asks for, with the names that mean it.
type body struct {
	said  string
	names []bodyName
}

// A bodyName is one name. One word that is written in capitals alone ("WHO"), or with one ("Quad"), must be so in the text
// too.
type bodyName struct {
	words []string // folded, or as they are where caps is set
	caps  bool
	upper bool
}

// A word of a text, as it is and folded.
type word struct{ raw, fold string }

// wordsOf cuts a text into words, also at apostrophes and hyphens ("L’OTAN", "EU-Gipfel"); "U.N." is UN.
func wordsOf(s string) []word {
	var out []word
	for _, p := range text.Words(s) {
		for _, raw := range strings.FieldsFunc(p.Of(s), func(r rune) bool { return r == '’' || r == '\'' || unicode.Is(unicode.Pd, r) }) {
			if capitals(raw) {
				raw = strings.ReplaceAll(raw, ".", "")
			}
			out = append(out, word{raw, text.Fold(raw).Text})
		}
	}
	return out
}

func newBodyName(s string) bodyName {
	ws := wordsOf(s)
	n := bodyName{}
	if len(ws) == 1 {
		n.caps, n.upper = capitals(ws[0].raw), upper(ws[0].raw)
	}
	for _, w := range ws {
		if n.caps {
			n.words = append(n.words, w.raw)
		} else {
			n.words = append(n.words, w.fold)
		}
	}
	return n
}

// capitals reports whether a word has capitals and no small letter.
func capitals(s string) bool {
	return strings.ContainsFunc(s, unicode.IsUpper) && !strings.ContainsFunc(s, unicode.IsLower)
}

// upper reports whether a word begins with a capital.
func upper(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r)
}

// in reports whether the name stands among the words, one behind the other.
func (n bodyName) in(words []word) bool {
	for i := 0; i+len(n.words) <= len(words) && len(n.words) > 0; i++ {
		all := true
		for k, w := range n.words {
			if all = n.is(words[i+k], w); !all {
				break
			}
		}
		if all {
			return true
		}
	}
	return false
}

func (n bodyName) is(w word, name string) bool {
	if n.caps {
		return w.raw == name
	}
	return w.fold == name && (!n.upper || upper(w.raw))
}

// bodyTable are the bodies that are known (text.Bodies) by each of their names, folded.
var bodyTable = sync.OnceValue(func() map[string][]bodyName {
	table := map[string][]bodyName{}
	for _, names := range text.Bodies() {
		var list []bodyName
		for _, name := range names {
			list = append(list, newBodyName(name))
		}
		for _, name := range names {
			table[text.Fold(name).Text] = list
		}
	}
	return table
})

// newBodies looks up what was asked for; what is not in the table is looked for as it was typed.
func newBodies(list []string) (out []body) {
	for _, s := range list {
		s = strings.TrimSpace(s)
		b := body{said: s, names: bodyTable()[text.Fold(s).Text]}
		if b.names == nil {
			b.names = []bodyName{newBodyName(s)}
		}
		out = append(out, b)
	}
	return out
}

// anyBody reports whether one of the bodies stands among the words, or is whose source it is.
func anyBody(bodies []body, words []word, country string) bool {
	return slices.ContainsFunc(bodies, func(b body) bool {
		if country != "" && strings.EqualFold(b.said, country) {
			return true
		}
		return slices.ContainsFunc(b.names, func(n bodyName) bool { return n.in(words) })
	})
}

func saidBodies(bodies []body) (out []Wording) {
	for _, b := range bodies {
		out = append(out, fact("named", "name", b.said))
	}
	return out
}
