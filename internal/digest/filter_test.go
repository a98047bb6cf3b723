package digest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"attache/internal/store"
)

func TestFilter(t *testing.T) {
	w := newWorld(t)
	ministry := w.subscribe("guild", "Ministry", store.Official, "TR", "defence")
	gazette := w.subscribe("guild", "Gazette", store.Press, "GB", "trade")
	journal := w.subscribe("guild", "Journal", store.Press, "UN")
	w.publish(piece{source: ministry, story: 1, ago: time.Hour, title: "Statement on the harbour", text: prose(1)})
	w.publish(piece{source: gazette, story: 2, ago: time.Hour, title: "Greece and Türkiye open talks", text: "Delegations of Greece and Türkiye met on Monday in a small town. " + prose(2)})
	w.publish(piece{source: gazette, story: 3, ago: time.Hour, title: "Prices of grain fall", text: "Ana Reis-Lobo told farmers in Lisbon that grain was cheaper. " + prose(3)})
	w.publish(piece{source: journal, story: 4, ago: time.Hour, lang: "fr", title: "Le Conseil de sécurité se réunit", text: "Le Conseil de sécurité s’est réuni lundi à la demande de la France. " + prose(4)})
	w.publish(piece{source: gazette, story: 4, ago: time.Hour, title: "Council meets", text: "The UN Security Council met on Monday for an hour. " + prose(5)})
	set := func(include ...string) store.Set { return store.Set{Include: include} }
	without := func(exclude ...string) store.Set { return store.Set{Exclude: exclude} }
	for _, c := range []struct {
		name   string
		filter store.Filter
		want   []int64
		reason string // of a story left out
	}{
		{"nothing", store.Filter{}, []int64{1, 2, 3, 4}, ""},
		{"a country, in words or as a government's own", store.Filter{Countries: set("tr")}, []int64{1, 2}, "it is not about Turkey"},
		{"a newspaper is not about its own country", store.Filter{Countries: set("GB")}, nil, "it is not about United Kingdom"},
		{"a pair", store.Filter{Pairs: [][2]string{{"TR", "GR"}}}, []int64{2}, "it is not about Turkey with Greece"},
		{"a pair or a country", store.Filter{Pairs: [][2]string{{"TR", "GR"}}, Countries: set("PT")}, []int64{2, 3}, ""},
		{"a country or a body", store.Filter{Countries: set("PT"), Bodies: set("UNSC")}, []int64{3, 4}, "it is not about Portugal or UNSC"},
		{"a pair or a body", store.Filter{Pairs: [][2]string{{"TR", "GR"}, {"TR", "PT"}}, Bodies: set("UN")}, []int64{2, 4}, "Turkey with Greece, Turkey with Portugal or UN"},
		{"a country or a body of one tier", store.Filter{Countries: set("TR"), Bodies: set("UN"), Tiers: set("official")}, []int64{1}, ""},
		{"not a country, nor a body", store.Filter{Countries: without("TR"), Bodies: without("UNSC")}, []int64{3}, ""},
		{"not a country", store.Filter{Countries: without("TR")}, []int64{3, 4}, "it is about Turkey"},
		{"a body by its short name", store.Filter{Bodies: set("UNSC")}, []int64{4}, "it is not about UNSC"},
		{"a body by any name", store.Filter{Bodies: set("security council")}, []int64{4}, ""},
		{"a body whose source it is", store.Filter{Bodies: set("UN")}, []int64{4}, ""},
		{"not a body", store.Filter{Bodies: without("UNSC")}, []int64{1, 2, 3}, "it is about UNSC"},
		{"a person", store.Filter{People: set("Ana Reis-Lobo")}, []int64{3}, "it is not about Ana Reis-Lobo"},
		{"not a person", store.Filter{People: without("reis lobo")}, []int64{1, 2, 4}, ""},
		{"words in any form", store.Filter{Words: set("price")}, []int64{3}, "it is not about price"},
		{"not words", store.Filter{Words: without("grain price")}, []int64{1, 2, 4}, ""},
		{"a language", store.Filter{Languages: set("fr")}, []int64{4}, "none of its articles has the language"},
		{"not a language", store.Filter{Languages: without("en")}, []int64{4}, ""},
		{"tiers", store.Filter{Tiers: set("official")}, []int64{1}, "kind of source"},
		{"topics", store.Filter{Topics: set("trade", "other")}, []int64{2, 3, 4}, ""},
		{"not topics", store.Filter{Topics: without("Trade")}, []int64{1, 4}, ""},
		{"two kinds", store.Filter{Countries: set("TR"), Tiers: set("press")}, []int64{2}, ""},
		{"none", store.Filter{Words: set("zebra")}, nil, "it is not about zebra"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, cs := w.compose(w.schedule(store.Schedule{Filter: c.filter}))
			got := shownStories(d)
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("stories %v, want %v: %+v", got, c.want, cs)
			}
			if len(cs) != 4 || d.Considered != 4 {
				t.Errorf("%d candidates of %d", len(cs), d.Considered)
			}
			said := c.reason == ""
			for _, k := range cs {
				said = said || !k.Chosen && strings.Contains(because(k), c.reason)
			}
			if !said {
				t.Errorf("nobody is left out because %q: %+v", c.reason, cs)
			}
		})
	}
	// A filter by language leaves only those articles in the story.
	d, _ := w.compose(w.schedule(store.Schedule{Filter: store.Filter{Languages: set("fr")}}))
	if s := d.Stories[0]; s.Outlets != 1 || len(s.Sources) != 1 || s.Sources[0].Lang != "fr" || len(s.Articles) != 2 {
		t.Errorf("story %+v", s)
	}
}

func TestBodies(t *testing.T) {
	in := func(asked, text string) bool { return anyBody(newBodies([]string{asked}), wordsOf(text), "") }
	for _, c := range []struct {
		asked, text string
		want        bool
	}{
		{"NATO", "Allies met at NATO’s headquarters", true},
		{"nato", "L’OTAN se réunit", true},
		{"North Atlantic Treaty Organization", "НАТО провела учения", true},
		{"NATO", "The nation has an opinion", false},
		{"WHO", "The WHO warned of a shortage", true},
		{"WHO", "The minister who resigned", false},
		{"WHO", "“WHO” is a word of three letters", true},
		{"UN", "Un accord entre deux villes", false},
		{"UN", "The U.N. said so; the United Nations did not", true},
		{"UN", "联合国周一开会", true},
		{"Quad", "The Quad met in Tokyo", true},
		{"Quad", "He rode a quad bike", false},
		{"UN", "Der UN-Sicherheitsrat tagte", true},
		{"EU", "Die EU und die Schweiz", true},
		{"Danube Commission", "The Danube Commission met", true},
		{"Danube Commission", "A commission on the Danube met", false},
		{"Holy See", "Le Saint-Siège a répondu", true},
	} {
		if got := in(c.asked, c.text); got != c.want {
			t.Errorf("%s in %q: %v", c.asked, c.text, got)
		}
	}
	for name, list := range bodyTable() {
		for _, n := range list {
			if len(n.words) == 0 {
				t.Errorf("%s has a name without words", name)
			}
		}
	}
	if len(bodyTable()) < 250 {
		t.Errorf("%d names", len(bodyTable()))
	}
}
