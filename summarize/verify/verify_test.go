package verify

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"attache/internal/text"
	"attache/summarize/quote"
)

func TestUnsafe(t *testing.T) {
	for s, want := range map[string]string{
		"The talks began.":                      "",
		"The talks began at 10.30 p.m.":         "",
		"U.S./Russian talks and and/or":         "",
		"e.g. a.m./p.m.":                        "",
		"See https://a.example":                 "a link",
		"See HTTP:// nothing":                   "a link",
		"See www.a.example":                     "a link",
		"Join discord.gg/abc":                   "a link",
		"Join discord.com/invite":               "a link",
		"mailto:a":                              "a link",
		"javascript:alert":                      "a link",
		"See treaty.example/text":               "a link",
		"See (t.example/x)":                     "a link",
		"@everyone met":                         "a mention",
		"＠here met":                             "a mention",
		"met @ noon":                            "",
		"met @":                                 "",
		"<@123> met":                            "a mention",
		"<#123> met":                            "markup",
		"[a](b)":                                "markup",
		"<t:1> met":                             "markup",
		"<:x:1> met":                            "markup",
		"</b> met":                              "markup",
		"met ``` now":                           "markup",
		"sig\u200bned":                          "a character that shows nothing or hides something",
		"sig\u202ened":                          "a character that shows nothing or hides something",
		"bad \ufffd":                            "a character that shows nothing or hides something",
		"two\nlines":                            "",
		"km/h and 10.5/20 and x.y1/z and .ab/c": "",
	} {
		if got := Unsafe(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestStretches(t *testing.T) {
	for _, c := range []struct {
		s    string
		want []string // the words between marks, marks included; "…" behind one that is not closed
	}{
		{`He said "yes" and "no".`, []string{`"yes"`, `"no"`}},
		{"“One. Two,” he said. “Three", []string{"“One. Two,”", "“Three…"}},
		{"„Ja“, sagte er. »Nein«, sagte sie. «Oui», dit-il.", []string{"„Ja“", "»Nein«", "«Oui»"}},
		{"“She said “no” to me,” he said.", []string{"“She said “no” to me,”"}},
		{"他说：“好。不好！”。", []string{"“好。不好！”"}},
		{"''Two marks,'' he said.", []string{"''Two marks,''"}},
		{"``Two marks,'' he said.", []string{"``Two marks,''"}},
		{"A 12\" gun and a 5\" gun.", nil},
		{"“Open\n“closed”", []string{"“Open…", "“closed”"}},
		{"「一つ」と『二つ』", []string{"「一つ」", "『二つ』"}},
		{"a”b and ”svensk”", []string{"”svensk”"}},
	} {
		var got []string
		for _, x := range Stretches(c.s, nil) {
			w := x.Of(c.s)
			if x.Open {
				w += "…"
			}
			got = append(got, w)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.s, got, c.want)
		}
	}
	s := "a 'b c' d"
	if got := Stretches(s, []quote.Quote{{Spans: []text.Span{{Start: 3, End: 6}, {Start: 5, End: 99}}}}); len(got) != 1 || got[0].Of(s) != "b c" {
		t.Errorf("a quote that was found: %v", got)
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ s, lang, want string }{
		{"1,056.5 and 1.056,5", "en", "1056.5; 1056.5"},
		{"1.056 or 12.5", "en", "1056/1.056; 12.5"},
		{"0.125 and 1,234,567", "en", "0.125; 1234567"},
		{"5 million, 2.5bn, 3 thousand million", "en", "5000000; 2500000000; 3000000000"},
		{"35 percent, 35 %, 35%, 3 percentage points", "en", "35 %; 35 %; 35 %; 3 pp"},
		{"in 2016 100 people", "en", "2016; 100 of things"},
		{"12 345,6 and 12 3456", "fr", "12345.6; 12; 3456"},
		{"an F16 of 007", "en", "7"},
		{"$5, US$6, C$7, €8m, £9bn, EUR 10, EUR11", "en", "5 USD; 6 USD; 7 CAD; 8000000 EUR/8 m; 9000000000 GBP; 10 EUR; 11 EUR"},
		{"5 dollars, six euros, 7 U.S. dollars", "en", "5 USD; 6 EUR; 7 USD"},
		{"5 to 6 million", "en", "5/5000000; 6000000"},
		{"$5-6 million", "en", "5 USD/5000000 USD; 6000000/6000000 USD"},
		{"$5 to $6 million", "en", "5 USD/5000000 USD; 6000000 USD"},
		{"30, 35 and 40 percent", "en", "30/30 %; 35/35 %; 40 %"},
		{"in 2016, 35 percent", "en", "2016; 35 %"},
		{"two hundred and five thousand three hundred and twelve", "en", "205312"},
		{"nineteen hundred, twenty-one, one hundred", "en", "1900; 21; 100"},
		{"two, three", "en", "2; 3"},
		{"a hundred, a dozen, two dozen, half a dozen", "en", "100; 12; 24; 6"},
		{"two and a half million", "en", "2500000"},
		{"half a million", "en", "500000"},
		{"two-thirds, three quarters, half", "en", "2/3; 0.75/75 %; 0.5/50 %"},
		{"the third, the twenty-first, a 27th", "en", "3/1/3; 21; 27"},
		{"½ and ⅔", "en", "0.5; 2/3"},
		{"2018–19", "en", "2018; 19/2019"},
		{"the 1990s and the nineties", "en", "1990; 1990"},
		{"a four-hour session of 10 km, 12 sq km, 12 square miles", "en", "4 hour; 10 km; 12 sq km; 12 sq mile"},
		{"35-year-old", "en", "35 year"},
		{"both, twice, a couple", "en", "2; 2; 2"},
		{"3 %-points", "en", "3 pp"},
		{"2,5 Millionen, 1,2 Mrd. Euro, Mio", "de", "2500000; 1200000000 EUR"},
		{"einundzwanzigtausenddreihundertfünf, hundert", "de", "21305; 100"},
		{"zwei Drittel, anderthalb, zweiten", "de", "2/3; 1.5; 2"},
		{"einsam, Vierzigster, achtung", "de", ""},
		{"quatre-vingt-dix-sept, soixante et onze, deux cents", "fr", "97; 71; 200"},
		{"deux millions d'euros et 3 millions de dollars", "fr", "2000000 EUR; 3000000 USD"},
		{"treinta y cinco, doscientos mil", "es", "35; 200000"},
		{"duemilatrecentoventuno, ventitré, tremila", "it", "2321; 23; 3000"},
		{"trezentas e vinte e uma mil", "pt", "321000"},
		{"двадцать пять, две тысячи триста, полтора", "ru", "25; 2300; 1.5"},
		{"п'ятсот двадцять, дев'яносто", "uk", "520; 90"},
		{"iki yüz elli bin, yüzde 35, %40", "tr", "250000; 35 %; 40 %"},
		{"٤٠ مليون", "ar", "40000000"},
		{"١٬٢٥٠٫٥", "ar", "1250.5"},
		{"خمس وعشرون، ثلاثة آلاف", "ar", "25; 3000"},
		{"40亿，二十三，三千，二〇二五，百分之35", "zh", "4000000000; 23; 3000; 2025; 100; 35 %"},
		{"统一、万一", "zh", "1; 10001"},
		{"40億円と三百二十", "ja", "4000000000 JPY; 320"},
		{"5 Millionen", "xx", "5"},
		{"خمسة عشر، خمسة، عشرون وخمسة، ألفان", "ar", "15; 5; 25; 2000"},
		{"خمسة عشرون، عشرة خمسة", "ar", "25; 10; 5"},
		{"soixante-dix, quatre-vingt-onze, vingt dix, dix quinze", "fr", "70; 91; 20; 10; 10; 15"},
		{"十一、三百零五、两国、一百、百二十、三人、三", "zh", "11; 305; 2; 100; 120; 3; 3"},
		{"二 三", "zh", "2; 3"},
		{"3億2千万、五十", "ja", "300000000; 20000000; 50"},
		{"un, deux, un million", "fr", "1; 2; 1000000"},
		{"eine Million, einer, ein Dutzend", "de", "1000000; 12"},
		{"7 bn, 7 m, 5 hundred thousand", "en", "7000000000; 7000000/7 m; 500000"},
		{"5-million, 5 - million, 6 million billion trillion", "en", "5000000; 5; 6000000000000000 of things"},
		{"3 st, 3rd, 4TH, 5e, 1990s", "en", "3 of things; 3; 4; 5; 1990"},
		{"€ 5, US 5, U.S.$5, £5-£6m, ABC 5", "en", "5 EUR; 5; 5 USD; 5 GBP/5000000 GBP; 6000000 GBP/6 m; 5"},
		{"5% or 6, 5 degrees, 5° and 6°", "en", "5 %; 6/6 degree/6 %; 5 degree; 5 degree; 6 degree"},
		{"$5%", "en", "5 USD"},
		{"5 long years, 5 metric tons, 5 fully", "en", "5; 5; 5"},
		{"5\nboats and 6\ndollars", "en", "5; 6"},
		{"1.234.567,8 and 1,234,567.8 and 12,34 and 1,23,456", "en", "1234567.8; 1234567.8; 12.34; 123456"},
		{"0,125 and 00.50 and 1.500 and 000", "en", "0.125; 0.5; 1500/1.5; 0"},
		{"999–99, 2018–199, 2018 –19, 18–19, 1000-01", "en", "999; 99; 2018; 199; 2018; 19; 18; 19; 1000; 1/1001"},
		{"ninety-nine thousand and one", "en", "99001"},
		{"two million three thousand", "en", "2003000"},
		{"twenty and five, five and twenty", "en", "25; 5; 20"},
		{"five, twenty; five twenty", "en", "5; 20; 5 of things; 20"},
		{"six-thirds", "en", "6; 1/3"},
		{"one third; one quarter", "en", "1/3; 0.25/25 %"},
		{"a second, half an hour, quarter", "en", "2; 0.5/50 %; 0.25/25 %"},
		{"two and a third, two and half", "en", "2; 3/1/3; 2.5"},
		{"twenty-first, hundred and first, first", "en", "21; 101; 1"},
		{"one billion billion", "en", "1000000000000000000"},
		{"dreihundert, hunderteins, einhundertundeins, zweitausend, hundertzwanzigtausend, zweizwei", "de", "300; 101; 101; 2000; 120000"},
		{"mille deux cents, deux mille, cent un, mille", "fr", "1200; 2000; 101; 1000"},
		{"ventunomila, centouno, milleuno", "it", "21000; 101; 1001"},
		{"十二，十，二十，百，两千零五，一万二千，五人，十二亿", "zh", "12; 10; 20; 100; 2005; 12000; 5; 1200000000"},
	} {
		l := lexiconOf(c.lang)
		ls := lex(c.s)
		var out []string
		for _, n := range l.allNumbers(c.s, ls, make([]bool, len(ls))) {
			var alts []string
			for _, q := range n.alts {
				if a := strings.TrimSpace(q.value + " " + q.unit); !slices.Contains(alts, a) {
					alts = append(alts, a)
				}
			}
			out = append(out, strings.Join(alts, "/"))
		}
		if got := strings.Join(out, "; "); got != c.want {
			t.Errorf("%s %q:\n got %s\nwant %s", c.lang, c.s, got, c.want)
		}
	}
}

func TestDates(t *testing.T) {
	for _, c := range []struct{ s, lang, want string }{
		{"on 27 February 2025, 27th of February and February 27th", "en", "27.2.2025 27.2.0 27.2.0"},
		{"Friday 20 November; Friday, the 20th of November", "en", "20.11.0w5 20.11.0w5 w5 w5"},
		{"2025-02-27, 27.02.2025, 27/2/25, 3/4/2025", "en", "27.2.2025 27.2.2025 27.2.2025 3.4.2025 4.3.2025"},
		{"13/4/2025 and 2025-13-01", "en", "13.4.2025"},
		{"April 4-5 and 7 December", "en", "4.4.0 5.4.0 7.4.0 m12"},
		{"4 and 5 December", "en", "5.12.0 4.12.0"},
		{"it may be in May, on march 3 they march", "en", "m5"},
		{"in March 2025, Sat down", "en", "m3 w6"},
		{"at 10:30, 10.30am, 5 p.m., noon, 14:05", "en", "c630/1350 c630 c1020 c720 c845"},
		{"score 10.30 and 3:1", "en", ""},
		{"31.12.2025, 1.1.2025, 32.1.2025, 1.13.2025, 0.1.2025, 1.0.2025, 1.1.123", "en", "31.12.2025 1.1.2025"},
		{"2025-12-31, 2025-1-1, 2025-0-1, 2025-1-32", "en", "31.12.2025 1.1.2025"},
		{"31/12/99, 12/31/2025, 1/1/00, 1/2/3000, 1/2/1800, 100/2/25, 1/200/25", "en", "31.12.2099 31.12.2025 1.1.0 1.1.0"},
		{"1 . 1 . 2025, 1 / 1 / 25, 1/ 1/25", "en", ""},
		{"2025-02/27 and 27/02-2025", "en", ""},
		{"on 31 December, 1 January, 32 March, 0 May", "en", "31.12.0 1.1.0 m3 m5"},
		{"on December 31, January 1, March 32", "en", "31.12.0 1.1.0 m3"},
		{"on March 3 million, May 5%, June 5:30", "en", "m3 m5 m6 c330/1050"},
		{"Sept. 5, Sep 6, Sept. 2025", "en", "5.9.0 6.9.0 m9"},
		{"5 March 1000, 5 March 999, 5 March 2200, 5 March 2201, 5 March, 1999", "en", "5.3.1000 5.3.0 5.3.2200 5.3.0 5.3.1999"},
		{"the 5th and 6th of March; 5 or 6 or 7 March", "en", "6.3.0 5.3.0 7.3.0 6.3.0 5.3.0"},
		{"March 5th and 6th, March 7-8", "en", "5.3.0 6.3.0 7.3.0 8.3.0"},
		{"March\n5 and 5\nMarch", "en", "m3 m3"},
		{"0:30, 24:00, 25:00, 10:60, 12:05, 13:05, 12:30 a.m., 12:30 p.m., 1 am", "en", "c30/750 c0 c5/725 c785 c30 c750 c60"},
		{"Mon and Thurs, 3 Mon", "en", "w1 w4 w1"},
		{"Friday; 20 November", "en", "20.11.0 w5"},
		{"Friday morning of the 20th of November", "en", "20.11.0 w5"},
		{"10 h, 10h30, 10 heures", "fr", "c600 c630/1350"},
		{"10 Uhr, 22 Uhr 30", "de", "c600 c1320"},
		{"12月31日，1月1日，13月1日，0月，12月，2月32日，3月号", "zh", "31.12.0 1.1.0 m12 m2 m3"},
		{"2025年12月，2月3号", "zh", "3.2.0 m12"},
		{"today, yesterday and tonight", "en", "n0 n-1 n0"},
		{"27. Februar, am Freitag um 14 Uhr", "de", "27.2.0 w5 c840"},
		{"le 1er mars à 10h30", "fr", "1.3.0 c630/1350"},
		{"27 de febrero de 2025", "es", "27.2.2025"},
		{"3 марта, в четверг", "ru", "3.3.0 w4"},
		{"3 Mart'ta, Perşembe", "tr", "3.3.0 w4"},
		{"يوم ٣ مارس", "ar", "3.3.0"},
		{"2025年2月3日，2月，星期五", "zh", "3.2.2025 m2 w5"},
		{"2月3日の金曜日", "ja", "3.2.0 w5"},
	} {
		l := lexiconOf(c.lang)
		ls := lex(c.s)
		d := l.allDates(c.s, ls, false)
		var out []string
		for _, x := range d.days {
			s := fmt.Sprintf("%d.%d.%d", x.day, x.month, x.year)
			if x.weekday > 0 {
				s += fmt.Sprintf("w%d", x.weekday)
			}
			out = append(out, s)
		}
		for _, m := range d.months {
			if !slices.ContainsFunc(d.days, func(x day) bool { return x.Overlaps(m.Span) }) {
				out = append(out, fmt.Sprintf("m%d", m.value))
			}
		}
		for _, w := range d.weekdays {
			out = append(out, fmt.Sprintf("w%d", w.value))
		}
		for _, k := range d.clocks {
			out = append(out, "c"+strings.ReplaceAll(strings.Trim(fmt.Sprint(k.at), "[]"), " ", "/"))
		}
		for _, n := range d.near {
			out = append(out, fmt.Sprintf("n%d", n.value))
		}
		if got := strings.Join(out, " "); got != c.want {
			t.Errorf("%s %q:\n got %s\nwant %s", c.lang, c.s, got, c.want)
		}
	}
}

// TestResolve: which date a weekday of an article is, and when that is not certain.
func TestResolve(t *testing.T) {
	friday := "2026-11-20T12:00:00Z"
	for _, c := range []struct {
		article, published, claim string
		ok                        bool
	}{
		{"They met on Friday.", "2026-11-21T12:00:00Z", "They met on 20 November.", true},
		{"They met on Friday.", "2026-11-21T12:00:00Z", "They met on 20 November 2026.", true},
		{"They met on Friday.", "2026-11-21T12:00:00Z", "They met on 13 November.", false},
		{"They met on Friday.", friday, "They met on 20 November.", true},
		{"They met on Friday.", "2026-11-20T03:00:00Z", "They met on 20 November.", false}, // still Thursday in the west
		{"They will meet on Friday.", "2026-11-21T12:00:00Z", "They met on 20 November.", false},
		{"They met on Friday.", "", "They met on 20 November.", false},
		{"They met on Friday.", "2026-11-26T12:00:00Z", "They met on 20 November.", true},
		{"They met yesterday.", "2026-11-21T12:00:00Z", "They met on 20 November.", true},
		{"They meet today.", "2026-11-21T12:00:00Z", "They meet on Saturday.", true},
		{"They met on 20 November.", "2026-11-21T12:00:00Z", "They met on Friday.", true},
		{"They met on 20 November.", "2026-11-21T12:00:00Z", "They met on Thursday.", false},
		{"They met on 20 November.", "2026-12-21T12:00:00Z", "They met on Friday.", false}, // too long ago to be certain of the year
		{"They met on 20 November 2026.", "", "They met on Friday.", true},
		{"They met on 31 December.", "2027-01-02T12:00:00Z", "They met on 31 December 2026.", true},
		{"GENEVA, 20 November (ENB) - They met on Thursday.", "2026-11-21T12:00:00Z", "They met on 19 November.", true},
		{"GENEVA, 20 November (ENB) - They met on Thursday.", "", "They met on 19 November.", false},
		{"They met on Friday. Nobody came on Thursday.", "2026-11-21T12:00:00Z", "They met on Thursday, 20 November.", false},
		{"They met on Friday.", "2026-11-21T12:00:00Z", "They met in November.", true},
		{"They met on Friday.", "2026-11-21T12:00:00Z", "They met yesterday.", false},
	} {
		published, _ := time.Parse(time.RFC3339, c.published)
		s := Prepare("", c.article, "en", published, nil)
		if ps := s.Problems(Claim{Text: c.claim}); (len(ps) == 0) != c.ok {
			t.Errorf("%q of %s, %q: %v", c.article, c.published, c.claim, ps)
		}
	}
}

func TestDays(t *testing.T) {
	s := Prepare("", "They met on Friday and on 3 March 2025. They meet again on 27 November.", "en", time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), nil)
	var got []string
	for _, d := range s.Days() {
		got = append(got, fmt.Sprintf("%d-%d-%d %s: %s", d.Year, d.Month, d.Day, d.Said, d.How))
	}
	want := []string{"2025-3-3 3 March: said", "2026-11-27 27 November: said", "2026-11-20 Friday: by Friday and the day it was written"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestPeople: a claim without capitals says under which name it has those whom the quotes of its evidence name.
func TestPeople(t *testing.T) {
	body := "“We agree on nothing,” Ana Tervo said in Geneva. The talks ended."
	s := Prepare("", body, "en", time.Time{}, quote.Find(quote.Doc{Text: body, Lang: "en"}))
	first, rest := text.Span{End: strings.Index(body, " The")}, text.Span{Start: strings.Index(body, "The"), End: len(body)}
	for _, c := range []struct {
		claim Claim
		want  string
	}{
		{Claim{Text: "特沃说双方没有达成一致。", Lang: "zh", Evidence: []text.Span{first}}, `name "特沃说双方没有达成一致。"`},
		{Claim{Text: "特沃说双方没有达成一致。", Lang: "zh", Evidence: []text.Span{first}, Names: []Pair{{"特沃", "Ana Tervo"}}}, "ok"},
		{Claim{Text: "特沃说双方没有达成一致。", Lang: "zh", Evidence: []text.Span{first}, Names: []Pair{{"特沃", "Ana Tervos"}}}, `name "特沃", name "特沃说双方没有达成一致。"`},
		{Claim{Text: "会谈结束。", Lang: "zh", Evidence: []text.Span{rest}}, "ok"},
		{Claim{Text: "会谈在日内瓦结束。", Lang: "zh"}, "ok"},
		{Claim{Text: "会谈在莫斯科结束。", Lang: "zh"}, `name "莫斯科"`},
		{Claim{Text: "The talks ended.", Lang: "en", Evidence: []text.Span{first}}, "ok"},
	} {
		if got := saidOf(s.Problems(c.claim)); got != c.want {
			t.Errorf("%q %v: %s, want %s", c.claim.Text, c.claim.Names, got, c.want)
		}
	}
}

// TestRemoved: a claim whose figure, date or name the source no longer has is refused.
func TestRemoved(t *testing.T) {
	body := "On 14 March the minister, Ana Tervo, sent 1,250 boats and 37 officers to Port Alder for 5 million euros. Some 18 percent stayed until 10:45 a.m. on Friday."
	for _, c := range []struct{ claim, gone string }{
		{"Ana Tervo sent 1,250 boats.", "1,250"}, {"She sent thirty-seven officers.", "37"}, {"It cost 5,000,000 euros.", "5 million"}, {"It was on 14 March.", "14"},
		{"It was in March.", "March"}, {"Then 18% stayed.", "18"}, {"Then some stayed until 10:45.", "10:45"}, {"It was on a Friday.", "Friday"},
		{"They went to Port Alder.", "Alder"}, {"The boats of Ana Tervo left.", "Tervo"}, {"The boats of Ana Tervo left.", "Ana"},
		{"The minister sent boats.", "minister"}, {"It cost 5 million euros.", "euros"},
	} {
		whole := Prepare("", body, "en", time.Time{}, nil)
		if ps := whole.Problems(Claim{Text: c.claim}); len(ps) != 0 {
			t.Errorf("%q: %v", c.claim, ps)
		}
		without := Prepare("", strings.Replace(body, c.gone, "", 1), "en", time.Time{}, nil)
		if ps := without.Problems(Claim{Text: c.claim}); len(ps) == 0 {
			t.Errorf("%q passes without %q", c.claim, c.gone)
		}
	}
}

// TestConcurrent: one source serves many claims at once.
func TestConcurrent(t *testing.T) {
	s := Prepare("Talks", "Norland's president, Ana Tervo, met 14 officials in Moscow on 3 March.", "en", time.Time{}, nil)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			c := Claim{Text: fmt.Sprintf("President Ana Tervo met %d officials.", i)}
			if ps := s.Problems(c); len(ps) == 0 != (i == 14 || i == 3 || i == 1) && i != 3 {
				t.Errorf("%d: %v", i, ps)
			}
			s.Score(c)
		})
	}
	wg.Wait()
}

