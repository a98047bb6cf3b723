package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"attache/internal/e2e/process"
)

const token = process.Token

const (
	guild   = "1180000000000000001"
	channel = "1190000000000000001"
)

// A program is the binary with a folder to run in.
type program struct {
	t testing.TB
	process.Program
	http string // host:port of /healthz and /metrics
}

var binary struct {
	once sync.Once
	path string
	err  error
}

// build makes the binary once for all tests.
func build(t testing.TB) string {
	t.Helper()
	binary.once.Do(func() {
		dir, err := os.MkdirTemp("", "attache-e2e-")
		if err != nil {
			binary.err = err
			return
		}
		binary.path, binary.err = process.Build(context.Background(), dir)
	})
	if binary.err != nil {
		t.Fatal(binary.err)
	}
	return binary.path
}

// newProgram writes a configuration for a Discord at api and sources at the given addresses.
func newProgram(t testing.TB, api string, allow ...string) *program {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") // a free port; taken again at once
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, Program: process.Program{Bin: build(t), Dir: t.TempDir()}, http: l.Addr().String()}
	l.Close()
	config := fmt.Sprintf(`store:
  url: sqlite:attache.db
discord:
  api_base_url: %s
sources:
  interval: 1s
  host_gap: 0s
  allow_private: ["%s"]
http:
  listen: %s
`, api, strings.Join(allow, `", "`), p.http)
	if err := os.WriteFile(filepath.Join(p.Dir, "config.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// do runs a command that must succeed and returns what it printed.
func (p *program) do(at time.Time, args ...string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Minute)
	defer cancel()
	out, err := p.Command(ctx, at, args...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("attache %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	p.clean(out)
	return string(out)
}

// clean fails when output shows a secret, a panic or a race.
func (p *program) clean(out []byte) {
	p.t.Helper()
	if err := process.Unclean(out); err != nil {
		p.t.Errorf("%v:\n%s", err, out)
	}
}

// A running is `attache run`.
type running struct {
	p *program
	*process.Running
}

// run starts `attache run` with a clock that starts at the given time.
func (p *program) run(at time.Time) *running {
	p.t.Helper()
	r, err := p.Run(at)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = r.Kill() }) // ended already where the test passed
	return &running{p, r}
}

// until waits for a condition of a running program, and fails with its output when it ends or takes too long.
func (r *running) until(what string, ok func() bool) {
	r.p.t.Helper()
	limit := time.NewTimer(2 * time.Minute)
	defer limit.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-r.Done():
			r.p.t.Fatalf("waiting for %s: the program ended: %v\n%s", what, r.Err(), r.Output())
		case <-limit.C:
			r.p.t.Fatalf("waiting for %s: nothing came of it\n%s", what, r.Output())
		case <-tick.C:
		}
	}
}

// kill is kill -9.
func (r *running) kill() {
	r.p.t.Helper()
	if err := r.Kill(); err != nil {
		r.p.t.Fatal(err)
	}
	r.p.clean(r.Output())
}

// stop is SIGTERM; the program must end by itself, with exit code 0.
func (r *running) stop() {
	r.p.t.Helper()
	if err := r.Stop(); err != nil {
		r.p.t.Errorf("ended with %v\n%s", err, r.Output())
	}
	r.p.clean(r.Output())
}

// metric reads one value of /metrics, -1 when it is not there.
func (p *program) metric(name string) float64 {
	ctx, cancel := context.WithTimeout(p.t.Context(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.http+"/metrics", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return -1
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(resp.Body); err != nil {
		return -1
	}
	for line := range strings.Lines(b.String()) {
		var v float64
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			if _, err := fmt.Sscanf(rest, "%g", &v); err == nil {
				return v
			}
		}
	}
	return -1
}
