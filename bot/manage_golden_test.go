package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
	"attache/internal/store"

	"github.com/rogpeppe/go-internal/txtar"
)

// A managed is a step of a manager's case. WEB stands for the address of the office's own web server.
type managed struct {
	Name    string         `json:"name"` // of a command
	Options map[string]any `json:"options"`
	Focused string         `json:"focused"` // the option that is being typed
	Press   string         `json:"press"`   // the label of a button of the answer before, or its custom id
	Select  string         `json:"select"`  // the beginning of the custom id of a menu of the answer before
	Values  []string       `json:"values"`
	Submit  map[string]any `json:"submit"` // fields of the form that was the answer before
	By      string         `json:"by"`     // "reader", else a manager
	Channel string         `json:"channel"`
	Locale  string         `json:"locale"`
	Forged  bool           `json:"forged"`
	Pass    string         `json:"pass"` // time that goes by before
	Restart bool           `json:"restart"`
	From    int            `json:"from"` // the answer that it goes on from: 1 is the one before, 2 that before it
}

// previewMarker is what is random in a preview.
var previewMarker = regexp.MustCompile(`\b(ref|Nr\.) [A-Z2-7]{10}\b`)

// deskRole is a role that members of the tests may have.
const deskRole = "55"

// firstManager is who manages in the cases; secondManager is another.
var secondManager = fakediscord.User{ID: "7012", Name: "deputy", Permissions: fakediscord.Manager}

// managersOffice is an office with feeds on its web, and with a schedule in each server that has posted once.
func managersOffice(t *testing.T) (o *office, schedule, foreign int64) {
	t.Helper()
	o = newOffice(t)
	feed, err := os.ReadFile("testdata/ask/managers/feed.xml")
	if err != nil {
		t.Fatal(err)
	}
	o.serve("/office/latest", string(feed))
	o.serve("/site", `<html><head><title>Harbour office</title><link rel="alternate" type="application/rss+xml" href="/office/latest"></head><body>Welcome to the harbour office.</body></html>`)
	o.serve("/empty", "<html><body>There is nothing to read here.</body></html>")
	schedule = o.schedule(store.Schedule{Name: "Morning", Spec: "08:00 mon-fri", Zone: "Europe/Lisbon", Lang: "en"})
	foreign = o.schedule(store.Schedule{Guild: otherGuild, Name: "Zebra hour", Spec: "09:00", Zone: "Africa/Harare", Target: store.Target{Channel: otherChannel}})
	o.deliver(schedule)
	o.deliver(foreign)
	return o, schedule, foreign
}

// step does one step of a case; answers are those so far.
func (o *office) step(s managed, answers []asked) asked {
	o.t.Helper()
	if s.Pass != "" {
		d, err := time.ParseDuration(s.Pass)
		if err != nil {
			o.t.Fatal(err)
		}
		o.pass(d)
	}
	if s.Restart {
		o.restart()
	}
	by := map[string]fakediscord.User{"": someManager, "reader": someReader, "deputy": secondManager,
		"role": {ID: "7013", Name: "aide", Roles: []string{deskRole}}}[s.By]
	var last asked
	if n := len(answers); n > 0 {
		last = answers[n-max(1, s.From)]
	}
	o.pass(10 * time.Second)
	ctx, cancel := context.WithTimeout(o.t.Context(), testLimit)
	defer cancel()
	switch {
	case s.Press != "":
		return o.press(last, s.Press, by)
	case s.Select != "":
		id := s.Select
		for _, b := range buttonsOf(o.t, last.Body) {
			if strings.HasPrefix(b.CustomID, s.Select) {
				id = b.CustomID
			}
		}
		e, err := o.fake.Select(ctx, last.Exchange, id, s.Values, by)
		return o.wait(ctx, e, err)
	case s.Submit != nil:
		e, err := o.fake.Submit(ctx, last.Exchange, s.Submit, by)
		return o.wait(ctx, e, err)
	}
	options := map[string]any{}
	for k, v := range s.Options {
		if text, ok := v.(string); ok {
			v = strings.ReplaceAll(text, "WEB", o.web.URL)
		} else if n, ok := v.(float64); ok {
			v = int(n)
		}
		options[k] = v
	}
	in := fakediscord.Interaction{User: by, Channel: s.Channel, Locale: s.Locale, Name: s.Name, Options: options, Focused: s.Focused, Forged: s.Forged}
	if in.Channel == "" {
		in.Channel = textID
	}
	if s.Focused != "" {
		in.Kind = fakediscord.Autocomplete
	}
	return o.ask(in)
}

// TestManagers plays testdata/ask/managers/*.txtar: each has a file "ask", a step a line, and "want", the answers and what
// the audit says in the end.
func TestManagers(t *testing.T) {
	files, err := filepath.Glob("testdata/ask/managers/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(ar.Files) == 0 || ar.Files[0].Name != "ask" {
				t.Fatal(`wants "ask" and "want"`)
			}
			o, _, _ := managersOffice(t)
			var got strings.Builder
			var answers []asked
			for line := range bytes.Lines(ar.Files[0].Data) {
				dec := json.NewDecoder(bytes.NewReader(line))
				dec.DisallowUnknownFields()
				var s managed
				if err := dec.Decode(&s); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
				a := o.step(s, answers)
				answers = append(answers, a)
				fmt.Fprintf(&got, "> %s%s\n", line, a.shown(t))
			}
			rows, err := o.db.Read().Audits(t.Context(), guildID, 100)
			if err != nil {
				t.Fatal(err)
			}
			got.WriteString("audit\n")
			for _, a := range rows {
				fmt.Fprintf(&got, "  %s by %s: %s; %s\n", a.Action, a.User, a.Subject, a.Detail)
			}
			host := strings.TrimPrefix(o.web.URL, "http://")
			text := strings.NewReplacer(o.web.URL, "WEB", host, "WEBHOST").Replace(previewMarker.ReplaceAllString(got.String(), "$1 MARKER"))
			if *update {
				ar.Files = append(ar.Files[:1], txtar.File{Name: "want", Data: []byte(text)})
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(ar.Files) != 2 || string(ar.Files[1].Data) != text {
				t.Errorf("got:\n%s", text)
			}
		})
	}
}
