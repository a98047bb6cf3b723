// Package process runs the real program for tests: it builds the binary, starts it in a folder of its own with a shifted
// clock, kills it and stops it. It stores nothing but the binary, and knows nothing of what the program does.
package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Token is the bot's token: an obvious fake, which must never show up in output.
const Token = "fake.token.marker-8842"

// stopLimit is how long a program may take to end when it is told to: its grace is ten seconds.
const stopLimit = 30 * time.Second

// Build makes the binary in dir and returns its path.
func Build(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "attache")
	out, err := exec.CommandContext(ctx, "go", "build", "-o", path, "attache/cmd/attache").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
}

// A Program is the binary with a folder to run in, where its config.yaml lies.
type Program struct {
	Bin string
	Dir string
}

// Command is the binary with the program's folder, its token and a clock that starts at the given time.
func (p Program) Command(ctx context.Context, at time.Time, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, p.Bin, args...)
	c.Dir = p.Dir
	c.Env = append(os.Environ(), "DISCORD_TOKEN="+Token, "ATTACHE_TEST_CLOCK="+at.Format(time.RFC3339Nano))
	return c
}

// Run starts `attache run` with a clock that starts at the given time.
func (p Program) Run(at time.Time) (*Running, error) { return p.RunAs(at, "config.yaml") }

// RunAs starts `attache run` with a configuration of the folder and further flags.
func (p Program) RunAs(at time.Time, config string, flags ...string) (*Running, error) {
	return Start(p.Command(context.Background(), at, append([]string{"run", "-c", config}, flags...)...))
}

// A Running is a program that was started.
type Running struct {
	cmd  *exec.Cmd
	out  *Output
	done chan struct{}
	err  error // of Wait, once done is closed
}

// Start starts c. What it writes, unless c says where to, is kept for Output; so is an Output that c has for its errors.
func Start(c *exec.Cmd) (*Running, error) {
	r := &Running{cmd: c, out: &Output{}, done: make(chan struct{})}
	if o, ok := c.Stderr.(*Output); ok {
		r.out = o
	}
	if c.Stdout == nil {
		c.Stdout = r.out
	}
	if c.Stderr == nil {
		c.Stderr = r.out
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	go func() {
		r.err = c.Wait()
		close(r.done)
	}()
	return r, nil
}

// Done is closed when the program has ended; Err is how, then.
func (r *Running) Done() <-chan struct{} { return r.done }

// Err is how the program ended. Call it after Done.
func (r *Running) Err() error { return r.err }

// Output is what the program has written so far.
func (r *Running) Output() []byte { return r.out.Bytes() }

// Signal sends a signal to the program.
func (r *Running) Signal(s os.Signal) error { return r.cmd.Process.Signal(s) }

// Kill is kill -9. It returns when the process is gone; an error says that it was gone before.
func (r *Running) Kill() error {
	err := r.cmd.Process.Kill()
	<-r.done
	return err
}

// Stop is SIGTERM. An error says that the program did not end by itself within half a minute, or not with exit code 0.
func (r *Running) Stop() error {
	if err := r.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	limit := time.NewTimer(stopLimit)
	defer limit.Stop()
	select {
	case <-r.done:
		return r.err
	case <-limit.C:
		return errors.Join(errors.New("the program did not end"), r.Kill())
	}
}

// Unclean says what output holds that it must not: the token, a panic or a race.
func Unclean(out []byte) error {
	for _, bad := range []string{"marker-8842", "panic:", "DATA RACE", "goroutine "} {
		if bytes.Contains(out, []byte(bad)) {
			return fmt.Errorf("output holds %q", bad)
		}
	}
	return nil
}

// An Output collects what a process writes.
type Output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *Output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

// Bytes is what was written so far.
func (o *Output) Bytes() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.b.Bytes())
}
