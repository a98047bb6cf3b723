package verify

import (
	"strings"
	"unicode"

	"attache/internal/text"
)

// A number is a figure of a text, in digits or in words.
type number struct {
	text.Span
	from, to int // lexemes, to exclusive; the unit behind it is in them, the sign before it is not
	alts     []quantity
	base     []string // the readings without scale and unit
	power    int
	unit     string
	shared   []measure
	words    bool // in words
	implied  bool // said without being a number: "both"
	loose    bool // a word that is no figure in every sentence ("half"): a source may bear it otherwise
	ordinal  bool
}

// A quantity is a value with its unit: a name of data/units.txt, "%", "pp" (percentage points), or "" for what is only counted.
type quantity struct{ value, unit string }

const (
	percent = "%"
	points  = "pp"
	things  = "of things" // an English noun stands right behind: "14 officials"
)

// attached are letters written onto a figure: 5bn, 35k.
var attached = map[string]int{"k": 3, "m": 6, "mn": 6, "mln": 6, "mio": 6, "bn": 9, "b": 9, "mrd": 9, "mld": 9, "md": 9, "tn": 12, "trn": 12, "t": 12}

// ordinalEnds are the letters behind a figure that make an ordinal of it.
var ordinalEnds = map[string]bool{"st": true, "nd": true, "rd": true, "th": true, "er": true, "re": true, "e": true, "eme": true, "o": true, "a": true, "й": true, "я": true, "го": true, "inci": true, "nci": true}

// numbers returns the figures of s, which ls are the lexemes of. Those that taken says are part of a date or a time are left out.
func (l *lexicon) allNumbers(s string, ls []lexeme, taken []bool) []number {
	var out []number
	for i := 0; i < len(ls); {
		if taken[i] {
			i++
			continue
		}
		n, ok := l.numberAt(s, ls, i)
		if !ok {
			i++
			continue
		}
		out = append(out, n)
		i = max(n.to, i+1)
	}
	l.sharedUnits(ls, out)
	for i := range out {
		out[i].finish()
	}
	return out
}

// numberAt reads the number that begins at ls[i].
func (l *lexicon) numberAt(s string, ls []lexeme, i int) (number, bool) {
	n := number{from: i, to: i + 1}
	switch ls[i].kind {
	case figure:
		if i > 0 && !ls[i].gap && ls[i-1].kind == word && !spaceless(ls[i-1].Of(s)) && unitSigned(ls, i) == "" && !isCode(ls[i-1].Of(s)) { // F16, G7
			return n, false
		}
		n.base = readings(ls[i].fold)
		if y := shortYear(ls, i); y != "" {
			n.base = append(n.base, y)
		}
		n.scale(l, s, ls)
	case word:
		if !l.worded(s, ls, &n) {
			return n, false
		}
	default:
		return n, false
	}
	n.Span = text.Span{Start: ls[n.from].Start, End: ls[n.to-1].End}
	n.unitBefore(l, s, ls)
	n.unitBehind(l, s, ls)
	n.End = ls[n.to-1].End
	return n, true
}

// isCode reports whether w is the code of a currency that is written before the figure: EUR5.
func isCode(w string) bool {
	_, k := unitTable().words.at([]lexeme{{fold: fold(w), kind: word}}, 0)
	return k > 0 && len(w) == 3 && strings.ToUpper(w) == w
}

// scale reads what multiplies the figure: "5 million", "5bn", and the ending of an ordinal.
func (n *number) scale(l *lexicon, s string, ls []lexeme) {
	j := n.to
	if look(ls, j).kind == word && (!ls[j].gap || ls[j].fold == "m" && !ls[j].line) {
		w := ls[j].fold
		if p, ok := attached[w]; ok {
			if w == "m" || w == "t" { // metres, tonnes
				n.alts = append(n.alts, quantities(n.base, map[string]string{"m": "m", "t": "tonne"}[w])...)
			}
			n.power, n.to = p, j+1
			return
		}
		if ordinalEnds[w] {
			n.ordinal, n.to = true, j+1
			return
		}
		if w == "s" { // the 1990s
			n.to = j + 1
			return
		}
	}
	for k := 0; k < 2 && j < len(ls); k++ {
		at := j
		if ls[at].kind == dash && !ls[at].gap {
			at++
		}
		e, m := l.scales.at(ls, at)
		if m == 0 && k == 0 && at < len(ls) && attached[ls[at].fold] > 3 && len(ls[at].fold) > 1 { // "5 bn"
			e, m = phrase{value: itoa(attached[ls[at].fold])}, 1
		}
		if m == 0 {
			if e, m = l.times.at(ls, at); m == 0 || k > 0 { // "2 dozen", "5 hundred"
				return
			}
			for i, b := range n.base {
				n.base[i] = product(b, e.value)
			}
			n.to = at + m
			return
		}
		n.power += atoi(e.value)
		j = at + m
		n.to = j
	}
}

