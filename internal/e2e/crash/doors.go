package crash

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Door is where the program meets its world.
type Door string

// The doors. Anywhere is none of them: the program is killed some time after its start.
const (
	Feed     Door = "feed"
	Page     Door = "page"
	Model    Door = "model"
	Post     Door = "post"
	History  Door = "history" // of a channel, read for a part that may stand there
	Anywhere Door = "anywhere"
)

// A Moment of a request.
type Moment string

const (
	Asked    Moment = "asked"    // the request is there, and nothing comes of it
	Answered Moment = "answered" // it had its effect, and its answer is never sent
	Told     Moment = "told"     // its answer is sent
)

// A Point is where a program is killed, or told to end: at the N-th request of a kind, counted from 1, and at its Moment; After it, when the
// moment is Told. At the door Anywhere it is killed After its start.
type Point struct {
	Door   Door
	Moment Moment
	N      int
	After  time.Duration
	Away   time.Duration // at least so long the program is dead before
}

func (p Point) String() string {
	if p.Door == Anywhere {
		return string(Anywhere)
	}
	return fmt.Sprintf("%s, %s", p.Door, p.Moment)
}

// nonceOver is longer than the program trusts Discord to know a nonce: it reads the channel's history then.
const nonceOver = 3 * time.Minute

// points are a kill at each moment of each door and some anywhere, in random order. History is read for a part that may have
// been posted, so that a kill there follows one right after a post; without history there is none.
func points(r *rand.Rand, history bool) []Point {
	var hands [][]Point
	for _, m := range []Moment{Asked, Answered, Told} {
		var after time.Duration
		if m == Told { // what is stored then takes some milliseconds
			after = time.Duration(r.Int64N(int64(30 * time.Millisecond)))
		}
		for _, d := range []Door{Feed, Page, Model, Post, Post} {
			p := Point{Door: d, Moment: m, N: 1 + r.IntN(2), After: after}
			if d == Feed || d == Model { // there may be but one
				p.N = 1
			}
			hands = append(hands, []Point{p})
		}
		hands = append(hands, []Point{{Door: Anywhere, After: time.Duration(r.Int64N(int64(3 * time.Second)))}})
		if history {
			hands = append(hands, []Point{{Door: Post, Moment: Answered, N: 1}, {Door: History, Moment: m, N: 1, After: after, Away: nonceOver}})
		}
	}
	r.Shuffle(len(hands), func(i, j int) { hands[i], hands[j] = hands[j], hands[i] })
	return slices.Concat(hands...)
}

// doors end a program at a point: the one that comes there.
type doors struct {
	mu     sync.Mutex
	point  Point
	end    func(who string)
	gentle bool // the program is only told to end: its request is answered
	round  int  // grows with every set, so that a late end is not taken for one of the next round
	seen   int
	sprang string // who was ended in this round

	inside atomic.Int64 // requests that are being answered
}

// insideMost is how long empty waits at most.
const insideMost = 10 * time.Second

// empty waits until nothing that a dead program asked is still being answered: what it sent arrives within a second, not
// minutes after its death, as it would seem if the world's time leapt meanwhile.
func (d *doors) empty() {
	for until := time.Now().Add(insideMost); d.inside.Load() > 0 && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
}

// set sets the point of a round. end returns when the program is gone, or when it was told to end; nil is no point.
func (d *doors) set(p Point, end func(who string)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.point, d.end, d.seen = p, end, 0
	d.round++
	if end != nil {
		d.sprang = ""
	}
}

// sprung tells which program of this round was ended at its point, "" when none was.
func (d *doors) sprung() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sprang
}

// pass ends the program that comes to its point, and reports whether it is gone.
func (d *doors) pass(who string, door Door, m Moment) bool {
	d.mu.Lock()
	if d.end == nil || d.point.Door != door || d.point.Moment != m {
		d.mu.Unlock()
		return false
	}
	if d.seen++; d.seen != d.point.N {
		d.mu.Unlock()
		return false
	}
	end, after, round, gentle := d.end, d.point.After, d.round, d.gentle
	die := func() {
		d.mu.Lock()
		if d.round == round {
			d.sprang = who
		}
		d.mu.Unlock()
		end(who)
	}
	d.mu.Unlock()
	if after > 0 {
		time.AfterFunc(after, die) // its answer leaves meanwhile
		return false
	}
	die()
	return !gentle
}

// through lets requests that are of a door pass through it on their way to h; by says which program sends them. A request of
// a program that was killed when it had asked is dropped, and so is the answer that was ready when it was killed.
func (d *doors) through(by func(*http.Request) string, of func(*http.Request) Door, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.inside.Add(1)
		defer d.inside.Add(-1)
		door, who := of(r), by(r)
		if door == "" {
			h.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || d.pass(who, door, Asked) { // it died while it asked
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		if d.pass(who, door, Answered) {
			panic(http.ErrAbortHandler)
		}
		maps.Copy(w.Header(), answer.Header())
		w.Header().Set("Content-Length", fmt.Sprint(answer.Body.Len())) // it is whole when it is sent: the handler goes on
		w.WriteHeader(answer.Code)
		_, _ = w.Write(bytes.Clone(answer.Body.Bytes())) // a program that is gone notices nothing
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		d.pass(who, door, Told)
	})
}
