package quote

import (
	"strings"
)

// A person is a name of the article with everything the article says beside it. Bodies and places that
// stand as names are persons too, with human false.
type person struct {
	text   string // longest form, a substring of the article
	first  string // lower case
	last   string // lower case, what short mentions use
	count  int
	at     int             // byte of the first mention
	score  int             // evidence of being a person: > 0
	gender byte            // 'm', 'f' or 0
	desc   map[string]bool // words the article describes it with
	role   string
}

// people are the names of an article.
type people struct {
	byLast   map[string][]*person
	byFull   map[string]*person
	all      []*person
	mentions []namedAt // in order of the article
}

type namedAt struct {
	at int
	p  *person
}

const suffixes = " jr jr. sr sr. ii iii iv "

const particles = " de del della der den di da dos das du la le van von vom bin ibn al el ben ter zu y e ten of-the "

// run returns the end of the run of capitalised words from token i on: "Ursula von der Leyen", "White House".
func (f *frame) run(i int) int {
	j := i
	for j < len(f.toks) {
		t := f.toks[j]
		if t.kind != word {
			break
		}
		if t.cap && !(j > i && f.lang.set("function").has(t.low) && !strings.Contains(particles, " "+t.low+" ")) {
			j++
			if t.poss || t.ends {
				break
			}
			continue
		}
		if j > i && strings.Contains(particles, " "+t.low+" ") {
			k := j + 1
			for k < len(f.toks) && k < j+2 && f.toks[k].kind == word && strings.Contains(particles, " "+f.toks[k].low+" ") {
				k++
			}
			if k < len(f.toks) && f.toks[k].kind == word && f.toks[k].cap && !f.lang.set("function").has(f.toks[k].low) {
				// "Müller von der Partei" is no name: particles join names only after a capitalised first name.
				j = k
				continue
			}
		}
		break
	}
	// "Jr." after a comma
	if j > i && j+1 < len(f.toks) && f.isPunct(j, ",") && strings.Contains(suffixes, " "+f.toks[j+1].low+" ") {
		j += 2
	}
	return j
}

// starts reports whether a name may begin at token i.
func (f *frame) nameStarts(i int) bool {
	if i < 0 || i >= len(f.toks) {
		return false
	}
	t := f.toks[i]
	if f.inner != nil && t.cap && (i == 0 || f.toks[i-1].ends) && !f.inner[t.low] && f.lang.code == "en" {
		return false
	}
	return t.kind == word && t.cap && !f.lang.set("function").has(t.low) && f.lang.values["pronouns"][t.low] == "" && !f.is(i, "self")
}

// core strips titles from the run [i,j): "Foreign Minister Lavrov" has the core "Lavrov". An empty core
// means that the run is a title without a name.
func (f *frame) core(i, j int) (int, int) {
	titles := f.lang.set("titles")
	k := i
	for c := i; c+1 < j; c++ {
		if f.is(c, "honorifics") { // "Mr. King"
			return c + 1, j
		}
	}
	for c := i; c < j; c++ {
		if titles.has(f.toks[c].low) || titles.has(strings.TrimSuffix(f.toks[c].low, ".")) {
			// A body named after an office ("House Republicans") keeps what follows; a name follows a title.
			k = c + 1
		}
	}
	for k < j && strings.Contains(" - & ", " "+f.toks[k].low+" ") {
		k++
	}
	return k, j
}

func (f *frame) textOf(i, j int) string {
	if i >= j {
		return ""
	}
	return f.src[f.toks[i].start:f.toks[j-1].end]
}

// lastName returns the index of the word that carries the surname in [i,j).
func (f *frame) lastName(i, j int) int {
	k := j - 1
	for k > i && (strings.Contains(suffixes, " "+f.toks[k].low+" ") || f.toks[k].kind != word) {
		k--
	}
	return k
}

// collect gathers the names of an article from its frames.
func collect(frames []*frame) *people {
	ps := &people{byLast: map[string][]*person{}, byFull: map[string]*person{}}
	inner := innerCapitals(frames)
	for _, f := range frames {
		f.inner = inner
	}
	for _, f := range frames {
		for i := 0; i < len(f.toks) && !f.heading; i++ {
			if !f.nameStarts(i) {
				continue
			}
			j := f.run(i)
			if j <= i {
				continue
			}
			ps.note(f, i, j)
			i = j - 1
		}
	}
	ps.merge()
	ps.genders(frames)
	return ps
}

