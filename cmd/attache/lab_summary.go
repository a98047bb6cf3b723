package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"attache/internal/text"
	"attache/summarize"
	"attache/summarize/quote"
)

func (l *lab) summary(ctx context.Context, row json.RawMessage) (any, error) {
	var in labSummary
	if err := decode(row, &in); err != nil {
		return nil, err
	}
	if in.Lang == "" {
		in.Lang = text.Language(strings.Join(in.Texts, "\n"), "")
	}
	docs := in.documents()
	var b summarize.Brief
	if len(l.models) > 0 {
		var err error
		r := summarize.Request{Docs: docs, Lang: in.Lang, Bullets: min(max(1, in.Words/wordsOfBullet), 12)}
		if b, err = first(l.models, func(m *summarize.Model) (summarize.Brief, error) { return m.Brief(ctx, r) }); err != nil {
			return nil, err
		}
	} else {
		for _, s := range summarize.Summary(in.Texts, in.Titles, in.Lang, in.Words) {
			e := summarize.Evidence{Article: int64(s.Doc), Revision: 1, Span: text.Span{Start: s.Start, End: s.End}, Text: s.Text}
			b.Bullets = append(b.Bullets, summarize.Bullet{Text: s.Text, Lang: in.Lang, Evidence: []summarize.Evidence{e}})
		}
	}
	rows, all := []summarySentence{}, []string{}
	for _, bu := range b.Bullets {
		e := bu.Evidence[0]
		p := points{s: in.Texts[e.Article]}
		s := summarySentence{Text: bu.Text, Doc: int(e.Article), Start: p.of(e.Span.Start), End: p.of(e.Span.End)}
		if proven, _ := summarize.Check(summarize.Brief{Bullets: []summarize.Bullet{bu}}, docs); len(proven.Bullets) == 1 {
			if shown := annotated(proven.Bullets[0], docs); shown != bu.Text {
				s.Shown = shown
			}
		}
		rows, all = append(rows, s), append(all, bu.Text)
	}
	out := map[string]any{"summary": strings.Join(all, " "), "sentences": rows}
	if len(l.models) > 0 {
		out["headline"], out["engine"] = b.Headline, b.Engine
	}
	return out, nil
}

// A labSummary is a row of the stage summary.
type labSummary struct {
	Texts     []string    `json:"texts"`
	Titles    []string    `json:"titles"`
	Published []time.Time `json:"published"` // of the texts, as far as known
	Lang      string      `json:"lang"`
	Words     int         `json:"words"`
}

// A summarySentence is a sentence of a summary. Offsets are those of its evidence, in code points; Shown is the sentence as a reader
// sees it, where something is added to it.
type summarySentence struct {
	Text  string `json:"text"`
	Doc   int    `json:"doc"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	Shown string `json:"shown,omitempty"`
}

// wordsOfBullet is how long a model's bullet is, about.
const wordsOfBullet = 22

// documents are the texts of a row, by their index.
func (in *labSummary) documents() []summarize.Document {
	docs := make([]summarize.Document, len(in.Texts))
	for i, s := range in.Texts {
		d := summarize.Document{Article: int64(i), Revision: 1, Outlet: fmt.Sprint(i), Text: s, Lang: text.Language(s, in.Lang)}
		if i < len(in.Titles) {
			d.Title = in.Titles[i]
		}
		if i < len(in.Published) {
			d.Published = in.Published[i]
		}
		d.Quotes = quote.Find(quote.Doc{Title: d.Title, Text: d.Text, Lang: d.Lang})
		docs[i] = d
	}
	return docs
}
