package story

import (
	"strings"
	"testing"
	"time"
)

func copies(a, b string) bool { return Shingles(a).Copies(Shingles(b)) }

// TestNearCopy edits invented articles as syndication does; recall and precision are the notes' bars.
func TestNearCopy(t *testing.T) {
	s := newStream(11)
	const n = 120
	texts := make([]string, n)
	for i := range texts {
		var b strings.Builder
		for range 5 {
			b.WriteString(s.article(s.event(), time.Time{}).Text + ". ")
		}
		texts[i] = b.String()
	}
	cut := func(text string, part int) string {
		w := strings.Fields(text)
		return strings.Join(w[:len(w)/part], " ")
	}
	edits := map[string]func(string) string{
		"boilerplate added": func(x string) string { return "By our correspondent. " + x + s.article(s.event(), time.Time{}).Text },
		"first half":        func(x string) string { return cut(x, 2) },
		"first quarter":     func(x string) string { return cut(x, 4) },
		"teaser":            func(x string) string { return cut(x, 12) + "…" },
		"a tenth edited and forty words added": func(x string) string {
			w := strings.Fields(x)
			for i := range w {
				if s.r.IntN(10) == 0 {
					w[i] = s.word()
				}
			}
			return strings.Join(w, " ") + " " + strings.Join(strings.Fields(s.article(s.event(), time.Time{}).Text)[:40], " ")
		},
		"other marks and case": func(x string) string { return "“" + strings.ToUpper(x[:1]) + x[1:] + "”" },
	}
	for name, edit := range edits {
		found := 0
		for _, x := range texts {
			y := edit(x)
			if copies(x, y) != copies(y, x) {
				t.Fatalf("%s: not the same both ways", name)
			}
			if copies(x, y) {
				found++
			}
		}
		if found*100 < 98*n {
			t.Errorf("%s: %d of %d found", name, found, n)
		}
	}
	wrong := 0
	sets := make([]Set, n)
	for i, x := range texts {
		sets[i] = Shingles(x)
	}
	for i := range sets {
		for j := range i {
			if sets[i].Copies(sets[j]) {
				wrong++
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d pairs taken wrongly", wrong)
	}
}

func TestNearCopyOfLittle(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"", "", false},
		{"Ministers meet today", "Ministers meet today", false}, // nothing is said of so few words
		{"The ministers of Velmora and Tarsk meet today in Ostrel", "The ministers of Velmora and Tarsk meet today in Ostrel, says the palace", true},
		{"The ministers of Velmora and Tarsk meet today in Ostrel", "The ministers of Velmora and Tarsk will not come to Ostrel", false},
	} {
		if got := copies(c.a, c.b); got != c.want {
			t.Errorf("copies(%q, %q) = %v", c.a, c.b, got)
		}
	}
}

func BenchmarkShingles(b *testing.B) {
	s := newStream(12)
	var text strings.Builder
	for range 6 {
		text.WriteString(s.article(s.event(), time.Time{}).Text + ". ")
	}
	x := Shingles(text.String())
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		x.Copies(Shingles(text.String()))
	}
}
