package digest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"attache/internal/store"
	"attache/internal/text"
)

// compose composes what s would get at the clock's time.
func (w *world) compose(s store.Schedule) (Digest, []store.Candidate) {
	w.t.Helper()
	d, cs, err := w.s.Compose(context.Background(), s, w.clock.now().Format(slotForm), w.clock.now())
	if err != nil {
		w.t.Fatal(err)
	}
	return d, cs
}

func shownStories(d Digest) (ids []int64) {
	for _, s := range d.Stories {
		ids = append(ids, s.ID)
	}
	return ids
}

// reasonOf returns why a story was chosen or not.
func reasonOf(t testing.TB, cs []store.Candidate, story int64) store.Candidate {
	t.Helper()
	for _, c := range cs {
		if c.Story == story {
			return c
		}
	}
	t.Fatalf("story %d is no candidate of %+v", story, cs)
	return store.Candidate{}
}

func TestCompose(t *testing.T) {
	w := newWorld(t)
	ministry := w.subscribe("guild", "Ministry of Tarland", store.Official, "TR")
	gazette := w.subscribe("guild", "Gazette", store.Press, "FR")
	lead := w.publish(piece{source: ministry, story: 1, ago: 3 * time.Hour, title: "Ministers meet in Porto",
		text: "Ministers of five states met in Porto on Monday. “We agree on the fish,” said Ana Reis-Lobo, the minister for the sea. A new quota is not on the agenda of the talks."})
	w.publish(piece{source: gazette, story: 1, ago: 2 * time.Hour, title: "Fishing talks open",
		text: "Fishing talks opened in Porto with five delegations at the table. The commission counted 14,000 tonnes of sardines last year. Officials expect the talks to end on Wednesday."})
	s := w.schedule(store.Schedule{Name: "Morning", Lang: "en"})
	d, cs := w.compose(s)
	if len(d.Stories) != 1 || d.Considered != 1 || d.Outlets != 2 || d.Guild != "guild" || d.Schedule != s.ID || d.Name != "Morning" || !d.Due.Equal(noon) || !d.Since.Equal(noon.Add(-24*time.Hour)) {
		t.Fatalf("digest %+v", d)
	}
	st := d.Stories[0]
	if st.Outlets != 2 || st.OneSided || st.Update || st.Engine != "extractive" || len(st.Articles) != 2 || len(st.Bullets) < 2 || len(st.Quotes) != 1 {
		t.Fatalf("story %+v", st)
	}
	if st.URL != st.Sources[0].URL {
		t.Errorf("the headline leads to %s, the first source is %s", st.URL, st.Sources[0].URL)
	}
	for _, src := range st.Sources {
		if src.Article == lead && (src.Name != "Ministry of Tarland" || src.Tier != store.Official || src.Country != "TR" || src.Lang != "en") {
			t.Errorf("source %+v", src)
		}
	}
	for _, b := range st.Bullets {
		if len(b.Refs) == 0 || b.ID == "" {
			t.Errorf("a bullet without evidence: %+v", b)
		}
		for _, r := range b.Refs {
			src := st.Sources[r.Source-1]
			a := must[store.Listed](t)(w.db.Read().Guild("guild").Article(t.Context(), src.Article))
			if !strings.Contains(a.Text, b.Text) {
				t.Errorf("bullet %q is not in the article that its number leads to", b.Text)
			}
			if !strings.HasPrefix(r.URL, src.URL+"#:~:text=") || !strings.HasPrefix(r.Short, src.URL+"#:~:text=") || len(r.Short) > len(r.URL) {
				t.Errorf("links %s and %s", r.URL, r.Short)
			}
		}
	}
	q := st.Quotes[0]
	if len(q.Words) != 1 || q.Words[0] != "We agree on the fish" && q.Words[0] != "We agree on the fish," || q.Speaker != "Ana Reis-Lobo" || q.Role != "minister" || st.Sources[q.Ref.Source-1].Article != lead {
		t.Errorf("quote %+v", q)
	}
	c := reasonOf(t, cs, 1)
	if !c.Chosen || c.Rank != 1 || c.Headline != st.Headline || !strings.Contains(because(c), "2 independent outlets (1 official, 1 press)") {
		t.Errorf("candidate %+v", c)
	}
	sum := 0.0
	for _, v := range c.Parts {
		sum += v
	}
	if diff := sum - c.Score; diff > 1e-9 || diff < -1e-9 || c.Score == 0 {
		t.Errorf("score %v of %v", c.Score, c.Parts)
	}
	if n := must[[]store.Delivery](t)(w.db.Read().Deliveries(t.Context(), 0, 10)); len(n) != 0 {
		t.Errorf("composing stored %+v", n)
	}
}

