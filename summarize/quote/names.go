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
	byStem   map[string][]*person // by stemKey of the last name
	all      []*person
	mentions []namedAt // in order of the article
	names    *language // first names and their endings, data/names.txt
}

// maxForms is how many names with one beginning are compared.
const maxForms = 64

type namedAt struct {
	at int
	p  *person
}

const suffixes = " jr jr. sr sr. ii iii iv "

const particles = " de del della der den di da dos das du la le van von vom bin ibn al el ben ter zu y e ten of-the "

// arabicArticles are the forms of the article that stand before a name with a hyphen, in small letters.
const arabicArticles = " al el ul ad adh an ar as ash at ath az "

// run returns the end of the run of capitalised words from token i on: "Ursula von der Leyen", "White House".
func (f *frame) run(i int) int {
	j := i
	for j < len(f.toks) {
		t := f.toks[j]
		if t.kind != word {
			break
		}
		if t.cap && !(j > i && f.lang.set("function").has(t.low) && !strings.Contains(particles, " "+t.low+" ")) {
			if j > i && f.lang.code == "tr" && f.agency(j, j+1) {
				break // "Emre Doğan Reuters’a"
			}
			j++
			if t.poss || t.ends {
				break
			}
			continue
		}
		if j > i && strings.Contains(particles, " "+t.low+" ") && f.joins(i, j) {
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
	if len(t.low) <= 2 && i == 0 && (f.isPunct(1, ":") || f.isPunct(1, ".") && f.isPunct(2, ":")) {
		return false // "Q:" and "A.:" of an interview
	}
	if f.inner != nil && t.cap && (i == 0 || f.toks[i-1].ends) && !f.inner[t.low] && f.lang.code == "en" {
		return false
	}
	if f.lang.code == "de" && t.cap && t.low == "von" && i+2 < len(f.toks) && f.toks[i+1].low == "der" && f.surnames[f.toks[i+2].low] {
		return true // "Von der Heide sagte"
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
	for (k > i || f.office(i-1)) && j-k >= 2 && f.seatOf1(k) { // "Президент России Павел Орлин"
		k++
	}
	if k > i && j-k == 3 && f.lang.set("patronymics") != none && !f.is(k+1, "patronymics") {
		k++ // an unknown place: "глава Норландии Анна Ветрова"
	}
	for j-k >= 3 && f.is(k, "occupations") { // "Physiker Sebastian Lind"
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
	ps := &people{byLast: map[string][]*person{}, byFull: map[string]*person{}, byStem: map[string][]*person{}}
	if len(frames) > 0 {
		ps.names = frames[0].lang.tables.langs["names"]
	}
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
	known := map[string]bool{}
	for _, p := range ps.all {
		if p.human() && strings.Contains(p.text, " ") {
			known[p.last] = true
		}
	}
	for _, f := range frames {
		f.surnames = known
	}
	return ps
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
	for n := 0; k >= 0 && n < 6 && f.toks[k].kind == word && !f.toks[k].ends && (!f.is(k, "preps") || a > i && f.is(k, "of") && f.office(k-1)) && !f.is(k, "conj") && !f.is(k, "verbs") && !f.is(k, "weak") && !f.is(k, "aux") && !f.is(k, "rel"); n++ {
		if f.is(k, "dets") {
			break
		}
		if !f.toks[k].cap && (f.lang.code == "de" && !f.adjective(k) || f.lang.code == "en" && f.toks[k+1].cap && !f.office(k) && !f.is(k, "of")) {
			break // a verb that no table has: "Orlin met Council President Ana Berg"
		}
		k--
	}
	office := a > i
	for c := k + 1; c < i; c++ {
		if f.office(c) {
			office = true
		}
	}
	honorific := a > i
	for c := i; c < a; c++ {
		honorific = honorific && f.is(c, "honorifics")
	}
	if honorific {
		k = i - 1 // what stands before "Mr." is no office
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

// merge gives short names the longer one they stand for.
func (ps *people) merge() {
	for _, p := range ps.all {
		ps.byLast[p.last] = append(ps.byLast[p.last], p)
		if k := stemKey(p.last); len(ps.byStem[k]) < maxForms {
			ps.byStem[k] = append(ps.byStem[k], p)
		}
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
