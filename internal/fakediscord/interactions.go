package fakediscord

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Kinds of interactions (interactions/receiving-and-responding, "Interaction Type").
const (
	Command      = 2 // a slash command, or one of the menu of a message or user
	Component    = 3 // a button or a select menu
	Autocomplete = 4
	ModalSubmit  = 5
)

// Permissions of members, as bits (topics/permissions).
const (
	Administrator = 1 << 3
	ManageGuild   = 1 << 5
	ViewChannel   = 1 << 10
	SendMessages  = 1 << 11
	EmbedLinks    = 1 << 14
	AttachFiles   = 1 << 15
	ReadHistory   = 1 << 16
	MentionAll    = 1 << 17
	UseCommands   = 1 << 31
	CreateThreads = 1 << 35
	SendInThreads = 1 << 38

	// Everyone is what a member may do in a channel that restricts nobody.
	Everyone = ViewChannel | SendMessages | EmbedLinks | AttachFiles | ReadHistory | UseCommands | CreateThreads | SendInThreads
	// Manager is a member who may also change the guild's settings.
	Manager = Everyone | ManageGuild
)

// A User is a member of a guild, or the other side of a direct message.
type User struct {
	ID          string // "" is "7001"
	Name        string // "" is "user" and the id
	Permissions uint64 // in the channel, as Discord computes them for the interaction; 0 is Everyone
	Roles       []string
}

// An Interaction is something that a user does with the bot. Only what its kind needs is set.
type Interaction struct {
	Kind    int // Command when 0
	User    User
	Channel string // "" is that of the message, else the first channel of the first guild
	Direct  bool   // in a direct message with the bot instead of a channel
	Locale  string // of the user; "" is en-US

	// Of a command and of its autocompletion: the names of command, group and subcommand, "source add", and what the
	// user filled in. A value is a string, a bool or a number; users, channels, roles and messages are ids; a file is a
	// File. Options go out in the order of the registered command.
	Name    string
	Options map[string]any
	Focused string // of autocompletion: the option that is being typed
	Target  string // of a command in the menu of a message or user: its id

	// Of a component: the message it hangs on, and what was chosen in a select menu. The message of a modal that was
	// opened by a component is given too.
	Message  string
	CustomID string // of a modal too
	Values   []string

	// Fields of a modal by custom id: a string, or strings for a select menu.
	Fields map[string]any

	// Forged sends what Discord's client would not let its user do: commands that are not registered, options that are
	// missing or of another type, buttons that are not there or disabled, messages of others. Data, when it is set, is
	// sent in place of the data that would have been made.
	Forged bool
	Data   json.RawMessage

	// Delay is how long the interaction took on its way: so much of its three seconds is gone when the bot gets it.
	Delay time.Duration
	Twice bool // the event is delivered twice
}

// What an interaction allows (interactions/receiving-and-responding).
const (
	ackMax   = 3 * time.Second  // until the callback
	tokenMax = 15 * time.Minute // life of the token
)

// ErrNotOffered is wrapped by the errors of Interact for what Discord's client does not offer to the user.
var ErrNotOffered = errors.New("discord would not offer that")

// Interact sends an interaction to the bot and returns what becomes of it. Without a gateway session it waits for one
// until ctx ends; to a session that has lost its connection the event goes when it is resumed, while the three seconds
// run. Its error says what Discord's client would not have let the user do (ErrNotOffered), or that no session came.
func (s *Server) Interact(ctx context.Context, in Interaction) (*Exchange, error) {
	return s.interact(ctx, in, nil)
}

func (s *Server) interact(ctx context.Context, in Interaction, parent *Exchange) (*Exchange, error) {
	if err := s.awaitSession(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.Kind == 0 {
		in.Kind = Command
	}
	in.User = in.User.named()
	if in.Locale == "" {
		in.Locale = "en-US"
	}
	e := &Exchange{Interaction: in, Parent: parent, Created: s.o.Now().Add(-in.Delay), s: s, changed: make(chan struct{})}
	e.ID = s.newIDOf(in.Delay)
	sum := sha256.Sum256([]byte("interaction:" + e.ID))
	e.Token = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "interaction:%s:%x", e.ID, sum))
	if err := s.place(e); err != nil {
		return nil, err
	}
	p, err := s.payload(e)
	if err != nil {
		return nil, err
	}
	if e.Payload, err = json.Marshal(p); err != nil {
		return nil, fmt.Errorf("interaction: %w", err)
	}
	s.exchanges = append(s.exchanges, e)
	s.tokens[e.Token] = e
	if e.guild.ID != "" {
		s.people[e.guild.ID+"/"+in.User.ID] = in.User
	}
	for range 1 + btoi(in.Twice) {
		s.gate.dispatch(e.guild.ID, "INTERACTION_CREATE", json.RawMessage(e.Payload), 0)
	}
	return e, nil
}

// place finds where an interaction happens. The lock is held.
func (s *Server) place(e *Exchange) error {
	in := &e.Interaction
	if in.Direct {
		e.guild, e.channel = &Guild{}, s.direct(in.User)
		in.Channel = e.channel.ID
		return nil
	}
	for _, id := range []string{in.Message, in.Target} {
		if m := s.anyMessage(id); in.Channel == "" && m != nil {
			in.Channel = m.Channel
		}
	}
	if in.Channel == "" {
		for _, g := range s.guilds {
			if len(g.Channels) > 0 {
				in.Channel = g.Channels[0].ID
				break
			}
		}
	}
	if e.guild, e.channel = s.channel(in.Channel); e.channel == nil {
		return fmt.Errorf("interaction: there is no channel %q: %w", in.Channel, ErrNotOffered)
	}
	in.Direct = e.guild.ID == ""
	return nil
}

// direct returns the channel of direct messages with a user. The lock is held.
func (s *Server) direct(u User) *Channel {
	for _, d := range s.directs {
		if d.with.ID == u.ID {
			return &d.Channel
		}
	}
	d := &directChannel{Channel: Channel{ID: s.newID(), Type: directMessage}, with: u}
	s.directs = append(s.directs, d)
	return &d.Channel
}

// directMessage is the kind of a channel between a user and the bot.
const directMessage = 1

// A directChannel is a channel of direct messages.
type directChannel struct {
	Channel
	with User
}

// awaitSession waits for a session that can be sent to, now or when it is resumed.
func (s *Server) awaitSession(ctx context.Context) error {
	g := &s.gate
	for {
		g.mu.Lock()
		changed, there := g.changed, false
		for _, session := range g.sessions {
			there = there || !session.dead && !session.left
		}
		g.mu.Unlock()
		if there {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("interaction: the bot has no gateway session: %w", ctx.Err())
		}
	}
}

// named fills in what is not given of a user.
func (u User) named() User {
	if u.ID == "" {
		u.ID = "7001"
	}
	if u.Name == "" {
		u.Name = "user" + u.ID
	}
	if u.Permissions == 0 {
		u.Permissions = Everyone
	}
	return u
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func notOffered(format string, args ...any) error {
	return fmt.Errorf("interaction: %s: %w", fmt.Sprintf(format, args...), ErrNotOffered)
}
