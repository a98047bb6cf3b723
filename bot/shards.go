package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// lookLimit bounds a look at the leases: one that takes longer would hold up the end of sessions that are lost.
const lookLimit = 4 * time.Second

// Run holds the gateway sessions until ctx ends, keeping guild rows (joined, left, name) up to date: of all shards, or, with
// Options.Member, of those for which this process has the lease. It reconnects for as long as there is hope, and returns
// when its goroutines have ended. An error says what an operator must do. A *GatewayRefusal is Discord's: where it has
// Opened, the caller may go on with other work, such as posting, and call Run again some minutes later, one Run at a time.
func (b *Bot) Run(ctx context.Context) error {
	guilds := newGuildKeeper(b.log, b.db)
	defer guilds.stop()
	if b.desk != nil && b.db != nil {
		ctx, cancel := context.WithCancel(ctx)
		var background sync.WaitGroup
		background.Go(func() {
			select {
			case <-b.known:
				b.once(ctx, "commands", b.register)
			case <-ctx.Done():
			}
		})
		background.Go(func() { b.once(ctx, "forget", b.forget) })
		defer func() {
			cancel()
			background.Wait()
			b.desk.running.Wait()
		}()
	}
	b.gateway.began()
	f := &fleet{bot: b, starter: newStarter(b), guilds: guilds, held: map[int]*holding{}, failed: make(chan failure)}
	err := f.run(ctx)
	f.drop(ctx, f.all()...)
	var refusal *GatewayRefusal
	if errors.As(err, &refusal) {
		refusal.Opened = b.gateway.refuse(refusal.Reason)
	}
	return err
}

// once does work in one of the processes that share the gateway.
func (b *Bot) once(ctx context.Context, lease string, work func(context.Context)) {
	if b.member == nil {
		work(ctx)
		return
	}
	err := b.member.Hold(ctx, lease, func(ctx context.Context) error {
		work(ctx)
		return nil
	})
	if err != nil && ctx.Err() == nil {
		b.log.Error("work under a lease", "lease", lease, "err", err)
	}
}

// A fleet is the shards that this process holds.
type fleet struct {
	bot     *Bot
	starter *starter
	guilds  *guildKeeper
	shards  int // in all; 0 before that is known
	least   int // Discord refused fewer
	held    map[int]*holding
	failed  chan failure
}

// A holding is a shard of this process. Its session has begun when done is not nil.
type holding struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// A failure is a session that will never be.
type failure struct {
	shard [2]int
	err   error
}

// run keeps to the shards that this process is to hold until ctx ends.
func (f *fleet) run(ctx context.Context) error {
	want, err := f.number(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	var tick <-chan time.Time
	if f.bot.member != nil {
		ticker := time.NewTicker(f.bot.timings.Look)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		f.look(ctx, max(want, f.least))
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		case failed := <-f.failed:
			if failed.shard[1] != f.shards {
				continue // of a number that was given up meanwhile
			}
			var refusal *GatewayRefusal
			if !errors.As(failed.err, &refusal) || refusal.Code != 4011 || f.bot.shards != 0 {
				return failed.err
			}
			a, err := f.starter.ask(ctx, true)
			if err != nil || a.Shards <= f.shards {
				a.Shards = 2 * f.shards
			}
			f.least = a.Shards
			f.bot.log.Warn("discord wants the gateway split into more shards", "shards", f.least)
		}
	}
}

// number returns how many shards there are to be, as the configuration has it or as Discord recommends.
func (f *fleet) number(ctx context.Context) (int, error) {
	for pause := f.bot.timings.Retry; ctx.Err() == nil; pause = min(2*pause, f.bot.timings.Slow) {
		a, err := f.starter.ask(ctx, false)
		if err == nil {
			if f.bot.shards > 0 {
				return f.bot.shards, nil
			}
			return a.Shards, nil
		}
		if refusal := refusalOf(err); refusal != nil {
			return 0, refusal
		}
		if ctx.Err() == nil {
			f.bot.log.Warn("discord was not asked how many shards it wants", "err", f.bot.rest.hide(err), "retry_in", pause)
			sleep(ctx, pause)
		}
	}
	return 0, nil
}

// look takes up and gives back shards, want of which there are to be unless other processes hold some of another number.
func (f *fleet) look(ctx context.Context, want int) {
	defer func() { f.bot.gateway.holds(f.shards, len(f.held)) }()
	if f.bot.member == nil {
		if f.shards != want {
			f.drop(ctx, f.all()...)
			f.shards = want
		}
		for i := range f.shards {
			f.hold(ctx, i)
		}
		return
	}
	if !f.bot.member.Alive() {
		f.bot.log.Warn("gateway sessions are closed: the database was not reached, and other processes may take the shards over")
		f.lose(f.all()...)
		return
	}
	sctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	if err := f.share(ctx, sctx, want); err != nil && ctx.Err() == nil {
		f.bot.log.Warn("shards not looked at", "err", err)
	}
}

