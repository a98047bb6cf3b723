package digest

import (
	_ "embed"
	"errors"
	"fmt"
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
// zone. The error is one sentence that says what to write instead.
func ParseZone(name string) (*time.Location, error) {
	if name == "" {
		return nil, errors.New("no time zone is given; write the name of one, such as Europe/Brussels")
	}
	if len(name) > 64 {
		return nil, errors.New("that is too long for a time zone; write the name of one, such as Europe/Brussels")
	}
	known := zoneNames()[foldZone(name)]
	if known == name {
		zone, err := time.LoadLocation(name)
		if err != nil {
			return nil, fmt.Errorf("the time zone %s cannot be loaded on this machine (%w)", name, err)
		}
		return zone, nil
	}
	switch {
	case known != "":
		return nil, fmt.Errorf("%q is not how a time zone is written; write %s", name, known)
	case strings.EqualFold(name, "local"):
		return nil, errors.New("the zone of this machine is nobody's; write the name of one, such as Europe/Brussels")
	case strings.ContainsAny(name, "+-0123456789"):
		return nil, fmt.Errorf("%q is an offset, which does not know summer time; write the name of a zone, such as Europe/Brussels", name)
	}
	return nil, fmt.Errorf("there is no time zone %q; write an IANA name, such as Europe/Brussels or America/New_York", name)
}
