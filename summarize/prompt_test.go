package summarize

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"attache/internal/text"
	"attache/summarize/model"
	"attache/summarize/quote"
)

// rewrite is set by the flag -update, which the external tests of this package define.
func rewrite() bool { return flag.Lookup("update").Value.String() == "true" }

// harbour is an invented story of two articles in two languages.
func harbour() []Document {
	docs := []Document{
		{Article: 11, Revision: 1, Outlet: "Harbour Post", Title: "Norland and Estavia agree to meet", Lang: "en", Published: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
			Text: "Norland and Estavia will meet in Lund on 9 March, Foreign Minister Ana Tervo said on Monday.\n“We come to listen,” Tervo said. No date for a treaty has been set."},
		{Article: 12, Revision: 2, Outlet: "Fjordblatt", Title: "Treffen in Lund", Lang: "de", Published: time.Date(2026, 3, 2, 11, 0, 0, 0, time.UTC),
			Text: "Estavias Ministerpräsident Tomas Orel sagte am Montag: „Wir erwarten keine Wunder.“ Das Treffen dauert zwei Tage."},
	}
	for i, d := range docs {
		docs[i].Quotes = quote.Find(quote.Doc{Title: d.Title, Text: d.Text, Lang: d.Lang})
	}
	return docs
}

// TestPrompts compares what a model is told with testdata/prompts, so that a change of it is seen. The version, which is
// part of every brief's key, changes with it.
func TestPrompts(t *testing.T) {
	docs := harbour()
	mat := material{Articles: show(docs, articleBytes), Language: "en", Bullets: 4}
	trans := mat
	trans.Quotations = []shownQuotation{{1, 2, "Wir erwarten keine Wunder."}}
	for _, c := range []struct {
		name string
		p    prompt
	}{
		{"brief", prompt{kind: kindBrief, Mark: "articles-0123456789abcdef", Articles: encode(mat), Language: languageName("en"), Bullets: 4}},
		{"translation", prompt{kind: kindTranslation, Mark: "articles-0123456789abcdef", Articles: encode(trans), Language: languageName("en"), Bullets: 4}},
		{"repair-whole", prompt{kind: kindBrief, Mark: "articles-0123456789abcdef", Articles: "{}", Language: "German", Bullets: 4, Repair: &repair{Whole: "the headline is missing"}}},
		{"repair-bullets", prompt{kind: kindBrief, Mark: "articles-0123456789abcdef", Articles: "{}", Language: "German", Bullets: 4,
			Repair: &repair{Failed: failed([]failure{{0, proposed{Text: "They meet on 10 March.", Article: 1, Quote: "Norland and Estavia will meet"}, "the date is not in the article"}})}}},
		{"judge", prompt{kind: kindJudge, Mark: "verdict-0123456789abcdef", Articles: `{"bullets":[{"bullet":1,"text":"They meet.","evidence":"Norland and Estavia will meet."}]}`}},
		{"quotes", prompt{kind: kindQuotes, Mark: "articles-0123456789abcdef", Articles: encode(material{Articles: show(docs[:1], articleBytes), Language: "en"})}},
	} {
		q, err := c.p.words()
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(q.Schema.JSON) || !strings.Contains(q.System, string(q.Schema.JSON)) || q.Schema.Name != c.p.kind {
			t.Errorf("%s: the schema is not in the prompt", c.name)
		}
		got := fmt.Sprintf("version %s\n\n-- system --\n%s\n\n-- user --\n%s\n", promptVersion(), q.System, q.User)
		path := filepath.Join("testdata", "prompts", c.name+".txt")
		if rewrite() {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil || string(want) != got {
			t.Errorf("%s: what the model is told has changed (%v); read it with go test ./summarize -run TestPrompts -update", c.name, err)
		}
	}
}

// TestOffered: the newest article of each outlet first, six at most, in order of time.
func TestOffered(t *testing.T) {
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	var docs []Document
	for i := range 9 {
		docs = append(docs, Document{Article: int64(i), Outlet: []string{"A", "B", "A", "C", "D", "E", "F", "G", "G"}[i], Text: "x", Lang: "en", Published: day.Add(time.Duration(i) * time.Hour)})
	}
	var got []int64
	for _, d := range offered(docs) {
		got = append(got, d.Article)
	}
	if fmt.Sprint(got) != "[2 3 4 5 6 8]" { // B, the oldest outlet, gives way
		t.Errorf("offered %v", got)
	}
	if n := len(offered(docs[:3])); n != 3 {
		t.Errorf("%d of three articles", n)
	}
}

// TestShow: what a model sees holds nothing invisible, is cut at the end of a sentence, and stays within its room.
func TestShow(t *testing.T) {
	long := strings.Repeat("The two ministers met again in Lund today. ", 400)
	docs := []Document{{Article: 1, Title: "A\u200b title\u202e", Text: "One\u2060 sentence here.\nAnother one follows.\n" + long, Lang: "en"}}
	for _, most := range []int{600, 1000, articleBytes} {
		a := show(docs, most)[0]
		all := strings.Join(a.Paragraphs, "\n")
		if a.Title != "A title" || !strings.HasPrefix(all, "One sentence here.\nAnother one follows.\nThe two") || !strings.HasSuffix(all, "today.") || len(all) > most || len(all) < most*8/10 {
			t.Errorf("%d bytes: title %q, %d bytes, ends in %q", most, a.Title, len(all), all[max(0, len(all)-30):])
		}
		if strings.ContainsFunc(encode(a), text.Invisible) {
			t.Error("something invisible is shown to a model")
		}
	}
	one := show([]Document{{Text: long[:43*3], Lang: "en"}}, 60)[0].Paragraphs
	if len(one) != 1 || one[0] != "The two ministers met again in Lund today." {
		t.Errorf("cut to %q", one)
	}
}

// TestFitted: a small window holds fewer articles, and less of each; one that holds none is an error that says what to do.
func TestFitted(t *testing.T) {
	var docs []Document
	for i := range 6 {
		docs = append(docs, Document{Article: int64(i), Text: strings.Repeat("The two ministers met again in Lund today. ", 300), Lang: "en"})
	}
	for _, c := range []struct{ context, output, docs, most int }{
		{0, 2000, 6, articleBytes}, {128_000, 2000, 6, articleBytes}, {16_000, 2000, 6, 5000}, {8192, 1500, 6, 1500}, {4096, 1000, 4, 600},
	} {
		e := model.Endpoint{Context: c.context, MaxOutput: c.output}
		got, most, err := fitted(docs, kindBrief, e)
		if err != nil || len(got) < c.docs || most < c.most || got[len(got)-1].Article != 5 {
			t.Errorf("a window of %d holds %d articles with %d bytes, %v", c.context, len(got), most, err)
			continue
		}
		q, err := prompt{kind: kindBrief, Mark: newMark("articles"), Language: "English", Bullets: 6, Articles: encode(material{Articles: show(got, most)})}.words()
		if err != nil {
			t.Fatal(err)
		}
		if n := model.Tokens(q.System+q.User) + c.output; c.context > 0 && n > c.context {
			t.Errorf("a window of %d tokens gets %d", c.context, n)
		}
	}
	if _, _, err := fitted(docs, kindBrief, model.Endpoint{Context: 2048, MaxOutput: 1500}); err == nil || !strings.Contains(err.Error(), "raise context") {
		t.Errorf("a window without room: %v", err)
	}
}
