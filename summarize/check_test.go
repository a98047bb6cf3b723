package summarize_test

import (
	"slices"
	"strings"
	"testing"

	"attache/internal/text"
	"attache/summarize"
	"attache/summarize/quote"
)

const checked = `PORT ALDER, 27 February – Norland and Estrova signed a treaty on fishing in Port Alder on Thursday, Foreign Minister Ana Tervo said.
“We have waited nine years for this treaty,” Ana Tervo said.
The treaty covers 1,250 boats and 35 percent of the catch, worth 5 million crowns a year. Parliament votes on it on March 14.`

func span(s, words string) text.Span {
	i := strings.Index(s, words)
	return text.Span{Start: i, End: i + len(words)}
}

// proof is a brief of one bullet that cites the first sentence of checked.
func proof(bullet string) summarize.Brief {
	first, _, _ := strings.Cut(checked, "\n")
	return summarize.Brief{Headline: "Treaty signed", HeadlineFrom: summarize.Evidence{Article: 1, Revision: 1}, Engine: "model",
		Bullets: []summarize.Bullet{{ID: "b1", Text: bullet, Lang: "en", Evidence: []summarize.Evidence{
			{Article: 1, Revision: 1, Span: text.Span{End: len(first)}, Text: first}}}}}
}

func checkedDocs() []summarize.Document {
	return []summarize.Document{document(1, "Treaty signed", checked, "en", ""), document(2, "Another", "Another article altogether.", "en", "")}
}

// TestCheckBullets: what a bullet may say with an article as its source.
func TestCheckBullets(t *testing.T) {
	for _, c := range []struct {
		bullet string
		why    string // a part of the reason for which it is dropped; "" when it is kept
	}{
		{"Norland and Estrova have signed a fishing treaty.", ""},
		{"The treaty of Norland and Estrova covers 1,250 boats.", ""},
		{"The treaty of Norland and Estrova covers 1250 boats.", ""},
		{"The treaty of Norland and Estrova covers 1,260 boats.", `"1,260"`},
		{"35 % of the catch is covered.", ""},
		{"A third of the catch, 35 %, is covered.", `"third"`},
		{"The treaty covers 35 boats.", `"35"`},
		{"The catch is worth 5 million crowns.", ""},
		{"The catch is worth 5,000,000 crowns.", ""},
		{"The catch is worth 5 billion crowns.", `"5 billion crowns"`},
		{"The catch is worth 6 million crowns.", `"6 million crowns"`},
		{"The ministers met for 3 hours.", `"3 hours"`},
		{"The treaty was signed on February 27.", ""},
		{"The treaty was signed on 27 Feb.", ""},
		{"The treaty was signed on February 14.", "month 2"},
		{"Parliament votes on 14 March.", ""},
		{"Parliament votes on 14.03.2025.", `"14.03.2025"`},
		{"Foreign Minister Tervo announced the treaty.", ""},
		{"Foreign Minister Brod announced the treaty.", `"Brod"`},
		{"The treaty was signed by President Ana Tervo.", `"Ana Tervo, President"`},
		{"Ana Tervo said: “We have waited nine years for this treaty.”", ""},
		{"Ana Tervo said “We have waited nine years”.", ""},
		{"Ana Tervo said “We have waited ten years”.", `"ten years"`},
		{"Ana Tervo said “we have waited nine years”.", "do not stand between marks"},
		{"Ana Tervo spoke of a “treaty on fishing”.", "do not stand between marks"}, // the article's words, not hers
		{"Ana Tervo said ‘nothing of the kind’.", "do not stand between marks"},
		{"Ana Tervo said “We have waited nine years.", "not closed"},
		{"Norland’s and Estrova’s ministers signed a treaty.", ""},
		{"See https://treaty.example for the treaty.", "a link"},
		{"See treaty.example/text for the treaty.", "a link"},
		{"The treaty was signed, @everyone.", "a mention"},
		{"The treaty was signed, <@123>.", "a mention"},
		{"The treaty was signed [here](x).", "markup"},
		{"The treaty was \u202esigned.", "hides"},
		{"The treaty was sig\u200bned.", "hides"},
		{"The treaty was signed.\nIt is long.", "one line"},
		{"  ", "empty"},
	} {
		b, dropped := summarize.Check(proof(c.bullet), checkedDocs())
		if c.why == "" {
			if len(b.Bullets) != 1 || len(dropped) > 0 {
				t.Errorf("%q was dropped: %q", c.bullet, dropped)
			}
			continue
		}
		if len(b.Bullets) != 0 || len(dropped) != 1 || !strings.Contains(dropped[0], c.why) {
			t.Errorf("%q: %d bullets, %q; want it dropped for %q", c.bullet, len(b.Bullets), dropped, c.why)
		}
	}
}

