package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"attache/summarize/model"
)

var (
	asked     = model.Payer{Guild: "g", User: "u"}
	scheduled = model.Payer{Guild: "g", Scheduled: true}
)

func call(p model.Payer, tokens int, cost int64) model.Call {
	return model.Call{Payer: p, Purpose: "brief", Endpoint: "e", Model: "m", Most: model.Usage{In: tokens - tokens/3, Out: tokens / 3, Cost: cost, Estimated: true}}
}

// book opens a call that fits.
func book(t testing.TB, l *Ledger, c model.Call) int64 {
	t.Helper()
	id, err := l.Open(t.Context(), c)
	if err != nil {
		t.Fatalf("open %+v: %v", c, err)
	}
	return id
}

// refused opens a call that must not fit, and returns the cap.
func refused(t testing.TB, l *Ledger, c model.Call) model.CapError {
	t.Helper()
	id, err := l.Open(t.Context(), c)
	var e *model.CapError
	if !errors.As(err, &e) || !errors.Is(err, model.ErrCap) || id != 0 {
		t.Fatalf("open %+v: id %d, error %v", c, id, err)
	}
	return *e
}

// used is what the totals say, "" when they have nothing.
func used(t testing.TB, db *DB, period, guild, user string) string {
	t.Helper()
	rows := must[[]string](t)(collect(t.Context(), db.Read(), scanText,
		`SELECT calls || ' ' || tokens || ' ' || cost || ' ' || asked_tokens || ' ' || asked_cost FROM usage_totals
		WHERE period = $1 AND guild = $2 AND user_id = $3`, period, guild, user))
	return strings.Join(rows, ";")
}

