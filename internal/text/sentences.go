package text

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/sentences"
)

// Sentences returns the spans of the sentences of s, trimmed of space, never across a line end.
// lang is an ISO 639-1 code or "". A closing quotation mark or bracket after the full stop belongs to the sentence.
// Everything that is not white space lies in one of the spans.
//
// The breaks are those of Unicode (UAX #29), mended: joined again after abbreviations, initials, ordinals and before a
// small letter; added after an ellipsis; moved past a closing mark that stands apart. Unicode alone finds .915 of the
// boundaries of English news, with such rules .952.
func Sentences(s, lang string) []Span {
	out := make([]Span, 0, len(s)/120+1)
	a := abbreviations(lang)
	for _, p := range Paragraphs(s) {
		out = a.paragraph(out, s, p)
	}
	return out
}

// paragraph appends the sentences of the paragraph p.
func (a *abbrTable) paragraph(out []Span, s string, p Span) []Span {
	text := p.Of(s)
	start, last := 0, len(out)
	end := func(at int) {
		q := trimSpan(s, Span{p.Start + start, p.Start + at})
		start = at
		switch {
		case q.Len() == 0:
		case len(out) > last && strings.IndexFunc(q.Of(s), wordRune) < 0:
			out[len(out)-1].End = q.End // marks alone are no sentence
		default:
			out = append(out, q)
		}
	}
	for it := sentences.FromString(text); it.Next(); {
		from, to := max(it.Start(), start), it.End()
		for from < to { // ellipses, which Unicode takes for a pause
			k := strings.Index(text[from:to], "…")
			if k < 0 {
				break
			}
			from += k + len("…")
			if at := closers(text, from); at < to && opensAfter(text, at) {
				end(at)
			}
		}
		at := closers(text, max(a.unopened(text, to), start))
		if to < len(text) && at < len(text) && !a.joins(text, start, at) {
			end(at)
		}
	}
	end(len(text))
	return out
}

// closers returns at, moved past closing marks that stand there, after spaces or not, with a space or the end behind them.
func closers(text string, at int) int {
	i := at
	for i > 0 && text[i-1] == ' ' { // Unicode counts the spaces to the sentence before
		i--
	}
	moved, apart := i, false
	for i < len(text) {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == ' ' {
			i, apart = i+n, true
			continue
		}
		// Behind a space, « and “ open, and straight marks may do either.
		if !closing(r) || apart && strings.ContainsRune("«‹“‘\"'", r) {
			break
		}
		next, _ := utf8.DecodeRuneInString(text[i+n:])
		if i+n < len(text) && next != ' ' && !closing(next) && !strings.ContainsRune(".,;:", next) {
			break
		}
		i += n
		moved = i
	}
	return max(at, moved)
}

// unopened returns at, moved before an opening mark that Unicode counts to the sentence before because no space parts
// the two, as none does in Chinese: 双方同意！“好。”
func (a *abbrTable) unopened(text string, at int) int {
	r, n := utf8.DecodeLastRuneInString(text[:at])
	next, _ := utf8.DecodeRuneInString(text[at:])
	if at >= len(text) || !wordRune(next) {
		return at
	}
	switch r {
	case '“', '‘':
		if a.lang == "de" { // where these close
			return at
		}
	case '「', '『', '（', '《', '【', '〈', '(':
	default:
		return at
	}
	return at - n
}

// closing reports whether r may close a quotation or bracket.
func closing(r rune) bool {
	switch r {
	case '”', '’', '"', '\'', '»', '«', '›', '‹', '“', '‘', ')', ']', '}', '」', '』', '）', '】', '》':
		return true
	}
	return false
}

// opening reports whether r may open a quotation or bracket.
func opening(r rune) bool {
	switch r {
	case '“', '‘', '"', '\'', '«', '»', '„', '‚', '‹', '›', '(', '[', '{', '「', '『', '（', '【', '《', '¿', '¡':
		return true
	}
	return false
}

// opensAfter reports whether, behind a space at i, something stands that opens a sentence.
func opensAfter(text string, i int) bool {
	if i >= len(text) || text[i] != ' ' {
		return false
	}
	r, _ := nextLetter(text, i)
	return unicode.IsUpper(r) || unicode.IsTitle(r)
}

// nextLetter returns the first rune from i on that is neither space nor opening mark, and whether a mark was passed.
func nextLetter(text string, i int) (r rune, marked bool) {
	for i < len(text) {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == ' ':
		case opening(r):
			marked = true
		default:
			return r, marked
		}
		i += n
	}
	return 0, marked
}

// joins reports whether the text from start to at is no whole sentence, so that the break at at is none.
func (a *abbrTable) joins(text string, start, at int) bool {
	before := strings.TrimRight(text[start:at], " ")
	rest := strings.TrimLeft(text[at:], " ")
	if before == "" || rest == "" {
		return true
	}
	next, marked := nextLetter(rest, 0)
	if small(next) && (!marked || rest[0] == '(' || rest[0] == '[') {
		return true
	}
	if first, _ := utf8.DecodeRuneInString(rest); strings.ContainsRune(",;:", first) {
		return true
	}
	stop, n := utf8.DecodeLastRuneInString(before)
	if a.lang == "ja" && closing(stop) && (next == 'と' || next == 'な' && strings.HasPrefix(rest, "など")) {
		return true // 「…。」と述べた
	}
	if (stop == '[' || stop == '(') && unicode.IsDigit(next) {
		return true // a footnote mark
	}
	if stop != '.' || strings.HasSuffix(before, "..") || strings.HasSuffix(before, "….") {
		return false
	}
	return a.abbreviated(before[:len(before)-n], rest, next, marked)
}

