package bot

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"attache/internal/store"
)

const (
	guildSaveTime  = 5 * time.Second // for one batch of guild rows
	guildSaveRetry = 2 * time.Second
)

// A guildChange is what the gateway said of guilds.
type guildChange struct {
	guild   store.Guild
	gone    bool     // the bot left it
	present []string // all guilds of a shard at READY; those missing were left while nobody listened. nil: not a READY
	shard   [2]int   // which one, of how many
	at      time.Time
}

// A guildKeeper writes guild rows in the order in which the gateway told of them. Handlers hand over and go on, so that
// a slow disk never delays a heartbeat.
type guildKeeper struct {
	log  *slog.Logger
	db   *store.DB
	wake chan struct{}
	quit chan struct{}
	done chan struct{}

	mu    sync.Mutex
	queue []guildChange
}

func newGuildKeeper(log *slog.Logger, db *store.DB) *guildKeeper {
	k := &guildKeeper{log: log, db: db, wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{})}
	go k.run()
	return k
}

// stop writes what is still to be written and ends the keeper.
func (k *guildKeeper) stop() {
	close(k.quit)
	<-k.done
}

func (k *guildKeeper) joined(id, name, locale string, at time.Time) {
	k.add(guildChange{guild: store.Guild{ID: id, Name: name, Locale: locale, Joined: at}})
}

func (k *guildKeeper) left(id string) {
	k.add(guildChange{guild: store.Guild{ID: id}, gone: true, at: time.Now()})
}

func (k *guildKeeper) present(shard [2]int, ids []string) {
	k.add(guildChange{present: ids, shard: shard, at: time.Now()})
}

func (k *guildKeeper) add(c guildChange) {
	if k.db == nil {
		return
	}
	k.mu.Lock()
	k.queue = append(k.queue, c)
	k.mu.Unlock()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

func (k *guildKeeper) run() {
	defer close(k.done)
	for {
		select {
		case <-k.wake:
		case <-k.quit:
			if err := k.flush(); err != nil {
				k.log.Error("save guilds", "err", err)
			}
			return
		}
		for k.flush() != nil {
			select {
			case <-time.After(guildSaveRetry):
				continue
			case <-k.quit:
			}
			if err := k.flush(); err != nil {
				k.log.Error("save guilds", "err", err)
			}
			return
		}
	}
}

// flush writes the changes so far in one transaction; on an error they are kept.
func (k *guildKeeper) flush() error {
	k.mu.Lock()
	batch := k.queue
	k.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), guildSaveTime)
	defer cancel()
	err := k.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		for _, c := range batch {
			if err := saveGuild(ctx, q, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	k.mu.Lock()
	k.queue = k.queue[len(batch):]
	k.mu.Unlock()
	return nil
}

// saveGuild writes one change.
func saveGuild(ctx context.Context, q *store.Q, c guildChange) error {
	switch {
	case c.gone:
		if err := q.GuildLeft(ctx, c.guild.ID, c.at); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return nil
	case c.present == nil:
		return q.SaveGuild(ctx, c.guild)
	}
	stored, err := q.Guilds(ctx)
	if err != nil {
		return err
	}
	for _, g := range stored {
		id, err := strconv.ParseUint(g.ID, 10, 64) // other guilds are ours alone, such as that of a preview
		if err == nil && shardOf(id, c.shard[1]) == c.shard[0] && g.Left.IsZero() && !slices.Contains(c.present, g.ID) {
			if err := q.GuildLeft(ctx, g.ID, c.at); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	guildGrace  = 30 * 24 * time.Hour // a guild that the bot was removed from keeps its data for so long
	answersKept = 14 * 24 * time.Hour // then the buttons of an answer say that they expired
	auditUsers  = 90 * 24 * time.Hour // then a row of audit or usage no longer says who
	forgetEvery = 10 * time.Minute    // what is held for an hour, with a secret perhaps, is gone soon after it
)

// forget deletes, until ctx ends, what is kept no longer: guilds that were left, old answers and lookups, users in
// old audit rows.
func (b *Bot) forget(ctx context.Context) {
	for ctx.Err() == nil {
		if err := b.forgetNow(ctx, b.desk.services.Now()); err != nil && ctx.Err() == nil {
			b.log.Error("forget", "err", err)
		}
		sleep(ctx, forgetEvery)
	}
}

func (b *Bot) forgetNow(ctx context.Context, now time.Time) error {
	return b.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		gs, err := q.Guilds(ctx)
		if err != nil {
			return err
		}
		for _, g := range gs {
			if g.Left.IsZero() || now.Sub(g.Left) < guildGrace {
				continue
			}
			if err := q.ForgetGuild(ctx, g.ID); err != nil {
				return err
			}
			b.log.Info("guild forgotten", "guild", g.ID)
		}
		if _, err := q.PruneAnswers(ctx, now.Add(-answersKept), now); err != nil {
			return err
		}
		if _, err := q.PruneLookups(ctx, now.Add(-lookupsKept)); err != nil {
			return err
		}
		if _, err := q.PruneNotices(ctx, now.Add(-noticesKept)); err != nil {
			return err
		}
		if _, err := q.PruneAudit(ctx, now.Add(-auditUsers)); err != nil {
			return err
		}
		return q.PruneUsage(ctx, now.Add(-auditUsers))
	})
}
