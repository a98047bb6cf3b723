package digest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"
)

// A kind of schedule, written twice: as a spec, and as what that means, so that the tests know when it is due without
// asking the code that they test.
type kind struct {
	spec  string
	times []string
	on    func(time.Weekday) bool // nil is every day
}

// yearKinds are due at the hours at which clocks change: five kinds of daily schedule, and two that are not daily.
var yearKinds = []kind{
	{"00:00", []string{"00:00"}, nil},
	{"00:30", []string{"00:30"}, nil},
	{"02:30", []string{"02:30"}, nil},
	{"03:00", []string{"03:00"}, nil},
	{"23:45", []string{"23:45"}, nil},
	{"01:45,02:15,03:00,18:00", []string{"01:45", "02:15", "03:00", "18:00"}, nil},
	{"02:30 sat-mon", []string{"02:30"}, func(d time.Weekday) bool { return d == time.Saturday || d == time.Sunday || d == time.Monday }},
}

// A stretch is a span of time in which a zone's clocks run at one offset from UTC, in seconds.
type stretch struct {
	from, to time.Time
	offset   int
}

// stretches reads a zone's clocks every six hours of a span, and to the second where they were moved meanwhile.
func stretches(zone *time.Location, from, to time.Time) []stretch {
	offset := func(t time.Time) int { _, o := t.In(zone).Zone(); return o }
	out := []stretch{{from: from, offset: offset(from)}}
	for at := from; at.Before(to); at = at.Add(6 * time.Hour) {
		was, is := &out[len(out)-1], offset(at)
		if is == was.offset {
			continue
		}
		n := sort.Search(6*3600, func(i int) bool { return offset(at.Add(-time.Duration(i)*time.Second)) == was.offset })
		was.to = at.Add(-time.Duration(n-1) * time.Second)
		out = append(out, stretch{from: was.to, offset: is})
	}
	out[len(out)-1].to = to
	return out
}

// fires are the slots of a kind that fall due in a zone. A slot is due at the first moment at which the clock shows its time
// or a later one; of slots that are due at the same moment (they fell into one gap) there is the newest.
func (k kind) fires(in []stretch) []fire {
	var out []fire
	begin, end := in[0].from, in[len(in)-1].to
	var times []time.Duration
	for _, hm := range k.times {
		var h, m time.Duration
		fmt.Sscanf(hm, "%d:%d", &h, &m)
		times = append(times, h*time.Hour+m*time.Minute)
	}
	i := 0
	for day := begin.Truncate(24*time.Hour).AddDate(0, 0, -2); ; day = day.AddDate(0, 0, 1) {
		if k.on != nil && !k.on(day.Weekday()) {
			continue
		}
		for _, hm := range times {
			wall := day.Add(hm)
			for i < len(in) && !in[i].to.Add(time.Duration(in[i].offset)*time.Second).After(wall) {
				i++
			}
			if i == len(in) {
				return out
			}
			due := wall.Add(-time.Duration(in[i].offset) * time.Second)
			if due.Before(in[i].from) {
				due = in[i].from
			}
			if due.After(end) {
				return out
			}
			if wall.Add(-time.Duration(in[0].offset) * time.Second).Before(begin) {
				continue
			}
			f := fire{wall.Format(slotForm), due}
			if n := len(out); n > 0 && out[n-1].due.Equal(due) {
				out[n-1] = f
				continue
			}
			out = append(out, f)
		}
	}
}

// Ten years in every zone and seven kinds of schedule: each slot comes once, in its order and at its moment. Zones whose
// clocks agree throughout are one. The decades gone by have what the coming one is not known to have, days that were leapt
// over and new offsets; of them the weeks about each change are looked at.
func TestYearCalendar(t *testing.T) {
	decades := []int{2026, 2016, 2006}
	if raceDetector || testing.Short() {
		decades = decades[:1]
	}
	names := slices.Compact(slices.Sorted(func(yield func(string) bool) {
		for _, name := range zoneNames() {
			if !yield(name) {
				return
			}
		}
	}))
	if len(names) < 550 {
		t.Fatalf("%d zones", len(names))
	}
	specs := make([]Spec, len(yearKinds))
	for i, k := range yearKinds {
		specs[i] = must[Spec](t)(ParseSpec(k.spec))
	}
	for _, year := range decades {
		begin := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		agree := map[string]bool{}
		var wg sync.WaitGroup
		busy := make(chan struct{}, 2)
		for _, name := range names {
			zone := must[*time.Location](t)(ParseZone(name))
			clocks := stretches(zone, begin, begin.AddDate(10, 0, 0))
			if key := fmt.Sprint(clocks); agree[key] {
				continue
			} else {
				agree[key] = true
			}
			if raceDetector && len(agree)%4 > 0 {
				continue
			}
			busy <- struct{}{}
			wg.Go(func() {
				defer func() { <-busy }()
				for i, k := range yearKinds {
					if raceDetector && i%3 > 0 {
						continue
					}
					at := func(time.Time) bool { return true }
					if year != decades[0] {
						at = aroundChanges(clocks)
					}
					oncePerSlot(t, name, zone, specs[i], k.fires(clocks), k.spec, at)
				}
			})
		}
		wg.Wait()
		t.Logf("%d: %d zones, %d of them unlike", year, len(names), len(agree))
	}
}

