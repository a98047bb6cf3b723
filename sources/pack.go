package sources

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// packFile is the bundled pack. Its columns are those of Packed, with a header.
//
//go:embed packs/diplomatic.csv
var packFile string

// A Packed source is one that the program knows of from the start: somebody looked at it. Nothing of a pack is read before
// managers chose it.
type Packed struct {
	Name    string
	URL     string
	Lang    string // ISO 639-1
	Country string // ISO 3166-1 alpha-2, or a body's short name ("UN"); "" where it speaks for none
	Region  string // "Europe", "Global"
	Kind    string // "ministry", "think tank"
	Tier    string // "official", "press", "research", "state"
	// Grade is how well it is attested: "A" was fetched on a day that is known, "B" stands in a list that somebody maintains,
	// "C" was only seen.
	Grade string
}

// Shown reports whether it is offered unless somebody asks for all.
func (p Packed) Shown() bool { return p.Grade <= "B" }

// A PackFilter chooses from a pack; a field that is empty lets everything through.
type PackFilter struct {
	Regions, Langs, Tiers, Countries []string // any of them, without regard to case
	All                              bool     // grade C too
}

// Pack returns the sources of the bundled pack that a filter lets through, in the pack's order.
func Pack(f PackFilter) []Packed {
	return slices.DeleteFunc(readPack(packFile), func(p Packed) bool {
		has := func(list []string, v string) bool {
			return len(list) == 0 || slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, v) })
		}
		return !(f.All || p.Shown()) || !has(f.Regions, p.Region) || !has(f.Langs, p.Lang) || !has(f.Tiers, p.Tier) || !has(f.Countries, p.Country)
	})
}

// PackedAt returns a source of the pack, of any grade, whose feed is on the host of a URL: all of one host speak for the same
// country and are of one tier. False when there is none.
func PackedAt(raw string) (Packed, bool) {
	host := func(raw string) string {
		u, err := url.Parse(raw)
		if err != nil {
			return ""
		}
		return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	}
	at := host(raw)
	all := readPack(packFile)
	i := slices.IndexFunc(all, func(p Packed) bool { return at != "" && host(p.URL) == at })
	if i < 0 {
		return Packed{}, false
	}
	return all[i], true
}

// PackValues returns what the sources of the pack have as region, language or tier, each once, in order of the alphabet.
func PackValues(of func(Packed) string) []string {
	var out []string
	for _, p := range readPack(packFile) {
		if v := of(p); v != "" && p.Shown() {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// readPack reads a pack; what is embedded is tested, so that an error is a defect.
func readPack(file string) []Packed {
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil || len(rows) == 0 {
		panic(fmt.Sprintf("sources: the bundled pack cannot be read: %v", err))
	}
	out := make([]Packed, 0, len(rows)-1)
	for _, r := range rows[1:] {
		out = append(out, Packed{Name: r[0], URL: r[1], Lang: r[2], Country: r[3], Region: r[4], Kind: r[5], Tier: r[6], Grade: r[7]})
	}
	return out
}
