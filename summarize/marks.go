package summarize

import (
	"strings"

	"attache/internal/text"
	"attache/summarize/verify"
)

// A stretch is words between quotation marks, marks included.
type stretch = verify.Stretch

// touches reports whether p overlaps a stretch of in.
func touches(in []stretch, p text.Span) bool {
	rest := verify.Near(in, p.Start)
	return len(rest) > 0 && rest[0].Start < p.End
}

// cut reports whether one end of p lies inside a stretch of in, or p touches one that is open.
func cut(in []stretch, p text.Span) bool {
	for _, x := range verify.Near(in, p.Start) {
		if x.Start >= p.End {
			break
		}
		if x.Open || !p.Contains(x.Span) {
			return true
		}
	}
	return false
}

// outside returns s[p] with the words between marks blanked, and how much of its letters stood between marks (0–1).
func outside(s string, p text.Span, in []stretch) (string, float64) {
	var b strings.Builder
	at, inner := p.Start, 0
	for _, x := range verify.Near(in, p.Start) {
		if x.Start >= p.End {
			break
		}
		x := text.Span{Start: max(x.Start, at), End: min(x.End, p.End)}
		b.WriteString(s[at:x.Start])
		b.WriteString(" “” ")
		inner += x.Len()
		at = x.End
	}
	if inner == 0 {
		return p.Of(s), 0
	}
	b.WriteString(s[at:p.End])
	return b.String(), float64(inner) / float64(p.Len())
}
