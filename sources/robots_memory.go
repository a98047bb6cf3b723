package sources

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// How long the rules of a host are believed (RFC 9309, 2.4: not more than a day), how soon a host is asked again whose rules
// could not be had, and how long the last known ones hold meanwhile (2.3.1.4: unreachable means that nothing may be read).
const (
	robotsKept   = 24 * time.Hour
	robotsFailed = 15 * time.Minute
	robotsStale  = 7 * 24 * time.Hour
	robotsHosts  = 4096     // of which rules are remembered
	robotsFetch  = 10 << 20 // bytes that a host may send; of these robotsMax count
)

// robotsMemory keeps the rules of hosts whose pages are read because a feed links to them. It is safe for several goroutines.
type robotsMemory struct {
	turns *turns // one reader for each host

	mu sync.Mutex
	of map[string]robotsEntry // by scheme and host
}

type robotsEntry struct {
	rules *Robots   // nil: unknown, so that nothing may be read
	why   *Problem  // that they are unknown
	from  time.Time // when rules was read
	until time.Time // when it is looked at again
}

func newRobotsMemory() *robotsMemory {
	return &robotsMemory{turns: newTurns(0), of: map[string]robotsEntry{}}
}

// mayRead reports whether the host of u lets programs read it; its error is the *Problem that keeps that from being
// found out. It is asked for pages that this program chose itself: a feed
// that somebody added, and a link that somebody gave, are read as a browser would.
func (c *Client) mayRead(ctx context.Context, u string) (bool, error) {
	at, err := url.Parse(u)
	if err != nil || at.Host == "" {
		return true, nil // the request says what is wrong with it
	}
	site := at.Scheme + "://" + at.Host
	release, err := c.robots.turns.take(ctx, site)
	if err != nil {
		return false, problem(codeStopped, err)
	}
	defer release()
	now := c.opts.Now()
	c.robots.mu.Lock()
	e, known := c.robots.of[site]
	c.robots.mu.Unlock()
	if !known || !now.Before(e.until) || e.until.Sub(now) > robotsKept {
		fresh, err := c.fetchRobots(ctx, site)
		if ctx.Err() != nil {
			return false, problem(codeStopped, ctx.Err())
		}
		if err == nil {
			e = robotsEntry{rules: fresh, from: now, until: now.Add(robotsKept)}
		} else {
			if now.Sub(e.from) > robotsStale {
				e.rules = nil
			}
			e.why, e.until = asProblem(err), now.Add(robotsFailed)
		}
		c.robots.keep(site, e, now)
	}
	if e.rules == nil {
		return false, e.why
	}
	return e.rules.Allowed(robotsAgent(c.opts.UserAgent), u), nil
}

// keep remembers an entry, and makes room for it: what is over goes first, then whatever comes.
func (m *robotsMemory) keep(site string, e robotsEntry, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.of) >= robotsHosts {
		for k, old := range m.of {
			if !now.Before(old.until) {
				delete(m.of, k)
			}
		}
	}
	for k := range m.of {
		if len(m.of) < robotsHosts {
			break
		}
		delete(m.of, k)
	}
	m.of[site] = e
}

// fetchRobots reads the rules of a site. A host that has none, or keeps them from us, allows everything; an error says that
// it is not known whether it has any.
func (c *Client) fetchRobots(ctx context.Context, site string) (*Robots, error) {
	res, err := c.do(ctx, request{url: site + "/robots.txt", accept: "text/plain, */*;q=0.5", max: robotsFetch})
	if err != nil {
		switch asProblem(err).Code {
		case codeRedirects, codeRedirectBad, codeEmpty: // there is no such file (2.3.1.2, 2.3.1.3)
			return &Robots{}, nil
		}
		return nil, err
	}
	switch {
	case res.status == http.StatusTooManyRequests, res.status >= 500:
		return nil, statusProblem(res.status)
	case res.status != http.StatusOK:
		return &Robots{}, nil
	}
	return ParseRobots(res.body), nil
}
