package verify

import (
	"slices"
	"strings"

	"attache/internal/text"
)

const (
	// reachNot and reachMay are how many words behind "not" and "may" what they are said of stands.
	reachNot, reachMay = 3, 3
	// reachRole is how many words may stand between a verb and the end of its subject, or the beginning of its object.
	reachRole = 2
	// stemLeast is the shortest word that is compared, in letters.
	stemLeast = 4
)

// evidenceProblems compares a claim with the sentences that it cites, in the same language, where the tables have its words of
// denial: a claim that tells as done what they deny or call possible, denies what they tell, or swaps who did what to whom.
func (s *Source) evidenceProblems(r *reading) []Problem {
	if len(r.lex.denies) == 0 || s.lang != r.lang && s.lang != "" {
		return nil
	}
	var cited []text.Span
	for _, e := range r.Evidence {
		e.Start, e.End = e.Start+s.shift, e.End+s.shift
		for _, p := range s.sentences {
			if p.Overlaps(e) {
				cited = append(cited, p)
			}
		}
	}
	if len(cited) == 0 {
		return nil
	}
	stem := text.Stems(r.lang)
	mine := r.lex.tellings(r.ls, stem)
	var theirs []telling
	denies := false
	var roles []role
	for _, p := range cited {
		from, _ := slices.BinarySearchFunc(s.ls, p.Start, func(l lexeme, at int) int { return l.Start - at })
		to, _ := slices.BinarySearchFunc(s.ls, p.End, func(l lexeme, at int) int { return l.Start - at })
		ls := s.ls[from:to]
		theirs = append(theirs, r.lex.tellings(ls, stem)...)
		denies = denies || r.lex.denyingAny(ls)
		roles = append(roles, r.lex.roles(s.all, ls, r.lang, stem)...)
	}
	claimDenies, claimHedges := r.lex.denyingAny(r.ls), r.lex.hedging(r.ls)
	var out []Problem
	for _, m := range mine {
		same, denied, may := 0, 0, 0
		for _, t := range theirs {
			if t.stem == m.stem {
				same++
				if t.denied {
					denied++
				}
				if t.may {
					may++
				}
			}
		}
		switch {
		case same == 0:
		case denied == same && !claimDenies:
			out = append(out, Problem{KindNegation, m.Of(r.Text), "the words it cites deny it"})
		case m.next && !denies && len(r.parts) == 1:
			out = append(out, Problem{KindNegation, m.Of(r.Text), "the words it cites do not deny it"})
		case may == same && !claimHedges:
			out = append(out, Problem{KindModality, m.Of(r.Text), "the words it cites call it possible, planned or wished for"})
		}
	}
	for _, m := range r.lex.roles(r.Text, r.ls, r.lang, stem) {
		swapped, unread := Problem{}, 0 // places where the verb stands without a subject and an object that can be read
		for _, t := range theirs {
			if t.stem == m.stem && !slices.ContainsFunc(roles, func(o role) bool { return o.Span == t.Span }) {
				unread++
			}
		}
		for _, t := range roles {
			if t.stem != m.stem {
				continue
			}
			if meets(m.who, t.who) || meets(m.whom, t.whom) {
				swapped = Problem{}
				break
			}
			if meets(m.who, t.whom) && meets(m.whom, t.who) {
				swapped = Problem{KindRoles, m.Of(r.Text), "in the words it cites, it is the other way round"}
			}
		}
		if swapped.Kind != "" && unread == 0 {
			out = append(out, swapped)
		}
	}
	return out
}

// A telling is a word that carries meaning, and how it is told.
type telling struct {
	text.Span
	stem   string
	denied bool // "not", or its like, stands before it
	next   bool // … right before it
	may    bool // "may", or its like, stands before it
}

// tellings are the words of ls, which are of some sentences, that may be verbs or what a verb is about.
func (l *lexicon) tellings(ls []lexeme, stem func(string) string) []telling {
	var out []telling
	not, may := -1, -1 // how many words ago
	for i, x := range ls {
		if x.line || x.comma || x.point || x.colon || x.kind == mark && !x.point && !x.comma {
			not, may = -1, -1
		}
		if x.kind != word {
			continue
		}
		denies := l.denying(ls, i)
		if _, k := l.denies.at(ls, i); k > 0 {
			denies = true
		}
		_, k := l.may.at(ls, i)
		switch {
		case denies:
			not = 0
			continue
		case k > 0 && !(l.lang == "en" && (x.fold == "may" || x.fold == "will") && x.cap && i > 0 && !ls[i-1].point): // the month
			may = 0
			continue
		}
		if not >= 0 {
			not++
		}
		if may >= 0 {
			may++
		}
		if runes(x.fold) < stemLeast || !meaning(x, l.lang) || x.cap && l.lang != "de" {
			continue
		}
		out = append(out, telling{x.Span, stem(x.fold), not > 0 && not <= reachNot, not == 1, may > 0 && may <= reachMay})
	}
	return out
}

