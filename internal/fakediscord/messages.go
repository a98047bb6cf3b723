package fakediscord

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// A form is the body of "create message", as far as the fake looks into it.
type form struct {
	Content    string            `json:"content"`
	Embeds     []Embed           `json:"embeds"`
	Components []json.RawMessage `json:"components"`
	Nonce      any               `json:"nonce"`
	Enforce    bool              `json:"enforce_nonce"`
	Mentions   *Mentions         `json:"allowed_mentions"`
	Flags      int               `json:"flags"`
	Poll       json.RawMessage   `json:"poll"`
	Stickers   []string          `json:"sticker_ids"`
}

// nonce returns the nonce as text: Discord takes numbers too.
func (f form) nonce() string {
	switch n := f.Nonce.(type) {
	case string:
		return n
	case float64:
		return strconv.FormatInt(int64(n), 10)
	}
	return ""
}

// create answers "create message".
func (s *Server) create(g *Guild, ch *Channel, body []byte) *answer {
	if ch.NoPost {
		return fail(http.StatusForbidden, codeMissingPermission, "Missing Permissions")
	}
	if ch.Type == Forum {
		return fail(http.StatusBadRequest, codeWrongChannel, "Cannot send messages in a non-text channel")
	}
	var f form
	if err := json.Unmarshal(body, &f); err != nil {
		return invalid(map[string]string{"body": err.Error()})
	}
	if a := refuse(f); a != nil {
		return a
	}
	nonce := f.nonce()
	key := ch.ID + "/" + nonce
	if f.Enforce {
		if old := s.nonces[key]; old != nil && s.o.Now().Sub(old.Created) < s.o.NonceWindow {
			if old.Deleted {
				return fail(http.StatusNotFound, codeUnknownMessage, "Unknown Message")
			}
			return ok(old.raw)
		}
	}
	s.note(f, nonce)
	m := s.post(g, ch, f, body, Message{ID: s.newID(), Body: body})
	if nonce != "" {
		s.nonces[key] = m
	}
	return &answer{status: http.StatusOK, body: m.raw, effect: true}
}

// note lists what breaks the rules of this project. The lock is held.
func (s *Server) note(f form, nonce string) {
	if nonce == "" || !f.Enforce {
		s.violations = append(s.violations, "create message: no enforced nonce: "+f.Content)
	}
	s.noteMentions(f)
}

func (s *Server) noteMentions(f form) {
	if f.Mentions == nil || f.Mentions.Parse == nil || len(f.Mentions.Parse) > 0 {
		s.violations = append(s.violations, "create message: allowed_mentions.parse is not []: "+f.Content)
	}
}

// post makes the message of a form, which body holds; ID, Title, Body and Author ("" is the bot) come from given. The
// lock is held.
func (s *Server) post(g *Guild, ch *Channel, f form, body []byte, given Message) *Message {
	m := &Message{
		ID: given.ID, Title: given.Title, Body: slices.Clone(given.Body), Channel: ch.ID, Guild: g.ID, Author: given.Author,
		Nonce: f.nonce(), Content: f.Content, Embeds: f.Embeds, Created: s.o.Now(),
	}
	if m.Author == "" {
		m.Author = s.botID
	}
	if f.Mentions != nil {
		m.Mentions = *f.Mentions
	}
	m.raw = s.messageJSON(m, body)
	s.messages = append(s.messages, m)
	shown := map[string]any{"guild_id": g.ID}
	for k, v := range m.raw {
		shown[k] = v
	}
	s.gate.dispatch("MESSAGE_CREATE", shown, intentGuildMessages)
	if s.o.OnMessage != nil {
		s.o.OnMessage(*m)
	}
	return m
}

// messageJSON is what the API shows of a message.
func (s *Server) messageJSON(m *Message, body []byte) map[string]any {
	var sent struct {
		Embeds     []map[string]any `json:"embeds"`
		Components []any            `json:"components"`
	}
	if len(body) > 0 {
		_ = json.Unmarshal(body, &sent) // was decoded before
	}
	author := s.me()
	if m.Author != s.botID {
		author = person(m.Author, "user"+m.Author)
	}
	embeds := []any{}
	for _, e := range sent.Embeds {
		e["type"] = "rich"
		embeds = append(embeds, e)
	}
	components := sent.Components
	if components == nil {
		components = []any{}
	}
	j := map[string]any{
		"id": m.ID, "channel_id": m.Channel, "author": author, "content": m.Content, "embeds": embeds, "components": components,
		"timestamp": m.Created.UTC().Format("2006-01-02T15:04:05.000000+00:00"), "edited_timestamp": nil, "tts": false,
		"mention_everyone": false, "mentions": []any{}, "mention_roles": []any{}, "attachments": []any{}, "pinned": false,
		"type": 0, "flags": 0,
	}
	if m.Nonce != "" {
		j["nonce"] = m.Nonce
	}
	return j
}

// find returns a message that is not deleted.
func (s *Server) find(ch *Channel, id string) *Message {
	for _, m := range s.messages {
		if m.ID == id && m.Channel == ch.ID && !m.Deleted {
			return m
		}
	}
	return nil
}

// one answers "get channel message".
func (s *Server) one(ch *Channel, id string) *answer {
	m := s.find(ch, id)
	switch {
	case ch.NoHistory:
		return fail(http.StatusForbidden, codeMissingPermission, "Missing Permissions")
	case m == nil:
		return fail(http.StatusNotFound, codeUnknownMessage, "Unknown Message")
	}
	return ok(m.raw)
}

