package store

import (
	"context"
	"time"
)

// An Alert is something that is wrong and whoever runs the program is told of: once, and once more when it is over.
type Alert struct {
	Name  string // what is wrong, such as "disk"; there is one row of it at a time
	Since time.Time
	Words string    // what is said
	Told  time.Time // zero: not yet
	Over  time.Time // zero: it is not
}

// RaiseAlert notes that something is wrong; false when that is known. One that was over, and nobody has been told so yet,
// goes on: what comes and goes is told once.
func (q *Q) RaiseAlert(ctx context.Context, name, words string) (fresh bool, err error) {
	n, err := q.exec(ctx, "INSERT INTO alerts (name, since, words) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING", name, ms(q.db.now()), words)
	if err == nil && n == 0 {
		_, err = q.exec(ctx, "UPDATE alerts SET over = 0, words = $2 WHERE name = $1", name, words)
	}
	return n > 0, failed("raise an alert", err)
}

// EndAlert notes that it is over. One of which nobody was told yet is forgotten.
func (q *Q) EndAlert(ctx context.Context, name string) error {
	_, err := q.exec(ctx, "DELETE FROM alerts WHERE name = $1 AND told = 0", name)
	if err == nil {
		_, err = q.exec(ctx, "UPDATE alerts SET over = $2 WHERE name = $1 AND over = 0", name, ms(q.db.now()))
	}
	return failed("end an alert", err)
}

// Alerts are those that are known, the oldest first.
func (q *Q) Alerts(ctx context.Context) ([]Alert, error) {
	as, err := collect(ctx, q, func(r scanner) (a Alert, err error) {
		var since, told, over int64
		err = r.Scan(&a.Name, &since, &a.Words, &told, &over)
		a.Since, a.Told, a.Over = fromMS(since), fromMS(told), fromMS(over)
		return a, err
	}, "SELECT name, since, words, told, over FROM alerts ORDER BY since, name")
	return as, failed("load alerts", err)
}

// AlertTold notes that an alert was told, as it was loaded; one that is over goes with that.
func (q *Q) AlertTold(ctx context.Context, a Alert) error {
	var err error
	if a.Over.IsZero() {
		_, err = q.exec(ctx, "UPDATE alerts SET told = $2 WHERE name = $1", a.Name, ms(q.db.now()))
	} else {
		_, err = q.exec(ctx, "DELETE FROM alerts WHERE name = $1 AND over = $2", a.Name, ms(a.Over))
	}
	return failed("note that an alert was told", err)
}
