package verify

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

// quotationProblems are words between marks that do not stand between marks in the source, character for character.
func (s *Source) quotationProblems(r *reading) []Problem {
	var out []Problem
	all := Stretches(r.Text, nil)
	if !r.uncased {
		all = append(all, singleMarks(r.Text)...)
	}
	for _, q := range all {
		inner := q.Of(r.Text)
		if q.Open {
			out = append(out, Problem{KindQuotation, inner, "a quotation mark is not closed"})
			continue
		}
		_, n := utf8.DecodeRuneInString(inner)
		_, m := utf8.DecodeLastRuneInString(inner)
		if doubled(inner) {
			n = 2
		}
		if strings.HasSuffix(inner, "''") {
			m = 2
		}
		inner = strings.TrimRight(strings.TrimSpace(inner[n:max(n, len(inner)-m)]), ",.")
		switch {
		case r.uncased && strings.Contains(s.letters, lettersOf(inner)):
			continue // text in small letters, its words and marks set apart, is compared by letters
		case title(inner, r.lang) && (strings.Contains(s.title, inner) || strings.Contains(s.text, inner)):
			continue
		}
		if inner == "" || !s.quoted(inner) {
			out = append(out, Problem{KindQuotation, inner, "the words do not stand between marks in the article it cites"})
		}
	}
	return out
}

// doubled reports whether s begins with a quotation mark that is two characters: ” or “.
func doubled(s string) bool { return strings.HasPrefix(s, "''") || strings.HasPrefix(s, "``") }

func lettersOf(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// title reports whether words between marks are the title of a work or a name, which marks set off without anybody saying
// it: every word of four letters or more has a capital.
func title(words, lang string) bool {
	caps := false
	for w := range strings.FieldsSeq(words) {
		r, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(w, func(r rune) bool { return !letter(r) }))
		switch {
		case unicode.IsUpper(r), unicode.IsDigit(r):
			caps = true
		case runes(w) >= 4 && unicode.IsLetter(r) && !text.Stopword(fold(w), lang):
			return false
		}
	}
	return caps
}

// quoted reports whether words stand in the source within marks or an embedded post.
func (s *Source) quoted(words string) bool {
	for from := 0; ; {
		i := strings.Index(s.text[from:], words)
		if i < 0 {
			return false
		}
		p := text.Span{Start: from + i, End: from + i + len(words)}
		if Within(s.marks, p) || s.single(p) {
			return true
		}
		from = p.Start + 1
	}
}

// ticked returns what stands between ` and ' in s, as typewriters and text processors write single quotation marks.
func ticked(s string) []Stretch {
	var out []Stretch
	for i := 0; ; {
		k := strings.IndexByte(s[i:], '`')
		if k < 0 {
			return out
		}
		i += k
		if strings.HasPrefix(s[i:], "``") {
			i += 2
			continue
		}
		for j := i + 1; j < len(s) && s[j] != '\n' && s[j] != '`'; j++ {
			before, _ := utf8.DecodeLastRuneInString(s[:j])
			after, _ := utf8.DecodeRuneInString(s[j+1:])
			if s[j] == '\'' && !unicode.IsLetter(after) && (before == ' ' || !unicode.IsSpace(before)) {
				out = append(out, Stretch{Span: text.Span{Start: i, End: j + 1}})
				break
			}
		}
		i++
	}
}

// single reports whether p stands right within single marks.
func (s *Source) single(p text.Span) bool {
	before, n := utf8.DecodeLastRuneInString(s.text[:p.Start])
	rest := strings.TrimLeft(s.text[p.End:], ",.")
	after, _ := utf8.DecodeRuneInString(rest)
	outer, _ := utf8.DecodeLastRuneInString(s.text[:p.Start-n])
	return strings.ContainsRune("‘'‚‹›", before) && strings.ContainsRune("’'‘›‹", after) && n > 0 && !unicode.IsLetter(outer)
}

// singleMarks returns what stands between single marks in s: ‘ or ' before a word and behind a space, and the next that
// stands behind a letter or full stop and before none.
func singleMarks(s string) []Stretch {
	var out []Stretch
	start := -1
	for i, r := range s {
		if r != '‘' && r != '’' && r != '\'' && r != '‚' {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+utf8.RuneLen(r):])
		wordAfter := unicode.IsLetter(after) || unicode.IsDigit(after)
		switch {
		case start < 0 && r != '’' && wordAfter && (i == 0 || !unicode.IsLetter(before) && !unicode.IsDigit(before)):
			start = i
		case start >= 0 && r != '‚' && !wordAfter && !unicode.IsSpace(before):
			out = append(out, Stretch{Span: text.Span{Start: start, End: i + utf8.RuneLen(r)}})
			start = -1
		}
	}
	return out
}
