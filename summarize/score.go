package summarize

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"attache/internal/text"
)

// The weights of the choice. Around them the curve of ROUGE-1 is flat (± .2 on the development sets).
const (
	// leadPrior, over 1 + the statement's place in its article, is what an early place is worth where several articles tell
	// of an event: there, what they share says more than the place. leadAlone is the same for a single article.
	leadPrior, leadAlone = .5, 2.0
	// redundant is the cosine from which two statements say the same: of the facts that matter, summaries carried 48 % by
	// weight at .5, 50 % at .4, 38 % at .3. redundantFigure is the same for a statement with a figure that the other has not.
	redundant, redundantFigure = .4, .5
	titleTimes                 = 3 // how often the words of a title count; sets with titles gain .1 over 2
)

// A term is a word of a unit, by number, with its weight.
type term struct {
	id int32
	w  float64
}

// A space gives the words of a story numbers and holds what is common to its articles.
type space struct {
	ids      map[string]int32
	stems    map[string]int32 // by language and word, -1 for words that mean nothing alone
	centroid []float64        // by id
	norm     float64
	figures  map[int32]bool // the words that hold digits
}

func newSpace() *space {
	return &space{ids: map[string]int32{}, stems: map[string]int32{}, figures: map[int32]bool{}}
}

// id returns the number of a word, -1 for one that carries no meaning of its own.
func (s *space) id(word, lang string) int32 {
	key := lang + " " + word
	if id, ok := s.stems[key]; ok {
		return id
	}
	id := int32(-1)
	if !text.Stopword(word, lang) {
		if t := text.Stem(word, lang); t != "" && !stop(t, lang) {
			id = s.number(t)
		}
	}
	s.stems[key] = id
	return id
}

// stop reports whether a stem is too short to mean anything; numbers are not.
func stop(t, lang string) bool {
	if len(t) > 1 {
		return false
	}
	return t[0] < '0' || t[0] > '9'
}

func (s *space) number(t string) int32 {
	id, ok := s.ids[t]
	if !ok {
		id = int32(len(s.ids))
		s.ids[t] = id
		if strings.ContainsFunc(t, unicode.IsDigit) {
			s.figures[id] = true
		}
	}
	return id
}

// terms counts the words of a text.
func (s *space) terms(t, lang string) []term {
	var ids []int32
	if spaceless(lang) || lang == "ko" || lang == "th" {
		for _, tok := range text.Tokens(t, lang) {
			ids = append(ids, s.number(tok))
		}
	} else {
		for _, p := range text.Words(t) {
			w := strings.TrimSuffix(strings.TrimSuffix(lower(p.Of(t)), "'s"), "'")
			if id := s.id(w, lang); id >= 0 {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	var out []term
	for _, id := range ids {
		if n := len(out); n > 0 && out[n-1].id == id {
			out[n-1].w++
			continue
		}
		out = append(out, term{id, 1})
	}
	return out
}

func norm(ts []term) float64 {
	sum := 0.
	for _, t := range ts {
		sum += t.w * t.w
	}
	return math.Sqrt(sum)
}

// cosine of two term vectors.
func cosine(a, b *unit) float64 {
	if a.norm == 0 || b.norm == 0 {
		return 0
	}
	return dot(a.terms, b.terms) / (a.norm * b.norm)
}

func dot(a, b []term) float64 {
	sum := 0.
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].id < b[j].id:
			i++
		case a[i].id > b[j].id:
			j++
		default:
			sum += a[i].w * b[j].w
			i++
			j++
		}
	}
	return sum
}

// measure gives every unit its terms and score: how near it is to what the articles have in common, and how near to its
// article's beginning it stands. titles are the terms of the articles' titles.
func (s *space) measure(us []unit, docs []Document, titles [][]term) {
	for i := range us {
		u := &us[i]
		u.terms = s.terms(u.span.Of(docs[u.doc].Text), docs[u.doc].Lang)
		for _, t := range u.terms {
			if s.figures[t.id] {
				u.figures = append(u.figures, t.id)
			}
		}
	}
	s.centroid = make([]float64, len(s.ids))
	for i := range us {
		us[i].norm = norm(us[i].terms)
		for _, t := range us[i].terms {
			s.centroid[t.id] += t.w
		}
	}
	for _, ts := range titles {
		for _, t := range ts {
			s.centroid[t.id] += titleTimes * t.w
		}
	}
	sum := 0.
	for _, w := range s.centroid {
		sum += w * w
	}
	s.norm = math.Sqrt(sum)
	prior := leadPrior
	if len(docs) == 1 {
		prior = leadAlone
	}
	for i := range us {
		u := &us[i]
		u.score = s.central(u.terms, u.norm) + prior/float64(1+u.pos) - u.faults
	}
}

// central is the cosine of terms with the centroid.
func (s *space) central(ts []term, norm float64) float64 {
	if norm == 0 || s.norm == 0 {
		return 0
	}
	sum := 0.
	for _, t := range ts {
		sum += t.w * s.centroid[t.id]
	}
	return sum / (norm * s.norm)
}

// ranked returns the indexes of us, best first; equals in the order of articles and places.
func ranked(us []unit) []int {
	order := make([]int, len(us))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(us[b].score, us[a].score), cmp.Compare(us[a].pos, us[b].pos), cmp.Compare(us[a].doc, us[b].doc))
	})
	return order
}
