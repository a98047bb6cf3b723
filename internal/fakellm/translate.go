package fakellm

import (
	_ "embed"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"attache/internal/text"
)

//go:embed data/terms.txt
var termsFile string

//go:embed data/fillers.txt
var fillersFile string

// Tables of the renderings.
type tables struct {
	terms   map[string]string            // language and form -> term: "en november" -> "m11"
	forms   map[string]map[string]string // language -> term -> form that is written
	fillers map[string][]string
}

var loaded = sync.OnceValue(func() tables {
	t := tables{map[string]string{}, map[string]map[string]string{}, map[string][]string{}}
	var langs []string
	for line := range strings.Lines(termsFile) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0 || f[0] == "#" || !isTerm(f[0]) && f[0] != ".":
		case f[0] == ".":
			langs = f[1:]
			for _, l := range langs {
				t.forms[l] = map[string]string{}
			}
		default:
			for i, cell := range f[1:] {
				for k, form := range strings.Split(cell, "/") {
					form = strings.ReplaceAll(form, "-", " ")
					if strings.HasSuffix(cell, "-feira") {
						form = cell // Portuguese weekdays have a hyphen
					}
					if k == 0 {
						t.forms[langs[i]][f[0]] = form
					}
					t.terms[langs[i]+" "+strings.ToLower(form)] = f[0]
				}
			}
		}
	}
	for line := range strings.Lines(fillersFile) {
		if f := strings.Fields(line); len(f) > 1 && f[0] != "#" {
			t.fillers[f[0]] = f[1:]
		}
	}
	return t
})

var term = regexp.MustCompile(`^(?:[mds]\d+|pc|no)$`)

func isTerm(s string) bool { return term.MatchString(s) }

// translated is a brief in another language: the sentences of an honest brief, each rendered. Articles that are in that
// language already are not.
func (s *Server) translated(a ask) brief {
	words := worded(a)
	b := brief{Bullets: []bullet{}, Quotations: &words}
	to := a.material.Language
	var all []name
	for _, c := range s.pick(a) {
		art := a.material.Articles[c.article]
		names, shown := []name{}, shorten(c.text)
		known := capitals(art)
		if art.Language != to {
			shown, names = render(shown, art.Language, to, known)
			shown = mark(to, shown)
		} else {
			for _, n := range named(shown, art.Language, known) {
				names = append(names, name{n, n})
			}
		}
		all = append(all, names...)
		b.Bullets = append(b.Bullets, bullet{shown, art.Article, c.text, &names})
	}
	if len(b.Bullets) == 0 {
		return b
	}
	// The headline is the title's when the bullets have the pairs for its names, so that they can be checked.
	b.Headline = b.Bullets[0].Text
	if first := a.material.Articles[0]; first.Title != "" && clean(first.Title) && first.Language != to {
		title, names := render(first.Title, first.Language, to, capitals(first))
		if !slices.ContainsFunc(names, func(n name) bool { return !slices.Contains(all, n) }) {
			b.Headline = mark(to, title)
		}
	}
	return b
}

// mark tells readers of a demo that nobody translated this.
func mark(lang, s string) string { return "[" + lang + "] " + s }

var marking = regexp.MustCompile(`^\[([a-z]{2,3})\] `)

func unmark(s string) (lang, rest string, ok bool) {
	m := marking.FindStringSubmatch(s)
	if m == nil {
		return "", s, false
	}
	return m[1], s[len(m[0]):], true
}

