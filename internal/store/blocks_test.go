package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// A blocked guild is shown nothing, a source that it alone reads is not fetched, and what is stored of it stays.
func TestBlockGuild(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		w := buildLeakWorld(t, db)
		id := schedule(t, db, Schedule{Guild: "theirs", Spec: "08:00", Zone: "UTC", From: noon.Add(-48 * time.Hour)})
		other := schedule(t, db, Schedule{Guild: "mine", Spec: "08:00", Zone: "UTC", From: noon.Add(-48 * time.Hour)})
		before := must[[]Listed](t)(db.Read().Guild("theirs").Latest(ctx, 100))
		write(t, db, func(q *Q) error { return q.BlockGuild(ctx, "theirs", "spam") })
		write(t, db, func(q *Q) error { return q.BlockGuild(ctx, "theirs", "much spam") })

		if bs := must[[]Block](t)(db.Read().Blocks(ctx)); !reflect.DeepEqual(bs, []Block{{"guild", "theirs", "much spam", noon}}) {
			t.Errorf("blocks %+v", bs)
		}
		for guild, want := range map[string]bool{"theirs": true, "mine": false} {
			if got := must[bool](t)(db.Read().GuildBlocked(ctx, guild)); got != want {
				t.Errorf("%s blocked: %t", guild, got)
			}
		}
		if m := must[map[string]bool](t)(db.Read().BlockedGuilds(ctx)); !reflect.DeepEqual(m, map[string]bool{"theirs": true}) {
			t.Errorf("blocked guilds %v", m)
		}
		subscribe(t, db, "theirs", "https://later.example/feed", Subscription{}) // subscribed to while it is blocked
		shownNothing(t, db, "theirs", w)
		for _, u := range leased(t, db) {
			if strings.Contains(u, "theirs") || strings.Contains(u, "later") {
				t.Errorf("%s is fetched for a blocked guild alone", u)
			}
		}
		if n := len(leased(t, db)); n != 3 {
			t.Errorf("%d sources of the other guild are fetched", n)
		}
		if subs := must[[]Subscription](t)(db.Read().Subscriptions(ctx, "theirs")); len(subs) != 4 {
			t.Errorf("%d subscriptions are left", len(subs))
		}

		write(t, db, func(q *Q) error { return q.UnblockGuild(ctx, "theirs") })
		if again := must[[]Listed](t)(db.Read().Guild("theirs").Latest(ctx, 100)); ids(again) != ids(before) {
			t.Errorf("it saw %s, sees %s", ids(before), ids(again))
		}
		if s := must[Schedule](t)(db.Read().Schedule(ctx, id)); !s.From.Equal(noon) {
			t.Errorf("slots of the time in which it was blocked are due: from %v", s.From)
		}
		if s := must[Schedule](t)(db.Read().Schedule(ctx, other)); s.From.Equal(noon) {
			t.Error("a schedule of another guild was changed")
		}
		if err := db.InTx(ctx, func(q *Q, _ Jobs) error { return q.UnblockGuild(ctx, "theirs") }); !errors.Is(err, ErrNotFound) {
			t.Errorf("unblocked twice: error %v", err)
		}
		// Who was blocked and forgotten does not come back by a new invitation.
		write(t, db, func(q *Q) error { return errors.Join(q.BlockGuild(ctx, "theirs", ""), q.ForgetGuild(ctx, "theirs")) })
		if !must[bool](t)(db.Read().GuildBlocked(ctx, "theirs")) {
			t.Error("forgetting a guild unblocked it")
		}
	})
}

