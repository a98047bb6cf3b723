package quote_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"attache/internal/text"
	"attache/summarize/quote"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the expectations of testdata/*.txtar")

// TestFind runs the cases of testdata: each archive holds pairs of files NAME.LANG (the article; a first line
// "note: …" is the article's translation note) and NAME.want (a quotation a block).
func TestFind(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int{}
		for i, f := range ar.Files {
			if name, ok := strings.CutSuffix(f.Name, ".want"); ok {
				want[name] = i
			}
		}
		out := &txtar.Archive{Comment: ar.Comment}
		for _, f := range ar.Files {
			name, lang, _ := strings.Cut(f.Name, ".")
			if lang == "want" {
				continue
			}
			d := quote.Doc{Lang: lang, Text: strings.TrimRight(string(f.Data), "\n")}
			if rest, ok := strings.CutPrefix(d.Text, "note: "); ok {
				d.Note, d.Text, _ = strings.Cut(rest, "\n")
			}
			got := []byte(show(d))
			out.Files = append(out.Files, f, txtar.File{Name: name + ".want", Data: got})
			if *update {
				continue
			}
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name, func(t *testing.T) {
				i, ok := want[name]
				if !ok {
					t.Fatal("no expectation; run with -update")
				}
				if !bytes.Equal(got, ar.Files[i].Data) {
					t.Errorf("got:\n%s\nwant:\n%s", got, ar.Files[i].Data)
				}
			})
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// show writes quotes for reading: the words, then what is known of them.
func show(d quote.Doc) string {
	var b strings.Builder
	for _, q := range quote.Find(d) {
		fmt.Fprintf(&b, "[%s]\n", strings.Join(q.Words(d.Text), "] ["))
		line := func(key, value string) {
			if value != "" {
				fmt.Fprintf(&b, "  %s: %s\n", key, value)
			}
		}
		if q.Kind != quote.Direct {
			line("kind", string(q.Kind))
		}
		line("speaker", q.Speaker)
		if m := q.SpeakerSpan.Of(d.Text); m != q.Speaker {
			line("mention", m)
		}
		line("verb", q.Verb)
		line("role", q.Role)
		line("venue", q.Venue)
		line("date", q.Date)
		line("via", q.Via)
		if q.Translated {
			line("translated", "yes")
		}
	}
	if b.Len() == 0 {
		return "none\n"
	}
	return b.String()
}

// check is the promise of the package: every span lies in the text, on letters' edges, within one paragraph,
// in order and apart; a speaker is words of the article.
func check(t *testing.T, d quote.Doc, qs []quote.Quote) {
	t.Helper()
	var spans []text.Span
	at := -1
	for _, q := range qs {
		if len(q.Spans) == 0 {
			t.Fatalf("a quote without spans: %+v", q)
		}
		if q.Spans[0].Start < at {
			t.Fatalf("out of order: %+v", q)
		}
		at = q.Spans[0].Start
		if !strings.Contains(d.Text, q.Speaker) {
			t.Fatalf("speaker %q is not in the article", q.Speaker)
		}
		for _, s := range []string{q.Role, q.Venue, q.Via, q.Verb, q.Date} {
			if !strings.Contains(d.Text, s) {
				t.Fatalf("%q is not in the article", s)
			}
		}
		prev := -1
		for _, p := range append(append([]text.Span{}, q.Spans...), q.SpeakerSpan) {
			if p.Start < 0 || p.End < p.Start || p.End > len(d.Text) {
				t.Fatalf("span %+v of %d bytes", p, len(d.Text))
			}
			for _, i := range []int{p.Start, p.End} {
				if i < len(d.Text) && utf8.ValidString(d.Text) && !utf8.RuneStart(d.Text[i]) {
					t.Fatalf("span %+v cuts a letter", p)
				}
			}
		}
		for _, p := range q.Spans {
			if p.Len() == 0 || strings.Contains(p.Of(d.Text), "\n") || p.Start < prev {
				t.Fatalf("span %+v %q", p, p.Of(d.Text))
			}
			prev = p.End
			spans = append(spans, p)
		}
	}
	for i, p := range spans {
		for _, o := range spans[:i] {
			if p.Overlaps(o) {
				t.Fatalf("%+v and %+v share words", p, o)
			}
		}
	}
}

func FuzzFind(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, x := range ar.Files {
			if _, lang, _ := strings.Cut(x.Name, "."); lang != "want" {
				f.Add(string(x.Data), lang)
			}
		}
	}
	f.Add(strings.Repeat("the president of ", 60)+"the house said “we go now.”", "en")
	f.Add("“a „b ‘c «d \"e ''f 「g", "de")
	f.Add("A: \"B: “C”\" – D (@e_f) March 1, 2025\n– D (@e_f) x\n", "en")
	f.Fuzz(func(t *testing.T, s, lang string) {
		d := quote.Doc{Text: s, Lang: lang}
		qs := quote.Find(d)
		check(t, d, qs)
		all := make([]quote.Said, len(qs))
		for i, q := range qs {
			all[i] = quote.Said{Doc: d, Quote: q}
		}
		used := map[int]bool{}
		for _, r := range quote.Restated(all) {
			for _, i := range append([]int{r.Original}, r.Others...) {
				if i < 0 || i >= len(all) || used[i] {
					t.Fatalf("restatement %+v of %d quotes", r, len(all))
				}
				used[i] = true
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	ar, err := txtar.ParseFile("testdata/en.txtar")
	if err != nil {
		b.Fatal(err)
	}
	var sb strings.Builder
	for _, f := range ar.Files {
		if strings.HasSuffix(f.Name, ".en") && sb.Len() < 5000 { // the mean length of the articles measured
			sb.Write(f.Data)
		}
	}
	d := quote.Doc{Text: sb.String(), Lang: "en"}
	b.SetBytes(int64(len(d.Text)))
	for b.Loop() {
		quote.Find(d)
	}
}

// BenchmarkFindNested is a noun phrase in a noun phrase, 4000 deep; a search for the name in apposition at every depth would
// double the time with each.
func BenchmarkFindNested(b *testing.B) {
	d := quote.Doc{Text: strings.Repeat("the president of ", 4000) + "the house said “we go now.”", Lang: "en"}
	b.SetBytes(int64(len(d.Text)))
	for b.Loop() {
		quote.Find(d)
	}
}

// BenchmarkFindLong is the input that costs most: a paragraph of 66 KB without a full stop. Its time must grow
// with its length and no faster (0.14 s; without maxSentence it was 9 s).
func BenchmarkFindLong(b *testing.B) {
	d := quote.Doc{Text: strings.Repeat("\"a b c d,\" Lind said, ", 3000), Lang: "en"}
	b.SetBytes(int64(len(d.Text)))
	for b.Loop() {
		quote.Find(d)
	}
}
