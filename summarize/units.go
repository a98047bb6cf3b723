package summarize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
	"attache/summarize/quote"
	"attache/summarize/verify"
)

const (
	// maxUnit is the longest statement in words: a digest refuses bullets of more than some 60 words, and longer ones
	// are lists, or pages whose full stops were lost.
	maxUnit = 75
	// minUnit is the shortest, in words: below it stand captions, bylines and "That is not all."
	minUnit = 5
	// leaning is what a sentence loses that leans on the one before.
	leaning = .1
	// joinMax is how many sentences a quotation may hold together.
	joinMax = 4
)

// A unit is a sentence of an article that may become a bullet, or several that one quotation holds together.
type unit struct {
	doc   int
	span  text.Span
	pos   int // how many units of the article stand before it
	words int

	terms []term // ascending ids
	norm  float64

	bare    bool    // begins with a pronoun of which nobody knows whom it means
	own     string  // it, with the words between marks blanked
	side    string  // the government that states it, once it was looked for
	quoted  float64 // the share of it that stands between quotation marks
	figures []int32 // the terms that hold digits, ascending
	faults  float64 // what is taken off its score
	limit   float64 // how strongly it limits, denies or doubts; 0 for not at all
	opinion bool    // the outlet's own voice: taken only where there is nothing else
	score   float64
}

// units returns the statements of a document that may be shown: whole sentences, no quotation cut, no lines that are
// no news, nothing that a bullet may not carry.
func units(n int, d *Document, lex *lexicon) []unit {
	marks := verify.Stretches(d.Text, d.Quotes)
	posts := postsOf(d)
	sentences := text.Sentences(d.Text, d.Lang)
	sentences = sentences[headings(d, sentences):]
	var out []unit
	for i := 0; i < len(sentences); i++ {
		p := sentences[i]
		last := i
		for cut(marks, p) && last+1 < len(sentences) && last-i < joinMax-1 && oneLine(d.Text, p.Start, sentences[last+1].End) {
			last++
			p.End = sentences[last].End
		}
		if cut(marks, p) {
			continue
		}
		starts := i == 0 || !oneLine(d.Text, sentences[i-1].End, p.Start)
		i = last
		if starts && len(out) == 0 || starts && allCapsLine(p.Of(d.Text)) {
			p = undated(d.Text, p)
		}
		alone := starts && (p.End == len(d.Text) || d.Text[p.End] == '\n')
		u := unit{doc: n, span: p, pos: len(out)}
		if !touches(posts, p) && spanIn(d.Text, p) && u.judge(d, lex, marks, alone) {
			out = append(out, u)
		}
	}
	return out
}

const (
	// headMost is the longest line at the beginning of an article, in words, that may be its headline or deck, and headSure
	// the longest that needs no other sign of it: the first sentence of a report has 20 to 30, and rarely under 12. Where the
	// article has no title, or such a line stands before it, headLoose words need no other sign either.
	headMost, headSure, headLoose = 16, 9, 12
	// headLines is how many such lines there may be, and bodyLeast how many words must follow them.
	headLines, bodyLeast = 3, 100
	// headEcho is the share of a headline's longer words that the line behind it repeats.
	headEcho = .4
)

// headings returns how many sentences at the beginning of d are its headline and deck: lines of one short sentence each,
// before a body that is longer than they, and that are very short or told again by the line behind them.
func headings(d *Document, sentences []text.Span) int {
	n, sure := 0, 0
	for n < len(sentences) && n < headLines {
		p := sentences[n]
		words := wordCount(p.Of(d.Text), d.Lang)
		if !ownLine(d.Text, p) || words > headMost {
			break
		}
		n++
		if words <= headSure || words <= headLoose && (sure > 0 || d.Title == "") || n < len(sentences) && (echo(p.Of(d.Text), sentences[n].Of(d.Text)) >= headEcho || undated(d.Text, sentences[n]) != sentences[n]) {
			sure = n
		}
	}
	if n = sure; n == 0 || n == len(sentences) || wordCount(clip(d.Text[sentences[n].Start:], 4000), d.Lang) < bodyLeast {
		return 0
	}
	return n
}

// ownLine reports whether p is a whole line of s.
func ownLine(s string, p text.Span) bool {
	rest := strings.TrimLeft(s[p.End:], " ")
	return p.Start == lineStart(s, p.Start) && (rest == "" || rest[0] == '\n')
}

