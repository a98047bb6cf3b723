package verify

import (
	"strings"
	"testing"
	"time"
)

// TestGates: small sources, each with what may be said of it and what may not.
func TestGates(t *testing.T) {
	for _, c := range []struct {
		source string
		claims map[string]string // claim: problems
	}{
		{"The Co-operation Council sent F-16 jets, a Su 35 and COVID-19 tests to the International Criminal Court and the Bank of England.", map[string]string{
			"The Cooperation Council sent F16 jets.":           "ok",
			"The Council sent F-17 jets.":                      `number "17"`,
			"The ICC and the BoE met.":                         `name "BoE"`,
			"The ICC and the BOE met.":                         "ok",
			"The ICJ met the BE.":                              `name "ICJ"`,
			"The IC and the CC met.":                           "ok",
			"The Court of the Bank of England met.":            "ok",
			"A COVID-19 test and Coronavirus spread.":          "ok",
			"A COVID-20 test was sent.":                        `number "20"`,
			"Jets were sent to the Council, BBC reports said.": `name "BBC"`,
		}},
		{"OAPEC and the BA graduate met Ivan Tervo, J. Brod and Mr. Lund in St. Alder.", map[string]string{
			"The Organization of Arab Petroleum Exporting Countries met.": "ok",
			"The Organization of Arab Coal Exporting Countries met.":      `name "Arab"`,
			"He is a Bachelor of Arts.":                                   "ok",
			"He is a Master of Arts.":                                     `name "Master", name "Arts"`,
			"They met J. Brod and I. Tervo.":                              "ok",
			"They met Mr Tervo and Dr Brod.":                              "ok",
			"They met Mr Frost.":                                          `name "Frost"`,
			"They met Pope Pius XII.":                                     `name "Pius", office "Pius XII, Pope"`,
			"They met Ivan Lund.":                                         `name "Ivan Lund"`,
			"They met Brod Ivan.":                                         "ok",
			"Tervo met them: Zlatko left.":                                `name "Zlatko"`,
			"Tervo met them: Officers left.":                              "ok",
			"They met. “Lund left.":                                       `quotation "“Lund left."`,
			"- Zlatko left":                                               `name "Zlatko"`,
			"They met – Zlatko left.":                                     `name "Zlatko"`,
			"They said Officers met.":                                     `name "Officers"`,
			"Striker Ivan Tervo met them.":                                "ok",
			"Zlatan Ivan Tervo met them.":                                 `name "Zlatan"`,
			"TERVO MET LUND IN ALDER WITH GROUND TROOPS.":                 "ok",
			"Tervo Meets Lund With Ground Troops And Frost":               "ok",
			"Tervo Meets Lund With Frost":                                 "ok",
			"Tervo Meets Lund With Ground Troops And Zlatko":              `name "Zlatko"`,
			"Tervo Meets Frost":                                           `name "Meets", name "Frost"`,
			"Tervo’s and Lund's men met.":                                 "ok",
			"the who met tervo":                                           "ok",
			"tervo met frostborg":                                         `name "frostborg"`,
			"tervo met the unfrozen goalkeepers":                          "ok",
			"tervo met twenty-one frosts":                                 `number "twenty-one"`,
			"tervo went to brazil":                                        `name "brazil"`,
			"tervo went to turkey":                                        "ok",
			"tervo went to the united nations":                            `name "united nations"`,
		}},
		{"Brazil and Portugal met the Texas delegation; Лавров and Zelenskyy spoke in Kyiv with Hizbullah.", map[string]string{
			"Brazilians, the Portuguese and Texans met.": "ok",
			"They met Zelensky and Zelenskiy in Kiev.":   "ok",
			"They met Lavrov and Hezbollah.":             "ok",
			"They met Levrin.":                           `name "Levrin"`,
			"They met the French.":                       `name "French"`,
			"They met in Brasilia.":                      `name "Brasilia"`,
			"They met in Kyiv and in Moscow.":            `name "Moscow"`,
			"Bra and Port met with Tex.":                 `name "Port", name "Tex"`,
		}},
		{"The treaty is not binding and has not been signed. It was ratified, the court can't decide, nobody will object and they have found no evidence.", map[string]string{
			"The treaty is binding.":          `negation "is binding"`,
			"The treaty isn't binding.":       "ok",
			"The treaty has been signed.":     `negation "has been signed"`,
			"The treaty hasn't been signed.":  "ok",
			"It was not ratified.":            `negation "was not ratified"`,
			"It wasn't ratified.":             `negation "wasn't ratified"`,
			"It has been ratified.":           "ok",
			"The court can decide.":           `negation "can decide"`,
			"The court cannot decide.":        "ok",
			"The court can't decide.":         "ok",
			"They have found evidence.":       `negation "have found"`,
			"They have found nothing.":        "ok",
			"They have never found evidence.": "ok",
			"It is not big.":                  "ok",
			"It will not happen.":             "ok",
			"It will":                         "ok",
		}},
		{"They paid 5 million dollars for 14 ships, 30 to 40 percent, 3 %-points and 12 km of 2018–19; 1,056.5 men, 2 dozen boats, 5 hundred flags and €7 bn. The second round ended 2-1 at 9:05.", map[string]string{
			"They paid $5m.":                             "ok",
			"They paid US$5 million.":                    "ok",
			"They paid C$5 million.":                     `unit "5 million"`,
			"They paid 5 million pounds.":                `unit "5 million pounds"`,
			"They paid 5 million.":                       "ok",
			"Some 5 million farmers left.":               `unit "5 million"`,
			"It was 14 ships.":                           "ok",
			"It was 14 percent.":                         `unit "14 percent"`,
			"It was 14 days.":                            `unit "14 days"`,
			"It was 30 percent.":                         "ok",
			"It was 35 percent.":                         `number "35 percent"`,
			"It was 3 percentage points.":                "ok",
			"It was 3 percent.":                          `unit "3 percent"`,
			"It was 12 kilometres.":                      "ok",
			"It was 12 miles.":                           `unit "12 miles"`,
			"It was 12 sq km.":                           `unit "12 sq km"`,
			"It was in 2019.":                            "ok",
			"It was in 2020.":                            `year "2020"`,
			"They were 1056.5.":                          "ok",
			"They were 24.":                              "ok",
			"They had 500 flags.":                        "ok",
			"They had 7 billion euros.":                  "ok",
			"They had EUR 7 billion.":                    "ok",
			"They had 7 billion dollars.":                `unit "7 billion dollars"`,
			"The first ended; the second ended.":         "ok",
			"The third ended.":                           `unit "third"`,
			"The first ended, the second, the third.":    "ok",
			"It ended 2-1.":                              "ok",
			"It ended 3-1.":                              `unit "3"`,
			"It ended at five past nine, 9:05.":          `number "five", number "nine"`,
			"It ended at 21:05.":                         "ok",
			"It ended at 9:06.":                          `time "9:06"`,
			"1. They paid.\n2. They left.\n6. It ended.": "ok",
			"It had 1 ship and one flag.":                "ok",
			"It had zero ships and 0 flags.":             `number "0"`,
		}},
		{"Norland's president, Ana Tervo, met Defence Minister Jonas Brod, ambassadors Ida Lund and Per Holm, and Karl Frost, mayor of Alder. Rosa Berg is the governor. The envoy spoke after Nils Dahl came.", map[string]string{
			"President Ana Tervo met Minister Brod.":       "ok",
			"Norland’s president Ana Tervo met them.":      "ok",
			"Estavia's president, Ana Tervo, met them.":    `name "Estavia's", office "Ana Tervo, president"`,
			"Alder's president, Ana Tervo, met them.":      `office "Ana Tervo, president"`,
			"President Jonas Brod met them.":               `office "Jonas Brod, President"`,
			"Foreign Minister Jonas Brod met them.":        `office "Jonas Brod, Foreign Minister"`,
			"Ambassador Per Holm met Ambassador Ida Lund.": "ok",
			"Ambassador Ana Tervo met them.":               `office "Ana Tervo, Ambassador"`,
			"Mayor Karl Frost met Governor Rosa Berg.":     "ok",
			"Ana Tervo, the governor, met them.":           `office "Ana Tervo, governor"`,
			"Jonas Brod is the president.":                 `office "Jonas Brod, president"`,
			"The envoy Nils Dahl spoke.":                   "ok",
			"The pope met them.":                           `office "pope"`,
			"The minister met them.":                       "ok",
			"The finance minister met them.":               `office "finance minister"`,
			"They play in the Premier League.":             `name "League"`,
			"president ana tervo met the pope":             "ok",
		}},
		{"He called it ‘a fine day’ and \"Excuse My French\" in Excuse Us Please. She read The Long Road Home. `It ended,' he said. ``We left,'' she said.", map[string]string{
			"He called it “a fine day”.":       "ok",
			"He called it 'a fine day'.":       "ok",
			"He called it ‘a bad day’.":        `quotation "a bad day"`,
			"It was \"Excuse My French\".":     "ok",
			"She read “The Long Road Home”.":   "ok",
			"She read “The Short Road Home”.":  `name "Short", quotation "The Short Road Home"`,
			"He called it “It ended”.":         "ok",
			"She said ``We left.''":            "ok",
			"She said ''We left.''":            "ok",
			"She said ``We came.''":            `quotation "We came"`,
			"He called it “called it”.":        `quotation "called it"`,
			"He said “”.":                      `quotation ""`,
			"it's ’tis the boys’ day, he said": "ok",
			"he called it `` a fine day ''":    "ok",
			"he called it `` a bad day ''":     `quotation "a bad day"`,
		}},
		{"Anna Tervo met Jean-Luc Brod and al-Nour’s Omar Lund in St. Petersborg. The Co-op paid. Ida O'Brien, of the MI6, and Per III left for NY.", map[string]string{
			"They met Ana.":                        `name "Ana"`,
			"They met Jean Brod.":                  "ok",
			"They met Jeanluc Brod.":               "ok",
			"They met Luc Jean.":                   "ok",
			"The Coop paid Ida OBrien.":            "ok",
			"The Co-op and Al-Nour paid.":          "ok",
			"They met Omar Brod.":                  `name "Omar Brod"`,
			"They met Omar of Brod.":               "ok",
			"They met Anna Lund.":                  `name "Anna Lund"`,
			"They met Anna Tervo's Omar Lund.":     "ok",
			"They met the MI6 and the MI5.":        `name "MI"`,
			"They met Per IV and Ida II.":          "ok",
			"They met Frost and Ida II.":           `name "Frost"`,
			"ANNA TERVO MET OMAR FROST":            `name "FROST"`,
			"The FROST and Anna met there.":        `name "FROST"`,
			"They met. Zlatko left. (Zorin left.)": `name "Zlatko", name "Zorin"`,
			"They met:\nZlatko left":               `name "Zlatko"`,
			"They met-Zlatko left":                 `name "Zlatko"`,
			"They met, Officers left":              `name "Officers"`,
			"They met the Petersborgers.":          "ok",
			"They met the Petersborgians at NYC.":  `name "NYC"`,
			"It was in the us and in china.":       "ok",
			"They left for the U.S. and the UK.":   `name "U.S", name "UK"`,
		}},
	} {
		s := Prepare("", c.source, "en", time.Time{}, nil)
		for claim, want := range c.claims {
			if got := saidOf(s.Problems(Claim{Text: claim, Lang: "en"})); got != want {
				t.Errorf("%s\n got %s\nwant %s", claim, got, want)
			}
		}
	}
}

