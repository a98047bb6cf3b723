package quote

import "strings"

// German writes every noun with a capital and puts the finite verb second, so that names and subjects are told
// from other nouns by what stands around them.

// nounEndings are the endings of abstract nouns, which no family name has.
var nounEndings = []string{"ung", "ungen", "heit", "heiten", "keit", "keiten", "schaft", "schaften", "tion", "tionen", "ität", "ismus", "nis", "nisse"}

// common reports whether the single capitalised word at token i is a German noun, not a name: it has a noun's
// ending, or an article or an adjective stands before it and the article names nobody so.
func (f *frame) common(i, lo int) bool {
	if f.lang.code != "de" {
		return false
	}
	low := f.toks[i].low
	for _, e := range nounEndings {
		if len(low) > len(e)+3 && strings.HasSuffix(low, e) {
			return true
		}
	}
	if i <= lo {
		return false
	}
	if f.is(i-1, "dets") && !f.is(i-1, "preps") {
		return true
	}
	return !f.surnames[low] && f.adjective(i-1) && (i-2 < lo || f.is(i-2, "dets") || f.is(i-2, "preps") || f.adjective(i-2))
}

// adjective reports whether token i may be a German adjective before a noun.
func (f *frame) adjective(i int) bool {
	if i < 0 || f.toks[i].kind != word || f.toks[i].cap || f.toks[i].ends || f.is(i, "function") || f.is(i, "verbs") || f.is(i, "aux") ||
		f.is(i, "adverbs") || f.is(i, "preps") || f.is(i, "conj") || f.is(i, "weak") {
		return false
	}
	for _, e := range []string{"e", "en", "er", "es", "em"} {
		if strings.HasSuffix(f.toks[i].low, e) && len(f.toks[i].low) > 4 {
			return true
		}
	}
	return false
}

// joins reports whether the particle at token j may stand inside the name that begins at token i: after an
// office it begins a place ("Ministerin von Westland", "ministra de Norlandia"), and a German article joins
// names only after "von" ("Druck der Regierung").
func (f *frame) joins(i, j int) bool {
	low := f.toks[j].low
	office := f.office(j - 1)
	if f.lang.code == "de" {
		names := 0
		for k := i; k < j; k++ {
			if names++; f.office(k) {
				names = 0
			}
		}
		if names >= 2 && f.toks[j-1].cap { // "John Lind von Human Rights Watch" is complete before "von"
			return false
		}
		switch low {
		case "vom", "zu":
			return f.toks[j-1].low == "und"
		case "von":
			return !(office || f.common(j-1, i-1)) || j+1 < len(f.toks) && !f.toks[j+1].cap
		case "der", "den", "des", "das", "die":
			return f.toks[j-1].low == "von" || f.toks[j-1].low == "van"
		}
		return true
	}
	return !office || low == "von" || low == "van" || low == "al" || low == "el" || low == "ben" || f.lang.code == "en"
}

// finite seeks, for a participle that ends its clause, the auxiliary that holds the verb's place: "Lind hat am
// Montag erklärt". It returns -1 where there is none.
func (f *frame) finite(v, n, lo int) int {
	if v+n < len(f.toks) && f.toks[v+n].kind == word {
		return -1
	}
	for a := v - 1; a > lo && v-a < 24; a-- {
		if f.toks[a].kind == quoted || f.toks[a].ends || f.isPunct(a, ";:") {
			return -1
		}
		if f.is(a, "finite") {
			return a
		}
		if f.is(a, "verbs") && !f.toks[a].cap {
			return -1
		}
	}
	return -1
}

// aroundVerb returns the subject of the finite verb at [v,v+n): what stands before it, or, where a phrase in
// another case stands there, what follows.
func (f *frame) aroundVerb(v, n, lo, hi int) mention {
	r := v + n
	for r < hi && (f.is(r, "adverbs") || f.toks[r].low == "sich") && !f.nameStarts(r) {
		r++
	}
	after := f.npAt(r, hi)
	if r < hi && strings.Contains(" er man ich wir ", " "+f.toks[r].low+" ") {
		return after
	}
	first := v
	for first > lo && f.toks[first-1].kind == word && !f.toks[first-1].ends {
		first--
	}
	if first == v || f.is(v-1, "conj") {
		return f.subjectOf(v, lo)
	}
	low := f.toks[first].low
	oblique := f.is(first, "preps") || strings.Contains(" den dem einem einen seinem ihrem seinen ihren ", " "+low+" ") || f.is(first, "adverbs") || low == "so"
	nominative := after.kind == named || after.kind == pronoun || after.kind == nominal &&
		strings.Contains(" der die das ein eine sein seine ihr ihre diese dieser mehrere viele einige zwei drei ", " "+f.toks[after.a].low+" ")
	if oblique && nominative {
		return after
	}
	return f.subjectOf(v, lo)
}

// reported reports whether the sentence [s,e) is in the mood of reported speech: "Der Plan sei …".
func (f *frame) reported(s, e int) bool {
	for i := s; i < e; i++ {
		if f.is(i, "reported") {
			return true
		}
	}
	return false
}
