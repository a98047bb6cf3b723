package fakellm

import (
	"regexp"
	"strings"

	"attache/internal/text"
)

// A quotation whose translation is asked for.
type quotation struct {
	Quotation int    `json:"quotation"`
	Article   int    `json:"article"`
	Words     string `json:"words"`
}

// wording is the translation of one.
type wording struct {
	Quotation int    `json:"quotation"`
	Text      string `json:"text"`
	Names     []name `json:"names"`
}

// worded translates the quotations of a prompt as it does sentences.
func worded(a ask) []wording {
	out := []wording{}
	for _, q := range a.material.Quotations {
		for _, art := range a.material.Articles {
			if art.Article == q.Article {
				shown, names := render(q.Words, art.Language, a.material.Language, capitals(art))
				out = append(out, wording{q.Quotation, mark(a.material.Language, shown), names})
			}
		}
	}
	return out
}

// said is a quotation with its speaker.
type said struct {
	Quote   string `json:"quote"`
	Speaker string `json:"speaker"`
}

// between finds what stands between double marks within one paragraph.
var between = regexp.MustCompile(`“([^“”\n]{3,})”|„([^„“”\n]{3,})[“”]|"([^"\n]{3,})"|«\s?([^«»\n]{3,}?)\s?»|「([^「」\n]{2,})」`)

// quoted lists the quotations of the articles. Who spoke is the nearest name behind the words, else the nearest before them,
// in the same paragraph and outside of marks; "" when there is none.
func quoted(a ask) []said {
	out := []said{}
	for _, art := range a.material.Articles {
		known := capitals(art)
		for _, p := range art.Paragraphs {
			for _, m := range between.FindAllStringSubmatchIndex(p, -1) {
				for k := 2; k < len(m); k += 2 {
					if m[k] >= 0 {
						out = append(out, said{strings.TrimRight(p[m[k]:m[k+1]], ",. "), voice(p[m[1]:], p[:m[0]], art.Language, known)})
					}
				}
			}
		}
	}
	return out
}

// voice is the first person's name behind a quotation, or the last before it.
func voice(behind, before, lang string, known map[string]bool) string {
	people := func(s string) []string {
		var out []string
		for _, n := range named(between.ReplaceAllString(s, " "), lang, known) {
			if len(text.Countries(n, lang)) == 0 {
				out = append(out, n)
			}
		}
		return out
	}
	if end := strings.IndexAny(behind, ".!?"); end >= 0 {
		if ns := people(behind[:end]); len(ns) > 0 {
			return ns[0]
		}
	}
	if ns := people(before); len(ns) > 0 {
		return ns[len(ns)-1]
	}
	return ""
}
