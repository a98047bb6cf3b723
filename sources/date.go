package sources

import (
	"strconv"
	"strings"
	"time"
)

// maxDateLen is how long a date may be. The longest seen in a feed, with a zone spelled out, has 62 bytes.
const maxDateLen = 100

// A verdict is what the program's own date formats say of a string.
type verdict int

const (
	unknown verdict = iota // another reader may understand it
	read
	refused // it is understood to be no date, or to be one of several
)

// when reads the date of a feed: by our own formats, and where no zone name is in play as gofeed read it. The zero time is the
// answer to nonsense. Times without a zone are taken for UTC. Why no parser of every language stands behind it: docs/adr/0007.
func when(s string, byGofeed *time.Time) time.Time {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > maxDateLen {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return sane(t.Truncate(time.Second))
	}
	t, v := parseDate(s)
	switch {
	case v == read:
		return t
	case v == unknown && byGofeed != nil && !hasLetters(s): // gofeed takes every zone name it does not know for UTC
		return sane(byGofeed.UTC())
	}
	return time.Time{}
}

// sane refuses the zero dates of databases and years no feed writes about.
func sane(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 100 || t.Year() > 2200 {
		return time.Time{}
	}
	return t
}

// fastDate reads a date by the program's own formats alone.
func fastDate(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > maxDateLen {
		return time.Time{}, false
	}
	t, v := parseDate(s)
	return t, v == read
}

func hasLetters(s string) bool {
	for _, tok := range dateTokens(strings.ToLower(s)) {
		if tok.kind == word && tok.text != "t" && tok.text != "z" {
			return true
		}
	}
	return false
}

// parseDate reads a date written with figures and the month names of
// date_words, in any order people use. It is strict: a word it does not know
// makes the string unknown, an hour 25 or a 31 June refuses it.
func parseDate(s string) (time.Time, verdict) {
	if t, err := time.Parse(time.RFC1123Z, s); err == nil {
		return checked(t)
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return checked(t)
	}
	low := strings.ToLower(s)
	if t, v := compactDate(low); v != unknown {
		return t, v
	}
	p := dateParts{tokens: dateTokens(dayHalves.Replace(low)), month: 0, offset: noOffset}
	if v := p.scan(); v != read {
		return time.Time{}, v
	}
	return p.time()
}

var dayHalves = strings.NewReplacer("a.m.", "am", "p.m.", "pm", "a. m.", "am", "p. m.", "pm")

func checked(t time.Time) (time.Time, verdict) {
	if t = sane(t); t.IsZero() {
		return t, refused
	}
	return t, read
}

// compactDate reads what is one run of figures: ISO 8601 in its short forms, and Unix times.
func compactDate(s string) (time.Time, verdict) {
	digits := strings.TrimPrefix(s, "-")
	short := digits != s
	if short && len(digits) == 5 && digits[2] == '-' { // -YY-MM
		digits = digits[:2] + digits[3:]
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || digits == "" || digits[0] == '+' || digits[0] == '-' {
		return time.Time{}, unknown
	}
	at := func(layout, v string) (time.Time, verdict) {
		t, err := time.Parse(layout, v)
		if err != nil {
			return time.Time{}, refused
		}
		return checked(t)
	}
	switch {
	case short && len(digits) == 4: // -YYMM
		return at("200601", strconv.Itoa(fullYear(int(n/100)))+digits[2:])
	case short:
		return time.Time{}, refused
	case len(digits) == 4:
		return at("2006", digits)
	case len(digits) == 5: // YYDDD
		return at("2006002", strconv.Itoa(fullYear(int(n/1000)))+digits[2:])
	case len(digits) == 7:
		return at("2006002", digits)
	case len(digits) == 8:
		return at("20060102", digits)
	case len(digits) == 12:
		return at("200601021504", digits)
	case len(digits) == 14:
		return at("20060102150405", digits)
	case len(digits) == 10:
		return checked(time.Unix(n, 0))
	case len(digits) == 13:
		return checked(time.UnixMilli(n))
	}
	return time.Time{}, refused
}

// fullYear is the year meant by two figures (RFC 2822: 00–49 are this century).
func fullYear(y int) int {
	switch {
	case y < 50:
		return 2000 + y
	case y < 100:
		return 1900 + y
	}
	return y
}
