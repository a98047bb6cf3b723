package fakediscord

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// payload makes the d of INTERACTION_CREATE (interactions/receiving-and-responding, "Interaction Structure"). The lock is held.
func (s *Server) payload(e *Exchange) (map[string]any, error) {
	in := e.Interaction
	p := map[string]any{
		"id": e.ID, "application_id": s.botID, "type": in.Kind, "token": e.Token, "version": 1,
		"channel": s.interactionChannel(e), "channel_id": e.channel.ID, "locale": in.Locale,
		"app_permissions": strconv.FormatUint(appPermissions(e.channel), 10), "attachment_size_limit": maxFile,
		"entitlements": []any{}, "entitlement_sku_ids": []any{},
	}
	if e.guild.ID == "" {
		p["user"], p["context"] = s.shownPerson(in.User), 1
		p["authorizing_integration_owners"] = map[string]string{"0": "0"}
	} else {
		member := s.memberJSON(e.guild, in.User)
		member["permissions"] = strconv.FormatUint(in.User.Permissions, 10)
		p["member"], p["context"] = member, 0
		p["guild_id"], p["guild_locale"] = e.guild.ID, e.guild.Locale
		p["guild"] = map[string]any{"id": e.guild.ID, "locale": e.guild.Locale, "features": []any{}}
		p["authorizing_integration_owners"] = map[string]string{"0": e.guild.ID}
	}
	if in.Message != "" {
		if e.on = s.anyMessage(in.Message); e.on == nil || e.on.Channel != e.channel.ID || e.on.Deleted {
			return nil, notOffered("there is no message %s in this channel", in.Message)
		}
		if e.on.Ephemeral && e.on.reader != in.User.ID && !in.Forged {
			return nil, notOffered("message %s is not shown to %s", in.Message, in.User.Name)
		}
		p["message"] = e.on.raw
	}
	data, err := s.data(e)
	if len(in.Data) > 0 {
		p["data"] = in.Data
	} else if p["data"] = data; err != nil {
		return nil, err
	}
	return p, nil
}

// data makes the data of an interaction by its kind.
func (s *Server) data(e *Exchange) (map[string]any, error) {
	switch e.Interaction.Kind {
	case Command, Autocomplete:
		return s.commandData(e)
	case Component:
		return s.componentData(e)
	case ModalSubmit:
		return s.modalData(e)
	}
	return nil, notOffered("there is no kind %d", e.Interaction.Kind)
}

func (s *Server) interactionChannel(e *Exchange) map[string]any {
	if e.guild.ID == "" {
		return s.channelJSON(e.guild, e.channel)
	}
	j := s.channelJSON(e.guild, e.channel)
	j["permissions"] = strconv.FormatUint(e.Interaction.User.Permissions, 10)
	delete(j, "permission_overwrites")
	return j
}

// appPermissions are the bot's in a channel.
func appPermissions(ch *Channel) uint64 {
	return Everyone &^ denied(ch)
}

// denied is what the bot may not do in a channel.
func denied(ch *Channel) uint64 {
	var deny uint64
	if ch.Hidden {
		deny |= ViewChannel
	}
	if ch.NoPost {
		deny |= SendMessages | SendInThreads | CreateThreads
	}
	if ch.NoHistory {
		deny |= ReadHistory
	}
	return deny
}

// commandData is that of a command, or of its autocompletion.
func (s *Server) commandData(e *Exchange) (map[string]any, error) {
	in := e.Interaction
	c, path := s.command(e.guild.ID, in.Name)
	if c == nil {
		if !in.Forged {
			return nil, notOffered("no command %q is registered", in.Name)
		}
		c, path = s.invented(in)
	}
	if e.guild.ID == "" && !c.direct() && !in.Forged {
		return nil, notOffered("/%s is not for direct messages", in.Name)
	}
	data := map[string]any{"id": c.id, "name": c.def.Name, "type": max(1, c.def.Type)}
	if c.guild != "" {
		data["guild_id"] = c.guild
	}
	r := resolved{}
	if c.def.Type == 2 || c.def.Type == 3 {
		kind := optionUser
		if c.def.Type == 3 {
			kind = optionMessage
		}
		if err := s.resolve(e, r, kind, in.Target); err != nil {
			return nil, err
		}
		data["target_id"] = in.Target
		data["resolved"] = r
		return data, nil
	}
	// Down the path to the options that the user filled in.
	defs, wrap := c.def.Options, []map[string]any{}
	for _, name := range path {
		i := slices.IndexFunc(defs, func(o optionDef) bool { return o.Name == name && o.nests() })
		kind := 1 + btoi(len(wrap) == 0 && len(path) == 2)
		switch {
		case i >= 0:
			kind, defs = defs[i].Type, defs[i].Options
		case !in.Forged:
			return nil, notOffered("/%s has no subcommand %q", c.def.Name, name)
		default:
			defs = nil
		}
		wrap = append(wrap, map[string]any{"name": name, "type": kind})
	}
	if len(defs) > 0 && defs[0].nests() && !in.Forged {
		return nil, notOffered("/%s needs one of its subcommands", in.Name)
	}
	options, err := s.options(e, defs, r)
	if err != nil {
		return nil, err
	}
	for _, w := range slices.Backward(wrap) {
		w["options"] = options
		options = []any{w}
	}
	if len(options) > 0 || in.Kind == Autocomplete {
		data["options"] = options
	}
	if len(r) > 0 {
		data["resolved"] = r
	}
	return data, nil
}

