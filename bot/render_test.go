package bot

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"attache/internal/digest"
	"attache/internal/store"
	"attache/internal/text"
	"attache/summarize"
)

// A sample digest of n stories, each as long as real ones are: URLs with fragments, two bullets, a quote, four sources.
func sampleDigest(n int, words func(i int) string) digest.Digest {
	d := digest.Digest{
		Delivery: 1, Schedule: 1, Guild: "1", Target: store.Target{Channel: "2", Roles: []string{"77"}}, Lang: "en", Zone: "Europe/Brussels",
		Slot: "2026-03-02T08:00", Due: time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC), Considered: 40, Outlets: 12,
	}
	for i := range n {
		url := fmt.Sprintf("https://outlet%d.example/2026/03/02/some-long-slug-of-an-article-(%d)", i, i)
		ref := digest.Ref{Source: 1, URL: url + "#:~:text=" + strings.Repeat("%D0%BF%D0%B5%D1%80%D0%B5", 8) + "," + strings.Repeat("%D0%B3", 20), Short: url + "#:~:text=" + strings.Repeat("%D0%BF", 20)}
		s := digest.Story{
			ID: int64(i), Headline: "Headline of story " + words(i), URL: url, Outlets: 3, Engine: "extractive",
			Quotes: []digest.Quote{{ID: "q", Words: []string{"The sea has no patience " + words(i)}, Speaker: "Ana Reis-Lobo", Role: "minister for the sea", Via: "the agency Pontos", Translated: true, Ref: ref}},
		}
		for k := range 3 {
			s.Bullets = append(s.Bullets, digest.Bullet{ID: fmt.Sprint(k), Text: fmt.Sprintf("Sentence %d of story %d, which says something in about twenty words as sentences in the press do. %s", k, i, words(i)), Refs: []digest.Ref{ref}})
		}
		for k := range 6 {
			s.Sources = append(s.Sources, digest.Source{Article: int64(k), Name: fmt.Sprintf("Outlet %d", k), Tier: []store.Tier{store.Official, store.Press, store.StateMedia}[k%3], URL: fmt.Sprintf("%s/%d", url, k)})
		}
		d.Stories = append(d.Stories, s)
	}
	return d
}

// sentenceNumber finds the bullets of a sample story.
var sentenceNumber = regexp.MustCompile(`• (?:\*\*[^*]+:\*\* )?Sentence (?:\\\[28 February 2026\\\] )?(\d)`)

// explained says of each bullet of a sample story whose it is, which day it means and whom.
func explained(s *digest.Story, name string) {
	for i := range s.Bullets {
		b := &s.Bullets[i]
		b.Side = []string{"FI", "RU"}[i%2]
		b.When = []summarize.Resolved{{Span: text.Span{End: len("Sentence")}, Day: "2026-02-28"}}
		b.Who = []summarize.Named{{Span: text.Span{Start: len("Sentence "), End: len("Sentence 0")}, Name: name}}
	}
}

func render(t *testing.T, d digest.Digest) (bodies []body, messages []digest.Message) {
	t.Helper()
	w, err := NewRenderer("")
	if err != nil {
		t.Fatal(err)
	}
	messages, err = w.Render(d, "seed")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		var b body
		if err := json.Unmarshal(m.Body, &b); err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, b)
	}
	return bodies, messages
}

// checkLimits holds a message to Discord's limits. Only what links nowhere, a story that is withdrawn, has no title.
func checkLimits(t *testing.T, b body) {
	t.Helper()
	total := 0
	if n := units(b.Content); n > 2000 {
		t.Errorf("content has %d characters", n)
	}
	if len(b.Embeds) > 10 {
		t.Errorf("%d embeds", len(b.Embeds))
	}
	for _, e := range b.Embeds {
		total += e.units()
		if units(e.Title) > 256 || units(e.Description) > 4096 || e.Title == "" && e.URL != "" || e.Description == "" {
			t.Errorf("title of %d and description of %d characters", units(e.Title), units(e.Description))
		}
	}
	if total > 6000 {
		t.Errorf("embeds have %d characters in all", total)
	}
	if b.Mentions.Parse == nil || len(b.Mentions.Parse) > 0 {
		t.Errorf("allowed_mentions.parse is %v", b.Mentions.Parse)
	}
}

