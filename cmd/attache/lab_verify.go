package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"attache/internal/text"
	"attache/summarize/quote"
	"attache/summarize/verify"
)

// labVerifier answers whether a source bears a claim. Rows of one source often follow each other: the last one is kept.
type labVerifier struct {
	mu   sync.Mutex
	key  string
	last *verify.Source
}

func (v *labVerifier) row(_ context.Context, row json.RawMessage) (any, error) {
	var in struct {
		Source    string `json:"source"`
		Claim     string `json:"claim"`
		Title     string `json:"title"`
		Lang      string `json:"lang"`       // of the source
		ClaimLang string `json:"claim_lang"` // "" is that of the source
		Published string `json:"published"`
		Names     []struct {
			Shown  string `json:"shown"`
			Source string `json:"source"`
		} `json:"names"`
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
	c := verify.Claim{Text: in.Claim, Lang: in.ClaimLang}
	for _, n := range in.Names {
		c.Names = append(c.Names, verify.Pair{Shown: n.Shown, Source: n.Source})
	}
	s := v.source(in.Title, in.Source, in.Lang, published)
	problems := s.Problems(c)
	if problems == nil {
		problems = []verify.Problem{}
	}
	// What is unsafe to show may be true nevertheless.
	borne := !slices.ContainsFunc(problems, func(p verify.Problem) bool { return p.Kind != verify.KindUnsafe })
	return map[string]any{"score": s.Score(c), "supported": borne, "problems": problems}, nil
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
