package sources

import (
	"time"
)

// time puts the parts together. A date needs a year and, unless it has the ISO
// form of a month or year, a day; figures in an order that could mean two days refuse it.
func (p *dateParts) time() (time.Time, verdict) {
	if p.month == 0 && p.weekly > 0 && len(p.nums) < 3 && p.year == 0 {
		p.month = p.weekly
	}
	y, m, d, v := p.date()
	if v != read {
		return time.Time{}, v
	}
	if m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return time.Time{}, refused
	}
	hour := p.hour
	switch {
	case p.half == "pm" && hour < 12:
		hour += 12
	case p.half == "am" && hour == 12:
		hour = 0
	}
	loc := time.UTC
	switch {
	case p.place != nil:
		loc = p.place
	case p.offset != noOffset:
		loc = time.FixedZone("", p.offset)
	case p.homeSet && p.home != 0:
		loc = time.FixedZone("", p.home)
	}
	return checked(time.Date(y, time.Month(m), d, hour, p.min, p.sec, 0, loc))
}

// year is the year that a figure names: 25 is 2025, 0025 is not.
func (t dateToken) year() int {
	if t.digits > 2 {
		return t.value
	}
	return fullYear(t.value)
}

// date finds out which figure is the year, the month and the day.
func (p *dateParts) date() (y, m, d int, v verdict) {
	if p.year > 0 {
		m, d = p.month, p.day
		if m == 0 {
			return 0, 0, 0, refused
		}
		return fullYear(p.year), m, max(d, 1), read
	}
	n := p.nums
	if p.month > 0 {
		switch len(n) {
		case 1:
			if n[0].digits == 4 {
				return n[0].value, p.month, 1, read
			}
		case 2:
			a, b := n[0], n[1]
			if isYear(a) && !isYear(b) {
				return a.year(), p.month, b.value, read
			}
			if !isYear(a) && (isYear(b) || b.digits == 2) {
				return b.year(), p.month, a.value, read
			}
		}
		return 0, 0, 0, refused
	}
	switch len(n) {
	case 1:
		if n[0].digits == 8 {
			return n[0].value / 10000, n[0].value / 100 % 100, n[0].value % 100, read
		}
		if n[0].digits == 4 && !p.timed {
			return n[0].value, 1, 1, read
		}
	case 2:
		if n[0].digits == 4 && n[1].digits == 3 && n[1].value >= 1 && n[1].value <= 366 { // ISO 8601, day of the year
			t := time.Date(n[0].value, 1, n[1].value, 0, 0, 0, 0, time.UTC)
			return t.Year(), int(t.Month()), t.Day(), read
		}
		if n[0].digits == 4 && n[1].digits <= 2 {
			return n[0].value, n[1].value, 1, read
		}
		if n[1].digits == 4 && n[0].digits <= 2 {
			return n[1].value, n[0].value, 1, read
		}
	case 3:
		return p.threeNumbers(n[0], n[1], n[2])
	}
	return 0, 0, 0, refused
}

// threeNumbers orders year, month and day by their size, by the marks between
// them, and by the half of the day, which goes with the American order.
func (p *dateParts) threeNumbers(a, b, c dateToken) (y, m, d int, v verdict) {
	sep := p.seps[2]
	switch {
	case isYear(a):
		if b.value > 12 && c.value <= 12 {
			return a.year(), c.value, b.value, read
		}
		return a.year(), b.value, c.value, read
	case !isYear(c) && c.digits != 2:
		return 0, 0, 0, refused
	case b.value > 12:
		return c.year(), a.value, b.value, read
	case a.value > 12:
		if !isYear(c) && sep == "-" && c.value <= 31 {
			return 0, 0, 0, refused // 25-02-27
		}
		return c.year(), b.value, a.value, read
	case sep == "/" && (p.half != "" || !isYear(c)):
		return c.year(), a.value, b.value, read
	case sep == "-" && !isYear(c) && a.value != b.value:
		return 0, 0, 0, refused // 03-04-05
	}
	return c.year(), b.value, a.value, read
}

// isYear reports whether a figure can be nothing but a year.
func isYear(t dateToken) bool {
	return t.digits >= 3 && t.digits <= 4 || t.digits == 2 && t.value > 31
}

func daysIn(y, m int) int {
	return time.Date(y, time.Month(m)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
