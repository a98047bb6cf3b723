package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"attache/internal/text"
	"attache/summarize"
	"attache/summarize/model"
	"attache/summarize/quote"
)

func TestGuilds(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		want := Guild{ID: "g", Name: "N", Locale: "tr", Joined: noon.Add(-time.Hour), Settings: json.RawMessage(`{"a":1}`)}
		write(t, db, func(q *Q) error { return q.SaveGuild(ctx, want) })
		write(t, db, func(q *Q) error { return q.GuildLeft(ctx, "g", noon) })
		want.Left = noon
		if gs := must[[]Guild](t)(db.Read().Guilds(ctx)); len(gs) != 1 || !reflect.DeepEqual(gs[0], want) {
			t.Errorf("guilds %+v", gs)
		}
		write(t, db, func(q *Q) error { return q.SaveGuild(ctx, Guild{ID: "g", Name: "M"}) })
		if g := must[Guild](t)(db.Read().GuildByID(ctx, "g")); g.Name != "M" || !g.Left.IsZero() || !g.Joined.Equal(want.Joined) || string(g.Settings) != `{"a":1}` {
			t.Errorf("guild %+v", g)
		}
		write(t, db, func(q *Q) error { return q.SaveGuild(ctx, Guild{ID: "h"}) })
		if g := must[Guild](t)(db.Read().GuildByID(ctx, "h")); string(g.Settings) != `{}` {
			t.Errorf("guild %+v", g)
		}
	})
}

// brief is a brief whose words come from an article.
func brief(article int64, words string) summarize.Brief {
	e := summarize.Evidence{Article: article, Revision: 1, Span: text.Span{End: len(words)}, Text: words}
	return summarize.Brief{Headline: words, HeadlineFrom: e, Lang: "en", Engine: "extractive", Version: "1",
		Bullets: []summarize.Bullet{{ID: "b", Text: words, Evidence: []summarize.Evidence{e}}},
		Quotes:  []summarize.Quote{{ID: "q", Article: article, Revision: 1, Words: []string{words}, Quote: quote.Quote{Spans: []text.Span{e.Span}, Speaker: "S"}}}}
}

func TestBriefs(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		for _, words := range []string{"First.", "Second."} {
			want := brief(1, words)
			write(t, db, func(q *Q) error { return q.SaveBrief(ctx, "key", 5, want) })
			if got := must[summarize.Brief](t)(db.Read().Brief(ctx, "key")); !reflect.DeepEqual(got, want) {
				t.Errorf("brief\n%+v, want\n%+v", got, want)
			}
		}
	})
}

func TestAccounts(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		write(t, db, func(q *Q) error {
			if err := q.Audit(ctx, "g", "terminal", "source add", "s"); err != nil {
				return err
			}
			if err := q.SaveAudit(ctx, Audited{Guild: "g", User: "42", Action: "a", At: noon.Add(-48 * time.Hour)}); err != nil {
				return err
			}
			return q.SaveAudit(ctx, Audited{Guild: "h", User: "43", Action: "a", Detail: "d"})
		})
		var pruned int
		write(t, db, func(q *Q) (err error) { pruned, err = q.PruneAudit(ctx, noon.Add(-24*time.Hour)); return err })
		as := must[[]Audited](t)(db.Read().Audits(ctx, "g", 10))
		if pruned != 1 || len(as) != 2 || as[0].User != "terminal" || as[0].Action != "source add" || as[0].Subject != "s" || !as[0].At.Equal(noon) || as[1].User != "" {
			t.Errorf("pruned %d, audit %+v", pruned, as)
		}
	})
}

