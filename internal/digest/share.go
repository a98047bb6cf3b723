package digest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"sync"
	"time"

	"attache/internal/store"
)

const (
	// sharedFor is how long a composition is used again. What a guild sees is part of its key, so only the briefs and the
	// quotes of revisions that stay the same can be so old.
	sharedFor = 5 * time.Minute
	// sharedMost bounds what is kept, in candidates: some 600 bytes each.
	sharedMost = 100_000
)

// A shareKey is everything that can change a composition: what the guild sees, as it named and ranked it, what its channel
// has read of that, and what its schedule asks for.
type shareKey [sha256.Size]byte

// A composition is what a digest shows, and what was considered for it. Nobody changes it: it may be several guilds'.
type composition struct {
	stories []Story
	rows    []store.Candidate
	outlets int
	lasting bool // good for whoever asks next: nothing failed, and every brief is of the best engine that may be asked
}

// A wanted composition.
type wanted struct {
	sched      store.Schedule
	since, due time.Time
	told       map[int64]store.Told // what the channel has read
	read       map[int64]bool       // the articles of that
}

// compositions keeps those of the last minutes: at eight o'clock many guilds want the same one.
type compositions struct {
	mu     sync.Mutex
	by     map[shareKey]kept
	size   int                        // in candidates
	making map[shareKey]chan struct{} // closed when it is made, or could not be
}

// kept is a composition and until when.
type kept struct {
	composition
	until time.Time
}

func (c *compositions) get(key shareKey) (composition, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.by[key]
	return k.composition, ok && time.Now().Before(k.until)
}

func (c *compositions) put(key shareKey, made composition) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	size := 1 + len(made.rows)
	if c.by == nil {
		c.by = map[shareKey]kept{}
	}
	if c.size+size > sharedMost {
		for k, old := range c.by {
			if !now.Before(old.until) {
				c.drop(k)
			}
		}
	}
	for k := range c.by { // any other: each is as likely to be wanted again
		if c.size+size <= sharedMost {
			break
		}
		c.drop(k)
	}
	c.drop(key)
	c.by[key] = kept{made, now.Add(sharedFor)}
	c.size += size
}

func (c *compositions) drop(key shareKey) {
	if old, ok := c.by[key]; ok {
		c.size -= 1 + len(old.rows)
		delete(c.by, key)
	}
}

// keyOf is the key of a composition of what a guild sees: Scope.View or Scope.Stories, which say the same of it.
func (s *Service) keyOf(ctx context.Context, w wanted, view []store.Story) (shareKey, error) {
	h := sha256.New()
	enc := json.NewEncoder(h) // quoted, so that no two lists of values are written alike
	var engines []string
	for _, e := range s.engines {
		engines = append(engines, e.Name(), e.Version())
	}
	if err := enc.Encode([]any{w.sched.Filter, w.sched.Lang, w.sched.Stories, w.since.UnixNano(), w.due.UnixNano(), onTime(ctx), engines}); err != nil {
		return shareKey{}, err
	}
	for _, st := range view {
		t, told := w.told[st.ID]
		if err := enc.Encode([]any{st.ID, told, readDay(t)}); err != nil {
			return shareKey{}, err
		}
		for _, a := range st.Articles {
			err := enc.Encode([]any{a.ID, a.Revision, a.Source, a.URL, a.Lang, a.Published.UnixNano(), a.Seen.UnixNano(),
				a.Name, a.Tier, a.Country, a.Topics, w.read[a.ID]})
			if err != nil {
				return shareKey{}, err
			}
		}
	}
	return shareKey(h.Sum(nil)), nil
}

// begin makes the caller the one who makes a composition until end is called; where somebody else is at it, end is nil and
// wait is closed when that one is done.
func (c *compositions) begin(key shareKey) (end func(), wait <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if wait, ok := c.making[key]; ok {
		return nil, wait
	}
	if c.making == nil {
		c.making = map[shareKey]chan struct{}{}
	}
	made := make(chan struct{})
	c.making[key] = made
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.making, key)
		close(made)
	}, nil
}

// shared returns a composition that was made within the last minutes for somebody who sees and wants exactly the same, or
// makes it. Of those who want the same at once one makes it and the others wait.
func (s *Service) shared(ctx context.Context, w wanted) (composition, error) {
	key, err := s.keyNow(ctx, w)
	if err != nil {
		return composition{}, err
	}
	if made, ok := s.compositions.get(key); ok {
		return made, nil
	}
	end, wait := s.compositions.begin(key)
	if end == nil {
		select {
		case <-ctx.Done():
			return composition{}, ctx.Err()
		case <-wait:
		}
		if made, ok := s.compositions.get(key); ok {
			return made, nil
		}
		// Whoever made it failed, left, or came to see something else meanwhile: that is no concern of this guild.
		made, _, err := s.compositionOf(ctx, w)
		return made, err
	}
	defer end()
	made, of, err := s.compositionOf(ctx, w)
	if err != nil || !made.lasting || of != key {
		return made, err
	}
	// The stories were read at one moment and their quotes at another: only what stayed the same throughout is others' too.
	if after, err := s.keyNow(ctx, w); err == nil && after == key {
		s.compositions.put(key, made)
	}
	return made, nil
}

// keyNow is the key of what the guild sees now.
func (s *Service) keyNow(ctx context.Context, w wanted) (shareKey, error) {
	view, err := s.db.Read().Guild(w.sched.Guild).View(ctx, w.since.Add(-overlap), w.due)
	if err != nil {
		return shareKey{}, err
	}
	return s.keyOf(ctx, w, view)
}
