package digest

import (
	"context"
	"errors"
	"testing"
	"time"

	"attache/internal/store"
)

// Stop ends what is written for somebody who has left, and returns when it has ended; nothing is written afterwards.
func TestStopEndsWriting(t *testing.T) {
	w := newWorld(t)
	engine := &slow{counting: counting{Engine: renamed{w.engine, "slow"}}, asked: make(chan struct{}), leave: make(chan struct{})}
	w.engine = engine
	w.restart()
	w.publish(piece{source: w.subscribe("guild", "Gazette", store.Press, "FR"), story: 1, ago: time.Hour})
	compose := func(ctx context.Context) error {
		_, _, err := w.s.Compose(ctx, store.Schedule{Guild: "guild", Zone: "UTC", Lang: "en"}, "", w.clock.now())
		return err
	}
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { left <- compose(ctx) }()
	<-engine.asked
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the one who left: %v", err)
	}
	w.s.Stop() // without it the engine waits for ever
	if n := engine.ended.Load(); n != 1 {
		t.Errorf("%d of 1 engines has ended", n)
	}
	close(engine.leave)
	if err := compose(t.Context()); err == nil && engine.n.Load() > 0 {
		t.Error("a brief was written after the end")
	}
}
