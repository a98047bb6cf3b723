package quote

import (
	"strings"
	"unicode"

	"attache/internal/text"
)

type mentionKind uint8

const (
	nobody mentionKind = iota
	pronoun
	named
	nominal // "the Kremlin leader", "a senior official"
)

// A mention is the noun phrase that names a speaker beside a quotation.
type mention struct {
	kind   mentionKind
	a, b   int // tokens
	ca, cb int // of a name: the tokens of the name itself, titles stripped
	head   int // of a nominal: its head noun
}

func (f *frame) spanOf(m mention) text.Span {
	if m.kind == nobody || m.a >= m.b {
		return text.Span{}
	}
	return text.Span{Start: f.toks[m.a].start, End: f.toks[m.b-1].end}
}

// npEnding returns the noun phrase whose last token is e, not reaching below token lo.
func (f *frame) npEnding(e, lo int) mention {
	if e < lo || f.toks[e].kind != word {
		return mention{}
	}
	t := f.toks[e]
	if g := f.lang.values["pronouns"][t.low]; g != "" && !(t.cap && e > lo && f.nameStarts(e)) {
		return mention{kind: pronoun, a: e, b: e + 1, head: e}
	}
	if f.is(e, "self") || f.is(e, "verbs") && !t.cap || f.is(e, "preps") || f.is(e, "conj") || f.is(e, "aux") && !t.cap {
		return mention{}
	}
	var m mention
	if f.nameStarts(e) || strings.Contains(suffixes, " "+t.low+" ") {
		m = f.nameEnding(e, lo)
	}
	if m.kind == nobody {
		m = f.nominalEnding(e, lo)
	}
	if m.kind == nobody {
		return m
	}
	return f.attach(m, lo)
}

// nameEnding returns the run of capitals that ends at e.
func (f *frame) nameEnding(e, lo int) mention {
	for s := lo; s <= e; s++ {
		if !f.nameStarts(s) {
			continue
		}
		j := f.run(s)
		if j == e+1 {
			a, b := f.core(s, j)
			if a >= b {
				return f.nominalEnding(e, lo)
			}
			if b-a == 1 && f.seatOf1(a) && f.office(a-1) && a > lo {
				return f.nominalEnding(a-1, lo).upTo(b)
			}
			if a == s && b-a == 1 && f.common(s, lo) {
				return f.nominalEnding(e, lo)
			}
			return mention{kind: named, a: s, b: j, ca: a, cb: b, head: b - 1}
		}
		if j > s {
			s = j - 1
		}
	}
	return mention{}
}

// seatOf1 reports whether the word at token i stands for a country or a body, in a language that puts it behind
// the office without a preposition.
func (f *frame) seatOf1(i int) bool {
	if f.lang.code == "de" { // "der Innenminister Frankreichs"
		return strings.HasSuffix(f.toks[i].low, "s") && len(text.Countries(f.textOf(i, i+1), "de")) == 1
	}
	if f.lang.set("no_articles") == none {
		return false
	}
	return f.lang.seat(f.toks[i].low) != f.toks[i].low || len(text.Countries(f.textOf(i, i+1), f.lang.code)) == 1
}

// upTo is m made longer.
func (m mention) upTo(b int) mention {
	if m.kind != nobody {
		m.b = b
	}
	return m
}

// nominalEnding returns the noun phrase in small letters that ends at e: back to its determiner.
func (f *frame) nominalEnding(e, lo int) mention {
	if !f.toks[e].cap && (f.is(e, "verbs") || f.is(e, "aux") || f.is(e, "preps") || f.is(e, "conj")) {
		return mention{}
	}
	if f.lang.code == "de" && !f.toks[e].cap && !unicode.IsDigit(rune(f.src[f.toks[e].start])) {
		return mention{} // a noun has a capital
	}
	s := e
	det := false
	for n := 0; s >= lo && n < 9; n++ {
		t := f.toks[s]
		if t.kind != word || t.ends && s < e {
			break
		}
		if s < e && t.poss {
			det = true
			s--
			continue
		}
		if f.is(s, "dets") && s < e {
			det = true
			s--
			break
		}
		if s < e && (f.is(s, "preps") || f.is(s, "verbs") && !t.cap || f.is(s, "conj") || f.is(s, "aux") || f.is(s, "rel") || f.lang.values["pronouns"][t.low] != "" || f.is(s, "self")) {
			break
		}
		s--
	}
	s++
	if s > e || f.is(e, "adverbs") || f.is(e, "function") {
		return mention{}
	}
	for s < e && f.is(s, "adverbs") {
		s++
	}
	low := f.toks[e].low
	if f.lang.code == "en" && strings.HasSuffix(low, "ing") && !f.toks[e].cap && !f.lang.set("nouns").has(low) {
		return mention{}
	}
	if !det && !f.office(e) && !strings.HasSuffix(low, "s") && !f.toks[e].cap && !f.lang.set("org").has(low) && !f.lang.set("nouns").has(low) && f.lang.code == "en" {
		return mention{}
	}
	return mention{kind: nominal, a: s, b: e + 1, head: e}
}

