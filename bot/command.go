package bot

import (
	"context"
	"strings"
)

// A command of the table. The table makes registration, help and checks: what is not in it does not exist.
type command struct {
	name    string // "search", or "source add"
	manager bool   // for those who manage the server; checked here, not only by Discord
	menu    bool   // it stands in the menu of a message
	options []parameter
	run     func(ctx context.Context, r *request) (reply, error)
	// complete suggests values of an option while it is typed; nil where no option asks for it.
	complete func(ctx context.Context, r *request, option, typed string) ([]choice, error)
}

// A parameter is an option of a command.
type parameter struct {
	name     string
	kind     int // optionText, …
	required bool
	complete bool     // suggested while it is typed
	choices  []string // the only values; their names are texts "choice.VALUE"
	min, max int      // of a number; of a text max is its length in characters
	channels []int    // kinds of channels that may be named
}

// A choice is a value that an option may have, with the name that people see.
type choice struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A pressed button, chosen value or filled-in form.
type press struct {
	manager bool
	later   promise // what it is put off with; promiseNothing for what answers with a form
	run     func(ctx context.Context, r *request) (reply, error)
}

// A table is everything that people can ask of the bot.
type table struct {
	commands []command
	presses  map[string]press // by the first word of a custom id
}

// newTable puts the table together.
func newTable() table {
	t := table{presses: map[string]press{}}
	t.readers()
	t.managers()
	t.pages()
	return t
}

// find returns the command of a name, nil when there is none.
func (t *table) find(name string) *command {
	for i := range t.commands {
		if t.commands[i].name == name {
			return &t.commands[i]
		}
	}
	return nil
}

// contexts in which commands can be used: servers only, never direct messages, for every answer is one guild's.
var contexts = []int{0}

// A registered command as Discord takes it (interactions/application-commands).
type registered struct {
	Name         string            `json:"name"`
	Names        map[string]string `json:"name_localizations,omitempty"`
	Description  string            `json:"description,omitempty"`
	Descriptions map[string]string `json:"description_localizations,omitempty"`
	Type         int               `json:"type,omitempty"`
	Required     bool              `json:"required,omitempty"`
	Options      []registered      `json:"options,omitempty"`
	Choices      []named           `json:"choices,omitempty"`
	Autocomplete bool              `json:"autocomplete,omitempty"`
	Min          *int              `json:"min_value,omitempty"`
	Max          *int              `json:"max_value,omitempty"`
	MaxLength    int               `json:"max_length,omitempty"`
	ChannelTypes []int             `json:"channel_types,omitempty"`
	Permissions  *int              `json:"default_member_permissions,omitempty"` // a number in Discord's API description, a string in its documentation; it takes both
	Contexts     []int             `json:"contexts,omitempty"`
	Integration  []int             `json:"integration_types,omitempty"`
}

type named struct {
	Name  string            `json:"name"`
	Names map[string]string `json:"name_localizations,omitempty"`
	Value string            `json:"value"`
}

// registration is the table as Discord takes it, in all languages of the catalogue.
func (t *table) registration(texts library) []registered {
	var out []registered
	at := map[string]int{}
	for _, c := range t.commands {
		names := strings.Fields(c.name)
		if c.menu {
			out = append(out, registered{
				Name: texts["en"].text("menu." + c.name), Names: texts.others("menu." + c.name), Type: messageMenu,
				Contexts: contexts, Integration: []int{0},
			})
			continue
		}
		i, ok := at[names[0]]
		if !ok {
			i = len(out)
			at[names[0]] = i
			top := texts.registered("command."+names[0], names[0])
			top.Type, top.Contexts, top.Integration = slashCommand, contexts, []int{0}
			if c.manager {
				manage := mayManage // until the server's own settings say otherwise
				top.Permissions = &manage
			}
			out = append(out, top)
		}
		if len(names) == 1 {
			out[i].Options = texts.parameters(c)
			continue
		}
		sub := texts.registered("command."+strings.Join(names, "."), names[1])
		sub.Type, sub.Options = optionSub, texts.parameters(c)
		out[i].Options = append(out[i].Options, sub)
	}
	return out
}

// registered names and describes one thing in all languages: texts KEY (its description) and KEY.name.
func (l library) registered(key, name string) registered {
	return registered{Name: name, Names: l.others(key + ".name"), Description: l["en"].text(key), Descriptions: l.others(key)}
}

// others are the texts of a key in the languages beside English.
func (l library) others(key string) map[string]string {
	out := map[string]string{}
	for lang, c := range l {
		if s := c.texts[key]; lang != "en" && s != "" {
			out[lang] = s
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// parameters are the options of a command as Discord takes them: the required ones first.
func (l library) parameters(c command) []registered {
	var must, may []registered
	for _, p := range c.options {
		r := l.registered("option."+strings.ReplaceAll(c.name, " ", ".")+"."+p.name, p.name)
		r.Type, r.Required, r.Autocomplete, r.ChannelTypes = p.kind, p.required, p.complete, p.channels
		if p.kind == optionNumber {
			r.Min, r.Max = &p.min, &p.max
		} else if p.kind == optionText {
			r.MaxLength = p.max
		}
		for _, v := range p.choices {
			r.Choices = append(r.Choices, named{Name: l["en"].text("choice." + v), Names: l.others("choice." + v), Value: v})
		}
		if p.required {
			must = append(must, r)
		} else {
			may = append(may, r)
		}
	}
	return append(must, may...)
}
