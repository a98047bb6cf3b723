package quote

import (
	"strings"
	"unicode/utf8"
)

// How far, in tokens, a verb may stand from its quotation.
const (
	reachAfter  = 28
	reachBefore = 40
	reachWeak   = 16 // verbs that are no verbs of speech: "praised", "called"
)

// A cue ties a quotation to a speaker: a verb of speech, "according to", a colon.
type cue struct {
	who      mention
	a, b     int     // tokens of the verb or phrase
	weak     bool    // no verb of speech
	after    bool    // stands after the quotation
	adjacent bool    // nothing but the speaker stands between quotation and verb
	colon    bool    // a colon stands right before the quotation
	via      mention // the outlet that reports the words
}

func (c cue) found() bool { return c.b > c.a }

// verbAt returns how many tokens from i on make a verb that introduces quotations, and whether it is a weak one.
func (f *frame) verbAt(i int) (n int, weak bool) {
	if i < 0 || i >= len(f.toks) || f.toks[i].kind != word {
		return 0, false
	}
	if n = f.phrase(i, "verbs"); n == 0 {
		if n = f.phrase(i, "weak"); n == 0 {
			return 0, false
		}
		weak = true
	}
	if f.toks[i].cap && i > 0 && !f.toks[i-1].ends {
		return 0, false
	}
	// After an article, a possessive or a preposition the word is a noun: "the report", "of claims".
	if i > 0 && (f.is(i-1, "dets") || f.toks[i-1].poss) && n == 1 && f.lang.values["pronouns"][f.toks[i-1].low] == "" && f.lang.code != "de" {
		return 0, false
	}
	if n == 1 && i > 0 && f.is(i, "nounlike") && !f.toks[i-1].ends && f.toks[i-1].kind == word && !f.isPunct(i+1, ":,") {
		p := f.toks[i-1]
		s := strings.HasSuffix(f.toks[i].low, "s")
		ok := f.lang.values["pronouns"][p.low] != "" || f.is(i-1, "self") || f.is(i-1, "rel") || f.is(i-1, "adverbs") || f.is(i-1, "aux") || f.is(i-1, "conj") || p.low == "to"
		if s {
			ok = ok || p.cap || f.office(i-1) || f.lang.set("org").has(p.low) || f.lang.set("nouns").has(p.low)
		} else {
			ok = ok || !p.cap && strings.HasSuffix(p.low, "s") || p.cap && strings.HasSuffix(p.low, "s")
		}
		if !ok {
			return 0, false
		}
	}
	return n, weak
}

// accordingAt returns the length of a phrase like "according to" at i.
func (f *frame) accordingAt(i int) int { return f.phrase(i, "according") }

// after seeks the cue of the quotation at token i to its right, before token hi.
func (f *frame) after(i, hi int) cue {
	j := i + 1
	for j < hi && (f.isPunct(j, ",،，—–-―") || f.is(j, "aux") && f.lang.code != "en" || f.is(j, "adverbs") && !f.nameStarts(j)) {
		j++
	}
	if j >= hi {
		return cue{}
	}
	if f.isPunct(j, "(—–―") {
		j++
	}
	// “…” — Name
	if j > i+1 && f.isPunct(j-1, "—–-―") && f.nameStarts(j) {
		e := min(f.run(j), hi)
		if a, b := f.core(j, e); a < b && e-j <= 5 && (e == len(f.toks) || f.isPunct(e, ",.;(") || f.toks[e-1].ends) && (e == len(f.toks) || f.signed(e)) {
			return cue{who: mention{kind: named, a: j, b: e, ca: a, cb: b, head: b - 1}, a: j - 1, b: j, after: true, adjacent: true}
		}
	}
	if n := f.accordingAt(j); n > 0 {
		if m := f.npAt(j+n, hi); m.kind != nobody {
			return cue{who: m, a: j, b: j + n, after: true, adjacent: true}
		}
	}
	if n, weak := f.verbAt(j); n > 0 && !weak {
		k := j + n
		for m, _ := f.verbAt(k); m > 0 && k < hi && f.lang.code != "en"; m, _ = f.verbAt(k) {
			k += m // "ifadesini kullandı"
			n = k - j
		}
		for k < hi && (f.is(k, "adverbs") || f.is(k, "aux")) && !f.nameStarts(k) {
			k++
		}
		m := f.npAt(k, hi)
		// "…, said she had warned": the subject of "said" stands before the quotation.
		if m.kind == pronoun && f.lang.code == "en" && m.b < hi && (f.is(m.b, "aux") || f.is(m.b, "verbs")) && !f.toks[m.a].ends {
			return cue{}
		}
		if m.kind == nobody && f.is(j, "plural_verbs") {
			m = f.bodyAfter(k, hi)
		}
		if m.kind == nobody && k < hi && f.is(k, "preps") && f.lang.code != "en" { // "sagte am Montag Müller"
			if p := f.skipPhrase(k+1, hi); p > k+1 && p < hi {
				m = f.npAt(p, hi)
			}
		}
		return cue{who: m, a: j, b: j + n, after: true, adjacent: true}
	}
	if c := f.unknownVerb(i, j, hi); c.found() {
		return c
	}
	for k := j; k < hi && k < j+reachAfter; k++ {
		if f.toks[k].kind == quoted {
			break
		}
		if n := f.accordingAt(k); n > 0 && f.isPunct(k-1, ",") {
			if m := f.npAt(k+n, hi); m.kind != nobody {
				return cue{who: m, a: k, b: k + n, after: true}
			}
		}
		n, weak := f.verbAt(k)
		if n == 0 || weak && k-j > 5 {
			continue
		}
		m := f.subjectOf(k, j)
		if m.kind == nobody && f.isPunct(k-1, ",") {
			m = f.npAt(k+n, hi) // ", said Moreau"
		}
		if m.kind == nobody {
			continue
		}
		return cue{who: m, a: k, b: k + n, weak: weak, after: true, adjacent: m.a == j && (k <= m.b+2 || f.isPunct(m.b, ","))}
	}
	return cue{}
}

