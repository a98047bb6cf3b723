package fakellm_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"attache/internal/fakellm"
	"attache/internal/fakellm/spectest"
	"attache/internal/text"
)

type articleIn struct {
	Article    int
	Title      string
	Language   string
	Paragraphs []string
}

func parsed(t *testing.T, articles ...string) map[int]articleIn {
	t.Helper()
	out := map[int]articleIn{}
	for _, raw := range articles {
		var a articleIn
		if err := json.Unmarshal([]byte(raw), &a); err != nil {
			t.Fatal(err)
		}
		out[a.Article] = a
	}
	return out
}

func holds(a articleIn, quote string) bool {
	return slices.ContainsFunc(a.Paragraphs, func(p string) bool { return strings.Contains(p, quote) })
}

var figures = regexp.MustCompile(`\d[\d.,]*\d|\d`)

func TestHonestBrief(t *testing.T) {
	articles := parsed(t, geneva, harbour)
	s := fakellm.New(fakellm.Options{Check: spectest.Checker(t)})
	said := content(t, s, body(t, system, material("n1", "en", geneva, harbour), "brief", nil))
	b := decoded(t, said)
	if b.Headline != articles[1].Title || len(b.Bullets) != 4 {
		t.Errorf("headline %q, %d bullets", b.Headline, len(b.Bullets))
	}
	if want := "Delegations from Norland and Estavia met on Friday 20 November for the first direct talks in nine months."; b.Bullets[0].Text != want {
		t.Errorf("the lead, without place and source, is %q", b.Bullets[0].Text)
	}
	for _, bullet := range b.Bullets {
		if !holds(articles[bullet.Article], bullet.Quote) {
			t.Errorf("%q is not in article %d", bullet.Quote, bullet.Article)
		}
		for _, w := range text.Words(bullet.Text) {
			if !strings.Contains(strings.ToLower(bullet.Quote), strings.ToLower(w.Of(bullet.Text))) {
				t.Errorf("%q of the text is not in %q", w.Of(bullet.Text), bullet.Quote)
			}
		}
		if strings.Contains(bullet.Text, "www") {
			t.Errorf("an address: %q", bullet.Text)
		}
	}
	// The same but for the nonce; another seed, another choice among the lesser sentences.
	if again := content(t, s, body(t, system, material("n2", "en", geneva, harbour), "brief", nil)); again != said {
		t.Errorf("the nonce changes the reply:\n%s\n%s", said, again)
	}
	changed := false
	for seed := range uint64(20) {
		other := fakellm.New(fakellm.Options{Seed: seed})
		changed = changed || content(t, other, body(t, system, material("n1", "en", geneva, harbour), "brief", nil)) != said
	}
	if !changed {
		t.Error("twenty seeds give one reply")
	}
	// What the prompt says has failed is not tried again.
	lead := b.Bullets[1].Quote
	repaired := decoded(t, content(t, s, body(t, system, material("n1", "en", geneva, harbour)+"\nThis failed: "+lead, "brief", nil)))
	for _, bullet := range repaired.Bullets {
		if bullet.Quote == lead {
			t.Errorf("tried again: %q", lead)
		}
	}
}

func TestShortened(t *testing.T) {
	for quote, want := range map[string]string{
		"GENEVA — Delegations met in the old town hall, diplomats said.":                    "Delegations met in the old town hall.",
		"PORT LANE (Wire) - delegations met in the old town hall.":                          "PORT LANE (Wire) - delegations met in the old town hall.",
		"Brussels – The delegations met in the old town hall, according to the ministry.":   "The delegations met in the old town hall.",
		"Norland – a small state – sent two ministers to the old town hall.":                "Norland – a small state – sent two ministers to the old town hall.",
		"“We met in the old town hall of the city,” the minister told reporters on Friday.": "“We met in the old town hall of the city,” the minister told reporters on Friday.",
		"Delegations met again, the ministry of foreign affairs of Norland said.":           "Delegations met again, the ministry of foreign affairs of Norland said.",
	} {
		in, err := json.Marshal(quote)
		if err != nil {
			t.Fatal(err)
		}
		art := `{"article":1,"title":"","language":"en","paragraphs":[` + string(in) + `]}`
		b := decoded(t, content(t, fakellm.New(fakellm.Options{}), body(t, system, material("n", "en", art), "brief", nil)))
		if len(b.Bullets) != 1 || b.Bullets[0].Quote != quote || b.Bullets[0].Text != want || b.Headline != want {
			t.Errorf("%q became %+v", quote, b)
		}
	}
}