// leased are the URLs of all sources that would be fetched.
func leased(t *testing.T, db *DB) (urls []string) {
	t.Helper()
	undo := errors.New("undo")
	err := db.InTx(t.Context(), func(q *Q, _ Jobs) error {
		ss, err := q.LeaseSources(t.Context(), noon.Add(time.Hour), 100, noon.Add(2*time.Hour), "token")
		for _, s := range ss {
			urls = append(urls, s.URL)
		}
		return errors.Join(err, undo)
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
	return urls
}

// shownNothing asks every method of a Scope that shows articles.
func shownNothing(t *testing.T, db *DB, guild string, w leakWorld) {
	t.Helper()
	ctx, s := t.Context(), db.Read().Guild(guild)
	all := []int64{w.common, w.mine, w.theirs, w.privateMine, w.privateTheirs}
	out := []any{
		must[[]Story](t)(s.Stories(ctx, noon.Add(-24*time.Hour), noon.Add(time.Hour))), must[[]Listed](t)(s.Latest(ctx, 100)),
		must[[]Listed](t)(s.Search(ctx, "treaty", 100)), must[[]Quote](t)(s.Quotes(ctx, "", 0, 100)), must[[]Quote](t)(s.Quotes(ctx, "", w.commonStory, 100)),
		must[[]string](t)(s.Speakers(ctx, "", 100)), must[map[int64][]Quote](t)(s.QuotesOf(ctx, all)),
	}
	for _, v := range out {
		if n := reflect.ValueOf(v).Len(); n != 0 {
			t.Errorf("%d of %T are shown", n, v)
		}
	}
	for _, id := range all {
		_, err := s.Article(ctx, id)
		_, rerr := s.Revision(ctx, id, 1)
		if !errors.Is(err, ErrNotFound) || !errors.Is(rerr, ErrNotFound) {
			t.Errorf("article %d is shown: %v, %v", id, err, rerr)
		}
	}
	for _, key := range []string{"common", "mine", "theirs", "mine-private", "theirs-own"} {
		if _, err := s.ArticleAt(ctx, key); !errors.Is(err, ErrNotFound) {
			t.Errorf("the article at %s is shown: %v", key, err)
		}
	}
	for _, story := range []int64{w.commonStory, w.ownTheirs} {
		if _, err := s.Story(ctx, story); !errors.Is(err, ErrNotFound) {
			t.Errorf("story %d is shown: %v", story, err)
		}
	}
	if c := must[Counts](t)(s.Counts(ctx)); c.Articles != 0 || c.Stories != 0 || c.Quotes != 0 {
		t.Errorf("counts %+v", c)
	}
}

// A source that is blocked by its address is fetched for nobody, and its articles are shown to nobody; others are as they were.
func TestBlockSource(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		w := buildLeakWorld(t, db)
		seen := func(guild string) string { return ids(must[[]Listed](t)(db.Read().Guild(guild).Latest(ctx, 100))) }
		before := [2]string{seen("mine"), seen("theirs")}
		block := func(address string, host bool) (b BlockedSource) {
			t.Helper()
			write(t, db, func(q *Q) (err error) { b, err = q.BlockSource(ctx, address, host, "because"); return err })
			return b
		}
		// The same address is known again, however it is written.
		if b := block("http://WWW.common.example/feed#top", false); b != (BlockedSource{Shown: "http://WWW.common.example/feed", Sources: 1, Guilds: 2}) {
			t.Errorf("blocked %+v", b)
		}
		for i, guild := range []string{"mine", "theirs"} {
			s := db.Read().Guild(guild)
			if _, err := s.Article(ctx, w.common); !errors.Is(err, ErrNotFound) {
				t.Errorf("%s is shown the article: %v", guild, err)
			}
			if got := seen(guild); strings.Contains(" "+got+" ", fmt.Sprintf(" %d ", w.common)) || len(got) >= len(before[i]) || got == "" {
				t.Errorf("%s sees %s", guild, got)
			}
			if c := must[Counts](t)(s.Counts(ctx)); c.Failing != 1 {
				t.Errorf("%s: counts %+v", guild, c)
			}
			blocked := 0
			for _, sub := range must[[]Subscription](t)(db.Read().Subscriptions(ctx, guild)) {
				if sub.Source.Blocked != (sub.Source.URL == "https://common.example/feed") || sub.Source.Blocked && sub.Source.BlockReason != "because" {
					t.Errorf("%s: %+v", guild, sub.Source)
				}
				if sub.Source.Blocked {
					blocked++
				}
			}
			if blocked != 1 {
				t.Errorf("%s: %d sources are blocked", guild, blocked)
			}
		}
		if urls := fmt.Sprint(leased(t, db)); strings.Contains(urls, "common.example") || !strings.Contains(urls, "mine.example") {
			t.Errorf("fetched: %s", urls)
		}
		for address, want := range map[string]bool{"https://common.example/feed": true, "https://common.example/other": false, "https://mine.example/feed": false, "no address": false, "": false} {
			if got := must[bool](t)(db.Read().URLBlocked(ctx, address)); got != want {
				t.Errorf("%q blocked: %t", address, got)
			}
		}
		err := db.InTx(ctx, func(q *Q, _ Jobs) error {
			_, err := q.Subscribe(ctx, Source{URL: "https://common.example/feed"}, Subscription{Guild: "new"})
			return err
		})
		if !errors.Is(err, ErrBlocked) {
			t.Errorf("a blocked source is added: error %v", err)
		}
		// A guild's own block does not lift when the source's does.
		write(t, db, func(q *Q) error {
			return errors.Join(q.BlockGuild(ctx, "theirs", ""), q.UnblockSource(ctx, "https://common.example/feed", false))
		})
		if got := seen("mine"); got != before[0] {
			t.Errorf("it saw %s, sees %s", before[0], got)
		}
		shownNothing(t, db, "theirs", w)
		if err := db.InTx(ctx, func(q *Q, _ Jobs) error { return q.UnblockSource(ctx, "https://common.example/feed", false) }); !errors.Is(err, ErrNotFound) {
			t.Errorf("unblocked twice: error %v", err)
		}
		if err := db.InTx(ctx, func(q *Q, _ Jobs) error { _, err := q.BlockSource(ctx, "mailto:x", false, ""); return err }); err == nil {
			t.Error("what is no web address is blocked")
		}
	})
}

