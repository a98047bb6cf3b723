package story

import (
	"math"
	"slices"
	"strings"

	"attache/internal/text"
)

const (
	forgetAfter = 100_000 // articles learned from after which all counts are halved, so that the table does not grow for ever
	wordCache   = 200_000 // words whose term is remembered; the cache is emptied when it is full
)

// A term of an article: the number of a stemmed word, and how often it stands there.
type term struct {
	id int32
	tf float32
}

// A weighed term: its part of the article's vector of length 1.
type weighed struct {
	id int32
	w  float32
}

// A vocabulary numbers the terms of a stream and counts in how many articles each stands.
type vocabulary struct {
	ids  map[string]int32
	df   []int32
	docs int32
	seen map[string]map[string]int32 // by language, then word: its term, -1 for stop words
	kept int                         // how many words seen holds
}

func newVocabulary() *vocabulary {
	return &vocabulary{ids: map[string]int32{}, seen: map[string]map[string]int32{}}
}

// terms returns the terms of d in the order of their first occurrence. Unknown words are numbered when learn is set, and
// left out when it is not.
func (v *vocabulary) terms(d Doc, learn bool) []term {
	var out []term
	at := map[int32]int{}
	count := func(s string, limit int, times float32) {
		s = head(s, limit)
		spans := text.Words(s)
		for _, w := range spans[:min(limit, len(spans))] {
			id := v.term(w.Of(s), d.Lang, learn)
			if id < 0 {
				continue
			}
			i, ok := at[id]
			if !ok {
				i = len(out)
				at[id] = i
				out = append(out, term{id: id})
			}
			out[i].tf += times
		}
	}
	count(d.Title, leadWords, titleTimes)
	count(d.Text, leadWords, 1)
	return out
}

// head returns a beginning of s that surely holds n words of ordinary length.
func head(s string, n int) string {
	if limit := n * 24; len(s) > limit {
		return strings.ToValidUTF8(s[:limit], "")
	}
	return s
}

// term returns the number of word's term; -1 for words that say nothing, or that are new and not to be learned.
func (v *vocabulary) term(word, lang string, learn bool) int32 {
	if id, ok := v.seen[lang][word]; ok {
		return id
	}
	id := int32(-1)
	low := strings.ToLower(word)
	if i := strings.IndexAny(low, "'’"); i > 0 && len(low)-i <= len("’s") { // "Turkey’s"
		low = low[:i]
	}
	if !text.Stopword(low, lang) {
		stem := text.Stem(low, lang)
		known, ok := v.ids[stem]
		switch {
		case ok:
			id = known
		case !learn:
			return -1
		case stem != "":
			id = int32(len(v.df))
			v.ids[stem] = id
			v.df = append(v.df, 0)
		}
	}
	if learn {
		if v.kept++; v.kept > wordCache {
			clear(v.seen)
			v.kept = 1
		}
		if v.seen[lang] == nil {
			v.seen[lang] = map[string]int32{}
		}
		v.seen[lang][strings.Clone(word)] = id // a part of an article would keep all of it
	}
	return id
}

// learn counts an article.
func (v *vocabulary) learn(terms []term) {
	v.docs++
	for _, t := range terms {
		v.df[t.id]++
	}
}

// vector weighs terms by what the stream has taught so far: the keptTerms heaviest, heaviest first, of length 1.
func (v *vocabulary) vector(terms []term) []weighed {
	out := make([]weighed, 0, len(terms))
	n := float64(v.docs) + 1
	for _, t := range terms {
		// The raw count beats its logarithm (B-cubed .88 to .82) and its root (.74); adding 1 keeps the event's own words,
		// which are frequent in a stream about few events.
		idf := math.Log(n/(float64(v.df[t.id])+0.5)) + 1
		out = append(out, weighed{t.id, t.tf * float32(max(idf, 0.1))})
	}
	slices.SortFunc(out, func(a, b weighed) int {
		if a.w != b.w {
			if a.w > b.w {
				return -1
			}
			return 1
		}
		return int(a.id - b.id)
	})
	out = out[:min(keptTerms, len(out))]
	var sum float64
	for _, t := range out {
		sum += float64(t.w) * float64(t.w)
	}
	if norm := float32(math.Sqrt(sum)); norm > 0 {
		for i := range out {
			out[i].w /= norm
		}
	}
	return slices.Clip(out)
}

// halve halves all counts and drops the terms that are neither counted nor in use. It returns the new number of each term.
func (v *vocabulary) halve(inUse func(id int32) bool) []int32 {
	names := make([]string, len(v.df))
	for s, id := range v.ids {
		names[id] = s
	}
	to := make([]int32, len(v.df))
	old := v.df
	v.ids, v.df, v.seen, v.kept, v.docs = map[string]int32{}, nil, map[string]map[string]int32{}, 0, v.docs/2
	for id, n := range old {
		to[id] = -1
		if n/2 > 0 || inUse(int32(id)) {
			to[id] = int32(len(v.df))
			v.ids[names[id]] = to[id]
			v.df = append(v.df, n/2)
		}
	}
	return to
}
