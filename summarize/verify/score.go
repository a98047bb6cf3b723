package verify

import (
	"math"
	"slices"

	"attache/internal/text"
)

// signals are what the score is made of, each from 0 to 1 but for the last and the denials, which are counted.
var signals = []string{
	"three",    // content words that three sentences of the source in a row have, weighted by how rare they are in it
	"triples",  // three words in a row that the source has so
	"near",     // neighbouring content words that stand within some words of each other in the source
	"copied",   // words in runs of three or more that the source has as they are
	"denies",   // sentences that deny where their best sentence does not, or the other way round
	"repeats",  // pairs of words that the sentence has before
	"problems", // hard failures, logarithm
}

// bias and weights are a logistic regression over the labelled claims of frank, QAGS, SummEdits, FaithBench and WiCE
// (2,206 claims, each set counting the same; ridge .1; a weight against its signal's meaning is 0), made by
// `go test ./summarize/verify -run TestFit -fit -v`. The area under the curve, each set left out of its own learning:
// frank .86, wice .85, faithbench .65, summedits_news .58, qags .80 and .66. Opposites ("rise", "fall"), hedges ("may") and
// names in one sentence were tried and added nothing.
const bias = -.8065

var weights = [...]float64{.6626, .0865, .9361, .0605, -.1485, -.3901, -1.2011}

const (
	// window is how many words of a source may lie between two content words that are neighbours in a claim.
	window = 5
	// unseen is in how many sentences a word counts as standing that the source does not have.
	unseen = .5
)

// scoreIndex is what the score needs of a source. Words are numbered by their stems.
type scoreIndex struct {
	ids     map[string]int32
	stems   map[string]string
	content []bool            // words that carry meaning
	rare    []float64         // how rare a word is
	in      [][]int32         // the sentences it stands in
	triples map[[3]int32]bool // three in a row
	near    map[[2]int32]bool // content words within window
	denies  []bool            // by sentence
	strange float64           // what a word weighs that is not there
}

// A token of the score is a word or a figure.
type token struct {
	id      int32 // -1 where the source does not have it
	stem    string
	content bool
}

func indexScore(s *Source, stem func(string) string) scoreIndex {
	x := scoreIndex{ids: map[string]int32{}, stems: map[string]string{}, triples: map[[3]int32]bool{}, near: map[[2]int32]bool{}, denies: make([]bool, len(s.sentences))}
	l := lexiconOf(s.lang)
	at := 0
	for si, p := range s.sentences {
		var run, content []int32
		for ; at < len(s.ls) && s.ls[at].Start < p.End; at++ {
			if lx := s.ls[at]; lx.kind == word || lx.kind == figure {
				x.denies[si] = x.denies[si] || l.denying(s.ls, at)
				run = append(run, x.add(lx, int32(si), s.lang, stem))
			}
		}
		for i, id := range run {
			if i > 1 {
				x.triples[[3]int32{run[i-2], run[i-1], id}] = true
			}
			if x.content[id] {
				for _, o := range content[max(0, len(content)-window):] {
					x.near[[2]int32{o, id}], x.near[[2]int32{id, o}] = true, true
				}
				content = append(content, id)
			}
		}
	}
	n := float64(max(1, len(s.sentences)))
	x.rare = make([]float64, len(x.in))
	for id, in := range x.in {
		x.rare[id] = math.Log(1 + n/float64(len(in)))
	}
	x.strange = math.Log(1 + n/unseen)
	return x
}

// add notes that a word stands in a sentence and returns its number.
func (x *scoreIndex) add(l lexeme, sentence int32, lang string, stems func(string) string) int32 {
	stem, ok := x.stems[l.fold]
	if !ok {
		stem = stemOf(l, stems)
		x.stems[l.fold] = stem
	}
	id, ok := x.ids[stem]
	if !ok {
		id = int32(len(x.in))
		x.ids[stem] = id
		x.in, x.content = append(x.in, nil), append(x.content, meaning(l, lang))
	}
	if in := x.in[id]; len(in) == 0 || in[len(in)-1] != sentence {
		x.in[id] = append(in, sentence)
	}
	return id
}

// denying reports whether ls[i] denies: "not", "isn't".
func (l *lexicon) denying(ls []lexeme, i int) bool {
	_, k := l.not.at(ls, i)
	f := ls[i].fold
	return k > 0 || len(f) > 4 && f[len(f)-2:] == "nt" && auxiliaries[f[:len(f)-2]]
}

func stemOf(l lexeme, stem func(string) string) string {
	if l.kind == figure {
		return canonical(l.fold)
	}
	return stem(l.fold)
}

// meaning reports whether a word carries some.
func meaning(l lexeme, lang string) bool {
	return l.kind == figure || len(l.fold) > 1 && !text.Stopword(l.fold, lang)
}

// A part is a sentence of a claim.
type part struct {
	tokens []token
	denies bool
}

