package store

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestLookups(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		ids := map[int64]bool{}
		write(t, db, func(q *Q) error {
			var errs []error
			for _, l := range []Lookup{
				{Guild: "g", User: "1", Purpose: LookupPage, URL: "https://a.example/1", At: noon.Add(-time.Hour)},
				{Guild: "g", User: "1", Purpose: LookupPage, URL: "https://a.example/2"},
				{Guild: "g", User: "2", Purpose: LookupPage, URL: "https://a.example/3", At: noon.Add(-30 * time.Minute)},
				{Guild: "g", User: "1", Purpose: LookupSource, URL: "https://b.example/feed?…"},
				{Guild: "h", User: "1", Purpose: LookupPage, URL: "https://a.example/1"},
			} {
				id, err := q.BeginLookup(ctx, l)
				ids[id] = true
				errs = append(errs, err)
			}
			return errors.Join(errs...)
		})
		if err := db.InTx(ctx, func(q *Q, _ Jobs) error { // of its own: PostgreSQL ends a transaction whose statement failed
			return second(q.BeginLookup(ctx, Lookup{Guild: "g", User: "1", Purpose: "sport"}))
		}); err == nil {
			t.Error("any purpose is taken")
		}
		if len(ids) != 5 {
			t.Errorf("ids %v", ids)
		}
		for _, c := range []struct {
			guild, user, purpose string
			after                time.Time
			n                    int
			first                time.Time
		}{
			{"g", "", LookupPage, noon.Add(-2 * time.Hour), 3, noon.Add(-time.Hour)},
			{"g", "", LookupPage, noon.Add(-time.Hour), 2, noon.Add(-30 * time.Minute)}, // not the one at that very moment
			{"g", "1", LookupPage, noon.Add(-2 * time.Hour), 2, noon.Add(-time.Hour)},
			{"g", "1", LookupSource, noon.Add(-time.Hour), 1, noon},
			{"h", "", LookupPage, noon.Add(-time.Hour), 1, noon},
			{"h", "2", LookupPage, noon.Add(-time.Hour), 0, time.Time{}},
			{"", "", LookupPage, time.Time{}, 0, time.Time{}},
		} {
			n, first, err := db.Read().Lookups(ctx, c.guild, c.user, c.purpose, c.after)
			if n != c.n || !first.Equal(c.first) || err != nil {
				t.Errorf("%+v: %d since %s, %v", c, n, first, err)
			}
		}
		write(t, db, func(q *Q) error {
			return errors.Join(q.EndLookup(ctx, 1, true), q.EndLookup(ctx, 2, false), q.EndLookup(ctx, 99, true))
		})
		states := must[[]string](t)(collect(ctx, db.Read(), scanText, "SELECT state FROM lookups ORDER BY id"))
		if got := strings.Join(states, " "); got != "done failed open open open" {
			t.Errorf("states %s", got)
		}
		write(t, db, func(q *Q) error {
			n, err := q.PruneLookups(ctx, noon)
			if n != 2 {
				t.Errorf("pruned %d", n)
			}
			return err
		})
		if n, _, err := db.Read().Lookups(ctx, "g", "", LookupPage, time.Time{}); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	})
}

// After a guild is forgotten nobody can say what it looked up; what others did stays.
func TestForgetLookups(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		write(t, db, func(q *Q) error {
			for _, g := range []string{"mine", "theirs"} {
				if _, err := q.BeginLookup(ctx, Lookup{Guild: g, User: "user-" + g, Purpose: LookupPage, URL: "https://" + g + ".example/"}); err != nil {
					return err
				}
			}
			return q.ForgetGuild(ctx, "theirs")
		})
		if all := dump(t, db); strings.Contains(all, "theirs") || !strings.Contains(all, "https://mine.example/") {
			t.Errorf("left:\n%s", all)
		}
	})
}

// Of what schema 3 held for managers the hour is over after an hour; what it answered is kept.
func TestMigrateHeldAnswers(t *testing.T) {
	path := older(t, 3, `
		INSERT INTO answers (id, guild, user_id, at, pages) VALUES
			('held', 'g', '7', 1740657600000, '{"held":"source","source":{}}'),
			('kept', 'g', '7', 1740657600000, '{"pages":[{"content":"{\"held\":"}]}')`)
	db := openAt(t, path, Options{})
	for id, until := range map[string]int64{"held": 1740661200000, "kept": 0} {
		if a := must[Answer](t)(db.Read().Answer(t.Context(), "g", id)); ms(a.Until) != until {
			t.Errorf("%s ends %s", id, a.Until)
		}
	}
}
