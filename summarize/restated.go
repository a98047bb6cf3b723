package summarize

import (
	"slices"
	"strings"

	"attache/internal/text"
	"attache/summarize/quote"
)

// A Restatement is one statement that articles have in several wordings. The numbers are indexes into what Restated was given.
type Restatement struct {
	Shown    int   // the one to show
	Original int   // what Shown translates, where an article has the speaker's own words; -1 where none has, or Shown is they
	Others   []int // further wordings, in the order given
}

// A Spoken is a quote with its words, for comparing it with others.
type Spoken struct {
	Words []string // a string a span
	Lang  string   // of the words, ISO 639-1, or ""
	Quote quote.Quote
}

// Restated finds the statements that stand in all, best first, in several wordings (see quote.Restated), for a reader of lang. Shown are
// the speaker's own words where they are in that language and do not break off; else a translation into it, with them as
// its original; and where there is no such pair the first in that language. That one translates the other is said only
// where its article says so.
func Restated(all []Spoken, lang string) []Restatement {
	said := make([]quote.Said, len(all))
	for i, s := range all {
		if len(s.Words) == 0 {
			continue // of nobody: it is like no other
		}
		said[i] = quote.Said{Doc: quote.Doc{Text: strings.Join(s.Words, "\n"), Lang: s.Lang}, Quote: s.Quote}
		said[i].Quote.Spans = nil
		at := 0
		for _, w := range s.Words {
			said[i].Quote.Spans = append(said[i].Quote.Spans, text.Span{Start: at, End: at + len(w)})
			at += len(w) + len("\n")
		}
	}
	var out []Restatement
	for _, r := range quote.Restated(said) {
		group := append([]int{r.Original}, r.Others...)
		slices.Sort(group)
		in := func(want func(i int) bool) int {
			if k := slices.IndexFunc(group, want); k >= 0 {
				return group[k]
			}
			return -1
		}
		o := all[r.Original]
		x := Restatement{Shown: r.Original, Original: -1}
		if o.Lang != lang || breaksOff(o.Words) {
			if i := in(func(i int) bool { return all[i].Lang == lang && all[i].Quote.Translated }); i >= 0 && !o.Quote.Translated {
				x.Shown, x.Original = i, r.Original
			} else if i := in(func(i int) bool { return all[i].Lang == lang }); i >= 0 {
				x.Shown = i
			}
		}
		x.Others = slices.DeleteFunc(group, func(i int) bool { return i == x.Shown || i == x.Original })
		out = append(out, x)
	}
	return out
}

// breaksOff reports whether words end in an ellipsis, as those of a post do of which an article shows the beginning.
func breaksOff(words []string) bool {
	t := strings.TrimSpace(words[len(words)-1])
	return strings.HasSuffix(t, "…") || strings.HasSuffix(t, "...")
}

// once leaves one candidate of each statement that stands in several wordings, with its original where that is among them, in
// the place of the best of them. all are in order, best first.
func once(all []candidate, lang string) []candidate {
	spoken := make([]Spoken, len(all))
	for i, c := range all {
		spoken[i] = Spoken{c.q.Words, c.q.Lang, c.q.Quote}
	}
	place := map[int]int{} // of the best of a statement: which to show
	left := map[int]bool{}
	for _, r := range Restated(spoken, lang) {
		if r.Original >= 0 {
			o := &all[r.Original].q
			all[r.Shown].q.Original = &Original{Article: o.Article, Revision: o.Revision, Lang: o.Lang, Spans: o.Spans, Words: o.Words, Kind: o.Kind}
			r.Others = append(r.Others, r.Original)
		}
		group := append([]int{r.Shown}, r.Others...)
		for _, i := range group {
			left[i] = true
		}
		place[slices.Min(group)] = r.Shown
	}
	var out []candidate
	for i, c := range all {
		if shown, ok := place[i]; ok {
			out = append(out, all[shown])
		} else if !left[i] {
			out = append(out, c)
		}
	}
	return out
}
