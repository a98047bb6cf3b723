package bot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
)

// A picture is a row of testdata/pictures.txt: an answer of which docs/commands.md shows how it looks. It is recorded in
// testdata/pictures when its case is played; package internal/preview draws it.
type picture struct {
	name, command, from string
	step                int
	alt                 string
}

func readPictures(t testing.TB) (out []picture) {
	t.Helper()
	raw, err := os.ReadFile("testdata/pictures.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		step, err := strconv.Atoi(cells[min(3, len(cells)-1)])
		if len(cells) != 5 || err != nil || cells[4] == "" {
			t.Fatalf("testdata/pictures.txt: %q", line)
		}
		out = append(out, picture{cells[0], cells[1], cells[2], step, cells[4]})
	}
	return out
}

// A recorded is an answer as internal/preview reads it.
type recorded struct {
	Who     string          `json:"who"`
	Did     string          `json:"did"`
	Pressed bool            `json:"pressed,omitempty"`
	Type    int             `json:"type"` // of the callback
	Only    bool            `json:"only,omitempty"`
	At      time.Time       `json:"at"`
	Locale  string          `json:"locale"`
	Body    json.RawMessage `json:"body"`
}

// siteOfPictures stands in pictures for the office's own web.
const siteOfPictures = "https://harbour-office.example"

// record keeps the answer to a step of a case, where there is a picture of it, or fails when it was another. did is what was
// typed, or the label of what was pressed.
func (o *office) record(t *testing.T, from string, step int, a asked, did string) {
	t.Helper()
	if o.hasty {
		return
	}
	for _, p := range readPictures(t) {
		if p.from != from || p.step != step {
			continue
		}
		if a.Did != fakediscord.DidCallback {
			t.Fatalf("picture %s: answered with %s", p.name, a.Did)
		}
		in := a.Interaction
		r := recorded{Who: in.User.Name, Did: did, Pressed: in.Kind == fakediscord.Component, Type: a.Type, Only: a.Ephemeral, At: o.now(), Locale: in.Locale, Body: a.Body}
		raw, err := json.MarshalIndent(r, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		host := strings.TrimPrefix(o.web.URL, "http://")
		text := strings.NewReplacer(o.web.URL, siteOfPictures, host, strings.TrimPrefix(siteOfPictures, "https://"), `\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(raw) + "\n")
		text = previewMarker.ReplaceAllString(answerID.ReplaceAllString(text, "ANSWER"), "$1 MARKER")
		file := "testdata/pictures/" + p.name + ".json"
		if *update {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if want, err := os.ReadFile(file); err != nil || !bytes.Equal(want, []byte(text)) {
			t.Errorf("%s is stale (%v): run the test with -update, then draw it (go test ./internal/preview -run TestPictures -update)\n%s", file, err, text)
		}
	}
}

// typed is a command as a reader types it, its options in the order of the table.
func typed(name string, options map[string]any, focused string) string {
	out := "/" + name
	table := newTable()
	c := table.find(name)
	if c == nil {
		return out
	}
	for _, p := range c.options {
		v, ok := options[p.name]
		if !ok {
			continue
		}
		out += " " + p.name + ":" + strings.ReplaceAll(fmt.Sprint(v), "WEB", siteOfPictures)
		if p.name == focused {
			break // what is being typed is the last
		}
	}
	return out
}

// Each picture is of a case and a command that there are, and is recorded.
func TestPicturesExist(t *testing.T) {
	table := newTable()
	seen := map[string]bool{}
	for _, p := range readPictures(t) {
		if seen[p.name] || table.find(p.command) == nil {
			t.Errorf("picture %q of /%s: twice, or of no command", p.name, p.command)
		}
		seen[p.name] = true
		if _, err := os.Stat("testdata/ask/" + p.from + ".txtar"); err != nil {
			t.Error(err)
		}
		raw, err := os.ReadFile("testdata/pictures/" + p.name + ".json")
		if err != nil || !json.Valid(raw) {
			t.Errorf("picture %s is not recorded (%v): run the tests with -update", p.name, err)
		}
	}
	files, err := os.ReadDir("testdata/pictures")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !seen[strings.TrimSuffix(f.Name(), ".json")] {
			t.Errorf("testdata/pictures/%s is of no picture", f.Name())
		}
	}
}