// After ForgetGuild no row of any table names the guild or holds what it alone
// brought, and everything of the other guild is as it was. Tables added later are searched too.
func TestForgetGuild(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		w := buildLeakWorld(t, db)
		for _, guild := range []string{"mine", "theirs"} {
			s := sampleSchedule
			s.Guild, s.Target = guild, Target{Channel: "channel-" + guild}
			sched := schedule(t, db, s)
			article := map[string]int64{"mine": w.privateMine, "theirs": w.privateTheirs}[guild]
			read := must[[]Subscription](t)(db.Read().Subscriptions(ctx, guild))[0].Source.ID
			write(t, db, func(q *Q) error {
				d, _, err := q.PlanDelivery(ctx, Delivery{Schedule: sched, Slot: "2025-02-27T08:00", Digest: json.RawMessage(`"digest of ` + guild + `"`)})
				return errors.Join(err,
					q.SaveGuild(ctx, Guild{ID: guild, Name: "Name of " + guild}),
					q.SaveParts(ctx, []Part{{Delivery: d, Nonce: guild, Channel: "channel-" + guild}}),
					q.SaveCandidates(ctx, []Candidate{{Delivery: d, Headline: "for " + guild}}),
					q.SaveTold(ctx, []Told{{Channel: "channel-" + guild, Story: 1, Delivery: d}}),
					q.SaveBrief(ctx, "brief-"+guild, 1, brief(article, "private words of "+guild)),
					q.Audit(ctx, guild, "user-"+guild, "a", "s"),
					q.NoteDead(ctx, guild, read, noon),
					q.PlanNotice(ctx, Notice{Guild: guild, Channel: "channel-" + guild, Body: json.RawMessage(`"notice to ` + guild + `"`), Status: NoticeReady}),
					q.SaveAnswer(ctx, Answer{ID: "answer-" + guild, Guild: guild, User: "user-" + guild, Pages: json.RawMessage(`"answer to ` + guild + `"`)}))
			})
			book(t, db.Ledger(Uncapped()), call(model.Payer{Guild: guild, User: "user-" + guild}, 100, 5))
		}
		mine := must[[]Listed](t)(db.Read().Guild("mine").Latest(ctx, 100))
		if !strings.Contains(dump(t, db), "private words of theirs") {
			t.Fatal("the dump does not show what is there")
		}
		write(t, db, func(q *Q) error { return q.ForgetGuild(ctx, "theirs") })
		all := dump(t, db)
		// Its public source is a public source: what was fetched from there stays.
		for _, secret := range []string{"theirsname", "theirstopic", "ZQ", "t0ken-theirs", "user-theirs", "channel-theirs", "words of theirs", "brief-theirs", "for theirs", "digest of theirs", "Name of theirs", "answer to theirs", "notice to theirs"} {
			if strings.Contains(all, secret) {
				t.Errorf("%q is left", secret)
			}
		}
		for _, kept := range []string{"Name of mine", "user-mine", "channel-mine", "words of mine", "brief-mine", "for mine", "digest of mine", "answer to mine", "notice to mine"} {
			if !strings.Contains(all, kept) {
				t.Errorf("%q of another guild is gone", kept)
			}
		}
		if again := must[[]Listed](t)(db.Read().Guild("mine").Latest(ctx, 100)); ids(again) != ids(mine) {
			t.Errorf("another guild saw %s, sees %s", ids(mine), ids(again))
		}
		if r := must[UsageReport](t)(db.Ledger(Uncapped()).Report(ctx, "")); r.Month.Calls != 2 || r.Month.Tokens != 200 || r.Month.Cost != 10 {
			t.Errorf("the installation used %+v", r.Month)
		}
		write(t, db, func(q *Q) error { return q.ForgetGuild(ctx, "") }) // no guild's, but the installation's
		if r := must[UsageReport](t)(db.Ledger(Uncapped()).Report(ctx, "")); r.Month.Calls != 2 {
			t.Errorf("the installation used %+v", r.Month)
		}
		orphans := must[int64](t)(value[int64](ctx, db.Read(), "SELECT COUNT(*) FROM article_fts WHERE rowid NOT IN (SELECT doc FROM articles)"))
		if orphans != 0 {
			t.Errorf("%d rows of the search index are left", orphans)
		}
	})
}

// dump is every row of every table of ours as text.
func dump(t *testing.T, db *DB) string {
	t.Helper()
	ctx, q := t.Context(), db.Read()
	tables := must[[]string](t)(collect(ctx, q, scanText, db.dialect.tables))
	var b strings.Builder
	for _, table := range tables {
		if strings.HasPrefix(table, "river_") {
			continue
		}
		rows, err := q.on.QueryContext(ctx, "SELECT * FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&b, table, values)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}
