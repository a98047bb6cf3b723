package digest

import (
	"fmt"
	"math"
	"slices"
	"strings"
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

// facts are what speaks for a candidate, for its reason.
func (c *candidate) facts(due time.Time) string {
	n := map[store.Tier]int{}
	seen := map[string]bool{}
	for _, a := range c.articles {
		if slices.Contains(c.outlets, a.outlet) && !seen[a.outlet] {
			seen[a.outlet] = true
			n[a.Tier]++
		}
	}
	var tiers []string
	for _, t := range []store.Tier{store.Official, store.Press, store.Research, store.StateMedia} {
		if n[t] > 0 {
			name := string(t)
			if t == store.StateMedia {
				name = "state media"
			}
			tiers = append(tiers, fmt.Sprintf("%d %s", n[t], name))
		}
	}
	f := plural(len(c.outlets), "independent outlet")
	if len(tiers) > 0 {
		f += " (" + strings.Join(tiers, ", ") + ")"
	}
	f += ", " + plural(c.fresh, "new article")
	if c.quotes > 0 {
		f += ", " + plural(c.quotes, "quote")
	}
	return f + ", the newest " + ago(due.Sub(c.newest)) + " old"
}

// plural counts articles, quotes, outlets, stories, minutes, hours or days.
func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	if word == "story" {
		word = "storie"
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// ago words an age roughly.
func ago(d time.Duration) string {
	switch {
	case d < 90*time.Minute:
		return plural(max(0, int(d.Round(time.Minute)/time.Minute)), "minute")
	case d < 48*time.Hour:
		return plural(int(d.Round(time.Hour)/time.Hour), "hour")
	}
	return plural(int(d.Round(24*time.Hour)/(24*time.Hour)), "day")
}
