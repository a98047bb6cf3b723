package fakediscord

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Types of callbacks (interactions/receiving-and-responding, "Interaction Callback Type").
const (
	CallbackMessage     = 4
	CallbackDefer       = 5 // a message follows
	CallbackDeferUpdate = 6 // the message of the component changes later
	CallbackUpdate      = 7
	CallbackChoices     = 8
	CallbackModal       = 9
)

// What a bot does with an interaction.
const (
	DidCallback       = "callback"
	DidEdit           = "edit"   // of the answer
	DidDelete         = "delete" // of the answer
	DidFollowUp       = "follow-up"
	DidEditFollowUp   = "edit follow-up"
	DidDeleteFollowUp = "delete follow-up"
)

// An Exchange is an interaction and everything that the bot did with it. Its methods are safe for several goroutines.
type Exchange struct {
	ID, Token   string
	Interaction Interaction     // with defaults filled in
	Payload     json.RawMessage // the d of INTERACTION_CREATE
	Created     time.Time
	Parent      *Exchange // that Press, Select or Submit went on from

	s       *Server
	guild   *Guild // without an id in a direct message
	channel *Channel
	on      *Message // that the component hangs on

	// The server's lock guards what follows.
	calls    []Call
	callback int      // type of the one that was accepted, 0 before
	loading  bool     // the answer was put off and has not come
	original *Message // what @original is; nil for none
	follows  []*Message
	modal    json.RawMessage // the data of callback 9
	changed  chan struct{}   // closed with every call
}

// A Call is one request that the bot made about an interaction, refused ones included.
type Call struct {
	Did       string          // DidCallback, …
	Type      int             // of a callback
	Status    int             // of the answer
	Code      int             // Discord's, of a refusal
	After     time.Duration   // since the interaction was made, by the server's clock
	Message   string          // id of the message that it made, changed or deleted
	Ephemeral bool            // only the user sees the message
	Body      json.RawMessage // the message, the choices or the modal, as the bot sent it
	Content   string          // of the message as it stands then
	Embeds    []Embed
	Files     []File
}

// Calls returns what the bot did so far, in order.
func (e *Exchange) Calls() []Call {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	return slices.Clone(e.calls)
}

// final reports whether a call is what the user waited for.
func (c Call) final() bool {
	if c.Status >= 400 {
		return false
	}
	switch c.Did {
	case DidCallback:
		return c.Type != CallbackDefer && c.Type != CallbackDeferUpdate
	case DidEdit, DidDelete, DidFollowUp:
		return true
	}
	return false
}

// Answer waits for the first final answer: a message, an update, choices, a modal; after a deferred callback, the edit of
// @original, its deletion, or a follow-up. Its error lists what the bot did instead.
func (e *Exchange) Answer(ctx context.Context) (Call, error) {
	return e.await(ctx, "answered", Call.final)
}

// Acknowledged waits for the callback that was accepted, a deferring one included.
func (e *Exchange) Acknowledged(ctx context.Context) (Call, error) {
	return e.await(ctx, "acknowledged", func(c Call) bool { return c.Did == DidCallback && c.Status < 400 })
}

// Wait waits for the first final answer and forgets it.
func (e *Exchange) Wait(ctx context.Context) error {
	_, err := e.Answer(ctx)
	return err
}

// Await waits for a call that is wanted.
func (e *Exchange) Await(ctx context.Context, wanted func(Call) bool) (Call, error) {
	return e.await(ctx, "answered as wanted", wanted)
}

func (e *Exchange) await(ctx context.Context, what string, wanted func(Call) bool) (Call, error) {
	for {
		e.s.mu.Lock()
		calls, changed := slices.Clone(e.calls), e.changed
		e.s.mu.Unlock()
		if i := slices.IndexFunc(calls, wanted); i >= 0 {
			return calls[i], nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Call{}, fmt.Errorf("%s was not %s; the bot did %s: %w", e, what, describe(calls), ctx.Err())
		}
	}
}

func describe(calls []Call) string {
	if len(calls) == 0 {
		return "nothing"
	}
	out := ""
	for i, c := range calls {
		if i > 0 {
			out += ", "
		}
		out += c.Did
		if c.Type != 0 {
			out += fmt.Sprintf(" %d", c.Type)
		}
		out += fmt.Sprintf(" (%d)", c.Status)
	}
	return out
}