func TestRenderIsOneMessage(t *testing.T) {
	bodies, messages := render(t, sampleDigest(5, func(int) string { return "" }))
	if len(bodies) != 1 || len(bodies[0].Embeds) != 5 {
		t.Fatalf("%d messages, want one of five stories", len(bodies))
	}
	b := bodies[0]
	checkLimits(t, b)
	for _, want := range []string{"**Diplomatic digest** · Monday, 2 March 2026 · 5 stories", "<@&77>", "chosen from 40 stories in 12 sources", messages[0].Marker} {
		if !strings.Contains(b.Content, want) {
			t.Errorf("the header lacks %q:\n%s", want, b.Content)
		}
	}
	if !slices.Equal(b.Mentions.Roles, []string{"77"}) {
		t.Errorf("roles %v", b.Mentions.Roles)
	}
	for i, e := range b.Embeds {
		for _, want := range []string{"• Sentence 0", "> “The sea has no patience ”", "— **Ana Reis-Lobo**, minister for the sea, via the agency Pontos, *in translation*", "[[1]](https://", "*(official)*", "*(state media)*", "3 outlets"} {
			if !strings.Contains(e.Description, want) {
				t.Errorf("story %d lacks %q:\n%s", i, want, e.Description)
			}
		}
		if strings.Contains(e.URL, "(") {
			t.Errorf("a URL with a bracket ends a link: %s", e.URL)
		}
	}
}

// However long the words are, every message keeps Discord's limits, every story is there once and whole, and what the
// order of cuts keeps longest is kept: the headline and the first bullet.
func TestRenderFits(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	letters := []string{"word ", "слово ", "語", "*_~` ", "@everyone ", "[x](https://x.example) ", "\U0001f600"}
	for range 200 {
		n := rnd.IntN(26)
		words := func(int) string { return strings.Repeat(letters[rnd.IntN(len(letters))], rnd.IntN(60)) }
		d := sampleDigest(n, words)
		for i := range d.Stories {
			explained(&d.Stories[i], Clip(words(i), rnd.IntN(70)))
			d.Stories[i].Quotes[0].Original = &digest.Original{Words: []string{words(i)}, Lang: "fr", Post: i%2 == 0, Ref: d.Stories[i].Quotes[0].Ref}
		}
		bodies, messages := render(t, d)
		markers := map[string]bool{}
		stories := 0
		for i, b := range bodies {
			checkLimits(t, b)
			stories += len(b.Embeds)
			markers[messages[i].Marker] = true
			if !strings.Contains(b.Content, messages[i].Marker) {
				t.Error("a message lacks its marker")
			}
			for _, e := range b.Embeds {
				shown, want := sentenceNumber.FindAllStringSubmatch(e.Description, -1), 0
				for _, m := range shown {
					if m[1] != shown[0][1] && (m[1] == "1" || shown[0][1] == "1") {
						want = len(shown) // of one side alone it is not told whose it is: there is nobody to tell it from
					}
				}
				if sides := strings.Count(e.Description, ":** Sentence"); len(shown) == 0 || sides != want {
					t.Errorf("%d bullets, %d of them a side's, want %d: %s", len(shown), sides, want, e.Description)
				}
				if strings.Count(e.Description, "\\[28 February 2026\\]") != strings.Count(e.Description, "\\[28") {
					t.Errorf("a day is cut: %s", e.Description)
				}
			}
		}
		if stories != n || len(markers) != len(bodies) {
			t.Errorf("%d of %d stories in %d messages with %d markers", stories, n, len(bodies), len(markers))
		}
	}
}

// The sentence that limits the lead outlasts every cut, and the numbers of both stay.
func TestLimitingBulletStays(t *testing.T) {
	w, err := NewRenderer("en")
	if err != nil {
		t.Fatal(err)
	}
	d := sampleDigest(1, func(int) string { return "" })
	s := d.Stories[0]
	s.Bullets[2].Limits, s.Bullets[2].Text = true, "Peace is not on the agenda."
	r := renderer{d: d, t: w.texts.in("en")}
	steps := 0
	for c, more := (cut{}), true; more; c, more = c.deeper(len(r.bullets(s))) {
		steps++
		if got := r.story(s, c).Description; !strings.Contains(got, "• Sentence 0") || !strings.Contains(got, "• Peace is not on the agenda."+glue) || strings.Contains(got, "Sentence 1") {
			t.Errorf("%+v:\n%s", c, got)
		}
	}
	if steps < 6 {
		t.Errorf("%d steps", steps)
	}
}

