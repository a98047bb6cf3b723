package digest

import (
	_ "embed"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // slots do not depend on what the machine has installed
)

//go:embed data/zones.txt
var zoneFile string

// zoneNames are the IANA names by their folded form, and by their last part ("brussels") where only one has it.
var zoneNames = sync.OnceValue(func() map[string]string {
	names, cities := map[string]string{}, map[string]string{}
	for line := range strings.Lines(zoneFile) {
		name := strings.TrimSpace(line)
		if name == "" || name[0] == '#' {
			continue
		}
		names[foldZone(name)] = name
		if i := strings.LastIndexByte(name, '/'); i >= 0 && !strings.HasPrefix(name, "Etc/") {
			city := foldZone(name[i+1:])
			if _, twice := cities[city]; twice {
				name = ""
			}
			cities[city] = name
		}
	}
	for city, name := range cities {
		if _, taken := names[city]; !taken && name != "" {
			names[city] = name
		}
	}
	return names
})

func foldZone(s string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), " ", "_")
}

// ParseZone accepts an IANA zone name ("Europe/Brussels", "UTC") and nothing else, neither offsets nor the machine's own
// zone. The error is a *Mistake.
func ParseZone(name string) (*time.Location, error) {
	if name == "" {
		return nil, &Mistake{Wording: Wording{Key: "zone.none"}}
	}
	if len(name) > 64 {
		return nil, &Mistake{Wording: Wording{Key: "zone.long"}}
	}
	known := zoneNames()[foldZone(name)]
	if known == name {
		zone, err := time.LoadLocation(name)
		if err != nil {
			return nil, &Mistake{Wording: fact("zone.broken", "zone", name), err: err}
		}
		return zone, nil
	}
	switch {
	case known != "":
		return nil, mistaken("zone.spelt", name).with("zone", known)
	case strings.EqualFold(name, "local"):
		return nil, &Mistake{Wording: Wording{Key: "zone.local"}}
	case strings.ContainsAny(name, "+-0123456789"):
		return nil, mistaken("zone.offset", name)
	}
	return nil, mistaken("zone.unknown", name)
}
