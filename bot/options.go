package bot

import (
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// checkOptions refuses options that the table does not have, of another type, or outside of their bounds: what Discord
// checks is checked here again.
func (d *desk) checkOptions(r *request, c *command) error {
	for name, o := range r.options {
		i := slices.IndexFunc(c.options, func(p parameter) bool { return p.name == name })
		if i < 0 || c.options[i].kind != o.Type || !c.options[i].takes(o.Value) {
			return say("error.option", "option", Clip(name, 40))
		}
	}
	for _, p := range c.options {
		if _, ok := r.options[p.name]; p.required && !ok {
			return say("error.option", "option", p.name)
		}
	}
	return nil
}

// takes reports whether a value is one of the parameter's.
func (p parameter) takes(raw json.RawMessage) bool {
	switch p.kind {
	case optionText:
		var s string
		if json.Unmarshal(raw, &s) != nil || !utf8.ValidString(s) {
			return false
		}
		most := p.max
		if most == 0 {
			most = 6000 // Discord's own
		}
		return len(s) > 0 && units(s) <= most && (len(p.choices) == 0 || slices.Contains(p.choices, s))
	case optionNumber:
		var n int
		return json.Unmarshal(raw, &n) == nil && n >= p.min && n <= p.max
	case optionYes:
		var b bool
		return json.Unmarshal(raw, &b) == nil
	case optionChannel, optionRole, optionFile:
		var id string
		return json.Unmarshal(raw, &id) == nil && isID(id)
	}
	return false
}

// text is the value of a text option, a channel or a role; "" when it was not given.
func (r *request) text(name string) string {
	var s string
	if o, ok := r.options[name]; !ok || json.Unmarshal(o.Value, &s) != nil {
		return ""
	}
	return s
}

// file is the file that was given to an option; false when none was, or Discord does not tell of it.
func (r *request) file(name string) (attachment, bool) {
	a, ok := r.in.Data.Resolved.Attachments[r.text(name)]
	return a, ok
}

// number is the value of a number option; missing when it was not given.
func (r *request) number(name string, missing int) int {
	n := missing
	if o, ok := r.options[name]; ok && json.Unmarshal(o.Value, &n) != nil {
		return missing
	}
	return n
}

// yes is the value of an option that is true or false.
func (r *request) yes(name string) bool {
	var b bool
	o, ok := r.options[name]
	return ok && json.Unmarshal(o.Value, &b) == nil && b
}
