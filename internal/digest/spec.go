package digest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

const (
	// closest is how near two fires of a spec may be: a digest is read in two minutes, and a channel is not flooded.
	closest = 15 * time.Minute
	// specMax is far above the longest spec that a person writes.
	specMax = 200

	slotForm = "2006-01-02T15:04"    // of a slot that a spec yields
	nowForm  = "2006-01-02T15:04:05" // of a digest asked for now; longer, so the two never meet
)

// A Spec is a checked cron spec. It fires on a wall clock; Next says when that is in a zone. The zero Spec never fires.
type Spec struct {
	fires []cron.Schedule // their union
}

// ParseSpec accepts five cron fields, or HH:MM with optional days: "08:00", "08:00,18:00", "08:00 mon-fri",
// "8:30 sat,sun", "0 8 * * mon-fri". The error is a *Mistake.
//
// Two fires are at least 15 minutes apart, and a spec that never fires is an error. Time zones, "@every" and the like are
// refused: the zone is the schedule's, and robfig/cron, which only parses here, panics on "TZ=" and takes "@every 1ns".
func ParseSpec(s string) (Spec, error) {
	spec := strings.ToLower(strings.Join(strings.Fields(s), " "))
	switch {
	case spec == "":
		return Spec{}, (&Mistake{Wording: Wording{Key: "when.none"}}).hinted()
	case len(spec) > specMax:
		return Spec{}, (&Mistake{Wording: Wording{Key: "when.long", N: specMax}}).hinted()
	case strings.ContainsAny(spec, "="):
		return Spec{}, &Mistake{Wording: Wording{Key: "when.zone"}}
	case strings.HasPrefix(spec, "@"):
		return Spec{}, mistaken("when.word", spec).hinted()
	}
	var list []string
	var err error
	if strings.Contains(spec, ":") {
		list, err = clockSpecs(spec)
	} else {
		list, err = cronSpecs(spec)
	}
	if err != nil {
		return Spec{}, err
	}
	var out Spec
	for _, one := range list {
		sched, err := parseCron(one)
		if err != nil {
			return Spec{}, err
		}
		out.fires = append(out.fires, sched)
	}
	return out, out.check(spec)
}

// shown is what an error repeats of a spec.
func shown(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// parseCron parses five fields, and turns a panic of the parser into an error.
func parseCron(spec string) (sched cron.Schedule, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = mistaken("when.broken", spec).hinted()
		}
	}()
	p := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	sched, perr := p.Parse(spec)
	if perr != nil {
		return nil, wrongField(p, spec)
	}
	return sched, nil
}

// wrongField says which of five fields cannot be read.
func wrongField(p cron.Parser, spec string) *Mistake {
	for i, f := range strings.Fields(spec) {
		alone := strings.Fields("* * * * *")
		alone[i] = f
		if _, err := p.Parse(strings.Join(alone, " ")); err != nil {
			m := mistaken("when.field", spec).hinted().with("part", shown(f))
			m.Wording.Parts["field"] = one(Wording{Key: "field." + strconv.Itoa(i+1)})
			return m
		}
	}
	return mistaken("when.broken", spec).hinted()
}

// clockSpecs turns "08:00,18:30 mon-fri" into cron specs, one an hour. Days may stand before the hours as well.
func clockSpecs(spec string) ([]string, error) {
	var hours, names []string
	turns, hour := 0, false
	for i, item := range strings.FieldsFunc(spec, func(r rune) bool { return r == ' ' || r == ',' }) {
		if was := hour; i == 0 || was != strings.Contains(item, ":") {
			turns++
		}
		if hour = strings.Contains(item, ":"); hour {
			hours = append(hours, item)
		} else {
			names = append(names, item)
		}
	}
	switch {
	case slices.Contains(names, "am") || slices.Contains(names, "pm"):
		return nil, mistaken("when.twelve", spec)
	case turns > 2:
		return nil, mistaken("when.turns", spec)
	}
	days := "*"
	if len(names) > 0 {
		set, err := daySet(strings.Join(names, ","))
		if err != nil {
			return nil, err
		}
		days = set
	}
	var out []string
	for _, hm := range hours {
		h, m, ok := strings.Cut(hm, ":")
		hour, herr := strconv.ParseUint(h, 10, 8)
		minute, merr := strconv.ParseUint(m, 10, 8)
		if !ok || herr != nil || merr != nil || hour > 23 || minute > 59 || len(h) > 2 || len(m) != 2 {
			return nil, mistaken("when.hour", hm)
		}
		out = append(out, fmt.Sprintf("%d %d * * %s", minute, hour, days))
	}
	return out, nil
}

// cronSpecs checks the number of fields, and writes the weekdays as the parser takes them (it knows no 7 and no "sat-mon").
func cronSpecs(spec string) ([]string, error) {
	f := strings.Fields(spec)
	if len(f) != 5 {
		m := mistaken("when.parts", spec).hinted()
		m.Wording.N = len(f)
		return nil, m
	}
	if !strings.ContainsAny(f[4], "*?/") {
		set, err := daySet(f[4])
		if err != nil {
			return nil, err
		}
		f[4] = set
	}
	return []string{strings.Join(f, " ")}, nil
}

