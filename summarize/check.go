package summarize

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"attache/internal/text"
)

// Check is the proof that every brief must pass before it is used, whatever engine wrote it. It returns the brief with
// what is proven and a sentence for each thing it dropped or mended.
//
// Proven is: evidence that stands in the given revision of an article of docs, byte for byte; a bullet that has some, is
// safe to show, and whose figures, dates, names and words between marks stand in the cited articles (a bullet that is its
// evidence needs no more); quotes whose words are the article's, byte for byte, with a speaker, role and venue of its
// words; a headline that is the title or a span of an article. A headline that is not is replaced by a title.
//
// Not proven is who did what to whom: a model may still swap roles or drop a negation.
func Check(b Brief, docs []Document) (Brief, []string) {
	c := checker{docs: map[key]*Document{}}
	for i := range docs {
		d := &docs[i]
		c.docs[key{d.Article, d.Revision}] = d
	}
	out := b
	out.Headline, out.HeadlineFrom = c.headline(b, docs)
	out.Bullets, out.Quotes = nil, nil
	seen := map[string]bool{}
	for i, bullet := range b.Bullets {
		if bullet, why := c.bullet(bullet); why != "" {
			c.drop("bullet %d: %s", i+1, why)
		} else if seen[bullet.ID] {
			c.drop("bullet %d: an earlier one has its id", i+1)
		} else {
			seen[bullet.ID] = true
			out.Bullets = append(out.Bullets, bullet)
		}
	}
	for i, q := range b.Quotes {
		if q, why := c.quote(i, q); why != "" {
			c.drop("quote %d: %s", i+1, why)
		} else if seen[q.ID] {
			c.drop("quote %d: an earlier one has its id", i+1)
		} else {
			seen[q.ID] = true
			out.Quotes = append(out.Quotes, q)
		}
	}
	return out, c.dropped
}

type key struct {
	article  int64
	revision int
}

type checker struct {
	docs    map[key]*Document
	claims  map[*Document]*claims // of the articles that were asked for
	dropped []string
}

func (c *checker) drop(format string, args ...any) {
	c.dropped = append(c.dropped, fmt.Sprintf(format, args...))
}

// claimsOf returns what may be said with an article as source.
func (c *checker) claimsOf(d *Document) *claims {
	if c.claims == nil {
		c.claims = map[*Document]*claims{}
	}
	if c.claims[d] == nil {
		c.claims[d] = claimsIn(d.Title+"\n"+d.Text, d.Lang)
	}
	return c.claims[d]
}

// proven returns the article of e when e stands in it.
func (c *checker) proven(e Evidence) (*Document, string) {
	d := c.docs[key{e.Article, e.Revision}]
	switch {
	case d == nil:
		return nil, fmt.Sprintf("revision %d of article %d is not among the story's", e.Revision, e.Article)
	case !spanIn(d.Text, e.Span):
		return nil, fmt.Sprintf("bytes %d to %d are no part of article %d", e.Span.Start, e.Span.End, e.Article)
	case e.Span.Of(d.Text) != e.Text:
		return nil, fmt.Sprintf("the evidence is not what article %d says there", e.Article)
	}
	return d, ""
}

// spanIn reports whether p is a stretch of s that is not empty and cuts no letter.
func spanIn(s string, p text.Span) bool {
	return p.Start >= 0 && p.Start < p.End && p.End <= len(s) && utf8.RuneStart(s[p.Start]) && (p.End == len(s) || utf8.RuneStart(s[p.End]))
}

