package quote

import "strings"

// lookup returns the person a run of words [a,b) at byte at names, nil when the article knows none.
func (ps *people) lookup(f *frame, a, b int) *person {
	p := ps.byFull[strings.ToLower(f.textOf(a, b))]
	if p != nil && f.lang.set("inflected") != none {
		return ps.nominative(p)
	}
	if b-a > 1 {
		if p == nil {
			if strings.Contains(particles, " "+f.toks[a].low+" ") {
				return ps.lookup(f, b-1, b)
			}
			return nil
		}
		return ps.longest(p)
	}
	low := f.toks[a].low
	here := f.toks[a].start
	var gender byte
	if f.is(a-1, "female") {
		gender = 'f'
	} else if f.is(a-1, "male") {
		gender = 'm'
	}
	var best *person
	for _, q := range ps.byLast[low] {
		if !strings.Contains(q.text, " ") || gender != 0 && q.gender != 0 && q.gender != gender {
			continue
		}
		if best == nil || betterName(q, best, here) {
			best = q
		}
	}
	if best == nil { // a first name that only one person has
		n := 0
		for _, q := range ps.all {
			if q.first == low && strings.Contains(q.text, " ") && q.score > 0 && q.last != low {
				best = q
				n++
			}
		}
		if n != 1 {
			best = nil
		}
	}
	if best == nil {
		return p
	}
	return ps.longest(best)
}

// nominative returns, where names are inflected, the form that stands for p: the shortest of the forms that differ
// in their endings only, and for a surname alone the full name.
func (ps *people) nominative(p *person) *person {
	best := p
	for _, q := range ps.byStem[stemKey(p.last)] {
		full := strings.Contains(q.text, " ")
		if q.score <= 0 || strings.Contains(p.text, " ") && !full {
			continue
		}
		if !sameStem(q.last, p.last) || full && strings.Contains(p.text, " ") && !sameStem(q.first, p.first) {
			continue
		}
		bestFull := strings.Contains(best.text, " ")
		if full && !bestFull || full == bestFull && len(q.text) < len(best.text) {
			best = q
		}
	}
	return best
}

// stemKey is what all forms of an inflected name share at least.
func stemKey(w string) string {
	n := 0
	for i := range w {
		if n == 3 {
			return w[:i]
		}
		n++
	}
	return w
}

// sameStem reports whether two words differ in their last two letters at most.
func sameStem(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(y)-len(x) > 2 {
		return false
	}
	n := 0
	for n < len(x) && x[n] == y[n] {
		n++
	}
	return n >= max(3, len(x)-2)
}

// betterName prefers, of two people with one surname, the one named before here, then the one named more often.
func betterName(q, best *person, here int) bool {
	if (q.at <= here) != (best.at <= here) {
		return q.at <= here
	}
	if (q.score > 0) != (best.score > 0) {
		return q.score > 0
	}
	return q.count > best.count
}

// longest returns the person's fullest form: "Donald J. Trump" for "Donald Trump".
func (ps *people) longest(p *person) *person {
	best := p
	for _, q := range ps.byLast[p.last] {
		if q.first == p.first && strings.Contains(p.text, " ") && len(q.text) > len(best.text) && q.score > 0 {
			best = q
		}
	}
	return best
}

func (p *person) human() bool { return p != nil && p.score > 0 }
