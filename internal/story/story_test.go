package story

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

var monday = time.Date(2025, 3, 3, 8, 0, 0, 0, time.UTC)

// counter hands out story ids from 1.
func counter() func() (int64, error) {
	var n int64
	return func() (int64, error) { n++; return n, nil }
}

// A stream invents articles about events: each event has words of its own, and all share the words of the trade.
type stream struct {
	r     *rand.Rand
	words []string
	n     int64
}

func newStream(seed uint64) *stream {
	s := &stream{r: rand.New(rand.NewPCG(seed, 7))}
	on, vow := []string{"b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z"}, []string{"a", "e", "i", "o", "u"}
	for range 20_000 {
		var b strings.Builder
		for range 2 + s.r.IntN(3) {
			b.WriteString(on[s.r.IntN(len(on))] + vow[s.r.IntN(len(vow))])
		}
		s.words = append(s.words, b.String()+"k")
	}
	return s
}

// word returns a word, common ones oftener.
func (s *stream) word() string {
	f := s.r.Float64()
	return s.words[int(float64(len(s.words)-1)*f*f*f*f)]
}

// event returns the words of a new event.
func (s *stream) event() []string {
	out := make([]string, 14)
	for i := range out {
		out[i] = s.words[s.r.IntN(len(s.words))]
	}
	return out
}

// article returns an article about the event at t.
func (s *stream) article(event []string, t time.Time) Doc {
	s.n++
	some := func(n int, own float64) string {
		w := make([]string, n)
		for i := range w {
			if s.r.Float64() < own {
				w[i] = event[s.r.IntN(len(event))]
			} else {
				w[i] = s.word()
			}
		}
		return strings.Join(w, " ")
	}
	return Doc{ID: s.n, Time: t, Title: some(8, .7), Text: some(110, .4)}
}

func add(t *testing.T, g *Grouper, d Doc) int64 {
	t.Helper()
	id, err := g.Add(d)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestArticlesOfOneEventShareAStory(t *testing.T) {
	g := New(counter())
	docs := []Doc{
		{ID: 1, Time: monday, Lang: "en", Title: "Velmora and Tarsk sign fishing treaty", Text: "The foreign ministers of Velmora and Tarsk signed a treaty on fishing rights in the Grey Strait on Monday, ending a quarrel of nine years."},
		{ID: 2, Time: monday.Add(time.Hour), Lang: "en", Title: "Wheat prices rise after drought in Ostrava plains", Text: "Prices of wheat rose by a tenth as farmers reported the driest spring in decades. Millers asked the ministry to open the reserves."},
		{ID: 3, Time: monday.Add(2 * time.Hour), Lang: "en", Title: "Grey Strait: fishing treaty between Tarsk and Velmora signed", Text: "A treaty on fishing in the Grey Strait was signed on Monday by Tarsk and Velmora, whose foreign ministers called the quarrel ended."},
		{ID: 4, Time: monday.Add(3 * time.Hour), Lang: "en", Title: "", Text: ""},
		{ID: 5, Time: monday.Add(3 * time.Hour), Lang: "en", Title: "", Text: ""},
	}
	var got []int64
	for _, d := range docs {
		got = append(got, add(t, g, d))
	}
	if fmt.Sprint(got) != "[1 2 1 3 4]" {
		t.Errorf("stories are %v", got)
	}
	if id := g.Place(Doc{Time: monday.Add(time.Hour), Lang: "en", Title: "Velmora, Tarsk sign treaty on fishing", Text: "Fishing rights in the Grey Strait are settled."}); id != 1 {
		t.Errorf("Place says %d, want 1", id)
	}
	if n := len(g.docs); n != len(docs) {
		t.Errorf("Place left %d articles, want %d", n, len(docs))
	}
}

func TestWindow(t *testing.T) {
	for _, c := range []struct {
		name  string
		after []time.Duration
		want  string
	}{
		{"within three days of the last", []time.Duration{0, 71 * time.Hour, 140 * time.Hour}, "[1 1 1]"},
		{"later than that", []time.Duration{0, 73 * time.Hour}, "[1 2]"},
		{"published before the story, come in late", []time.Duration{0, -73 * time.Hour}, "[1 2]"},
		{"a little before", []time.Duration{0, -24 * time.Hour}, "[1 1]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, g := newStream(1), New(counter())
			e := s.event()
			var got []int64
			for _, after := range c.after {
				d := s.article(e, monday.Add(after))
				d.Title = strings.Join(e, " ")
				got = append(got, add(t, g, d))
			}
			if fmt.Sprint(got) != c.want {
				t.Errorf("stories are %v, want %s", got, c.want)
			}
		})
	}
}

