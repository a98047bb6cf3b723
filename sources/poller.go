package sources

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// defaultWorkers is how many visits go on at once; most of a visit is waiting for a server.
	defaultWorkers = 8
	// visitLimit is the longest a visit takes: a feed of 30 s, readLimit of pages and the last page's 30 s.
	visitLimit = 2 * time.Minute
	// saveLimit bounds one try to save an outcome; it is within the 10 s that SIGTERM leaves.
	saveLimit = 8 * time.Second
	// leaseFor is how long a source is leased: the wait for its host's turn, the visit, and saving it three times over.
	// A source whose wait grew too long is let go and leased again. It is also how long the sources that were under way
	// stay untouched after a crash.
	leaseFor = 5 * time.Minute
	// startWithin is how long after the lease a visit may begin so that the lease outlives it.
	startWithin = leaseFor - visitLimit - saveTries*(saveLimit+savePause*4)
	// maxHand is how many leased sources wait in memory. Many are leased at once because those of one host take turns:
	// the sources of a dead host must not be all that there is in hand.
	maxHand = 512
	// slowAfter is when a visit gives up its place among the workers, and slowPlaces how many may go on in that way beside
	// them: eight dead hosts do not keep eight workers from the rest. Waiting costs a connection and a few KB.
	slowAfter  = 2 * time.Second
	slowPlaces = 64
	// lookEvery is the pause between two looks for due sources; with intervals under 20 s a quarter of the interval, but
	// not under lookLeast. A look that finds nothing is one statement, 0.1 ms on SQLite.
	lookEvery, lookLeast = 5 * time.Second, 250 * time.Millisecond
	// lookLimit bounds one look, and lookRest the pause between looks while the database refuses.
	lookLimit, lookRest = 30 * time.Second, time.Minute
)

// PollerOptions are what NewPoller needs to know. The zero value is usable.
type PollerOptions struct {
	Workers  int              // visits at the same time; 0 is 8
	Interval time.Duration    // between two visits of a healthy source; 0 is 15 minutes
	Now      func() time.Time // nil is time.Now; decides what is due, never about waiting
	// Paused says that nothing more is to be visited for now; nil is never. What is under way ends. It is asked often.
	Paused func() bool
}

// A Poller visits the sources that are due: it leases their rows, fetches each
// feed if it changed, reads the pages of entries that are only teasers, and
// saves what came of it. Sources of one host are visited one after the other,
// those of others beside them. Whatever goes wrong with a source, a panic
// included, is kept on that source.
type Poller struct {
	log      *slog.Logger
	client   *Client
	store    Store
	workers  int
	interval time.Duration
	now      func() time.Time
	paused   func() bool
	look     time.Duration // pause between two looks for due sources
	refused  refusals      // what the database refused
	rhythms  rhythms       // of the sources
}