// A host is blocked with those below it and not with its neighbours, a private address leaves no secret in the block, and
// a source that moves to a blocked address is blocked.
func TestBlockHost(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		urls := []string{"https://press.example/a?key=s3cret-of-mine", "https://www.press.example/b", "https://en.press.example:8443/c", "https://express.example/d", "https://example/e"}
		var of []int64
		for i, u := range urls {
			write(t, db, func(q *Q) error {
				id, err := q.Subscribe(ctx, Source{URL: u, Private: i == 0}, Subscription{Guild: "g"})
				of = append(of, id)
				return err
			})
		}
		blocked := func() (out string) {
			for _, s := range must[[]Source](t)(db.Read().Sources(ctx)) {
				if s.Blocked {
					out += fmt.Sprintf("%d ", s.ID-of[0])
				}
			}
			return out
		}
		var b BlockedSource
		write(t, db, func(q *Q) (err error) { b, err = q.BlockSource(ctx, "Press.example", true, ""); return err })
		if b.Shown != "press.example" || b.Sources != 3 || b.Guilds != 1 || blocked() != "0 1 2 " {
			t.Errorf("%+v blocks %s", b, blocked())
		}
		// Two blocks of one source: it is out until both are lifted.
		write(t, db, func(q *Q) (err error) { b, err = q.BlockSource(ctx, urls[0], false, ""); return err })
		if b.Shown != "https://press.example/a?…" || b.Sources != 0 {
			t.Errorf("%+v", b)
		}
		write(t, db, func(q *Q) error { return q.UnblockSource(ctx, "https://press.example/whatever", true) })
		if blocked() != "0 " {
			t.Errorf("blocked: %s", blocked())
		}
		write(t, db, func(q *Q) error { return q.ForgetGuild(ctx, "g") })
		if all := dump(t, db); strings.Contains(all, "s3cret") || !strings.Contains(all, "press.example") {
			t.Errorf("a secret is left:\n%s", all)
		}

		moving := subscribe(t, db, "h", "https://old.example/feed", Subscription{})
		write(t, db, func(q *Q) error {
			_, err := q.BlockSource(ctx, "new.example", true, "")
			return err
		})
		visit := func(url string) bool {
			write(t, db, func(q *Q) error {
				s, err := q.Source(ctx, moving)
				s.URL = url
				return errors.Join(err, q.SaveVisit(ctx, s))
			})
			return must[Source](t)(db.Read().Source(ctx, moving)).Blocked
		}
		if visit("https://old.example/feed") || !visit("https://new.example/feed") || len(leased(t, db)) != 0 {
			t.Error("a source that moved to a blocked host is read")
		}
	})
}

