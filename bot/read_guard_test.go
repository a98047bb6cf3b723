package bot

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
	"attache/internal/store"
	"attache/internal/text"
)

// readersAsked are values of each option of the readers' commands, some of which find something in the first server, some
// in the second, and some in both or neither.
var readersAsked = map[string][]string{
	"schedule": {"1", "2", "Morning", "Stripes"},
	"about": {"Portugal", "Zimbabwe", "Portugal–Zimbabwe", "zebra", "fishing", "talks porto", "story:1", "story:2", "story:3", "story:4", "story:5", "country:ZW",
		"Who said that the stripes are our affair?", "What will the delegations of Spain do on Wednesday?", "UN"},
	"speaker": {"Zebrawala", "Reis-Lobo", "Jolanta"},
	"words":   {"zebra", "talks", "porto", "stripes", "patience", "Brücke", "lighthouse"},
	"link": {"https://zebra.example/secret", "https://sea.example/porto", "https://harbour.example/porto", "https://gazette.example/bruecke",
		"https://zebra.example/porto"},
	"since": {"day", "month"},
}

// typedSoFar are what is typed when suggestions are asked for.
var typedSoFar = []string{"", "z", "zebra", "por", "sea", "mor", "str", "1", "rei", "zim"}

// everything asks every command of readers in a channel, with every value of readersAsked alone, and for every suggestion.
// It returns what was asked with the answer, in which what was typed does not stand.
func (o *office) everything(channel string) map[string]string {
	o.t.Helper()
	out := map[string]string{}
	keep := func(name string, a asked, options map[string]any) {
		raw := string(a.Body)
		for _, v := range options {
			typed := v.(string)
			for _, echo := range []string{typed, Escape(typed), Escape(hostOf(typed))} {
				encoded, _ := json.Marshal(echo)
				if echo = strings.Trim(string(encoded), `"`); echo != "" && typed != "day" && typed != "month" {
					raw = strings.ReplaceAll(raw, echo, "")
				}
			}
		}
		out[name] = raw
	}
	for _, c := range o.bot.desk.table.commands {
		if c.manager || c.menu {
			continue
		}
		needs := map[string]any{}
		for _, p := range c.options {
			if p.required {
				needs[p.name] = readersAsked[p.name][0]
			}
		}
		keep("/"+c.name, o.ask(fakediscord.Interaction{Name: c.name, Channel: channel, Options: needs}), needs)
		for _, p := range c.options {
			if len(readersAsked[p.name]) == 0 {
				o.t.Fatalf("the option %s of /%s is not asked", p.name, c.name)
			}
			for _, v := range readersAsked[p.name] {
				options := map[string]any{p.name: v}
				for k, v := range needs {
					if k != p.name {
						options[k] = v
					}
				}
				a := o.ask(fakediscord.Interaction{Name: c.name, Channel: channel, Options: options})
				keep("/"+c.name+" "+p.name+":"+v, a, options)
				for _, b := range buttonsOf(o.t, a.Body) {
					if !b.Disabled && !strings.HasPrefix(b.CustomID, "post:") {
						keep("/"+c.name+" "+p.name+":"+v+" ["+b.Label+"]", o.press(a, b.CustomID), options)
					}
				}
			}
			if !p.complete {
				continue
			}
			for _, typed := range typedSoFar {
				a := o.ask(fakediscord.Interaction{Kind: fakediscord.Autocomplete, Name: c.name, Channel: channel, Focused: p.name, Options: map[string]any{p.name: typed}})
				keep("typing "+p.name+" of /"+c.name+": "+typed, a, nil)
			}
		}
	}
	return out
}

