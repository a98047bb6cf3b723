package digest

import (
	"slices"
	"time"

	"attache/summarize"
	"attache/summarize/quote"
)

// gatherWithin is how far apart the articles of two wordings of one statement are at most: who says the like a week later
// says it on another occasion.
const gatherWithin = 3 * 24 * time.Hour

// Gather puts sayings together that are one statement in several wordings, a speech and what outlets made of it in
// translation, in the place of the first of them. A reader of lang (ISO 639-1) is shown the speaker's own words in that
// language; else a translation with them as its Original; else the first wording in it.
func Gather(all []Saying, lang string) []Saying {
	spoken := make([]summarize.Spoken, len(all))
	for i, s := range all {
		kind := quote.Direct
		if s.Quote.Post {
			kind = quote.Post
		}
		spoken[i] = summarize.Spoken{Words: s.Quote.Words, Lang: s.Quote.Lang,
			Quote: quote.Quote{Kind: kind, Speaker: s.Quote.Speaker, Translated: s.Quote.Translated}}
	}
	gathered := map[int]Saying{} // by the place of the first of a statement
	left := map[int]bool{}
	for _, r := range summarize.Restated(spoken, lang) {
		shown := all[r.Shown]
		near := func(i int) bool {
			return shown.Source.Published.Sub(all[i].Source.Published).Abs() <= gatherWithin
		}
		group := []int{r.Shown}
		if r.Original >= 0 && near(r.Original) {
			o := all[r.Original]
			shown.Original = o.Source
			shown.Quote.Original = &Original{Words: o.Quote.Words, Post: o.Quote.Post, Lang: o.Quote.Lang, Ref: o.Quote.Ref}
			group = append(group, r.Original)
		}
		for _, i := range r.Others {
			if near(i) {
				shown.Others = append(shown.Others, all[i])
				group = append(group, i)
			}
		}
		for _, i := range group {
			left[i] = true
		}
		gathered[slices.Min(group)] = shown
	}
	var out []Saying
	for i, s := range all {
		if g, ok := gathered[i]; ok {
			out = append(out, g)
		} else if !left[i] {
			out = append(out, s)
		}
	}
	return out
}
