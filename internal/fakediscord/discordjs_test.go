package fakediscord_test

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"attache/internal/fakediscord"
	"attache/internal/fakediscord/spectest"
)

// A client that nobody here wrote connects, registers commands, posts, and answers interactions of every kind; it finds
// nothing malformed, and nothing that it sends is refused. ./test installs it where there is npm.
func TestIndependentClient(t *testing.T) {
	dir, err := filepath.Abs("testdata/discordjs")
	if err != nil {
		t.Fatal(err)
	}
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, "node_modules", "discord.js"))
	}
	if err != nil {
		if _, npm := exec.LookPath("npm"); npm == nil && os.Getenv("ATTACHE_CI") == "1" {
			t.Fatalf("discord.js is not installed: %v", err)
		}
		t.Skipf("discord.js is not installed: %v", err)
	}
	s, base := start(t, fakediscord.Options{Check: spectest.Checker(t)})
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	c := exec.CommandContext(ctx, node, "client.mjs")
	c.Dir = dir
	c.Env = append(os.Environ(), "API="+strings.TrimSuffix(base, "/v10"), "TOKEN="+token)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs strings.Builder
	c.Stderr = &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	next := func(what string) map[string]any {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("the client ended: %v\n%s", lines.Err(), &errs)
		}
		var line map[string]any
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil || line["what"] != what {
			t.Fatalf("the client said %s, want %s", lines.Bytes(), what)
		}
		return line
	}
	ready := next("ready")
	if ready["commands"] != 4.0 || ready["embeds"] != 1.0 || len(s.Commands("")) != 4 {
		t.Errorf("%v, %d commands", ready, len(s.Commands("")))
	}
	do := func(in fakediscord.Interaction) *fakediscord.Exchange {
		t.Helper()
		e, err := s.Interact(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	answered := func(e *fakediscord.Exchange, err error, want string) *fakediscord.Exchange {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		call, err := e.Answer(ctx)
		if err != nil {
			lines.Scan()
			t.Fatalf("%v; the client said %s\n%s", err, lines.Bytes(), &errs)
		}
		if !strings.Contains(call.Content+string(call.Body), want) {
			t.Errorf("%s was answered with %q, want %q", e, call.Content+string(call.Body), want)
		}
		if line := next("answered"); line["guild"] != true || line["permissions"] != true {
			t.Errorf("%s: the client saw %v", e, line)
		}
		return e
	}
	quick := answered(do(fakediscord.Interaction{Name: "quick", User: fakediscord.User{Name: "ana"}}), nil, "hello ana")
	pressed, err := s.Press(ctx, quick, "more")
	answered(pressed, err, "more it is")
	answered(do(fakediscord.Interaction{Kind: fakediscord.Autocomplete, Name: "slow", Options: map[string]any{"topic": "fi"}, Focused: "topic"}), nil, "about fi")
	slow := answered(do(fakediscord.Interaction{Name: "slow", Options: map[string]any{"topic": "fish"}}), nil, "on fish")
	if f := slow.FollowUps(); len(f) != 1 || f[0].Content != "and more" {
		t.Errorf("follow-ups %+v", f)
	}
	form := do(fakediscord.Interaction{Name: "form"})
	answered(form, nil, "A question")
	submitted, err := s.Submit(ctx, form, map[string]any{"name": "Berit"})
	answered(submitted, err, "thanks, Berit")
	answered(do(fakediscord.Interaction{Name: "Look at this", Target: ready["message"].(string)}), nil, "it has 1 embed")

	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		t.Errorf("the client said %s", lines.Bytes())
	}
	if err := c.Wait(); err != nil {
		t.Errorf("the client ended with %v\n%s", err, &errs)
	}
	for _, v := range s.Violations() {
		t.Errorf("violation: %s", v)
	}
}
