package story

import (
	"cmp"
	"container/heap"
	"fmt"
	"slices"
	"time"
)

// late is how long after its window an article that was published before may still come in.
const late = 24 * time.Hour

// Recluster regroups the open window in batch, keeping story ids by largest overlap, and returns what moved.
// It first forgets the stories that closed before now. After an error nothing has moved.
func (g *Grouper) Recluster(now time.Time) ([]Move, error) {
	groups := g.Cluster(now)
	moves, err := g.Moves(groups)
	if err != nil {
		return nil, err
	}
	g.Apply(moves)
	return moves, nil
}

// A Grouping is the open window grouped anew: the places of the articles of each group.
type Grouping [][]int32

// Cluster is the long first part of Recluster: it needs no story ids and moves nothing. The result is good until the
// Grouper is changed. New articles take some .8 ms each where the window holds 12,000; the rest grows with the pairs that
// are alike.
func (g *Grouper) Cluster(now time.Time) Grouping {
	g.Forget(now.Add(-window - late))
	if g.words.docs > g.weighed+g.weighed/10 {
		g.weigh()
	}
	if g.gone > 0 {
		g.index()
	}
	g.link()
	return g.cluster()
}

// Moves gives each group a story id, the new ones from next, and returns which articles would move. It changes nothing.
func (g *Grouper) Moves(groups Grouping) ([]Move, error) {
	ids, err := g.keep(groups)
	if err != nil {
		return nil, err
	}
	var moves []Move
	for i, c := range groups {
		for _, d := range c {
			if a := g.docs[d]; a.story != ids[i] {
				moves = append(moves, Move{Doc: a.id, From: a.story, Story: ids[i]})
			}
		}
	}
	slices.SortFunc(moves, func(a, b Move) int { return cmp.Compare(a.Doc, b.Doc) })
	return moves, nil
}

// Apply makes moves, once they are stored.
func (g *Grouper) Apply(moves []Move) {
	for _, m := range moves {
		if slot, ok := g.at[m.Doc]; ok {
			g.docs[slot].story = m.Story
		}
	}
	g.count()
}

// keep gives each group the id of the story it shares most articles with, the largest share first; new ids to the rest.
func (g *Grouper) keep(groups Grouping) ([]int64, error) {
	type share struct {
		group int
		story int64
		n     int
	}
	var shares []share
	for i, c := range groups {
		n := map[int64]int{}
		for _, d := range c {
			n[g.docs[d].story]++
		}
		for story, k := range n {
			shares = append(shares, share{i, story, k})
		}
	}
	slices.SortFunc(shares, func(a, b share) int {
		return cmp.Or(b.n-a.n, cmp.Compare(a.story, b.story), a.group-b.group)
	})
	ids := make([]int64, len(groups))
	taken := map[int64]bool{}
	for _, s := range shares {
		if ids[s.group] == 0 && !taken[s.story] {
			ids[s.group] = s.story
			taken[s.story] = true
		}
	}
	for i := range ids {
		if ids[i] == 0 {
			id, err := g.next()
			if err != nil {
				return nil, fmt.Errorf("new story: %w", err)
			}
			ids[i] = id
		}
	}
	return ids, nil
}

// link finds the articles that each new one is like, by all the terms that are kept of it: looking up the heaviest 20
// alone, as Add does, costs .014 of mean B-cubed here.
func (g *Grouper) link() {
	for i, a := range g.docs {
		if a == nil || a.linked {
			continue
		}
		for _, n := range g.neighbours(a.vector) {
			// The others that are new find this one when it is their turn.
			if b := g.docs[n.doc]; int(n.doc) != i && n.w >= regroupAt && b.linked {
				a.links, b.links = append(a.links, b), append(b.links, a)
			}
		}
		a.linked = true
	}
}

// unlink takes an article out of the links of the others.
func (a *article) unlink() {
	for _, b := range a.links {
		b.links = slices.DeleteFunc(b.links, func(x *article) bool { return x == a })
	}
	a.links = nil
}

// A cluster is a group in the making.
type cluster struct {
	members []int32
	sum     []weighed // of the members' vectors, by term: the mean cosine of two groups is that of their sums
	span    group
	near    map[int32]bool // the groups of which some member is linked with one of this
	version int32          // changes with the members
}

