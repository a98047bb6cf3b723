package verify

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"attache/summarize/quote"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite what the cases of testdata expect")

// TestCases runs the claims of testdata/*.txtar. The head of a file gives the article's lang, published and title; "text" is
// the article; each line of "claims" is what is wrong with a claim ("ok" for nothing), " | ", and the claim. A claim in
// another language begins with "[de] "; its names follow it in braces: {Shown=Source; Shown=Source}.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < len(languages) {
		t.Fatalf("%d files of cases, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			head := map[string]string{}
			for line := range strings.Lines(string(ar.Comment)) {
				k, v, _ := strings.Cut(strings.TrimSpace(line), ": ")
				head[k] = v
			}
			var published time.Time
			if head["published"] != "" {
				if published, err = time.Parse(time.RFC3339, head["published"]); err != nil {
					t.Fatal(err)
				}
			}
			if len(ar.Files) != 2 || ar.Files[0].Name != "text" || ar.Files[1].Name != "claims" {
				t.Fatal("want the files text and claims")
			}
			body := strings.TrimSpace(string(ar.Files[0].Data))
			s := Prepare(head["title"], body, head["lang"], published, quote.Find(quote.Doc{Title: head["title"], Text: body, Lang: head["lang"]}))
			var out strings.Builder
			for line := range strings.Lines(string(ar.Files[1].Data)) {
				line = strings.TrimSpace(line)
				want, said, ok := strings.Cut(line, " | ")
				if !ok {
					fmt.Fprintln(&out, line)
					continue
				}
				got := saidOf(s.Problems(claimOf(said)))
				fmt.Fprintf(&out, "%s | %s\n", got, said)
				if got != want && !*update {
					t.Errorf("%s\n got %s\nwant %s", said, got, want)
				}
			}
			if *update {
				ar.Files[1].Data = []byte(out.String())
				if err := os.WriteFile(name, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func claimOf(said string) Claim {
	var c Claim
	if strings.HasPrefix(said, "[") {
		c.Lang, said, _ = strings.Cut(said[1:], "] ")
	}
	if i := strings.LastIndex(said, " {"); i >= 0 && strings.HasSuffix(said, "}") {
		for pair := range strings.SplitSeq(said[i+2:len(said)-1], "; ") {
			shown, source, _ := strings.Cut(pair, "=")
			c.Names = append(c.Names, Pair{shown, source})
		}
		said = said[:i]
	}
	c.Text = said
	return c
}

func saidOf(problems []Problem) string {
	if len(problems) == 0 {
		return "ok"
	}
	var out []string
	for _, p := range problems {
		out = append(out, fmt.Sprintf("%s %q", p.Kind, p.Text))
	}
	return strings.Join(out, ", ")
}
