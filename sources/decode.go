package sources

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

const (
	// maxInflated bounds a gzip body that came without a Content-Encoding
	// header. Text deflates about tenfold, so this is far above any feed.
	maxInflated = 32 << 20
	// declarationWindow is how far a charset declaration is looked for: an
	// eighth of real pages declare theirs after the first 1,024 bytes.
	declarationWindow = 64 << 10
	// strayBytes is how many well-formed UTF-8 sequences must stand beside each
	// malformed byte for an undeclared text to count as damaged UTF-8 and not
	// as another charset.
	strayBytes = 4
)

// A decoded text is valid UTF-8 without a byte order mark.
type decoded struct {
	text    string
	charset string // what it was read as
	warning string // "" when nothing had to be guessed or mended
}

// decode turns a body into UTF-8. It believes, in this order: a byte order
// mark, the HTTP header, the bytes themselves where they are valid UTF-8, the
// declaration inside the document, a guess. A declaration the bytes contradict
// is not believed, and malformed bytes never fail the rest.
func decode(body []byte, contentType string) decoded {
	declared := httpCharset(contentType)
	if enc, name, n := byteOrderMark(body); n > 0 {
		return convert(body[n:], enc, name, "")
	}
	if enc, name := wide(body); enc != nil {
		return convert(body, enc, name, "")
	}
	valid := utf8.Valid(body)
	if declared != "" {
		switch enc, name := lookup(declared); {
		case enc == nil, name == "utf-8":
		case valid && singleByte(enc) && !ascii(body):
			// Servers add a default charset to files whose bytes are plainly UTF-8.
		case isWide(name):
			// The bytes were not: see above.
		default:
			return convert(body, enc, name, "")
		}
	}
	inside := declaredInside(body)
	if valid {
		if enc, name := lookup(inside); enc != nil && stateful(name) {
			return convert(body, enc, name, "")
		}
		return decoded{text: string(body), charset: "utf-8"}
	}
	if name := normalCharset(declared); name == "utf-8" && inside == "" {
		inside = name
	}
	enc, name := lookup(inside)
	switch {
	case enc != nil && name != "utf-8" && !isWide(name):
		return convert(body, enc, name, "")
	case name == "utf-8" || damagedUTF8(body):
		return mendUTF8(body)
	}
	enc, name = guess(body)
	return convert(body, enc, name, "the charset is not declared; it was read as "+name)
}

// convert decodes body; what cannot be decoded becomes U+FFFD.
func convert(body []byte, enc encoding.Encoding, name, warning string) decoded {
	if enc == nil || name == "utf-8" {
		if utf8.Valid(body) {
			return decoded{text: string(body), charset: "utf-8", warning: warning}
		}
		return mendUTF8(body)
	}
	out, err := enc.NewDecoder().Bytes(body)
	if err != nil {
		return mendUTF8(body)
	}
	if warning == "" && bytes.Count(out, []byte("\uFFFD")) > bytes.Count(body, []byte("\uFFFD")) {
		warning = "some characters could not be read as " + name
	}
	return decoded{text: strings.TrimPrefix(strings.ToValidUTF8(string(out), "\uFFFD"), "\uFEFF"), charset: name, warning: warning}
}

// mendUTF8 reads UTF-8 and takes each malformed byte for Windows-1252, which it nearly always is.
func mendUTF8(body []byte) decoded {
	var b strings.Builder
	b.Grow(len(body) + len(body)/16)
	for len(body) > 0 {
		r, n := utf8.DecodeRune(body)
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(body[0])
		}
		b.WriteRune(r)
		body = body[n:]
	}
	return decoded{text: b.String(), charset: "utf-8", warning: "some bytes are not valid UTF-8; they were read as Windows-1252"}
}

// damagedUTF8 reports whether an undeclared text is UTF-8 with a few bad bytes.
func damagedUTF8(body []byte) bool {
	good, bad := 0, 0
	for i := 0; i < len(body); {
		if body[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	return good >= strayBytes*bad
}

func httpCharset(contentType string) string {
	if contentType == "" {
		return ""
	}
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		return strings.Trim(params["charset"], `'" `)
	}
	_, rest, ok := strings.Cut(strings.ToLower(contentType), "charset=")
	if !ok {
		return ""
	}
	rest, _, _ = strings.Cut(rest, ";")
	return strings.Trim(rest, `'" `)
}

func byteOrderMark(b []byte) (encoding.Encoding, string, int) {
	switch {
	case bytes.HasPrefix(b, []byte{0xEF, 0xBB, 0xBF}):
		return nil, "utf-8", 3
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE, 0, 0}):
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), "utf-32le", 4
	case bytes.HasPrefix(b, []byte{0, 0, 0xFE, 0xFF}):
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), "utf-32be", 4
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16le", 2
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "utf-16be", 2
	}
	return nil, "", 0
}

// wide recognises UTF-16, UTF-32 and EBCDIC without a byte order mark by how "<" and its follower look in them.
func wide(b []byte) (encoding.Encoding, string) {
	lt := func(s string) bool { return bytes.HasPrefix(b, []byte(s)) }
	switch {
	case len(b) < 8:
		return nil, ""
	case lt("<\x00\x00\x00"), lt("{\x00\x00\x00"):
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), "utf-32le"
	case lt("\x00\x00\x00<"), lt("\x00\x00\x00{"):
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), "utf-32be"
	case lt("<\x00") && b[3] == 0, lt("{\x00") && b[3] == 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "utf-16le"
	case lt("\x00<") && b[2] == 0, lt("\x00{") && b[2] == 0:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "utf-16be"
	case lt("\x4c\x6f\xa7\x94"):
		return charmap.CodePage037, "ebcdic"
	}
	return nil, ""
}