// unknownVerb reads “…”, moquait Luc Garnier: behind the comma one small word that no table has and a full name that ends
// the clause can only be a verb and its subject.
func (f *frame) unknownVerb(i, j, hi int) cue {
	if f.lang.set("inserts") == none && f.lang.code != "de" || !f.isPunct(i+1, ",—–") {
		return cue{}
	}
	t := f.toks[j]
	if t.kind != word || t.cap || t.ends || utf8.RuneCountInString(t.low) < 4 || j+1 >= hi || !f.nameStarts(j+1) || f.office(j) ||
		f.is(j, "function") || f.is(j, "preps") || f.is(j, "conj") || f.is(j, "rel") || f.is(j, "dets") || f.is(j, "weak") || f.is(j, "adverbs") {
		return cue{}
	}
	m := f.npAt(j+1, hi)
	if m.kind != named || m.a != j+1 || m.cb-m.ca < 2 || m.b < hi && !f.toks[m.b-1].ends && !f.isPunct(m.b, ",.;—–") {
		return cue{}
	}
	return cue{who: m, a: j, b: j + 1, after: true, adjacent: true}
}

// signed reports whether what follows a name after a dash is the rest of a signature: no verb, no quotation.
func (f *frame) signed(e int) bool {
	for k := e; k < len(f.toks) && !f.toks[k].ends; k++ {
		if f.toks[k].kind == quoted {
			return false
		}
		if n, _ := f.verbAt(k); n > 0 {
			return false
		}
	}
	return true
}

// before seeks the cue of the quotation at token i to its left, down to token lo.
func (f *frame) before(i, lo, hi int) cue {
	colon := f.isPunct(i-1, ":：")
	if colon && i-2 >= lo { // NAME: “…”
		if f.is(i-2, "questioner") && i-2 == lo {
			return cue{a: i - 1, b: i, adjacent: true, colon: true} // "Question:" of an interview names nobody
		}
		if m := f.npEnding(i-2, lo); m.kind == named && (i-lo <= 8 && m.a-lo <= 1 || f.isPunct(m.a-1, "-–—―")) {
			return cue{who: m, a: i - 1, b: i, adjacent: true, colon: true}
		}
	}
	for k := i - 1; k >= lo && i-k < reachBefore; k-- {
		if n := f.accordingAt(k); n > 0 && k+n <= i {
			if m := f.npAt(k+n, i); m.kind != nobody {
				return cue{who: m, a: k, b: k + n, adjacent: i-m.b <= 1, colon: colon}
			}
		}
		if f.is(k, "post_according") && k > lo { // "dem Sprecher zufolge"
			if m := f.npEnding(k-1, lo); m.kind != nobody {
				return cue{who: m, a: k, b: k + 1, colon: colon}
			}
		}
		n, weak := f.verbAt(k)
		if n == 0 || k+n > i || f.is(k-1, "seen_as") && f.is(k, "verbs") && f.lang.code == "en" { // quoted him as saying
			continue
		}
		if weak && i-k > reachWeak {
			continue
		}
		m := f.subjectOf(k, lo)
		if f.lang.code == "de" {
			if a := f.finite(k, n, lo); a >= 0 {
				m = f.aroundVerb(a, 1, lo, k)
			} else {
				m = f.aroundVerb(k, n, lo, i)
			}
		}
		if m.kind == nobody && (f.lang.code == "ru" || f.lang.code == "uk") && f.is(k, "plural_verbs") {
			m = f.bodyAfter(k+n, i) // "как заявили журналистам в министерстве"
		}
		if f.is(k, "quoting") { // "The paper quoted a witness as saying"
			if o := f.npAt(k+n, i); o.kind == named && !f.agency(o.ca, o.cb) || o.kind == nominal && (f.office(o.head) || o.b < i && strings.Contains(" as mit ", " "+f.toks[o.b].low+" ")) {
				return cue{who: o, a: k, b: k + n, adjacent: i-(k+n) <= 2, colon: colon, via: namedOnly(m)}
			}
		}
		if f.lang.code != "en" || colon {
			r := k + n
			for r < i && (f.is(r, "adverbs") || f.is(r, "aux")) && !f.nameStarts(r) {
				r++
			}
			// "Der Zeitung sagte Lind": a name right after the verb goes before a common noun ahead of it.
			o := f.npAt(r, i)
			if m.kind == nobody && o.kind != nobody || f.lang.code == "de" && m.kind == nominal && !f.is(k-1, "conj") && (o.kind == pronoun || o.kind == named && o.cb-o.ca > 1) {
				m = o
			}
		}
		if m.kind == nobody && f.lang.code != "en" {
			m = f.firstSubject(lo, k)
		}
		if m.kind == nobody && weak {
			continue
		}
		c := cue{who: m, a: k, b: k + n, weak: weak, adjacent: i-(k+n) <= 2, colon: colon}
		return f.outer(c, lo)
	}
	if colon && i-1 > lo {
		if m := f.firstSubject(lo, i-1); m.kind != nobody {
			return cue{who: m, a: i - 1, b: i, weak: true, colon: true}
		}
	}
	return cue{}
}

