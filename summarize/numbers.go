package summarize

import (
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// exemptMost is the largest whole figure without unit that needs no source: up to twelve, writers count themselves.
const exemptMost = 12

// A number is a figure of a text.
type number struct {
	text     string
	readings []string // values, with "%" where it is a share: "1.056" is both 1.056 and 1056
	plain    bool     // digits alone: no point, scale, unit
}

func (n number) exempt() bool {
	v, err := strconv.Atoi(n.text)
	return err == nil && n.plain && v <= exemptMost
}

// figure finds digits with the points, commas, spaces and apostrophes inside them.
var figure = regexp.MustCompile(`\p{Nd}{1,3}(?:[.,'’\x{00a0}\x{202f} ]\p{Nd}{3})+(?:[.,]\p{Nd}+)?\b|\p{Nd}+(?:[.,]\p{Nd}+)*`)

// scaled are letters written onto a figure: 5bn, 35k.
var scaled = map[string]int{"k": 3, "m": 6, "mn": 6, "mln": 6, "mio": 6, "bn": 9, "b": 9, "mrd": 9, "mld": 9, "tn": 12, "trn": 12}

// numbersIn returns the figures of s, with scale ("5 million") and share ("35 percent") where a word for them follows.
func numbersIn(s, lang string) []number {
	lex := lexiconOf(lang)
	var out []number
	for _, m := range figure.FindAllStringIndex(s, -1) {
		raw := s[m[0]:m[1]]
		before, _ := utf8.DecodeLastRuneInString(s[:m[0]])
		if unicode.IsLetter(before) && !unicode.Is(unicode.Han, before) { // F16, G7
			continue
		}
		n := number{text: raw, plain: strings.Trim(raw, "0123456789") == ""}
		power, share := 0, false
		for _, w := range nextWords(s[m[1]:], 2) {
			if p, ok := lex.scales[w]; ok {
				power += p
			} else if p, ok := scaled[w]; ok && power == 0 {
				power += p
			} else if lex.shares[w] || w == "%" {
				share = true
			} else {
				break
			}
		}
		n.plain = n.plain && power == 0 && !share
		for _, v := range readings(asciiDigits(raw)) {
			v = shift(v, power)
			if share {
				v += "%"
			}
			n.readings = append(n.readings, v)
		}
		out = append(out, n)
	}
	return out
}

// nextWords returns up to n words that stand at the beginning of s, small letters; "%" is one.
func nextWords(s string, n int) []string {
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "")
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, "％", "%"), "%", " % ")
	var out []string
	for w := range strings.FieldsSeq(s) {
		word := strings.TrimLeft(lower(w), "-")
		clean := strings.TrimRight(word, ".,;:!?-)”»\"'")
		if clean == "" {
			break
		}
		out = append(out, clean)
		if abbreviated := strings.TrimRight(word, ".-"); len(out) == n || abbreviated != clean {
			break // a comma, or the end of the sentence
		}
	}
	// Of scripts without spaces, the unit is the first character.
	if r, size := utf8.DecodeRuneInString(s); unicode.Is(unicode.Han, r) {
		return []string{s[:size]}
	}
	return out
}

func asciiDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf || !unicode.IsDigit(r) {
			return r
		}
		zero := r
		for unicode.IsDigit(zero-1) && r-zero < 9 {
			zero--
		}
		return '0' + (r - zero)
	}, s)
}

// readings returns the values a figure may stand for: where one separator stands before three digits, it may part
// thousands or decimals.
func readings(raw string) []string {
	t := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "’", "'").Replace(raw)
	t = strings.NewReplacer(" ", "", "'", "").Replace(t)
	dots, commas := strings.Count(t, "."), strings.Count(t, ",")
	switch {
	case dots+commas == 0:
		return []string{canonical(t)}
	case dots > 0 && commas > 0:
		if strings.LastIndexByte(t, '.') > strings.LastIndexByte(t, ',') {
			return []string{canonical(strings.ReplaceAll(t, ",", ""))}
		}
		return []string{canonical(strings.ReplaceAll(strings.ReplaceAll(t, ".", ""), ",", "."))}
	}
	sep := "."
	if commas > 0 {
		sep = ","
	}
	whole := canonical(strings.ReplaceAll(t, sep, ""))
	if dots+commas > 1 {
		return []string{whole}
	}
	decimal := canonical(strings.ReplaceAll(t, sep, "."))
	if _, after, _ := strings.Cut(t, sep); len(after) == 3 {
		return []string{whole, decimal}
	}
	return []string{decimal}
}

// canonical writes a decimal number without zeros that say nothing.
func canonical(t string) string {
	t = strings.TrimLeft(t, "0")
	if strings.Contains(t, ".") {
		t = strings.TrimRight(strings.TrimRight(t, "0"), ".")
	}
	if t == "" || t[0] == '.' {
		t = "0" + t
	}
	return t
}

// shift multiplies a canonical number by a power of ten.
func shift(t string, power int) string {
	if power == 0 || len(t) > 40 {
		return t
	}
	v, ok := new(big.Rat).SetString(t)
	if !ok {
		return t
	}
	v.Mul(v, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(power)), nil)))
	return canonical(v.FloatString(12))
}
