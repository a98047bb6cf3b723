package crash

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"attache/internal/e2e/process"

	"github.com/jackc/pgx/v5/pgtype"
)

const (
	// takeLimit is how long it may take until others have done what a dead worker left.
	takeLimit = 90 * time.Second
	// giveUp is when it is waited for no longer.
	giveUp = 3 * time.Minute
	// lateWorker is when a worker is killed where none came to the point: a digest falls due every minute.
	lateWorker = 75 * time.Second
	// joinLimit is how long a program may take to be among the processes of the database.
	joinLimit = 30 * time.Second
)

// A crew is a gateway and some workers on one database. Their time is the machine's: what one leaves, the others must find out.
type crew struct {
	*loop
	db   *sql.DB
	runs map[string]*process.Running // by place
	ids  map[string]string           // of their rows, by place
	seen map[string]bool             // ids that there were
}

// several kills one worker after the other while the rest goes on, and measures until what it left is done.
func (l *loop) several(ctx context.Context) (err error) {
	if err := l.world.leap(ctx, l.pause()); err != nil { // a digest falls due soon
		return err
	}
	db, err := l.world.open()
	if err != nil {
		return err
	}
	c := &crew{loop: l, db: db, runs: map[string]*process.Running{}, ids: map[string]string{}, seen: map[string]bool{}}
	defer func() {
		for _, r := range c.runs {
			_ = r.Kill() // what still runs is of no more use
		}
		err = errors.Join(err, db.Close())
	}()
	for n := 1; n <= l.o.Rounds; n++ {
		if err := c.fill(ctx); err != nil {
			return fmt.Errorf("before round %d: %w", n, err)
		}
		if err := c.round(ctx, n); err != nil {
			return fmt.Errorf("round %d: %w", n, err)
		}
		if n == l.o.Rounds || l.world.clock.now().Sub(l.settled) > settleAfter {
			if err := c.settle(ctx); err != nil {
				return fmt.Errorf("after round %d: %w", n, err)
			}
		} else {
			l.report.Problems = append(l.report.Problems, twice(l.world.messages())...)
		}
		if len(l.report.Problems) > 0 {
			return nil
		}
	}
	return nil
}

// fill starts a program in each place that has none, and learns under which id it is known.
func (c *crew) fill(ctx context.Context) error {
	for _, p := range c.world.places {
		if c.runs[p.name] != nil {
			continue
		}
		r, err := c.world.run(p)
		if err != nil {
			return err
		}
		c.runs[p.name] = r
		err = until(ctx, joinLimit, func() (bool, error) {
			if err := c.fallen(); err != nil {
				return false, err
			}
			return c.meet(ctx, p.name)
		})
		if err != nil {
			return fmt.Errorf("%s joins: %w", p.name, err)
		}
	}
	return nil
}

// meet looks for the row of a program that was started last.
func (c *crew) meet(ctx context.Context, name string) (met bool, err error) {
	err = each(ctx, c.db, "SELECT id FROM processes", func(rows *sql.Rows) error {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		if !c.seen[id] {
			c.seen[id], c.ids[name], met = true, id, true
		}
		return nil
	})
	return met, err
}

// fallen is an error when a program ended by itself.
func (c *crew) fallen() error {
	for name, r := range c.runs {
		select {
		case <-r.Done():
			return fmt.Errorf("%s ended by itself: %w\n%s", name, r.Err(), tail(r.Output()))
		default:
		}
	}
	return nil
}

// round kills the worker that comes to the next point, and waits until the others have done what it left.
func (c *crew) round(ctx context.Context, n int) error {
	began := time.Now()
	name, where, err := c.killAt(ctx, c.next())
	if err != nil {
		return err
	}
	died, due := time.Now(), c.world.clock.now()
	r := c.runs[name]
	delete(c.runs, name)
	fmt.Fprintf(c.log, "# round %d, %s killed: %s\n%s", n, name, where, r.Output())
	c.clean(r)
	e, err := c.estate(ctx, c.ids[name], due)
	if err != nil {
		return err
	}
	left := ""
	err = until(ctx, giveUp, func() (bool, error) {
		if err := c.fallen(); err != nil {
			return false, err
		}
		var err error
		left, err = c.undone(ctx, e)
		return left == "", err
	})
	took := time.Since(died)
	switch {
	case errors.Is(err, errLate):
		c.problem("%s after %s was killed (%s) this is not done: %s", giveUp, name, where, left)
	case err != nil:
		return err
	case took > takeLimit:
		c.problem("what %s left (%s) was done after %s", name, where, took.Round(time.Second))
	}
	c.report.Rounds = n
	c.report.Kills[where]++
	if !e.empty() {
		c.report.Taken = append(c.report.Taken, took)
	}
	fmt.Fprintf(c.o.Progress, "round %4d  %-16s %-9s left %-40s done after %4.1f s  %5d articles %5d messages  %s, %.0f s\n", n, where, name, e, took.Seconds(),
		len(c.world.room.published()), len(c.world.messages()), c.world.clock.now().Format("Mon 15:04"), time.Since(began).Seconds())
	return nil
}