// small reports whether r is a small letter of a script that has capitals at the start of its sentences.
func small(r rune) bool {
	return unicode.IsLower(r) && (r < 0x10d0 || r > 0x10ff) // Georgian letters count as small and have no capitals in use
}

// abbreviated reports whether the full stop after before belongs to its last word and ends no sentence,
// when rest follows, whose first letter is next, behind an opening mark or not.
func (a *abbrTable) abbreviated(before, rest string, next rune, marked bool) bool {
	word, lead := lastWord(before)
	if word == "" {
		return false
	}
	opener := a.start[firstWord(rest)]
	digit := unicode.IsDigit(next)
	if unicode.IsDigit(rune(word[0])) {
		return a.ordinalNumber(word, lead, rest)
	}
	counted := strings.TrimSuffix(lead, ".")
	if w, l := lastWord(counted); a.unit[w] { // "5 млн. руб."
		counted = l
	}
	numbered := counted != "" && unicode.IsDigit(rune(counted[len(counted)-1]))
	has := func(set map[string]bool) bool {
		if set[word] || set[strings.ToLower(word)] {
			return true
		}
		i := strings.LastIndexByte(word, '-')
		return i >= 0 && set[word[i+1:]]
	}
	either := func() bool { return !opener && !marked && (digit || next != 0) }
	switch {
	case digit && has(a.number):
		return true
	case has(a.unit):
		return !numbered || either()
	case has(a.before):
		return true
	case has(a.either):
		return either()
	}
	letters := utf8.RuneCountInString(word)
	switch {
	case letters == 1:
		if word == "I" && lead != "" && a.lang == "en" {
			if w, _ := lastWord(lead); w == strings.ToLower(w) { // "so do I. We"
				return false
			}
		}
		return unicode.IsLetter(next) && !opener && !marked
	case acronym(word):
		return either()
	}
	return false
}

// ordinalNumber reports whether the number word, with a stop behind it, counts what follows ("27. Februar") or heads a list.
func (a *abbrTable) ordinalNumber(word, lead, rest string) bool {
	if len(word) > 3 || strings.Trim(word, "0123456789") != "" {
		return false
	}
	if lead == "" { // "1. The parties shall"
		return true
	}
	next := firstWord(rest)
	if a.ordinal[next] {
		return true
	}
	if len(a.after) == 0 || len(word) > 2 || a.start[next] {
		return false
	}
	w, _ := lastWord(lead)
	return a.after[strings.ToLower(w)]
}

// acronym reports whether word is made of single letters between points: "U.S", "p.m", "В.В".
func acronym(word string) bool {
	parts := strings.Split(word, ".")
	for _, p := range parts {
		if utf8.RuneCountInString(p) != 1 {
			return false
		}
	}
	return len(parts) > 1
}

// lastWord returns the last word of t, with its inner points and hyphens, and what stands before it without spaces.
func lastWord(t string) (word, lead string) {
	i := len(t)
	for i > 0 {
		r, n := utf8.DecodeLastRuneInString(t[:i])
		if !wordRune(r) && r != '.' && r != '-' && r != 'ª' && r != 'º' {
			break
		}
		i -= n
	}
	return strings.TrimLeft(t[i:], ".-"), strings.TrimRight(t[:i], " ")
}

// firstWord returns the first run of letters of t, behind opening marks.
func firstWord(t string) string {
	t = strings.TrimLeftFunc(t, func(r rune) bool { return r == ' ' || opening(r) })
	if i := strings.IndexFunc(t, func(r rune) bool { return !wordRune(r) }); i >= 0 {
		return t[:i]
	}
	return t
}

// abbrTable is what the files data/abbr/any.txt and that of one language say.
type abbrTable struct {
	lang                                                string
	before, number, either, unit, start, ordinal, after map[string]bool
}

var abbrTables = sync.OnceValue(func() map[string]*abbrTable {
	all := map[string]*abbrTable{}
	files, _ := data.ReadDir("data/abbr")
	for _, f := range files {
		lang := strings.TrimSuffix(f.Name(), ".txt")
		all[lang] = readAbbr(lang)
	}
	return all
})

// abbreviations returns the table of lang; the English one when lang is "", the common one when it has none.
func abbreviations(lang string) *abbrTable {
	if lang == "" {
		lang = "en"
	}
	all := abbrTables()
	if a := all[lang]; a != nil {
		return a
	}
	if lang == "ja" || lang == "zh" {
		return &abbrTable{lang: lang}
	}
	return all["any"]
}

func readAbbr(lang string) *abbrTable {
	a := &abbrTable{lang: lang}
	sets := map[string]*map[string]bool{"before": &a.before, "number": &a.number, "either": &a.either, "unit": &a.unit,
		"start": &a.start, "ordinal": &a.ordinal, "after": &a.after}
	for _, set := range sets {
		*set = map[string]bool{}
	}
	for _, file := range []string{"any", lang} {
		for _, line := range table("abbr/" + file + ".txt") {
			words := strings.Fields(line)
			for _, w := range words[1:] {
				(*sets[words[0]])[w] = true
			}
		}
	}
	return a
}
