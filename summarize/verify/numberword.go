package verify

import (
	"fmt"
	"strconv"
	"strings"
)

// worded reads a number in words that begins at ls[n.from]; false when none does.
func (l *lexicon) worded(s string, ls []lexeme, n *number) bool {
	i := n.from
	implied, k := l.implied.at(ls, i)
	if l.lang == "zh" || l.lang == "ja" {
		if l.han(ls, n) && n.to-i > k || k == 0 {
			return n.words
		}
	}
	if _, longer := l.numbers.at(ls, i); k > 0 && longer == 0 {
		n.base, n.to, n.words, n.implied, n.loose = []string{implied.value}, i+k, true, true, false
		return true
	}
	if e, k := l.teens.at(ls, i); k > 0 {
		n.base, n.to, n.words = []string{e.value}, i+k, true
		return true
	}
	n.words = true
	v, to, kind := l.sum(ls, i)
	switch kind {
	case cardinal:
		n.base, n.to = []string{strconv.Itoa(v)}, to
		l.halves(ls, n)
		if e, k := l.fractions.at(ls, skipDash(ls, n.to)); k > 0 { // two thirds
			if _, of, ok := strings.Cut(e.value, "/"); ok && e.value[0] == '1' && v < atoi(of) {
				n.setFraction(v, atoi(of))
				n.to = skipDash(ls, n.to) + k
			}
		}
		l.bigger(ls, n)
		return true
	case ordinal:
		n.base, n.to, n.ordinal = []string{strconv.Itoa(v)}, to, true
		return true
	}
	if e, k := l.ordinals.at(ls, i); k > 0 {
		n.base, n.to, n.ordinal = []string{e.value}, i+k, true
		if f, m := l.fractions.at(ls, i); m == k { // "a third" and "the third"
			n.base = append(n.base, f.value)
		}
		return true
	}
	if e, k := l.fractions.at(ls, i); k > 0 {
		a, b, _ := strings.Cut(e.value, "/")
		n.setFraction(atoi(a), atoi(b))
		n.to, n.loose = i+k, true
		to := n.to
		if _, one := l.one.at(ls, to); one > 0 { // half a million
			to += one
		}
		if e, k := l.scales.at(ls, to); k > 0 {
			n.power, n.to, n.loose = atoi(e.value), to+k, false
			n.base, n.alts = n.base[:1], nil
		} else if e, k := l.times.at(ls, to); k > 0 { // half a dozen
			n.base, n.alts = []string{product(n.base[0], e.value)}, nil
			n.to, n.loose = to+k, false
		}
		return true
	}
	return false
}

// setFraction sets the value to a fraction, and where that has a whole number of hundredths to them as well.
func (n *number) setFraction(a, b int) {
	n.base = []string{product(fmt.Sprintf("%d/%d", a, b), "1")}
	if a*100%b == 0 {
		n.alts = append(n.alts, quantity{strconv.Itoa(a * 100 / b), percent})
	}
}

// halves reads "two and a half".
func (l *lexicon) halves(ls []lexeme, n *number) {
	j := n.to
	_, k := l.and.at(ls, j)
	if k == 0 {
		return
	}
	j += k
	_, k = l.one.at(ls, j)
	if e, m := l.fractions.at(ls, j+k); m > 0 && e.value == "1/2" {
		n.base[0] += ".5"
		n.to = j + k + m
	}
}

// bigger reads the scales behind a number in words that sum has not read: "two and a half million", "5 hundred thousand".
func (l *lexicon) bigger(ls []lexeme, n *number) {
	if e, k := l.scales.at(ls, n.to); k > 0 {
		n.power += atoi(e.value)
		n.to += k
	}
}

func skipDash(ls []lexeme, i int) int {
	if look(ls, i).kind == dash && !ls[i].gap {
		return i + 1
	}
	return i
}

// What sum has read.
const (
	nothing = iota
	cardinal
	ordinal
)

// sum reads the words of one number from ls[i] on: "two hundred and five thousand", "vingt et un", "zweihundertfünf",
// "двадцать пять", "واحد وعشرون".
func (l *lexicon) sum(ls []lexeme, i int) (value, to, kind int) {
	total, cur, afterScale := 0, 0, false // afterScale: the word before was one
	started := false
	j := i
	for j < len(ls) {
		at := j
		if started {
			if ls[at].kind == dash && !ls[at].gap && !(look(ls, at+1).gap) {
				at++
			}
			if _, k := l.and.at(ls, at); k > 0 && (cur >= 20 || cur == 0 || l.lang == "ar") {
				at += k
			}
		}
		if look(ls, at).kind != word || started && ls[at].line {
			break
		}
		v, n, k := l.part(ls, at, started)
		if k == 0 {
			break
		}
		switch n {
		case addend:
			if !l.adds(cur, v) {
				return finishSum(total+cur, j, started)
			}
			cur += v
		case factor:
			if cur >= v && cur > 0 {
				return finishSum(total+cur, j, started)
			}
			cur = max(cur, 1) * v
		case power:
			p := 1
			for range v {
				p *= 10
			}
			switch {
			case afterScale: // a thousand million
				total *= p
			case total > 0 && total < p:
				return finishSum(total+cur, j, started)
			default:
				total, cur = total+max(cur, 1)*p, 0
			}
		case last:
			if !started || !l.adds(cur, v) {
				return finishSum(total+cur, j, started)
			}
			return total + cur + v, at + k, ordinal
		}
		started, afterScale = true, n == power
		j = at + k
		if total > 1e15 {
			break
		}
	}
	return finishSum(total+cur, j, started)
}

