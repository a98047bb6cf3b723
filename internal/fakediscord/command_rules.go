package fakediscord

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of commands (interactions/application-commands); what is marked * Discord's API description does not hold.
const (
	slashMax       = 100  // * commands; the description has 130 of all kinds
	menuMax        = 15   // * of users, and as many of messages
	optionsMax     = 25   // of a command, and choices of an option
	sizeMax        = 8000 // * names, descriptions and values of a command, each in its longest language
	describedMax   = 100
	commandNameMax = 32
	choiceMax      = 100
)

// commandName is the form of the names of slash commands and options; they are lower case too (*).
var commandName = regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)

//go:embed locales.txt
var localeList string

// locales are those that Discord translates to (reference, "Locales").
var locales = strings.Fields(localeList)

// readCommand decodes a command, and lists what is wrong with it by path. The lock is held.
func (s *Server) readCommand(guild string, raw []byte) (*command, map[string]string) {
	c := &command{guild: guild}
	errs := map[string]string{}
	if err := json.Unmarshal(raw, &c.def); err != nil {
		errs["body"] = err.Error()
		return c, errs
	}
	d := &c.def
	d.Type = max(1, d.Type)
	if d.Type > 3 {
		errs["type"] = "Value must be one of {1, 2, 3}."
	}
	for _, name := range append([]string{d.Name}, values(d.Names)...) {
		if d.Type == 1 {
			nameError("name", name, errs)
		} else if n := utf8.RuneCountInString(name); n < 1 || n > commandNameMax {
			errs["name"] = "Must be between 1 and 32 in length."
		}
	}
	localeErrors("", d.Names, d.Described, errs)
	if d.Type == 1 {
		descriptionErrors("", d.Description, d.Described, errs)
		optionErrors("options.", d.Options, 0, errs)
		if d.size() > sizeMax {
			errs["options"] = "Command exceeds maximum size (8000)"
		}
	} else {
		if d.Description != "" {
			errs["description"] = "Context menu commands cannot have description"
		}
		if len(d.Options) > 0 {
			errs["options"] = "Context menu commands cannot have options"
		}
	}
	for _, list := range []struct {
		name string
		in   []int
		max  int
	}{{"contexts", d.Contexts, 2}, {"integration_types", d.Installs, 1}} {
		for i, v := range list.in {
			if v < 0 || v > list.max || slices.Contains(list.in[:i], v) {
				errs[list.name] = fmt.Sprintf("Value must be one of the %d that there are, once.", list.max+1)
			}
		}
	}
	switch v := d.Permissions.(type) {
	case string:
		if _, err := strconv.ParseUint(v, 10, 64); err != nil {
			errs["default_member_permissions"] = fmt.Sprintf("Value %q is not a bit set.", v)
		}
	case float64:
		d.Permissions = strconv.FormatUint(uint64(v), 10)
	}
	if len(errs) > 0 {
		return c, errs
	}
	c.raw = s.commandJSON(c, raw)
	text, _ := json.Marshal(c.raw) // made of JSON
	c.same = string(text)
	return c, errs
}

// commandJSON is what the API shows of a command: what says nothing is left out, and defaults are filled in.
func (s *Server) commandJSON(c *command, raw []byte) map[string]any {
	var j map[string]any
	_ = json.Unmarshal(raw, &j) // was decoded before
	j, _ = telling(j).(map[string]any)
	j["application_id"], j["type"], j["default_member_permissions"] = s.botID, c.def.Type, c.def.Permissions
	if _, given := j["nsfw"]; !given {
		j["nsfw"] = false
	}
	if _, given := j["description"]; !given {
		j["description"] = ""
	}
	if c.guild != "" {
		j["guild_id"] = c.guild
		delete(j, "contexts")
		delete(j, "dm_permission")
		return j
	}
	if _, given := j["contexts"]; !given {
		j["contexts"] = nil
	}
	if _, given := j["integration_types"]; !given {
		j["integration_types"] = []any{0}
	}
	return j
}

// telling leaves out what says nothing: null, false and empty lists.
func telling(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, child := range v {
			if list, ok := child.([]any); child == nil || child == false || ok && len(list) == 0 {
				continue
			}
			out[key] = telling(child)
		}
		return out
	case []any:
		for i := range v {
			v[i] = telling(v[i])
		}
	}
	return v
}