// A link is a pair of groups and their mean cosine, as it was when they had the versions given.
type link struct {
	a, b   int32 // a < b
	va, vb int32
	mean   float32
}

type links []link

func (l links) Len() int { return len(l) }
func (l links) Less(i, j int) bool {
	if l[i].mean != l[j].mean {
		return l[i].mean > l[j].mean
	}
	return l[i].a < l[j].a || l[i].a == l[j].a && l[i].b < l[j].b
}
func (l links) Swap(i, j int) { l[i], l[j] = l[j], l[i] }
func (l *links) Push(x any)   { *l = append(*l, x.(link)) }
func (l *links) Pop() any {
	x := (*l)[len(*l)-1]
	*l = (*l)[:len(*l)-1]
	return x
}

// cluster groups all articles by average link: the two groups with the highest mean cosine become one, as long as it
// reaches regroupAt and they lie within the window of each other. It returns the groups in order of their first article.
// Groups whose mean reaches regroupAt hold a pair that does, so only linked groups are compared.
func (g *Grouper) cluster() Grouping {
	all := make([]*cluster, len(g.docs))
	for i, a := range g.docs {
		c := &cluster{members: []int32{int32(i)}, sum: slices.Clone(a.vector), span: group{first: a.time, last: a.time}}
		slices.SortFunc(c.sum, func(x, y weighed) int { return cmp.Compare(x.id, y.id) })
		c.near = make(map[int32]bool, len(a.links))
		for _, b := range a.links {
			c.near[g.at[b.id]] = true
		}
		all[i] = c
	}
	var queue links
	push := func(a, b int32) {
		a, b = min(a, b), max(a, b)
		x, y := all[a], all[b]
		if !x.span.meets(y.span) {
			return
		}
		if mean := dot(x.sum, y.sum) / float32(len(x.members)*len(y.members)); mean >= regroupAt {
			heap.Push(&queue, link{a, b, x.version, y.version, mean})
		}
	}
	for i, c := range all {
		for j := range c.near {
			if int32(i) < j {
				push(int32(i), j)
			}
		}
	}
	for len(queue) > 0 {
		l := heap.Pop(&queue).(link)
		a, b := all[l.a], all[l.b]
		if a == nil || b == nil || l.va != a.version || l.vb != b.version {
			continue // an older state of one of the two
		}
		all[l.b] = nil
		a.members = append(a.members, b.members...)
		a.sum = plus(a.sum, b.sum)
		a.version++
		if b.span.first.Before(a.span.first) {
			a.span.first = b.span.first
		}
		if b.span.last.After(a.span.last) {
			a.span.last = b.span.last
		}
		delete(a.near, l.b)
		for c := range b.near {
			delete(all[c].near, l.b)
			if c != l.a {
				a.near[c], all[c].near[l.a] = true, true
			}
		}
		for c := range a.near {
			push(l.a, c)
		}
	}
	var out Grouping
	for _, c := range all {
		if c != nil {
			slices.Sort(c.members)
			out = append(out, c.members)
		}
	}
	return out
}

// dot is the product of two vectors in order of term.
func dot(x, y []weighed) float32 {
	var sum float32
	for i, j := 0, 0; i < len(x) && j < len(y); {
		switch {
		case x[i].id < y[j].id:
			i++
		case x[i].id > y[j].id:
			j++
		default:
			sum += x[i].w * y[j].w
			i++
			j++
		}
	}
	return sum
}

// plus is the sum of two vectors in order of term.
func plus(x, y []weighed) []weighed {
	out := make([]weighed, 0, len(x)+len(y))
	for len(x) > 0 && len(y) > 0 {
		switch {
		case x[0].id < y[0].id:
			out, x = append(out, x[0]), x[1:]
		case x[0].id > y[0].id:
			out, y = append(out, y[0]), y[1:]
		default:
			out, x, y = append(out, weighed{x[0].id, x[0].w + y[0].w}), x[1:], y[1:]
		}
	}
	return append(append(out, x...), y...)
}

// meets reports whether two groups lie within the window of each other.
func (s group) meets(t group) bool {
	return t.first.Sub(s.last) <= window && s.first.Sub(t.last) <= window
}
