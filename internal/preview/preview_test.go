package preview

import (
	"bytes"
	"strings"
	"testing"
)

func TestInline(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []run
	}{
		{"plain", []run{{text: "plain"}}},
		{`a \*b\* [x](y`, []run{{text: "a *b* [x](y"}}},
		{"**b** and *i*", []run{{text: "b", bold: true}, {text: " and "}, {text: "i", italic: true}}},
		{"See [[1]](https://a.example/#:~:text=x) now", []run{{text: "See "}, {text: "[1]", url: "https://a.example/#:~:text=x"}, {text: " now"}}},
		{`[a \] b](https://a.example/)`, []run{{text: "a ] b", url: "https://a.example/"}}},
		{"@\u200beveryone", []run{{text: "@everyone"}}},
	} {
		got := inline(c.in)
		if len(got) != len(c.want) {
			t.Errorf("inline(%q) = %+v, want %+v", c.in, got, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("inline(%q)[%d] = %+v, want %+v", c.in, i, got[i], c.want[i])
			}
		}
	}
}

func TestTerminalPlain(t *testing.T) {
	m := Message{Content: "**Digest** · today\n-# ref X", Embeds: []Embed{{
		Title: "Ministers meet in Porto", URL: "https://a.example/1", Description: "• One two three four five six seven. [[1]](https://a.example/1)\n> “Yes.”\n> — **Ana Reis**",
	}}}
	want := "Digest · today\nref X\n\n| Ministers meet in Porto\n| • One two three four five\n| six seven. [1]\n| ┃ “Yes.”\n| ┃ — Ana Reis\n"
	if got := Terminal(m, 28, false); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := Terminal(m, 28, true); !strings.Contains(got, "\x1b]8;;https://a.example/1\x1b\\") {
		t.Error("a terminal with colours gets no hyperlink")
	}
}

func TestPageEscapes(t *testing.T) {
	var b bytes.Buffer
	err := Page(&b, "news<script>", []Message{{
		Content: "<script>alert(1)</script> [x](javascript:alert(1))", Embeds: []Embed{{Title: "<b>", URL: "https://a.example/?\"><script>", Description: "[y](https://a.example/\"onx=1)"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script>", `href="javascript`, `"onx`} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}
