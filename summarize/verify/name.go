package verify

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
	"attache/summarize/quote"
)

// nameProblems are names that the source does not have.
func (s *Source) nameProblems(r *reading) []Problem {
	var out []Problem
	bad := func(p text.Span, format string, args ...any) {
		out = append(out, Problem{KindName, p.Of(r.Text), fmt.Sprintf(format, args...)})
	}
	covered := make([]bool, len(r.ls))
	cover := func(p text.Span) {
		for i, l := range r.ls {
			if p.Contains(l.Span) {
				covered[i] = true
			}
		}
	}
	for _, p := range r.Names {
		switch {
		case strings.TrimSpace(p.Source) == "" || !standsIn(s.all, p.Source):
			out = append(out, Problem{KindName, p.Shown, fmt.Sprintf("its source name %q is not in the article it cites", p.Source)})
		case r.lang == s.lang:
			// nothing is translated
		case p.alien():
			out = append(out, Problem{KindName, p.Shown, fmt.Sprintf("the source name %q is another one", p.Source)})
		default:
			for from := 0; p.Shown != ""; {
				i := strings.Index(r.Text[from:], p.Shown)
				if i < 0 {
					break
				}
				cover(text.Span{Start: from + i, End: from + i + len(p.Shown)})
				from += i + len(p.Shown)
			}
		}
	}
	s.people(r, bad)
	s.countryProblems(r, cover, bad)
	for i := range r.ls {
		for _, e := range thingsAt(r.ls, i, r.uncased) {
			p := text.Span{Start: r.ls[i].Start, End: r.ls[i+e.form-1].End}
			if s.names.things[e.value] {
				cover(p)
			} else if r.uncased && strings.HasPrefix(e.value, "body ") && !s.hasAll(r, p) {
				bad(p, "the body is not in the article it cites")
			}
		}
		s.coverInitials(r, i, covered)
	}
	if r.uncased {
		s.smallNames(r, covered, bad)
		return out
	}
	for i, l := range r.ls {
		if l.kind != word || !l.cap || covered[i] || r.dates.taken[i] || r.currency(i) {
			continue
		}
		if s.mixed(r, i, covered, bad); r.plain(i) || s.hasName(r, i) {
			continue
		}
		bad(l.Span, "the name is not in the article it cites")
	}
	return out
}

// smallNames are the words of an English claim without capitals that are no common words and that the source does not have.
func (s *Source) smallNames(r *reading, covered []bool, bad func(text.Span, string, ...any)) {
	if r.lang != "en" {
		return
	}
	for i, l := range r.ls {
		if l.kind != word || covered[i] || r.dates.taken[i] || len(l.fold) < 4 || common(l.fold) || s.hasName(r, i) {
			continue
		}
		if _, k := r.lex.names.at(r.ls, i); k > 0 || r.partOfNumber(i) {
			continue
		}
		bad(l.Span, "the name is not in the article it cites")
	}
}

func (r *reading) partOfNumber(i int) bool {
	return slices.ContainsFunc(r.numbers, func(n number) bool { return n.from <= i && i < n.to })
}

