package summarize_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"attache/internal/text"
	"attache/summarize"
)

// rows decodes JSON Lines of the development data.
func rows[T any](t *testing.T, name string) []T {
	t.Helper()
	var out []T
	for line := range strings.Lines(string(shared(t, "eval/"+name))) {
		var v T
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// TestFacts keeps from falling what summaries carry of the facts that were labelled by hand: weighted recall, recall of the
// statements that limit the lead, and how much stands in them that must not. Patterns that Go's regexp lacks (look-ahead)
// are left out here; eval.py has them all and is the figure to quote. The floors lie a little below what was measured.
func TestFacts(t *testing.T) {
	type fact struct {
		Any    [][]string
		Weight float64
		Limits bool
	}
	type item struct {
		ID      string
		Refs    []struct{ File, ID string }
		Words   int
		Must    []fact
		MustNot []fact `json:"must_not"`
	}
	type article struct{ ID, Title, Text string }
	held := map[string]map[string]article{}
	has := func(f fact, s string) bool {
	alternatives:
		for _, all := range f.Any {
			for _, p := range all {
				re, err := regexp.Compile("(?i)" + p)
				if err != nil || !re.MatchString(s) {
					continue alternatives
				}
			}
			return true
		}
		return false
	}
	recall, limits, limitsOf, wrong := 0., 0, 0, 0
	items := rows[item](t, "facts/facts.jsonl")
	for _, it := range items {
		var texts, titles []string
		for _, r := range it.Refs {
			a := article{}
			if strings.HasSuffix(r.File, ".txt") {
				a.Text = string(shared(t, "eval/"+r.File))
			} else {
				if held[r.File] == nil {
					held[r.File] = map[string]article{}
					for _, a := range rows[article](t, r.File) {
						held[r.File][a.ID] = a
					}
				}
				a = held[r.File][r.ID]
			}
			texts, titles = append(texts, a.Text), append(titles, a.Title)
		}
		var said []string
		for _, s := range summarize.Summary(texts, titles, text.Language(strings.Join(texts, "\n"), ""), it.Words) {
			said = append(said, s.Text)
		}
		words := strings.Fields(strings.Join(said, " "))
		s := strings.Join(words[:min(len(words), it.Words*115/100)], " ")
		got, of := 0., 0.
		for _, f := range it.Must {
			of += f.Weight
			found := has(f, s)
			if found {
				got += f.Weight
			}
			if f.Limits {
				limitsOf++
				if found {
					limits++
				}
			}
		}
		recall += got / of
		for _, f := range it.MustNot {
			if has(f, s) {
				wrong++
			}
		}
	}
	recall *= 100 / float64(len(items))
	t.Logf("recall %.1f, limits %d of %d, must not %d", recall, limits, limitsOf, wrong)
	if recall < 47 || limits < 12 || wrong > 4 {
		t.Errorf("below the floor: recall %.1f of 47, limits %d of 12, must not %d of at most 4", recall, limits, wrong)
	}
}

// TestRealArticles: every brief of the articles at hand, in several languages, is proven.
func TestRealArticles(t *testing.T) {
	type article struct{ ID, Lang, Title, Text string }
	for _, c := range []struct {
		file  string
		least float64 // bullets an article
	}{
		{"quotes/polnear.dev.jsonl", 4.5}, {"quotes/dewikinews.dev.jsonl", 3}, {"quotes/adaq-ru.dev.jsonl", 0}, {"stories/basil-dev.jsonl", 5},
	} {
		n, articles := 0, rows[article](t, c.file)
		for i, a := range articles {
			docs := []summarize.Document{document(int64(i+1), a.Title, text.Normalize(a.Text), a.Lang, "")}
			b := brief(t, summarize.Request{Docs: docs})
			proven(t, b, docs)
			n += len(b.Bullets)
		}
		mean := float64(n) / float64(len(articles))
		t.Logf("%s: %.2f bullets an article", c.file, mean)
		if mean < c.least {
			t.Errorf("%s: %.2f bullets an article, at least %.1f wanted", c.file, mean, c.least)
		}
	}
}
