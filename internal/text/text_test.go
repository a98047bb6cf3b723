package text

import "testing"

func TestNormalize(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{" a\u200bb\r\n\r\n c\u00a0\u2009d\te\u0301 ", "ab\nc d é"},
		{"one\u2028two\u0085three\rfour", "one\ntwo\nthree\nfour"},
		{"a \n b", "a\nb"},
		{"  plain  words \n\n and a\u0301 few\tmore. ", "plain words\nand á few more."},
		{"shy\u00adness \u202eevil\u202c \U000e0041tag", "shyness evil tag"},
		{"bad\xffbyte", "bad\ufffdbyte"},
		{"e\u200d\u0301", "é"},
		{"\ufeffBOM", "BOM"},
		{"nul\x00bel\x07", "nulbel"},
		{"blank\u2800braille", "blank braille"},
	} {
		got := Normalize(c.in)
		if got != c.want {
			t.Errorf("Normalize(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}
