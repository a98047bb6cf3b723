package store

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"attache/summarize/model"
)

// NoLimit is the value of a Limit that limits nothing.
const NoLimit = math.MaxInt64

// A Limit is what calls may use together. The zero Limit lets only calls through that use no tokens, and cost nothing.
type Limit struct {
	Tokens int64 // of prompts and replies together
	Cost   int64 // millionths of a US dollar
}

// A Cap is what may be used in a calendar day and month of UTC.
type Cap struct{ Day, Month Limit }

// Caps are the spending caps of an installation. The zero Caps let nothing through.
type Caps struct {
	Installation Cap // all calls
	Guild        Cap // the calls of each guild
	User         Cap // the calls of each user within one guild: what someone does elsewhere is no guild's business
	// Reserve is the share, 0 to 1, of the caps of installation and guild that only scheduled calls may use.
	Reserve float64
}

// Uncapped are caps that cap nothing.
func Uncapped() Caps {
	l := Limit{NoLimit, NoLimit}
	c := Cap{l, l}
	return Caps{Installation: c, Guild: c, User: c}
}

// but is the limit without a share of it.
func (l Limit) but(share float64) Limit {
	less := func(n int64) int64 {
		if n == NoLimit || share <= 0 {
			return n
		}
		return int64(float64(n) * (1 - min(share, 1)))
	}
	return Limit{less(l.Tokens), less(l.Cost)}
}

// stops reports whether a call makes a sum, which it is part of, go past the limit. It is not stopped by what it does not
// use: where the dollars are gone, a model that costs nothing can still be asked.
func (l Limit) stops(call, sum Limit) bool {
	return call.Tokens > 0 && sum.Tokens > l.Tokens || call.Cost > 0 && sum.Cost > l.Cost
}

// A Ledger books what calls of models use, and keeps them below the caps. It is a model.Ledger.
type Ledger struct {
	db   *DB
	caps Caps
}

// Ledger returns the ledger of the database. Several of one database, in several processes too, keep their caps together.
func (db *DB) Ledger(caps Caps) *Ledger { return &Ledger{db, caps} }

// A period is a day or month of UTC, as totals name it.
type period struct {
	kind string // as model.CapError.Period
	name string // 2025-02-27, 2025-02
	end  time.Time
}

func periods(at time.Time) [2]period {
	y, m, d := at.UTC().Date()
	return [2]period{
		{"day", at.UTC().Format("2006-01-02"), time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)},
		{"month", at.UTC().Format("2006-01"), time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC)},
	}
}

// A purse is one of the sums a call counts towards.
type purse struct {
	scope       string // as model.CapError.Scope
	guild, user string // key of its totals
}

func pursesOf(guild, user string) []purse {
	ps := []purse{{scope: "installation"}}
	if guild != "" {
		ps = append(ps, purse{"guild", guild, ""})
	}
	if user != "" {
		ps = append(ps, purse{"user", guild, user})
	}
	return ps
}

// limit is how far a call may fill a purse; of a call that is not scheduled, asked is how far all such may.
func (c *Caps) limit(scope, period string) (all, asked Limit) {
	of, reserve := c.Installation, c.Reserve
	switch scope {
	case "guild":
		of = c.Guild
	case "user":
		of, reserve = c.User, 0 // what is scheduled is no user's
	}
	all = of.Day
	if period == "month" {
		all = of.Month
	}
	return all, all.but(reserve)
}

var errNegative = errors.New("a usage is negative")

func badUsage(u model.Usage) bool { return u.In < 0 || u.Out < 0 || u.Cost < 0 }

// Open books the most that a call may use, before it is sent, and returns the id for Close. Where a cap would be passed it
// books nothing and returns a *model.CapError with the cap that holds longest.
//
// The sums are changed first and then compared, in one transaction: on SQLite there is one writer, and on PostgreSQL the
// changed rows are locked by it (the installation's first, so that no two wait for each other). Neither lets two calls
// fit into what is left for one.
func (l *Ledger) Open(ctx context.Context, c model.Call) (id int64, err error) {
	if badUsage(c.Most) {
		return 0, failed("book a call", errNegative)
	}
	err = l.db.InTx(ctx, func(q *Q, _ Jobs) error {
		at := l.db.now()
		if err := l.add(ctx, q, at, c); err != nil {
			return err
		}
		id, err = value[int64](ctx, q, `INSERT INTO usage
			(at, guild, user_id, scheduled, purpose, endpoint, model, state, tokens_in, tokens_out, cost, estimated)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10, TRUE) RETURNING id`,
			ms(at), c.Payer.Guild, c.Payer.User, c.Payer.Scheduled, c.Purpose, c.Endpoint, c.Model, c.Most.In, c.Most.Out, c.Most.Cost)
		return err
	})
	return id, failed("book a call", err)
}

