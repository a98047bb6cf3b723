package fakediscord_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"attache/internal/fakediscord"
)

// Which callback answers what, and what a callback may hold.
func TestCallbackRules(t *testing.T) {
	h := hooked(t, fakediscord.Options{})
	id := h.Say(textID, "77", "a message")
	modal := func(title, fields string) string {
		return `{"type":9,"data":{"custom_id":"m","title":"` + title + `","components":[` + fields + `]}}`
	}
	field := func(id string) string {
		return `{"type":1,"components":[{"type":4,"custom_id":"` + id + `","label":"L","style":1}]}`
	}
	many := func(n int, s string) string {
		out := make([]string, n)
		for i := range out {
			out[i] = strings.ReplaceAll(s, "#", fmt.Sprint(i))
		}
		return strings.Join(out, ",")
	}
	message := func(components string) string {
		return `{"type":4,"data":{"content":"a","allowed_mentions":{"parse":[]},"components":[` + components + `]}}`
	}
	row := func(s string) string { return `{"type":1,"components":[` + s + `]}` }
	button := `{"type":2,"style":1,"label":"b","custom_id":"b#"}`
	menu := func(more, options string) string {
		return row(`{"type":3,"custom_id":"s"` + more + `,"options":[` + options + `]}`)
	}
	const option = `{"label":"l","value":"v#"}`
	command := fakediscord.Interaction{}
	typing := fakediscord.Interaction{Kind: fakediscord.Autocomplete, Focused: "x"}
	press := fakediscord.Interaction{Kind: fakediscord.Component, Message: id, CustomID: "x"}
	submit := fakediscord.Interaction{Kind: fakediscord.ModalSubmit, CustomID: "x"}
	long := func(n int) string { return strings.Repeat("x", n) }
	for name, c := range map[string]struct {
		in   fakediscord.Interaction
		body string
		code int    // 0: taken
		at   string // the member that is named
	}{
		"message":                {command, `{"type":4,"data":` + said + `}`, 0, ""},
		"of 2000":                {command, `{"type":4,"data":{"content":"` + long(2000) + `","allowed_mentions":{"parse":[]}}}`, 0, ""},
		"of 2001":                {command, `{"type":4,"data":{"content":"` + long(2001) + `"}}`, 50035, "content"},
		"of nothing":             {command, `{"type":4}`, 50006, ""},
		"embeds of 6001":         {command, `{"type":4,"data":{"embeds":[{"description":"` + long(4000) + `"},{"description":"` + long(2001) + `"}]}}`, 50035, "embeds"},
		"no type":                {command, `{}`, 50035, "type"},
		"pong":                   {command, `{"type":1}`, 50035, "type"},
		"update of a command":    {command, `{"type":7,"data":` + said + `}`, 50035, "type"},
		"choices for a command":  {command, `{"type":8,"data":{"choices":[]}}`, 50035, "type"},
		"message while typing":   {typing, `{"type":4,"data":` + said + `}`, 50035, "type"},
		"no choices":             {typing, `{"type":8,"data":{"choices":[]}}`, 0, ""},
		"25 choices":             {typing, `{"type":8,"data":{"choices":[` + many(25, `{"name":"a","value":#}`) + `]}}`, 0, ""},
		"26 choices":             {typing, `{"type":8,"data":{"choices":[` + many(26, `{"name":"a","value":"b"}`) + `]}}`, 50035, "choices"},
		"choice of 101":          {typing, `{"type":8,"data":{"choices":[{"name":"` + long(101) + `","value":"b"}]}}`, 50035, "name"},
		"choice without value":   {typing, `{"type":8,"data":{"choices":[{"name":"a"}]}}`, 50035, "value"},
		"choice, empty name":     {typing, `{"type":8,"data":{"choices":[{"name":"","value":"b"}]}}`, 50035, "name"},
		"update of a button":     {press, `{"type":7,"data":` + said + `}`, 0, ""},
		"later update":           {press, `{"type":6}`, 0, ""},
		"modal for a button":     {press, modal("T", field("a")), 0, ""},
		"modal after a modal":    {submit, modal("T", field("a")), 50035, "type"},
		"title of 45":            {command, modal(long(45), field("a")), 0, ""},
		"title of 46":            {command, modal(long(46), field("a")), 50035, "title"},
		"five fields":            {command, modal("T", field("a")+","+field("b")+","+field("c")+","+field("d")+","+field("e")), 0, ""},
		"six fields":             {command, modal("T", many(6, field("f#"))), 50035, "components"},
		"one field twice":        {command, modal("T", field("a")+","+field("a")), 50035, "custom_id"},
		"no field":               {command, modal("T", ""), 50035, "components"},
		"button in a modal":      {command, modal("T", row(`{"type":2,"style":1,"label":"b","custom_id":"b"}`)), 50035, "type"},
		"label and menu":         {command, modal("T", `{"type":18,"label":"L","component":{"type":3,"custom_id":"s","options":[`+many(3, option)+`]}}`), 0, ""},
		"label without a name":   {command, modal("T", `{"type":18,"label":"","component":{"type":4,"custom_id":"s","style":1}}`), 50035, "label"},
		"field without a label":  {command, modal("T", row(`{"type":4,"custom_id":"s","style":1}`)), 50035, "label"},
		"field of style 3":       {command, modal("T", row(`{"type":4,"custom_id":"s","label":"L","style":3}`)), 50035, "style"},
		"five buttons":           {command, message(row(many(5, button))), 0, ""},
		"six buttons":            {command, message(row(many(6, button))), 50035, "components"},
		"empty row":              {command, message(row("")), 50035, "components"},
		"button and menu":        {command, message(row(button + `,{"type":3,"custom_id":"s","options":[` + many(1, option) + `]}`)), 50035, "components"},
		"button, no row":         {command, message(button), 50035, "type"},
		"button, no id":          {command, message(row(`{"type":2,"style":1,"label":"b"}`)), 50035, "custom_id"},
		"button, no label":       {command, message(row(`{"type":2,"style":1,"custom_id":"b"}`)), 50035, "label"},
		"button, label of 81":    {command, message(row(`{"type":2,"style":1,"custom_id":"b","label":"` + long(81) + `"}`)), 50035, "label"},
		"id of 101":              {command, message(row(`{"type":2,"style":1,"label":"b","custom_id":"` + long(101) + `"}`)), 50035, "custom_id"},
		"link":                   {command, message(row(`{"type":2,"style":5,"label":"b","url":"https://a.example/"}`)), 0, ""},
		"link with an id":        {command, message(row(`{"type":2,"style":5,"label":"b","url":"https://a.example/","custom_id":"b"}`)), 50035, "url"},
		"link to a script":       {command, message(row(`{"type":2,"style":5,"label":"b","url":"javascript:alert(1)"}`)), 50035, "url"},
		"text field":             {command, message(row(`{"type":4,"custom_id":"s","label":"L","style":1}`)), 50035, "type"},
		"menu of 25":             {command, message(menu("", many(25, option))), 0, ""},
		"menu of 26":             {command, message(menu("", many(26, option))), 50035, "options"},
		"menu of nothing":        {command, message(menu("", "")), 50035, "options"},
		"menu, one value twice":  {command, message(menu("", option+","+option)), 50035, "value"},
		"menu, label of 101":     {command, message(menu("", `{"label":"`+long(101)+`","value":"v"}`)), 50035, "label"},
		"menu, holder of 151":    {command, message(menu(`,"placeholder":"`+long(151)+`"`, option)), 50035, "placeholder"},
		"menu, 3 to 2":           {command, message(menu(`,"min_values":3,"max_values":2`, many(4, option))), 50035, "min_values"},
		"menu, two chosen":       {command, message(menu("", `{"label":"a","value":"a","default":true},{"label":"b","value":"b","default":true}`)), 50035, "options"},
		"text of 4001 in v2":     {command, `{"type":4,"data":{"flags":32768,"components":[{"type":10,"content":"` + long(2000) + `"},{"type":10,"content":"` + long(2001) + `"}]}}`, 50035, "components"},
		"v2 with a text":         {command, `{"type":4,"data":{"flags":32768,"content":"a","components":[{"type":10,"content":"b"}]}}`, 50035, "content"},
		"v2 without the flag":    {command, message(`{"type":10,"content":"b"}`), 50035, "type"},
		"section and container":  {command, `{"type":4,"data":{"flags":32768,"allowed_mentions":{"parse":[]},"components":[{"type":17,"components":[{"type":9,"components":[{"type":10,"content":"b"}],"accessory":{"type":2,"style":1,"label":"b","custom_id":"b"}}]}]}}`, 0, ""},
		"a defer of one reader":  {command, `{"type":5,"data":{"flags":64}}`, 0, ""},
		"data that is no object": {command, `{"type":4,"data":5}`, 50035, "data"},
	} {
		e := h.interact(c.in)
		r := h.callback(e, c.body)
		if c.code == 0 {
			if r.status != 204 {
				t.Errorf("%s: %d %s", name, r.status, r.body)
			}
			continue
		}
		var said struct {
			Code   int             `json:"code"`
			Errors json.RawMessage `json:"errors"`
		}
		r.get(t, &said)
		if r.status != 400 || said.Code != c.code || !strings.Contains(string(said.Errors), c.at) {
			t.Errorf("%s: %d %s; want code %d at %s", name, r.status, r.body, c.code, c.at)
		}
		if calls := e.Calls(); len(calls) != 1 || calls[0].Status != 400 || calls[0].Code != c.code {
			t.Errorf("%s: recorded %+v", name, calls)
		}
	}
	if v := h.Violations(); len(v) != 0 {
		t.Errorf("violations %q", v)
	}
}
