package story

import (
	"slices"
	"time"
)

// Grouper groups a stream of articles: online average-link TF-IDF in a window of three days since a story's last article.
// It keeps what the open window needs in memory, about 2 kB an article. It is not safe for concurrent use.
type Grouper struct {
	next     func() (int64, error)
	words    *vocabulary
	docs     []*article // in the order in which they came; nil where one was removed
	gone     int        // how many of docs are nil
	at       map[int64]int32
	stories  map[int64]*group
	postings map[int32][]posting
	weighed  int32     // how many articles the weights in docs were made from
	sims     []float32 // scratch of neighbours, by place in docs; all zero between calls
	touched  []int32   // the same, places in docs
	found    []posting // the same, what it returns
}

// An article as the Grouper keeps it.
type article struct {
	id     int64
	time   time.Time
	story  int64
	terms  []term
	vector []weighed
	linked bool       // links are known
	links  []*article // those of a cosine from regroupAt, in no order
}

// A posting says that an article has a term, and its weight there.
type posting struct {
	doc int32 // place in Grouper.docs
	w   float32
}

// A group is an open story.
type group struct {
	id          int64
	size        int
	first, last time.Time // of its articles
	sum         float32   // scratch of best: how like an article its articles are, together; zero between calls
}

// New returns an empty Grouper. next hands out the id of a new story (from the store); it is called once a new story.
func New(next func() (int64, error)) *Grouper {
	return &Grouper{next: next, words: newVocabulary(), at: map[int64]int32{}, stories: map[int64]*group{}, postings: map[int32][]posting{}}
}

// Add places d and returns its story. An article that is known already is placed anew, with its new text.
func (g *Grouper) Add(d Doc) (int64, error) {
	g.Remove(d.ID)
	a, vector := g.learn(d)
	id := g.best(vector, d.Time)
	if id == 0 {
		var err error
		if id, err = g.next(); err != nil {
			return 0, err
		}
	}
	g.put(a, vector, id)
	return id, nil
}

// Place returns the story that d would join without adding it or learning from it; 0 when none (for articles of private sources).
func (g *Grouper) Place(d Doc) int64 {
	return g.best(g.words.vector(g.words.terms(d, false)), d.Time)
}

// Restore puts back an article whose story is known, after a restart. Articles restored in the order in which they were
// added leave the Grouper as it was; it has learned from those alone, so restore more than the open window when it was
// only just opened.
func (g *Grouper) Restore(d Doc, story int64) {
	g.Remove(d.ID)
	a, vector := g.learn(d)
	g.put(a, vector, story)
}

// learn makes an article of d and counts its words.
func (g *Grouper) learn(d Doc) (*article, []weighed) {
	a := &article{id: d.ID, time: d.Time, terms: g.words.terms(d, true)}
	g.words.learn(a.terms)
	return a, g.words.vector(a.terms)
}

// put adds an article to a story.
func (g *Grouper) put(a *article, vector []weighed, story int64) {
	a.story, a.vector = story, vector
	slot := int32(len(g.docs))
	g.docs = append(g.docs, a)
	g.sims = append(g.sims, 0)
	g.at[a.id] = slot
	for _, t := range a.vector {
		g.postings[t.id] = append(g.postings[t.id], posting{slot, t.w})
	}
	s := g.stories[story]
	if s == nil {
		s = &group{id: story, first: a.time, last: a.time}
		g.stories[story] = s
	}
	s.join(a.time)
	// Weights made when little was known are worth little: make them anew as knowledge doubles.
	if g.words.docs >= 2*g.weighed && g.weighed < settled {
		g.weigh()
	}
	if g.words.docs >= forgetAfter {
		g.forgetWords()
	}
}

// settled is the number of articles from which weights hardly change; set where the four sets no longer did.
const settled = 4000

func (s *group) join(t time.Time) {
	s.size++
	if t.Before(s.first) {
		s.first = t
	}
	if t.After(s.last) {
		s.last = t
	}
}

// near reports whether an article of time t may belong to the story.
func (s *group) near(t time.Time) bool {
	return t.Sub(s.last) <= window && s.first.Sub(t) <= window
}

