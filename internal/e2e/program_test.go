package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// token is an obvious fake; it must never show up in output.
const token = "fake.token.marker-8842"

const (
	guild   = "1180000000000000001"
	channel = "1190000000000000001"
)

// A program is the binary with a folder to run in.
type program struct {
	t    *testing.T
	bin  string
	dir  string
	http string // host:port of /healthz and /metrics
}

var binary struct {
	once sync.Once
	path string
	err  error
}

// build makes the binary once for all tests.
func build(t *testing.T) string {
	t.Helper()
	binary.once.Do(func() {
		dir, err := os.MkdirTemp("", "attache-e2e-")
		if err != nil {
			binary.err = err
			return
		}
		binary.path = filepath.Join(dir, "attache")
		out, err := exec.Command("go", "build", "-o", binary.path, "attache/cmd/attache").CombinedOutput()
		if err != nil {
			binary.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if binary.err != nil {
		t.Fatal(binary.err)
	}
	return binary.path
}

// newProgram writes a configuration for a Discord at api and sources at the given addresses.
func newProgram(t *testing.T, api string, allow ...string) *program {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") // a free port; taken again at once
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, bin: build(t), dir: t.TempDir(), http: l.Addr().String()}
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
	if err := os.WriteFile(filepath.Join(p.dir, "config.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// command is the binary with the program's folder, its token and a clock that starts at the given time.
func (p *program) command(ctx context.Context, at time.Time, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, p.bin, args...)
	c.Dir = p.dir
	c.Env = append(os.Environ(), "DISCORD_TOKEN="+token, "ATTACHE_TEST_CLOCK="+at.Format(time.RFC3339))
	return c
}

// do runs a command that must succeed and returns what it printed.
func (p *program) do(at time.Time, args ...string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Minute)
	defer cancel()
	out, err := p.command(ctx, at, args...).CombinedOutput()
	if err != nil {
		p.t.Fatalf("attache %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	p.clean(out)
	return string(out)
}

// clean fails when output shows a secret, a panic or a race.
func (p *program) clean(out []byte) {
	p.t.Helper()
	for _, bad := range []string{"marker-8842", "panic:", "DATA RACE", "goroutine "} {
		if bytes.Contains(out, []byte(bad)) {
			p.t.Errorf("output holds %q:\n%s", bad, out)
		}
	}
}

// A running is `attache run`.
type running struct {
	p    *program
	cmd  *exec.Cmd
	out  *output
	done chan error
}

// An output collects what a process writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) bytes() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.b.Bytes())
}

// run starts `attache run` with a clock that starts at the given time.
func (p *program) run(at time.Time) *running {
	p.t.Helper()
	r := &running{p: p, cmd: p.command(context.Background(), at, "run", "-c", "config.yaml"), out: &output{}, done: make(chan error, 1)}
	r.cmd.Stdout, r.cmd.Stderr = r.out, r.out
	if err := r.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() { r.done <- r.cmd.Wait() }()
	p.t.Cleanup(func() { _ = r.cmd.Process.Kill() }) // ended already where the test passed
	return r
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
		case err := <-r.done:
			r.p.t.Fatalf("waiting for %s: the program ended: %v\n%s", what, err, r.out.bytes())
		case <-limit.C:
			r.p.t.Fatalf("waiting for %s: nothing came of it\n%s", what, r.out.bytes())
		case <-tick.C:
		}
	}
}

// kill is kill -9.
func (r *running) kill() {
	r.p.t.Helper()
	if err := r.cmd.Process.Kill(); err != nil {
		r.p.t.Fatal(err)
	}
	<-r.done
	r.p.clean(r.out.bytes())
}

// stop is SIGTERM; the program must end by itself, with exit code 0.
func (r *running) stop() {
	r.p.t.Helper()
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		r.p.t.Fatal(err)
	}
	select {
	case err := <-r.done:
		if err != nil {
			r.p.t.Errorf("ended with %v\n%s", err, r.out.bytes())
		}
	case <-time.After(30 * time.Second):
		r.p.t.Errorf("did not end\n%s", r.out.bytes())
	}
	r.p.clean(r.out.bytes())
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
