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
	"attache/internal/text"
	"attache/summarize"
	"attache/summarize/model"
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

// briefKey is under what a brief is kept: whoever sees the same revisions of the same articles shares it. What the built-in
// engine chooses depends on whose official sources they are, as a guild says; what a model is asked does not.
func briefKey(docs []summarize.Document, lang string, e summarize.Engine) string {
	ids := make([]string, len(docs))
	for i, d := range docs {
		ids[i] = fmt.Sprintf("%d.%d", d.Article, d.Revision)
		if _, own := e.(summarize.Extractive); own && d.Official {
			ids[i] += d.Country
		}
	}
	slices.Sort(ids)
	sum := sha256.Sum256([]byte(strings.Join([]string{briefKinds, lang, e.Name(), e.Version(), strings.Join(ids, ",")}, "\n")))
	return hex.EncodeToString(sum[:])
}

// brief returns the proven brief of a story: from the cache, or written by the first engine that can. The extractive one is
// the last and needs nothing. Whoever asks for a brief that is being written waits for that one: an engine is asked once.
// The error says why there is none; it never concerns another story.
func (s *Service) brief(ctx context.Context, story int64, docs []summarize.Document, lang string) (summarize.Brief, error) {
	if len(docs) == 0 {
		return summarize.Brief{}, errNoBrief
	}
	var errs []error
	for i, e := range s.engines {
		if _, own := e.(summarize.Extractive); !own && onTime(ctx) {
			if b, err := s.known(ctx, e, docs, lang); err == nil {
				return b, nil
			}
			continue
		}
		ectx, cancel := ctx, context.CancelFunc(func() {})
		if i+1 < len(s.engines) {
			ectx, cancel = briefTime(ctx)
		}
		b, err := s.by(ectx, e, story, summarize.Request{Docs: docs, Lang: lang})
		cancel()
		if err == nil {
			return b, nil
		}
		if ctx.Err() != nil {
			return summarize.Brief{}, ctx.Err()
		}
		s.unwritten(story, e, err)
		errs = append(errs, err)
	}
	return summarize.Brief{}, errors.Join(errs...)
}

// unwritten notes why an engine wrote no brief. That its money is spent or its endpoint out of order is known already, and
// said once by whoever found it.
func (s *Service) unwritten(story int64, e summarize.Engine, err error) {
	switch {
	case errors.Is(err, errNoBrief), errors.Is(err, model.ErrCap), errors.Is(err, model.ErrOpen):
		s.log.Debug("no brief", "story", story, "engine", e.Name(), "err", err)
	case errors.Is(err, summarize.ErrUnproven):
		s.log.Info("no brief", "story", story, "engine", e.Name(), "err", err)
	default:
		s.log.Warn("brief failed", "story", story, "engine", e.Name(), "err", err)
	}
}

// known returns the proven brief that engine e wrote of these articles; store.ErrNotFound when it has not been asked, and
// errNoBrief when nothing that it wrote could be proven.
func (s *Service) known(ctx context.Context, e summarize.Engine, docs []summarize.Document, lang string) (summarize.Brief, error) {
	b, err := s.db.Read().Brief(ctx, briefKey(docs, lang, e))
	if err != nil {
		return b, err
	}
	if len(b.Bullets) == 0 {
		return b, errNoBrief
	}
	return s.prove(b, docs)
}

// by returns the brief that engine e wrote or writes of a story.
func (s *Service) by(ctx context.Context, e summarize.Engine, story int64, r summarize.Request) (summarize.Brief, error) {
	b, err := s.known(ctx, e, r.Docs, r.Lang)
	_, own := e.(summarize.Extractive)
	if err == nil || errors.Is(err, errNoBrief) && !own { // a model is not asked twice for the very same articles
		return b, err
	}
	key := briefKey(r.Docs, r.Lang, e)
	done := s.writing.DoChan(key, func() (any, error) {
		// Whoever came first may leave; the others wait on. Its own deadline still holds: the engine gets no more time than it had.
		wctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		defer cancel()
		if end, ok := ctx.Deadline(); ok {
			var over context.CancelFunc
			wctx, over = context.WithDeadline(wctx, end)
			defer over()
		}
		leave, ok := s.writers.enter(cancel)
		if !ok {
			return summarize.Brief{}, context.Canceled
		}
		defer leave()
		if !own && s.o.Member != nil {
			release, err := s.claim(wctx, key)
			if err != nil {
				return summarize.Brief{}, err
			}
			defer release()
			if b, err := s.known(wctx, e, r.Docs, r.Lang); err == nil || errors.Is(err, errNoBrief) {
				return b, err // another process wrote it meanwhile
			}
		}
		b, err := s.write(wctx, e, r)
		if err == nil || errors.Is(err, summarize.ErrUnproven) || errors.Is(err, errNoBrief) && !own {
			kept := b
			if err != nil {
				kept = summarize.Brief{Lang: r.Lang, Engine: e.Name(), Version: e.Version()}
			}
			kerr := s.db.InTx(wctx, func(q *store.Q, _ store.Jobs) error { return q.SaveBrief(wctx, key, story, kept) })
			if kerr != nil && wctx.Err() == nil { // the brief is good; it is made anew next time
				s.log.Warn("brief not kept", "story", story, "err", kerr)
			}
		}
		return b, err
	})
	select {
	case <-ctx.Done():
		return summarize.Brief{}, ctx.Err()
	case r := <-done:
		b, _ := r.Val.(summarize.Brief)
		return b, r.Err
	}
}

// claimLook is the pause between two looks whether another process has written a brief.
const claimLook = time.Second

// claim waits until no other process is writing the brief of a key, and keeps others from it until release: of all
// processes one asks a model for it.
func (s *Service) claim(ctx context.Context, key string) (release func(), err error) {
	lease := "brief " + key
	for {
		ours, err := s.o.Member.Take(ctx, lease)
		if err != nil {
			return nil, err
		}
		if ours {
			return func() {
				if err := s.o.Member.Release(ctx, lease); err != nil {
					s.log.Warn("lease of a brief not given back", "err", err)
				}
			}, nil
		}
		if !rest(ctx, claimLook) {
			return nil, ctx.Err()
		}
	}
}

// timeKey is the key of inTime in a context.
type timeKey struct{}

// inTime returns a context in which no model is asked: at a slot, what is missing is written by the extractive engine
// rather than late.
func inTime(ctx context.Context) context.Context { return context.WithValue(ctx, timeKey{}, true) }

func onTime(ctx context.Context) bool { return ctx.Value(timeKey{}) != nil }

// briefTime leaves the engines that come after one a part of the time that is left.
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
			Lang: a.Lang, Note: a.Note, Published: a.Published, Official: a.Tier == store.Official}
		if text.IsCountry(a.Country) { // a body's source speaks for no government
			docs[i].Country = a.Country
		}
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