// best returns the story that an article with this vector is most like, 0 when there is none near enough.
func (g *Grouper) best(vector []weighed, t time.Time) int64 {
	var like []*group
	for _, n := range g.neighbours(vector[:min(queryTerms, len(vector))]) {
		s := g.stories[g.docs[n.doc].story]
		if s.sum == 0 {
			like = append(like, s)
		}
		s.sum += n.w
	}
	best, at := int64(0), float32(joinAt)
	for _, s := range like {
		mean := s.sum / float32(s.size)
		s.sum = 0
		if s.near(t) && (mean > at || mean == at && (best == 0 || s.id < best)) {
			best, at = s.id, mean
		}
	}
	return best
}

// sortUpTo is the share of all articles, one in so many, up to which neighbours are sorted by place; of more it is quicker to
// look at every place. A common word has thousands of neighbours.
const sortUpTo = 64

// neighbours returns the articles that share a term with the vector, in order of place, with their cosine.
// The result is good until the next call.
func (g *Grouper) neighbours(vector []weighed) []posting {
	touched := g.touched[:0]
	for _, t := range vector {
		for _, p := range g.postings[t.id] {
			if g.sims[p.doc] == 0 {
				touched = append(touched, p.doc)
			}
			g.sims[p.doc] += t.w * p.w
		}
	}
	out := g.found[:0]
	if len(touched) < len(g.sims)/sortUpTo {
		slices.Sort(touched)
		for _, d := range touched {
			out = append(out, posting{d, g.sims[d]})
			g.sims[d] = 0
		}
	} else {
		for d, w := range g.sims {
			if w != 0 {
				out = append(out, posting{int32(d), w})
			}
		}
		clear(g.sims)
	}
	g.touched, g.found = touched, out
	return out
}

// Remove forgets an article. What was learned from its words stays learned.
func (g *Grouper) Remove(doc int64) {
	slot, ok := g.at[doc]
	if !ok {
		return
	}
	a := g.docs[slot]
	g.docs[slot] = nil
	g.gone++
	delete(g.at, doc)
	a.unlink()
	for _, t := range a.vector {
		list := g.postings[t.id]
		if i := slices.IndexFunc(list, func(p posting) bool { return p.doc == slot }); i >= 0 {
			list = slices.Delete(list, i, i+1)
		}
		if len(list) == 0 {
			delete(g.postings, t.id)
		} else {
			g.postings[t.id] = list
		}
	}
	g.count()
	if g.gone > 64 && g.gone > len(g.docs)/2 {
		g.index()
	}
}

// Forget drops the stories whose last article is older than before; they take no more articles. Recluster does it too.
func (g *Grouper) Forget(before time.Time) {
	for i, a := range g.docs {
		if a != nil && g.stories[a.story].last.Before(before) {
			delete(g.at, a.id)
			a.unlink()
			g.docs[i] = nil
			g.gone++
		}
	}
	if g.gone > 0 {
		g.count()
		g.index()
	}
}

// count makes the sizes and times of the stories anew.
func (g *Grouper) count() {
	clear(g.stories)
	for _, a := range g.docs {
		if a == nil {
			continue
		}
		s := g.stories[a.story]
		if s == nil {
			s = &group{id: a.story, first: a.time, last: a.time}
			g.stories[a.story] = s
		}
		s.join(a.time)
	}
}

// index closes the gaps in docs and makes the postings anew.
func (g *Grouper) index() {
	g.docs = slices.DeleteFunc(g.docs, func(a *article) bool { return a == nil })
	g.gone = 0
	g.sims = make([]float32, len(g.docs))
	clear(g.at)
	clear(g.postings)
	for i, a := range g.docs {
		g.at[a.id] = int32(i)
		for _, t := range a.vector {
			g.postings[t.id] = append(g.postings[t.id], posting{int32(i), t.w})
		}
	}
}

// weigh makes all vectors anew with what is known now.
func (g *Grouper) weigh() {
	for _, a := range g.docs {
		if a != nil {
			a.vector, a.linked, a.links = g.words.vector(a.terms), false, nil
		}
	}
	g.weighed = g.words.docs
	g.index()
}

// forgetWords lets the vocabulary forget half of what it knows.
func (g *Grouper) forgetWords() {
	used := map[int32]bool{}
	for _, a := range g.docs {
		if a != nil {
			for _, t := range a.terms {
				used[t.id] = true
			}
		}
	}
	to := g.words.halve(func(id int32) bool { return used[id] })
	for _, a := range g.docs {
		if a != nil {
			for i := range a.terms {
				a.terms[i].id = to[a.terms[i].id]
			}
		}
	}
	g.weighed = g.words.docs
	g.weigh()
}