// addsUp compares the totals with the rows that they are sums of.
func addsUp(t testing.TB, db *DB) {
	t.Helper()
	of := func(query string) map[string]string {
		m := map[string]string{}
		for _, r := range must[[]string](t)(collect(t.Context(), db.Read(), scanText, query)) {
			k, v, _ := strings.Cut(r, "=")
			m[k] = v
		}
		return m
	}
	got := of(`SELECT period || '/' || guild || '/' || user_id || '=' || calls || ' ' || tokens || ' ' || cost || ' ' || asked_tokens || ' ' || asked_cost FROM usage_totals`)
	want := map[string]string{}
	periods := []string{"strftime('%Y-%m-%d', at / 1000, 'unixepoch')", "strftime('%Y-%m', at / 1000, 'unixepoch')"}
	if db.dialect.name == "PostgreSQL" {
		periods = []string{"to_char(to_timestamp(at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM-DD')", "to_char(to_timestamp(at / 1000) AT TIME ZONE 'UTC', 'YYYY-MM')"}
	}
	for _, period := range periods {
		for _, by := range []struct{ guild, user, where string }{{"''", "''", "TRUE"}, {"guild", "''", "guild <> ''"}, {"guild", "user_id", "user_id <> ''"}} {
			maps.Copy(want, of(`SELECT key || '=' || COUNT(*) || ' ' || SUM(n) || ' ' || SUM(cost) || ' ' || SUM(CASE WHEN scheduled THEN 0 ELSE n END) || ' ' || SUM(CASE WHEN scheduled THEN 0 ELSE cost END)
				FROM (SELECT `+period+` || '/' || `+by.guild+` || '/' || `+by.user+` AS key, tokens_in + tokens_out AS n, cost, scheduled
				FROM usage WHERE `+by.where+`) u GROUP BY key`))
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("the sums are\n%v, the rows make\n%v", got, want)
	}
}

func TestLedgerCaps(t *testing.T) {
	tomorrow, nextMonth := time.Date(2025, 2, 28, 0, 0, 0, 0, time.UTC), time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	engines(t, func(t *testing.T, db *DB) {
		n := 0
		for _, scope := range []string{"installation", "guild", "user"} {
			for _, period := range []string{"day", "month"} {
				for _, what := range []string{"tokens", "cost"} {
					n++
					write(t, db, func(q *Q) error {
						return errors.Join(second(q.exec(t.Context(), "DELETE FROM usage")), second(q.exec(t.Context(), "DELETE FROM usage_totals")))
					})
					caps := Uncapped()
					of := map[string]*Cap{"installation": &caps.Installation, "guild": &caps.Guild, "user": &caps.User}[scope]
					limit := map[string]*Limit{"day": &of.Day, "month": &of.Month}[period]
					*map[string]*int64{"tokens": &limit.Tokens, "cost": &limit.Cost}[what] = 1000
					l := db.Ledger(caps)
					first := book(t, l, call(asked, 600, 600))
					book(t, l, call(asked, 400, 400)) // to the last one
					want := model.CapError{Scope: scope, Period: period, Until: map[string]time.Time{"day": tomorrow, "month": nextMonth}[period]}
					if got := refused(t, l, call(asked, 1, 1)); got != want {
						t.Errorf("%s %s %s: %+v, want %+v", scope, period, what, got, want)
					}
					if got := used(t, db, "2025-02-27", "", ""); got != "2 1000 1000 1000 1000" {
						t.Errorf("%s %s %s: a refused call is counted: %s", scope, period, what, got)
					}
					// Somebody else, below the same installation, same guild.
					for payer, stopped := range map[model.Payer]bool{
						{Guild: "g", User: "other"}: scope != "user", {Guild: "other", User: "u"}: scope == "installation", {}: scope == "installation",
					} {
						if stopped {
							refused(t, l, call(payer, 1, 1))
						} else {
							book(t, l, call(payer, 1, 1))
						}
					}
					// What was not used after all is free again.
					if err := l.Close(t.Context(), first, model.Usage{In: 100, Cost: 100}); err != nil {
						t.Fatal(err)
					}
					book(t, l, call(asked, 490, 490))
					refused(t, l, call(asked, 100, 100))
					addsUp(t, db)
				}
			}
		}
		if n != 12 {
			t.Errorf("%d caps tried", n)
		}
	})
}

func TestLedgerWhichCap(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		caps := Caps{Installation: Cap{Day: Limit{10, 10}, Month: Limit{10, 10}}, Guild: Cap{Day: Limit{10, 10}, Month: Limit{NoLimit, NoLimit}}, User: Uncapped().User}
		if e := refused(t, db.Ledger(caps), call(asked, 11, 1)); e.Scope != "installation" || e.Period != "month" {
			t.Errorf("the cap that holds longest is %+v", e)
		}
		// A model that is free is asked when the dollars are gone, and one without tokens is none.
		l := db.Ledger(Caps{Installation: Cap{Day: Limit{NoLimit, 0}, Month: Limit{NoLimit, 0}}, Guild: Uncapped().Guild, User: Uncapped().User})
		refused(t, l, call(asked, 1, 1))
		id := book(t, l, call(asked, 1000, 0))
		if err := l.Close(t.Context(), id, model.Usage{In: 1000, Cost: 1}); err != nil { // more than it should
			t.Fatal(err)
		}
		book(t, l, call(asked, 500, 0))
		refused(t, db.Ledger(Caps{}), call(asked, 1, 0))
		for _, u := range []model.Usage{{In: -1}, {Out: -1}, {Cost: -1}} {
			if _, err := l.Open(t.Context(), model.Call{Most: u}); err == nil || errors.Is(err, model.ErrCap) {
				t.Errorf("open %+v: %v", u, err)
			}
			if err := l.Close(t.Context(), 1, u); err == nil {
				t.Errorf("close %+v", u)
			}
		}
		if err := l.Close(t.Context(), 1e9, model.Usage{}); !errors.Is(err, ErrNotFound) {
			t.Errorf("close of no call: %v", err)
		}
		if got := used(t, db, "2025-02", "", ""); got != "2 1500 1 1500 1" {
			t.Errorf("used %s", got)
		}
	})
}

