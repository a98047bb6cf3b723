package bot

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"attache/internal/digest"
	"attache/internal/text"
)

// choicesMost is how many suggestions Discord shows.
const choicesMost = 25

// completeManaged suggests values for the options of managers' commands, of the guild's own alone.
func completeManaged(ctx context.Context, r *request, option, typed string) ([]choice, error) {
	if r.name == "source pack" && option != "country" {
		return r.suggestPack(option, typed), nil
	}
	switch option {
	case "source":
		return r.suggestSources(ctx, typed)
	case "schedule":
		return r.suggestSchedules(ctx, typed)
	case "zone":
		return r.suggestZones(ctx, typed)
	case "country":
		several := strings.HasPrefix(r.name, "schedule ")
		return r.suggestCountries(ctx, typed, several)
	case "language":
		return r.suggestLanguages(typed), nil
	case "days":
		return r.suggestDays(typed), nil
	case "topics":
		return r.suggestTopics(ctx, typed)
	case "tags":
		return r.suggestTags(ctx, typed)
	}
	return nil, nil
}

// matching puts choices whose name begins with what was typed first, then those that hold it, without regard to case and
// accents; the others are left out.
func matching(list []choice, typed string) []choice {
	want := text.Fold(typed).Text
	var first, then []choice
	for _, c := range list {
		name := text.Fold(c.Name).Text
		switch {
		case strings.HasPrefix(name, want), text.Fold(c.Value).Text == want:
			first = append(first, c)
		case strings.Contains(name, want):
			then = append(then, c)
		}
		if len(first) == choicesMost {
			break
		}
	}
	return append(first, then...)
}

func (r *request) suggestSources(ctx context.Context, typed string) ([]choice, error) {
	subs, err := r.bot.db.Read().Guild(r.guild).Named(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]choice, len(subs))
	for i, s := range subs {
		list[i] = choice{Name: s.Name, Value: strconv.FormatInt(s.Source, 10)}
		if blank(s.Name) {
			list[i].Name = "#" + list[i].Value
		}
	}
	return matching(list, typed), nil
}

func (r *request) suggestSchedules(ctx context.Context, typed string) ([]choice, error) {
	scheds, err := r.bot.db.Read().Schedules(ctx, r.guild)
	if err != nil {
		return nil, err
	}
	list := make([]choice, len(scheds))
	for i, s := range scheds {
		id := strconv.FormatInt(s.ID, 10)
		list[i] = choice{Name: Clip(label(s), 90) + " · #" + id, Value: id}
	}
	return matching(list, typed), nil
}

