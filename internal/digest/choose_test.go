package digest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"attache/internal/store"
)

// More outlets, better tiers, newer articles and more quotes rank higher, each alone; copies count once.
func TestRank(t *testing.T) {
	type art struct {
		source string
		ago    time.Duration
		text   string
	}
	text := prose(9001)
	quoted := func(n int) string {
		return prose(n) + " “We will look at every single line of it,” said Ana Reis-Lobo, the envoy."
	}
	for _, c := range []struct {
		name         string
		better, than []art
	}{
		{"two outlets", []art{{"press a", 5, ""}, {"press b", 5, ""}}, []art{{"press a", 5, ""}}},
		{"two outlets over two articles of one", []art{{"press a", 5, ""}, {"press b", 5, ""}}, []art{{"press a", 5, ""}, {"press a", 5, ""}}},
		{"two outlets over copies", []art{{"press a", 5, ""}, {"press b", 5, ""}}, []art{{"press a", 5, text}, {"press b", 5, text}, {"press c", 5, text}}},
		{"official", []art{{"official", 5, ""}}, []art{{"press a", 5, ""}}},
		{"press over state media", []art{{"press a", 5, ""}}, []art{{"state", 5, ""}}},
		{"newer", []art{{"press a", 1, ""}}, []art{{"press a", 9, ""}}},
		{"quotes", []art{{"press a", 5, quoted(9002)}}, []art{{"press a", 5, ""}}},
		{"more new articles", []art{{"press a", 5, ""}, {"press a", 5, ""}}, []art{{"press a", 5, ""}}},
		{"languages", []art{{"press a", 5, ""}, {"french", 5, ""}}, []art{{"press a", 5, ""}, {"press b", 5, ""}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			source := map[string]int64{
				"official": w.subscribe("guild", "Ministry", store.Official, "FR"), "state": w.subscribe("guild", "Agency", store.StateMedia, "FR"),
				"french": w.subscribe("guild", "Journal", store.Press, "FR"),
			}
			for _, name := range []string{"press a", "press b", "press c"} {
				source[name] = w.subscribe("guild", name, store.Press, "FR")
			}
			for i, arts := range [][]art{c.than, c.better} { // the worse one first: ids must not decide
				for _, a := range arts {
					lang := "en"
					if a.source == "french" {
						lang = "fr"
					}
					w.publish(piece{source: source[a.source], story: int64(i + 1), ago: a.ago * time.Hour, text: a.text, lang: lang})
				}
			}
			d, cs := w.compose(w.schedule(store.Schedule{}))
			if got := shownStories(d); !slices.Equal(got, []int64{2, 1}) {
				t.Errorf("order %v: %+v", got, cs)
			}
		})
	}
}

func TestOneSided(t *testing.T) {
	copied := prose(9100)
	for _, c := range []struct {
		name    string
		want    bool
		outlets int
		arts    []piece // source: 1 ministry, 2 its other ministry, 3 state media of another country, 4 press, 5 press
	}{
		{"one ministry", true, 1, []piece{{source: 1}}},
		{"two of one government", true, 2, []piece{{source: 1}, {source: 2}}},
		{"a ministry, copied by the press", true, 1, []piece{{source: 1, text: copied, ago: time.Hour}, {source: 4, text: copied}}},
		{"state media", true, 1, []piece{{source: 3}}},
		{"two governments", false, 2, []piece{{source: 1}, {source: 3}}},
		{"one newspaper", false, 1, []piece{{source: 4}}},
		{"a ministry and a newspaper", false, 2, []piece{{source: 1}, {source: 4}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			for _, s := range []struct {
				name    string
				tier    store.Tier
				country string
			}{{"Ministry", store.Official, "TR"}, {"Presidency", store.Official, "TR"}, {"Agency", store.StateMedia, "CN"}, {"Gazette", store.Press, "FR"}, {"Courier", store.Press, "FR"}} {
				w.subscribe("guild", s.name, s.tier, s.country)
			}
			for _, p := range c.arts {
				p.story, p.ago = 1, p.ago+time.Hour
				w.publish(p)
			}
			d, _ := w.compose(w.schedule(store.Schedule{}))
			if len(d.Stories) != 1 || d.Stories[0].OneSided != c.want || d.Stories[0].Outlets != c.outlets {
				t.Errorf("stories %+v", d.Stories)
			}
		})
	}
}

// A digest has its room, five by default; everything else is kept with the reason.
func TestRoom(t *testing.T) {
	w := newWorld(t)
	for i := range 8 {
		src := w.subscribe("guild", fmt.Sprint("Paper ", i), store.Press, "FR")
		w.publish(piece{source: src, story: int64(i + 1), ago: time.Duration(i+1) * time.Hour})
	}
	for _, room := range []int{0, 1, 7, 20} {
		d, cs := w.compose(w.schedule(store.Schedule{Stories: room}))
		want := map[int]int{0: 5, 1: 1, 7: 7, 20: 8}[room]
		if len(d.Stories) != want || len(cs) != 8 || d.Considered != 8 {
			t.Errorf("room %d: %d stories of %d candidates", room, len(d.Stories), len(cs))
		}
		for i, c := range cs {
			if c.Rank != i+1 || c.Chosen != (i < want) || !strings.HasSuffix(because(c), ".") || strings.ContainsAny(because(c), "{}“”\"") || c.Headline == "" {
				t.Errorf("room %d: candidate %d %+v", room, i, c)
			}
			if !c.Chosen && !strings.Contains(because(c), fmt.Sprintf("Ranked %d, and the digest has room for %d", c.Rank, want)) {
				t.Errorf("reason %q", because(c))
			}
		}
	}
}

