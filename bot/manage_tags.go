package bot

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"attache/internal/text"
)

const (
	forumKept  = 30 * time.Second // somebody types a few words in that time, and each letter asks
	forumsKept = 200
)

// forumMemory remembers for a moment which tags a forum has. The zero value is ready.
type forumMemory struct {
	mu    sync.Mutex
	until map[string]time.Time
	seen  map[string]channelSeen
}

func (m *forumMemory) get(id string, now time.Time) (channelSeen, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.seen[id]
	return c, ok && now.Before(m.until[id])
}

func (m *forumMemory) keep(c channelSeen, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seen == nil || len(m.seen) >= forumsKept {
		m.seen, m.until = map[string]channelSeen{}, map[string]time.Time{}
	}
	m.seen[c.ID], m.until[c.ID] = c, now.Add(forumKept)
}

// suggestTags suggests the tags of the forum that the schedule is to post to. What is no forum of the guild, or cannot be
// looked up now, has none.
func (r *request) suggestTags(ctx context.Context, typed string) ([]choice, error) {
	id := r.text("channel")
	if id == "" && r.name == "schedule edit" {
		if s, err := r.chosenSchedule(ctx, r.bot.db.Read(), r.text("schedule")); err == nil {
			id = s.Target.Channel
		}
	}
	if id == "" {
		id = r.channel
	}
	now := r.services.Now()
	seen, known := r.forums.get(id, now)
	if !known {
		if !isID(id) || r.bot.rest.get(ctx, "/channels/"+id, &seen) != nil {
			return nil, nil
		}
		seen.ID = id
		r.forums.keep(seen, now)
	}
	if seen.Guild != r.guild || seen.Type != forumChannel {
		return nil, nil
	}
	var list []choice
	for _, tag := range seen.Tags {
		if !blank(tag.Name) && !strings.ContainsAny(tag.Name, ",;、，") { // lists part there
			list = append(list, choice{Name: tag.Name, Value: tag.Name})
		}
	}
	if i := strings.LastIndexByte(typed, ','); i >= 0 && len(listed(typed[:i])) >= tagsMax {
		return nil, nil
	}
	return r.lastOf(list, typed, func(item string) (string, string) {
		i := slices.IndexFunc(list, func(c choice) bool { return text.Fold(c.Name).Text == text.Fold(item).Text })
		if i < 0 {
			return "", ""
		}
		return list[i].Name, list[i].Value
	}), nil
}
