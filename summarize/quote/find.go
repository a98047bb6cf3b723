package quote

import (
	"sort"

	"attache/internal/text"
)

// A found is a stretch between marks on its way to become part of a Quote.
type found struct {
	fr               *frame
	para             int
	tok              int
	in               text.Span
	more             text.Span // what follows an attribution that stands inside the marks
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
	reported         bool // stands in a sentence of reported speech without a verb of its own
	labelled         bool
	via, venue, role string
	date             string
}

// Find returns the quotes of d in the order in which they begin.
func Find(d Doc) []Quote { return find(d, standard()) }

func find(d Doc, t *Tables) []Quote {
	l := t.of(d.Lang)
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
	if len(frames) > 0 && frames[0].cjk() {
		a.collectTitled()
	}
	if l.code == "ar" {
		a.collectArabic()
	}
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
	said   report       // the latest
	arabic []arabicName // names with the offices they were met with
	titled []titledName // of Chinese and Japanese text: names with the offices they were met with
	office struct {     // the latest sentence whose subject is an office
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
		if in, who, verb, before, after, ok := f.inserted(q.in); ok && !q.labelled {
			q.in, q.more = before, after
			q.speaker, q.who = a.res.name(in, who)
			q.mention, q.verb = in.spanOf(who), verb
			q.labelled = true
		}
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
				if q.cue.who.kind == named {
					q.who.learnGender(f, q.verb)
				}
			}
			if f.lang.code == "ar" && q.cue.who.kind == nominal {
				q.speaker, q.mention, q.role = a.arabicSpeaker(f, q.cue.who)
			}
		}
		if f.cjk() && q.mention.Len() == 0 {
			name, role, verb := f.cjkSpeaker(i)
			q.verb = verb
			if name.Len() > 0 {
				q.speaker, q.mention, q.role = a.cjkName(f, name, role)
			}
		}
		if !q.labelled && f.cjk() && q.mention.Len() == 0 && q.verb == "" {
			q.cue = cue{}
		}
		q.via = a.via(q, s, e)
		q.venue = f.venue(q, s, e)
		q.date = f.date(q, s, e)
		a.inherit(q, s, e, sub)
		a.judge(q, p, s)
		if n := len(a.found); q.drop && n > 0 && a.found[n-1].fr == f && a.coordinated(a.found[n-1], q) {
			q.drop = false
			a.take(q, a.found[n-1])
		}
		if !q.drop {
			a.found = append(a.found, q)
			last = q.who
		}
	}
	if n := len(a.found); n > 0 && a.found[n-1].fr == f && a.found[n-1].tok >= s && f.lang.code == "de" {
		q := a.found[n-1]
		a.said = report{para: pi, end: e, speaker: q.speaker, who: q.who, mention: q.mention, verb: q.verb}
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
		if sub.kind == named && sub.b < e {
			p.learnGender(f, f.toks[sub.b].low)
		}
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
	if a.said.para == pi && a.said.end == s && f.reported(s, e) {
		a.said.end = e
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