// setErrors adds what is wrong with the commands of one guild together.
func setErrors(list []*command, errs map[string]string) {
	count := map[int]int{}
	for i, c := range list {
		count[c.def.Type]++
		if slices.ContainsFunc(list[:i], c.like) {
			errs[strconv.Itoa(i)+".name"] = "Application command names must be unique"
		}
	}
	if count[1] > slashMax || count[2] > menuMax || count[3] > menuMax {
		errs["commands"] = "Maximum number of application commands reached (100 slash, 15 of users, 15 of messages)"
	}
}

func nameError(path, name string, errs map[string]string) {
	switch {
	case !commandName.MatchString(name):
		errs[path] = `String value did not match validation regex ^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$.`
	case strings.ToLower(name) != name:
		errs[path] = "Command name must be lowercase"
	}
}

func localeErrors(at string, names, described map[string]string, errs map[string]string) {
	for i, list := range []map[string]string{names, described} {
		for locale := range list {
			if !slices.Contains(locales, locale) {
				errs[at+[]string{"name", "description"}[i]+"_localizations"] = fmt.Sprintf("Locale %q is not one of Discord's.", locale)
			}
		}
	}
}

func descriptionErrors(at, text string, more map[string]string, errs map[string]string) {
	for _, d := range append([]string{text}, values(more)...) {
		if n := length(d); n < 1 || n > describedMax {
			errs[at+"description"] = "Must be between 1 and 100 in length."
		}
	}
}

// optionErrors adds what is wrong with options, which stand below so many others.
func optionErrors(at string, list []optionDef, depth int, errs map[string]string) {
	if len(list) > optionsMax {
		errs[strings.TrimSuffix(at, ".")] = "Must be 25 or fewer in length."
	}
	optional := false
	seen := map[string]bool{}
	for i, o := range list {
		at := at + strconv.Itoa(i) + "."
		nameError(at+"name", o.Name, errs)
		for _, name := range values(o.Names) {
			nameError(at+"name_localizations", name, errs)
		}
		if seen[o.Name] {
			errs[at+"name"] = "Option names must be unique"
		}
		seen[o.Name] = true
		localeErrors(at, o.Names, o.Described, errs)
		descriptionErrors(at, o.Description, o.Described, errs)
		if o.nests() != list[0].nests() || o.nests() && depth > 0 && o.Type != optionSub || o.nests() && depth > 1 {
			errs[at+"type"] = "Sub-command and sub-command group option types are mutually exclusive to all other types"
		}
		if o.Type < optionSub || o.Type > optionAttachment {
			errs[at+"type"] = "Value must be one of {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}."
		}
		if o.Required && optional {
			errs[at+"required"] = "Required options must be placed before non-required options"
		}
		if optional = optional || !o.Required; o.nests() {
			if o.Required {
				errs[at+"required"] = "Subcommands cannot be required"
			}
			next := depth + 2 // below a subcommand there are no more of them
			if o.Type == optionGroup {
				next = 1
				if slices.ContainsFunc(o.Options, func(c optionDef) bool { return c.Type != optionSub }) || len(o.Options) == 0 {
					errs[at+"options"] = "A group consists of subcommands"
				}
			}
			optionErrors(at+"options.", o.Options, next, errs)
			continue
		}
		if len(o.Options) > 0 {
			errs[at+"options"] = "Only subcommands and groups can have options"
		}
		valueErrors(at, o, errs)
	}
}

