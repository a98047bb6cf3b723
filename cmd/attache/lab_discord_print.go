package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"attache/internal/fakediscord"
	"attache/internal/preview"
)

// A control is a button or select menu.
type control struct {
	Type    int    `json:"type"`
	ID      string `json:"custom_id"`
	Label   string `json:"label"`
	Options []struct {
		Label string `json:"label"`
		Value string `json:"value"`
	} `json:"options"`

	Components []json.RawMessage `json:"components"`
	Accessory  json.RawMessage   `json:"accessory"`
	Component  json.RawMessage   `json:"component"`
}

// named reports whether a person means a control: by its label, its id, or what stands in its id before a colon.
func (c control) named(word string) bool {
	return word != "" && (c.ID == word || c.Label == word || strings.HasPrefix(c.ID, word+":"))
}

// controls lists what can be used of a message, or filled in of a modal.
func controls(list []json.RawMessage) (out []control) {
	for _, raw := range list {
		var c control
		if json.Unmarshal(raw, &c) != nil {
			continue
		}
		if c.ID != "" {
			out = append(out, c)
		}
		out = append(out, controls(c.Components)...)
		for _, inner := range []json.RawMessage{c.Accessory, c.Component} {
			if len(inner) > 0 {
				out = append(out, controls([]json.RawMessage{inner})...)
			}
		}
	}
	return out
}

// print writes an event: as JSON, or as text for people.
func (l *labDiscord) print(event map[string]any, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.json {
		fmt.Fprintln(l.t.out, strings.TrimRight(text, "\n"))
		return
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(event) == nil {
		_, _ = io.Copy(l.t.out, &b) // as with every line of output
	}
}

func (l *labDiscord) problem(err error) {
	text := strings.TrimPrefix(err.Error(), "interaction: ")
	if errors.Is(err, fakediscord.ErrNotOffered) {
		text = "discord would not offer that: " + strings.TrimSuffix(text, ": "+fakediscord.ErrNotOffered.Error())
	}
	text = capital(text)
	l.print(map[string]any{"event": "error", "text": text}, text)
}

// violations prints the rules that were broken since the last time.
func (l *labDiscord) violations() {
	all := l.server.Violations()
	for _, v := range all[min(l.told, len(all)):] {
		l.print(map[string]any{"event": "violation", "text": v}, paint(colorful(l.t.out), red, "! "+v))
	}
	l.told = len(all)
}

func (l *labDiscord) commands(guild string, list []json.RawMessage) {
	if len(list) > 0 {
		l.once.Do(func() { close(l.registered) })
	}
	names := []string{}
	for _, raw := range list {
		var c struct {
			Name string
			Type int
		}
		if json.Unmarshal(raw, &c) == nil {
			names = append(names, map[bool]string{true: "/"}[c.Type <= 1]+c.Name)
		}
	}
	where := ""
	if guild != "" {
		where = " of server " + guild
	}
	l.print(map[string]any{"event": "commands", "guild": guild, "commands": list}, fmt.Sprintf("* %d commands%s: %s", len(list), where, strings.Join(names, ", ")))
}

func (l *labDiscord) message(m fakediscord.Message) {
	if m.Interaction != "" {
		return // is printed with its interaction
	}
	head := "# channel " + m.Channel
	if m.Title != "" {
		head += ", post “" + m.Title + "”"
	}
	l.print(map[string]any{"event": "message", "channel": m.Channel, "message": m.ID, "author": m.Author, "content": m.Content, "body": m.Body},
		paint(colorful(l.t.out), dim, head+" (message "+m.ID+")")+"\n"+l.shown(m.Content, m.Body))
}

// call prints what the bot did about an interaction.
func (l *labDiscord) call(e *fakediscord.Exchange, c fakediscord.Call) {
	what := map[string]string{
		fakediscord.DidEdit: "answers", fakediscord.DidDelete: "deletes its answer", fakediscord.DidFollowUp: "adds", fakediscord.DidEditFollowUp: "changes what it added",
		fakediscord.DidDeleteFollowUp: "deletes what it added",
	}[c.Did]
	if c.Did == fakediscord.DidCallback {
		what = map[int]string{
			fakediscord.CallbackMessage: "answers", fakediscord.CallbackDefer: "will answer", fakediscord.CallbackDeferUpdate: "will change the message",
			fakediscord.CallbackUpdate: "changes the message", fakediscord.CallbackChoices: "suggests", fakediscord.CallbackModal: "asks",
		}[c.Type]
	}
	head := fmt.Sprintf("> %s: the bot %s after %s", e, what, c.After.Round(time.Millisecond))
	switch {
	case c.Status >= 400:
		head = fmt.Sprintf("> %s: the bot's %s was refused with %d, code %d", e, c.Did, c.Status, c.Code)
	case c.Ephemeral:
		head += ", for " + e.Interaction.User.Name + " alone"
	}
	text := paint(colorful(l.t.out), dim, head)
	if c.Status < 400 && len(c.Body) > 0 && c.Type != fakediscord.CallbackChoices {
		text += "\n" + l.shown(c.Content, c.Body)
	}
	for _, choice := range c.Choices() {
		text += fmt.Sprintf("  %s = %v\n", choice.Name, choice.Value)
	}
	l.print(map[string]any{
		"event": "call", "interaction": e.String(), "id": e.ID, "did": c.Did, "type": c.Type, "status": c.Status, "code": c.Code,
		"after_ms": c.After.Milliseconds(), "ephemeral": c.Ephemeral, "message": c.Message, "body": c.Body,
	}, text)
}

// shown is a message or modal as its reader sees it, with what can be used of it.
func (l *labDiscord) shown(content string, body json.RawMessage) string {
	m := preview.Message{Content: content}
	if decoded, err := preview.Decode(body); err == nil {
		m = decoded
	}
	if m.Content == "" {
		m.Content = content
	}
	var more struct {
		Title      string            `json:"title"`
		Components []json.RawMessage `json:"components"`
		Message    *struct {
			Components []json.RawMessage `json:"components"`
		} `json:"message"`
	}
	_ = json.Unmarshal(body, &more) // what others say has no body
	if more.Message != nil {
		more.Components, more.Title = more.Message.Components, ""
	}
	var b strings.Builder
	if more.Title != "" {
		fmt.Fprintln(&b, more.Title)
	}
	fmt.Fprint(&b, preview.Terminal(m, columns(l.t.out), colorful(l.t.out)))
	for _, c := range controls(more.Components) {
		if c.Type == 2 && c.Label != "" {
			continue // a button is shown, and pressed, by its label
		}
		fmt.Fprintln(&b, "  "+plainLabel(c.ID)+map[bool]string{true: " = "}[c.Label != ""]+plainLabel(c.Label))
		for _, o := range c.Options {
			fmt.Fprintf(&b, "    %s = %s\n", plainLabel(o.Value), plainLabel(o.Label))
		}
	}
	return b.String()
}

// plainLabel is a text of a component without what would steer a terminal.
func plainLabel(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, s)
}
