package summarize

import (
	"slices"
	"testing"

	"attache/internal/text"
)

// TestTables: each language has every section, twelve months and seven days, so that a slip of the pen in a table is seen.
func TestTables(t *testing.T) {
	want := []string{"ar", "de", "en", "es", "fr", "it", "ja", "pt", "ru", "tr", "uk", "zh"}
	var have []string
	for lang, l := range lexicons() {
		have = append(have, lang)
		for _, section := range []string{cueOpen, cueBare, cueLimit, cueDispute, cueNot, cueBut, cueOpinion, cueLoaded, cueSelf, cueOrder, cuePublic, cueSpeech, cueStates, cueCredit, cueNoNews} {
			s := l.sets[section]
			if s == nil || len(s.exact)+len(s.heads)+len(s.tails)+len(s.subs) == 0 {
				t.Errorf("%s: [%s] is missing or empty", lang, section)
			}
		}
		for section := range l.sets {
			if !slices.Contains([]string{cueOpen, cueBare, cueLimit, cueDispute, cueNot, cueBut, cueOpinion, cueLoaded, cueSelf, cueOrder, cuePublic, cueSpeech, cueStates, cueCredit, cueNoNews}, section) {
				t.Errorf("%s: [%s] is no section", lang, section)
			}
		}
	}
	if slices.Sort(have); !slices.Equal(have, want) {
		t.Errorf("tables %v, want %v", have, want)
	}
}

func TestCues(t *testing.T) {
	for _, c := range []struct {
		lang, section, sentence string
		n                       int
	}{
		{"en", cueLimit, "The ministry declined on Monday to comment.", 0}, // the phrase is "declined to"
		{"en", cueLimit, "The ministry declined to comment and denied the report.", 2},
		{"en", cueLimit, "Peace is not formally on the agenda.", 1}, // a gap
		{"en", cueLoaded, "The country needs stability and a stable currency.", 0},
		{"en", cueNot, "It doesn’t say so.", 1},
		{"it", cueLoaded, "La tradizione resta.", 0},
		{"fr", cueDispute, "La violence a cessé.", 0},
		{"tr", cueNot, "Taraflar anlaşmadı.", 1},
		{"ar", cueLimit, "ونفى الوزير ذلك.", 1}, // "and" is written onto the verb
		{"zh", cueLimit, "双方否认此事。", 1},
		{"xx", cueLimit, "not on the agenda", 0}, // a language without a table
	} {
		l := lexiconOf(c.lang)
		if n := l.count(c.section, c.sentence, cueWords(c.sentence)); n != c.n {
			t.Errorf("%s [%s] %q: %d cues, want %d", c.lang, c.section, c.sentence, n, c.n)
		}
	}
}

func TestUndated(t *testing.T) {
	for s, want := range map[string]string{
		"Brussels – The talks began.":                        "The talks began.",
		"WASHINGTON (AP) — The talks began.":                 "The talks began.",
		"KYIV, Feb. 27 (ENB) - “We agree,” she said.":        "“We agree,” she said.",
		"The minister – a friend of hers – said so.":         "The minister – a friend of hers – said so.",
		"Ana Tervo – who signed first – left.":               "Ana Tervo – who signed first – left.",
		"Norland sent four ministers - The talks ended.":     "Norland sent four ministers - The talks ended.",
		"— The talks began.":                                 "— The talks began.",
		"Port Alder (ENB) -- Norland opened the border.":     "Norland opened the border.",
		"A long sentence that has no dash in its beginning.": "A long sentence that has no dash in its beginning.",
	} {
		if got := undated(s, text.Span{End: len(s)}).Of(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