// declaredInside returns the charset an XML declaration or an HTML meta tag names, "" without one.
func declaredInside(body []byte) string {
	head := body[:min(len(body), declarationWindow)]
	if i := bytes.Index(head, []byte("<?xml")); i >= 0 {
		decl := head[i:]
		if end := bytes.IndexByte(decl, '>'); end > 0 {
			if v := valueAfter(decl[:end], "encoding"); v != "" {
				return v
			}
		}
	}
	for rest := head; ; {
		i := indexFold(rest, "<meta")
		if i < 0 {
			return ""
		}
		rest = rest[i+5:]
		end := bytes.IndexByte(rest, '>')
		if end < 0 {
			return ""
		}
		if v := valueAfter(rest[:end], "charset"); v != "" {
			return v
		}
	}
}

// valueAfter returns the token after `name=` in a tag, quoted or not.
func valueAfter(tag []byte, name string) string {
	i := indexFold(tag, name)
	if i < 0 {
		return ""
	}
	rest := bytes.TrimLeft(tag[i+len(name):], " \t\r\n")
	if len(rest) == 0 || rest[0] != '=' {
		return ""
	}
	rest = bytes.TrimLeft(rest[1:], " \t\r\n'\"")
	if end := bytes.IndexAny(rest, "'\" \t\r\n;?/>"); end >= 0 {
		rest = rest[:end]
	}
	return string(rest)
}

// indexFold is bytes.Index for a needle in lower-case ASCII, ignoring case.
func indexFold(b []byte, needle string) int {
	for i := 0; i+len(needle) <= len(b); i++ {
		j := bytes.IndexByte(b[i:], needle[0])
		if up := bytes.IndexByte(b[i:], needle[0]&^0x20); needle[0] >= 'a' && needle[0] <= 'z' && up >= 0 && (j < 0 || up < j) {
			j = up
		}
		if j < 0 || i+j+len(needle) > len(b) {
			return -1
		}
		i += j
		if strings.EqualFold(string(b[i:i+len(needle)]), needle) {
			return i
		}
	}
	return -1
}

// charsetAliases are names seen in feeds that neither the WHATWG nor the IANA list knows.
var charsetAliases = map[string]string{
	"utf8": "utf-8", "utf_8": "utf-8", "u8": "utf-8", "unicode-1-1-utf-8": "utf-8",
	"win-1251": "windows-1251", "win1251": "windows-1251", "cp-1251": "windows-1251",
	"win-1252": "windows-1252", "cp-1252": "windows-1252", "win-1250": "windows-1250",
	"euckr": "euc-kr", "eucjp": "euc-jp", "cp936": "gbk", "cp949": "euc-kr", "cp932": "shift_jis", "cp950": "big5",
	"tis620": "tis-620", "koi8r": "koi8-r", "koi8u": "koi8-u",
}

func normalCharset(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	if a, ok := charsetAliases[name]; ok {
		return a
	}
	return name
}

// lookup finds an encoding by any of its names; nil when unknown.
func lookup(name string) (encoding.Encoding, string) {
	name = normalCharset(name)
	if name == "" {
		return nil, ""
	}
	if strings.HasPrefix(name, "utf-32") || strings.HasPrefix(name, "ucs-4") {
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM), "utf-32"
	}
	if enc, err := htmlindex.Get(name); err == nil && enc != encoding.Replacement {
		if n, err := htmlindex.Name(enc); err == nil {
			name = n
		}
		return enc, name
	}
	if enc, err := ianaindex.IANA.Encoding(name); err == nil && enc != nil {
		return enc, name
	}
	return nil, ""
}

func isWide(name string) bool {
	return strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "utf-32") || strings.HasPrefix(name, "ucs-") || strings.HasPrefix(name, "iso-10646")
}

// stateful names are those of charsets whose bytes are all ASCII, so that they pass for valid UTF-8.
func stateful(name string) bool {
	return strings.HasPrefix(name, "iso-2022") || name == "hz-gb-2312"
}

func singleByte(enc encoding.Encoding) bool {
	if enc == charmap.XUserDefined {
		return false
	}
	_, ok := enc.(*charmap.Charmap)
	return ok
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// inflate unpacks a gzip body that no header announced. What could be read of
// a damaged one is returned with a warning; only too much is an error.
func inflate(body []byte) (out []byte, warning string, err error) {
	if !bytes.HasPrefix(body, []byte{0x1f, 0x8b, 8}) {
		return body, "", nil
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return body, "", nil
	}
	out, err = io.ReadAll(io.LimitReader(z, maxInflated+1))
	if len(out) > maxInflated {
		return nil, "", fmt.Errorf("%w: more than %d MB", ErrTooBig, maxInflated>>20)
	}
	if err != nil {
		warning = "the compressed body is damaged"
		if errors.Is(err, io.ErrUnexpectedEOF) {
			warning = "the compressed body ends early"
		}
	}
	return out, warning, nil
}