// No outlet fills a digest alone while others have news; where nobody else has any it may.
func TestDiversity(t *testing.T) {
	w := newWorld(t)
	loud := w.subscribe("guild", "Loud Ministry", store.Official, "TR")
	for i := range 7 {
		w.publish(piece{source: loud, story: int64(i + 1), ago: time.Duration(i+1) * time.Minute})
	}
	d, cs := w.compose(w.schedule(store.Schedule{}))
	if got := shownStories(d); !slices.Equal(got, []int64{1, 2, 3, 4, 5}) {
		t.Errorf("alone it shows %v", got)
	}
	if r := because(reasonOf(t, cs, 3)); !strings.Contains(r, "no other outlet has more news") {
		t.Errorf("reason %q", r)
	}
	for i := range 2 {
		src := w.subscribe("guild", fmt.Sprint("Paper ", i), store.Press, "FR")
		w.publish(piece{source: src, story: int64(20 + i), ago: 20 * time.Hour})
	}
	d, _ = w.compose(w.schedule(store.Schedule{}))
	if got := shownStories(d); !slices.Contains(got, 20) || !slices.Contains(got, 21) || len(got) != 5 || got[0] != 1 || got[1] != 2 {
		t.Errorf("with others it shows %v", got)
	}
	for i := range 2 {
		src := w.subscribe("guild", fmt.Sprint("More ", i), store.Press, "FR")
		w.publish(piece{source: src, story: int64(30 + i), ago: 20 * time.Hour})
	}
	d, cs = w.compose(w.schedule(store.Schedule{}))
	if got := shownStories(d); !slices.Equal(got[:2], []int64{1, 2}) || slices.Contains(got, 3) {
		t.Errorf("with more others it shows %v", got)
	}
	if r := because(reasonOf(t, cs, 3)); !strings.Contains(r, "Its outlet, Loud Ministry, has 2 stories in this digest already") {
		t.Errorf("reason %q", r)
	}
}

// What is briefed of a large story: no copies, an official text before its copies, every outlet in its turn.
func TestDocs(t *testing.T) {
	w := newWorld(t)
	statement := prose(9200)
	var press []int64
	for i := range 4 {
		press = append(press, w.subscribe("guild", fmt.Sprint("Paper ", i), store.Press, "FR"))
	}
	ministry := w.subscribe("guild", "Ministry", store.Official, "FR")
	w.publish(piece{source: press[0], story: 1, ago: 9 * time.Hour, text: statement + " " + prose(9201)[:200]})
	official := w.publish(piece{source: ministry, story: 1, ago: 8 * time.Hour, text: statement})
	for i := range 20 {
		w.publish(piece{source: press[0], story: 1, ago: time.Duration(60+i) * time.Minute})
	}
	for _, src := range press[1:] {
		w.publish(piece{source: src, story: 1, ago: 7 * time.Hour})
	}
	st := must[[]store.Story](t)(w.db.Read().Guild("guild").Stories(t.Context(), noon.Add(-24*time.Hour), noon))[0]
	c := w.s.newCandidate(st, newFilter(store.Filter{}), nil, noon.Add(-24*time.Hour))
	docs := c.docs()
	of := map[int64]int{}
	for _, a := range docs {
		of[a.Source]++
	}
	if len(docs) != docsMax || docs[0].ID != official || of[press[0]] != docsMax-4 || of[press[1]] != 1 || of[press[2]] != 1 || of[press[3]] != 1 {
		t.Errorf("%d articles, the first is %d, by source %v", len(docs), docs[0].ID, of)
	}
	if c.groups != 24 || len(c.outlets) != 4 || c.fresh != 24 {
		t.Errorf("%d groups, outlets %v, %d new", c.groups, c.outlets, c.fresh)
	}
}

func TestOutlets(t *testing.T) {
	for _, c := range []struct {
		a, b store.Listed
		same bool
	}{
		{listed(1, "https://www.gazette.example.org/a", store.Press), listed(2, "https://world.example.org/b", store.Press), true},
		{listed(1, "https://gazette.co.uk/a", store.Press), listed(2, "https://courier.co.uk/b", store.Press), false},
		{listed(1, "https://www.council.europa.eu/a", store.Official), listed(2, "https://ec.europa.eu/b", store.Official), false},
		{listed(1, "https://www.mfa.example/a", store.Official), listed(2, "https://mfa.example/b", store.Official), true},
		{listed(1, "http://127.0.0.1:8001/a", store.Press), listed(2, "http://127.0.0.1:8001/b", store.Press), false},
		{listed(1, "http://127.0.0.1:8001/a", store.Press), listed(1, "http://127.0.0.1:8002/b", store.Press), true},
		{listed(1, "http://[::1]/a", store.Press), listed(2, "http://localhost/a", store.Press), false},
		{listed(1, "::", store.Press), listed(2, "::", store.Press), false},
	} {
		if got := outletOf(c.a) == outletOf(c.b); got != c.same {
			t.Errorf("%s and %s: %q and %q", c.a.URL, c.b.URL, outletOf(c.a), outletOf(c.b))
		}
	}
}

func listed(source int64, url string, tier store.Tier) store.Listed {
	return store.Listed{Article: store.Article{Source: source, URL: url}, Tier: tier}
}
