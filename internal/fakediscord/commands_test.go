package fakediscord_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
)

// The rules of commands; those marked * Discord's description of its API does not express.
func TestCommandRules(t *testing.T) {
	s, base := start(t, fakediscord.Options{Route: fakediscord.Limit{Requests: 10000, Per: time.Second}})
	c := client{t: t, base: base}
	long := func(n int) string { return strings.Repeat("x", n) }
	many := func(n int, s string) string {
		out := make([]string, n)
		for i := range out {
			out[i] = strings.ReplaceAll(s, "#", fmt.Sprint(i))
		}
		return strings.Join(out, ",")
	}
	slash := func(more string) string { return `{"name":"a","description":"d"` + more + `}` }
	with := func(options string) string { return slash(`,"options":[` + options + `]`) }
	text := func(name, more string) string {
		return `{"type":3,"name":"` + name + `","description":"d"` + more + `}`
	}
	sub := func(name, options string) string {
		return `{"type":1,"name":"` + name + `","description":"d","options":[` + options + `]}`
	}
	group := func(options string) string {
		return `{"type":2,"name":"g","description":"d","options":[` + options + `]}`
	}
	// big is a command of 7965 characters besides its description: two options of 20 choices of 100 and 99 characters.
	big := func(described int, translated string) string {
		choices := make([]string, 20)
		for i := range choices {
			choices[i] = fmt.Sprintf(`{"name":"%02d%s","value":"%s"}`, i, long(98), long(99))
		}
		more := `,"choices":[` + strings.Join(choices, ",") + `]`
		if translated != "" {
			translated = `,"description_localizations":{"de":"` + translated + `"}`
		}
		return `{"name":"a","description":"` + long(described) + `"` + translated + `,"options":[` + text("o", more) + "," + text("p", more) + `]}`
	}
	for name, r := range map[string]struct {
		body string // of the list
		at   string // the member that is named; "": taken
	}{
		"one":                         {slash(""), ""},
		"none":                        {"", ""},
		"letters of all kinds":        {`{"name":"हिन्दी","description":"d"},{"name":"ไทย","description":"d"},{"name":"日本-1_'","description":"d"}`, ""},
		"* upper case":                {`{"name":"A","description":"d"}`, "name"},
		"* a space":                   {`{"name":"a b","description":"d"}`, "name"},
		"a menu with both":            {`{"name":"Sum up This","type":3}`, ""},
		"a menu with a description":   {`{"name":"Sum","type":3,"description":"d"}`, "description"},
		"no name":                     {`{"name":"","description":"d"}`, "name"},
		"name of 33":                  {`{"name":"` + long(33) + `","description":"d"}`, "name"},
		"no description":              {`{"name":"a","description":""}`, "description"},
		"description of 101":          {`{"name":"a","description":"` + long(101) + `"}`, "description"},
		"* one name twice":            {slash("") + "," + slash(""), "name"},
		"one name, two kinds":         {slash("") + `,{"name":"a","type":2}`, ""},
		"100":                         {many(100, `{"name":"a#","description":"d"}`), ""},
		"* 101":                       {many(101, `{"name":"a#","description":"d"}`), "commands"},
		"* 16 of messages":            {many(16, `{"name":"a#","type":3}`), "commands"},
		"kind 9":                      {`{"name":"a","type":9,"description":"d"}`, "type"},
		"25 options":                  {with(many(25, text("a#", ""))), ""},
		"26 options":                  {with(many(26, text("a#", ""))), "options"},
		"* required after optional":   {with(text("a", "") + "," + text("b", `,"required":true`)), "required"},
		"required before optional":    {with(text("a", `,"required":true`) + "," + text("b", "")), ""},
		"one option twice":            {with(text("a", "") + "," + text("a", "")), "name"},
		"option in upper case":        {with(text("A", "")), "name"},
		"option of type 12":           {with(`{"type":12,"name":"a","description":"d"}`), "type"},
		"choices":                     {with(text("a", `,"choices":[{"name":"N","value":"v"}]`)), ""},
		"* choices and autocomplete":  {with(text("a", `,"autocomplete":true,"choices":[{"name":"N","value":"v"}]`)), "autocomplete"},
		"choices of a user":           {with(`{"type":6,"name":"a","description":"d","autocomplete":true}`), "choices"},
		"26 choices":                  {with(text("a", `,"choices":[`+many(26, `{"name":"N#","value":"v"}`)+`]`)), "choices"},
		"choice of 101":               {with(text("a", `,"choices":[{"name":"N","value":"`+long(101)+`"}]`)), "value"},
		"choice of a number":          {with(text("a", `,"choices":[{"name":"N","value":5}]`)), "value"},
		"one choice twice":            {with(text("a", `,"choices":[{"name":"N","value":"a"},{"name":"N","value":"b"}]`)), "name"},
		"bounds of a text":            {with(text("a", `,"min_value":5`)), "type"},
		"5 to 4":                      {with(`{"type":4,"name":"a","description":"d","min_value":5,"max_value":4}`), "min_value"},
		"length of 6001":              {with(text("a", `,"max_length":6001`)), "min_length"},
		"subcommands":                 {with(sub("a", text("x", "")) + "," + group(sub("b", text("x", ""))+","+sub("c", ""))), ""},
		"* subcommand and option":     {with(sub("a", "") + "," + text("b", "")), "type"},
		"* group in a group":          {with(group(group(sub("a", "")))), "options"},
		"* subcommand in another":     {with(sub("a", sub("b", ""))), "type"},
		"an empty group":              {with(group("")), "options"},
		"options of an option":        {with(text("a", `,"options":[`+text("b", "")+`]`)), "options"},
		"a translation":               {slash(`,"name_localizations":{"de":"hilfe","zh-CN":"帮助"},"description_localizations":{"de":"d"}`), ""},
		"* a locale that is none":     {slash(`,"name_localizations":{"gsw":"hilfe"}`), "name_localizations"},
		"a translation in upper case": {slash(`,"name_localizations":{"de":"Hilfe"}`), "name"},
		"8000 characters":             {big(35, ""), ""},
		"* 8001 characters":           {big(36, ""), "options"},
		"translated in 8000":          {big(35, long(35)), ""},
		"* translated in 8001":        {big(35, long(36)), "options"},
		"contexts":                    {slash(`,"contexts":[0,1],"integration_types":[0]`), ""},
		"* a context twice":           {slash(`,"contexts":[0,0]`), "contexts"},
		"permissions as text":         {slash(`,"default_member_permissions":"32"`), ""},
		"permissions, a word":         {slash(`,"default_member_permissions":"manage"`), "default_member_permissions"},
		"a list of no commands":       {`5`, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			c.t = t
			before := s.Registrations()
			got := c.do("PUT", "/applications/"+s.BotID()+"/guilds/"+guildID+"/commands", "["+r.body+"]")
			c.do("PUT", "/applications/"+s.BotID()+"/guilds/"+guildID+"/commands", "[]")
			if r.at == "" {
				if got.status != 200 || s.Registrations() != before+2 {
					t.Errorf("%d: %s", got.status, got.body)
				}
				return
			}
			var e struct {
				Code   int             `json:"code"`
				Errors json.RawMessage `json:"errors"`
			}
			got.get(t, &e)
			if got.status != 400 || e.Code != 50035 || !strings.Contains(string(e.Errors), `"`+r.at+`"`) || s.Registrations() != before+1 {
				t.Errorf("%d: %s; want an error at %s", got.status, got.body, r.at)
			}
		})
	}
}

