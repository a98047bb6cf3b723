package bot

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"attache/internal/digest"
	"attache/internal/store"
	"attache/sources"
)

// The English texts of other packages are theirs, character for character; TestTextsAreComplete holds the other languages
// to their keys.
func TestAdoptedTexts(t *testing.T) {
	l, err := readTexts()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for prefix, texts := range map[string]map[string]string{"wording.": digest.Wordings(), "problem.": sources.Sentences(), "refusal.": refusals} {
		for key, s := range texts {
			if got := Unescape(l["en"].texts[prefix+key]); got != s {
				t.Errorf("%s%s is %q, want %q", prefix, key, got, s)
			}
			n++
		}
	}
	if n < 100 {
		t.Errorf("%d texts", n)
	}
	for lang, c := range l {
		for key, s := range c.texts {
			if strings.HasPrefix(key, "wording.") && strings.ContainsAny(s, "\"“”„«»") {
				t.Errorf("%s: %s has quotation marks, which are for the words of articles: %s", lang, key, s)
			}
			if strings.HasPrefix(key, "problem.") && !strings.HasPrefix(key, "problem.media.") && strings.Count(s, ". ")+strings.Count(s, "; ") == 0 {
				t.Errorf("%s: %s does not say both what is wrong and what to do: %s", lang, key, s)
			}
		}
	}
}

// What was stored in English is told in the reader's language; what no version of today has said is told as it is.
func TestStoredSentences(t *testing.T) {
	l, err := readTexts()
	if err != nil {
		t.Fatal(err)
	}
	de := l["de"]
	for _, c := range []struct{ got, want string }{
		{de.failure("The server did not answer in time. Try again later."), "Der Server hat nicht rechtzeitig geantwortet. Versuch es später noch einmal."},
		{de.failure("This is a document, not a feed or a web page. Give the address of the feed, or of the site's front page."), "Das ist ein Dokument, kein Feed und keine Webseite. Gib die Adresse des Feeds an, oder die der Startseite."},
		{de.failure("The answer is larger than 0.5 MB, which is more than is read. Ask the publisher for a shorter feed, or give the feed of one section."), "Die Antwort ist größer als 0.5 MB, mehr wird nicht gelesen. Frag den Herausgeber nach einem kürzeren Feed, oder gib den Feed eines Ressorts an."},
		{de.failure("An older *sentence*."), `An older \*sentence\*.`},
		{de.went("The schedule was paused before this digest was posted."), "Der Zeitplan wurde pausiert, bevor diese Ausgabe gepostet war."},
		{de.went("It could not be posted in time; the digest of 2026-03-02T08:00 came in its place."), "Sie ließ sich nicht rechtzeitig posten; die Ausgabe von 2026-03-02T08:00 kam an ihrer Stelle."},
		{de.went(refusals["gone"]), "Den Kanal gibt es nicht mehr. Wähle einen anderen."},
		{de.went("Discord does not take the message: <@1>."), "Discord does not take the message: " + Escape("<@1>") + "."},
		{de.reason("Ranked 6, and the digest has room for 5."), "Ranked 6, and the digest has room for 5."},
		{l["en"].failure("The server did not answer in time. Try again later."), "The server did not answer in time. Try again later."},
	} {
		if Unescape(c.got) != Unescape(c.want) {
			t.Errorf("%s, want %s", c.got, c.want)
		}
	}
	for code := range sources.Sentences() {
		if !strings.Contains(code, ".") && (de.problem(code, "7") == "" || de.problem(code, "7") == l["en"].problem(code, "7")) {
			t.Errorf("%s is %q", code, de.problem(code, "7"))
		}
	}
	if got := de.problem("no such code", ""); got != "" {
		t.Errorf("an unknown code is %q", got)
	}
}

// Headlines, names and what was typed are filled into wordings: nothing of them is alive, and nothing is cut in the middle
// of what was escaped.
func TestHostileWordings(t *testing.T) {
	l, err := readTexts()
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{"plain", "pair", "named", "out.echo", "out.outlet", "out.read.on", "when.field", "zone.spelt"}
	for _, h := range readHostile(t) {
		for _, s := range []string{h.Input, strings.Repeat(h.Input+" ", 40)} {
			facts := map[string]string{}
			for _, name := range []string{"story", "outlet", "name", "typed", "text", "country", "other", "day", "zone", "part"} {
				facts[name] = s
			}
			for _, c := range l {
				for _, key := range keys {
					raw, err := json.Marshal(digest.Wording{Key: key, Facts: facts})
					if err != nil {
						t.Fatal(err)
					}
					got := c.reason(string(raw))
					if live := liveIn(got); live != "" || strings.Contains(got, "\n") || units(got) > 2500 {
						t.Errorf("%s with %.80q: %q is alive in %d characters: %q", key, s, live, units(got), got)
					}
				}
			}
		}
	}
}

// A schedule with more roles than a command takes, as another program may store it, fills no message.
func TestManyRoles(t *testing.T) {
	w, err := NewRenderer("en")
	if err != nil {
		t.Fatal(err)
	}
	d := sampleDigest(5, func(int) string { return "" })
	var roles []string
	for i := range 80 {
		roles = append(roles, fmt.Sprint(110000000000000000+i))
	}
	d.Target.Roles = slices.Clone(roles)
	messages, err := w.Render(d, "seed")
	if err != nil {
		t.Fatal(err)
	}
	var m body
	if err := json.Unmarshal(messages[0].Body, &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Mentions.Roles) != rolesMost || strings.Count(m.Content, "<@&") != rolesMost || units(m.Content) > contentLimit || !strings.Contains(m.Content, messages[0].Marker) {
		t.Errorf("%d roles, %s", len(m.Mentions.Roles), m.Content)
	}
	l, err := readTexts()
	if err != nil {
		t.Fatal(err)
	}
	r := &request{t: l["en"]}
	s := store.Schedule{Spec: "08:00", Zone: "UTC", Target: store.Target{Channel: textID, Roles: roles}}
	if got := strings.Count(r.scheduleFacts(s), "<@&"); got != rolesMost {
		t.Errorf("a list shows %d roles", got)
	}
}
