package bot

import (
	"fmt"
	"hash/fnv"
	"strings"
	"testing"
	"time"

	"attache/internal/digest"
	"attache/internal/store"
)

// TestReadersAsk plays testdata/ask/readers. A case named "empty…" is asked in a server that reads nothing; a digest was
// posted in the others but for those named "now…"; that of "short…" has room for one story. In "many…" there are more articles
// than a page holds; in "bare…" there is one without a sentence; in "restated…" statements have several wordings.
func TestReadersAsk(t *testing.T) { askReaders(t) }

// restatedArticles have two statements, one in its speaker's words and two translations, the other in two languages. The people
// are invented.
var restatedArticles = []store.Article{
	{Title: "Crossing opened", Note: "Translated from Norlandish", Text: "“For each traveller coming from Estrova the crossing will forever stay open,” said the president of Norland, Marit Osel."},
	{Title: "Osel opens crossing", Text: "Marit Osel, the president of Norland, spoke in English.\n“The crossing stays open for ever, and for every traveller from Estrova,” Marit Osel said."},
	{Title: "Open to travellers", Note: "Translated from Norlandish", Text: "“Open, and open forever: that is the crossing to travellers of Estrova now,” said Marit Osel, the president of Norland."},
	{Lang: "de", Title: "Selenko zur Konferenz", Note: "Übersetzt aus dem Ukrainischen", Text: "„Die Konferenz in Genf hat konkrete Projekte der Reform in der Ukraine und in Moldau bestätigt“, sagte Petro Selenko, der Außenminister."},
	{Lang: "uk", Title: "Конференція в Женеві", Text: "«Конференція в Женеві затвердила багато конкретних проєктів реформи в Україні і в Молдові», — сказав Петро Зеленко, міністр."},
}

// Answers that were put off are the same.
func TestReadersAskPutOff(t *testing.T) {
	if *update {
		t.Skip("the expectations are those of TestReadersAsk")
	}
	askReaders(t, hasty)
}

// sampled skips two of three cases under the race detector, which makes them ten times slower.
func sampled(t *testing.T, name string) {
	t.Helper()
	if h := fnv.New32a(); raceDetector {
		h.Write([]byte(name))
		if h.Sum32()%3 > 0 {
			t.Skip("under the race detector a third of these is run")
		}
	}
}

func askReaders(t *testing.T, how ...func(*office)) {
	t.Helper()
	goldenAsks(t, "readers", func(t *testing.T, name string) *office {
		if len(how) > 0 {
			sampled(t, name)
		}
		if strings.HasPrefix(name, "empty") {
			return emptyOffice(t, how...)
		}
		o := newOffice(t, how...)
		if strings.HasPrefix(name, "bare") {
			o.publish(store.Article{Source: o.sources["gazette"], URL: "https://gazette.example/bare", Title: "Customs union", Story: 9, Published: deskNow.Add(-time.Hour)})
		}
		if strings.HasPrefix(name, "restated") {
			for i, a := range restatedArticles {
				a.Source, a.URL, a.Story = o.sources["gazette"], fmt.Sprintf("https://gazette.example/vell-%d", i+1), int64(90+i)
				a.Published = deskNow.Add(-time.Duration(20+i) * time.Hour)
				o.publish(a)
			}
		}
		if strings.HasPrefix(name, "many") {
			for i := range 14 {
				o.publish(store.Article{Source: o.sources["harbour"], URL: fmt.Sprintf("https://harbour.example/notice-%d", i+1), Published: deskNow.Add(-time.Duration(30+i) * time.Hour),
					Title: fmt.Sprintf("Notice to mariners %d", 114-i), Text: fmt.Sprintf("Buoy %d at the mouth of the river is lit again. Mariners are asked to keep a distance of fifty metres.", 40-i)})
			}
		}
		if !strings.HasPrefix(name, "now") {
			sched := store.Schedule{Name: "Morning", Lang: "en"}
			if strings.HasPrefix(name, "short") {
				sched.Stories = 1
			}
			o.deliver(o.schedule(sched))
		}
		return o
	})
}

// With the longest names, titles, links and quotes that there may be, every page of every list is one that Discord takes.
func TestListsFit(t *testing.T) {
	texts, err := readTexts()
	if err != nil {
		t.Fatal(err)
	}
	r := &request{t: texts["de"]}
	for _, letter := range []string{"a", "*", "я", "😀", "\n", "a. "} {
		long := strings.Repeat(letter, 5000)
		url := "https://outlet.example/" + strings.Repeat("%D0%BF", 250)
		src := digest.Source{Name: long, Tier: store.StateMedia, Country: long, URL: url, Title: long}
		q := digest.Quote{Words: []string{long, long}, Speaker: long, Role: long, Venue: long, Via: long, Translated: true, Ref: digest.Ref{Source: 1, URL: url, Short: url}}
		q.Original = &digest.Original{Words: []string{Clip(long, sayingMax)}, Lang: "fr", Ref: q.Ref}
		fits := q
		fits.Original = &digest.Original{Words: []string{strings.Repeat(letter, sayingMax/8)}, Lang: "fr", Post: true, Ref: q.Ref}
		fits.Words = []string{strings.Repeat(letter, sayingMax/4)}
		s := digest.Story{ID: 1, Headline: long, URL: url, Sources: []digest.Source{src, src, src, src, src}, Quotes: []digest.Quote{q, fits, q}, OneSided: true, Outlets: 2}
		c := store.Candidate{Headline: long, Reason: long, Parts: map[string]float64{"outlets": 1, "voice": 1, "recency": 1, "fresh": 1, "quotes": 1, "variety": 1, "match": 1}}
		head := "**" + anchor(s.Headline, s.URL, labelMax) + "**\n"
		behind := func(list []string) []string { list[0] = head + list[0]; return list }
		for name, entries := range map[string][]string{
			"search": {r.found(digest.Passage{Source: src, Text: long, Ref: q.Ref})}, "answer": {r.says(digest.Passage{Source: src, Text: long, Ref: q.Ref})},
			"quotes": behind(quotesBehind(r, s)), "sources": behind(sourcesBehind(r, s)), "gathered": {r.gathered(digest.Saying{Quote: q, Source: src, Original: src, Others: []digest.Saying{{Quote: q, Source: src}, {Quote: fits, Source: src}}}),
				r.gathered(digest.Saying{Quote: fits, Source: src, Original: src, Others: []digest.Saying{{Quote: fits, Source: src}, {Quote: fits, Source: src}, {Quote: fits, Source: src}}})},
			"why": {r.terms(c), Escape(Clip(long, snippetMax))},
		} {
			pages := list("head", append(entries, entries...))
			for i, p := range pages {
				if _, err := p.message(nil, false); err != nil {
					t.Errorf("%s of %q, page %d of %d: %v", name, letter, i+1, len(pages), err)
				}
			}
		}
		if shown := r.saying(fits, src, src); strings.Contains(shown, "„") != Faithful(fits.Words[0]) {
			t.Errorf("a quote of %q that fits: %s", letter, shown)
		}
		if shown := r.saying(q, src, src); strings.Contains(shown, "„") {
			t.Errorf("a shortened quote of %q stands between marks", letter)
		}
	}
}
