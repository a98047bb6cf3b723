package bot

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"attache/internal/fakediscord"
	"attache/internal/store"
)

// managed calls of every command that managers have, each complete: those that change something change the office.
func managedCalls(o *office) []fakediscord.Interaction {
	call := func(name string, options map[string]any) fakediscord.Interaction {
		return fakediscord.Interaction{Name: name, Options: options, Channel: textID, Forged: true}
	}
	return []fakediscord.Interaction{
		call("source add", map[string]any{"url": o.web.URL + "/site"}),
		call("source pack", map[string]any{"tier": "state"}),
		call("source import", map[string]any{"file": o.file("list.opml")}),
		call("source export", nil),
		call("source list", nil),
		call("source test", map[string]any{"url": o.web.URL + "/site"}),
		call("source edit", map[string]any{"source": "Gazette", "topics": "sea"}),
		call("source pause", map[string]any{"source": "Gazette"}),
		call("source remove", map[string]any{"source": "Gazette"}),
		call("schedule add", map[string]any{"when": "08:00", "zone": "UTC"}),
		call("schedule list", nil),
		call("schedule edit", map[string]any{"schedule": "Morning", "stories": 3}),
		call("schedule remove", map[string]any{"schedule": "Morning"}),
		call("schedule run", map[string]any{"schedule": "Morning"}),
		call("admin settings", map[string]any{"language": "de"}),
		call("admin usage", nil),
		call("admin audit", nil),
		call("admin why", map[string]any{"schedule": "Morning"}),
	}
}

// world is everything that a guild set, for comparing.
func (o *office) world(guild string) string {
	o.t.Helper()
	q, ctx := o.db.Read(), o.t.Context()
	subs, err := q.Subscriptions(ctx, guild)
	if err != nil {
		o.t.Fatal(err)
	}
	for i := range subs {
		subs[i].Source = store.Source{ID: subs[i].Source.ID, URL: subs[i].Source.URL}
	}
	scheds, err := q.Schedules(ctx, guild)
	if err != nil {
		o.t.Fatal(err)
	}
	set, err := settingsOf(ctx, q, guild)
	if err != nil {
		o.t.Fatal(err)
	}
	audit, err := q.Audits(ctx, guild, 100)
	if err != nil {
		o.t.Fatal(err)
	}
	deliveries, err := q.Guild(guild).Deliveries(ctx)
	if err != nil {
		o.t.Fatal(err)
	}
	raw, err := json.Marshal([]any{subs, scheds, set, audit, deliveries})
	if err != nil {
		o.t.Fatal(err)
	}
	return string(raw)
}

// Every command and every button of managers, by everybody who may not use it: it is refused, and nothing changes.
func TestPermissionManagers(t *testing.T) {
	t.Parallel()
	o, _, _ := managersOffice(t)
	calls := managedCalls(o)
	var covered []string
	for _, c := range calls {
		covered = append(covered, c.Name)
	}
	for _, c := range o.bot.desk.table.commands {
		if c.manager && !slices.Contains(covered, c.name) {
			t.Errorf("/%s is not tried", c.name)
		}
	}
	before := o.world(guildID)
	for _, who := range []fakediscord.User{someReader, silent, {ID: "7020", Name: "roled", Roles: []string{"99"}}} {
		for _, c := range calls {
			c.User = who
			if a := o.ask(c); !strings.Contains(a.Call.Content, "Only those who manage this server") {
				t.Errorf("%s by %s: %s", c.Name, who.Name, a.Call.Content)
			}
		}
		for id, p := range o.bot.desk.table.presses {
			if !p.manager {
				continue
			}
			for _, arg := range []string{"", ":1", ":0123456789abcdef01"} {
				a := o.ask(fakediscord.Interaction{User: who, Kind: fakediscord.Component, CustomID: id + arg, Channel: textID, Forged: true,
					Message: o.fake.Say(textID, "8001", "x")})
				if !strings.Contains(a.Call.Content, "Only those who manage this server") {
					t.Errorf("%s by %s: %s", id+arg, who.Name, a.Call.Content)
				}
			}
		}
	}
	for _, c := range calls {
		c.User, c.Direct = someManager, true
		if a := o.ask(c); !strings.Contains(a.Call.Content, "in servers only") {
			t.Errorf("%s in a direct message: %s", c.Name, a.Call.Content)
		}
	}
	if after := o.world(guildID); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
	// A role of the settings may do all of it, in its own server alone.
	o.ask(fakediscord.Interaction{User: someManager, Name: "admin settings", Options: map[string]any{"role": deskRole}, Channel: textID, Forged: true})
	aide := fakediscord.User{ID: "7013", Name: "aide", Roles: []string{deskRole}}
	for _, c := range calls {
		c.User = aide
		if a := o.ask(c); strings.Contains(a.Call.Content, "Only those who manage") || strings.Contains(a.Call.Content, "reference") {
			t.Errorf("%s by a role that may: %s", c.Name, a.Call.Content)
		}
		c.Channel = otherChannel
		if a := o.ask(c); !strings.Contains(a.Call.Content, "Only those who manage") {
			t.Errorf("%s by a role of another server: %s", c.Name, a.Call.Content)
		}
	}
}