// invented is a command that is not registered.
func (s *Server) invented(in Interaction) (*command, []string) {
	c := &command{id: s.newID(), def: commandDef{Type: 1, Name: in.Name}}
	if in.Target != "" {
		c.def.Type = 2 + btoi(s.anyMessage(in.Target) != nil)
		return c, nil
	}
	path := strings.Fields(in.Name)
	if len(path) == 0 {
		return c, nil
	}
	c.def.Name = path[0]
	return c, path[1:]
}

// options makes the options that were filled in, in the order of the command; forged ones that it does not have last.
func (s *Server) options(e *Exchange, defs []optionDef, r resolved) ([]any, error) {
	in := e.Interaction
	out := []any{}
	known := map[string]bool{}
	for _, d := range defs {
		known[d.Name] = true
		v, given := in.Options[d.Name]
		focused := in.Kind == Autocomplete && in.Focused == d.Name
		switch {
		case !given && focused:
			v = ""
		case !given && d.Required && in.Kind == Command && !in.Forged:
			return nil, notOffered("/%s needs %s", in.Name, d.Name)
		case !given:
			continue
		}
		if focused && !d.Autocomplete && !in.Forged {
			return nil, notOffered("%s of /%s completes nothing", d.Name, in.Name)
		}
		kind := d.Type
		if in.Forged && !fits(kind, v) {
			kind = guess(v)
		}
		o := map[string]any{"name": d.Name, "type": kind, "value": v}
		if focused {
			o["focused"] = true
			o["value"] = fmt.Sprint(v) // whatever its type, what is being typed is text
		} else if !in.Forged {
			if err := d.takes(v, in.Kind == Autocomplete); err != nil {
				return nil, notOffered("/%s %s: %v", in.Name, d.Name, err)
			}
		}
		if err := s.optionValue(e, r, kind, o); err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	if in.Kind == Autocomplete && !known[in.Focused] && !in.Forged {
		return nil, notOffered("/%s has no option %q", in.Name, in.Focused)
	}
	names := []string{}
	for name := range in.Options {
		if !known[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if !in.Forged {
			return nil, notOffered("/%s has no option %q", in.Name, name)
		}
		o := map[string]any{"name": name, "type": guess(in.Options[name]), "value": in.Options[name]}
		if in.Focused == name {
			o["focused"] = true
		}
		if err := s.optionValue(e, r, guess(in.Options[name]), o); err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// optionValue turns a value that stands for something else into its id, which is resolved.
func (s *Server) optionValue(e *Exchange, r resolved, kind int, o map[string]any) error {
	if f, ok := o["value"].(File); ok {
		id := s.newID()
		o["value"] = id
		r.put("attachments", id, s.attachmentJSON(attachment{id: id, File: f}, e.channel.ID))
		return nil
	}
	if id, ok := o["value"].(string); ok && kind >= optionUser && kind <= optionMentionable && o["focused"] == nil {
		return s.resolve(e, r, kind, id)
	}
	return nil
}

// componentData is that of a button or a select menu.
func (s *Server) componentData(e *Exchange) (map[string]any, error) {
	in := e.Interaction
	if e.on == nil && !in.Forged {
		return nil, notOffered("press %q: no message is given that it hangs on", in.CustomID)
	}
	kind := 2 + btoi(in.Values != nil)
	var number int
	r := resolved{}
	if e.on != nil {
		c := findComponent(e.on.Components, in.CustomID)
		switch {
		case c != nil:
			kind, number = c.Type, c.ID
		case !in.Forged:
			return nil, notOffered("message %s has no component %q", e.on.ID, in.CustomID)
		}
		if c != nil && !in.Forged {
			if err := c.takes(in.Values); err != nil {
				return nil, notOffered("%q: %v", in.CustomID, err)
			}
		}
	}
	data := map[string]any{"component_type": kind, "custom_id": in.CustomID, "id": max(1, number)}
	if kind == kindButton {
		return data, nil
	}
	data["values"] = append([]string{}, in.Values...)
	if option, ok := selectResolves[kind]; ok {
		for _, id := range in.Values {
			if err := s.resolve(e, r, option, id); err != nil {
				return nil, err
			}
		}
		data["resolved"] = r
	}
	return data, nil
}

// modalData is that of a modal: the fields in the frames in which the modal had them.
func (s *Server) modalData(e *Exchange) (map[string]any, error) {
	in := e.Interaction
	data := map[string]any{"custom_id": in.CustomID}
	if e.Parent != nil && e.Parent.modal != nil {
		fields, err := fillModal(e.Parent.modal, in.Fields, in.Forged)
		if err != nil {
			return nil, notOffered("modal %q: %v", in.CustomID, err)
		}
		data["components"] = fields
		return data, nil
	}
	if !in.Forged {
		return nil, notOffered("modal %q was not shown; see Submit", in.CustomID)
	}
	rows, names := []any{}, []string{}
	for name := range in.Fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		rows = append(rows, map[string]any{"type": kindRow, "id": 2*i + 1, "components": []any{
			map[string]any{"type": kindText, "id": 2*i + 2, "custom_id": name, "value": in.Fields[name]},
		}})
	}
	data["components"] = rows
	return data, nil
}

// stamp is a time as Discord writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000+00:00") }

// fits reports whether a value is of an option's type.
func fits(kind int, v any) bool { return optionDef{Type: kind}.takes(v, false) == nil }

// guess is the type of option that a value looks like.
func guess(v any) int {
	switch n := v.(type) {
	case bool:
		return optionBoolean
	case File:
		return optionAttachment
	case int, int64, uint64, int32:
		return optionInteger
	case float64:
		if n == float64(int64(n)) {
			return optionInteger
		}
		return optionNumber
	case json.Number:
		return optionNumber
	}
	return optionString
}
