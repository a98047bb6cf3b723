package summarize_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"attache/internal/text"
	"attache/summarize"
	"attache/summarize/quote"
	"attache/summarize/verify"
)

// proven fails unless every word of a brief stands where the brief says.
func proven(t *testing.T, b summarize.Brief, docs []summarize.Document) {
	t.Helper()
	at := func(article int64, revision int) *summarize.Document {
		for i := range docs {
			if docs[i].Article == article && docs[i].Revision == revision {
				return &docs[i]
			}
		}
		t.Fatalf("revision %d of article %d is not among the documents", revision, article)
		return nil
	}
	ids := map[string]bool{}
	id := func(s string) {
		if s == "" || ids[s] {
			t.Fatalf("id %q is empty or not the first", s)
		}
		ids[s] = true
	}
	for _, x := range b.Bullets {
		id(x.ID)
		if len(x.Evidence) == 0 {
			t.Fatalf("a bullet without evidence: %q", x.Text)
		}
		for _, e := range x.Evidence {
			if d := at(e.Article, e.Revision); e.Span.Of(d.Text) != e.Text || e.Text == "" {
				t.Fatalf("the evidence %q is not %q", e.Text, e.Span.Of(d.Text))
			}
		}
		for _, w := range x.When {
			if _, err := time.Parse(time.DateOnly, w.Day); err != nil || strings.ContainsAny(w.Span.Of(x.Text), "“”\"„«»") || w.How == "" {
				t.Fatalf("the day %+v of %q", w, x.Text)
			}
		}
		for _, n := range x.Who {
			if d := at(x.Evidence[0].Article, x.Evidence[0].Revision); !strings.Contains(d.Text, n.Name) || n.Span.Of(x.Text) == "" {
				t.Fatalf("%q is not named in the article: %+v", x.Text, n)
			}
		}
		if strings.ContainsFunc(x.Text, text.Invisible) || strings.Contains(x.Text, "://") {
			t.Fatalf("not safe to show: %q", x.Text)
		}
	}
	for _, q := range b.Quotes {
		id(q.ID)
		d := at(q.Article, q.Revision)
		if len(q.Words) != len(q.Spans) || len(q.Words) == 0 {
			t.Fatalf("%d spans, %d words", len(q.Spans), len(q.Words))
		}
		for i, p := range q.Spans {
			if d.Text[p.Start:p.End] != q.Words[i] {
				t.Fatalf("the quote %q is not %q", q.Words[i], d.Text[p.Start:p.End])
			}
		}
		if o := q.Original; o != nil {
			from := at(o.Article, o.Revision)
			for i, p := range o.Spans {
				if from.Text[p.Start:p.End] != o.Words[i] {
					t.Fatalf("the original %q is not %q", o.Words[i], from.Text[p.Start:p.End])
				}
			}
		}
		if !strings.Contains(d.Title+"\n"+d.Text, q.Speaker) {
			t.Fatalf("the speaker %q is not in the article", q.Speaker)
		}
	}
}

// FuzzBrief: whatever the texts, the brief is proven, its bullets are whole sentences that cut no double quotation mark
// from its partner, and Check drops nothing of it.
func FuzzBrief(f *testing.F) {
	f.Add("Title", checked, "Another", "“One. Two,” he said. “Three", "en", "")
	f.Add("", "他说：“好。不好！”。会谈星期二结束。", "", "", "zh", "zh")
	f.Add("", "\xff\xfe“\n»a« 'b' \"c", "", strings.Repeat("„a. b. ", 40), "", "de")
	f.Add("Talks", "The Finnish foreign ministry said today the talks go on. “We meet tomorrow,” minister Ana Tervo said on Monday. She said “we shall see what comes of it”.",
		"Talks", "Russia denied yesterday that the talks go on. “We meet tomorrow,” minister Ana Tervo said last February 18.", "en", "en")
	f.Add("", "ALDER, February – Norland signed a treaty on fishing in Port Alder on Thursday, Ana Tervo said.\n“We waited,” Ana Tervo said.\x80\x00 – The treaty covers 1,250 boats and 35 percent of the catch.", "", "\xe2\x80. Two", "", "")
	f.Add("İ", strings.Repeat("Ankara’da görüşme sürüyor. ", 30), "", "A - B – C — D. (E) f: G.", "tr", "en")
	f.Fuzz(func(t *testing.T, title, one, other, two, lang, reader string) {
		if len(one)+len(two) > 1<<16 {
			return
		}
		docs := []summarize.Document{document(1, title, one, lang, ""), document(2, other, two, "", ""), document(3, title, one+two, lang, "Translated from the Norlandic")}
		for i := range docs {
			docs[i].Published = time.Date(2026, 3, 3, 12*i, i, 0, 0, time.UTC)
			docs[i].Country, docs[i].Official = []string{"", "FI", "RU"}[i], i > 0
		}
		b, err := summarize.Extractive{}.Brief(context.Background(), summarize.Request{Docs: docs, Lang: reader})
		if err != nil {
			t.Fatal(err)
		}
		proven(t, b, docs)
		if len(b.Bullets) > summarize.DefaultBullets || len(b.Quotes) > summarize.DefaultQuotes {
			t.Fatalf("%d bullets, %d quotes", len(b.Bullets), len(b.Quotes))
		}
		for _, x := range b.Bullets {
			if strings.Join(strings.Fields(x.Evidence[0].Text), " ") != x.Text {
				t.Fatalf("the bullet %q is not its evidence %q", x.Text, x.Evidence[0].Text)
			}
			if x.Lang == "en" && strings.Count(x.Text, "“") > strings.Count(x.Text, "”")+strings.Count(x.Text, `"`)+strings.Count(x.Text, "''") {
				t.Fatalf("a quotation is cut in %q", x.Text)
			}
		}
		if _, dropped := summarize.Check(b, docs); len(dropped) > 0 {
			t.Fatalf("dropped: %q", dropped)
		}
	})
}

