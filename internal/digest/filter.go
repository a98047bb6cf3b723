package digest

import (
	"slices"
	"strings"
	"unicode/utf8"

	"attache/internal/store"
	"attache/internal/text"
)

// leadBytes is how much of an article beside its title says what it is about: some 150 words.
const leadBytes = 1000

// A filter is a store.Filter made ready. Languages, tiers and topics let single articles through, and a story is what is
// left of it; countries, pairs, bodies, people and words let whole stories through.
//
// Within one kind any value is enough, and of several kinds each must be met; countries, pairs and bodies are one kind. To
// be left in, a story needs one article that matches; to be left out by an exclusion, half of them.
type filter struct {
	store.Filter
	people, words   phrases
	notPeople, nope phrases
	bodies, notBody []body
}

// phrases are what somebody typed, each as the tokens that any of its words may match.
type phrases []phrase

type phrase struct {
	said  string
	forms [][]string
}

func newFilter(f store.Filter) *filter {
	return &filter{Filter: f,
		people: newPhrases(f.People.Include), notPeople: newPhrases(f.People.Exclude),
		words: newPhrases(f.Words.Include), nope: newPhrases(f.Words.Exclude),
		bodies: newBodies(f.Bodies.Include), notBody: newBodies(f.Bodies.Exclude),
	}
}

func newPhrases(list []string) (out phrases) {
	for _, s := range list {
		if forms := text.Query(s); len(forms) > 0 {
			out = append(out, phrase{s, forms})
		}
	}
	return out
}

// in reports whether every word of the phrase is among the tokens.
func (p phrase) in(tokens map[string]bool) bool {
	for _, forms := range p.forms {
		if !slices.ContainsFunc(forms, func(t string) bool { return tokens[t] }) {
			return false
		}
	}
	return true
}

func (ps phrases) any(tokens map[string]bool) bool {
	return slices.ContainsFunc(ps, func(p phrase) bool { return p.in(tokens) })
}

func (ps phrases) said() (out []Wording) {
	for _, p := range ps {
		out = append(out, fact("named", "name", p.said))
	}
	return out
}

// article reports whether an article may be part of a story.
func (f *filter) article(l store.Listed) bool {
	return admits(f.Languages, l.Lang) && admits(f.Tiers, string(l.Tier)) && admits(f.Topics, l.Topics...)
}

// admits reports whether any of the values is included and none excluded.
func admits(s store.Set, values ...string) bool {
	has := func(list []string) bool {
		return slices.ContainsFunc(list, func(want string) bool {
			return slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(strings.TrimSpace(want), v) })
		})
	}
	return !has(s.Exclude) && (len(s.Include) == 0 || has(s.Include))
}

// about is what the story-level rules look at of one article.
type about struct {
	countries map[string]bool
	tokens    map[string]bool
	words     []word
}

// needs reports whether the filter looks into articles at all.
func (f *filter) needs() (countries, tokens, bodies bool) {
	countries = len(f.Countries.Include)+len(f.Countries.Exclude)+len(f.Pairs) > 0
	tokens = len(f.people)+len(f.notPeople)+len(f.words)+len(f.nope) > 0
	bodies = len(f.bodies)+len(f.notBody) > 0
	return
}

// look reads an article's title, or title and lead.
func (f *filter) look(a article, lead bool) about {
	countries, tokens, bodies := f.needs()
	s := a.Title
	if lead {
		s += "\n" + head(a.Text)
	}
	var out about
	if countries {
		out.countries = map[string]bool{}
		for _, m := range text.Countries(s, a.Lang) {
			out.countries[m.Code] = true
		}
		// A government and its media speak for their country whatever they speak of; a newspaper does not.
		if lead && (a.Tier == store.Official || a.Tier == store.StateMedia) {
			out.countries[strings.ToUpper(a.Country)] = true
		}
	}
	if tokens {
		out.tokens = map[string]bool{}
		for _, t := range text.Tokens(s, a.Lang) {
			out.tokens[t] = true
		}
	}
	if bodies {
		out.words = wordsOf(s)
	}
	return out
}