// String names the interaction for people: "/source add by user7001".
func (e *Exchange) String() string {
	in := e.Interaction
	if in.Target != "" {
		return in.Name + " by " + in.User.Name // of a menu
	}
	what := map[int]string{Command: "/" + in.Name, Autocomplete: "typing " + in.Focused + " of /" + in.Name, Component: "press " + in.CustomID, ModalSubmit: "submit " + in.CustomID}[in.Kind]
	return what + " by " + in.User.Name
}

// Message returns the answer (@original) as it stands; false when there is none, or none any more.
func (e *Exchange) Message() (Message, bool) {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	if e.original == nil || e.original.Deleted {
		return Message{}, false
	}
	return *e.original, true
}

// FollowUps returns the follow-ups as they stand, deleted ones included.
func (e *Exchange) FollowUps() []Message {
	e.s.mu.Lock()
	defer e.s.mu.Unlock()
	out := make([]Message, len(e.follows))
	for i, m := range e.follows {
		out[i] = *m
	}
	return out
}

// A Choice is a suggestion of an autocompletion, or one of an option.
type Choice struct {
	Name  string `json:"name"`
	Value any    `json:"value"` // a string or a float64
}

// Choices returns what an autocompletion suggested.
func (c Call) Choices() []Choice {
	var data struct {
		Choices []Choice `json:"choices"`
	}
	_ = json.Unmarshal(c.Body, &data) // was decoded when it came
	return data.Choices
}

// Exchanges returns all interactions so far.
func (s *Server) Exchanges() []*Exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.exchanges)
}

// record adds a call. The lock is held.
func (e *Exchange) record(c Call) {
	c.After = e.s.o.Now().Sub(e.Created)
	e.calls = append(e.calls, c)
	close(e.changed)
	e.changed = make(chan struct{})
	if e.s.o.OnCall != nil {
		e.s.o.OnCall(e, c)
	}
}

// Press presses a button of the answer, or of a follow-up when the answer has no such button. It is pressed by the same
// user as before when none is given.
func (s *Server) Press(ctx context.Context, e *Exchange, customID string, by ...User) (*Exchange, error) {
	return s.Select(ctx, e, customID, nil, by...)
}

// Select chooses values in a select menu of the answer or of a follow-up.
func (s *Server) Select(ctx context.Context, e *Exchange, customID string, values []string, by ...User) (*Exchange, error) {
	s.mu.Lock()
	on := e.original
	for _, m := range append([]*Message{e.original}, e.follows...) {
		if m != nil && !m.Deleted && findComponent(m.Components, customID) != nil {
			on = m
			break
		}
	}
	s.mu.Unlock()
	if on == nil {
		return nil, notOffered("%s has no message to press %q on", e, customID)
	}
	in := e.again(by)
	in.Kind, in.Message, in.CustomID, in.Values = Component, on.ID, customID, values
	return s.interact(ctx, in, e)
}

// Submit fills in the modal that was the answer and sends it.
func (s *Server) Submit(ctx context.Context, e *Exchange, fields map[string]any, by ...User) (*Exchange, error) {
	s.mu.Lock()
	var modal struct {
		CustomID string `json:"custom_id"`
	}
	shown := e.modal != nil && json.Unmarshal(e.modal, &modal) == nil
	s.mu.Unlock()
	if !shown {
		return nil, notOffered("%s was not answered with a modal", e)
	}
	in := e.again(by)
	in.Kind, in.CustomID, in.Fields, in.Message = ModalSubmit, modal.CustomID, fields, e.Interaction.Message
	return s.interact(ctx, in, e)
}

// again is the beginning of an interaction in the same place by the same user, or by another.
func (e *Exchange) again(by []User) Interaction {
	in := Interaction{User: e.Interaction.User, Channel: e.Interaction.Channel, Direct: e.Interaction.Direct, Locale: e.Interaction.Locale}
	if len(by) > 0 {
		in.User = by[0]
	}
	return in
}

// overdue lists the interactions that were not answered within three seconds, or put off and not answered in the life of
// their token. The lock is held.
func (s *Server) overdue() (out []string) {
	for _, e := range s.exchanges {
		age := s.o.Now().Sub(e.Created)
		switch {
		case e.callback == 0 && age > ackMax:
			out = append(out, fmt.Sprintf("interaction: %s was not answered within 3 s; the bot did %s", e, describe(e.calls)))
		case e.loading && age > tokenMax && !e.original.Deleted:
			out = append(out, fmt.Sprintf("interaction: %s was put off and never answered; the bot did %s", e, describe(e.calls)))
		}
	}
	return out
}
