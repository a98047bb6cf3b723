package text

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
)

func TestWords(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Turkey’s U.S. talks, wall-to-wall: 1,056.5 (3rd).", "Turkey’s|U.S|talks|wall-to-wall|1,056.5|3rd"},
		{"‘quoted’ - l’été", "quoted|l’été"},
		{"会谈开始 トルコで x", "会|谈|开|始|トルコで|x"},
		{"end.Next", "end|Next"},
		{"", ""},
	} {
		var got []string
		for _, p := range Words(c.in) {
			got = append(got, p.Of(c.in))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("Words(%q) = %q", c.in, got)
		}
	}
}

// A person's words must find the article that holds them in another form, and nothing else.
func TestQueryMatchesTokens(t *testing.T) {
	matches := func(q, text, lang string) bool {
		have := Tokens(text, lang)
		for _, forms := range Query(q) {
			if !slices.ContainsFunc(forms, func(f string) bool { return slices.Contains(have, f) }) {
				return false
			}
		}
		return len(Query(q)) > 0
	}
	for _, c := range []struct {
		q, lang, text string
		want          bool
	}{
		{"talk", "en", "The Talks in Geneva", true},
		{"the negotiations", "en", "Negotiation is slow", true},
		{"verhandlung", "de", "Die Verhandlungen in Genf", true},
		{"GESPRÄCHE", "de", "gesprache", true},
		{"Zurich", "de", "in Zürich", true},
		{"Strasse", "de", "Straße", true},
		{"ukraine", "fr", "l’Ukraine répond", true},
		{"negociation", "fr", "Les négociations", true},
		{"переговоры", "ru", "на переговорах в Стамбуле", true},
		{"україна", "uk", "в Україні", true},
		{"istanbul", "tr", "İstanbul'da görüşmeler", true},
		{"ISTANBUL", "tr", "istanbul", true},
		{"görüşme", "tr", "görüşmeler başladı", true},
		{"المحادثات", "ar", "مُحادثات في جنيف", true},
		{"中华", "zh", "中华人民共和国", true},
		{"美国总统", "zh", "美国的总统", false},
		{"トルコ", "ja", "トルコで会談", true},
		{"US sanctions", "en", "U.S. sanctions", true},
		{"sanctions", "en", "sanity", false},
		{"e-mail", "en", "An e-mail came", true},
		{"o'neill", "en", "O’Neill spoke", true},
		{"lukasz", "pl", "Łukasz", true},
	} {
		if got := matches(c.q, c.text, c.lang); got != c.want {
			t.Errorf("query %q in %q: %v; %q, %q", c.q, c.text, got, Query(c.q), Tokens(c.text, c.lang))
		}
	}
}

func TestQueryHoldsNoOperator(t *testing.T) {
	for _, q := range []string{`"; DROP TABLE articles; --`, `NEAR(a b, 5)`, `!x:*`, `a OR b AND NOT c`, `col:val*`, `^a + (b | c) & d <-> e`, "a\x00b", `'' " "`, strings.Repeat("word ", 500)} {
		got := Query(q)
		if len(got) > maxQueryWords {
			t.Errorf("%d words of %q", len(got), q)
		}
		for _, forms := range got {
			if len(forms) == 0 {
				t.Errorf("a word of %q without a token", q)
			}
			for _, f := range forms {
				if f == "" || strings.ContainsFunc(f, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) }) || f != strings.ToLower(f) {
					t.Errorf("Query(%q) holds %q", q, f)
				}
			}
		}
	}
}