// What was stored to be shown again loses the articles of a blocked source: digests that showed them, and answers to those
// who read it. A digest of which nothing was sent is composed again; one that is under way is finished.
func TestBlockWithdraws(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		w := buildLeakWorld(t, db)
		deliveries := map[string]int64{}
		add := func(guild, name, status string, article int64, tried bool) {
			sched := schedule(t, db, Schedule{Guild: guild, Spec: "08:00", Zone: "UTC"})
			write(t, db, func(q *Q) error {
				id, _, err := q.PlanDelivery(ctx, Delivery{Schedule: sched, Slot: "2025-02-27T08:00", Status: status,
					Digest: json.RawMessage(fmt.Sprintf(`{"stories":[{"sources":[{"article":%d,"name":"N"}]}]}`, article))})
				p := Part{Delivery: id, Nonce: name, Channel: "c"}
				if tried {
					p.FirstTry = noon
				}
				deliveries[name] = id
				return errors.Join(err, q.SaveParts(ctx, []Part{p}), q.SaveCandidates(ctx, []Candidate{{Delivery: id, Headline: name}}))
			})
		}
		add("mine", "sent", Sent, w.common, true)
		add("mine", "sent without it", Sent, w.common*1000, true) // its number begins with the other's
		add("mine", "ready", Sending, w.common, false)
		add("theirs", "under way", Sending, w.common, true)
		add("theirs", "own", Sent, w.theirs, true)
		for _, guild := range []string{"mine", "nobody"} {
			write(t, db, func(q *Q) error {
				return errors.Join(q.SaveAnswer(ctx, Answer{ID: guild, Guild: guild, Pages: json.RawMessage(`"x"`)}),
					q.SaveAnswer(ctx, Answer{ID: guild + " tries", Guild: guild, Until: noon.Add(time.Hour), Pages: json.RawMessage(`"x"`)}))
			})
		}
		var b BlockedSource
		write(t, db, func(q *Q) (err error) {
			b, err = q.BlockSource(ctx, "https://common.example/feed", false, "")
			return err
		})
		if b.Withdrawn != 3 {
			t.Errorf("%+v", b)
		}
		for name, want := range map[string]string{"sent": "sent false 1 1", "sent without it": "sent true 1 1", "ready": "planned false 0 0", "under way": "sending true 1 1", "own": "sent true 1 1"} {
			d := must[Delivery](t)(db.Read().Delivery(ctx, deliveries[name]))
			got := fmt.Sprint(d.Status, " ", len(d.Digest) > 0, " ", len(must[[]Part](t)(db.Read().Parts(ctx, d.ID))), " ",
				must[int64](t)(value[int64](ctx, db.Read(), "SELECT COUNT(*) FROM candidates WHERE delivery_id = $1", d.ID)))
			if got != want {
				t.Errorf("%s: %s, want %s", name, got, want)
			}
		}
		for id, want := range map[string]bool{"mine": false, "mine tries": true, "nobody": true, "nobody tries": true} {
			if _, err := db.Read().Answer(ctx, strings.TrimSuffix(id, " tries"), id); (err == nil) != want {
				t.Errorf("answer %s: %v", id, err)
			}
		}
	})
}
