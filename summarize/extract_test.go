package summarize_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"attache/summarize"
)

// TestFewWords: texts with little or nothing to choose from.
func TestFewWords(t *testing.T) {
	for _, c := range []struct {
		name, title, body string
		bullets           int
		headline          string
	}{
		{"nothing", "", "", 0, ""},
		{"title alone", "Talks end", "", 0, "Talks end"},
		{"one sentence", "", "The talks in Port Alder ended without a date for the next round.", 1, "The talks in Port Alder ended without a date for the next round."},
		{"one sentence told by the title", "The talks in Port Alder ended on Monday.", "The talks in Port Alder ended on Monday.", 1, "The talks in Port Alder ended on Monday."},
		{"no sentence", "", "Talks", 0, ""},
		{"marks", "", "“”“«».„", 0, ""},
		{"broken letters", "", "\xff\xfe\xfd The talks in Port Alder ended. \xc3", 0, ""},
		{"opinion alone", "", "I have never seen such a lovely harbour in all my years at sea.", 1, "I have never seen such a lovely harbour in all my years at sea."},
	} {
		b := brief(t, summarize.Request{Docs: []summarize.Document{document(1, c.title, c.body, "en", "")}})
		if len(b.Bullets) != c.bullets || b.Headline != c.headline {
			t.Errorf("%s:\n%s", c.name, show(b))
		}
	}
	if b := brief(t, summarize.Request{}); len(b.Bullets)+len(b.Quotes) > 0 || b.Engine != "extractive" || b.Version == "" {
		t.Errorf("a brief of no article: %+v", b)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (summarize.Extractive{}).Brief(ctx, summarize.Request{Docs: newsroom(3)}); !errors.Is(err, context.Canceled) {
		t.Errorf("err is %v", err)
	}
}

// TestIDs: the same statement of the same revision has the same id in whatever brief; of another revision, another.
func TestIDs(t *testing.T) {
	docs := newsroom(4)
	ids := func(docs []summarize.Document) (map[string]string, map[string]string) {
		b := brief(t, summarize.Request{Docs: docs, Bullets: 20, Quotes: 20})
		bullets, quotes := map[string]string{}, map[string]string{}
		for _, x := range b.Bullets {
			e := x.Evidence[0]
			bullets[fmt.Sprint(e.Article, e.Span)] = x.ID
		}
		for _, q := range b.Quotes {
			quotes[fmt.Sprint(q.Article, q.Spans)] = q.ID
		}
		return bullets, quotes
	}
	all, allQuotes := ids(docs)
	part, partQuotes := ids(docs[:2])
	shared := 0
	for _, c := range []struct{ a, b map[string]string }{{all, part}, {allQuotes, partQuotes}} {
		for at, id := range c.b {
			if other, ok := c.a[at]; ok {
				shared++
				if other != id {
					t.Errorf("%s has the ids %s and %s", at, id, other)
				}
			}
		}
	}
	if shared == 0 {
		t.Fatal("the two briefs share nothing")
	}
	docs[0].Revision = 2
	for at, id := range part {
		if again, _ := ids(docs[:2]); strings.HasPrefix(at, "1 ") && again[at] == id {
			t.Errorf("%s has the id of an earlier revision", at)
		}
	}
}

// TestRevisions: of an article that is given twice, the newest revision speaks.
func TestRevisions(t *testing.T) {
	old, now := document(1, "Talks", "The talks in Port Alder opened on Monday with nine envoys.", "en", ""), document(1, "Talks end", "The talks in Port Alder ended on Tuesday with a joint dinner.", "en", "")
	now.Revision = 2
	for _, docs := range [][]summarize.Document{{old, now}, {now, old}} {
		b := brief(t, summarize.Request{Docs: docs})
		if len(b.Bullets) != 1 || b.Bullets[0].Evidence[0].Revision != 2 || b.Headline != "Talks end" {
			t.Errorf("%s", show(b))
		}
	}
}

// TestManyArticles: a hundred articles of one story give no bullet twice, and the given numbers are kept.
func TestManyArticles(t *testing.T) {
	docs := newsroom(100)
	b := brief(t, summarize.Request{Docs: docs, Bullets: 8, Quotes: 3})
	if len(b.Bullets) == 0 || len(b.Bullets) > 8 || len(b.Quotes) == 0 || len(b.Quotes) > 3 {
		t.Fatalf("%d bullets, %d quotes", len(b.Bullets), len(b.Quotes))
	}
	seen := map[string]bool{}
	for _, x := range b.Bullets {
		if seen[x.Text] {
			t.Errorf("twice: %s", x.Text)
		}
		seen[x.Text] = true
	}
	proven(t, b, docs)
}

// TestRequestIsKept: the caller's documents are not changed.
func TestRequestIsKept(t *testing.T) {
	docs := newsroom(3)
	for i := range docs {
		docs[i].Lang = ""
	}
	want := fmt.Sprintf("%+v", docs)
	brief(t, summarize.Request{Docs: docs, Lang: "de"})
	if got := fmt.Sprintf("%+v", docs); !reflect.DeepEqual(got, want) {
		t.Error("the documents were changed")
	}
}

// TestSummary: whole sentences in reading order, within the words asked for.
func TestSummary(t *testing.T) {
	var texts, titles []string
	for _, d := range newsroom(4) {
		texts, titles = append(texts, d.Text), append(titles, d.Title)
	}
	for _, words := range []int{30, 60, 120, 400} {
		n := 0
		sentences := summarize.Summary(texts, titles, "en", words)
		for i, s := range sentences {
			if texts[s.Doc][s.Start:s.End] != s.Text {
				t.Fatalf("%q is not at %d to %d of text %d", s.Text, s.Start, s.End, s.Doc)
			}
			if i > 0 && (s.Doc < sentences[i-1].Doc || s.Doc == sentences[i-1].Doc && s.Start < sentences[i-1].End) {
				t.Errorf("%d words: out of order: %q", words, s.Text)
			}
			if i < len(sentences)-1 {
				n += len(strings.Fields(s.Text))
			}
		}
		if len(sentences) == 0 || float64(n) > 1.15*float64(words) {
			t.Errorf("%d words asked, %d before the last sentence", words, n)
		}
	}
	if got := summarize.Summary(texts, nil, "en", 0); got != nil {
		t.Errorf("no words asked: %v", got)
	}
	if got := summarize.Summary(nil, nil, "", 60); len(got) != 0 {
		t.Errorf("no texts: %v", got)
	}
	if a, b := summarize.Summary(texts[:1], titles, "en", 60), summarize.Summary(texts[:1], nil, "en", 60); len(a) == 0 || len(b) == 0 {
		t.Error("more titles than texts, or none, leave nothing")
	}
}