// genders learns who is "he" and who is "she": in a sentence that names one person, the pronouns after the
// name mostly mean that person.
func (ps *people) genders(frames []*frame) {
	type votes struct{ m, f int }
	tally := map[*person]*votes{}
	for _, f := range frames {
		var who *person
		many := false
		at := 0
		vote := func(i int) {
			if who == nil || many || i <= at {
				return
			}
			g := f.lang.values["pronouns"][f.toks[i].low]
			if g == "" || g == "n" {
				g = f.lang.values["possessives"][f.toks[i].low]
			}
			v := tally[who]
			if v == nil {
				v = &votes{}
				tally[who] = v
			}
			switch g {
			case "m":
				v.m++
			case "f":
				v.f++
			}
		}
		for i := 0; i < len(f.toks); i++ {
			if f.nameStarts(i) {
				j := f.run(i)
				if a, b := f.core(i, j); a < b {
					if p := ps.lookup(f, a, b); p.human() {
						if who != nil && p != who {
							many = true
						}
						who, at = p, j
					}
				}
				if j > i {
					i = j - 1
				}
				if f.toks[i].ends {
					who, many = nil, false
				}
				continue
			}
			vote(i)
			if f.toks[i].ends && (many || i+1 >= len(f.toks) || f.lang.values["pronouns"][f.toks[min(i+1, len(f.toks)-1)].low] == "") {
				who, many = nil, false
			}
		}
	}
	for p, v := range tally {
		if p.gender == 0 && v.m+v.f > 0 {
			switch {
			case v.m > 2*v.f:
				p.gender = 'm'
			case v.f > 2*v.m:
				p.gender = 'f'
			}
		}
	}
}

// innerCapitals counts the words that stand with a capital where no sentence begins, or beside another
// capital, or before a verb of speech: only they can be names of one word.
func innerCapitals(frames []*frame) map[string]bool {
	out := map[string]bool{}
	for _, f := range frames {
		if f.heading {
			continue
		}
		for i, t := range f.toks {
			if t.kind != word || !t.cap {
				continue
			}
			switch {
			case i > 0 && !f.toks[i-1].ends && f.toks[i-1].kind == word,
				i+1 < len(f.toks) && !t.ends && f.toks[i+1].kind == word && f.toks[i+1].cap,
				t.poss,
				f.is(i+1, "verbs") || f.is(i+1, "aux") && f.is(i+2, "verbs"):
				out[t.low] = true
			}
		}
	}
	return out
}

// note records the run [i,j).
func (ps *people) note(f *frame, i, j int) {
	a, b := f.core(i, j)
	if a >= b {
		return
	}
	l := f.lastName(a, b)
	last := f.toks[l].low
	full := strings.ToLower(f.textOf(a, b))
	p := ps.byFull[full]
	if p == nil {
		p = &person{text: f.textOf(a, b), first: f.toks[a].low, last: last, at: f.toks[a].start, desc: map[string]bool{}}
		ps.byFull[full] = p
		ps.all = append(ps.all, p)
	}
	p.count++
	ps.mentions = append(ps.mentions, namedAt{f.toks[a].start, p})
	org := f.lang.set("org").has(last)
	for k := a; k < b; k++ {
		org = org || f.lang.set("org").has(f.toks[k].low)
	}
	place := f.phrase(a, "places") == b-a
	switch {
	case org || place:
		p.score -= 3
	case l-a >= 1 && l-a <= 3:
		p.score++
	}
	if i > 0 && f.is(i-1, "dets") && a == i {
		p.score--
	}
	if b < len(f.toks) && (f.is(b, "verbs") || f.is(b, "aux") && f.is(b+1, "verbs")) || i > 0 && f.is(i-1, "verbs") {
		p.score++
	}
	if a > i {
		p.score += 2
	}
	// What stands before the name: titles in capitals and offices in small letters.
	for k := i; k < a; k++ {
		p.describe(f, k)
	}
	k := i - 1
	for n := 0; k >= 0 && n < 6 && f.toks[k].kind == word && !f.toks[k].ends && !f.is(k, "preps") && !f.is(k, "conj") && !f.is(k, "verbs") && !f.is(k, "weak") && !f.is(k, "aux") && !f.is(k, "rel"); n++ {
		if f.is(k, "dets") {
			break
		}
		k--
	}
	office := a > i
	for c := k + 1; c < i; c++ {
		if f.office(c) {
			office = true
		}
	}
	if office {
		for c := k + 1; c < i; c++ {
			p.describe(f, c)
		}
		if p.role == "" {
			p.role = f.roleOf(k+1, a)
		}
		p.score++
	}
	ps.appositions(f, p, i, b)
}

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
	if i > 0 && f.isPunct(i-1, ",") && (f.isPunct(b, ",(") || b >= len(f.toks) || f.toks[b-1].ends || f.is(b, "verbs")) {
		c := i - 2
		for c >= 0 && f.toks[c].kind == word && !f.toks[c].ends && !f.is(c, "verbs") && !f.is(c, "aux") {
			c--
		}
		if c+1 < i-1 && (c < 0 || f.toks[c].ends || f.is(c+1, "dets")) {
			read(c+1, i-1)
		}
	}
}

