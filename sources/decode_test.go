package sources

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// What a body is read as: the mark at its beginning comes before the header, that before what its bytes are, that before what it
// says of itself, and a guess last. What had to be guessed or mended is said.
func TestDecode(t *testing.T) {
	declared := func(charset, words string) string {
		return `<?xml version="1.0" encoding="` + charset + `"?><rss><channel><title>` + words + `</title></channel></rss>`
	}
	bare := func(words string) string {
		return "<rss><channel><title>" + words + "</title></channel></rss>"
	}
	as := func(e encoding.Encoding, s string) string {
		t.Helper()
		out, err := e.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	const (
		ferry   = "Fähre übers Wasser – „bald“"
		latin   = "Fähre übers Wasser"
		polish  = "Prom płynie w końcu"
		russian = "Паром идёт через пролив, а лёд уже тает"
		chinese = "渡轮将于春天恢复航行"
		tokyo   = "フェリーは春に再開する"
	)
	little, big := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	little32, big32 := utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)
	late := strings.Repeat("<!-- nothing -->\n", 3000) // 51 KB
	for name, c := range map[string]struct {
		body, contentType, words, charset string
		warned                            bool
	}{
		"UTF-8":                             {declared("utf-8", ferry), "", ferry, "utf-8", false},
		"UTF-8 with a mark":                 {"\xef\xbb\xbf" + declared("iso-8859-1", ferry), "text/xml", ferry, "utf-8", false},
		"UTF-8 that says Latin-1":           {declared("iso-8859-1", ferry), "", ferry, "utf-8", false},
		"UTF-8 whose server says Latin-1":   {declared("utf-8", ferry), "text/xml; charset=iso-8859-1", ferry, "utf-8", false},
		"the header":                        {as(charmap.Windows1250, declared("utf-8", polish)), "text/xml; charset=windows-1250", polish, "windows-1250", false},
		"a header of careless form":         {as(charmap.Windows1250, bare(polish)), "text/xml; charset='windows-1250'; x", polish, "windows-1250", false},
		"the mark, whatever the header":     {"\xff\xfe" + as(little, declared("utf-8", ferry)), "text/xml; charset=utf-8", ferry, "utf-16le", false},
		"the declaration":                   {as(charmap.KOI8R, declared("koi8-r", russian)), "application/xml", russian, "koi8-r", false},
		"a name that no list has":           {as(charmap.Windows1251, declared("win-1251", russian)), "", russian, "windows-1251", false},
		"a meta tag after 51 KB":            {as(charmap.Windows1250, "<html>"+late+`<META http-equiv=Content-Type content="text/html; charset=windows-1250">`+bare(polish)), "text/html", polish, "windows-1250", false},
		"Japanese in ASCII bytes":           {as(japanese.ISO2022JP, declared("iso-2022-jp", tokyo)), "", tokyo, "iso-2022-jp", false},
		"Chinese":                           {as(simplifiedchinese.GBK, declared("gb2312", chinese)), "", chinese, "gbk", false},
		"UTF-16, little end first":          {"\xff\xfe" + as(little, declared("utf-16", ferry)), "", ferry, "utf-16le", false},
		"UTF-16, big end first":             {"\xfe\xff" + as(big, declared("utf-16", ferry)), "", ferry, "utf-16be", false},
		"UTF-16 without a mark":             {as(little, declared("utf-16", ferry)), "", ferry, "utf-16le", false},
		"UTF-16 without a mark, big end":    {as(big, declared("utf-16", ferry)), "text/xml", ferry, "utf-16be", false},
		"UTF-32":                            {"\xff\xfe\x00\x00" + as(little32, declared("utf-32", ferry)), "", ferry, "utf-32le", false},
		"UTF-32, big end first":             {"\x00\x00\xfe\xff" + as(big32, declared("utf-32", ferry)), "", ferry, "utf-32be", false},
		"UTF-32 without a mark":             {as(big32, declared("ucs-4", ferry)), "", ferry, "utf-32be", false},
		"UTF-32 without a mark, little end": {as(little32, declared("ucs-4", ferry)), "", ferry, "utf-32le", false},
		"EBCDIC":                            {as(charmap.CodePage037, declared("ebcdic-cp-us", latin)), "", latin, "ebcdic", false},
		"it says UTF-16 and is UTF-8":       {declared("utf-16", ferry), "", ferry, "utf-8", false},
		"it says UTF-8 and has a bad byte":  {declared("utf-8", ferry+" \x96 "), "", ferry + " – ", "utf-8", true},
		"an unknown name":                   {declared("x-ministry", ferry), "", ferry, "utf-8", false},
		"nothing said":                      {as(charmap.Windows1251, bare(strings.Repeat(russian+". ", 5))), "", russian, "windows-1251", true},
	} {
		got := decode([]byte(c.body), c.contentType)
		if !strings.Contains(got.text, c.words) || got.charset != c.charset || (got.warning != "") != c.warned {
			t.Errorf("%s: read as %s, warning %q, %.120q; want %s, %q", name, got.charset, got.warning, got.text, c.charset, c.words)
		}
	}
}

// A body that was compressed without a word is unpacked as far as it goes, and a bomb is not.
func TestInflate(t *testing.T) {
	pack := func(b []byte) []byte {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		if _, err := z.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	words := []byte(strings.Repeat("The ferry sails at nine. ", 4000))
	packed := pack(words)
	if out, warning, err := inflate(packed); err != nil || warning != "" || !bytes.Equal(out, words) {
		t.Errorf("%d bytes, %q, %v", len(out), warning, err)
	}
	if out, warning, err := inflate(packed[:len(packed)-9]); err != nil || warning == "" || len(out) == 0 || !bytes.HasPrefix(words, out) {
		t.Errorf("cut: %d bytes, %q, %v", len(out), warning, err)
	}
	if out, warning, err := inflate(words); err != nil || warning != "" || !bytes.Equal(out, words) {
		t.Errorf("not compressed: %d bytes, %q, %v", len(out), warning, err)
	}
	if out, _, err := inflate(pack(make([]byte, maxInflated+1))); err == nil {
		t.Errorf("a bomb gave %d bytes", len(out))
	}
}
