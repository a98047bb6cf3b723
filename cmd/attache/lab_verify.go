package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"attache/internal/text"
	"attache/summarize"
	"attache/summarize/quote"
	"attache/summarize/verify"
)

// labVerifier answers whether a source bears a claim. Rows of one source often follow each other: the last one is kept.
type labVerifier struct {
	mu   sync.Mutex
	key  string
	last *verify.Source
}

// verify answers whether a source bears a claim: by code, and with a model by its judgement too.
func (l *lab) verify(ctx context.Context, row json.RawMessage) (any, error) {
	var in struct {
		Source    string        `json:"source"`
		Claim     string        `json:"claim"`
		Title     string        `json:"title"`
		Lang      string        `json:"lang"`       // of the source
		ClaimLang string        `json:"claim_lang"` // "" is that of the source
		Published string        `json:"published"`
		Names     []verify.Pair `json:"names"`
	}
	if err := decode(row, &in); err != nil {
		return nil, err
	}
	var published time.Time
	if in.Published != "" {
		t, err := time.Parse(time.RFC3339, in.Published)
		if err != nil {
			return nil, fmt.Errorf("published is %q; write it as 2025-02-27T08:00:00Z", in.Published)
		}
		published = t
	}
	if in.Lang == "" {
		in.Lang = text.Language(in.Source, "")
	}
	c := verify.Claim{Text: in.Claim, Lang: in.ClaimLang, Names: in.Names}
	s := l.verifier.source(in.Title, in.Source, in.Lang, published)
	problems := s.Problems(c)
	if problems == nil {
		problems = []verify.Problem{}
	}
	// What is unsafe to show may be true nevertheless.
	borne := !slices.ContainsFunc(problems, func(p verify.Problem) bool { return p.Kind != verify.KindUnsafe })
	out := map[string]any{"score": s.Score(c), "supported": borne, "problems": problems}
	if len(l.models) > 0 {
		verdicts, err := first(l.models, func(m *summarize.Model) ([]bool, error) {
			return m.Judge(ctx, []summarize.Judged{{Text: in.Claim, Evidence: in.Source}})
		})
		if err != nil {
			return nil, err
		}
		out["judged"] = verdicts[0]
		if out["score"] = s.Score(c) / 2; verdicts[0] {
			out["score"] = (1 + s.Score(c)) / 2
		}
	}
	return out, nil
}

func (v *labVerifier) source(title, body, lang string, published time.Time) *verify.Source {
	v.mu.Lock()
	defer v.mu.Unlock()
	key := lang + published.String() + title + "\x00" + body
	if v.last == nil || v.key != key {
		quotes := quote.Find(quote.Doc{Title: title, Text: body, Lang: lang})
		v.key, v.last = key, verify.Prepare(title, body, lang, published, quotes)
	}
	return v.last
}
