package bot

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"attache/internal/digest"
	"attache/internal/fakediscord/spectest"
	"attache/internal/store"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the expectations of testdata/*.txtar")

// readCases reads testdata/*.txtar: a digest.json each, and what is made of it.
func readCases(t *testing.T) map[string]*txtar.Archive {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	out := map[string]*txtar.Archive{}
	for _, file := range files {
		if filepath.Base(file) == "commands.txtar" {
			continue // of docs/commands.md
		}
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(ar.Files) != 2 || ar.Files[0].Name != "digest.json" {
			t.Fatalf("%s: wants digest.json and what is made of it", file)
		}
		out[file] = ar
	}
	return out
}

func decodeDigest(t *testing.T, raw []byte) digest.Digest {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var d digest.Digest
	if err := dec.Decode(&d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestGolden renders the cases of testdata. The file "want" is the messages for reading, every invisible character and
// Discord's own backslashes included; "cuts.want" is the first story at every step of cut.
func TestGolden(t *testing.T) {
	for file, ar := range readCases(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			d := decodeDigest(t, ar.Files[0].Data)
			var got string
			switch name := ar.Files[1].Name; name {
			case "want":
				bodies, messages := render(t, d)
				for i, b := range bodies {
					checkLimits(t, b)
					got += fmt.Sprintf("message %d, calls %v\n%s\n", i+1, b.Mentions.Roles, b.Content)
					for _, e := range b.Embeds {
						got += showEmbed(e)
					}
					for _, button := range buttonsOf(t, bodyOf(messages[i])) {
						got += fmt.Sprintf("[%s] = %s\n", button.Label, button.CustomID)
					}
				}
			case "cuts.want":
				got = showCuts(t, d)
			default:
				t.Fatalf("what is %s?", name)
			}
			got = strings.NewReplacer(string(zwsp), "⁞", glue, "⍽").Replace(got) // to be seen
			if *update {
				ar.Files[1].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(ar.Files[1].Data); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// bodyOf is the message of a request, also where it begins a post of a forum.
func bodyOf(m digest.Message) []byte {
	var p struct {
		Message json.RawMessage `json:"message"`
	}
	if json.Unmarshal(m.Body, &p) == nil && len(p.Message) > 0 {
		return p.Message
	}
	return m.Body
}

func showEmbed(e embedded) string {
	return fmt.Sprintf("\n%06x %s\n       %s\n%s\n", e.Color, e.Title, e.URL, e.Description)
}

// showCuts shows the first story of a digest at every step of cut; each step must make it shorter, or as long.
func showCuts(t *testing.T, d digest.Digest) string {
	t.Helper()
	w, err := NewRenderer("en")
	if err != nil {
		t.Fatal(err)
	}
	r := renderer{d: d, t: w.texts.in(d.Lang)}
	var sb strings.Builder
	c, more, last := cut{}, true, 1<<30
	for ; more; c, more = c.deeper(len(r.bullets(d.Stories[0]))) {
		e := r.story(d.Stories[0], c)
		if n := units(e.Description); n > last {
			t.Errorf("%+v made the story longer: %d characters after %d", c, n, last)
		}
		last = units(e.Description)
		fmt.Fprintf(&sb, "%+v\n%s\n\n", c, e.Description)
	}
	return sb.String()
}

// Every message that is rendered, with what Send adds to it, is one that Discord's own description of its API knows.
func TestGoldenAgainstSpec(t *testing.T) {
	spec := spectest.Load(t)
	for file, ar := range readCases(t) {
		_, messages := render(t, decodeDigest(t, ar.Files[0].Data))
		for _, m := range messages {
			body, _, err := prepare(store.Part{Channel: "1", Nonce: "n", Body: m.Body})
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			req, err := http.NewRequest(http.MethodPost, "http://discord.example/api/v10/channels/1/messages", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			if err := spec.Request(req, body); err != nil {
				t.Errorf("%s: %v\n%s", file, err, body)
			}
		}
	}
}
