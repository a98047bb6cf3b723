package ingest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"attache/internal/store"
	"attache/sources"
)

var _ sources.Store = (*Ingest)(nil)

// errLost ends the transaction of a visit whose lease another poller took over.
var errLost = errors.New("lease lost")

// Due implements sources.Store.
func (g *Ingest) Due(ctx context.Context, now time.Time, n int, lease time.Duration) ([]sources.Visit, error) {
	token := g.o.Process + "." + rand.Text() // whose sources they are is seen by its beginning
	var visits []sources.Visit
	err := g.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		rows, err := q.LeaseSources(ctx, now, n, now.Add(lease), token)
		for _, s := range rows {
			visits = append(visits, Visit(s, token))
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lease sources: %w", err)
	}
	return visits, nil
}

// Visit is what the poller is told of a source.
func Visit(s store.Source, token string) sources.Visit {
	return sources.Visit{
		Source: s.ID, URL: s.URL, ETag: s.ETag, LastModified: s.LastModified, Private: s.Private,
		Failures: s.Failures, Moved: s.Moved, MovedSeen: s.MovedSeen, Watch: s.Watch, Boilerplate: s.Boilerplate, Lease: token,
	}
}

// Known implements sources.Store.
func (g *Ingest) Known(ctx context.Context, source int64, keys []string) (map[string]string, error) {
	return g.db.Read().KnownArticles(ctx, source, keys)
}

// Rechecks implements sources.Store.
func (g *Ingest) Rechecks(ctx context.Context, source int64, now time.Time, n int) ([]sources.Recheck, error) {
	rows, err := g.db.Read().Rechecks(ctx, source, now, n)
	out := make([]sources.Recheck, len(rows))
	for i, a := range rows {
		out[i] = sources.Recheck{Article: sources.Article{Key: a.Key, GUID: a.GUID, URL: a.URL, Title: a.Title, Text: a.Text, Lang: a.Lang, Author: a.Author,
			Credits: a.Credits, Note: a.Note, Published: a.Published, Paged: a.Paged, Hash: a.Hash}, Withdrawn: a.Withdrawn}
	}
	return out, err
}

// Save implements sources.Store: the articles of a visit and the source's own row, in one transaction.
func (g *Ingest) Save(ctx context.Context, v sources.Visit, o sources.Outcome) error {
	fresh := 0
	err := g.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		s, err := q.Leased(ctx, v.Source, v.Lease)
		if errors.Is(err, store.ErrNotFound) {
			return errLost
		}
		if err != nil {
			return err
		}
		for _, a := range o.Articles {
			_, changed, err := q.SaveArticle(ctx, stored(v.Source, s.Lang, o.At, a))
			if err != nil {
				return fmt.Errorf("save %q: %w", a.Key, err)
			}
			if changed {
				fresh++
			}
		}
		for _, c := range o.Checked {
			changed, err := q.SaveCheck(ctx, v.Source, c.Key, o.At, c.State)
			if err != nil {
				return fmt.Errorf("save the check of %q: %w", c.Key, err)
			}
			if changed {
				fresh++
			}
		}
		return q.SaveVisit(ctx, row(s, o))
	})
	if errors.Is(err, errLost) {
		g.log.Info("lease lost", "source", v.Source)
		return nil
	}
	if err != nil {
		return fmt.Errorf("save visit of source %d: %w", v.Source, err)
	}
	if fresh > 0 {
		select {
		case g.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// stored is what is kept of a fetched article. A date that is missing, or lies in the future, is the time of the visit.
func stored(source int64, lang string, at time.Time, a sources.Article) store.Article {
	published := a.Published
	if published.IsZero() || published.After(at.Add(future)) {
		published = at
	}
	if a.Lang != "" {
		lang = a.Lang
	}
	return store.Article{
		Source: source, Key: a.Key, GUID: a.GUID, URL: a.URL, Title: a.Title, Text: a.Text, Lang: lang, Author: a.Author,
		Credits: a.Credits, Note: a.Note, Published: published, Seen: at, Teaser: a.Teaser, Paged: a.Paged, Hash: a.Hash,
	}
}

// row is the source after a visit. What a failed or unmodified visit did not learn stays.
func row(s store.Source, o sources.Outcome) store.Source {
	s.NextVisit, s.LastVisit, s.Failures = o.Next, o.At, o.Failures
	s.Moved, s.MovedSeen = o.Moved, o.MovedSeen
	if o.NewURL != "" {
		s.URL = o.NewURL
	}
	if o.Watch != "" {
		s.Watch = o.Watch
	}
	if o.Gone {
		s.Status = "gone"
	}
	if o.Err != nil {
		s.Error = sentence(o.Err)
		return s
	}
	s.Error, s.LastSuccess = "", o.At
	if o.NotModified { // a server need not repeat its validators
		if o.ETag != "" {
			s.ETag = o.ETag
		}
		if o.LastModified != "" {
			s.LastModified = o.LastModified
		}
		return s
	}
	s.ETag, s.LastModified = o.ETag, o.LastModified
	s.Warnings, s.Boilerplate = o.Warnings, o.Boilerplate
	if o.Title != "" {
		s.Title = o.Title
	}
	if o.Link != "" {
		s.Link = o.Link
	}
	if o.Lang != "" {
		s.Lang = o.Lang
	}
	return s
}

// sentence is what managers read of a failure.
func sentence(err error) string { return err.Error() }
