package bot

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// turnTime is how long a handler keeps others from their turn. One that takes longer waits for a site or a model, and not
// for the processor.
const turnTime = 500 * time.Millisecond

// turns lets as many handlers work at the same time as there are processors. With a hundred at once, whatever else is
// done, telling Discord to wait too, would come after ten milliseconds of each of them.
type turns chan struct{}

func newTurns() turns { return make(turns, max(2, runtime.GOMAXPROCS(0))) }

// enter waits for a turn, those who came first first; leave ends it. Its error is that of ctx.
func (t turns) enter(ctx context.Context) (leave func(), err error) {
	select {
	case t <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	end := sync.OnceFunc(func() { <-t })
	timer := time.AfterFunc(turnTime, end)
	return func() { timer.Stop(); end() }, nil
}
