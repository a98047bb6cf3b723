package summarize

import (
	"strings"
	"testing"
	"time"

	"attache/internal/text"
	"attache/summarize/quote"
)

// TestAnswered: what a model says of a bullet beside its words is kept only where the article bears it: whom "he" means, and
// which bullet limits the lead. The people are invented.
func TestAnswered(t *testing.T) {
	const en = `Foreign Minister Jonas Brod arrived in Hask on Monday, where the president of Estrova, Marit Osel, received him.
The minister said the border would stay closed. The talks lasted for two hours.
The delegation left the town in the evening without further comment.
Guards hoisted the flags of both countries in the rain while a band of the fire brigade played in the square.
In the archive of the town lies a letter by Ilse Markham, who built the bridge.`
	const de = `Außenminister Jonas Brod traf am Montag in Hask ein, wo ihn die Präsidentin von Estrowa, Marit Osel, empfing.
Der Minister sagte, die Grenze bleibe geschlossen. Die Gespräche dauerten zwei Stunden.`
	for _, c := range []struct {
		lang, body, said, proof, words, name string
		kept                                 bool
	}{
		{"en", en, "The minister said the border would stay closed.", "the border would stay closed", "The minister", "Jonas Brod", true},
		{"en", en, "The minister said the border would stay closed.", "the border would stay closed", "The minister", "Marit Osel", false}, // she has another office
		{"en", en, "The minister said the border would stay closed.", "the border would stay closed", "The minister", "Jonas Brand", false},
		{"en", en, "The minister said the border would stay closed.", "the border would stay closed", "The minister", "Brod", false}, // no full name
		{"en", en, "The minister said the border would stay closed.", "the border would stay closed", "The minister", "Ilse Markham", false},
		{"en", en, "The delegation left the town in the evening.", "The delegation left the town", "The delegation", "Ilse Markham", false}, // two paragraphs away
		{"en", en, "The minister said the border would stay closed.", "the border would stay closed", "border would", "nobody at all", false},
		{"en", en, "The minister said the border would stay closed.", "the border would stay closed", "he", "Jonas Brod", false}, // not in the bullet
		{"de", de, "Der Minister sagte, die Grenze bleibe geschlossen.", "die Grenze bleibe geschlossen", "Der Minister", "Jonas Brod", true},
		{"de", de, "Der Minister sagte, die Grenze bleibe geschlossen.", "die Grenze bleibe geschlossen", "Der Minister", "Marit Osel", false},
	} {
		docs := []Document{{Article: 1, Revision: 1, Title: "Hask", Text: c.body, Lang: c.lang, Published: time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)}}
		docs[0].Quotes = quote.Find(quote.Doc{Text: c.body, Lang: c.lang})
		b, why := proposed{Text: c.said, Article: 1, Quote: c.proof, Limits: true, Who: []meant{{c.words, c.name}}}.bullet(docs, c.lang)
		if why == "" {
			b, why = newChecker(docs).bullet(b)
		}
		if why != "" {
			t.Fatalf("%s %q: %s", c.lang, c.said, why)
		}
		switch {
		case c.kept != (len(b.Who) == 1):
			t.Errorf("%s %q is %q: kept %v", c.lang, c.words, c.name, b.Who)
		case c.kept && (b.Who[0].Name != c.name || b.Who[0].Span.Of(b.Text) != c.words):
			t.Errorf("%s: %q is %v", c.lang, b.Who[0].Span.Of(b.Text), b.Who)
		}
	}
	docs := []Document{{Article: 1, Revision: 1, Text: en + "\nAn opening of the border is not on the agenda, both sides said.", Lang: "en"}}
	for quote, limits := range map[string]bool{"is not on the agenda": true, "The talks lasted for two hours": false} {
		b, why := proposed{Text: "Both sides said so.", Article: 1, Quote: quote, Limits: true}.bullet(docs, "en")
		if why != "" || b.Limits != limits {
			t.Errorf("%q limits %v, want %v; %s", quote, b.Limits, limits, why)
		}
	}
}

// TestTold: Check takes away a side that the evidence does not state, an original that is not there, and days that only the brief says.
func TestTold(t *testing.T) {
	const body = "Russia's foreign ministry said on Monday that talks would go on in Hask. Weather in Hask was fair."
	d := Document{Article: 1, Revision: 1, Text: body, Lang: "en", Published: time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)}
	at := strings.Index(body, " Weather")
	e := Evidence{Article: 1, Revision: 1, Text: body[:at]}
	e.Span.End = at
	for side, want := range map[string]string{"RU": "RU", "US": "", "": ""} {
		in := Brief{Bullets: []Bullet{{Text: e.Text, Lang: "en", Side: side, Evidence: []Evidence{e}, When: []Resolved{{Span: e.Span, Day: "1999-01-01", How: "published"}}}}}
		b, _ := Check(in, []Document{d})
		if len(b.Bullets) != 1 || b.Bullets[0].Side != want {
			t.Fatalf("side %q: %+v", side, b.Bullets)
		}
		if w := b.Bullets[0].When; len(w) != 1 || w[0].Day != "2026-03-02" || w[0].Span.Of(e.Text) != "Monday" {
			t.Errorf("days %+v", w)
		}
	}
	q := Quote{Article: 1, Revision: 1, Words: []string{"talks would go on"}, Original: &Original{Article: 1, Revision: 1, Words: []string{"talks would end"}}}
	q.Spans = append(q.Spans, e.Span)
	q.Spans[0].Start = strings.Index(body, "talks")
	q.Spans[0].End = q.Spans[0].Start + len("talks would go on")
	q.Original.Spans = q.Spans
	b, dropped := Check(Brief{Quotes: []Quote{q}}, []Document{d})
	if len(b.Quotes) != 1 || b.Quotes[0].Original != nil || len(dropped) != 1 {
		t.Errorf("the original %+v is kept: %q", b.Quotes, dropped)
	}
}

