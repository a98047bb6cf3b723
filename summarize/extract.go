package summarize

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"attache/internal/text"
	"attache/summarize/verify"
)

// Extractive is the built-in engine: it chooses sentences, it writes none.
//
// A statement's score is the cosine of its words with those of all articles of the story, titles counted twice, plus what
// its place in its article is worth (leadPrior), less what its form costs it: leaning on the sentence before, too short, too long,
// the outlet's own voice. The best is the lead; of public affairs, the statement that most limits what the lead says stands
// second; no two say the same. What several articles say alike is one bullet with the evidence of each. Where two governments
// speak of the same thing, each has a bullet that says so. A statement that begins with a pronoun of which nobody knows whom it
// means is taken only while there is hardly another.
type Extractive struct{}

// Name is the engine's name in the key of a brief.
func (Extractive) Name() string { return "extractive" }

// Version changes when the rules or tables do.
func (Extractive) Version() string { return "4" }

// thin is the number of bullets below which articles in other languages add theirs.
const thin = 2

// Brief chooses headline, bullets and quotes among the words of the request's articles. The articles in the reader's
// language come first; without any, those in the language of most. A bullet says its language.
//
// The only error is that of ctx. A story without a usable sentence has a brief without bullets.
func (e Extractive) Brief(ctx context.Context, r Request) (Brief, error) {
	b := Brief{Lang: r.Lang, Engine: e.Name(), Version: e.Version()}
	docs := inOrder(r.Docs)
	if err := ctx.Err(); err != nil || len(docs) == 0 {
		return b, err
	}
	bullets, quotes := cmp.Or(r.Bullets, DefaultBullets), cmp.Or(r.Quotes, DefaultQuotes)
	for i, group := range byLanguage(docs, r.Lang) {
		if i > 0 && (len(b.Bullets) >= min(thin, bullets)) {
			break
		}
		s := newStory(ctx, group)
		if err := ctx.Err(); err != nil {
			return b, err
		}
		if b.Headline == "" {
			if b.Lang = group[0].Lang; b.Lang == "" {
				b.Lang = r.Lang
			}
			s.headline(&b)
		}
		s.bullets(&b, bullets)
	}
	b.Quotes = bestQuotes(docs, b.Lang, quotes)
	return b, ctx.Err()
}

// inOrder returns the newest revision of each article of docs, in an order that does not depend on the given one, each
// with its language.
func inOrder(docs []Document) []Document {
	newest := map[int64]int{}
	var out []Document
	for _, d := range docs {
		if i, ok := newest[d.Article]; ok {
			if d.Revision > out[i].Revision {
				out[i] = d
			}
			continue
		}
		newest[d.Article] = len(out)
		out = append(out, d)
	}
	for i := range out {
		if out[i].Lang == "" {
			out[i].Lang = text.Language(out[i].Title+"\n"+out[i].Text, "")
		}
	}
	slices.SortStableFunc(out, func(a, b Document) int {
		return cmp.Or(a.Published.Compare(b.Published), cmp.Compare(a.Article, b.Article), cmp.Compare(a.Revision, b.Revision))
	})
	return out
}

// byLanguage parts docs by language: the reader's first, then by their number.
func byLanguage(docs []Document, lang string) [][]Document {
	at := map[string]int{}
	var out [][]Document
	for _, d := range docs {
		i, ok := at[d.Lang]
		if !ok {
			i = len(out)
			at[d.Lang] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], d)
	}
	slices.SortStableFunc(out, func(a, b []Document) int {
		if (a[0].Lang == lang) != (b[0].Lang == lang) {
			if a[0].Lang == lang {
				return -1
			}
			return 1
		}
		return cmp.Compare(len(b), len(a))
	})
	return out
}

// A story is the articles of one language with their statements measured.
type story struct {
	docs    []Document
	space   *space
	us      []unit
	titles  [][]term
	subject []term // the words of all titles
	public  bool   // tells of governments
}

// newStory measures docs; it stops early when ctx ends.
func newStory(ctx context.Context, docs []Document) *story {
	s := &story{docs: docs, space: newSpace(), public: publicAffairs(docs)}
	for i := range docs {
		if ctx.Err() != nil {
			return s
		}
		s.us = append(s.us, units(i, &docs[i], lexiconOf(docs[i].Lang))...)
		s.titles = append(s.titles, s.space.terms(titleOf(&docs[i]), docs[i].Lang))
		s.subject = merge(s.subject, s.titles[i])
	}
	s.space.measure(s.us, docs, s.titles)
	return s
}

// titleOf returns the title of an article, and where it has none the headline with which its text begins.
func titleOf(d *Document) string {
	if d.Title != "" {
		return d.Title
	}
	sentences := text.Sentences(clip(d.Text, 4000), d.Lang)
	if n := headings(d, sentences); n > 0 {
		return d.Text[sentences[0].Start:sentences[n-1].End]
	}
	return ""
}

