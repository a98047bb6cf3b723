package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"attache/internal/fakediscord"
	"attache/internal/store"
)

// What managers' answers make alive themselves: times, mentions of channels, roles and users that nobody is called by, links.
var (
	ownMarks = regexp.MustCompile(`<t:\d+:[a-zA-Z]>|<(?:#|@&|@)\d+>`)
	ownLinks = regexp.MustCompile(`\[[^\[\]]*\]\(https?://[^\s()]+\)`)
	ownStyle = strings.NewReplacer("**", "", "\n-# ", "\n", `\(`, `\(`, `\)`, `\)`, "(", "", ")", "")
)

// liveIn says what is alive in an answer but what the bot made so, "" when nothing.
func liveIn(s string) string {
	s = ownLinks.ReplaceAllString(ownMarks.ReplaceAllString(s, ""), "")
	return alive(strings.ReplaceAll(unstyled(ownStyle, s), "\ufffd", "?"), true)
}

// hostileFeed is a feed that says s wherever it says something.
func hostileFeed(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic(err) // a buffer takes everything
	}
	return `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>` + b.String() + `</title><language>` + b.String() + `</language><item><title>` + b.String() +
		`</title><link>` + b.String() + `</link><guid>1</guid><description>The office said ` + b.String() + ` on Monday in the town hall. ` + b.String() + `</description></item></channel></rss>`
}

// Hostile strings as titles and texts of a feed, as names, topics and options: what the managers' commands answer is
// taken by Discord, says what it must, and nothing in it is alive.
func TestHostileManagers(t *testing.T) {
	t.Parallel()
	var inputs []string
	for _, h := range readHostile(t) {
		inputs = append(inputs, h.Input)
	}
	o, own, _ := managersOffice(t)
	id := strconv.FormatInt(own, 10)
	call := func(name string, options map[string]any) asked {
		t.Helper()
		return o.ask(fakediscord.Interaction{User: someManager, Name: name, Options: options, Channel: textID, Forged: true})
	}
	check := func(a asked, input string) {
		t.Helper()
		m := string(a.Body)
		if strings.Contains(a.Call.Content, "tell my operator") {
			t.Errorf("%s with %q failed: %s", a.Exchange, input, a.Call.Content)
		}
		if !a.Ephemeral && a.Type != fakediscord.CallbackUpdate {
			t.Errorf("%s with %q is seen by everybody", a.Exchange, input)
		}
		var body struct {
			Mentions *struct {
				Parse []string `json:"parse"`
				Roles []string `json:"roles"`
			} `json:"allowed_mentions"`
		}
		if json.Unmarshal(a.Body, &body) != nil || body.Mentions == nil || len(body.Mentions.Parse)+len(body.Mentions.Roles) > 0 {
			t.Errorf("%s with %q may mention: %s", a.Exchange, input, m)
		}
		if live := liveIn(a.Call.Content); live != "" {
			t.Errorf("%s with %q holds %q: %s", a.Exchange, input, live, a.Call.Content)
		}
		for _, e := range a.Embeds {
			if live := liveIn(e.Title + "\n" + e.Description); live != "" {
				t.Errorf("%s with %q holds %q in an embed: %s", a.Exchange, input, live, e.Title+"\n"+e.Description)
			}
		}
	}
	for _, input := range inputs {
		o.serve("/hostile", hostileFeed(input))
		check(call("source test", map[string]any{"url": o.web.URL + "/hostile"}), input)
		name := Clip(strings.TrimSpace(input), nameLength)
		if name == "" {
			continue
		}
		check(call("source edit", map[string]any{"source": strconv.FormatInt(o.sources["gazette"], 10), "name": name, "topics": Clip(name, topicLength)}), input)
		check(call("schedule edit", map[string]any{"schedule": id, "name": name}), input)
		for _, list := range []string{"source list", "schedule list", "admin audit"} {
			check(call(list, nil), input)
		}
		for _, option := range []string{"country", "topics", "zone", "days", "when", "roles", "tags", "language"} {
			check(call("schedule edit", map[string]any{"schedule": id, option: name}), input)
		}
		check(call("source pause", map[string]any{"source": name, "resume": true}), input)
		for _, option := range []string{"source", "schedule"} {
			cmd := map[string]string{"source": "source edit", "schedule": "schedule run"}[option]
			a := o.ask(fakediscord.Interaction{User: someManager, Kind: fakediscord.Autocomplete, Name: cmd, Focused: option, Options: map[string]any{option: name}, Channel: textID, Forged: true})
			if a.Status >= 400 {
				t.Errorf("%s with %q: %d", a.Exchange, input, a.Status)
			}
		}
	}
	for i, input := range inputs { // failures and reasons that others wrote
		o.write(func(ctx context.Context, q *store.Q) error {
			src, err := q.Source(ctx, o.sources["gazette"])
			if err != nil {
				return err
			}
			if src.Error, src.Warnings, src.LastVisit, src.LastSuccess = input, nil, deskNow, deskNow; i%2 == 0 {
				src.Error, src.Warnings = "", []string{input}
			}
			if err := q.SaveVisit(ctx, src); err != nil {
				return err
			}
			if err := q.PauseSchedule(ctx, own, input); err != nil {
				return err
			}
			ds, err := q.Deliveries(ctx, own, 1)
			if err != nil {
				return err
			}
			return q.SaveDelivery(ctx, store.Delivery{ID: ds[0].ID, Status: store.Failed, Reason: input})
		})
		check(call("source list", nil), input)
		check(call("schedule list", nil), input)
	}
	o.write(func(ctx context.Context, q *store.Q) error { // and headlines
		ds, err := q.Deliveries(ctx, own, 1)
		if err != nil {
			return err
		}
		var cs []store.Candidate
		for i, input := range inputs {
			cs = append(cs, store.Candidate{Delivery: ds[0].ID, Story: int64(i + 1), Rank: i + 1, Headline: input, Reason: input, Parts: map[string]float64{input: 1}})
		}
		return q.SaveCandidates(ctx, cs)
	})
	a := call("admin why", map[string]any{"schedule": id})
	for n := 1; ; n++ {
		check(a, fmt.Sprintf("page %d", n))
		i := slices.IndexFunc(buttonsOf(t, a.Body), func(b shownButton) bool { return b.Label == "Next" && !b.Disabled })
		if i < 0 {
			if n < 3 {
				t.Errorf("only %d pages", n)
			}
			break
		}
		a = o.press(a, "Next", someManager)
	}
}
