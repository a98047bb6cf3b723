package fakediscord

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf16"
)

// Discord's limits, in UTF-16 units; those marked * its API description does not hold, or holds otherwise.
const (
	contentMax    = 2000 // * 4000 there
	embedsMax     = 10
	titleMax      = 256
	textMax       = 4096
	fieldsMax     = 25
	nameMax       = 256
	valueMax      = 1024
	footerMax     = 2048
	authorMax     = 256
	embedTotalMax = 6000 // * of all embeds together
	rowsMax       = 5    // *
	itemsMax      = 40   // components, with the flag for the second version of them
	customIDMax   = 100
	nonceMax      = 25
	flagV2        = 1 << 15 // IS_COMPONENTS_V2
)

// v2Kinds are the component types that only a message with flagV2 may have.
var v2Kinds = map[int]bool{9: true, 10: true, 11: true, 12: true, 13: true, 14: true, 17: true}

func length(s string) int { return len(utf16.Encode([]rune(s))) }

// refuse returns Discord's answer to a message that breaks its rules, nil when it keeps them.
func refuse(f form) *answer {
	errs := map[string]string{}
	over := func(path, s string, limit int) int {
		n := length(s)
		if n > limit {
			errs[path] = fmt.Sprintf("Must be %d or fewer in length.", limit)
		}
		return n
	}
	over("content", f.Content, contentMax)
	if len(f.Embeds) > embedsMax {
		errs["embeds"] = "Must be 10 or fewer in length."
	}
	total := 0
	for i, e := range f.Embeds {
		at := fmt.Sprintf("embeds.%d.", i)
		total += over(at+"title", e.Title, titleMax) + over(at+"description", e.Description, textMax) +
			over(at+"footer.text", e.Footer.Text, footerMax) + over(at+"author.name", e.Author.Name, authorMax)
		if e.empty() {
			errs[at+"description"] = "This field is required"
		}
		if len(e.Fields) > fieldsMax {
			errs[at+"fields"] = "Must be 25 or fewer in length."
		}
		for j, field := range e.Fields {
			total += over(fmt.Sprintf("%sfields.%d.name", at, j), field.Name, nameMax) +
				over(fmt.Sprintf("%sfields.%d.value", at, j), field.Value, valueMax)
			if field.Name == "" || field.Value == "" {
				errs[fmt.Sprintf("%sfields.%d", at, j)] = "This field is required"
			}
		}
		if e.URL != "" && !strings.HasPrefix(e.URL, "http://") && !strings.HasPrefix(e.URL, "https://") {
			errs[at+"url"] = "Scheme must be one of ('http', 'https')."
		}
	}
	if total > embedTotalMax {
		errs["embeds"] = "Embed size exceeds maximum size of 6000"
	}
	if nonce := f.nonce(); length(nonce) > nonceMax {
		errs["nonce"] = "Must be 25 or fewer in length."
	} else if f.Enforce && nonce == "" {
		errs["nonce"] = "This field is required when enforce_nonce is set"
	}
	if f.Mentions != nil {
		for _, p := range f.Mentions.Parse {
			if p == "roles" && len(f.Mentions.Roles) > 0 || p == "users" && len(f.Mentions.Users) > 0 {
				errs["allowed_mentions"] = "parse:" + p + " and " + p + ":[ids...] are mutually exclusive."
			}
		}
	}
	componentErrors(f, errs)
	if len(errs) > 0 {
		return invalid(errs)
	}
	if strings.TrimSpace(f.Content) == "" && len(f.Embeds) == 0 && len(f.Components) == 0 && len(f.Stickers) == 0 && (len(f.Poll) == 0 || string(f.Poll) == "null") {
		return fail(http.StatusBadRequest, codeEmptyMessage, "Cannot send an empty message")
	}
	return nil
}

// componentErrors adds what is wrong with a message's components.
func componentErrors(f form, errs map[string]string) {
	v2 := f.Flags&flagV2 != 0
	if v2 && (f.Content != "" || len(f.Embeds) > 0) {
		errs["content"] = "The content and embeds fields cannot be used with IS_COMPONENTS_V2"
	}
	if !v2 && len(f.Components) > rowsMax {
		errs["components"] = "Must be between 1 and 5 in length."
	}
	seen, items := map[string]bool{}, 0
	var walk func(path string, raw json.RawMessage)
	walk = func(path string, raw json.RawMessage) {
		var c struct {
			Type       int               `json:"type"`
			CustomID   string            `json:"custom_id"`
			Components []json.RawMessage `json:"components"`
			Accessory  json.RawMessage   `json:"accessory"`
		}
		if json.Unmarshal(raw, &c) != nil {
			errs[path] = "Could not interpret this."
			return
		}
		items++
		if v2Kinds[c.Type] && !v2 {
			errs[path+".type"] = "Value of field \"type\" must be one of (1,)."
		}
		if c.CustomID != "" {
			if seen[c.CustomID] {
				errs[path+".custom_id"] = "Component custom id cannot be duplicated"
			}
			if seen[c.CustomID] = true; length(c.CustomID) > customIDMax {
				errs[path+".custom_id"] = "Must be 100 or fewer in length."
			}
		}
		for i, child := range c.Components {
			walk(fmt.Sprintf("%s.components.%d", path, i), child)
		}
		if len(c.Accessory) > 0 {
			walk(path+".accessory", c.Accessory)
		}
	}
	for i, raw := range f.Components {
		walk(fmt.Sprintf("components.%d", i), raw)
	}
	if v2 && items > itemsMax {
		errs["components"] = "The total number of components cannot exceed 40."
	}
}
