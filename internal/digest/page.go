package digest

import (
	"context"
	"strings"
	"time"

	"attache/internal/store"
	"attache/internal/text"
	"attache/summarize"
	"attache/summarize/quote"
)

// A Page is a text that none of a guild's sources brought: what stands behind a link that somebody asked about.
type Page struct {
	URL       string
	Host      string // names it: what a page calls itself is not believed
	Title     string
	Text      string // paragraphs separated by "\n"
	Lang      string // as the page declares it; "" when it does not
	Note      string // translation note, or ""
	Published time.Time
	Country   string // where its writer's clock is, ISO 3166-1, or ""
}

// Page briefs a page by itself. The built-in engine does it, whatever models the service has, for nothing of the page is
// kept that would keep a model from being asked again. The brief goes through the checks of any other and is not stored
// either; the Story has no id, no articles, and one source, which has no article. ErrNoBrief when nothing of the page can be
// shown.
func (s *Service) Page(ctx context.Context, p Page, lang string) (Story, error) {
	title := strings.ReplaceAll(text.Normalize(p.Title), "\n", " ")
	body := text.Normalize(p.Text)
	spoken := text.Language(body, p.Lang)
	const only = 1 // evidence must name an article; the number never leaves here
	a := article{outlet: p.Host, at: p.Published, Listed: store.Listed{Name: p.Host, Article: store.Article{
		ID: only, Revision: 1, URL: p.URL, Title: title, Text: body, Lang: spoken, Note: p.Note, Published: p.Published,
	}}}
	doc := documents([]article{a}, nil)
	doc[0].Country = p.Country
	doc[0].Quotes = s.o.Find(quote.Doc{Title: title, Text: body, Lang: spoken, Note: p.Note})
	b, err := s.write(ctx, summarize.Extractive{}, summarize.Request{Docs: doc, Lang: lang})
	if err != nil {
		return Story{}, err
	}
	c := &candidate{articles: []article{a}, outlets: []string{a.outlet}, groups: 1}
	out := assemble(briefed{c: c, docs: c.articles, brief: b})
	for i := range out.Sources {
		out.Sources[i].Article = 0
	}
	return out, nil
}
