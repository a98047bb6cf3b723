package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"attache/internal/e2e/process"
	"attache/internal/fakediscord/spectest"
)

// A posted is what readers see of a message that was sent to Discord.
type posted struct {
	Content string `json:"content"`
	Embeds  []struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	} `json:"embeds"`
	Nonce string `json:"nonce"`
}

// demo is `attache demo` with a temporary folder of the test's own.
func demo(t *testing.T, ctx context.Context, args ...string) (c *exec.Cmd, out, errs *process.Output) {
	t.Helper()
	c = exec.CommandContext(ctx, build(t), append([]string{"demo"}, args...)...)
	c.Dir = t.TempDir()
	c.Env = append(os.Environ(), "TMPDIR="+t.TempDir(), "DISCORD_TOKEN=")
	out, errs = &process.Output{}, &process.Output{}
	c.Stdout, c.Stderr = out, errs
	return c, out, errs
}

// demo --once --json prints the digest as it was sent, a JSON object a line, and nothing else; progress stands on standard error.
func TestDemoOnce(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c, out, errs := demo(t, ctx, "--once", "--json")
	if err := c.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errs.Bytes())
	}
	spec := spectest.Load(t)
	stories, quotes := 0, 0
	for line := range bytes.Lines(out.Bytes()) {
		var m posted
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("standard output holds %q: %v", line, err)
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/api/v10/channels/1190000000000000001/messages", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if err := spec.Request(r, line); err != nil {
			t.Errorf("Discord would refuse: %v", err)
		}
		stories += len(m.Embeds)
		for _, e := range m.Embeds {
			quotes += strings.Count(e.Description, "> — ")
			if !strings.Contains(e.Description, "#:~:text=") {
				t.Errorf("no line of %q links to its sentence:\n%s", e.Title, e.Description)
			}
		}
	}
	if stories != 5 || quotes < 3 {
		t.Errorf("%d stories, %d quotes:\n%s", stories, quotes, out.Bytes())
	}
	for _, want := range []string{"finding the feeds: 6 of 6", "reading the sources"} {
		if !bytes.Contains(errs.Bytes(), []byte(want)) {
			t.Errorf("standard error lacks %q:\n%s", want, errs.Bytes())
		}
	}
	if bytes.Contains(errs.Bytes(), []byte("level=")) || bytes.Contains(errs.Bytes(), []byte("\x1b[")) {
		t.Errorf("standard error holds warnings or colours:\n%s", errs.Bytes())
	}
}

// Without --once the demo stays: a sample that is added is in the next digest, what was read before is not, and an
// interrupt ends it cleanly.
func TestDemoStays(t *testing.T) {
	keep := filepath.Join(t.TempDir(), "kept")
	c, out, errs := demo(t, context.Background(), "--keep", keep)
	started, err := process.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{&program{t: t}, started}
	t.Cleanup(func() { _ = r.Kill() }) // ended already where the test passed
	r.until("the first digest", func() bool { return bytes.Contains(errs.Bytes(), []byte("the next digest follows")) })
	first := len(out.Bytes())
	if bytes.Contains(out.Bytes(), []byte("lighthouse")) {
		t.Fatal("the news is known before it was written")
	}
	sample := "title: Two states share the cost of a lighthouse on the Strait of Otranto\nage: 1m\n\n" +
		"Albania and Italy agreed on {weekday} to share the cost of a new lighthouse on the Strait of Otranto, their ministries said.\n" +
		"“A light does not ask whose ship it is,” said Besa Marku-Leka, the Albanian deputy minister for transport.\n"
	if err := os.WriteFile(filepath.Join(keep, "samples", "courier", "lighthouse.txt"), []byte(sample), 0o644); err != nil {
		t.Fatal(err)
	}
	r.until("the second digest", func() bool {
		return bytes.Contains(out.Bytes()[first:], []byte("A light does not ask whose ship it is"))
	})
	if err := r.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case <-r.Done():
		if err := r.Err(); err != nil {
			t.Errorf("ended with %v\n%s", err, errs.Bytes())
		}
	case <-time.After(30 * time.Second):
		t.Errorf("did not end\n%s", errs.Bytes())
	}
	r.p.clean(errs.Bytes())
}
