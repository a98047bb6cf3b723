package bot

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"

	"github.com/rogpeppe/go-internal/txtar"
)

// An asked is an interaction with its answer.
type asked struct {
	fakediscord.Call
	*fakediscord.Exchange
}

// ask sends an interaction and waits for its answer. What Discord would not offer fails the test.
func (o *office) ask(in fakediscord.Interaction) asked {
	o.t.Helper()
	o.pass(10 * time.Second)
	ctx, cancel := context.WithTimeout(o.t.Context(), testLimit)
	defer cancel()
	e, err := o.fake.Interact(ctx, in)
	return o.wait(ctx, e, err)
}

// press presses the button of an answer that has a label, or a custom id.
func (o *office) press(on asked, label string, by ...fakediscord.User) asked {
	o.t.Helper()
	o.pass(10 * time.Second)
	ctx, cancel := context.WithTimeout(o.t.Context(), testLimit)
	defer cancel()
	id := label
	for _, b := range buttonsOf(o.t, on.Body) {
		if b.Label == label {
			id = b.CustomID
		}
	}
	if on.Did == fakediscord.DidFollowUp { // the message it came from may have the same button
		was := on.Interaction
		in := fakediscord.Interaction{Kind: fakediscord.Component, User: was.User, Channel: was.Channel, Locale: was.Locale, Message: on.Call.Message, CustomID: id}
		if len(by) > 0 {
			in.User = by[0]
		}
		e, err := o.fake.Interact(ctx, in)
		return o.wait(ctx, e, err)
	}
	e, err := o.fake.Press(ctx, on.Exchange, id, by...)
	return o.wait(ctx, e, err)
}

func (o *office) wait(ctx context.Context, e *fakediscord.Exchange, err error) asked {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
	c, err := e.Answer(ctx)
	if err != nil {
		o.t.Fatalf("%v\n%s", err, o.log.String())
	}
	c.Embeds = slices.Clone(c.Embeds) // as they are now: a later edit of the message is decoded into the same array
	return asked{c, e}
}

// A shownButton is a button or a menu of an answer.
type shownButton struct {
	Type     int    `json:"type"`
	Label    string `json:"label"`
	CustomID string `json:"custom_id"`
	Disabled bool   `json:"disabled"`
	Style    int    `json:"style"`
	Hint     string `json:"placeholder"`
	Options  []struct {
		Label   string `json:"label"`
		Value   string `json:"value"`
		Default bool   `json:"default"`
	} `json:"options"`
}