// aroundChanges reports whether a moment is within a week of a change. It is asked for moments in their order.
func aroundChanges(clocks []stretch) func(time.Time) bool {
	const week = 7 * 24 * time.Hour
	i := 1
	return func(t time.Time) bool {
		for i < len(clocks) && t.Sub(clocks[i].from) > week {
			i++
		}
		return i < len(clocks) && clocks[i].from.Sub(t) <= week
	}
}

// oncePerSlot compares the slots that a spec yields one after the other, where looked says so, and those it yields from
// anywhere between, with what they must be.
func oncePerSlot(t *testing.T, name string, zone *time.Location, s Spec, want []fire, spec string, looked func(time.Time) bool) {
	if len(want) < 1500 { // three days a week are 1,565
		t.Errorf("%s in %s: %d slots in ten years", spec, name, len(want))
	}
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	at := want[0].due.Add(-time.Nanosecond)
	for _, f := range want {
		if !looked(f.due) {
			at = f.due
			continue
		}
		slot, due, ok := s.Next(at, zone)
		if !ok || slot != f.slot || !due.Equal(f.due) {
			t.Errorf("%s in %s: after %s comes %s at %s, want %s at %s", spec, name, at.UTC(), slot, due.UTC(), f.slot, f.due)
			return
		}
		if back, ok := slotTime(slot, zone); !ok || !back.Equal(due) {
			t.Errorf("%s in %s: slot %s is due at %s and read as %s", spec, name, slot, due.UTC(), back.UTC())
			return
		}
		at = due
	}
	for range 50 {
		i := 1 + rnd.IntN(len(want)-1)
		at := want[i-1].due.Add(time.Duration(rnd.Int64N(int64(want[i].due.Sub(want[i-1].due)))))
		if slot, due, ok := s.Next(at, zone); !ok || slot != want[i].slot || !due.Equal(want[i].due) {
			t.Errorf("%s in %s: after %s comes %s at %s, want %s at %s (seed %d)", spec, name, at.UTC(), slot, due.UTC(), want[i].slot, want[i].due, seed)
			return
		}
	}
}

// The oracle of these tests, against moments that were looked up by hand.
func TestYearOracle(t *testing.T) {
	for _, c := range []struct{ zone, spec, from, want string }{
		{"Europe/Brussels", "02:30", "2026-03-28", "2026-03-28T02:30 01:30, 2026-03-29T02:30 01:00, 2026-03-30T02:30 00:30"},
		{"Europe/Brussels", "02:30", "2026-10-24", "2026-10-24T02:30 00:30, 2026-10-25T02:30 00:30, 2026-10-26T02:30 01:30"},
		{"Pacific/Apia", "00:00", "2011-12-29", "2011-12-29T00:00 10:00, 2011-12-31T00:00 10:00, 2012-01-01T00:00 10:00"},
	} {
		from := must[time.Time](t)(time.Parse("2006-01-02", c.from))
		k := yearKinds[slices.IndexFunc(yearKinds, func(k kind) bool { return k.spec == c.spec })]
		var got []string
		for _, f := range k.fires(stretches(must[*time.Location](t)(ParseZone(c.zone)), from, from.AddDate(0, 0, 5)))[:3] {
			got = append(got, f.slot+f.due.UTC().Format(" 15:04"))
		}
		if g := strings.Join(got, ", "); g != c.want {
			t.Errorf("%s in %s: %s, want %s", c.spec, c.zone, g, c.want)
		}
	}
}
