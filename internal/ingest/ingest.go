// Package ingest is what happens to an article between arriving and being
// readable. It fulfils sources.Store around the database, and then finds the
// language, the search tokens, the quotes and the story of each article.
//
// The order is fixed: one transaction stores what a visit brought together with
// the source's next visit; a second one, for a batch of articles, stores what
// was found in them. An article that was stored but not yet ingested is found
// again after a crash; it is invisible to readers until then.
//
// It opens no URL, calls no model and posts nothing.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"attache/internal/store"
	"attache/internal/story"
	"attache/internal/text"
	"attache/summarize/quote"
)

const (
	batch      = 50      // articles a transaction at most: one writer is blocked for some 10 ms
	batchBytes = 1 << 20 // of text from which a batch is full
	batchAhead = 2       // batches that are looked at while one is stored

	// window is how far back stories are open when the program starts: the three days in which a story
	// may grow (shared notes on stories: 3 d is the best of five windows) and one for late articles.
	window = 4 * 24 * time.Hour

	idle   = 30 * time.Second // how long to wait for articles that nobody announced
	again  = 5 * time.Second  // between two tries to put stories back at the start, while the database refuses
	quick  = 3 * time.Second  // the same beside other processes, which store articles and cannot announce them
	prune  = time.Hour        // pause between looks for bodies to prune
	future = time.Hour        // a date further ahead of the visit than this is a mistake of the feed
)

// Recluster is the pause between two regroupings of the open window.
const Recluster = 5 * time.Minute

// Options of New.
type Options struct {
	Now    func() time.Time // nil is time.Now
	Bodies time.Duration    // texts older than this are pruned; 0 keeps them for ever
	// Process names this process where others run on the database; "" where it is alone.
	Process string
	Find    func(quote.Doc) []quote.Quote // the quotes of a text; nil is quote.Find, with the built-in tables
}

// Lease is what a process must hold that ingests: stories are grouped in memory, so that only one can.
const Lease = "ingest"

// Ingest turns stored articles into readable ones. Use New.
type Ingest struct {
	log  *slog.Logger
	db   *store.DB
	o    Options
	wake chan struct{}

	mu      sync.Mutex // held while articles are grouped
	public  *story.Grouper
	private map[string]*story.Grouper // by owner: articles of private sources never shape a story that others see
	tx      *store.Q                  // of the batch being stored; groupers take new story ids from it
	dirty   bool                      // something was added since the last regrouping
}

// New returns an Ingest over db. Call Restore or Run before anything else.
func New(log *slog.Logger, db *store.DB, o Options) *Ingest {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Find == nil {
		o.Find = quote.Find
	}
	g := &Ingest{log: log, db: db, o: o, wake: make(chan struct{}, 1), private: map[string]*story.Grouper{}}
	g.public = story.New(g.next)
	return g
}

// next hands a grouper the id of a new story, within the transaction of the batch.
func (g *Ingest) next() (int64, error) {
	if g.tx == nil {
		return 0, errors.New("new story outside a transaction")
	}
	return g.tx.NewStory(context.Background(), g.o.Now())
}

// Run ingests whatever arrives until ctx ends. It may be called again after it returned, when another process has ingested
// meanwhile. Beside other processes it is called under Lease.
func (g *Ingest) Run(ctx context.Context) error {
	for {
		err := g.Restore(ctx)
		if err == nil {
			break
		}
		if ctx.Err() == nil {
			g.log.Error("stories cannot be put back; trying again until it works", "err", err)
		}
		if !rest(ctx, again) {
			return nil
		}
	}
	pause := idle
	if g.o.Process != "" {
		pause = quick
	}
	var regrouped, pruned time.Time
	for {
		if _, err := g.Drain(ctx); err != nil && ctx.Err() == nil {
			g.log.Error("ingest", "err", err)
		}
		if now := g.o.Now(); now.Sub(regrouped) >= Recluster {
			regrouped = now
			if err := g.Regroup(ctx); err != nil && ctx.Err() == nil {
				g.log.Error("regroup", "err", err)
			}
		}
		if now := g.o.Now(); g.o.Bodies > 0 && now.Sub(pruned) >= prune {
			pruned = now
			if err := g.prune(ctx); err != nil && ctx.Err() == nil {
				g.log.Error("prune", "err", err)
			}
		}
		wait := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-g.wake:
		case <-wait.C:
		}
		wait.Stop()
	}
}

