package digest

import (
	"context"
	"sync"
)

// writers are those who write a brief, each in a goroutine that outlives whoever asked for it first.
type writers struct {
	mu      sync.Mutex
	stopped bool
	cancel  map[int]context.CancelFunc
	last    int
	group   sync.WaitGroup
}

// enter counts a writer until leave. cancel ends its work. It is not let in, and ok is false, after stop.
func (w *writers) enter(cancel context.CancelFunc) (leave func(), ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return nil, false
	}
	if w.cancel == nil {
		w.cancel = map[int]context.CancelFunc{}
	}
	w.last++
	n := w.last
	w.cancel[n] = cancel
	w.group.Add(1)
	return func() {
		w.mu.Lock()
		delete(w.cancel, n)
		w.mu.Unlock()
		w.group.Done()
	}, true
}

// stop cancels what all writers do, and returns when they have left.
func (w *writers) stop() {
	w.mu.Lock()
	w.stopped = true
	for _, cancel := range w.cancel {
		cancel()
	}
	w.mu.Unlock()
	w.group.Wait()
}

// Stop ends what is still being written and nobody waits for any more, such as a brief by a model that does not answer.
// It returns when all has ended; from then on no brief is written. Call it when the jobs have ended, before the database
// is closed.
func (s *Service) Stop() { s.writers.stop() }
