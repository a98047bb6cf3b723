package verify

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"attache/internal/text"
	"attache/summarize/quote"
)

// TestVerdicts compares what the gates say of the labelled claims with testdata/verdicts.txt: a line a claim that is refused,
// with its label and its problems, and the sums of the scores and of what was found in the sources. It judges nothing: with
// -update, the diff of that file shows which claims a change of the gates moves, and whether rightly.
func TestVerdicts(t *testing.T) {
	const file = "testdata/verdicts.txt"
	raw, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	was := map[string][]string{}
	for line := range strings.Lines(string(raw)) {
		set, _, _ := strings.Cut(line, " ")
		was[set] = append(was[set], strings.TrimSuffix(line, "\n"))
	}
	var all strings.Builder
	for _, set := range sets {
		t.Run(set, func(t *testing.T) {
			now := verdicts(t, set)
			all.WriteString(strings.Join(now, "\n") + "\n")
			if *update {
				return
			}
			have := map[string]bool{}
			for _, line := range was[set] {
				have[line] = true
			}
			wrong := 0
			for _, line := range now {
				if !have[line] {
					if wrong++; wrong <= 10 {
						t.Errorf("new: %s", line)
					}
				}
				delete(have, line)
			}
			for line := range have {
				if wrong++; wrong <= 10 {
					t.Errorf("gone: %s", line)
				}
			}
		})
	}
	if *update {
		if err := os.WriteFile(file, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func verdicts(t *testing.T, set string) []string {
	var out []string
	var s *Source
	key, sum, values, days, held := "", 0., 0, 0, 0
	for _, row := range rowsOf(t, set) {
		if key != row.Source {
			lang := text.Language(row.Source, "")
			key, s = row.Source, Prepare("", row.Source, lang, time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), quote.Find(quote.Doc{Text: row.Source, Lang: lang}))
			values, days, held = values+len(s.values), days+len(s.Days()), held+len(s.held)
		}
		c := Claim{Text: row.Claim}
		sum += s.Score(c)
		if ps := s.Problems(c); len(ps) > 0 {
			kinds := make([]string, len(ps))
			for i, p := range ps {
				kinds[i] = string(p.Kind)
			}
			out = append(out, fmt.Sprintf("%s %s %d %s", set, row.ID, row.Label, strings.Join(kinds, " ")))
		}
	}
	return append(out, fmt.Sprintf("%s scores %.3f values %d days %d offices %d", set, sum, values, days, held))
}