// rest waits; false when ctx ended meanwhile.
func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// Restore puts the articles of the open window back into their stories; Run calls it.
func (g *Ingest) Restore(ctx context.Context) error {
	since := g.o.Now().Add(-window)
	articles, err := g.db.Read().ArticlesSince(ctx, since)
	if err != nil {
		return fmt.Errorf("restore stories: %w", err)
	}
	private, err := g.db.Read().PrivateSince(ctx, since)
	if err != nil {
		return fmt.Errorf("restore private stories: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.public, g.private, g.dirty = story.New(g.next), map[string]*story.Grouper{}, false
	public := map[int64]bool{}
	for _, a := range articles {
		if a.Story != 0 {
			g.public.Restore(doc(a), a.Story)
			public[a.Story] = true
		}
	}
	for owner, as := range private {
		for _, a := range as {
			if a.Story != 0 && !public[a.Story] { // else it joined a public story, without leaving a trace there
				g.grouper(owner).Restore(doc(a), a.Story)
			}
		}
	}
	return nil
}

// inTx runs a transaction that ends without effect when another process ingests meanwhile.
func (g *Ingest) inTx(ctx context.Context, fn func(q *store.Q) error) error {
	return g.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		if g.o.Process != "" {
			if ours, err := q.Holds(ctx, Lease, g.o.Process); err != nil || !ours {
				return errors.Join(err, store.ErrLost)
			}
		}
		return fn(q)
	})
}

// Drain ingests everything that waits and returns how many articles it was.
func (g *Ingest) Drain(ctx context.Context) (int, error) {
	for n := 0; ; {
		before := n
		for all, err := range g.lookAhead(ctx) {
			if err == nil {
				err = g.store(ctx, all)
				if err != nil {
					err = g.oneByOne(ctx, all, err)
				}
			}
			if err != nil {
				return n, err
			}
			n += len(all)
		}
		if n == before || ctx.Err() != nil {
			return n, ctx.Err()
		}
	}
}

