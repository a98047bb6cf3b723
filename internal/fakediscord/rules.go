package fakediscord

import (
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
	nonceMax      = 25
)

// Flags of messages (resources/message, "Message Flags").
const (
	flagEphemeral = 1 << 6
	flagLoading   = 1 << 7
	flagV2        = 1 << 15 // IS_COMPONENTS_V2
)

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
	if strings.TrimSpace(f.Content) == "" && len(f.Embeds) == 0 && len(f.Components) == 0 && len(f.Stickers) == 0 && f.files == 0 && (len(f.Poll) == 0 || string(f.Poll) == "null") {
		return fail(http.StatusBadRequest, codeEmptyMessage, "Cannot send an empty message")
	}
	return nil
}
