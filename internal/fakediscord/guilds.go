package fakediscord

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const codeUnknownMember = 10007

// me is the bot's own user.
func (s *Server) me() map[string]any {
	m := person(s.botID, s.o.BotName)
	m["bot"], m["mfa_enabled"], m["locale"], m["verified"], m["email"] = true, false, "en-US", true, nil
	return m
}

// person is a user as others see it.
func person(id, name string) map[string]any {
	return map[string]any{
		"id": id, "username": name, "discriminator": "0000", "global_name": nil, "avatar": nil, "public_flags": 0, "flags": 0,
		"banner": nil, "accent_color": nil, "avatar_decoration_data": nil, "primary_guild": nil,
	}
}

// shownPerson is a user, who may be the bot, as others see it.
func (s *Server) shownPerson(u User) map[string]any {
	if u.ID == s.botID {
		m := person(u.ID, s.o.BotName)
		m["bot"] = true
		return m
	}
	u = u.named()
	return person(u.ID, u.Name)
}

// userOf returns what is known of a user in a guild; of a stranger that is the id.
func (s *Server) userOf(g *Guild, id string) User {
	if u, there := s.people[g.ID+"/"+id]; there {
		return u
	}
	for _, m := range g.Members {
		if m.ID == id {
			return m.named()
		}
	}
	return User{ID: id}.named()
}

// memberJSON is a user as a member of a guild.
func (s *Server) memberJSON(g *Guild, u User) map[string]any {
	roles := []string{}
	roles = append(roles, u.Roles...)
	return map[string]any{
		"user": s.shownPerson(u), "nick": nil, "avatar": nil, "banner": nil, "avatar_decoration_data": nil, "roles": roles,
		"joined_at": "2025-01-15T10:00:00.000000+00:00", "premium_since": nil, "deaf": false, "mute": false, "flags": 0, "pending": false,
		"communication_disabled_until": nil, "collectibles": nil,
	}
}

// member answers "get guild member".
func (s *Server) member(guild, id string) *answer {
	g := s.guild(guild)
	if g == nil {
		return fail(http.StatusNotFound, codeUnknownGuild, "Unknown Guild")
	}
	_, acted := s.people[guild+"/"+id]
	if id != s.botID && !acted && !slices.ContainsFunc(g.Members, func(u User) bool { return u.named().ID == id }) {
		return fail(http.StatusNotFound, codeUnknownMember, "Unknown Member")
	}
	return ok(s.memberJSON(g, s.userOf(g, id)))
}

// rolesJSON are the roles of a guild, @everyone first.
func rolesJSON(g *Guild) []map[string]any {
	out := []map[string]any{}
	for i, r := range append([]Role{{ID: g.ID, Name: "@everyone", Permissions: Everyone}}, g.Roles...) {
		out = append(out, map[string]any{
			"id": r.ID, "name": r.Name, "permissions": strconv.FormatUint(r.Permissions, 10), "position": i, "color": 0,
			"colors": map[string]any{"primary_color": 0, "secondary_color": nil, "tertiary_color": nil}, "hoist": false, "managed": false,
			"mentionable": r.Mentionable, "icon": nil, "unicode_emoji": nil, "flags": 0,
		})
	}
	return out
}

// openDirect answers "create DM".
func (s *Server) openDirect(body []byte) *answer {
	var in struct {
		User string `json:"recipient_id"`
	}
	if json.Unmarshal(body, &in) != nil || strings.Trim(in.User, "0123456789") != "" || in.User == "" {
		return invalid(map[string]string{"recipient_id": "This field is required"})
	}
	return ok(s.channelJSON(&Guild{}, s.direct(User{ID: in.User}.named())))
}

func (s *Server) application() map[string]any {
	return map[string]any{
		"id": s.botID, "name": s.o.BotName, "icon": nil, "description": "", "summary": "", "bot_public": true,
		"bot_require_code_grant": false, "verify_key": strings.Repeat("0", 64), "flags": 0, "bot": s.me(),
	}
}

func (s *Server) guildList() []any {
	out := []any{}
	for _, g := range s.guilds {
		out = append(out, map[string]any{"id": g.ID, "name": g.Name, "icon": nil, "banner": nil, "owner": false, "permissions": "0", "features": []any{}})
	}
	return out
}

