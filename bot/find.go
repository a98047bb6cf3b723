package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"attache/internal/digest"
	"attache/internal/store"
)

const (
	// findMargin is how far Discord's clock may be behind ours: history is read from so long before the first try.
	findMargin = 2 * time.Minute
	pageSize   = 100 // messages, Discord's most
	pagesMax   = 50  // 5000 messages since the first try
	epoch      = 1420070400000
)

// snowflake returns the smallest id that Discord gives at t.
func snowflake(t time.Time) string {
	ms := t.UnixMilli() - epoch
	if ms < 0 {
		return "0"
	}
	return strconv.FormatInt(ms<<22, 10)
}

// A found is what Find reads of a message.
type found struct {
	ID      string `json:"id"`
	Author  user   `json:"author"`
	Content string `json:"content"`
	Embeds  []struct {
		Title       string `json:"title"`
		Description string `json:"description"`
		Footer      struct {
			Text string `json:"text"`
		} `json:"footer"`
	} `json:"embeds"`
}

func (m found) holds(marker string) bool {
	if strings.Contains(m.Content, marker) {
		return true
	}
	for _, e := range m.Embeds {
		if strings.Contains(e.Title, marker) || strings.Contains(e.Description, marker) || strings.Contains(e.Footer.Text, marker) {
			return true
		}
	}
	return false
}

// Find looks for a part's marker among the channel's messages since p.FirstTry; "" and no error when it is not there,
// digest.ErrUnreadable when the channel's history may not be read.
func (b *Bot) Find(ctx context.Context, p store.Part) (string, error) {
	if p.Marker == "" {
		return "", errors.New("find a message: the part has no marker")
	}
	me, err := b.self(ctx)
	if err != nil {
		return "", unreadable(p.Channel, err)
	}
	since := snowflake(p.FirstTry.Add(-findMargin))
	var id string
	if isForum(p.Body) {
		id, err = b.findPost(ctx, p, me, since)
	} else {
		id, err = b.findMessage(ctx, p, me, since)
	}
	if err != nil {
		return "", unreadable(p.Channel, err)
	}
	return id, nil
}

// findMessage reads a channel's history from since on.
func (b *Bot) findMessage(ctx context.Context, p store.Part, me user, since string) (string, error) {
	after := since
	for range pagesMax {
		var page []found
		if err := b.rest.get(ctx, fmt.Sprintf("/channels/%s/messages?limit=%d&after=%s", p.Channel, pageSize, after), &page); err != nil {
			return "", err
		}
		for _, m := range page {
			if m.Author.ID == me.ID && m.holds(p.Marker) {
				return m.ID, nil
			}
			if newer(m.ID, after) {
				after = m.ID
			}
		}
		if len(page) == 0 && after == since {
			return "", b.seesNothing(ctx, p.Channel, since)
		}
		if len(page) < pageSize {
			return "", nil
		}
	}
	return "", digest.ErrUnreadable
}

// seesNothing tells a channel in which nothing was written since from one whose history Discord keeps from us: without
// Read Message History it answers with an empty list (resources/message, "Get Channel Messages").
func (b *Bot) seesNothing(ctx context.Context, channel, since string) error {
	var c struct {
		Last string `json:"last_message_id"`
	}
	if err := b.rest.get(ctx, "/channels/"+channel, &c); err != nil {
		return err
	}
	if c.Last != "" && newer(c.Last, since) {
		return digest.ErrUnreadable
	}
	return nil
}

// isForum reports whether a body starts a post in a forum.
func isForum(body json.RawMessage) bool {
	var request struct {
		Message json.RawMessage `json:"message"`
	}
	return json.Unmarshal(body, &request) == nil && len(request.Message) > 0 && request.Message[0] == '{'
}

// findPost looks through the posts of a forum that were started since.
func (b *Bot) findPost(ctx context.Context, p store.Part, me user, since string) (string, error) {
	type thread struct {
		ID     string `json:"id"`
		Parent string `json:"parent_id"`
		Owner  string `json:"owner_id"`
	}
	var forum struct {
		Guild string `json:"guild_id"`
	}
	if err := b.rest.get(ctx, "/channels/"+p.Channel, &forum); err != nil {
		return "", err
	}
	var active, archived struct {
		Threads []thread `json:"threads"`
	}
	if err := b.rest.get(ctx, "/guilds/"+forum.Guild+"/threads/active", &active); err != nil {
		return "", err
	}
	if err := b.rest.get(ctx, "/channels/"+p.Channel+"/threads/archived/public?limit=100", &archived); err != nil {
		return "", err
	}
	for _, t := range append(active.Threads, archived.Threads...) {
		if t.Parent != p.Channel || t.Owner != me.ID || !newer(t.ID, since) {
			continue
		}
		var m found // the first message of a post has the id of its thread
		err := b.rest.get(ctx, "/channels/"+t.ID+"/messages/"+t.ID, &m)
		var e *apiError
		if errors.As(err, &e) && e.Code == unknownMessage {
			continue // deleted
		}
		if err != nil {
			return "", err
		}
		if m.holds(p.Marker) {
			return t.ID, nil
		}
	}
	return "", nil
}

// newer reports whether id a was given after id b.
func newer(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

// unreadable says what an error means for reading a channel's history.
func unreadable(channel string, err error) error {
	var e *apiError
	var wait *waitError
	switch {
	case errors.Is(err, digest.ErrUnreadable):
		return err
	case errors.As(err, &wait):
		return &digest.Later{After: wait.after}
	case errors.As(err, &e) && e.Status == http.StatusTooManyRequests:
		return &digest.Later{After: e.After}
	case errors.As(err, &e) && e.Code != 0 && (e.Status == http.StatusForbidden || e.Status == http.StatusNotFound):
		return digest.ErrUnreadable
	}
	return fmt.Errorf("read the history of channel %s: %w", channel, err)
}
