package verify

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"attache/internal/text"
)

// officeTable are the lines of data/offices.txt.
var officeTable = sync.OnceValue(func() (t struct {
	words  phrases
	wider  map[string]string
	inside map[string]bool // words that stand in names of offices of more than one
}) {
	t.words, t.wider, t.inside = phrases{}, map[string]string{}, map[string]bool{}
	tableLines("offices", func(line string) {
		head, forms, _ := strings.Cut(line, ":")
		name, wider, _ := strings.Cut(head, "<")
		name, wider = strings.TrimSpace(name), strings.TrimSpace(wider)
		t.wider[name] = wider
		for _, f := range strings.Fields(forms) {
			t.words.add(f, name, 0)
		}
	})
	for first, list := range t.words {
		for _, e := range list {
			if len(e.rest) > 0 {
				t.inside[first] = true
				for _, w := range e.rest {
					t.inside[w] = true
				}
			}
		}
	}
	return t
})

// thingTable are the lines of data/aliases.txt, of data/places.txt and of the table of bodies, by words.
var thingTable = sync.OnceValue(func() phrases {
	t := phrases{}
	tableLines("aliases", func(line string) {
		names := strings.Split(line, "|")
		for _, n := range names {
			t.add(strings.TrimSpace(n), strings.TrimSpace(names[0]), 0)
		}
	})
	tableLines("places", func(line string) {
		names := strings.Split(line, "|")
		for _, n := range names {
			t.add(strings.TrimSpace(n), "place "+strings.TrimSpace(names[0]), 0)
		}
	})
	for _, names := range text.Bodies() {
		for _, n := range names {
			t.add(n, "body "+names[0], 0)
		}
	}
	return t
})

// officeAt returns the office whose longest name stands at ls[i] — several where one word means several — and its length.
func officeAt(ls []lexeme, i int) (string, []string, int) {
	if ls[i].kind != word {
		return "", nil, 0
	}
	var names []string
	n := 0
	for _, e := range officeTable().words[ls[i].fold] {
		k := e.match(ls, i)
		if k == 0 || k < n {
			continue
		}
		if k > n {
			names, n = nil, k
		}
		if !slices.Contains(names, e.value) {
			names = append(names, e.value)
		}
	}
	if n == 0 || names[0] == "-" { // "Premier League"
		return "", nil, 0
	}
	return names[0], names, n
}

// partOfOffice reports whether ls[i] stands inside the name of an office.
func partOfOffice(ls []lexeme, i int) bool {
	for k := 1; k <= 4 && k <= i; k++ {
		if _, _, n := officeAt(ls, i-k); n > k {
			return true
		}
	}
	return false
}

// A holding is an office that a text gives to somebody.
type holding struct {
	text.Span
	offices   []string
	countries []string // beside it
	of        []string // whose it is, folded: "Norland’s", "of Norland"
	who       string   // folded surname
	name      string
}

const (
	reachBefore = 4 // words between an office and the name behind it: "président français", "of the European Council,"
	reachBehind = 6 // words between a name and the office in apposition to it
)

// holdings returns who holds which office according to s: "Norland's foreign minister, Ilse Markham", "President Costa",
// "Ana Costa, the president of Norland,", "Costa is president". In a source, an office before several names is that of each:
// "Ministers Ana Costa and Jonas Brod".
func holdings(s string, ls []lexeme, lang string, source bool) []holding {
	var out []holding
	var countries []text.Mention
	known := false
	for i := 0; i < len(ls); i++ {
		_, names, k := officeAt(ls, i)
		if k == 0 {
			continue
		}
		if !known {
			countries, known = text.Countries(s, lang), true
		}
		h := holding{Span: text.Span{Start: ls[i].Start, End: ls[i+k-1].End}, offices: names}
		from, to := ls[max(0, i-3)].Start, h.End
		behind := 0
		if a, b, ok := nameBehind(ls, i+k, lang); ok {
			behind = b
			h.who, h.name = ls[b-1].fold, text.Span{Start: ls[a].Start, End: ls[b-1].End}.Of(s)
			to = ls[a].Start
		} else if a, b, ok := nameBefore(ls, i, lang); ok {
			h.who, h.name = ls[b-1].fold, text.Span{Start: ls[a].Start, End: ls[b-1].End}.Of(s)
			from, to = ls[b-1].End, ls[min(len(ls)-1, i+k+3)].End
		}
		for _, m := range countries {
			if m.Start >= from && m.End <= to && !slices.Contains(h.countries, m.Code) && (m.Overlaps(h.Span) || !strings.ContainsAny(s[min(m.End, h.End):max(m.Start, h.Start)], ".;\n")) {
				h.countries = append(h.countries, m.Code)
			}
		}
		h.of = owners(ls, i, i+k, lang)
		out = append(out, h)
		if source && behind > 0 {
			for a, b, ok := nextName(ls, behind, lang); ok; a, b, ok = nextName(ls, b, lang) {
				o := h
				o.who, o.name = ls[b-1].fold, text.Span{Start: ls[a].Start, End: ls[b-1].End}.Of(s)
				out = append(out, o)
			}
		}
		i += k - 1
	}
	return out
}

