package text

import "testing"

func TestLocate(t *testing.T) {
	for _, c := range []struct{ s, words, want string }{
		{"The bridge was opened on\nThursday. It is long.", "was opened on Thursday.", "was opened on\nThursday."},
		{"15 people; 5 people came", "5 people", "5 people"},
		{"15 people came", "5 people", ""},
		{"5 peoples came", "5 people", ""},
		{"a a b", "a b", "a b"},
		{"ab", "a b", ""},
		{"“Never”, she said", "Never", "Never"},
		{"never", "Never", ""},
		{"1,500 came", "500 came", "500 came"}, // a browser sees a boundary at the comma
		{"外交部发言人说，会谈已经开始。", "会谈已经开始。", "会谈已经开始。"},
		{"Слово «мир» сказано", "мир", "мир"},
		{"Слово перемирие", "мир", ""},
		{"anything", " ", ""},
		{"", "a", ""},
	} {
		span, ok := Locate(c.s, c.words)
		if got := span.Of(c.s); ok != (c.want != "") || got != c.want {
			t.Errorf("Locate(%q, %q) = %q, %v", c.s, c.words, got, ok)
		}
	}
	if span, ok := Locate("5 of 15 5 of", "5 of"); !ok || span.Start != 0 {
		t.Errorf("not the first: %v", span)
	}
}