// roleOf returns the tokens [a,b) as a role, in the article's words: without article and honorifics, "" when
// nothing is left or it is no noun phrase.
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
	return f.textOf(a, b)
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

// merge gives short names the longer one they stand for.
func (ps *people) merge() {
	for _, p := range ps.all {
		ps.byLast[p.last] = append(ps.byLast[p.last], p)
	}
	for _, same := range ps.byLast {
		for _, p := range same {
			for _, q := range same {
				if p != q && strings.Contains(p.text, " ") && strings.Contains(q.text, " ") && p.first == q.first && len(q.text) > len(p.text) {
					q.absorb(p)
				}
			}
		}
	}
	for _, p := range ps.all {
		if strings.Contains(p.text, " ") {
			continue
		}
		var full []*person
		for _, q := range ps.byLast[p.last] {
			if q != p && strings.Contains(q.text, " ") {
				full = append(full, q)
			}
		}
		if len(full) == 1 { // titles and roles of the short form belong to the person
			full[0].absorb(p)
		}
	}
}

func (p *person) absorb(q *person) {
	p.count += q.count
	p.score += max(0, q.score)
	for w := range q.desc {
		p.desc[w] = true
	}
	if p.gender == 0 {
		p.gender = q.gender
	}
	if p.role == "" {
		p.role = q.role
	}
	p.at = min(p.at, q.at)
}

// lookup returns the person a run of words [a,b) at byte at names, nil when the article knows none.
func (ps *people) lookup(f *frame, a, b int) *person {
	p := ps.byFull[strings.ToLower(f.textOf(a, b))]
	if b-a > 1 {
		if p == nil {
			return nil
		}
		return ps.longest(p)
	}
	low := f.toks[a].low
	here := f.toks[a].start
	var gender byte
	if f.is(a-1, "female") {
		gender = 'f'
	} else if f.is(a-1, "male") {
		gender = 'm'
	}
	var best *person
	for _, q := range ps.byLast[low] {
		if !strings.Contains(q.text, " ") || gender != 0 && q.gender != 0 && q.gender != gender {
			continue
		}
		if best == nil || betterName(q, best, here) {
			best = q
		}
	}
	if best == nil { // a first name that only one person has
		n := 0
		for _, q := range ps.all {
			if q.first == low && strings.Contains(q.text, " ") && q.score > 0 && q.last != low {
				best = q
				n++
			}
		}
		if n != 1 {
			best = nil
		}
	}
	if best == nil {
		return p
	}
	return ps.longest(best)
}

// betterName prefers, of two people with one surname, the one named before here, then the one named more often.
func betterName(q, best *person, here int) bool {
	if (q.at <= here) != (best.at <= here) {
		return q.at <= here
	}
	if (q.score > 0) != (best.score > 0) {
		return q.score > 0
	}
	return q.count > best.count
}

// longest returns the person's fullest form: "Donald J. Trump" for "Donald Trump".
func (ps *people) longest(p *person) *person {
	best := p
	for _, q := range ps.byLast[p.last] {
		if q.first == p.first && strings.Contains(p.text, " ") && len(q.text) > len(best.text) && q.score > 0 {
			best = q
		}
	}
	return best
}

func (p *person) human() bool { return p != nil && p.score > 0 }
