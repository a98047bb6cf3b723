package text

// A Mention is a country found in a text.
type Mention struct {
	Code string // ISO 3166-1 alpha-2
	Span
}

// Countries finds names, demonyms and capitals of countries in s.
func Countries(s, lang string) []Mention { return nil }