// bodyAfter returns the body that speaks in "заявили в министерстве": a verb in the plural without a subject
// and the place where its speakers sit.
func (f *frame) bodyAfter(k, hi int) mention {
	for ; k < hi && k < len(f.toks) && (f.toks[k].kind == word || f.toks[k].kind == quoted); k++ {
		if f.is(k, "body_preps") {
			return f.npAt(k+1, hi)
		}
		if f.toks[k].ends {
			break
		}
	}
	return mention{}
}

// namedOnly is m where it is a name, else nothing.
func namedOnly(m mention) mention {
	if m.kind == named {
		return m
	}
	return mention{}
}

// outer climbs from the verb nearest to a quotation to the one that governs its clause: in "Moreau said
// Lind had called the plan “…”" the words are as Moreau reports them. A comma or a colon between the two ends the climb.
func (f *frame) outer(c cue, lo int) cue { return f.climb(c, lo, maxClimb) }

// maxClimb is how many clauses deep reported speech is followed.
const maxClimb = 3

func (f *frame) climb(c cue, lo, left int) cue {
	if c.colon || c.who.kind == nobody || left == 0 {
		return c
	}
	for k := c.who.a - 1; k >= lo && c.who.a-k < 12; k-- {
		if f.toks[k].kind != word || f.toks[k].ends {
			break
		}
		n, weak := f.verbAt(k)
		if n == 0 || weak {
			continue
		}
		m := f.subjectOf(k, lo)
		if m.kind == named && f.agency(m.ca, m.cb) {
			c.via = m
			return c
		}
		if m.kind != named && m.kind != pronoun && !(m.kind == nominal && f.office(m.head)) {
			continue
		}
		return f.climb(cue{who: m, a: k, b: k + n}, lo, left-1)
	}
	return c
}

// complete reports whether the quotation at token i is closed off against what follows it, so that what
// follows can only be an attribution.
func (f *frame) complete(i int) bool {
	switch f.last(i) {
	case ',', '?', '!', '…', '-', '—', '–', '.', '،', '，', '？', '！':
		return true
	}
	return f.isPunct(i+1, ",—–―،，")
}

// cueOf finds the cue of the quotation at token i.
func (f *frame) cueOf(i int) cue {
	lo, hi := f.sentence(i)
	before := f.before(i, lo, i)
	direct := before.found() && !before.weak && (before.colon || before.adjacent)
	var alone cue // a verb without a subject
	if i == lo || f.complete(i) && !direct || f.lang.code == "tr" && !direct && f.phrase(i+1, "verbs") > 0 {
		if c := f.after(i, hi); c.found() && (c.adjacent || !before.found() || before.weak && !c.weak) {
			if c.who.kind != nobody || i == lo {
				return c
			}
			alone = c
		}
	}
	if before.found() {
		return before
	}
	// “A” and “B,” Moreau said: the clause after a later quotation of the sentence.
	for k := i; k < hi; k++ {
		if f.toks[k].kind == quoted || f.isPunct(k, ",") {
			j := k
			if f.toks[k].kind == punct {
				j = k
			}
			if c := f.after(j, hi); c.found() && c.who.kind != nobody && (c.adjacent || f.isPunct(k, ",")) && !c.weak {
				return c
			}
		}
	}
	return alone
}
