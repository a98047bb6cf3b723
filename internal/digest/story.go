package digest

import (
	"context"
	"errors"
	"strconv"
	"time"

	"attache/internal/store"
	"attache/internal/text"
	"attache/summarize"
)

// ErrNoBrief says that the articles of a story hold nothing that can be shown.
var ErrNoBrief = errNoBrief

// Story briefs one story as a guild sees it, all its articles, through the same cache and checks as a digest. lang is the
// reader's, ISO 639-1. store.ErrNotFound when the guild sees no such story, ErrNoBrief when nothing of it can be shown.
func (s *Service) Story(ctx context.Context, guild string, id int64, lang string) (Story, error) {
	st, err := s.db.Read().Guild(guild).Story(ctx, id)
	if err != nil {
		return Story{}, err
	}
	return s.alone(ctx, guild, st, lang)
}

// Article briefs the story of an article, or, while that has none yet, the article by itself. Errors are those of Story.
func (s *Service) Article(ctx context.Context, guild string, id int64, lang string) (Story, error) {
	l, err := s.db.Read().Guild(guild).Article(ctx, id)
	if err != nil {
		return Story{}, err
	}
	if l.Story != 0 {
		return s.Story(ctx, guild, l.Story, lang)
	}
	return s.alone(ctx, guild, store.Story{Articles: []store.Listed{l}}, lang)
}

func (s *Service) alone(ctx context.Context, guild string, st store.Story, lang string) (Story, error) {
	out, err := s.assembled(ctx, guild, []*candidate{s.newCandidate(st, newFilter(store.Filter{}), nil, time.Time{})}, lang)
	if err == nil && len(out) == 0 {
		err = ErrNoBrief
	}
	if err != nil {
		return Story{}, err
	}
	return out[0], nil
}

// assembled briefs candidates and leaves out those of which there is nothing to show. What failed otherwise is an error
// only when nothing is left.
func (s *Service) assembled(ctx context.Context, guild string, cs []*candidate, lang string) ([]Story, error) {
	quotes, err := s.quotesOf(ctx, s.db.Read().Guild(guild), cs)
	if err != nil {
		return nil, err
	}
	var out []Story
	var errs []error
	for _, b := range s.briefAll(ctx, cs, quotes, lang) {
		switch {
		case b.err == nil:
			out = append(out, assemble(b))
		case !errors.Is(b.err, errNoBrief):
			errs = append(errs, b.err)
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if len(out) == 0 {
		return nil, errors.Join(errs...)
	}
	return out, nil
}

// A Passage is a sentence of an article, as it stands there, with the link that leads to it.
type Passage struct {
	Source Source
	Text   string // Article.Text[start:end]; "" of an article without text
	Ref    Ref    // of Source 1
}

// A Saying is a quote with its article.
type Saying struct {
	Quote  Quote // Ref is of Source 1
	Source Source
	// What Gather finds: the source of Quote's Original, to which the Original's Ref leads, and further wordings of the statement.
	Original Source
	Others   []Saying
}

// asSource is an article as an answer names it.
func asSource(l store.Listed) Source {
	return Source{Article: l.ID, Name: l.Name, Tier: l.Tier, Country: l.Country, Lang: l.Lang, URL: l.URL, Title: l.Title, Published: l.Published, Withdrawn: l.Withdrawn}
}

// passage is a span of an article with its link.
func passage(l store.Listed, span text.Span) Passage {
	return Passage{Source: asSource(l), Text: span.Of(l.Text), Ref: ref(1, article{Listed: l}, span)}
}

// saying is a stored quote with its link. The body of its article may be gone; the words are kept with the quote.
func saying(q store.Quote, l store.Listed) Saying {
	sq := summarize.Quote{ID: strconv.FormatInt(q.ID, 10), Article: q.Article, Revision: q.Revision, Lang: l.Lang, Words: q.Words, Quote: q.Quote}
	a := article{Listed: l}
	if n := len(q.Spans); n == 0 || q.Spans[n-1].End > len(l.Text) {
		return Saying{Source: asSource(l), Quote: Quote{ID: sq.ID, Words: q.Words, Post: isPost(sq), Speaker: q.Speaker, Role: q.Role,
			Venue: q.Venue, Via: q.Via, Translated: q.Translated, Lang: l.Lang, Ref: Ref{Source: 1, URL: l.URL, Short: l.URL}}}
	}
	return Saying{Source: asSource(l), Quote: quoted(sq, a, 1)}
}