// echo is the share of the longer words of a that b has, by their first five letters.
func echo(a, b string) float64 {
	have := map[string]bool{}
	for _, w := range cueWords(b) {
		have[first(w, 5)] = true
	}
	n, found := 0, 0
	for _, w := range cueWords(a) {
		if utf8.RuneCountInString(w) < 4 {
			continue
		}
		n++
		if have[first(w, 5)] {
			found++
		}
	}
	return float64(found) / float64(max(n, 1))
}

// first returns the first n letters of w.
func first(w string, n int) string {
	for i := range w {
		if n == 0 {
			return w[:i]
		}
		n--
	}
	return w
}

// clip returns the first n bytes of s, or one letter less.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func oneLine(s string, start, end int) bool { return strings.IndexByte(s[start:end], '\n') < 0 }

func lineStart(s string, at int) int { return strings.LastIndexByte(s[:at], '\n') + 1 }

// postsOf returns where the embedded posts of a document stand: they are shown as quotes, with their author.
func postsOf(d *Document) []stretch {
	var out []stretch
	for _, q := range d.Quotes {
		for _, p := range q.Spans {
			if q.Kind == quote.Post && spanIn(d.Text, p) {
				out = append(out, stretch{Span: p})
			}
		}
	}
	return verify.Merged(out)
}

// judge weighs a unit by its words and reports whether it may be shown at all.
func (u *unit) judge(d *Document, lex *lexicon, marks []stretch, alone bool) bool {
	s := u.span.Of(d.Text)
	u.words = wordCount(s, d.Lang)
	if u.words < minUnit || u.words > maxUnit || verify.Unsafe(s) != "" || strings.IndexByte(s, '\n') >= 0 {
		return false
	}
	all := cueWords(s)
	if !whole(s, alone) || lex.begins(cueNoNews, s, all) || lex.count(cueCredit, s, all) > 0 || titleCase(s, lex) || runTogether(s, d.Lang) {
		return false
	}
	own, quoted := outside(d.Text, u.span, marks)
	u.own, u.quoted = own, quoted
	words := cueWords(own)
	speech := lex.count(cueSpeech, own, words) > 0

	switch {
	case u.words < 8:
		u.faults += .15
	case u.words > 50:
		u.faults += .15
	case u.words > 40:
		u.faults += .05
	}
	if lex.begins(cueOpen, s, all) {
		u.faults += leaning
		u.bare = lex.begins(cueBare, s, all) && !toldWho(d, u.span)
	}
	if headed(s) { // "Little Relief: The crisis is …"
		u.faults += .3
	}
	if quoted > .9 { // words without their speaker
		u.faults += .3
	}
	self, opinion, loaded := lex.count(cueSelf, own, words), lex.count(cueOpinion, own, words), lex.count(cueLoaded, own, words)
	if speech { // what somebody says is not the outlet's voice
		opinion, loaded = 0, loaded/2
	}
	// The first statement is what the article reports: one word of colour in it is the outlet's, the news is not.
	u.opinion = opinion > 0 || self > 0 || loaded > 1 || loaded == 1 && u.pos > 0 || strings.HasSuffix(trimMarks(own), "?")
	u.faults += .2*float64(loaded) + .1*float64(strings.Count(own, "!"))

	u.limit = limitStrength(lex, own, words)
	return true
}

// limitStrength says how strongly a sentence limits, denies or doubts, 0 to about 2. Words between marks do not count:
// they are a speaker's, and the sentence around them says what they limit.
func limitStrength(lex *lexicon, own string, words []string) float64 {
	v := 0.
	if lex.count(cueLimit, own, words) > 0 {
		v += 1
	}
	if lex.count(cueDispute, own, words) > 0 {
		v += .6
	}
	if lex.count(cueNot, own, words) > 0 {
		v += .4
	}
	if lex.count(cueBut, own, words) > 0 {
		v += .3
	}
	return v
}

// whole reports whether s looks like a sentence from beginning to end: it ends in a mark that ends sentences and does not
// break off. alone says that it is a line of its own, as headings and captions are.
func whole(s string, alone bool) bool {
	t := trimMarks(s)
	if strings.HasSuffix(t, "...") || strings.HasSuffix(t, "…") {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(t)
	if !strings.ContainsRune(".!?。！？؟।。｡۔", r) {
		return false
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
	return !unicode.IsLower(first) || !alone
}

// trimMarks takes closing marks, brackets and spaces off the end of s.
func trimMarks(s string) string {
	return strings.TrimRightFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune("\"'”’“‘»«›‹」』)]）】＂", r)
	})
}