// TestCheckLanguages: figures, dates and names are compared across the languages of bullet and article.
func TestCheckLanguages(t *testing.T) {
	for _, c := range []struct{ lang, article, from, bullet, why string }{
		{"de", "Norland zahlt am 4. März 2,5 Millionen Kronen an Russland, sagte Ana Tervo.", "en", "Norland pays 2.5 million crowns to Russia on 4 March.", ""},
		{"de", "Norland zahlt am 4. März 2,5 Millionen Kronen an Russland, sagte Ana Tervo.", "en", "Norland pays 25 million crowns to Russia on 4 March.", `"25 million crowns"`},
		{"de", "Norland zahlt am 4. März 2,5 Millionen Kronen an Russland, sagte Ana Tervo.", "en", "Norland pays 2.5 million crowns to China on 4 March.", `"China"`},
		{"fr", "La Norlande paiera 1 250 couronnes le 3 février.", "en", "It pays 1,250 crowns on February 3.", ""},
		{"ru", "Норландия заплатит 40 миллионов крон 3 февраля.", "en", "Norland pays 40 million crowns on 3 February.", ""},
		{"ru", "Норландия заплатит 40 миллионов крон 3 февраля.", "en", "Norland pays 40 million crowns on 4 February.", "day 4"},
		{"zh", "诺兰将于2月3日支付40亿克朗。", "en", "Norland pays on 3 February.", ""},
		{"ar", "تدفع نورلاند ٤٠ مليون كرونة يوم ٣ فبراير.", "en", "Norland pays 40 million crowns on 3 February.", ""},
		{"ar", "تدفع نورلاند ٤٠ مليون كرونة يوم ٣ فبراير.", "en", "Norland pays 41 million crowns.", `"41 million crowns"`},
	} {
		d := summarize.Document{Article: 1, Revision: 1, Title: "T", Text: c.article, Lang: c.lang}
		in := summarize.Brief{Bullets: []summarize.Bullet{{Text: c.bullet, Lang: c.from, Evidence: []summarize.Evidence{
			{Article: 1, Revision: 1, Span: text.Span{End: len(c.article)}, Text: c.article}}}}}
		b, dropped := summarize.Check(in, []summarize.Document{d})
		if kept := len(b.Bullets) == 1; kept != (c.why == "") || !kept && !strings.Contains(dropped[0], c.why) {
			t.Errorf("%q from %q: %q; want %q", c.bullet, c.article, dropped, c.why)
		}
	}
}

// TestCheckEvidence: a bullet without a place in an article is none.
func TestCheckEvidence(t *testing.T) {
	good := proof("Norland and Estrova signed a treaty.")
	for name, spoil := range map[string]func(e *summarize.Evidence){
		"another article":   func(e *summarize.Evidence) { e.Article = 2 },
		"no such article":   func(e *summarize.Evidence) { e.Article = 9 },
		"another revision":  func(e *summarize.Evidence) { e.Revision = 2 },
		"shifted":           func(e *summarize.Evidence) { e.Span.Start++ },
		"outside":           func(e *summarize.Evidence) { e.Span.End = len(checked) + 1 },
		"negative":          func(e *summarize.Evidence) { e.Span.Start = -1 },
		"backwards":         func(e *summarize.Evidence) { e.Span.Start, e.Span.End = e.Span.End, e.Span.Start },
		"a letter too many": func(e *summarize.Evidence) { e.Text += "s" },
		"reworded":          func(e *summarize.Evidence) { e.Text = strings.Replace(e.Text, "signed", "sealed", 1) },
	} {
		b := good
		b.Bullets = slices.Clone(good.Bullets)
		b.Bullets[0].Evidence = slices.Clone(good.Bullets[0].Evidence)
		spoil(&b.Bullets[0].Evidence[0])
		if got, dropped := summarize.Check(b, checkedDocs()); len(got.Bullets) != 0 || len(dropped) == 0 {
			t.Errorf("%s: kept %+v", name, got.Bullets)
		}
		// Beside good evidence, the bad is dropped alone.
		b.Bullets[0].Evidence = append(b.Bullets[0].Evidence, good.Bullets[0].Evidence[0])
		got, dropped := summarize.Check(b, checkedDocs())
		if len(got.Bullets) != 1 || len(got.Bullets[0].Evidence) != 1 || len(dropped) != 1 {
			t.Errorf("%s beside good evidence: %+v, %q", name, got.Bullets, dropped)
		}
	}
	if b, dropped := summarize.Check(good, checkedDocs()); len(b.Bullets) != 1 || len(dropped) > 0 {
		t.Errorf("good evidence was dropped: %q", dropped)
	}
}

