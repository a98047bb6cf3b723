package sources

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTeaserMarks(t *testing.T) {
	for in, want := range map[string]string{
		"The talks began. Read more":                  "The talks began.",
		"The talks began […]":                         "The talks began",
		"The talks began [...]":                       "The talks began",
		"The talks began [&hellip;]":                  "The talks began",
		"The talks began…":                            "The talks began",
		"The talks began [… ] Continue reading »":     "The talks began",
		"The talks began.\nRead the full story >":     "The talks began.",
		"Die Gespräche begannen. Weiterlesen":         "Die Gespräche begannen.",
		"Les pourparlers ont commencé. Lire la suite": "Les pourparlers ont commencé.",
		"Переговоры начались. Подробнее":              "Переговоры начались.",
		"会談が始まった。続きを読む":                               "会談が始まった。",
		"The minister wanted to hear more":            "", // the sentence's own word
		"Ministers said talks would continue":         "",
		"They would go no further, and read on":       "",
		"The talks began.":                            "",
		"Read more":                                   "",
		"Furthermore":                                 "",
	} {
		got, marked := withoutTeaserMark(in)
		if in == "Read more" {
			if !marked || got != "" {
				t.Errorf("%q: %q, %v", in, got, marked)
			}
			continue
		}
		if marked != (want != "") || marked && got != want || !marked && got != in {
			t.Errorf("%q: %q, %v", in, got, marked)
		}
	}
}

func TestEntryCut(t *testing.T) {
	para := strings.Repeat("The delegation spoke at length. ", 20) // 640 letters
	for _, c := range []struct {
		name string
		it   Item
		cut  bool
	}{
		{"short summary", Item{Summary: "<p>The talks began.</p>"}, true},
		{"long summary", Item{Summary: para + para + para}, false},
		{"middling summary", Item{Summary: para}, true},
		{"content", Item{Summary: "The talks began.", Content: "<p>" + para + "</p>"}, false},
		{"content that is cut", Item{Content: para + "<a href=x>Read more</a>"}, true},
		{"content shorter than the summary", Item{Summary: para, Content: "<img src=x>"}, true},
		{"Chinese content", Item{Content: strings.Repeat("代表团讨论了很长时间。", 20)}, false},
		{"nothing", Item{Title: "Talks"}, true},
	} {
		if a, cut := entry(plain(c.it), "en"); cut != c.cut {
			t.Errorf("%s: cut %v (%d letters)", c.name, cut, letters(a.Text))
		}
	}
	// WordPress ends each entry with a line about itself.
	post := `<p>The talks began at nine, and no end is in sight. [&hellip;]</p><p>The post <a href="/1">Talks begin in the old port and nobody knows when they will end</a> appeared first on <a href="/">Ferries</a>.</p>`
	if a, cut := entry(plain(Item{Title: "Talks", Summary: post}), "en"); a.Text != "The talks began at nine, and no end is in sight." || !cut {
		t.Errorf("%q, %v", a.Text, cut)
	}
	a, _ := entry(plain(Item{Title: " Talks\n begin ", Content: "<p>" + para + "</p><p>English version by Ana Ferry</p>", Lang: "fr"}), "en")
	if a.Title != "Talks begin" || a.Lang != "fr" || a.Note != "English version by Ana Ferry" || strings.Contains(a.Text, "Ana") {
		t.Errorf("%+v", a)
	}
	if a, _ := entry(plain(Item{Summary: para}), "en"); !strings.HasPrefix(a.Title, "The delegation") || !strings.HasSuffix(a.Title, "…") || len(a.Title) > maxTitle+4 || a.Lang != "en" {
		t.Errorf("title %q", a.Title)
	}
}

