package quote

import (
	"strings"

	"attache/internal/text"
)

// French, Italian, Russian and other papers leave the marks open around the attribution: « Nous partons, a dit Luc
// Garnier, et nous reviendrons », «Мы уходим, — сказал Снегов, — и вернёмся».

// inserted finds such an attribution between the marks of the quotation in: who, the verb, and what stands before and
// after it. ok is false when there is none.
func (f *frame) inserted(in text.Span) (sub *frame, who mention, verb string, before, after text.Span, ok bool) {
	if f.lang.set("inserts") == none || in.Len() < 12 {
		return
	}
	dash := f.lang.set("inserts").has("dash")
	sub = &frame{src: f.src, span: in, lang: f.lang, inner: f.inner, surnames: f.surnames}
	sub.scan(in.Start, in.End)
	sub.splitSentences()
	for i := 1; i+2 < len(sub.toks); i++ {
		if !sub.isPunct(i, ",?!.…—–") {
			continue
		}
		j := i + 1
		if dash {
			if sub.isPunct(i, "—–") && !sub.isPunct(i-1, ",?!.…") || sub.isPunct(i, ",?!.…") && !sub.isPunct(i+1, "—–-") {
				continue
			}
			for sub.isPunct(j, "—–-") {
				j++
			}
		} else if sub.isPunct(i, "—–.") {
			continue
		}
		v := j
		for v < len(sub.toks) && (sub.is(v, "aux") || sub.is(v, "clitics") || sub.is(v, "adverbs")) && v-j < 3 {
			v++
		}
		n, weak := sub.verbAt(v)
		if n == 0 || weak {
			continue
		}
		m := sub.npAt(v+n, len(sub.toks))
		if m.kind == nobody && v > j && sub.is(v-1, "clitics") { // "a-t-elle ajouté"
			m = mention{kind: pronoun, a: v - 1, b: v, head: v - 1}
			if p := sub.toks[v-1].low; strings.HasPrefix(p, "t-") {
				return
			}
		}
		// A subject in the third person, and then a comma, a dash or the end: else it is the speaker's own sentence.
		if m.kind == nobody || m.kind == nominal && !sub.office(m.head) || sub.is(m.a, "self") {
			continue
		}
		e := max(m.b, v+n)
		for e < len(sub.toks) && sub.toks[e].kind == word && e-m.b < 4 && (sub.is(e, "preps") || sub.is(e, "dates") || sub.is(e, "dets")) {
			e++
		}
		if e < len(sub.toks) && !sub.isPunct(e, ",.—–;") {
			continue
		}
		before = trimmed(f.src, text.Span{Start: in.Start, End: sub.toks[i].end})
		if dash && sub.isPunct(i, "—–") {
			before = trimmed(f.src, text.Span{Start: in.Start, End: sub.toks[i-1].end})
		}
		if e < len(sub.toks) {
			k := e
			for k < len(sub.toks) && sub.isPunct(k, ",.—–;-") {
				k++
			}
			if k < len(sub.toks) {
				after = trimmed(f.src, text.Span{Start: sub.toks[k].start, End: in.End})
			}
		}
		return sub, m, sub.textOf(v, v+n), before, after, before.Len() > 0
	}
	return
}