// NewPoller returns a poller of client's sources; Run starts it.
func NewPoller(log *slog.Logger, client *Client, store Store, o PollerOptions) *Poller {
	if o.Workers <= 0 {
		o.Workers = defaultWorkers
	}
	if o.Interval <= 0 {
		o.Interval = defaultInterval
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Paused == nil {
		o.Paused = func() bool { return false }
	}
	return &Poller{log: log, client: client, store: store, workers: o.Workers, interval: o.Interval, now: o.Now, paused: o.Paused,
		look: max(min(o.Interval/4, lookEvery), lookLeast)}
}

// A visiting is a leased source: waiting for its host, or being visited.
type visiting struct {
	Visit
	host   string
	leased time.Time // before the lease began
	begun  time.Time
	slow   bool // gave up its place among the workers
}

// A hand is what was leased and is not done, in the order in which hosts take turns. Only Run touches it.
type hand struct {
	waiting map[string][]*visiting // by host, longest due first
	hosts   []string               // those of waiting, next first
	count   int                    // in waiting
	running map[string]*visiting   // by host
	slow    int                    // of running
	passed  map[int64]bool         // sources whose lease grew old while they waited: they come first next time
}

// Run visits due sources until ctx ends, and returns nil when the visits
// under way have ended. Those that ctx interrupted are not saved: their sources
// are due again when the lease is over.
func (p *Poller) Run(ctx context.Context) error {
	var (
		h     = hand{waiting: map[string][]*visiting{}, running: map[string]*visiting{}, passed: map[int64]bool{}}
		done  = make(chan *visiting, p.workers+slowPlaces) // never blocks: no more are running
		group sync.WaitGroup
		next  time.Time // when to look for due sources
		more  bool      // the last look left some behind
		rest  = p.look
	)
	defer group.Wait()
	for ctx.Err() == nil {
		room := maxHand - h.count
		paused := p.paused()
		if paused {
			next = time.Now().Add(p.look)
		} else if more && room >= maxHand/2 || room > 0 && !time.Now().Before(next) {
			found, err := p.due(ctx, room)
			if err != nil {
				rest = min(max(2*rest, lookEvery), lookRest)
			} else {
				rest = p.look
			}
			more, next = len(found) == room, time.Now().Add(rest)
			h.add(found)
		}
		for !paused {
			v := h.start(p.workers)
			if v == nil {
				break
			}
			group.Go(func() {
				p.visit(ctx, v.Visit)
				done <- v
			})
		}
		wait := p.look
		if !paused {
			wait = h.idle(next)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case v := <-done:
			h.end(v)
			for range len(done) {
				h.end(<-done)
			}
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// due leases up to n sources that are due.
func (p *Poller) due(ctx context.Context, n int) ([]*visiting, error) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	leased := time.Now()
	visits, err := p.store.Due(ctx, p.now(), n, leaseFor)
	if p.refused.note("due", err) && ctx.Err() == nil {
		p.log.Error("no sources can be leased; trying again until it works", "err", err)
	}
	out := make([]*visiting, 0, len(visits))
	for _, v := range visits {
		out = append(out, &visiting{Visit: v, host: hostOf(v.URL), leased: leased})
	}
	return out, err
}

// hostOf is the host whose turn a visit waits for.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

func (h *hand) add(vs []*visiting) {
	for _, v := range vs {
		if len(h.waiting[v.host]) == 0 {
			h.hosts = append(h.hosts, v.host)
		}
		if h.count++; h.passed[v.Source] {
			delete(h.passed, v.Source)
			h.waiting[v.host] = slices.Insert(h.waiting[v.host], 0, v)
			continue
		}
		h.waiting[v.host] = append(h.waiting[v.host], v)
	}
}

// start takes the next visit whose host is free, and marks it as running; nil
// when there is none or no place for one.
func (h *hand) start(workers int) *visiting {
	now := time.Now()
	for _, v := range h.running {
		if !v.slow && h.slow < slowPlaces && now.Sub(v.begun) >= slowAfter {
			v.slow = true
			h.slow++
		}
	}
	if len(h.running)-h.slow >= workers {
		return nil
	}
	for i := 0; i < len(h.hosts); {
		host := h.hosts[i]
		if h.running[host] != nil {
			i++
			continue
		}
		h.hosts = slices.Delete(h.hosts, i, i+1)
		for len(h.waiting[host]) > 0 {
			v := h.waiting[host][0]
			h.waiting[host] = h.waiting[host][1:]
			h.count--
			if now.Sub(v.leased) > startWithin {
				h.passed[v.Source] = true // its lease would not outlive the visit
				continue
			}
			if len(h.waiting[host]) > 0 {
				h.hosts = append(h.hosts, host)
			} else {
				delete(h.waiting, host)
			}
			v.begun = now
			h.running[host] = v
			return v
		}
		delete(h.waiting, host)
	}
	return nil
}

func (h *hand) end(v *visiting) {
	delete(h.running, v.host)
	if v.slow {
		h.slow--
	}
}

// idle is how long nothing will happen unless a visit ends: until the next
// look, or until a visit turns slow and makes place for another.
func (h *hand) idle(next time.Time) time.Duration {
	wait := lookRest
	if h.count < maxHand {
		wait = time.Until(next)
	}
	if h.count > 0 && h.slow < slowPlaces {
		for _, v := range h.running {
			if !v.slow {
				wait = min(wait, time.Until(v.begun.Add(slowAfter)))
			}
		}
	}
	return max(wait, time.Millisecond)
}
