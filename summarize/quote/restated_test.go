package quote_test

import (
	"fmt"
	"testing"

	"attache/summarize/quote"
)

// TestRestated compares the quotes of small articles: which are one statement in two wordings, and which is the original.
func TestRestated(t *testing.T) {
	for _, c := range []struct {
		name string
		docs []quote.Doc
		want string // original and others, as numbers of quotes in the order of the articles
	}{
		{"a post and the article's translation of it", []quote.Doc{{Lang: "en", Text: "“In these difficult times we value the important efforts of Norland for the peace process,” Ida Brandt said.\n" +
			"In these challenging times we appreciate the significant efforts of Norland in the peace process. #ports\n– Ida Brandt (@idabrandt) March 3, 2024"}}, "[{1 [0]}]"},
		{"the same words twice are no restatement", []quote.Doc{{Lang: "en", Text: "“The border stays open for every traveller from Norland,” Mara Lind said."},
			{Lang: "en", Text: "Mara Lind said: “The border stays open for every traveller from Norland.”"}}, "[]"},
		{"another speaker", []quote.Doc{{Lang: "en", Text: "“The border stays open for every traveller from Norland,” Mara Lind said."},
			{Lang: "en", Text: "“For every traveller from Norland the border remains open,” Oskar Brandt said."}}, "[]"},
		{"a negation", []quote.Doc{{Lang: "en", Text: "“The border stays open for every traveller from Norland,” Mara Lind said."},
			{Lang: "en", Text: "“The border does not stay open for every traveller of Norland,” Mara Lind said."}}, "[]"},
		{"other figures", []quote.Doc{{Lang: "en", Text: "“The border stays open for 300 travellers from Norland,” Mara Lind said."},
			{Lang: "en", Text: "“For 400 travellers from Norland the border stays open,” Mara Lind said."}}, "[]"},
		{"like words of somebody else", []quote.Doc{{Lang: "en", Text: "“I met President Orel in Hask, making it clear to him that we will speak out for human rights,” Mara Lind said."},
			{Lang: "en", Text: "“I had a talk with Chairman Tamm, making it clear to him that we speak out for human rights,” Mara Lind said."}}, "[]"},
		{"two translations in two outlets", []quote.Doc{{Lang: "en", Text: "“The border stays open for every traveller from Norland,” Mara Lind said."},
			{Lang: "en", Note: "translated from Norlandish", Text: "“For each traveller from Norland the border will stay open,” Mara Lind said."}}, "[{0 [1]}]"},
		{"another language", []quote.Doc{{Lang: "de", Note: "Übersetzung von Norland Heute", Text: "„Die Konferenz in Genf hat 12 konkrete Projekte der Reform bestätigt“, sagte Petro Selenko."},
			{Lang: "uk", Text: "«Конференція в Женеві затвердила 12 конкретних проєктів реформи», — сказав Петро Зеленко."}}, "[{1 [0]}]"},
		{"another language, another statement", []quote.Doc{{Lang: "de", Text: "„Die Ernte war in diesem Jahr schlecht und das Wasser ist knapp“, sagte Petro Selenko."},
			{Lang: "uk", Text: "«Конференція в Женеві затвердила багато конкретних проєктів», — сказав Петро Зеленко."}}, "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var all []quote.Said
			for _, d := range c.docs {
				for _, q := range quote.Find(d) {
					all = append(all, quote.Said{Doc: d, Quote: q})
				}
			}
			if len(all) != 2 {
				t.Fatalf("%d quotes", len(all))
			}
			if got := fmt.Sprint(quote.Restated(all)); got != c.want {
				t.Errorf("got %s, want %s (%q, %q)", got, c.want, all[0].Quote.Speaker, all[1].Quote.Speaker)
			}
		})
	}
}
