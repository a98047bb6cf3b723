package quote

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

// A resolver follows an article from its beginning and says who "he", "the minister" and "Lavrov" are.
type resolver struct {
	ps     *people
	codes  map[string]string // the country a word stands for, see seat
	group  string            // the body or group that was subject last
	recent []*person         // people in the order in which they were subjects or speakers, latest last
}

// see notes that p was the subject or speaker at this point of the article.
func (r *resolver) see(p *person) {
	if p == nil || !p.human() {
		return
	}
	r.recent = append(r.recent, p)
	if len(r.recent) > 64 {
		r.recent = append(r.recent[:0], r.recent[32:]...)
	}
}

// seeGroup notes that a body or an unnamed group was subject or speaker.
func (r *resolver) seeGroup(f *frame, m mention) {
	switch m.kind {
	case named:
		if p := r.ps.lookup(f, m.ca, m.cb); p == nil || !p.human() {
			r.group = f.textOf(m.ca, m.cb)
		}
	case nominal:
		if f.lang.set("org").has(f.toks[m.head].low) || f.lang.set("nouns").has(f.toks[m.head].low) || strings.HasSuffix(f.toks[m.head].low, "s") {
			r.group = f.textOf(m.a, m.b)
		}
	}
}

// lastOf returns the person seen last who may have the gender. Where the article does not show the gender of a
// name, there must be good evidence that it is a person's.
//
// The ending of a first name counts where nothing else does: "she" is Mara sooner than Oskar.
func (r *resolver) lastOf(gender byte) *person {
	const sure = 2
	if gender != 0 {
		for i := len(r.recent) - 1; i >= 0; i-- {
			if p := r.recent[i]; p.gender == gender || p.gender == 0 && p.score >= sure && r.ps.guess(p) == gender {
				return p
			}
			if p := r.recent[i]; p.gender == 0 && p.score >= sure && r.ps.guess(p) == 0 {
				break
			}
		}
	}
	for i := len(r.recent) - 1; i >= 0; i-- {
		if p := r.recent[i]; gender == 0 || p.gender == gender || p.gender == 0 && p.score >= sure {
			return p
		}
	}
	for i := len(r.recent) - 1; i >= 0; i-- {
		if p := r.recent[i]; p.gender == 0 {
			return p
		}
	}
	return nil
}

// namedBefore returns the person named last before the byte at who may have the gender, subject or not.
func (r *resolver) namedBefore(at int, gender byte) *person {
	for i := len(r.ps.mentions) - 1; i >= 0; i-- {
		m := r.ps.mentions[i]
		if p := r.ps.longest(m.p); m.at < at && p.human() && (p.gender == 0 || p.gender == gender) {
			return p
		}
	}
	return nil
}

// name resolves a mention. Unresolved nominals stay as the article words them; unresolved pronouns are "".
func (r *resolver) name(f *frame, m mention) (string, *person) {
	switch m.kind {
	case named:
		p := r.ps.lookup(f, m.ca, m.cb)
		if p == nil {
			return f.textOf(m.ca, m.cb), nil
		}
		return p.text, p
	case pronoun:
		g := f.lang.values["pronouns"][f.toks[m.a].low]
		if g == "m" || g == "f" {
			if p := r.lastOf(g[0]); p != nil {
				if p.gender == 0 {
					p.gender = g[0]
				}
				return p.text, p
			}
			if p := r.namedBefore(f.toks[m.a].start, g[0]); p != nil {
				return p.text, p
			}
		}
		if (g == "p" || g == "n") && r.group != "" {
			return r.group, nil
		}
		return "", nil
	case nominal:
		if p := r.described(f, m); p != nil {
			return p.text, p
		}
		a := m.a
		if caseless(f.src[f.toks[a].start:]) { // "وزير الخارجية" and then the name
			for a < m.b && (f.is(a, "titles") || f.is(a, "dets")) {
				a++
			}
			if a == m.b {
				a = m.a
			}
		}
		return f.textOf(a, m.b), nil
	}
	return "", nil
}

// seat returns one common word for the words that stand for a country or a body: the code of the country (ISO 3166-1
// in small letters, "eu"), or what data/seats.txt says.
func (r *resolver) seat(l *language, w string) string {
	if s := l.seat(w); s != w {
		return s
	}
	if head, _, ok := strings.Cut(w, "-"); ok { // "EU-Ratspräsidentin", "US-Außenminister"
		if v := l.tables.langs["seats"]; v != nil && v.values["seats"][head] != "" {
			return v.values["seats"][head]
		}
	}
	if l.set("offices").has(w) || l.set("titles").has(w) || l.set("function").has(w) || l.set("org").has(w) {
		return w
	}
	c, ok := r.codes[w]
	if !ok {
		first, n := utf8.DecodeRuneInString(w)
		if m := text.Countries(string(unicode.ToUpper(first))+w[n:], l.code); len(m) == 1 {
			c = strings.ToLower(m[0].Code)
		}
		if r.codes == nil {
			r.codes = map[string]string{}
		}
		r.codes[w] = c
	}
	if c == "" {
		return w
	}
	return c
}

