package quote

import (
	"strings"

	"attache/internal/text"
)

// agency reports whether the name at tokens [a,b) is a news agency or an outlet of data/agencies.txt.
func (f *frame) agency(a, b int) bool {
	l := f.lang.tables.langs["agencies"]
	if l == nil || a >= b {
		return false
	}
	set := l.set("agencies")
	if f.is(a, "dets") {
		a++
	}
	low := strings.ToLower(f.textOf(a, b))
	return set.has(low) || set.has(strings.ReplaceAll(low, " ", "-"))
}

// via finds the outlet through which the article has the words: "as reported by Reuters", "told AFP".
func (a *article) via(q *found, s, e int) string {
	f := q.fr
	if q.cue.via.kind != nobody {
		return f.textOf(q.cue.via.ca, q.cue.via.cb)
	}
	for k := s; k < e; k++ {
		if n := f.phrase(k, "via"); n > 0 {
			if m := f.npAt(k+n, e); m.kind == named {
				if q.cue.found() && m.a == q.cue.who.a {
					continue
				}
				return f.textOf(m.ca, m.cb)
			}
		}
	}
	if f.cjk() {
		return f.cjkVia(q)
	}
	// "told Reuters", "in an interview with Reuters", "according to Reuters" beside another speaker
	for k := s; k < e; k++ {
		if !f.nameStarts(k) {
			if k > s && f.toks[k].kind == word && !f.toks[k].cap && f.lang.code == "de" && f.agency(k, k+1) && (f.is(k-1, "dets") || f.is(k-1, "preps")) {
				return f.textOf(k, k+1) // "der dpa"
			}
			continue
		}
		j := min(f.run(k), e)
		if j <= k {
			continue
		}
		if f.agency(k, j) && k > s && f.toks[k-1].kind == word && !(q.cue.who.kind == named && q.cue.who.ca < j && q.cue.who.cb > k) {
			if f.lang.code == "tr" || f.is(k-1, "verbs") || f.is(k-1, "told_to") || f.accordingAt(k-2) == 2 || f.is(k-1, "dets") && (f.is(k-2, "verbs") || f.accordingAt(k-3) == 2) {
				return f.textOf(k, j)
			}
		}
		k = j - 1
	}
	return ""
}

// cjkVia reads "据路透社报道" and "ロイター通信によると".
func (f *frame) cjkVia(q *found) string {
	l := f.lang.tables.langs["agencies"]
	if l == nil {
		return ""
	}
	before, after := f.beside(q.tok)
	for _, p := range []text.Span{before, after} {
		for _, name := range l.set("agencies").all() {
			if !caseless(name) || strings.Contains(q.speaker, name) {
				continue
			}
			if n := strings.Index(p.Of(f.src), name); n >= 0 {
				return f.src[p.Start+n : p.Start+n+len(name)]
			}
		}
	}
	return ""
}

// maxVenue is how many words a venue may have; longer phrases are clauses.
const maxVenue = 12

// venue finds where or through what the words were said: "on X", "at a security council meeting",
// "in an interview with Reuters", "during a visit to Qatar".
func (f *frame) venue(q *found, s, e int) string {
	if !q.cue.found() || f.lang.set("venues") == none {
		return ""
	}
	read := func(k int) string {
		hit := -1
		j := k + 1
		for ; j < e && j-k <= maxVenue; j++ {
			t := f.toks[j]
			if t.kind != word {
				if f.isPunct(j, "(") && hit < 0 { // "a Federal Security Service (FSB) meeting"
					for j < e && !f.isPunct(j, ")") {
						j++
					}
					continue
				}
				break
			}
			if f.is(j, "preps") {
				if hit < 0 || hit < j-1 {
					break
				}
				if !f.is(j, "venue_links") {
					break
				}
				continue
			}
			if (f.is(j, "verbs") || f.is(j, "weak")) && !f.is(j, "venues") && !t.cap || f.is(j, "conj") || f.is(j, "rel") || f.is(j, "aux") || f.lang.values["pronouns"][t.low] != "" || f.is(j, "self") {
				break
			}
			if hit >= 0 && f.nameStarts(j) && !f.is(j-1, "preps") && !f.nameStarts(j-1) && !f.is(j, "adverbs") {
				break
			}
			if f.is(j, "venues") {
				hit = j
			}
			if t.ends {
				j++
				break
			}
		}
		if hit < 0 {
			return ""
		}
		for j > k+1 && (f.is(j-1, "preps") || f.is(j-1, "dets")) {
			j--
		}
		return f.textOf(k, j)
	}
	// After the verb first, then anywhere in the sentence.
	for k := q.cue.b; k < e; k++ {
		if f.is(k, "venue_preps") {
			if v := read(k); v != "" {
				return v
			}
		}
	}
	for k := s; k < q.cue.a; k++ {
		if f.is(k, "venue_preps") {
			if v := read(k); v != "" {
				return v
			}
		}
	}
	return ""
}
