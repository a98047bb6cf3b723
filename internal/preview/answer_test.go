package preview

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// seen is the text of a page, a space between its parts.
func seen(t *testing.T, page []byte) string {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for n := range doc.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "style" && n.Parent.Data != "title" {
			parts = append(parts, n.Data)
		}
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

func TestShow(t *testing.T) {
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	const open = `"components":[{"type":1,"components":[{"type":3,"placeholder":"Which kind?","options":[{"label":"press"},{"label":"official"DEFAULT}]}]},` +
		`{"type":1,"components":[{"type":2,"style":4,"label":"Remove"},{"type":2,"style":2,"label":"1 / 2","disabled":true}]}]`
	for name, c := range map[string]struct {
		in   Answer
		want string
		html []string
	}{
		"a message for one": {Answer{Who: "ana", Did: "/search words:fish", Type: 4, Only: true, At: at, Locale: "en-US", Body: json.RawMessage(`{"content":"**fish** \\*",` + strings.Replace(open, "DEFAULT", "", 1) + `}`)},
			`# digest ana used /search words:fish A Attaché APP fish * Which kind? ▾ Remove 1 / 2 Only you can see this · Dismiss message`,
			[]string{`<span class="menu"`, `<span class="red button"`, `<span class="off button"`, `<li class="only">`}},
		"chosen, for everybody, in German": {Answer{Who: "ana", Did: "Posten", Pressed: true, Type: 7, At: at, Locale: "de", Body: json.RawMessage(`{"embeds":[{"description":"<t:1772445600:D> <t:1772445600:R>"}],` + strings.Replace(open, "DEFAULT", `,"default":true`, 1) + `}`)},
			`# digest ana hat gedrückt: Posten A Attaché APP 2. März 2026 vor 2 Stunden official ▾ Remove 1 / 2`,
			[]string{`<span class="chosen menu"`, `<html lang="de">`}},
		"suggestions": {Answer{Did: "/brief about:po", Type: 8, Body: json.RawMessage(`{"choices":[{"name":"Portugal","value":"x"},{"name":"<b>Poland","value":"y"}]}`)},
			`# digest Portugal <b>Poland /brief about:po`, nil},
		"no suggestion": {Answer{Did: "/brief about:qq", Type: 8, Body: json.RawMessage(`{"choices":[]}`)}, `# digest /brief about:qq`, nil},
		"a form": {Answer{Type: 9, Body: json.RawMessage(`{"title":"What it is","components":[{"components":[{"type":4,"label":"Name","style":1,"value":"Ga\u202ezette","required":true}]},{"components":[{"type":4,"label":"More","style":2}]}]}`)},
			`# digest What it is Name * Gazette More Cancel Submit`, []string{`class="long input"`}},
		"hostile": {Answer{Who: "<script>", Did: "\x1b[2J<img src=x>", Type: 4, Only: true, Body: json.RawMessage(`{"content":"<script>x</script>"}`)},
			`# digest <script> used [2J<img src=x> A Attaché APP <script>x</script> Only you can see this · Dismiss message`, nil},
	} {
		var b bytes.Buffer
		if err := Show(&b, "digest", c.in); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := seen(t, b.Bytes()); got != c.want {
			t.Errorf("%s shows\n%s, want\n%s", name, got, c.want)
		}
		for _, h := range c.html {
			if !strings.Contains(b.String(), h) {
				t.Errorf("%s has no %s:\n%s", name, h, b.String()[strings.Index(b.String(), "<main>"):])
			}
		}
	}
	for _, in := range []Answer{{Type: 5}, {Type: 4, Body: json.RawMessage(`[`)}, {Type: 8}, {Type: 9, Body: json.RawMessage(`"x"`)}} {
		if err := Show(&bytes.Buffer{}, "digest", in); err == nil {
			t.Errorf("%+v is shown", in)
		}
	}
}

func TestTimestamps(t *testing.T) {
	c := clock{now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), lang: "en"}
	for in, want := range map[string]string{
		"<t:1772445600>": "2 March 2026 10:00", "<t:1772445600:t>": "10:00", "<t:1772445600:T>": "10:00:00", "<t:1772445600:d>": "02/03/2026", "<t:1772445600:D>": "2 March 2026",
		"<t:1772445600:f>": "2 March 2026 10:00", "<t:1772445600:F>": "Monday, 2 March 2026 10:00", "<t:1772445600:R>": "2 hours ago", "<t:1772452830:R>": "in 30 seconds",
		"<t:1772452740:R>": "1 minute ago", "<t:1772452800:R>": "in 0 seconds", "<t:1772452802:R> or so": "in 2 seconds or so", "<t:1772712000:R>": "in 3 days", "<t:9999999999999:R>": "<t:9999999999999:R>", "<t:1:X>": "<t:1:X>",
	} {
		if got := strings.ReplaceAll(c.told(in), "\u00a0", " "); got != want {
			t.Errorf("%s is %q, want %q", in, got, want)
		}
	}
	for key, en := range words("en") {
		if de := words("de")[key]; de == "" || len(strings.Fields(de)) != len(strings.Fields(en)) && (key == "months" || key == "days") {
			t.Errorf("client.txt: %s is %q in German", key, de)
		}
	}
	if words("xx")["submit"] != "Submit" {
		t.Error("an unknown language is not shown in English")
	}
}
