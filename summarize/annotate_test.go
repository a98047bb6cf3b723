package summarize_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"attache/internal/text"
	"attache/summarize"
)

// english writes a day as a reader of English has it.
func english(t time.Time, year bool) string {
	if year {
		return t.Format("2 January 2006")
	}
	return t.Format("2 January")
}

// TestAnnotate: what is put in brackets behind which words. A day is {words=day}, a person {words:name}.
func TestAnnotate(t *testing.T) {
	written := time.Date(2025, 2, 27, 18, 0, 0, 0, time.UTC)
	for _, c := range []struct{ in, want string }{
		{"Talks began {on Thursday=2025-02-27} in Hask.", "Talks began on Thursday [27 February] in Hask."},
		{"Talks began in December, {on New Year's Eve=2024-12-31}.", "Talks began in December, on New Year's Eve [31 December 2024]."},
		{"Talks began {last February 18=2025-02-18}.", "Talks began last February 18."}, // the words say it
		{"Talks began {last August 18=2024-08-18}.", "Talks began last August 18 [18 August 2024]."},
		{"Talks began {this morning (Feb. 27)=2025-02-27} in Hask.", "Talks began this morning (Feb. 27) in Hask."},
		{"{Thursday=2025-02-27}'s talks and {Friday=2025-02-28}’s, {Monday=2025-03-03}-only.", "Thursday's [27 February] talks and Friday’s [28 February], Monday-only [3 March]."},
		{"{Thursday=2025-02-27} and {Thursday=2025-02-27}.", "Thursday [27 February] and Thursday."},
		{"Then {he:Radovan Elmgren} spoke {on Thursday=2025-02-27}", "Then he [Radovan Elmgren] spoke on Thursday [27 February]"},
		{"{He:Radovan Elmgren} [the minister] spoke, {she:Ida Brandt} (Hask) did not.", "He [the minister] spoke, she (Hask) did not."},
		// nothing stands between marks that is not the article's
		{"“We met {on Thursday=2025-02-27},” {he:Radovan Elmgren} said.", "“We met on Thursday,” he [Radovan Elmgren] said."},
		{"„Wir trafen uns {am Donnerstag=2025-02-27}“, sagte {er:Radovan Elmgren}.", "„Wir trafen uns am Donnerstag“, sagte er [Radovan Elmgren]."},
		{"« Nous nous sommes vus {jeudi=2025-02-27} », a-t-{il:Radovan Elmgren} dit.", "« Nous nous sommes vus jeudi », a-t-il [Radovan Elmgren] dit."},
		{"‘We met the leaders’ men {on Thursday=2025-02-27},’ {he:Radovan Elmgren} said.", "‘We met the leaders’ men on Thursday,’ he [Radovan Elmgren] said."},
		{"The leaders’ men met {on Thursday=2025-02-27}, ‘at last’.", "The leaders’ men met on Thursday [27 February], ‘at last’."},
		{"“We met, {he:Radovan Elmgren} said, and never closed the mark.", "“We met, he said, and never closed the mark."},
		{"{He:Ann “the Axe} spoke, {she:Ann [Axe]} too, {they:" + strings.Repeat("Ann ", 20) + "} not.", "He spoke, she too, they not."},
		{"{俄罗斯:Somebody Else}说。", "俄罗斯 [Somebody Else]说。"},
		{"{a=2025-01-01} {b=2025-01-02} {c=2025-01-03} {d=2025-01-04} {e=2025-01-05}", "a [1 January] b [2 January] c [3 January] d [4 January] e"},
		{"{x=no day} {y=2025-13-01}", "x y"},
	} {
		var s strings.Builder
		var when []summarize.Resolved
		var who []summarize.Named
		for rest := c.in; ; {
			before, after, ok := strings.Cut(rest, "{")
			s.WriteString(before)
			if !ok {
				break
			}
			held, then, _ := strings.Cut(after, "}")
			at := s.Len()
			if words, day, ok := strings.Cut(held, "="); ok {
				s.WriteString(words)
				when = append(when, summarize.Resolved{Span: text.Span{Start: at, End: s.Len()}, Day: day})
			} else {
				words, name, _ := strings.Cut(held, ":")
				s.WriteString(words)
				who = append(who, summarize.Named{Span: text.Span{Start: at, End: s.Len()}, Name: name})
			}
			rest = then
		}
		if got := summarize.Annotate(s.String(), when, who, written, english); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
	}
	// spans that are none of the text, and a day of which the year is not known
	bad := []text.Span{{Start: -1, End: 2}, {Start: 3, End: 2}, {Start: 0, End: 99}, {Start: 0, End: 1}, {}}
	for _, p := range bad {
		if got := summarize.Annotate("äh", []summarize.Resolved{{Span: p, Day: "2025-02-27"}}, []summarize.Named{{Span: p, Name: "Ann Axe"}}, written, english); got != "äh" {
			t.Errorf("%v: %q", p, got)
		}
	}
	if got := summarize.Annotate("today", []summarize.Resolved{{Span: text.Span{End: 5}, Day: "2025-02-27"}}, nil, time.Time{}, english); got != "today [27 February 2025]" {
		t.Error(got)
	}
}

// TestAdditionsStayOutside: of words between single marks, which the rules tell from apostrophes, and of a post, which has none,
// nobody says which day or whom they mean. The people are invented.
func TestAdditionsStayOutside(t *testing.T) {
	for _, c := range []struct{ body, words, want string }{
		{"Radovan Elmgren, the foreign minister, opened the talks in Hask.\n'We met again on Friday and the border stays open,' he said on Monday.", "We met", "[Monday = 2026-03-02 he = Radovan Elmgren]"},
		{"Radovan Elmgren, the foreign minister, opened the talks in Hask.\nWe met again on Friday in the town of Hask. #talks\n— Radovan Elmgren (@elmgren) March 2, 2026", "We met", "[]"},
	} {
		d := document(1, "Talks in Hask", c.body, "en", "")
		d.Published = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		at := strings.Index(c.body, c.words)
		if at > 0 && c.body[at-1] == '\'' {
			at--
		}
		words, _, _ := strings.Cut(c.body[at:], "\n")
		e := summarize.Evidence{Article: 1, Revision: 1, Span: text.Span{Start: at, End: at + len(words)}, Text: words}
		b, dropped := summarize.Check(summarize.Brief{Bullets: []summarize.Bullet{{Text: words, Lang: "en", Evidence: []summarize.Evidence{e}}}}, []summarize.Document{d})
		if len(b.Bullets) != 1 {
			t.Fatalf("%q: %q", words, dropped)
		}
		var got []string
		for _, w := range b.Bullets[0].When {
			got = append(got, w.Span.Of(words)+" = "+w.Day)
		}
		for _, n := range b.Bullets[0].Who {
			got = append(got, n.Span.Of(words)+" = "+n.Name)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %q, want %q (quotes %+v)", words, got, c.want, d.Quotes)
		}
	}
}