// unitBefore reads a sign or code before the number: $5, US$5, EUR 5, %35, yüzde 35.
func (n *number) unitBefore(l *lexicon, s string, ls []lexeme) {
	i := n.from
	if i == 0 {
		return
	}
	if u := unitSigned(ls, i); u != "" {
		n.unit = u
		return
	}
	before := ls[i-1]
	switch {
	case before.fold == percent && !ls[i].gap:
		n.unit = percent
	case l.lang == "tr" || l.lang == "zh":
		if e, k := unitTable().words.before(ls, i); k > 0 && e.value == percent {
			n.unit = percent
		}
	}
	if n.unit == "" && before.kind == word {
		if w := before.Of(s); isCode(w) {
			e, _ := unitTable().words.at(ls, i-1)
			n.unit = e.value
		}
	}
}

// unitSigned returns the currency of a sign before ls[i].
func unitSigned(ls []lexeme, i int) string {
	if i == 0 || ls[i-1].kind != sign {
		return ""
	}
	t := unitTable().signed
	if i > 1 && ls[i-2].kind == word && !ls[i-1].gap {
		if u := t[ls[i-2].fold+ls[i-1].fold]; u != "" {
			return u
		}
	}
	return t[ls[i-1].fold]
}

// unitBehind reads the unit behind the number.
func (n *number) unitBehind(l *lexicon, s string, ls []lexeme) {
	j := n.to
	if look(ls, j).kind == dash && !ls[j].gap {
		j++
	}
	if j+1 < len(ls) && ls[j].point && !ls[j].gap && n.power > 0 { // "1,2 Mrd. Euro"
		j++
	}
	if j >= len(ls) || ls[j].line {
		return
	}
	if ls[j].kind == sign {
		u := unitTable().signed[ls[j].fold]
		if u == percent && j+2 < len(ls) && ls[j+1].kind == dash && ls[j+2].fold == "points" { // "5 %-points"
			u, j = points, j+2
		}
		if u != "" && (n.unit == "" || n.unit == u) {
			n.unit, n.to = u, j+1
		}
		return
	}
	if n.unit != "" {
		return
	}
	if _, k := l.link.at(ls, j); k > 0 && l.lang != "en" && l.scaled(ls, n.to) { // "deux millions d’euros"
		j += k
	}
	area := ""
	if sq := ls[j].fold; sq == "square" || sq == "sq" || sq == "cubic" {
		area, j = sq[:2]+" ", j+1
	}
	if look(ls, j).kind != word {
		return
	}
	if e, k := unitTable().words.at(ls, j); k > 0 {
		n.unit, n.to = area+e.value, j+k
		return
	}
	for _, h := range unitTable().heads {
		if strings.HasPrefix(ls[j].fold, h.rest[0]) {
			n.unit, n.to = area+h.value, j+1
			return
		}
	}
	if w := ls[j]; l.lang == "en" && j == n.to && w.gap && w.small && !n.ordinal && !n.implied && !text.Stopword(w.fold, "en") && !vague[w.fold] && !strings.HasSuffix(w.fold, "ly") {
		n.unit = things
	}
}

// vague are words between a figure and what it counts.
var vague = setOf("metric nautical long full straight consecutive whole additional further extra more other successive short calendar working business imperial solid hard troy gross net rather plus or-so per apiece ago later earlier away")

