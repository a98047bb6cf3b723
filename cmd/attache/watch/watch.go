// Package watch tells whoever runs the program what is wrong with it: once, and once more when it is over.
//
// Each process has a Watch that looks every half minute: at the disk, the database, the token, the gateway, the models and
// their budget, and at whether fetching, ingesting, jobs and posting go on. What it finds goes into the log and, where the
// operator named a channel or a webhook, there. What is known to be wrong is a row (store.Alert) before anybody is told, so
// that a restart tells nothing twice; of several processes the one that has the lease does the telling, and the others
// leave rows of what they alone can see. While the database itself is the trouble that is kept in memory, and told by
// the process that had the lease last.
//
// It stores those rows and nothing else, sends nothing but its own sentences, which hold figures, the names of models and
// no other word from outside, and changes nothing in how the program works but one thing: while the disk is full it says
// that nothing more is to be fetched. Its sentences are English like the log.
package watch

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"attache/internal/store"
)

const (
	lookEvery = 30 * time.Second
	// lookLimit bounds one look, and pingLimit of it the question whether the database can be written to: a command beside
	// the program may hold a SQLite file for ten seconds.
	lookLimit = 25 * time.Second
	pingLimit = 15 * time.Second
	// looks is how often in a row something must be found wrong, or fine, before it is told.
	looks = 2
	// tellLimit bounds one telling. One that fails is tried again after firstPause, then twice as long, up to longestPause.
	tellLimit    = 20 * time.Second
	firstPause   = time.Minute
	longestPause = 30 * time.Minute
)

// Lease is what the process holds that tells, where there are several.
const Lease = "watch"

// Gateway is how the gateway of this process stands.
type Gateway struct {
	Shards, Held, Ready int       // in all, of this process, and of those the ones that are open; Shards is 0 before Discord said it
	Identifies, Limit   int       // sessions begun within a day by all processes, and how many Discord allows
	Down                time.Time // since when not all that are held are open; zero: they are
	Refused             string    // a sentence that says why connecting again is of no use, else ""
}

// Options of New. What is nil is not looked at.
type Options struct {
	Member *store.Member // this process among several; nil: it is alone
	Shared bool          // other processes may run on the database

	Path string // of a SQLite file, whose disk and tables are watched; "" for none
	// Free says how many bytes are free for this user in a folder, and how many there are; nil asks the system.
	Free func(folder string) (free, total uint64, err error)

	Token   func(ctx context.Context) (refused bool)
	Gateway func() Gateway
	Left    func() []string // names of the model endpoints that are left alone because they fail
	Budget  func(ctx context.Context) (store.UsageReport, error)
	Signs   *Signs // what the log said of damage

	// Tell says words to whoever runs the program; nil: the log alone does. key is the same when the same is told again.
	Tell func(ctx context.Context, key, words string) error
	Now  func() time.Time // for sentences and rows; nil is time.Now
}

// A Watch looks after one process. Use New.
type Watch struct {
	log     *slog.Logger
	db      *store.DB
	o       Options
	disk    disk
	poke    chan struct{} // look now
	started time.Time

	mu        sync.Mutex // held during a look
	lead      bool       // this process does the telling
	ended     string     // why the gateway of this process ended for good
	streaks   map[string]streak
	book      book
	published map[string]bool      // rows of what this process alone can see
	gone      map[string]time.Time // rows of processes that are no more, since when
	bare      time.Time            // since when nobody holds the gateway, or a shard of it
	check     check
	again     time.Time // when to try to tell again
	pause     time.Duration
	blind     bool // the figures could not be read at the last look

	open atomic.Pointer[[]string] // names of what was wrong at the last look
}

// A streak is how often in a row the same was found.
type streak struct {
	state state
	n     int
}

// New returns a Watch over db; Run starts it.
func New(log *slog.Logger, db *store.DB, o Options) *Watch {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Free == nil {
		o.Free = freeIn
	}
	w := &Watch{
		log: log, db: db, o: o, poke: make(chan struct{}, 1), started: time.Now(), lead: o.Member == nil,
		streaks: map[string]streak{}, published: map[string]bool{}, gone: map[string]time.Time{},
		book: book{db: db, member: o.Member, open: map[string]store.Alert{}, behind: map[string]bool{}},
	}
	w.disk.folder, w.disk.free = folderOf(o.Path), o.Free
	return w
}

// Run looks until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		w.mu.Lock()
		w.look(ctx)
		w.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-w.poke:
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if m := w.o.Member; m != nil && w.lead {
		w.lead = false
		if err := m.Release(ctx, Lease); err != nil {
			w.log.Debug("lease not given back", "lease", Lease, "err", err)
		}
	}
	return nil
}

