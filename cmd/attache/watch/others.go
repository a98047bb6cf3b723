package watch

import (
	"context"
	"fmt"
	"strings"
	"time"

	"attache/internal/store"
)

// publish keeps rows of what this process alone can see, for the one that tells.
func (w *Watch) publish(ctx context.Context, own []finding) {
	if w.o.Member == nil {
		return
	}
	for _, f := range own {
		row := f.name + at + w.o.Member.ID()
		if f.state == unknown || (f.state == wrong) == w.published[row] {
			continue
		}
		err := w.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
			if f.state == fine {
				return q.DropAlert(ctx, row)
			}
			_, err := q.RaiseAlert(ctx, row, f.words)
			return err
		})
		if err == nil {
			w.published[row] = f.state == wrong
		}
	}
}

// merge concludes what the processes have found, each of itself. Something is wrong while one of them finds it so.
func (w *Watch) merge(ctx context.Context, own []finding) {
	all := map[string]finding{}
	for _, name := range []string{Connection, Identifies, Token, Models} {
		all[name] = finding{name: name, state: fine}
	}
	for _, f := range own {
		all[f.name] = f
	}
	for _, row := range w.others(ctx) {
		name, _, _ := strings.Cut(row.Name, at)
		if f := all[name]; f.state != wrong {
			all[name] = finding{name: name, state: wrong, words: row.Words}
		}
	}
	if w.o.Shared && all[Connection].state != wrong {
		if f := w.bereft(ctx); f.state != fine {
			all[Connection] = f
		}
	}
	for _, f := range all {
		w.conclude(f)
	}
}

// bereft finds whether the gateway is held at all, as far as no process can say it of itself: one that is dead says nothing.
func (w *Watch) bereft(ctx context.Context) finding {
	ps, err := w.db.Read().Processes(ctx)
	if err != nil {
		return finding{name: Connection}
	}
	leases, err := w.db.Read().Leases(ctx)
	if err != nil {
		return finding{name: Connection}
	}
	held, shards := 0, 0
	for name := range leases {
		var shard, of int
		if n, _ := fmt.Sscanf(name, "shard %d/%d", &shard, &of); n < 2 || of < shards {
			continue
		}
		if of > shards { // those of an older, smaller number are given back
			held, shards = 0, of
		}
		held++
	}
	gateways := 0
	for _, p := range ps {
		if strings.Contains(p.Roles, "gateway") {
			gateways++
		}
	}
	if gateways > 0 && held == shards {
		w.bare = time.Time{}
		return finding{name: Connection, state: fine}
	}
	if w.bare.IsZero() {
		w.bare = time.Now()
	}
	words := fmt.Sprintf("%d of %d shards of Discord's gateway are held by no process", shards-held, shards)
	if gateways == 0 {
		words = "No process with the role gateway runs"
	}
	since := time.Since(w.bare)
	return judged(Connection, since > gatewayDown, false,
		"%s for %s, so that commands are not answered there; digests are still posted. Start one, or see in the log why none takes them.", words, minutes(since))
}

// others are the rows of the other processes. Those of one that is gone stand for a while, and are taken away then.
func (w *Watch) others(ctx context.Context) (rows []store.Alert) {
	if len(w.book.seen) == 0 || w.o.Member == nil {
		return nil
	}
	ps, err := w.db.Read().Processes(ctx)
	if err != nil {
		return w.book.seen
	}
	alive := map[string]bool{}
	for _, p := range ps {
		alive[p.ID] = true
	}
	for _, a := range w.book.seen {
		_, process, _ := strings.Cut(a.Name, at)
		switch {
		case process == w.o.Member.ID():
			continue
		case alive[process]:
			delete(w.gone, a.Name)
		case w.gone[a.Name].IsZero():
			w.gone[a.Name] = time.Now()
		case time.Since(w.gone[a.Name]) >= goneFor:
			if err := w.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error { return q.DropAlert(ctx, a.Name) }); err == nil {
				delete(w.gone, a.Name)
				continue
			}
		}
		rows = append(rows, a)
	}
	return rows
}