// history answers "get channel messages": newest first; after takes the oldest ones after it, before the newest before it.
func (s *Server) history(ch *Channel, q url.Values) *answer {
	limit := 50
	if v := q.Get("limit"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 100 {
			return invalid(map[string]string{"limit": "int value should be between 1 and 100."})
		}
		limit = n
	}
	out := []any{}
	if ch.NoHistory {
		return ok(out)
	}
	if ch.Type == Forum {
		return fail(http.StatusBadRequest, codeWrongChannel, "Cannot send messages in a non-text channel")
	}
	bounds := map[string]int64{}
	for _, key := range []string{"after", "before", "around"} {
		if !q.Has(key) {
			continue
		}
		n, err := strconv.ParseInt(q.Get(key), 10, 64)
		if err != nil || n < 0 {
			return invalid(map[string]string{key: fmt.Sprintf("Value %q is not snowflake.", q.Get(key))})
		}
		bounds[key] = n
	}
	if len(bounds) > 1 {
		return fail(http.StatusBadRequest, codeInvalidForm, "Only one of before, after and around can be given")
	}
	after, before, around := bounds["after"], bounds["before"], bounds["around"]
	var list []*Message // oldest first
	for _, m := range s.messages {
		id, _ := strconv.ParseInt(m.ID, 10, 64)
		if m.Channel == ch.ID && !m.Deleted && id > after && (before == 0 || id < before) {
			list = append(list, m)
		}
	}
	switch {
	case around > 0:
		i := 0
		for i < len(list) && newerOrEqual(strconv.FormatInt(around, 10), list[i].ID) {
			i++
		}
		from := min(max(0, i-1-limit/2), len(list))
		list = list[from:min(from+limit, len(list))]
	case q.Has("after"):
		list = list[:min(limit, len(list))]
	default:
		list = list[max(0, len(list)-limit):]
	}
	for _, m := range slices.Backward(list) {
		out = append(out, m.raw)
	}
	return ok(out)
}

func newerOrEqual(a, b string) bool { return len(a) > len(b) || len(a) == len(b) && a >= b }

// edit answers "edit message".
func (s *Server) edit(ch *Channel, id string, body []byte) *answer {
	m := s.find(ch, id)
	if m == nil {
		return fail(http.StatusNotFound, codeUnknownMessage, "Unknown Message")
	}
	var sent map[string]json.RawMessage
	f := form{Content: m.Content, Embeds: m.Embeds, Mentions: &m.Mentions}
	if json.Unmarshal(body, &sent) != nil || json.Unmarshal(body, &f) != nil {
		return invalid(map[string]string{"body": "not readable"})
	}
	if a := refuse(f); a != nil {
		return a
	}
	if _, given := sent["allowed_mentions"]; given {
		s.noteMentions(f)
		m.Mentions = *f.Mentions
	}
	m.Content, m.Embeds = f.Content, f.Embeds
	m.Edits = append(m.Edits, slices.Clone(body))
	next := s.messageJSON(m, body)
	for _, key := range []string{"embeds", "components"} {
		if _, given := sent[key]; !given {
			next[key] = m.raw[key]
		}
	}
	next["edited_timestamp"] = s.o.Now().UTC().Format(time.RFC3339Nano)
	m.raw = next
	return &answer{status: http.StatusOK, body: m.raw, effect: true}
}

// remove answers "delete message".
func (s *Server) remove(ch *Channel, id string) *answer {
	m := s.find(ch, id)
	if m == nil {
		return fail(http.StatusNotFound, codeUnknownMessage, "Unknown Message")
	}
	m.Deleted = true
	return &answer{status: http.StatusNoContent, effect: true}
}

// Say posts a message as somebody else, whose user id is author, and returns its id; "" when there is no such channel.
func (s *Server) Say(channel, author, content string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ch := s.channel(channel)
	if ch == nil {
		return ""
	}
	return s.post(g, ch, form{Content: content}, nil, Message{ID: s.newID(), Author: author}).ID
}

// Delete deletes a message as a moderator would.
func (s *Server) Delete(channel, id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		if m.Channel == channel && m.ID == id && !m.Deleted {
			m.Deleted = true
			return true
		}
	}
	return false
}

// startPost answers "start thread in forum": a thread whose first message has its id. Discord's description gives it no
// nonce, so a second request makes a second post.
func (s *Server) startPost(g *Guild, ch *Channel, body []byte) *answer {
	if ch.Type != Forum {
		return fail(http.StatusBadRequest, 50024, "Cannot execute action on this channel type")
	}
	if ch.NoPost {
		return fail(http.StatusForbidden, codeMissingPermission, "Missing Permissions")
	}
	var post struct {
		Name    string          `json:"name"`
		Tags    []string        `json:"applied_tags"`
		Message json.RawMessage `json:"message"`
	}
	var f form
	if json.Unmarshal(body, &post) != nil || len(post.Message) == 0 || json.Unmarshal(post.Message, &f) != nil {
		return invalid(map[string]string{"message": "This field is required"})
	}
	if n := len([]rune(post.Name)); n < 1 || n > 100 {
		return invalid(map[string]string{"name": "Must be between 1 and 100 in length."})
	}
	if ch.RequiresTag && len(post.Tags) == 0 {
		return fail(http.StatusBadRequest, codeTagRequired, "A tag is required to create a forum post in this channel")
	}
	if a := refuse(f); a != nil {
		return a
	}
	s.noteMentions(f)
	thread := Channel{ID: s.newID(), Name: post.Name, Type: PublicThread, Parent: ch.ID, NoHistory: ch.NoHistory}
	g.Channels = append(g.Channels, thread)
	m := s.post(g, &thread, f, post.Message, Message{ID: thread.ID, Title: post.Name, Body: body})
	j := s.channelJSON(g, &thread)
	j["message"] = m.raw
	return &answer{status: http.StatusCreated, body: j, effect: true}
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