func TestRemove(t *testing.T) {
	s, g := newStream(2), New(counter())
	e := s.event()
	first := add(t, g, s.article(e, monday))
	d := s.article(e, monday)
	if got := add(t, g, d); got != first {
		t.Fatalf("story %d, want %d", got, first)
	}
	g.Remove(1)
	g.Remove(d.ID)
	g.Remove(99)
	if got := g.Place(s.article(e, monday)); got != 0 {
		t.Errorf("placed in story %d of removed articles", got)
	}
	if len(g.at)+len(g.stories)+len(g.postings) != 0 {
		t.Errorf("left behind: %d articles, %d stories, %d terms", len(g.at), len(g.stories), len(g.postings))
	}
}

// TestRestore: a Grouper that was restored answers as the one that lived through the stream.
func TestRestore(t *testing.T) {
	s, a := newStream(3), New(counter())
	var events [][]string
	var docs []Doc
	var stories []int64
	for i := range 600 {
		if i%4 == 0 {
			events = append(events, s.event())
		}
		d := s.article(events[max(0, len(events)-1-s.r.IntN(20))], monday.Add(time.Duration(i)*10*time.Minute))
		docs = append(docs, d)
	}
	for _, d := range docs[:400] {
		stories = append(stories, add(t, a, d))
	}
	n := a.next
	b := New(func() (int64, error) { return 0, errors.New("not yet") })
	for i, d := range docs[:400] {
		b.Restore(d, stories[i])
	}
	var last int64
	for _, id := range stories {
		last = max(last, id)
	}
	b.next = func() (int64, error) { last++; return last, nil }
	a.next = n
	for _, d := range docs[400:] {
		if p, q := a.Place(d), b.Place(d); p != q {
			t.Fatalf("article %d: placed in %d and, restored, in %d", d.ID, p, q)
		}
		if p, q := add(t, a, d), add(t, b, d); p != q {
			t.Fatalf("article %d: story %d and, restored, %d", d.ID, p, q)
		}
	}
	now := docs[len(docs)-1].Time
	p, err1 := a.Recluster(now)
	q, err2 := b.Recluster(now)
	if err1 != nil || err2 != nil || fmt.Sprint(p) != fmt.Sprint(q) {
		t.Errorf("moves are %v (%v) and, restored, %v (%v)", p, err1, q, err2)
	}
}

// TestRecluster: what was told apart wrongly comes together under the id of the larger part, and the rest keeps its ids.
func TestRecluster(t *testing.T) {
	s, g := newStream(4), New(counter())
	a, b := s.event(), s.event()
	want := map[int64]int64{}
	for i := range 9 {
		g.Restore(s.article(a, monday), []int64{10, 10, 10, 10, 10, 10, 11, 11, 12}[i])
		want[s.n] = 10
		g.Restore(s.article(b, monday), 20)
		want[s.n] = 20
	}
	stray := s.article(b, monday) // in the wrong story
	g.Restore(stray, 10)
	want[stray.ID] = 20
	moves, err := g.Recluster(monday)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range moves {
		if want[m.Doc] != m.Story || m.From == m.Story {
			t.Errorf("article %d moved from %d to %d, want %d", m.Doc, m.From, m.Story, want[m.Doc])
		}
	}
	if len(moves) != 4 {
		t.Errorf("%d moves, want 4: %v", len(moves), moves)
	}
	for _, d := range g.docs {
		if d.story != want[d.id] {
			t.Errorf("article %d is in story %d, want %d", d.id, d.story, want[d.id])
		}
	}
	if moves, err = g.Recluster(monday); err != nil || len(moves) != 0 {
		t.Errorf("again: %v, %v", moves, err)
	}
	if moves, err = g.Recluster(monday.Add(5 * 24 * time.Hour)); err != nil || len(moves) != 0 || len(g.docs) != 0 {
		t.Errorf("after the window: %v, %v, %d articles left", moves, err, len(g.docs))
	}
}

