package sources

import (
	"strings"
	"time"
	"unicode"
)

type tokenKind int

const (
	number tokenKind = iota
	word
	mark // punctuation or one run of space
)

type dateToken struct {
	kind   tokenKind
	text   string
	value  int
	digits int
}

// dateTokens cuts a lower-case string into figures, words and marks. Figures of any script count.
func dateTokens(s string) []dateToken {
	out := make([]dateToken, 0, 16)
	rs := []rune(s)
	for i := 0; i < len(rs); {
		r := rs[i]
		j := i + 1
		switch {
		case unicode.IsDigit(r):
			v, n := 0, 0
			for j = i; j < len(rs) && unicode.IsDigit(rs[j]) && n < 9; j++ {
				v = v*10 + digitValue(rs[j])
				n++
			}
			out = append(out, dateToken{kind: number, text: string(rs[i:j]), value: v, digits: n})
		case unicode.IsLetter(r) || unicode.IsMark(r):
			for j < len(rs) && (unicode.IsLetter(rs[j]) || unicode.IsMark(rs[j]) || rs[j] == '\'' && j+1 < len(rs) && unicode.IsLetter(rs[j+1])) {
				j++
			}
			out = append(out, dateToken{kind: word, text: string(rs[i:j])})
		case unicode.IsSpace(r) || r == '\u00ad' || unicode.Is(unicode.Cf, r):
			for j < len(rs) && (unicode.IsSpace(rs[j]) || unicode.Is(unicode.Cf, rs[j])) {
				j++
			}
			out = append(out, dateToken{kind: mark, text: " "})
		default:
			out = append(out, dateToken{kind: mark, text: string(r)})
		}
		i = j
	}
	return out
}

// digitValue is the value of a decimal digit; the digits of every script stand in tens from a zero.
func digitValue(r rune) int {
	if r <= '9' {
		return int(r - '0')
	}
	zero := r
	for zero > r-9 && unicode.IsDigit(zero-1) {
		zero--
	}
	return int(r-zero) % 10
}

const noOffset = 1 << 20

// dateParts is what the words and figures of a date have said so far.
type dateParts struct {
	tokens []dateToken
	nums   []dateToken // figures that are part of the date, in order
	seps   []string    // what stood before each of them
	month  int
	weekly int // a word that is both a day and a month name: the month it may be
	year   int // said with 年 and the like
	day    int

	timed            bool
	hour, min, sec   int
	half             string // "am", "pm"
	offset           int    // seconds east of UTC
	place            *time.Location
	home             int // seconds east, where the language itself says so
	homeSet, numeric bool
}

func (p *dateParts) at(i int) dateToken {
	if i < 0 || i >= len(p.tokens) {
		return dateToken{kind: mark}
	}
	return p.tokens[i]
}

// scan sorts the tokens; read means that every one of them was understood.
func (p *dateParts) scan() verdict {
	for i := 0; i < len(p.tokens); {
		t := p.tokens[i]
		var n int
		var v verdict
		switch t.kind {
		case number:
			n, v = p.scanNumber(i)
		case word:
			n, v = p.scanWord(i)
		default:
			n, v = p.scanMark(i)
		}
		if v != read {
			return v
		}
		i += n
	}
	return read
}

// scanNumber reads a time of day, or a figure of the date.
func (p *dateParts) scanNumber(i int) (int, verdict) {
	t := p.tokens[i]
	if p.at(i+1).text == ":" {
		return p.scanTime(i)
	}
	if unit := dateUnits[p.at(i+1).text]; p.at(i+1).kind == word && unit != 0 {
		if n, ok := p.scanUnit(i, unit); ok {
			return n, read
		}
	}
	if u := p.at(i + 1); u.kind == word && strings.HasPrefix(u.text, "h") && t.digits <= 2 && !p.timed && len(u.text) == 1 { // 9h12
		p.timed, p.hour = true, t.value
		if m := p.at(i + 2); m.kind == number && m.digits == 2 {
			p.min = m.value
			return 3, read
		}
		return 2, read
	}
	sep := p.at(i - 1).text
	if len(p.nums) == 3 || len(p.nums) == 2 && p.month > 0 {
		return 0, unknown
	}
	p.nums, p.seps = append(p.nums, t), append(p.seps, sep)
	return 1, read
}

// scanTime reads h:mm, h:mm:ss and fractions of a second.
func (p *dateParts) scanTime(i int) (int, verdict) {
	h, m := p.at(i), p.at(i+2)
	if p.timed || m.kind != number || h.digits > 2 || m.digits > 2 {
		return 0, refused
	}
	p.timed, p.hour, p.min = true, h.value, m.value
	n := 3
	if p.at(i+n).text == ":" {
		s := p.at(i + n + 1)
		if s.kind != number || s.digits > 2 {
			return 0, refused
		}
		p.sec = s.value
		n += 2
		if dot := p.at(i + n).text; (dot == "." || dot == ",") && p.at(i+n+1).kind == number {
			n += 2
		} else if dot == ":" {
			return 0, refused
		}
	}
	if p.sec == 60 { // a leap second
		p.sec = 59
	}
	if p.hour > 24 || p.min > 59 || p.sec > 59 || p.hour == 24 && p.min+p.sec > 0 {
		return 0, refused
	}
	return n, read
}

// dateUnits are the words that East Asian dates put behind each figure.
var dateUnits = map[string]rune{"年": 'y', "년": 'y', "年度": 'y', "月": 'm', "월": 'm', "日": 'd', "일": 'd', "号": 'd', "號": 'd',
	"時": 'H', "时": 'H', "點": 'H', "点": 'H', "시": 'H', "分": 'M', "분": 'M', "秒": 'S', "초": 'S'}

