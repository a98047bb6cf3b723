package digest

import (
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"attache/internal/store"
)

// tzif is a file of the zone database whose zone has had one rule for ever, as POSIX writes it ("CET-1CEST,M3.5.0,M10.5.0/3").
// RFC 9636: a header and an empty body of version 1, the same of version 2 with one type of local time, and the rule.
func tzif(rule string) []byte {
	header := func(types, letters uint32) []byte {
		b := append([]byte("TZif2"), make([]byte, 15)...)
		for _, n := range []uint32{0, 0, 0, 0, types, letters} {
			b = binary.BigEndian.AppendUint32(b, n)
		}
		return b
	}
	one := append(make([]byte, 6), "UTC\x00"...) // offset 0, no summer time, the abbreviation at 0
	out := append(header(1, 4), one...)
	out = append(append(out, header(1, 4)...), one...)
	return append(out, "\n"+rule+"\n"...)
}

// A zone database whose rules change while the program is down: a slot that was posted under the old rules stays posted,
// the others come once, when the new rules say. Package time reads ZONEINFO once, so the test runs in a program of its own.
func TestYearZoneRules(t *testing.T) {
	if dir := os.Getenv("ATTACHE_TEST_RULES"); dir != "" {
		yearZoneRules(t, dir)
		return
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestYearZoneRules$", "-test.v")
	cmd.Env = append(os.Environ(), "ZONEINFO="+dir, "ATTACHE_TEST_RULES="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func yearZoneRules(t *testing.T, dir string) {
	const zone = "Europe/Brussels"
	rule := func(r string) {
		path := filepath.Join(dir, filepath.FromSlash(zone))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, tzif(r), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// A life of the program plans at each moment, "15:04" in UTC on a day of March 2026, under a rule.
	type life struct {
		rule string
		at   []string // "2 15:04"
	}
	const winter, summer, utc = "CET-1", "CEST-2", "WET0"
	for _, c := range []struct {
		name, spec string
		lives      []life
		want       []string // slot, status, and when it was planned
	}{
		{"clocks go on: a slot is due at once", "08:00", []life{
			{winter, []string{"2 07:00", "3 06:30"}},
			{summer, []string{"3 06:31", "3 07:00", "4 06:00"}},
		}, []string{"2026-03-02T08:00 2 07:00", "2026-03-03T08:00 3 06:31", "2026-03-04T08:00 4 06:00"}},
		{"clocks go back: a posted slot comes again", "08:00", []life{
			{summer, []string{"2 06:00", "3 06:00"}},
			{utc, []string{"3 06:01", "3 08:00", "3 09:00", "4 06:00", "4 08:00"}},
		}, []string{"2026-03-02T08:00 2 06:00", "2026-03-03T08:00 3 06:00", "2026-03-04T08:00 4 08:00"}},
		{"clocks go back over several slots", "07:00,07:30,08:00,10:00", []life{
			{summer, []string{"2 05:00", "2 05:30", "2 06:00"}},
			{utc, []string{"2 06:10", "2 07:00", "2 07:30", "2 08:00", "2 10:00"}},
			{winter, []string{"3 06:00", "3 06:30", "3 07:00", "3 09:00"}},
		}, []string{"2026-03-02T07:00 2 05:00", "2026-03-02T07:30 2 05:30", "2026-03-02T08:00 2 06:00", "2026-03-02T10:00 2 10:00",
			"2026-03-03T07:00 3 06:00", "2026-03-03T07:30 3 06:30", "2026-03-03T08:00 3 07:00", "2026-03-03T10:00 3 09:00"}},
		{"summer time ends for good", "02:30", []life{
			{"CET-1CEST,M3.5.0,M10.5.0/3", []string{"28 01:30", "29 01:00", "30 00:30"}},
			{winter, []string{"30 01:30", "31 01:30"}},
		}, []string{"2026-03-28T02:30 28 01:30", "2026-03-29T02:30 29 01:00", "2026-03-30T02:30 30 00:30", "2026-03-31T02:30 31 01:30"}},
		{"there and back", "08:00", []life{
			{winter, []string{"2 07:00"}},
			{summer, []string{"3 06:00"}},
			{winter, []string{"3 07:00", "4 07:00"}},
			{utc, []string{"4 08:00", "5 07:00", "5 08:00"}},
		}, []string{"2026-03-02T08:00 2 07:00", "2026-03-03T08:00 3 06:00", "2026-03-04T08:00 4 07:00", "2026-03-05T08:00 5 08:00"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := func(s string) time.Time { return must[time.Time](t)(time.Parse("2006-1-2 15:04", "2026-3-"+s)) }
			w := newWorld(t)
			rule(c.lives[0].rule)
			first := at(c.lives[0].at[0])
			w.clock.set(first)
			s := w.schedule(store.Schedule{Spec: c.spec, Zone: zone, From: first})
			for _, l := range c.lives {
				rule(l.rule)
				w.restart()
				for _, moment := range l.at {
					w.clock.set(at(moment))
					w.plan()
					w.settle()
				}
			}
			var got []string
			ds := must[[]store.Delivery](t)(w.db.Read().Deliveries(t.Context(), s.ID, 100))
			for i := len(ds) - 1; i >= 0; i-- {
				d := ds[i]
				line := d.Slot + d.Created.UTC().Format(" 2 15:04")
				if d.Status != store.Sent || d.Missed > 0 {
					t.Errorf("slot %s is %s, missed %d", d.Slot, d.Status, d.Missed)
				}
				got = append(got, line)
			}
			wantSlots(t, got, c.want...)
			if n := w.discord.count(); n != len(c.want) {
				t.Errorf("%d messages for %d slots", n, len(c.want))
			}
		})
	}
}

// A schedule that moves to another zone while the program runs is due by the new zone's clock, once a slot.
func TestYearZoneEdit(t *testing.T) {
	utc := func(s string) time.Time { return must[time.Time](t)(time.Parse("2006-01-02 15:04", s)) }
	for _, c := range []struct {
		name           string
		spec, zone     string
		edited         string
		toSpec, toZone string
		at             []string
		want           []string
	}{
		{"to the east", "08:00", "Europe/Brussels", "2026-02-27 12:00", "08:00", "Asia/Tokyo",
			[]string{"2026-02-27 07:00", "2026-02-27 23:00", "2026-02-28 07:00", "2026-02-28 23:00"},
			[]string{"2026-02-27T08:00 sent", "2026-02-28T08:00 sent", "2026-03-01T08:00 sent"}},
		{"to the west, to an hour that was not there yet", "18:00", "Asia/Tokyo", "2026-02-27 10:00", "08:00", "America/Los_Angeles",
			[]string{"2026-02-27 09:00", "2026-02-27 16:00", "2026-02-28 02:00", "2026-02-28 16:00"},
			[]string{"2026-02-27T08:00 sent", "2026-02-27T18:00 sent", "2026-02-28T08:00 sent"}},
		{"to the west, to an hour that was there already", "08:00", "Europe/Brussels", "2026-02-27 09:00", "08:00", "America/New_York",
			[]string{"2026-02-27 07:00", "2026-02-27 13:00", "2026-02-27 14:00", "2026-02-28 13:00"},
			[]string{"2026-02-27T08:00 sent", "2026-02-27T08:00:00 sent", "2026-02-28T08:00 sent"}},
		{"to the west, several times a day", "08:00,18:00", "Asia/Tokyo", "2026-02-27 10:00", "08:00,12:00,18:00,20:00", "America/Los_Angeles",
			[]string{"2026-02-26 23:00", "2026-02-27 09:00", "2026-02-27 16:00", "2026-02-27 20:00", "2026-02-28 02:00", "2026-02-28 04:00", "2026-02-28 16:00"},
			[]string{"2026-02-27T08:00 sent", "2026-02-27T08:00:00 sent", "2026-02-27T12:00 sent", "2026-02-27T18:00 sent", "2026-02-27T18:00:00 sent",
				"2026-02-27T20:00 sent", "2026-02-28T08:00 sent"}},
		{"to the west, and away for half a day", "18:00", "Asia/Tokyo", "2026-02-27 10:00", "06:00,08:00", "America/Los_Angeles",
			[]string{"2026-02-27 09:00", "2026-02-27 22:00", "2026-02-28 14:00"},
			[]string{"2026-02-27T06:00 skipped", "2026-02-27T08:00 sent missed 1", "2026-02-27T18:00 sent", "2026-02-28T06:00 sent"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			s := w.schedule(store.Schedule{Spec: c.spec, Zone: c.zone})
			edited := false
			for _, moment := range c.at {
				if at := utc(moment); !edited && at.After(utc(c.edited)) {
					edited = true
					w.clock.set(utc(c.edited))
					w.plan()
					s.Spec, s.Zone, s.From = c.toSpec, c.toZone, w.clock.now()
					w.write(func(q *store.Q) error { _, err := q.SaveSchedule(context.Background(), s); return err })
					w.plan()
				}
				w.restart()
				w.clock.set(utc(moment))
				w.plan()
				w.settle()
				if n := w.plan(); n != 0 {
					t.Errorf("%d planned twice at %s", n, moment)
				}
			}
			wantSlots(t, w.slots(s.ID), c.want...)
		})
	}
}

// A slot that was posted early, by a clock that was ahead, takes nobody's place when its time comes: what waits for Discord
// goes on waiting, and the next slot counts it.
func TestYearAheadAndAway(t *testing.T) {
	w := newWorld(t)
	s := w.schedule(store.Schedule{Spec: "13:00,14:00,15:00,18:00"})
	for _, wrong := range []time.Duration{2 * time.Hour, 3 * time.Hour} {
		w.clock.set(noon.Add(wrong))
		w.plan()
		w.settle()
	}
	w.clock.set(noon.Add(time.Hour))
	w.plan() // Discord is away from here on
	w.clock.set(noon.Add(2 * time.Hour))
	w.plan()
	wantSlots(t, w.slots(s.ID), "2026-02-26T13:00 planned", "2026-02-26T14:00 sent missed 1", "2026-02-26T15:00 sent")
	w.clock.set(noon.Add(6 * time.Hour))
	w.plan()
	wantSlots(t, w.slots(s.ID), "2026-02-26T13:00 skipped", "2026-02-26T14:00 sent missed 1", "2026-02-26T15:00 sent", "2026-02-26T18:00 planned missed 1")
}
