package digest

import (
	"context"
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"attache/internal/store"
	"attache/internal/text"
)

const (
	// aboutStep is how much time is looked through at once for stories about something; the newest first, until enough match.
	aboutStep = 48 * time.Hour
	// aboutMost is how many matching stories are rated; the newest. Those beyond are older than what is shown.
	aboutMost = 30
	// aboutArticles is how many of the newest articles with the words asked for are looked at.
	aboutArticles = 400
)

// Kinds of an About.
const (
	AboutStory    = "story"
	AboutQuestion = "question"
	AboutPlace    = "place" // a country, a pair of countries, a body
	AboutWords    = "words" // people and topics
)

// An About is what a reader asks about. Use ParseAbout.
type About struct {
	Kind  string
	Story int64
	Text  string // as it was typed
	place *filter
}

// Question words, by which a question is known that has no question mark: "language kind words", kind "when" or "number"
// where the answer is likely to hold a figure.
//
//go:embed data/questions.txt
var questionFile string

// questionTable is the kind of each question word, by its folded form.
var questionTable = sync.OnceValue(func() map[string]string {
	table := map[string]string{}
	for line := range strings.Lines(questionFile) {
		f := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(f) < 3 || f[0][0] == '#' {
			continue
		}
		for _, w := range strings.Split(f[2], "|") {
			table[text.Fold(strings.TrimSpace(w)).Text] = f[1]
		}
	}
	return table
})

// questionMarks end a question, and in Spanish begin it.
const questionMarks = "?？؟;¿" // the Greek one is U+037E, which normalising makes a semicolon

// asks returns the kind of a question and what is left of it without its question word; ok is false for what is no question.
func asks(s string) (kind, rest string, ok bool) {
	marked := strings.HasPrefix(s, "¿")
	trimmed := strings.TrimRightFunc(s, unicode.IsSpace)
	if r, _ := utf8.DecodeLastRuneInString(trimmed); strings.ContainsRune("?？؟", r) || r == ';' && strings.ContainsFunc(s, greek) {
		marked = true
	}
	rest = strings.TrimSpace(strings.Trim(trimmed, questionMarks))
	words := strings.Fields(rest)
	for n := min(3, len(words)); n > 0; n-- {
		if k, known := questionTable()[text.Fold(strings.Join(words[:n], " ")).Text]; known && (marked || len(words) > n+1) {
			return k, strings.Join(words[n:], " "), true
		}
	}
	return "other", rest, marked
}

func greek(r rune) bool { return unicode.Is(unicode.Greek, r) }

// ParseAbout reads what somebody typed or chose: "story:12" and "country:FR" as Suggest gives them, a question, a pair
// "A–B" of countries, a country, a body, and else words. lang is the reader's.
func ParseAbout(s, lang string) About {
	s = strings.Join(strings.Fields(text.Normalize(s)), " ")
	a := About{Kind: AboutWords, Text: s}
	if rest, ok := strings.CutPrefix(s, "story:"); ok {
		if id, err := strconv.ParseInt(rest, 10, 64); err == nil && id > 0 {
			a.Kind, a.Story = AboutStory, id
			return a
		}
	}
	if code, ok := strings.CutPrefix(s, "country:"); ok && len(code) == 2 {
		if name := text.CountryName(code, lang); name != code {
			a.Text = name
			return a.at(store.Filter{Countries: store.Set{Include: []string{code}}})
		}
	}
	if _, _, ok := asks(s); ok {
		a.Kind = AboutQuestion
		return a
	}
	for _, sep := range []string{"–", "—", " - ", "/", "&", "-"} {
		if left, right, ok := strings.Cut(s, sep); ok {
			x, y := countryOf(left, lang), countryOf(right, lang)
			if x != "" && y != "" && x != y {
				return a.at(store.Filter{Pairs: [][2]string{{x, y}}})
			}
		}
	}
	if bodyTable()[text.Fold(s).Text] != nil {
		return a.at(store.Filter{Bodies: store.Set{Include: []string{s}}})
	}
	if code := countryOf(s, lang); code != "" {
		return a.at(store.Filter{Countries: store.Set{Include: []string{code}}})
	}
	return a
}

func (a About) at(f store.Filter) About {
	a.Kind, a.place = AboutPlace, newFilter(f)
	return a
}

