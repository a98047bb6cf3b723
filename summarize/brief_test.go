package summarize_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"attache/internal/text"
	"attache/summarize"
	"attache/summarize/quote"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the expectations of testdata/*.txtar")

// document makes a document as ingest does: language, then quotes.
func document(id int64, title, body, lang, note string) summarize.Document {
	if lang == "" {
		lang = text.Language(title+"\n"+body, "")
	}
	d := summarize.Document{Article: id, Revision: 1, Title: title, Text: body, Lang: lang, Note: note}
	d.Quotes = quote.Find(quote.Doc{Title: title, Text: body, Lang: lang, Note: note})
	return d
}

// brief writes and proves a brief; nothing of it may be dropped.
func brief(t testing.TB, r summarize.Request) summarize.Brief {
	t.Helper()
	b, err := summarize.Extractive{}.Brief(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	if _, dropped := summarize.Check(b, r.Docs); len(dropped) > 0 {
		t.Fatalf("the engine wrote what is not proven: %q", dropped)
	}
	return b
}

// shared reads a file of development data beside the repository; the test is skipped where there is none.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../shared", name))
	if err != nil {
		if os.Getenv("ATTACHE_CI") == "1" {
			t.Fatal(err)
		}
		t.Skipf("the development data is absent: %v", err)
	}
	return b
}

// TestBriefs runs the cases of testdata: an archive is a story. Each file is an article, its lines "title:", "lang:",
// "note:", "published:", "country:", "official: yes" first; "request" holds lang, bullets and quotes; "want" is the brief.
func TestBriefs(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var r summarize.Request
			want := -1
			for i, f := range ar.Files {
				switch f.Name {
				case "want":
					want = i
				case "request":
					h, _ := header(string(f.Data))
					r.Lang = h["lang"]
					r.Bullets, _ = strconv.Atoi(h["bullets"])
					r.Quotes, _ = strconv.Atoi(h["quotes"])
				default:
					h, body := header(string(f.Data))
					d := document(int64(len(r.Docs)+1), h["title"], body, h["lang"], h["note"])
					if h["published"] != "" {
						if d.Published, err = time.Parse(time.RFC3339, h["published"]); err != nil {
							t.Fatal(err)
						}
					}
					d.Country, d.Official = h["country"], h["official"] != ""
					r.Docs = append(r.Docs, d)
				}
			}
			b := brief(t, r)
			got := []byte(show(b))
			if *update {
				if want < 0 {
					want = len(ar.Files)
					ar.Files = append(ar.Files, txtar.File{Name: "want"})
				}
				ar.Files[want].Data = got
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want < 0 {
				t.Fatal("no expectation; run with -update")
			}
			if !bytes.Equal(got, ar.Files[want].Data) {
				t.Errorf("got:\n%s\nwant:\n%s", got, ar.Files[want].Data)
			}
			slices.Reverse(r.Docs)
			if again := show(brief(t, r)); again != string(got) {
				t.Errorf("another order of the articles makes another brief:\n%s", again)
			}
		})
	}
}

// header parts the lines "key: value" at the beginning of a file from the rest.
func header(s string) (map[string]string, string) {
	h := map[string]string{}
	for {
		line, rest, _ := strings.Cut(s, "\n")
		key, value, ok := strings.Cut(line, ": ")
		if !ok || !slices.Contains([]string{"title", "lang", "note", "published", "country", "official", "bullets", "quotes"}, key) {
			return h, strings.TrimSpace(s)
		}
		h[key], s = value, rest
	}
}

// show writes a brief for reading.
func show(b summarize.Brief) string {
	var w strings.Builder
	fmt.Fprintf(&w, "# %s [%s, article %d]\n", b.Headline, b.Lang, b.HeadlineFrom.Article)
	for _, x := range b.Bullets {
		mark := "*"
		if x.Limits {
			mark = "* limits:"
		}
		if x.Side != "" {
			mark += " " + x.Side + ":"
		}
		var from []string
		for _, e := range x.Evidence {
			from = append(from, fmt.Sprint(e.Article))
		}
		fmt.Fprintf(&w, "%s %s [%s, %s]\n", mark, x.Text, x.Lang, strings.Join(from, "+"))
		for _, r := range x.When {
			fmt.Fprintf(&w, "  %s = %s, %s\n", r.Span.Of(x.Text), r.Day, r.How)
		}
		for _, n := range x.Who {
			fmt.Fprintf(&w, "  %s = %s\n", n.Span.Of(x.Text), n.Name)
		}
	}
	for _, q := range b.Quotes {
		fmt.Fprintf(&w, "> %s — %s [%s, %d", strings.Join(q.Words, " / "), q.Speaker, q.Lang, q.Article)
		if q.Translated {
			w.WriteString(", translated")
		}
		if q.Kind == quote.Post {
			w.WriteString(", post")
		}
		w.WriteString("]\n")
		if q.Original != nil {
			fmt.Fprintf(&w, "  original: %s [%s, %d, %s]\n", strings.Join(q.Original.Words, " / "), q.Original.Lang, q.Original.Article, q.Original.Kind)
		}
	}
	return w.String()
}
