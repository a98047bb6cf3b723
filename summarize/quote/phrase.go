package quote

import (
	"strings"
	"unicode"
)

// npAt returns the noun phrase that begins at token j, not reaching hi; of an office and a name in apposition, the name:
// "der Vorsitzende des Ausschusses, Sebastian Berg", "the head of the mission, Ana Berg".
func (f *frame) npAt(j, hi int) mention {
	m, k := f.plainAt(j, hi)
	if m.kind != nominal {
		return m
	}
	for n := 0; n < 3 && k < hi && f.office(m.head) && f.is(k, "preps"); n++ {
		k = f.skipPhrase(k+1, hi)
	}
	if f.isPunct(k, ",") && (f.office(m.head) || k > m.b) {
		if n := k + 1; n < hi && f.nameStarts(n) {
			e := min(f.run(n), hi)
			if a, b := f.core(n, e); a < b && b-a >= 2 {
				return mention{kind: named, a: n, b: e, ca: a, cb: b, head: b - 1}
			}
		}
	}
	return f.withPlace(m, hi)
}

// plainAt is npAt without appositions, whose search would go through the rest of the sentence once for each phrase in it.
// end is the token at which the phrase was left.
func (f *frame) plainAt(j, hi int) (m mention, end int) {
	if j >= hi || f.toks[j].kind != word || f.toks[j].low == "" {
		return mention{}, j
	}
	if f.lang.values["pronouns"][f.toks[j].low] != "" && !(f.lang.code == "de" && f.is(j, "dets")) {
		return mention{kind: pronoun, a: j, b: j + 1, head: j}, j + 1
	}
	if strings.HasSuffix(f.toks[j].low, "ly") && !f.toks[j].cap && f.lang.code == "en" {
		return mention{}, j
	}
	if f.is(j, "self") || f.is(j, "preps") && !f.nameStarts(j) || f.is(j, "conj") || f.is(j, "aux") {
		return mention{}, j
	}
	if f.is(j, "indefinite") && f.is(j+1, "preps") && j+2 < hi { // "one of the gymnasts"
		if m, end := f.plainAt(j+2, hi); m.kind != nobody && !f.is(j, "preps") {
			return mention{kind: nominal, a: j, b: m.b, head: m.head}, end
		}
	}
	var best mention
	k := j
	headless, office, place := -1, -1, -1
	for k < hi && k < j+12 && f.toks[k].kind == word {
		if k > j && (f.is(k, "preps") || f.is(k, "conj") || f.is(k, "rel") && !f.is(k, "genitive") || f.is(k, "aux") || f.is(k, "verbs") && !f.toks[k].cap || f.is(k, "adverbs") || f.is(k, "self")) {
			break
		}
		if best.kind == named && best.cb-best.ca >= 2 && f.lang.code != "en" && !f.toks[k].cap && !f.office(k) && !f.office(k+1) {
			break // "сказал Олег Снегов агентству Рейтер"
		}
		if k > j && f.lang.code == "de" && f.toks[k-1].cap && !f.toks[k].cap && !f.is(k, "genitive") {
			break // after a noun, only another one in the genitive belongs to the phrase
		}
		if f.nameStarts(k) {
			e := min(f.run(k), hi)
			if e <= k || best.kind == named && f.lang.code == "tr" && f.agency(k, k+1) {
				break // "Emre Doğan Reuters’a … dedi"
			}
			a, b := f.core(k, e)
			if b-a == 1 && a > j && f.office(a-1) && f.seatOf1(a) { // "глава Кремля", "президент России"
				headless, office, place = a-1, a-1, b
				k = e
				if f.toks[e-1].ends || best.kind == named {
					break
				}
				continue
			}
			plain := b-a == 1 && a == k && f.common(k, j)
			if a < b && !f.toks[e-1].poss && !plain {
				best = mention{kind: named, a: j, b: e, ca: a, cb: b, head: b - 1}
			} else {
				headless = e - 1
			}
			if f.toks[e-1].poss {
				best = mention{}
			}
			if f.toks[e-1].ends {
				k = e
				break
			}
			k = e
			continue
		}
		if k > j && strings.HasSuffix(f.toks[k].low, "ly") && f.lang.code == "en" && !f.toks[k].cap && k+1 < hi && f.toks[k+1].kind != word {
			break
		}
		if !f.is(k, "dets") && !f.is(k, "adverbs") && (f.lang.code != "de" || f.toks[k].cap || unicode.IsDigit(rune(f.src[f.toks[k].start]))) {
			headless = k
			if f.office(k) {
				office = k
			}
		}
		k++
		if f.toks[k-1].ends {
			break
		}
	}
	if best.kind == named {
		if office > best.b-1 && (office == headless || f.lang.code == "tr") {
			return f.withPlace(mention{kind: nominal, a: j, b: office + 1, head: office}, hi), best.b
		}
		return best, best.b
	}
	if headless < j {
		return mention{}, j
	}
	return mention{kind: nominal, a: j, b: max(headless+1, place), head: headless}, k
}

// withPlace makes an office longer by the country or body that follows: the leader of Norland.
func (f *frame) withPlace(m mention, hi int) mention {
	if m.kind != nominal || !f.office(m.head) || !f.is(m.b, "of") {
		return m
	}
	k := m.b + 1
	for k < hi && f.is(k, "dets") {
		k++
	}
	for k < hi && f.toks[k].kind == word && f.toks[k].cap && !f.is(k, "function") {
		m.b = k + 1
		if f.toks[k].ends {
			break
		}
		k++
	}
	return m
}

// skipPhrase returns the token after the noun phrase that a preposition governs.
func (f *frame) skipPhrase(i, hi int) int {
	m, _ := f.plainAt(i, hi)
	if m.kind == nobody {
		return i
	}
	return m.b
}
