package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"attache/internal/digest"
	"attache/internal/store"
)

// Discord's codes that Edit knows beside Send's.
const (
	notOurs        = 50005 // another author wrote the message
	unknownChannel = 10003 // the channel or thread is gone
)

// notOursReason is what managers are told of a message that another account posted.
const notOursReason = "A message of a posted digest is to be corrected, but another bot account posted it. Delete that message, or correct it there."

var _ digest.Editor = (*Bot)(nil)

// Edit gives a message that was sent the body of a part. A body with "name" and "message" is a forum's post: its first
// message has the id of its thread, and its title stays. Nobody is called by an edit. Its errors are digest.ErrDeleted, a
// *digest.Refused, a *digest.Later, or mean that it is not known whether the message was changed.
func (b *Bot) Edit(ctx context.Context, p store.Part, raw json.RawMessage) error {
	body, forum, err := prepareEdit(raw)
	if err != nil {
		return err
	}
	channel := p.Channel
	if forum {
		channel = p.Message
	}
	err = b.rest.do(ctx, http.MethodPatch, "/channels/"+channel+"/messages/"+p.Message, body, nil)
	var e *apiError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &e):
		return refusal(channel, err)
	case e.Code == unknownMessage, forum && e.Code == unknownChannel: // a post is deleted with its thread
		return digest.ErrDeleted
	case e.Code == notOurs:
		return &digest.Refused{Status: e.Status, Code: e.Code, Reason: notOursReason}
	}
	return refusal(channel, err)
}

// prepareEdit makes the body of "edit message" of that of "create message": Discord's rules are kept, nobody is
// mentioned, and there is no nonce.
func prepareEdit(raw json.RawMessage) (body []byte, forum bool, err error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var message map[string]any
	if err := dec.Decode(&message); err != nil || message == nil || dec.More() {
		return nil, false, &digest.Refused{Reason: "The message is not readable as JSON."}
	}
	if inner, ok := message["message"].(map[string]any); ok {
		message, forum = inner, true
	}
	delete(message, "nonce")
	delete(message, "enforce_nonce")
	message["allowed_mentions"] = map[string]any{"parse": []string{}}
	if reason := brokenRule(message); reason != "" {
		return nil, forum, &digest.Refused{Reason: reason}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(message); err != nil {
		return nil, forum, fmt.Errorf("write the message as JSON: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), forum, nil
}
