package fakellm

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
)

const (
	usualBullets = 5  // when the prompt does not say how many
	fewWords     = 6  // a sentence of fewer says little
	manyWords    = 60 // one of more is a list, or several that were not told apart
	remains      = 5  // words that must be left of a sentence that is shortened
)

// A bullet of a reply. Names are those of a translation.
type bullet struct {
	Text    string  `json:"text"`
	Article int     `json:"article"`
	Quote   string  `json:"quote"`
	Names   *[]name `json:"names,omitempty"`
}

type name struct {
	Shown  string `json:"shown"`
	Source string `json:"source"`
}

type brief struct {
	Headline string   `json:"headline"`
	Bullets  []bullet `json:"bullets"`
	// Quotations are those of a translation.
	Quotations *[]wording `json:"quotations,omitempty"`
}

type verdict struct {
	Bullet    int  `json:"bullet"`
	Supported bool `json:"supported"`
}

// reply answers a prompt in the given mode.
func (s *Server) reply(mode Mode, a ask, n int) Reply {
	poisoned := ""
	if mode != Honest && len(s.o.Payloads) > 0 {
		if poisoned = s.payload(a); poisoned == "" {
			mode = Honest
		}
	}
	switch {
	case mode == Hostile:
		r := s.o.Replies[(s.o.Seed+uint64(n)-1)%uint64(len(s.o.Replies))]
		if r.FinishReason == "" {
			r.FinishReason = "stop"
		}
		return r
	case mode == Copy && poisoned != "":
		return stop(s.copied(a, poisoned))
	case mode == Leak:
		return stop(s.leaked(a))
	}
	return stop(s.honest(a))
}

func stop(v any) Reply {
	if s, ok := v.(string); ok {
		return Reply{Content: s, FinishReason: "stop"}
	}
	return Reply{Content: string(encode(v)), FinishReason: "stop"}
}

// honest answers from the text; of a prompt whose articles were cut away it says nothing.
func (s *Server) honest(a ask) any {
	switch a.schema {
	case "brief":
		return s.brief(a)
	case "translation":
		return s.translated(a)
	case "judge":
		return map[string]any{"verdicts": judged(a.statements)}
	case "quotes":
		return map[string]any{"quotes": quoted(a)}
	case "canary":
		return map[string]any{"first": a.first, "last": a.last}
	}
	return "I can only write of what I was sent, and I was sent no articles."
}

// A sentence of an article that a bullet can be made of.
type sentence struct {
	article, at int // places in the material and in the article
	text        string
	points      float64
}

// brief picks sentences, which are the evidence as they stand, and shortens each into a bullet.
func (s *Server) brief(a ask) brief {
	b := brief{Bullets: []bullet{}}
	for _, c := range s.pick(a) {
		art := a.material.Articles[c.article]
		b.Bullets = append(b.Bullets, bullet{Text: shorten(c.text), Article: art.Article, Quote: c.text})
	}
	if len(b.Bullets) == 0 {
		return b
	}
	b.Headline = b.Bullets[0].Text
	if title := a.material.Articles[0].Title; title != "" && clean(title) {
		b.Headline = title
	}
	return b
}

// pick chooses sentences: the lead of the first article, then the best of all of them, in the order of the text. What
// comes early, shares words with a title or has figures is better; the seed decides between those that are alike. A
// sentence that the prompt names outside of the articles failed before, and comes last.
func (s *Server) pick(a ask) []sentence {
	want := a.material.Bullets
	if want <= 0 {
		want = usualBullets
	}
	var all []sentence
	for i, art := range a.material.Articles {
		title := wordSet(art.Title, art.Language)
		at := 0
		for _, p := range art.Paragraphs {
			for _, span := range text.Sentences(p, art.Language) {
				t := span.Of(p)
				n := len(text.Words(t))
				if n < fewWords || n > manyWords || !clean(t) {
					continue
				}
				c := sentence{article: i, at: at, text: t, points: 4 / float64(1+at)}
				for w := range wordSet(t, art.Language) {
					if title[w] {
						c.points += 0.3
					}
				}
				if strings.IndexFunc(t, unicode.IsDigit) >= 0 {
					c.points++
				}
				c.points += 1.5 * s.chance("pick", art.Title, t)
				if at == 0 && i == 0 {
					c.points += 100
				}
				if strings.Contains(a.rest, t) || strings.Contains(a.rest, strings.Trim(string(encode(t)), `"`)) {
					c.points -= 1000
				}
				all = append(all, c)
				at++
			}
		}
	}
	slices.SortStableFunc(all, func(a, b sentence) int { return cmp.Compare(b.points, a.points) })
	all = all[:min(want, len(all))]
	slices.SortStableFunc(all, func(a, b sentence) int {
		return cmp.Or(cmp.Compare(a.article, b.article), cmp.Compare(a.at, b.at))
	})
	return all
}

