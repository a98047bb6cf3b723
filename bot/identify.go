package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"attache/internal/store"
)

// Discord lets a bot begin 1,000 sessions in 24 hours, counts them by token, and resets a token that begins more. Here they
// are counted before they are begun, and kept below half of that: the rest is for whoever has to mend something in a hurry.
// Resuming a session costs nothing.
const (
	identifyDay = 24 * time.Hour
	startsTotal = 1000 // where Discord does not say
	// startsFree is how many sessions a shard begins in a day without waiting, however many shards there are: restarts and
	// deploys.
	startsFree = 3
	// turnAhead is how long before its turn a shard connects; a connection and its HELLO take 0.1 to 0.3 s.
	turnAhead = 2 * time.Second
	turnsMost = 2 * time.Minute // more than the turns of a group can be booked ahead: each process books one at a time
	countTime = 5 * time.Second // for counting in the database
	adviceAge = time.Minute     // how long Discord's answer to GET /gateway/bot is good, which it gives twice in five seconds
)

var (
	errUnasked = errors.New("the gateway library began a session of its own accord")
	errTooMany = errors.New("too many gateway sessions were begun in the last 24 hours: the next one waits")
)

// An advice is Discord's answer to GET /gateway/bot.
type advice struct {
	URL    string `json:"url"`
	Shards int    `json:"shards"`
	Limit  struct {
		Total       int   `json:"total"`
		Remaining   *int  `json:"remaining"`
		ResetAfter  int64 `json:"reset_after"` // milliseconds
		Concurrency int   `json:"max_concurrency"`
	} `json:"session_start_limit"`
	at time.Time
}

// A starter lets the sessions of all shards begin, each in its turn.
type starter struct {
	bot  *Bot
	born time.Time

	mu     sync.Mutex
	advice advice
	groups map[int]*group
	begun  []begunAt // of the last day, where no database counts them
}

// A group are the shards that begin one after the other.
type group struct {
	turn chan struct{} // holds one while a shard begins
	last time.Time     // when one did
}

type begunAt struct {
	at    time.Time
	shard int
}

func newStarter(b *Bot) *starter { return &starter{bot: b, born: time.Now(), groups: map[int]*group{}} }

// ask returns what Discord advises, which may be a minute old.
func (s *starter) ask(ctx context.Context, fresh bool) (advice, error) {
	s.mu.Lock()
	a := s.advice
	s.mu.Unlock()
	if !fresh && !a.at.IsZero() && time.Since(a.at) < adviceAge {
		return a, nil
	}
	a = advice{at: time.Now()}
	if err := s.bot.rest.get(ctx, "/gateway/bot", &a); err != nil {
		return advice{}, err
	}
	a.Shards = max(a.Shards, 1)
	a.Limit.Concurrency = max(a.Limit.Concurrency, 1)
	if a.Limit.Total <= 0 {
		a.Limit.Total = startsTotal
	}
	s.mu.Lock()
	s.advice = a
	s.mu.Unlock()
	return a, nil
}

// A start is the leave of one shard to begin one session.
type start struct {
	starter *starter
	shard   [2]int
	address string
	turn    time.Time
	group   *group
	end     func() // lets the next shard of the group go on
}

// wait waits for the turn of a shard and takes it; the caller ends it.
func (s *starter) wait(ctx context.Context, shard [2]int) (*start, error) {
	for fresh := false; ; {
		a, err := s.ask(ctx, fresh)
		if err != nil {
			return nil, err
		}
		pause, err := s.pause(ctx, a, shard)
		if err != nil {
			return nil, err
		}
		if pause == 0 {
			g := s.group(shard[0] % a.Limit.Concurrency)
			select {
			case g.turn <- struct{}{}:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			st := &start{starter: s, shard: shard, address: a.URL, group: g, end: sync.OnceFunc(func() { <-g.turn })}
			wait, err := s.book(ctx, shard[0]%a.Limit.Concurrency)
			if err != nil {
				st.end()
				return nil, err
			}
			st.turn = time.Now().Add(wait)
			sleep(ctx, wait-turnAhead)
			return st, ctx.Err()
		}
		s.bot.log.Warn("a gateway session waits: many were begun in the last 24 hours", "shard", shard[0], "for", pause.Round(time.Second))
		sleep(ctx, min(pause, identifyDay/24))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		fresh = true
	}
}

func (s *starter) group(key int) *group {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[key]
	if g == nil {
		g = &group{turn: make(chan struct{}, 1)}
		s.groups[key] = g
	}
	return g
}

// book books the next turn of a group among all processes.
func (s *starter) book(ctx context.Context, key int) (time.Duration, error) {
	if s.bot.db == nil {
		return 0, nil // the group's own pace is enough
	}
	ctx, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	return s.bot.db.Pace(ctx, "identify "+strconv.Itoa(key), s.bot.timings.Identify, turnsMost)
}

// pause returns how long a shard has to wait before it may begin a session, 0 when it may now.
func (s *starter) pause(ctx context.Context, a advice, shard [2]int) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	var all, own int
	var err error
	if s.bot.db != nil {
		all, own, err = s.bot.db.Read().Identifies(ctx, identifyDay, shard[0])
	} else {
		all, own = s.counted(shard[0])
	}
	if err != nil {
		return 0, err
	}
	s.bot.gateway.counted(all, a.Limit.Total)
	if r := a.Limit.Remaining; r != nil && *r <= 0 {
		wait := time.Duration(a.Limit.ResetAfter) * time.Millisecond
		return min(max(wait, s.bot.timings.Slow), identifyDay), nil
	}
	if s.full(a, shard[1], all, own) {
		return s.bot.timings.Slow, nil
	}
	return max(0, spacing(a.Limit.Total, shard[1], own)-time.Since(s.last(shard[0]))), nil
}

