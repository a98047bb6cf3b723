package sources

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

const (
	// guessWindow is how many bytes beyond ASCII a guess looks at; more changes no ranking.
	guessWindow = 4 << 10
	// latinRun: letters beyond ASCII stand alone between ASCII ones in Latin
	// script (mean stretch with its follower up to 2.2 bytes) and in words everywhere else.
	latinRun = 2.5
	// guessFallback is what a text is read as when no language speaks for a charset.
	guessFallback = "windows-1252"
)

//go:embed decode_letters.txt
var decodeLetters string

// A charsetModel is a charset and the letters that are frequent in a language written in it.
type charsetModel struct {
	charset string
	enc     encoding.Encoding
	wide    bool // several bytes a letter
	latin   bool
	common  map[rune]int
}

var charsetModels = func() []charsetModel {
	var ms []charsetModel
	for l := range strings.Lines(decodeLetters) {
		f := strings.Fields(l)
		if len(f) != 3 || strings.HasPrefix(l, "#") {
			continue
		}
		enc, _ := lookup(f[0])
		m := charsetModel{charset: f[0], enc: enc, common: map[rune]int{}}
		_, single := enc.(*charmap.Charmap)
		m.wide = !single
		m.latin = strings.IndexFunc(f[2], func(r rune) bool { return unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r) }) < 0
		n := utf8.RuneCountInString(f[2])
		i := 0
		for _, r := range f[2] { // the first are the most frequent: weight 4 down to 2
			m.common[r] = 4 - 3*i/n
			i++
		}
		ms = append(ms, m)
	}
	return ms
}()

// guess names the charset of a text that declares none and is no UTF-8: the
// one under which the bytes beyond ASCII become frequent letters of a language.
func guess(body []byte) (encoding.Encoding, string) {
	sample, run := foreign(body)
	best, bestScore := guessFallback, 0.0
	for _, m := range charsetModels {
		if run < latinRun && !m.latin {
			continue
		}
		if s := m.score(sample); s > bestScore {
			best, bestScore = m.charset, s
		}
	}
	return lookup(best)
}

// foreign returns the stretches of body that hold bytes beyond ASCII, each with
// its second bytes, apart by a space, and how long such a stretch is in the mean.
func foreign(body []byte) (out []byte, run float64) {
	stretches := 0
	out = make([]byte, 0, min(len(body), guessWindow)+64)
	for i := 0; i < len(body) && len(out) < guessWindow; i++ {
		if body[i] < utf8.RuneSelf {
			continue
		}
		j := i
		for j < len(body) && (body[j] >= utf8.RuneSelf || j > i && body[j-1] >= utf8.RuneSelf && body[j] >= 0x40 && body[j] != '<') {
			j++
		}
		out = append(append(out, body[i:j]...), ' ')
		stretches++
		i = j
	}
	return out, float64(len(out)-stretches) / float64(max(1, stretches))
}

// score is the mean weight of the letters beyond ASCII: frequent letters count
// up to 4, rare ones of the alphabet 0, what no text of the language holds less.
func (m charsetModel) score(sample []byte) float64 {
	if m.enc == nil {
		return 0
	}
	out, err := m.enc.NewDecoder().Bytes(sample)
	if err != nil {
		return 0
	}
	sum, n := 0.0, 0
	var last rune
	for _, r := range string(out) {
		if r < utf8.RuneSelf {
			last = r
			continue
		}
		n++
		switch w := m.common[r]; {
		case r == utf8.RuneError:
			sum -= 12
		case w > 0:
			sum += float64(w)
		case m.common[lower(r)] > 0:
			sum += 1
			if last > utf8.RuneSelf && lower(last) == last && m.common[last] > 0 {
				sum -= 3 // a capital after a small letter: the wrong half of the table
			}
		case !plausible(r):
			sum -= 4
		}
		last = r
	}
	if n == 0 {
		return 0
	}
	s := sum / float64(n)
	if m.wide {
		s *= 1.5 // random bytes seldom pair up; a text that does so speaks for it
	}
	return s
}

// lower is the small form of a letter.
func lower(r rune) rune { return unicode.ToLower(r) }

// plausible reports whether running text may hold r: letters, marks,
// quotation marks, dashes and the like, but no controls, box drawing or private use.
func plausible(r rune) bool {
	switch {
	case unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r):
		return true
	case r >= 0x2010 && r <= 0x2044, r >= 0x3000 && r <= 0x303f, r >= 0xff00 && r <= 0xffef:
		return true
	case r == 0xa0 || r == '«' || r == '»' || r == '€' || r == '№' || r == '°' || r == '§' || r == '©' || r == '®' || r == '™' || r == '·' || r == '£':
		return true
	}
	return false
}
