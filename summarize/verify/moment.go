package verify

import (
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

// How a moment is known.
const (
	ByDateline    = "dateline"  // from the day that stands at the beginning of the article
	ByPublication = "published" // from the day on which the article was published
)

// A Moment is a day that a text names by its distance from the day of writing, or without its year.
type Moment struct {
	text.Span           // of the words that name it, in the text
	Date      time.Time // midnight UTC of that day
	How       string    // ByDateline or ByPublication
}

// yearless is how near to the day of writing a day without a year must lie to be the nearest of its name.
const yearless = 120 * 24 * time.Hour

// Moments returns the days that words of s name which only the day of writing tells: "this morning", "on Thursday", "last
// February 18". s is a sentence of an article, or says what one says, in language lang; body is the article's text; published is when
// it came out, zero when that is unknown, and a date without a time when it is midnight UTC to the second. country is where the
// writer's clock is, ISO 3166-1, or "": that, or the place of the dateline, says which day it was there.
//
// What is not certain is left out: a day that differs with the zone the writer may be in; a weekday that may be the last or
// the next. Words between quotation marks are left out as well: their day is the speaker's.
func Moments(s, lang, body, country string, published time.Time) []Moment {
	l := lexiconOf(lang)
	ls := lex(s)
	d := l.allDates(s, ls, false)
	near := l.nearDays(ls)
	if len(near)+len(d.weekdays)+len(d.days) == 0 {
		return nil
	}
	bases, how := written(body, lang, country, published)
	if len(bases) == 0 {
		return nil
	}
	quoted := Stretches(s, nil)
	var out []Moment
	add := func(p text.Span, day func(time.Time) time.Time) {
		at := day(bases[0])
		if at.IsZero() || slices.ContainsFunc(bases, func(b time.Time) bool { return !day(b).Equal(at) }) {
			return
		}
		if slices.ContainsFunc(quoted, func(x Stretch) bool { return x.Overlaps(p) }) || slices.ContainsFunc(out, func(o Moment) bool { return o.Overlaps(p) }) {
			return
		}
		out = append(out, Moment{p, at, how})
	}
	for _, n := range near {
		if inName(s, n.Span) {
			continue
		}
		p, said := withDay(s, n.Span, d.days)
		add(p, func(b time.Time) time.Time {
			t := b.AddDate(0, 0, n.value)
			if said != nil && (t.Day() != said.day || int(t.Month()) != said.month) {
				return time.Time{}
			}
			return t
		})
	}
	for _, w := range d.weekdays {
		if w.short || slices.ContainsFunc(d.days, func(x day) bool { return x.weekday == w.value || x.Overlaps(w.Span) }) {
			continue
		}
		p, turn := l.direction(ls, w)
		add(p, func(b time.Time) time.Time { return weekdayFrom(b, w.value, turn) })
	}
	for _, x := range d.days {
		if x.year != 0 {
			continue
		}
		p, turn := l.turned(s, ls, x.Span)
		add(p, func(b time.Time) time.Time {
			t := yearFrom(b, x.month, x.day, turn)
			if turn == "" && t.Year() == b.Year() {
				return time.Time{} // nothing that the words do not say
			}
			return t
		})
	}
	slices.SortFunc(out, func(a, b Moment) int { return a.Start - b.Start })
	return out
}

// inName reports whether a word that is written small has a capital within a sentence: "USA Today".
func inName(s string, p text.Span) bool {
	first, _ := utf8.DecodeRuneInString(s[p.Start:])
	before, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s[:p.Start], " "))
	return unicode.IsUpper(first) && (unicode.IsLetter(before) || unicode.IsDigit(before))
}

// nearDays are the words that name a day by its distance: "today", "last night".
func (l *lexicon) nearDays(ls []lexeme) []moment {
	var out []moment
	for i := 0; i < len(ls); i++ {
		e, k := l.moments.at(ls, i)
		if o, n := l.near.at(ls, i); n > k {
			e, k = o, n
		}
		if k == 0 || e.value == "x" {
			i += max(k-1, 0)
			continue
		}
		if l.lang == "de" && k == 1 && i > 0 && ls[i].cap && ls[i].fold == "morgen" {
			continue // der Morgen
		}
		out = append(out, moment{Span: text.Span{Start: ls[i].Start, End: ls[i+k-1].End}, value: signedInt(e.value)})
		i += k - 1
	}
	return out
}

// withDay widens p by a day of the month in brackets right behind it: "this morning (Feb. 27)".
func withDay(s string, p text.Span, days []day) (text.Span, *day) {
	for i, d := range days {
		if d.Start > p.End && strings.Trim(s[p.End:d.Start], " ,(") == "" {
			if end := strings.IndexByte(s[d.End:], ')'); end >= 0 && end <= 6 && strings.Contains(s[p.End:d.Start], "(") {
				return text.Span{Start: p.Start, End: d.End + end + 1}, &days[i]
			}
			return text.Span{Start: p.Start, End: d.End}, &days[i]
		}
	}
	return p, nil
}

