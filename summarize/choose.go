package summarize

import "math"

const (
	// related is the least cosine of a limiting statement with the lead and the titles: below it, it limits something else.
	related = .12
	// limitLeast is the least strength of a limit that is carried.
	limitLeast = .5
)

// A choice is the statements of a story that a brief has, most important first.
type choice struct {
	us     []unit
	picked []int
	limits map[int]bool // by index in us: limits the first
}

// room says whether a choice may have one more statement: bullets and words, 0 for no bound.
type room struct {
	bullets int
	words   float64
}

func (r room) fits(c *choice, u *unit) bool {
	if r.bullets > 0 && len(c.picked) >= r.bullets {
		return false
	}
	if r.words <= 0 || len(c.picked) == 0 {
		return true
	}
	n, last := 0., true
	for _, i := range c.picked {
		n += float64(c.us[i].words)
		last = last && before(&c.us[i], u)
	}
	all := n + float64(u.words)
	return all <= over*r.words || last && n < kFill*r.words && all <= kOver*r.words
}

// before reports whether a is read before b.
func before(a, b *unit) bool {
	return a.doc < b.doc || a.doc == b.doc && a.span.Start < b.span.Start
}

// choose picks statements of us, which are measured: the best as lead, the one that limits it, then the best of the rest,
// never two that say the same. subject is the words of the titles.
func choose(us []unit, subject []term, r room) *choice {
	c := &choice{us: us, limits: map[int]bool{}}
	order := ranked(us)
	voices := []bool{false}
	if !anyNews(us) {
		voices = append(voices, true) // nothing but the outlet's own voice: better than nothing
	}
	for _, opinion := range voices {
		for _, i := range order {
			if us[i].opinion == opinion && r.fits(c, &us[i]) {
				c.picked = append(c.picked, i)
				break
			}
		}
	}
	if len(c.picked) == 0 {
		return c
	}
	lead := c.picked[0]
	about := unit{terms: merge(us[lead].terms, subject)}
	about.norm = norm(about.terms)
	if i := c.limiting(&about, r); i >= 0 && kLimit > 0 {
		c.picked = append(c.picked, i)
		c.limits[i] = true
		if kDebug > 0 {
			println("LIMIT", int(100*us[i].limit), int(100*cosine(&us[i], &about)), int(100*us[i].score), us[i].pos, us[i].text)
		}
	}
	rest := order
	if r.words > 0 && kPack > 0 {
		rest = c.pack(order, r)
	}
	for _, i := range rest {
		if us[i].opinion || !r.fits(c, &us[i]) || c.said(&us[i]) {
			continue
		}
		c.picked = append(c.picked, i)
		if limitRank(&us[i], &about) > 0 && us[i].limit >= 1 {
			c.limits[i] = true
		}
	}
	return c
}

// anyNews reports whether some unit is not the outlet's own voice.
func anyNews(us []unit) bool {
	for i := range us {
		if !us[i].opinion {
			return true
		}
	}
	return false
}

// said reports whether a statement says what a picked one says, or is picked.
func (c *choice) said(u *unit) bool {
	for _, i := range c.picked {
		p := &c.us[i]
		if p == u || cosine(p, u) > kRed {
			return true
		}
	}
	return false
}

// packed is how many of the best statements are tried in every combination.
const packed = 14

// pack returns, of the best statements left, those that together fill the room best: the sum of score times words, so that
// a long good statement is not passed over for a short poor one that happens to fit.
func (c *choice) pack(order []int, r room) []int {
	left := r.words * over
	for _, i := range c.picked {
		left -= float64(c.us[i].words)
	}
	var pool []int
	for _, i := range order {
		u := &c.us[i]
		if !u.opinion && float64(u.words) <= left && !c.said(u) {
			if pool = append(pool, i); len(pool) == packed {
				break
			}
		}
	}
	var best, now []int
	top := 0.
	var try func(k int, left, value float64)
	try = func(k int, left, value float64) {
		if value > top {
			top, best = value, append(best[:0], now...)
		}
		for ; k < len(pool); k++ {
			u := &c.us[pool[k]]
			if float64(u.words) > left || u.score <= 0 || c.among(now, u) {
				continue
			}
			now = append(now, pool[k])
			try(k+1, left-float64(u.words), value+(u.score-kBase)*math.Pow(float64(u.words), kGamma))
			now = now[:len(now)-1]
		}
	}
	try(0, left, 0)
	return best
}

// among reports whether one of the statements says what u says.
func (c *choice) among(is []int, u *unit) bool {
	for _, i := range is {
		if cosine(&c.us[i], u) > redundant {
			return true
		}
	}
	return false
}

// limiting returns the statement that most limits what the lead says, -1 when none does.
func (c *choice) limiting(about *unit, r room) int {
	best, at := 0., -1
	for i := range c.us {
		u := &c.us[i]
		if u.opinion || c.said(u) || !r.fits(c, u) {
			continue
		}
		if v := limitRank(u, about); v > best {
			best, at = v, i
		}
	}
	return at
}

// limitRank is how much a statement limits what about says; 0 for not at all.
func limitRank(u, about *unit) float64 {
	if u.limit < kLeast {
		return 0
	}
	near := cosine(u, about)
	if near < kRel {
		return 0
	}
	return math.Max(0, kStr*u.limit+kNear*near+kScore*u.score)
}

// merge adds two vectors.
func merge(a, b []term) []term {
	out := make([]term, 0, len(a)+len(b))
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case j == len(b) || i < len(a) && a[i].id < b[j].id:
			out = append(out, a[i])
			i++
		case i == len(a) || b[j].id < a[i].id:
			out = append(out, b[j])
			j++
		default:
			out = append(out, term{a[i].id, a[i].w + b[j].w})
			i++
			j++
		}
	}
	return out
}
