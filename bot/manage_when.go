package bot

import (
	_ "embed"
	"errors"
	"slices"
	"strings"
	"sync"

	"attache/internal/digest"
	"attache/internal/store"
	"attache/internal/text"
)

//go:embed data/locales.txt
var localeFile string

// specOf puts hours and days together. Either may be missing: then it is that of the schedule so far.
func (r *request) specOf(was, hours, days string) (string, error) {
	if hours == "" {
		if hours = was; strings.Contains(was, ":") {
			hours = strings.Join(slices.DeleteFunc(specItems(was), func(s string) bool { return !strings.Contains(s, ":") }), ",")
		}
	}
	spec := strings.ToLower(strings.Join(strings.Fields(r.englishDays(hours)), " "))
	if days != "" {
		switch {
		case !strings.Contains(hours, ":"):
			return "", say("error.days_cron")
		case slices.ContainsFunc(specItems(hours), func(s string) bool { return !strings.Contains(s, ":") }):
			return "", say("error.days_twice")
		}
		spec += " " + r.englishDays(days)
	}
	if _, err := digest.ParseSpec(spec); err != nil {
		return "", r.mistaken("error.when", err)
	}
	return spec, nil
}

// specItems are the hours and days of "08:00,18:00 mon-fri".
func specItems(spec string) []string {
	return strings.FieldsFunc(spec, func(c rune) bool { return c == ' ' || c == ',' })
}

// dayWords are what days can be written as, beside names of weekdays: choices, in every language of the catalogue.
var dayWords = map[string]string{"every_day": "mon-sun", "weekdays": "mon-fri", "weekend": "sat,sun"}

// englishDays writes days as a spec has them. Names of weekdays are also read in the reader's language, from two letters
// on ("mo-fr"); what is none stays as it is, for the spec's own error.
func (r *request) englishDays(s string) string {
	folded := text.Fold(strings.TrimSpace(s)).Text
	for word, days := range dayWords {
		for _, t := range []catalogue{r.t, r.bot.texts["en"]} {
			if folded == text.Fold(t.text("choice."+word)).Text {
				return days
			}
		}
	}
	english := r.bot.texts["en"].weekdays
	var b strings.Builder
	word := func(w string) {
		fold := text.Fold(w).Text
		for i, name := range r.t.weekdays {
			if r.t.lang != "en" && len([]rune(fold)) >= 2 && strings.HasPrefix(text.Fold(name).Text, fold) {
				w = strings.ToLower(english[i][:3])
				break
			}
		}
		b.WriteString(w)
	}
	start := 0
	for i, c := range s {
		if strings.ContainsRune(" ,-–", c) {
			word(s[start:i])
			if c == '–' {
				c = '-'
			}
			b.WriteRune(c)
			start = i + len(string(c))
			if s[i] >= 0x80 {
				start = i + len("–")
			}
		}
	}
	word(s[start:])
	return strings.ToLower(b.String())
}

// zoneOf reads a zone, carelessly written too.
func (r *request) zoneOf(s string) (string, error) {
	zone := digest.FindZone(s)
	if _, err := digest.ParseZone(zone); err != nil {
		return "", r.mistaken("error.zone", err)
	}
	return zone, nil
}

// mistaken says what is wrong with a time or a zone.
func (r *request) mistaken(key string, err error) error {
	var m *digest.Mistake
	if !errors.As(err, &m) {
		return err
	}
	return &said{key, []string{"why", r.t.wording(m.Wording)}} // which is escaped
}

// guessZone is the zone to begin with: that of the guild's other schedules, else that of its locale, else of the one who
// asks. Every guild is en-US until somebody says otherwise, so that says little.
func (r *request) guessZone(have []store.Schedule) string {
	if len(have) > 0 {
		return have[len(have)-1].Zone
	}
	for _, locale := range []string{r.in.GuildLocale, r.in.Locale} {
		if zone := localeZones()[locale]; zone != "" && locale != "en-US" {
			return zone
		}
	}
	if zone := localeZones()[r.in.Locale]; zone != "" {
		return zone
	}
	return "UTC"
}

var localeZones = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(localeFile) {
		if f := strings.Fields(line); len(f) == 2 {
			out[f[0]] = f[1]
		}
	}
	return out
})
