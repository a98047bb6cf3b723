package quote

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

// judge drops what stands in marks and is no quotation: titles of works, nicknames, words as words, scare quotes.
func (a *article) judge(q *found, p pair, s int) {
	f := q.fr
	in := f.src[q.in.Start:q.in.End]
	i := q.tok
	speech := q.cue.found() && !q.cue.weak
	if f.cjk() {
		q.drop = p.title || q.mention.Len() == 0 && q.words <= 6 && q.verb == ""
		return
	}
	switch {
	case q.more.Len() > 0:
	case p.title, !strings.ContainsFunc(in, unicode.IsLetter):
		q.drop = true
	case strings.HasPrefix(in, "(") && strings.IndexByte(in, ')') >= len(in)-2: // "(CROSSTALK)" of a transcript
		q.drop = true
	case q.words <= 2 && f.insideName(i):
		q.drop = true
	case q.words <= 3 && !q.cue.colon && f.is(i-1, "outlet_links"): // laut „Abendblatt“
		q.drop = true
	case q.words <= 4 && f.apposed(i, in):
		q.drop = true
	case q.words <= 3 && (f.is(i+1, "naming") || f.isPunct(i+1, ",") && (f.is(i+2, "naming") || f.is(i+3, "naming"))): // „Seebrücke“, so heißt …
		q.drop = true
	case f.isPunct(i-1, ",") && f.is(i-2, "works") && (titled(in) || q.words <= 8 && !(q.cue.after && q.cue.adjacent)):
		q.drop = true // In her first book, “The Long Winter,”
	case f.isPunct(i-1, ":") && f.is(i-2, "works") && q.words <= 6 && f.lang.code == "de":
		q.drop = true // ihr neuer Roman: „Sie sind hier“
	case p.start > 0 && f.src[p.start-1] == '=': // an attribute of markup
		q.drop = true
	case a.named(f, i, "scare", 2):
		q.drop = q.words <= 5 && !q.cue.colon || titled(in) || !q.cue.adjacent
	case a.named(f, i, "works", 2):
		q.drop = q.words <= 10 && !(q.cue.adjacent && (q.cue.after || q.cue.colon)) || titled(in)
	case titled(in) && q.whole && q.speaker != "" && s > 0 && f.toks[s-1].ends && strings.ContainsRune(".!?", f.last(i)) && q.words <= 3:
		// “We’re Norland.” after “…,” she said.
	case titled(in) && q.words <= 3 && q.cue.weak && !q.cue.after && f.is(q.cue.a, "calling") && i-q.cue.b <= 6 && i-q.cue.b > 0:
		// called the winner “Miss Moth”
	case titled(in) && q.words <= 12 && !(speech && (q.cue.after || q.cue.colon) && q.cue.adjacent):
		q.drop = true
	case q.words <= 3 && !q.cue.found() && q.who.human() && !titled(in) && f.seenAs(i): // mocked Brandt as a “paper tiger”
	case q.words <= 3 && !q.cue.found():
		q.drop = !q.reported && !(q.whole && q.speaker != "" && (strings.ContainsRune(".!?…", f.last(i)) || s > 0 && f.lang.code != "en" && f.isPunct(i+1, ".") && f.toks[s-1].ends && len(a.found) > 0 && a.found[len(a.found)-1].fr == f))
	case q.words <= 3 && q.speaker == "" && q.mention.Len() == 0:
		q.drop = true
	case q.words <= 2 && !q.cue.after && !q.cue.colon && q.cue.b >= i-1 && !f.is(q.cue.a, "calling") && (f.accordingAt(q.cue.a) > 0 || f.is(i-1, "dets") && q.cue.b == i-1):
		q.drop = true // "laut „Abendblatt“", "berichtete das „Abendblatt“": the marks hold the outlet's name
	case q.words == 1 && strings.Contains(strings.TrimRight(in, "."), ".") && !strings.Contains(in, ".."):
		q.drop = true // a web address
	case q.words <= 2 && q.cue.weak && !q.cue.adjacent && !q.cue.after && a.modifies(f, i):
		q.drop = true
	}
	if q.words >= 8 && speech && q.cue.adjacent && q.cue.who.kind == named && q.who != nil && q.who.human() {
		q.sure = true
	}
}

// modifies reports whether the quotation at token i stands as an adjective before a noun: a “unity” lunch.
func (a *article) modifies(f *frame, i int) bool {
	if i+1 >= len(f.toks) || f.toks[i].ends || f.toks[i+1].kind != word || f.toks[i+1].cap {
		return false
	}
	return !f.is(i+1, "preps") && !f.is(i+1, "conj") && !f.is(i+1, "verbs") && !f.is(i+1, "adverbs") && !f.is(i+1, "aux") && !f.is(i+1, "function")
}

