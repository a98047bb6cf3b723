package verify

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"attache/internal/text"
	"attache/summarize/quote"
)

// TestRealSentences: of the sentences of real articles, nearly all pass the gates for their own article with the shortcut for
// whole sentences left out. What does not pass is a sentence that cuts a quotation, or is read otherwise alone.
func TestRealSentences(t *testing.T) {
	for _, c := range []struct {
		file string
		most float64 // share that does not pass
	}{{"quotes/polnear.dev.jsonl", .001}, {"quotes/dewikinews.dev.jsonl", .002}, {"quotes/adaq-ru.dev.jsonl", .01}, {"stories/basil-dev.jsonl", .001}} {
		n, bad, quotes := 0, 0, 0
		for line := range strings.Lines(string(shared(t, "eval/"+c.file))) {
			var a struct{ Lang, Title, Text string }
			if err := json.Unmarshal([]byte(line), &a); err != nil {
				t.Fatal(err)
			}
			if a.Lang == "" {
				a.Lang = text.Language(a.Text, "")
			}
			body := text.Normalize(a.Text)
			s := Prepare(a.Title, body, a.Lang, time.Time{}, quote.Find(quote.Doc{Title: a.Title, Text: body, Lang: a.Lang}))
			for _, p := range text.Sentences(body, a.Lang) {
				said := p.Of(body)
				if Unsafe(said) != "" {
					continue
				}
				n++
				var left []Problem
				cuts := false
				for _, q := range s.problems(s.read(Claim{Text: said})) {
					if q.Kind == KindQuotation {
						cuts = true
					} else {
						left = append(left, q)
					}
				}
				if cuts {
					quotes++
				}
				if len(left) > 0 {
					bad++
					if *show == c.file {
						t.Logf("%s | %.300s", saidOf(left), said)
					}
				}
			}
		}
		share := float64(bad) / float64(n)
		t.Logf("%s: %d sentences, %.4f do not pass; %d cut a quotation", c.file, n, share, quotes)
		if share > c.most {
			t.Errorf("%s: %.4f of the sentences do not pass, at most %.4f wanted", c.file, share, c.most)
		}
	}
}