// lookAhead yields what is found in the articles that wait, oldest first and a batch at a time. While a batch is worked with, the
// next ones are loaded and looked at. Articles that come meanwhile may be left for the next time.
func (g *Ingest) lookAhead(ctx context.Context) iter.Seq2[[]store.Ingested, error] {
	type looked struct {
		all []store.Ingested
		err error
	}
	return func(yield func([]store.Ingested, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		ahead := make(chan chan looked, batchAhead-1)
		running.Go(func() {
			defer close(ahead)
			for last := (store.Article{}); ; {
				articles, err := g.db.Read().Uningested(ctx, last, batch, batchBytes)
				if len(articles) == 0 && err == nil {
					return
				}
				found := make(chan looked, 1)
				if err != nil {
					found <- looked{err: err}
				} else {
					last = articles[len(articles)-1]
					running.Go(func() { found <- looked{all: g.lookAll(articles)} })
				}
				select {
				case ahead <- found:
				case <-ctx.Done():
					return
				}
				if err != nil {
					return
				}
			}
		})
		for found := range ahead {
			if b := <-found; !yield(b.all, b.err) {
				return
			}
		}
	}
}

func (g *Ingest) lookAll(articles []store.Article) []store.Ingested {
	all := make([]store.Ingested, len(articles))
	for i, a := range articles {
		all[i] = g.look(a)
	}
	return all
}

// oneByOne stores the articles of a batch that failed, so that one of them never holds up the others. One that fails again
// is kept without its quotes.
func (g *Ingest) oneByOne(ctx context.Context, all []store.Ingested, why error) error {
	if ctx.Err() != nil || errors.Is(why, store.ErrFull) || errors.Is(why, store.ErrLost) {
		return why
	}
	for _, in := range all {
		err := g.store(ctx, []store.Ingested{in})
		if err == nil {
			continue
		}
		g.log.Error("article kept without quotes", "article", in.Article.ID, "source", in.Article.Source, "err", err)
		in.Quotes = nil
		if err := g.store(ctx, []store.Ingested{in}); err != nil {
			return err
		}
	}
	return nil
}

// store groups a batch, in order of time, and keeps what was found in it, in one transaction. It leaves found as it is.
func (g *Ingest) store(ctx context.Context, found []store.Ingested) error {
	owner, err := g.db.Read().Owners(ctx)
	if err != nil {
		return err
	}
	all := slices.Clone(found)
	g.mu.Lock()
	defer g.mu.Unlock()
	var grouped []store.Article
	err = g.inTx(ctx, func(q *store.Q) error {
		g.tx = q
		defer func() { g.tx = nil }()
		for i := range all {
			a := &all[i].Article
			if err := g.group(a, owner[a.Source]); err != nil {
				return fmt.Errorf("group article %d: %w", a.ID, err)
			}
			grouped = append(grouped, *a)
			a.Ingested = true
		}
		return q.SaveAllIngested(ctx, all)
	})
	if err != nil { // the rows do not know these stories: neither may the groupers
		for _, a := range grouped {
			g.grouper(owner[a.Source]).Remove(a.ID)
		}
		return err
	}
	g.dirty = true
	return nil
}

// look finds language, tokens and quotes. A text that makes a rule panic costs its quotes, never the batch.
func (g *Ingest) look(a store.Article) (in store.Ingested) {
	in.Article = a
	in.Article.Lang, in.Tokens = text.Index(a.Title+"\n"+a.Text, a.Lang)
	defer func() {
		if r := recover(); r != nil {
			g.log.Error("quotes panicked", "article", a.ID, "err", fmt.Sprint(r), "stack", string(debug.Stack()))
		}
	}()
	for _, q := range g.o.Find(quote.Doc{Title: a.Title, Text: a.Text, Lang: in.Article.Lang, Note: a.Note}) {
		in.Quotes = append(in.Quotes, store.Quote{Article: a.ID, Revision: a.Revision, Words: q.Words(a.Text), Quote: q})
	}
	return in
}

// grouper returns the one for articles of owner's private sources, or the public one for "".
func (g *Ingest) grouper(owner string) *story.Grouper {
	if owner == "" {
		return g.public
	}
	if g.private[owner] == nil {
		g.private[owner] = story.New(g.next)
	}
	return g.private[owner]
}

// group sets the story of an article. A revision stays where it was. An article of a private source joins a public story
// without leaving a trace in it; where none fits, it opens one among its owner's.
func (g *Ingest) group(a *store.Article, owner string) (err error) {
	d := doc(*a)
	to := g.grouper(owner)
	if a.Story != 0 {
		to.Remove(a.ID)
		to.Restore(d, a.Story)
		return nil
	}
	if owner != "" {
		if a.Story = g.public.Place(d); a.Story != 0 {
			return nil
		}
	}
	a.Story, err = to.Add(d)
	return err
}

// Regroup groups the open window anew, where something was added, and stores what moved.
func (g *Ingest) Regroup(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.dirty {
		return nil
	}
	groupers := append(slices.Collect(maps.Values(g.private)), g.public)
	for _, to := range groupers {
		if err := g.regroup(ctx, to); err != nil {
			return err
		}
	}
	g.dirty = false
	return nil
}

// regroup does so for one grouper. The long part comes before the transaction, so that nobody waits for it to write.
func (g *Ingest) regroup(ctx context.Context, to *story.Grouper) error {
	groups := to.Cluster(g.o.Now())
	var moves []story.Move
	err := g.inTx(ctx, func(q *store.Q) (err error) {
		g.tx = q
		defer func() { g.tx = nil }()
		if moves, err = to.Moves(groups); err != nil {
			return fmt.Errorf("regroup: %w", err)
		}
		for _, m := range moves {
			if err := q.MoveArticle(ctx, m.Doc, m.Story); err != nil {
				return fmt.Errorf("move article %d: %w", m.Doc, err)
			}
		}
		return nil
	})
	if err == nil {
		to.Apply(moves)
	}
	return err
}

// prune empties the texts that are older than the operator wants to keep.
func (g *Ingest) prune(ctx context.Context) error {
	for {
		n := 0
		err := g.db.InTx(ctx, func(q *store.Q, _ store.Jobs) (err error) {
			n, err = q.PruneBodies(ctx, g.o.Now().Add(-g.o.Bodies), 500)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
		g.log.Info("pruned texts", "articles", n)
	}
}

func doc(a store.Article) story.Doc {
	return story.Doc{ID: a.ID, Time: a.Published, Lang: a.Lang, Title: a.Title, Text: a.Text}
}
