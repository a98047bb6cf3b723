package quote

import (
	"strings"
	"unicode"

	"attache/internal/text"
)

// coordinated reports whether q is a few words joined to the quotation prev: called it “unfair” and “a trap”.
func (a *article) coordinated(prev, q *found) bool {
	f := q.fr
	in := f.src[q.in.Start:q.in.End]
	if prev.tok != q.tok-2 || q.words > 3 || titled(in) || prev.speaker == "" && prev.mention.Len() == 0 || f.toks[prev.tok].ends {
		return false
	}
	return f.is(q.tok-1, "conj") && strings.ContainsFunc(in, unicode.IsLetter)
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
	if q.cue.found() && f.lang.code != "en" && (f.lang.code != "tr" || sub.kind == nobody || sub.b > q.tok) && prev != nil && prev.para == q.para && q.cue.who.kind == nobody && prev.tok < s {
		a.take(q, prev) // languages that leave the pronoun out: "Řekl", "وأضاف"
		return
	}
	if !q.cue.found() && q.tok > s && a.said.para == q.para && a.said.end == s && f.reported(s, e) {
		q.speaker, q.who, q.mention, q.verb = a.said.speaker, a.said.who, a.said.mention, a.said.verb
		q.reported = q.speaker != "" || q.mention.Len() > 0
		return
	}
	whole := q.tok == s
	if whole {
		q.whole = true
		switch {
		case a.said.para == q.para && a.said.end == s && s > 0 && prev != nil && prev.tok < s && (prev.para < q.para || a.said.mention.Start > prev.in.Start):
			q.speaker, q.who, q.mention, q.verb = a.said.speaker, a.said.who, a.said.mention, a.said.verb
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
	if q.date == "" {
		q.date = prev.date
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