// What stands between quotation marks is the article's words, whatever they are.
func TestQuotesAreVerbatim(t *testing.T) {
	for _, words := range []string{
		"plain", "with *stars* and _lines_", "@everyone, look", "a [link](https://x.example)", "1. an item", "> a quote", "`code`", "<@1234>", "a \\ b", "||spoiler||", "https://x.example/a_b_c",
	} {
		d := sampleDigest(1, func(int) string { return "" })
		d.Stories[0].Quotes[0].Words = []string{words}
		bodies, _ := render(t, d)
		_, rest, ok := strings.Cut(bodies[0].Embeds[0].Description, "> “")
		shown, _, ok2 := strings.Cut(rest, "”\n")
		if !ok || !ok2 {
			t.Errorf("%q is not shown between marks:\n%s", words, bodies[0].Embeds[0].Description)
			continue
		}
		if got := Unescape(shown); got != words {
			t.Errorf("shown as %q, said was %q", got, words)
		}
	}
	d := sampleDigest(1, func(int) string { return "" })
	d.Stories[0].Quotes[0].Words = []string{"hidden\u202eletters"}
	bodies, _ := render(t, d)
	if strings.Contains(bodies[0].Embeds[0].Description, "“hidden") {
		t.Error("words of which letters fell away stand between marks")
	}
}

func TestQuoteOfTwoSpans(t *testing.T) {
	d := sampleDigest(1, func(int) string { return "" })
	d.Stories[0].Quotes[0].Words = []string{"We will go", "and we will stay"}
	bodies, _ := render(t, d)
	if want := "> “We will go” … “and we will stay”"; !strings.Contains(bodies[0].Embeds[0].Description, want) {
		t.Errorf("lacks %q:\n%s", want, bodies[0].Embeds[0].Description)
	}
}

// A translation stands below the words, marked, without quotation marks, on one line and with nothing live in it.
func TestQuoteTranslation(t *testing.T) {
	d := sampleDigest(1, func(int) string { return "" })
	d.Stories[0].Quotes[0].Words = []string{"Wir erwarten keine Wunder"}
	d.Stories[0].Quotes[0].Translation = "We expect no *miracles* from @everyone"
	bodies, _ := render(t, d)
	want := "> “Wir erwarten keine Wunder”\n> *machine translation:* We expect no \\*miracles\\* from @\u200beveryone\n> — "
	if !strings.Contains(bodies[0].Embeds[0].Description, want) {
		t.Errorf("lacks %q:\n%s", want, bodies[0].Embeds[0].Description)
	}
}

func TestRenderQuietDay(t *testing.T) {
	d := sampleDigest(0, nil)
	d.Missed = 2
	d.Lang = "de"
	bodies, _ := render(t, d)
	if len(bodies) != 1 || len(bodies[0].Embeds) != 0 {
		t.Fatalf("%+v", bodies)
	}
	for _, want := range []string{"Montag, 2. März 2026", "Ein ruhiger Tag", "2 frühere Ausgaben"} {
		if !strings.Contains(bodies[0].Content, want) {
			t.Errorf("lacks %q: %s", want, bodies[0].Content)
		}
	}
}

// Every language has every key, with the same places to fill in.
func TestTextsAreComplete(t *testing.T) {
	l, err := readTexts()
	if err != nil {
		t.Fatal(err)
	}
	en := l["en"]
	holes := func(s string) []string {
		var out []string
		for _, f := range strings.Split(s, "{")[1:] {
			name, _, _ := strings.Cut(f, "}")
			out = append(out, name)
		}
		slices.Sort(out)
		return out
	}
	for lang, c := range l {
		if len(c.weekdays) != 7 || len(c.months) != 12 {
			t.Errorf("%s: %d weekdays, %d months", lang, len(c.weekdays), len(c.months))
		}
		if a, b := slices.Sorted(maps.Keys(c.texts)), slices.Sorted(maps.Keys(en.texts)); !slices.Equal(a, b) {
			t.Errorf("%s has the keys %v, en has %v", lang, a, b)
		}
		for k, s := range c.texts {
			if !slices.Equal(holes(s), holes(en.texts[k])) {
				t.Errorf("%s: %s has the places %v, en has %v", lang, k, holes(s), holes(en.texts[k]))
			}
		}
	}
}

func BenchmarkRender(b *testing.B) {
	w, err := NewRenderer("")
	if err != nil {
		b.Fatal(err)
	}
	d := sampleDigest(5, func(int) string { return "" })
	for b.Loop() {
		if _, err := w.Render(d, "seed"); err != nil {
			b.Fatal(err)
		}
	}
}

// Behind a source's name stands what readers must know of it.
func TestLabels(t *testing.T) {
	texts, err := readTexts()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lang string
		src  digest.Source
		want string
	}{
		{"en", digest.Source{Tier: store.Press}, ""},
		{"en", digest.Source{Tier: store.Press, Withdrawn: true}, " *(withdrawn by its outlet)*"},
		{"de", digest.Source{Tier: store.StateMedia, Withdrawn: true}, " *(Staatsmedium)* *(vom Medium zurückgezogen)*"},
	} {
		if got := texts.in(c.lang).labels(c.src); got != c.want {
			t.Errorf("%s: %q, want %q", c.lang, got, c.want)
		}
	}
}