// What is not scheduled together uses no more than the caps leave to it; what is scheduled may use all that is left.
func TestLedgerReserve(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		for _, scope := range []string{"installation", "guild"} {
			caps := Uncapped()
			caps.Reserve = 0.4
			map[string]*Cap{"installation": &caps.Installation, "guild": &caps.Guild}[scope].Day = Limit{1000, 1000}
			caps.User.Day = Limit{600, 600} // has no reserve
			l := db.Ledger(caps)
			write(t, db, func(q *Q) error { return second(q.exec(t.Context(), "DELETE FROM usage_totals")) })
			book(t, l, call(asked, 600, 600))
			if e := refused(t, l, call(asked, 1, 1)); e.Scope != scope || e.Period != "day" {
				t.Errorf("%+v", e)
			}
			r := must[UsageReport](t)(l.Report(t.Context(), map[string]string{"installation": "", "guild": "g"}[scope]))
			if r.Day.Share != 0.6 || r.Day.Asked != 1 || r.Month.Share != 0 || r.Month.Asked != 0 || r.Day.Cap.Tokens != 1000 {
				t.Errorf("report %+v", r)
			}
			id := book(t, l, call(scheduled, 400, 400))
			refused(t, l, call(scheduled, 1, 1))
			// What a digest used comes out of the reserve first, so that commands keep their share.
			if err := l.Close(t.Context(), id, model.Usage{In: 300, Cost: 300}); err != nil {
				t.Fatal(err)
			}
			refused(t, l, call(asked, 1, 1))
			book(t, l, call(scheduled, 100, 100))

			// It does not matter who comes first, nor to a digest that a command used more than it should.
			write(t, db, func(q *Q) error { return second(q.exec(t.Context(), "DELETE FROM usage_totals")) })
			book(t, l, call(scheduled, 300, 300))
			id = book(t, l, call(asked, 600, 600))
			if err := l.Close(t.Context(), id, model.Usage{In: 650, Cost: 650}); err != nil {
				t.Fatal(err)
			}
			book(t, l, call(scheduled, 50, 50))
			refused(t, l, call(scheduled, 1, 1))
		}
		caps := Uncapped()
		caps.Reserve = 1
		caps.Guild.Month = Limit{1000, 1000}
		l := db.Ledger(caps)
		p := model.Payer{Guild: "h"}
		refused(t, l, call(p, 1, 1))
		p.Scheduled = true
		book(t, l, call(p, 1000, 1000))
	})
}

