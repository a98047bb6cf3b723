package preview

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"attache/bot"
	"attache/internal/digest"
	"attache/internal/store"

	"github.com/rivo/uniseg"
	"golang.org/x/net/html"
)

func TestInline(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []run
	}{
		{"plain", []run{{text: "plain"}}},
		{`a \*b\* [x](y`, []run{{text: "a *b* [x](y"}}},
		{"**b** and *i*", []run{{text: "b", bold: true}, {text: " and "}, {text: "i", italic: true}}},
		{"**b *and i***", []run{{text: "b ", bold: true}, {text: "and i", bold: true, italic: true}}},
		{"5 * 3 and **open", []run{{text: "5 * 3 and **open"}}},
		{`**a\** b`, []run{{text: "**a** b"}}},
		{"See [[1]](https://a.example/#:~:text=x) now", []run{{text: "See "}, {text: "[1]", url: "https://a.example/#:~:text=x"}, {text: " now"}}},
		{`[a \] b](https://a.example/)`, []run{{text: "a ] b", url: "https://a.example/"}}},
		{"[**b**](https://a.example/)", []run{{text: "b", bold: true, url: "https://a.example/"}}},
		{"[x](javascript:alert(1))", []run{{text: "[x](javascript:alert(1))"}}},
		{"[x](https://a.example/ \"t\")", []run{{text: "[x](https://a.example/ \"t\")"}}},
		{"[x](https://a.example/\u202e)", []run{{text: "[x](https://a.example/)"}}},
		{"@\u200beveryone", []run{{text: "@everyone"}}},
		{"<@&77> <@5> <#9> <@x> <5>", []run{{text: "@role", mention: true}, {text: " "}, {text: "@member", mention: true}, {text: " "}, {text: "#channel", mention: true}, {text: " <@x> <5>"}}},
		{"\x1b[31mred\x07\u202e\u009b", []run{{text: "[31mred"}}},
		{"a\\\x1bb\\", []run{{text: "ab\\"}}},
		{`C:\temp \… \é`, []run{{text: `C:\temp … \é`}}},
		{"\xff", []run{{text: "\ufffd"}}},
		{"", nil},
	} {
		got := inline(c.in)
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", c.want) {
			t.Errorf("inline(%q) = %+v, want %+v", c.in, got, c.want)
		}
	}
}

func TestTerminalPlain(t *testing.T) {
	m := Message{Content: "**Digest** · today\n-# ref X", Embeds: []Embed{{
		Title: "Ministers meet in Porto", URL: "https://a.example/1", Description: "• One two three four five six seven. [[1]](https://a.example/1)\n> “Yes.”\n> — **Ana Reis**",
	}}}
	want := "Digest · today\nref X\n\n| Ministers meet in Porto\n| • One two three four five\n|   six seven. [1]\n| ┃ “Yes.”\n| ┃ — Ana Reis\n"
	if got := Terminal(m, 28, false); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	m.Rows = []Row{{Buttons: []Button{{Label: "Quotes", Style: 2}, {Label: "\x1b[2J"}, {Label: "\u202e "}, {Label: "Post", Style: 1}}}, {}}
	if got := Terminal(m, 28, false); got != want+"[Quotes] [[2J] [Post]\n" {
		t.Errorf("with buttons:\n%s", got)
	}
	files := Message{Content: "a", Files: []File{{Name: "sources.opml"}, {Name: "x\x1b[2J<b>\ny"}}}
	if got := Terminal(files, 28, false); got != "a\n📎 sources.opml\n📎 x[2J<b> y\n" {
		t.Errorf("with files:\n%q", got)
	}
	if got := Terminal(m, 28, true); !strings.Contains(got, "\x1b]8;;https://a.example/1\x1b\\") {
		t.Error("a terminal with colours gets no hyperlink")
	}
}

