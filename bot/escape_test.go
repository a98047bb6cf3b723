package bot

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"attache/internal/digest"
	"attache/internal/text"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// hostileFile holds strings that other programs let through, each with what must not be found in what is shown.
const hostileFile = "../../shared/discord/hostile_strings.jsonl"

type hostile struct {
	ID      string   `json:"id"`
	Family  string   `json:"family"`
	Context string   `json:"context"` // text, field (of limited length), title (without Markdown)
	Input   string   `json:"input"`
	Expect  string   `json:"expect"`
	Never   []string `json:"must_not_match"`
	Max     *int     `json:"max_runes"`
	Note    string   `json:"note"`
}

func readHostile(t testing.TB) []hostile {
	t.Helper()
	raw, err := os.ReadFile(hostileFile)
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("ATTACHE_CI") != "1" {
		t.Skipf("%s is not there", hostileFile)
	}
	if err != nil {
		t.Fatal(err)
	}
	var out []hostile
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		dec := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		dec.DisallowUnknownFields()
		var h hostile
		if err := dec.Decode(&h); err != nil {
			t.Fatal(err)
		}
		out = append(out, h)
	}
	if lines.Err() != nil || len(out) == 0 {
		t.Fatalf("%d strings: %v", len(out), lines.Err())
	}
	return out
}

var (
	rawMention = regexp.MustCompile(`@(?:everyone|here)|<(?:@[!&]?|#)\d+>|<a?:\w+:\d+>`)
	rawLink    = regexp.MustCompile(`(?i)[a-z][a-z0-9+.\-]*:(?://|\\\\)|(?:^|[^a-z])(?:mailto|tel|sms|data|javascript|vbscript|file|discord|steam|xmpp|sip):[^\s` + string(zwsp) + `]`)
	rawHost    = regexp.MustCompile(`(?i)[\pL\d]\.\pL+/`)
	rawEmoji   = regexp.MustCompile(`:[A-Za-z0-9_+\-]+:`)
	rawList    = regexp.MustCompile(`(?m)^\s*(?:[-+*]|\d+\.|#|>)`)
	manyMarks  = regexp.MustCompile(`[\x{300}-\x{36f}]{3}`)
)

// alive says what of s Discord would make more of than text, "" when nothing. It follows what Discord's client and
// server do, not what Escape does: mentions and links are looked for in the raw text, Markdown where no backslash
// stands before it.
func alive(s string, markdown bool) string {
	for _, r := range s {
		if r != zwsp && r != '\n' && text.Invisible(r) || r == utf8.RuneError {
			return "invisible or no character"
		}
	}
	for what, re := range map[string]*regexp.Regexp{"mention": rawMention, "link": rawLink, "address": rawHost, "emoji": rawEmoji, "pile of marks": manyMarks} {
		if m := re.FindString(s); m != "" && (markdown || what != "emoji") {
			return what + " " + m
		}
	}
	if !markdown {
		return ""
	}
	if m := rawList.FindString(s); m != "" {
		return "start of a line " + m
	}
	escaped := false
	for _, r := range s {
		switch {
		case escaped:
			if unicode.IsSpace(r) || unicode.IsLetter(r) || unicode.IsDigit(r) {
				return "backslash that escapes nothing"
			}
			escaped = false
		case r == '\\':
			escaped = true
		case strings.ContainsRune("*_~`|[]()<>#", r):
			return "Markdown " + string(r)
		}
	}
	if escaped {
		return "backslash at the end"
	}
	return ""
}

// seen is what a reader sees of Markdown in which nothing is alive.
func seen(s string) string {
	var sb strings.Builder
	rs := []rune(s)
	for i := 0; i < len(rs); i++ {
		if rs[i] == '\\' && i+1 < len(rs) && !unicode.IsSpace(rs[i+1]) && !unicode.IsLetter(rs[i+1]) && !unicode.IsDigit(rs[i+1]) {
			i++
		}
		if rs[i] != zwsp {
			sb.WriteRune(rs[i])
		}
	}
	return sb.String()
}