// killAt kills the worker that comes to a point, or one of them when none does, and says which it was.
func (c *crew) killAt(ctx context.Context, p Point) (name, where string, err error) {
	runs := maps.Clone(c.runs) // of this round, for an end that comes late
	delete(runs, "gateway")
	fell := make(chan string, 1)
	late := lateWorker
	if p.Door == Anywhere {
		late = p.After
	} else {
		c.world.doors.set(p, func(who string) {
			if r := runs[who]; r != nil {
				_ = r.Kill() // ended before: fallen tells
			}
			fell <- who
		})
		defer c.world.doors.set(Point{}, nil)
	}
	timer := time.NewTimer(late)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return "", "", ctx.Err()
	case name = <-fell:
		if runs[name] == nil {
			return "", "", fmt.Errorf("%q came to the door, which is no worker", name)
		}
		return name, p.String(), nil
	case <-timer.C:
	}
	if err := c.fallen(); err != nil {
		return "", "", err
	}
	if where = "late"; p.Door == Anywhere {
		where = p.String()
	}
	names := slices.Sorted(maps.Keys(runs))
	name = names[c.rand.IntN(len(names))]
	return name, where, runs[name].Kill()
}

// settle lets the programs finish what is due, tells all to end, and looks at everything.
func (c *crew) settle(ctx context.Context) error {
	due, began := c.world.clock.now(), time.Now()
	waited := c.world.await(ctx, due, slices.Collect(maps.Values(c.runs))...)
	for _, name := range slices.Sorted(maps.Keys(c.runs)) {
		c.stop(c.runs[name], name)
		delete(c.runs, name)
	}
	return c.verdict(ctx, due, began, waited)
}

// An estate is what a dead process had in its hands, and what was due when it died.
type estate struct {
	id            string
	due           time.Time
	jobs, sources []int64
	leases        []string
}

// empty reports whether it died between two works.
func (e estate) empty() bool { return len(e.jobs)+len(e.sources)+len(e.leases) == 0 }

func (e estate) String() string {
	return fmt.Sprintf("%d jobs, %d sources, leases %q", len(e.jobs), len(e.sources), e.leases)
}

// estate reads what a process that has just died held: others find out only some seconds later.
func (c *crew) estate(ctx context.Context, id string, due time.Time) (e estate, err error) {
	e = estate{id: id, due: due}
	types := pgtype.NewMap()
	for _, q := range []struct {
		query string
		into  any
	}{
		{"SELECT COALESCE(array_agg(id), '{}') FROM river_job WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1", &e.jobs},
		{"SELECT COALESCE(array_agg(id), '{}') FROM sources WHERE lease_until <> 0 AND starts_with(lease_token, $1)", &e.sources},
		{"SELECT COALESCE(array_agg(name ORDER BY name), '{}') FROM leases WHERE holder = $1", &e.leases},
	} {
		if err := c.db.QueryRowContext(ctx, q.query, id).Scan(types.SQLScanner(q.into)); err != nil {
			return e, fmt.Errorf("%s: %w", q.query, err)
		}
	}
	return e, nil
}

// undone says what of an estate is not done yet by others, "" when all is.
func (c *crew) undone(ctx context.Context, e estate) (string, error) {
	for _, q := range []struct {
		what, query string
		args        []any
	}{
		// A part that is posted later is still to be posted; briefs that are asked for again later are made.
		{"jobs", `SELECT COUNT(*) FROM river_job WHERE id = ANY($1)
			AND (state IN ('available', 'retryable', 'running') OR state = 'scheduled' AND kind = 'deliver')`, []any{e.jobs}},
		{"sources", "SELECT COUNT(*) FROM sources WHERE id = ANY($1) AND last_visit <= $2", []any{e.sources, e.due.UnixMilli()}},
		{"leases", `SELECT COUNT(*) FROM unnest($1::text[]) AS l (name)
			WHERE NOT EXISTS (SELECT 1 FROM leases x WHERE x.name = l.name AND x.holder <> $2) AND l.name NOT LIKE 'brief %'
			OR EXISTS (SELECT 1 FROM leases x WHERE x.name = l.name AND x.holder = $2)`, []any{e.leases, e.id}},
	} {
		var n int
		if err := c.db.QueryRowContext(ctx, q.query, q.args...).Scan(&n); err != nil {
			return "", fmt.Errorf("%s: %w", q.query, err)
		}
		if n > 0 {
			return fmt.Sprintf("%d of its %s", n, q.what), nil
		}
	}
	return c.world.behind(ctx, c.db, e.due)
}

// errLate is until's.
var errLate = errors.New("it did not come about in time")

// until looks every tenth of a second whether something has come about.
func until(ctx context.Context, limit time.Duration, ok func() (bool, error)) error {
	end := time.NewTimer(limit)
	defer end.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if done, err := ok(); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end.C:
			return errLate
		case <-tick.C:
		}
	}
}
