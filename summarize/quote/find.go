package quote

import (
	"sort"
	"strings"
	"unicode"

	"attache/internal/text"
)

// A found is a stretch between marks on its way to become part of a Quote.
type found struct {
	fr               *frame
	para             int
	tok              int
	in               text.Span
	words            int
	cue              cue
	speaker          string
	who              *person
	mention          text.Span
	verb             string
	drop             bool
	sure             bool
	open             bool
	whole            bool // makes a sentence by itself, without a verb beside it
	labelled         bool
	via, venue, role string
}

// Find returns the quotes of d in the order in which they begin.
func Find(d Doc) []Quote {
	l := languageOf(d.Lang)
	paras := paragraphs(d.Text)
	all := pairs(d.Text, paras)
	frames := make([]*frame, len(paras))
	posts := findPosts(d.Text, paras, l)
	inPost := map[int]bool{}
	for _, p := range posts {
		for _, i := range p.paras {
			inPost[i] = true
		}
	}
	for i, p := range paras {
		if inPost[i] {
			all[i] = nil
		}
		frames[i] = newFrame(d.Text, p, all[i], l)
	}
	a := &article{doc: d, lang: l, frames: frames, ps: collect(frames)}
	a.res = &resolver{ps: a.ps}
	a.walk(inPost)
	out := a.quotes()
	for _, p := range posts {
		out = append(out, a.post(p)...)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Spans[0].Start < out[j].Spans[0].Start })
	if translated(d, l) {
		for i := range out {
			if out[i].Kind == Direct {
				out[i].Translated = true
			}
		}
	}
	return out
}

// An article is the state of one Find.
type article struct {
	doc    Doc
	lang   *language
	frames []*frame
	ps     *people
	res    *resolver
	found  []*found
	said   report   // the latest
	office struct { // the latest sentence whose subject is an office
		frame *frame
		m     mention
		end   int
	}
}

// walk goes through the article in order: subjects are noted, quotations attributed.
func (a *article) walk(skip map[int]bool) {
	for pi, f := range a.frames {
		if skip[pi] {
			continue
		}
		for s := 0; s < len(f.toks); {
			_, e := f.sentence(s)
			a.sentence(pi, f, s, e)
			s = e
		}
	}
}

func (a *article) sentence(pi int, f *frame, s, e int) {
	has := false
	for i := s; i < e; i++ {
		if f.toks[i].kind == quoted {
			has = true
		}
	}
	sub := f.firstSubject(s, e)
	a.bridge(pi, f, s, e, sub)
	if !has {
		a.plain(pi, f, s, e, sub)
		return
	}
	var last *person
	for i := s; i < e; i++ {
		if f.toks[i].kind != quoted {
			continue
		}
		q := &found{fr: f, para: pi, tok: i}
		p := f.pairs[f.toks[i].pair]
		q.in = trimmed(f.src, p.in)
		q.open = p.open
		if q.in.Start >= q.in.End {
			continue
		}
		a.label(q, p)
		q.words = countWords(f.src[q.in.Start:q.in.End])
		if !q.labelled && !f.cjk() {
			q.cue = f.cueOf(i)
		}
		if q.cue.found() {
			if f.toks[q.cue.a].kind == word { // a colon or a dash is no verb
				q.verb = f.textOf(q.cue.a, q.cue.b)
			}
			if q.cue.who.kind == pronoun && sub.kind == named && sub.b <= q.cue.who.a {
				_, p := a.res.name(f, sub)
				a.res.see(p)
			}
			if q.cue.who.kind != nobody {
				q.speaker, q.who = a.res.name(f, q.cue.who)
				q.mention = f.spanOf(q.cue.who)
			}
		}
		if f.cjk() && q.mention.Len() == 0 {
			name, role, verb := f.cjkSpeaker(i)
			if name.Len() > 0 {
				q.speaker, q.mention, q.role = name.Of(f.src), name, role
			}
			q.verb = verb
		}
		if !q.labelled && f.cjk() && q.mention.Len() == 0 && q.verb == "" {
			q.cue = cue{}
		}
		q.via = a.via(q, s, e)
		q.venue = f.venue(q, s, e)
		a.inherit(q, s, e, sub)
		a.judge(q, p, s)
		if !q.drop {
			a.found = append(a.found, q)
			last = q.who
		}
	}
	if last != nil {
		a.res.see(last)
	} else if a.res.seeGroup(f, sub); sub.kind == nominal {
	} else if sub.kind == named {
		_, p := a.res.name(f, sub)
		a.res.see(p)
	}
}

