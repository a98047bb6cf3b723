package fakediscord

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kinds of components (components/reference, "Component Types").
const (
	kindRow         = 1
	kindButton      = 2
	kindSelect      = 3
	kindText        = 4
	kindUsers       = 5
	kindRoles       = 6
	kindMentionable = 7
	kindChannels    = 8
	kindSection     = 9
	kindDisplay     = 10
	kindThumbnail   = 11
	kindGallery     = 12
	kindFile        = 13
	kindSeparator   = 14
	kindContainer   = 17
	kindLabel       = 18
)

// Limits of components (components/reference); those marked * Discord's API description does not hold.
const (
	rowsMax       = 5    // * rows of a message of the first version, or of a modal of rows
	buttonsMax    = 5    // of a row
	itemsMax      = 40   // * components, with the flag for the second version of them
	displayMax    = 4000 // * of all text displays together
	customIDMax   = 100
	buttonTextMax = 80
	selectMax     = 25 // options
	selectTextMax = 100
	holderMax     = 150 // a placeholder; of a text field 100
	modalTitleMax = 45
	fieldTextMax  = 4000
)

// v2Kinds are the component types that only a message with flagV2 may have.
var v2Kinds = map[int]bool{
	kindSection: true, kindDisplay: true, kindThumbnail: true, kindGallery: true, kindFile: true, kindSeparator: true, kindContainer: true,
}

// selectResolves are the types of options whose objects a select menu resolves.
var selectResolves = map[int]int{kindUsers: optionUser, kindRoles: optionRole, kindMentionable: optionMentionable, kindChannels: optionChannel}

// A component of a message or modal, as far as the fake looks into it.
type component struct {
	Type        int               `json:"type"`
	ID          int               `json:"id"`
	CustomID    string            `json:"custom_id"`
	Style       int               `json:"style"`
	Label       string            `json:"label"`
	Emoji       json.RawMessage   `json:"emoji"`
	URL         string            `json:"url"`
	SKU         string            `json:"sku_id"`
	Disabled    bool              `json:"disabled"`
	Options     []selectOption    `json:"options"`
	Holder      string            `json:"placeholder"`
	MinValues   *int              `json:"min_values"`
	MaxValues   *int              `json:"max_values"`
	MinLength   *int              `json:"min_length"`
	MaxLength   *int              `json:"max_length"`
	Required    *bool             `json:"required"`
	Value       string            `json:"value"`
	Content     string            `json:"content"`
	Description string            `json:"description"`
	Components  []json.RawMessage `json:"components"`
	Component   json.RawMessage   `json:"component"`
	Accessory   json.RawMessage   `json:"accessory"`
}

// A selectOption is one line of a select menu.
type selectOption struct {
	Label       string `json:"label"`
	Value       string `json:"value"`
	Description string `json:"description"`
	Default     bool   `json:"default"`
}

func (c component) selects() bool {
	return c.Type == kindSelect || c.Type >= kindUsers && c.Type <= kindChannels
}

// eachComponent calls f with every component, those inside of others after them. Discord numbers those without an id in
// this order (components/reference, "Anatomy of a Component").
func eachComponent(path string, list []json.RawMessage, f func(path string, c component, inside int, err error)) {
	var walk func(path string, raw json.RawMessage, inside int)
	walk = func(path string, raw json.RawMessage, inside int) {
		var c component
		err := json.Unmarshal(raw, &c)
		f(path, c, inside, err)
		for i, child := range c.Components {
			walk(fmt.Sprintf("%s.components.%d", path, i), child, c.Type)
		}
		if len(c.Component) > 0 && string(c.Component) != "null" {
			walk(path+".component", c.Component, c.Type)
		}
		if len(c.Accessory) > 0 && string(c.Accessory) != "null" {
			walk(path+".accessory", c.Accessory, c.Type)
		}
	}
	for i, raw := range list {
		walk(fmt.Sprintf("%s.%d", path, i), raw, 0)
	}
}

// findComponent returns the component with a custom id, nil when there is none.
func findComponent(list []json.RawMessage, customID string) *component {
	var found *component
	n := 0
	eachComponent("", list, func(_ string, c component, _ int, _ error) {
		n++
		if c.CustomID == customID && found == nil && customID != "" {
			if c.ID == 0 {
				c.ID = n
			}
			found = &c
		}
	})
	return found
}