// sample is a digest as package bot renders it: several alphabets, a long word, a long link.
func sample(t testing.TB) []Message {
	t.Helper()
	link := "https://harbour-times.example/2026/03/02/talks#:~:text=Delegations"
	story := func(headline, bullet, words string) digest.Story {
		return digest.Story{
			ID: 1, Headline: headline, URL: link, Outlets: 2, Engine: "extractive", OneSided: true,
			Bullets: []digest.Bullet{{ID: "b", Text: bullet, Refs: []digest.Ref{{Source: 1, URL: link, Short: link}}}},
			Quotes:  []digest.Quote{{ID: "q", Words: []string{words}, Speaker: "Ana Reis-Lobo", Role: "minister for the sea", Translated: true, Ref: digest.Ref{Source: 1, URL: link, Short: link}}},
			Sources: []digest.Source{{Name: "Harbour Times", Tier: store.Press, URL: link}, {Name: "Ministry for the Sea", Tier: store.Official, URL: "https://sea-ministry.example/1"}},
		}
	}
	w, err := bot.NewRenderer("en")
	if err != nil {
		t.Fatal(err)
	}
	list, err := w.Render(digest.Digest{
		Delivery: 7, Zone: "Europe/Brussels", Slot: "2026-03-02T08:00", Considered: 9, Outlets: 3, Target: store.Target{Channel: "2", Roles: []string{"77"}},
		Stories: []digest.Story{
			story("Two coasts agree to count their fish together", "Delegations of both coasts agreed on Sunday to a joint count of herring stocks, to begin on 1 April.", "The sea has no patience with our *arguments*."),
			story("两岸代表团同意共同清点鱼群", "两岸代表团星期日同意，从4月1日起共同清点鲱鱼。", "海洋对我们的争论没有耐心。"),
			story("الوفدان يتفقان على إحصاء مشترك للأسماك", "اتفق الوفدان يوم الأحد على إحصاء مشترك يبدأ في 1 أبريل.", "البحر لا يصبر على خلافاتنا."),
			story("Donaudampfschifffahrtsgesellschaftskapitänspatentprüfung", strings.Repeat("Rindfleischetikettierungsüberwachung", 3), "Ja 👨‍👩‍👧, e\u0301."),
		},
	}, "seed")
	if err != nil {
		t.Fatal(err)
	}
	var out []Message
	for _, m := range list {
		p, err := Decode(m.Body)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

var ansi = regexp.MustCompile("\x1b\\[[0-9;]*m|\x1b\\]8;;[\x20-\x7e]*\x1b\\\\")

// No line is wider than the terminal, no letter is lost, and without colour there is no escape sequence.
func TestTerminalWraps(t *testing.T) {
	words := func(s string) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(" \n|┃▌", r) {
				return -1
			}
			return r
		}, s)
	}
	for _, m := range sample(t) {
		whole := Terminal(m, 10000, false)
		for _, columns := range []int{12, 20, 40, 79, 80, 200} {
			plain := Terminal(m, columns, false)
			colored := Terminal(m, columns, true)
			if strings.Contains(plain, "\x1b") {
				t.Errorf("%d columns: an escape sequence without colour", columns)
			}
			for _, l := range strings.Split(ansi.ReplaceAllString(colored, ""), "\n") {
				if n := uniseg.StringWidth(l); n > columns {
					t.Errorf("%d columns: a line of %d: %q", columns, n, l)
				}
				if strings.HasSuffix(l, " ") && strings.Trim(l, " |▌┃") != "" {
					t.Errorf("%d columns: a space at the end of %q", columns, l)
				}
			}
			if words(plain) != words(whole) || words(ansi.ReplaceAllString(colored, "")) != words(whole) {
				t.Errorf("%d columns: letters were lost:\n%s", columns, plain)
			}
		}
	}
	if got := Terminal(Message{Content: "some words"}, -5, false); !strings.HasPrefix(got, "some") {
		t.Errorf("no columns at all: %q", got)
	}
}