func TestStemAndStopword(t *testing.T) {
	for _, c := range []struct{ word, lang, want string }{
		{"Talks", "en", "talk"}, {"Verhandlungen", "de", "verhandl"}, {"Ελλάδα", "el", "ελλαδα"}, {"U.S", "en", "us"}, {"", "en", ""},
	} {
		if got := Stem(c.word, c.lang); got != c.want {
			t.Errorf("Stem(%q, %q) = %q, want %q", c.word, c.lang, got, c.want)
		}
	}
	for _, c := range []struct {
		word, lang string
		want       bool
	}{
		{"the", "en", true}, {"für", "de", true}, {"fur", "de", true}, {"их", "ru", true}, {"peace", "en", false}, {"the", "de", false}, {"the", "xx", false},
	} {
		if got := Stopword(c.word, c.lang); got != c.want {
			t.Errorf("Stopword(%q, %q) = %v", c.word, c.lang, got)
		}
	}
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct{ text, declared, want string }{
		{"The foreign ministers met in Geneva on Monday to talk about the future of the agreement they signed last year.", "", "en"},
		{"Die Außenminister trafen sich am Montag in Genf, um über die Zukunft des Abkommens zu sprechen.", "en", "de"},
		{"Президент заявил, что переговоры состоятся в Стамбуле", "en", "ru"},
		{"Президент заявив, що переговори відбудуться у Стамбулі наступного тижня, і їх підготовка триває", "", "uk"},
		{"وزیر امور خارجه گفت که مذاکرات در استانبول ادامه خواهد یافت و این گفتگوها برای صلح مهم است", "", "fa"},
		{"قال وزير الخارجية إن المحادثات سوف تستمر في إسطنبول هذا الأسبوع من أجل السلام", "", "ar"},
		{"トルコで会談が始まった", "", "ja"}, {"会谈在土耳其开始", "", "zh"}, {"회담이 시작되었다", "", "ko"},
		{"OK", "fr", "fr"}, {"OK", "", ""}, {"Paris 2025", "en-GB", "en"}, {"", "de", "de"}, {"123", "", ""},
		{"საქართველოს პრეზიდენტი", "ka", "ka"},
	} {
		if got := Language(c.text, c.declared); got != c.want {
			t.Errorf("Language(%q, %q) = %q, want %q", c.text, c.declared, got, c.want)
		}
	}
}

// The small words of a text bear out its own language, of those that have a list, and not its neighbours.
func TestBorneOut(t *testing.T) {
	for lang, s := range map[string]string{
		"en": "The ferries will not sail before the spring, said the ministry, because the ice in the harbour is as thick as it was in March and nobody has paid for the breaker.",
		"de": "Die Fähren werden nicht vor dem Frühling fahren, sagte das Ministerium, weil das Eis im Hafen so dick ist wie im März und niemand für den Eisbrecher bezahlt hat.",
		"nl": "De veerboten zullen niet voor de lente varen, zei het ministerie, omdat het ijs in de haven zo dik is als in maart en niemand voor de ijsbreker heeft betaald.",
		"es": "Los transbordadores no van a salir antes de la primavera, dijo el ministerio, porque el hielo en el puerto es tan grueso como en marzo y nadie ha pagado por el rompehielos.",
		"pt": "Os barcos não vão sair antes da primavera, disse o ministério, porque o gelo no porto está tão grosso como em março e ninguém pagou pelo quebra-gelo.",
		"ru": "Паромы не пойдут до весны, сказали в министерстве, потому что лёд в порту такой же толстый, как он был в марте, и никто не заплатил за ледокол.",
		"uk": "Пороми не підуть до весни, сказали в міністерстві, бо крига в порту така ж товста, як вона була у березні, і ніхто не заплатив за криголам.",
		"da": "Færgerne kommer ikke til at sejle før foråret, sagde ministeriet, fordi isen i havnen er lige så tyk som den var i marts, og ingen har betalt for isbryderen.",
	} {
		langs, _ := smallWords()
		small := countSmall(s)
		for _, declared := range append(slices.Clone(langs), "da", "") {
			if got, want := small.bearsOut(declared), declared == lang && slices.Contains(langs, lang); got != want {
				t.Errorf("%s text, declared %q: %v", lang, declared, got)
			}
		}
	}
}