// bridge connects a subject described by an office with the name that begins the next sentence.
func (a *article) bridge(pi int, f *frame, s, e int, sub mention) {
	if sub.kind == named && a.office.frame == f && a.office.end == s {
		_, p := a.res.name(f, sub)
		if p.human() && a.res.described(f, a.office.m) == nil {
			a.res.learn(f, a.office.m, p)
		}
	}
	a.office.frame = nil
	if sub.kind == nominal && (f.toks[sub.a].poss || f.is(sub.a, "dets")) {
		a.office.frame, a.office.m, a.office.end = f, sub, e
	}
}

// plain reads a sentence without quotations: who is its subject, and whose words it reports.
func (a *article) plain(pi int, f *frame, s, e int, sub mention) {
	if sub.kind == named || sub.kind == pronoun {
		_, p := a.res.name(f, sub)
		a.res.see(p)
	}
	a.res.seeGroup(f, sub)
	const verbs = 6 // the last ones of the sentence are tried
	for k, tried := e-1, 0; k > s && tried < verbs; k-- {
		n, weak := f.verbAt(k)
		if n == 0 || weak {
			continue
		}
		tried++
		c := f.outer(cue{who: f.subjectOf(k, s), a: k, b: k + n}, s)
		if c.who.kind == nobody {
			continue
		}
		r := &report{para: pi, end: e, mention: f.spanOf(c.who), verb: f.textOf(c.a, c.b)}
		r.speaker, r.who = a.res.name(f, c.who)
		a.res.see(r.who)
		a.said = *r
		return
	}
}

// A report is a sentence that says what somebody said without quoting it; a quotation right after it is theirs.
type report struct {
	para, end int // end: the token after the sentence
	speaker   string
	who       *person
	mention   text.Span
	verb      string
}

// label reads the speaker's name at the beginning of the words between the marks, as transcripts have it:
// "LIND: We never met."
func (a *article) label(q *found, p pair) {
	in := q.in.Of(q.fr.src)
	n := strings.IndexByte(in, ':')
	if n < 3 || n > 30 || n+1 >= len(in) || in[n+1] != ' ' {
		return
	}
	name := in[:n]
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsUpper(r) && !strings.ContainsRune(" .-'’", r) }) {
		return
	}
	at := text.Span{Start: q.in.Start, End: q.in.Start + n}
	q.in = trimmed(q.fr.src, text.Span{Start: at.End + 1, End: q.in.End})
	q.speaker, q.mention, q.verb = name, at, ""
	low := strings.ToLower(name)
	for _, c := range a.ps.byLast[low[strings.LastIndexByte(low, ' ')+1:]] {
		if strings.Contains(c.text, " ") && c.human() {
			q.speaker, q.who = c.text, c
		}
	}
	q.labelled = true
}