// FuzzCheck: whatever a model writes, what is left of its brief is proven, and checking that again drops nothing.
func FuzzCheck(f *testing.F) {
	f.Add(checked, "Norland pays 1,250 crowns on “27 February”.", "Treaty signed", "We have waited", "Ana Tervo", 0, 20, 150, 163)
	f.Add("a\xffb “c” d", "“c”", "", "c", "d", -1, 3, 6, 1<<40)
	f.Add("2月3日，“好。”", "1.056,5% 3/4/2025 ’tis ‘x’", "x", "好", "", 0, 4, 3, 9)
	f.Fuzz(func(t *testing.T, body, bullet, headline, words, speaker string, start, end, from, to int) {
		d := summarize.Document{Article: 1, Revision: 1, Title: "Treaty signed", Text: body, Lang: "en"}
		docs := []summarize.Document{d}
		cited := ""
		if start >= 0 && start < end && end <= len(body) {
			cited = body[start:end]
		}
		e := summarize.Evidence{Article: 1, Revision: 1, Span: text.Span{Start: start, End: end}, Text: cited}
		in := summarize.Brief{Headline: headline, Engine: "extractive", HeadlineFrom: e,
			Bullets: []summarize.Bullet{{Text: bullet, Evidence: []summarize.Evidence{e}}, {Text: cited, Evidence: []summarize.Evidence{e}}},
			Quotes: []summarize.Quote{{Article: 1, Revision: 1, Words: []string{words},
				Quote: quote.Quote{Spans: []text.Span{{Start: from, End: to}}, Speaker: speaker}}}}
		b, _ := summarize.Check(in, docs)
		proven(t, b, docs)
		if b.Headline != "" && b.Headline != "Treaty signed" && strings.Join(strings.Fields(b.Headline), " ") != strings.Join(strings.Fields(cited), " ") {
			t.Fatalf("headline %q", b.Headline)
		}
		if !utf8.ValidString(body) {
			return
		}
		again(t, b, docs)
		in.Engine = "a model" // whose headline may be its own
		own, _ := summarize.Check(in, docs)
		proven(t, own, docs)
		again(t, own, docs)
	})
}

// again checks what was checked: nothing more is dropped.
func again(t *testing.T, b summarize.Brief, docs []summarize.Document) {
	t.Helper()
	c, dropped := summarize.Check(b, docs)
	if len(dropped) > 0 || len(c.Bullets) != len(b.Bullets) || len(c.Quotes) != len(b.Quotes) || c.Headline != b.Headline {
		t.Fatalf("a second look drops %q", dropped)
	}
}

// FuzzAnnotate: without what is added the text is what it was, and between marks stands what stood there.
func FuzzAnnotate(f *testing.F) {
	f.Add("“We met on Thursday,” he said on Monday.", 5, 6, 25, 2)
	f.Add("„Wir trafen uns am Donnerstag“, sagte er am Montag.", 20, 10, 43, 2)
	f.Add("He\"s \"here\" ‘we’ 他「我们」", 0, 2, 5, 1)
	f.Fuzz(func(t *testing.T, s string, a, n, b, m int) {
		const name, day = "Radovan Elmgren", "27 February"
		if strings.ContainsAny(s, "[]") || !utf8.ValidString(s) || a > len(s) || n > len(s) || b > len(s) || m > len(s) || min(a, n, b, m) < 0 {
			return
		}
		got := summarize.Annotate(s, []summarize.Resolved{{Span: text.Span{Start: a, End: a + n}, Day: "2025-02-27"}},
			[]summarize.Named{{Span: text.Span{Start: b, End: b + m}, Name: name}}, time.Date(2025, 2, 27, 0, 0, 0, 0, time.UTC), english)
		if bare := strings.NewReplacer(" ["+name+"]", "", " ["+day+"]", "").Replace(got); bare != s {
			t.Fatalf("%q of %q", bare, s)
		}
		said := func(s string) (out []string) {
			for _, x := range verify.Stretches(s, nil) {
				if !x.Open {
					out = append(out, x.Of(s))
				}
			}
			return out
		}
		if was, is := said(s), said(got); !slices.Equal(was, is) {
			t.Fatalf("%q stands between marks in %q, %q in %q", is, got, was, s)
		}
	})
}