// nextName finds the name that "and" or a comma joins to one that ends before ls[i].
func nextName(ls []lexeme, i int, lang string) (a, b int, ok bool) {
	l := lexiconOf(lang)
	j := i
	if look(ls, j).comma {
		j++
	}
	if _, k := l.and.at(ls, j); k > 0 {
		j += k
	}
	if j == i || look(ls, j).kind != word || !ls[j].cap || ls[j].line {
		return 0, 0, false
	}
	b = nameRun(ls, j)
	return j, b, b > j
}

// owners returns the names whose the office at [i,j) is said to be.
func owners(ls []lexeme, i, j int, lang string) []string {
	var out []string
	for k := i - 1; k >= 0 && k >= i-2 && ls[k].kind == word; k-- {
		if ls[k].poss && ls[k].cap {
			return append(out, ls[k].fold)
		}
	}
	_, n := lexiconOf(lang).link.at(ls, j)
	if n == 0 {
		return nil
	}
	for k := j + n; look(ls, k).kind == word && (ls[k].cap || nobles[ls[k].fold] || joints[ls[k].fold]); k++ {
		if ls[k].cap {
			out = append(out, ls[k].fold)
		}
	}
	return out
}

// nameRun returns the end of the capitalised words from i on that may be a name, with the small words inside names of people:
// "Ana de la Tervo", "Bashar al-Assad", "J. Brod".
func nameRun(ls []lexeme, i int) int {
	j := i
	for look(ls, j).kind == word && !(j > i && ls[j].line) {
		next := j
		for k := 0; k < 2 && j > i && next+1 < len(ls) && nobles[ls[next].fold] && !ls[next].cap; k++ {
			next = tied(ls, next+1)
		}
		if look(ls, next).kind != word || !ls[next].cap {
			break
		}
		if _, _, k := officeAt(ls, next); k > 0 {
			break
		}
		j = next + 1
		if ls[next].poss {
			break
		}
		if tied(ls, j) < len(ls) && ls[tied(ls, j)].cap {
			j = tied(ls, j)
		}
		if look(ls, j).point && runes(ls[j-1].fold) == 1 { // an initial
			j++
		}
	}
	return j
}

// tied returns i, moved past a hyphen without spaces that stands there.
func tied(ls []lexeme, i int) int {
	if i+1 < len(ls) && ls[i].kind == dash && !ls[i].gap && !ls[i+1].gap {
		return i + 1
	}
	return i
}

// nameBehind finds the name that the office before ls[i] belongs to: at once, or behind a comma or a few words.
func nameBehind(ls []lexeme, i int, lang string) (a, b int, ok bool) {
	for j, words := i, 0; j < len(ls) && words <= reachBefore; j++ {
		l := ls[j]
		switch {
		case l.line, l.point, l.colon, l.kind == figure:
			return 0, 0, false
		case l.comma:
			if look(ls, j+1).cap && ls[j+1].kind == word {
				b := nameRun(ls, j+1)
				if b > j+2 { // a full name: "minister, Ilse Markham"
					return j + 1, b, true
				}
			}
			return 0, 0, false
		case l.kind == word && l.cap:
			if words == 0 || words == 1 && (lang == "fr" || lang == "es" || lang == "it" || lang == "pt") {
				if b := nameRun(ls, j); b > j {
					return j, b, true
				}
				return 0, 0, false
			}
			words++
		case l.kind == word:
			if lang == "en" && words == 0 && l.fold != "of" && l.fold != "for" {
				return 0, 0, false // "the president said Costa"
			}
			words++
		case l.kind == dash:
		default:
			return 0, 0, false
		}
	}
	return 0, 0, false
}