// share agrees with the other processes on who holds what. A process that finds shards of a number holds to that number,
// and to the largest where there are several: Discord took it last. It begins no session before those of the other
// numbers have ended, so that no guild has two. limit bounds the work on the database, ctx the sessions.
func (f *fleet) share(ctx, limit context.Context, want int) error {
	read := f.bot.db.Read()
	leases, err := read.Leases(limit)
	if err != nil {
		return err
	}
	processes, err := read.Processes(limit)
	if err != nil {
		return err
	}
	gateways := 0
	for _, p := range processes {
		if slices.Contains(strings.Split(p.Roles, ","), "gateway") {
			gateways++
		}
	}
	numbers := map[int]int{} // leases by the number of shards
	for name := range leases {
		if shard, ok := leased(name); ok {
			numbers[shard[1]]++
		}
	}
	number := f.least
	for n := range numbers {
		number = max(number, n)
	}
	if number == 0 {
		number = want
	}
	if number != f.shards {
		f.drop(limit, f.all()...)
		f.shards = number
	}
	free, lost := []int{}, []int{}
	for i := range number {
		holder, taken := leases[leaseOf([2]int{i, number})]
		mine := holder == f.bot.member.ID()
		switch {
		case f.held[i] != nil && !mine:
			lost = append(lost, i)
		case f.held[i] == nil && (!taken || mine):
			free = append(free, i)
		}
	}
	f.lose(lost...)
	most := (number + max(gateways, 1) - 1) / max(gateways, 1)
	if len(f.held) > most && len(free) == 0 {
		f.drop(limit, f.spare()) // one at a time: the next when somebody has taken it
	}
	for _, i := range free {
		if len(f.held) >= most {
			break
		}
		ours, err := f.bot.member.Take(limit, leaseOf([2]int{i, number}))
		if err != nil {
			return err
		}
		if ours {
			f.held[i] = &holding{}
		}
	}
	if len(f.held) == 0 && len(free) == 0 {
		f.bot.readied.Do(func() { close(f.bot.ready) })
	}
	delete(numbers, number)
	if len(numbers) == 0 {
		for i := range f.held {
			f.hold(ctx, i)
		}
	}
	return nil
}

// leaseOf names the lease of a shard.
func leaseOf(shard [2]int) string { return fmt.Sprintf("shard %d/%d", shard[0], shard[1]) }

// leased reads the name of a shard's lease.
func leased(name string) (shard [2]int, ok bool) {
	n, err := fmt.Sscanf(name, "shard %d/%d", &shard[0], &shard[1])
	return shard, err == nil && n == 2 && shard[1] > 0
}

// shardOf is the shard that a guild belongs to (events/gateway, "Sharding").
func shardOf(guild uint64, shards int) int { return int((guild >> 22) % uint64(max(shards, 1))) }

// hold begins the session of a shard, if it has none.
func (f *fleet) hold(ctx context.Context, i int) {
	h := f.held[i]
	if h == nil {
		h = &holding{}
		f.held[i] = h
	}
	if h.done != nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	h.cancel, h.done = cancel, make(chan struct{})
	shard, done := [2]int{i, f.shards}, h.done
	go func() {
		defer close(done)
		if err := f.bot.keep(ctx, shard, f.starter, f.guilds); err != nil {
			select {
			case f.failed <- failure{shard, err}:
			case <-ctx.Done():
			}
		}
	}()
}

// all are the shards that this process holds.
func (f *fleet) all() []int {
	var is []int
	for i := range f.held {
		is = append(is, i)
	}
	return is
}

// spare is the shard that is missed least: one whose session is not open, else the last.
func (f *fleet) spare() int {
	is := f.all()
	slices.SortFunc(is, func(i, j int) int { return j - i })
	for _, i := range is {
		if !f.bot.gateway.isOpen(i) {
			return i
		}
	}
	return is[0]
}

// lose ends the sessions of shards that are no longer this process's.
func (f *fleet) lose(is ...int) {
	for _, i := range is {
		if f.held[i].done != nil {
			f.held[i].cancel()
		}
	}
	for _, i := range is {
		if f.held[i].done != nil {
			<-f.held[i].done
		}
		delete(f.held, i)
	}
}

// drop ends the sessions of shards and lets other processes have them.
func (f *fleet) drop(ctx context.Context, is ...int) {
	f.lose(is...)
	if f.bot.member == nil {
		return
	}
	for _, i := range is {
		if err := f.bot.member.Release(ctx, leaseOf([2]int{i, f.shards})); err != nil {
			f.bot.log.Warn("shard not given back", "shard", i, "err", err)
		}
	}
}
