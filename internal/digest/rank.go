package digest

import (
	"math"
	"slices"
	"time"

	"attache/internal/store"
)

// The weights of the formula in the package comment.
const (
	outletWeight  = 1.0 // for each doubling of outlets
	recencyWeight = 1.0
	freshWeight   = 0.5
	quoteWeight   = 0.4
	varietyWeight = 0.4
	matchWeight   = 0.5

	halfLife  = 12 * time.Hour // of recency; half the period where that is longer
	freshFull = 4              // new articles from which freshWeight counts in full
	quoteFull = 2              // quotes from which quoteWeight counts in full
	variants  = 3              // further languages, tiers and countries from which varietyWeight counts in full
)

// tierWeight is what the best voice of a story adds. No story is left out for the tier of its sources.
var tierWeight = map[store.Tier]float64{store.Official: 1.0, store.Research: 0.6, store.Press: 0.5, store.StateMedia: 0.4}

// rate scores a candidate for a digest that is due, of the news since.
func (c *candidate) rate(since, due time.Time) {
	p := c.parts
	p["outlets"] = outletWeight * math.Log2(float64(1+len(c.outlets)))
	langs, tiers, countries := map[string]bool{}, map[store.Tier]bool{}, map[string]bool{}
	for _, a := range c.articles {
		p["voice"] = max(p["voice"], tierWeight[a.Tier])
		langs[a.Lang], tiers[a.Tier], countries[a.Country] = true, true, true
	}
	half := max(halfLife, due.Sub(since)/2)
	age := max(0, due.Sub(c.newest))
	p["recency"] = recencyWeight * math.Exp2(-float64(age)/float64(half))
	p["fresh"] = freshWeight * math.Min(1, float64(c.fresh)/freshFull)
	p["quotes"] = quoteWeight * math.Min(1, float64(c.quotes)/quoteFull)
	p["variety"] = varietyWeight * math.Min(1, float64(len(langs)+len(tiers)+len(countries)-3)/variants)
	if c.inTitle {
		p["match"] = matchWeight
	}
	c.score = 0
	for _, name := range terms {
		c.score += p[name] // in a fixed order: the same digest has the same scores to the last bit
	}
}

var terms = []string{"outlets", "voice", "recency", "fresh", "quotes", "variety", "match"}

// ranked puts those that can be chosen first, the best first; then the others, the newest first.
func ranked(cs []*candidate) {
	slices.SortFunc(cs, func(a, b *candidate) int {
		if (a.out == "") != (b.out == "") {
			if a.out == "" {
				return -1
			}
			return 1
		}
		if a.out == "" && a.score != b.score {
			return sign(b.score - a.score)
		}
		if n := b.newest.Compare(a.newest); n != 0 {
			return n
		}
		return int(a.id - b.id)
	})
}

// because is a reason with what speaks for a candidate.
func (c *candidate) because(key string, due time.Time) Wording {
	return Wording{Key: key, Parts: map[string][]Wording{"facts": c.facts(due)}}
}

// facts are what speaks for a candidate.
func (c *candidate) facts(due time.Time) []Wording {
	n := map[store.Tier]int{}
	seen := map[string]bool{}
	for _, a := range c.articles {
		if slices.Contains(c.outlets, a.outlet) && !seen[a.outlet] {
			seen[a.outlet] = true
			n[a.Tier]++
		}
	}
	outlets := Wording{Key: "outlets", N: len(c.outlets)}
	var tiers []Wording
	for _, t := range []store.Tier{store.Official, store.Press, store.Research, store.StateMedia} {
		if n[t] > 0 {
			tiers = append(tiers, Wording{Key: "tier." + string(t), N: n[t]})
		}
	}
	if len(tiers) > 0 {
		outlets.Key, outlets.Parts = "outlets.by", map[string][]Wording{"tiers": tiers}
	}
	out := []Wording{outlets, {Key: "articles", N: c.fresh}}
	if c.quotes > 0 {
		out = append(out, Wording{Key: "quotes", N: c.quotes})
	}
	return append(out, Wording{Key: "newest", Parts: map[string][]Wording{"age": one(age(due.Sub(c.newest)))}})
}

// age words an age roughly.
func age(d time.Duration) Wording {
	switch {
	case d < 90*time.Minute:
		return Wording{Key: "minutes", N: max(0, int(d.Round(time.Minute)/time.Minute))}
	case d < 48*time.Hour:
		return Wording{Key: "hours", N: int(d.Round(time.Hour) / time.Hour)}
	}
	return Wording{Key: "days", N: int(d.Round(24*time.Hour) / (24 * time.Hour))}
}
