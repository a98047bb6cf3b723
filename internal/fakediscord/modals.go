package fakediscord

import (
	"encoding/json"
	"fmt"
)

// A modal is the data of callback 9.
type modal struct {
	CustomID   string            `json:"custom_id"`
	Title      string            `json:"title"`
	Components []json.RawMessage `json:"components"`
}

// refuseModal returns Discord's answer to a modal that breaks its rules, nil when it keeps them.
func refuseModal(data json.RawMessage) *answer {
	var m modal
	errs := map[string]string{}
	if err := json.Unmarshal(data, &m); err != nil {
		return invalid(map[string]string{"data": "This field is required"})
	}
	if n := length(m.CustomID); n < 1 || n > customIDMax {
		errs["data.custom_id"] = "Must be between 1 and 100 in length."
	}
	if n := length(m.Title); n < 1 || n > modalTitleMax {
		errs["data.title"] = "Must be between 1 and 45 in length."
	}
	if n := len(m.Components); n < 1 || n > rowsMax {
		errs["data.components"] = "Must be between 1 and 5 in length."
	}
	seen := map[string]bool{}
	eachComponent("data.components", m.Components, func(path string, c component, inside int, err error) {
		switch {
		case err != nil:
			errs[path] = "Could not interpret this."
			return
		case c.Type == kindButton || v2Kinds[c.Type] && c.Type != kindDisplay || inside == 0 && c.Type != kindRow && c.Type != kindLabel && c.Type != kindDisplay ||
			inside == kindRow && c.Type != kindText:
			errs[path+".type"] = "A modal has rows of one text field, labels and texts."
		case c.Type == kindLabel && len(c.Component) == 0:
			errs[path+".component"] = "This field is required"
		}
		limit := modalTitleMax
		switch c.Type {
		case kindText:
			textFieldErrors(path, c, inside, errs)
		case kindLabel:
			if length(c.Label) < 1 {
				errs[path+".label"] = "This field is required"
			}
			if length(c.Description) > 100 {
				errs[path+".description"] = "Must be 100 or fewer in length."
			}
		default:
			limit = fieldTextMax
		}
		if length(c.Label) > limit {
			errs[path+".label"] = fmt.Sprintf("Must be %d or fewer in length.", limit)
		}
		commonErrors(path, c, seen, errs)
	})
	if len(errs) > 0 {
		return invalid(errs)
	}
	return nil
}

func textFieldErrors(path string, c component, inside int, errs map[string]string) {
	if c.CustomID == "" {
		errs[path+".custom_id"] = "This field is required"
	}
	if c.Label == "" && inside == kindRow {
		errs[path+".label"] = "This field is required"
	}
	if c.Style != 1 && c.Style != 2 {
		errs[path+".style"] = "Value must be one of {1, 2}."
	}
	if length(c.Holder) > 100 {
		errs[path+".placeholder"] = "Must be 100 or fewer in length."
	}
	low, high := c.bounds()
	if low < 0 || low > fieldTextMax || high < 1 || high > fieldTextMax || low > high {
		errs[path+".min_length"] = "Must be between 0 and 4000, and at most max_length."
	}
	if length(c.Value) > high {
		errs[path+".value"] = "Must be max_length or fewer in length."
	}
}

// bounds are those of what can be typed in a text field.
func (c component) bounds() (low, high int) {
	low, high = 0, fieldTextMax
	if c.MinLength != nil {
		low = *c.MinLength
	}
	if c.MaxLength != nil {
		high = *c.MaxLength
	}
	return low, high
}

// fillModal makes the components of a modal that was sent, in the frames of the one that was shown. A field that is not
// given keeps what the bot had filled in. Unless it is forged, it must fit the modal.
func fillModal(shown json.RawMessage, fields map[string]any, forged bool) ([]any, error) {
	var m modal
	if err := json.Unmarshal(shown, &m); err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	out, used, n := []any{}, map[string]bool{}, 0
	fill := func(raw json.RawMessage) (map[string]any, error) {
		var c component
		_ = json.Unmarshal(raw, &c) // was decoded before
		n++
		j := map[string]any{"type": c.Type, "id": n, "custom_id": c.CustomID}
		v, given := fields[c.CustomID]
		used[c.CustomID] = true
		if c.Type == kindText {
			text, ok := v.(string)
			if !given {
				text = c.Value
			}
			low, high := c.bounds()
			size := length(text)
			required := c.Required == nil || *c.Required
			if !forged && (given && !ok || size > high || size < low && (required || size > 0) || required && size == 0) {
				return nil, fmt.Errorf("%q takes %d to %d characters", c.CustomID, low, high)
			}
			j["value"] = text
			if given && !ok {
				j["value"] = v
			}
			return j, nil
		}
		chosen, ok := v.([]string)
		if !forged && given && !ok {
			return nil, fmt.Errorf("%q takes a list of values", c.CustomID)
		}
		if err := c.takes(chosen); err != nil && !forged && (c.Required == nil || *c.Required || len(chosen) > 0) {
			return nil, fmt.Errorf("%q: %w", c.CustomID, err)
		}
		j["values"] = append([]string{}, chosen...)
		return j, nil
	}
	for _, raw := range m.Components {
		var frame component
		_ = json.Unmarshal(raw, &frame) // was decoded before
		n++
		j := map[string]any{"type": frame.Type, "id": n}
		switch frame.Type {
		case kindRow:
			inside := []any{}
			for _, child := range frame.Components {
				c, err := fill(child)
				if err != nil {
					return nil, err
				}
				inside = append(inside, c)
			}
			j["components"] = inside
		case kindLabel:
			c, err := fill(frame.Component)
			if err != nil {
				return nil, err
			}
			j["component"] = c
		}
		out = append(out, j)
	}
	for name := range fields {
		if !used[name] && !forged {
			return nil, fmt.Errorf("it has no field %q", name)
		}
	}
	return out, nil
}