// inherit gives a quotation without a speaker of its own the speaker the text implies.
func (a *article) inherit(q *found, s, e int, sub mention) {
	if q.speaker != "" || q.mention.Len() > 0 {
		return
	}
	f := q.fr
	var prev *found
	if n := len(a.found); n > 0 {
		prev = a.found[n-1]
	}
	if q.cue.found() && f.lang.code != "en" && prev != nil && prev.para == q.para && q.cue.who.kind == nobody && prev.tok < s {
		a.take(q, prev) // languages that leave the pronoun out: "Řekl", "وأضاف"
		return
	}
	whole := q.tok == s
	if whole {
		q.whole = true
		switch {
		case prev != nil && prev.para == q.para:
			a.take(q, prev)
		case q.tok == 0 && a.introduced(q):
		case q.para > 0 && q.tok == 0 && prev != nil && prev.para == q.para-1 && (prev.open || a.last(prev)):
			a.take(q, prev)
		case s > 0 && a.said.para == q.para && a.said.end == s:
			q.speaker, q.who, q.mention, q.verb = a.said.speaker, a.said.who, a.said.mention, a.said.verb
		case s > 0:
			if p := a.res.lastOf(0); p != nil {
				q.speaker, q.who = p.text, p
			}
		}
		return
	}
	if sub.kind != nobody && sub.b <= q.tok {
		q.speaker, q.who = a.res.name(f, sub)
		q.mention = f.spanOf(sub)
	}
}

// introduced gives the quotation that opens a paragraph the speaker of the paragraph before, when that ends
// in a colon: "The minister said:".
func (a *article) introduced(q *found) bool {
	if q.para == 0 {
		return false
	}
	f := a.frames[q.para-1]
	n := len(f.toks)
	if n < 2 || !f.isPunct(n-1, ":：") {
		return false
	}
	lo, _ := f.sentence(n - 1)
	c := f.before(n, lo, n)
	if !c.found() || c.who.kind == nobody {
		return false
	}
	q.speaker, q.who = a.res.name(f, c.who)
	q.mention = f.spanOf(c.who)
	if f.toks[c.a].kind == word {
		q.verb = f.textOf(c.a, c.b)
	}
	return q.speaker != "" || q.mention.Len() > 0
}

func (a *article) take(q, prev *found) {
	if q.via == "" {
		q.via = prev.via
	}
	q.speaker, q.who, q.mention = prev.speaker, prev.who, prev.mention
	if q.verb == "" {
		q.verb = prev.verb
	}
}

// last reports whether q stands in the last sentence of its paragraph.
func (a *article) last(q *found) bool {
	_, e := q.fr.sentence(q.tok)
	return e >= len(q.fr.toks)
}

// quotes turns what was found into quotes, stretches of one quotation together.
func (a *article) quotes() []Quote {
	var out []Quote
	for i, q := range a.found {
		if i > 0 && (a.goesOn(a.found[i-1], q) || a.split(a.found[i-1], q)) {
			last := &out[len(out)-1]
			last.Spans = append(last.Spans, q.in)
			if last.Speaker == "" && last.SpeakerSpan.Len() == 0 {
				last.Speaker, last.SpeakerSpan, last.Verb = q.speaker, q.mention, q.verb
				if q.who != nil {
					last.Role = q.who.role
				}
			}
			continue
		}
		out = append(out, Quote{Spans: []text.Span{q.in}, Kind: Direct, Speaker: q.speaker, SpeakerSpan: q.mention, Verb: q.verb, Venue: q.venue, Via: q.via, Sure: q.sure})
		out[len(out)-1].Role = q.role
		if q.who != nil {
			out[len(out)-1].Role = q.who.role
		}
	}
	return out
}

// goesOn reports whether prev ran to the end of its paragraph without a closing mark and q is how it goes on.
func (a *article) goesOn(prev, q *found) bool {
	return prev.open && q.tok == 0 && q.para == prev.para+1 && !q.labelled &&
		(q.speaker == prev.speaker || prev.speaker == "" && prev.mention.Len() == 0 || q.speaker == "")
}

// split reports whether q is the second half of prev: “…,” he said, “…”.
func (a *article) split(prev, q *found) bool {
	if prev.fr != q.fr || prev.speaker != q.speaker || !prev.cue.after || prev.fr.last(prev.tok) != ',' {
		return false
	}
	f := q.fr
	s, _ := f.sentence(q.tok)
	return s <= prev.tok && prev.cue.b <= q.tok && f.isPunct(q.tok-1, ",;—–:")
}
