package digest

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"attache/internal/store"
)

// shown is what a schedule gets, without what names the schedule itself.
func (w *world) shown(s *Service, sched store.Schedule) string {
	w.t.Helper()
	d, rows, err := s.Compose(context.Background(), sched, "", noon)
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := json.Marshal([]any{d.Stories, d.Considered, d.Outlets, rows})
	if err != nil {
		w.t.Fatal(err)
	}
	return string(out)
}

// twoGuilds is a world in which the guilds a and b read the same two sources, named alike.
func twoGuilds(t testing.TB) (w *world, first, second int64) {
	w = newWorld(t)
	for _, guild := range []string{"a", "b"} {
		first = w.subscribe(guild, "First", store.Press, "TR", "trade")
		second = w.subscribe(guild, "Second", store.Press, "FR", "trade")
	}
	for story := range int64(3) {
		w.publish(piece{source: first, story: story + 1, ago: time.Hour})
		w.publish(piece{source: second, story: story + 1, ago: 2 * time.Hour})
	}
	return w, first, second
}

// Guilds that see the same share what is made of it; whatever one of them sees or asks for otherwise it gets as if it were
// alone.
func TestShare(t *testing.T) {
	base := store.Schedule{Zone: "UTC", Lang: "en", Filter: store.Filter{Topics: store.Set{Include: []string{"trade"}}}}
	resubscribe := func(change func(*store.Subscription)) func(w *world, id int64, s *store.Schedule) {
		return func(w *world, id int64, _ *store.Schedule) {
			sub := store.Subscription{Guild: "b", Source: store.Source{ID: id}, Name: "First", Tier: store.Press, Country: "TR", Topics: []string{"trade"}}
			change(&sub)
			w.write(func(q *store.Q) error { return q.SaveSubscription(context.Background(), sub) })
		}
	}
	for name, change := range map[string]func(w *world, id int64, s *store.Schedule){
		"name":     resubscribe(func(s *store.Subscription) { s.Name = "Ours" }),
		"tier":     resubscribe(func(s *store.Subscription) { s.Tier = store.Official }),
		"country":  resubscribe(func(s *store.Subscription) { s.Country = "DE" }),
		"topics":   resubscribe(func(s *store.Subscription) { s.Topics = []string{"defence"} }),
		"paused":   resubscribe(func(s *store.Subscription) { s.Paused = true }),
		"filter":   func(_ *world, _ int64, s *store.Schedule) { s.Filter.Tiers.Exclude = []string{"press"} },
		"language": func(_ *world, _ int64, s *store.Schedule) { s.Filter.Languages.Include = []string{"fr"} },
		"stories":  func(_ *world, _ int64, s *store.Schedule) { s.Stories = 1 },
		"private source": func(w *world, _ int64, _ *store.Schedule) {
			w.publish(piece{source: w.subscribe("b", "Secret", store.Press, "GB", "trade"), story: 9, ago: time.Minute})
		},
		"private article of a shared story": func(w *world, _ int64, _ *store.Schedule) {
			w.publish(piece{source: w.subscribe("b", "Secret", store.Press, "GB", "trade"), story: 1, ago: 3 * time.Hour})
		},
		"read before": func(w *world, id int64, s *store.Schedule) {
			s.Target.Channel = "200"
			w.write(func(q *store.Q) error {
				return q.SaveTold(context.Background(), []store.Told{{Channel: "200", Story: 1, Articles: []int64{1, 2}, At: noon.Add(-time.Hour)}})
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, id, _ := twoGuilds(t)
			a, b := base, base
			a.Guild, b.Guild = "a", "b"
			ofA := w.shown(w.s, a)
			if got := w.shown(w.s, b); got != ofA || len(w.s.compositions.by) != 1 {
				t.Fatalf("two guilds that see the same made %d compositions", len(w.s.compositions.by))
			}
			change(w, id, &b)
			alone := w.shown(New(quiet(), w.db, nil, nil, w.o), b)
			if alone == ofA {
				t.Fatal("the change changes nothing: this case cannot fail")
			}
			if got := w.shown(w.s, b); got != alone {
				t.Errorf("guild b gets\n%s\nalone it gets\n%s", got, alone)
			}
			if got := w.shown(w.s, a); got != ofA {
				t.Errorf("guild a gets\n%s\nbefore it got\n%s", got, ofA)
			}
		})
	}
}

// What is new is seen at once, however short ago a composition was made.
func TestShareSeesNews(t *testing.T) {
	w, id, _ := twoGuilds(t)
	s := store.Schedule{Guild: "a", Zone: "UTC", Lang: "en"}
	before := w.shown(w.s, s)
	w.publish(piece{source: id, story: 7, ago: time.Minute})
	if w.shown(w.s, s) == before {
		t.Error("an article that came since is not seen")
	}
}

// Who gets a composition may write into it without anybody else seeing that.
func TestShareIsCopied(t *testing.T) {
	w, _, _ := twoGuilds(t)
	s := store.Schedule{Guild: "a", Zone: "UTC", Lang: "en"}
	before := w.shown(w.s, s)
	d, rows, err := w.s.Compose(t.Context(), s, "", noon)
	if err != nil {
		t.Fatal(err)
	}
	d.Stories[0].Headline, rows[0].Delivery = "changed", 77
	if w.shown(w.s, s) != before {
		t.Error("another's composition was changed")
	}
}

// What is kept is bounded, in number and time.
func TestShareBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c compositions
		for i := range 50 {
			c.put(shareKey{byte(i)}, composition{rows: make([]store.Candidate, sharedMost/10)})
		}
		if c.size > sharedMost || len(c.by) == 0 {
			t.Errorf("%d candidates are kept in %d compositions", c.size, len(c.by))
		}
		if _, ok := c.get(shareKey{49}); !ok {
			t.Error("the newest is not kept")
		}
		time.Sleep(sharedFor)
		if _, ok := c.get(shareKey{49}); ok {
			t.Error("an old one is used")
		}
	})
}

// Of those who want the same at once one makes it.
func TestShareAtOnce(t *testing.T) {
	w, _, _ := twoGuilds(t)
	var wg sync.WaitGroup
	for _, guild := range []string{"a", "b", "a", "b"} {
		wg.Go(func() { w.shown(w.s, store.Schedule{Guild: guild, Zone: "UTC", Lang: "en"}) })
	}
	wg.Wait()
	if len(w.s.compositions.by) != 1 || len(w.s.compositions.making) != 0 {
		t.Errorf("%d compositions are kept, %d in the making", len(w.s.compositions.by), len(w.s.compositions.making))
	}
}
