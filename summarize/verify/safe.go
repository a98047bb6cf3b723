package verify

import (
	"strings"
	"unicode"

	"attache/internal/text"
)

// Unsafe returns why a text may not be a bullet: it holds what becomes live or hides something. "" when it may.
func Unsafe(s string) string {
	if hidden := Hides(s); hidden != "" {
		return hidden
	}
	if strings.ContainsAny(s, "@＠") && mentions(s) {
		return "a mention"
	}
	low := strings.ToLower(s)
	for _, scheme := range []string{"://", "www.", "http:", "https:", "discord.gg/", "discord.com/", "mailto:", "javascript:"} {
		if strings.Contains(low, scheme) {
			return "a link"
		}
	}
	if hasHost(low) {
		return "a link"
	}
	if strings.Contains(s, "<@") || strings.Contains(s, "<#") || strings.Contains(s, "](") || strings.Contains(s, "<t:") || strings.Contains(s, "<:") || strings.Contains(s, "</") || strings.Contains(s, "```") {
		return "markup"
	}
	return ""
}

// Hides returns what in s shows nothing or hides something, "" when nothing does.
func Hides(s string) string {
	for _, r := range s {
		if r != '\n' && text.Invisible(r) || r == unicode.ReplacementChar {
			return "a character that shows nothing or hides something"
		}
	}
	return ""
}

// mentions reports whether an @ stands before a letter, digit or sign: "@everyone", "a@b.example".
func mentions(s string) bool {
	at := false
	for _, r := range s {
		if at && !unicode.IsSpace(r) {
			return true
		}
		at = r == '@' || r == '＠'
	}
	return false
}

// hasHost reports whether a word with a path ("t.co/x", "example.org/a") stands in s, which is in small letters.
func hasHost(s string) bool {
	for w := range strings.FieldsSeq(s) {
		host, _, ok := strings.Cut(strings.TrimLeft(w, "(\"“'‘[<"), "/")
		if !ok {
			continue
		}
		i := strings.LastIndexByte(host, '.')
		if i <= 0 || len(host)-i < 3 || strings.Trim(host[i+1:], "abcdefghijklmnopqrstuvwxyz") != "" {
			continue
		}
		if strings.Trim(host[:i], "abcdefghijklmnopqrstuvwxyz0123456789.-") == "" && strings.IndexByte(host[:i], '.') != 1 {
			return true
		}
	}
	return false
}
