package fakediscord

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// A Fault makes requests fail. Faults are tried in the order in which they were injected; the first that fits is used.
type Fault struct {
	Method string // "" fits every method
	// Path is below /api/v10, as path.Match takes it: "/channels/*/messages", "/interactions/*/*/callback",
	// "/webhooks/*/*/messages/@original"; "" fits every path.
	Path  string
	Skip  int // so many fitting requests pass first
	Times int // so many fail then; 0 is one, -1 all

	Delay      time.Duration // before anything else happens
	After      bool          // what follows happens after the request had its effect: a lost answer
	Cut        bool          // the connection is closed without an answer
	Status     int           // answered instead, with Body
	Body       string
	RetryAfter time.Duration // answered is 429, asking for so long
	Global     bool          // the 429 is the global one, without X-RateLimit-Reset-After
}

// Inject makes requests fail from now on.
func (s *Server) Inject(f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// fault returns the fault that is due for a request, nil for none.
func (s *Server) fault(method, at string) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Times == 0 || f.Method != "" && f.Method != method {
			continue
		}
		if match, err := path.Match(f.Path, at); f.Path != "" && (err != nil || !match) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		return f
	}
	return nil
}

// A bucket counts the requests of a window.
type bucket struct {
	used  int
	reset time.Time
}

// take counts a request; ok is false when it is one too many.
func (b *bucket) take(l Limit, now time.Time) (remaining int, after time.Duration, ok bool) {
	if !now.Before(b.reset) {
		b.used, b.reset = 0, now.Add(l.Per)
	}
	if b.used >= l.Requests {
		return 0, b.reset.Sub(now), false
	}
	b.used++
	return l.Requests - b.used, b.reset.Sub(now), true
}

// limit counts a request against the limits: the 429 when it is one too many, else the headers of its answer.
func (s *Server) limit(method string, p []string) (*answer, http.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	if s.o.Global.Requests > 0 && p[0] != "interactions" && p[0] != "webhooks" {
		if _, after, ok := s.global.take(s.o.Global, now); !ok {
			return tooMany(after, true, ""), nil
		}
	}
	route, major := slices.Clone(p), ""
	for i := range route {
		if i == 1 && (p[0] == "channels" || p[0] == "guilds" || p[0] == "webhooks") {
			major = p[1]
		}
		if strings.Trim(route[i], "0123456789") == "" {
			route[i] = "*"
		}
	}
	h := fnv.New64a()
	fmt.Fprint(h, method, route)
	name := fmt.Sprintf("%016x", h.Sum64())
	b := s.buckets[name+major]
	if b == nil {
		b = &bucket{}
		s.buckets[name+major] = b
	}
	remaining, after, ok := b.take(s.o.Route, now)
	if !ok {
		return tooMany(after, false, name), nil
	}
	return nil, http.Header{
		"X-Ratelimit-Limit": {fmt.Sprint(s.o.Route.Requests)}, "X-Ratelimit-Remaining": {fmt.Sprint(remaining)},
		"X-Ratelimit-Reset":       {fmt.Sprintf("%.3f", float64(b.reset.UnixMilli())/1000)},
		"X-Ratelimit-Reset-After": {fmt.Sprintf("%.3f", after.Seconds())}, "X-Ratelimit-Bucket": {name},
	}
}
