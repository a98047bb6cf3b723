package fakediscord

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// Discord's codes about interactions.
const (
	codeUnknownWebhook     = 10015
	codeUnknownInteraction = 10062
	codeAcknowledged       = 40060
	codeBadToken           = 50027
)

// callbackCall answers "create interaction response". The lock is held.
func (s *Server) callbackCall(c *call) *answer {
	e := s.tokens[c.path[2]]
	if e == nil || e.ID != c.path[1] {
		return fail(http.StatusNotFound, codeUnknownInteraction, "Unknown interaction")
	}
	var in struct {
		Type int             `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	var f form
	if err := json.Unmarshal(c.body, &in); err != nil {
		return e.refused(Call{Did: DidCallback}, invalid(map[string]string{"type": "This field is required"}))
	}
	if string(in.Data) == "null" {
		in.Data = nil
	}
	done := Call{Did: DidCallback, Type: in.Type, Body: in.Data, Files: c.files}
	if e.callback != 0 {
		return e.refused(done, fail(http.StatusBadRequest, codeAcknowledged, "Interaction has already been acknowledged."))
	}
	if late := s.o.Now().Sub(e.Created); late > ackMax {
		return e.refused(done, fail(http.StatusNotFound, codeUnknownInteraction, "Unknown interaction"))
	}
	if !allowed(e, in.Type) {
		return e.refused(done, invalid(map[string]string{"type": fmt.Sprintf("Callback %d does not answer an interaction of type %d.", in.Type, e.Interaction.Kind)}))
	}
	if len(in.Data) > 0 && json.Unmarshal(in.Data, &f) != nil {
		return e.refused(done, invalid(map[string]string{"data": "not readable"}))
	}
	f.files = len(c.files)
	var a *answer
	switch in.Type {
	case CallbackMessage:
		if a = refuse(f); a == nil {
			s.noteMentions(DidCallback, f)
			e.original = s.say(e, f, in.Data, c.files, 0)
		}
	case CallbackDefer:
		e.loading = true
		e.original = s.say(e, form{Flags: f.Flags & flagEphemeral}, nil, nil, flagLoading)
	case CallbackDeferUpdate:
		e.original = e.on
	case CallbackUpdate:
		if a = s.change(e.on, in.Data, c.files, true); a == nil {
			e.original = e.on
		}
	case CallbackChoices:
		a = refuseChoices(in.Data)
	case CallbackModal:
		if a = refuseModal(in.Data); a == nil {
			e.modal = slices.Clone(in.Data)
		}
	}
	if a != nil {
		return e.refused(done, a)
	}
	e.callback = in.Type
	done.show(e.original)
	if c.URL.Query().Get("with_response") != "true" {
		done.Status = http.StatusNoContent
		e.record(done)
		return &answer{status: http.StatusNoContent, effect: true}
	}
	done.Status = http.StatusOK
	e.record(done)
	return &answer{status: http.StatusOK, body: e.callbackJSON(), effect: true}
}

// allowed reports whether a type of callback answers an interaction.
func allowed(e *Exchange, kind int) bool {
	if e.Interaction.Kind == Autocomplete {
		return kind == CallbackChoices
	}
	switch kind {
	case CallbackMessage, CallbackDefer:
		return true
	case CallbackDeferUpdate, CallbackUpdate:
		return e.on != nil // of a component, or of a modal that a component opened
	case CallbackModal:
		return e.Interaction.Kind != ModalSubmit
	}
	return false
}

// callbackJSON is what a callback answers that asks for it.
func (e *Exchange) callbackJSON() map[string]any {
	about := map[string]any{"id": e.ID, "type": e.Interaction.Kind, "channel_id": e.channel.ID}
	if e.guild.ID != "" {
		about["guild_id"] = e.guild.ID
	}
	j := map[string]any{"interaction": about}
	if e.original == nil {
		return j
	}
	about["response_message_id"] = e.original.ID
	about["response_message_loading"] = e.loading
	about["response_message_ephemeral"] = e.original.Ephemeral
	switch e.callback {
	case CallbackMessage, CallbackUpdate:
		j["resource"] = map[string]any{"type": e.callback, "message": e.original.raw}
	}
	return j
}

// refused records a call that was refused, and returns its answer.
func (e *Exchange) refused(c Call, a *answer) *answer {
	c.Status = a.status
	if body, ok := a.body.(map[string]any); ok {
		c.Code, _ = body["code"].(int)
	}
	e.record(c)
	return a
}

// early records a call about an interaction that was refused before it was looked into, and returns its answer. The caller
// must not hold the lock.
func (s *Server) early(c *call, a *answer) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(c.path) < 3 || c.path[0] != "interactions" && c.path[0] != "webhooks" {
		return a
	}
	did := DidCallback
	switch {
	case c.path[0] == "webhooks" && c.Method == http.MethodPost:
		did = DidFollowUp
	case c.path[0] == "webhooks":
		did = DidEdit
	}
	if e := s.tokens[c.path[2]]; e != nil {
		done := Call{Did: did}
		if json.Valid(c.body) {
			done.Body = slices.Clone(c.body)
		}
		return e.refused(done, a)
	}
	return a
}

// show notes in a call how its message stands.
func (c *Call) show(m *Message) {
	if m == nil {
		return
	}
	c.Message, c.Ephemeral, c.Content, c.Embeds = m.ID, m.Ephemeral, m.Content, m.Embeds
	if c.Did == DidCallback && (c.Type == CallbackChoices || c.Type == CallbackModal) {
		c.Message, c.Content, c.Embeds = "", "", nil
	}
}

// refuseChoices returns Discord's answer to suggestions that break its rules, nil when they keep them.
func refuseChoices(data json.RawMessage) *answer {
	var in struct {
		Choices []choiceDef `json:"choices"`
	}
	if len(data) == 0 || json.Unmarshal(data, &in) != nil {
		return invalid(map[string]string{"data.choices": "This field is required"})
	}
	errs := map[string]string{}
	if len(in.Choices) > optionsMax {
		errs["data.choices"] = "Must be 25 or fewer in length."
	}
	for i, c := range in.Choices {
		at := fmt.Sprintf("data.choices.%d.", i)
		if n := length(c.Name); n < 1 || n > choiceMax {
			errs[at+"name"] = "Must be between 1 and 100 in length."
		}
		text, isText := c.Value.(string)
		if _, isNumber := c.Value.(float64); !isText && !isNumber {
			errs[at+"value"] = "This field is required"
		} else if length(text) > choiceMax || isText && text == "" {
			errs[at+"value"] = "Must be between 1 and 100 in length."
		}
		localeErrors(at, c.Names, nil, errs)
	}
	if len(errs) > 0 {
		return invalid(errs)
	}
	return nil
}
