package text

import (
	"strings"
	"sync"
)

// marks are the quotation marks of data/marks.txt, by language.
var marks = sync.OnceValue(func() map[string][2]string {
	out := map[string][2]string{}
	for _, line := range table("marks.txt") {
		langs, m, _ := strings.Cut(line, " = ")
		open, shut, _ := strings.Cut(m, "…")
		for lang := range strings.FieldsSeq(langs) {
			out[lang] = [2]string{open, shut}
		}
	}
	return out
})

// Marks returns the quotation marks of a language (ISO 639-1) as its press sets them, with the spaces that stand within; false for one
// that is not known.
func Marks(lang string) (open, shut string, ok bool) {
	m, ok := marks()[lang]
	return m[0], m[1], ok
}
