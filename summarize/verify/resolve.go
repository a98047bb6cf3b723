package verify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"attache/internal/text"
)

const (
	// near is how far from its publication an article may name a day without month or year, so that the day is certain.
	near = 7 * 24 * time.Hour
	// early and late are how far the clock of the writer's place may be from UTC (US west coast, Sydney).
	early, late = -8 * time.Hour, 10 * time.Hour
	// datelineReach is in how many bytes of the text its dateline is looked for.
	datelineReach = 120
)

// A calendar is what an article says of time, and what follows from that for certain. Values say how: "said" or by what.
type calendar struct {
	days     []day
	months   map[int]string
	weekdays map[int]string
	years    map[int]string
	clocks   map[int]bool
	near     map[int]bool
}

// A Day is a day that an article names.
type Day struct {
	Year       int // 0 where neither the article nor its publication tells
	Month, Day int
	Said       string // the article's words
	How        string // "said", or how the day follows from what is said
}

// Days returns the days that the article names, and those that its weekdays are for certain.
func (s *Source) Days() []Day {
	out := make([]Day, len(s.times.days))
	for i, d := range s.times.days {
		out[i] = Day{d.year, d.month, d.day, d.Of(s.all), d.how}
	}
	return out
}

// calendarOf resolves the days of the week that an article names, and the weekdays of its dates.
func (s *Source) calendarOf(l *lexicon, d dates) calendar {
	c := calendar{days: d.days, months: map[int]string{}, weekdays: map[int]string{}, years: map[int]string{}, clocks: map[int]bool{}, near: map[int]bool{}}
	for _, m := range d.months {
		c.months[m.value] = "said"
	}
	for _, w := range d.weekdays {
		c.weekdays[w.value] = "said"
	}
	for _, k := range d.clocks {
		for _, at := range k.at {
			c.clocks[at] = true
		}
	}
	for _, n := range d.near {
		c.near[n.value] = true
	}
	for i := range c.days {
		x := &c.days[i]
		x.how = "said"
		if x.year != 0 {
			c.years[x.year] = "said"
		} else {
			x.year = s.yearOf(x.month, x.day)
			if x.year != 0 {
				c.years[x.year] = fmt.Sprintf("by %s and the day it was published", x.Of(s.all))
			}
		}
		if x.year != 0 {
			if w := weekdayOf(x.year, x.month, x.day); w != 0 && c.weekdays[w] == "" {
				c.weekdays[w] = "by the date " + x.Of(s.all)
			}
		}
	}
	bases := s.writtenOn(d)
	if len(bases) == 0 {
		return c
	}
	for _, w := range append(slices.Clone(d.weekdays), d.near...) {
		relative := slices.ContainsFunc(d.near, func(n moment) bool { return n.Span == w.Span })
		if w.short || !relative && s.ahead(w) {
			continue
		}
		at := time.Time{}
		for _, b := range bases {
			t := b.AddDate(0, 0, w.value)
			if !relative {
				t = b.AddDate(0, 0, -((isoWeekday(b) - w.value + 7) % 7))
			}
			if !at.IsZero() && !t.Equal(at) {
				at = time.Time{} // not certain
				break
			}
			at = t
		}
		if at.IsZero() {
			continue
		}
		how := fmt.Sprintf("by %s and the day it was written", w.Of(s.all))
		c.days = append(c.days, day{Span: w.Span, day: at.Day(), month: int(at.Month()), year: at.Year(), weekday: isoWeekday(at), how: how})
		if c.years[at.Year()] == "" {
			c.years[at.Year()] = how
		}
		if c.months[int(at.Month())] == "" {
			c.months[int(at.Month())] = how
		}
		if c.weekdays[isoWeekday(at)] == "" {
			c.weekdays[isoWeekday(at)] = how
		}
	}
	return c
}

// yearOf returns the year of a day without one, when it lies within days of the article's publication; 0 when it does not.
func (s *Source) yearOf(month, d int) int {
	if s.published.IsZero() {
		return 0
	}
	for _, y := range []int{s.published.Year(), s.published.Year() - 1, s.published.Year() + 1} {
		t := time.Date(y, time.Month(month), d, 12, 0, 0, 0, time.UTC)
		if t.Day() == d && t.Sub(s.published).Abs() <= near+12*time.Hour {
			return y
		}
	}
	return 0
}