// TestTenancyReaders: two servers that share one source; whatever is asked in one of them, with whatever options, typing and
// buttons, nothing that only the other's sources, schedules and names brought is in the answer.
func TestTenancyReaders(t *testing.T) {
	o := newOffice(t)
	o.deliver(o.schedule(store.Schedule{Name: "Morning", Lang: "en"}))
	o.deliver(o.schedule(store.Schedule{Guild: otherGuild, Target: store.Target{Channel: otherChannel}, Name: "Stripes", Lang: "en"}))
	mine := regexp.MustCompile(`(?i)sea\.example|gazette|ministry of the sea|harbour times|olsa|wiśniewska|lighthouse|patience is what|morning \d|"Morning`)
	theirs := regexp.MustCompile(`(?i)zebra|harare|stripes`)
	for _, c := range []struct {
		channel          string
		secret, expected *regexp.Regexp
	}{{textID, theirs, mine}, {otherChannel, mine, theirs}} {
		found := 0
		for name, body := range o.everything(c.channel) {
			if m := c.secret.FindString(body); m != "" {
				t.Errorf("channel %s, %s: the answer holds %q of the other server:\n%s", c.channel, name, m, body)
			}
			if c.expected.MatchString(body) {
				found++
			}
		}
		if found < 20 {
			t.Errorf("channel %s: only %d answers hold anything of its own: the test tells little", c.channel, found)
		}
	}
	// Buttons of the other server's digest and stories, and somebody else's pages.
	for _, id := range []string{"quotes:d:2:0:1", "sources:d:2:0:1", "why:d:2:0:1", "quotes:s:5", "sources:s:5"} {
		a := o.play(step{Custom: id}, asked{})
		if theirs.Match(a.Body) || len(a.Embeds) > 0 {
			t.Errorf("%s is answered: %s", id, a.Body)
		}
	}
	a := o.ask(fakediscord.Interaction{Name: "search", Channel: otherChannel, Options: map[string]any{"words": "zebra"}})
	for _, b := range buttonsOf(t, a.Body) {
		for _, by := range []string{"reader", "manager"} {
			if got := o.play(step{Custom: b.CustomID, By: by}, asked{}); theirs.Match(got.Body) {
				t.Errorf("%s works in another server: %s", b.CustomID, got.Body)
			}
		}
	}
}

// TestPermissionReaders: every command of readers × who may ask it, and where; *Post* is for those who may write there.
func TestPermissionReaders(t *testing.T) {
	o := newOffice(t)
	o.deliver(o.schedule(store.Schedule{Name: "Morning", Lang: "en"}))
	options := map[string]map[string]any{"brief": {"about": "Portugal"}, "summarize": {"link": "https://harbour.example/porto"}, "search": {"words": "talks"}}
	texts := o.bot.texts["en"]
	for _, c := range o.bot.desk.table.commands {
		if c.manager || c.menu {
			continue
		}
		for name, who := range map[string]struct {
			user    fakediscord.User
			channel string
			direct  bool
			post    bool
		}{
			"everybody":                   {someReader, textID, false, true},
			"manager":                     {someManager, textID, false, true},
			"who may not write":           {silent, textID, false, false},
			"where the bot may not write": {someReader, noPostID, false, false},
			"in a direct message":         {someReader, "", true, false},
		} {
			a := o.ask(fakediscord.Interaction{Name: c.name, Options: options[c.name], User: who.user, Channel: who.channel, Direct: who.direct, Forged: who.direct})
			if who.direct {
				if a.Call.Content != texts.text("error.direct") {
					t.Errorf("/%s in a direct message: %s", c.name, a.Body)
				}
				continue
			}
			if len(a.Embeds) == 0 && c.name != "help" || !a.Ephemeral {
				t.Errorf("/%s by %s is not answered to them alone: %s", c.name, name, a.Body)
			}
			post := strings.Contains(string(a.Body), `"post:`)
			if want := who.post && c.name != "help"; post != want {
				t.Errorf("/%s by %s: a button that posts: %t, want %t", c.name, name, post, want)
			}
		}
	}
	// A button to post that somebody else got, or that is pressed by who may write no longer.
	a := o.ask(fakediscord.Interaction{Name: "search", Options: options["search"], Channel: textID})
	id := ""
	for _, b := range buttonsOf(t, a.Body) {
		if strings.HasPrefix(b.CustomID, "post:") {
			id = b.CustomID
		}
	}
	if got := o.play(step{Custom: id, By: "manager"}, asked{}); !got.Ephemeral || got.Call.Content != texts.text("error.expired") {
		t.Errorf("somebody else posts the answer: %s", got.Body)
	}
	gagged := someReader
	gagged.Permissions = silent.Permissions
	if got := o.press(a, id, gagged); !got.Ephemeral || got.Call.Content != texts.text("error.may_not_post") {
		t.Errorf("who may not write posts: %s", got.Body)
	}
	if got := o.press(a, id); got.Ephemeral || len(got.Embeds) != 1 {
		t.Errorf("who may write cannot post: %s", got.Body)
	}
}

