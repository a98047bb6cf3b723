package crash

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
)

// good are facts in which every promise was kept: two articles, two slots, three parts.
func good() facts {
	room := newNewsroom(newClock())
	a, b := room.piece(0), room.piece(1)
	s := slotsUntil(start, start.Add(time.Minute))
	whole := func(p piece) []stored {
		return []stored{{title: p.title, text: strings.Join(p.paras, "\n\n"), ingested: true, found: true}}
	}
	message := func(id, channel, nonce, marker string) fakediscord.Message {
		return fakediscord.Message{ID: id, Channel: channel, Nonce: nonce, Content: "A digest, ref " + marker, Body: json.RawMessage("{}")}
	}
	return facts{
		published: []piece{a, b}, known: map[string]piece{a.path: a, b.path: b},
		stored: map[string][]stored{a.path: whole(a), b.path: whole(b)},
		slots:  s, due: map[slot]bool{s[0]: true, s[1]: true},
		delivered: map[slot][]delivery{s[0]: {{status: "sent", parts: 2}}, s[1]: {{status: "sent", parts: 1}}},
		parts: []part{
			{delivery: 1, n: 0, channel: "0", nonce: "n1", marker: "M1", status: "sent", message: "11"},
			{delivery: 1, n: 1, channel: "0", nonce: "n2", marker: "M2", status: "sent", message: "12"},
			{delivery: 2, n: 0, channel: "1", nonce: "n3", marker: "M3", status: "sent", message: "13"},
		},
		messages: []fakediscord.Message{message("11", "0", "n1", "M1"), message("12", "0", "n2", "M2"), message("13", "1", "n3", "M3")},
		quotes:   []quoted{{words: []string{"a light"}, text: "She saw a light."}},
		asked:    2, billed: 100, booked: 3, tokens: 150,
	}
}

// Each broken promise is seen, and nothing is seen where none is broken.
func TestJudge(t *testing.T) {
	first := func(f *facts) string { return f.published[0].path }
	for _, c := range []struct {
		name  string
		spoil func(f *facts)
		want  string // "": no problem
	}{
		{"all is well", func(*facts) {}, ""},
		{"a lost article", func(f *facts) { delete(f.stored, first(f)) }, "is lost"},
		{"an article twice", func(f *facts) { f.stored[first(f)] = slices.Repeat(f.stored[first(f)], 2) }, "is stored 2 times"},
		{"an article of nobody", func(f *facts) { f.stored["/x"] = f.stored[first(f)] }, "was never published"},
		{"half an article", func(f *facts) { s := &f.stored[first(f)][0]; s.text = s.text[:len(s.text)/2] }, "is not what was published"},
		{"another title", func(f *facts) { f.stored[first(f)][0].title = "?" }, "is not what was published"},
		{"not ingested", func(f *facts) { f.stored[first(f)][0].ingested = false }, "is not ingested"},
		{"not to be found", func(f *facts) { f.stored[first(f)][0].found = false }, "is not in the index of words"},
		{"a missed slot", func(f *facts) { delete(f.delivered, f.slots[0]) }, "was missed"},
		{"a skipped slot", func(f *facts) { f.delivered[f.slots[0]][0].status = "skipped" }, "is skipped"},
		{"a slot twice", func(f *facts) { f.delivered[f.slots[0]] = slices.Repeat(f.delivered[f.slots[0]], 2) }, "has 2 deliveries"},
		{"a slot of nobody", func(f *facts) { f.delivered[slot{9, "2026-01-12T06:09"}] = f.delivered[f.slots[0]] }, "never fell due"},
		{"a slot that falls due meanwhile", func(f *facts) {
			s := slot{9, "2026-01-12T06:09"}
			f.due[s], f.delivered[s] = true, []delivery{{status: "planned"}}
		}, ""},
		{"sent without a part", func(f *facts) { f.delivered[f.slots[0]][0].parts = 0 }, "without a part"},
		{"posted again with its nonce", func(f *facts) { f.messages = append(f.messages, f.messages[0]) }, "stands in its channel 2 times"},
		{"posted again with another nonce", func(f *facts) {
			m := f.messages[0]
			m.Nonce = "n9"
			f.messages = append(f.messages, m)
		}, "stands in its channel 2 times"},
		{"posted by nobody", func(f *facts) {
			f.messages = append(f.messages, fakediscord.Message{Channel: "0", Nonce: "n9", Content: "?"})
		}, "belong to no part"},
		{"said and not posted", func(f *facts) { f.messages = f.messages[1:] }, "is not in its channel"},
		{"in another channel", func(f *facts) { f.messages[0].Channel = "1" }, "is not in its channel"},
		{"another message", func(f *facts) { f.parts[0].message = "12" }, `was kept as "12"`},
		{"given up", func(f *facts) { f.parts[0].status = "failed" }, "was given up"},
		{"words of nobody", func(f *facts) { f.quotes[0].words = []string{"a fire"} }, "a quote is not its article's"},
		{"a question without a row", func(f *facts) { f.booked = 1 }, "questions are booked"},
		{"spending without a row", func(f *facts) { f.tokens = 99 }, "used 100 tokens, and 99 are booked"},
		{"damage", func(f *facts) { f.damage = []string{"row 7 missing from index"} }, "row 7 missing from index"},
		{"a wrong request", func(f *facts) { f.violated = []string{"no enforced nonce"} }, "no enforced nonce"},
	} {
		f := good()
		c.spoil(&f)
		got := strings.Join(f.judge(), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q is said, want %q", c.name, got, c.want)
		}
	}
}

