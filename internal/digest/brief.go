package digest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"attache/internal/store"
	"attache/summarize"
	"attache/summarize/quote"
)

const (
	// briefKinds is part of every key: it is raised when the same revisions would be briefed otherwise.
	briefKinds = "1"
	// atOnce is how many stories of a digest are briefed at the same time.
	atOnce = 4
)

// errNoBrief says that the articles of a story hold nothing that can be shown.
var errNoBrief = errors.New("no bullet can be shown")

// briefKey is under what a brief is kept: whoever sees the same revisions of the same articles shares it.
func briefKey(docs []summarize.Document, lang string, e summarize.Engine) string {
	ids := make([]string, len(docs))
	for i, d := range docs {
		ids[i] = fmt.Sprintf("%d.%d", d.Article, d.Revision)
	}
	slices.Sort(ids)
	sum := sha256.Sum256([]byte(strings.Join([]string{briefKinds, lang, e.Name(), e.Version(), strings.Join(ids, ",")}, "\n")))
	return hex.EncodeToString(sum[:])
}

// brief returns the proven brief of a story: from the cache, or written by the engine, or, where that fails, by the
// extractive one. Its error says why there is none; it never concerns another story.
func (s *Service) brief(ctx context.Context, story int64, docs []summarize.Document, lang string) (summarize.Brief, error) {
	if len(docs) == 0 {
		return summarize.Brief{}, errNoBrief
	}
	engines := []summarize.Engine{s.engine}
	if _, own := s.engine.(summarize.Extractive); !own {
		engines = append(engines, summarize.Extractive{})
	}
	var errs []error
	for i, e := range engines {
		key := briefKey(docs, lang, e)
		b, err := s.db.Read().Brief(ctx, key)
		if err == nil {
			if b, err = s.prove(b, docs); err == nil { // the row may be of an older version of the check
				return b, nil
			}
		}
		ectx, cancel := ctx, context.CancelFunc(func() {})
		if i+1 < len(engines) {
			ectx, cancel = briefTime(ctx)
		}
		b, err = s.write(ectx, e, summarize.Request{Docs: docs, Lang: lang})
		cancel()
		if err == nil {
			err = s.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error { return q.SaveBrief(ctx, key, story, b) })
			if err != nil && ctx.Err() == nil { // the brief is good; it is made anew next time
				s.log.Warn("brief not kept", "story", story, "err", err)
			}
			return b, nil
		}
		if ctx.Err() != nil {
			return summarize.Brief{}, ctx.Err()
		}
		if !errors.Is(err, errNoBrief) {
			s.log.Warn("brief failed", "story", story, "engine", e.Name(), "err", err)
		}
		errs = append(errs, err)
	}
	return summarize.Brief{}, errors.Join(errs...)
}

// briefTime leaves the extractive engine a part of the time that is left.
func briefTime(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)*2/3)
}

// write has an engine write a brief, and proves it. A panic is an error.
func (s *Service) write(ctx context.Context, e summarize.Engine, r summarize.Request) (b summarize.Brief, err error) {
	err = guarded(func() error {
		b, err = e.Brief(ctx, r)
		if err != nil {
			return err
		}
		b.Engine, b.Version = e.Name(), e.Version()
		b, err = s.prove(b, r.Docs)
		return err
	})
	return b, err
}

// prove drops from a brief what its articles do not say; errNoBrief when nothing is left to show. Of the extractive engine,
// whose sentences are said to be the outlets' own, each bullet must be its evidence.
func (s *Service) prove(b summarize.Brief, docs []summarize.Document) (summarize.Brief, error) {
	b, dropped := summarize.Check(b, docs)
	n := len(dropped)
	if b.Engine == (summarize.Extractive{}).Name() {
		b.Bullets = slices.DeleteFunc(b.Bullets, func(bu summarize.Bullet) bool {
			own := slices.ContainsFunc(bu.Evidence, func(e summarize.Evidence) bool { return spaced(e.Text) == spaced(bu.Text) })
			if !own {
				n++
			}
			return !own
		})
	}
	if n > 0 {
		s.log.Info("brief corrected", "engine", b.Engine, "dropped", n)
	}
	if b.Headline == "" || len(b.Bullets) == 0 {
		return summarize.Brief{}, errNoBrief
	}
	return b, nil
}

// spaced is s with single spaces: an outlet's sentence may be told over two lines.
func spaced(s string) string { return strings.Join(strings.Fields(s), " ") }

// documents are the articles to be briefed as an engine sees them.
func documents(as []article, quotes map[int64][]store.Quote) []summarize.Document {
	docs := make([]summarize.Document, len(as))
	for i, a := range as {
		docs[i] = summarize.Document{Article: a.ID, Revision: a.Revision, Outlet: a.outlet, Title: a.Title, Text: a.Text,
			Lang: a.Lang, Note: a.Note, Published: a.Published}
		for _, q := range quotes[a.ID] {
			if q.Revision == a.Revision {
				docs[i].Quotes = append(docs[i].Quotes, q.Quote)
			}
		}
	}
	return docs
}

// briefed is a candidate with its brief.
type briefed struct {
	c     *candidate
	docs  []article
	brief summarize.Brief
	err   error
}

// briefAll briefs candidates, some at a time, each on its own.
func (s *Service) briefAll(ctx context.Context, cs []*candidate, quotes map[int64][]store.Quote, lang string) []briefed {
	out := make([]briefed, len(cs))
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, c := range cs {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			b := briefed{c: c, docs: c.docs()}
			b.err = guarded(func() (err error) {
				b.brief, err = s.brief(ctx, c.id, documents(b.docs, quotes), lang)
				return err
			})
			out[i] = b
		})
	}
	wg.Wait()
	return out
}

// speakers counts the quotes with a speaker.
func speakers(quotes []store.Quote) (n int) {
	for _, q := range quotes {
		if q.Speaker != "" && (q.Kind == quote.Direct || q.Kind == quote.Post) {
			n++
		}
	}
	return n
}