// TestHostileReaders: the strings of the file as titles, texts, speakers, names of sources and schedules, and as what is
// typed: nothing in any answer is alive but what the bot itself means, and no answer is refused by Discord.
func TestHostileReaders(t *testing.T) {
	o := emptyOffice(t)
	strange := readHostile(t)
	schedule := int64(0)
	for i, h := range strange {
		src := o.subscribe(guildID, fmt.Sprintf("https://outlet%d.example/feed", i), store.Subscription{Name: h.Input, Tier: store.Official, Country: Clip(h.Input, 20)})
		said := text.Normalize(h.Input)
		o.publish(store.Article{Source: src, URL: fmt.Sprintf("https://outlet%d.example/%d", i, i), Title: h.Input, Story: int64(i + 1),
			Text:      "Harbourmaster: " + said + " was said on Monday by the harbourmaster.\n“" + said + "” said " + said + ", the harbourmaster of " + said + ".\n“The nets of the harbour are whole again,” he said on Monday.\nThe harbourmaster spoke of nets.",
			Published: deskNow.Add(-time.Duration(i+1) * time.Minute)})
		schedule = o.schedule(store.Schedule{Name: h.Input, Stories: 25})
	}
	o.deliver(schedule)
	days := 0 // in brackets
	own := strings.NewReplacer(" (all dates)", "", " (last week)", "", " *(official)*", "", "**", "", "*", "", "\n> ", "\n", "\n-# ", "\n", "\n• ", "\n")
	ownLink := regexp.MustCompile(`\[(\[\d+\]|[^\[\]]*)\]\(https?://[^\s()]+\)`)
	ownWords := regexp.MustCompile(`\\\[\d+\\\]|<t:\d+:[DR]>|<@\d+>`)
	n := 0
	var check func(name string, a asked)
	check = func(name string, a asked) {
		if a.Did == fakediscord.DidCallback && a.Type == fakediscord.CallbackChoices {
			n++
			return // Discord reads no Markdown in suggestions
		}
		texts := []string{a.Call.Content}
		for _, e := range a.Embeds {
			texts = append(texts, e.Title, e.Description)
		}
		for _, s := range texts {
			s = ownWords.ReplaceAllString(ownLink.ReplaceAllString(s, ""), "")
			days += strings.Count(s, "Monday \\[2 March\\]")
			if what := alive(unstyled(own, s), true); what != "" {
				t.Errorf("%s: %s in\n%s", name, what, s)
			}
		}
		n++
		next := ""
		for _, b := range buttonsOf(t, a.Body) {
			switch {
			case b.Disabled || strings.HasSuffix(b.CustomID, ":back"):
			case strings.HasSuffix(b.CustomID, ":next"):
				next = b.CustomID // last: the page takes the place of this one
			default:
				check(name+" ["+b.Label+"]", o.press(a, b.CustomID))
			}
		}
		if next != "" {
			check(name+" [next]", o.press(a, next))
		}
	}
	check("/digest", o.ask(fakediscord.Interaction{Name: "digest"}))
	check("/search", o.ask(fakediscord.Interaction{Name: "search", Options: map[string]any{"words": "harbourmaster"}}))
	check("/quotes", o.ask(fakediscord.Interaction{Name: "quotes"}))
	check("/brief", o.ask(fakediscord.Interaction{Name: "brief", Options: map[string]any{"about": "harbourmaster"}}))
	check("/brief ?", o.ask(fakediscord.Interaction{Name: "brief", Options: map[string]any{"about": "Who spoke of nets?"}}))
	for i, h := range strange {
		typed := Clip(strings.ToValidUTF8(h.Input, ""), 90)
		if typed == "" {
			continue
		}
		check(h.ID+" /brief story", o.ask(fakediscord.Interaction{Name: "brief", Options: map[string]any{"about": fmt.Sprintf("story:%d", i+1)}}))
		for name, option := range map[string]string{"search": "words", "brief": "about", "quotes": "speaker", "digest": "schedule", "summarize": "link"} {
			check(h.ID+" /"+name, o.ask(fakediscord.Interaction{Name: name, Options: map[string]any{option: typed}}))
		}
		check(h.ID+" typing", o.ask(fakediscord.Interaction{Kind: fakediscord.Autocomplete, Name: "brief", Focused: "about", Options: map[string]any{"about": typed}}))
		check(h.ID+" menu", o.play(step{Name: "Summarize links", Message: typed + fmt.Sprintf(" https://outlet%d.example/%d ", i, i) + typed}, asked{}))
	}
	if n < 8*len(strange) || days == 0 {
		t.Errorf("%d answers, %d days in brackets", n, days)
	}
}