func FuzzTokens(f *testing.F) {
	f.Add("The U.S.–l’Ukraine 中华人民 İstanbul がぎ 한국 _-_ '' ß", "tr")
	f.Add("об'єднаних NEAR(\x00 ¼ ﬁ ʼn", "uk")
	f.Fuzz(func(t *testing.T, s, lang string) {
		have := map[string]bool{}
		for _, tok := range Tokens(s, lang) {
			if tok == "" || strings.ContainsAny(tok, " \"'*():-^+\n") {
				t.Fatalf("token %q of %q", tok, s)
			}
			have[tok] = true
		}
		if len(s) > 200 || s != Normalize(s) {
			return
		}
		for _, forms := range Query(s) {
			if !slices.ContainsFunc(forms, func(f string) bool { return have[f] }) {
				t.Fatalf("%q does not find itself: %q", s, forms)
			}
		}
		last := 0
		for _, w := range Words(s) {
			if w.Start < last || w.End <= w.Start {
				t.Fatalf("word %v of %q", w, s)
			}
			last = w.End
		}
		Language(s, lang)
	})
}

// An article of 600 words; the note's figure is 0.375 ms.
func BenchmarkTokens(b *testing.B) {
	var text strings.Builder
	for _, c := range []string{"minister", "negotiated", "agreements", "of", "the", "Geneva", "sessions", "said", "Turkey’s", "preparing"} {
		for i := range 60 {
			text.WriteString(c + string(rune('a'+i%26)) + " ")
		}
	}
	for b.Loop() {
		Tokens(text.String(), "en")
	}
}

// An article is indexed under the language and the tokens that two readings of it find, each token once.
func TestIndex(t *testing.T) {
	en := "The ferries will not sail before the spring, said the ministry, because the ice in the harbour is as thick as it was in March and nobody has paid for the breaker. "
	de := "Die Fähren werden nicht vor dem Frühling fahren, sagte das Ministerium, weil das Eis im Hafen so dick ist wie im März und niemand für den Eisbrecher bezahlt hat. "
	pl := "Promy nie wypłyną przed wiosną, podało ministerstwo, ponieważ lód w porcie jest tak gruby jak w marcu, a nikt nie zapłacił za lodołamacz. "
	for _, c := range []struct{ text, declared string }{
		{"", ""}, {"OK", "fr"}, {en, "en-GB"}, {en + en, "en"}, {en + en, "de"}, {en + en, "pl"}, {en + en, ""}, {de + de, "en"}, {de + de, "xx"}, {pl + pl, "en"}, {pl + pl, "pl"},
		{strings.Repeat(en, 30) + strings.Repeat(de, 90), "en"}, {strings.Repeat(en, 40) + "x" + strings.Repeat("é", 9), "en"},
		{"トルコで会談が始まった、トルコで", "ja"}, {strings.Repeat("会谈在土耳其开始", 60), "en"}, {"Ports and port, ports-of-port", "en"},
	} {
		lang, tokens := Index(c.text, c.declared)
		if want := Language(c.text, c.declared); lang != want {
			t.Errorf("%.20q declared %q: %q, Language says %q", c.text, c.declared, lang, want)
		}
		var want []string
		for _, w := range Tokens(c.text, lang) {
			if !slices.Contains(want, w) {
				want = append(want, w)
			}
		}
		if !slices.Equal(tokens, want) {
			t.Errorf("%.20q declared %q: tokens %q, want %q", c.text, c.declared, tokens, want)
		}
	}
}

// What a stemmer remembers of other texts changes nothing, many texts at once and one too large to be remembered included.
func TestTokensOfManyTexts(t *testing.T) {
	texts := map[string]string{"en": "The ministers' meetings were postponed", "de": "Die Verhandlungen der Außenministerinnen", "tr": "Görüşmeler İstanbul'da sürüyor", "xx": "Die Ministers sürüyor"}
	want := map[string][]string{}
	for lang, s := range texts {
		want[lang] = Tokens(s, lang)
	}
	var many strings.Builder
	for i := range maxSpelled {
		fmt.Fprintf(&many, "word%ding ", i)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 20 {
				for lang, s := range texts {
					if i == 10 && lang == "en" {
						Tokens(many.String(), lang)
					}
					if got := Tokens(s, lang); !slices.Equal(got, want[lang]) {
						t.Errorf("%s: %q, before %q", lang, got, want[lang])
					}
				}
			}
		})
	}
	all.Wait()
}
