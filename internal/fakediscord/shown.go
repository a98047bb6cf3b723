package fakediscord

import "encoding/json"

// componentDefaults are what Discord shows of a component for what its bot did not say, by kind.
var componentDefaults = map[int]map[string]any{
	kindSelect: {"min_values": 1, "max_values": 1}, kindUsers: {"min_values": 1, "max_values": 1}, kindRoles: {"min_values": 1, "max_values": 1},
	kindMentionable: {"min_values": 1, "max_values": 1}, kindChannels: {"min_values": 1, "max_values": 1},
	kindThumbnail: {"description": nil, "spoiler": false}, kindFile: {"name": nil, "size": nil, "spoiler": false},
	kindSeparator: {"spacing": 1, "divider": true}, kindContainer: {"accent_color": nil, "spoiler": false},
}

// shownComponents is what the API shows of a message's components: numbered, with what their bot left to Discord, without
// what says nothing.
func shownComponents(list []json.RawMessage) []any {
	n := 0
	var show func(v any) any
	show = func(v any) any {
		c, isObject := v.(map[string]any)
		if !isObject {
			return v
		}
		n++
		kind, _ := c["type"].(float64)
		out := map[string]any{"id": n}
		for name, value := range componentDefaults[int(kind)] {
			out[name] = value
		}
		for name, value := range c {
			if value != nil && value != "" {
				out[name] = value
			}
		}
		if children, ok := c["components"].([]any); ok {
			inside := make([]any, len(children))
			for i := range children {
				inside[i] = show(children[i])
			}
			out["components"] = inside
		}
		if c["accessory"] != nil {
			out["accessory"] = show(c["accessory"])
		}
		for _, name := range []string{"media", "file"} {
			if media, ok := c[name].(map[string]any); ok {
				out[name] = shownMedia(media)
			}
		}
		if items, ok := c["items"].([]any); ok {
			inside := []any{}
			for _, item := range items {
				if i, ok := item.(map[string]any); ok {
					media, _ := i["media"].(map[string]any)
					inside = append(inside, map[string]any{"media": shownMedia(media), "description": i["description"], "spoiler": i["spoiler"] == true})
				}
			}
			out["items"] = inside
		}
		return out
	}
	out := []any{}
	for _, raw := range list {
		var v any
		_ = json.Unmarshal(raw, &v) // was decoded before
		out = append(out, show(v))
	}
	return out
}

// shownMedia is a picture or file, which Discord would fetch first.
func shownMedia(media map[string]any) map[string]any {
	return map[string]any{"id": "1", "url": media["url"], "proxy_url": media["url"], "width": 0, "height": 0, "content_type": "image/png"}
}