// The file's strings stay dead. Its links are to be taken out; ours stand as text that nothing makes a link of, because
// the words of an article are never changed, so that what is expected is compared for the other families.
func TestHostileStrings(t *testing.T) {
	links := map[string]bool{"masked-link": true, "url": true, "invite": true, "embed-spoof": true}
	for _, h := range readHostile(t) {
		t.Run(h.ID, func(t *testing.T) {
			got, markdown := Escape(h.Input), true
			if h.Context == "title" {
				got, markdown = Plain(h.Input), false
			}
			if h.Max != nil {
				got = Clip(got, *h.Max)
				if n := utf8.RuneCountInString(got); n > *h.Max {
					t.Errorf("%d characters", n)
				}
			}
			if what := alive(got, markdown); what != "" {
				t.Errorf("%q: %s", got, what)
			}
			for _, never := range h.Never {
				if m := regexp.MustCompile(never).FindString(got); m != "" {
					t.Errorf("%q holds %q", got, m)
				}
			}
			if want := strings.ReplaceAll(seen(h.Expect), "\ufe0f", ""); !links[h.Family] && !strings.Contains(h.Expect, "⟦") && seen(got) != want {
				t.Errorf("readers see %q, want %q", seen(got), want)
			}
			if h.Family == "keep" && !Faithful(h.Input) {
				t.Error("harmless words would lose their quotation marks")
			}
		})
	}
}

// Wherever a hostile string stands in a digest, the messages hold nothing alive but what Render means to.
func TestHostileDigest(t *testing.T) {
	// What Render itself makes: bold and italic around a whole text, links of numbers and names, line starts.
	own := strings.NewReplacer(" *(official)*", "", " *(state media)*", "", "**", "", "*", "", "\n> ", "\n", "\n-# ", "\n")
	shown := 0 // names that stand in brackets
	ownLink := regexp.MustCompile(`\[(\[\d+\]|[^\[\]]*)\]\(https?://[^\s()]+\)`)
	ownNumber := regexp.MustCompile(`\\\[\d+\\\]`)
	for _, h := range readHostile(t) {
		d := sampleDigest(2, func(int) string { return h.Input })
		for i := range d.Stories {
			s := &d.Stories[i]
			q := &s.Quotes[0]
			q.Speaker, q.Role, q.Venue, q.Via, q.Words = h.Input, h.Input, h.Input, h.Input, []string{h.Input, h.Input}
			q.Original = &digest.Original{Words: []string{h.Input, h.Input}, Post: i == 1, Lang: h.Input, Ref: q.Ref}
			explained(s, h.Input)
			s.Sources[0].Name, s.Engine = h.Input, h.Input
			s.Sources[1].URL = h.Input
		}
		d.Name, d.Target.Roles = h.Input, nil
		bodies, messages := render(t, d)
		for i, b := range bodies {
			checkLimits(t, b)
			texts := []string{b.Content}
			for _, e := range b.Embeds {
				texts = append(texts, e.Title, e.Description)
			}
			for _, s := range texts {
				shown += strings.Count(s, " \\["+Escape(h.Input)+"\\] of story")
				s = ownNumber.ReplaceAllString(ownLink.ReplaceAllString(s, ""), "")
				if what := alive(unstyled(own, s), true); what != "" {
					t.Errorf("%s: %s in\n%s", h.ID, what, s)
				}
			}
			if bytes.Contains(messages[i].Body, []byte("\\u20")) && regexp.MustCompile(`\\u202[a-e]`).Match(messages[i].Body) {
				t.Errorf("%s: a bidi control in %s", h.ID, messages[i].Body)
			}
		}
	}
	if shown < 20 {
		t.Errorf("%d names in brackets: the test tells little of them", shown)
	}
}

// unstyled takes Render's own styles out of s: those whose first character no backslash stands before.
func unstyled(own *strings.Replacer, s string) string {
	s = strings.ReplaceAll(s, `\\`, "\x01")
	s = strings.ReplaceAll(s, `\*`, "\x02")
	s = own.Replace("\n" + s)
	return strings.NewReplacer("\x01", `\\`, "\x02", `\*`).Replace(strings.TrimPrefix(s, "\n"))
}

func TestUnfaithfulWordsHaveNoMarks(t *testing.T) {
	n := 0
	for _, h := range readHostile(t) {
		if units(h.Input) > quoteMax {
			continue
		}
		d := sampleDigest(1, func(int) string { return "" })
		d.Stories[0].Quotes = []digest.Quote{{Words: []string{h.Input}, Speaker: "Ana Reis-Lobo", Ref: digest.Ref{Source: 1}}}
		bodies, _ := render(t, d)
		marked := strings.Contains(bodies[0].Embeds[0].Description, "> “")
		if changed := seen(EscapeLines(h.Input)) != h.Input; changed == marked {
			t.Errorf("%s: %q is changed: %t; between marks: %t", h.ID, h.Input, changed, marked)
		} else if changed {
			n++
		}
	}
	if n == 0 {
		t.Error("no string lost anything: the test tells nothing")
	}
}

