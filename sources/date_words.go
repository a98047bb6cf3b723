package sources

import (
	"embed"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

//go:embed date_words/*.txt
var dateWordFiles embed.FS

//go:embed date_zones.txt
var dateZoneFile string

// A dateWord is what a word may mean in a date.
type dateWord struct {
	month int  // 1–12, 0 when it names none
	day   bool // it names a day of the week
	half  string
	home  int // seconds east of UTC where its language is spoken in one zone only
}

// dateWords holds the words of all languages. A word that is a different month
// in two languages is left out: no guess is better than a wrong one.
var dateWords = func() (t struct {
	words map[string]dateWord
	zones map[string]int
}) {
	t.words, t.zones = map[string]dateWord{}, map[string]int{}
	files, err := dateWordFiles.ReadDir("date_words")
	if err != nil {
		panic(fmt.Sprintf("sources: date_words: %v", err)) // embedded: cannot fail
	}
	clash := map[string]bool{}
	for _, f := range files {
		lang := strings.TrimSuffix(f.Name(), ".txt")
		b, _ := dateWordFiles.ReadFile("date_words/" + f.Name())
		var own []string
		for l := range strings.Lines(string(b)) {
			fields := strings.Fields(l)
			if len(fields) < 2 || fields[0] == "#" {
				continue
			}
			if fields[0] == "zone" {
				t.zones[lang] = offsetOf(fields[1])
				continue
			}
			month, _ := strconv.Atoi(fields[0])
			for _, w := range fields[1:] {
				w = foldDateWord(strings.ReplaceAll(w, "_", " "))
				own = append(own, w)
				d := t.words[w]
				switch {
				case month > 0 && d.month > 0 && d.month != month:
					clash[w] = true
				case month > 0:
					d.month = month
				case fields[0] == "day":
					d.day = true
				case fields[0] == "am" || fields[0] == "pm":
					d.half = fields[0]
				}
				t.words[w] = d
			}
		}
		if z := t.zones[lang]; z != 0 {
			for _, w := range own {
				if d := t.words[w]; d.half != "" {
					d.home = z
					t.words[w] = d
				}
			}
		}
	}
	for w := range clash {
		delete(t.words, w)
	}
	return t
}()

type dateZone struct {
	offset int
	place  *time.Location
}

// dateZones are the zone abbreviations, in lower case.
var dateZones = func() map[string]dateZone {
	m := map[string]dateZone{}
	for l := range strings.Lines(dateZoneFile) {
		f := strings.Fields(l)
		if len(f) != 2 || strings.HasPrefix(l, "#") {
			continue
		}
		z := dateZone{offset: noOffset}
		if strings.Contains(f[1], "/") {
			loc, err := time.LoadLocation(f[1])
			if err != nil {
				continue // a machine without zone data does not know these
			}
			z.place = loc
		} else {
			z.offset = offsetOf(f[1])
		}
		m[strings.ToLower(f[0])] = z
	}
	return m
}()

// offsetOf reads "+0330" as seconds east of UTC.
func offsetOf(s string) int {
	n, _ := strconv.Atoi(s[1:])
	v := (n/100*60 + n%100) * 60
	if s[0] == '-' {
		return -v
	}
	return v
}

// loadZone finds an IANA zone whose name was put into lower case.
func loadZone(name string) (*time.Location, error) {
	up := true
	proper := strings.Map(func(r rune) rune {
		if up {
			r = unicode.ToUpper(r)
		}
		up = r == '/' || r == '_' || r == '-'
		return r
	}, name)
	for _, n := range []string{proper, strings.ToUpper(name)} {
		if area, rest, ok := strings.Cut(n, "/"); ok && strings.EqualFold(area, "etc") {
			n = "Etc/" + strings.ToUpper(rest)
		}
		if loc, err := time.LoadLocation(n); err == nil {
			return loc, nil
		}
	}
	return nil, fmt.Errorf("no zone %q", name)
}

// foldDateWord drops accents and case, which feeds write carelessly.
func foldDateWord(s string) string {
	s = strings.ToLower(s)
	plain := true
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'ς':
			return 'σ'
		case r == 'ı':
			return 'i'
		}
		return r
	}, norm.NFD.String(s))
}