// denyingAny reports whether some word of ls denies.
func (l *lexicon) denyingAny(ls []lexeme) bool {
	for i := range ls {
		if _, k := l.denies.at(ls, i); k > 0 || l.denying(ls, i) {
			return true
		}
	}
	return false
}

// hedging reports whether some word of ls says that something is possible, planned, wished for or to come.
func (l *lexicon) hedging(ls []lexeme) bool {
	for i := range ls {
		if _, k := l.may.at(ls, i); k > 0 {
			return true
		}
		if _, k := l.future.at(ls, i); k > 0 && ls[i].fold != "will" && ls[i].fold != "wird" && ls[i].fold != "werden" {
			return true
		}
	}
	return false
}

// A role is a verb with names on both sides.
type role struct {
	text.Span
	stem      string
	who, whom []string // folded names, and codes of countries
}

// roles finds "A accused B" and "B was accused by A" in ls: a verb with one name close before it and one close behind. Verbs
// that say the same both ways are left out.
func (l *lexicon) roles(s string, ls []lexeme, lang string, stem func(string) string) []role {
	var out []role
	for i, x := range ls {
		if x.kind != word || x.cap || runes(x.fold) < stemLeast || !meaning(x, lang) {
			continue
		}
		if _, k := l.mutual.at(ls, i); k > 0 {
			continue
		}
		who, passive := nameEnding(ls, i)
		whom, by := nameStarting(ls, i+1)
		if len(who) == 0 || len(whom) == 0 || passive != by {
			continue
		}
		if passive {
			who, whom = whom, who
		}
		out = append(out, role{x.Span, stem(x.fold), withCountry(s, who, lang), withCountry(s, whom, lang)})
	}
	return out
}

// nameEnding returns the name that ends before ls[i], with no more than an auxiliary between, and whether that makes a passive.
func nameEnding(ls []lexeme, i int) (name []lexeme, passive bool) {
	j := i - 1
	for n := 0; j >= 0 && n < reachRole && ls[j].kind == word && !ls[j].cap; n++ {
		switch ls[j].fold {
		case "was", "were", "been", "wurde", "wurden":
			passive = true
		case "has", "have", "had", "also", "again", "hat", "haben", "hatte", "will":
		default:
			return nil, false
		}
		j--
	}
	to := j + 1
	for j >= 0 && ls[j].kind == word && ls[j].cap && !ls[j].line {
		j--
	}
	if j+1 < to && ls[j+1].kind == word {
		if to-j-1 == 1 && j >= 0 && ls[j].kind == word && ls[j].small && text.Stopword(ls[j].fold, "en") && ls[j].fold != "the" {
			return nil, false // "in Norland": no subject
		}
		return ls[j+1 : to], passive
	}
	return nil, false
}

// nameStarting returns the name that begins at ls[i], and whether "by" stands before it.
func nameStarting(ls []lexeme, i int) (name []lexeme, by bool) {
	for n := 0; n < reachRole && look(ls, i).kind == word && !ls[i].cap; n++ {
		switch ls[i].fold {
		case "by", "von":
			by = true
		case "the", "den", "die", "das", "der":
		default:
			return nil, false
		}
		i++
	}
	j := i
	for look(ls, j).kind == word && ls[j].cap && !(j > i && ls[j].line) {
		j++
	}
	if j == i {
		return nil, false
	}
	return ls[i:j], by
}

// withCountry returns the words of a name, and the countries in it.
func withCountry(s string, name []lexeme, lang string) []string {
	var out []string
	for _, l := range name {
		out = append(out, l.fold)
	}
	all := text.Span{Start: name[0].Start, End: name[len(name)-1].End}.Of(s)
	for _, m := range text.Countries(strings.TrimSpace(all), lang) {
		out = append(out, "="+m.Code)
	}
	return out
}

func meets(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool { return slices.Contains(b, x) })
}