func TestRepeatsLast(t *testing.T) {
	said := Bullet{ID: "said", Text: "“We have questions about it,” said Ana Reis-Lobo."}
	limit := Bullet{ID: "limit", Text: "“We have questions about it,” said Ana Reis-Lobo.", Limits: true}
	news := Bullet{ID: "news", Text: "The bridge was opened to questions of every kind, and “We have questions about it” was one of them."}
	more := Bullet{ID: "more", Text: "It is long."}
	quotes := []Quote{{Words: []string{"We have questions about it"}}, {Words: []string{"It is long"}}}
	for _, c := range []struct {
		bullets []Bullet
		quotes  []Quote
		want    string
	}{
		{[]Bullet{news, said, more}, quotes, "news more said"},
		{[]Bullet{said}, quotes, "said"},
		{[]Bullet{limit, news}, quotes, "limit news"},
		{[]Bullet{said, news}, nil, "said news"},
		{nil, quotes, ""},
	} {
		var got []string
		for _, b := range repeatsLast(c.bullets, c.quotes) {
			got = append(got, b.ID)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("order %q, want %q", s, c.want)
		}
	}
}

func TestQuietDay(t *testing.T) {
	w := newWorld(t)
	s := w.schedule(store.Schedule{})
	d, cs := w.compose(s)
	if d.Stories == nil || len(d.Stories) != 0 || len(cs) != 0 {
		t.Errorf("digest %+v", d)
	}
	id := w.postNow(s.ID)
	w.settle()
	if w.delivery(id).Status != store.Sent || w.discord.count() != 1 {
		t.Error("a quiet day has a message too")
	}
}

// Another guild's sources bring nothing into a digest: neither a story nor an outlet, a count or a quote.
func TestTenancy(t *testing.T) {
	w := newWorld(t)
	mine := w.subscribe("guild", "Mine", store.Press, "FR")
	theirs := w.subscribe("other", "Theirs", store.Official, "TR")
	w.publish(piece{source: mine, story: 1, ago: time.Hour})
	w.publish(piece{source: theirs, story: 1, ago: time.Hour, text: "The zebra clause was signed in the old town hall at dawn. “The zebra is ours,” they said of the clause."})
	w.publish(piece{source: theirs, story: 2, ago: time.Hour})
	d, cs := w.compose(w.schedule(store.Schedule{}))
	if len(d.Stories) != 1 || d.Considered != 1 || d.Outlets != 1 || d.Stories[0].Outlets != 1 || len(d.Stories[0].Articles) != 1 || len(d.Stories[0].Sources) != 1 || len(cs) != 1 {
		t.Errorf("digest %+v of %+v", d, cs)
	}
	if s := fmt.Sprintf("%+v %+v", d, cs); strings.Contains(s, "zebra") || strings.Contains(s, "Theirs") {
		t.Errorf("another guild's words: %s", s)
	}
	// What one guild's channel has read is nothing to another's.
	w.settleNow(w.schedule(store.Schedule{}))
	d, _ = w.compose(w.schedule(store.Schedule{Guild: "other", Target: store.Target{Channel: "900"}}))
	if got := shownStories(d); len(got) != 2 {
		t.Errorf("the other guild gets %v", got)
	}
	// A paused source brings nothing either.
	w.write(func(q *store.Q) error {
		_, err := q.Subscribe(context.Background(), store.Source{URL: "https://x.example/feed"}, store.Subscription{Guild: "third", Name: "X", Paused: true})
		return err
	})
	if d, cs := w.compose(w.schedule(store.Schedule{Guild: "third"})); len(d.Stories)+len(cs) != 0 {
		t.Errorf("digest of nobody's sources: %+v", d)
	}
}

