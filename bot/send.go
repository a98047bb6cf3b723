package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"attache/internal/digest"
	"attache/internal/store"
)

// Discord's codes that Send and Find know (topics/opcodes-and-status-codes).
const (
	unknownMessage    = 10008  // what a nonce belongs to was deleted since
	missingAccess     = 50001  // the channel is not seen
	missingPermission = 50013  // it is seen, but not to be written to
	wrongChannelKind  = 50008  // no text channel
	wrongAction       = 50024  // no such action on this kind of channel
	archivedThread    = 50083  //
	lockedThread      = 160005 //
	tagRequired       = 40067  // the forum asks for a tag
	blockedByAutoMod  = 200000

	sendingDisabled = 40004  // "send messages has been temporarily disabled"
	blockedAddress  = 40333  // Cloudflare stands before Discord and refuses this address or User-Agent
	overloaded      = 130000 // the API
)

// noFault is how long to wait when the token or the API's address is at fault and not the message: until somebody acts.
const noFault = 5 * time.Minute

// Send posts one part with its nonce (enforced) and returns the id Discord gave the message; "" when it was posted
// before and has been deleted since. It is the one function that sends messages: it sets allowed_mentions, and refuses
// what Discord would refuse before anything is sent. Its errors are a *digest.Refused, a *digest.Later, or mean that it
// is not known whether the message was created.
//
// A body with "name" and "message" starts a post in a forum. Discord takes no nonce for those, so a second try first
// looks for what the first one made.
func (b *Bot) Send(ctx context.Context, p store.Part) (message string, err error) {
	body, forum, err := prepare(p)
	if err != nil {
		return "", err
	}
	path := "/channels/" + p.Channel + "/messages"
	if forum {
		if p.Tries > 1 || !p.FirstTry.IsZero() && time.Since(p.FirstTry) > findMargin {
			if id, err := b.Find(ctx, p); err != nil && !errors.Is(err, digest.ErrUnreadable) {
				return "", err
			} else if id != "" {
				return id, nil
			}
		}
		path = "/channels/" + p.Channel + "/threads"
	}
	var created struct {
		ID string `json:"id"` // a post's thread has the id of its first message
	}
	if err := b.rest.do(ctx, http.MethodPost, path, body, &created); err != nil {
		return "", refusal(p.Channel, err)
	}
	if created.ID == "" {
		return "", fmt.Errorf("post to channel %s: discord's answer names no message", p.Channel)
	}
	return created.ID, nil
}