// countryLanguages are those in which a country may be typed beside the reader's.
var countryLanguages = []string{"en", "de", "fr", "es", "it", "pt", "pl", "nl", "tr", "ru", "uk", "ar", "zh", "ja"}

// countryOf returns the code of the country that s names and nothing else, "" when it names none. What begins with a small
// letter is looked up with a capital too.
func countryOf(s, lang string) string {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 100 {
		return ""
	}
	r, n := utf8.DecodeRuneInString(s)
	for _, name := range []string{s, string(unicode.ToUpper(r)) + s[n:]} {
		for _, l := range append([]string{lang}, countryLanguages...) {
			if ms := text.Countries(name, l); len(ms) == 1 && ms[0].Start == 0 && ms[0].End == len(name) {
				return ms[0].Code
			}
		}
	}
	return ""
}

// StoriesAbout returns the stories about something with an article since a time, ranked as for a digest and briefed, at
// most n; and how many matched, aboutMost at most. lang is the reader's. A chosen story is found however old it is.
// store.ErrNotFound when it is not the guild's, ErrNoBrief when something matched and nothing of it can be shown.
func (s *Service) StoriesAbout(ctx context.Context, guild string, a About, since time.Time, lang string, n int) ([]Story, int, error) {
	if a.Kind == AboutStory {
		st, err := s.Story(ctx, guild, a.Story, lang)
		return []Story{st}, 1, err
	}
	g, now := s.db.Read().Guild(guild), s.o.Now()
	var found []store.Story
	var err error
	if a.place != nil {
		found, err = a.matching(ctx, g, since, now)
	} else {
		found, err = storiesWith(ctx, g, a.Text, since)
	}
	if err != nil || len(found) == 0 {
		return nil, 0, err
	}
	f := a.place
	if f == nil {
		f = newFilter(store.Filter{Words: store.Set{Include: []string{a.Text}}})
	}
	cs := make([]*candidate, len(found))
	for i, st := range found {
		cs[i] = s.newCandidate(st, f, nil, since)
		cs[i].out = ""
		f.judge(cs[i]) // for what stands in a title; the search found words beyond the lead too
		cs[i].out = ""
	}
	quotes, err := s.quotesOf(ctx, g, cs)
	if err != nil {
		return nil, 0, err
	}
	for _, c := range cs {
		for _, x := range c.articles {
			if !x.copied {
				c.quotes += speakers(quotes[x.ID])
			}
		}
		c.rate(since, now)
	}
	ranked(cs)
	out, err := s.assembled(ctx, guild, cs[:min(n, len(cs))], lang)
	if err == nil && len(out) == 0 {
		err = ErrNoBrief
	}
	return out, len(cs), err
}

// matching returns the newest stories that the filter of a place lets through.
func (a About) matching(ctx context.Context, g store.Scope, since, now time.Time) ([]store.Story, error) {
	var out []store.Story
	seen := map[int64]bool{}
	for to := now; to.After(since) && len(out) < aboutMost; to = to.Add(-aboutStep) {
		from := to.Add(-aboutStep)
		if from.Before(since) {
			from = since
		}
		found, err := g.Stories(ctx, from, to)
		if err != nil {
			return nil, err
		}
		for _, st := range found {
			if seen[st.ID] || len(out) == aboutMost {
				continue
			}
			seen[st.ID] = true
			c := &candidate{}
			for _, l := range st.Articles[:min(len(st.Articles), articlesMax)] {
				c.articles = append(c.articles, article{Listed: l})
			}
			if a.place.judge(c); c.out == "" {
				out = append(out, st)
			}
		}
	}
	return out, nil
}

// storiesWith returns the stories with an article that holds every word, the newest first.
func storiesWith(ctx context.Context, g store.Scope, words string, since time.Time) ([]store.Story, error) {
	ls, err := g.Search(ctx, words, aboutArticles)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, l := range ls {
		if !l.Published.Before(since) && l.Story != 0 && !slices.Contains(ids, l.Story) && len(ids) < aboutMost {
			ids = append(ids, l.Story)
		}
	}
	out := make([]store.Story, 0, len(ids))
	for _, id := range ids {
		st, err := g.Story(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, st)
	}
	return out, nil
}
