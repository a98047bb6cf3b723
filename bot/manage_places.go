package bot

import (
	"slices"
	"strings"

	"attache/internal/digest"
	"attache/internal/store"
	"attache/internal/text"
)

// places are what the stories of a schedule are about: any of them is enough, and of a pair both.
type places struct {
	countries []string
	pairs     [][2]string
	bodies    []string // by their short names
}

// placesOf reads the option country of a schedule: countries, bodies and pairs of countries, with commas between.
func (r *request) placesOf(s string) (places, error) {
	p := places{countries: []string{}}
	for _, item := range listed(s) {
		one, ok := r.placeOf(item)
		if !ok {
			return places{}, say("error.place", "place", Clip(item, 60))
		}
		p.countries, p.pairs, p.bodies = append(p.countries, one.countries...), append(p.pairs, one.pairs...), append(p.bodies, one.bodies...)
	}
	return p, nil
}

// bodyCode reports whether the code of a region is that of a body. Texts are searched for the names of bodies, of which
// there are more than a region has.
func bodyCode(code string) bool { return code == "EU" || code == "UN" }

// placeOf reads one country, body or pair; false when it is none.
func (r *request) placeOf(s string) (places, bool) {
	code := r.regionOf(s)
	if code != "" && !bodyCode(code) {
		return places{countries: []string{code}}, true
	}
	if body, ok := digest.FindBody(s); ok {
		return places{bodies: []string{body}}, true
	}
	if code != "" { // by a name that the table of bodies does not have
		return places{bodies: []string{code}}, true
	}
	for _, between := range []string{"–", "—", " - ", "/", "&", "-"} {
		if a, b, ok := strings.Cut(s, between); ok {
			if x, y := r.regionOf(a), r.regionOf(b); x != "" && y != "" && x != y && x != "UN" && y != "UN" { // texts have no country UN
				return places{pairs: [][2]string{{x, y}}}, true
			}
		}
	}
	return places{}, false
}

// placesIn are the places of a filter.
func placesIn(f store.Filter) places { return places{f.Countries.Include, f.Pairs, f.Bodies.Include} }

// into makes them those of a filter.
func (p places) into(f *store.Filter) {
	f.Countries.Include, f.Pairs, f.Bodies.Include = p.countries, p.pairs, p.bodies
}

// names are the places as people read them.
func (p places) names(lang string) (out []string) {
	for _, code := range p.countries {
		out = append(out, text.CountryName(code, lang))
	}
	for _, pair := range p.pairs {
		out = append(out, text.CountryName(pair[0], lang)+"–"+text.CountryName(pair[1], lang))
	}
	for _, body := range p.bodies {
		if bodyCode(body) {
			out = append(out, text.CountryName(body, lang))
		} else {
			out = append(out, bodyTyped(body))
		}
	}
	return out
}

// values are the places as they would be typed: placeOf reads them.
func (p places) values() (out []string) {
	out = slices.Clone(p.countries)
	for _, pair := range p.pairs {
		out = append(out, pair[0]+"-"+pair[1])
	}
	for _, body := range p.bodies {
		out = append(out, bodyTyped(body))
	}
	return out
}

// bodyTyped is a body as it would be typed. AU is Australia: the African Union is typed by its next name.
func bodyTyped(short string) string {
	if bodyCode(short) || !slices.Contains(regions(), short) {
		return short
	}
	for _, names := range text.Bodies() {
		if names[0] == short && len(names) > 1 {
			return names[1]
		}
	}
	return short
}

// suggestPlaces suggests countries, those of the guild's sources first, then bodies. What is typed before the last comma is
// kept; a pair, or a body by another of its names, is taken as it is typed.
func (r *request) suggestPlaces(list []choice, typed string) []choice {
	for _, body := range digest.Bodies() {
		value := bodyTyped(body)
		if !slices.ContainsFunc(list, func(c choice) bool { return c.Value == value }) {
			list = append(list, choice{Name: value, Value: value})
		}
	}
	last := typed[strings.LastIndexByte(typed, ',')+1:]
	if p, ok := r.placeOf(last); ok {
		c := choice{Name: p.names(r.t.lang)[0], Value: p.values()[0]}
		if !slices.ContainsFunc(matching(list, strings.TrimSpace(last)), func(have choice) bool { return have.Value == c.Value }) {
			typed = typed[:len(typed)-len(last)] + c.Name
			list = append([]choice{c}, slices.DeleteFunc(list, func(have choice) bool { return have.Value == c.Value })...)
		}
	}
	return r.lastOf(list, typed, func(item string) (string, string) {
		p, ok := r.placeOf(item)
		if !ok {
			return "", ""
		}
		return p.names(r.t.lang)[0], p.values()[0]
	})
}
