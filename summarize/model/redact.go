package model

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	shortest = 4   // bytes of a key that is looked for; a shorter one is no secret, and its letters are everywhere
	shown    = 300 // runes of a foreign text that an error shows
)

// What looks like a key is hidden whosever it is.
var keyShaped = regexp.MustCompile(`(?i)\b(bearer\s+|sk-)[^\s"'<>,;]{4,}`)

// A redactor makes foreign text fit for errors and logs. It hides the key in every form in which a server may echo it. It
// is a function, because fmt prints what a struct holds, through its pointers too.
type redactor func(string) string

func newRedactor(key string) redactor {
	if len(key) < shortest {
		return func(s string) string { return s }
	}
	forms := []string{key, url.QueryEscape(key), url.PathEscape(key), hex.EncodeToString([]byte(key)), strings.ToUpper(hex.EncodeToString([]byte(key)))}
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		// The key may stand anywhere in what was encoded ("user:key"); its first and last letter may share theirs with others.
		for before := range 3 {
			e := enc.EncodeToString(append(make([]byte, before), key...))
			first, last := (before*8+5)/6, (before+len(key))*8/6
			if form := e[first:last]; len(form) >= shortest {
				forms = append(forms, form)
			}
		}
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) }) // no form may be hidden in part by another
	var pairs []string
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, hidden)
	}
	return strings.NewReplacer(pairs...).Replace
}

// text is s without the key, invisible characters and line ends, and not too long.
func (r redactor) text(s string) string {
	s = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) || c == utf8.RuneError {
			return ' '
		}
		return c
	}, s)
	s = r(s)
	s = keyShaped.ReplaceAllString(s, hidden)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > shown {
		s = string([]rune(s)[:shown]) + "…"
	}
	return s
}
