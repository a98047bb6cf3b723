package crash

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"attache/internal/e2e/process"
)

const (
	// exitLimit is how long a program may take to end that was told to.
	exitLimit = 10 * time.Second
	// stuckLimit is when one that does not end is killed.
	stuckLimit = 30 * time.Second
)

// unborn is where a program was told to end before it had begun: the system ends it, and there is nothing that it could lose.
const unborn = "before its start"

// An ending is how a program of one round ends.
type ending struct {
	r     *process.Running
	term  bool
	once  sync.Once
	began chan struct{} // closed when it was killed or told to end
	at    time.Time     // of that
	err   error         // it had ended before
}

func (e *ending) end() {
	e.once.Do(func() {
		e.at = time.Now()
		if e.term {
			e.err = e.r.Signal(syscall.SIGTERM)
		} else {
			e.err = e.r.Kill()
		}
		close(e.began)
	})
}

// endAt kills a program at a point, or tells it to end there, or a while after its start when it does not come there, and
// says which it was.
func (l *loop) endAt(ctx context.Context, r *process.Running, p Point) (where string, err error) {
	e := &ending{r: r, term: l.o.Term, began: make(chan struct{})}
	where = p.String()
	late := lateKill
	if p.Door == Anywhere {
		late = p.After
	} else {
		l.world.doors.set(p, func(string) { e.end() })
		defer l.world.doors.set(Point{}, nil)
	}
	timer := time.NewTimer(late)
	defer timer.Stop()
	select {
	case <-e.began:
	case <-r.Done(): // at its point, if it was killed there: the two are seen in any order
		e.end()
	case <-ctx.Done():
		return "stopped", errors.Join(ctx.Err(), r.Kill())
	case <-timer.C:
		e.end()
		if p.Door != Anywhere && l.world.doors.sprung() == "" {
			where = "late"
		}
	}
	if e.err != nil {
		return "", fmt.Errorf("the program ended by itself: %w\n%s", r.Err(), tail(r.Output()))
	}
	if l.o.Term {
		where = l.ended(e, where)
	}
	return where, nil
}

// ended waits until a program has ended that was told to, and looks at how it did.
func (l *loop) ended(e *ending, where string) string {
	limit := time.NewTimer(stuckLimit)
	defer limit.Stop()
	select {
	case <-e.r.Done():
	case <-limit.C:
		_ = e.r.Kill() // said below
	}
	took := time.Since(e.at)
	l.report.Longest = max(l.report.Longest, took)
	switch {
	case e.r.Err() != nil && e.r.Err().Error() == "signal: terminated" && len(e.r.Output()) == 0:
		return unborn
	case took > exitLimit:
		l.problem("the program took %s to end when it was told to (%s)", took.Round(time.Millisecond), where)
	case e.r.Err() != nil:
		l.problem("the program was told to end (%s), and ended with %v: %s", where, e.r.Err(), tail(e.r.Output()))
	}
	return where
}