// named reports whether one of the n words before token i is of the section: a "film", the "so-called".
func (a *article) named(f *frame, i int, section string, n int) bool {
	for k := i - 1; k >= 0 && k >= i-n; k-- {
		if f.toks[k].ends {
			return false
		}
		if f.toks[k].kind == punct {
			if f.toks[k].low == "," || f.toks[k].low == ":" {
				return false
			}
			continue
		}
		if m := f.phrase(k, section); m > 0 && k+m <= i {
			return true
		}
		if f.is(k, "verbs") {
			return false
		}
	}
	// Of a phrase of several words only its end need be near: "what is known as the “bridge rule”".
	for k := i - n - 1; k >= 0 && k >= i-n-3; k-- {
		if f.toks[k].kind != word || f.toks[k].ends {
			return false
		}
		if m := f.phrase(k, section); m > 1 && (k+m == i || k+m == i-1 && f.is(i-1, "dets")) {
			return true
		}
	}
	return false
}

// seenAs reports whether before the quotation at token i stands a name and "as a".
func (f *frame) seenAs(i int) bool {
	k := i - 1
	if f.is(k, "indefinite") {
		k--
	}
	return k > 0 && k < i-1 && f.is(k, "seen_as") && f.nameStarts(k-1)
}

// insideName reports whether the quotation at token i stands between two words of a name: Tomas “Tiger” Reyes.
func (f *frame) insideName(i int) bool {
	if i == 0 || i+1 >= len(f.toks) || f.toks[i].ends || f.toks[i-1].ends || f.toks[i-1].poss {
		return false
	}
	return f.toks[i-1].cap && !f.is(i-1, "function") && f.nameStarts(i+1) && !strings.ContainsRune(",.?!…", f.last(i)) && (f.lang.code != "de" || !f.common(i-1, 0) && !f.office(i-1))
}

// apposed reports whether in German the marks hold the name of what the noun before them says: der
// Umweltverband „Grüne Küste“, des Kulturzentrums „Paradox“.
func (f *frame) apposed(i int, in string) bool {
	if f.lang.code != "de" || i < 2 || f.toks[i-1].kind != word || !f.toks[i-1].cap || f.toks[i-1].ends || f.office(i-1) || f.is(i-1, "said_nouns") {
		return false
	}
	r, _ := utf8.DecodeRuneInString(in)
	if !unicode.IsUpper(r) || strings.ContainsRune(".?!…", f.last(i)) {
		return false
	}
	return f.common(i-1, 0) || f.is(i-2, "preps")
}

// titled reports whether every word of weight is capitalised, as in titles of works and names of bodies.
func titled(s string) bool {
	n, caps := 0, 0
	for i, w := range strings.Fields(s) {
		w = strings.TrimLeft(w, "([“‘'\"")
		r, _ := utf8.DecodeRuneInString(w)
		if !unicode.IsLetter(r) {
			continue
		}
		if i > 0 && len(w) <= 4 && unicode.IsLower(r) {
			continue
		}
		n++
		if unicode.IsUpper(r) {
			caps++
		}
	}
	if n < 2 || caps < n {
		return false
	}
	r, _ := utf8.DecodeLastRuneInString(s)
	return !strings.ContainsRune("?!…", r) || n < 6
}

func countWords(s string) int {
	n := 0
	for _, w := range strings.Fields(s) {
		if strings.ContainsFunc(w, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			n++
		}
	}
	// Scripts without spaces: about two characters a word.
	if k := utf8.RuneCountInString(s); n <= 3 && k > 0 && caseless(s) && len(s) >= 3*k-k/4 {
		n = max(n, k/2)
	}
	return n
}

func paragraphs(s string) []text.Span {
	var out []text.Span
	for i := 0; i < len(s); {
		j := strings.IndexByte(s[i:], '\n')
		if j < 0 {
			j = len(s)
		} else {
			j += i
		}
		p := text.Span{Start: i, End: j}
		for p.Start < p.End {
			r, n := utf8.DecodeRuneInString(s[p.Start:p.End])
			if !unicode.IsSpace(r) {
				break
			}
			p.Start += n
		}
		for p.Start < p.End {
			r, n := utf8.DecodeLastRuneInString(s[p.Start:p.End])
			if !unicode.IsSpace(r) {
				break
			}
			p.End -= n
		}
		if p.Start < p.End {
			out = append(out, p)
		}
		i = j + 1
	}
	return out
}