// TestEscape: character for character, with "|" for what breaks a mention, link or emoji.
func TestEscape(t *testing.T) {
	for _, c := range []struct{ in, escaped, plain string }{
		{"words", "words", "words"},
		{"", "", ""},
		{"*b* _i_ ~s~ `c` |x| \\", "\\*b\\* \\_i\\_ \\~s\\~ \\`c\\` \\|x\\| \\\\", "*b* _i_ ~s~ `c` |x| \\"},
		{"[a](b) <c> #d", "\\[a\\]\\(b\\) \\<c\\> \\#d", "[a](b) <c> #d"},
		{"- item", "\\- item", "- item"},
		{"  + item - no", "  \\+ item - no", "  + item - no"},
		{"12. item", "12\\. item", "12. item"},
		{"0. 9. no", "0\\. 9. no", "0. 9. no"},
		{"9. item", "9\\. item", "9. item"},
		{"12 . no", "12 . no", "12 . no"},
		{". no", ". no", ". no"},
		{"12", "12", "12"},
		{"-", "\\-", "-"},
		{" ", " ", " "},
		{"a - b + c 1. d", "a - b + c 1. d", "a - b + c 1. d"},
		{":. /. 1/ 9:", ":. /. 1/ 9:", ":. /. 1/ 9:"},
		{"@here @ x @", "@|here @ x @", "@|here @ x @"},
		{"a@b", "a@|b", "a@|b"},
		{"<#1> <@2> </x:3> <:a:4> <b", "\\<|\\#1\\> \\<@|2\\> \\<|/x:3\\> \\<|:|a:4\\> \\<b", "<|#1> <@|2> <|/x:3> <|:|a:4> <b"},
		{"http://x.y/z", "http:|//x.|y/z", "http:|//x.|y/z"},
		{"http:\\x", "http:|\\\\x", "http:|\\x"},
		{"mailto:a MAILTO:b xmailto:c amailto: 1mailto:d", "mailto:|a MAILTO:|b xmailto:c amailto: 1mailto:|d", "mailto:|a MAILTO:|b xmailto:c amailto: 1mailto:|d"},
		{":a b: c:d", ":a b: c:d", ":a b: c:d"},
		{":smile: :+1: :a_b-2: :: :é:", ":|smile: :|+1: :|a\\_b-2: :: :é:", ":|smile: :|+1: :|a_b-2: :: :é:"},
		{":09: :a/b: :A;b: ::x", ":|09: :a/b: :A;b: ::x", ":|09: :a/b: :A;b: ::x"},
		{"t.co/x a.b 1.c/ .d/ é.f/ -.g/ a./ a.b1/ h.i\\j k.l", "t.|co/x a.b 1.|c/ .d/ é.|f/ -.g/ a./ a.b1/ h.|i\\\\j k.l", "t.|co/x a.b 1.|c/ .d/ é.|f/ -.g/ a./ a.b1/ h.|i\\j k.l"},
		{"a\tb\nc\r\nd\ve\u2028f", "a b c d e f", "a b c d e f"},
		{"in\u200bvis\u00adible\u202e", "invisible", "invisible"},
		{"z\u0300\u0301\u036fx\u0300\u0301\u0370\u0300", "z\u0300\u0301x\u0300\u0301\u0370\u0300", "z\u0300\u0301x\u0300\u0301\u0370\u0300"},
		{"z\u0300\u200b\u0301\u0302", "z\u0300\u0301", "z\u0300\u0301"},
		{"\xff", "\ufffd", "\ufffd"},
	} {
		shown := func(s string) string { return strings.ReplaceAll(s, string(zwsp), "|") }
		hide := strings.NewReplacer("|x|", "/x/", `\|x\|`, `/x/`) // bars of the text itself
		if got := shown(Escape(c.in)); hide.Replace(got) != hide.Replace(c.escaped) {
			t.Errorf("Escape(%q):\n got %s\nwant %s", c.in, got, c.escaped)
		}
		if got := shown(Plain(c.in)); hide.Replace(got) != hide.Replace(c.plain) {
			t.Errorf("Plain(%q):\n got %s\nwant %s", c.in, got, c.plain)
		}
	}
	if got, want := EscapeLines("- a\n1. b\r\n* c\n"), "\\- a\n1\\. b\n\\* c\n"; got != want {
		t.Errorf("EscapeLines: %q, want %q", got, want)
	}
	if got, want := Unescape("\\\\a\\*b\u200b\\"), "\\a*b"; got != want {
		t.Errorf("Unescape: %q, want %q", got, want)
	}
}

