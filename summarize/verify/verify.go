// Package verify asks of a claim whether its source bears it: a sentence of a
// brief, and the article that the brief cites for it.
//
// What can be compared letter by letter is a hard gate: figures with their
// scale and unit, dates and times, names, offices and who holds them, words in
// quotation marks, and characters that must not reach a reader. A claim with a
// Problem is never shown. Everything else goes into a score, which ranks and
// proves nothing: whether A said it of B or B of A, whether a plan was carried
// out, what caused what, cannot be told here.
//
// It knows no model, no brief and no store, and sends nothing.
package verify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"attache/internal/text"
	"attache/summarize/quote"
)

// A Kind says which gate a claim failed.
type Kind string

const (
	KindNumber    Kind = "number"    // a figure that the source does not have
	KindUnit      Kind = "unit"      // a figure that the source has of something else
	KindDate      Kind = "date"      // a day of a month
	KindTime      Kind = "time"      // a time of day
	KindWeekday   Kind = "weekday"   // a day of the week, or one that is not that of its date
	KindMonth     Kind = "month"     //
	KindYear      Kind = "year"      //
	KindDay       Kind = "day"       // today, yesterday, tomorrow
	KindName      Kind = "name"      // a name that the source does not have, or not of that person
	KindOffice    Kind = "office"    // an office that the source gives nobody, or somebody else
	KindQuotation Kind = "quotation" // words between marks that stand in no quotation of the source
	KindNegation  Kind = "negation"  // a verb that the source denies, or denies nowhere
	KindModality  Kind = "modality"  // told as done or certain what the evidence calls possible, planned or wished for
	KindRoles     Kind = "roles"     // who did it and to whom, the other way round than in the evidence
	KindUnsafe    Kind = "unsafe"    // what becomes live, or hides something
)

// A Problem is one reason for which a claim may not be shown.
type Problem struct {
	Kind   Kind   `json:"kind"`
	Text   string `json:"text"` // of the claim
	Reason string `json:"reason"`
}

// A Pair is a name as a translation shows it and as the source has it.
type Pair struct {
	Shown  string `json:"shown"`
	Source string `json:"source"`
}

// A Claim is what a brief says.
type Claim struct {
	Text     string
	Lang     string      // ISO 639-1; "" is the source's
	Evidence []text.Span // where the claim says that its proof is, in bytes of the source's text; may be empty
	Names    []Pair      // of translations
}

// A Source is an article made ready for many claims. It is read-only once made and safe for concurrent use.
type Source struct {
	title, text string
	lang        string
	all         string // title and text
	shift       int    // from a byte of text to one of all
	published   time.Time
	quotes      []quote.Quote

	ls        []lexeme
	sentences []text.Span // of all
	whole     map[string]bool
	future    []bool              // by sentence: it speaks of days to come
	standing  map[string][]int    // by capitalised word, the sentences it stands in
	values    map[string][]string // by value, the units that it has
	currency  map[string]bool     // units that stand anywhere
	times     calendar
	names     nameIndex
	held      []holding // offices
	marks     []Stretch // of text
	letters   string    // all without anything but letters and digits, small
	denied    denials
	score     scoreIndex
}

// Prepare reads an article. lang is an ISO 639-1 code or ""; published is when it came out, zero when that is unknown; quotes
// are those found in text (quote.Find), for what stands in embedded posts. It costs about a millisecond per 4,000 letters.
func Prepare(title, body, lang string, published time.Time, quotes []quote.Quote) *Source {
	s := &Source{title: title, text: body, lang: lang, published: published, quotes: quotes, all: body}
	if title != "" {
		s.all = title + "\n" + body
		s.shift = len(title) + 1
	}
	l, stem := lexiconOf(lang), text.Stems(lang)
	s.ls = lex(s.all)
	s.sentences = text.Sentences(s.all, lang)
	s.whole = map[string]bool{}
	for _, p := range s.sentences {
		s.whole[oneSpaced(p.Of(s.all))] = true
	}
	s.markFuture(l)
	d := l.allDates(s.all, s.ls, uncased(s.ls))
	s.times = s.calendarOf(l, d)
	s.values, s.currency = map[string][]string{}, map[string]bool{}
	for i, maybe := range d.maybe {
		d.taken[i] = d.taken[i] && !maybe
	}
	for _, n := range l.allNumbers(s.all, s.ls, d.taken) {
		for _, q := range n.alts {
			if !slices.Contains(s.values[q.value], q.unit) {
				s.values[q.value] = append(s.values[q.value], q.unit)
			}
			s.currency[q.unit] = true
		}
	}
	s.tornFigures()
	s.names = indexNames(s.all, lang, s.ls, stem)
	s.standing = map[string][]int{}
	for _, x := range s.ls {
		if i := s.sentenceAt(x.Start); x.cap && i >= 0 {
			s.standing[x.fold] = append(s.standing[x.fold], i)
		}
	}
	s.held = holdings(s.all, s.ls, lang, true)
	s.letters = lettersOf(s.all)
	s.marks = Merged(append(Stretches(body, quotes), ticked(body)...))
	s.denied = deny(l, s.ls)
	s.score = indexScore(s, stem)
	return s
}

