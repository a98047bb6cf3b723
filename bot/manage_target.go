package bot

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"attache/internal/store"
	"attache/internal/text"
)

// A channelSeen is a channel as Discord describes it.
type channelSeen struct {
	ID    string `json:"id"`
	Type  int    `json:"type"`
	Guild string `json:"guild_id"`
	Flags int    `json:"flags"`
	Tags  []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"available_tags"`

	unknown bool // Discord did not describe it
}

const tagRequiredFlag = 1 << 4 // of a forum: each post needs a tag (resources/channel, "Channel Flags")

// targetOf checks that a channel is one of this guild that can be posted to, and makes it a target. What Discord does not
// tell now is found out by the first post.
func (r *request) targetOf(ctx context.Context, id string) (store.Target, error) {
	to := store.Target{Channel: id}
	seen := channelSeen{ID: id, Type: -1}
	var e *apiError
	switch err := r.bot.rest.get(ctx, "/channels/"+id, &seen); {
	case errors.As(err, &e) && (e.Status == http.StatusForbidden || e.Status == http.StatusNotFound):
		return to, say("error.channel_unseen", "channel", id)
	case err != nil && ctx.Err() != nil:
		return to, ctx.Err()
	case err != nil:
		r.bot.log.Warn("channel not looked up", "channel", id, "err", r.bot.rest.hide(err))
		seen = channelSeen{ID: id, Type: -1, unknown: true}
		if c, ok := r.in.Data.Resolved.Channels[id]; ok { // Discord resolves channels of the interaction's guild alone
			seen.Type, seen.Guild = c.Type, r.guild
		} else if id == r.channel {
			seen.Guild = r.guild
			if c := r.in.ChannelObject; c != nil {
				seen.Type = c.Type
			}
		}
	}
	if seen.Guild != r.guild {
		return to, say("error.channel_unseen", "channel", id)
	}
	if seen.Type >= 0 && !slices.Contains(channelKinds, seen.Type) {
		return to, say("error.channel_kind", "channel", id)
	}
	if id == r.channel {
		have, need := bits(r.in.Permissions), uint64(maySend)
		if seen.Type >= 10 && seen.Type <= 12 {
			need = maySendThread
		}
		if have&mayAdminister == 0 && (have&need == 0 || have&mayEmbed == 0) {
			return to, say("error.channel_closed", "channel", id)
		}
	}
	to.Forum = seen.Type == forumChannel
	return r.tagged(to, seen)
}

// tagged adds the forum's tags that were named in the option tags.
func (r *request) tagged(to store.Target, seen channelSeen) (store.Target, error) {
	var names []string
	for _, t := range seen.Tags {
		names = append(names, t.Name)
	}
	want := listed(r.text("tags"))
	if whole := strings.TrimSpace(r.text("tags")); slices.Contains(names, whole) {
		want = []string{whole} // a tag may have a comma
	}
	switch {
	case len(want) > tagsMax:
		return to, say("error.many_tags", "n", strconv.Itoa(tagsMax))
	case len(want) > 0 && seen.unknown:
		return to, say("error.slow") // Discord did not say which there are
	case len(want) > 0 && !to.Forum:
		return to, say("error.no_forum", "channel", seen.ID)
	}
	for _, w := range want {
		i := slices.IndexFunc(names, func(n string) bool { return text.Fold(n).Text == text.Fold(w).Text })
		if i < 0 {
			return to, say("error.tag", "tag", Clip(w, 60), "tags", Clip(dash(strings.Join(names, ", ")), 300))
		}
		to.Tags = append(to.Tags, seen.Tags[i].ID)
	}
	if to.Forum && len(to.Tags) == 0 && seen.Flags&tagRequiredFlag != 0 {
		return to, say("error.tag_required", "tags", Clip(dash(strings.Join(names, ", ")), 300))
	}
	return to, nil
}

// rolesOf reads roles as Discord writes them into a text: <@&id>, or ids alone; "-" is none.
func (r *request) rolesOf(s string) ([]string, error) {
	var out []string
	for _, item := range strings.FieldsFunc(s, func(c rune) bool { return c == ' ' || c == ',' || c == '>' }) {
		id := strings.TrimPrefix(item, "<@&")
		switch {
		case item == nothing:
			continue
		case !isID(id) || id == r.guild || item == "@everyone": // the role of everybody has the id of the server
			return nil, say("error.roles", "role", Clip(item, 60))
		case !slices.Contains(out, id):
			out = append(out, id)
		}
	}
	if len(out) > rolesMost {
		return nil, say("error.many_roles", "n", strconv.Itoa(rolesMost))
	}
	return out, nil
}
