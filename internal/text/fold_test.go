package text

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFold(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"“A”, „b‟ «c» ‹d› ‘e’ ''f'' ``g``", `"a", "b" "c" 'd' 'e' "f" "g"`},
		{"one–two—three -- four‐five", "one-two-three - four-five"},
		{"wait… what...", "wait... what..."},
		{" a\u00a0\u2009\n b\t", "a b"},
		{"shy\u00adness zero\u200bwidth", "shyness zerowidth"},
		{"E\u0301T\u00c9 Straße ΣΑΣ ς İı", "été strasse σασ σ ii"},
		{"\u200b \u200b", ""},
	} {
		if got := Fold(c.in).Text; got != c.want {
			t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestFoldedFind(t *testing.T) {
	text := "He said: “We won\u2019t\u00a0stop… ever” — ''really''. Straße. He said no."
	for _, c := range []struct {
		needle string
		from   int
		want   string
		ok     bool
	}{
		{`"we won't stop... ever" - "REALLY"`, 0, "“We won\u2019t\u00a0stop… ever” — ''really''", true},
		{"stop..", 0, "", false}, // half of an ellipsis
		{"stras", 0, "", false},  // half of a letter
		{"strasse", 0, "Straße", true},
		{"he said", 5, "He said", true},
		{"he said", 80, "", false},
		{"  ", 0, "", false},
		{"\"", 12, "”", true},
		{"missing", 0, "", false},
	} {
		got, ok := Fold(text).Find(c.needle, c.from)
		if ok != c.ok || got.Of(text) != c.want || ok && got.Start < c.from {
			t.Errorf("Find(%q, %d) = %q, %v, want %q", c.needle, c.from, got.Of(text), ok, c.want)
		}
	}
	f := Fold(text)
	if got := f.Source(0, len(f.Text)).Of(text); got != text {
		t.Errorf("the whole is %q", got)
	}
	for _, p := range [][2]int{{-3, 2}, {5, 5}, {9, 3}, {900, 901}, {0, 9000}} {
		if s := f.Source(p[0], p[1]); s.Start < 0 || s.End > len(text) || s.Start > s.End {
			t.Errorf("Source(%v) = %v", p, s)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	f.Add(" a\u200b\r\n\u2028 e\u0301\u0344\u0344\xff\u00ad")
	f.Add(" two  spaces \n a\tb ~\x7f c ")
	f.Add("\u1100\u1161\u11a8 \u0f71\u0f72" + strings.Repeat("\u0345", 40))
	f.Fuzz(func(t *testing.T, s string) {
		n := Normalize(s)
		if again := Normalize(n); again != n {
			t.Fatalf("%q becomes %q, then %q", s, n, again)
		}
		if !utf8.ValidString(n) || strings.Contains(n, "  ") || strings.Contains(n, "\n\n") || strings.Contains(n, " \n") || strings.Contains(n, "\n ") {
			t.Fatalf("%q becomes %q", s, n)
		}
		for _, r := range n {
			if Invisible(r) || white(r) && r != ' ' && r != '\n' {
				t.Fatalf("%q holds %U", n, r)
			}
		}
	})
}

func FuzzFold(f *testing.F) {
	f.Add("“We won’t… ''x'''  — ß e\u0301 \u00ad", "won't... \"x\"", 0)
	f.Add("a\u0301\u200b\u0301 \u0301 …. İ ǰ J\u030c", "... i", 2)
	f.Add("\xff\xfe ''\u200b' -\u200b-", "'", 0)
	f.Fuzz(func(t *testing.T, s, needle string, from int) {
		folded := Fold(s)
		if len(folded.at) != len(folded.Text) || len(folded.to) != len(folded.Text) {
			t.Fatalf("map of %q", s)
		}
		check := func(n string) bool {
			p, ok := folded.Find(n, from)
			if !ok {
				return false
			}
			if p.Start < 0 || p.End > len(s) || p.Start >= p.End {
				t.Fatalf("span %v of %q", p, s)
			}
			if utf8.ValidString(s) && (!utf8.RuneStart(s[p.Start]) || p.End < len(s) && !utf8.RuneStart(s[p.End])) {
				t.Fatalf("span %v cuts a letter of %q", p, s)
			}
			if got, want := Fold(p.Of(s)).Text, Fold(n).Text; got != want {
				t.Fatalf("%q found as %q: %q is not %q", n, p.Of(s), got, want)
			}
			return true
		}
		check(needle)
		if from <= 0 && folded.Text != "" && !check(s) {
			t.Fatalf("%q is not in itself", s)
		}
	})
}

func BenchmarkFold(b *testing.B) {
	text := strings.Repeat("The envoy said: “We won’t stop — not now, not ever…” Nobody answered him in Zürich. ", 60)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Fold(text)
	}
}

func BenchmarkNormalize(b *testing.B) {
	text := strings.Repeat("The envoy said: “We won’t stop — not now, not ever…” Nobody answered him in Zürich. ", 60)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Normalize(text)
	}
}
