package fakediscord

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// Types of messages (resources/message, "Message Types").
const (
	messageReply   = 19
	messageCommand = 20
	messageMenu    = 23
)

// routeWebhooks answers what is below /webhooks/{application}/{token}: the answer to an interaction and its follow-ups.
// The lock is held.
func (s *Server) routeWebhooks(c *call) *answer {
	p := c.path
	if len(p) < 3 {
		return nil
	}
	e := s.tokens[p[2]]
	if e == nil || p[1] != s.botID {
		return fail(http.StatusNotFound, codeUnknownWebhook, "Unknown Webhook")
	}
	switch {
	case len(p) == 3 && c.Method == http.MethodPost:
		return s.followUp(e, c)
	case len(p) != 5 || p[3] != "messages":
		return nil
	}
	did := map[bool][2]string{true: {DidEdit, DidDelete}, false: {DidEditFollowUp, DidDeleteFollowUp}}[e.isOriginal(p[4])]
	switch c.Method {
	case http.MethodGet:
		m, a := s.ofExchange(e, p[4])
		if a == nil {
			a = ok(m.raw)
		}
		return a
	case http.MethodPatch:
		done := Call{Did: did[0], Body: slices.Clone(c.body), Files: c.files}
		m, a := s.ofExchange(e, p[4])
		if a == nil {
			a = s.change(m, c.body, c.files, true)
		}
		if a != nil {
			return e.refused(done, a)
		}
		if m == e.original {
			e.loading = false
		}
		done.Status = http.StatusOK
		done.show(m)
		e.record(done)
		return &answer{status: http.StatusOK, body: m.raw, effect: true}
	case http.MethodDelete:
		done := Call{Did: did[1], Status: http.StatusNoContent}
		m, a := s.ofExchange(e, p[4])
		if a != nil {
			return e.refused(done, a)
		}
		s.delete(m)
		done.show(m)
		e.record(done)
		return &answer{status: http.StatusNoContent, effect: true}
	}
	return nil
}

func (e *Exchange) isOriginal(id string) bool {
	return id == "@original" || e.original != nil && id == e.original.ID
}

// ready refuses what comes before the callback or after the token's death; nil when neither.
func (s *Server) ready(e *Exchange) *answer {
	switch {
	case s.o.Now().Sub(e.Created) > tokenMax:
		return fail(http.StatusUnauthorized, codeBadToken, "Invalid Webhook Token")
	case e.callback == 0:
		return fail(http.StatusNotFound, codeUnknownWebhook, "Unknown Webhook")
	}
	return nil
}

// ofExchange finds the answer or a follow-up, or says why it cannot be had.
func (s *Server) ofExchange(e *Exchange, id string) (*Message, *answer) {
	if a := s.ready(e); a != nil {
		return nil, a
	}
	m := e.original
	if !e.isOriginal(id) {
		m = nil
		if i := slices.IndexFunc(e.follows, func(m *Message) bool { return m.ID == id }); i >= 0 {
			m = e.follows[i]
		}
	}
	if m == nil || m.Deleted {
		return nil, fail(http.StatusNotFound, codeUnknownMessage, "Unknown Message")
	}
	return m, nil
}

// followUp answers "create followup message". The first one after a deferred answer is that answer, and is seen by whom
// the deferral said (interactions/receiving-and-responding, "Followup Messages").
func (s *Server) followUp(e *Exchange, c *call) *answer {
	done := Call{Did: DidFollowUp, Body: slices.Clone(c.body), Files: c.files}
	if a := s.ready(e); a != nil {
		return e.refused(done, a)
	}
	f := form{files: len(c.files)}
	if len(c.body) == 0 || json.Unmarshal(c.body, &f) != nil {
		return e.refused(done, invalid(map[string]string{"body": "not readable"}))
	}
	f.files = len(c.files)
	if a := refuse(f); a != nil {
		return e.refused(done, a)
	}
	m := e.original
	if e.loading && m != nil && !m.Deleted {
		if a := s.change(m, c.body, c.files, true); a != nil {
			return e.refused(done, a)
		}
		e.loading = false
	} else {
		s.noteMentions(DidFollowUp, f)
		m = s.say(e, f, c.body, c.files, 0)
		e.follows = append(e.follows, m)
	}
	done.Status = http.StatusOK
	done.show(m)
	e.record(done)
	return &answer{status: http.StatusOK, body: m.raw, effect: true}
}

// say makes a message that answers an interaction.
func (s *Server) say(e *Exchange, f form, body []byte, files []File, flags int) *Message {
	given := Message{
		ID: s.newID(), Body: body, Flags: f.Flags&(flagEphemeral|flagV2) | flags, Interaction: e.ID,
		Ephemeral: f.Flags&flagEphemeral != 0, reader: e.Interaction.User.ID,
	}
	s.attach(&given, nil, files)
	given.shown = map[string]any{
		"application_id": s.botID, "webhook_id": s.botID, "type": e.messageType(), "interaction_metadata": s.metadata(e),
	}
	if e.on != nil && e.messageType() == messageReply {
		given.shown["message_reference"] = map[string]any{"type": 0, "channel_id": e.on.Channel, "message_id": e.on.ID}
		if e.guild.ID != "" {
			given.shown["message_reference"].(map[string]any)["guild_id"] = e.guild.ID
		}
	}
	return s.post(e.guild, e.channel, f, body, given)
}