func TestRelated(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"brazil", "brazilian", true}, {"brazil", "brazilians", true}, {"portugal", "portuguese", true}, {"texas", "texan", true}, {"iran", "iranian", true},
		{"mali", "malian", true}, {"oma", "oman", false}, {"norland", "norway", false}, {"martin", "martinez", false}, {"alder", "alderman", false}, {"a", "b", false},
		{"лавров", "лаврова", true}, {"лавров", "лавровым", true}, {"лавров", "лавровского", false}, {"анна", "анне", true}, {"анна", "антон", false}, {"иран", "ираном", true},
		{"рим", "риму", true}, {"рим", "римского", false}, {"ин", "инн", false}, {"", "", false},
	} {
		if related(c.a, c.b) != c.want || related(c.b, c.a) != c.want {
			t.Errorf("%s, %s: not %v both ways", c.a, c.b, c.want)
		}
	}
}

func TestAlien(t *testing.T) {
	for _, c := range []struct {
		shown, source string
		want          bool
	}{
		{"Anna Tervova", "Анна Тервова", false}, {"Maria Petrova", "Анна Тервова", true}, {"Anna Maria Tervova", "Тервова Анна", false}, {"Emmanuel Martin", "Ilse Markham", false},
		{"Marco Rossi", "Ilse Tervo", true}, {"Beijing", "Peking", false}, {"Putin", "Markham", true}, {"Lawrow", "Лавров", false}, {"Moskau", "Москва", false}, {"President", "Präsident", false}, {"Deutschland", "Germany", false}, {"Genf", "Geneva", false}, {"United Nations", "Vereinten Nationen", false}, {"Saudi Arabia", "Arabie Saoudite", false},
		{"White House", "Weißes Haus", false}, {"Anna Tervo", "آنا تيرفو", false}, {"foreign ministry", "Außenministerium hier", false}, {"A B C D", "E F G H", false},
	} {
		if got := (Pair{c.shown, c.source}).alien(); got != c.want {
			t.Errorf("%s, %s: %v", c.shown, c.source, got)
		}
	}
}

