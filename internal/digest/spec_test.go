package digest

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParseSpec(t *testing.T) {
	// From Thursday, 27 February 2025, at noon in UTC.
	from := time.Date(2025, 2, 27, 12, 0, 0, 0, time.UTC)
	for spec, want := range map[string]string{
		"08:00":                       "2025-02-28T08:00 2025-03-01T08:00 2025-03-02T08:00",
		" 8:05 ":                      "2025-02-28T08:05 2025-03-01T08:05 2025-03-02T08:05",
		"08:00,18:00":                 "2025-02-27T18:00 2025-02-28T08:00 2025-02-28T18:00",
		"08:00, 18:30":                "2025-02-27T18:30 2025-02-28T08:00 2025-02-28T18:30",
		"08:00 mon-fri":               "2025-02-28T08:00 2025-03-03T08:00 2025-03-04T08:00",
		"08:00 Monday-Friday":         "2025-02-28T08:00 2025-03-03T08:00 2025-03-04T08:00",
		"Mon-Fri 08:00":               "2025-02-28T08:00 2025-03-03T08:00 2025-03-04T08:00",
		"8:30 sat,sun":                "2025-03-01T08:30 2025-03-02T08:30 2025-03-08T08:30",
		"8:30 sat, sun":               "2025-03-01T08:30 2025-03-02T08:30 2025-03-08T08:30",
		"8:30 saturdays":              "2025-03-01T08:30 2025-03-08T08:30 2025-03-15T08:30",
		"08:00 sat-mon":               "2025-03-01T08:00 2025-03-02T08:00 2025-03-03T08:00",
		"08:00,12:00,20:00 fri-sun":   "2025-02-28T08:00 2025-02-28T12:00 2025-02-28T20:00",
		"0 8 * * *":                   "2025-02-28T08:00 2025-03-01T08:00 2025-03-02T08:00",
		"0 8 * * 7":                   "2025-03-02T08:00 2025-03-09T08:00 2025-03-16T08:00",
		"0 8 * * 5-7":                 "2025-02-28T08:00 2025-03-01T08:00 2025-03-02T08:00",
		"0 8 * * 0-7":                 "2025-02-28T08:00 2025-03-01T08:00 2025-03-02T08:00",
		"0 8 * * SAT-MON":             "2025-03-01T08:00 2025-03-02T08:00 2025-03-03T08:00",
		"*/15 9 * * *":                "2025-02-28T09:00 2025-02-28T09:15 2025-02-28T09:30",
		"0 */6 * * mon-fri":           "2025-02-27T18:00 2025-02-28T00:00 2025-02-28T06:00",
		"0 8 1 * mon":                 "2025-03-01T08:00 2025-03-03T08:00 2025-03-10T08:00", // cron: the day or the weekday
		"0 8 29 2 *":                  "2028-02-29T08:00 2032-02-29T08:00 2036-02-29T08:00",
		"0 8 1 jan,jul *":             "2025-07-01T08:00 2026-01-01T08:00 2026-07-01T08:00",
		"59 23 31 12 ?":               "2025-12-31T23:59 2026-12-31T23:59 2027-12-31T23:59",
		"00:00,23:40 mon":             "2025-03-03T00:00 2025-03-03T23:40 2025-03-10T00:00",
		"  0\t8  * *   mon-fri\n":     "2025-02-28T08:00 2025-03-03T08:00 2025-03-04T08:00",
		strings.ToUpper("08:00 sun"):  "2025-03-02T08:00 2025-03-09T08:00 2025-03-16T08:00",
		"0 8 15-20/2 3 *":             "2025-03-15T08:00 2025-03-17T08:00 2025-03-19T08:00",
		"0 8 * * */2":                 "2025-03-01T08:00 2025-03-02T08:00 2025-03-04T08:00",
		"08:00,08:15,08:30 wednesday": "2025-03-05T08:00 2025-03-05T08:15 2025-03-05T08:30",
	} {
		s, err := ParseSpec(spec)
		if err != nil {
			t.Errorf("%q: %v", spec, err)
			continue
		}
		var got []string
		for at := from; len(got) < 3; {
			slot, due, ok := s.Next(at, time.UTC)
			if !ok {
				break
			}
			got = append(got, slot)
			at = due
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q falls due at %s, want %s", spec, strings.Join(got, " "), want)
		}
	}
}