// headline takes the most central title. Where no article has one, it is the best sentence.
func (s *story) headline(b *Brief) {
	best := -1.
	for i := range s.docs {
		d := &s.docs[i]
		title := strings.TrimSpace(d.Title)
		if title == "" || verify.Hides(title) != "" {
			continue
		}
		if v := s.space.central(s.titles[i], norm(s.titles[i])); v > best {
			best = v
			b.Headline, b.HeadlineFrom = title, Evidence{Article: d.Article, Revision: d.Revision}
		}
	}
	if best >= 0 {
		return
	}
	if at := s.ownHeadline(); at.Text != "" {
		b.Headline, b.HeadlineFrom = oneSpaced(at.Text), at
		return
	}
	if c := choose(s.us, s.subject, s.public, room{bullets: 1}); len(c.picked) > 0 {
		b.HeadlineFrom = s.evidence(&c.us[c.picked[0]])
		b.Headline = oneSpaced(b.HeadlineFrom.Text)
	}
}

// ownHeadline returns the first headline with which a text begins.
func (s *story) ownHeadline() Evidence {
	for i := range s.docs {
		d := &s.docs[i]
		if sentences := text.Sentences(clip(d.Text, 4000), d.Lang); headings(d, sentences) > 0 && spanIn(d.Text, sentences[0]) && verify.Hides(sentences[0].Of(d.Text)) == "" {
			p := sentences[0]
			return Evidence{Article: d.Article, Revision: d.Revision, Span: p, Text: p.Of(d.Text)}
		}
	}
	return Evidence{}
}

// untold returns the statements that a title does not tell already, all of them when it tells every one.
func (s *story) untold(headline string) []unit {
	if headline == "" {
		return s.us
	}
	h := unit{terms: s.space.terms(headline, s.docs[0].Lang)}
	h.norm = norm(h.terms)
	var out []unit
	for i := range s.us {
		if !copies(&h, &s.us[i]) {
			out = append(out, s.us[i])
		}
	}
	if len(out) == 0 {
		return s.us
	}
	return out
}

// bullets adds the statements of the story to those of b, up to n.
func (s *story) bullets(b *Brief, n int) {
	have := len(b.Bullets)
	if have >= n {
		return
	}
	title := b.Headline
	for i := range s.us { // a statement that had to be the headline is a bullet too, with its evidence
		if oneSpaced(s.us[i].span.Of(s.docs[s.us[i].doc].Text)) == title && b.HeadlineFrom.Span.Len() > 0 {
			title = ""
		}
	}
	us := s.untold(title)
	sides := s.public && s.bothSides(us)
	c := choose(us, s.subject, s.public, room{bullets: n - have})
	if sides {
		sides = c.hear(n - have)
	}
	for _, i := range c.picked {
		u := &c.us[i]
		e := s.evidence(u)
		bullet := Bullet{ID: idOf("b", e.Article, e.Revision, e.Span), Text: oneSpaced(e.Text), Lang: s.docs[u.doc].Lang, Limits: c.limits[i], Evidence: []Evidence{e}}
		bullet.When, bullet.Who = whenOf(&s.docs[u.doc], &bullet, e), whoOf(&s.docs[u.doc], &bullet, e)
		if sides {
			bullet.Side = u.side
		}
		for _, j := range s.alike(u) {
			bullet.Evidence = append(bullet.Evidence, s.evidence(&s.us[j]))
		}
		b.Bullets = append(b.Bullets, bullet)
	}
}

func (s *story) evidence(u *unit) Evidence {
	d := &s.docs[u.doc]
	return Evidence{Article: d.Article, Revision: d.Revision, Span: u.span, Text: u.span.Of(d.Text)}
}

const (
	// alikeShare is the share of the words of a statement that another must have, and the other way round, to be its copy.
	alikeShare = .8
	// copiesMost bounds the evidence of a bullet.
	copiesMost = 5
)

// alike returns the statements of other articles that say the same as u in nearly the same words, the first of each article.
func (s *story) alike(u *unit) []int {
	var out []int
	from := map[int]bool{u.doc: true}
	for i := range s.us {
		v := &s.us[i]
		if from[v.doc] || !copies(u, v) || (u.quoted > 0 || v.quoted > 0) && !s.sameText(u, v) {
			continue
		}
		from[v.doc] = true
		if out = append(out, i); len(out) == copiesMost {
			break
		}
	}
	return out
}

// sameText reports whether two statements are the same but for white space and the forms of marks: what holds a
// quotation is borne out only by the very words.
func (s *story) sameText(a, b *unit) bool {
	return text.Fold(a.span.Of(s.docs[a.doc].Text)).Text == text.Fold(b.span.Of(s.docs[b.doc].Text)).Text
}

// copies reports whether two statements have nearly all words in common, numbers included.
func copies(a, b *unit) bool {
	if len(a.terms) == 0 || len(b.terms) == 0 || cosine(a, b) < alikeShare {
		return false
	}
	both := 0
	for i, j := 0, 0; i < len(a.terms) && j < len(b.terms); {
		switch {
		case a.terms[i].id < b.terms[j].id:
			i++
		case a.terms[i].id > b.terms[j].id:
			j++
		default:
			both++
			i++
			j++
		}
	}
	return float64(both) >= alikeShare*float64(max(len(a.terms), len(b.terms)))
}

// oneSpaced folds every run of white space to one space, and nothing else.
func oneSpaced(s string) string { return strings.Join(strings.Fields(s), " ") }