// The schema is told by response_format, by the system text, or by what the prompt holds.
func TestSchemas(t *testing.T) {
	verdicts := "verdict-n\n" + `{"bullets":[{"bullet":3,"text":"Talks were held.","evidence":"Talks were held."}]}` + "\nverdict-n"
	canary := "first word: heron\n" + strings.Repeat("and so on\n", 5) + "last word: stork"
	for _, c := range []struct{ name, system, user, format, want string }{
		{"by name", "Write.", material("n", "en", geneva), "brief", "brief"},
		{"by name with a version", "Write.", material("n", "en", geneva), "brief_2", "brief"},
		{"by line", "Write.\nschema: brief", material("n", "en", geneva), "", "brief"},
		{"by decorated line", "Write.\n**Schema:** `translation`\n", material("n", "en", geneva), "", "translation"},
		{"name before line", "Write.\nschema: translation", material("n", "en", geneva), "brief", "brief"},
		{"by content", "Write.", material("n", "en", geneva), "", "brief"},
		{"by language", "Write.", material("n", "fr", geneva), "", "translation"},
		{"judge", "Judge.", verdicts, "judge", "judge"},
		{"judge by content", "Judge.", verdicts, "", "judge"},
		{"canary", "Repeat.", canary, "canary", "canary"},
		{"canary by content", "Repeat.", canary, "", "canary"},
		{"explained marker", "The articles stand between two lines.", "articles-n\nis such a line.\n" + material("n", "en", geneva), "", "brief"},
		{"talk", "You are kind.", "hello", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fakellm.New(fakellm.Options{})
			said := content(t, s, body(t, c.system, c.user, c.format, nil))
			if got := s.Calls()[0].Schema; got != c.want {
				t.Fatalf("schema %q: %s", got, said)
			}
			if c.want == "" {
				return
			}
			b := decoded(t, said)
			switch {
			case strings.Contains("brief translation", c.want) && (b.Headline == "" || len(b.Bullets) == 0),
				c.want == "judge" && (len(b.Verdicts) != 1 || b.Verdicts[0].Bullet != 3 || !b.Verdicts[0].Supported),
				c.want == "canary" && (b.First != "heron" || b.Last != "stork"):
				t.Errorf("%s", said)
			}
		})
	}
}

const moscow = `{"article":2,"title":"Делегации Норланда и Эставии провели переговоры","language":"ru","paragraphs":[` +
	`"Делегации Норланда и Эставии провели в пятницу 20 ноября первые прямые переговоры в городе Порт-Лейн, в них участвовали 14 чиновников.",` +
	`"Министр Ильзе Маркхам заявила, что торговля упала на 18 процентов до 6,4 миллиарда крон и не растёт."]}`

const beijing = `{"article":3,"title":"两国代表团举行会谈","language":"zh","paragraphs":["两国代表团11月20日举行了九个月来的首次直接会谈，14名官员参加了会谈。"]}`

const berlin = `{"article":9,"title":"Talks on fish","language":"en","paragraphs":["Brussels – Talks on fish were held in Berlin, and Germany – of all states – sent 3 officials on March 3."]}`

