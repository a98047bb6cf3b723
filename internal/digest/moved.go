package digest

import (
	"context"
	"slices"
	"strings"
	"time"

	"attache/internal/store"
)

// zonesApart is how far apart the clocks of two zones are at most: from UTC-12 to UTC+14.
const zonesApart = 26 * time.Hour

// again follows the slot of a schedule that moved west, where the new zone's clock shows a wall time that already was a slot
// by the old zone's.
const again = ":00"

// moved returns a schedule as dueOf is to see it when it was given another zone: its newest slot was planned by the old
// zone's clock, and by the new one's it may still lie ahead. Then the schedule begins anew with the edit, or after what was
// planned since. Zone rules that changed are another matter: what was planned under the old ones stays planned.
func moved(ctx context.Context, q *store.Q, sched store.Schedule, zone *time.Location, now time.Time) (store.Schedule, error) {
	at, ok := slotTime(sched.Slot, zone)
	if !ok || at.Before(sched.From) || at.Sub(sched.From) > zonesApart {
		return sched, nil
	}
	ds, err := q.Deliveries(ctx, sched.ID, deliveriesSeen)
	if err != nil {
		return sched, err
	}
	i := slices.IndexFunc(ds, func(d store.Delivery) bool { return d.Slot == sched.Slot })
	if i < 0 || ds[i].Due.Equal(at) || !ds[i].Created.Before(sched.From) {
		return sched, nil
	}
	sched.Slot = ""
	edited := sched.From
	for _, d := range ds {
		planned := len(d.Slot) == len(slotForm) || strings.HasSuffix(d.Slot, again) && d.Due.Equal(d.Due.Truncate(time.Minute))
		if planned && !d.Created.Before(edited) && !d.Due.Before(sched.From) && !d.Due.After(now) {
			sched.From = d.Due.Add(time.Millisecond)
		}
	}
	return sched, nil
}