func TestReclusterSplitsAndFails(t *testing.T) {
	s, g := newStream(5), New(counter())
	a, b := s.event(), s.event()
	for range 4 {
		g.Restore(s.article(a, monday), 7)
	}
	for range 3 {
		g.Restore(s.article(b, monday), 7)
	}
	no := errors.New("no ids today")
	g.next = func() (int64, error) { return 0, no }
	if moves, err := g.Recluster(monday); !errors.Is(err, no) || moves != nil {
		t.Fatalf("moves %v, error %v", moves, err)
	}
	if n := g.stories[7].size; n != 7 {
		t.Fatalf("%d articles left in the story after an error, want 7", n)
	}
	g.next = func() (int64, error) { return 8, nil }
	moves, err := g.Recluster(monday)
	if err != nil || len(moves) != 3 {
		t.Fatalf("moves %v, error %v; want the three articles of the second event", moves, err)
	}
	for _, m := range moves {
		if m.From != 7 || m.Story != 8 || m.Doc < 5 {
			t.Errorf("move %+v", m)
		}
	}
}

// TestClusterIsAverageLink: comparing only what is linked, by sums of vectors, gives the groups that comparing each pair of
// articles gives, also after articles came and went.
func TestClusterIsAverageLink(t *testing.T) {
	s, g := newStream(8), New(counter())
	var events [][]string
	for i := range 240 {
		if i%5 == 0 {
			events = append(events, s.event())
		}
		add(t, g, s.article(events[max(0, len(events)-1-s.r.IntN(12))], monday.Add(time.Duration(i)*40*time.Minute)))
		if i%7 == 0 {
			g.Remove(s.n - int64(s.r.IntN(9)))
		}
		if i%60 == 59 {
			if got, want := fmt.Sprint(g.Cluster(monday)), fmt.Sprint(byPairs(g)); got != want {
				t.Fatalf("groups are\n%s, by pairs they are\n%s", got, want)
			}
		}
	}
}

// byPairs groups the articles of g by average link in the plainest way.
func byPairs(g *Grouper) Grouping {
	cosine := make([][]float32, len(g.docs))
	for i, a := range g.docs {
		at := map[int32]float32{}
		for _, x := range a.vector {
			at[x.id] = x.w
		}
		cosine[i] = make([]float32, len(g.docs))
		for j, b := range g.docs {
			for _, y := range b.vector {
				cosine[i][j] += at[y.id] * y.w
			}
		}
	}
	var groups Grouping
	spans := []group{}
	for i, a := range g.docs {
		groups, spans = append(groups, []int32{int32(i)}), append(spans, group{first: a.time, last: a.time})
	}
	for {
		bestA, bestB, best := 0, 0, float32(0)
		for i := range groups {
			for j := i + 1; j < len(groups); j++ {
				if groups[i] == nil || groups[j] == nil || !spans[i].meets(spans[j]) {
					continue
				}
				var sum float32
				for _, a := range groups[i] {
					for _, b := range groups[j] {
						sum += cosine[a][b]
					}
				}
				if mean := sum / float32(len(groups[i])*len(groups[j])); mean >= regroupAt && mean > best {
					bestA, bestB, best = i, j, mean
				}
			}
		}
		if best == 0 {
			break
		}
		groups[bestA] = append(groups[bestA], groups[bestB]...)
		slices.Sort(groups[bestA])
		groups[bestB] = nil
		if spans[bestB].first.Before(spans[bestA].first) {
			spans[bestA].first = spans[bestB].first
		}
		if spans[bestB].last.After(spans[bestA].last) {
			spans[bestA].last = spans[bestB].last
		}
	}
	return slices.DeleteFunc(groups, func(c []int32) bool { return c == nil })
}

