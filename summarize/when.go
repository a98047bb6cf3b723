package summarize

import (
	"slices"
	"time"

	"attache/summarize/verify"
)

// whenOf returns the days that words of a bullet mean and only the day of writing tells, but for those of a quotation, whose day
// is the speaker's. Of a sentence in words of its own, a
// day counts only when the evidence names the same one.
func whenOf(d *Document, b *Bullet, e Evidence) []Resolved {
	moments := verify.Moments(b.Text, b.Lang, d.Text, d.Country, d.Published)
	if len(moments) > 0 {
		said := spokenIn(d, b.Text)
		moments = slices.DeleteFunc(moments, func(m verify.Moment) bool { return touches(said, m.Span) })
	}
	if len(moments) > 0 && oneSpaced(e.Text) != oneSpaced(b.Text) {
		at := verify.Moments(e.Text, d.Lang, d.Text, d.Country, d.Published)
		moments = slices.DeleteFunc(moments, func(m verify.Moment) bool {
			return !slices.ContainsFunc(at, func(o verify.Moment) bool { return o.Date.Equal(m.Date) })
		})
	}
	var out []Resolved
	for _, m := range moments {
		out = append(out, Resolved{m.Span, m.Date.Format(time.DateOnly), m.How})
	}
	return out
}
