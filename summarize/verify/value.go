package verify

import (
	"math/big"
	"strings"
)

// parting are what stands between thousands besides points and commas.
var parting = strings.NewReplacer("\u00a0", "", "\u202f", "", "’", "", "'", "", " ", "")

// readings returns the values a figure may stand for: where one separator stands before three digits, it may part
// thousands or decimals.
func readings(raw string) []string {
	if strings.Contains(raw, "/") {
		return []string{raw}
	}
	t := parting.Replace(raw)
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
	if _, after, _ := strings.Cut(t, sep); len(after) == 3 && t[0] != '0' {
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
	if power == 0 || len(t) > 40 || power > 40 {
		return t
	}
	v, ok := new(big.Rat).SetString(t)
	if !ok {
		return t
	}
	v.Mul(v, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(power)), nil)))
	return decimal(v)
}

// product multiplies two canonical numbers.
func product(a, b string) string {
	x, ok := new(big.Rat).SetString(a)
	y, fine := new(big.Rat).SetString(b)
	if !ok || !fine || len(a) > 40 {
		return a
	}
	return decimal(x.Mul(x, y))
}

// decimal writes v as a decimal number, as a fraction where it has none.
func decimal(v *big.Rat) string {
	if _, exact := v.FloatPrec(); !exact {
		return v.String()
	}
	return canonical(v.FloatString(12))
}
