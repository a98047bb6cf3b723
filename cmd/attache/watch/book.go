package watch

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"attache/internal/store"
)

// A book is what is known to be wrong and who was told. It is the rows of the database; what could not be written there is
// kept until it can.
type book struct {
	db     *store.DB
	member *store.Member // nil: alone

	open   map[string]store.Alert // by name
	behind map[string]bool        // names whose row is not like this yet, nor gone like this
	seen   []store.Alert          // rows of single processes, as loaded last
}

// at stands between the name of an alert and the process that alone can see it.
const at = "@"

func (b *book) has(name string) bool { _, ok := b.open[name]; return ok }

// load takes over what the rows say, but for what they do not know yet.
func (b *book) load(ctx context.Context) error {
	rows, err := b.db.Read().Alerts(ctx)
	if err != nil {
		return err
	}
	b.seen = nil
	known := map[string]bool{}
	for _, a := range rows {
		if strings.Contains(a.Name, at) {
			b.seen = append(b.seen, a)
			continue
		}
		known[a.Name] = true
		if !b.behind[a.Name] {
			b.open[a.Name] = a
		}
	}
	maps.DeleteFunc(b.open, func(name string, _ store.Alert) bool {
		return !known[name] && !b.behind[name] && name != Database
	})
	return nil
}

// raise notes that something is wrong; false when that is known.
func (b *book) raise(name, words string, now time.Time) (fresh bool) {
	a, known := b.open[name]
	if known && a.Over.IsZero() {
		return false
	}
	if !known {
		a = store.Alert{Name: name, Since: now}
	}
	a.Over, a.Words = time.Time{}, words // one that was over and nobody was told so goes on
	b.put(a)
	return !known
}

// end notes that it is over; false when that is known. One of which nobody was told yet is forgotten.
func (b *book) end(name string, now time.Time) bool {
	a, known := b.open[name]
	if !known || !a.Over.IsZero() {
		return false
	}
	if a.Told.IsZero() {
		b.remove(name)
		return true
	}
	a.Over = now
	b.put(a)
	return true
}

// told notes that somebody was told of it, or of its end.
func (b *book) told(name string, now time.Time) {
	a := b.open[name]
	if !a.Over.IsZero() {
		b.remove(name)
		return
	}
	a.Told = now
	b.put(a)
}

func (b *book) put(a store.Alert) { b.open[a.Name] = a; b.behind[a.Name] = true }
func (b *book) remove(name string) {
	delete(b.open, name)
	b.behind[name] = true
}

// save brings the rows up to the book. That of the database is none: when it could be written it is over.
func (b *book) save(ctx context.Context) error {
	delete(b.behind, Database)
	if len(b.behind) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, pingLimit)
	defer cancel()
	err := b.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		if b.member != nil {
			if ours, err := q.Holds(ctx, Lease, b.member.ID()); err != nil {
				return err
			} else if !ours {
				return store.ErrLost
			}
		}
		for _, name := range slices.Sorted(maps.Keys(b.behind)) {
			if err := b.write(ctx, q, name); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		clear(b.behind)
	}
	return err
}

// write makes the row of one alert what the book says.
func (b *book) write(ctx context.Context, q *store.Q, name string) error {
	a, known := b.open[name]
	if !known {
		return q.DropAlert(ctx, name)
	}
	if _, err := q.RaiseAlert(ctx, name, a.Words); err != nil {
		return err
	}
	if !a.Told.IsZero() {
		if err := q.AlertTold(ctx, store.Alert{Name: name}); err != nil {
			return err
		}
	}
	if !a.Over.IsZero() {
		return q.EndAlert(ctx, name)
	}
	return nil
}

// A notice is what somebody is to be told.
type notice struct{ name, key, words string }

// untold is what nobody was told yet, the oldest first.
func (b *book) untold() (out []notice) {
	as := slices.SortedFunc(maps.Values(b.open), func(x, y store.Alert) int {
		return cmp.Or(x.Since.Compare(y.Since), strings.Compare(x.Name, y.Name))
	})
	for _, a := range as {
		key := fmt.Sprintf("%s %d", a.Name, a.Since.UnixMilli())
		switch {
		case a.Over.IsZero() && a.Told.IsZero():
			out = append(out, notice{a.Name, key, raised(a)})
		case !a.Over.IsZero() && !a.Told.IsZero():
			out = append(out, notice{a.Name, key + " over", ended(a)})
		}
	}
	return out
}