// A message cannot steer the terminal: what begins an escape sequence is ours, in text as in links.
func TestTerminalIsNotSteered(t *testing.T) {
	for _, evil := range []string{"\x1b[2J", "\x1b]0;title\x07", "\u009b2J", "\r\b", "\x1b]8;;https://evil.example\x1b\\", "\u202eabc", "\u2028"} {
		m := Message{Content: evil + " [a](https://a.example/" + evil + ")", Embeds: []Embed{{Title: evil, URL: "https://a.example/" + evil, Description: "> " + evil + `\` + evil}}}
		for _, color := range []bool{false, true} {
			got := Terminal(m, 80, color)
			left := ansi.ReplaceAllString(got, "")
			if i := strings.IndexFunc(left, func(r rune) bool {
				return r < ' ' && r != '\n' || 0x7f <= r && r < 0xa0 || r == '\u202e' || r == '\u2028'
			}); i >= 0 {
				t.Errorf("%q leaves %q", evil, left[i:])
			}
			if strings.Contains(got, "\x1b]8;;https://evil") || strings.Contains(got, "\x1b[2J") {
				t.Errorf("%q is obeyed: %q", evil, got)
			}
		}
	}
}

// The page is well formed, holds every word of the messages, and asks for nothing from anywhere.
func TestPage(t *testing.T) {
	messages := sample(t)
	messages[0].Files = []File{{Name: "sources.opml"}, {Name: "<img src=x>"}}
	var b bytes.Buffer
	if err := Page(&b, "news", messages); err != nil {
		t.Fatal(err)
	}
	text := checkHTML(t, b.Bytes())
	for _, want := range []string{"#news", "Two coasts agree to count their fish together", "“The sea has no patience with our *arguments*.”", "Ana Reis-Lobo", "in translation", "@role", "两岸代表团同意共同清点鱼群", "one side only", "Quotes", "Sources", "Why this?", "📎 sources.opml"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, want := range []string{`style="border-left-color: #718096"`, `<html lang="en">`, `default-src &#39;none&#39;`, "<blockquote>", `dir="auto"`, "<h1>", "<h2 ", `<span class="button"`} {
		if !strings.Contains(b.String(), want) && !strings.Contains(html.UnescapeString(b.String()), html.UnescapeString(want)) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if n := strings.Count(b.String(), "<blockquote>"); n != strings.Count(b.String(), "</blockquote>") || n != 4 {
		t.Errorf("%d quotes", n)
	}
}

// checkHTML fails on elements that are left open, on what a browser would fetch or run, and on links elsewhere than the
// web. It returns the text.
func checkHTML(t *testing.T, page []byte) string {
	t.Helper()
	void := map[string]bool{"meta": true}
	optional := map[string]bool{"html": true, "body": true, "head": true}
	var open []string
	var text strings.Builder
	z := html.NewTokenizer(bytes.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF { //nolint:errorlint // as the tokenizer returns it
				t.Error(z.Err())
			}
			if len(open) > 0 {
				t.Errorf("left open: %v", open)
			}
			return text.String()
		case html.TextToken:
			text.Write(z.Text())
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			switch tok.Data {
			case "script", "img", "iframe", "object", "embed", "link", "base", "form", "input", "svg", "video", "audio":
				t.Errorf("the page has a <%s>", tok.Data)
			}
			for _, a := range tok.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "srcset" || a.Key == "href" && !strings.HasPrefix(a.Val, "https://") && !strings.HasPrefix(a.Val, "http://") {
					t.Errorf("<%s %s=%q>", tok.Data, a.Key, a.Val)
				}
			}
			if !void[tok.Data] && !optional[tok.Data] {
				open = append(open, tok.Data)
			}
		case html.EndTagToken:
			tok := z.Token()
			if optional[tok.Data] {
				continue
			}
			if len(open) == 0 || open[len(open)-1] != tok.Data {
				t.Fatalf("</%s> closes %v", tok.Data, open)
			}
			open = open[:len(open)-1]
		}
	}
}

func TestPageEscapes(t *testing.T) {
	var b bytes.Buffer
	err := Page(&b, "news<script>", []Message{{
		Content: "<script>alert(1)</script> [x](javascript:alert(1)) **<img src=x>** *<b onclick=1>*\n> </blockquote><script>\n-# </p>",
		Embeds: []Embed{
			{Title: "<b>", URL: "https://a.example/?\"><script>", Description: "[y](https://a.example/\"onx=1)\n[<u>](https://a.example/<u>)"},
			{Title: "t", URL: "javascript:alert(1)", Description: "", Color: -1}, {Description: "no title", Color: 1 << 30},
		},
	}, {}})
	if err != nil {
		t.Fatal(err)
	}
	checkHTML(t, b.Bytes())
	for _, bad := range []string{"<script>", `href="javascript`, `"onx`, "ZgotmplZ"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

// Every text of the page stands out from what is behind it by 4.5 to 1, as WCAG 2 asks (1.4.3).
func TestPageContrast(t *testing.T) {
	luminance := func(hex string) float64 {
		n, err := strconv.ParseUint(hex, 16, 32)
		if err != nil || len(hex) != 6 {
			t.Fatalf("colour %q: %v", hex, err)
		}
		part := func(c uint64) float64 {
			v := float64(c&255) / 255
			if v <= 0.04045 {
				return v / 12.92
			}
			return math.Pow((v+0.055)/1.055, 2.4)
		}
		return 0.2126*part(n>>16) + 0.7152*part(n>>8) + 0.0722*part(n)
	}
	// declared returns what the style sheet gives a selector for a property, "" when nothing.
	declared := func(selector, property string) string {
		m := regexp.MustCompile(`(?m)^\s*` + regexp.QuoteMeta(selector) + ` \{[^}]*?[ ;{]` + property + `: #([0-9a-f]{3,6})`).FindStringSubmatch(pageHTML)
		if m == nil {
			return ""
		}
		if len(m[1]) == 3 {
			return string([]byte{m[1][0], m[1][0], m[1][1], m[1][1], m[1][2], m[1][2]})
		}
		return m[1]
	}
	for _, c := range []struct{ text, behind string }{
		{"body", "body"}, {"h1", "body"}, {"h1 span", "body"}, {".name", "body"}, {".small", "body"}, {"a", "body"},
		{"body", ".embed"}, {".embed h2", ".embed"}, {".small", ".embed"}, {"a", ".embed"},
		{".mention", ".mention"}, {".app", ".app"}, {".face", ".face"}, {".button", ".button"}, {".button", ".main.button"},
	} {
		fg, bg := declared(c.text, "color"), declared(c.behind, "background")
		if fg == "" || bg == "" {
			t.Errorf("%s on %s: no colours (%q, %q)", c.text, c.behind, fg, bg)
			continue
		}
		a, b := luminance(fg), luminance(bg)
		if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 4.5 {
			t.Errorf("%s on %s: #%s on #%s is %.2f to 1", c.text, c.behind, fg, bg, ratio)
		}
	}
}

func TestDecode(t *testing.T) {
	if _, err := Decode([]byte(`{"content":`)); err == nil {
		t.Error("half a body is taken")
	}
	m, err := Decode([]byte(`{"content":"a","embeds":null,"nonce":"n"}`))
	if err != nil || m.Content != "a" {
		t.Errorf("%+v, %v", m, err)
	}
	m, err = Decode([]byte(`{"name":"Monday","message":{"content":"in a forum","components":[{"type":1,"components":[{"type":2,"label":"Sources","style":2}]}]}}`))
	if err != nil || m.Content != "in a forum" || len(m.Rows) != 1 || m.Rows[0].Buttons[0].Label != "Sources" {
		t.Errorf("%+v, %v", m, err)
	}
}

// FuzzPreview: whatever a message holds, terminal and page are safe, and the lines fit.
func FuzzPreview(f *testing.F) {
	f.Add("**a** [b](https://x.example) <@&1>\n> c\n-# d", 20)
	f.Add("\x1b]8;;x\x1b\\ 两岸代表团 \\", 9)
	f.Fuzz(func(t *testing.T, s string, columns int) {
		if columns > 500 {
			return
		}
		raw, err := json.Marshal(map[string]any{"content": s, "embeds": []any{map[string]any{"title": s, "url": s, "description": s}},
			"components": []any{map[string]any{"components": []any{map[string]any{"label": s, "style": 1}, map[string]any{"label": s}}}}})
		if err != nil {
			t.Fatal(err)
		}
		m, err := Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		left := ansi.ReplaceAllString(Terminal(m, columns, true), "")
		if i := strings.IndexFunc(left, func(r rune) bool { return r < ' ' && r != '\n' || 0x7f <= r && r < 0xa0 }); i >= 0 {
			t.Errorf("control characters: %q", left)
		}
		if !utf8.ValidString(left) {
			t.Errorf("no text: %q", left)
		}
		for _, l := range strings.Split(left, "\n") {
			if n := uniseg.StringWidth(l); n > max(columns, roomMin+4) && uniseg.GraphemeClusterCount(l) > 5 {
				t.Errorf("%d columns: %q is %d wide", columns, l, n)
			}
		}
		var b bytes.Buffer
		if err := Page(&b, s, []Message{m}); err != nil {
			t.Fatal(err)
		}
		checkHTML(t, b.Bytes())
	})
}

func BenchmarkTerminal(b *testing.B) {
	list := sample(b)
	for b.Loop() {
		for _, m := range list {
			Terminal(m, 80, true)
		}
	}
}
