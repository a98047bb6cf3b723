package fakediscord

import (
	"slices"
	"strconv"
	"strings"
)

// Typed reads a command as people type it in a channel, "/source add url:https://harbour.example/ hours:3", into an
// interaction. A value goes on until the next option of the command, or stands in quotation marks, and is of the type that
// the command wants; channels, roles and members may be given by name, "#digest" and "@desk". Focused is the last option.
// Its error is ErrNotOffered for a command or subcommand that is not registered.
func (s *Server) Typed(channel, line string) (Interaction, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := Interaction{Channel: channel, Options: map[string]any{}}
	g, _ := s.channel(channel)
	if g == nil {
		g = &Guild{}
	}
	words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "/"))
	if len(words) == 0 {
		return in, notOffered("nothing is typed")
	}
	c, _ := s.command(g.ID, words[0])
	if c == nil {
		return in, notOffered("no command /%s is registered", words[0])
	}
	in.Name, words = words[0], words[1:]
	defs := c.def.Options
	for len(defs) > 0 && defs[0].nests() {
		i := -1
		if len(words) > 0 {
			i = slices.IndexFunc(defs, func(o optionDef) bool { return o.Name == words[0] })
		}
		if i < 0 {
			return in, notOffered("/%s goes on with one of: %s", in.Name, optionNames(defs))
		}
		in.Name, words, defs = in.Name+" "+words[0], words[1:], defs[i].Options
	}
	var at *optionDef
	var value []string
	keep := func() {
		if at != nil {
			in.Options[at.Name] = s.typedValue(g, *at, strings.Join(value, " "))
		}
	}
	for _, w := range words {
		name, rest, colon := strings.Cut(w, ":")
		i := slices.IndexFunc(defs, func(o optionDef) bool { return colon && o.Name == name })
		switch {
		case i >= 0:
			keep()
			at, in.Focused, value = &defs[i], name, []string{rest}
		case at == nil:
			return in, notOffered("%q is no option of /%s; it has: %s", w, in.Name, optionNames(defs))
		default:
			value = append(value, w)
		}
	}
	keep()
	return in, nil
}

func optionNames(defs []optionDef) string {
	names := make([]string, len(defs))
	for i, d := range defs {
		names[i] = d.Name
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// typedValue is a text as a value of an option; where it is none of its type, the text itself, which Interact refuses.
func (s *Server) typedValue(g *Guild, o optionDef, text string) any {
	text = strings.TrimSpace(text)
	if len(text) > 1 && strings.HasPrefix(text, `"`) && strings.HasSuffix(text, `"`) {
		text = text[1 : len(text)-1]
	}
	bare := strings.TrimLeft(strings.Trim(text, "<>"), "#@&!")
	switch o.Type {
	case optionInteger:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
	case optionNumber:
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			return n
		}
	case optionBoolean:
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
	case optionChannel:
		for _, ch := range g.Channels {
			if ch.Name == bare {
				return ch.ID
			}
		}
		return bare
	case optionRole, optionUser, optionMentionable:
		for _, r := range g.Roles {
			if r.Name == bare && o.Type != optionUser {
				return r.ID
			}
		}
		for _, m := range g.Members {
			if m.named().Name == bare && o.Type != optionRole {
				return m.named().ID
			}
		}
		return bare
	case optionAttachment:
		return File{Name: bare}
	case optionString:
		for _, c := range o.Choices { // a choice is shown by its name
			if value, ok := c.Value.(string); ok && strings.EqualFold(c.Name, text) {
				return value
			}
		}
	}
	return text
}