// TestScore: what the source says is worth more than what it does not, and evidence is looked at where it is said to be.
func TestScore(t *testing.T) {
	body := "The ministers of Norland signed a treaty on fishing. It covers boats of both countries.\nA storm closed the harbour for a week. No ship sailed."
	s := Prepare("", body, "en", time.Time{}, nil)
	order := []string{"The ministers of Norland signed a treaty on fishing.", "Norland's ministers signed a fishing treaty.", "Fishing closed the harbour of both ministers.", "An army invaded twelve provinces yesterday."}
	last := 2.
	for _, c := range order {
		got := s.Score(Claim{Text: c})
		if got >= last || got < 0 || got > 1 {
			t.Errorf("%q: %.3f, the one before %.3f", c, got, last)
		}
		last = got
	}
	c := Claim{Text: "The ministers signed a fishing treaty."}
	at := c
	at.Evidence = []text.Span{{Start: strings.Index(body, "No ship"), End: len(body)}}
	if s.Score(at) >= s.Score(c) {
		t.Error("evidence elsewhere is worth as much")
	}
	if got := s.Score(Claim{Text: "…"}); got != 0 {
		t.Errorf("no words: %.3f", got)
	}
}

// FuzzProblems: nothing panics, a claim that is a whole sentence of the source has no problem, and the figures, dates and
// quotations of a sentence are found in the source that it is taken from, with the shortcut for whole sentences left out.
func FuzzProblems(f *testing.F) {
	f.Add("Talks", "GENEVA — They met on Friday 20 November. “We agree,” said Ana Tervo, 37.", "PM Tervo met 5 million at 10:30.", "en", "en")
	f.Add("", "Am 27. Februar 2,5 Millionen. Zweihundertfünf „Ja“.", "27/2/25 und 35 %-Punkte", "de", "en")
	f.Add("", "2025年2月3日，二十三亿。", "２月３日 百分之35", "zh", "ja")
	f.Add("", "L'accord d'Orsay, U.S.-Iran 1/2 ½ ''a'' `b' ``c''", "don't O'Brien's 1990s 2018–19 F-16 COVID-19", "fr", "")
	f.Fuzz(func(t *testing.T, title, body, claim, lang, other string) {
		if len(body) > 1<<14 || len(claim) > 1<<12 || !utf8.ValidString(body) {
			return
		}
		s := Prepare(title, body, lang, time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC), nil)
		for _, c := range []Claim{{Text: claim}, {Text: claim, Lang: other, Names: []Pair{{title, claim}}, Evidence: []text.Span{{Start: 0, End: len(body)}}}} {
			s.Problems(c)
			if v := s.Score(c); !(v >= 0 && v <= 1) {
				t.Fatalf("score %v", v)
			}
		}
		for _, p := range text.Sentences(body, lang) {
			said := p.Of(body)
			if Unsafe(said) != "" {
				continue
			}
			if ps := s.Problems(Claim{Text: said}); len(ps) > 0 {
				t.Fatalf("%q: %v", said, ps)
			}
		}
	})
}

