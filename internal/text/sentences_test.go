package text

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each case is a paragraph with "|" where a sentence ends; the text has a space there, or none when "||" is written.
func TestSentences(t *testing.T) {
	for _, c := range []struct{ lang, marked string }{
		{"en", "The talks were held at the U.S. Consulate General.|They ended at 5 p.m. on Friday."},
		{"en", "Talks began this morning (Feb. 27) in Geneva.|Nobody spoke."},
		{"en", "It was agreed on Feb. 18.|The parties met again in 2001.|Nothing followed."},
		{"en", "Mr. Alder met Capt. Amy Reed under Art. 5 of the pact.|Dr. Wren did not."},
		{"en", "J. Smith and George W. Marsh of the U.N. Secretariat signed.|So did I.|We left."},
		{"en", "Growth was 3.5 percent.|Prices rose 1.2 points to 4.7."},
		{"en", "He lives in the U.S.|The embassy knows.|“We do,” it said."},
		{"en", "“No.” he said.|“Never!” she added.|“Why?” asked the envoy."},
		{"en", "“We will stay.”|The minister left.|(She came back.)|Then it rained."},
		{"en", "He waited… and waited.|Then it came…|Nobody saw it.|“We hoped…”|The rest is known."},
		{"en", "It is over...|The end was near... or so it seemed."},
		{"en", "Is that so?!|Yes!|No."},
		{"en", "See No. 5 of the list.|No.|The answer stands."},
		{"en", "Acme Inc. of Ohio sued.|It lost against Bolt Ltd.|The court agreed."},
		{"en", "1. The parties shall meet.|2. They shall talk."},
		{"en", "The note (Ref. 12.b) is here, e.g. Annex II, i.e. The Map."},
		{"", "Gov. Hale and Sen. Roe met.|Lt. Gen. Poe did not."},
		{"en", "He said: “Go.|Run.|Hide.”|They went."},
		{"en", "''We agree.''|The text is short."},
		{"en", "\"We agree.\"|\"Do you?\"|\"I do.\""},
		{"de", "Die Gespräche begannen am 27. Februar in Genf.|Am 3. Oktober endeten sie.|Er wird 27.|Das ist alt."},
		{"de", "Dr. Vogel, z. B. im 21. Jahrhundert, sagte nichts.|„Nein.“|Das war alles.|»Doch.«|Er ging."},
		{"de", "Rund 5 Mio. Euro, ca. 3 Prozent, usw.|Der Rest folgt.|Nr. 7 fehlt."},
		{"fr", "« Non. »|Il est parti.|« Oui », dit M. Morel.|« Peut-être ? » demande-t-elle."},
		{"fr", "Le 3 févr. 2025, art. 5, p. 12.|La séance est levée.|Mme. Roux reste."},
		{"es", "El Sr. Vega habló con EE. UU. sobre el art. 5.|¿Y ahora?|¡Nada!|La Sra. Luna calló."},
		{"it", "Il sig. Conti e l’on. Riva hanno firmato.|La seduta è tolta."},
		{"pt", "O Sr. Lima falou com a Dra. Reis.|A reunião acabou às 10.30."},
		{"ru", "В 2025 г. президент В. В. Орлов посетил г. Тверь.|В Москве его ждали.|Ущерб — 5 млн. руб.|Это много, т.е. очень."},
		{"ru", "«Нет».|Он ушёл.|«Да!» — сказала она."},
		{"uk", "У 2025 р. міністр І. Коваль відвідав м. Львів.|Це був перший візит."},
		{"tr", "Sn. Demir, 2. Dünya Savaşı üzerine konuştu.|Bu önemli.|Prof. Dr. Kaya sustu."},
		{"ar", "قال د. سامي إن المحادثات بدأت.|هل انتهت؟|لا."},
		{"zh", "会谈开始了。||双方同意！||“好。”||他走了。"},
		{"ja", "「始まった。」と述べた。||終わった。"},
		{"en", "One line without a stop"},
	} {
		text := strings.ReplaceAll(strings.ReplaceAll(c.marked, "||", ""), "|", " ")
		want := strings.Split(strings.ReplaceAll(c.marked, "||", "|"), "|")
		var got []string
		for _, p := range Sentences(text, c.lang) {
			got = append(got, p.Of(text))
		}
		if strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s:\n got %s\nwant %s", c.lang, strings.Join(got, "|"), strings.Join(want, "|"))
		}
	}
}

func TestSentencesStayInLines(t *testing.T) {
	text := "A headline without a stop\nIt rained. It\npoured (Feb.\n27)."
	var got []string
	for _, p := range Sentences(text, "en") {
		got = append(got, p.Of(text))
	}
	if want := "A headline without a stop|It rained.|It|poured (Feb.|27)."; strings.Join(got, "|") != want {
		t.Errorf("got %q", got)
	}
}

// shared returns the path of a file beside the repository, and skips the test where it is not there.
func shared(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("ATTACHE_CI") == "1" {
			t.Fatalf("%s is needed: %v", name, err)
		}
		t.Skipf("%s is not beside the repository", name)
	}
	return path
}

func TestSentencesOfSeedArticle(t *testing.T) {
	raw, err := os.ReadFile(shared(t, "articles/istanbul-talks.txt"))
	if err != nil {
		t.Fatal(err)
	}
	text := Normalize(string(raw))
	spans := Sentences(text, "en")
	for _, p := range spans {
		s := p.Of(text)
		t.Log(s)
		if strings.HasSuffix(s, "U.S.") || strings.HasSuffix(s, "(Feb.") {
			t.Errorf("cut after an abbreviation: %q", s)
		}
	}
	// Counted by eye; the drop cap "I", which the page put on the line before, stands alone.
	if len(spans) != 25 {
		t.Errorf("%d sentences, want 25", len(spans))
	}
}

func FuzzSentences(f *testing.F) {
	f.Add("“No.” he said. Mr. X… Then » (Feb. 27)\nU.S. The 1. A", "en")
	f.Add("« Non. » Il part. 27. Februar", "de")
	f.Add("。」と\xff…… A", "ja")
	f.Fuzz(func(t *testing.T, s, lang string) {
		last := 0
		check := func(gap string) {
			if strings.TrimFunc(gap, white) != "" {
				t.Fatalf("%q left out of the sentences of %q", gap, s)
			}
		}
		for _, p := range Sentences(s, lang) {
			if p.Start < last || p.End <= p.Start {
				t.Fatalf("span %v after %d in %q", p, last, s)
			}
			if o := p.Of(s); strings.Contains(o, "\n") || strings.TrimFunc(o, white) != o {
				t.Fatalf("sentence %q of %q", o, s)
			}
			check(s[last:p.Start])
			last = p.End
		}
		check(s[last:])
	})
}

func BenchmarkSentences(b *testing.B) {
	text := strings.Repeat("Mr. Alder met Capt. Reed at the U.S. Consulate on Feb. 27. “We agreed,” he said… Then they left. Nobody knew why the talks, which had begun at 5 p.m., ended.\n", 400)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Sentences(text, "en")
	}
}