func TestParseSpecRefuses(t *testing.T) {
	for spec, says := range map[string]string{
		"":                          "no time is given",
		"  ":                        "no time is given",
		"TZ=":                       "has its zone beside it",
		"TZ=0":                      "has its zone beside it",
		"CRON_TZ=UTC":               "has its zone beside it",
		"TZ=TZ=TZ=":                 "has its zone beside it",
		"TZ=Europe/Rome 0 8 * * *":  "has its zone beside it",
		"tz=Local 0 8 * * *":        "has its zone beside it",
		"@every 1ns":                "no time of day",
		"@every -5m":                "no time of day",
		"@daily":                    "no time of day",
		"0 8 30 2 *":                "never falls due",
		"* * * * *":                 "at 00:00 and again at 00:01",
		"*/5 8 * * *":               "every 15 minutes at most",
		"0,50 8,9 * * *":            "at 08:50 and again at 09:00",
		"08:00,08:10":               "at 08:00 and again at 08:10",
		"23:55,00:05":               "at 23:55 and again at 00:05",
		"0,5 8 29 2 *":              "at 08:00 and again at 08:05",
		"24:00":                     "no hour of the day",
		"8":                         "has 1 part where",
		"8:5":                       "no hour of the day",
		"08:60":                     "no hour of the day",
		"-1:00":                     "no hour of the day",
		"+8:00":                     "no hour of the day",
		"08:00:00":                  "no hour of the day",
		"08:00 someday":             "no day of the week",
		"08:00 mo":                  "no day of the week",
		"08:00 mon-":                "no day of the week",
		"8:00 pm":                   "such as 18:00 for 6 pm",
		"08:00 mon-fri, 10:00 sat":  "make a schedule for each",
		"mon 08:00 fri":             "make a schedule for each",
		"0 8 * *":                   "has 4 parts",
		"0 0 8 * * *":               "has 6 parts",
		"at eight":                  "has 2 parts",
		"0 8 * * 8":                 "no day of the week",
		"0 25 * * *":                "25 is no hour from 0 to 23",
		"60 8 * * *":                "60 is no minute from 0 to 59",
		"0 8 0 * *":                 "0 is no day of a month",
		"0 8 * june *":              "june is no month",
		"0 8 * * 1-5/0":             "1-5/0 is no weekday",
		"0 8 * * */0":               "*/0 is no weekday from 0 to 7",
		"\x00 8 * * *":              "cannot be read",
		"0 8 * * *" + long(300):     "longer than 200 characters",
		"0 99999999999999999 * * *": "cannot be read",
		"08:00\xff":                 "no hour of the day",
	} {
		_, err := ParseSpec(spec)
		var m *Mistake
		if !errors.As(err, &m) {
			t.Errorf("%q: %v is no mistake", spec, err)
			continue
		}
		if s := err.Error(); strings.ContainsAny(s, "{}") || !strings.Contains(s, says) || strings.Contains(s, "\n") || strings.HasSuffix(s, ".") || len(s) > 400 {
			t.Errorf("%q: %q does not say %q in one sentence", spec, s, says)
		}
	}
}

func long(n int) string { return strings.Repeat(" *", n/2) }

func FuzzParseSpec(f *testing.F) {
	for _, s := range []string{"08:00", "08:00,18:00 mon-fri", "0 8 * * *", "TZ=", "@every 1ns", "0 8 30 2 *", "*/15 0-23/2 1,15 * sat-mon", "23:55,00:05", "0 8 * * 7"} {
		f.Add(s)
	}
	zone, err := ParseZone("America/St_Johns")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		spec, err := ParseSpec(s)
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" {
				t.Error("an error without words")
			}
			return
		}
		at := time.Date(2026, 10, 31, 12, 0, 0, 0, zone) // the night after, the clocks go back
		before := ""
		for range 20 {
			slot, due, ok := spec.Next(at, zone)
			if !ok {
				return
			}
			if !due.After(at) || slot <= before {
				t.Fatalf("%q: slot %s at %s after %s at %s", s, slot, due, before, at)
			}
			if back, ok := slotTime(slot, zone); !ok || !back.Equal(due) {
				t.Fatalf("%q: slot %s is due at %s and read as %s", s, slot, due, back)
			}
			at, before = due, slot
		}
	})
}