// sample is an article of some 400 words.
func article() string {
	var b strings.Builder
	for j := range 20 {
		fmt.Fprintf(&b, "Envoys of Norland and Estrova discussed point %d of the Vell crossing with guard number %d on day %d of the talks in Port Alder on 3 March. ", j, j*17, j+40)
		if j%5 == 4 {
			fmt.Fprintf(&b, "“We agree on point %d and on nothing else,” Foreign Minister Ana Tervo said.\n", j)
		}
	}
	return strings.TrimSpace(b.String())
}

func BenchmarkPrepare(b *testing.B) {
	body := article()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		Prepare("Talks on the Vell crossing", body, "en", time.Time{}, nil)
	}
}

func BenchmarkProblems(b *testing.B) {
	s := Prepare("Talks on the Vell crossing", article(), "en", time.Time{}, nil)
	c := Claim{Text: "Foreign Minister Ana Tervo said on 3 March that Norland’s envoys discussed 14 points, with “We agree on point 4” as the result."}
	b.ReportAllocs()
	for b.Loop() {
		s.Problems(c)
	}
}

func BenchmarkScore(b *testing.B) {
	s := Prepare("Talks on the Vell crossing", article(), "en", time.Time{}, nil)
	c := Claim{Text: "Foreign Minister Ana Tervo said on 3 March that Norland’s envoys discussed 14 points, with “We agree on point 4” as the result."}
	b.ReportAllocs()
	for b.Loop() {
		s.Score(c)
	}
}
