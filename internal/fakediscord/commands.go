package fakediscord

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Types of options (interactions/application-commands, "Application Command Option Type").
const (
	optionSub         = 1
	optionGroup       = 2
	optionString      = 3
	optionInteger     = 4
	optionBoolean     = 5
	optionUser        = 6
	optionChannel     = 7
	optionRole        = 8
	optionMentionable = 9
	optionNumber      = 10
	optionAttachment  = 11
	optionMessage     = 100 // none of Discord's: what the menu of a message is opened on
)

const (
	codeUnknownCommand = 10063
	codeNotAuthorized  = 20012
	codeDailyCommands  = 30034
	dailyMax           = 200 // commands that are new, a day and guild
)

// A commandDef is a command as it is registered.
type commandDef struct {
	Type        int               `json:"type"`
	Name        string            `json:"name"`
	Names       map[string]string `json:"name_localizations"`
	Description string            `json:"description"`
	Described   map[string]string `json:"description_localizations"`
	Options     []optionDef       `json:"options"`
	Contexts    []int             `json:"contexts"`
	Installs    []int             `json:"integration_types"`
	DM          *bool             `json:"dm_permission"`
	Permissions any               `json:"default_member_permissions"`
}

// An optionDef is an option of a command, a subcommand or a group of them.
type optionDef struct {
	Type         int               `json:"type"`
	Name         string            `json:"name"`
	Names        map[string]string `json:"name_localizations"`
	Description  string            `json:"description"`
	Described    map[string]string `json:"description_localizations"`
	Required     bool              `json:"required"`
	Autocomplete bool              `json:"autocomplete"`
	Choices      []choiceDef       `json:"choices"`
	Options      []optionDef       `json:"options"`
	ChannelTypes []int             `json:"channel_types"`
	MinValue     *float64          `json:"min_value"`
	MaxValue     *float64          `json:"max_value"`
	MinLength    *int              `json:"min_length"`
	MaxLength    *int              `json:"max_length"`
}

// A choiceDef is one of the values that an option may have.
type choiceDef struct {
	Choice
	Names map[string]string `json:"name_localizations"`
}

func (o optionDef) nests() bool { return o.Type == optionSub || o.Type == optionGroup }

// A command is one that is registered.
type command struct {
	id    string
	guild string // "" for every guild
	def   commandDef
	raw   map[string]any // what the API shows of it
	same  string         // its definition as text, for finding out whether it changed
}

// direct reports whether a command can be used in a direct message with the bot.
func (c *command) direct() bool {
	return c.guild == "" && (c.def.Contexts == nil && (c.def.DM == nil || *c.def.DM) || slices.Contains(c.def.Contexts, 1))
}

// Commands returns the commands of a guild, or for "" those of all guilds, as Discord would list them with their
// localizations.
func (s *Server) Commands(guild string) []json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []json.RawMessage{}
	for _, c := range s.commands {
		if c.guild == guild {
			raw, _ := json.Marshal(c.raw) // came as JSON
			out = append(out, raw)
		}
	}
	return out
}

// Registrations returns how many requests changed commands, or would have if their commands had not been there already.
func (s *Server) Registrations() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.registrations
}

// command finds the command that a user means by "source add" or "Summarize links", and what follows its name: a guild's
// own wins. The lock is held.
func (s *Server) command(guild, name string) (*command, []string) {
	first, rest, _ := strings.Cut(name, " ")
	for _, in := range []string{guild, ""} {
		for _, c := range s.commands {
			switch {
			case c.guild != in:
			case c.def.Type > 1 && c.def.Name == name:
				return c, nil
			case c.def.Type <= 1 && c.def.Name == first:
				return c, strings.Fields(rest)
			}
		}
	}
	return nil, nil
}

// routeCommands answers what is below /applications/{application}. The lock is held.
func (s *Server) routeCommands(c *call) *answer {
	p := c.path[2:]
	guild := ""
	if len(p) >= 2 && p[0] == "guilds" {
		guild, p = p[1], p[2:]
	}
	if len(p) == 0 || len(p) > 2 || p[0] != "commands" {
		return nil
	}
	if c.path[1] != s.botID {
		return fail(http.StatusForbidden, codeNotAuthorized, "You are not authorized to perform this action on this application")
	}
	if guild != "" && s.guild(guild) == nil {
		return fail(http.StatusForbidden, codeMissingAccess, "Missing Access")
	}
	if len(p) == 1 {
		switch c.Method {
		case http.MethodGet:
			return ok(s.commandList(guild, c.URL.Query().Get("with_localizations") == "true"))
		case http.MethodPut:
			return s.overwriteCommands(guild, c.body)
		case http.MethodPost:
			return s.putCommand(guild, nil, c.body)
		}
		return nil
	}
	i := slices.IndexFunc(s.commands, func(k *command) bool { return k.id == p[1] && k.guild == guild })
	if i < 0 {
		return fail(http.StatusNotFound, codeUnknownCommand, "Unknown application command")
	}
	switch c.Method {
	case http.MethodGet:
		return ok(s.commands[i].raw)
	case http.MethodPatch:
		return s.putCommand(guild, s.commands[i], c.body)
	case http.MethodDelete:
		s.commands = slices.Delete(s.commands, i, i+1)
		s.registered(guild)
		return &answer{status: http.StatusNoContent, effect: true}
	}
	return nil
}