// TestVocabularyForgets: halving the counts changes no story and keeps the terms in use.
func TestVocabularyForgets(t *testing.T) {
	s, g := newStream(6), New(counter())
	var d Doc
	var e []string
	for range 50 {
		e = s.event()
		d = s.article(e, monday)
		add(t, g, d)
	}
	want := g.Place(s.article(e, monday))
	before := len(g.words.df)
	g.Forget(monday.Add(time.Hour))
	g.Restore(d, want)
	g.forgetWords()
	if len(g.words.df) >= before {
		t.Errorf("%d terms, %d before", len(g.words.df), before)
	}
	if got := g.Place(s.article(e, monday)); got != want || want == 0 {
		t.Errorf("story %d, want %d", got, want)
	}
}

func FuzzGrouper(f *testing.F) {
	f.Add("Ministers meet", "Ministers met. They talked.", "en", int64(0), uint8(3))
	f.Add("会談", "外相が会談した。", "ja", int64(1<<40), uint8(200))
	f.Fuzz(func(t *testing.T, title, body, lang string, at int64, n uint8) {
		g := New(counter())
		for i := range int64(n%16) + 1 {
			d := Doc{ID: i % 7, Time: time.UnixMilli(at * i), Lang: lang, Title: title[:len(title)*int(i)/16], Text: body}
			if id, err := g.Add(d); err != nil || id == 0 {
				t.Fatal(id, err)
			}
			g.Remove(i % 3)
			if _, err := g.Recluster(time.UnixMilli(at)); err != nil {
				t.Fatal(err)
			}
		}
		for _, a := range g.docs {
			if a != nil && g.stories[a.story] == nil {
				t.Fatalf("article %d is in story %d, which is not kept", a.id, a.story)
			}
		}
	})
}

// benchStream is a stream of perDay articles a day, four an event, with four days behind it.
func benchStream(b *testing.B, perDay int) (*Grouper, func() Doc, func() time.Time) {
	s, g := newStream(9), New(counter())
	var events [][]string
	now, step := monday, 24*time.Hour/time.Duration(perDay)
	next := func() Doc {
		if s.n%4 == 0 {
			events = append(events, s.event())
		}
		now = now.Add(step)
		return s.article(events[max(0, len(events)-1-s.r.IntN(perDay/8))], now)
	}
	for i := range 4 * perDay {
		if _, err := g.Add(next()); err != nil {
			b.Fatal(err)
		}
		if i%perDay == 0 {
			g.Forget(now.Add(-window - late))
		}
	}
	return g, next, func() time.Time { return now }
}

func BenchmarkAdd(b *testing.B) {
	for _, perDay := range []int{300, 3000} {
		b.Run(fmt.Sprint(perDay, "aday"), func(b *testing.B) {
			g, next, now := benchStream(b, perDay)
			docs := make([]Doc, 0, 1000)
			for b.Loop() {
				if len(docs) == 0 {
					b.StopTimer()
					g.Forget(now().Add(-window - late))
					for range cap(docs) {
						docs = append(docs, next())
					}
					b.StartTimer()
				}
				if _, err := g.Add(docs[0]); err != nil {
					b.Fatal(err)
				}
				docs = docs[1:]
				if len(docs) == 0 {
					docs = make([]Doc, 0, 1000)
				}
			}
		})
	}
}

func BenchmarkRecluster(b *testing.B) {
	for _, perDay := range []int{300, 3000} {
		b.Run(fmt.Sprint(perDay, "aday"), func(b *testing.B) {
			g, next, now := benchStream(b, perDay)
			if _, err := g.Recluster(now()); err != nil { // links the whole window
				b.Fatal(err)
			}
			for b.Loop() {
				b.StopTimer()
				for range perDay / 288 { // what five minutes bring
					if _, err := g.Add(next()); err != nil {
						b.Fatal(err)
					}
				}
				b.StartTimer()
				if _, err := g.Recluster(now()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
