package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"time"
)

// How processes know of each other. One that was not seen for deadAfter is buried by another, which takes up its jobs and
// leases; it has itself stopped by then what a lease allows, because after fenceAfter it no longer knows that it has one.
const (
	beatEvery  = 5 * time.Second
	fenceAfter = 12 * time.Second
	deadAfter  = 20 * time.Second
	// beatLimit bounds one sign of life; joinLimit taking a lease, and leaving.
	beatLimit = 4 * time.Second
	joinLimit = 5 * time.Second
)

// A Process is one of those that run on the database.
type Process struct {
	ID      string
	Roles   string // such as "gateway,worker"
	Version string
	Started time.Time
	Seen    time.Time // last, by the clock of the database
}

// A Member is this process among those that run on the database. Run keeps it alive.
type Member struct {
	db      *DB
	process Process

	mu   sync.Mutex
	seen time.Time // on the monotonic clock
}

// Join makes the row of this process, under whose id it takes jobs (Work) and leases. On SQLite nobody else can be there
// under the lock of `attache run`: what a dead one left is taken away. On PostgreSQL that is done with those that are
// known to be dead.
func (db *DB) Join(ctx context.Context, roles, version string) (*Member, error) {
	m := &Member{db: db, process: Process{ID: rand.Text(), Roles: roles, Version: version}}
	err := db.InTx(ctx, func(q *Q, _ Jobs) error {
		if db.lock != nil {
			if _, err := q.exec(ctx, "DELETE FROM processes"); err != nil {
				return err
			}
		} else if _, err := q.bury(ctx); err != nil {
			return err
		}
		return m.save(ctx, q)
	})
	if err != nil {
		return nil, failed("join", err)
	}
	db.mu.Lock()
	db.member = m
	db.mu.Unlock()
	return m, nil
}

// ID names the process.
func (m *Member) ID() string { return m.process.ID }

// save writes the row of the process as it is now.
func (m *Member) save(ctx context.Context, q *Q) error {
	began := time.Now()
	now, err := q.clock(ctx)
	if err != nil {
		return err
	}
	if m.process.Started.IsZero() {
		m.process.Started = now
	}
	_, err = q.exec(ctx, `INSERT INTO processes (id, roles, version, started, seen) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET seen = excluded.seen`, m.process.ID, m.process.Roles, m.process.Version, ms(m.process.Started), ms(now))
	if err == nil {
		m.mu.Lock()
		m.seen = began
		m.mu.Unlock()
	}
	return err
}

// Alive reports whether the others still count on this process: only then may it do what its leases allow.
func (m *Member) Alive() bool {
	if m.alone() {
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Since(m.seen) < fenceAfter
}

// alone reports whether no other process can be there.
func (m *Member) alone() bool { return !m.db.dialect.shared }

// Run gives signs of life, and buries the dead, until ctx ends; then the process takes its leave, and what it still held is
// free at once. End its work before.
func (m *Member) Run(ctx context.Context) error {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-beat.C:
			if m.alone() {
				continue
			}
			if err := m.beat(ctx); err != nil && ctx.Err() == nil {
				m.db.log.Warn("no sign of life given", "err", err)
			}
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), joinLimit)
	defer cancel()
	return failed("leave", m.db.InTx(ctx, func(q *Q, _ Jobs) error { return q.inherit(ctx, m.process.ID) }))
}

// beat gives a sign of life and looks for processes that give none.
func (m *Member) beat(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beatLimit)
	defer cancel()
	if err := m.db.InTx(ctx, func(q *Q, _ Jobs) error { return m.save(ctx, q) }); err != nil {
		return err
	}
	var dead []Process
	err := m.db.InTx(ctx, func(q *Q, _ Jobs) (err error) {
		dead, err = q.bury(ctx)
		return err
	})
	for _, p := range dead {
		m.db.log.Warn("a process is gone; others go on with its work", "process", p.ID, "roles", p.Roles, "seen", p.Seen)
	}
	return err
}

// bury takes away the processes that are dead. Their jobs are available again at once (measured by age alone, as the job
// engine does, it takes 81 s), and so are the sources and leases that they held.
func (q *Q) bury(ctx context.Context) ([]Process, error) {
	now, err := q.clock(ctx)
	if err != nil {
		return nil, err
	}
	dead, err := collect(ctx, q, scanProcess, "SELECT "+processColumns+" FROM processes WHERE seen < $1 ORDER BY id "+q.db.dialect.skipLocked,
		ms(now.Add(-deadAfter)))
	if err != nil {
		return nil, failed("look for dead processes", err)
	}
	for _, p := range dead {
		if err := q.inherit(ctx, p.ID); err != nil {
			return nil, failed("take up what a dead process held", err)
		}
	}
	return dead, nil
}

// inherit takes away a process that has ended, and lets others have its jobs, sources and leases at once.
func (q *Q) inherit(ctx context.Context, process string) error {
	for _, statement := range []string{
		q.db.dialect.orphans,
		"UPDATE sources SET lease_token = '', lease_until = 0 WHERE lease_until <> 0 AND substr(lease_token, 1, length($1)) = $1",
		"DELETE FROM processes WHERE id = $1", // with its leases
	} {
		if _, err := q.exec(ctx, statement, process); err != nil {
			return err
		}
	}
	return nil
}

const processColumns = "id, roles, version, started, seen"

func scanProcess(r scanner) (p Process, err error) {
	var started, seen int64
	err = r.Scan(&p.ID, &p.Roles, &p.Version, &started, &seen)
	p.Started, p.Seen = fromMS(started), fromMS(seen)
	return p, err
}

// Processes are those that run on the database, the oldest first; a dead one is among them until it is buried.
func (q *Q) Processes(ctx context.Context) ([]Process, error) {
	ps, err := collect(ctx, q, scanProcess, "SELECT "+processColumns+" FROM processes ORDER BY started, id")
	return ps, failed("load processes", err)
}

// Take takes a lease, which lasts as long as the process lives or until Release; false while somebody else has it. Taking
// one's own again is of no effect.
func (m *Member) Take(ctx context.Context, name string) (ours bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, joinLimit)
	defer cancel()
	err = m.db.InTx(ctx, func(q *Q, _ Jobs) error {
		now, err := q.clock(ctx)
		if err != nil {
			return err
		}
		if err := m.save(ctx, q); err != nil { // it may have been buried meanwhile
			return err
		}
		if _, err := q.exec(ctx, "INSERT INTO leases (name, holder, taken) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING", name, m.process.ID, ms(now)); err != nil {
			return err
		}
		ours, err = q.Holds(ctx, name, m.process.ID)
		return err
	})
	return ours, failed("take the lease of "+name, err)
}

// Release gives a lease back. One that is not held is none to give.
func (m *Member) Release(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), joinLimit)
	defer cancel()
	return failed("release the lease of "+name, m.db.InTx(ctx, func(q *Q, _ Jobs) error {
		_, err := q.exec(ctx, "DELETE FROM leases WHERE name = $1 AND holder = $2", name, m.process.ID)
		return err
	}))
}

// Holds reports whether a process has a lease. In a transaction it keeps it until the end of that: what is written under a
// lease asks first.
func (q *Q) Holds(ctx context.Context, name, process string) (bool, error) {
	_, err := one(ctx, q, scanText, "SELECT name FROM leases WHERE name = $1 AND holder = $2"+q.locked("leases"), name, process)
	if err = known(err); errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, failed("look up the lease of "+name, err)
}

// Leases are who holds what, by name.
func (q *Q) Leases(ctx context.Context) (map[string]string, error) {
	type lease struct{ name, holder string }
	ls, err := collect(ctx, q, func(r scanner) (l lease, err error) {
		err = r.Scan(&l.name, &l.holder)
		return l, err
	}, "SELECT name, holder FROM leases")
	out := make(map[string]string, len(ls))
	for _, l := range ls {
		out[l.name] = l.holder
	}
	return out, failed("load leases", err)
}

// ErrLost says that a lease is held by somebody else now.
var ErrLost = errors.New("another process has taken over")

// Hold does work for as long as this process has a lease: it waits for the lease, and waits for it again after it was
// lost. The context of work ends with the lease. Hold returns when ctx ends, or with what work returns while it has
// the lease.
func (m *Member) Hold(ctx context.Context, name string, work func(ctx context.Context) error) error {
	for ctx.Err() == nil {
		ours, err := m.Take(ctx, name)
		if err != nil && ctx.Err() == nil {
			m.db.log.Warn("no lease taken", "lease", name, "err", err)
		}
		if !ours {
			if !pause(ctx, beatEvery) {
				return nil
			}
			continue
		}
		err = m.under(ctx, name, work)
		if err := m.Release(ctx, name); err != nil {
			m.db.log.Warn("lease not given back", "lease", name, "err", err)
		}
		if !errors.Is(err, ErrLost) {
			return err
		}
		m.db.log.Warn("lease lost", "lease", name)
	}
	return nil
}

// under does work and watches the lease; ErrLost when it was lost meanwhile.
func (m *Member) under(ctx context.Context, name string, work func(ctx context.Context) error) error {
	wctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ended := make(chan error, 1)
	go func() { ended <- work(wctx) }()
	for {
		look := time.NewTimer(beatEvery)
		select {
		case err := <-ended:
			look.Stop()
			if errors.Is(context.Cause(wctx), ErrLost) {
				return ErrLost
			}
			return err
		case <-look.C:
			if m.alone() {
				continue
			}
			if !m.Alive() || !m.still(wctx, name) {
				cancel(ErrLost)
			}
		}
	}
}

// still reports whether the lease is this process's, as far as that can be found out.
func (m *Member) still(ctx context.Context, name string) bool {
	ctx, cancel := context.WithTimeout(ctx, beatLimit)
	defer cancel()
	ours, err := m.db.Read().Holds(ctx, name, m.process.ID)
	return ours || err != nil // without a database Alive tells
}

// pause waits for d; false when ctx ended meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// Pace books the next turn of what all processes together do at most once every interval, and returns how long to wait for
// it. most is more than the turns that wait can ever last: turns booked further ahead are of a clock that was moved since,
// and are forgotten.
func (db *DB) Pace(ctx context.Context, name string, every, most time.Duration) (wait time.Duration, err error) {
	err = db.InTx(ctx, func(q *Q, _ Jobs) error {
		if s := db.dialect.hasty; s != "" {
			if _, err := q.exec(ctx, s); err != nil {
				return err
			}
		}
		now, err := q.clock(ctx)
		if err != nil {
			return err
		}
		next, err := value[int64](ctx, q, `INSERT INTO rates AS r (name, next) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET next = CASE WHEN r.next < $3 OR r.next > $4 THEN $2 ELSE r.next + $5 END
			RETURNING next`, name, now.Add(every).UnixMicro(), now.UnixMicro(), now.Add(most).UnixMicro(), every.Microseconds())
		wait = time.Duration(next-now.UnixMicro())*time.Microsecond - every
		return err
	})
	if err != nil {
		return 0, failed(fmt.Sprintf("book a turn of %q", name), err)
	}
	return max(wait, 0), nil
}

// clock is the time that all processes of the database share, for what they hold and book among themselves: PostgreSQL's
// own. On SQLite, where one process runs at a time, it is that one's.
func (q *Q) clock(ctx context.Context) (time.Time, error) {
	if !q.db.dialect.shared {
		return q.db.now(), nil
	}
	us, err := value[int64](ctx, q, q.db.dialect.clock)
	if err != nil {
		return time.Time{}, failed("ask the database for the time", err)
	}
	return time.UnixMicro(us).UTC(), nil
}

// SaveIdentify counts a session that is about to be begun for a shard.
func (q *Q) SaveIdentify(ctx context.Context, shard int) error {
	now, err := q.clock(ctx)
	if err == nil {
		_, err = q.exec(ctx, "INSERT INTO identifies (at, shard) VALUES ($1, $2)", ms(now), shard)
	}
	if err == nil {
		_, err = q.exec(ctx, "DELETE FROM identifies WHERE at < $1", ms(now.Add(-identifiesKept)))
	}
	return failed("count a session", err)
}

// identifiesKept is how long the beginnings of sessions are kept: Discord counts by the day.
const identifiesKept = 48 * time.Hour

// Identifies counts the sessions that were begun within the last d, by all processes, and of them those of one shard.
func (q *Q) Identifies(ctx context.Context, d time.Duration, shard int) (all, ofShard int, err error) {
	now, err := q.clock(ctx)
	if err == nil {
		err = q.on.QueryRowContext(ctx, "SELECT COUNT(*), COUNT(CASE WHEN shard = $2 THEN 1 END) FROM identifies WHERE at > $1", ms(now.Add(-d)), shard).Scan(&all, &ofShard)
	}
	return all, ofShard, failed("count sessions", err)
}
