package preview

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// Types of answers to interactions, as Discord numbers callbacks.
const (
	answerMessage = 4
	answerUpdate  = 7
	answerChoices = 8
	answerModal   = 9
)

// An Answer is what one interaction was answered with, as it went over the wire.
type Answer struct {
	Who     string          `json:"who"`     // name of the user
	Did     string          `json:"did"`     // the command with its options, or the label of what was pressed
	Pressed bool            `json:"pressed"` // it was a button
	Type    int             `json:"type"`    // of the callback: 4, 7, 8 or 9
	Only    bool            `json:"only"`    // nobody else sees the message
	At      time.Time       `json:"at"`
	Locale  string          `json:"locale"` // of the user's client, "en-US"
	Body    json.RawMessage `json:"body"`   // the data of the callback
}

// A modal is a form.
type modal struct {
	Title          string `json:"title"`
	Rows           []Row  `json:"components"`
	Inputs         []Button
	Cancel, Submit string
}

// Show writes an answer as the user sees it, as an HTML page like that of Page: a message with its buttons and menus, a
// list of suggestions above what is being typed, or a form. Timestamps are written in UTC.
func Show(w io.Writer, channel string, a Answer) error {
	lang, _, _ := strings.Cut(a.Locale, "-")
	said := words(lang)
	var out drawn
	switch a.Type {
	case answerMessage, answerUpdate:
		m, err := Decode(a.Body)
		if err != nil {
			return err
		}
		out = draw(m, clock{now: a.At, lang: lang})
		if a.Only {
			out.Below = said["only"] + " · " + said["dismiss"]
		}
		verb := said["used"]
		if a.Pressed {
			verb = said["pressed"]
		}
		out.Above = runsHTML([]run{{text: oneLine(a.Who), bold: true}, {text: " " + verb + " "}, {text: oneLine(a.Did), mention: true}})
	case answerChoices:
		var data struct {
			Choices []struct {
				Name string `json:"name"`
			} `json:"choices"`
		}
		if err := json.Unmarshal(a.Body, &data); err != nil {
			return fmt.Errorf("decode suggestions: %w", err)
		}
		out.Typed = oneLine(a.Did)
		for _, c := range data.Choices {
			out.Choices = append(out.Choices, oneLine(c.Name))
		}
	case answerModal:
		out.Modal = &modal{Cancel: said["cancel"], Submit: said["submit"]}
		if err := json.Unmarshal(a.Body, out.Modal); err != nil {
			return fmt.Errorf("decode form: %w", err)
		}
		out.Modal.Title = oneLine(out.Modal.Title)
		for _, r := range out.Modal.Rows {
			out.Modal.Inputs = append(out.Modal.Inputs, r.labels()...)
		}
	default:
		return fmt.Errorf("a callback of type %d shows nothing", a.Type)
	}
	return write(w, channel, lang, []drawn{out})
}
