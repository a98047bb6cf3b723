package fakediscord

import (
	"encoding/json"
	"net/http"
)

const (
	codeWrongThread  = 50024
	codeThreadExists = 160004
)

// startThread answers "start thread from message", "start thread without message" and "start thread in forum": a thread
// whose first message has its id. Discord's description gives a post no nonce, so a second request makes a second post.
func (s *Server) startThread(g *Guild, ch *Channel, from *Message, c *call) *answer {
	if ch.NoPost {
		return fail(http.StatusForbidden, codeMissingPermission, "Missing Permissions")
	}
	if g.ID == "" || ch.Parent != "" || ch.Type == Forum && from != nil {
		return fail(http.StatusBadRequest, codeWrongThread, "Cannot execute action on this channel type")
	}
	var in struct {
		Name    string          `json:"name"`
		Type    int             `json:"type"`
		Tags    []string        `json:"applied_tags"`
		Message json.RawMessage `json:"message"`
	}
	if json.Unmarshal(c.body, &in) != nil {
		return invalid(map[string]string{"name": "This field is required"})
	}
	if ch.Type != Forum && len(in.Message) > 0 {
		return fail(http.StatusBadRequest, codeWrongThread, "Cannot execute action on this channel type")
	}
	if n := len([]rune(in.Name)); n < 1 || n > 100 {
		return invalid(map[string]string{"name": "Must be between 1 and 100 in length."})
	}
	thread := Channel{ID: s.newID(), Name: in.Name, Type: PublicThread, Parent: ch.ID, NoHistory: ch.NoHistory}
	if ch.Type == Forum {
		return s.startPost(g, ch, thread, in.Message, in.Tags, c)
	}
	switch {
	case from != nil && s.isChannel(from.ID):
		return fail(http.StatusBadRequest, codeThreadExists, "A thread has already been created for this message")
	case from != nil:
		thread.ID = from.ID
	case in.Type == PrivateThread || in.Type == 0: // Discord's own default, which it means to change
		thread.Type = PrivateThread
	case in.Type != PublicThread:
		return invalid(map[string]string{"type": "Value must be one of {11, 12}."})
	}
	g.Channels = append(g.Channels, thread)
	j := s.channelJSON(g, &thread)
	s.gate.dispatch(g.ID, "THREAD_CREATE", j, intentGuilds)
	return &answer{status: http.StatusCreated, body: j, effect: true}
}

// isChannel reports whether an id is that of a channel or thread.
func (s *Server) isChannel(id string) bool {
	_, ch := s.channel(id)
	return ch != nil
}

// startPost makes the post of a forum.
func (s *Server) startPost(g *Guild, ch *Channel, thread Channel, message json.RawMessage, tags []string, c *call) *answer {
	f := form{files: len(c.files)}
	if len(message) == 0 || json.Unmarshal(message, &f) != nil {
		return invalid(map[string]string{"message": "This field is required"})
	}
	if ch.RequiresTag && len(tags) == 0 {
		return fail(http.StatusBadRequest, codeTagRequired, "A tag is required to create a forum post in this channel")
	}
	if a := refuse(f); a != nil {
		return a
	}
	s.noteMentions("start post", f)
	g.Channels = append(g.Channels, thread)
	given := Message{ID: thread.ID, Title: thread.Name, Body: c.body, Flags: f.Flags & flagV2}
	s.attach(&given, f.Attachments, c.files)
	m := s.post(g, &thread, f, message, given)
	j := s.channelJSON(g, &thread)
	s.gate.dispatch(g.ID, "THREAD_CREATE", j, intentGuilds)
	body := s.channelJSON(g, &thread)
	body["message"] = m.raw
	return &answer{status: http.StatusCreated, body: body, effect: true}
}

// activeThreads answers "list active guild threads".
func (s *Server) activeThreads(guild string) *answer {
	for _, g := range s.guilds {
		if g.ID != guild {
			continue
		}
		threads := []any{}
		for i := range g.Channels {
			if g.Channels[i].Parent != "" {
				threads = append(threads, s.channelJSON(g, &g.Channels[i]))
			}
		}
		return ok(map[string]any{"threads": threads, "members": []any{}, "has_more": false})
	}
	return fail(http.StatusNotFound, codeUnknownGuild, "Unknown Guild")
}
