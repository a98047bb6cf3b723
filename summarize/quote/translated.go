package quote

import "strings"

// translated reports whether the article says that it was translated: in its note, in a credit line at its
// beginning or end, or where the note is missing.
func translated(d Doc, l *language) bool {
	if saysTranslated(d.Note, l) {
		return true
	}
	paras := paragraphs(d.Text)
	for i, p := range paras {
		if i >= 2 && i < len(paras)-3 {
			continue
		}
		if p.Len() <= 160 && saysTranslated(p.Of(d.Text), l) {
			return true
		}
	}
	return false
}

func saysTranslated(s string, l *language) bool {
	if s == "" {
		return false
	}
	low := " " + strings.Join(strings.Fields(strings.ToLower(s)), " ") + " "
	for _, lang := range []*language{l, l.tables.langs["en"]} {
		for _, p := range lang.set("translated").all() {
			if strings.Contains(low, " "+p) {
				return true
			}
		}
	}
	return false
}