// head is the beginning of a text.
func head(s string) string {
	if len(s) <= leadBytes {
		return s
	}
	n := leadBytes
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// A rule is one kind of the filter.
type rule struct {
	hit  func(about, article) bool
	miss string // the reason when no article is hit; "" for an exclusion
	out  string // the reason when half of the articles are hit; "" for an inclusion
}

func (f *filter) rules() (rs []rule) {
	why := func(key string, what []Wording) string {
		return Wording{Key: key, Parts: map[string][]Wording{"what": one(anyOf(what))}}.stored()
	}
	include := func(what []Wording, hit func(about, article) bool) {
		if len(what) > 0 {
			rs = append(rs, rule{hit: hit, miss: why("out.miss", what)})
		}
	}
	exclude := func(what []Wording, hit func(about, article) bool) {
		if len(what) > 0 {
			rs = append(rs, rule{hit: hit, out: why("out.hit", what)})
		}
	}
	include(f.places(), func(x about, a article) bool {
		for _, p := range f.Pairs {
			if x.countries[strings.ToUpper(p[0])] && x.countries[strings.ToUpper(p[1])] {
				return true
			}
		}
		return slices.ContainsFunc(f.Countries.Include, func(c string) bool { return x.countries[strings.ToUpper(c)] }) ||
			anyBody(f.bodies, x.words, a.Country)
	})
	exclude(names(f.Countries.Exclude), func(x about, _ article) bool {
		return slices.ContainsFunc(f.Countries.Exclude, func(c string) bool { return x.countries[strings.ToUpper(c)] })
	})
	exclude(saidBodies(f.notBody), func(x about, a article) bool { return anyBody(f.notBody, x.words, a.Country) })
	include(f.people.said(), func(x about, _ article) bool { return f.people.any(x.tokens) })
	exclude(f.notPeople.said(), func(x about, _ article) bool { return f.notPeople.any(x.tokens) })
	include(f.words.said(), func(x about, _ article) bool { return f.words.any(x.tokens) })
	exclude(f.nope.said(), func(x about, _ article) bool { return f.nope.any(x.tokens) })
	return rs
}

// judge sets why the filter leaves a candidate out, or that what it asks for stands in a title.
func (f *filter) judge(c *candidate) {
	if len(c.articles) == 0 {
		c.out = Wording{Key: "out.articles"}.stored()
		return
	}
	rs := f.rules()
	if len(rs) == 0 {
		return
	}
	looks := make([]about, len(c.articles))
	for i, a := range c.articles {
		looks[i] = f.look(a, true)
	}
	asked := false
	for _, r := range rs {
		n := 0
		for i, a := range c.articles {
			if r.hit(looks[i], a) {
				n++
			}
		}
		switch {
		case r.miss != "" && n == 0:
			c.out = r.miss
			return
		case r.out != "" && 2*n >= len(c.articles):
			c.out = r.out
			return
		}
		asked = asked || r.miss != ""
	}
	if !asked {
		return
	}
	c.inTitle = slices.ContainsFunc(c.articles, func(a article) bool {
		x := f.look(a, false)
		a.Country = ""
		return !slices.ContainsFunc(rs, func(r rule) bool { return r.miss != "" && !r.hit(x, a) })
	})
}

// places are the countries, pairs and bodies of which a story must be about one.
func (f *filter) places() []Wording {
	out := names(f.Countries.Include)
	for _, p := range f.Pairs {
		out = append(out, Wording{Key: "pair", Facts: map[string]string{"country": strings.ToUpper(p[0]), "other": strings.ToUpper(p[1])}})
	}
	return append(out, saidBodies(f.bodies)...)
}

func names(codes []string) (out []Wording) {
	for _, c := range codes {
		out = append(out, fact("country", "country", strings.ToUpper(c)))
	}
	return out
}