func TestSound(t *testing.T) {
	for _, same := range [][]string{
		{"zelensky", "zelenskyy", "zelenskii", "зеленський", "зеленскии"}, {"lavrov", "lawrow", "лавров"}, {"khrushchev", "хрущев"}, {"poutine", "putine"}, {"alexei", "aleksei"},
	} {
		for _, w := range same[1:] {
			if sound(w) != sound(same[0]) && fold(w) != fold(same[0]) && sound(fold(w)) != sound(same[0]) {
				t.Errorf("%s sounds %s, %s sounds %s", w, sound(w), same[0], sound(same[0]))
			}
		}
	}
	if sound("tervo") == sound("tarvo") {
		t.Error("vowels are told apart")
	}
}

func TestLex(t *testing.T) {
	for s, want := range map[string]string{
		"Turkey’s U.S. and the U.N now": "Turkey’s/turkey U.S/us . and the U.N/un now",
		"l’Ukraine d'ici aujourd'hui":   "l’/l Ukraine d'/d ici aujourd'hui/aujourdhui",
		"don't Ankara’da D'souza":       "don't/dont Ankara’da/ankara D'/d souza",
		"12 345 678,9 1'000 12  345":    "12 345 678,9 1'000 12 345",
		"1234 567 1 234'567":            "1234 567 1 234 ' 567",
		"5 %-x −3 ½ $7 ٣٫٥":             "5 % - x − 3 ½/0.5 $ 7 ٣٫٥/3.5",
		"1٬250 ％ ٪ €":                   "1٬250/1,250 ％/% ٪/% €",
		"A.B.Cd U.S.-Iran":              "A.B/ab . Cd U.S/us . - Iran",
		"東京タワーです 3月":                    "東 京 タワー です 3 月",
		"п'ять":                         "п'ять/пять",
		"1,000.5.6 7. 8, a’ b":          "1,000.5.6 7 . 8 , a ’ b",
		"1\u00a0000\u202f000 2 000’000": "1\u00a0000 000 2 000 ’ 000",
		"state's McDonald's I'm":        "state's/state McDonald's/mcdonald I'm/im",
		"a_b (c) é":                     "a _ b ( c ) é/e",
	} {
		var got []string
		for _, l := range lex(s) {
			w := l.Of(s)
			if l.fold != "" && l.fold != strings.ToLower(w) {
				w += "/" + l.fold
			}
			got = append(got, w)
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q:\n got %s\nwant %s", s, g, want)
		}
	}
}
