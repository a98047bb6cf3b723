package bot

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"attache/internal/digest"
)

// Lengths of what is typed, in characters.
const (
	aboutMax  = 300
	wordsMax  = 200
	nameTyped = 100
	linkTyped = 2000
)

// readers are the commands of those who read.
func (t *table) readers() {
	since := parameter{name: "since", kind: optionText, choices: []string{"day", "3days", "week", "month"}}
	about := parameter{name: "about", kind: optionText, complete: true, max: aboutMax}
	must := about
	must.required = true
	t.commands = append(t.commands,
		command{name: "help", run: help},
		command{name: "digest", run: latestDigest, complete: completeReaders,
			options: []parameter{{name: "schedule", kind: optionText, complete: true, max: nameTyped}}},
		command{name: "brief", run: brief, complete: completeReaders, options: []parameter{must, since}},
		command{name: "summarize", run: summarizeLink, options: []parameter{{name: "link", kind: optionText, required: true, max: linkTyped}}},
		command{name: "links", menu: true, run: summarizeMenu},
		command{name: "quotes", run: quotes, complete: completeReaders,
			options: []parameter{{name: "speaker", kind: optionText, complete: true, max: nameTyped}, about, since}},
		command{name: "search", run: search, options: []parameter{{name: "words", kind: optionText, required: true, max: wordsMax}, since}},
	)
	t.presses["quotes"] = press{later: promiseMessage, run: behind(quotesBehind)}
	t.presses["sources"] = press{later: promiseMessage, run: behind(sourcesBehind)}
	t.presses["why"] = press{later: promiseMessage, run: whyBehind}
}

// periods are the values of the option since.
var periods = map[string]time.Duration{"day": 24 * time.Hour, "3days": 3 * 24 * time.Hour, "week": 7 * 24 * time.Hour, "month": 30 * 24 * time.Hour}

// since is from when on something is looked for, and how that is said. missing is the period where none was chosen; "" is
// any time, and a zero since.
func (r *request) since(missing string) (since time.Time, said string) {
	value := r.text("since")
	if value == "" {
		value = missing
	}
	if d, ok := periods[value]; ok {
		return r.services.Now().Add(-d), r.t.text("choice." + value)
	}
	return time.Time{}, r.t.text("since.any")
}

// reads is the language of who asked, ISO 639-1.
func (r *request) reads() string {
	base, _, _ := strings.Cut(strings.ToLower(r.lang), "-")
	if base == "" {
		return r.t.lang
	}
	return base
}

// completeReaders suggests what the guild's own sources hold.
func completeReaders(ctx context.Context, r *request, option, typed string) ([]choice, error) {
	typed = Clip(typed, nameTyped)
	var out []choice
	switch option {
	case "schedule":
		all, err := r.bot.db.Read().Schedules(ctx, r.guild)
		if err != nil {
			return nil, err
		}
		for _, s := range all {
			name := r.scheduleName(s.Name, s.ID)
			if strings.Contains(strings.ToLower(name), strings.ToLower(typed)) {
				out = append(out, choice{name, strconv.FormatInt(s.ID, 10)})
			}
		}
	case "about":
		list, err := r.services.Digests.Suggest(ctx, r.guild, typed, r.reads())
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			out = append(out, choice{s.Name, s.Value})
		}
	case "speaker":
		names, err := r.services.Digests.Speakers(ctx, r.guild, typed)
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			out = append(out, choice{n, n})
		}
	}
	return out, nil
}

// scheduleName is what a schedule is called where it has no name.
func (r *request) scheduleName(name string, id int64) string {
	if blank(name) {
		return r.t.text("schedule.unnamed", "n", strconv.FormatInt(id, 10))
	}
	return strings.TrimSpace(name)
}

// nothing is the error of a command that found nothing: that the guild reads no source, where that is why, else fallback.
func (r *request) nothing(ctx context.Context, fallback error) error {
	subs, err := r.bot.db.Read().Subscriptions(ctx, r.guild)
	if err != nil {
		return err
	}
	if len(subs) == 0 {
		return say("error.no_sources")
	}
	return fallback
}

// unbriefed words what is known of an error of a brief.
func unbriefed(err error) error {
	if errors.Is(err, digest.ErrNoBrief) {
		return say("error.no_brief")
	}
	return err
}