// add adds a call to its sums and says whether they are within the caps then.
func (l *Ledger) add(ctx context.Context, q *Q, at time.Time, c model.Call) error {
	most := Limit{int64(c.Most.In) + int64(c.Most.Out), c.Most.Cost}
	args := []any{most.Tokens, most.Cost, 0, 0}
	if !c.Payer.Scheduled {
		args[2], args[3] = most.Tokens, most.Cost
	}
	var rows []string
	of := map[[3]string]model.CapError{} // by key of the sum
	for _, s := range pursesOf(c.Payer.Guild, c.Payer.User) {
		for _, p := range periods(at) {
			args = append(args, p.name, s.guild, s.user)
			n := len(args)
			rows = append(rows, "($"+strconv.Itoa(n-2)+", $"+strconv.Itoa(n-1)+", $"+strconv.Itoa(n)+", 1, $1, $2, $3, $4)")
			of[[3]string{p.name, s.guild, s.user}] = model.CapError{Scope: s.scope, Period: p.kind, Until: p.end}
		}
	}
	type sum struct {
		key        [3]string
		all, asked Limit
	}
	sums, err := collect(ctx, q, func(r scanner) (s sum, err error) {
		err = r.Scan(&s.key[0], &s.key[1], &s.key[2], &s.all.Tokens, &s.all.Cost, &s.asked.Tokens, &s.asked.Cost)
		return s, err
	}, `INSERT INTO usage_totals AS t (period, guild, user_id, calls, tokens, cost, asked_tokens, asked_cost)
		VALUES `+strings.Join(rows, ", ")+`
		ON CONFLICT (period, guild, user_id) DO UPDATE SET calls = t.calls + 1,
			tokens = t.tokens + excluded.tokens, cost = t.cost + excluded.cost,
			asked_tokens = t.asked_tokens + excluded.asked_tokens, asked_cost = t.asked_cost + excluded.asked_cost
		RETURNING period, guild, user_id, tokens, cost, asked_tokens, asked_cost`, args...)
	if err != nil {
		return err
	}
	var reached *model.CapError
	for _, s := range sums {
		e := of[s.key]
		all, asked := l.caps.limit(e.Scope, e.Period)
		stopped := all.stops(most, s.all) || !c.Payer.Scheduled && asked.stops(most, s.asked)
		if stopped && (reached == nil || e.Until.After(reached.Until)) {
			reached = &e
		}
	}
	if reached != nil {
		return reached
	}
	return nil
}

// Close replaces what Open booked by what the call used, in the day and month in which it was booked. ErrNotFound when
// there is no such call, or it was pruned.
func (l *Ledger) Close(ctx context.Context, id int64, u model.Usage) error {
	if badUsage(u) {
		return failed("book a usage", errNegative)
	}
	return failed("book a usage", l.db.InTx(ctx, func(q *Q, _ Jobs) error {
		var at, in, out, cost int64
		var guild, user string
		var scheduled bool
		err := q.on.QueryRowContext(ctx, "SELECT at, guild, user_id, scheduled, tokens_in, tokens_out, cost FROM usage WHERE id = $1"+q.locked("usage"), id).
			Scan(&at, &guild, &user, &scheduled, &in, &out, &cost)
		if err != nil {
			return err
		}
		if _, err := q.exec(ctx, "UPDATE usage SET state = 'closed', tokens_in = $2, tokens_out = $3, cost = $4, estimated = $5 WHERE id = $1",
			id, u.In, u.Out, u.Cost, u.Estimated); err != nil {
			return err
		}
		more := Limit{int64(u.In) + int64(u.Out) - in - out, u.Cost - cost}
		asked := more
		if scheduled {
			asked = Limit{}
		}
		for _, s := range pursesOf(guild, user) {
			for _, p := range periods(fromMS(at)) {
				_, err := q.exec(ctx, `UPDATE usage_totals SET tokens = tokens + $4, cost = cost + $5,
					asked_tokens = asked_tokens + $6, asked_cost = asked_cost + $7 WHERE period = $1 AND guild = $2 AND user_id = $3`,
					p.name, s.guild, s.user, more.Tokens, more.Cost, asked.Tokens, asked.Cost)
				if err != nil {
					return err
				}
			}
		}
		return nil
	}))
}