func TestFaithful(t *testing.T) {
	for s, want := range map[string]bool{
		"Plain words, \"quoted\" – with 3½ signs…": true, "a\\b": true, "\\": true, "*": true, "@everyone": true, "https://x.example": true,
		"Zażółć gęślą jaźń": true, "Việt Nam": true, "नमस्ते": true, "👍": true, "": true, "1. first": true,
		"two\nlines\n- three": true, "two\r\nlines": false, "tab\there": false, "in\u200bvisible": false, "\u202eright": false, "z\u0301\u0302\u0303": false, "\xff": false,
		"soft\u00adhyphen": false, "\x1b[31m": false,
	} {
		if got := Faithful(s); got != want {
			t.Errorf("Faithful(%q) = %t", s, got)
		}
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		in   string
		max  int
		want string
	}{
		{"short", 5, "short"}, {"longer", 5, "long…"}, {"longer", 1, "…"}, {"longer", 0, ""}, {"", 0, ""},
		{"one two three", 10, "one two…"}, {"onetwothree four", 12, "onetwothree…"},
		{`a\*b`, 3, "a…"}, {`a\*b`, 4, `a\*b`}, {`a\\\\b`, 4, `a\\…`}, {`ab\ c`, 4, "ab…"},
		{"ab😀cd", 4, "ab…"}, {"ab😀cd", 5, "ab😀…"}, // an emoji is two units
		{"e\u0301e\u0301e\u0301", 4, "e\u0301…"}, {"🇫🇷🇩🇪x", 7, "🇫🇷…"}, {"👨‍👩‍👧👍x", 9, "👨‍👩‍👧…"}, {"한국어", 3, "한국어"}, {"क्षि क्षि", 5, "क्षि…"},
		{"@\u200beveryone", 4, "@\u200be…"}, {"@\u200beveryone", 3, "@…"},
	} {
		if got := Clip(c.in, c.max); got != c.want {
			t.Errorf("Clip(%q, %d) = %q, want %q", c.in, c.max, got, c.want)
		}
	}
}