func TestTranslation(t *testing.T) {
	for _, c := range []struct {
		name, to, article string
		want              []string // in the texts
	}{
		{"English to French", "fr", geneva, []string{"20 novembre", "vendredi", "1,200", "18 pour cent", "6.4 milliards", "Ilse Markham"}},
		{"English to German", "de", geneva, []string{"20. November", "Freitag", "6.4 Milliarden"}},
		{"English to Spanish", "es", geneva, []string{"20 de noviembre", "viernes"}},
		{"English to Russian", "ru", geneva, []string{"20 ноября", "пятницу", "Илсе Мархам"}},
		{"English to Chinese", "zh", geneva, []string{"11月20日", "星期五", "。"}},
		{"English to Arabic", "ar", geneva, []string{"20 نوفمبر"}},
		{"a country", "fr", berlin, []string{"Allemagne", "3 mars", "Berlin"}},
		{"Russian to English", "en", moscow, []string{"20 November", "Friday", "6,4 billion", "18 percent", "Ilze Markkham", "not"}},
		{"Chinese to English", "en", beijing, []string{"20 November", "14"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fakellm.New(fakellm.Options{Check: spectest.Checker(t)})
			in := body(t, system, material("n", c.to, c.article), "translation", nil)
			said := content(t, s, in)
			b := decoded(t, said)
			articles := parsed(t, c.article)
			if len(b.Bullets) == 0 || b.Headline == "" {
				t.Fatal(said)
			}
			var texts string
			for _, bullet := range b.Bullets {
				texts += bullet.Text + "\n"
				if !holds(articles[bullet.Article], bullet.Quote) {
					t.Errorf("%q is not in the article", bullet.Quote)
				}
				if !strings.HasPrefix(bullet.Text, "["+c.to+"] ") || strings.ContainsAny(bullet.Text, `"“”«»`) {
					t.Errorf("not marked, or with quotation marks: %q", bullet.Text)
				}
				for _, f := range figures.FindAllString(bullet.Text, -1) {
					if !strings.Contains(bullet.Quote, f) && f != "11" {
						t.Errorf("the figure %s is not in %q", f, bullet.Quote)
					}
				}
				if bullet.Names == nil {
					t.Error("no list of names")
				}
				for _, n := range bullet.Names {
					if !strings.Contains(bullet.Text, n.Shown) || !strings.Contains(bullet.Quote, n.Source) {
						t.Errorf("%+v: not in %q and %q", n, bullet.Text, bullet.Quote)
					}
				}
			}
			for _, w := range c.want {
				if !strings.Contains(texts, w) {
					t.Errorf("%q is not in\n%s", w, texts)
				}
			}
			if got := text.Language(strings.ReplaceAll(texts, "["+c.to+"] ", ""), ""); c.to != "zh" && c.to != "ar" && len(texts) > 200 && got != c.to {
				t.Errorf("reads as %q: %s", got, texts)
			}
			if again := content(t, s, in); again != said {
				t.Error("not the same twice")
			}
		})
	}
}

// Each has its own place in the text, so that a case tells what is judged.
func TestJudge(t *testing.T) {
	const evidence = "Estavia says the crossings will reopen only if Norland withdraws 1,200 border guards."
	s := fakellm.New(fakellm.Options{})
	fr := decoded(t, content(t, s, body(t, system, material("n", "fr", geneva), "translation", nil)))
	for _, c := range []struct {
		name, text, evidence string
		want                 bool
	}{
		{"the same", evidence, evidence, true},
		{"shorter", "The crossings will reopen only if Norland withdraws 1,200 guards.", evidence, true},
		{"another figure", "The crossings will reopen only if Norland withdraws 12,000 guards.", evidence, false},
		{"a figure more", "The 5 crossings will reopen only if Norland withdraws 1,200 guards.", evidence, false},
		{"denied", "The crossings will not reopen if Norland withdraws 1,200 border guards.", evidence, false},
		{"of something else", "Hanna Okoro won the election after a long campaign.", evidence, false},
		{"nothing", "", evidence, false},
		{"translated", fr.Bullets[0].Text, fr.Bullets[0].Quote, true},
		{"translation of another", fr.Bullets[1].Text, fr.Bullets[0].Quote, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, err := json.Marshal(map[string]any{"bullets": []any{map[string]any{"bullet": 7, "text": c.text, "evidence": c.evidence}}})
			if err != nil {
				t.Fatal(err)
			}
			b := decoded(t, content(t, s, body(t, "Judge.", "verdict-x\n"+string(in)+"\nverdict-x", "judge", nil)))
			if len(b.Verdicts) != 1 || b.Verdicts[0].Bullet != 7 || b.Verdicts[0].Supported != c.want {
				t.Errorf("%+v", b.Verdicts)
			}
		})
	}
}

