package digest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"attache/internal/store"
	"attache/summarize"
)

// newsroom fills a world with a day of n articles by 40 sources, of four articles a story on the average, every fifth a
// copy of another.
func newsroom(b *testing.B, n int) *world {
	w := newWorld(b)
	rnd := rand.New(rand.NewPCG(1, 2))
	var sources []int64
	for i := range 40 {
		tier := []store.Tier{store.Official, store.Press, store.Press, store.StateMedia}[i%4]
		sources = append(sources, w.subscribe("guild", fmt.Sprint("Outlet ", i), tier, []string{"TR", "FR", "GB", "CN"}[i%4]))
	}
	texts := map[int64]string{}
	w.write(func(q *store.Q) error {
		for i := range n {
			story := 1 + rnd.Int64N(int64(max(1, n/4)))
			text := texts[story]
			if text == "" || rnd.IntN(5) > 0 {
				var long strings.Builder
				for k := range 4 {
					long.WriteString(prose(i*10+k) + "\n")
				}
				long.WriteString("“We have read it, and we have questions,” said " + somebody + ".")
				text = long.String()
			}
			texts[story] = text
			p := piece{source: sources[rnd.IntN(len(sources))], story: story, lang: []string{"en", "fr", "de"}[story%3], title: fmt.Sprintf("Headline %d of story %d", i, story), text: text}
			if _, err := ingest(q, p, i, noon.Add(-time.Duration(rnd.IntN(24*3600))*time.Second)); err != nil {
				return err
			}
		}
		return nil
	})
	return w
}

// A digest out of a day of 3,000 articles: with nothing in memory or cache, with the shingles of the articles in memory, and
// with its briefs made before, as at a slot.
func BenchmarkCompose(b *testing.B) {
	for _, n := range []int{300, 3000} {
		w := newsroom(b, n)
		filter := store.Filter{Countries: store.Set{Include: []string{"TR"}}, Words: store.Set{Include: []string{"treaty"}}}
		s := w.schedule(store.Schedule{Lang: "en"})
		for _, c := range []struct {
			name  string
			start func()
			sched store.Schedule
		}{
			{"cold", func() {
				w.restart()
				w.s.engines = []summarize.Engine{renamed{w.engine, fmt.Sprint(time.Now().UnixNano())}, summarize.Extractive{}}
			}, s},
			{"at the slot", func() {}, s},
			{"filtered", func() {}, store.Schedule{Guild: "guild", Zone: "UTC", Filter: filter}},
		} {
			b.Run(fmt.Sprintf("%d articles/%s", n, c.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					c.start()
					if _, _, err := w.s.Compose(context.Background(), c.sched, noon.Format(slotForm), noon); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// One story of everybody: each of its articles is compared with the others.
func BenchmarkLargeStory(b *testing.B) {
	w := newWorld(b)
	var st store.Story
	for i := range articlesMax + 50 {
		st.Articles = append(st.Articles, store.Listed{Article: store.Article{ID: int64(i + 1), Source: int64(i), Text: prose(i), Published: noon, Seen: noon}})
	}
	f := newFilter(store.Filter{})
	for b.Loop() {
		if c := w.s.newCandidate(st, f, nil, noon); c.groups != articlesMax || len(c.all) != articlesMax+50 {
			b.Fatalf("%d groups of %d articles", c.groups, len(c.all))
		}
	}
}