// takes reports why a component cannot be used so; nil when it can.
func (c component) takes(chosen []string) error {
	switch {
	case c.Disabled:
		return errors.New("the component is disabled")
	case c.Type == kindButton && chosen != nil:
		return errors.New("a button has no values to choose")
	case c.Type == kindButton:
		return nil
	case !c.selects():
		return fmt.Errorf("a component of type %d cannot be used by itself", c.Type)
	}
	low, high := 1, 1
	if c.MinValues != nil {
		low = *c.MinValues
	}
	if c.MaxValues != nil {
		high = *c.MaxValues
	}
	if len(chosen) < low || len(chosen) > high {
		return fmt.Errorf("%d values are chosen where %d to %d may be", len(chosen), low, high)
	}
	for _, v := range chosen {
		if c.Type == kindSelect && !slices.ContainsFunc(c.Options, func(o selectOption) bool { return o.Value == v }) {
			return fmt.Errorf("%q is none of the options", v)
		}
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
	seen, items, shown := map[string]bool{}, 0, 0
	eachComponent("components", f.Components, func(path string, c component, inside int, err error) {
		if err != nil {
			errs[path] = "Could not interpret this."
			return
		}
		items++
		shown += length(c.Content)
		switch {
		case v2Kinds[c.Type] && !v2:
			errs[path+".type"] = "Value of field \"type\" must be one of (1,)."
		case c.Type < kindRow || c.Type == kindText || c.Type > kindSeparator && c.Type != kindContainer:
			errs[path+".type"] = "A message has no components of this type."
		case inside == 0 && (c.Type == kindButton || c.selects()):
			errs[path+".type"] = "Buttons and select menus stand in rows."
		}
		commonErrors(path, c, seen, errs)
	})
	if v2 && items > itemsMax {
		errs["components"] = "The total number of components cannot exceed 40."
	}
	if shown > displayMax {
		errs["components"] = "The text of all components together must be 4000 or fewer in length."
	}
}

// commonErrors adds what is wrong with a component of a message or modal.
func commonErrors(path string, c component, seen map[string]bool, errs map[string]string) {
	over := func(name, s string, limit int) {
		if length(s) > limit {
			errs[path+"."+name] = fmt.Sprintf("Must be %d or fewer in length.", limit)
		}
	}
	if c.CustomID != "" {
		if seen[c.CustomID] {
			errs[path+".custom_id"] = "Component custom id cannot be duplicated"
		}
		seen[c.CustomID] = true
		over("custom_id", c.CustomID, customIDMax)
	}
	switch {
	case c.Type == kindRow:
		rowErrors(path, c, errs)
	case c.Type == kindButton:
		over("label", c.Label, buttonTextMax)
		link := c.Style == 5
		switch {
		case c.Style < 1 || c.Style > 6:
			errs[path+".style"] = "Value must be one of {1, 2, 3, 4, 5, 6}."
		case link && (c.CustomID != "" || c.URL == ""):
			errs[path+".url"] = "A custom id and url cannot both be specified, and a link needs a url"
		case c.Style < 5 && (c.CustomID == "" || c.URL != ""):
			errs[path+".custom_id"] = "A button needs a custom id, and only a link has a url"
		case c.Style < 6 && c.Label == "" && (len(c.Emoji) == 0 || string(c.Emoji) == "null"):
			errs[path+".label"] = "A button needs a label or an emoji"
		}
		if link {
			over("url", c.URL, 512)
			if c.URL != "" && !strings.HasPrefix(c.URL, "http://") && !strings.HasPrefix(c.URL, "https://") && !strings.HasPrefix(c.URL, "discord://") {
				errs[path+".url"] = "Scheme must be one of ('discord', 'http', 'https')."
			}
		}
	case c.selects():
		over("placeholder", c.Holder, holderMax)
		selectErrors(path, c, errs)
	}
}

// rowErrors adds what is wrong with what stands in a row.
func rowErrors(path string, c component, errs map[string]string) {
	buttons, others := 0, 0
	for _, raw := range c.Components {
		var child component
		if json.Unmarshal(raw, &child) != nil {
			continue // is said of the child
		}
		switch {
		case child.Type == kindButton:
			buttons++
		case child.selects() || child.Type == kindText:
			others++
		default:
			errs[path+".components"] = "A row has buttons, one select menu or one text field."
		}
	}
	if n := len(c.Components); n < 1 || n > buttonsMax || others > 1 || others == 1 && buttons > 0 {
		errs[path+".components"] = "Must be between 1 and 5 in length: buttons, or one select menu."
	}
}

func selectErrors(path string, c component, errs map[string]string) {
	if c.CustomID == "" {
		errs[path+".custom_id"] = "This field is required"
	}
	if c.Type == kindSelect && (len(c.Options) < 1 || len(c.Options) > selectMax) {
		errs[path+".options"] = "Must be between 1 and 25 in length."
	}
	low, high := 1, 1
	if c.MinValues != nil {
		low = *c.MinValues
	}
	if c.MaxValues != nil {
		high = *c.MaxValues
	}
	if low < 0 || high < 1 || high > selectMax || low > max(high, 1) || c.Type == kindSelect && low > len(c.Options) {
		errs[path+".min_values"] = "Must be between 0 and 25, at most max_values, and at most the number of options."
	}
	values, chosen := map[string]bool{}, 0
	for i, o := range c.Options {
		at := fmt.Sprintf("%s.options.%d.", path, i)
		if n := length(o.Label); n < 1 || n > selectTextMax {
			errs[at+"label"] = "Must be between 1 and 100 in length."
		}
		if n := length(o.Value); n < 1 || n > selectTextMax {
			errs[at+"value"] = "Must be between 1 and 100 in length."
		}
		if length(o.Description) > selectTextMax {
			errs[at+"description"] = "Must be 100 or fewer in length."
		}
		if values[o.Value] {
			errs[at+"value"] = "The specified option value is already used"
		}
		values[o.Value] = true
		chosen += btoi(o.Default)
	}
	if chosen > high {
		errs[path+".options"] = "More options are chosen beforehand than may be chosen."
	}
}
