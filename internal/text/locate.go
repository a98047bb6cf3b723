package text

import (
	"strings"
	"unicode/utf8"
)

// Locate returns where words first stand in s, whatever white space is between them and to the letter otherwise; never
// beginning or ending within a longer word or number. False when they do not.
func Locate(s, words string) (Span, bool) {
	fields := strings.FieldsFunc(words, white)
	if len(fields) == 0 {
		return Span{}, false
	}
	for from := 0; ; {
		i := strings.Index(s[from:], fields[0])
		if i < 0 {
			return Span{}, false
		}
		start := from + i
		if end, ok := follows(s, start, fields); ok && !inWord(s, start) && !inWord(s, end) {
			return Span{start, end}, true
		}
		_, size := utf8.DecodeRuneInString(s[start:])
		from = start + size
	}
}

// follows returns where fields end that stand in s from start on, with white space between them.
func follows(s string, start int, fields []string) (end int, ok bool) {
	end = start
	for i, f := range fields {
		rest := s[end:]
		if i > 0 {
			rest = strings.TrimLeftFunc(rest, white)
			if end+len(rest) == len(s) {
				return 0, false
			}
		}
		if !strings.HasPrefix(rest, f) {
			return 0, false
		}
		end = len(s) - len(rest) + len(f)
	}
	return end, true
}
