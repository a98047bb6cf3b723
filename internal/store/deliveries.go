package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"
)

const deliveryColumns = "id, schedule_id, guild, slot, due, status, reason, missed, digest, created"

func scanDelivery(r scanner) (Delivery, error) {
	var d Delivery
	var due, created int64
	var digest string
	err := r.Scan(&d.ID, &d.Schedule, &d.Guild, &d.Slot, &due, &d.Status, &d.Reason, &d.Missed, &digest, &created)
	d.Due, d.Created = fromMS(due), fromMS(created)
	if digest != "" {
		d.Digest = json.RawMessage(digest)
	}
	return d, err
}

// plannedSlot is the length of a slot that a schedule's spec yields: 2025-02-27T08:00.
const plannedSlot = 16

// PlanDelivery inserts the delivery of (schedule, slot) unless it exists, and moves the schedule's Slot; false when it existed.
// The id is that of the row which stands in either case. Slot only moves
// forward, and a slot with seconds (a digest asked for now) leaves it alone.
// Guild is the schedule's; ErrNotFound when there is no such schedule.
func (q *Q) PlanDelivery(ctx context.Context, d Delivery) (id int64, fresh bool, err error) {
	if d.Status == "" {
		d.Status = Planned
	}
	if d.Created.IsZero() {
		d.Created = q.db.now()
	}
	id, err = value[int64](ctx, q, `INSERT INTO deliveries (schedule_id, guild, slot, due, status, reason, missed, digest, created)
		SELECT id, guild, $2, $3, $4, $5, $6, $7, $8 FROM schedules WHERE id = $1
		ON CONFLICT (schedule_id, slot) DO NOTHING RETURNING id`,
		d.Schedule, d.Slot, ms(d.Due), d.Status, d.Reason, d.Missed, string(d.Digest), ms(d.Created))
	if errors.Is(err, sql.ErrNoRows) {
		id, err = value[int64](ctx, q, "SELECT id FROM deliveries WHERE schedule_id = $1 AND slot = $2", d.Schedule, d.Slot)
		return id, false, failed("plan delivery", err)
	}
	if err != nil {
		return 0, false, failed("plan delivery", err)
	}
	if len(d.Slot) == plannedSlot {
		if _, err := q.exec(ctx, "UPDATE schedules SET slot = $2 WHERE id = $1 AND slot < $2", d.Schedule, d.Slot); err != nil {
			return 0, false, failed("plan delivery", err)
		}
	}
	return id, true, nil
}

// Delivery returns a delivery; ErrNotFound when there is none.
func (q *Q) Delivery(ctx context.Context, id int64) (Delivery, error) {
	d, err := one(ctx, q, scanDelivery, "SELECT "+deliveryColumns+" FROM deliveries WHERE id = $1"+q.locked("deliveries"), id)
	return d, failed("load delivery", err)
}

// Deliveries returns the newest n deliveries of a schedule, 0 is any, newest first.
func (q *Q) Deliveries(ctx context.Context, schedule int64, n int) ([]Delivery, error) {
	where, args := "", []any{n}
	if schedule != 0 {
		where, args = " WHERE schedule_id = $2", append(args, schedule)
	}
	ds, err := collect(ctx, q, scanDelivery, "SELECT "+deliveryColumns+" FROM deliveries"+where+" ORDER BY id DESC LIMIT $1", args...)
	return ds, failed("load deliveries", err)
}

// Unfinished returns the deliveries that are planned or sending, the longest due first. It locks none of them, also in a
// transaction: whoever brings one on loads it anew.
func (q *Q) Unfinished(ctx context.Context) ([]Delivery, error) {
	ds, err := collect(ctx, q, scanDelivery, "SELECT "+deliveryColumns+" FROM deliveries WHERE status IN ('planned', 'sending') ORDER BY due, id")
	return ds, failed("load deliveries", err)
}

// LastPosted is when the newest planned slot of a schedule before a time was due whose digest was posted; zero when none was.
func (q *Q) LastPosted(ctx context.Context, schedule int64, before time.Time) (time.Time, error) {
	due, err := value[int64](ctx, q, `SELECT due FROM deliveries
		WHERE schedule_id = $1 AND status = 'sent' AND length(slot) = $3 AND due < $2 ORDER BY id DESC LIMIT 1`, schedule, ms(before), plannedSlot)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return fromMS(due), failed("load the last digest", err)
}

// UnfinishedOf returns the deliveries of one schedule that are planned or sending, the longest due first. In a transaction
// nobody else brings them on until it ends.
func (q *Q) UnfinishedOf(ctx context.Context, schedule int64) ([]Delivery, error) {
	ds, err := collect(ctx, q, scanDelivery, "SELECT "+deliveryColumns+` FROM deliveries
		WHERE schedule_id = $1 AND status IN ('planned', 'sending') ORDER BY due, id`+q.locked("deliveries"), schedule)
	return ds, failed("load deliveries", err)
}

// SaveDelivery stores status, reason and digest; a nil Digest keeps what is stored.
func (q *Q) SaveDelivery(ctx context.Context, d Delivery) error {
	return failed("save delivery", q.execOne(ctx,
		"UPDATE deliveries SET status = $2, reason = $3, digest = CASE WHEN $4 = '' THEN digest ELSE $4 END WHERE id = $1",
		d.ID, d.Status, d.Reason, string(d.Digest)))
}

const partColumns = "id, delivery_id, n, channel, nonce, marker, body, status, first_try, tries, message, error"

func scanPart(r scanner) (Part, error) {
	var p Part
	var first int64
	var body string
	err := r.Scan(&p.ID, &p.Delivery, &p.N, &p.Channel, &p.Nonce, &p.Marker, &body, &p.Status, &first, &p.Tries, &p.Message, &p.Error)
	p.FirstTry, p.Body = fromMS(first), json.RawMessage(body)
	return p, err
}

// SaveParts inserts parts; ErrExists when a delivery has that part or a nonce is taken.
func (q *Q) SaveParts(ctx context.Context, parts []Part) error {
	for _, p := range parts {
		if p.Status == "" {
			p.Status = PartReady
		}
		_, err := q.exec(ctx, `INSERT INTO parts (delivery_id, n, channel, nonce, marker, body, status, first_try, tries, message, error)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			p.Delivery, p.N, p.Channel, p.Nonce, p.Marker, string(p.Body), p.Status, ms(p.FirstTry), p.Tries, p.Message, p.Error)
		if err != nil {
			return failed("save parts", err)
		}
	}
	return nil
}

// Parts of a delivery in their order.
func (q *Q) Parts(ctx context.Context, delivery int64) ([]Part, error) {
	ps, err := collect(ctx, q, scanPart, "SELECT "+partColumns+" FROM parts WHERE delivery_id = $1 ORDER BY n", delivery)
	return ps, failed("load parts", err)
}

// SavePart stores status, first try, tries, message and error; where a part goes and what it says never changes.
func (q *Q) SavePart(ctx context.Context, p Part) error {
	return failed("save part", q.execOne(ctx,
		"UPDATE parts SET status = $2, first_try = $3, tries = $4, message = $5, error = $6 WHERE id = $1",
		p.ID, p.Status, ms(p.FirstTry), p.Tries, p.Message, p.Error))
}
