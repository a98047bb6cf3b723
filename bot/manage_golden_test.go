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
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
	"attache/internal/store"
)

// A managed is a step of a manager's case. WEB stands for the address of the office's own web server; an option "file NAME" is a file.
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
	Forged  bool           `json:"forged"` // of a button: it is pressed though it is off
	Pass    string         `json:"pass"`   // time that goes by before
	Restart bool           `json:"restart"`
	Block   string         `json:"block"`   // an address that the operator blocks before
	Reason  string         `json:"reason"`  // of that
	Unblock string         `json:"unblock"` // and one that is blocked no longer
	From    int            `json:"from"`    // the answer that it goes on from: 1 is the one before, 2 that before it
}

// previewMarker is what is random in a preview.
var previewMarker = regexp.MustCompile(`\b(ref|Nr\.) [A-Z2-7]{10}\b`)

// deskRole is a role that members of the tests may have.
const deskRole = "55"

// firstManager is who manages in the cases; secondManager is another.
var secondManager = fakediscord.User{ID: "7012", Name: "deputy", Permissions: fakediscord.Manager}

// managersOffice is an office with feeds on its web, and with a schedule in each server that has posted once.
func managersOffice(t *testing.T, how ...func(*office)) (o *office, schedule, foreign int64) {
	t.Helper()
	o = newOffice(t, how...)
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
	err := o.db.InTx(o.t.Context(), func(q *store.Q, _ store.Jobs) (err error) {
		if s.Block != "" {
			_, err = q.BlockSource(o.t.Context(), strings.ReplaceAll(s.Block, "WEB", o.web.URL), false, s.Reason)
		}
		if s.Unblock != "" && err == nil {
			err = q.UnblockSource(o.t.Context(), strings.ReplaceAll(s.Unblock, "WEB", o.web.URL), false)
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
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
	case s.Press != "" && s.Forged:
		in := fakediscord.Interaction{Kind: fakediscord.Component, User: by, Channel: textID, Locale: last.Interaction.Locale, Message: last.Call.Message, Forged: true}
		for _, b := range buttonsOf(o.t, last.Body) {
			if b.Label == s.Press || b.CustomID == s.Press {
				in.CustomID = b.CustomID
			}
		}
		return o.ask(in)
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
			if name, ok := strings.CutPrefix(text, "file "); ok {
				v = o.file(name)
			} else if text == largeFile {
				v = fakediscord.File{Name: "large.opml", Data: make([]byte, importBytes+1)}
			}
		} else if n, ok := v.(float64); ok {
			v = int(n)
		}
		options[k] = v
	}
	in := fakediscord.Interaction{User: by, Channel: s.Channel, Locale: s.Locale, Name: s.Name, Options: options, Focused: s.Focused, Forged: s.Forged}
	if in.Channel == "" {
		in.Channel = textID
	}
	if s.Options["file"] == lostFile {
		in.Forged, in.Options = true, nil
		in.Data = json.RawMessage(`{"id":"1","name":"source","type":1,"options":[{"name":"import","type":1,"options":[{"name":"file","type":11,"value":"9"}]}],` +
			`"resolved":{"attachments":{"9":{"id":"9","filename":"list.opml","size":10,"url":"https://files.example/list.opml"}}}}`)
	}
	if s.Focused != "" {
		in.Kind = fakediscord.Autocomplete
	}
	return o.ask(in)
}

// Options that stand for a file that is too large, and for one that is not where Discord keeps files.
const largeFile, lostFile = "large file", "lost file"

// file is a file of testdata/ask/managers that a manager hands over.
func (o *office) file(name string) fakediscord.File {
	o.t.Helper()
	data, err := os.ReadFile("testdata/ask/managers/" + name)
	if err != nil {
		o.t.Fatal(err)
	}
	return fakediscord.File{Name: name, Kind: "text/x-opml", Data: bytes.ReplaceAll(data, []byte("WEB"), []byte(o.web.URL))}
}

// TestManagers plays testdata/ask/managers/*.txtar: each has a file "ask", a step a line, and in "want" and "want.de"
// the answers, in English and in German, and what the audit says in the end. A server of a case named "full…" has all the
// sources and schedules that it may have.
func TestManagers(t *testing.T) { askManagers(t) }

// Answers that were put off are the same.
func TestManagersPutOff(t *testing.T) {
	if *update {
		t.Skip("the expectations are those of TestManagers")
	}
	askManagers(t, hasty)
}

func askManagers(t *testing.T, how ...func(*office)) {
	t.Helper()
	files, err := filepath.Glob("testdata/ask/managers/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			name := strings.TrimSuffix(filepath.Base(file), ".txtar")
			if len(how) > 0 {
				sampled(t, name)
			}
			playCase(t, file, func(locale string, ask []byte, english []asked) (string, []asked) {
				o, _, _ := managersOffice(t, how...)
				if strings.HasPrefix(name, "full") {
					o.fillServer()
				}
				var got strings.Builder
				var answers []asked
				for line := range bytes.Lines(ask) {
					var s managed
					decodeStep(t, line, &s)
					did := s.Press
					if s.Name != "" {
						did = typed(s.Name, s.Options, s.Focused)
					}
					s.Locale = cmp.Or(s.Locale, locale)
					if n := len(answers); n > 0 && english != nil {
						at := n - max(1, s.From)
						s.Press = samePlace(t, s.Press, english[at], answers[at])
					}
					a := o.step(s, answers)
					answers = append(answers, a)
					if locale == "" {
						o.record(t, "managers/"+name, len(answers), a, did)
					}
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
				text := previewMarker.ReplaceAllString(got.String(), "$1 MARKER")
				return strings.NewReplacer(o.web.URL, "WEB", host, "WEBHOST").Replace(text), answers
			})
		})
	}
}

// fillServer gives the first server all the sources and schedules that it may have.
func (o *office) fillServer() {
	o.t.Helper()
	o.write(func(ctx context.Context, q *store.Q) error {
		for i := range sourcesMost {
			s := store.Source{URL: fmt.Sprintf("https://outlet-%d.example/feed", i)}
			if _, err := q.Subscribe(ctx, s, store.Subscription{Guild: guildID, Name: fmt.Sprintf("Outlet %d", i), Tier: store.Press}); err != nil {
				return err
			}
		}
		for i := range schedulesMost {
			s := store.Schedule{Guild: guildID, Name: fmt.Sprintf("Hour %d", i), Spec: "08:00", Zone: "UTC", Target: store.Target{Channel: textID}}
			if _, err := q.SaveSchedule(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}