// cut cuts the claim into sentences that are not empty.
func (x *scoreIndex) cut(r *reading, lang string) []part {
	var out []part
	stems := text.Stems(lang)
	at := 0
	for _, p := range r.parts {
		var s part
		for ; at < len(r.ls) && r.ls[at].Start < p.End; at++ {
			l := r.ls[at]
			if l.kind != word && l.kind != figure {
				continue
			}
			s.denies = s.denies || r.lex.denying(r.ls, at)
			stem, ok := x.stems[l.fold]
			if !ok {
				stem = stemOf(l, stems)
			}
			t := token{id: -1, stem: stem, content: meaning(l, r.lang)}
			if id, ok := x.ids[stem]; ok {
				t.id = id
			}
			s.tokens = append(s.tokens, t)
		}
		if len(s.tokens) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// support is how much of the content of a sentence the best three sentences in a row of the source have (0–1), and how much
// the best one alone has and which it is (-1 for none). only, where it is not nil, are those that may bear the claim.
func (x *scoreIndex) support(sent []token, only []bool) (three, one float64, best int32) {
	total := 0.
	hits := map[int32]float64{} // by sentence, the weight of the words it has
	seen := map[string]bool{}
	var ids []int32
	for _, t := range sent {
		if !t.content || seen[t.stem] {
			continue
		}
		seen[t.stem] = true
		if t.id < 0 {
			total += x.strange
			continue
		}
		total += x.rare[t.id]
		ids = append(ids, t.id)
		for _, si := range x.in[t.id] {
			if only == nil || only[si] {
				hits[si] += x.rare[t.id]
			}
		}
	}
	best = -1
	if total == 0 {
		return 1, 1, best
	}
	for si, h := range hits {
		if h > one || h == one && si < best {
			one, best = h, si
		}
		sum := 0.
		for _, id := range ids {
			in := x.in[id]
			if i, _ := slices.BinarySearch(in, si-1); i < len(in) && in[i] <= si+1 {
				sum += x.rare[id]
			}
		}
		three = max(three, sum)
	}
	return three / total, one / total, best
}

// chains returns the shares of a sentence's triples and of its neighbouring content words that the source has, of its words
// in runs of such triples, and of its pairs of words that it has before.
func (x *scoreIndex) chains(sent []token) (triples, near, copied, repeats float64) {
	nn, run, inRuns := 0., 0, 0
	last := -1
	pairs := map[[2]string]bool{}
	for i, t := range sent {
		hit := false
		if i > 1 {
			a, b := sent[i-2], sent[i-1]
			if hit = a.id >= 0 && b.id >= 0 && t.id >= 0 && x.triples[[3]int32{a.id, b.id, t.id}]; hit {
				triples++
				run++
			}
		}
		if run > 0 && (!hit || i == len(sent)-1) {
			inRuns += run + 2
			run = 0
		}
		if i > 0 {
			p := [2]string{sent[i-1].stem, t.stem}
			if pairs[p] {
				repeats++
			}
			pairs[p] = true
		}
		if !t.content {
			continue
		}
		if last >= 0 {
			nn++
			if a := sent[last]; a.id >= 0 && t.id >= 0 && (a.id == t.id || x.near[[2]int32{a.id, t.id}]) {
				near++
			}
		}
		last = i
	}
	n := float64(len(sent))
	return share(triples, n-2), share(near, nn), min(1, float64(inRuns)/n), repeats / n
}

func share(a, of float64) float64 {
	if of <= 0 {
		return 1
	}
	return a / of
}

// signals measures a claim; nil when it has no words.
func (s *Source) signals(r *reading, problems int) []float64 {
	parts := s.score.cut(r, s.lang)
	if len(parts) == 0 {
		return nil
	}
	out := make([]float64, len(signals))
	only := s.evidenceOf(r)
	n := float64(len(parts))
	for _, p := range parts {
		three, one, best := s.score.support(p.tokens, only)
		triples, near, copied, repeats := s.score.chains(p.tokens)
		for i, v := range []float64{three, triples, near, copied} {
			out[i] += v / n
		}
		if best >= 0 && p.denies != s.score.denies[best] && (p.denies || one > .5) {
			out[4]++
		}
		out[5] += repeats / n
	}
	out[6] = math.Log1p(float64(problems))
	return out
}

// evidenceOf returns which sentences of the source are the claim's evidence, or beside it; nil for all.
func (s *Source) evidenceOf(r *reading) []bool {
	only := make([]bool, len(s.sentences))
	found := false
	for _, e := range r.Evidence {
		e.Start, e.End = e.Start+s.shift, e.End+s.shift
		for i, p := range s.sentences {
			if p.Overlaps(e) {
				found = true
				for k := max(0, i-1); k <= min(len(only)-1, i+1); k++ {
					only[k] = true
				}
			}
		}
	}
	if !found {
		return nil
	}
	return only
}

// Score returns how well the source bears the claim, 0 to 1, higher is better: a chance learned from labelled claims, to rank
// claims by. It is never a proof. A claim in another language than the source has no words in common with it: its score says
// only whether it has problems.
func (s *Source) Score(c Claim) float64 {
	r := s.read(c)
	n := 0
	if !s.verbatim(c) {
		n = len(s.problems(r))
	}
	if r.lang != s.lang && s.lang != "" {
		return .5 / float64(1+n)
	}
	f := s.signals(r, n)
	if f == nil {
		return 0
	}
	z := bias
	for i, v := range f {
		z += weights[i] * v
	}
	return 1 / (1 + math.Exp(-z))
}
