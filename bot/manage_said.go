package bot

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"attache/internal/digest"
	"attache/internal/store"
	"attache/internal/text"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// nothing is what takes an option's value away: "/source edit topics:-".
const nothing = "-"

// listed splits what people write with commas between, each item once; "-" is an empty list.
func listed(s string) []string {
	var out []string
	for _, item := range strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == ';' || c == '\n' || c == '、' || c == '，' }) {
		if item = strings.TrimSpace(clean(item, false)); item != "" && item != nothing && !slices.Contains(out, item) {
			out = append(out, item)
		}
	}
	return out
}

// regions are the codes of countries: ISO 3166-1 alpha-2, and the European Union and Kosovo beside them.
var regions = sync.OnceValue(func() []string {
	var out []string
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string(a) + string(b)
			if r, err := language.ParseRegion(code); err == nil && r.Canonicalize() == r && (r.IsCountry() || code == "EU" || code == "XK") {
				out = append(out, code)
			}
		}
	}
	return out
})

// regionOf reads a country: its code, or its name in the reader's language or in English; "" when it is none.
func (r *request) regionOf(s string) string {
	s = strings.TrimSpace(s)
	if len(s) == 2 {
		if reg, err := language.ParseRegion(strings.ToUpper(s)); err == nil && slices.Contains(regions(), reg.Canonicalize().String()) {
			return reg.Canonicalize().String()
		}
	}
	want := text.Fold(s).Text
	if want == "" {
		return ""
	}
	for _, lang := range []string{r.t.lang, "en"} {
		for _, code := range regions() {
			if text.Fold(text.CountryName(code, lang)).Text == want {
				return code
			}
		}
	}
	first, n := utf8.DecodeRuneInString(s)
	s = string(unicode.ToUpper(first)) + s[n:] // names are found with their capital
	for _, lang := range []string{r.t.lang, "en"} {
		if found := text.Countries(s, lang); len(found) == 1 && found[0].Of(s) == s { // a name that is not the usual one: "Holland"
			return found[0].Code
		}
	}
	return ""
}

// countryOf reads the country or body that a source speaks for; "" and "-" are none.
func (r *request) countryOf(s string) (string, error) {
	if s = strings.TrimSpace(s); s == "" || s == nothing {
		return "", nil
	}
	if code := r.regionOf(s); code != "" {
		return code, nil
	}
	if body, ok := digest.FindBody(s); ok {
		return body, nil
	}
	return "", say("error.country", "country", Clip(s, 60))
}

// countryOr is a country or body as people read it, escaped, or a dash.
func (r *request) countryOr(code string) string {
	if code == "" {
		return "—"
	}
	return Escape(text.CountryName(code, r.t.lang))
}

// countryTyped is a country as it would be typed.
func (r *request) countryTyped(code string) string {
	if code == "" {
		return ""
	}
	return text.CountryName(code, r.t.lang)
}

// listOr is a list as people read it, escaped, or a dash.
func (r *request) listOr(list []string) string {
	if len(list) == 0 {
		return "—"
	}
	return Clip(Escape(strings.Join(list, ", ")), 300)
}

// shownName is a name that a server gave, escaped and no longer than a line.
func shownName(s string) string { return Clip(Escape(strings.TrimSpace(s)), 2*nameLength) }

// tier is a kind of source as people read it.
func (r *request) tier(t store.Tier) string {
	if t == "" {
		return "—"
	}
	return r.t.text("choice." + string(t))
}

// languages are those that a digest can be asked for in, by their codes: those of the catalogue first, in which its own
// words are too, then others that engines know.
func (r *request) languages() []string {
	var out []string
	for lang := range r.bot.texts {
		out = append(out, lang)
	}
	slices.Sort(out)
	for _, lang := range strings.Fields("ar bg cs da el es fa fi fr he hi hu id it ja ka ko nl no pl pt ro ru sv tr uk vi zh") {
		if !slices.Contains(out, lang) {
			out = append(out, lang)
		}
	}
	return out
}

// language is the name of a language in the reader's own; the code where it has none.
func (r *request) language(code string) string {
	tag, err := language.Parse(code)
	if err != nil {
		return code
	}
	if namer := display.Languages(language.Make(r.t.lang)); namer != nil {
		if n := namer.Name(tag); n != "" {
			return n
		}
	}
	return code
}

// languageOf reads a language: its code, or its name in the reader's language, in English or in itself.
func (r *request) languageOf(s string) (string, error) {
	want := text.Fold(strings.TrimSpace(s)).Text
	for _, code := range r.languages() {
		tag := language.Make(code)
		for _, n := range []string{code, r.language(code), display.English.Languages().Name(tag), display.Self.Name(tag)} {
			if want != "" && text.Fold(n).Text == want {
				return code, nil
			}
		}
	}
	return "", say("error.language", "language", Clip(s, 60))
}