func TestKeyEntries(t *testing.T) {
	day := time.Date(2025, 3, 4, 0, 0, 0, 0, time.UTC)
	keys := func(items ...Item) (out []string) {
		for _, e := range keyEntries(items) {
			out = append(out, e.key)
		}
		return out
	}
	const site = "https://ferries.example"
	for _, c := range []struct {
		name  string
		items []Item
		want  []string
	}{
		{"links", []Item{{Link: site + "/1?utm_source=rss"}, {Link: "http://www.ferries.example/2/"}}, []string{"ferries.example/1", "ferries.example/2"}},
		{"where it first stood", []Item{{Link: "https://proxy.example/x", Canonical: site + "/1"}}, []string{"ferries.example/1"}},
		{"no link", []Item{{ID: "a", Title: "A"}, {ID: "b", Title: "B"}}, []string{"guid:a", "guid:b"}},
		{"twice the same", []Item{{Link: site + "/1", Title: "A"}, {Link: site + "/1", Title: "A"}}, []string{"ferries.example/1"}},
		{"twice the same GUID", []Item{{Link: site + "/1", ID: "a", Title: "A"}, {Link: site + "/1", ID: "a", Title: "A, corrected"}}, []string{"ferries.example/1"}},
		{"all link to the front page", []Item{{Link: site, ID: "a", Title: "A"}, {Link: site + "/", ID: "b", Title: "B"}}, []string{"guid:a", "guid:b"}},
		{"one links to the front page", []Item{{Link: site, ID: "a", Title: "A"}}, []string{"guid:a"}},
		{"places on one page", []Item{{Link: site + "/news#1", ID: "a", Title: "A"}, {Link: site + "/news#2", ID: "b", Title: "B"}}, []string{"guid:a", "guid:b"}},
	} {
		if got := keys(c.items...); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	// Without GUIDs their titles tell apart what links to one page.
	if got := keys(Item{Link: site, Title: "A"}, Item{Link: site, Title: "B"}, Item{Link: site, Title: "A"}); len(got) != 2 || got[0] == got[1] {
		t.Errorf("%q", got)
	}
	// Without links what they say tells them apart.
	if got := keys(Item{Title: "A"}, Item{Title: "B"}, Item{Title: "A"}); len(got) != 2 || !strings.HasPrefix(got[0], "text:") {
		t.Errorf("%q", got)
	}
	// The newest of two of the same name is kept.
	es := keyEntries([]Item{{Link: site + "/1", Title: "A", Summary: "old", Published: day}, {Link: site + "/1", Title: "A", Summary: "new", Published: day, Updated: day.Add(time.Hour)}, {Link: site + "/1", Title: "A", Summary: "older"}})
	if len(es) != 1 || es[0].Summary != "new" {
		t.Errorf("%+v", es)
	}
}

func TestEntryHash(t *testing.T) {
	day := time.Date(2025, 3, 4, 0, 0, 0, 0, time.UTC)
	it := Item{ID: "a", Link: "https://ferries.example/1", Title: "A", Summary: "<p>Talks <b>begin</b></p>", Published: day, Updated: day}
	h := entryHash(plain(it), true)
	same := it
	same.Summary, same.Published = "Talks begin", day.In(time.FixedZone("x", 3600))
	if entryHash(plain(same), true) != h {
		t.Error("mark-up or a zone changes the hash")
	}
	for name, change := range map[string]func(*Item){
		"title": func(i *Item) { i.Title = "B" }, "text": func(i *Item) { i.Summary = "Talks end" }, "content": func(i *Item) { i.Content = "More" },
		"updated": func(i *Item) { i.Updated = day.Add(time.Hour) }, "link": func(i *Item) { i.Link += "2" }, "author": func(i *Item) { i.Author = "Ana" },
	} {
		other := it
		change(&other)
		if entryHash(plain(other), true) == h {
			t.Errorf("a changed %s keeps the hash", name)
		}
	}
	// Feeds that stamp every entry with the time they were made do not change all their entries.
	items := []Item{it, it, it, it}
	if stampsTrusted(items) {
		t.Error("equal stamps are trusted")
	}
	other := it
	other.Updated = day.Add(time.Hour)
	if entryHash(plain(other), false) != entryHash(plain(it), false) {
		t.Error("an untrusted stamp changes the hash")
	}
	if hash, n := tries(h + tryMark + "2"); hash != h || n != 2 {
		t.Errorf("%q, %d", hash, n)
	}
	if hash, n := tries(h); hash != h || n != 0 {
		t.Errorf("%q, %d", hash, n)
	}
}

// An entry that was stored by its GUID because it shared its link keeps that name when the others are gone.
func TestVisitKeepsNames(t *testing.T) {
	b := newBench(t)
	b.feed("1", entryOf{"A", b.web.URL + "/news#1", "a", long("a")}, entryOf{"B", b.web.URL + "/news#2", "b", long("b")})
	if o := b.visitOnce(t); len(o.Articles) != 2 {
		t.Fatalf("%+v", o)
	}
	b.feed("2", entryOf{"B", b.web.URL + "/news#2", "b", long("b")})
	if o := b.visitOnce(t); len(o.Articles) != 0 {
		t.Errorf("%+v", o.Articles)
	}
	// The other way round: one that was alone is joined by another, which does not take its place.
	b = newBench(t)
	b.feed("1", entryOf{"A", b.web.URL + "/news#1", "", long("a")})
	b.visitOnce(t)
	b.feed("2", entryOf{"B", b.web.URL + "/news#2", "", long("b")}, entryOf{"A", b.web.URL + "/news#1", "", long("a")})
	if o := b.visitOnce(t); len(o.Articles) != 1 || !slices.Equal(b.titles(1), []string{"A", "B"}) {
		t.Errorf("%+v", o.Articles)
	}
}
