package summarize

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"attache/internal/text"
)

var (
	// isoDate is 2025-02-27; dayFirst 27.02.2025 and 27/2/25; hanDate 2月27日.
	isoDate  = regexp.MustCompile(`\b(\d{4})-(\d{1,2})-(\d{1,2})\b`)
	dayFirst = regexp.MustCompile(`\b(\d{1,2})[./](\d{1,2})[./](\d{4}|\d{2})\b`)
	hanDate  = regexp.MustCompile(`(\d{1,2})月(\d{1,2})日`)
)

// datesIn returns the days of a month that s names, by name of the month in lang or in figures. Of 3/4/2025, both readings.
func datesIn(s, lang string) map[date]bool {
	out := map[date]bool{}
	add := func(day, month string) {
		d, _ := strconv.Atoi(day)
		m, _ := strconv.Atoi(month)
		if d >= 1 && d <= 31 && m >= 1 && m <= 12 {
			out[date{d, m}] = true
		}
	}
	for _, m := range isoDate.FindAllStringSubmatch(s, -1) {
		add(m[3], m[2])
	}
	for _, m := range dayFirst.FindAllStringSubmatch(s, -1) {
		add(m[1], m[2])
		add(m[2], m[1])
	}
	for _, m := range hanDate.FindAllStringSubmatch(s, -1) {
		add(m[2], m[1])
	}
	months := lexiconOf(lang).months
	if len(months) == 0 {
		return out
	}
	words := text.Words(s)
	for i, w := range words {
		month := months[lower(w.Of(s))]
		if month == 0 || lang == "en" && !unicode.IsUpper(rune(s[w.Start])) { // "may", "march"
			continue
		}
		for _, k := range []int{i - 1, i - 2, i + 1} { // 27 February, 27 de febrero, February 27
			if k < 0 || k >= len(words) || k == i-2 && !linking[lower(words[i-1].Of(s))] {
				continue
			}
			if day := dayOf(words[k].Of(s)); day != "" {
				add(day, strconv.Itoa(month))
				break
			}
		}
	}
	return out
}

// linking are the words between a day and its month.
var linking = map[string]bool{"of": true, "de": true, "d'": true, "di": true}

// dayOf returns the day that a word stands for ("27", "27th", "1er"), "" for none.
func dayOf(w string) string {
	d := strings.TrimRightFunc(asciiDigits(w), unicode.IsLetter)
	if len(d) == 0 || len(d) > 2 || strings.Trim(d, "0123456789") != "" || len(w)-len(d) > 3 {
		return ""
	}
	return d
}