// valueErrors adds what is wrong with the values that an option may have.
func valueErrors(at string, o optionDef, errs map[string]string) {
	number := o.Type == optionInteger || o.Type == optionNumber
	chosen := number || o.Type == optionString
	switch {
	case len(o.Choices) > 0 && o.Autocomplete:
		errs[at+"autocomplete"] = "Autocomplete is mutually exclusive with choices"
	case (len(o.Choices) > 0 || o.Autocomplete) && !chosen:
		errs[at+"choices"] = "Choices and autocomplete are for strings, integers and numbers"
	case len(o.Choices) > optionsMax:
		errs[at+"choices"] = "Must be 25 or fewer in length."
	}
	if (o.MinValue != nil || o.MaxValue != nil) && !number || (o.MinLength != nil || o.MaxLength != nil) && o.Type != optionString ||
		len(o.ChannelTypes) > 0 && o.Type != optionChannel {
		errs[at+"type"] = "A bound does not go with this type of option"
	}
	if o.MinValue != nil && o.MaxValue != nil && *o.MinValue > *o.MaxValue {
		errs[at+"min_value"] = "Must be less than or equal to max_value"
	}
	if o.MinLength != nil && (*o.MinLength < 0 || *o.MinLength > 6000) || o.MaxLength != nil && (*o.MaxLength < 1 || *o.MaxLength > 6000) ||
		o.MinLength != nil && o.MaxLength != nil && *o.MinLength > *o.MaxLength {
		errs[at+"min_length"] = "Must be between 0 and 6000, and at most max_length."
	}
	names := map[string]bool{}
	for i, c := range o.Choices {
		at := fmt.Sprintf("%schoices.%d.", at, i)
		for _, name := range append([]string{c.Name}, values(c.Names)...) {
			if n := length(name); n < 1 || n > choiceMax {
				errs[at+"name"] = "Must be between 1 and 100 in length."
			}
		}
		if names[c.Name] {
			errs[at+"name"] = "Option choice name already exists"
		}
		names[c.Name] = true
		localeErrors(at, c.Names, nil, errs)
		text, isText := c.Value.(string)
		whole, isNumber := c.Value.(float64)
		if isText != (o.Type == optionString) || !isText && !isNumber || o.Type == optionInteger && whole != float64(int64(whole)) {
			errs[at+"value"] = "Could not parse the value as one of the option's type."
		} else if isText && length(text) > choiceMax {
			errs[at+"value"] = "Must be 100 or fewer in length."
		}
	}
}

// size is what counts towards sizeMax.
func (d *commandDef) size() int {
	n := longest(d.Name, d.Names) + longest(d.Description, d.Described)
	for _, o := range d.Options {
		n += o.size()
	}
	return n
}

func (o optionDef) size() int {
	n := longest(o.Name, o.Names) + longest(o.Description, o.Described)
	for _, c := range o.Choices {
		n += longest(c.Name, c.Names) + length(fmt.Sprint(c.Value))
	}
	for _, child := range o.Options {
		n += child.size()
	}
	return n
}

func longest(s string, more map[string]string) int {
	n := length(s)
	for _, t := range more {
		n = max(n, length(t))
	}
	return n
}

func values(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// takes reports why Discord's client would not let a user give this value to an option; nil when it would. What is still
// being typed may lie outside the bounds.
func (o optionDef) takes(v any, typing bool) error {
	wrong := fmt.Errorf("%v (%T) is not a value of type %d", v, v, o.Type)
	var size float64
	switch o.Type {
	case optionString:
		s, ok := v.(string)
		if !ok {
			return wrong
		}
		n := length(s)
		if !typing && (n > 6000 || o.MinLength != nil && n < *o.MinLength || o.MaxLength != nil && n > *o.MaxLength) {
			return fmt.Errorf("%d characters are outside the bounds", n)
		}
	case optionInteger, optionNumber:
		text, err := json.Marshal(v)
		if err != nil || json.Unmarshal(text, &size) != nil || o.Type == optionInteger && size != float64(int64(size)) {
			return wrong
		}
		if !typing && (o.MinValue != nil && size < *o.MinValue || o.MaxValue != nil && size > *o.MaxValue) {
			return fmt.Errorf("%v is outside the bounds", v)
		}
	case optionBoolean:
		if _, ok := v.(bool); !ok {
			return wrong
		}
	case optionAttachment:
		if _, ok := v.(File); !ok {
			return wrong
		}
	default:
		s, ok := v.(string)
		if _, err := strconv.ParseUint(s, 10, 64); !ok || err != nil {
			return wrong
		}
	}
	if len(o.Choices) > 0 && !typing && !slices.ContainsFunc(o.Choices, func(c choiceDef) bool { return fmt.Sprint(c.Value) == fmt.Sprint(v) }) {
		return errors.New("it is none of the choices")
	}
	return nil
}
