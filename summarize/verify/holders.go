package verify

// Holders returns of which country somebody with an office is, by surname in small letters and without accents, as s says:
// "Norland's foreign minister, Ilse Markham". Those whom s gives to two countries are left out. The codes are those of
// text.Mention.
func Holders(s, lang string) map[string]string {
	out := map[string]string{}
	for _, h := range holdings(s, lex(s), lang, true) {
		if h.who == "" || len(h.countries) != 1 {
			continue
		}
		if c, known := out[h.who]; known && c != h.countries[0] {
			out[h.who] = ""
			continue
		}
		out[h.who] = h.countries[0]
	}
	for who, c := range out {
		if c == "" {
			delete(out, who)
		}
	}
	return out
}

// Surname returns a name's last word as Holders has it.
func Surname(name string) string {
	ls := lex(name)
	for i := len(ls) - 1; i >= 0; i-- {
		if ls[i].kind == word {
			return ls[i].fold
		}
	}
	return ""
}

// Office returns the offices that stand in s ("foreign_minister"), by the names of data/offices.txt, in order.
func Office(s string) []string {
	var out []string
	ls := lex(s)
	for i := 0; i < len(ls); i++ {
		if _, names, k := officeAt(ls, i); k > 0 {
			out = append(out, names...)
			i += k - 1
		}
	}
	return out
}

// HeldOffices returns the offices that s gives to somebody, by surname as Surname has it.
func HeldOffices(s, lang string) map[string][]string {
	out := map[string][]string{}
	for _, h := range holdings(s, lex(s), lang, true) {
		if h.who != "" {
			out[h.who] = append(out[h.who], h.offices...)
		}
	}
	return out
}

// SameName reports whether two names may be one person's, in whatever scripts: their last words sound alike.
func SameName(a, b string) bool {
	x, y := Surname(a), Surname(b)
	return x != "" && y != "" && skeleton(x) != "" && skeleton(y) != "" && alike(skeleton(x), skeleton(y))
}