// suggestZones suggests zones with the hour that it is there: the likely ones while nothing is typed.
func (r *request) suggestZones(ctx context.Context, typed string) ([]choice, error) {
	var list []choice
	if typed == "" {
		scheds, err := r.bot.db.Read().Schedules(ctx, r.guild)
		if err != nil {
			return nil, err
		}
		names := []string{r.guessZone(scheds)}
		for _, name := range []string{localeZones()[r.in.GuildLocale], localeZones()[r.in.Locale], "UTC", "Europe/London",
			"Europe/Brussels", "Europe/Kyiv", "Europe/Istanbul", "Africa/Nairobi", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo",
			"America/New_York", "America/Sao_Paulo"} {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		for _, name := range names {
			list = append(list, choice{Name: name, Value: name})
		}
	} else {
		want := strings.ReplaceAll(typed, " ", "_")
		for _, name := range digest.Zones() {
			list = append(list, choice{Name: name, Value: name})
		}
		list = matching(list, want)
		slices.SortStableFunc(list, func(a, b choice) int { return cityFirst(a.Value, want) - cityFirst(b.Value, want) })
	}
	list = list[:min(len(list), choicesMost)]
	for i, c := range list {
		if zone, err := time.LoadLocation(c.Value); err == nil {
			list[i].Name += " (" + r.services.Now().In(zone).Format("15:04") + ")"
		}
	}
	return list, nil
}

// cityFirst is 0 for a zone whose city begins with what was typed.
func cityFirst(zone, want string) int {
	city := zone[strings.LastIndexByte(zone, '/')+1:]
	if strings.HasPrefix(text.Fold(city).Text, text.Fold(want).Text) {
		return 0
	}
	return 1
}

// suggestCountries suggests countries by their names in the reader's language, those of the guild's sources first, then
// bodies. Several are those of a schedule.
func (r *request) suggestCountries(ctx context.Context, typed string, several bool) ([]choice, error) {
	subs, err := r.bot.db.Read().Guild(r.guild).Named(ctx)
	if err != nil {
		return nil, err
	}
	var own, rest []choice
	seen := map[string]bool{}
	for _, s := range subs {
		if code := s.Country; code != "" && !seen[code] && (!several || slices.Contains(regions(), code)) {
			seen[code] = true
			own = append(own, choice{Name: text.CountryName(code, r.t.lang), Value: code})
		}
	}
	for _, code := range regions() {
		if !seen[code] {
			rest = append(rest, choice{Name: text.CountryName(code, r.t.lang), Value: code})
		}
	}
	slices.SortFunc(rest, func(a, b choice) int { return strings.Compare(text.Fold(a.Name).Text, text.Fold(b.Name).Text) })
	if several {
		return r.suggestPlaces(append(own, rest...), typed), nil
	}
	for _, body := range digest.Bodies() {
		if !seen[body] && !slices.Contains(regions(), body) {
			rest = append(rest, choice{Name: body, Value: body})
		}
	}
	return matching(append(own, rest...), typed), nil
}

// lastOf suggests for the last item of a list with commas; read turns an item before it into name and value, "" when it
// is none.
func (r *request) lastOf(list []choice, typed string, read func(item string) (name, value string)) []choice {
	before, last := "", typed
	if i := strings.LastIndexByte(typed, ','); i >= 0 {
		before, last = typed[:i], strings.TrimSpace(typed[i+1:])
	}
	var names, values []string
	for _, item := range listed(before) {
		if name, value := read(item); value != "" && !slices.Contains(values, value) {
			names, values = append(names, name), append(values, value)
		}
	}
	var out []choice
	for _, c := range matching(list, last) {
		if !slices.Contains(values, c.Value) {
			out = append(out, choice{Name: strings.Join(append(slices.Clone(names), c.Name), ", "), Value: strings.Join(append(slices.Clone(values), c.Value), ",")})
		}
	}
	return out
}

func (r *request) suggestLanguages(typed string) []choice {
	var list []choice
	for _, code := range r.languages() {
		list = append(list, choice{Name: r.language(code), Value: code})
	}
	return matching(list, typed)
}

// suggestDays suggests the usual days; others are typed ("mon, wed, fri").
func (r *request) suggestDays(typed string) []choice {
	var list []choice
	for _, word := range []string{"every_day", "weekdays", "weekend"} {
		list = append(list, choice{Name: r.t.text("choice." + word), Value: dayWords[word]})
	}
	if typed == "" {
		return list
	}
	if days, err := r.specOf("", "08:00", typed); err == nil {
		if _, days, ok := strings.Cut(days, " "); ok && !slices.ContainsFunc(list, func(c choice) bool { return c.Value == days }) {
			list = append([]choice{{Name: typed, Value: days}}, list...)
		}
	}
	return matching(list, typed)
}

// suggestTopics suggests the topics of the guild's sources, and what is typed itself for a source.
func (r *request) suggestTopics(ctx context.Context, typed string) ([]choice, error) {
	subs, err := r.bot.db.Read().Guild(r.guild).Named(ctx)
	if err != nil {
		return nil, err
	}
	var list []choice
	seen := map[string]bool{}
	for _, s := range subs {
		for _, t := range s.Topics {
			if !seen[t] {
				seen[t] = true
				list = append(list, choice{Name: t, Value: t})
			}
		}
	}
	slices.SortFunc(list, func(a, b choice) int { return strings.Compare(a.Name, b.Name) })
	out := r.lastOf(list, typed, func(item string) (string, string) { return item, item })
	if typed != "" && len(out) < choicesMost && !slices.ContainsFunc(out, func(c choice) bool { return c.Value == typed }) {
		out = append(out, choice{Name: typed, Value: typed})
	}
	return out, nil
}
