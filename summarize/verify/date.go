package verify

import (
	"strings"
	"time"

	"attache/internal/text"
)

// A day is a day of a month that a text names.
type day struct {
	text.Span
	day, month, year int // the year is 0 where none stands
	weekday          int // that stands with it; 1 is Monday, 0 is none
	how              string
}

// A moment is a month or a day of the week that stands alone, or a time of day.
type moment struct {
	text.Span
	value int
	short bool // an abbreviation, which may be another word
}

// dates is what a text says of time.
type dates struct {
	days     []day
	months   []moment // those of days are among them
	weekdays []moment
	clocks   []clock
	near     []moment // today, yesterday: the distance in days
	taken    []bool   // lexemes that are no figures of their own
	maybe    []bool   // … that may be one nevertheless: "in March 12 people"
}

// A clock is a time of day, in minutes; both readings where neither am nor pm is said.
type clock struct {
	text.Span
	at []int
}

// allDates returns what s says of time. Of 3/4/2025, both readings.
func (l *lexicon) allDates(s string, ls []lexeme, uncased bool) dates {
	d := dates{taken: make([]bool, len(ls)), maybe: make([]bool, len(ls))}
	for i := 0; i < len(ls); i++ {
		if d.taken[i] {
			continue
		}
		switch ls[i].kind {
		case figure:
			if !l.numeric(ls, i, &d) && !l.clockAt(ls, i, &d) {
				l.hanDay(ls, i, &d)
			}
		case word:
			if !l.weekdayAt(s, ls, i, &d, uncased) && !l.monthAt(s, ls, i, &d, uncased) {
				if e, k := l.near.at(ls, i); k > 0 {
					d.near = append(d.near, moment{Span: ls[i].Span, value: signedInt(e.value)})
				} else if e, k := l.clock.at(ls, i); k > 0 {
					d.clocks = append(d.clocks, clock{ls[i].Span, []int{atoi(e.value)}})
				}
			}
		}
	}
	for i := range d.days {
		d.months = append(d.months, moment{Span: d.days[i].Span, value: d.days[i].month})
	}
	d.pair(s)
	return d
}

func signedInt(s string) int {
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		return -atoi(rest)
	}
	return atoi(s)
}

// pair gives days the name of the weekday that stands beside them: "Friday 20 November", "20 November, a Friday".
func (d *dates) pair(s string) {
	for i := range d.days {
		for _, w := range d.weekdays {
			if gap := d.days[i].Start - w.End; gap >= 0 && gap <= 6 && !strings.ContainsAny(s[w.End:d.days[i].Start], "\n;.!?") {
				d.days[i].weekday = w.value
			}
		}
	}
}

// numeric reads 2025-02-27, 27.02.2025, 27/2/25 and 3/4/2025.
func (l *lexicon) numeric(ls []lexeme, i int, d *dates) bool {
	add := func(y, m, dd, from, to int) bool {
		if m < 1 || m > 12 || dd < 1 || dd > 31 {
			return false
		}
		if y < 100 && y > 0 {
			y += 2000
		}
		d.days = append(d.days, day{Span: text.Span{Start: ls[from].Start, End: ls[to].End}, day: dd, month: m, year: y})
		for k := from; k <= to; k++ {
			d.taken[k] = true
		}
		return true
	}
	if f := strings.Split(ls[i].fold, "."); len(f) == 3 && len(f[0]) <= 2 && len(f[1]) <= 2 && (len(f[2]) == 4 || len(f[2]) == 2) {
		return add(atoi(f[2]), atoi(f[1]), atoi(f[0]), i, i)
	}
	if i+4 >= len(ls) || ls[i+2].kind != figure || ls[i+4].kind != figure || ls[i+1].gap || ls[i+2].gap || ls[i+3].gap || ls[i+4].gap {
		return false
	}
	a, b, c := atoi(ls[i].fold), atoi(ls[i+2].fold), atoi(ls[i+4].fold)
	switch {
	case ls[i+1].kind == dash && ls[i+3].kind == dash && len(ls[i].fold) == 4:
		return add(a, b, c, i, i+4)
	case ls[i+1].slash && ls[i+3].slash && (c > 1900 && c < 2200 || c >= 0 && c < 100 && len(ls[i+4].fold) == 2) && len(ls[i].fold) <= 2 && len(ls[i+2].fold) <= 2:
		one := add(c, b, a, i, i+4)
		return add(c, a, b, i, i+4) || one
	}
	return false
}

