package quote

import "strings"

// appositions reads "the president of the European Council, NAME" and "NAME, the Iranian foreign minister,".
func (ps *people) appositions(f *frame, p *person, i, b int) {
	read := func(from, to int) {
		has := false
		for c := from; c < to; c++ {
			has = has || f.office(c)
		}
		if !has || to-from > 12 || !f.office(from) && !f.is(from, "dets") && !f.office(from+1) {
			return
		}
		for c := from; c < to; c++ {
			if !f.is(c, "dets") {
				p.describe(f, c)
			}
		}
		p.score++
		if role := f.roleOf(from, to); len(p.role) < len(role) {
			p.role = role
		}
	}
	if f.isPunct(b, ",") {
		c := b + 1
		for c < len(f.toks) && f.toks[c].kind == word && !f.is(c, "verbs") && !f.is(c, "rel") && !f.is(c, "conj") {
			c++
		}
		if c > b+1 && (f.isPunct(c, ",.;") || c < len(f.toks) && f.is(c, "verbs")) {
			read(b+1, c)
		}
	}
	if i > 0 && f.isPunct(i-1, ",") && (f.isPunct(b, ",(.;") || b >= len(f.toks) || f.toks[b-1].ends || f.is(b, "verbs")) {
		c := i - 2
		for c >= 0 && f.toks[c].kind == word && !f.toks[c].ends && !f.is(c, "verbs") && !f.is(c, "aux") {
			c--
		}
		for d := i - 2; d > c && !(c < 0 || f.toks[c].ends || f.is(c+1, "dets")); d-- { // "met the president of the council, Ana Berg"
			if f.is(d, "dets") && (f.office(d+1) || f.office(d+2)) {
				c = d - 1
			}
		}
		if c+1 < i-1 && (c < 0 || f.toks[c].ends || f.is(c+1, "dets")) {
			read(c+1, i-1)
		}
	}
}

// roleOf returns the tokens [a,b) as a role, in the article's words: without article and honorifics, "" when
// nothing is left or it is no noun phrase.
//
// In German an adjective keeps its article, without which its ending is wrong: "der bulgarische Minister".
func (f *frame) roleOf(a, b int) string {
	for a < b && (f.is(a, "dets") || f.is(a, "honorifics") || f.is(a, "adverbs") && !f.office(a)) {
		a++
	}
	for b > a && (f.is(b-1, "honorifics") || f.is(b-1, "preps")) {
		b--
	}
	for k := a; k < b; k++ {
		if f.toks[k].kind != word {
			return ""
		}
		n, _ := f.verbAt(k)
		if n > 0 && !f.office(k) && !f.toks[k].cap || f.is(k, "rel") || f.lang.code == "en" && !f.toks[k].cap && strings.HasSuffix(f.toks[k].low, "ing") && k == a {
			return ""
		}
	}
	if a < b && f.is(a, "preps") {
		return ""
	}
	if b = f.roleEnd(a, b); a >= b {
		return ""
	}
	if f.lang.code == "de" && a > 0 && strings.Contains(" den dem des einem einen eines ", " "+f.toks[a-1].low+" ") {
		for a < b-1 && !f.toks[a].cap { // the adjective's ending is right in this case only
			a++
		}
	}
	if f.lang.code == "de" && a > 0 && a < b && !f.toks[a].cap && f.is(a-1, "dets") {
		a--
	}
	return f.textOf(a, b)
}

// roleEnd returns where the role at tokens [a,b) ends: before a participle ("delegate serving on the committee"), and at a
// when no office stands in it, in English where its head should be.
func (f *frame) roleEnd(a, b int) int {
	holds := func(k int) bool {
		return (f.office(k) || f.is(k, "occupations")) && !f.is(k, "role_adjectives")
	}
	seen, head := false, -1
	for k := a; k < b; k++ {
		if f.lang.code == "en" && seen && !f.toks[k].cap && !holds(k) && (strings.HasSuffix(f.toks[k].low, "ing") || strings.HasSuffix(f.toks[k].low, "ed")) && head < 0 {
			b = k
			break
		}
		if head < 0 && k > a && f.is(k, "preps") {
			head = k - 1
		}
		seen = seen || holds(k)
	}
	if head < 0 {
		head = b - 1
	}
	if !seen || f.lang.code == "en" && !holds(head) && !(holds(head-1) && f.toks[head].cap) {
		return a
	}
	return b
}

// office reports whether token i is an office or title noun.
func (f *frame) office(i int) bool {
	if i < 0 || i >= len(f.toks) || f.toks[i].kind != word {
		return false
	}
	return f.lang.set("offices").has(f.toks[i].low) || f.lang.set("titles").has(f.toks[i].low)
}

func (p *person) describe(f *frame, i int) {
	t := f.toks[i]
	if t.kind != word {
		return
	}
	p.desc[t.low] = true
	if p.gender == 0 {
		switch {
		case f.lang.set("female").has(t.low):
			p.gender = 'f'
		case f.lang.set("male").has(t.low):
			p.gender = 'm'
		}
	}
}