// A manager of one server never sees or changes what belongs to another: by ids, by names, by buttons, by suggestions.
func TestTenancyManagers(t *testing.T) {
	t.Parallel()
	o, own, foreign := managersOffice(t)
	before := o.world(otherGuild)
	zebra, sched := strconv.FormatInt(o.sources["zebra"], 10), strconv.FormatInt(foreign, 10)
	none := func(a asked) {
		t.Helper()
		if text := strings.ToLower(string(a.Body)); strings.Contains(text, "zebra") && !strings.Contains(text, "no source zebra") && !strings.Contains(text, "no schedule zebra") {
			t.Errorf("%s: %s", a.Exchange, a.Body)
		}
		for _, f := range a.Files {
			if strings.Contains(strings.ToLower(string(f.Data)), "zebra") {
				t.Errorf("%s: %s", a.Exchange, f.Data)
			}
		}
	}
	for _, c := range managedCalls(o) {
		c.User = someManager
		for option, values := range map[string][]string{"source": {zebra, "Zebra Courier", "zebra wire"}, "schedule": {sched, "Zebra hour"}} {
			if _, ok := c.Options[option]; !ok {
				continue
			}
			for _, v := range values {
				c.Options[option] = v
				if a := o.ask(c); !strings.Contains(a.Call.Content, "This server has no ") {
					t.Errorf("%s %s: %s", c.Name, v, a.Call.Content)
				}
			}
		}
	}
	for _, name := range []string{"source list", "source export", "schedule list", "admin settings", "admin usage", "admin audit"} {
		none(o.ask(fakediscord.Interaction{User: someManager, Name: name, Channel: textID}))
	}
	for _, c := range o.bot.desk.table.commands {
		for _, p := range c.options {
			if c.manager && p.complete {
				for _, typed := range []string{"", "z", "zebra", "zimb"} {
					a := o.ask(fakediscord.Interaction{User: someManager, Kind: fakediscord.Autocomplete, Name: c.name, Focused: p.name,
						Options: map[string]any{p.name: typed}, Channel: textID})
					for _, ch := range a.Choices() {
						if strings.Contains(strings.ToLower(ch.Name), "zebra") || p.name == "schedule" && ch.Value == sched || p.name == "source" && ch.Value == zebra {
							if ch.Name != typed {
								t.Errorf("/%s %s %q suggests %v", c.name, p.name, typed, ch)
							}
						}
					}
				}
			}
		}
	}
	// Buttons of the other server, held things of another server and of another person.
	theirs := fakediscord.User{ID: "7030", Name: "zebramanager", Permissions: fakediscord.Manager}
	found := o.ask(fakediscord.Interaction{User: theirs, Name: "source add", Options: map[string]any{"url": o.web.URL + "/site", "tier": "press"}, Channel: otherChannel})
	preview := o.ask(fakediscord.Interaction{User: theirs, Name: "schedule run", Options: map[string]any{"schedule": sched}, Channel: otherChannel})
	zone := o.ask(fakediscord.Interaction{User: theirs, Name: "schedule add", Options: map[string]any{"when": "10:00"}, Channel: otherChannel})
	ids := []string{"source-remove:" + zebra, "schedule-remove:" + sched}
	for _, a := range []asked{found, preview, zone} {
		for _, b := range buttonsOf(t, a.Body) {
			ids = append(ids, b.CustomID)
		}
	}
	if len(ids) < 10 {
		t.Fatalf("buttons: %q", ids)
	}
	press := func(who fakediscord.User, channel, id string) asked {
		return o.ask(fakediscord.Interaction{User: who, Kind: fakediscord.Component, CustomID: id, Channel: channel, Forged: true,
			Values: []string{"official"}, Message: o.fake.Say(channel, "8001", "x")})
	}
	for _, id := range ids {
		for _, a := range []asked{press(someManager, textID, id), press(fakediscord.User{ID: "7030", Name: "zebramanager", Permissions: fakediscord.Manager}, textID, id)} {
			if c := a.Call.Content; !strings.Contains(c, "no longer of use") && !strings.Contains(c, "no such thing here") {
				t.Errorf("%s: %s", id, c)
			}
		}
		if strings.HasSuffix(id, ":"+zebra) || strings.HasSuffix(id, ":"+sched) {
			continue // any manager of that server may press these
		}
		if a := press(secondManager, otherChannel, id); !strings.Contains(a.Call.Content, "no longer of use") {
			t.Errorf("%s by another manager of the server: %s", id, a.Call.Content)
		}
	}
	if after := o.world(otherGuild); after != before {
		t.Errorf("the other server changed:\n%s\n%s", before, after)
	}
	// A schedule whose row says otherwise by now is not posted from a preview of before.
	if s, err := o.db.Read().Schedule(t.Context(), own); err != nil || s.Guild != guildID {
		t.Error(s, err)
	}
}

