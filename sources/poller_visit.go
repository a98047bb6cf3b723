package sources

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

const (
	// saveTries is how often one outcome is offered to the database, with pauses of savePause, twice and four times that.
	saveTries = 3
	savePause = time.Second
)

// visit makes one visit and saves what came of it.
func (p *Poller) visit(ctx context.Context, v Visit) {
	defer func() {
		if r := recover(); r != nil { // the store's: there is nowhere left to keep it
			p.log.Error("saving a visit panicked", "source", v.Source, "panic", panicText(v, r), "stack", string(debug.Stack()))
		}
	}()
	o, err := p.attempt(ctx, v)
	if ctx.Err() != nil {
		return // interrupted: the source is due again when its lease is over
	}
	if err != nil {
		if p.refused.note("known", err) {
			p.log.Error("stored articles cannot be looked up; their sources are visited again later", "source", v.Source, "err", causeOf(v, err))
		}
		return
	}
	p.refused.note("known", nil)
	p.tell(v, o)
	p.save(ctx, v, o)
}

// attempt is a visit whose panic is a failure of its source. The error is the store's.
func (p *Poller) attempt(ctx context.Context, v Visit) (o Outcome, err error) {
	at := p.now()
	defer func() {
		if r := recover(); r != nil {
			p.log.Error("a visit panicked", "source", v.Source, "panic", panicText(v, r), "stack", string(debug.Stack()))
			o, err = again(v, at).failed(v, problem(codeDefect, fmt.Errorf("panic: %v", r)), p.interval, 0), nil
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, visitLimit)
	defer cancel()
	return p.read(ctx, v)
}

// again is an outcome that leaves the source as it was.
func again(v Visit, at time.Time) Outcome {
	return Outcome{At: at, ETag: v.ETag, LastModified: v.LastModified, Moved: v.Moved, MovedSeen: v.MovedSeen}
}

// read fetches a feed and reads what is new in it.
func (p *Poller) read(ctx context.Context, v Visit) (Outcome, error) {
	o, res := p.client.fetchFeed(ctx, v, p.rhythms.known(v.Source, p.interval))
	if o.NotModified {
		r := newReading(p.client, &Feed{})
		return o, p.recheck(ctx, v, &r, &o)
	}
	if res == nil {
		return o, nil
	}
	feed, err := o.parse(v, Input{URL: res.url, Header: res.header, Body: res.body})
	if err != nil {
		// A redirect is believed only where it leads to a feed.
		return again(v, o.At).failed(v, feedProblem(err, header(res.header, "Content-Type"), res.body), p.interval, 0), nil
	}
	o.Title, o.Link, o.Lang, o.Entries, o.Warnings = feed.Title, feed.Link, feed.Language, len(feed.Items), feed.Warnings
	o.Next = nextVisit(v.URL, o.At, p.rhythms.learn(v.Source, feed.Items, p.interval, o.At), max(freshness(res.header, o.At), min(feed.TTL, maxTTL)))
	entries := keyEntries(feed.Items)
	known, err := p.known(ctx, v, entries)
	if err != nil {
		return Outcome{}, err
	}
	r := newReading(p.client, feed)
	r.all(ctx, entries, known)
	o.Boilerplate = boilerplate(v.Boilerplate).learn(r.articles)
	if err := p.recheck(ctx, v, &r, &o); err != nil {
		return Outcome{}, err
	}
	o.Warnings = append(o.Warnings[:len(o.Warnings):len(o.Warnings)], r.warnings()...)
	if r.left > 0 {
		o.Next = o.At.Add(min(soon, p.interval))
	}
	if res.short {
		o.Warnings = append(o.Warnings, "The connection broke off before the end of the feed; what came was kept.")
	}
	if r.left > 0 || r.again || feed.Lost > 0 || feed.Broken || res.short {
		o.ETag, o.LastModified = "", "" // or the server would say that nothing changed, and what is missing would stay so
	}
	return o, nil
}

// recheck looks at pages of stored articles again, and puts what the visit brought into its outcome. The error is the store's.
func (p *Poller) recheck(ctx context.Context, v Visit, r *reading, o *Outcome) error {
	list, err := p.store.Rechecks(ctx, v.Source, o.At, maxRechecks)
	if err != nil {
		return fmt.Errorf("look for articles of source %d to be looked at again: %w", v.Source, err)
	}
	plates := boilerplate(o.Boilerplate)
	if o.NotModified {
		plates = v.Boilerplate
	}
	o.Checked = r.recheck(ctx, list, plates)
	for i := range r.articles {
		r.articles[i].Text = plates.without(r.articles[i].Text)
	}
	o.Articles = r.articles
	return nil
}

// parse reads a feed, or the list of a watched page.
func (o *Outcome) parse(v Visit, in Input) (feed *Feed, err error) {
	if v.Watch == "" {
		return ParseFeed(in)
	}
	feed, o.Watch, err = ReadWatch(in, v.Watch)
	if errors.Is(err, ErrNoFeed) {
		err = problem(codeNoList, err)
	}
	return feed, err
}

// known is what the store has of entries, by their keys; an entry that is
// stored under its other name gets that as its key.
func (p *Poller) known(ctx context.Context, v Visit, entries []keyedEntry) (map[string]string, error) {
	keys := make([]string, 0, 2*len(entries))
	for _, e := range entries {
		keys = append(keys, e.key)
		if e.other != "" {
			keys = append(keys, e.other)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	known, err := p.store.Known(ctx, v.Source, keys)
	if err != nil {
		return nil, fmt.Errorf("look up entries of source %d: %w", v.Source, err)
	}
	taken := map[string]bool{}
	for _, e := range entries {
		taken[e.key] = true
	}
	for i, e := range entries {
		if _, ok := known[e.key]; ok || e.other == "" || taken[e.other] {
			continue
		}
		stored, ok := known[e.other]
		// A link that several entries share names one of them only, the one that says the same.
		if hash, _ := tries(stored); ok && (e.own || hash == e.hash) {
			entries[i].key = e.other
			taken[e.other] = true
		}
	}
	return known, nil
}

// save offers an outcome to the store until it is taken, the lease runs out or
// the program ends. What is never taken is not lost: the validators are not
// stored either, so the feed is read again.
func (p *Poller) save(ctx context.Context, v Visit, o Outcome) {
	pause := savePause
	for try := 1; ; try++ {
		err := p.saveOnce(ctx, v, o)
		if p.refused.note("save", err) {
			p.log.Error("visits cannot be saved; trying again until it works", "source", v.Source, "err", causeOf(v, err))
		}
		if err == nil {
			return
		}
		if try == saveTries {
			break
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		pause *= 2
	}
	if o.Err != nil {
		return
	}
	// When it is these articles that the store does not take, its own row says so and the others go on.
	if err := p.saveOnce(ctx, v, again(v, o.At).failed(v, problem(codeDefect, nil), p.interval, 0)); err == nil {
		p.log.Error("what a source brought cannot be saved", "source", v.Source)
	}
}

// saveOnce is allowed to end what was begun when the program is being stopped.
func (p *Poller) saveOnce(ctx context.Context, v Visit, o Outcome) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveLimit)
	defer cancel()
	return p.store.Save(ctx, v, o)
}

// tell logs a visit. The URL of a private source is in no line.
func (p *Poller) tell(v Visit, o Outcome) {
	attrs := []slog.Attr{slog.Int64("source", v.Source)}
	if !v.Private {
		attrs = append(attrs, slog.String("url", Masked(v.URL)))
	}
	level := slog.LevelDebug
	var problem *Problem
	switch {
	case errors.As(o.Err, &problem):
		if v.Failures == 0 {
			level = slog.LevelInfo // afterwards the source's row says it
		}
		attrs = append(attrs, slog.String("problem", problem.Code), slog.Int("failures", o.Failures), slog.Time("next", o.Next))
		if cause := problem.Unwrap(); cause != nil && !v.Private {
			attrs = append(attrs, slog.String("cause", cause.Error()))
		}
		p.log.LogAttrs(context.Background(), level, "a source cannot be read", attrs...)
	default:
		attrs = append(attrs, slog.Int("entries", o.Entries), slog.Int("articles", len(o.Articles)), slog.Bool("unchanged", o.NotModified))
		p.log.LogAttrs(context.Background(), level, "visited a source", attrs...)
	}
}

// causeOf is an error for the log: of a private source only its kind, for its text may repeat the URL.
func causeOf(v Visit, err error) string {
	if err == nil {
		return ""
	}
	if v.Private {
		for e := errors.Unwrap(err); e != nil; e = errors.Unwrap(e) {
			err = e
		}
		return fmt.Sprintf("%T", err)
	}
	return err.Error()
}

func panicText(v Visit, r any) string {
	if v.Private {
		return fmt.Sprintf("%T", r)
	}
	return fmt.Sprint(r)
}

// refusals remembers what the database refuses, so that a full disk is one line in the log and not one for each source.
type refusals struct {
	mu  sync.Mutex
	now map[string]bool
}

// note says whether err begins a streak of its kind; nil ends it.
func (r *refusals) note(kind string, err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.now == nil {
		r.now = map[string]bool{}
	}
	begins := err != nil && !r.now[kind]
	r.now[kind] = err != nil
	return begins
}
