package summarize

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"attache/internal/text"
	"attache/summarize/verify"
)

// Check is the proof that every brief must pass before it is used, whatever engine wrote it. It returns the brief with
// what is proven and a sentence for each thing it dropped or mended.
//
// Proven is: evidence that stands in the given revision of an article of docs, byte for byte; a bullet that has some, is
// safe to show, and whose figures, dates, names and words between marks stand in the cited articles (a bullet that is its
// evidence needs no more); quotes whose words are the article's, byte for byte, with a speaker, role and venue of its
// words; a headline that is the title or a span of an article. A headline that is not is replaced by a title.
//
// Beside a bullet, it writes what follows from its evidence: the days that its words mean (When), who is meant (Who), both anew,
// and it takes away a Side that the evidence does not state; of a model's brief it writes each Side anew.
//
// Not proven is that a statement is true. Who did what to whom, "not" and "may" are compared with the evidence where the
// sentence is simple, in English and German; in longer sentences a model may still swap roles or drop a condition.
func Check(b Brief, docs []Document) (Brief, []string) {
	c := newChecker(docs)
	out := b
	out.Headline, out.HeadlineFrom, out.HeadlineNames = c.headline(b)
	out.Bullets, out.Quotes = nil, nil
	seen := map[string]bool{}
	written := b.Engine != "" && b.Engine != (Extractive{}).Name()
	for i, bullet := range b.Bullets {
		if written {
			bullet.Side = ""
		}
		if bullet, why := c.bullet(bullet); why != "" {
			c.drop("bullet %d: %s", i+1, why)
		} else if seen[bullet.ID] {
			c.drop("bullet %d: an earlier one has its id", i+1)
		} else {
			seen[bullet.ID] = true
			out.Bullets = append(out.Bullets, bullet)
		}
	}
	if written {
		parties(out.Bullets, docs)
	}
	for i, q := range b.Quotes {
		if q, why := c.quote(i, q, b.Lang); why != "" {
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
	all     []Document
	docs    map[key]*Document
	sources map[*Document]*verify.Source // of the articles that were asked for
	dropped []string
}

func newChecker(docs []Document) *checker {
	c := &checker{all: docs, docs: map[key]*Document{}}
	for i := range docs {
		c.docs[key{docs[i].Article, docs[i].Revision}] = &docs[i]
	}
	return c
}

func (c *checker) drop(format string, args ...any) {
	c.dropped = append(c.dropped, fmt.Sprintf(format, args...))
}

// source returns an article made ready for claims.
func (c *checker) source(d *Document) *verify.Source {
	if c.sources == nil {
		c.sources = map[*Document]*verify.Source{}
	}
	if c.sources[d] == nil {
		c.sources[d] = verify.Prepare(d.Title, d.Text, d.Lang, d.Published, d.Quotes)
	}
	return c.sources[d]
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
	if why := c.line(b.Text); why != "" {
		return b, why
	}
	if b.ID == "" {
		b.ID = idOf("b", kept[0].Article, kept[0].Revision, kept[0].Span)
	}
	said := oneSpaced(b.Text)
	for i, e := range kept {
		if said == oneSpaced(e.Text) {
			c.told(cited[i], &b, e)
			return b, ""
		}
	}
	for i, d := range cited { // one article must bear the whole bullet
		if why = cmp.Or(c.borne(b.Text, b.Lang, b.Names, d, kept), c.unlike(b.Text, b.Lang, d)); why == "" {
			c.told(d, &b, kept[i])
			return b, ""
		}
	}
	return b, why
}

// told writes what of a proven bullet its evidence tells beside the words: which days they mean, whom, and which government
// says so.
func (c *checker) told(d *Document, b *Bullet, e Evidence) {
	b.When, b.Who = whenOf(d, b, e), c.who(d, b, e)
	if b.Side != "" && b.Side != sideAt(d, e, verify.Holders(clip(d.Text, officesHead), d.Lang)) {
		c.drop("side of a bullet: its evidence is not stated by %q", b.Side)
		b.Side = ""
	}
}

func (c *checker) quote(n int, q Quote, lang string) (Quote, string) {
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
	if o := q.Original; o != nil {
		if why := c.original(o); why != "" {
			c.drop("original of quote %d: %s", n+1, why)
			q.Original = nil
		}
	}
	if p := q.SpeakerSpan; p.Len() != 0 && !spanIn(d.Text, p) {
		q.SpeakerSpan = text.Span{}
	}
	if q.Translation != "" {
		if why := c.translation(q, lang); why != "" {
			c.drop("translation of quote %d: %s", n+1, why)
			q.Translation, q.Names = "", nil
		}
	}
	return q, ""
}

// original returns why the original of a quote cannot be shown, "" when it can.
func (c *checker) original(o *Original) string {
	d := c.docs[key{o.Article, o.Revision}]
	if d == nil {
		return fmt.Sprintf("revision %d of article %d is not among the story's", o.Revision, o.Article)
	}
	words, ok := wordsAt(d.Text, o.Spans)
	if !ok || !slices.Equal(words, o.Words) {
		return fmt.Sprintf("the words are not what article %d says there", o.Article)
	}
	if hidden := verify.Hides(strings.Join(words, " ")); hidden != "" {
		return "it holds " + hidden
	}
	return ""
}

// headline returns b's headline, where it is from and the names in it, or the first title of the articles when it is not proven.
func (c *checker) headline(b Brief) (string, Evidence, []verify.Pair) {
	e := b.HeadlineFrom
	why := "it is no article's title and no span of one"
	if hidden := verify.Hides(b.Headline); hidden != "" {
		why = "it holds " + hidden
	} else if b.Headline != "" {
		if e.Span.Len() != 0 || e.Text != "" {
			if _, problem := c.proven(e); problem == "" && oneSpaced(e.Text) == oneSpaced(b.Headline) {
				return b.Headline, e, nil
			}
		} else if d := c.docs[key{e.Article, e.Revision}]; d != nil && oneSpaced(d.Title) == oneSpaced(b.Headline) {
			return b.Headline, Evidence{Article: e.Article, Revision: e.Revision}, nil
		}
		for i := range c.all { // the right words, ascribed to the wrong article
			if d := &c.all[i]; oneSpaced(d.Title) == oneSpaced(b.Headline) {
				return b.Headline, Evidence{Article: d.Article, Revision: d.Revision}, nil
			}
		}
		if b.Engine != (Extractive{}).Name() {
			var from Evidence
			if from, why = c.written(b.Headline, b.Lang, b.HeadlineNames, e); why == "" {
				return b.Headline, from, b.HeadlineNames
			}
		}
	} else if e == (Evidence{}) {
		return "", e, nil
	}
	c.drop("headline: %s", why)
	if d := c.docs[key{e.Article, e.Revision}]; d != nil && verify.Hides(d.Title) == "" && strings.TrimSpace(d.Title) != "" {
		return strings.TrimSpace(d.Title), Evidence{Article: d.Article, Revision: d.Revision}, nil
	}
	for i := range c.all {
		if d := &c.all[i]; strings.TrimSpace(d.Title) != "" && verify.Hides(d.Title) == "" {
			return strings.TrimSpace(d.Title), Evidence{Article: d.Article, Revision: d.Revision}, nil
		}
	}
	return "", Evidence{}, nil
}

// written returns the article that bears a headline of a model's own words, first the one it is said to be from; why says
// what is wrong with it when none does.
func (c *checker) written(headline, lang string, names []verify.Pair, from Evidence) (e Evidence, why string) {
	if why = c.line(headline); why != "" {
		return e, why
	}
	if d := c.docs[key{from.Article, from.Revision}]; d != nil {
		if why = cmp.Or(c.borne(headline, lang, names, d, nil), c.tells(headline, lang, names, d)); why == "" {
			return Evidence{Article: d.Article, Revision: d.Revision}, ""
		}
	}
	for i := range c.all {
		d := &c.all[i]
		problem := cmp.Or(c.borne(headline, lang, names, d, nil), c.tells(headline, lang, names, d))
		if problem == "" {
			return Evidence{Article: d.Article, Revision: d.Revision}, ""
		}
		if why == "" {
			why = problem
		}
	}
	return e, why
}

// line returns why s cannot stand as one line of a brief, "" when it can.
func (c *checker) line(s string) string {
	if strings.TrimSpace(s) == "" {
		return "it is empty"
	}
	if problem := verify.Unsafe(s); problem != "" {
		return "it holds " + problem
	}
	if strings.IndexByte(s, '\n') >= 0 {
		return "it has more than one line"
	}
	return ""
}

// about is the least score of a headline of a model's own words in the article that bears it, and headWords its least words.
// Words that no gate compares ("war is declared") can be anybody's; of true headlines of the samples the least has .51, of
// false ones the highest .39.
const about, headWords = .45, 2

// tells returns why the article d has nothing to do with a headline, "" when it has. Of a headline in another language, its
// names or figures must say so.
func (c *checker) tells(headline, lang string, names []verify.Pair, d *Document) string {
	if wordCount(headline, lang) < headWords {
		return "it is no sentence"
	}
	if lang != "" && d.Lang != "" && lang != d.Lang {
		if len(names) == 0 && !strings.ContainsFunc(headline, unicode.IsDigit) {
			return "nothing in it can be compared with the article"
		}
		return ""
	}
	if c.source(d).Score(verify.Claim{Text: headline, Lang: lang}) < about {
		return "the articles do not say so"
	}
	return ""
}

// likeness is the least score of a bullet in the article it cites. Of claims that passed every gate and have less, all 31 of
// frank are unsupported, 14 of 17 of faithbench, and none of summedits_news is refused.
const likeness = .38

// unlike returns why the article d says nothing like a bullet in its language, "" when it does.
func (c *checker) unlike(s, lang string, d *Document) string {
	if (lang == "" || d.Lang == "" || lang == d.Lang) && c.source(d).Score(verify.Claim{Text: s, Lang: lang}) < likeness {
		return "the article it cites says nothing like it"
	}
	return ""
}

// borne returns why the article d does not bear what s says, "" when it does. at is where it says so.
func (c *checker) borne(s, lang string, names []verify.Pair, d *Document, at []Evidence) string {
	claim := verify.Claim{Text: s, Lang: lang, Names: names}
	for _, e := range at {
		if e.Article == d.Article && e.Revision == d.Revision && e.Span.Len() > 0 {
			claim.Evidence = append(claim.Evidence, e.Span)
		}
	}
	if problems := c.source(d).Problems(claim); len(problems) > 0 {
		return fmt.Sprintf("%q: %s", problems[0].Text, problems[0].Reason)
	}
	return ""
}

// translation returns why a quote's translation cannot be shown, "" when it can. It is nobody's words: it has no marks.
func (c *checker) translation(q Quote, lang string) string {
	d := c.docs[key{q.Article, q.Revision}]
	if d == nil {
		return fmt.Sprintf("article %d is not among the story's", q.Article)
	}
	if why := c.line(q.Translation); why != "" {
		return why
	}
	if len(verify.Stretches(q.Translation, nil)) > 0 {
		return "it has quotation marks"
	}
	at := make([]Evidence, len(q.Spans))
	for i, p := range q.Spans {
		at[i] = Evidence{Article: q.Article, Revision: q.Revision, Span: p}
	}
	return c.borne(q.Translation, lang, q.Names, d, at)
}
