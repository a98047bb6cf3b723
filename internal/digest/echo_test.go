package digest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"attache/internal/store"
)

// An event that is told in two languages is shown once while others have news, and twice where there is room.
func TestEcho(t *testing.T) {
	w := newWorld(t)
	courier := w.subscribe("guild", "Courier", store.Press, "GB")
	herald := w.subscribe("guild", "Herald", store.Press, "GB")
	blatt := w.subscribe("guild", "Rheinblatt", store.Press, "DE")
	w.publish(piece{source: courier, story: 1, ago: time.Hour, title: "Fishing talks open in Porto",
		text: "Ministers of Portugal, Morocco and Norway opened talks on fishing quotas in Porto on Monday. They want to sign 14 articles, said Ana Reis-Lobo of Portugal. Some 5.2 million tonnes were landed last year."})
	w.publish(piece{source: blatt, story: 2, ago: 2 * time.Hour, lang: "de", title: "Fischereigespräche in Porto begonnen",
		text: "In Porto haben am Montag die Minister Portugals, Marokkos und Norwegens Gespräche über Fangquoten begonnen. Die Erklärung soll 14 Artikel haben, sagte Ana Reis-Lobo. Im Vorjahr waren es 5,2 Millionen Tonnen."})
	w.publish(piece{source: blatt, story: 3, ago: 3 * time.Hour, lang: "de", title: "Kotor begrenzt die Zahl der Schiffe",
		text: "Die Stadt Kotor in Montenegro lässt ab Mai nur noch zwei Schiffe am Tag anlegen. Das beschloss der Rat mit 17 zu 12 Stimmen."})
	w.publish(piece{source: herald, story: 4, ago: 4 * time.Hour, title: "Sweden and Finland link their ferries",
		text: "Sweden and Finland will link their ferries from June, the ministers said in Turku. The line takes 11 hours."})
	w.publish(piece{source: herald, story: 5, ago: 5 * time.Hour, title: "A second look at the quotas of Porto",
		text: "Portugal, Morocco and Norway have talked about quotas in Porto before, and Ana Reis-Lobo was there when 14 articles were too many. It was 5.2 million tonnes then."})
	s := w.schedule(store.Schedule{Stories: 3})
	d, cs := w.compose(s)
	// The German report waits; an English one that is as like is a story of its own, because it was grouped so.
	if got := shownStories(d); !slices.Equal(got, []int64{1, 3, 4}) {
		t.Errorf("stories %v: %+v", got, cs)
	}
	if r := because(reasonOf(t, cs, 2)); !strings.Contains(r, "In another language it seems to be the event of Fishing talks open in Porto (") {
		t.Errorf("reason %q", r)
	}
	if r := because(reasonOf(t, cs, 5)); !strings.Contains(r, "Ranked 5") {
		t.Errorf("reason %q", r)
	}
	s.Stories = 5
	d, cs = w.compose(s)
	if got := shownStories(d); !slices.Equal(got, []int64{1, 2, 3, 4, 5}) || !strings.Contains(because(reasonOf(t, cs, 2)), "because there is room") {
		t.Errorf("with room %v: %+v", got, cs)
	}
}
