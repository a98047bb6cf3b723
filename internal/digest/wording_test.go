package digest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each key that the package asks for has a text, and no text is there for nothing.
func TestWordingKeys(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	code := ""
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		code += string(b)
	}
	built := regexp.MustCompile(`^(field|tier)\.`) // put together: "field." and a number, "tier." and a tier
	for key, s := range Wordings() {
		base := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".on")
		if !built.MatchString(key) && !strings.Contains(code, `"`+base+`"`) {
			t.Errorf("nothing says %s: %q", key, s)
		}
		if strings.ContainsAny(s, "“”\"`") {
			t.Errorf("%s has marks: %q", key, s)
		}
	}
	asked := regexp.MustCompile(`(?:Key: |fact\(|mistaken\(|readOn\(|because\(|why\()"([a-z.]+)"`).FindAllStringSubmatch(code, -1)
	if len(asked) < 30 {
		t.Errorf("only %d keys found", len(asked))
	}
	for _, m := range asked {
		if wordings()[m[1]] == "" && m[1] != "field." && m[1] != "tier." {
			t.Errorf("%s has no text", m[1])
		}
	}
}

func TestWording(t *testing.T) {
	list := func(names ...string) (out []Wording) {
		for _, n := range names {
			out = append(out, fact("named", "name", n))
		}
		return out
	}
	about := func(names ...string) Wording {
		return Wording{Key: "out.miss", Parts: map[string][]Wording{"what": one(anyOf(list(names...)))}}
	}
	for _, c := range []struct {
		w    Wording
		want string
	}{
		{Wording{Key: "articles"}, "0 new articles"},
		{Wording{Key: "articles", N: 1}, "1 new article"},
		{Wording{Key: "tier.official", N: 1}, "1 official"},
		{about("A"), "The filter leaves it out: it is not about A."},
		{about("A", "B"), "The filter leaves it out: it is not about A or B."},
		{about("A", "B", "C"), "The filter leaves it out: it is not about A, B or C."},
		{about("A", "B", "C", "D", "E", "F", "G", "H"), "The filter leaves it out: it is not about A, B, C, D, E, F or others."},
		{fact("out.read.on", "day", "2026-02-26"), "The channel has read it on 26 February, and nothing new has come since."},
		{fact("country", "country", "FR"), "France"},
		// What is filled in is not filled in again.
		{Wording{Key: "pair", Facts: map[string]string{"country": "{other}", "other": "{country}"}}, "{other} with {country}"},
		{about("{n} {what}", "{last}"), "The filter leaves it out: it is not about {n} {what} or {last}."},
	} {
		if got := c.w.String(); got != c.want {
			t.Errorf("%+v is %q, want %q", c.w, got, c.want)
		}
		if got := ReadWording(c.w.stored()).String(); got != c.want {
			t.Errorf("%s is read as %q", c.w.stored(), got)
		}
	}
	// What earlier versions stored is kept as it is.
	for _, s := range []string{"", "Ranked 6, and the digest has room for 5: 1 independent outlet.", "{", "{}", `{"key":"no such key"}`, `{"key":1}`, "{{text}}"} {
		if got := ReadWording(s).String(); got != s {
			t.Errorf("%q is read as %q", s, got)
		}
	}
}

func TestReadSentence(t *testing.T) {
	for key, s := range Wordings() {
		if !strings.HasPrefix(key, "went.") {
			continue
		}
		w := Wording{Key: key}
		if _, rest, ok := strings.Cut(s, "{"); ok {
			name, _, _ := strings.Cut(rest, "}")
			w = fact(key, name, "2026-02-27T08:00")
		}
		if got, ok := ReadSentence(w.String()); !ok || got.Key != key || got.String() != w.String() {
			t.Errorf("%q is read as %+v", w, got)
		}
	}
	for _, s := range []string{"", "Discord does not take the message: no.", "The program was not running"} {
		if w, ok := ReadSentence(s); ok {
			t.Errorf("%q is read as %+v", s, w)
		}
	}
}
