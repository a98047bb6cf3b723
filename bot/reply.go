package bot

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"attache/internal/store"
	"attache/sources"
)

// A reply is what a handler has to say. It says it once: package code brings it to Discord as an answer, an edit or a
// follow-up, whichever is due.
type reply struct {
	pages   []page   // of a long answer; buttons turn them
	rows    []any    // further rows of components, of the first page
	post    bool     // a button posts it for everybody
	update  bool     // it takes the place of the message that the button hangs on
	form    *form    // a modal instead of a message
	choices []choice // of an autocomplete
	going   bool     // it shows something that is on its way
	public  bool     // for everybody, not only for who asked: only after the button *Post*
	files   []upload // that hang on the first page; an answer that is stored for its buttons does not keep them
}

// A page is one message of a reply.
type page struct {
	Content string     `json:"content,omitempty"`
	Embeds  []embedded `json:"embeds,omitempty"`
	Rows    []any      `json:"rows,omitempty"` // of components, of this page; they stay when it is posted
}

// A form is a modal of text inputs.
type form struct {
	id, title string
	inputs    []input
}

type input struct {
	id, label, value string
	long, optional   bool
	max              int
}

// plain is a reply of one line.
func plain(text string) reply { return reply{pages: []page{{Content: text}}} }

// said is an error for people: the text of a key, with what is filled in.
type said struct {
	key   string
	pairs []string
}

func (e *said) Error() string { return e.key }

// say makes an error that people read. Values are escaped.
func say(key string, pairs ...string) error {
	for i := 1; i < len(pairs); i += 2 {
		pairs[i] = Escape(pairs[i])
	}
	return &said{key, pairs}
}

// sentence is what people read of an error: the one table for all commands. known is false for errors that nobody
// foresaw; they are told by a reference that the log has too.
func sentence(t catalogue, err error) (text string, known bool) {
	var s *said
	var p *sources.Problem
	switch {
	case errors.As(err, &s):
		return t.text(s.key, s.pairs...), true
	case errors.As(err, &p):
		if words := t.problem(p.Code, p.What); words != "" {
			return words, true
		}
		return Escape(p.Sentence), true
	case errors.Is(err, store.ErrNotFound):
		return t.text("error.gone"), true
	case errors.Is(err, store.ErrExists):
		return t.text("error.exists"), true
	case errors.Is(err, store.ErrBlocked):
		return sentence(t, sources.Blocked())
	case errors.Is(err, store.ErrFull):
		return t.text("error.full"), true
	case errors.Is(err, context.DeadlineExceeded):
		return t.text("error.slow"), true
	}
	return "", false
}

// message is the JSON of one message of a reply, sealed: only who asked sees it, nobody is mentioned, and Discord's
// limits are kept.
func (p page) message(rows []any, public bool) (map[string]any, error) {
	m := map[string]any{"content": p.Content, "allowed_mentions": map[string]any{"parse": []string{}}}
	if len(p.Embeds) > 0 {
		m["embeds"] = p.Embeds
	} else {
		m["embeds"] = []any{}
	}
	if rows == nil {
		rows = []any{}
	}
	m["components"] = rows
	if !public {
		m["flags"] = ephemeral
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	var plain map[string]any // as brokenRule reads it
	if err := json.Unmarshal(raw, &plain); err != nil {
		return nil, err
	}
	if reason := brokenRule(plain); reason != "" {
		return nil, errors.New("a reply breaks a rule of Discord's: " + reason)
	}
	return m, nil
}

// modal is a form as Discord takes it.
func (f form) modal() map[string]any {
	var rows []any
	for _, in := range f.inputs {
		style := 1
		if in.long {
			style = 2
		}
		c := map[string]any{"type": 4, "custom_id": in.id, "label": Clip(in.label, 45), "style": style, "required": !in.optional}
		if in.value != "" {
			c["value"] = in.value
		}
		if in.max > 0 {
			c["max_length"] = in.max
		}
		rows = append(rows, map[string]any{"type": 1, "components": []any{c}})
	}
	return map[string]any{"custom_id": f.id, "title": Clip(f.title, 45), "components": rows}
}

// button is a button as Discord takes it; style 1 is the main one, 2 any other, 4 one that takes something away.
func button(style int, id, label string, disabled bool) map[string]any {
	b := map[string]any{"type": 2, "style": style, "custom_id": id, "label": Clip(label, 80)}
	if disabled {
		b["disabled"] = true
	}
	return b
}

// rowOf is a row of components.
func rowOf(components ...any) any { return map[string]any{"type": 1, "components": components} }

// sheets packs lines into pages of at most limit UTF-16 units, without breaking a line; a line that is longer is clipped.
func sheets(head string, lines []string, limit int) []page {
	var out []page
	var b strings.Builder
	size := 0
	flush := func() {
		if size > 0 {
			out = append(out, page{Content: b.String()})
		}
		b.Reset()
		size = 0
	}
	add := func(line string) {
		line = Clip(line, limit)
		if n := units(line) + 1; size+n > limit {
			flush()
		}
		if size > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(line)
		size += units(line) + 1
	}
	if head != "" {
		add(head)
	}
	for _, l := range lines {
		add(l)
	}
	flush()
	return out
}