// settleNow posts a digest now.
func (w *world) settleNow(s store.Schedule) Digest {
	w.t.Helper()
	id := w.postNow(s.ID)
	if err := w.s.deliver(context.Background(), id); err != nil {
		w.t.Fatal(err)
	}
	return w.digest(id)
}

// What a channel has read does not come again, unless it has grown enough.
func TestTold(t *testing.T) {
	w := newWorld(t)
	gazette := w.subscribe("guild", "Gazette", store.Press, "FR")
	courier := w.subscribe("guild", "Courier", store.Press, "FR")
	herald := w.subscribe("guild", "Herald", store.Press, "FR")
	ministry := w.subscribe("guild", "Ministry", store.Official, "TR")
	first := prose(500)
	w.publish(piece{source: gazette, story: 1, ago: time.Hour, text: first})
	s := w.schedule(store.Schedule{})
	if d := w.settleNow(s); len(d.Stories) != 1 || d.Stories[0].Update {
		t.Fatalf("first digest %+v", d.Stories)
	}
	w.clock.add(time.Minute)
	check := func(name string, stories int, reason string) Digest {
		t.Helper()
		d, cs := w.compose(s)
		c := reasonOf(t, cs, 1)
		if len(d.Stories) != stories || !strings.Contains(because(c), reason) {
			t.Errorf("%s: %d stories, reason %q, want %d and %q", name, len(d.Stories), because(c), stories, reason)
		}
		return d
	}
	check("nothing new", 0, "The channel has read it on 26 February, and nothing new has come since.")
	w.publish(piece{source: courier, story: 1, text: first, ago: time.Second})
	check("a copy of what was read", 0, "nothing new has come since")
	w.publish(piece{source: courier, story: 1, ago: time.Second})
	check("one more article", 0, "what came since from one outlet (1 new article) makes no update")
	w.publish(piece{source: herald, story: 1, ago: time.Second})
	d := check("two outlets", 1, "Chosen as an update")
	if !d.Stories[0].Update || len(d.Stories[0].Articles) != 4 {
		t.Errorf("update %+v", d.Stories[0])
	}
	for _, b := range d.Stories[0].Bullets {
		if strings.Contains(first, b.Text) {
			t.Errorf("an update repeats %q", b.Text)
		}
	}
	w.settleNow(s)
	w.clock.add(time.Minute)
	check("told again", 0, "nothing new has come since")
	w.publish(piece{source: ministry, story: 1, ago: time.Second})
	check("an official source", 1, "Chosen as an update")

	// A story that was grouped anew under another id is known by its articles.
	w.write(func(q *store.Q) error {
		for id := int64(1); id <= 5; id++ {
			if err := q.MoveArticle(context.Background(), id, 77); err != nil {
				return err
			}
		}
		return nil
	})
	d, cs := w.compose(s)
	if c := reasonOf(t, cs, 77); len(d.Stories) != 1 || !d.Stories[0].Update {
		t.Errorf("regrouped: %+v, %q", d.Stories, because(c))
	}
	// Another channel has not read it.
	if d, _ := w.compose(w.schedule(store.Schedule{Target: store.Target{Channel: "555"}})); len(d.Stories) != 1 || d.Stories[0].Update {
		t.Errorf("another channel: %+v", d.Stories)
	}
}

