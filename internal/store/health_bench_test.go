package store

import (
	"fmt"
	"testing"
	"time"
)

// What one scrape and one look cost where much is stored: 2,000 sources, 200,000 articles of which 500 wait, 20,000 digests
// within two days of 60,000, and 5,000 jobs.
func BenchmarkHealth(b *testing.B) {
	onEngines(b, func(b *testing.B, db *DB) {
		ctx := b.Context()
		for n := range 2000 {
			subscribe(b, db, "g", fmt.Sprintf("https://%d.example/", n), Subscription{})
		}
		inserts := func(n int, insert func(q *Q, i int) error) {
			for from := 0; from < n; from += 5000 {
				write(b, db, func(q *Q) error {
					for i := from; i < min(from+5000, n); i++ {
						if err := insert(q, i); err != nil {
							return err
						}
					}
					return nil
				})
			}
		}
		inserts(200_000, func(q *Q, i int) error {
			at := ms(noon) - int64(200_000-i)*5000
			_, err := q.exec(ctx, `INSERT INTO articles (id, source_id, key, revision, url, published, seen, at, ingested) VALUES ($1, $2, $3, 1, $3, $4, $4, $4, $5)`,
				i+1, i%2000+1, fmt.Sprint(i), at, i < 199_500)
			if err == nil && i >= 199_500 {
				_, err = q.exec(ctx, "INSERT INTO article_revisions (article_id, revision, title, sum, stored, text) VALUES ($1, 1, 't', 's', $2, 'x')", i+1, at)
			}
			return err
		})
		inserts(10_000, func(q *Q, i int) error {
			_, err := q.SaveSchedule(ctx, Schedule{Guild: "g", Spec: "0 8 * * *", Zone: "UTC"})
			return err
		})
		inserts(60_000, func(q *Q, i int) error {
			due := noon.Add(-time.Duration(i/10_000)*24*time.Hour - 30*time.Minute)
			id, _, err := q.PlanDelivery(ctx, Delivery{Schedule: int64(i%10_000 + 1), Slot: fmt.Sprintf("2025-02-%02dT08:00", 27-i/10_000), Due: due, Status: Sent})
			if err == nil {
				_, err = q.exec(ctx, `INSERT INTO parts (delivery_id, n, channel, nonce, marker, body, status, first_try) VALUES ($1, 0, '1', $2, 'm', '{}', 'sent', $3)`,
					id, fmt.Sprint(i), ms(due)+int64(i%250)*1000)
			}
			return err
		})
		inserts(5_000, func(q *Q, i int) error {
			_, err := q.exec(ctx, "INSERT INTO river_job (kind, state, args, max_attempts) VALUES ('k', 'available', '{}', 5)")
			return err
		})
		if db.dialect.shared {
			execute(b, db, "ANALYZE")
		}
		last := int64(0)
		for name, f := range map[string]func() error{
			"health":     func() error { _, err := db.Read().Health(ctx); return err },
			"deliveries": func() error { _, err := db.Read().DeliveriesSince(ctx, noon.Add(-48*time.Hour)); return err },
			"lateness":   func() error { _, err := db.Read().Lateness(ctx, noon.Add(-time.Hour)); return err },
			"articles":   func() (err error) { _, last, err = db.Read().ArticlesAfter(ctx, last); return err },
		} {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					if err := f(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	})
}