func finishSum(v, to int, started bool) (int, int, int) {
	if !started {
		return 0, 0, nothing
	}
	return v, to, cardinal
}

// adds reports whether v can follow cur in one number: 20 and 5, 300 and 12; in Arabic and German 5 and 20; in French 60
// and 15.
func (l *lexicon) adds(cur, v int) bool {
	if v <= 0 || v >= 1000 {
		return cur == 0
	}
	low := cur % 100
	switch {
	case v >= 100:
		return cur == 0
	case low == 0:
		return true
	case v < 10:
		return low >= 20 && low%10 == 0
	case v < 20:
		return l.lang == "fr" && (low == 60 || low == 80) || l.lang == "ar" && low < 10 && v == 10 // soixante-dix; خمسة عشر
	}
	return (l.lang == "ar" || l.lang == "de") && low < 10 && v%10 == 0
}

// The parts of a number in words.
const (
	addend = iota
	factor // hundred, dozen
	power  // thousand, million
	last   // an ordinal, which ends it
)

// part reads one word of a number.
func (l *lexicon) part(ls []lexeme, i int, started bool) (v, kind, k int) {
	if e, k := l.numbers.at(ls, i); k > 0 {
		return atoi(e.value), addend, k
	}
	if e, k := l.times.at(ls, i); k > 0 {
		return atoi(e.value), factor, k
	}
	if e, k := l.scales.at(ls, i); k > 0 {
		if p := atoi(e.value); started || l.lang != "en" && p == 3 {
			return p, power, k
		}
		return 0, 0, 0
	}
	if e, k := l.ordinals.at(ls, i); k > 0 && started {
		return atoi(e.value), last, k
	}
	if _, k := l.one.at(ls, i); k > 0 && !started { // "a hundred", "eine Million"
		if _, m := l.times.at(ls, i+k); m > 0 {
			return 1, addend, k
		}
		if _, m := l.scales.at(ls, i+k); m > 0 {
			return 1, addend, k
		}
	}
	if v := l.compound(ls[i].fold); v > 0 {
		return v, addend, 1
	}
	return 0, 0, 0
}

// compound returns the number that is written as one word ("einundzwanzig", "duemila"); 0 for none.
func (l *lexicon) compound(w string) int {
	if len(l.atoms) == 0 || len(w) < 6 || len(w) > 60 {
		return 0
	}
	total, cur, parts := 0, 0, 0
	for w != "" {
		best, value := 0, ""
		for k := len(w); k > 1; k-- { // the longest that leaves a rest which begins with an atom is nearly always right
			if v, ok := l.atoms[w[:k]]; ok && (k == len(w) || l.beginsAtom(w[k:])) {
				best, value = k, v
				break
			}
		}
		switch {
		case best == 0:
			return 0
		case value == "+":
			if parts == 0 || best == len(w) {
				return 0
			}
		case value == "*100":
			if cur >= 100 {
				return 0
			}
			cur = max(cur, 1) * 100
		case value == "^3":
			total, cur = (total+max(cur, 1))*1000, 0
			if total > 1e9 {
				return 0
			}
		default:
			v := atoi(value)
			if !l.adds(cur, v) {
				return 0
			}
			cur += v
		}
		parts++
		w = w[best:]
	}
	if parts < 2 {
		return 0
	}
	return total + cur
}

func (l *lexicon) beginsAtom(w string) bool {
	for k := 2; k <= len(w); k++ {
		if _, ok := l.atoms[w[:k]]; ok {
			return true
		}
	}
	return false
}

// hanDigits are the Chinese figures, with what they multiply by as negative powers.
var hanDigits = map[string]int{"〇": 0, "零": 0, "一": 1, "二": 2, "两": 2, "兩": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9,
	"十": -1, "百": -2, "千": -3, "万": -4, "萬": -4, "亿": -8, "億": -8, "兆": -12}

// han reads a number in Chinese characters. One alone is a part of other words too often ("统一", "万一"): it counts only
// before a word for what is counted.
func (l *lexicon) han(ls []lexeme, n *number) bool {
	j := n.from
	total, section, digit, plain := 0, 0, -1, ""
	for ; j < len(ls) && (j == n.from || !ls[j].gap); j++ {
		d, ok := hanDigits[ls[j].fold]
		if !ok {
			break
		}
		switch {
		case d >= 0:
			plain += strconv.Itoa(d)
			digit = d
		case d >= -3:
			section += max(digit, 1) * pow10(-d)
			digit = -1
		default:
			total += max(section+max(digit, 0), 1) * pow10(-d)
			section, digit = 0, -1
		}
		if total > 1e15 {
			return false
		}
	}
	count := j - n.from
	if count == 0 {
		return false
	}
	v := total + section + max(digit, 0)
	if len(plain) == count && count > 1 { // 二〇二五
		v = atoi(plain)
	}
	n.base, n.to, n.words = []string{strconv.Itoa(v)}, j, true
	n.loose = count == 1 && !(j < len(ls) && counters[ls[j].fold])
	return v >= 0
}

// counters are words for what is counted, in Chinese and Japanese.
var counters = setOf("名 个 人 年 月 日 国 天 次 位 项 条 家 艘 架 枚 票 轮 点 岁 回 件 隻 台")

func pow10(n int) int {
	v := 1
	for range n {
		v *= 10
	}
	return v
}
