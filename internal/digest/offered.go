package digest

import (
	"slices"
	"strings"
	"sync"

	"attache/internal/text"
)

// Zones are the IANA names that ParseZone takes, in order of the alphabet.
var Zones = sync.OnceValue(func() []string {
	var out []string
	for line := range strings.Lines(zoneFile) {
		if name := strings.TrimSpace(line); name != "" && name[0] != '#' {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
})

// FindZone returns the zone that is meant by a name written carelessly ("europe/brussels", "Brussels", "new york"), or the
// name itself, for ParseZone to say what is wrong with it.
func FindZone(name string) string {
	if known := zoneNames()[foldZone(name)]; known != "" {
		return known
	}
	return strings.TrimSpace(name)
}

// Bodies are the short names of the international bodies that filters and subscriptions know, in the order of their file.
func Bodies() []string {
	var out []string
	for _, names := range text.Bodies() {
		out = append(out, names[0])
	}
	return out
}

// FindBody returns the short name of the body that has the name in any language, false when there is none.
func FindBody(name string) (string, bool) {
	want := text.Fold(strings.TrimSpace(name)).Text
	for _, names := range text.Bodies() {
		if want != "" && slices.ContainsFunc(names, func(n string) bool { return text.Fold(n).Text == want }) {
			return names[0], true
		}
	}
	return "", false
}
