package quote

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

// quotes turns what was found into quotes, stretches of one quotation together.
func (a *article) quotes() []Quote {
	var out []Quote
	for i, q := range a.found {
		if i > 0 && (a.goesOn(a.found[i-1], q) || a.split(a.found[i-1], q)) {
			last := &out[len(out)-1]
			last.Spans = append(last.Spans, q.in)
			if q.more.Len() > 0 {
				last.Spans = append(last.Spans, q.more)
			}
			if last.Speaker == "" && last.SpeakerSpan.Len() == 0 {
				last.Speaker, last.SpeakerSpan, last.Verb = q.speaker, q.mention, q.verb
				if q.who != nil {
					last.Role = q.who.role
				}
			}
			continue
		}
		spans := []text.Span{q.in}
		if q.more.Len() > 0 {
			spans = append(spans, q.more)
		}
		out = append(out, Quote{Spans: spans, Kind: Direct, Speaker: q.speaker, SpeakerSpan: q.mention, Verb: q.verb, Venue: q.venue, Date: q.date, Via: q.via, Sure: q.sure})
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
	f := q.fr
	if prev.fr != f || prev.speaker != q.speaker {
		return false
	}
	if f.cjk() { // “…,”王海说,“…”
		return prev.mention.Start > prev.in.End && strings.ContainsRune(",，、", f.last(prev.tok)) && f.isPunct(q.tok-1, ",，、")
	}
	if !prev.cue.after {
		return false
	}
	if prev.fr.last(prev.tok) != ',' { // the comma outside the marks, and the sentence goes on in small letters
		first, _ := utf8.DecodeRuneInString(f.src[q.in.Start:])
		if !f.isPunct(prev.tok+1, ",—–") || !unicode.IsLower(first) && !caseless(f.src[q.in.Start:]) {
			return false
		}
	}
	s, _ := f.sentence(q.tok)
	return s <= prev.tok && prev.cue.b <= q.tok && f.isPunct(q.tok-1, ",;—–:")
}
