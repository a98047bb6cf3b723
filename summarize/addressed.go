package summarize

import (
	"strings"

	"attache/internal/text"
	"attache/summarize/verify"
)

// addressed returns why a sentence of a model, or the words that shall prove it, are no report: they ask, speak to the reader
// or of the writer, or look like an instruction to a model. "" when they may be one. Who controls an article still controls
// what is attributed to it: an instruction in other words passes, as a statement of that article.
func addressed(s, lang string) string {
	lex := lexiconOf(lang)
	own, _ := outside(s, text.Span{Start: 0, End: len(s)}, verify.Stretches(s, nil))
	words := cueWords(own)
	switch end := strings.TrimRight(s, " \"”’»)"); {
	case strings.HasSuffix(end, "?"), strings.HasSuffix(end, "？"), strings.HasSuffix(end, "؟"):
		return "it is a question"
	case instructs(s, lang):
		return "it reads like an instruction"
	case lex.count(cueSelf, own, words) > 0:
		return "it speaks of its writer or to its reader"
	}
	return ""
}

// instructs reports whether s holds a phrase by which articles give orders to models.
func instructs(s, lang string) bool { return lexiconOf(lang).count(cueOrder, s, cueWords(s)) > 0 }