// prepare makes the request's body: Discord's rules are kept, mentions are ruled, and the nonce is there.
func prepare(p store.Part) (body []byte, forum bool, err error) {
	if p.Channel == "" || strings.Trim(p.Channel, "0123456789") != "" {
		return nil, false, &digest.Refused{Channel: true, Reason: refusals["channel"]}
	}
	dec := json.NewDecoder(bytes.NewReader(p.Body))
	dec.UseNumber()
	var request map[string]any
	if err := dec.Decode(&request); err != nil || request == nil || dec.More() {
		return nil, false, &digest.Refused{Reason: "The message is not readable as JSON."}
	}
	message := request
	if inner, ok := request["message"].(map[string]any); ok {
		message, forum = inner, true
		name, _ := request["name"].(string)
		if n := len([]rune(name)); n == 0 || n > 100 {
			return nil, true, &digest.Refused{Reason: fmt.Sprintf("A forum post needs a title of 1 to 100 characters; this one has %d.", n)}
		}
	}
	mentions, err := onlyRoles(message["allowed_mentions"])
	if err != nil {
		return nil, forum, err
	}
	message["allowed_mentions"] = mentions
	if reason := brokenRule(message); reason != "" {
		return nil, forum, &digest.Refused{Reason: reason}
	}
	if !forum {
		if p.Nonce == "" || len(p.Nonce) > 25 {
			return nil, false, &digest.Refused{Reason: "The message has no nonce of 1 to 25 characters: it cannot be sent without the risk of a second copy."}
		}
		message["nonce"], message["enforce_nonce"] = p.Nonce, true
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(request); err != nil {
		return nil, forum, &digest.Refused{Reason: "The message cannot be written as JSON."}
	}
	return bytes.TrimSpace(out.Bytes()), forum, nil
}

// onlyRoles returns the allowed_mentions to send: nothing but the roles that were listed one by one.
func onlyRoles(v any) (map[string]any, error) {
	out := map[string]any{"parse": []string{}}
	given, _ := v.(map[string]any)
	list, _ := given["roles"].([]any)
	var roles []string
	for _, r := range list {
		id, ok := r.(string)
		if !ok || id == "" || strings.Trim(id, "0123456789") != "" {
			return nil, &digest.Refused{Reason: "A role to mention is named by something else than its id."}
		}
		if !slices.Contains(roles, id) {
			roles = append(roles, id)
		}
	}
	if len(roles) > 100 {
		return nil, &digest.Refused{Reason: "A message can mention 100 roles at most."}
	}
	if len(roles) > 0 {
		out["roles"] = roles
	}
	return out, nil
}

// refusals are what managers are told in English when a channel cannot be posted to, by the keys of their texts in other
// languages, "refusal.KEY". What only a defect of this program brings about is told in English alone.
var refusals = map[string]string{
	"channel":    "The schedule names no channel that Discord could know. Choose one with /schedule edit.",
	"access":     "I cannot see the channel. Give me View Channel there, or choose another channel.",
	"permission": "I may not write in the channel. Give me Send Messages and Embed Links there (in a thread: Send Messages in Threads), and Read Message History.",
	"kind":       "Messages cannot be posted in a channel of this kind. Choose a text channel, a thread or a forum.",
	"thread":     "The thread is archived or locked. Open it again, or choose another channel.",
	"tag":        "The forum asks for a tag on every post. Choose one for this schedule.",
	"automod":    "The server's AutoMod blocked the message. Let it pass my messages in this channel.",
	"gone":       "The channel is gone. Choose another one.",
}

// refusal says what an answer means for a message to channel.
func refusal(channel string, err error) error {
	var wait *waitError
	if errors.As(err, &wait) {
		return &digest.Later{After: wait.after}
	}
	var e *apiError
	if !errors.As(err, &e) {
		return fmt.Errorf("post to channel %s: %w", channel, err)
	}
	refused := func(channelClosed bool, reason string) error {
		return &digest.Refused{Status: e.Status, Code: e.Code, Channel: channelClosed, Reason: reason}
	}
	switch {
	case e.Status == http.StatusTooManyRequests:
		return &digest.Later{After: e.After}
	case e.Status == http.StatusNotFound && e.Code == unknownMessage:
		return nil
	case e.Status >= 500 || e.Status == http.StatusRequestTimeout:
		return fmt.Errorf("post to channel %s: %w", channel, e)
	case e.Status == http.StatusUnauthorized, e.Code == 0, e.Code == sendingDisabled, e.Code == blockedAddress, e.Code == overloaded:
		// The token, the address of the API, a proxy or Discord is at fault; nothing was created, and no channel is to blame.
		return &digest.Later{After: noFault}
	case e.Code == missingAccess:
		return refused(true, refusals["access"])
	case e.Code == missingPermission:
		return refused(true, refusals["permission"])
	case e.Code == wrongChannelKind, e.Code == wrongAction:
		return refused(true, refusals["kind"])
	case e.Code == archivedThread, e.Code == lockedThread:
		return refused(true, refusals["thread"])
	case e.Code == tagRequired:
		return refused(true, refusals["tag"])
	case e.Code >= blockedByAutoMod && e.Code < blockedByAutoMod+10:
		return refused(false, refusals["automod"])
	case e.Status == http.StatusNotFound:
		return refused(true, refusals["gone"])
	case e.Status == http.StatusForbidden:
		return refused(true, "Discord does not let me post in the channel ("+e.Text+"). Check my permissions there.")
	}
	return refused(false, "Discord does not take the message: "+e.Error())
}
