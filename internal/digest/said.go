package digest

import (
	"context"
	"slices"
	"strings"
	"time"

	"attache/internal/store"
	"attache/internal/text"
)

// saidMost is how many of the newest quotes are looked through for those about something.
const saidMost = 500

// Quotes returns what was said since a time (zero: any), newest first, at most n: by a speaker ("" is anybody; every word
// typed must be a word of the name) and about something (the zero About is anything). A quote is about a place or about
// words when they stand in its words, in the sentence around it, or in its article's title. The same words of the same
// speaker are shown once.
func (s *Service) Quotes(ctx context.Context, guild, speaker string, a About, since time.Time, n int) ([]Saying, error) {
	g := s.db.Read().Guild(guild)
	speaker, err := s.speaker(ctx, g, guild, speaker)
	if err != nil {
		return nil, err
	}
	var qs []store.Quote
	if a.Kind == AboutWords || a.Kind == AboutQuestion {
		qs, err = quotesWith(ctx, g, a.Text, speaker, since)
	} else {
		qs, err = g.Quotes(ctx, speaker, a.Story, saidMost)
	}
	if err != nil {
		return nil, err
	}
	type revision struct {
		id int64
		n  int
	}
	articles := map[revision]store.Listed{}
	said := map[string]bool{}
	var out []Saying
	for _, q := range qs {
		key := revision{q.Article, q.Revision}
		l, ok := articles[key]
		if !ok {
			if l, err = g.Revision(ctx, q.Article, q.Revision); err != nil {
				return nil, err
			}
			articles[key] = l
		}
		words := text.Fold(strings.Join(append([]string{q.Speaker}, q.Words...), " ")).Text
		if l.Published.Before(since) || said[words] || !a.concerns(q, l) {
			continue
		}
		said[words] = true
		if out = append(out, saying(q, l)); len(out) == n {
			break
		}
	}
	return out, nil
}

// speaker is the name that was typed, or the one name that it begins ("Reis" of "Reis-Lobo") where no word of a name is
// like that.
func (s *Service) speaker(ctx context.Context, g store.Scope, guild, typed string) (string, error) {
	if typed == "" {
		return "", nil
	}
	qs, err := g.Quotes(ctx, typed, 0, 1)
	if err != nil || len(qs) > 0 {
		return typed, err
	}
	if names, err := s.Speakers(ctx, guild, typed); err != nil || len(names) == 1 && len(nameWords(typed)) > 0 {
		return strings.Join(names, ""), err
	}
	return typed, nil
}

// quotesWith returns the quotes of the newest articles that hold every word, in the order of the articles.
func quotesWith(ctx context.Context, g store.Scope, words, speaker string, since time.Time) ([]store.Quote, error) {
	ls, err := g.Search(ctx, words, aboutArticles)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, l := range ls {
		if !l.Published.Before(since) {
			ids = append(ids, l.ID)
		}
	}
	of, err := g.QuotesOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []store.Quote
	for _, id := range ids {
		for _, q := range of[id] {
			if named(q.Speaker, speaker) {
				out = append(out, q)
			}
		}
	}
	return out, nil
}

// named reports whether every word of what was typed is a word of a name.
func named(name, typed string) bool {
	if typed == "" {
		return true
	}
	has := nameWords(name)
	want := nameWords(typed)
	return len(want) > 0 && !slices.ContainsFunc(want, func(w string) bool { return !slices.Contains(has, w) })
}

func nameWords(s string) (out []string) {
	for _, w := range text.Words(s) {
		out = append(out, text.Stem(w.Of(s), ""))
	}
	return out
}

// concerns reports whether a quote is about what was asked.
func (a About) concerns(q store.Quote, l store.Listed) bool {
	if a.Kind == "" || a.Kind == AboutStory {
		return true
	}
	around := strings.Join(q.Words, " ")
	for _, span := range text.Sentences(l.Text, l.Lang) {
		if slices.ContainsFunc(q.Spans, func(s text.Span) bool { return s.Overlaps(span) }) {
			around += " " + span.Of(l.Text)
		}
	}
	if a.place == nil {
		forms := text.Query(a.Text)
		return len(forms) > 0 && holds(forms, tokensOf(l.Title+" "+around, l.Lang)) == len(forms)
	}
	l.Text, l.Tier = around, store.Press // whose source it is says nothing of what was said
	c := &candidate{articles: []article{{Listed: l}}}
	a.place.judge(c)
	return c.out == ""
}