// clean reports whether an honest writer would repeat s: no address, no mention, nothing invisible.
func clean(s string) bool {
	low := strings.ToLower(s)
	return !strings.ContainsAny(s, "@<>`|\\") && !strings.Contains(low, "://") && !strings.Contains(low, "www.") &&
		strings.IndexFunc(s, func(r rune) bool { return text.Invisible(r) || unicode.IsControl(r) }) < 0
}

func wordSet(s, lang string) map[string]bool {
	set := map[string]bool{}
	for _, w := range text.Words(s) {
		if word := strings.ToLower(w.Of(s)); !text.Stopword(word, lang) {
			set[word] = true
		}
	}
	return set
}

var (
	// dateline is "GENEVA — ", "PORT LANE (Reuters) - ", "Brussels – ".
	dateline = regexp.MustCompile(`^(?:\p{Lu}{2}[^—–.!?“”"]{0,60}? (?:—|–|--|-) |\p{Lu}[\p{L}.'’]+(?: \p{Lu}[\p{L}.'’]+){0,2} [—–] )`)
	// saidSo is ", diplomats said." and ", according to the office." at the end of a sentence in English.
	saidSo = regexp.MustCompile(`, (?:according to [^,]+|[^,]{1,60}? (?:said|says|told reporters|announced|reported|added)(?: on \w+)?)\.$`)
)

// shorten leaves out a dateline, and at the end who said so; not around quotation marks, and not more than can go.
func shorten(s string) string {
	t := undated(s)
	if !strings.ContainsAny(t, `"“”„«»「」`) {
		if cut := saidSo.ReplaceAllString(t, "."); len(text.Words(cut)) >= remains {
			t = cut
		}
	}
	if len(text.Words(t)) < remains {
		t = s
	}
	r, n := utf8.DecodeRuneInString(t)
	return string(unicode.ToUpper(r)) + t[n:]
}

// undated is a sentence without its dateline. "Norland – a small state – waits" has none: there a small letter follows.
func undated(s string) string {
	t := s[len(dateline.FindString(s)):]
	if r, _ := utf8.DecodeRuneInString(t); unicode.IsLower(r) {
		return s
	}
	return t
}

// judged says of each statement whether its evidence bears it: its figures all stand there, nearly all of its other words,
// and a denial on both sides or on neither. A translation of this server is known by its mark and compared with its own
// rendering of the evidence.
func judged(statements []statement) []verdict {
	out := []verdict{}
	for _, st := range statements {
		said, evidence := st.Text, st.Evidence
		lang := text.Language(evidence, "")
		if to, t, ok := unmark(said); ok {
			said = t
			evidence, _ = render(evidence, lang, to, nil)
			lang = to
		}
		have := map[string]bool{}
		for _, w := range text.Tokens(evidence, lang) {
			have[w] = true
		}
		content, found, figures := 0, 0, true
		for _, w := range text.Words(said) {
			word := w.Of(said)
			if text.Stopword(strings.ToLower(word), lang) && !hasDigit(word) {
				continue
			}
			content++
			ok := false
			for _, token := range text.Tokens(word, lang) {
				ok = ok || have[token]
			}
			if ok {
				found++
			} else if hasDigit(word) {
				figures = false
			}
		}
		supported := figures && content > 0 && float64(found) >= 0.8*float64(content) && denies(said) == denies(evidence)
		out = append(out, verdict{st.Bullet, supported})
	}
	return out
}

func hasDigit(s string) bool { return strings.IndexFunc(s, unicode.IsDigit) >= 0 }

var denial = regexp.MustCompile(`(?i)\b(?:not|no|never|neither|nor|without|nicht|kein\w*|ne|pas|aucun\w*|non|nunca|не|ни|değil)\b|n['’]t\b`)

func denies(s string) bool { return len(denial.FindAllString(s, -1))%2 == 1 }
