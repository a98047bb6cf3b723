package text

import (
	"strings"
	"testing"
)

// TestMarks: the marks of some languages, and that whatever stands in the table is a pair.
func TestMarks(t *testing.T) {
	for lang, want := range map[string]string{"de": "„…“", "fr": "«\u00a0…\u00a0»", "uk": "«…»", "ja": "「…」", "en": "“…”", "": "", "xx": ""} {
		open, shut, ok := Marks(lang)
		if ok != (want != "") || ok && open+"…"+shut != want {
			t.Errorf("%q: %q %q, want %q", lang, open, shut, want)
		}
	}
	n := 0
	for _, lang := range strings.Fields(nameLangs) {
		open, shut, ok := Marks(lang)
		if ok {
			n++
		}
		if ok && (open == "" || shut == "") {
			t.Errorf("%s: %q %q", lang, open, shut)
		}
	}
	if n < 25 {
		t.Errorf("marks of %d languages", n)
	}
	for code, want := range map[string]bool{"FI": true, "EU": true, "XK": true, "UN": false, "NATO": false, "fi": false, "": false} {
		if IsCountry(code) != want {
			t.Errorf("%q is a country: %v", code, !want)
		}
	}
}