// sharedUnits gives the first of two figures that stand together what the second has: "5 to 6 million", "30, 35 and 40 percent".
func (l *lexicon) sharedUnits(ls []lexeme, ns []number) {
	for i := len(ns) - 2; i >= 0; i-- {
		a, b := &ns[i], &ns[i+1]
		if a.words != b.words && !(a.to-a.from == 1) || a.implied || b.implied || a.year() {
			continue
		}
		joined, n := true, 0
		for j := a.to; j < b.from && joined; j++ {
			_, k := l.ranges.at(ls, j)
			_, and := l.and.at(ls, j)
			joined = k > 0 || and > 0 || ls[j].kind == dash || ls[j].kind == sign || ls[j].kind == mark && !ls[j].line
			if n++; n > 3 {
				joined = false
			}
		}
		if !joined {
			continue
		}
		given := b.shared
		if b.unit != "" && b.unit != things || b.power > 0 {
			given = append([]measure{{b.power, b.unit}}, given...)
		}
		switch {
		case a.unit == "" && a.power == 0:
			a.shared = given
		case a.unit != "" && a.unit != things && b.unit == "": // "$5-6 million"
			b.shared = append(b.shared, measure{b.power, a.unit})
			if a.power == 0 {
				a.shared = append(a.shared, measure{b.power, a.unit})
			}
		case a.unit == b.unit && a.power == 0 && b.power > 0: // "$5 to $6 million"
			a.shared = append(a.shared, measure{b.power, a.unit})
		}
	}
}

// A measure is what a figure may have from one beside it.
type measure struct {
	power int
	unit  string
}

// finish puts the plain reading before those that others give it.
func (n *number) finish() {
	n.alts = append(quantities(shifted(n.base, n.power), n.unit), n.alts...)
	for _, m := range n.shared {
		n.alts = append(n.alts, quantities(shifted(n.base, m.power), m.unit)...)
	}
}

func quantities(values []string, unit string) []quantity {
	out := make([]quantity, len(values))
	for i, v := range values {
		out[i] = quantity{v, unit}
	}
	return out
}

func shifted(values []string, power int) []string {
	if power == 0 {
		return values
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = shift(v, power)
	}
	return out
}

// year reports whether a number can be a year and nothing else is said of it.
func (n number) year() bool {
	if n.words || n.unit != "" && n.unit != things || n.power != 0 || len(n.base) != 1 || len(n.base[0]) != 4 {
		return false
	}
	v := atoi(n.base[0])
	return v >= 1000 && v <= 2100
}

// spaceless reports whether w is of a script written without spaces between words.
func spaceless(w string) bool {
	for _, r := range w {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
	}
	return false
}

// shortYear returns the year that the two digits at ls[i] stand for behind a year and a dash ("2018–19"); "" for none.
func shortYear(ls []lexeme, i int) string {
	if i < 2 || ls[i-1].kind != dash || ls[i].gap || ls[i-1].gap || ls[i-2].kind != figure || len(ls[i-2].fold) != 4 || len(ls[i].fold) != 2 || atoi(ls[i-2].fold) < 1000 {
		return ""
	}
	return ls[i-2].fold[:2] + ls[i].fold
}

// counts reports whether the number is the claim's own counting: the mark of a list ("2."), or the ordinal of an enumeration
// that begins with "first".
func (r *reading) counts(i int) bool {
	n := r.numbers[i]
	if l := r.ls[n.from]; l.kind == figure && (n.from == 0 || l.line || r.ls[n.from-1].colon || r.ls[n.from-1].point) && n.from+1 < len(r.ls) {
		next := r.ls[n.from+1]
		if (next.point || next.Of(r.Text) == ")") && !next.gap && look(r.ls, n.from+2).gap && len(l.fold) == 1 {
			return true
		}
	}
	if !n.ordinal || !n.words {
		return false
	}
	v := atoi(n.value())
	if v == 2 {
		for _, l := range r.ls[:n.from] {
			if l.fold == "first" {
				return true
			}
		}
		return false
	}
	for k := range i {
		if m := r.numbers[k]; m.ordinal && m.words && atoi(m.value()) == v-1 && r.counts(k) {
			return true
		}
	}
	return false
}

// scaled reports whether a word for a scale ends right before ls[i].
func (l *lexicon) scaled(ls []lexeme, i int) bool {
	_, k := l.scales.before(ls, i)
	return k > 0
}