// tornFigures adds the figures whose decimals a space has torn off ("98. 7 per cent"), as in texts made from printed pages.
func (s *Source) tornFigures() {
	for i := 0; i+2 < len(s.ls); i++ {
		a, m, b := s.ls[i], s.ls[i+1], s.ls[i+2]
		if a.kind == figure && m.point && !m.gap && b.kind == figure && !b.line && len(b.fold) <= 3 {
			v := canonical(a.fold + "." + b.fold)
			s.values[v] = append(s.values[v], "", percent)
		}
	}
}

// oneSpaced is s with its white space made single spaces.
func oneSpaced(s string) string { return strings.Join(strings.Fields(s), " ") }

// reading is a claim as the gates see it.
type reading struct {
	Claim
	lang    string
	lex     *lexicon
	ls      []lexeme
	parts   []text.Span // sentences
	uncased bool        // has no capital at all, so that names cannot be seen
	titles  bool        // has capitals everywhere
	dates   dates
	numbers []number
}

func (s *Source) read(c Claim) *reading {
	r := &reading{Claim: c, lang: c.Lang}
	if r.lang == "" {
		r.lang = s.lang
	}
	r.lex = lexiconOf(r.lang)
	r.ls = lex(c.Text)
	r.parts = text.Sentences(c.Text, r.lang)
	r.uncased, r.titles = uncased(r.ls), titleCased(r)
	r.dates = r.lex.allDates(c.Text, r.ls, r.uncased)
	r.numbers = r.lex.allNumbers(c.Text, r.ls, r.dates.taken)
	return r
}

// uncased reports whether a text has no word that begins with a capital and goes on in small letters: its names cannot be
// seen, as in the output of many summarisers, which write all in small letters.
func uncased(ls []lexeme) bool {
	letters := false
	for _, l := range ls {
		if l.cap && !l.caps && l.fold != "i" {
			return false
		}
		letters = letters || l.small
	}
	return letters
}

// Problems returns why the source does not bear the claim; none when the claim may be shown. A claim that is made of whole
// sentences of the source has no problem but that it may be unsafe.
//
// Not gated: names in languages written without capitals, but for those that Names gives and those whom the quotes of the
// evidence name; single capitalised words of German, which are nouns most often; a name that begins a sentence, alone; names
// in a claim without capitals, but for countries.
func (s *Source) Problems(c Claim) []Problem {
	if why := Unsafe(c.Text); why != "" {
		return []Problem{{KindUnsafe, c.Text, "it holds " + why}}
	}
	if s.verbatim(c) {
		return nil
	}
	r := s.read(c)
	return s.problems(r)
}

func (s *Source) problems(r *reading) []Problem {
	var out []Problem
	for _, gate := range []func(*reading) []Problem{s.numberProblems, s.dateProblems, s.nameProblems, s.officeProblems, s.quotationProblems, s.negationProblems, s.evidenceProblems} {
		for _, p := range gate(r) {
			if !slices.ContainsFunc(out, func(o Problem) bool { return o.Kind == p.Kind && o.Text == p.Text }) {
				out = append(out, p)
			}
		}
	}
	return out
}

// verbatim reports whether the claim is made of whole sentences of the source.
func (s *Source) verbatim(c Claim) bool {
	if s.whole[oneSpaced(c.Text)] {
		return true
	}
	parts := text.Sentences(c.Text, s.lang)
	for _, p := range parts {
		if !s.whole[oneSpaced(p.Of(c.Text))] {
			return false
		}
	}
	return len(parts) > 0
}

// numberProblems are figures that the source does not have.
func (s *Source) numberProblems(r *reading) []Problem {
	var out []Problem
	for i, n := range r.numbers {
		if r.counts(i) || n.implied || n.loose || n.value() == "1" && (n.unit == "" || n.unit == things) && n.power == 0 {
			continue
		}
		kind, why := KindNumber, "the figure is not in the article it cites"
		if n.year() {
			kind = KindYear
		}
		found := false
		for _, q := range n.alts {
			for _, u := range s.values[q.value] {
				if s.compatible(q.unit, u) {
					found = true
				} else {
					kind, why = KindUnit, fmt.Sprintf("the article has the figure %sand not %s", measured(u), strings.TrimSpace(measured(q.unit)))
				}
			}
		}
		if !found && s.counted(r, n) {
			found = true
		}
		if !found && kind == KindYear && s.times.years[atoi(n.base[0])] != "" {
			found = true
		}
		if !found {
			out = append(out, Problem{kind, n.Of(r.Text), why})
		}
	}
	return out
}

// value is the plain reading of a number.
func (n number) value() string {
	if len(n.base) == 0 {
		return ""
	}
	return n.base[0]
}

func measured(unit string) string {
	switch unit {
	case "":
		return "without a unit "
	case percent:
		return "as a share "
	case points:
		return "in percentage points "
	case things:
		return "of something else "
	}
	return "in " + unit + " "
}

// compatible reports whether a figure that the source has of one unit bears a claim's of another.
func (s *Source) compatible(claim, source string) bool {
	switch {
	case claim == source:
		return true
	case claim == percent || claim == points || source == percent || source == points:
		return false
	case claim == "" || claim == things && source == "":
		return true
	case source == "":
		return len(claim) != 3 || strings.ToUpper(claim) != claim || s.currency[claim] // a currency that the source names at all
	}
	return false
}
