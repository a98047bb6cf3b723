package summarize

import "testing"

// TestSideOf: which government a sentence lets speak. The people are invented, the countries are not.
func TestSideOf(t *testing.T) {
	for _, c := range []struct{ lang, s, want string }{
		{"en", "Russia's foreign ministry said the talks would go on.", "RU"},
		{"en", "The talks will go on, said the Russian foreign ministry.", "RU"},
		{"en", "According to the Kremlin, the talks will go on.", "RU"},
		{"en", "Moscow denied that the talks would end.", "RU"},
		{"en", "The Finnish foreign minister, Aino Kallas, said Russia had ended the talks.", "FI"},
		{"en", "Kallas said Russia had ended the talks.", "FI"}, // whose minister she is stands elsewhere
		{"en", "Orel said Russia had ended the talks.", ""},
		{"en", "The U.S. ambassador to Russia said the talks would go on.", "US"},
		{"en", "Russia and China said the talks would go on.", ""},
		{"en", "Russia's government said the talks would go on, and the Finnish government denied it.", ""},
		{"en", "A Russian singer said the concert had been sold out.", ""},
		{"en", "Diners in Moscow said the soup was cold.", ""},
		{"en", "The talks between Russia and Finland lasted for two hours.", ""},
		{"en", "A ceasefire is not on the agenda, and no Russian delegation was invited, the Bulgarian hosts said.", ""},
		{"en", "A ceasefire is not on the agenda, and no Russian delegation was invited, the Bulgarian foreign ministry said.", "BG"},
		{"en", "The EU opened its borders, welcoming Americans and a number of other nations.", ""},
		{"en", "The memo of Russia's general staff, which has two pages, the newspaper said.", ""},
		{"en", "The pledge came as Orel spoke with Aino Kallas, the prime minister of Finland, which said little.", ""},
		{"en", "An officer assigned to the Kremlin plans, people familiar with the matter said, to resign.", ""},
		{"en", "He listened to a call with Finland's new president and reported it.", ""},
		{"en", "Aino Kallas, Finland's foreign minister, said Russia had ended the talks.", "FI"},
		{"de", "Das russische Außenministerium erklärte am Montag, die Gespräche gingen weiter.", "RU"},
		{"de", "Finnlands Regierung bestritt, dass es eine Einigung gebe.", "FI"},
		{"de", "Die Gespräche dauerten zwei Stunden.", ""},
		{"fr", "Le ministère russe des Affaires étrangères a déclaré que les pourparlers continuaient.", "RU"},
		{"ru", "Министерство иностранных дел Финляндии заявило, что переговоры продолжаются.", "FI"},
	} {
		d := &Document{Lang: c.lang}
		if got := sideOf(d, c.s, map[string]string{"kallas": "FI"}); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.lang, c.s, got, c.want)
		}
	}
	official := &Document{Lang: "en", Country: "FI", Official: true}
	if got := sideOf(official, "The talks lasted for two hours.", nil); got != "FI" {
		t.Errorf("a ministry's own statement is %q", got)
	}
	if got := sideOf(official, "Russia's foreign ministry said the talks had failed.", nil); got != "RU" {
		t.Errorf("what a ministry says that another said is %q", got)
	}
}

// TestPublicAffairs: only of governments is the statement that limits the lead sought ahead of others.
func TestPublicAffairs(t *testing.T) {
	for s, want := range map[string]bool{
		"The ministers of Norland and Estrova met for talks in Hask.":               true,
		"The government of Norland denied the report. Its ambassador stays in Hask": true,
		"The striker denied that he would leave the club, and the coach said so.":   false,
		"A man denied the theft of nine bicycles before the court of Hask.":         false,
	} {
		if got := publicAffairs([]Document{{Text: s, Lang: "en"}}); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
	de := []Document{{Text: "Die Außenminister beider Länder trafen sich zu Gesprächen über die Zölle.", Lang: "de"}}
	if !publicAffairs(de) {
		t.Error("a meeting of ministers, in German, is no public affair")
	}
}
