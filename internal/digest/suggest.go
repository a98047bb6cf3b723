package digest

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"attache/internal/store"
	"attache/internal/text"
)

const (
	suggestLatest   = 150 // newest articles of which titles are suggested
	suggestFound    = 40  // further ones that hold the words typed
	suggestPlaces   = 6   // countries
	suggestBodies   = 4
	suggestAll      = 25 // Discord shows no more
	suggestSpeakers = 600
)

// A Suggestion is something to ask about that the guild's own articles hold: Value is what ParseAbout reads.
type Suggestion struct{ Name, Value string }

// Suggest returns what somebody may mean who typed so much ("" is nothing yet): countries and bodies that stand in the
// titles of the guild's newest articles, the most frequent first, then stories, the newest first. lang is the reader's.
func (s *Service) Suggest(ctx context.Context, guild, typed, lang string) ([]Suggestion, error) {
	g := s.db.Read().Guild(guild)
	ls, err := g.Latest(ctx, suggestLatest)
	if err != nil {
		return nil, err
	}
	if text.Fold(typed).Text != "" {
		more, err := g.Search(ctx, typed, suggestFound)
		if err != nil {
			return nil, err
		}
		ls = append(ls, more...)
	}
	out := append(places(ls, typed, lang), bodies(ls, typed)...)
	seen := map[int64]bool{}
	for _, l := range ls {
		if l.Story == 0 || seen[l.Story] || !begins(l.Title, typed) || len(out) == suggestAll {
			continue
		}
		seen[l.Story] = true
		out = append(out, Suggestion{l.Title, "story:" + strconv.FormatInt(l.Story, 10)})
	}
	return out, nil
}

// places are the countries in titles, and those whose sources the guild reads.
func places(ls []store.Listed, typed, lang string) []Suggestion {
	count := map[string]int{}
	for _, l := range ls {
		for _, m := range text.Countries(l.Title, l.Lang) {
			count[m.Code]++
		}
		if len(l.Country) == 2 {
			count[l.Country] += 0 // suggested, behind those in titles
		}
	}
	var codes []string
	for code := range count {
		if begins(text.CountryName(code, lang), typed) {
			codes = append(codes, code)
		}
	}
	slices.SortFunc(codes, func(a, b string) int { return cmp.Or(count[b]-count[a], strings.Compare(a, b)) })
	var out []Suggestion
	for _, code := range codes[:min(len(codes), suggestPlaces)] {
		out = append(out, Suggestion{text.CountryName(code, lang), "country:" + code})
	}
	return out
}

// bodies are those in titles whose names begin as typed; none before anything is typed.
func bodies(ls []store.Listed, typed string) []Suggestion {
	if text.Fold(typed).Text == "" {
		return nil
	}
	titles := make([][]word, len(ls))
	for i, l := range ls {
		titles[i] = wordsOf(l.Title)
	}
	var out []Suggestion
	for _, names := range text.Bodies() {
		short := names[0]
		if !slices.ContainsFunc(names, func(n string) bool { return begins(n, typed) }) {
			continue
		}
		b := newBodies([]string{short})
		if slices.ContainsFunc(titles, func(ws []word) bool { return anyBody(b, ws, "") }) {
			if out = append(out, Suggestion{short, short}); len(out) == suggestBodies {
				break
			}
		}
	}
	return out
}

// begins reports whether every word typed is the beginning of a word of s, or, when it is longer than three bytes, a part
// of one: scripts without spaces.
func begins(s, typed string) bool {
	words := folded(s)
	for _, t := range folded(typed) {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, t) || len(t) > 3 && strings.Contains(w, t) }) {
			return false
		}
	}
	return true
}

// folded are the folded words of s, cut at hyphens too.
func folded(s string) []string {
	return strings.FieldsFunc(text.Fold(s).Text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
}

// Speakers returns who was quoted in the guild's articles, the most often of late first: those of whose name every word
// typed begins a word.
func (s *Service) Speakers(ctx context.Context, guild, typed string) ([]string, error) {
	g := s.db.Read().Guild(guild)
	names, err := g.Speakers(ctx, "", suggestSpeakers)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(typed) != "" {
		more, err := g.Speakers(ctx, typed, suggestFound)
		if err != nil {
			return nil, err
		}
		names = append(names, more...)
	}
	count := map[string]int{}
	var out []string
	for _, name := range names {
		if !begins(name, typed) {
			continue
		}
		if count[name]++; count[name] == 1 {
			out = append(out, name)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return count[b] - count[a] })
	return out[:min(len(out), suggestAll)], nil
}
