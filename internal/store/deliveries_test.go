package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var sampleSchedule = Schedule{Guild: "g", Name: "Morning", Target: Target{Channel: "1", Thread: "2", Tags: []string{"3"}, Roles: []string{"4"}},
	Spec: "0 8 * * *", Zone: "Europe/Istanbul", Lang: "tr", Stories: 7, Style: "short", Created: noon.Add(-time.Hour), From: noon.Add(-time.Minute),
	Filter: Filter{Countries: Set{Include: []string{"TR"}, Exclude: []string{"US"}}, Pairs: [][2]string{{"TR", "GR"}}}}

func schedule(t *testing.T, db *DB, s Schedule) int64 {
	t.Helper()
	var id int64
	write(t, db, func(q *Q) (err error) { id, err = q.SaveSchedule(t.Context(), s); return err })
	return id
}

func TestSchedules(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		want := sampleSchedule
		want.ID = schedule(t, db, want)
		if got := must[Schedule](t)(db.Read().Schedule(ctx, want.ID)); !reflect.DeepEqual(got, want) {
			t.Errorf("schedule\n%+v, want\n%+v", got, want)
		}
		other := schedule(t, db, Schedule{Guild: "h", Spec: "0 9 * * *", Zone: "UTC"})
		if s := must[Schedule](t)(db.Read().Schedule(ctx, other)); !s.Created.Equal(noon) || !s.From.Equal(noon) {
			t.Errorf("schedule %+v", s)
		}
		for guild, n := range map[string]int{"": 2, "g": 1, "h": 1, "i": 0} {
			if ss := must[[]Schedule](t)(db.Read().Schedules(ctx, guild)); len(ss) != n {
				t.Errorf("guild %q has %d schedules", guild, len(ss))
			}
		}
		write(t, db, func(q *Q) error { return q.PauseSchedule(ctx, want.ID, "The channel is gone.") })
		if s := must[Schedule](t)(db.Read().Schedule(ctx, want.ID)); !s.Paused || s.Reason != "The channel is gone." {
			t.Errorf("schedule %+v", s)
		}
		write(t, db, func(q *Q) error {
			_, _, err := q.PlanDelivery(ctx, Delivery{Schedule: want.ID, Slot: "2025-02-27T08:00"})
			return err
		})
		want.Name, want.Stories, want.Slot = "Evening", 3, "1999-01-01T00:00"
		schedule(t, db, want)
		if s := must[Schedule](t)(db.Read().Schedule(ctx, want.ID)); s.Name != "Evening" || s.Paused || s.Slot != "2025-02-27T08:00" {
			t.Errorf("an edit moved the slot back: %+v", s)
		}
		stolen := want
		stolen.Guild = "h"
		for _, err := range []error{
			db.InTx(ctx, func(q *Q, _ Jobs) error { return second(q.SaveSchedule(ctx, stolen)) }),
			db.InTx(ctx, func(q *Q, _ Jobs) error { return q.RemoveSchedule(ctx, "h", want.ID) }),
		} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("another guild's schedule: error %v", err)
			}
		}
		write(t, db, func(q *Q) error { return q.RemoveSchedule(ctx, "g", want.ID) })
		if ds := must[[]Delivery](t)(db.Read().Deliveries(ctx, 0, 10)); len(ds) != 0 {
			t.Errorf("deliveries of a removed schedule: %+v", ds)
		}
	})
}

func TestPlanDelivery(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		sched := schedule(t, db, sampleSchedule)
		plan := func(d Delivery) (id int64, fresh bool) {
			t.Helper()
			write(t, db, func(q *Q) (err error) { id, fresh, err = q.PlanDelivery(ctx, d); return err })
			return id, fresh
		}
		slot := func() string { return must[Schedule](t)(db.Read().Schedule(ctx, sched)).Slot }
		first, fresh := plan(Delivery{Schedule: sched, Slot: "2025-02-27T08:00", Due: noon, Missed: 2})
		if !fresh || slot() != "2025-02-27T08:00" {
			t.Errorf("fresh %v, slot %s", fresh, slot())
		}
		want := Delivery{ID: first, Schedule: sched, Guild: "g", Slot: "2025-02-27T08:00", Due: noon, Status: Planned, Missed: 2, Created: noon}
		if got := must[Delivery](t)(db.Read().Delivery(ctx, first)); !reflect.DeepEqual(got, want) {
			t.Errorf("delivery\n%+v, want\n%+v", got, want)
		}
		if again, fresh := plan(Delivery{Schedule: sched, Slot: "2025-02-27T08:00"}); fresh || again != first {
			t.Errorf("planned twice: %d %v", again, fresh)
		}
		if _, fresh := plan(Delivery{Schedule: sched, Slot: "2025-02-26T08:00", Status: Skipped, Reason: "downtime"}); !fresh || slot() != "2025-02-27T08:00" {
			t.Errorf("an older slot: fresh %v, slot moved to %s", fresh, slot())
		}
		if _, fresh := plan(Delivery{Schedule: sched, Slot: "2025-02-28T10:11:12"}); !fresh || slot() != "2025-02-27T08:00" {
			t.Errorf("a digest asked for now: fresh %v, slot moved to %s", fresh, slot())
		}
		if ds := must[[]Delivery](t)(db.Read().Unfinished(ctx)); len(ds) != 2 {
			t.Errorf("unfinished %+v", ds)
		}
		write(t, db, func(q *Q) error {
			return q.SaveDelivery(ctx, Delivery{ID: first, Status: Sending, Digest: json.RawMessage(`{"a":1}`)})
		})
		write(t, db, func(q *Q) error { return q.SaveDelivery(ctx, Delivery{ID: first, Status: Sent, Reason: "r"}) })
		if d := must[Delivery](t)(db.Read().Delivery(ctx, first)); d.Status != Sent || string(d.Digest) != `{"a":1}` || d.Reason != "r" {
			t.Errorf("delivery %+v", d)
		}
		if ds := must[[]Delivery](t)(db.Read().Unfinished(ctx)); len(ds) != 1 {
			t.Errorf("unfinished %+v", ds)
		}
		if ds := must[[]Delivery](t)(db.Read().Deliveries(ctx, sched, 2)); len(ds) != 2 || ds[0].Slot != "2025-02-28T10:11:12" {
			t.Errorf("deliveries %+v", ds)
		}
	})
}