func (s *Server) guildJSON(g *Guild) map[string]any {
	channels, threads := []any{}, []any{}
	for _, c := range g.Channels {
		j := map[string]any{"id": c.ID, "guild_id": g.ID, "name": c.Name, "type": c.Type, "position": 0, "permission_overwrites": s.overwrites(&c), "parent_id": nil, "nsfw": false, "flags": 0}
		asForum(j, &c)
		if c.Parent != "" {
			j["parent_id"] = c.Parent
			threads = append(threads, j)
			continue
		}
		channels = append(channels, j)
	}
	return map[string]any{
		"id": g.ID, "name": g.Name, "preferred_locale": g.Locale, "joined_at": s.o.Now().UTC().Format(time.RFC3339Nano),
		"unavailable": false, "large": false, "member_count": 2, "owner_id": "1", "icon": nil, "roles": rolesJSON(g), "emojis": []any{},
		"features": []any{}, "channels": channels, "threads": threads, "members": []any{}, "presences": []any{}, "voice_states": []any{},
		"guild_scheduled_events": []any{}, "stage_instances": []any{}, "soundboard_sounds": []any{},
	}
}

// overwrites are what a channel refuses the bot.
func (s *Server) overwrites(c *Channel) []any {
	deny := denied(c)
	if deny == 0 {
		return []any{}
	}
	return []any{map[string]any{"id": s.botID, "type": 1, "allow": "0", "deny": strconv.FormatUint(deny, 10)}}
}

func (s *Server) guildChannels(id string) *answer {
	if g := s.guild(id); g != nil {
		return ok(s.guildJSON(g)["channels"])
	}
	return fail(http.StatusNotFound, codeUnknownGuild, "Unknown Guild")
}

// asForum adds what only forums have: their tags, and that posts need one.
func asForum(j map[string]any, c *Channel) {
	if c.Type != Forum {
		return
	}
	tags := []any{}
	for _, t := range c.Tags {
		tags = append(tags, map[string]any{"id": t.ID, "name": t.Name, "moderated": false, "emoji_id": nil, "emoji_name": nil})
	}
	j["available_tags"] = tags
	if c.RequiresTag {
		j["flags"] = 1 << 4 // REQUIRE_TAG (resources/channel, "Channel Flags")
	}
}

func (s *Server) channelJSON(g *Guild, c *Channel) map[string]any {
	var last any
	n, newest := 0, ""
	for _, m := range s.messages {
		if m.Channel == c.ID {
			newest = m.ID
			n++
		}
	}
	if n > 0 {
		last = newest
	}
	if g.ID == "" {
		j := map[string]any{"id": c.ID, "type": directMessage, "last_message_id": last, "flags": 0, "recipients": []any{}}
		for _, d := range s.directs {
			if d.ID == c.ID {
				j["recipients"] = []any{s.shownPerson(d.with)}
			}
		}
		return j
	}
	j := map[string]any{"id": c.ID, "guild_id": g.ID, "name": c.Name, "type": c.Type, "position": 0, "permission_overwrites": s.overwrites(c), "parent_id": nil, "nsfw": false, "flags": 0, "last_message_id": last}
	asForum(j, c)
	if c.Parent != "" {
		delete(j, "position")
		delete(j, "permission_overwrites")
		j["parent_id"], j["owner_id"] = c.Parent, s.botID
		j["message_count"], j["total_message_sent"], j["member_count"] = max(0, n-1), max(0, n-1), 1 // the first message is not counted
		j["thread_metadata"] = map[string]any{"archived": false, "auto_archive_duration": 1440, "locked": false, "archive_timestamp": s.o.Now().UTC().Format(time.RFC3339Nano)}
	}
	return j
}

// AddGuild makes the bot a member of a guild, or changes a guild it is in, and tells its sessions.
func (s *Server) AddGuild(g Guild) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.copyGuild(g)
	for i, old := range s.guilds {
		if old.ID == c.ID {
			s.guilds[i] = c
			s.gate.dispatch(c.ID, "GUILD_UPDATE", s.guildJSON(c), intentGuilds)
			return
		}
	}
	s.guilds = append(s.guilds, c)
	s.gate.dispatch(c.ID, "GUILD_CREATE", s.guildJSON(c), intentGuilds)
}

// RemoveGuild takes the bot out of a guild and tells its sessions.
func (s *Server) RemoveGuild(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, g := range s.guilds {
		if g.ID == id {
			s.guilds = append(s.guilds[:i:i], s.guilds[i+1:]...)
			s.gate.dispatch(id, "GUILD_DELETE", map[string]any{"id": id}, intentGuilds)
			return
		}
	}
}

// Outage makes a guild unavailable to the sessions, as Discord does when it has trouble; the bot is still a member.
func (s *Server) Outage(id string) {
	s.gate.dispatch(id, "GUILD_DELETE", map[string]any{"id": id, "unavailable": true}, intentGuilds)
}
