package sources

import (
	"context"
	"sync"
)

// atOnce is how many sources are tried at the same time; those of one host take turns as always.
const atOnce = 8

// TryMany tries addresses as Try does, some at a time, and calls done with each in the order in which they end, one call at a
// time. It returns when all have ended; those that ctx kept from being tried are left out.
func (c *Client) TryMany(ctx context.Context, urls []string, done func(i int, f Found, err error)) {
	var mu sync.Mutex
	var group sync.WaitGroup
	next := make(chan int)
	for range min(atOnce, len(urls)) {
		group.Go(func() {
			for i := range next {
				tctx, cancel := context.WithTimeout(ctx, 4*c.opts.Timeout)
				f, err := c.Try(tctx, urls[i])
				cancel()
				if ctx.Err() != nil {
					continue
				}
				mu.Lock()
				done(i, f, err)
				mu.Unlock()
			}
		})
	}
	for i := range urls {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	group.Wait()
}