// Of two presses at the same time one takes effect.
func TestHeldOnce(t *testing.T) {
	t.Parallel()
	o, own, _ := managersOffice(t)
	preview := o.ask(fakediscord.Interaction{User: someManager, Name: "schedule run", Options: map[string]any{"schedule": strconv.FormatInt(own, 10)}, Channel: textID})
	found := o.ask(fakediscord.Interaction{User: someManager, Name: "source add", Options: map[string]any{"url": o.web.URL + "/site", "tier": "press"}, Channel: textID})
	for _, a := range []asked{preview, found} {
		id := ""
		for _, b := range buttonsOf(t, a.Body) {
			if strings.HasPrefix(b.CustomID, "schedule-post") || strings.HasPrefix(b.CustomID, "source-begin") {
				id = b.CustomID
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), testLimit)
		defer cancel()
		var both []*fakediscord.Exchange
		for range 2 {
			e, err := o.fake.Interact(ctx, fakediscord.Interaction{User: someManager, Kind: fakediscord.Component, CustomID: id, Channel: textID, Forged: true, Message: a.Call.Message})
			if err != nil {
				t.Fatal(err)
			}
			both = append(both, e)
		}
		expired := 0
		for _, e := range both {
			c, err := e.Answer(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(c.Content, "no longer of use") {
				expired++
			}
		}
		if expired != 1 {
			t.Errorf("%s: %d of two presses were refused", id, expired)
		}
	}
	n, err := o.db.Read().Guild(guildID).Deliveries(t.Context())
	if err != nil || n[store.Planned] != 1 {
		t.Errorf("deliveries: %v, %v", n, err)
	}
}

// What Discord's client would not let anybody do: reading begins without a kind, a kind that is none, a source that
// another manager added meanwhile.
func TestForgedManagers(t *testing.T) {
	t.Parallel()
	o, _, _ := managersOffice(t)
	found := o.ask(fakediscord.Interaction{User: someManager, Name: "source add", Options: map[string]any{"url": o.web.URL + "/site"}, Channel: textID})
	other := o.ask(fakediscord.Interaction{User: secondManager, Name: "source add", Options: map[string]any{"url": o.web.URL + "/site", "tier": "press"}, Channel: textID})
	id := ""
	for _, b := range buttonsOf(t, found.Body) {
		if strings.HasPrefix(b.CustomID, "source-begin:") {
			id = strings.TrimPrefix(b.CustomID, "source-begin:")
		}
	}
	press := func(custom string, values ...string) string {
		return o.ask(fakediscord.Interaction{User: someManager, Kind: fakediscord.Component, CustomID: custom, Channel: textID, Forged: true,
			Values: values, Message: found.Call.Message}).Call.Content
	}
	for custom, want := range map[string]string{
		"source-begin:" + id: "Choose first what kind", "source-begin": "no longer of use", "source-drop": "no longer of use", "source-drop:x:y": "no longer of use",
		"schedule-zone:" + id: "no longer of use", "schedule-post:" + id: "no longer of use", "page:" + id + ":0": "no longer of use",
		"source-remove:-1": "no longer of use", "source-remove:99999": "no such thing here", "schedule-remove:": "no longer of use",
	} {
		if got := press(custom); !strings.Contains(got, want) {
			t.Errorf("%s: %s", custom, got)
		}
	}
	for _, values := range [][]string{{"tabloid"}, {}, {"press", "official"}} {
		if got := press("source-tier:"+id, values...); !strings.Contains(got, "The option tier is not") {
			t.Errorf("%q: %s", values, got)
		}
	}
	if got := press("source-tier:"+id, "official"); !strings.Contains(got, "Kind: **official**") {
		t.Error(got)
	}
	if a := o.press(other, "Begin reading", secondManager); !strings.Contains(a.Call.Content, "Reading **Harbour office**") {
		t.Error(a.Call.Content)
	}
	if got := press("source-begin:" + id); !strings.Contains(got, "reads Harbour office already") {
		t.Error(got)
	}
	if a := o.ask(fakediscord.Interaction{User: someManager, Kind: fakediscord.ModalSubmit, CustomID: "source-said:" + id, Channel: textID, Forged: true,
		Fields: map[string]any{"name": strings.Repeat("x", 4000), "country": strings.Repeat("y", 4000)}}); !strings.Contains(a.Call.Content, "I know no country or body yyy") {
		t.Error(a.Call.Content)
	}
}