// Ended tells at once why the gateway of this process ended for good, which may end the process. It is the gateway's alert
// from then on.
func (w *Watch) Ended(ctx context.Context, why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = why.Error()
	w.look(ctx)
}

// Paused reports whether nothing more is to be fetched, because the disk of the database is full but for a rest that posting
// needs. It may be asked often.
func (w *Watch) Paused() bool {
	full, changed := w.disk.paused()
	if changed {
		select {
		case w.poke <- struct{}{}:
		default:
		}
	}
	return full
}

// Free is how many bytes are free on the disk of the database; false when there is no file or it is not known.
func (w *Watch) Free() (bytes uint64, known bool) { return w.disk.left() }

// Open names what is wrong as this process knows it; that is all of it in the process that does the telling.
func (w *Watch) Open() []string {
	if names := w.open.Load(); names != nil {
		return *names
	}
	return nil
}

// look is one look at everything. The lock is held.
func (w *Watch) look(ctx context.Context) {
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	ping, done := context.WithTimeout(ctx, pingLimit)
	pinged := w.db.Ping(ping)
	done()
	if outer.Err() != nil {
		return // what fails now fails because the program ends
	}
	if m := w.o.Member; m != nil && pinged == nil {
		if ours, err := m.Take(ctx, Lease); err == nil {
			w.lead = ours
		}
	}
	if pinged == nil && w.lead {
		if err := w.book.load(ctx); err != nil {
			pinged = err
		}
	}
	own := w.own(ctx)
	if w.o.Shared && pinged == nil {
		w.publish(ctx, own)
	}
	if !w.lead {
		if w.book.has(Database) { // it was told by this process when it led
			w.judge(w.database(pinged))
			w.tell(outer)
		}
		w.shown()
		return
	}
	for _, f := range slices.Concat(w.database(pinged), w.fullness(pinged)) {
		w.judge([]finding{f})
	}
	if pinged == nil {
		w.judge(w.work(ctx))
		w.merge(ctx, own)
	} else {
		for _, f := range own {
			w.conclude(f)
		}
	}
	w.tell(outer)
	w.shown()
	w.checkFile(outer)
}

// judge concludes what was found as often in a row as it takes.
func (w *Watch) judge(fs []finding) {
	for _, f := range fs {
		if f.state = w.settled(f); f.state != unknown {
			w.conclude(f)
		}
	}
}

// settled is the state of a finding once it was found often enough in a row.
func (w *Watch) settled(f finding) state {
	if f.state == unknown {
		return unknown
	}
	s := w.streaks[f.name]
	if s.state != f.state {
		s = streak{state: f.state}
	}
	s.n++
	w.streaks[f.name] = s
	if s.n < looks && !f.sure {
		return unknown
	}
	return f.state
}

// conclude takes a finding into the book, and the log.
func (w *Watch) conclude(f finding) {
	switch f.state {
	case wrong:
		if w.book.raise(f.name, f.words, w.o.Now()) {
			w.log.Error("alert", "alert", f.name, "words", f.words)
		}
	case fine:
		if w.book.end(f.name, w.o.Now()) {
			w.log.Info("alert is over", "alert", f.name, "words", over[f.name])
		}
	}
}

// shown publishes the names of what is wrong.
func (w *Watch) shown() {
	names := []string{}
	for _, name := range slices.Sorted(maps.Keys(w.book.open)) {
		if w.book.open[name].Over.IsZero() {
			names = append(names, name)
		}
	}
	w.open.Store(&names)
}

// tell says what nobody was told yet. What was said is noted at once; a process that dies in between says it again.
func (w *Watch) tell(ctx context.Context) {
	defer func() {
		if err := w.book.save(ctx); err != nil && !errors.Is(err, store.ErrLost) {
			w.log.Debug("alerts are kept in memory", "err", err)
		}
	}()
	if w.book.save(ctx) == nil {
		_ = w.book.load(ctx) // the time of a row is that of the database; what is told has it in its key
	}
	if time.Now().Before(w.again) {
		return
	}
	for _, n := range w.book.untold() {
		if w.o.Tell != nil {
			tctx, cancel := context.WithTimeout(ctx, tellLimit)
			err := w.o.Tell(tctx, n.key, n.words)
			cancel()
			if err != nil {
				w.pause = min(max(2*w.pause, firstPause), longestPause)
				w.again = time.Now().Add(w.pause)
				w.log.Warn("operator.channel could not be told; trying again", "alert", n.name, "retry_in", w.pause, "err", err)
				return
			}
		}
		w.pause = 0
		w.book.told(n.name, w.o.Now())
	}
}