// TestCheckQuotes: words are the article's, byte for byte, and so is whoever said them.
func TestCheckQuotes(t *testing.T) {
	words := "We have waited nine years for this treaty"
	good := summarize.Quote{ID: "q1", Article: 1, Revision: 1, Words: []string{words},
		Quote: quote.Quote{Spans: []text.Span{span(checked, words)}, Speaker: "Ana Tervo", Role: "Foreign Minister", SpeakerSpan: span(checked, "Ana Tervo")}}
	if b, dropped := summarize.Check(summarize.Brief{Quotes: []summarize.Quote{good}}, checkedDocs()); len(b.Quotes) != 1 || len(dropped) > 0 {
		t.Fatalf("a true quote was dropped: %q", dropped)
	}
	for name, spoil := range map[string]func(q *summarize.Quote){
		"other words":       func(q *summarize.Quote) { q.Words = []string{strings.Replace(words, "nine", "ten", 1)} },
		"another mark":      func(q *summarize.Quote) { q.Words = []string{words + "."} },
		"one span too many": func(q *summarize.Quote) { q.Words = append(q.Words, "treaty") },
		"spans out of order": func(q *summarize.Quote) {
			q.Spans = []text.Span{q.Spans[0], q.Spans[0]}
			q.Words = []string{words, words}
		},
		"no span":          func(q *summarize.Quote) { q.Spans, q.Words = nil, nil },
		"outside":          func(q *summarize.Quote) { q.Spans = []text.Span{{Start: 0, End: 1 << 30}} },
		"another revision": func(q *summarize.Quote) { q.Revision = 2 },
	} {
		q := good
		spoil(&q)
		if b, dropped := summarize.Check(summarize.Brief{Quotes: []summarize.Quote{q}}, checkedDocs()); len(b.Quotes) != 0 || len(dropped) != 1 {
			t.Errorf("%s: %+v, %q", name, b.Quotes, dropped)
		}
	}
	q := good
	q.Speaker, q.Role = "Ilan Brod", "President"
	b, dropped := summarize.Check(summarize.Brief{Quotes: []summarize.Quote{q}}, checkedDocs())
	if len(b.Quotes) != 1 || b.Quotes[0].Speaker != "" || b.Quotes[0].Role != "" || len(dropped) != 2 {
		t.Errorf("a speaker who is not in the article: %+v, %q", b.Quotes, dropped)
	}
}

// TestCheckHeadline: a headline is an article's title or a span of its text; else a title stands in.
func TestCheckHeadline(t *testing.T) {
	at := span(checked, "Norland and Estrova signed a treaty on fishing")
	cite := summarize.Evidence{Article: 1, Revision: 1, Span: at, Text: at.Of(checked)}
	for _, c := range []struct {
		headline string
		from     summarize.Evidence
		want     string
		article  int64
		dropped  int
	}{
		{"Treaty signed", summarize.Evidence{Article: 1, Revision: 1}, "Treaty signed", 1, 0},
		{"Another", summarize.Evidence{Article: 1, Revision: 1}, "Another", 2, 0}, // true, but from elsewhere
		{cite.Text, cite, cite.Text, 1, 0},
		{"Treaty torn", summarize.Evidence{Article: 1, Revision: 1}, "Treaty signed", 1, 1},
		{"Treaty torn", cite, "Treaty signed", 1, 1},
		{"Treaty\u202e signed", summarize.Evidence{Article: 2, Revision: 1}, "Another", 2, 1},
		{"Treaty signed", summarize.Evidence{Article: 9, Revision: 1}, "Treaty signed", 1, 0},
		{"", summarize.Evidence{}, "", 0, 0},
	} {
		b, dropped := summarize.Check(summarize.Brief{Headline: c.headline, HeadlineFrom: c.from}, checkedDocs())
		if b.Headline != c.want || b.HeadlineFrom.Article != c.article || len(dropped) != c.dropped {
			t.Errorf("%q: %q from article %d, %q", c.headline, b.Headline, b.HeadlineFrom.Article, dropped)
		}
	}
}
