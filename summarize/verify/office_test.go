package verify

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestHoldings: who holds which office according to a text. Countries stand in brackets, owners behind "of".
func TestHoldings(t *testing.T) {
	for _, c := range []struct{ lang, s, want string }{
		{"en", "Norland's president, Ana Tervo, met them.", "president of norland: Ana Tervo"},
		{"en", "Norland's president, Tervo, met them.", "president of norland: "},
		{"en", "Norland's new president, Ana Tervo, met them.", "president of norland: Ana Tervo"},
		{"en", "President Tervo met President Jonas Brod.", "president: Tervo; president: Jonas Brod"},
		{"en", "The president met Ana Tervo.", "president: "},
		{"en", "The president\nAna Tervo came.", "president: "},
		{"en", "The president. Ana Tervo came.", "president: "},
		{"en", "The president: Ana Tervo came.", "president: "},
		{"en", "The president of the European Council, António Costa, spoke.", "president [EU] of european council: António Costa"},
		{"en", "The minister for Trade, Ana Tervo, spoke.", "minister: Ana Tervo"},
		{"en", "The minister for all sorts of odd trade things, Ana Tervo, spoke.", "minister: "},
		{"en", "Ana Tervo, Norland's foreign minister, spoke.", "foreign_minister of norland: Ana Tervo"},
		{"en", "Ana Tervo, the foreign minister of Norland, spoke.", "foreign_minister of norland: Ana Tervo"},
		{"en", "Ana Tervo, who in the nineties was a very good minister, spoke.", "minister: "},
		{"en", "Ana Tervo was minister; Jonas Brod is the king.", "minister: Ana Tervo; king: Jonas Brod"},
		{"en", "Ana Tervo as minister and Brod became king.", "minister: Ana Tervo; king: Brod"},
		{"en", "In Geneva, the minister spoke.", "minister [CH]: "},
		{"en", "President Ana Maria de la Tervo came.", "president: Ana Maria de la Tervo"},
		{"en", "President J. Tervo and President Bashar al-Assad met.", "president: J. Tervo; president: Bashar al-Assad"},
		{"en", "President Bashar Al-Assad met them.", "president: Bashar Al-Assad"},
		{"en", "President Tervo's men met.", "president: Tervo's"},
		{"en", "Russian President Ana Tervo met the Chinese premier, Jonas Brod.", "president [RU]: Ana Tervo; prime_minister [CN]: Jonas Brod"},
		{"en", "They left Russia. President Ana Tervo met them.", "president: Ana Tervo"},
		{"en", "Foreign Ministers Ana Tervo and Jonas Brod met.", "foreign_minister: Ana Tervo; foreign_minister: Jonas Brod"},
		{"en", "Presidents Ana Tervo, Jonas Brod and Ida Lund met in Geneva.", "president: Ana Tervo; president: Jonas Brod; president: Ida Lund"},
		{"en", "The two presidents, Ana Tervo and Jonas Brod, met.", "president: Ana Tervo; president: Jonas Brod"},
		{"en", "Vice President Ida Lund and Secretary of State Per Holm came.", "vice_president: Ida Lund; secretary_of_state: Per Holm"},
		{"en", "They saw the Premier League.", ""},
		{"en", "14 minister 5 king, lord", "minister: ; king: "},
		{"en", "Tervo the minister", "minister: "},
		{"en", "minister", "minister: "},
		{"fr", "Le président français Paul Girard et la ministre des Affaires étrangères, Anne Tervaux, sont venus.", "president [FR]: Paul Girard; foreign_minister: Anne Tervaux"},
		{"es", "El presidente ruso Luis Brod habló.", "president [RU]: Luis Brod"},
		{"de", "Außenministerin Ana Tervo traf Präsident Jonas Brod.", "foreign_minister: Ana Tervo; president: Jonas Brod"},
		{"ru", "Президент Иван Бродов встретился с министром обороны Петром Лундовым.", "president: Иван Бродов; defence_minister: Петром Лундовым"},
	} {
		var out []string
		for _, h := range holdings(c.s, lex(c.s), c.lang, true) {
			s := strings.Join(h.offices, " ")
			if len(h.countries) > 0 {
				s += fmt.Sprint(" ", h.countries)
			}
			if len(h.of) > 0 {
				s += " of " + strings.Join(h.of, " ")
			}
			out = append(out, s+": "+h.name)
			if h.name != "" && !strings.HasSuffix(fold(h.name), h.who) && !strings.Contains(fold(h.name), h.who) {
				t.Errorf("%q: the surname of %q is %q", c.s, h.name, h.who)
			}
		}
		if got := strings.Join(out, "; "); got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.s, got, c.want)
		}
	}
	s := "Presidents Ana Tervo and Jonas Brod met."
	if got := holdings(s, lex(s), "en", false); len(got) != 1 {
		t.Errorf("a claim gives the office to %d", len(got))
	}
}

// TestDatelines: on which day an article was written.
func TestDatelines(t *testing.T) {
	published := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		title, s  string
		published time.Time
		want      string
	}{
		{"", "GENEVA, 20 November (ENB) - They met.", published, "2026-11-20"},
		{"Talks of 3 March", "GENEVA, 20 November (ENB) - They met.", published, "2026-11-20"},
		{"", "GENEVA, 20 November 2025 – They met.", time.Time{}, "2025-11-20"},
		{"", "GENEVA, 20 November – They met.", time.Time{}, ""},
		{"", "Port Alder, 20 November: They met.", published, "2026-11-20"},
		{"", "GENEVA, 2 March – They met.", published, "2026-11-21"},
		{"", "They met. On 20 November – so they said – it rained.", published, "2026-11-21"},
		{"", "They met at some length in the old town on 20 November – they said.", published, "2026-11-21"},
		{"", "GENEVA, 20 November was a good day for everyone who had come here. (So it is.)", published, "2026-11-21"},
		{"", "They met.", time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC), "2026-11-20 2026-11-21"},
		{"", "They met.", time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC), "2026-11-21 2026-11-22"},
		{"", "GENEVA, 31 December – They met.", time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC), "2026-12-31"},
		{"", "GENEVA, 1 January – They met.", time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC), "2027-01-01"},
		{"", strings.Repeat("GENEVA ", 20) + "20 November – They met.", published, "2026-11-21"},
	} {
		s := Prepare(c.title, c.s, "en", c.published, nil)
		var out []string
		for _, d := range s.writtenOn(lexiconOf("en").allDates(s.all, s.ls, false)) {
			out = append(out, d.Format("2006-01-02"))
		}
		if got := strings.Join(out, " "); got != c.want {
			t.Errorf("%q: %s, want %s", c.s, got, c.want)
		}
	}
}