// writtenOn returns the days on which the article may have been written: that of its dateline, or those that its
// publication is in time zones near and far.
func (s *Source) writtenOn(d dates) []time.Time {
	if t := s.dateline(d); !t.IsZero() {
		return []time.Time{t}
	}
	if s.published.IsZero() {
		return nil
	}
	var out []time.Time
	for _, off := range []time.Duration{early, late} {
		t := s.published.UTC().Add(off)
		if t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC); len(out) == 0 || !out[0].Equal(t) {
			out = append(out, t)
		}
	}
	return out
}

// dateline returns the day that stands in the article's dateline, zero where none does.
func (s *Source) dateline(d dates) time.Time {
	for _, x := range d.days {
		if x.Start < s.shift || x.Start > s.shift+datelineReach || strings.ContainsAny(s.all[s.shift:x.Start], ".!?;\n") || x.year == 0 && s.published.IsZero() {
			continue
		}
		head := s.all[s.shift:x.Start]
		if strings.ToUpper(head) != head && strings.ContainsFunc(head, func(r rune) bool { return r == ' ' }) && strings.Count(head, " ") > 4 {
			continue // a sentence that begins with a date is no dateline
		}
		rest := s.all[x.End:min(len(s.all), x.End+24)]
		if !strings.ContainsAny(rest, "–—-(:") {
			continue
		}
		y := x.year
		if y == 0 {
			y = s.yearOf(x.month, x.day)
		}
		if y != 0 {
			return time.Date(y, time.Month(x.month), x.day, 0, 0, 0, 0, time.UTC)
		}
	}
	return time.Time{}
}

// ahead reports whether the sentence around a weekday speaks of days to come, so that "Friday" may be the next one.
func (s *Source) ahead(w moment) bool {
	i := s.sentenceAt(w.Start)
	return i >= 0 && s.future[i]
}

// sentenceAt returns which sentence stands at a byte of all, -1 for none.
func (s *Source) sentenceAt(at int) int {
	i, _ := slices.BinarySearchFunc(s.sentences, at+1, func(p text.Span, at int) int { return p.End - at })
	if i < len(s.sentences) && s.sentences[i].Start <= at {
		return i
	}
	return -1
}

// markFuture notes which sentences speak of days to come.
func (s *Source) markFuture(l *lexicon) {
	s.future = make([]bool, len(s.sentences))
	for i, x := range s.ls {
		if _, k := l.future.at(s.ls, i); k > 0 {
			if at := s.sentenceAt(x.Start); at >= 0 {
				s.future[at] = true
			}
		}
	}
}

// dateProblems are days, months and times that the article neither says nor makes certain.
func (s *Source) dateProblems(r *reading) []Problem {
	var out []Problem
	c := &s.times
	inDay := func(m moment) bool {
		return slices.ContainsFunc(r.dates.days, func(d day) bool { return d.Overlaps(m.Span) })
	}
	for i, d := range r.dates.days {
		borne, weekday := false, 0
		for j, e := range r.dates.days { // 3/4/2025: either reading
			if i != j && e.Span != d.Span {
				continue
			}
			for _, x := range c.days {
				if x.day != e.day || x.month != e.month {
					continue
				}
				if e.year == 0 || x.year == e.year || x.year == 0 && (s.values[itoa(e.year)] != nil || c.years[e.year] != "") {
					borne = true
					if x.weekday != 0 {
						weekday = x.weekday
					} else if x.year != 0 {
						weekday = weekdayOf(x.year, x.month, x.day)
					}
				}
			}
		}
		switch {
		case !borne:
			out = append(out, Problem{KindDate, d.Of(r.Text), fmt.Sprintf("the date (day %d, month %d) is not in the article it cites", d.day, d.month)})
		case d.weekday != 0 && weekday != 0 && weekday != d.weekday:
			out = append(out, Problem{KindWeekday, d.Of(r.Text), "the date is another day of the week in the article it cites"})
		}
	}
	for _, m := range r.dates.months {
		if m.short || inDay(m) {
			continue
		}
		if c.months[m.value] == "" {
			out = append(out, Problem{KindMonth, m.Of(r.Text), "the month is not in the article it cites"})
		}
	}
	for _, w := range r.dates.weekdays {
		if !w.short && c.weekdays[w.value] == "" {
			out = append(out, Problem{KindWeekday, w.Of(r.Text), "the day of the week is not in the article it cites"})
		}
	}
	for _, k := range r.dates.clocks {
		if !slices.ContainsFunc(k.at, func(at int) bool { return c.clocks[at] }) {
			out = append(out, Problem{KindTime, k.Of(r.Text), "the time of day is not in the article it cites"})
		}
	}
	for _, n := range r.dates.near {
		if !c.near[n.value] {
			out = append(out, Problem{KindDay, n.Of(r.Text), "the article it cites does not say so; write the day"})
		}
	}
	return out
}