// Two processes with 16 goroutines each go for one cap; to the token, it is used up and not passed.
func TestLedgerTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	caps := Uncapped()
	caps.Installation.Day.Tokens = 100 * 1000
	caps.Guild.Month.Cost = 60 * 7
	ledgers := []*Ledger{openAt(t, path, Options{}).Ledger(caps), openAt(t, path, Options{}).Ledger(caps)}
	var wg sync.WaitGroup
	var fit [3]atomic.Int64
	for i := range 32 {
		wg.Go(func() {
			for range 8 {
				g := i % 3
				id, err := ledgers[i%2].Open(context.Background(), call(model.Payer{Guild: fmt.Sprint(g)}, 1000, 7))
				switch {
				case err == nil:
					fit[g].Add(1)
					if err := ledgers[i/2%2].Close(context.Background(), id, model.Usage{In: 900, Out: 100, Cost: 7}); err != nil {
						t.Error(err)
					}
				case !errors.Is(err, model.ErrCap):
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	all := fit[0].Load() + fit[1].Load() + fit[2].Load()
	if most := max(fit[0].Load(), fit[1].Load(), fit[2].Load()); all != 100 || most > 60 {
		t.Errorf("%d calls of 100 fit, by guild %d %d %d of 60", all, fit[0].Load(), fit[1].Load(), fit[2].Load())
	}
	if got := used(t, ledgers[0].db, "2025-02-27", "", ""); got != "100 100000 700 100000 700" {
		t.Errorf("used %s", got)
	}
	addsUp(t, ledgers[0].db)
}

// A day ends at midnight in UTC, and so does a month; a call counts where it was opened.
func TestLedgerPeriods(t *testing.T) {
	now := time.Date(2025, 2, 28, 23, 59, 59, 0, time.FixedZone("", 3*3600)) // 20:59:59 in UTC
	db := openTemp(t, Options{Now: func() time.Time { return now }})
	caps := Uncapped()
	caps.Guild = Cap{Day: Limit{100, NoLimit}, Month: Limit{250, NoLimit}}
	l := db.Ledger(caps)
	book(t, l, call(asked, 100, 0))
	now = now.Add(time.Second)
	refused(t, l, call(asked, 100, 0)) // it is another day over there, not in UTC
	now = time.Date(2025, 2, 28, 23, 59, 59, 999e6, time.UTC)
	if e := refused(t, l, call(asked, 1, 0)); !e.Until.Equal(time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)) || e.Period != "day" {
		t.Errorf("%+v", e)
	}
	now = time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)
	id := book(t, l, call(asked, 100, 0))
	now = now.Add(24 * time.Hour)
	book(t, l, call(asked, 100, 0))
	now = now.Add(24 * time.Hour)
	if e := refused(t, l, call(asked, 51, 0)); e.Period != "month" || !e.Until.Equal(time.Date(2025, 4, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", e)
	}
	if err := l.Close(t.Context(), id, model.Usage{In: 10}); err != nil {
		t.Fatal(err)
	}
	for period, want := range map[string]string{"2025-02-28": "1 100 0 100 0", "2025-02": "1 100 0 100 0", "2025-03-01": "1 10 0 10 0", "2025-03-02": "1 100 0 100 0", "2025-03": "2 110 0 110 0", "2025-03-03": ""} {
		if got := used(t, db, period, "g", "u"); got != want {
			t.Errorf("used in %s: %q, want %q", period, got, want)
		}
	}
	r := must[UsageReport](t)(l.Report(t.Context(), "g"))
	if r.Day.Calls != 0 || r.Day.Cap.Tokens != 100 || r.Month.Calls != 2 || r.Month.Tokens != 110 || r.Month.Share != 110.0/250 || r.Month.Cap.Cost != NoLimit || !r.Day.Until.Equal(now.Add(24*time.Hour)) {
		t.Errorf("report %+v", r)
	}
	if r := must[UsageReport](t)(l.Report(t.Context(), "another")); r.Month.Calls != 0 || r.Month.Tokens != 0 {
		t.Errorf("another guild's report %+v", r)
	}
}

// Whatever happens in whatever order, the sums are those of the rows.
func TestLedgerAddsUp(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	now := noon
	db := openTemp(t, Options{Now: func() time.Time { return now }})
	caps := Uncapped()
	caps.Guild.Day.Tokens, caps.User.Month.Cost = 30_000, 20_000
	caps.Reserve = 0.3
	l := db.Ledger(caps)
	var open []int64
	for range 1500 {
		switch n := r.IntN(100); {
		case n < 55:
			p := model.Payer{Guild: []string{"", "a", "b"}[r.IntN(3)], User: []string{"", "1", "2"}[r.IntN(3)], Scheduled: r.IntN(3) == 0}
			id, err := l.Open(t.Context(), call(p, r.IntN(5000), r.Int64N(2000)))
			if err == nil {
				open = append(open, id)
			} else if !errors.Is(err, model.ErrCap) {
				t.Fatal(err)
			}
		case n < 90 && len(open) > 0:
			i := r.IntN(len(open))
			if err := l.Close(t.Context(), open[i], model.Usage{In: r.IntN(6000), Out: r.IntN(50), Cost: r.Int64N(3000)}); err != nil {
				t.Fatal(err)
			}
			open = slices.Delete(open, i, i+1)
		case n < 97:
			now = now.Add(time.Duration(r.Int64N(int64(12*time.Hour))) - 2*time.Hour) // now and then the clock is set back
		case n < 98:
			guild := []string{"a", "b"}[r.IntN(2)]
			before := must[UsageReport](t)(l.Report(t.Context(), ""))
			write(t, db, func(q *Q) error { return q.ForgetGuild(t.Context(), guild) })
			after := must[UsageReport](t)(l.Report(t.Context(), ""))
			if before != after {
				t.Fatalf("forgetting a guild made %+v of %+v", after, before)
			}
		}
	}
	addsUp(t, db)
	if n := must[int64](t)(value[int64](t.Context(), db.Read(), "SELECT COUNT(*) FROM usage")); n < 300 {
		t.Errorf("only %d calls were booked", n)
	}
}