func (p *dateParts) scanUnit(i int, unit rune) (int, bool) {
	v := p.tokens[i].value
	switch unit {
	case 'y':
		p.year = v
	case 'm':
		p.month = v
	case 'd':
		p.day = v
	case 'H':
		p.hour, p.timed = v, true
	case 'M':
		p.min = v
	case 'S':
		p.sec = v
	}
	if u := p.tokens[i+1].text; strings.ContainsAny(u, "년월일") && !p.homeSet {
		p.home, p.homeSet = dateWords.zones["ko"], true
	}
	return 2, p.month <= 12 && p.day <= 31 && p.hour <= 24 && p.min <= 59 && p.sec <= 59
}

// scanWord reads a month, a day of the week, a half of the day, a zone, or a word without meaning.
func (p *dateParts) scanWord(i int) (int, verdict) {
	text := foldDateWord(p.tokens[i].text)
	if text == "t" && p.complete() && !p.timed && p.at(0).kind == number && p.at(i+1).kind == number { // ISO 8601, or nearly
		return 1, read
	}
	if p.complete() {
		if n, v := p.scanZone(i); v != unknown {
			return n, v
		}
	}
	if two := text + " " + foldDateWord(p.at(i+2).text); p.at(i+1).text == " " && p.at(i+2).kind == word {
		if w, ok := dateWords.words[two]; ok {
			p.take(w)
			return 3, read
		}
	}
	if w, ok := dateWords.words[text]; ok {
		p.take(w)
		return 1, read
	}
	if n, v := p.scanZone(i); v != unknown {
		return n, v
	}
	return 0, unknown
}

// complete reports whether nothing but a zone, a half of the day or a day's name can follow.
func (p *dateParts) complete() bool {
	return p.timed || len(p.nums) == 3 || p.month > 0 && len(p.nums) == 2
}

func (p *dateParts) take(w dateWord) {
	switch {
	case w.half != "":
		p.half = w.half
	case w.month > 0 && w.day:
		if p.weekly > 0 && p.month == 0 {
			p.month = w.month
		}
		p.weekly = w.month
	case w.month > 0 && p.month == 0:
		p.month = w.month
	}
	if w.home != 0 && !p.homeSet {
		p.home, p.homeSet = w.home, true
	}
}

// scanZone reads a zone's name or abbreviation. After a numeric offset it only repeats it.
func (p *dateParts) scanZone(i int) (int, verdict) {
	t := p.tokens[i].text
	if p.at(i+1).text == "/" && p.at(i+2).kind == word {
		name, n := p.tokens[i].text+"/"+p.at(i+2).text, 3
		for p.at(i+n).text == "_" && p.at(i+n+1).kind == word {
			name, n = name+"_"+p.at(i+n+1).text, n+2
		}
		loc, err := loadZone(name)
		if err != nil {
			return 0, unknown
		}
		p.place = loc
		return n, read
	}
	z, ok := dateZones[t]
	if !ok {
		return 0, unknown
	}
	if !p.numeric {
		p.offset, p.place = z.offset, z.place
	}
	return 1, read
}

// scanMark reads a sign that begins an offset; everything else only separates.
func (p *dateParts) scanMark(i int) (int, verdict) {
	switch t := p.tokens[i].text; t {
	case "+", "-", "−":
		prev := p.at(i - 1)
		if prev.text == " " {
			prev = p.at(i - 2)
		}
		if next := p.at(i + 1); next.kind == number && p.timed && !p.isDateNumber(prev) {
			return p.scanOffset(i, t == "+")
		}
		if p.timed && p.at(i+1).kind == word && p.at(i-1).kind == number && t == "+" {
			return 0, refused
		}
		return 1, read
	case "(": // a comment after the zone repeats it
		if p.offset != noOffset || p.place != nil {
			for n := 1; i+n < len(p.tokens); n++ {
				if p.at(i+n).text == ")" {
					return n + 1, read
				}
			}
		}
		return 1, read
	case ":":
		return 0, refused
	case " ", ",", ".", "/", "|", ")", "–", "—", "،", "·", ";", "'", "’", "@", "_", "[", "]", "º", "°":
		return 1, read
	}
	return 0, unknown
}

// isDateNumber reports whether a token is a figure of the date rather than the end of a time.
func (p *dateParts) isDateNumber(t dateToken) bool {
	return t.kind == number && len(p.nums) > 0 && p.nums[len(p.nums)-1] == t && !p.timeJustRead(t)
}

func (p *dateParts) timeJustRead(t dateToken) bool {
	return t.value == p.sec || t.value == p.min
}

// scanOffset reads +hh, +hhmm, +hh:mm.
func (p *dateParts) scanOffset(i int, east bool) (int, verdict) {
	t := p.at(i + 1)
	h, m, n := 0, 0, 2
	switch {
	case t.digits <= 2:
		h = t.value
		if p.at(i+2).text == ":" {
			mm := p.at(i + 3)
			if mm.kind != number || mm.digits != 2 {
				return 0, refused
			}
			m, n = mm.value, 4
		}
	case t.digits <= 4:
		h, m = t.value/100, t.value%100
	default:
		return 0, refused
	}
	if h > 15 || m > 59 || p.numeric {
		return 0, refused
	}
	p.offset, p.place, p.numeric = (h*60+m)*60, nil, true
	if !east {
		p.offset = -p.offset
	}
	return n, read
}