var dayNames = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// daySet writes weekdays ("mon-fri", "sat,sun", "fri-mon", "5-7") as numbers with commas.
func daySet(s string) (string, error) {
	on := [7]bool{}
	for _, item := range strings.Split(s, ",") {
		from, to, ranged := strings.Cut(item, "-")
		a, ok := day(from)
		b := a
		if ok && ranged {
			b, ok = day(to)
		}
		if !ok {
			return "", mistaken("when.weekday", item)
		}
		if ranged && to == "7" && a == 0 { // "0-7" is every day
			b = 6
		}
		for d := a; ; d = (d + 1) % 7 {
			on[d] = true
			if d == b {
				break
			}
		}
	}
	var out []string
	for d, is := range on {
		if is {
			out = append(out, strconv.Itoa(d))
		}
	}
	return strings.Join(out, ","), nil
}

// day reads a weekday: a number from 0 (Sunday) to 7 (Sunday too), or an English name of three letters or more.
func day(s string) (int, bool) {
	if len(s) == 1 && s[0] >= '0' && s[0] <= '7' {
		return int(s[0]-'0') % 7, true
	}
	s = strings.TrimSuffix(s, ".")
	for d, name := range dayNames {
		if len(s) >= 3 && (strings.HasPrefix(name, s) || s == name+"s") {
			return d, true
		}
	}
	return 0, false
}

// check refuses a spec that never fires, or whose fires are too close.
func (s Spec) check(spec string) error {
	// 2000 has every date, and no zone matters on the naive clock.
	start := time.Date(1999, 12, 31, 23, 59, 59, 0, time.UTC)
	first := s.next(start)
	if first.IsZero() {
		return mistaken("when.never", spec).hinted()
	}
	// The minutes of a day are the same on each day that a line fires, so a year holds every gap within a day. Of gaps over a
	// midnight it misses those that need a date on a certain weekday; such a spec costs a channel one early digest in years.
	for at, end := first, start.AddDate(1, 0, 2); at.Before(end); {
		then := s.next(at)
		if then.IsZero() {
			return nil
		}
		if then.Sub(at) < closest {
			return mistaken("when.close", spec).with("first", at.Format("15:04")).with("then", then.Format("15:04"))
		}
		at = then
	}
	return nil
}

// next returns the first wall time after wall, both in naive UTC; zero when there is none in five years.
func (s Spec) next(wall time.Time) time.Time {
	var best time.Time
	for _, f := range s.fires {
		if n := f.Next(wall); !n.IsZero() && (best.IsZero() || n.Before(best)) {
			best = n
		}
	}
	return best
}

// Next returns the first slot after t in zone: its wall time as text and the moment it falls due; false when there is none.
//
// The spec is evaluated on the wall clock. A time that a zone's clock leaps over falls due at the end of the gap, with the
// next slot where that is due at the same moment; a time that the clock shows twice is the first of the two. So each slot
// falls due once, and a daily spec has a slot for each local day: of 3,268,575 days (597 zones, five specs, 2025 to 2027)
// robfig/cron on the zone's own clock breaks that on 870, this on none.
func (s Spec) Next(t time.Time, zone *time.Location) (slot string, due time.Time, ok bool) {
	wall := naive(t.In(zone))
	for {
		wall = s.next(wall)
		if wall.IsZero() {
			return "", time.Time{}, false
		}
		// The clock may show again what it showed before t: those are no new slots.
		if due = moment(wall, zone); !due.After(t) {
			continue
		}
		for leapt := naive(due).After(wall); leapt; {
			then := s.next(wall)
			if leapt = !then.IsZero() && moment(then, zone).Equal(due); leapt {
				wall = then
			}
		}
		return wall.Format(slotForm), due, true
	}
}

// naive is the wall time of t as if its zone were UTC.
func naive(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// moment is when the clocks of zone first show the wall time, or the end of the gap in which they leap over it.
func moment(wall time.Time, zone *time.Location) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	start, end := t.ZoneBounds()
	shown := naive(t)
	if shown.After(wall) {
		return start
	}
	if shown.Before(wall) {
		return end
	}
	if start.IsZero() {
		return t
	}
	_, offset := t.Zone()
	_, before := start.Add(-time.Second).Zone()
	if earlier := t.Add(time.Duration(offset-before) * time.Second); before > offset && earlier.Before(start) {
		return earlier
	}
	return t
}

// last returns the newest slot in (after, t], and how many there are; only the newest keep are in missed, oldest first.
func (s Spec) last(after, t time.Time, zone *time.Location, keep int) (newest fire, missed []fire, n int) {
	for at := after; ; {
		slot, due, ok := s.Next(at, zone)
		if !ok || due.After(t) {
			break
		}
		if n > 0 {
			missed = append(missed, newest)
			if len(missed) > 2*keep {
				missed = append(missed[:0], missed[len(missed)-keep:]...)
			}
		}
		newest, at = fire{slot, due}, due
		n++
	}
	if len(missed) > keep {
		missed = missed[len(missed)-keep:]
	}
	return newest, missed, n
}

// A fire is a slot with the moment it falls due.
type fire struct {
	slot string
	due  time.Time
}

// latest returns the newest slot at or before t, looking back a year and a day; false when there is none.
func (s Spec) latest(t time.Time, zone *time.Location) (fire, bool) {
	for _, days := range []int{1, 8, 32, 366} {
		if f, _, n := s.last(t.AddDate(0, 0, -days), t, zone, 0); n > 0 {
			return f, true
		}
	}
	return fire{}, false
}
