package quote

import (
	"regexp"
	"strings"
	"unicode"

	"attache/internal/text"
)

// cjkDate is a date of Chinese or Japanese text.
var cjkDate = regexp.MustCompile(`(?:\d{4}年)?\d{1,2}月\d{1,2}日|\d{1,2}日|星期[一二三四五六日天]|[周週][一二三四五六日]|今天|昨天|今日|昨日|[月火水木金土日]曜日`)

// maxDate is how many tokens a date may have: "Tuesday, March 3, 2024".
const maxDate = 7

// dateReach is how many tokens from the verb a date may stand; one further off belongs to something else.
const dateReach = 14

// date finds when the words were said, in the words of the sentence [s,e): what stands after the verb in its clause
// first, then what stands before it, then what begins the sentence.
func (f *frame) date(q *found, s, e int) string {
	if f.cjk() {
		return f.cjkDate(q)
	}
	if !q.cue.found() || f.lang.set("dates") == none {
		return ""
	}
	stops := func(k int) bool {
		return f.toks[k].kind != word || f.is(k, "conj") || f.is(k, "rel") || f.is(k, "verbs") && !f.toks[k].cap
	}
	for k := q.cue.b; k < e && k-q.cue.b < dateReach; k++ {
		if f.dated(k) {
			return f.dateAt(k, s, e)
		}
		if stops(k) || f.is(k, "aux") {
			break
		}
	}
	for k := q.cue.a - 1; k >= s && q.cue.a-k < dateReach; k-- {
		if f.dated(k) {
			for k > s && f.dated(k-1) {
				k--
			}
			return f.dateAt(k, s, e)
		}
		if stops(k) {
			break
		}
	}
	for k := s; k < q.cue.a && k < s+4; k++ { // "On Tuesday, Lind said"
		if f.dated(k) {
			return f.dateAt(k, s, e)
		}
		if stops(k) {
			break
		}
	}
	return ""
}

// dated reports whether token k is a weekday, a month or a word like "yesterday". The English months that are verbs too
// need their capital.
func (f *frame) dated(k int) bool {
	return f.is(k, "dates") && (f.toks[k].cap || f.lang.code != "en" || f.is(k, "adverbs") && f.toks[k].low != "may" && f.toks[k].low != "march")
}

// dateAt returns the date around token k: figures beside a month and further words of time belong to it.
func (f *frame) dateAt(k, s, e int) string {
	number := func(i int) bool {
		return i >= s && i < e && f.toks[i].kind == word && unicode.IsDigit(rune(f.src[f.toks[i].start])) && f.toks[i].end-f.toks[i].start <= 4
	}
	a, b := k, k+1
	if number(a - 1) {
		a--
	} else if a-2 >= s && f.isPunct(a-1, ".") && number(a-2) {
		a -= 2
	}
	for b < e && b-a < maxDate && !f.toks[b-1].ends {
		switch {
		case f.is(b, "dates"), f.is(b, "day_parts"), number(b), f.is(b, "date_links") && b+1 < e && (number(b+1) || f.is(b+1, "dates")):
			b++
		case f.isPunct(b, ",.") && b+1 < e && (number(b+1) || f.is(b+1, "dates")):
			b += 2
		default:
			return f.textOf(a, b)
		}
	}
	return f.textOf(a, b)
}

// cjkDate reads the date from the words beside the marks.
func (f *frame) cjkDate(q *found) string {
	before, after := f.beside(q.tok)
	for _, p := range []text.Span{before, after} {
		if d := cjkDate.FindString(p.Of(f.src)); d != "" {
			return strings.TrimSpace(d)
		}
	}
	return ""
}