// The period of a digest begins where the last one ended.
func TestSince(t *testing.T) {
	w := newWorld(t)
	day := func(d, h int) time.Time { return time.Date(2026, 3, d, h, 0, 0, 0, time.UTC) }
	since := func(s store.Schedule, due time.Time) time.Time {
		t.Helper()
		d, _, err := w.s.Compose(t.Context(), s, due.Format(slotForm), due)
		if err != nil {
			t.Fatal(err)
		}
		return d.Since
	}
	for spec, want := range map[string]time.Time{
		"08:00":       day(1, 8),
		"08:00 mon":   time.Date(2026, 2, 23, 8, 0, 0, 0, time.UTC),
		"08:00,18:00": day(1, 8), // at least a day
		"0 8 2 * *":   time.Date(2026, 2, 2, 8, 0, 0, 0, time.UTC),
		"":            day(1, 8), // `attache digest` without a schedule
	} {
		if got := since(store.Schedule{Guild: "guild", Spec: spec, Zone: "UTC"}, day(2, 8)); !got.Equal(want) {
			t.Errorf("first digest of %q: since %s, want %s", spec, got, want)
		}
	}
	s := w.schedule(store.Schedule{})
	deliver := func(due time.Time, status string) {
		w.write(func(q *store.Q) error {
			_, _, err := q.PlanDelivery(context.Background(), store.Delivery{Schedule: s.ID, Slot: due.Format(slotForm), Due: due, Status: status})
			return err
		})
	}
	deliver(day(2, 8), store.Sent)
	deliver(day(3, 8), store.Failed)
	deliver(day(4, 8), store.Skipped)
	w.clock.set(day(4, 9))
	w.settleNow(s)
	if got := since(s, day(5, 8)); !got.Equal(day(2, 8)) {
		t.Errorf("after two days without a digest: since %s", got)
	}
	if got := since(s, day(20, 8)); !got.Equal(day(13, 8)) {
		t.Errorf("after weeks without a digest: since %s", got)
	}
}

// What became known so late that it is no news is said to be so.
func TestLateNews(t *testing.T) {
	w := newWorld(t)
	src := w.subscribe("guild", "Gazette", store.Press, "FR")
	w.write(func(q *store.Q) error { // published days ago, first seen now
		for i, age := range []time.Duration{30 * time.Hour, 4 * 24 * time.Hour} {
			id, _, err := q.SaveArticle(context.Background(), store.Article{Source: src, Key: fmt.Sprint(i), URL: "https://x.example/", Title: "T", Text: prose(600 + i), Published: noon.Add(-age), Seen: noon.Add(-time.Minute)})
			if err != nil {
				return err
			}
			if err := q.SaveIngested(context.Background(), store.Article{ID: id, Revision: 1, Story: int64(i + 1), Ingested: true, Lang: "en"}, nil, nil); err != nil {
				return err
			}
		}
		return nil
	})
	d, cs := w.compose(w.schedule(store.Schedule{}))
	if got := shownStories(d); !slices.Equal(got, []int64{1}) || !strings.Contains(because(reasonOf(t, cs, 2)), "4 days old") {
		t.Errorf("stories %v of %+v", got, cs)
	}
}

// A PDF is shown by a viewer that knows no text fragments: its link is the plain one.
func TestRefToFile(t *testing.T) {
	const words = "The treaty was signed in Porto. Nothing else was."
	for url, fragment := range map[string]bool{
		"https://ministry.example/note":           true,
		"https://ministry.example/note.PDF":       false,
		"https://ministry.example/note.pdf?v=2":   false,
		"https://ministry.example/a.pdf/note":     true,
		"https://ministry.example/note?file=.pdf": true,
	} {
		r := ref(1, article{Listed: store.Listed{Article: store.Article{URL: url, Text: words}}}, text.Span{End: 31})
		if got := r.URL != url && r.Short != url; got != fragment {
			t.Errorf("%s: %s", url, r.URL)
		}
	}
}
