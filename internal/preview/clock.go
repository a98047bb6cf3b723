package preview

import (
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

//go:embed client.txt
var clientText string

// words are what Discord's own client says in a language, by key; English where there is no such language.
func words(lang string) map[string]string {
	out := map[string]string{}
	at := 1
	for i, line := range strings.Split(strings.TrimSpace(clientText), "\n") {
		cells := strings.Split(line, "|")
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
			if i == 0 && j > 0 && cells[j] == lang {
				at = j
			}
		}
		out[cells[0]] = cells[at]
	}
	return out
}

// A clock writes Discord's timestamps, <t:SECONDS:STYLE>, as a reader sees them, in UTC. The zero clock leaves them.
type clock struct {
	now  time.Time
	lang string
}

var timestamp = regexp.MustCompile(`<t:(\d{1,12})(?::([tTdDfFR]))?>`)

// told writes the timestamps of a text.
func (c clock) told(s string) string {
	if c.now.IsZero() {
		return s
	}
	return timestamp.ReplaceAllStringFunc(s, func(m string) string {
		parts := timestamp.FindStringSubmatch(m)
		sec, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil {
			return m
		}
		t, w := time.Unix(sec, 0).UTC(), words(c.lang)
		month := strings.Fields(w["months"])[t.Month()-1]
		date := strings.NewReplacer("D", strconv.Itoa(t.Day()), "M", month, "Y", strconv.Itoa(t.Year()), " ", "\u00a0").Replace(w["date"])
		switch parts[2] {
		case "t":
			return t.Format("15:04")
		case "T":
			return t.Format("15:04:05")
		case "d":
			return t.Format(w["short"])
		case "D":
			return date
		case "F":
			return strings.Fields(w["days"])[t.Weekday()] + ", " + date + " " + t.Format("15:04")
		case "R":
			return relative(t.Sub(c.now), w)
		}
		return date + " " + t.Format("15:04")
	})
}

// relative is how far away a moment is: "in 3 hours", "2 days ago".
func relative(d time.Duration, w map[string]string) string {
	form := "in"
	if d < 0 {
		form, d = "ago", -d
	}
	unit, n := "seconds", int(d.Round(time.Second)/time.Second)
	switch {
	case d >= 36*time.Hour:
		unit, n = "dayspan", int((d+12*time.Hour)/(24*time.Hour))
	case d >= 45*time.Minute:
		unit, n = "hours", max(1, int((d+30*time.Minute)/time.Hour))
	case d >= 45*time.Second:
		unit, n = "minutes", max(1, int((d+30*time.Second)/time.Minute))
	}
	one, many, _ := strings.Cut(w[unit], "/")
	if n == 1 {
		many = one
	}
	return fmt.Sprintf(w[form], fmt.Sprintf("%d %s", n, many))
}
