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
		for _, section := range []string{cueOpen, cueLimit, cueDispute, cueNot, cueBut, cueOpinion, cueLoaded, cueSelf, cueSpeech, cueCredit, cueNoNews} {
			s := l.sets[section]
			if s == nil || len(s.exact)+len(s.heads)+len(s.tails)+len(s.subs) == 0 {
				t.Errorf("%s: [%s] is missing or empty", lang, section)
			}
		}
		for section := range l.sets {
			if !slices.Contains([]string{cueOpen, cueLimit, cueDispute, cueNot, cueBut, cueOpinion, cueLoaded, cueSelf, cueSpeech, cueCredit, cueNoNews,
				cueMonths, cueDays, cueScales, cueShares}, section) {
				t.Errorf("%s: [%s] is no section", lang, section)
			}
		}
		months, days := map[int]bool{}, map[int]bool{}
		for _, m := range l.months {
			months[m] = true
		}
		for _, d := range l.days {
			days[d] = true
		}
		if !spaceless(lang) && (len(months) != 12 || len(days) != 7) {
			t.Errorf("%s: %d months, %d days", lang, len(months), len(days))
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

func TestStretches(t *testing.T) {
	for _, c := range []struct {
		s    string
		want []string // the words between marks, marks included; "…" behind one that is not closed
	}{
		{`He said "yes" and "no".`, []string{`"yes"`, `"no"`}},
		{"“One. Two,” he said. “Three", []string{"“One. Two,”", "“Three…"}},
		{"„Ja“, sagte er. »Nein«, sagte sie. «Oui», dit-il.", []string{"„Ja“", "»Nein«", "«Oui»"}},
		{"“She said “no” to me,” he said.", []string{"“She said “no” to me,”"}},
		{"他说：“好。不好！”。", []string{"“好。不好！”"}},
		{"''Two marks,'' he said.", []string{"''Two marks,''"}},
		{"A 12\" gun and a 5\" gun.", nil},
		{"“Open\n“closed”", []string{"“Open…", "“closed”"}},
	} {
		var got []string
		for _, x := range stretches(c.s, nil) {
			w := x.Of(c.s)
			if x.open {
				w += "…"
			}
			got = append(got, w)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.s, got, c.want)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		s, lang string
		want    [][]string
	}{
		{"1,056.5 and 1.056,5", "en", [][]string{{"1056.5"}, {"1056.5"}}},
		{"1.056 or 12.5", "en", [][]string{{"1056", "1.056"}, {"12.5"}}},
		{"5 million, 2.5bn, 3 thousand million", "en", [][]string{{"5000000"}, {"2500000000"}, {"3000000000"}}},
		{"35 percent, 35 %, 35%", "en", [][]string{{"35%"}, {"35%"}, {"35%"}}},
		{"in 2016 100 people", "en", [][]string{{"2016"}, {"100"}}},
		{"2,5 Millionen", "de", [][]string{{"2500000"}}},
		{"40亿", "zh", [][]string{{"4000000000"}}},
		{"٤٠ مليون", "ar", [][]string{{"40000000"}}},
		{"an F16 of 007", "en", [][]string{{"7"}}},
	} {
		var got [][]string
		for _, n := range numbersIn(c.s, c.lang) {
			got = append(got, n.readings)
		}
		if !slices.EqualFunc(got, c.want, slices.Equal[[]string]) {
			t.Errorf("%q: %v, want %v", c.s, got, c.want)
		}
	}
}
