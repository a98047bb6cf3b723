package fakediscord

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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

	Attachments []attached `json:"attachments"`
	files       int        // that came with it, or that the message keeps
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
func (s *Server) create(g *Guild, ch *Channel, c *call) *answer {
	if ch.NoPost {
		return fail(http.StatusForbidden, codeMissingPermission, "Missing Permissions")
	}
	if ch.Type == Forum {
		return fail(http.StatusBadRequest, codeWrongChannel, "Cannot send messages in a non-text channel")
	}
	f := form{files: len(c.files)}
	if err := json.Unmarshal(c.body, &f); err != nil {
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
	given := Message{ID: s.newID(), Body: c.body, Flags: f.Flags & flagV2}
	s.attach(&given, f.Attachments, c.files)
	m := s.post(g, ch, f, c.body, given)
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
	s.noteMentions("create message", f)
}

func (s *Server) noteMentions(did string, f form) {
	if f.Mentions == nil || f.Mentions.Parse == nil || len(f.Mentions.Parse) > 0 {
		s.violations = append(s.violations, did+": allowed_mentions.parse is not []: "+f.Content)
	}
}

// post makes the message of a form, which body holds; what a form does not say comes from given, whose Author "" is the
// bot. An ephemeral message is kept out of the channel. The lock is held.
func (s *Server) post(g *Guild, ch *Channel, f form, body []byte, given Message) *Message {
	m := &given
	m.Body, m.Channel, m.Guild = slices.Clone(given.Body), ch.ID, g.ID
	m.Nonce, m.Content, m.Embeds, m.Components, m.Created = f.nonce(), f.Content, f.Embeds, f.Components, s.o.Now()
	if m.Author == "" {
		m.Author = s.botID
	}
	if f.Mentions != nil {
		m.Mentions = *f.Mentions
	}
	m.raw = s.messageJSON(m, body)
	if m.Ephemeral {
		s.hidden = append(s.hidden, m)
		return m
	}
	s.messages = append(s.messages, m)
	shown := maps.Clone(m.raw)
	if g.ID != "" {
		shown["guild_id"] = g.ID
	}
	s.gate.dispatch(g.ID, "MESSAGE_CREATE", shown, intentOfMessages(g.ID))
	if s.o.OnMessage != nil && m.Flags&flagLoading == 0 { // that of a deferred answer is told when it is there
		s.o.OnMessage(*m)
	}
	return m
}

// messageJSON is what the API shows of a message.
func (s *Server) messageJSON(m *Message, body []byte) map[string]any {
	var sent struct {
		Embeds []map[string]any `json:"embeds"`
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
	files := []any{}
	for _, a := range m.attachments {
		files = append(files, s.attachmentJSON(a, m.Channel))
	}
	j := map[string]any{
		"id": m.ID, "channel_id": m.Channel, "author": author, "content": m.Content, "embeds": embeds, "components": shownComponents(m.Components),
		"timestamp": stamp(m.Created), "edited_timestamp": nil, "tts": false,
		"mention_everyone": false, "mentions": []any{}, "mention_roles": []any{}, "attachments": files, "pinned": false,
		"type": 0, "flags": m.Flags,
	}
	maps.Copy(j, m.shown)
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
func (s *Server) edit(ch *Channel, id string, c *call) *answer {
	m := s.find(ch, id)
	if a := s.change(m, c.body, c.files, false); a != nil {
		return a
	}
	return &answer{status: http.StatusOK, body: m.raw, effect: true}
}

// remove answers "delete message".
func (s *Server) remove(ch *Channel, id string) *answer {
	m := s.find(ch, id)
	if m == nil {
		return fail(http.StatusNotFound, codeUnknownMessage, "Unknown Message")
	}
	s.delete(m)
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
			s.delete(m)
			return true
		}
	}
	return false
}
