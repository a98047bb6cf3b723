package verify

import "slices"

const (
	countMost = 12 // the largest count that a claim may derive itself
	itemMost  = 7  // the words of one item of a list, at most
)

// counted reports whether a claim's number is the length of a list of names that the cited sentences have ("three ministers" of
// "Ana Costa, Jonas Brod and Ilse Markham"), or, where it cites none, that the source has.
func (s *Source) counted(r *reading, n number) bool {
	v := atoi(n.value())
	if n.unit != "" && n.unit != things || n.power != 0 || n.ordinal || v < 2 || v > countMost || itoa(v) != n.value() {
		return false
	}
	if len(r.Evidence) == 0 {
		return slices.Contains(lists(lexiconOf(s.lang), s.ls), v)
	}
	for _, e := range r.Evidence {
		e.Start, e.End = e.Start+s.shift, e.End+s.shift
		for _, p := range s.sentences {
			if !p.Overlaps(e) {
				continue
			}
			from, _ := slices.BinarySearchFunc(s.ls, p.Start, func(l lexeme, at int) int { return l.Start - at })
			to, _ := slices.BinarySearchFunc(s.ls, p.End, func(l lexeme, at int) int { return l.Start - at })
			if slices.Contains(lists(lexiconOf(s.lang), s.ls[from:to]), v) {
				return true
			}
		}
	}
	return false
}

// lists returns how many items each list of names has: items that begin with a capital, parted by commas, the last by "and".
func lists(l *lexicon, ls []lexeme) []int {
	var out []int
	for i := range ls {
		if _, k := l.and.at(ls, i); k == 0 || !look(ls, i+k).cap {
			continue
		}
		n, words := 1, 0
		for j := i - 1; j >= 0 && words <= itemMost; j-- {
			x := ls[j]
			first := j == 0 || ls[j-1].comma || ls[j-1].colon || ls[j-1].kind == word && ls[j-1].small
			switch {
			case x.comma:
				words = 0
			case x.kind == word && x.cap && first && (j+1 == i || !ls[j].comma):
				n++
				words = 0
				if j == 0 || !ls[j-1].comma {
					j = -1 // the first item
				}
			case x.kind == word || x.kind == dash:
				words++
			default:
				j = -1
			}
		}
		if n > 1 {
			out = append(out, n)
		}
	}
	return out
}
