package sources

import (
	"io/fs"
	"strings"
	"testing"
)

func TestCreditOf(t *testing.T) {
	for l, want := range map[string]creditKind{
		"English version by Ana Ferry":                           creditNote,
		"(English version by Ana Ferry)":                         creditNote,
		"Translated from Ukrainian by Olha Ferry":                creditNote,
		"Unofficial translation":                                 creditNote,
		"Originally published in German":                         creditNote,
		"This article was originally published in Ferry Weekly.": creditLine,
		"Reporting by Ana Ferry in Porto; editing by Bo Dock":    creditLine,
		"Additional reporting by Bo Dock":                        creditLine,
		"Übersetzung: Ana Ferry":                                 creditNote,
		"Aus dem Englischen übersetzt":                           creditNote,
		"Aus dem Englischen von Ana Ferry":                       creditNote,
		"Traduit de l'anglais par Ana Ferry":                     creditNote,
		"Traduit de l’anglais par Ana Ferry":                     creditNote,
		"Traduction : Ana Ferry":                                 creditNote,
		"Traducción de Ana Ferry":                                creditNote,
		"Traduzione di Ana Ferry":                                creditNote,
		"Tradução: Ana Ferry":                                    creditNote,
		"Перевод: Анна Паромова":                                 creditNote,
		"Перевела Анна Паромова":                                 creditNote,
		"Неофициальный перевод":                                  creditNote,
		"Переклад: Ганна Паромна":                                creditNote,
		"Çeviri: Ayşe Vapur":                                     creditNote,
		"ترجمة: آنا فيري":                                        creditNote,
		"翻译：安娜":                                                  creditNote,
		"Tłumaczyła Anna Promowa":                                creditNote,
		"Käännös: Anna Lautta":                                   creditNote,
		"Перевели стрелки часов на зимнее время в столице сегодня ночью":                                       noCredit,
		"The delegation spoke at length about ferries.":                                                        noCredit,
		"Reporting by the ministry was late. It came on Monday. The minister apologised. Nobody answered him.": noCredit,
		"Editing bylaws is hard work": noCredit,
		"Translation":                 noCredit,
		"":                            noCredit,
		"By Ana Ferry":                noCredit,
	} {
		if got, line := creditOf(l); got != want || want != noCredit && line != strings.Trim(l, "()") {
			t.Errorf("%q: kind %d %q, want %d", l, got, line, want)
		}
	}
}

func TestTakeCredits(t *testing.T) {
	body := "The talks began at nine.\nThey ended at ten.\nNobody spoke.\nSomebody laughed.\nIt rained.\nThe ferry left.\nThe port closed.\nAll went home."
	for _, c := range []struct{ in, rest, note, credits string }{
		{body, body, "", ""},
		{"English version by Ana Ferry\n" + body, body, "English version by Ana Ferry", ""},
		{body + "\nReporting by Bo Dock\nTranslated by Ana Ferry", body, "Translated by Ana Ferry", "Reporting by Bo Dock"},
		{body + "\nReporting by Bo Dock\nEditing by Cy Quay", body, "", "Reporting by Bo Dock; Editing by Cy Quay"},
		{"Translated by Ana Ferry", "Translated by Ana Ferry", "Translated by Ana Ferry", ""}, // nothing but a note is left as it is
		{"", "", "", ""},
	} {
		rest, note, credits := takeCredits(c.in)
		if rest != c.rest || note != c.note || credits != c.credits {
			t.Errorf("%q: %q, %q, %q", c.in, rest, note, credits)
		}
	}
	// In the middle of a text it is part of it.
	lines := strings.Split(body, "\n")
	mid := strings.Join(append(append(lines[:1:1], lines[1], "", ""), lines[2:]...), "\n")
	mid = strings.Replace(mid, "\n\n", "\nx\nReporting by Bo Dock\n", 1)
	if rest, _, credits := takeCredits(mid); rest != mid || credits != "" {
		t.Errorf("%q, %q", rest, credits)
	}
}

// Every row of the tables can be met: its own words, with a name where one is due, are a credit of its kind.
func TestCreditTables(t *testing.T) {
	names, err := fs.Glob(creditFiles, "credits/*.txt")
	if err != nil || len(names) < 10 {
		t.Fatalf("%d tables: %v", len(names), err)
	}
	rows := 0
	for _, name := range names {
		b, err := creditFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(string(b)) {
			l = strings.TrimSuffix(l, "\n")
			kind, p, ok := strings.Cut(l, "\t")
			if l == "" || strings.HasPrefix(l, "#") {
				continue
			}
			rows++
			word, rest, _ := strings.Cut(kind, "-")
			if !ok || creditKinds[word] == noCredit || rest != "" && rest != "name" && rest != "only" && rest != "title" || p != strings.ToLower(p) || strings.TrimSpace(p) != p {
				t.Errorf("%s: bad row %q", name, l)
				continue
			}
			line := strings.ReplaceAll(p, "*", "Porto Quay")
			if rest != "only" {
				line += " Ana"
			}
			if got, _ := creditOf(line); got != creditKinds[word] {
				t.Errorf("%s: %q is of kind %d, its row says %s", name, line, got, kind)
			}
		}
	}
	if rows < 300 {
		t.Errorf("only %d rows", rows)
	}
}