// messageType is that of the messages that answer an interaction.
func (e *Exchange) messageType() int {
	switch {
	case e.on != nil:
		return messageReply
	case e.Interaction.Target != "":
		return messageMenu
	}
	return messageCommand
}

// metadata is what a message says of the interaction that it answers.
func (s *Server) metadata(e *Exchange) map[string]any {
	owners := map[string]any{"0": "0"}
	if e.guild.ID != "" {
		owners["0"] = e.guild.ID
	}
	j := map[string]any{
		"id": e.ID, "type": e.Interaction.Kind, "user": s.shownPerson(e.Interaction.User), "authorizing_integration_owners": owners,
	}
	switch e.Interaction.Kind {
	case Component:
		if e.on != nil {
			j["interacted_message_id"] = e.on.ID
		}
	case ModalSubmit:
		if e.Parent != nil {
			j["triggering_interaction_metadata"] = s.metadata(e.Parent)
		}
	}
	return j
}

// anyMessage returns a message, an ephemeral one too. The lock is held.
func (s *Server) anyMessage(id string) *Message {
	for _, list := range [][]*Message{s.messages, s.hidden} {
		if i := slices.IndexFunc(list, func(m *Message) bool { return m.ID == id }); i >= 0 {
			return list[i]
		}
	}
	return nil
}

// change applies the body of an edit to a message; its answer is a refusal. Interactions edits must rule mentions out
// whenever they say something; strict asks for that. The lock is held.
func (s *Server) change(m *Message, body []byte, files []File, strict bool) *answer {
	if m == nil {
		return fail(http.StatusNotFound, codeUnknownMessage, "Unknown Message")
	}
	sent := map[string]json.RawMessage{}
	f := form{Content: m.Content, Embeds: m.Embeds, Components: m.Components, Mentions: &m.Mentions, Flags: m.Flags & flagV2}
	unreadable := len(body) > 0 && json.Unmarshal(body, &sent) != nil
	if sent["embeds"] != nil {
		f.Embeds = nil // they take the place of those before, whose fields they would be decoded over
	}
	if unreadable || len(body) > 0 && json.Unmarshal(body, &f) != nil {
		return invalid(map[string]string{"body": "not readable"})
	}
	if string(sent["content"]) == "null" {
		f.Content = ""
	}
	asked := f.Flags
	f.Flags |= m.Flags & flagV2 // once set it stays
	f.files = len(files)
	if sent["attachments"] == nil {
		f.files += len(m.attachments)
	} else {
		f.files += len(f.Attachments)
	}
	if a := refuse(f); a != nil {
		return a
	}
	_, given := sent["allowed_mentions"]
	says := sent["content"] != nil || sent["embeds"] != nil || sent["components"] != nil
	if given || strict && says {
		if !given {
			f.Mentions = nil
		}
		s.noteMentions("edit message", f)
	}
	if f.Mentions != nil {
		m.Mentions = *f.Mentions
	}
	if asked&flagEphemeral != 0 && !m.Ephemeral {
		s.violations = append(s.violations, "edit message: everybody sees what was meant for one reader: "+f.Content)
	}
	m.Content, m.Embeds, m.Components = f.Content, f.Embeds, f.Components
	m.Edits = append(m.Edits, slices.Clone(body))
	s.attach(m, f.Attachments, files)
	filled := m.Flags&flagLoading != 0
	m.Flags = m.Flags&^flagLoading | f.Flags&flagV2
	next := s.messageJSON(m, body)
	if _, given := sent["embeds"]; !given {
		next["embeds"] = m.raw["embeds"]
	}
	if !filled {
		next["edited_timestamp"] = stamp(s.o.Now())
	}
	m.raw = next
	if m.Ephemeral {
		return nil
	}
	shown := maps.Clone(m.raw)
	if m.Guild != "" {
		shown["guild_id"] = m.Guild
	}
	s.gate.dispatch(m.Guild, "MESSAGE_UPDATE", shown, intentOfMessages(m.Guild))
	if filled && s.o.OnMessage != nil {
		s.o.OnMessage(*m)
	}
	return nil
}

// delete deletes a message and tells of it.
func (s *Server) delete(m *Message) {
	m.Deleted = true
	if m.Ephemeral {
		return
	}
	gone := map[string]any{"id": m.ID, "channel_id": m.Channel}
	if m.Guild != "" {
		gone["guild_id"] = m.Guild
	}
	s.gate.dispatch(m.Guild, "MESSAGE_DELETE", gone, intentOfMessages(m.Guild))
}

func intentOfMessages(guild string) int {
	if guild == "" {
		return intentDirectMessages
	}
	return intentGuildMessages
}
