package bot

import "fmt"

// Discord's limits of a message, in UTF-16 units (resources/message, "Embed Limits" and "Create Message").
const (
	contentLimit     = 2000
	embedsLimit      = 10
	embedTotalLimit  = 6000 // of all embeds together
	embedTitleLimit  = 256
	embedTextLimit   = 4096
	embedFieldsLimit = 25
	fieldNameLimit   = 256
	fieldValueLimit  = 1024
	footerLimit      = 2048
	authorLimit      = 256
	rowsLimit        = 5 // rows of components
	customIDLimit    = 100
	bodyLimit        = 1 << 20 // bytes of a body; nothing that keeps the limits above comes near
)

// brokenRule says which rule of Discord's a message breaks, "" when it keeps them. It counts where the API description
// does not: 2000 characters of content, 6000 in all embeds, a message that says nothing.
func brokenRule(m map[string]any) string {
	over := func(what string, v any, limit int) string {
		s, _ := v.(string)
		if n := units(s); n > limit {
			return fmt.Sprintf("%s has %d characters, Discord takes %d.", what, n, limit)
		}
		return ""
	}
	if reason := over("The text of the message", m["content"], contentLimit); reason != "" {
		return reason
	}
	embeds, _ := m["embeds"].([]any)
	if len(embeds) > embedsLimit {
		return fmt.Sprintf("The message has %d embeds, Discord takes %d.", len(embeds), embedsLimit)
	}
	total, shown := 0, false
	for i, v := range embeds {
		e, _ := v.(map[string]any)
		fields, _ := e["fields"].([]any)
		if len(fields) > embedFieldsLimit {
			return fmt.Sprintf("Embed %d has %d fields, Discord takes %d.", i+1, len(fields), embedFieldsLimit)
		}
		type counted struct {
			what  string
			value any
			limit int
		}
		footer, _ := e["footer"].(map[string]any)
		author, _ := e["author"].(map[string]any)
		parts := []counted{
			{"title", e["title"], embedTitleLimit}, {"description", e["description"], embedTextLimit},
			{"footer", footer["text"], footerLimit}, {"author", author["name"], authorLimit},
		}
		for _, f := range fields {
			f, _ := f.(map[string]any)
			parts = append(parts, counted{"field's name", f["name"], fieldNameLimit}, counted{"field's value", f["value"], fieldValueLimit})
		}
		says := e["image"] != nil || e["thumbnail"] != nil || e["video"] != nil
		for _, p := range parts {
			if reason := over(fmt.Sprintf("The %s of embed %d", p.what, i+1), p.value, p.limit); reason != "" {
				return reason
			}
			s, _ := p.value.(string)
			total += units(s)
			says = says || s != ""
		}
		if !says {
			return fmt.Sprintf("Embed %d says nothing.", i+1)
		}
		shown = true
	}
	if total > embedTotalLimit {
		return fmt.Sprintf("The embeds of the message have %d characters together, Discord takes %d.", total, embedTotalLimit)
	}
	rows, _ := m["components"].([]any)
	if len(rows) > rowsLimit {
		return fmt.Sprintf("The message has %d rows of buttons, Discord takes %d.", len(rows), rowsLimit)
	}
	ids := map[string]bool{}
	for _, row := range rows {
		row, _ := row.(map[string]any)
		items, _ := row["components"].([]any)
		for _, item := range items {
			item, _ := item.(map[string]any)
			id, _ := item["custom_id"].(string)
			if id == "" {
				continue
			}
			if ids[id] {
				return "Two buttons of the message have the same id."
			}
			if ids[id] = true; units(id) > customIDLimit {
				return fmt.Sprintf("The id of a button has %d characters, Discord takes %d.", units(id), customIDLimit)
			}
		}
	}
	if content, _ := m["content"].(string); blank(content) && !shown && len(rows) == 0 && m["poll"] == nil && m["sticker_ids"] == nil {
		return "The message says nothing."
	}
	return ""
}

// blank reports whether Discord would see nothing in s.
func blank(s string) bool {
	for _, r := range clean(s, false) {
		if r != ' ' && r != '\u2800' && r != '\u3000' && r != '\u00a0' {
			return false
		}
	}
	return true
}