// full reports whether so many sessions were begun today that a shard that began some of them may begin none now. One that
// began none is let through as long as any are left, because others wait before they take what it needs.
func (s *starter) full(a advice, shards, all, own int) bool {
	most := startsMost(a.Limit.Total, shards)
	if own > 0 {
		most -= min(shards, most/4)
	}
	return all+1 >= most
}

// startsMost is what is kept below: half of a day's sessions, but always enough to bring up every shard once.
func startsMost(total, shards int) int { return max(total/2, min(shards+2, total)) }

// spacing is how long a shard that began so many sessions today waits from the last of them to the next. With x its part of
// what a shard may begin, and x₀ = 1/4 up to which it waits for nothing, that is (x-x₀)/(1-x) of a day's even share. A
// shard that fails all day begins 0.92 of its part on the first day, and 0.69 on each after that; all shards together
// stay below half of Discord's limit, however many there are.
func spacing(total, shards, own int) time.Duration {
	if own < startsFree {
		return 0
	}
	part := max(float64(total/2)/float64(shards), 2*startsFree)
	free := max(part/4, startsFree-1)
	if float64(own) <= free {
		return 0
	}
	if float64(own) >= part-0.5 {
		return identifyDay
	}
	return min(identifyDay, time.Duration(float64(identifyDay)/part*(float64(own)-free)/(part-float64(own))))
}

// counted counts the sessions of the last day that this process has begun, and those of one shard.
func (s *starter) counted(shard int) (all, own int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun = slices.DeleteFunc(s.begun, func(i begunAt) bool { return time.Since(i.at) >= identifyDay })
	for _, i := range s.begun {
		if i.shard == shard {
			own++
		}
	}
	return len(s.begun), own
}

// last is when this process began a session for a shard, within a day. Where it began none, it is when it came: a process
// that is started again and again waits as well.
func (s *starter) last(shard int) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range slices.Backward(s.begun) {
		if i.shard == shard {
			return i.at
		}
	}
	return s.born
}

// identify waits until the turn has come and counts the session, just before its first payload is sent.
func (st *start) identify(ctx context.Context) error {
	s := st.starter
	until := time.Until(st.turn)
	if !st.group.last.IsZero() { // the one before may have been late
		until = max(until, s.bot.timings.Identify-time.Since(st.group.last))
	}
	sleep(ctx, until)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if s.bot.db != nil {
		if err := s.save(ctx, st.shard); err != nil {
			return err
		}
	}
	st.group.last = time.Now()
	s.bot.gateway.identified()
	s.mu.Lock()
	s.begun = append(s.begun, begunAt{st.group.last, st.shard[0]})
	s.begun = slices.DeleteFunc(s.begun, func(i begunAt) bool { return time.Since(i.at) >= identifyDay })
	s.mu.Unlock()
	return nil
}

// save counts a session in the database, unless others have begun so many meanwhile that it is one too many.
func (s *starter) save(ctx context.Context, shard [2]int) error {
	ctx, cancel := context.WithTimeout(ctx, countTime)
	defer cancel()
	s.mu.Lock()
	a := s.advice
	s.mu.Unlock()
	return s.bot.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		all, own, err := q.Identifies(ctx, identifyDay, shard[0])
		if err != nil {
			return err
		}
		if s.full(a, shard[1], all, own) {
			return errTooMany
		}
		if err := q.SaveIdentify(ctx, shard[0]); err != nil {
			return fmt.Errorf("begin a session: %w", err)
		}
		return nil
	})
}
