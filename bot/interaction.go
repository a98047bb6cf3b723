package bot

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

// Kinds of interactions, of answers to them, and of options (interactions/receiving-and-responding, application-commands).
const (
	askCommand      = 2
	askComponent    = 3
	askAutocomplete = 4
	askModal        = 5

	giveMessage  = 4 // a message, at once
	giveLater    = 5 // "is thinking…", and a message later
	giveNothing  = 6 // of a component: seen; what it hangs on may change later
	giveUpdate   = 7 // of a component: what it hangs on changes at once
	giveChoices  = 8 // of an autocomplete
	giveModal    = 9
	ephemeral    = 64 // flag of a message that only who asked sees
	slashCommand = 1
	messageMenu  = 3

	optionSub     = 1
	optionGroup   = 2
	optionText    = 3
	optionNumber  = 4
	optionYes     = 5
	optionChannel = 7
	optionRole    = 8
	optionFile    = 11
)

// Permissions of a member in a channel (topics/permissions).
const (
	mayAdminister = 1 << 3
	mayManage     = 1 << 5 // Manage Server
	maySee        = 1 << 10
	maySend       = 1 << 11
	mayEmbed      = 1 << 14
	maySendThread = 1 << 38
)

// An interaction as Discord sends it, as far as it is looked at. Whatever it holds is checked before it is used.
type interaction struct {
	ID            string   `json:"id"`
	Application   string   `json:"application_id"`
	Token         string   `json:"token"`
	Type          int      `json:"type"`
	Guild         string   `json:"guild_id"`
	Channel       string   `json:"channel_id"`
	ChannelObject *channel `json:"channel"`
	Locale        string   `json:"locale"`
	GuildLocale   string   `json:"guild_locale"`
	Permissions   string   `json:"app_permissions"` // of the bot in the channel
	Member        *member  `json:"member"`
	User          *user    `json:"user"` // in direct messages
	Data          data     `json:"data"`
}

type channel struct {
	ID   string `json:"id"`
	Type int    `json:"type"`
}

// An attachment is a file that was given to a command, which Discord keeps for a while.
type attachment struct {
	Name string `json:"filename"`
	Size int64  `json:"size"` // bytes
	URL  string `json:"url"`
}

type member struct {
	User        *user    `json:"user"`
	Roles       []string `json:"roles"`
	Permissions string   `json:"permissions"`
}

type data struct {
	Name     string   `json:"name"`
	Type     int      `json:"type"`
	Options  []option `json:"options"`
	CustomID string   `json:"custom_id"`
	Values   []string `json:"values"`
	Target   string   `json:"target_id"` // of a message command
	Resolved struct {
		Messages map[string]struct {
			Content string `json:"content"`
			Embeds  []struct {
				URL         string `json:"url"`
				Description string `json:"description"`
			} `json:"embeds"`
		} `json:"messages"`
		Channels    map[string]channel    `json:"channels"`
		Attachments map[string]attachment `json:"attachments"`
	} `json:"resolved"`
	Components []row `json:"components"` // of a modal
}

type option struct {
	Name    string          `json:"name"`
	Type    int             `json:"type"`
	Value   json.RawMessage `json:"value"`
	Focused bool            `json:"focused"`
	Options []option        `json:"options"`
}

// A row of a modal that was sent; labels hold their component alone.
type row struct {
	Components []field `json:"components"`
	Component  *field  `json:"component"`
}

type field struct {
	CustomID string `json:"custom_id"`
	Value    string `json:"value"`
}

// errForeign says that an interaction is none that Discord would send.
var errForeign = errors.New("the interaction is not readable")

// readInteraction reads an interaction; what cannot be answered is an error.
func readInteraction(raw []byte) (interaction, error) {
	var in interaction
	err := json.Unmarshal(raw, &in)
	if !isID(in.ID) || !isID(in.Application) || in.Token == "" || len(in.Token) > 1024 {
		return in, errForeign // not even an answer can be sent
	}
	if err != nil {
		in.Type = 0 // a member of another type than Discord documents: it is answered, and nothing more
	}
	return in, nil
}

// isID reports whether s is an id of Discord's.
func isID(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil && len(s) <= 20
}

// who is the user that asked, "" when nobody did.
func (in *interaction) who() string {
	u := in.User
	if in.Member != nil {
		u = in.Member.User
	}
	if u == nil || !isID(u.ID) {
		return ""
	}
	return u.ID
}

// bits reads a set of permissions; nothing is allowed by one that cannot be read.
func bits(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// path is the name of the command that was called, with its subcommands, and the options of the innermost.
func (d *data) path() (string, []option) {
	name, options := d.Name, d.Options
	for len(options) == 1 && (options[0].Type == optionSub || options[0].Type == optionGroup) {
		name += " " + options[0].Name
		options = options[0].Options
	}
	return name, options
}

// fields are what was written into a modal, by custom id.
func (d *data) fields() map[string]string {
	out := map[string]string{}
	for _, r := range d.Components {
		if r.Component != nil {
			out[r.Component.CustomID] = r.Component.Value
		}
		for _, f := range r.Components {
			out[f.CustomID] = f.Value
		}
	}
	return out
}

// linksOf returns the links of a message, those of its text first, each once.
func (d *data) linksOf() []string {
	m, ok := d.Resolved.Messages[d.Target]
	if !ok {
		return nil
	}
	texts := []string{m.Content}
	for _, e := range m.Embeds {
		texts = append(texts, e.URL, e.Description)
	}
	var out []string
	seen := map[string]bool{}
	for _, word := range strings.FieldsFunc(strings.Join(texts, " "), func(r rune) bool { return strings.ContainsRune(" \n\t<>|()[]\"'", r) }) {
		if strings.HasPrefix(word, "https://") || strings.HasPrefix(word, "http://") {
			if word = strings.TrimRight(word, ".,;:!?*_~`"); !seen[word] {
				seen[word] = true
				out = append(out, word)
			}
		}
	}
	return out
}
