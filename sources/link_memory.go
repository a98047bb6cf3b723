package sources

import (
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	// linkKept is how long a page that was read for people is not fetched again: while a link makes its round. A page that is
	// written on meanwhile is read anew soon enough.
	linkKept = 10 * time.Minute
	// linkFailed is the same for what could not be read: long enough that nobody can make the program knock at a door in vain.
	linkFailed = time.Minute
	// linkBytes and linkCount bound what is kept: some 2,000 articles of 4 KB, or 16 of the longest.
	linkBytes = 8 << 20
	linkCount = 2000
	// linkOwn is what an entry takes beside its texts.
	linkOwn = 512
)

// linkMemory keeps what was read of pages for people. It is safe for several goroutines.
type linkMemory struct {
	turns *turns        // one reader for each address
	slots chan struct{} // linksAtOnce

	mu    sync.Mutex
	of    map[string]*linkEntry // by the address asked for, and by that to which it led
	order []*linkEntry          // oldest first
	bytes int
}

type linkEntry struct {
	urls   []string
	linked Linked
	err    error
	until  time.Time
	size   int
}

func newLinkMemory() *linkMemory {
	return &linkMemory{turns: newTurns(0), slots: make(chan struct{}, linksAtOnce), of: map[string]*linkEntry{}}
}

// recall returns what is known of an address.
func (m *linkMemory) recall(url string, now time.Time) (Linked, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trim(now)
	e := m.of[url]
	if e == nil || !now.Before(e.until) {
		return Linked{}, false, nil
	}
	return e.linked, true, e.err
}

// keep remembers what was read, or why it was not.
func (m *linkMemory) keep(urls []string, l Linked, err error, now time.Time) {
	e := &linkEntry{linked: l, err: err, until: now.Add(linkKept), size: linkOwn}
	if err != nil {
		var p *Problem
		if errors.As(err, &p) {
			e.err = &Problem{Code: p.Code, What: p.What, Sentence: p.Sentence, Retryable: p.Retryable} // without what may hold on to the page
		}
		e.until = now.Add(linkFailed)
	}
	for _, s := range []string{l.URL, l.Canonical, l.Title, l.Author, l.Lang, l.SiteName, l.Text, l.Note, l.Credits} {
		e.size += len(s)
	}
	for _, u := range urls {
		if u != "" && !slices.Contains(e.urls, u) {
			e.urls = append(e.urls, u)
			e.size += len(u)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, u := range e.urls {
		m.of[u] = e
	}
	m.order = append(m.order, e)
	m.bytes += e.size
	m.trim(now)
}

// trim forgets what is over, and the oldest while there is too much. m.mu is held.
func (m *linkMemory) trim(now time.Time) {
	keep := m.order[:0]
	for i, e := range m.order {
		if now.Before(e.until) && m.bytes <= linkBytes && len(m.order)-i+len(keep) <= linkCount {
			keep = append(keep, e)
			continue
		}
		m.bytes -= e.size
		for _, u := range e.urls {
			if m.of[u] == e {
				delete(m.of, u)
			}
		}
	}
	clear(m.order[len(keep):])
	m.order = keep
}