func (c *checker) bullet(b Bullet) (Bullet, string) {
	var kept []Evidence
	var cited []*Document
	why := "it cites nothing"
	for _, e := range b.Evidence {
		d, problem := c.proven(e)
		if problem != "" {
			why = problem
			continue
		}
		kept, cited = append(kept, e), append(cited, d)
	}
	if len(kept) == 0 {
		return b, why
	}
	if len(kept) < len(b.Evidence) {
		c.drop("evidence of a bullet: %s", why)
	}
	b.Evidence = kept
	if strings.TrimSpace(b.Text) == "" {
		return b, "it is empty"
	}
	if problem := unsafe(b.Text); problem != "" {
		return b, "it holds " + problem
	}
	if strings.IndexByte(b.Text, '\n') >= 0 {
		return b, "it has more than one line"
	}
	if b.ID == "" {
		b.ID = idOf("b", kept[0].Article, kept[0].Revision, kept[0].Span)
	}
	said := oneSpaced(b.Text)
	for _, e := range kept {
		if said == oneSpaced(e.Text) {
			return b, ""
		}
	}
	for _, d := range cited { // one article must bear the whole bullet
		if why = c.claimsOf(d).bear(b.Text, b.Lang, d); why == "" {
			return b, ""
		}
	}
	return b, why
}

func (c *checker) quote(n int, q Quote) (Quote, string) {
	d := c.docs[key{q.Article, q.Revision}]
	if d == nil {
		return q, fmt.Sprintf("revision %d of article %d is not among the story's", q.Revision, q.Article)
	}
	words, ok := wordsAt(d.Text, q.Spans)
	if !ok {
		return q, fmt.Sprintf("its spans are no part of article %d", q.Article)
	}
	if !slices.Equal(words, q.Words) {
		return q, fmt.Sprintf("its words are not those of article %d", q.Article)
	}
	if q.ID == "" {
		q.ID = idOf("q", q.Article, q.Revision, q.Spans...)
	}
	for _, f := range []struct {
		name string
		in   *string
	}{{"speaker", &q.Speaker}, {"role", &q.Role}, {"venue", &q.Venue}, {"intermediary", &q.Via}, {"verb", &q.Verb}} {
		if *f.in != "" && !strings.Contains(d.Text, *f.in) && !strings.Contains(d.Title, *f.in) {
			c.drop("%s of quote %d: the words are not in article %d", f.name, n+1, q.Article)
			*f.in = ""
		}
	}
	if p := q.SpeakerSpan; p.Len() != 0 && !spanIn(d.Text, p) {
		q.SpeakerSpan = text.Span{}
	}
	return q, ""
}

// headline returns b's headline and where it is from, or the first title of docs when it is not proven.
func (c *checker) headline(b Brief, docs []Document) (string, Evidence) {
	e := b.HeadlineFrom
	why := "it is no article's title and no span of one"
	if hidden := hides(b.Headline); hidden != "" {
		why = "it holds " + hidden
	} else if b.Headline != "" {
		if e.Span.Len() != 0 || e.Text != "" {
			if _, problem := c.proven(e); problem == "" && oneSpaced(e.Text) == oneSpaced(b.Headline) {
				return b.Headline, e
			}
		} else if d := c.docs[key{e.Article, e.Revision}]; d != nil && oneSpaced(d.Title) == oneSpaced(b.Headline) {
			return b.Headline, Evidence{Article: e.Article, Revision: e.Revision}
		}
		for i := range docs { // the right words, ascribed to the wrong article
			if d := &docs[i]; oneSpaced(d.Title) == oneSpaced(b.Headline) {
				return b.Headline, Evidence{Article: d.Article, Revision: d.Revision}
			}
		}
	} else if e == (Evidence{}) {
		return "", e
	}
	c.drop("headline: %s", why)
	if d := c.docs[key{e.Article, e.Revision}]; d != nil && hides(d.Title) == "" && strings.TrimSpace(d.Title) != "" {
		return strings.TrimSpace(d.Title), Evidence{Article: d.Article, Revision: d.Revision}
	}
	for i := range docs {
		if d := &docs[i]; strings.TrimSpace(d.Title) != "" && hides(d.Title) == "" {
			return strings.TrimSpace(d.Title), Evidence{Article: d.Article, Revision: d.Revision}
		}
	}
	return "", Evidence{}
}