// nameBefore finds the name that the office at ls[i] stands in apposition to: "Ana Costa, Norland's president,".
func nameBefore(ls []lexeme, i int, lang string) (a, b int, ok bool) {
	j := i - 1
	for words := 0; j >= 0 && words <= reachBehind; j-- {
		l := ls[j]
		if l.comma || l.kind == word && copula[l.fold] {
			break
		}
		if l.line || l.point || l.colon || l.kind != word && l.kind != dash {
			return 0, 0, false
		}
		if words++; words > reachBehind {
			return 0, 0, false
		}
	}
	if j <= 0 || !ls[j-1].cap || ls[j-1].kind != word {
		return 0, 0, false
	}
	a = j - 1
	for a > 0 && ls[a-1].kind == word && (ls[a-1].cap || nobles[ls[a-1].fold]) && !ls[a].line && !ls[a-1].poss {
		if _, _, k := officeAt(ls, a-1); k > 0 {
			break
		}
		a--
	}
	for a < j && (!ls[a].cap || text.Stopword(ls[a].fold, lang)) { // "In Geneva"
		a++
	}
	if ls[j].comma && j-a < 2 {
		return 0, 0, false // "In Geneva, the minister said"
	}
	return a, j, a < j
}

// copula are the words between somebody and their office.
var copula = map[string]bool{"is": true, "was": true, "as": true, "became": true, "becomes": true, "ist": true, "war": true, "als": true, "est": true, "es": true, "e": true}

// officeProblems are offices that the source gives nobody, or somebody else.
func (s *Source) officeProblems(r *reading) []Problem {
	var out []Problem
	for _, h := range holdings(r.Text, r.ls, r.lang, false) {
		if r.uncased {
			continue
		}
		p := Problem{Kind: KindOffice, Text: h.Of(r.Text)}
		if h.who != "" {
			p.Text = h.name + ", " + p.Text
		}
		if !s.anyOffice(h) {
			if h.who != "" || s.lang == r.lang {
				p.Reason = "the office is not in the article it cites"
				out = append(out, p)
			}
			continue
		}
		if h.who == "" {
			continue
		}
		if why := s.holds(h); why != "" {
			p.Reason = why
			out = append(out, p)
		}
	}
	return out
}

// within reports whether the office b is a, or narrower.
func sameOffice(a, b string) bool {
	return a == b || officeTable().wider[b] == a
}

func sharesOffice(claim, source []string) bool {
	for _, a := range claim {
		for _, b := range source {
			if sameOffice(a, b) {
				return true
			}
		}
	}
	return false
}

// anyOffice reports whether the source has the office at all, held or not, or its words somewhere.
func (s *Source) anyOffice(h holding) bool {
	return slices.ContainsFunc(s.held, func(x holding) bool { return sharesOffice(h.offices, x.offices) })
}

// holds returns why the source does not give h's office to h's holder; "" when it may.
func (s *Source) holds(h holding) string {
	var has, others []holding
	for _, x := range s.held {
		switch {
		case x.who == h.who:
			has = append(has, x)
		case x.who != "" && sharesOffice(h.offices, x.offices):
			others = append(others, x)
		}
	}
	for _, x := range has {
		if sharesOffice(h.offices, x.offices) {
			if h.apart(x) {
				continue
			}
			return ""
		}
	}
	if len(has) == 0 && len(others) == 0 || s.together(h) {
		return ""
	}
	if len(has) > 0 {
		return fmt.Sprintf("the article it cites has %s as %s", h.name, has[0].Of(s.all))
	}
	for _, x := range others {
		if !h.apart(x) {
			return fmt.Sprintf("the article it cites has %s in that office", x.name)
		}
	}
	return ""
}

// apart reports whether two offices are known to be of different countries or owners.
func (h holding) apart(o holding) bool {
	if len(h.countries) > 0 && len(o.countries) > 0 {
		return !slices.ContainsFunc(h.countries, func(c string) bool { return slices.Contains(o.countries, c) })
	}
	return len(h.of) > 0 && len(o.of) > 0 && !slices.ContainsFunc(h.of, func(a string) bool {
		return slices.ContainsFunc(o.of, func(b string) bool { return a == b || related(a, b) })
	})
}

// together reports whether a sentence of the source has the holder and the office, which it gives to nobody else.
func (s *Source) together(h holding) bool {
	in := s.standing[h.who]
	return slices.ContainsFunc(s.held, func(x holding) bool {
		return x.who == "" && sharesOffice(h.offices, x.offices) && slices.Contains(in, s.sentenceAt(x.Start))
	})
}
