package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// Which sources ail, and that of two who tell it, or tell that it is over, one does.
func TestAiling(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		long, lately := noon.Add(-10*24*time.Hour), noon.Add(-time.Hour)
		ids := map[string]int64{}
		add := func(guild, name string, added time.Time, change func(*Source)) {
			t.Helper()
			write(t, db, func(q *Q) error {
				id, err := q.Subscribe(ctx, Source{URL: "https://" + name + ".example/feed"}, Subscription{Guild: guild, Name: guild + "'s " + name, Added: added})
				if err != nil || change == nil {
					return err
				}
				s, err := q.Source(ctx, id)
				ids[name] = id
				change(&s)
				return errors.Join(err, q.SaveVisit(ctx, s))
			})
		}
		failing := func(success time.Time, n int) func(*Source) {
			return func(s *Source) { s.Failures, s.LastSuccess, s.LastVisit, s.Error = n, success, lately, "It failed." }
		}
		add("g", "well", long, func(s *Source) { s.LastSuccess = lately })
		add("g", "gone", lately, func(s *Source) { s.Status, s.LastSuccess = "gone", lately })
		add("g", "failing", long, failing(long, 8))
		add("g", "late", long, failing(lately, 8))         // it was read lately
		add("g", "few", long, failing(long, 7))            // it did not fail often enough
		add("g", "fresh", lately, failing(time.Time{}, 8)) // it was never read, but the server has not waited yet
		add("h", "failing", long, nil)
		add("left", "failing", long, nil)
		write(t, db, func(q *Q) error {
			return errors.Join(q.SaveGuild(ctx, Guild{ID: "left"}), q.GuildLeft(ctx, "left", noon))
		})
		shown := func() string {
			t.Helper()
			var out []string
			for _, a := range must[[]Ailing](t)(db.Read().Ailing(ctx, 8, noon.Add(-72*time.Hour))) {
				state := "new"
				if !a.Since.IsZero() {
					state = "noted"
				}
				if !a.Told.IsZero() {
					state = "told"
				}
				if a.Off {
					state += " off"
				}
				out = append(out, a.Name+" "+state)
			}
			return strings.Join(out, ", ")
		}
		if got := shown(); got != "g's failing new, g's gone new, h's failing new" {
			t.Error(got)
		}
		write(t, db, func(q *Q) error {
			return errors.Join(q.NoteDead(ctx, "g", ids["failing"], lately), q.NoteDead(ctx, "g", ids["failing"], noon), q.NoteDead(ctx, "g", ids["well"], lately))
		})
		if a := must[[]Ailing](t)(db.Read().Ailing(ctx, 8, noon.Add(-72*time.Hour))); !a[1].Visit.Equal(lately) || !a[1].Since.Equal(noon) || a[1].Source.Error != "It failed." {
			t.Errorf("%+v", a[1])
		}
		told := func(what func(q *Q) (bool, error)) (ok bool) {
			t.Helper()
			write(t, db, func(q *Q) (err error) { ok, err = what(q); return err })
			return ok
		}
		tell := func(q *Q) (bool, error) { return q.TellDead(ctx, "g", ids["failing"]) }
		if told(func(q *Q) (bool, error) { return q.TellDead(ctx, "h", ids["failing"]) }) || !told(tell) || told(tell) {
			t.Error("it is told to one server, once")
		}
		write(t, db, func(q *Q) error {
			subs := must[[]Subscription](t)(q.Subscriptions(ctx, "h"))
			subs[0].Paused = true
			return q.SaveSubscription(ctx, subs[0])
		})
		if got := shown(); got != "g's well noted, g's failing told, g's gone new, h's failing new off" {
			t.Error(got)
		}
		over := func(told bool) func(q *Q) (bool, error) {
			return func(q *Q) (bool, error) { return q.ForgetDead(ctx, "g", ids["failing"], told) }
		}
		if told(over(false)) || !told(over(true)) || told(over(true)) {
			t.Error("that it is over is told once")
		}
		write(t, db, func(q *Q) error { return q.Unsubscribe(ctx, "g", ids["well"]) })
		if got := shown(); got != "g's failing new, g's gone new, h's failing new off" {
			t.Error(got)
		}
		if n, last, err := db.Read().Reading(ctx); n != 5 || !last.Equal(lately) || err != nil {
			t.Errorf("%d sources are read, the last at %s, %v", n, last, err)
		}
	})
}

func TestNotices(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		write(t, db, func(q *Q) error {
			return errors.Join(
				q.PlanNotice(ctx, Notice{Guild: "g", Channel: "c", Nonce: "n", Marker: "m", Body: json.RawMessage(`{"content":"a"}`), Status: NoticeReady}),
				q.PlanNotice(ctx, Notice{Guild: "h", Status: NoticeDone}))
		})
		open := must[[]Notice](t)(db.Read().OpenNotices(ctx))
		if len(open) != 1 || fmt.Sprintln(open[0].Guild, open[0].Channel, open[0].Nonce, open[0].Marker, string(open[0].Body), open[0].Tries, open[0].FirstTry.IsZero()) != "g c n m {\"content\":\"a\"} 0 true\n" {
			t.Fatalf("%+v", open)
		}
		n := open[0]
		n.Status, n.Tries, n.FirstTry, n.Message = NoticeDone, 2, noon, "9"
		write(t, db, func(q *Q) error { return q.SaveNotice(ctx, n) })
		if got := must[Notice](t)(db.Read().Notice(ctx, n.ID)); got.Tries != 2 || !got.FirstTry.Equal(noon) || got.Message != "9" || got.Status != NoticeDone {
			t.Errorf("%+v", got)
		}
		for guild, want := range map[string]time.Time{"g": noon, "h": noon, "i": {}} {
			if at := must[time.Time](t)(db.Read().LastNotice(ctx, guild)); !at.Equal(want) {
				t.Errorf("%s: %s", guild, at)
			}
		}
		var pruned int
		write(t, db, func(q *Q) (err error) { pruned, err = q.PruneNotices(ctx, noon.Add(time.Hour)); return err })
		if _, err := db.Read().Notice(ctx, n.ID); pruned != 2 || !errors.Is(err, ErrNotFound) {
			t.Errorf("%d pruned, %v", pruned, err)
		}
	})
}