// standsIn reports whether name stands in s and cuts no word.
func standsIn(s, name string) bool {
	for from := 0; ; {
		i := strings.Index(s[from:], name)
		if i < 0 {
			return false
		}
		a, b := from+i, from+i+len(name)
		before, _ := utf8.DecodeLastRuneInString(s[:a])
		first, _ := utf8.DecodeRuneInString(name)
		last, _ := utf8.DecodeLastRuneInString(name)
		after, _ := utf8.DecodeRuneInString(s[b:])
		if !(letter(before) && letter(first)) && !(letter(last) && letter(after)) || spaceless(name) {
			return true
		}
		from = b
	}
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// people asks, of claims in a language without capitals, for the source names of those whom the quotes of the evidence name.
func (s *Source) people(r *reading, bad func(text.Span, string, ...any)) {
	if !caseless(r.lang) || caseless(s.lang) || r.lang == s.lang {
		return
	}
	asked := map[string]bool{}
	for _, q := range s.quotes {
		if q.Speaker == "" || asked[q.Speaker] || !s.inEvidence(r, q) {
			continue
		}
		asked[q.Speaker] = true
		last := q.Speaker[strings.LastIndexByte(q.Speaker, ' ')+1:]
		if !slices.ContainsFunc(r.Names, func(p Pair) bool { return standsIn(p.Source, last) }) {
			bad(text.Span{End: len(r.Text)}, "the evidence names %s; say under which name the claim has them", q.Speaker)
		}
	}
}

func (s *Source) inEvidence(r *reading, q quote.Quote) bool {
	return slices.ContainsFunc(r.Evidence, func(e text.Span) bool {
		return q.SpeakerSpan.Len() > 0 && e.Overlaps(q.SpeakerSpan)
	})
}

// caseless reports whether a language is written without capitals.
func caseless(lang string) bool {
	switch lang {
	case "ar", "fa", "he", "hi", "ja", "ka", "ko", "th", "ur", "zh":
		return true
	}
	return false
}

// coverInitials covers the name that begins at ls[i] and whose initials the source has, and an acronym whose words it has.
func (s *Source) coverInitials(r *reading, i int, covered []bool) {
	ls := r.ls
	if !ls[i].cap || ls[i].kind != word {
		return
	}
	if ls[i].caps && s.names.initials[ls[i].fold] {
		covered[i] = true
		return
	}
	all, caps, small := "", "", false
	for j, n := i, 0; j < len(ls) && n < 9; j++ {
		if ls[j].kind != word || j > i && !ls[j].cap && runes(ls[j].fold) > 3 {
			return
		}
		c, _ := utf8.DecodeRuneInString(ls[j].fold)
		all += string(c)
		small = small || !ls[j].cap
		if ls[j].cap {
			caps += string(c)
			if n++; n > 1 && ((runes(caps) > 2 || small) && s.names.acronyms[caps] || runes(all) > 2 && s.names.acronyms[all]) {
				for k := i; k <= j; k++ {
					covered[k] = true
				}
			}
		}
	}
}

// nameable reports whether ls[i] can be a part of somebody's name.
func (r *reading) nameable(i int) bool {
	l := r.ls[i]
	if l.kind != word || !l.cap || l.caps || r.dates.taken[i] || runes(l.fold) < 2 || nobles[l.fold] || joints[l.fold] || text.Stopword(l.fold, r.lang) {
		return false
	}
	return !titled(r.ls, i, r.lang)
}

// mixed looks for a name that is put together from two: the given name of one person and the surname of another.
func (s *Source) mixed(r *reading, i int, covered []bool, bad func(text.Span, string, ...any)) {
	ls, x := r.ls, &s.names
	if look(ls, i+1).kind != word || !ls[i+1].cap || ls[i].poss || covered[i] || covered[i+1] || ls[i+1].line {
		return
	}
	a, b := ls[i], ls[i+1]
	if !r.nameable(i) || !r.nameable(i+1) {
		return
	}
	if len(x.before[b.fold]) == 0 || len(x.after[a.fold]) == 0 || x.before[b.fold][a.fold] {
		return
	}
	inside := func(w string) bool { return w != "" }                  // a title stands as ""
	if anyKey(x.before[a.fold], inside) || len(x.after[b.fold]) > 0 { // stands inside longer names
		return
	}
	bad(text.Span{Start: a.Start, End: b.End}, "the article it cites names nobody so")
}

func anyKey(m map[string]bool, f func(string) bool) bool {
	for k := range m {
		if f(k) {
			return true
		}
	}
	return false
}

// currency reports whether ls[i] is the code of one before its figure or sign: "US$5", "EUR 5".
func (r *reading) currency(i int) bool {
	if i+1 >= len(r.ls) {
		return false
	}
	next := r.ls[i+1]
	return next.kind == sign && unitTable().signed[r.ls[i].fold+next.fold] != "" || next.kind == figure && isCode(r.ls[i].Of(r.Text))
}

// money reports whether the code of a currency stands at p.
func (r *reading) money(p text.Span) bool {
	for i, l := range r.ls {
		if l.Span == p {
			return r.currency(i)
		}
	}
	return false
}
