package digest

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"attache/internal/store"
	"attache/internal/text"
)

const (
	// askArticles is how many of the newest articles with the words of a question are read for an answer.
	askArticles = 60
	// askShare is how much of a question's words an answering sentence holds at least, with its title and the sentence before
	// it; it holds half of them itself, and two where there are two. Its article holds all of them, or, of four and more, all
	// but one.
	askShare = 0.6
	// askAround is what a word counts that stands around the sentence only.
	askAround = 0.3
	// askNear is how much of the best sentence's score another must have to be shown beside it.
	askNear = 0.5
	// askLong is the longest sentence that answers, in characters: beyond it stand lists and tables.
	askLong = 700
	// figureBonus is for a sentence with a figure where the question asks for one.
	figureBonus = 1.25
)

// Search returns the newest articles since a time (zero: any) that hold every word, at most n, each with the first of its
// sentences that holds most of the words.
func (s *Service) Search(ctx context.Context, guild, words string, since time.Time, n int) ([]Passage, error) {
	ls, err := s.db.Read().Guild(guild).Search(ctx, words, n)
	if err != nil {
		return nil, err
	}
	forms := text.Query(words)
	var out []Passage
	for _, l := range ls {
		if l.Published.Before(since) {
			continue
		}
		best, held := text.Span{}, -1
		for _, span := range text.Sentences(l.Text, l.Lang) {
			if n := holds(forms, tokensOf(span.Of(l.Text), l.Lang)); n > held && n > 0 || held < 0 {
				best, held = span, n
			}
		}
		out = append(out, passage(l, best))
	}
	return out, nil
}

func tokensOf(s, lang string) map[string]bool {
	set := map[string]bool{}
	for _, t := range text.Tokens(s, lang) {
		set[t] = true
	}
	return set
}

// holds counts the words of a query that stand among tokens.
func holds(forms [][]string, tokens map[string]bool) (n int) {
	for _, f := range forms {
		if has(f, tokens) {
			n++
		}
	}
	return n
}

func has(forms []string, tokens map[string]bool) bool {
	return slices.ContainsFunc(forms, func(t string) bool { return tokens[t] })
}

// An answer is a sentence that may answer a question.
type answer struct {
	l     store.Listed
	span  text.Span
	held  []float64 // of each word: 1 when the sentence has it, askAround when it stands around it, 0
	score float64
}

// Ask returns the sentences of the guild's articles since a time (zero: any) that hold the words of a question, the best
// first, at most n; none when nothing answers it. See askShare for which
// sentences do. Rare words weigh more, and so does a sentence with a figure where the question asks for one.
func (s *Service) Ask(ctx context.Context, guild, question string, since time.Time, n int) ([]Passage, error) {
	kind, rest, _ := asks(strings.TrimSpace(text.Normalize(question)))
	words := contentWords(rest)
	forms := text.Query(strings.Join(words, " "))
	if len(forms) == 0 {
		return nil, nil
	}
	ls, err := articlesWith(ctx, s.db.Read().Guild(guild), words, since)
	if err != nil {
		return nil, err
	}
	together := max(1, int(math.Ceil(askShare*float64(len(forms)))))
	alone := max(min(2, len(forms)), (len(forms)+1)/2)
	var found []answer
	frequent := make([]int, len(forms)) // sentences with each word
	all := 0
	said := map[string]bool{}
	for _, l := range ls {
		title := tokensOf(l.Title, l.Lang)
		var before map[string]bool
		for _, span := range text.Sentences(l.Text, l.Lang) {
			sentence := span.Of(l.Text)
			tokens := tokensOf(sentence, l.Lang)
			a := answer{l: l, span: span, held: make([]float64, len(forms))}
			all++
			own, around := 0, 0
			for i, f := range forms {
				switch {
				case has(f, tokens):
					a.held[i] = 1
					own++
					frequent[i]++
				case has(f, title) || has(f, before):
					a.held[i] = askAround
					around++
				}
			}
			before = tokens
			key := text.Fold(sentence).Text
			if own < alone || own+around < together || said[key] || utf8.RuneCountInString(sentence) > askLong || strings.HasSuffix(sentence, "?") {
				continue
			}
			said[key] = true
			found = append(found, a)
		}
	}
	best := 0.0
	for i := range found {
		a := &found[i]
		for k, held := range a.held {
			a.score += held * math.Log(1+float64(all)/float64(max(1, frequent[k])))
		}
		if kind != "other" && strings.ContainsFunc(a.span.Of(a.l.Text), unicode.IsDigit) {
			a.score *= figureBonus
		}
		best = max(best, a.score)
	}
	found = slices.DeleteFunc(found, func(a answer) bool { return a.score < askNear*best })
	slices.SortStableFunc(found, func(a, b answer) int { // the newest stood first
		return sign(b.score - a.score)
	})
	out := make([]Passage, 0, n)
	for _, a := range found[:min(n, len(found))] {
		out = append(out, passage(a.l, a.span))
	}
	return out, nil
}

// contentWords are the words of a text that a search looks for: small words are left out.
func contentWords(s string) (out []string) {
	for _, w := range strings.Fields(s) {
		w = strings.TrimFunc(w, func(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) })
		// A query leaves small words out beside another one.
		if w != "" && len(text.Query(w+" treaty")) > 1 {
			out = append(out, w)
		}
	}
	return out
}

// articlesWith returns the newest articles that hold all words, and, of four words and more, those that lack one.
func articlesWith(ctx context.Context, g store.Scope, words []string, since time.Time) ([]store.Listed, error) {
	asked := [][]string{words}
	if len(words) >= 4 && len(words) <= 12 {
		for i := range words {
			asked = append(asked, slices.Delete(slices.Clone(words), i, i+1))
		}
	}
	var out []store.Listed
	seen := map[int64]bool{}
	for i, list := range asked {
		most := askArticles
		if i > 0 {
			most = askArticles / 4
		}
		ls, err := g.Search(ctx, strings.Join(list, " "), most)
		if err != nil {
			return nil, err
		}
		for _, l := range ls {
			if !seen[l.ID] && !l.Published.Before(since) {
				seen[l.ID] = true
				out = append(out, l)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b store.Listed) int { return b.Published.Compare(a.Published) })
	return out, nil
}
