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

// A Point is where a program is killed: at the N-th request of a kind, counted from 1, and at its Moment; After it, when the
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
// been posted, so that a kill there follows one right after a post.
func points(r *rand.Rand) []Point {
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
		hands = append(hands,
			[]Point{{Door: Post, Moment: Answered, N: 1}, {Door: History, Moment: m, N: 1, After: after, Away: nonceOver}},
			[]Point{{Door: Anywhere, After: time.Duration(r.Int64N(int64(3 * time.Second)))}})
	}
	r.Shuffle(len(hands), func(i, j int) { hands[i], hands[j] = hands[j], hands[i] })
	return slices.Concat(hands...)
}

// doors kill the program at a point.
type doors struct {
	mu     sync.Mutex
	point  Point
	kill   func() // returns when the program is gone
	round  int    // grows with every set, so that a late kill is not taken for one of the next round
	seen   int
	killed bool
}

// set sets the point of a round; a nil kill is none.
func (d *doors) set(p Point, kill func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.point, d.kill, d.seen = p, kill, 0
	d.round++
	if kill != nil {
		d.killed = false
	}
}

// sprung reports whether the program of this round was killed at its point.
func (d *doors) sprung() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.killed
}

// pass kills the program if this is its point, and reports whether it did.
func (d *doors) pass(door Door, m Moment) bool {
	d.mu.Lock()
	if d.kill == nil || d.point.Door != door || d.point.Moment != m {
		d.mu.Unlock()
		return false
	}
	if d.seen++; d.seen != d.point.N {
		d.mu.Unlock()
		return false
	}
	kill, after, round := d.kill, d.point.After, d.round
	die := func() {
		d.mu.Lock()
		d.killed = d.killed || d.round == round
		d.mu.Unlock()
		kill()
	}
	d.mu.Unlock()
	if after > 0 {
		time.AfterFunc(after, die) // its answer leaves meanwhile
		return false
	}
	die()
	return true
}

// through lets requests that are of a door pass through it on their way to h. A request of a program that was killed when it
// had asked is dropped, and so is the answer that was ready when it was killed.
func (d *doors) through(of func(*http.Request) Door, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		door := of(r)
		if door == "" {
			h.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || d.pass(door, Asked) { // it died while it asked
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		if d.pass(door, Answered) {
			panic(http.ErrAbortHandler)
		}
		maps.Copy(w.Header(), answer.Header())
		w.Header().Set("Content-Length", fmt.Sprint(answer.Body.Len())) // it is whole when it is sent: the handler goes on
		w.WriteHeader(answer.Code)
		_, _ = w.Write(bytes.Clone(answer.Body.Bytes())) // a program that is gone notices nothing
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
		d.pass(door, Told)
	})
}