// Clocks that leap forward and back: what falls in a gap comes at its end, and what the clock shows twice comes once.
func TestClockChanges(t *testing.T) {
	for _, c := range []struct {
		name, spec, zone, from string
		want                   []string // slot and moment in UTC
	}{
		{"a gap at night", "02:30", "Europe/Brussels", "2026-03-28T12:00:00Z", []string{"2026-03-29T02:30 2026-03-29T01:00:00Z", "2026-03-30T02:30 2026-03-30T00:30:00Z"}},
		{"an hour that comes twice", "02:30", "Europe/Brussels", "2026-10-24T12:00:00Z", []string{"2026-10-25T02:30 2026-10-25T00:30:00Z", "2026-10-26T02:30 2026-10-26T01:30:00Z"}},
		{"asked in the hour's second turn", "02:30", "Europe/Brussels", "2026-10-25T01:10:00Z", []string{"2026-10-26T02:30 2026-10-26T01:30:00Z"}},
		{"a gap at midnight", "00:00", "Africa/Cairo", "2026-04-23T12:00:00Z", []string{"2026-04-24T00:00 2026-04-23T22:00:00Z", "2026-04-25T00:00 2026-04-24T21:00:00Z"}},
		{"half an hour", "02:15", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", []string{"2026-10-04T02:15 2026-10-03T15:30:00Z", "2026-10-05T02:15 2026-10-04T15:15:00Z"}},
		{"every hour in a gap", "0 * * * *", "Europe/Brussels", "2026-03-29T00:30:00Z", []string{"2026-03-29T03:00 2026-03-29T01:00:00Z", "2026-03-29T04:00 2026-03-29T02:00:00Z"}},
		{"every hour in an overlap", "0 * * * *", "Europe/Brussels", "2026-10-24T23:30:00Z", []string{"2026-10-25T02:00 2026-10-25T00:00:00Z", "2026-10-25T03:00 2026-10-25T02:00:00Z"}},
		{"a gap that ends at midnight", "23:45", "America/Nuuk", "2026-03-28T12:00:00Z", []string{"2026-03-28T23:45 2026-03-29T01:00:00Z", "2026-03-29T23:45 2026-03-30T00:45:00Z"}},
		{"a day that there was not", "08:00", "Pacific/Apia", "2011-12-29T20:00:00Z", []string{"2011-12-30T08:00 2011-12-30T10:00:00Z", "2011-12-31T08:00 2011-12-30T18:00:00Z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			zone, err := ParseZone(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			s, err := ParseSpec(c.spec)
			if err != nil {
				t.Fatal(err)
			}
			at, _ := time.Parse(time.RFC3339, c.from)
			for _, want := range c.want {
				slot, due, ok := s.Next(at, zone)
				if got := slot + " " + due.UTC().Format(time.RFC3339); !ok || got != want {
					t.Fatalf("after %s comes %s, want %s", at, got, want)
				}
				at = due
			}
		})
	}
}

func TestParseZone(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Brussels", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Asia/Kolkata"} {
		if z, err := ParseZone(name); err != nil || z.String() != name {
			t.Errorf("%s: %v %v", name, z, err)
		}
	}
	for name, says := range map[string]string{
		"":                        "such as Europe/Brussels",
		"Local":                   "the zone of this machine",
		"local":                   "the zone of this machine",
		"+02:00":                  "is an offset",
		"UTC+2":                   "is an offset",
		"GMT-5":                   "is an offset",
		"europe/brussels":         "is not how a time zone is written; write Europe/Brussels",
		"brussels":                "is not how a time zone is written; write Europe/Brussels",
		"New York":                "is not how a time zone is written; write America/New_York",
		"utc":                     "is not how a time zone is written; write UTC",
		"Europe/Atlantis":         "there is no time zone",
		"CEST":                    "there is no time zone",
		"../../etc/passwd":        "there is no time zone",
		"posix/Europe/Brussels":   "there is no time zone",
		"right/Europe/Brussels":   "there is no time zone",
		"Factory":                 "there is no time zone",
		strings.Repeat("x", 5000): "too long",
	} {
		z, err := ParseZone(name)
		var m *Mistake
		if !errors.As(err, &m) || !strings.Contains(err.Error(), says) || len(err.Error()) > 200 || strings.ContainsAny(err.Error(), "{}") {
			t.Errorf("%.40q: zone %v, error %v, want %q", name, z, err, says)
		}
	}
}

func BenchmarkNext(b *testing.B) {
	zone, err := ParseZone("Europe/Brussels")
	if err != nil {
		b.Fatal(err)
	}
	s, err := ParseSpec("08:00,18:00 mon-fri")
	if err != nil {
		b.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, zone)
	for b.Loop() {
		if _, _, ok := s.Next(at, zone); !ok {
			b.Fatal("never")
		}
	}
}

func BenchmarkParseSpec(b *testing.B) {
	for _, s := range []string{"08:00 mon-fri", "*/15 * * * *"} {
		b.Run(s, func(b *testing.B) {
			for b.Loop() {
				if _, err := ParseSpec(s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
