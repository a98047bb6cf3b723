package summarize_test

import (
	"strings"
	"testing"

	"attache/summarize"
	"attache/summarize/quote"
)

// TestIstanbul: the article the product is drawn for. Its note is cut off by package sources, as the reader of pages does.
func TestIstanbul(t *testing.T) {
	body, note, ok := strings.Cut(strings.TrimSpace(string(shared(t, "articles/istanbul-talks.txt"))), "\nEnglish version by ")
	if !ok {
		t.Fatal("the article has no translation note")
	}
	for _, c := range []struct {
		name string
		d    summarize.Document
	}{
		{"note cut off", document(7, "", body, "en", "English version by "+note)},
		{"note left in the text", document(7, "", body+"\nEnglish version by "+note, "en", "")},
		{"with a title", document(7, "Russia and the U.S. meet in Istanbul", body, "en", "English version by "+note)},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := brief(t, summarize.Request{Docs: []summarize.Document{c.d}, Lang: "en"})
			t.Log("\n" + show(b))
			if len(b.Bullets) < 4 {
				t.Fatalf("%d bullets", len(b.Bullets))
			}
			all := ""
			for _, x := range b.Bullets {
				all += x.Text + "\n"
			}
			first := b.Bullets[0].Text + b.Bullets[1].Text
			for _, want := range []string{"second round of talks between Russian and U.S. officials", "began this morning (Feb. 27) in Istanbul", "not explicitly on the agenda"} {
				if !strings.Contains(first, want) {
					t.Errorf("the first two bullets do not say %q", want)
				}
			}
			if b.Bullets[0].Limits || !b.Bullets[1].Limits {
				t.Error("the limiting bullet is not marked so")
			}
			for _, not := range []string{"stabbed", "public enemy", "hard to imagine", "attunement", "Translation Service", "@", "Good phone call"} {
				if strings.Contains(all, not) || strings.Contains(b.Headline, not) {
					t.Errorf("the brief says %q", not)
				}
			}
			if len(b.Quotes) < 3 {
				t.Fatalf("%d quotes", len(b.Quotes))
			}
			speakers := map[string]bool{}
			for _, q := range b.Quotes {
				speakers[q.Speaker] = true
				if o := q.Original; (o != nil) != (q.Speaker == "António Costa") || o != nil && !strings.HasPrefix(o.Words[0], "Good phone call") {
					t.Errorf("the original of %q is %v", q.Words, o)
				}
				if q.Kind == quote.Direct && !q.Translated {
					t.Errorf("not marked as translated: %q", q.Words)
				}
				if strings.Contains(strings.Join(q.Words, " "), "challenging times") {
					t.Errorf("a post that is told again in translation: %q", q.Words)
				}
			}
			for _, who := range []string{"António Costa", "Vladimir Putin", "Sergei Lavrov"} {
				if !speakers[who] {
					t.Errorf("no quote of %s", who)
				}
			}
		})
	}
}