// A server that cuts says nothing of it; the canary shows it.
func TestWindow(t *testing.T) {
	canary := "first word: heron\n" + strings.Repeat("something to fill the window with\n", 100) + "last word: stork"
	for _, c := range []struct {
		context     int
		first, last string
	}{{0, "heron", "stork"}, {1200, "heron", "stork"}, {500, "", "stork"}, {3, "", ""}} {
		s := fakellm.New(fakellm.Options{Models: []fakellm.Model{{Name: "fake-model", Context: c.context, Cuts: true}}})
		b := decoded(t, content(t, s, body(t, "Repeat.", canary, "canary", nil)))
		if b.First != c.first || b.Last != c.last {
			t.Errorf("a window of %d: %q, %q", c.context, b.First, b.Last)
		}
		if in := s.Billed().In; c.context > 3 && in > c.context {
			t.Errorf("a window of %d: %d tokens were read", c.context, in)
		}
	}
	// Articles that lost their beginning are no articles.
	s := fakellm.New(fakellm.Options{Models: []fakellm.Model{{Name: "fake-model", Context: 150, Cuts: true}}})
	if b := decoded(t, content(t, s, body(t, system, material("n", "en", geneva), "brief", nil))); b.Headline != "" || len(b.Bullets) != 0 {
		t.Errorf("%+v", b)
	}
}

// The cap cuts the reply where it falls; hidden reasoning counts, and is billed.
func TestCap(t *testing.T) {
	user := material("n", "en", geneva)
	for _, c := range []struct {
		cap, reasoning int
		finish         string
		empty          bool
	}{{0, 0, "stop", false}, {4000, 100, "stop", false}, {40, 0, "length", false}, {40, 500, "length", true}} {
		s := fakellm.New(fakellm.Options{Models: []fakellm.Model{{Name: "fake-model", Reasoning: c.reasoning}}})
		extra := map[string]any{}
		if c.cap > 0 {
			extra["max_completion_tokens"] = c.cap
		}
		_, raw := ask(t, s, body(t, system, user, "brief", extra))
		spectest.Response(t, 200, raw)
		var r reply
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatal(err)
		}
		if r.Choices[0].FinishReason != c.finish || (r.Choices[0].Message.Content == "") != c.empty || c.cap > 0 && r.Usage.Completion > c.cap || r.Usage.Completion < min(c.reasoning, 40) {
			t.Errorf("%+v: %s", c, raw)
		}
	}
}

func FuzzHonest(f *testing.F) {
	f.Add("GENEVA — Talks were held on Friday, diplomats said.", "en", uint64(1))
	f.Add("“We agreed,” she told reporters. Nobody else in the room said anything at all that day.", "fr", uint64(2))
	f.Add("两国代表团11月20日举行了九个月来的首次直接会谈。", "en", uint64(3))
	f.Fuzz(func(t *testing.T, paragraph, to string, seed uint64) {
		in, err := json.Marshal(articleIn{Article: 1, Title: "A title", Language: "en", Paragraphs: []string{paragraph, "Delegations from both sides met again in the old town hall."}})
		if err != nil {
			t.Fatal(err)
		}
		low := strings.NewReplacer(`"Article"`, `"article"`, `"Title"`, `"title"`, `"Language"`, `"language"`, `"Paragraphs"`, `"paragraphs"`).Replace(string(in))
		article := parsed(t, low)[1] // as JSON carries it
		lang, err := json.Marshal(to)
		if err != nil {
			t.Fatal(err)
		}
		user := strings.Replace(material("n", "LANG", low), `"LANG"`, string(lang), 1)
		for _, schema := range []string{"brief", "translation"} {
			b := decoded(t, content(t, fakellm.New(fakellm.Options{Seed: seed}), body(t, "Write.", user, schema, nil)))
			for _, bullet := range b.Bullets {
				if !holds(article, bullet.Quote) || bullet.Quote == "" || bullet.Text == "" {
					t.Errorf("%q is not in %q", bullet.Quote, article.Paragraphs)
				}
			}
		}
	})
}
