package summarize

import (
	"math"
	"slices"

	"attache/internal/text"
)

const (
	// limitLeast is the least strength of a limit that is carried, and related the least product of strength and cosine with
	// the lead and the titles: below it, something else is limited. At .16 and down to .10 the development set's summaries carry
	// 13 of 21 facts that limit the lead, at .18 eleven, at .22 nine, and five when none is looked for. ROUGE-1 against editors'
	// summaries is 38.9 to 39.0 at each of them: in reports of crime and sport, whose denials no editor's summary has, none is
	// looked for (publicAffairs).
	limitLeast, related = .9, .16
	// twin is the cosine from which a limiting statement says the same as the lead. To deny something takes its words: what
	// is redundant otherwise is not here.
	twin = .85
	// limitWords is how many words more outweigh one point of a limiting statement's worth: said shortly, it leaves room.
	limitWords = 60
	// bareLimit is the cosine that a limiting statement loses whose first word stands for somebody unknown.
	bareLimit = .05
	// publicHead is how much of an article is looked at for what it is about, in bytes, and publicLeast how many words of
	// public affairs, and a country, must stand there. With 2 to 6 in 500 to 2,000 bytes the figures below stay the same: 62 %
	// of the facts that limit the lead, and summaries of CNN/DM, which are of crime and sport, gain 1.0 of ROUGE-1.
	publicHead, publicLeast = 700, 2
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
	return all <= over*r.words || last && n < filled*r.words && all <= overLast*r.words
}

// before reports whether a is read before b.
func before(a, b *unit) bool {
	return a.doc < b.doc || a.doc == b.doc && a.span.Start < b.span.Start
}

// choose picks statements of us, which are measured: the best as lead, the one that limits it, then the best of the rest,
// never two that say the same. subject is the words of the titles.
//
// Only of public affairs is the statement that limits the lead sought ahead of others: there, what was not agreed is the news.
// In a report of a match or a crime every other sentence denies something.
func choose(us []unit, subject []term, public bool, r room) *choice {
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
	if i := c.limiting(&about, r); public && i >= 0 {
		c.picked = append(c.picked, i)
		c.limits[i] = true
	}
	for _, i := range order {
		if us[i].opinion || !r.fits(c, &us[i]) || c.said(&us[i], redundant) || us[i].bare && r.words == 0 && len(c.picked) >= thin {
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

// said reports whether a statement says what a picked one says, told by a cosine above like, or is picked.
func (c *choice) said(u *unit, like float64) bool {
	for _, i := range c.picked {
		p := &c.us[i]
		same := max(like, newFigure(p, u))
		if p.side != "" && u.side != "" && p.side != u.side { // what the other side says of it is no repetition
			same = max(same, twin)
		}
		if p == u || cosine(p, u) > same {
			return true
		}
	}
	return false
}

// newFigure returns redundantFigure when u has a figure that p has not, else 0.
func newFigure(p, u *unit) float64 {
	for _, f := range u.figures {
		if _, has := slices.BinarySearch(p.figures, f); !has {
			return redundantFigure
		}
	}
	return 0
}

// limiting returns the statement that most limits what the lead says, -1 when none does.
func (c *choice) limiting(about *unit, r room) int {
	best, at := 0., -1
	for i := range c.us {
		u := &c.us[i]
		if u.opinion || c.said(u, twin) || !r.fits(c, u) {
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
	if u.limit < limitLeast {
		return 0
	}
	near := cosine(u, about)
	if near*u.limit < related {
		return 0
	}
	if u.bare {
		near -= bareLimit
	}
	return math.Max(0, .3*u.limit+2*near+u.score-float64(u.words)/limitWords)
}

// publicAffairs reports whether the articles tell of governments and of what passes between them, by the words with which one
// of them begins.
func publicAffairs(docs []Document) bool {
	for i := range docs {
		d := &docs[i]
		lex, head := lexiconOf(d.Lang), d.Title+"\n"+clip(d.Text, publicHead)
		n := lex.count(cuePublic, head, cueWords(head))
		if n < publicLeast && n > 0 && len(text.Countries(head, d.Lang)) > 0 {
			n++
		}
		if n >= publicLeast {
			return true
		}
	}
	return false
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