// hanDay reads 2025年2月3日, 2月3日 and 2月.
func (l *lexicon) hanDay(ls []lexeme, i int, d *dates) bool {
	year, j := 0, i
	if j+2 < len(ls) && ls[j+1].fold == "年" && ls[j+2].kind == figure && !ls[j+2].gap {
		year, j = atoi(ls[j].fold), j+2
	}
	if j+1 >= len(ls) || ls[j+1].fold != "月" {
		return false
	}
	m := atoi(ls[j].fold)
	if m < 1 || m > 12 {
		return false
	}
	if j+3 < len(ls) && ls[j+2].kind == figure && (ls[j+3].fold == "日" || ls[j+3].fold == "号") {
		if dd := atoi(ls[j+2].fold); dd >= 1 && dd <= 31 {
			d.days = append(d.days, day{Span: text.Span{Start: ls[i].Start, End: ls[j+3].End}, day: dd, month: m, year: year})
			for k := j; k < j+4; k++ {
				d.taken[k] = true
			}
			return true
		}
	}
	d.months = append(d.months, moment{Span: ls[j].Span, value: m})
	d.taken[j], d.taken[j+1] = true, true
	return true
}

// weekdayAt reads the name of a day.
func (l *lexicon) weekdayAt(s string, ls []lexeme, i int, d *dates, uncased bool) bool {
	e, k := l.days.at(ls, i)
	if k == 0 || l.capitalised() && !uncased && !ls[i].cap {
		return false
	}
	short := runes(ls[i].Of(s)) < 4 && e.form > 0
	if short && uncased {
		return false
	}
	d.weekdays = append(d.weekdays, moment{Span: text.Span{Start: ls[i].Start, End: ls[i+k-1].End}, value: atoi(e.value), short: short})
	for j := i; j < i+k; j++ {
		d.taken[j] = true
	}
	return true
}

// capitalised reports whether the language writes names of months and days with a capital, so that "may" is no month.
func (l *lexicon) capitalised() bool { return l.lang == "en" || l.lang == "de" || l.lang == "tr" }

// monthAt reads the name of a month and the day and year that stand with it.
func (l *lexicon) monthAt(s string, ls []lexeme, i int, d *dates, uncased bool) bool {
	e, k := l.months.at(ls, i)
	if k == 0 {
		return false
	}
	m := atoi(e.value)
	end := i + k
	if look(ls, end).point && e.form > 0 {
		end++ // "Feb."
	}
	named := ls[i].cap || uncased || !l.capitalised()
	var days []int // lexemes
	// 27 February, 27th of February, 27. Februar, 27 de febrero, 4-5 and 7 December
	j := i - 1
	if j >= 0 {
		if _, n := l.link.before(ls, i); n > 0 {
			j = i - 1 - n
			if j > 0 {
				if _, n := l.link.before(ls, j+1); n > 0 {
					j -= n
				}
			}
		}
	}
	to := end - 1
	if at := l.dayBefore(s, ls, j, d); at >= 0 && named {
		days = append(days, at)
		for at > 1 && (ls[at-1].kind == dash || l.joins(ls, at-1)) {
			if at = l.dayBefore(s, ls, at-2, d); at < 0 {
				break
			}
			days = append(days, at)
		}
	} else if named {
		// February 27, February 27-28, February 27th
		for at := end; look(ls, at).kind == figure && !ls[at].line && !d.taken[at]; {
			v := atoi(ls[at].fold)
			if v < 1 || v > 31 || look(ls, at+1).colon {
				break
			}
			next := at + 1
			if look(ls, next).kind == word && !ls[next].gap && ordinalEnds[ls[next].fold] {
				next++
			}
			if _, n := l.scales.at(ls, next); n > 0 || look(ls, next).fold == percent {
				break
			}
			days = append(days, at)
			d.maybe[at] = true
			to = max(to, next-1)
			if next+1 < len(ls) && (ls[next].kind == dash || l.joins(ls, next)) {
				at = next + 1
				continue
			}
			break
		}
	}
	year := 0
	y := to + 1
	for n := 0; n < 2 && y < len(ls); n++ {
		if _, k := l.link.at(ls, y); k > 0 {
			y += k
		} else if ls[y].comma {
			y++
		}
	}
	if look(ls, y).kind == figure && len(ls[y].fold) == 4 && !ls[y].line {
		if v := atoi(ls[y].fold); v >= 1000 && v <= 2200 {
			year = v
		}
	}
	if len(days) == 0 {
		if !named || uncased && (ls[i].fold == "may" || ls[i].fold == "march") && year == 0 {
			return false
		}
		d.months = append(d.months, moment{Span: ls[i].Span, value: m, short: runes(ls[i].Of(s)) < 4 && e.form > 0})
	}
	for _, at := range days {
		d.days = append(d.days, day{Span: text.Span{Start: min(ls[at].Start, ls[i].Start), End: max(ls[at].End, ls[i].End)}, day: atoi(ls[at].fold), month: m, year: year})
		d.taken[at] = true
		if look(ls, at+1).kind == word && !ls[at+1].gap {
			d.taken[at+1] = true // th
		}
	}
	for k := i; k < end; k++ {
		d.taken[k] = true
	}
	return true
}

