package digest

import (
	"cmp"
	"context"
	"encoding/binary"
	"hash/fnv"
	"slices"
	"time"

	"attache/internal/store"
)

// turn is a fixed random number of a schedule: among many that are due at once none is always the first for its age.
func turn(schedule int64) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(schedule))) // never fails
	x := h.Sum64()
	x ^= x >> 33 // FNV alone leaves the high bits of neighbours alike
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

// spread is a fixed part of d for a schedule, in whole milliseconds, so that what many ask for at once is spread over d.
func spread(schedule int64, d time.Duration) time.Duration {
	if d < time.Millisecond {
		return 0
	}
	return time.Duration(turn(schedule)%uint64(d.Milliseconds())) * time.Millisecond
}

// fair puts schedules that are due into the order in which they are planned, and returns the rank of each among what its
// guild has unfinished: each guild's first comes before any guild's second, so that nobody waits for a guild with many.
func (s *Service) fair(ctx context.Context, due []store.Schedule) (ranks map[int64]int, err error) {
	before, err := s.db.Read().UnfinishedOfGuilds(ctx)
	if err != nil {
		return nil, err
	}
	turns := make(map[int64]uint64, len(due))
	for _, sched := range due {
		turns[sched.ID] = turn(sched.ID)
	}
	byTurn := func(a, b store.Schedule) int { return cmp.Compare(turns[a.ID], turns[b.ID]) }
	slices.SortFunc(due, byTurn)
	ranks = make(map[int64]int, len(due))
	for _, sched := range due {
		ranks[sched.ID] = before[sched.Guild]
		before[sched.Guild]++
	}
	slices.SortStableFunc(due, func(a, b store.Schedule) int { return ranks[a.ID] - ranks[b.ID] })
	return ranks, nil
}

const (
	lastPriority = 4 // of the job engine's, 1 is the first
	// aheadPriority of making briefs: after what is due, before what is a guild's fourth or later.
	aheadPriority = 3
)
