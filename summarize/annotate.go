package summarize

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
	"attache/summarize/quote"
	"attache/summarize/verify"
)

const (
	// additionsMost is how much is added to one bullet: more would hide its own words.
	additionsMost = 4
	// addedMost is the longest name that is added, in characters; a longer one is left out, never cut.
	addedMost = 60
)

// An addition is what the editor puts behind byte at of a bullet's text.
type addition struct {
	at    int
	words string
}

// Annotate returns the text s of a bullet with what the editor adds, in square brackets behind the words that it explains: which
// day they mean, as day writes it, and who is meant. written is when the article came out; day is asked for the year too where that is
// another year, or unknown. Nothing is added between quotation marks, to words that a bracket explains already, or where
// the words name the day themselves. Spans that are none of s are left out: they may be older than the text.
func Annotate(s string, when []Resolved, who []Named, written time.Time, day func(t time.Time, year bool) string) string {
	if len(when)+len(who) == 0 {
		return s
	}
	said := verify.Stretches(s, nil)
	var all []addition
	told := map[string]bool{}
	add := func(p text.Span, words string) {
		at, ok := behind(s, p, said)
		if key := lower(p.Of(s)) + "\n" + words; ok && words != "" && !told[key] {
			told[key] = true
			all = append(all, addition{at, words})
		}
	}
	for _, w := range when {
		t, err := time.Parse(time.DateOnly, w.Day)
		if err != nil || !spanIn(s, w.Span) {
			continue
		}
		year := written.IsZero() || t.Year() != written.UTC().Year()
		if year || !names(w.Span.Of(s), t.Day()) {
			add(w.Span, day(t, year))
		}
	}
	for _, n := range who {
		if spanIn(s, n.Span) && utf8.RuneCountInString(n.Name) <= addedMost && !strings.ContainsAny(n.Name, "[]\n\"＂“”„‟«»「」『』‘‚‹›") {
			add(n.Span, n.Name)
		}
	}
	slices.SortStableFunc(all, func(a, b addition) int { return a.at - b.at })
	var out strings.Builder
	last := 0
	for _, a := range all[:min(len(all), additionsMost)] {
		out.WriteString(s[last:a.at] + " [" + a.words + "]")
		last = a.at
	}
	return out.String() + s[last:]
}

// behind is where something may be added to the words at p: at the end of the last of them, "Thursday's" whole. False where they,
// or that place, stand in a quotation, and where a bracket or a mark follows at once.
func behind(s string, p text.Span, said []verify.Stretch) (int, bool) {
	at := p.End
	for at < len(s) {
		r, n := utf8.DecodeRuneInString(s[at:])
		next, _ := utf8.DecodeRuneInString(s[at+n:])
		if !spelled(r) && !unicode.IsMark(r) && !(strings.ContainsRune("'’-", r) && spelled(next)) {
			break
		}
		at += n
	}
	if touches(said, p) || singly(s, p.End) || slices.ContainsFunc(said, func(x verify.Stretch) bool { return x.Start < at && at < x.End }) {
		return 0, false
	}
	if next, _ := utf8.DecodeRuneInString(s[at:]); strings.ContainsRune("\"”»＂'`", next) {
		return 0, false // a mark at a word's end opens nothing; behind a bracket it would seem to
	}
	rest := strings.TrimLeft(s[at:], " ")
	return at, !strings.HasPrefix(rest, "[") && !strings.HasPrefix(rest, "(")
}

// spelled reports whether r is a letter or digit of a script that parts its words.
func spelled(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}

// singly reports whether byte at of s may stand between single quotation marks: behind the first that opens and before the last
// that closes. Which of several close cannot be told: an apostrophe looks the same.
func singly(s string, at int) bool {
	for _, m := range []struct{ open, shut string }{{"‘", "’"}, {"‚", "‘"}, {"‹", "›"}} {
		from := strings.Index(s, m.open)
		if from < 0 || from >= at {
			continue
		}
		for end := len(s); ; {
			i := strings.LastIndex(s[:end], m.shut)
			if i <= from {
				break
			}
			if next, _ := utf8.DecodeRuneInString(s[i+len(m.shut):]); !spelled(next) {
				if at <= i {
					return true
				}
				break
			}
			end = i
		}
	}
	return false
}

// names reports whether words hold the number of a day.
func names(words string, day int) bool {
	return slices.ContainsFunc(figuresOf([]string{words}), func(f string) bool { return strings.TrimLeft(f, "0") == strconv.Itoa(day) })
}

// spokenIn returns what stands in a quotation in the text of a bullet: between marks, and what the rules found to be one in its
// article, which know single marks and posts too.
func spokenIn(d *Document, s string) []verify.Stretch {
	out := verify.Stretches(s, nil)
	for _, q := range d.Quotes {
		out = append(out, standing(s, q, d.Text)...)
	}
	return verify.Merged(out)
}

// standing returns where the words of a quote stand in s.
func standing(s string, q quote.Quote, body string) (out []verify.Stretch) {
	words, ok := wordsAt(body, q.Spans)
	if !ok {
		return nil
	}
	for _, w := range words {
		w = oneSpaced(w)
		for from := 0; w != ""; {
			i := strings.Index(s[from:], w)
			if i < 0 {
				break
			}
			out = append(out, verify.Stretch{Span: text.Span{Start: from + i, End: from + i + len(w)}})
			from += i + len(w)
		}
	}
	return out
}