func TestLink(t *testing.T) {
	for in, want := range map[string]string{
		"https://a.example/b?c=d&e[]=1#f":                "https://a.example/b?c=d&e%5B%5D=1#f",
		"https://a.example/x_y~z_(1)":                    "https://a.example/x_y~z_%281%29",
		"https://a.example/#:~:text=a%20b,c":             "https://a.example/#:~:text=a%20b,c",
		"HTTPS://A.example":                              "https://A.example",
		"https://a.example/a b\u202e\u2028|*`":           "https://a.example/a%20b%E2%80%AE%E2%80%A8%7C%2A%60",
		"https://bücher.example:8443/ü":                  "https://xn--bcher-kva.example:8443/%C3%BC",
		"https://a.example/?q=100%&r=%zz":                "https://a.example/?q=100%25&r=%25zz",
		"http://[2001:db8::1]:80/x":                      "http://[2001:db8::1]:80/x",
		"javascript:alert(1)":                            "",
		"https://user:secret@a.example/":                 "",
		"https://user@a.example/":                        "",
		"https:///a":                                     "",
		"https://:80/a":                                  "",
		"//a.example/b":                                  "",
		"ftp://a.example":                                "",
		"https://a.example\\@b.example/":                 "",
		"https://a.example/\xff":                         "",
		"https://a.example/\n(https://evil.example)":     "",
		"https://[fe80::1%25eth0]/":                      "",
		"https://a\u200bb.example/x":                     "https://ab.example/x", // as browsers read it
		"data:text/html,<script>":                        "",
		"":                                               "",
		"https://a.example/](https://evil.example) [x](": "https://a.example/%5D%28https://evil.example%29%20%5Bx%5D%28",
	} {
		if got := link(in); got != want {
			t.Errorf("link(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestReadable(t *testing.T) {
	for in, want := range map[string]string{
		"https://a.example/%D0%BF%D0%B5%D1%80%20%2C%25": "https://a.example/пер%20%2C%25",
		"%E4%B8%A4%E5%B2%B8":                            "两岸",
		"%d0%bf":                                        "п",
		"%41%2F%D0":                                     "%41%2F%D0",                            // ASCII stays; half a letter is none
		"%E2%80%AE%E2%80%8B%CC%81%F0%9F%98%80":          "%E2%80%AE%E2%80%8B%CC%81%F0%9F%98%80", // controls, marks and signs stay
		"%F0%90%8D%88%E3%85%A4":                         "𐍈%E3%85%A4",                           // a Gothic letter; a Hangul filler is not seen
		"%D0п%BF":                                       "%D0п%BF",
		"%":                                             "%",
		"%D0%":                                          "%D0%",
		"%C1%81":                                        "%C1%81", // overlong
	} {
		if got := readable(in); got != want {
			t.Errorf("readable(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzEscape: nothing is alive, what is faithful is whole, and nothing that is seen is lost but what clean takes out.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "a", "\\", "\\\\<@&1>", "@everyone", "[x](y)", "- a\n-# b\n1. c", ":a:b:", "https://x", "hTTps:\\\\x", "x.gg/a", "\u200b@\u2060here", "e\u0301\u0301\u0301", "\xff\xfe", "a\u0301\u200b\u0301\x7f\u0301", "<t:1:R>", "data:x", "a\u2028- b", "+.", "mailto:a@b.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		one, lines, plain := Escape(s), EscapeLines(s), Plain(s)
		for got, markdown := range map[string]bool{one: true, lines: true, plain: false} {
			if strings.Contains(s, "\ufffd") || !utf8.ValidString(s) { // it stands for what was no character, and may
				got = strings.ReplaceAll(got, "\ufffd", "?")
			}
			if what := alive(got, markdown); what != "" {
				t.Errorf("%q becomes %q: %s", s, got, what)
			}
		}
		if strings.ContainsAny(one+plain, "\n\r") {
			t.Errorf("%q is more than a line: %q", s, one)
		}
		if Faithful(s) != (seen(lines) == s) {
			t.Errorf("Faithful(%q) = %t, but readers see %q", s, Faithful(s), seen(lines))
		}
		if seen(one) != clean(s, false) || strings.ReplaceAll(plain, string(zwsp), "") != clean(s, false) {
			t.Errorf("%q: readers see %q and %q", s, seen(one), plain)
		}
		if again := Escape(seen(one)); again != one {
			t.Errorf("%q is escaped to %q, what is seen of it to %q", s, one, again)
		}
		if strings.IndexFunc(s, func(r rune) bool {
			return r == utf8.RuneError || r >= 0x300 && r <= 0x36f || unicode.IsSpace(r) && r != ' ' && r != 0xa0 || text.Invisible(r)
		}) < 0 && seen(one) != s && utf8.ValidString(s) {
			t.Errorf("%q has nothing to lose, and is shown as %q", s, seen(one))
		}
	})
}

// FuzzClip: what Escape made is cut to size, whole letters are kept from its beginning, and what is left is as dead.
func FuzzClip(f *testing.F) {
	f.Add("plain words to be cut", 9)
	f.Add("*a* \\ \\\\ _b_", 5)
	f.Add("😀🇫🇷👨‍👩‍👧e\u0301क्षि @everyone https://x.example", 20)
	f.Fuzz(func(t *testing.T, s string, n int) {
		if n < 0 || n > 10000 {
			return
		}
		whole := Escape(s)
		got := Clip(whole, n)
		if units(got) > n {
			t.Errorf("Clip(%q, %d) = %q of %d units", whole, n, got, units(got))
		}
		if units(whole) <= n {
			if got != whole {
				t.Errorf("Clip(%q, %d) = %q, although it fits", whole, n, got)
			}
			return
		}
		if n == 0 {
			return
		}
		kept, ok := strings.CutSuffix(got, "…")
		if !ok || !strings.HasPrefix(whole, kept) {
			t.Fatalf("Clip(%q, %d) = %q", whole, n, got)
		}
		if what := alive(strings.ReplaceAll(got, "\ufffd", "?"), true); what != "" {
			t.Errorf("Clip(%q, %d) = %q: %s", whole, n, got, what)
		}
		ends := map[int]bool{0: true}
		at := 0
		for it := graphemes.FromString(whole); it.Next(); {
			at += len(it.Value())
			ends[at] = true
		}
		if !ends[len(kept)] {
			t.Errorf("Clip(%q, %d) cuts a letter: %q", whole, n, got)
		}
	})
}

func BenchmarkEscape(b *testing.B) {
	s := strings.Repeat("The minister said (on Monday): \"We *will* go.\" See https://a.example/b_c. ", 10)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		Escape(s)
	}
}
