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
	g.Forget(now.Add(-window - late))
	if g.words.docs > g.weighed+g.weighed/10 {
		g.weigh()
	}
	if g.gone > 0 {
		g.index()
	}
	groups := g.cluster()
	ids, err := g.keep(groups)
	if err != nil {
		return nil, err
	}
	var moves []Move
	for i, c := range groups {
		for _, d := range c {
			if a := g.docs[d]; a.story != ids[i] {
				moves = append(moves, Move{Doc: a.id, From: a.story, Story: ids[i]})
				a.story = ids[i]
			}
		}
	}
	g.count()
	slices.SortFunc(moves, func(a, b Move) int { return cmp.Compare(a.Doc, b.Doc) })
	return moves, nil
}

// keep gives each group the id of the story it shares most articles with, the largest share first; new ids to the rest.
func (g *Grouper) keep(groups [][]int32) ([]int64, error) {
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

// A link is a pair of groups and their mean cosine.
type link struct {
	a, b int32 // a < b
	mean float32
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
func (g *Grouper) cluster() [][]int32 {
	n := len(g.docs)
	sum := make([]map[int32]float32, n) // of the cosines between two groups, kept on both sides
	members := make([][]int32, n)
	span := make([]group, n)
	for i, a := range g.docs {
		sum[i] = map[int32]float32{}
		members[i] = []int32{int32(i)}
		span[i] = group{first: a.time, last: a.time}
	}
	for i, a := range g.docs {
		for _, p := range g.neighbours(a.vector) {
			if j := p.doc; int(j) < i {
				sum[i][j] += p.w / 2
				sum[j][int32(i)] += p.w / 2
			} else if int(j) > i {
				sum[i][j] += p.w / 2
				sum[j][int32(i)] += p.w / 2
			}
		}
	}
	var queue links
	push := func(a, b int32) {
		mean := sum[a][b] / float32(len(members[a])*len(members[b]))
		if mean >= regroupAt && span[a].meets(span[b]) {
			heap.Push(&queue, link{min(a, b), max(a, b), mean})
		}
	}
	for i := range sum {
		for j := range sum[i] {
			if int32(i) < j {
				push(int32(i), j)
			}
		}
	}
	for len(queue) > 0 {
		l := heap.Pop(&queue).(link)
		a, b := l.a, l.b
		if members[a] == nil || members[b] == nil || l.mean != sum[a][b]/float32(len(members[a])*len(members[b])) {
			continue // an older state of one of the two
		}
		members[a] = append(members[a], members[b]...)
		members[b] = nil
		if span[b].first.Before(span[a].first) {
			span[a].first = span[b].first
		}
		if span[b].last.After(span[a].last) {
			span[a].last = span[b].last
		}
		delete(sum[a], b)
		for c, s := range sum[b] {
			delete(sum[c], b)
			if c != a {
				sum[a][c] += s
				sum[c][a] = sum[a][c]
			}
		}
		sum[b] = nil
		for c := range sum[a] {
			push(a, c)
		}
	}
	var out [][]int32
	for _, m := range members {
		if m != nil {
			slices.Sort(m)
			out = append(out, m)
		}
	}
	return out
}

// meets reports whether two groups lie within the window of each other.
func (s group) meets(t group) bool {
	return t.first.Sub(s.last) <= window && s.first.Sub(t.last) <= window
}
