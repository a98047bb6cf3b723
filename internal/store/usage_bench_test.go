package store

import (
	"cmp"
	"fmt"
	"testing"

	"attache/summarize/model"
)

// BenchmarkLedgerOpen books and closes calls while 100,000 of this month are there, of 500 guilds with 20 users each.
func BenchmarkLedgerOpen(b *testing.B) {
	db := openTemp(b, Options{})
	l := db.Ledger(Uncapped())
	payer := func(n int) model.Payer {
		return model.Payer{Guild: fmt.Sprint(1180000000000000000 + n%500), User: fmt.Sprint(n % 10_000), Scheduled: n%3 == 0}
	}
	for n := 0; n < 100_000; {
		write(b, db, func(q *Q) error {
			for range 1000 {
				c := call(payer(n), 1300, 400)
				if err := cmp.Or(l.add(b.Context(), q, noon, c), second(q.exec(b.Context(), `INSERT INTO usage
					(at, guild, user_id, scheduled, purpose, endpoint, model, state, tokens_in, tokens_out, cost, estimated)
					VALUES ($1, $2, $3, $4, 'brief', 'e', 'm', 'closed', 1000, 300, 400, FALSE)`, ms(noon), c.Payer.Guild, c.Payer.User, c.Payer.Scheduled))); err != nil {
					return err
				}
				n++
			}
			return nil
		})
	}
	n := 0
	b.Run("Open", func(b *testing.B) {
		for b.Loop() {
			n++
			book(b, l, call(payer(n), 1300, 400))
		}
	})
	id := book(b, l, call(payer(1), 1300, 400))
	b.Run("Close", func(b *testing.B) {
		for b.Loop() {
			if err := l.Close(b.Context(), id, model.Usage{In: 1000, Out: 200, Cost: 300}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Report", func(b *testing.B) {
		for b.Loop() {
			must[UsageReport](b)(l.Report(b.Context(), payer(1).Guild))
		}
	})
}