// TestUnsafeNames: a name that holds a link or an invitation is said of nobody, whether the rules or a model found it; one with
// stars in it is a name, which whoever shows it has to escape. An article may call anybody anything.
func TestUnsafeNames(t *testing.T) {
	for name, safe := range map[string]bool{
		"Radovan Elmgren": true, "Radovan *Elmgren*": true,
		"Radovan https://evil.example/elmgren": false, "Radovan discord.gg/elmgren": false, "Radovan @everyone": false, "Radovan <@1234567890>": false,
	} {
		const said, words = "“The border stays open for everybody,” ", "he said on Monday."
		body := name + ", the foreign minister, came to Hask. The town welcomed Elmgren.\n" + said + words
		at := strings.Index(body, said)
		e := Evidence{Article: 1, Revision: 1, Span: text.Span{Start: at, End: len(body)}, Text: said + words}
		he := text.Span{Start: at + len(said), End: at + len(said) + len("he")}
		spans := []text.Span{{Start: at + len("“"), End: at + strings.Index(said, ",”")}}
		d := Document{Article: 1, Revision: 1, Text: body, Lang: "en", Quotes: []quote.Quote{{Spans: spans, Kind: quote.Direct, Speaker: name, SpeakerSpan: he}}}
		b, dropped := Check(Brief{Bullets: []Bullet{{Text: e.Text, Lang: "en", Evidence: []Evidence{e}}}}, []Document{d})
		if len(b.Bullets) != 1 || (len(b.Bullets[0].Who) == 1) != safe {
			t.Errorf("%q: %+v, %q", name, b.Bullets, dropped)
		}
		d.Quotes = nil // what a model says of it
		b, _ = Check(Brief{Bullets: []Bullet{{Text: e.Text, Lang: "en", Evidence: []Evidence{e}, Who: []Named{{text.Span{Start: len(said), End: len(said) + len("he")}, name}}}}}, []Document{d})
		if len(b.Bullets) != 1 || len(b.Bullets[0].Who) == 1 && !safe {
			t.Errorf("%q of a model: %+v", name, b.Bullets)
		}
	}
}

// TestSomebody: what has capitals is not always somebody, and whoever spoke before is not always "he". The people are invented.
func TestSomebody(t *testing.T) {
	for _, c := range []struct {
		body, words, speaker string
		want                 bool
	}{
		{"Ilse Markham came to Hask. Markham had been ill.\n", "“I am well,” she said.", "Ilse Markham", true},
		{"Ilse Markham, the foreign minister, came to Hask.\n", "“I am well,” she said.", "Ilse Markham", true},
		{"Ilse Markham came to Hask.\n", "“I am well,” she said.", "Ilse Markham", false}, // nothing says that it is a person's name
		{"The Hask Marathon was run. It was the tenth marathon, and Marathon is the word for it.\n", "“I am well,” she said.", "Hask Marathon", false},
		{"World Championships were held. The championships were the first.\n", "“I am well,” she said.", "World Championships", false},
		{"Ilse Markham came. Markham asked Jonas Brod. Brod asked back.\n", "“I am well,” he said.", "Ilse Markham", false}, // Brod was named last
		{"Ilse Markham came. Markham asked Jonas Brod. Brod asked back.\n", "“I am well,” he said.", "Jonas Brod", true},
	} {
		body := c.body + c.words
		e := Evidence{Article: 1, Revision: 1, Span: text.Span{Start: len(c.body), End: len(body)}, Text: c.words}
		said := text.Span{Start: len(c.body) + len("“"), End: len(c.body) + strings.Index(c.words, ",”")}
		at := len(c.body) + strings.Index(c.words, "” ") + len("” ")
		pronoun := text.Span{Start: at, End: at + strings.Index(body[at:], " ")}
		d := &Document{Article: 1, Revision: 1, Text: body, Lang: "en", Quotes: []quote.Quote{
			{Spans: []text.Span{said}, Kind: quote.Direct, Speaker: c.speaker, SpeakerSpan: pronoun}, {Kind: quote.Direct, Speaker: "Jonas Brod"}}}
		got := whoOf(d, &Bullet{Text: c.words, Lang: "en"}, e)
		if (len(got) == 1) != c.want || c.want && got[0].Name != c.speaker {
			t.Errorf("%s%s %s: %v", c.body, c.words, c.speaker, got)
		}
	}
}