// Commands are kept: ids through an overwrite, versions while nothing changes, and 200 new ones a day.
func TestCommandsAreKept(t *testing.T) {
	clock := &hand{at: time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)}
	var told []int
	s, base := start(t, fakediscord.Options{Now: clock.now, OnCommands: func(_ string, list []json.RawMessage) { told = append(told, len(list)) }})
	c := client{t: t, base: base}
	at := "/applications/" + s.BotID() + "/commands"
	type command struct {
		ID, Version, Name, Description string
		Names                          map[string]string `json:"name_localizations"`
		Permissions                    string            `json:"default_member_permissions"`
		Options                        []map[string]any
	}
	put := func(body string) (out []command) {
		t.Helper()
		c.do("PUT", at, body).get(t, &out)
		return out
	}
	a := put(`[{"name":"a","description":"d","name_localizations":{"de":"z"},"default_member_permissions":32,"options":[{"type":3,"name":"o","description":"d","required":false,"choices":null}]},{"name":"b","description":"d"}]`)
	if len(a) != 2 || a[0].Names["de"] != "z" || a[0].Permissions != "32" || len(a[0].Options[0]) != 3 {
		t.Errorf("%+v", a)
	}
	clock.move(time.Minute)
	b := put(`[{"name":"b","description":"d"},{"name":"a","description":"other"},{"name":"c","description":"d"}]`)
	if b[0].ID != a[1].ID || b[0].Version != a[1].Version || b[1].ID != a[0].ID || b[1].Version == a[0].Version || b[2].ID == a[0].ID {
		t.Errorf("%+v, then %+v", a, b)
	}
	var listed []command
	c.do("GET", at, "").get(t, &listed)
	if len(listed) != 3 || listed[0].Names != nil {
		t.Errorf("%+v", listed)
	}
	var made command
	if r := c.do("POST", at, `{"name":"c","description":"new"}`); r.status != 200 {
		t.Errorf("a command that is there: %d", r.status)
	}
	r := c.do("POST", at, `{"name":"d","description":"d"}`)
	if r.get(t, &made); r.status != 201 {
		t.Errorf("a new command: %d", r.status)
	}
	if c.do("PATCH", at+"/"+made.ID, `{"name":"a"}`).status != 400 || c.do("PATCH", at+"/"+made.ID, `{"name":"e"}`).status != 200 {
		t.Error("a command may be renamed, but not to another's name")
	}
	if c.do("DELETE", at+"/"+made.ID, "").status != 204 || c.do("DELETE", at+"/"+made.ID, "").code(t) != 10063 || len(s.Commands("")) != 3 {
		t.Errorf("%s", s.Commands(""))
	}
	if c.do("PUT", "/applications/9/commands", "[]").code(t) != 20012 || c.do("PUT", "/applications/"+s.BotID()+"/guilds/9/commands", "[]").code(t) != 50001 {
		t.Error("another application's commands, and those of a guild the bot is not in")
	}
	if s.Registrations() != 6 || fmt.Sprint(told) != "[2 3 3 4 4 3]" {
		t.Errorf("%d registrations, told %v", s.Registrations(), told)
	}
	in := func(day int) int {
		var last int
		for i := range 150 {
			last = c.do("POST", at, fmt.Sprintf(`{"name":"n%d-%d","description":"d"}`, day, i)).status
			if last != 201 {
				break
			}
			c.do("PUT", at, "[]")
			clock.move(time.Second)
		}
		return last
	}
	if in(1) != 201 || in(2) != 429 {
		t.Error("200 new commands a day")
	}
	clock.move(24 * time.Hour)
	if in(3) != 201 {
		t.Error("the day after")
	}
}