// buttonsOf lists the components of a message, row by row.
func buttonsOf(t testing.TB, body []byte) (out []shownButton) {
	t.Helper()
	var m struct {
		Components []struct {
			Components []shownButton `json:"components"`
		} `json:"components"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	for _, row := range m.Components {
		out = append(out, row.Components...)
	}
	return out
}

// answerID is what is random in the ids of buttons.
var answerID = regexp.MustCompile(`\b[0-9a-f]{18}\b`)

// shown writes an answer for reading: who sees it, its text with invisible characters made visible, embeds, buttons.
func (a asked) shown(t testing.TB) string {
	t.Helper()
	var sb strings.Builder
	switch {
	case a.Did == fakediscord.DidCallback && a.Type == fakediscord.CallbackChoices:
		sb.WriteString("choices\n")
		for _, c := range a.Choices() {
			fmt.Fprintf(&sb, "  %s = %v\n", c.Name, c.Value)
		}
	case a.Did == fakediscord.DidCallback && a.Type == fakediscord.CallbackModal:
		var modal bytes.Buffer
		if err := json.Indent(&modal, a.Body, "", " "); err != nil {
			t.Fatal(err)
		}
		sb.WriteString("modal\n" + modal.String() + "\n")
	default:
		who := "everybody"
		if a.Ephemeral {
			who = "to who asked"
		}
		if acked := a.Calls()[0].Type; a.Type == fakediscord.CallbackUpdate || a.Did == fakediscord.DidEdit && acked == fakediscord.CallbackDeferUpdate {
			who = "in its place"
		}
		sb.WriteString(who + "\n" + a.Call.Content + "\n")
		for _, e := range a.Embeds {
			sb.WriteString(showEmbed(embedded{Title: e.Title, URL: e.URL, Description: e.Description, Color: e.Color}))
		}
		for _, f := range a.Files {
			fmt.Fprintf(&sb, "file %s (%s)\n%s", f.Name, f.Kind, f.Data)
		}
		for _, b := range buttonsOf(t, a.Body) {
			off := ""
			if b.Disabled {
				off = " (off)"
			}
			fmt.Fprintf(&sb, "[%s%s]%s = %s\n", b.Label, b.Hint, off, b.CustomID)
			for _, op := range b.Options {
				fmt.Fprintf(&sb, "    %s = %s %v\n", op.Label, op.Value, op.Default)
			}
		}
	}
	return answerID.ReplaceAllString(strings.NewReplacer(string(zwsp), "⁞", glue, "⍽").Replace(sb.String()), "ANSWER")
}

// A step of a golden case: a command, what is typed, or the label of a button of the answer before.
type step struct {
	Name    string         `json:"name"`
	Options map[string]any `json:"options"`
	Focused string         `json:"focused"`
	Press   string         `json:"press"`
	By      string         `json:"by"` // "reader", "manager", "silent", "muted"
	Channel string         `json:"channel"`
	Locale  string         `json:"locale"`
	Message string         `json:"message"` // its text; the command is one of its menu
	Custom  string         `json:"custom"`  // a forged custom id
}

// goldenAsks plays testdata/ask/PART/*.txtar: each has a file "ask", a step a line, and the answers in "want"; and, but for
// those that are asked in German anyway, in "want.de" the answers to the same steps when everybody's Discord speaks German.
// open makes the office in which a case is played.
func goldenAsks(t *testing.T, part string, open func(t *testing.T, name string) *office) {
	t.Helper()
	files, err := filepath.Glob("testdata/ask/" + part + "/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			playCase(t, file, func(locale string, ask []byte, english []asked) (string, []asked) {
				o := open(t, name)
				var got strings.Builder
				var answers []asked
				for line := range bytes.Lines(ask) {
					var s step
					decodeStep(t, line, &s)
					did := s.Press
					if s.Name != "" {
						did = typed(s.Name, s.Options, s.Focused)
					}
					s.Locale = cmp.Or(s.Locale, locale)
					var last asked
					if n := len(answers); n > 0 {
						last = answers[n-1]
						if english != nil {
							s.Press = samePlace(t, s.Press, english[n-1], last)
						}
					}
					last = o.play(s, last)
					answers = append(answers, last)
					if locale == "" {
						o.record(t, part+"/"+name, len(answers), last, did)
					}
					fmt.Fprintf(&got, "> %s%s\n", line, last.shown(t))
				}
				return got.String(), answers
			})
		})
	}
}

func decodeStep(t *testing.T, line []byte, into any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
}

// playCase plays a case in English and in German. play plays its steps for people of a locale, "" for English; english are
// the answers in English when it is played again.
func playCase(t *testing.T, file string, play func(locale string, ask []byte, english []asked) (string, []asked)) {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(ar.Files) == 0 || ar.Files[0].Name != "ask" {
		t.Fatal(`wants "ask" and what is answered`)
	}
	ask := ar.Files[0].Data
	text, english := play("", ask, nil)
	got := []txtar.File{ar.Files[0], {Name: "want", Data: []byte(text)}}
	if name := strings.TrimSuffix(file, ".txtar"); !strings.HasSuffix(name, "_de") && !strings.HasSuffix(name, "_german") {
		text, _ := play("de", ask, english)
		got = append(got, txtar.File{Name: "want.de", Data: []byte(text)})
	}
	if *update {
		ar.Files = got
		if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for i, f := range got {
		if i >= len(ar.Files) || ar.Files[i].Name != f.Name || !bytes.Equal(ar.Files[i].Data, f.Data) {
			t.Errorf("%s:\n%s", f.Name, f.Data)
		}
	}
}

// samePlace is what is pressed on an answer in German that stands where the button with a label stands in the English one.
func samePlace(t *testing.T, label string, english, german asked) string {
	t.Helper()
	if label == "" {
		return ""
	}
	there := buttonsOf(t, german.Body)
	for i, b := range buttonsOf(t, english.Body) {
		if b.Label == label && i < len(there) {
			return there[i].CustomID
		}
	}
	return label
}

// play does one step.
func (o *office) play(s step, last asked) asked {
	o.t.Helper()
	by := map[string]fakediscord.User{"": someReader, "reader": someReader, "manager": someManager, "silent": silent, "muted": muted}[s.By]
	if s.Press != "" {
		if s.By == "" {
			return o.press(last, s.Press)
		}
		return o.press(last, s.Press, by)
	}
	in := fakediscord.Interaction{User: by, Channel: s.Channel, Locale: s.Locale, Name: s.Name, Options: s.Options, Focused: s.Focused}
	if in.Channel == "" {
		in.Channel = textID
	}
	switch {
	case s.Focused != "":
		in.Kind = fakediscord.Autocomplete
	case s.Message != "":
		in.Target = o.fake.Say(in.Channel, "8001", s.Message)
	case s.Custom != "":
		in.Kind, in.CustomID, in.Forged = fakediscord.Component, s.Custom, true
		in.Message = o.fake.Say(in.Channel, "8001", "a message with a button")
	}
	return o.ask(in)
}