// A door kills at the right request and moment, once, and drops what a dead program would not get.
func TestDoors(t *testing.T) {
	for _, p := range []Point{
		{Door: Post, Moment: Asked, N: 1}, {Door: Post, Moment: Asked, N: 2}, {Door: Post, Moment: Answered, N: 2}, {Door: Post, Moment: Told, N: 1},
	} {
		killed := 0
		d := &doors{}
		d.set(p, func(who string) {
			if who != "it" {
				t.Errorf("%s: %q is killed", p, who)
			}
			killed++
		})
		for n := 1; n <= 3; n++ {
			for _, door := range []Door{Feed, Post} {
				for _, m := range []Moment{Asked, Answered, Told} {
					before := killed
					if hit := d.pass("it", door, m); hit != (door == p.Door && m == p.Moment && n == p.N) || hit != (killed > before) {
						t.Errorf("%s, %d: killed %d times at %s %s, request %d", p, p.N, killed, door, m, n)
					}
				}
			}
		}
		if d.sprung() != "it" {
			t.Errorf("%s: nobody knows that it was killed", p)
		}
		if d.set(Point{}, nil); d.pass("it", p.Door, p.Moment) {
			t.Errorf("%s: killed without a point", p)
		}
	}
}

// Who is told to end at a door has its answer all the same; who is killed there has none.
func TestGentleDoors(t *testing.T) {
	for _, gentle := range []bool{true, false} {
		d := &doors{gentle: gentle}
		d.set(Point{Door: Page, Moment: Answered, N: 1}, func(string) {})
		srv := httptest.NewServer(d.through(func(*http.Request) string { return "it" }, func(*http.Request) Door { return Page }, http.NotFoundHandler()))
		resp, err := srv.Client().Get(srv.URL)
		if err == nil {
			resp.Body.Close()
		}
		if (err == nil) != gentle || d.sprung() != "it" {
			t.Errorf("gentle %t: %v, %q was ended", gentle, err, d.sprung())
		}
		srv.Close()
	}
}

// Articles differ, have a speaker's words, and come one after the other.
func TestNewsroom(t *testing.T) {
	room := newNewsroom(newClock())
	titles := map[string]bool{}
	for n := range 500 {
		p := room.piece(n)
		titles[p.title] = true
		if !strings.Contains(p.paras[1], "“") || p.published != room.begin.Add(time.Duration(n)*newsEvery) {
			t.Errorf("%+v", p)
		}
	}
	if len(titles) < 490 {
		t.Errorf("%d titles of 500 articles", len(titles))
	}
}
