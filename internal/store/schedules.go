package store

import (
	"context"
	"encoding/json"
	"fmt"
)

const scheduleColumns = "id, guild, name, target, spec, zone, filter, lang, stories, style, paused, reason, slot, created, from_at"

func scanSchedule(r scanner) (Schedule, error) {
	var s Schedule
	var target, filter string
	var created, from int64
	err := r.Scan(&s.ID, &s.Guild, &s.Name, &target, &s.Spec, &s.Zone, &filter, &s.Lang, &s.Stories, &s.Style,
		&s.Paused, &s.Reason, &s.Slot, &created, &from)
	if err != nil {
		return Schedule{}, err
	}
	s.Created, s.From = fromMS(created), fromMS(from)
	if err := json.Unmarshal([]byte(target), &s.Target); err != nil {
		return Schedule{}, fmt.Errorf("target of schedule %d: %w", s.ID, err)
	}
	if err := json.Unmarshal([]byte(filter), &s.Filter); err != nil {
		return Schedule{}, fmt.Errorf("filter of schedule %d: %w", s.ID, err)
	}
	return s, nil
}

// SaveSchedule inserts a schedule with ID 0, else updates it; ErrNotFound when
// the guild has no such schedule. Slot is PlanDelivery's and Created the
// first time's: an update changes neither. A zero From is now.
func (q *Q) SaveSchedule(ctx context.Context, s Schedule) (int64, error) {
	target, err := asJSON(s.Target)
	if err != nil {
		return 0, failed("save schedule", err)
	}
	filter, err := asJSON(s.Filter)
	if err != nil {
		return 0, failed("save schedule", err)
	}
	if s.Created.IsZero() {
		s.Created = q.db.now()
	}
	if s.From.IsZero() {
		s.From = q.db.now()
	}
	args := []any{s.Guild, s.Name, target, s.Spec, s.Zone, filter, s.Lang, s.Stories, s.Style, s.Paused, s.Reason, ms(s.From)}
	if s.ID == 0 {
		id, err := value[int64](ctx, q, `INSERT INTO schedules (guild, name, target, spec, zone, filter, lang, stories, style, paused, reason, from_at, slot, created)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id`, append(args, s.Slot, ms(s.Created))...)
		return id, failed("save schedule", err)
	}
	err = q.execOne(ctx, `UPDATE schedules SET name = $2, target = $3, spec = $4, zone = $5, filter = $6, lang = $7, stories = $8, style = $9,
		paused = $10, reason = $11, from_at = $12 WHERE guild = $1 AND id = $13`, append(args, s.ID)...)
	return s.ID, failed("save schedule", err)
}

// Schedule returns a schedule; ErrNotFound when there is none.
func (q *Q) Schedule(ctx context.Context, id int64) (Schedule, error) {
	s, err := one(ctx, q, scanSchedule, "SELECT "+scheduleColumns+" FROM schedules WHERE id = $1"+q.locked("schedules"), id)
	return s, failed("load schedule", err)
}

// Schedules of a guild, "" is every guild, paused ones included.
func (q *Q) Schedules(ctx context.Context, guild string) ([]Schedule, error) {
	where, args := "", []any{}
	if guild != "" {
		where, args = " WHERE guild = $1", []any{guild}
	}
	ss, err := collect(ctx, q, scanSchedule, "SELECT "+scheduleColumns+" FROM schedules"+where+" ORDER BY id", args...)
	return ss, failed("load schedules", err)
}

// RemoveSchedule removes a schedule with its deliveries; what its channel has read stays. ErrNotFound when the guild has no such schedule.
func (q *Q) RemoveSchedule(ctx context.Context, guild string, id int64) error {
	return failed("remove schedule", q.execOne(ctx, "DELETE FROM schedules WHERE guild = $1 AND id = $2", guild, id))
}

// PauseSchedule pauses a schedule and keeps the reason for managers; ErrNotFound when there is none.
func (q *Q) PauseSchedule(ctx context.Context, id int64, reason string) error {
	return failed("pause schedule", q.execOne(ctx, "UPDATE schedules SET paused = TRUE, reason = $2 WHERE id = $1", id, reason))
}