// wordCount is how many words s has; of a script without spaces, two characters count as one.
func wordCount(s, lang string) int {
	if spaceless(lang) {
		return len(text.Words(s)) / 2
	}
	return len(strings.Fields(s))
}

// titleCase reports whether nearly every word of s is capitalised or s is written in capitals: a heading run into the text.
func titleCase(s string, lex *lexicon) bool {
	if lex.lang == "de" {
		return allCapsLine(s)
	}
	upper, n := 0, 0
	for w := range strings.FieldsSeq(s) {
		r, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(w, func(r rune) bool { return !unicode.IsLetter(r) }))
		if !unicode.IsUpper(r) && !unicode.IsLower(r) || utf8.RuneCountInString(w) < 4 {
			continue
		}
		n++
		if unicode.IsUpper(r) {
			upper++
		}
	}
	return n >= 3 && upper*10 >= n*9
}

// runTogether reports whether a sentence lost the full stop before another ("… in November The minister has …"), as
// captions do that are run into a text: a small word stands capitalised behind a word without a mark and before a small
// one. German writes Sie and Ihr so.
func runTogether(s, lang string) bool {
	if lang == "de" {
		return false
	}
	words := strings.Fields(s)
	for i := 1; i+1 < len(words); i++ {
		w := words[i]
		first, n := utf8.DecodeRuneInString(w)
		if !unicode.IsUpper(first) || w == "I" || strings.ContainsFunc(w[n:], func(r rune) bool { return !unicode.IsLower(r) }) {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(words[i-1])
		after, _ := utf8.DecodeRuneInString(words[i+1])
		if unicode.IsLetter(before) && unicode.IsLower(after) && text.Stopword(lower(w), lang) {
			return true
		}
	}
	return false
}

// headed reports whether s begins with a heading and a colon: three words or more, nearly all of them capitalised.
func headed(s string) bool {
	i := strings.Index(s, ": ")
	if i < 0 || i > 80 {
		return false
	}
	upper, n := 0, 0
	for w := range strings.FieldsSeq(s[:i]) {
		if r, _ := utf8.DecodeRuneInString(w); utf8.RuneCountInString(w) > 3 {
			n++
			if unicode.IsUpper(r) {
				upper++
			}
		}
	}
	return n >= 2 && upper == n
}

// allCapsLine reports whether more than half of the letters of s that have case are capitals.
func allCapsLine(s string) bool {
	upper, n := 0, 0
	for _, r := range s {
		if unicode.IsUpper(r) {
			upper++
			n++
		} else if unicode.IsLower(r) {
			n++
		}
	}
	return n > 0 && upper*2 > n
}

// undated returns p without the dateline at its beginning ("Brussels – ", "WASHINGTON (AP) — ", "KYIV, Feb 27 (Agency) - "):
// what is left begins with a capital and is the whole sentence.
func undated(s string, p text.Span) text.Span {
	head := p.Of(s)
	if len(head) > 90 {
		head = head[:90]
	}
	for _, dash := range []string{" — ", " – ", " - ", " -- "} {
		i := strings.Index(head, dash)
		if i <= 0 {
			continue
		}
		rest := strings.TrimLeft(p.Of(s)[i+len(dash):], " ")
		next, _ := utf8.DecodeRuneInString(strings.TrimLeft(rest, "\"“«„'‘"))
		if unicode.IsLower(next) || !placeLine(head[:i]) {
			return p
		}
		return text.Span{Start: p.End - len(rest), End: p.End}
	}
	return p
}

// placeLine reports whether s reads as the place, date and agency of a dateline: no more than eight words, all of them
// capitalised, numbers, or in brackets.
func placeLine(s string) bool {
	depth, n := 0, 0
	for w := range strings.FieldsSeq(s) {
		depth += strings.Count(w, "(")
		r, _ := utf8.DecodeRuneInString(w)
		if depth == 0 && !unicode.IsUpper(r) && !unicode.IsDigit(r) {
			return false
		}
		depth -= strings.Count(w, ")")
		if n++; n > 8 {
			return false
		}
	}
	return n > 0 && depth == 0 && (n <= 3 || strings.ContainsAny(s, ",("))
}