// attach looks left of a phrase that hangs on a preposition: of "Sen. Graham of South Carolina" the
// speaker is Graham, of "a spokesman for the ministry" the spokesman.
func (f *frame) attach(m mention, lo int) mention {
	for n := 0; n < 3; n++ {
		p := m.a - 1
		gen := f.lang.code == "de" && m.a > lo+1 && f.lang.set("genitive").has(f.toks[m.a].low) && f.toks[p].kind == word && f.toks[p].cap && !f.is(p, "function")
		if gen {
			p = m.a
		}
		if p <= lo || !(gen || f.is(p, "preps")) {
			if p == lo && f.is(p, "preps") {
				return mention{} // "In Iowa said": a phrase of place or time is no subject
			}
			return m
		}
		var o mention
		if f.toks[p-1].kind == word && !f.toks[p-1].ends {
			if f.nameStarts(p - 1) {
				o = f.nameEnding(p-1, lo)
			}
			if o.kind == nobody {
				o = f.nominalEnding(p-1, lo)
			}
		}
		if o.kind == nobody {
			return mention{}
		}
		o.b = m.b
		m = o
	}
	return m
}

// subjectOf returns the subject of the verb at token v, sought to its left down to token lo.
func (f *frame) subjectOf(v, lo int) mention {
	i := v - 1
	for i >= lo && (f.is(i, "aux") || f.is(i, "adverbs") || f.toks[i].kind == word && strings.HasSuffix(f.toks[i].low, "ly") && !f.toks[i].cap || f.toks[i].low == "to" || f.is(i, "verbs") && !f.toks[i].cap) && !f.toks[i].ends {
		if f.is(i, "adverbs") && f.is(i-1, "preps") && i-1 >= lo {
			i--
		}
		i--
	}
	if i < lo || f.toks[i].ends {
		return mention{}
	}
	if f.toks[i].kind == word && f.is(i, "rel") && f.lang.code != "de" {
		i--
		if i >= lo && f.isPunct(i, ",") {
			i--
		}
		return f.npEnding(i, lo)
	}
	if f.isPunct(i, ",)–—-") {
		if m := f.beforeAside(i, lo); m.kind != nobody {
			return m
		}
		return f.firstSubject(lo, v)
	}
	if f.is(i, "conj") || f.toks[i].kind == quoted {
		return f.firstSubject(lo, v)
	}
	// "footage of Moreau asking": a participle belongs to the name beside it.
	if f.lang.code == "en" && strings.HasSuffix(f.toks[v].low, "ing") && v-1 == i && f.nameStarts(i) {
		if m := f.nameEnding(i, lo); m.kind == named {
			return m
		}
	}
	return f.npEnding(i, lo)
}

// beforeAside jumps over an aside that ends at the comma, bracket or dash at i: "X, who replaced Y, said".
// Asides nest, so of the phrases that end before a comma the one that begins its clause is the subject.
func (f *frame) beforeAside(i, lo int) mention {
	open := f.toks[i].low
	bracket := open == ")"
	if bracket {
		open = "("
	}
	var best mention
	for j := i - 1; j >= lo && i-j < 40; j-- {
		if f.toks[j].ends {
			break
		}
		if !f.isPunct(j, open) {
			continue
		}
		e := j - 1
		for e > lo && f.isPunct(e, ")") { // "Roy Berg (D), the mayor,"
			for e > lo && !f.isPunct(e, "(") {
				e--
			}
			e--
		}
		if e < lo || f.toks[e].kind != word {
			continue
		}
		m := f.npEnding(e, lo)
		if m.kind == nominal && !f.office(m.head) && m.b-m.a < 2 {
			m = mention{}
		}
		if m.kind == nobody {
			if bracket {
				break
			}
			continue
		}
		if m.kind == nominal && f.office(m.head) && !bracket && !f.isPunct(m.a-1, ",") && f.nameStarts(j+1) && f.run(j+1) == i {
			if a, b := f.core(j+1, i); b-a >= 2 { // "the head of the union, Ana Berg, said"
				return mention{kind: named, a: j + 1, b: i, ca: a, cb: b, head: b - 1}
			}
		}
		if best.kind == nobody || m.kind == named && best.kind == nominal {
			best = m
		}
		starts := m.a == lo || f.toks[m.a-1].kind == quoted || f.is(m.a-1, "conj") || f.isPunct(m.a-1, ",") && m.kind == named
		if bracket || starts && (m.kind != nominal || m.a == lo) {
			return m
		}
	}
	if best.kind == nominal && best.a-1 > lo && f.isPunct(best.a-1, ",") && !f.isPunct(i, ",") {
		if m := f.beforeAside(best.a-1, lo); m.kind == named {
			return m
		}
	}
	return best
}

// firstSubject returns the first noun phrase of the tokens [lo,hi) that no preposition governs.
func (f *frame) firstSubject(lo, hi int) mention {
	for i := lo; i < hi; i++ {
		if f.toks[i].kind != word || f.is(i, "adverbs") || f.is(i, "function") && f.lang.values["pronouns"][f.toks[i].low] == "" && !f.is(i, "dets") {
			if f.is(i, "preps") {
				i = f.skipPhrase(i+1, hi) - 1
			}
			continue
		}
		if f.is(i, "preps") {
			i = f.skipPhrase(i+1, hi) - 1
			continue
		}
		m := f.npAt(i, hi)
		if m.kind == named || m.kind == pronoun {
			return m
		}
		if m.kind == nominal && (f.is(m.a, "dets") || f.office(m.head)) {
			return m
		}
		if m.kind != nobody {
			i = m.b - 1
		}
	}
	return mention{}
}
