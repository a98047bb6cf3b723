package sources

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
)

func pdfFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/pdf/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A press release is read as its author wrote it: paragraphs, quotations, letters with accents and of other scripts. testdata/pdf/press.html is
// what Chromium printed.
func TestReadPDF(t *testing.T) {
	p, err := ReadPDF(t.Context(), Input{URL: "https://mfa.example/press.pdf", Body: pdfFile(t, "press.pdf")})
	if err != nil {
		t.Fatal(err)
	}
	const want = `Porto, 3 March 2026 – Ministers of five coastal states began talks on fishing quotas in Porto on Monday, two years after the last agreement ended. The talks are to last three days, and a joint declaration is expected on Wednesday evening.
“We agree on the fish, we do not agree on the nets,” said Ana Reis-Lobo, the minister for the sea. She added that a quota for sardines is not on the agenda.
Les ministres se sont réunis à huis clos. Министры встретились в порту.
The ministry of the neighbouring state said that its ships will stay in port until the talks end, and that nobody had asked for anything else so far in these negotiations.
For further information write to the press office of the ministry of the sea, which answers between nine and five on working days.`
	if p.Title != "Statement on the talks about fishing quotas in Porto" || p.Text != want {
		t.Errorf("title %q, text\n%s", p.Title, p.Text)
	}
}

// What has no words to be had is said to be so; a page that is over its time ends.
func TestReadPDFRefuses(t *testing.T) {
	for name, body := range map[string][]byte{
		"a scan": pdfFile(t, "scan.pdf"), "damaged": []byte("%PDF-1.7\n" + strings.Repeat("1 0 obj <<>> ", 1000)), "cut off": pdfFile(t, "press.pdf")[:2000],
	} {
		if _, err := ReadPDF(t.Context(), Input{Body: body}); problemCode(t, err) != codePDF {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ReadPDF(ctx, Input{Body: pdfFile(t, "press.pdf")}); err == nil {
		t.Error("it was read after its time")
	}
}

// A PDF behind an entry of a feed, or a link of a watched page, is read like a page, whatever its server calls it.
func TestVisitReadsPDF(t *testing.T) {
	b := newBench(t)
	b.web.on("/press.pdf", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(pdfFile(t, "press.pdf"))
	})
	b.feed(`"1"`, entryOf{"Statement on the talks", b.web.URL + "/press.pdf", "g1", "Read on."})
	o := b.visitOnce(t)
	if o.Err != nil || len(o.Articles) != 1 || o.Articles[0].Teaser || !strings.Contains(o.Articles[0].Text, "we do not agree on the nets,” said Ana Reis-Lobo") {
		t.Errorf("%+v", o)
	}
	l, err := b.client.ReadLink(t.Context(), b.web.URL+"/press.pdf")
	if err != nil || !strings.Contains(l.Text, "joint declaration") {
		t.Errorf("by its link: %+v, %v", l, err)
	}
}

func TestPDFParagraphs(t *testing.T) {
	for _, c := range []struct {
		name  string
		pages [][]string
		want  string
	}{
		{"lines of a paragraph", [][]string{{"The ministers met in the harbour to speak of the", "quotas. They did not agree on anything at all on", "Monday."}}, "The ministers met in the harbour to speak of the quotas. They did not agree on anything at all on Monday."},
		{"a sentence that ends short of the margin", [][]string{{"The ministers met in the harbour to speak of quotas", "on Monday.", "Then they left for the airport by ship and by train"}}, "The ministers met in the harbour to speak of quotas on Monday.\nThen they left for the airport by ship and by train"},
		{"a broken word, and a hyphen", [][]string{{"It is of inter\x02", "national weight for the whole of the coastal-", "state minister, who spoke"}}, "It is of international weight for the whole of the coastal-state minister, who spoke"},
		{"over a page", [][]string{{"The talks will go on until the end of the week, and"}, {"then end."}}, "The talks will go on until the end of the week, and then end."},
	} {
		if got := pdfParagraphs(c.pages); got != c.want {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	pages := [][]string{{"Ministry of the Sea", "One.", "Page 1 of 3"}, {"Ministry of the Sea", "Two.", "Page 2 of 3"}, {"Ministry of the Sea", "Three.", "Page 3 of 3"}}
	if got := pdfParagraphs(withoutRunningLines(pages)); strings.Contains(got, "Ministry") || strings.Contains(got, "Page") || !strings.Contains(got, "Two.") {
		t.Errorf("running lines: %q", got)
	}
	for title, want := range map[string]string{"Microsoft Word - statement.docx": "", "press": "", "Statement on the talks": "Statement on the talks", "外務大臣会談": "外務大臣会談"} {
		if got := pdfTitle(title); got != want {
			t.Errorf("title %q became %q", title, got)
		}
	}
}

func BenchmarkReadPDF(b *testing.B) {
	body := pdfFile(b, "press.pdf")
	for b.Loop() {
		if _, err := ReadPDF(context.Background(), Input{Body: body}); err != nil {
			b.Fatal(err)
		}
	}
}