// render is the marked stand-in for a translation. Figures stay as they are; months, weekdays, scales, per cent and denial
// become the words of the language, countries its names for them; other names stay, in its letters where these are Latin or
// Cyrillic. All names are listed; every other word becomes some common word of the language, always the same one. known are names that
// were seen elsewhere, for those that stand at the start of the sentence.
func render(s, from, to string, known map[string]bool) (string, []name) {
	t := loaded()
	fillers := t.fillers[to]
	if fillers == nil {
		fillers = t.fillers["en"]
	}
	var out []string
	names := []name{}
	words := text.Words(s)
	for i := 0; i < len(words); i++ {
		w := words[i].Of(s)
		if end := nameAt(s, words, i, from, known); end > i {
			source := possessive(s[words[i].Start:words[end-1].End])
			shown := shownAs(source, from, to)
			out = append(out, shown)
			if pair := (name{shown, source}); !slices.Contains(names, pair) {
				names = append(names, pair)
			}
			i = end - 1
			continue
		}
		if day, month, n := dateAt(t, s, words, i, from); n > 0 {
			out = append(out, dateIn(t, day, month, to))
			i += n - 1
			continue
		}
		if hasDigit(w) {
			figure := digits.FindString(w)
			if before := s[:words[i].Start]; strings.ContainsAny(lastRune(before), "$€£¥₽") {
				figure = lastRune(before) + figure
			}
			if strings.HasPrefix(s[words[i].End:], "%") {
				figure += "%"
			}
			out = append(out, figure)
			if i+1 < len(words) {
				if k := t.terms[from+" "+strings.ToLower(words[i+1].Of(s))]; k != "" && (k[0] == 's' || k == "pc") && t.forms[to] != nil {
					out = append(out, t.forms[to][k])
					i++
				}
			}
			continue
		}
		k := t.terms[from+" "+strings.ToLower(w)]
		if form := t.forms[to][k]; form != "" && (k[0] == 'm' && unmistakable(w, from) || k[0] == 'd' || k == "no") {
			out = append(out, form)
			continue
		}
		out = append(out, fillers[hash(0, strings.ToLower(w))%uint64(len(fillers))])
	}
	return sentenceOf(out, to), names
}

var digits = regexp.MustCompile(`\p{Nd}[\p{Nd}.,]*\p{Nd}|\p{Nd}`)

func lastRune(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return ""
	}
	return string(r[len(r)-1])
}

// unmistakable: "may" and "march" are months with a capital only.
func unmistakable(w, lang string) bool {
	return lang != "en" || unicode.IsUpper([]rune(w)[0])
}

// dateAt finds a day of a month at word i: "20 November", "20 de noviembre", "November 20", "11月20日".
func dateAt(t tables, s string, words []text.Span, i int, lang string) (day, month, n int) {
	at := func(k int) string {
		if k >= len(words) {
			return ""
		}
		return words[k].Of(s)
	}
	monthOf := func(k int) int {
		w := at(k)
		if term := t.terms[lang+" "+strings.ToLower(w)]; len(term) > 1 && term[0] == 'm' && unmistakable(w, lang) {
			m, _ := strconv.Atoi(term[1:])
			return m
		}
		return 0
	}
	dayOf := func(k int) int {
		d, err := strconv.Atoi(strings.TrimRight(at(k), ".erstndh"))
		if err != nil || d < 1 || d > 31 {
			return 0
		}
		return d
	}
	if lang == "zh" || lang == "ja" {
		if m := hanDate.FindStringSubmatch(s[words[i].Start:]); m != nil {
			month, _ = strconv.Atoi(m[1])
			day, _ = strconv.Atoi(m[2])
			for n = 0; i+n < len(words) && words[i+n].End <= words[i].Start+len(m[0]); n++ {
			}
			return day, month, n
		}
		return 0, 0, 0
	}
	switch {
	case dayOf(i) > 0 && monthOf(i+1) > 0:
		return dayOf(i), monthOf(i + 1), 2
	case dayOf(i) > 0 && strings.EqualFold(at(i+1), "de") && monthOf(i+2) > 0:
		return dayOf(i), monthOf(i + 2), 3
	case monthOf(i) > 0 && dayOf(i+1) > 0:
		return dayOf(i + 1), monthOf(i), 2
	}
	return 0, 0, 0
}

var hanDate = regexp.MustCompile(`^(\d{1,2})月(\d{1,2})日`)

func dateIn(t tables, day, month int, lang string) string {
	d, m := strconv.Itoa(day), t.forms[lang]["m"+strconv.Itoa(month)]
	switch {
	case m == "":
		return d + " " + t.forms["en"]["m"+strconv.Itoa(month)]
	case lang == "zh" || lang == "ja":
		return m + d + "日"
	case lang == "de":
		return d + ". " + m
	case lang == "es" || lang == "pt":
		return d + " de " + m
	}
	return d + " " + m
}

// sentenceOf joins words: without spaces between those that are written without.
func sentenceOf(words []string, lang string) string {
	if lang != "zh" && lang != "ja" {
		return strings.Join(words, " ") + "."
	}
	var b strings.Builder
	for i, w := range words {
		if i > 0 && w[0] < 0x80 && lastRune(words[i-1])[0] < 0x80 {
			b.WriteByte(' ')
		}
		b.WriteString(w)
	}
	return b.String() + "。"
}