// seat returns the common word of a word of data/seats.txt, any other word as it is.
func (l *language) seat(w string) string {
	if v := l.tables.langs["seats"]; v != nil {
		if s := v.values["seats"][w]; s != "" {
			return s
		}
		// Where names are inflected, "stem*" stands for all forms of the word.
		for _, h := range v.sets["seats"].heads {
			if strings.HasPrefix(w, h) {
				return v.values["seats"][h+"*"]
			}
		}
	}
	return w
}

// described finds the one person whom the article describes as the nominal does: "the Kremlin leader" is
// the person with an office of the class "leader" and a word for Russia beside the name.
func (r *resolver) described(f *frame, m mention) *person {
	if !f.is(m.a, "dets") && !f.toks[m.a].poss && f.lang.set("no_articles") == none {
		return nil
	}
	if f.is(m.a, "indefinite") {
		return nil
	}
	head, class, mods := r.seatOf(f, m)
	if class == "" {
		return nil
	}
	var matter []string // "the finance minister"
	for k := m.a; k < m.b; k++ {
		if low := f.toks[k].low; f.toks[k].kind == word && low != head && !mods[low] && !f.is(k, "dets") && !f.is(k, "adverbs") && !f.is(k, "tops") {
			matter = append(matter, low)
		}
	}
	var best *person
	score := 0
	for i := len(r.ps.all) - 1; i >= 0; i-- {
		p := r.ps.all[i]
		if !p.human() || p.at > f.toks[m.a].start || !strings.Contains(p.text, " ") && len(r.ps.byLast[p.last]) > 1 {
			continue
		}
		s := r.fit(f, p, head, class, mods)
		for _, w := range matter {
			if s >= 2 && p.desc[w] {
				s++
			}
		}
		if s > score || s == score && s > 0 && best != nil && r.later(p, best) {
			best, score = p, s
		}
	}
	// "the minister" alone: the office in the same word, or one of its class held by somebody just heard of.
	if score >= 3 || score >= 2 && len(mods) == 0 || score >= 1 && len(mods) == 0 && r.later(best, nil) {
		return r.ps.longest(best)
	}
	return nil
}

// seatOf takes a nominal apart: its head noun, the class of office the noun names, and the words for a
// country or body beside it, each as its common word.
func (r *resolver) seatOf(f *frame, m mention) (head, class string, mods map[string]bool) {
	end := m.b
	for k := m.a + 1; k < m.b; k++ {
		if f.is(k, "preps") {
			end = k
			break
		}
	}
	at := end - 1
	for k := end - 1; k >= m.a && f.lang.officeClass(f.toks[at].low) == ""; k-- { // "президент России"
		if f.lang.officeClass(f.toks[k].low) != "" {
			at = k
		}
	}
	head = f.toks[at].low
	class = f.lang.officeClass(head)
	mods = map[string]bool{}
	last := m.b
	if f.is(m.b, "of") { // the president of Norland
		for last = m.b + 1; last < len(f.toks) && last < m.b+5 && f.toks[last].kind == word && (f.toks[last].cap || f.is(last, "dets") || f.is(last, "of")); last++ {
			if f.toks[last].ends {
				last++
				break
			}
		}
	}
	if s := r.seat(f.lang, head); s != head {
		mods[s] = true
	}
	for k := m.a; k < last; k++ {
		t := f.toks[k]
		if f.is(k, "tops") && class == "envoy" {
			class = "foreign" // the top Norland diplomat
			continue
		}
		if k == at || t.kind != word || f.is(k, "preps") || f.is(k, "dets") {
			continue
		}
		// Only names, and words that stand for a country or body, say whose office it is.
		if s := r.seat(f.lang, t.low); s != t.low || t.cap || f.lang.code == "de" {
			mods[s] = true
		}
	}
	return head, class, mods
}

// learn gives p the office of the nominal m: "Russia's president spoke. … Lind said".
func (r *resolver) learn(f *frame, m mention, p *person) {
	head, class, mods := r.seatOf(f, m)
	if class == "" || !p.human() {
		return
	}
	for w := range p.desc {
		if c := f.lang.officeClass(w); c != "" && c != class {
			return
		}
	}
	p.desc[head] = true
	for w := range mods {
		p.desc[w] = true
	}
}

// later reports whether p was seen after q; without q, whether p is among the last few seen.
func (r *resolver) later(p, q *person) bool {
	const few = 4
	for i := len(r.recent) - 1; i >= 0; i-- {
		if q == nil && len(r.recent)-i > few {
			return false
		}
		switch r.recent[i] {
		case p:
			return true
		case q:
			return false
		}
	}
	return false
}

func (r *resolver) fit(f *frame, p *person, head, class string, mods map[string]bool) int {
	office := 0
	country := 0
	for w := range p.desc {
		if w == head {
			office = max(office, 2)
		} else if f.lang.officeClass(w) == class || class == "foreign" && f.lang.set("foreign").has(w) {
			office = max(office, 1)
		}
		if mods[r.seat(f.lang, w)] {
			country++
		}
	}
	switch {
	case office == 0 && country == 0:
		return 0
	case len(mods) > 0 && country == 0:
		return 0
	case office == 0:
		return 1
	}
	return office + 2*country
}