// Several planners over two handles of one database plan each slot once, with one job for each.
func TestPlannersRace(t *testing.T) {
	files(t, func(t *testing.T, url string) {
		handles := []*DB{openURL(t, url, Options{}), openURL(t, url, Options{})}
		ctx := t.Context()
		const schedules, slots = 5, 8
		var of []int64
		for range schedules {
			of = append(of, schedule(t, handles[0], sampleSchedule))
		}
		var planned atomic.Int64
		var wg sync.WaitGroup
		for planner := range 4 {
			wg.Go(func() {
				db := handles[planner%2]
				for slot := range slots {
					for _, sched := range of {
						if err := db.InTx(ctx, func(q *Q, jobs Jobs) error {
							id, fresh, err := q.PlanDelivery(ctx, Delivery{Schedule: sched, Slot: fmt.Sprintf("2025-02-27T%02d:00", slot)})
							if err != nil || !fresh {
								return err
							}
							planned.Add(1)
							return jobs.Insert(ctx, countArgs{N: int(id)}, nil)
						}); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
		q := handles[0].Read()
		deliveries := must[[]Delivery](t)(q.Deliveries(ctx, 0, 1000))
		jobs := must[int64](t)(value[int64](ctx, q, "SELECT COUNT(*) FROM river_job"))
		if len(deliveries) != schedules*slots || planned.Load() != schedules*slots || jobs != schedules*slots {
			t.Errorf("%d deliveries, %d planned, %d jobs, want %d of each", len(deliveries), planned.Load(), jobs, schedules*slots)
		}
	})
}

func TestParts(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		sched := schedule(t, db, sampleSchedule)
		var d int64
		write(t, db, func(q *Q) (err error) {
			d, _, err = q.PlanDelivery(ctx, Delivery{Schedule: sched, Slot: "2025-02-27T08:00"})
			return err
		})
		want := []Part{
			{Delivery: d, N: 0, Channel: "2", Nonce: "n0", Marker: "m0", Body: json.RawMessage(`{"content":"a"}`), Status: PartReady},
			{Delivery: d, N: 1, Channel: "2", Nonce: "n1", Marker: "m1", Body: json.RawMessage(`{"content":"b"}`), Status: PartReady},
		}
		write(t, db, func(q *Q) error { return q.SaveParts(ctx, want) })
		got := must[[]Part](t)(db.Read().Parts(ctx, d))
		for i := range got {
			want[i].ID = got[i].ID
		}
		if !reflect.DeepEqual(got, want) || got[0].ID == got[1].ID {
			t.Fatalf("parts\n%+v, want\n%+v", got, want)
		}
		p := got[1]
		p.Status, p.FirstTry, p.Tries, p.Message, p.Error, p.Body = PartSent, noon, 2, "99", "e", json.RawMessage(`{}`)
		write(t, db, func(q *Q) error { return q.SavePart(ctx, p) })
		p.Body = want[1].Body
		if got := must[[]Part](t)(db.Read().Parts(ctx, d))[1]; !reflect.DeepEqual(got, p) {
			t.Errorf("part %+v, want %+v", got, p)
		}
		for name, bad := range map[string]Part{
			"the same part":  {Delivery: d, N: 0, Nonce: "new"},
			"the same nonce": {Delivery: d, N: 7, Nonce: "n0"},
		} {
			if err := db.InTx(ctx, func(q *Q, _ Jobs) error { return q.SaveParts(ctx, []Part{bad}) }); !errors.Is(err, ErrExists) {
				t.Errorf("%s: error %v", name, err)
			}
		}
		if err := db.InTx(ctx, func(q *Q, _ Jobs) error {
			return q.SaveParts(ctx, []Part{{Delivery: d, N: 8, Nonce: "more than twenty-five letters"}})
		}); err == nil {
			t.Error("a nonce that Discord refuses was stored")
		}
	})
}

func TestCandidatesAndTold(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		sched := schedule(t, db, sampleSchedule)
		var d [2]int64
		for i := range d {
			write(t, db, func(q *Q) (err error) {
				d[i], _, err = q.PlanDelivery(ctx, Delivery{Schedule: sched, Slot: fmt.Sprintf("2025-02-2%dT08:00", i)})
				return err
			})
		}
		want := []Candidate{
			{Delivery: d[0], Story: 5, Rank: 1, Score: 1.5, Chosen: true, Reason: "many outlets", Headline: "H", Parts: map[string]float64{"outlets": 1.5}},
			{Delivery: d[0], Story: 6, Rank: 2, Score: .5, Reason: "told already", Headline: "I"},
		}
		write(t, db, func(q *Q) error {
			return q.SaveCandidates(ctx, append([]Candidate{{Delivery: d[1], Story: 7}}, want...))
		})
		if got := must[[]Candidate](t)(db.Read().Candidates(ctx, d[0])); !reflect.DeepEqual(got, want) {
			t.Errorf("candidates\n%+v, want\n%+v", got, want)
		}
		many := make([]Candidate, 2*candidateRows+7)
		for i := range many {
			many[i] = Candidate{Delivery: d[i%2], Story: int64(i), Headline: fmt.Sprint(i), Parts: map[string]float64{}}
		}
		write(t, db, func(q *Q) error { return q.SaveCandidates(ctx, many) })
		for i := range d {
			got := must[[]Candidate](t)(db.Read().Candidates(ctx, d[i]))
			if want := (len(many) + 1 - i) / 2; len(got) != want || got[len(got)-1].Story != int64(2*(len(got)-1)+i) {
				t.Errorf("of many candidates %d, want %d", len(got), want)
			}
		}
		write(t, db, func(q *Q) error { return q.SaveCandidates(ctx, []Candidate{{Delivery: d[1], Story: 7}}) })
		write(t, db, func(q *Q) error { return q.SaveCandidates(ctx, want[1:]) })
		if a, b := must[[]Candidate](t)(db.Read().Candidates(ctx, d[0])), must[[]Candidate](t)(db.Read().Candidates(ctx, d[1])); len(a) != 1 || a[0].Story != 6 || len(b) != 1 {
			t.Errorf("candidates %+v and %+v", a, b)
		}

		write(t, db, func(q *Q) error {
			_, _, err := q.PlanDelivery(ctx, Delivery{Schedule: sched, Slot: "2025-02-26T08:00:07", Due: noon, Status: Sent}) // asked for
			_, _, e2 := q.PlanDelivery(ctx, Delivery{Schedule: sched, Slot: "2025-02-25T08:00", Due: noon.Add(-48 * time.Hour), Status: Sent})
			_, _, e3 := q.PlanDelivery(ctx, Delivery{Schedule: sched, Slot: "2025-02-26T08:00", Due: noon.Add(-24 * time.Hour), Status: Skipped})
			return errors.Join(err, e2, e3)
		})
		for before, want := range map[time.Time]time.Time{noon: noon.Add(-48 * time.Hour), noon.Add(-48 * time.Hour): {}} {
			if got := must[time.Time](t)(db.Read().LastPosted(ctx, sched, before)); !got.Equal(want) {
				t.Errorf("the last digest before %s was due at %s, want %s", before, got, want)
			}
		}

		write(t, db, func(q *Q) error {
			return q.SaveTold(ctx, []Told{
				{Channel: "c", Story: 5, Delivery: d[0], Articles: []int64{1, 2}, At: noon.Add(-time.Hour)},
				{Channel: "c", Story: 5, Delivery: d[1], Articles: []int64{3}, At: noon},
				{Channel: "c", Story: 6, Delivery: d[0], At: noon.Add(-48 * time.Hour)},
				{Channel: "other", Story: 8, Delivery: d[0], At: noon},
			})
		})
		told := must[map[int64]Told](t)(db.Read().Told(ctx, "c", noon.Add(-24*time.Hour)))
		if len(told) != 1 || told[5].Delivery != d[1] || !told[5].At.Equal(noon) || fmt.Sprint(told[5].Articles) != "[3]" {
			t.Errorf("told %+v", told)
		}
		write(t, db, func(q *Q) error { return q.RemoveSchedule(ctx, "g", sched) })
		if told := must[map[int64]Told](t)(db.Read().Told(ctx, "c", noon.Add(-24*time.Hour))); len(told) != 1 {
			t.Error("what a channel has read was forgotten with its schedule")
		}
	})
}