// direction tells whether a weekday is the last of its name ("-"), or the one before that may be meant by "last" ("last"), ""
// where the last and the next may be meant, and widens it by that word.
func (l *lexicon) direction(ls []lexeme, w moment) (text.Span, string) {
	i := slices.IndexFunc(ls, func(x lexeme) bool { return x.Start == w.Start })
	if i > 0 {
		switch e, n := l.turns.at(ls, i-1); {
		case n > 0 && e.value == "-":
			return text.Span{Start: ls[i-1].Start, End: w.End}, "last"
		case n > 0: // "next Friday" is this week's or the one after
			return w.Span, ""
		}
	}
	for k := i - 1; k >= 0 && k >= i-3; k-- {
		if _, n := l.past.at(ls, k); n > 0 {
			return w.Span, "-"
		}
	}
	for k := range ls {
		if _, n := l.future.at(ls, k); n > 0 {
			return w.Span, ""
		}
	}
	return w.Span, "-"
}

// weekdayFrom is the weekday before b, b included; with "last" before its name, b is not. Zero where two days may be meant.
func weekdayFrom(b time.Time, weekday int, turn string) time.Time {
	back := (isoWeekday(b) - weekday + 7) % 7
	switch turn {
	case "-":
		return b.AddDate(0, 0, -back)
	case "last":
		if back == 0 {
			return b.AddDate(0, 0, -7)
		}
		if weekday > isoWeekday(b) { // of the week before: "last Friday" on a Monday. Of this week, either may be meant
			return b.AddDate(0, 0, -back)
		}
	}
	return time.Time{}
}

// turned widens p by "last" or "next" right before it and says which it was.
func (l *lexicon) turned(s string, ls []lexeme, p text.Span) (text.Span, string) {
	i := slices.IndexFunc(ls, func(x lexeme) bool { return x.Start >= p.Start })
	if i > 0 {
		if e, n := l.turns.at(ls, i-1); n == 1 {
			return text.Span{Start: ls[i-1].Start, End: p.End}, e.value
		}
	}
	return p, ""
}

// yearFrom is the day of a month nearest to b, or the last before it, or the next after it.
func yearFrom(b time.Time, month, d int, turn string) time.Time {
	var best time.Time
	for y := b.Year() - 1; y <= b.Year()+1; y++ {
		t := time.Date(y, time.Month(month), d, 0, 0, 0, 0, time.UTC)
		if t.Day() != d || turn == "-" && !t.Before(b) || turn == "+" && !t.After(b) || turn == "" && t.Sub(b).Abs() > yearless {
			continue
		}
		if best.IsZero() || t.Sub(b).Abs() < best.Sub(b).Abs() {
			best = t
		}
	}
	return best
}

// written returns the days on which an article may have been written, and how they are known.
func written(body, lang, country string, published time.Time) ([]time.Time, string) {
	head := body[:min(len(body), datelineReach+60)]
	if i := strings.IndexByte(head, '\n'); i >= 0 {
		head = head[:i]
	}
	s := &Source{text: head, all: head, lang: lang, published: published}
	s.ls = lex(head)
	l := lexiconOf(lang)
	if t := s.dateline(l.allDates(head, s.ls, false)); !t.IsZero() {
		return []time.Time{t}, ByDateline
	}
	if published.IsZero() {
		return nil, ""
	}
	published = published.UTC()
	if published.Equal(published.Truncate(24 * time.Hour)) {
		return []time.Time{published}, ByPublication
	}
	from, to := early, late
	if z, ok := datelineZone(head, lang); ok {
		from, to = z[0], z[1]
	} else if z, ok := zones()[country]; ok {
		from, to = z[0], z[1]
	}
	var out []time.Time
	for _, off := range []time.Duration{from, to} {
		if t := published.Add(off).Truncate(24 * time.Hour); len(out) == 0 || !out[0].Equal(t) {
			out = append(out, t)
		}
	}
	return out, ByPublication
}

// datelineZone returns the zone of the place with which an article begins ("BRUSSELS – "): the city, or its country.
func datelineZone(head, lang string) (zone, bool) {
	for _, dash := range []string{" — ", " – ", " - ", " -- ", "—"} {
		i := strings.Index(head, dash)
		if i <= 0 || i > 60 || strings.ContainsAny(head[:i], ".!?;") {
			continue
		}
		place, _, _ := strings.Cut(head[:i], ",")
		place, _, _ = strings.Cut(place, "(")
		if z, ok := zones()[strings.ToLower(strings.TrimSpace(place))]; ok {
			return z, true
		}
		if all := text.Countries(head[:i], lang); len(all) > 0 {
			z, ok := zones()[all[0].Code]
			return z, ok
		}
	}
	return zone{}, false
}

// A zone is how far clocks may be from UTC, the least and the most.
type zone [2]time.Duration

// zones are the lines of data/zones.txt, by ISO 3166-1 code and by the names of cities in small letters.
var zones = sync.OnceValue(func() map[string]zone {
	out := map[string]zone{}
	tableLines("zones", func(line string) {
		f := strings.Fields(line)
		z := zone{time.Duration(signedInt(f[len(f)-2])) * time.Hour, time.Duration(signedInt(f[len(f)-1])) * time.Hour}
		for name := range strings.SplitSeq(strings.Join(f[:len(f)-2], " "), "|") {
			if len(name) > 2 {
				name = strings.ToLower(name)
			}
			out[name] = z
		}
	})
	return out
})