func (s *Server) commandList(guild string, localized bool) []any {
	out := []any{}
	for _, c := range s.commands {
		if c.guild != guild {
			continue
		}
		if localized {
			out = append(out, c.raw)
			continue
		}
		out = append(out, unlocalized(c.raw))
	}
	return out
}

// unlocalized leaves out the translations, as Discord's list does when it is not asked for them.
func unlocalized(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, child := range v {
			if key != "name_localizations" && key != "description_localizations" {
				out[key] = unlocalized(child)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = unlocalized(v[i])
		}
		return out
	}
	return v
}

// overwriteCommands answers "bulk overwrite": what is not in the list goes, and what is keeps its id.
func (s *Server) overwriteCommands(guild string, body []byte) *answer {
	var list []json.RawMessage
	if err := json.Unmarshal(body, &list); err != nil {
		return invalid(map[string]string{"body": "Only dictionaries may be used in a DictType"})
	}
	made, errs := []*command{}, map[string]string{}
	for i, raw := range list {
		c, bad := s.readCommand(guild, raw)
		for path, message := range bad {
			errs[strconv.Itoa(i)+"."+path] = message
		}
		made = append(made, c)
	}
	setErrors(made, errs)
	if len(errs) > 0 {
		return invalid(errs)
	}
	if a := s.countNew(guild, made); a != nil {
		return a
	}
	kept := slices.DeleteFunc(slices.Clone(s.commands), func(c *command) bool { return c.guild == guild })
	for _, c := range made {
		s.adopt(c)
	}
	s.commands = append(kept, made...)
	s.registered(guild)
	return &answer{status: http.StatusOK, body: s.commandList(guild, true), effect: true}
}

// putCommand answers "create command", which overwrites one of the same name, and "edit command".
func (s *Server) putCommand(guild string, old *command, body []byte) *answer {
	status := http.StatusOK
	if old != nil {
		merged := map[string]any{"type": old.def.Type}
		for key, v := range old.raw {
			if key != "id" && key != "application_id" && key != "version" && key != "guild_id" {
				merged[key] = v
			}
		}
		if json.Unmarshal(body, &merged) != nil {
			return invalid(map[string]string{"body": "not readable"})
		}
		body, _ = json.Marshal(merged) // came as JSON
	}
	c, errs := s.readCommand(guild, body)
	if len(errs) > 0 {
		return invalid(errs)
	}
	replaced := old
	if replaced == nil {
		if i := slices.IndexFunc(s.commands, c.like); i >= 0 {
			replaced = s.commands[i]
		}
	}
	next := []*command{}
	for _, k := range s.commands {
		switch {
		case k == replaced:
			next = append(next, c)
		case k.guild == guild:
			next = append(next, k)
		}
	}
	if replaced == nil {
		next = append(next, c)
	}
	if setErrors(next, errs); len(errs) > 0 {
		return invalid(errs)
	}
	if replaced != nil {
		c.id = replaced.id
	} else if a := s.countNew(guild, []*command{c}); a != nil {
		return a
	} else {
		status = http.StatusCreated
	}
	s.adopt(c)
	s.commands = append(slices.DeleteFunc(s.commands, func(k *command) bool { return k.guild == guild }), next...)
	s.registered(guild)
	return &answer{status: status, body: c.raw, effect: true}
}

// like reports whether a command has the place of another: the same guild, kind and name.
func (c *command) like(k *command) bool {
	return k.guild == c.guild && max(1, k.def.Type) == max(1, c.def.Type) && k.def.Name == c.def.Name
}

// adopt gives a command the id of the one whose place it takes, and a version of its own when it differs.
func (s *Server) adopt(c *command) {
	if i := slices.IndexFunc(s.commands, func(k *command) bool { return k.id == c.id || c.id == "" && k.like(c) }); i >= 0 {
		c.id = s.commands[i].id
		c.raw["version"] = s.commands[i].raw["version"]
		if c.same != s.commands[i].same {
			c.raw["version"] = s.newID()
		}
	} else {
		c.id = s.newID()
		c.raw["version"] = s.newID()
	}
	c.raw["id"] = c.id
}

// countNew refuses more commands than may be made anew in a day.
func (s *Server) countNew(guild string, list []*command) *answer {
	n := 0
	for _, c := range list {
		n += btoi(!slices.ContainsFunc(s.commands, c.like))
	}
	since := s.o.Now().Add(-24 * time.Hour)
	made := slices.DeleteFunc(s.created[guild], func(t time.Time) bool { return t.Before(since) })
	if len(made)+n > dailyMax {
		return fail(http.StatusTooManyRequests, codeDailyCommands, "Max number of daily application command creates has been reached (200)")
	}
	for range n {
		made = append(made, s.o.Now())
	}
	s.created[guild] = made
	return nil
}

// registered counts a registration and tells of it.
func (s *Server) registered(guild string) {
	s.registrations++
	if s.o.OnCommands != nil {
		list := []json.RawMessage{}
		for _, c := range s.commandList(guild, true) {
			raw, _ := json.Marshal(c) // came as JSON
			list = append(list, raw)
		}
		s.o.OnCommands(guild, list)
	}
}
