package fakediscord

import (
	"slices"
	"strconv"
)

// resolved are the objects behind the ids of an interaction: kind, id, object.
type resolved map[string]map[string]any

func (r resolved) put(kind, id string, v any) {
	if r[kind] == nil {
		r[kind] = map[string]any{}
	}
	r[kind][id] = v
}

// resolve adds the object behind an id.
func (s *Server) resolve(e *Exchange, r resolved, kind int, id string) error {
	switch kind {
	case optionChannel:
		g, ch := s.channel(id)
		if ch == nil || g.ID != e.guild.ID {
			if e.Interaction.Forged {
				return nil
			}
			return notOffered("there is no channel %s in this server", id)
		}
		j := s.channelJSON(g, ch)
		delete(j, "permission_overwrites")
		j["permissions"] = strconv.FormatUint(e.Interaction.User.Permissions, 10)
		r.put("channels", id, j)
	case optionRole:
		i := slices.IndexFunc(e.guild.Roles, func(role Role) bool { return role.ID == id })
		if i < 0 && id != e.guild.ID {
			if e.Interaction.Forged {
				return nil
			}
			return notOffered("there is no role %s in this server", id)
		}
		for _, j := range rolesJSON(e.guild) {
			if j["id"] == id {
				r.put("roles", id, j)
			}
		}
	case optionMessage:
		m := s.anyMessage(id)
		if m == nil || m.Deleted || m.Channel != e.channel.ID || m.Ephemeral && m.reader != e.Interaction.User.ID {
			if e.Interaction.Forged {
				return nil
			}
			return notOffered("there is no message %q in this channel", id)
		}
		r.put("messages", id, m.raw)
	case optionMentionable:
		if id == e.guild.ID || slices.ContainsFunc(e.guild.Roles, func(role Role) bool { return role.ID == id }) {
			return s.resolve(e, r, optionRole, id)
		}
		return s.resolve(e, r, optionUser, id)
	case optionUser:
		u := s.userOf(e.guild, id)
		r.put("users", id, s.shownPerson(u))
		if e.guild.ID != "" {
			member := s.memberJSON(e.guild, u)
			delete(member, "user")
			delete(member, "deaf")
			delete(member, "mute")
			member["permissions"] = strconv.FormatUint(u.named().Permissions, 10)
			r.put("members", id, member)
		}
	}
	return nil
}