// dayBefore returns the lexeme of a day's number at or, behind it, an ordinal's ending or point, before ls[j]; -1 for none.
func (l *lexicon) dayBefore(s string, ls []lexeme, j int, d *dates) int {
	if j < 0 {
		return -1
	}
	if j > 0 && !ls[j].gap && (ls[j].kind == word && ordinalEnds[ls[j].fold] || ls[j].point) {
		j--
	}
	if ls[j].kind != figure || d.taken[j] || ls[j+1].line {
		return -1
	}
	if v := atoi(ls[j].fold); v < 1 || v > 31 || len(ls[j].fold) > 2 {
		return -1
	}
	return j
}

func (l *lexicon) joins(ls []lexeme, i int) bool {
	_, k := l.ranges.at(ls, i)
	_, and := l.and.at(ls, i)
	return k == 1 || and == 1
}

// clockAt reads 10:30, 10.30am, 5 pm, 10h30, 10 Uhr.
func (l *lexicon) clockAt(ls []lexeme, i int, d *dates) bool {
	h, m, j := atoi(ls[i].fold), 0, i+1
	colon := false
	if f := strings.SplitN(ls[i].fold, ".", 2); len(f) == 2 && len(f[1]) == 2 {
		h, m = atoi(f[0]), atoi(f[1])
	} else if look(ls, i+2).kind == figure && !ls[i+1].gap && !ls[i+2].gap && len(ls[i+2].fold) == 2 &&
		(ls[i+1].colon || ls[i+1].fold == "h") {
		m, j, colon = atoi(ls[i+2].fold), i+3, true
	}
	if h < 0 || h > 24 || m < 0 || m > 59 {
		return false
	}
	half := -1
	if _, k := l.am.at(ls, j); k > 0 {
		half, j = 0, j+k
	} else if _, k := l.pm.at(ls, j); k > 0 {
		half, j = 1, j+k
	} else if j < len(ls) && (ls[j].fold == "uhr" || l.lang == "fr" && ls[j].fold == "h" && !colon) {
		half, j = 2, j+1
	} else if !colon {
		return false
	}
	t := h*60 + m
	var at []int
	switch {
	case half == 0:
		at = []int{t % 720}
	case half == 1:
		at = []int{t%720 + 720}
	case h > 12 || half == 2:
		at = []int{t % 1440}
	default:
		at = []int{t % 720, t%720 + 720}
	}
	d.clocks = append(d.clocks, clock{text.Span{Start: ls[i].Start, End: ls[j-1].End}, at})
	for k := i; k < j; k++ {
		d.taken[k] = true
	}
	return true
}

// weekdayOf returns the day of the week of a date, 1 is Monday; 0 when the date does not exist.
func weekdayOf(year, month, d int) int {
	t := time.Date(year, time.Month(month), d, 12, 0, 0, 0, time.UTC)
	if t.Day() != d {
		return 0
	}
	return isoWeekday(t)
}

func isoWeekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }
