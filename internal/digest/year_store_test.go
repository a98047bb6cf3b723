package digest

import (
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"attache/internal/store"
)

// yearAhead is Options.Ahead of the simulated service: briefs that are made ahead are TestPlan's.
const yearAhead = time.Millisecond

// Ten years through the store, in zones whose clocks are moved by hours, by half an hour, at midnight, at Ramadan and never:
// the program lives for hours, through each change of clocks but a few, and is away for seconds or weeks between.
// Schedules are edited and paused meanwhile, Discord is away, and the machine's clock jumps by hours and back. What the
// store has in the end is compared, slot by slot, with what it must have.
func TestYearStore(t *testing.T) {
	zones := []string{"Europe/Brussels", "Africa/Casablanca", "Africa/Cairo", "America/Havana", "America/Nuuk", "Antarctica/Troll",
		"Asia/Kolkata", "Australia/Lord_Howe"}
	years := 10
	if raceDetector || testing.Short() {
		zones, years = zones[:2], 1
	}
	for _, zone := range zones {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			if s, err := strconv.ParseUint(os.Getenv("YEAR_SEED"), 10, 64); err == nil {
				seed = s
			}
			synctest.Test(t, func(t *testing.T) {
				defer func() {
					if t.Failed() {
						t.Logf("YEAR_SEED=%d shows it again", seed)
					}
				}()
				y := newYear(t, zone, years, rand.New(rand.NewPCG(seed, 0)))
				defer func() { y.db.Close() }()
				for y.now().Before(y.end) && !t.Failed() {
					y.live()
					y.away()
				}
				y.compare()
				if y.fired < 30*years {
					t.Errorf("only %d slots fired", y.fired)
				}
				t.Logf("%d lives, %d slots fired, %d missed, %d jumps of the clock, %d edits", y.lives, y.fired, y.missed, y.jumps, y.edits)
			})
		})
	}
}

// A year is a store, a service that is restarted, and what must become of the schedules.
type year struct {
	t       *testing.T
	rnd     *rand.Rand
	path    string
	db      *store.DB
	s       *Service
	shift   time.Duration // from the bubble's time to the simulated one
	skew    time.Duration // by which the machine's clock is wrong
	end     time.Time
	silent  bool        // Discord takes no message
	changes []time.Time // of the zone's clocks
	fires   [][]fire    // of each kind
	plans   []*expected

	lives, fired, missed, jumps, edits int
}

// expected is a schedule and what must stand of it in the store.
type expected struct {
	store.Schedule
	kind   int
	last   fire // the newest slot that was planned
	rows   map[string]*outcome
	posted map[string]int
}

// An outcome is a delivery as it must be.
type outcome struct {
	status string
	missed int
	due    time.Time
}

func newYear(t *testing.T, zone string, years int, rnd *rand.Rand) *year {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	y := &year{t: t, rnd: rnd, path: filepath.Join(t.TempDir(), "year.db"), shift: time.Until(begin), end: begin.AddDate(years, 0, 0)}
	// From some days before, which the clock may jump back to.
	clocks := stretches(must[*time.Location](t)(ParseZone(zone)), begin.AddDate(0, 0, -3), y.end.AddDate(1, 0, 0))
	for _, c := range clocks[1:] {
		y.changes = append(y.changes, c.from)
	}
	for _, k := range yearKinds {
		y.fires = append(y.fires, k.fires(clocks))
	}
	y.restart(true)
	for i, k := range yearKinds {
		e := &expected{kind: i, rows: map[string]*outcome{}, posted: map[string]int{},
			Schedule: store.Schedule{Guild: "guild", Spec: k.spec, Zone: zone, Target: store.Target{Channel: "100"}, From: begin}}
		y.write(func(q *store.Q) (err error) { e.ID, err = q.SaveSchedule(context.Background(), e.Schedule); return err })
		y.plans = append(y.plans, e)
	}
	return y
}

func (y *year) now() time.Time { return time.Now().Add(y.shift + y.skew) }

// restart forgets what was in memory; reopened is the database too.
func (y *year) restart(reopen bool) {
	if reopen {
		if y.db != nil {
			if err := y.db.Close(); err != nil {
				y.t.Error(err)
			}
		}
		y.db = must[*store.DB](y.t)(store.Open(context.Background(), "sqlite:"+y.path, store.Options{Now: y.now}))
	}
	y.s = New(quiet(), y.db, nil, nil, Options{Now: y.now, Ahead: yearAhead})
}

func (y *year) write(fn func(q *store.Q) error) {
	if err := y.db.InTx(context.Background(), func(q *store.Q, _ store.Jobs) error { return fn(q) }); err != nil {
		y.t.Fatal(err)
	}
}

// live runs the program until it is killed.
func (y *year) live() {
	y.lives++
	y.restart(y.lives%20 == 0)
	y.silent = y.rnd.IntN(8) == 0
	death := time.Now().Add(time.Hour + y.upTo(8*time.Hour))
	if d := y.toChange(); d < 24*time.Hour {
		death = time.Now().Add(d + y.upTo(24*time.Hour))
	}
	jump := death // never
	if !y.silent && y.rnd.IntN(5) == 0 {
		jump = time.Now().Add(y.upTo(time.Until(death)))
	}
	for time.Now().Before(death) && !y.t.Failed() {
		if !jump.After(time.Now()) && jump.Before(death) {
			jump = time.Now().Add(y.upTo(12 * time.Hour)) // and back, or somewhere else
			if y.jumps++; y.skew == 0 {
				y.skew = y.upTo(28*time.Hour) - 14*time.Hour
			} else {
				y.skew = 0
			}
		}
		if y.skew == 0 && y.rnd.IntN(20) == 0 {
			y.edit()
		}
		next := y.plan()
		wait := min(next.Sub(y.now()), time.Until(death))
		if jump.Before(death) {
			wait = min(wait, time.Until(jump))
		}
		if y.rnd.IntN(4) == 0 {
			wait += y.upTo(every) // the machine was busy
		}
		time.Sleep(max(wait, time.Millisecond))
	}
	y.skew = 0
}

// away lets time pass without the program: seconds, hours or weeks, and but for a few times not over a change of clocks.
func (y *year) away() {
	switch y.rnd.IntN(6) {
	case 0, 1:
		time.Sleep(y.upTo(time.Minute))
	case 2:
		time.Sleep(y.upTo(12 * time.Hour))
	default:
		d := y.upTo(100 * 24 * time.Hour)
		if y.rnd.IntN(8) > 0 {
			d = min(d, y.toChange()-y.upTo(18*time.Hour))
		}
		time.Sleep(max(d, time.Millisecond))
	}
}

// toChange is how long it is until the zone's clocks are moved; a century where they are not.
func (y *year) toChange() time.Duration {
	for _, c := range y.changes {
		if d := c.Sub(y.now()); d > 0 {
			return d
		}
	}
	return 100 * 365 * 24 * time.Hour
}

func (y *year) upTo(d time.Duration) time.Duration { return time.Duration(y.rnd.Int64N(int64(d) + 1)) }

// edit does to a schedule what /schedule edit does: another time, a pause, or its end.
func (y *year) edit() {
	y.edits++
	e := y.plans[y.rnd.IntN(len(y.plans))]
	switch {
	case e.Paused:
		e.Paused = false
	case y.rnd.IntN(2) == 0:
		e.Paused = true
	default:
		e.kind = y.rnd.IntN(len(yearKinds))
		e.Spec = yearKinds[e.kind].spec
	}
	e.From = y.now().Truncate(time.Millisecond)
	y.write(func(q *store.Q) error { _, err := q.SaveSchedule(context.Background(), e.Schedule); return err })
}

// plan lets the service plan, compares how much it planned and when it wants to wake, and posts what is planned.
func (y *year) plan() (next time.Time) {
	now := y.now()
	n, wake, err := y.s.Plan(context.Background(), now)
	if err != nil {
		y.t.Fatal(err)
	}
	want := 0
	for _, e := range y.plans {
		if e.Paused {
			continue
		}
		if y.expect(e, now) {
			want++
		}
		fires := y.fires[e.kind]
		if i := sort.Search(len(fires), func(i int) bool { return fires[i].due.After(now) }); next.IsZero() || fires[i].due.Before(next) {
			next = fires[i].due
		}
	}
	if n != want {
		y.t.Errorf("at %s %d digests were planned, want %d", now.UTC(), n, want)
	}
	if begin := next.Add(-yearAhead); now.Before(begin) && !wake.Equal(begin) {
		y.t.Errorf("at %s the planner wakes at %s, want %s", now.UTC(), wake.UTC(), begin.UTC())
	}
	if n > 0 && !y.silent {
		y.post()
	}
	return next
}

// expect says what planning at now must make of a schedule: the newest slot that is due gets a digest that counts those
// missed since the last one. Where the last one lies in the future the clock was ahead: then the newest due has one if it
// fell due just now and was not posted.
func (y *year) expect(e *expected, now time.Time) bool {
	fires := y.fires[e.kind]
	due := sort.Search(len(fires), func(i int) bool { return fires[i].due.After(now) })
	from := sort.Search(len(fires), func(i int) bool { return !fires[i].due.Before(e.From) })
	if from >= due || fires[due-1].slot == e.last.slot {
		return false
	}
	newest := fires[due-1]
	if e.last.due.After(now) {
		if now.Sub(newest.due) > dueNow {
			return false
		}
		row := e.rows[newest.slot]
		if row != nil && row.status != store.Skipped {
			return false
		}
		missed := e.supersede(newest.slot)
		if row == nil {
			e.rows[newest.slot] = &outcome{due: newest.due, missed: missed}
		}
		e.rows[newest.slot].status = store.Planned
		y.fired++
		return true
	}
	if newest.due.Before(e.last.due) {
		return false
	}
	after := max(from, sort.Search(len(fires), func(i int) bool { return fires[i].due.After(e.last.due) }))
	missed := e.supersede(newest.slot)
	for i := after; i < due-1; i++ {
		if missed++; e.rows[fires[i].slot] == nil && i >= due-1-skippedKept {
			e.rows[fires[i].slot] = &outcome{status: store.Skipped, due: fires[i].due}
		}
	}
	e.rows[newest.slot] = &outcome{status: store.Planned, missed: missed, due: newest.due}
	e.last = newest
	y.fired++
	y.missed += missed
	return true
}

// supersede gives up what Discord did not take until a newer slot was due, and counts it.
func (e *expected) supersede(slot string) (missed int) {
	for older, row := range e.rows {
		if row.status == store.Planned && older < slot {
			row.status = store.Skipped
			missed += 1 + row.missed
		}
	}
	return missed
}

// post takes what is planned for posted. No slot is posted twice.
func (y *year) post() {
	y.write(func(q *store.Q) error {
		open, err := q.Unfinished(context.Background())
		if err != nil {
			return err
		}
		for _, d := range open {
			d.Status = store.Sent
			if err := q.SaveDelivery(context.Background(), d); err != nil {
				return err
			}
			e := y.plans[slices.IndexFunc(y.plans, func(e *expected) bool { return e.ID == d.Schedule })]
			if e.posted[d.Slot]++; e.posted[d.Slot] > 1 {
				y.t.Errorf("slot %s of %s was posted twice", d.Slot, e.Spec)
			}
			if row := e.rows[d.Slot]; row != nil {
				row.status = store.Sent
			}
		}
		return nil
	})
}

// compare holds every delivery in the store against what it must be.
func (y *year) compare() {
	for _, e := range y.plans {
		want := maps.Clone(e.rows)
		for _, d := range must[[]store.Delivery](y.t)(y.db.Read().Deliveries(context.Background(), e.ID, 1_000_000)) {
			row := want[d.Slot]
			if row == nil {
				y.t.Errorf("slot %s of %s has a digest that it must not have: %s", d.Slot, e.Spec, d.Status)
				continue
			}
			if d.Status != row.status || d.Missed != row.missed || !d.Due.Equal(row.due) {
				y.t.Errorf("slot %s of %s is %s, missed %d, due %s; want %s, %d, %s", d.Slot, e.Spec, d.Status, d.Missed, d.Due, row.status, row.missed, row.due)
			}
			delete(want, d.Slot)
		}
		for slot := range want {
			y.t.Errorf("slot %s of %s has no digest", slot, e.Spec)
		}
	}
}
