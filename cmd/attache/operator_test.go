package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"attache/internal/fakediscord"
)

const hookSecret = "fake-webhook-secret-7731"

// Where the operator is told is an id or the name of a variable; an address that was put there instead is not repeated.
func TestOperatorConfig(t *testing.T) {
	for _, ok := range []string{"", "1190000000000000001", "OPERATOR_WEBHOOK"} {
		if p := (OperatorConfig{ok}).check(nil); len(p) != 0 {
			t.Errorf("%q: %q", ok, p)
		}
	}
	for wrong, says := range map[string]string{
		"#general": "nor the name of the environment variable", "https://discord.com/api/webhooks/118/" + hookSecret: "is a secret",
		"operator_webhook": "OPERATOR_WEBHOOK", "DISCORD_TOKEN": "holds something else", "MODEL_KEY": "holds something else",
	} {
		p := (OperatorConfig{wrong}).check([]ModelConfig{{}, {Key: "MODEL_KEY"}})
		if len(p) != 1 || !strings.Contains(p[0], says) || strings.Contains(p[0], hookSecret) {
			t.Errorf("%q: %q", wrong, p)
		}
	}
}

// An alert goes to the webhook that the environment names, and its address to no log.
func TestOperatorWebhook(t *testing.T) {
	var status atomic.Int32
	status.Store(http.StatusOK)
	bodies := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "" {
			t.Error("the webhook was sent a token")
		}
		if r.Method == http.MethodPost {
			bodies <- string(b)
		}
		w.WriteHeader(int(status.Load()))
		_, _ = io.WriteString(w, `{"id":"1","name":"night","message":"`+hookSecret+`"}`)
	}))
	defer hook.Close()
	file := filepath.Join(t.TempDir(), "hook")
	if err := os.WriteFile(file, []byte(hook.URL+"/api/webhooks/1180000000000000009/"+hookSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := defaults()
	cfg.Operator.Channel = "OPERATOR_WEBHOOK"
	if _, err := openWebhook(cfg); err == nil || !strings.Contains(sentence(err), "OPERATOR_WEBHOOK_FILE") {
		t.Errorf("a variable that is not set: %v", err)
	}
	t.Setenv("OPERATOR_WEBHOOK", "https://example.org/"+hookSecret)
	if _, err := openWebhook(cfg); err == nil || strings.Contains(err.Error(), hookSecret) || !strings.Contains(sentence(err), "Integrations") {
		t.Errorf("no webhook's address: %v", err)
	}
	t.Setenv("OPERATOR_WEBHOOK_FILE", file)

	var log bytes.Buffer
	a := testApp(t, cfg, newLogger(&log, cfg))
	a.watch.Ended(t.Context(), errors.New("discord refused @everyone"))
	a.watch.Ended(t.Context(), errors.New("discord refused @everyone"))
	if body := <-bodies; !strings.Contains(body, "gateway refuses the bot") || strings.Contains(body, "@everyone") || !strings.Contains(body, `"parse":[]`) || len(bodies) != 0 {
		t.Errorf("told %s, and %d more", body, len(bodies))
	}
	said, err := checkOperator(t.Context(), cfg, "fake.token.for-tests")
	if err != nil || said != "alerts go to the webhook night" {
		t.Errorf("check: %q, %v", said, err)
	}
	status.Store(http.StatusNotFound)
	if _, err := checkOperator(t.Context(), cfg, "fake.token.for-tests"); err == nil || !strings.Contains(err.Error(), "make a new one") || strings.Contains(err.Error(), hookSecret) {
		t.Errorf("check of one that is gone: %v", err)
	}
	a.log.Warn("as a library may print it", "url", hook.URL+"/api/webhooks/1180000000000000009/"+hookSecret, "token", hookSecret)
	if s := log.String(); strings.Contains(s, hookSecret) || !strings.Contains(s, "as a library") {
		t.Errorf("the log shows the address:\n%s", s)
	}
	t.Setenv(clockVar, "2025-02-27T08:00:00Z")
	if _, err := openWebhook(cfg); err != nil {
		t.Errorf("a webhook on this machine, with a shifted clock: %v", err)
	}
	t.Setenv("OPERATOR_WEBHOOK_FILE", "")
	t.Setenv("OPERATOR_WEBHOOK", "https://discord.com/api/webhooks/118/"+hookSecret)
	if _, err := openWebhook(cfg); err == nil || strings.Contains(err.Error(), hookSecret) {
		t.Errorf("a real webhook, with a shifted clock: %v", err)
	}
}

// An alert goes to the channel that is named, by the bot itself.
func TestOperatorChannel(t *testing.T) {
	const channel, closed = "1190000000000000001", "1190000000000000002"
	fake := fakediscord.New(fakediscord.Options{Token: "fake.token.for-tests", Guilds: []fakediscord.Guild{{ID: "1180000000000000001", Name: "Room",
		Channels: []fakediscord.Channel{{ID: channel, Name: "night"}, {ID: closed, Name: "cabinet", Hidden: true}}}}})
	base, err := fake.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer fake.Close()
	cfg := defaults()
	cfg.Discord.APIBaseURL, cfg.Operator.Channel = base, channel
	a := testApp(t, cfg, slog.New(slog.DiscardHandler))
	fake.RefuseGateway(4014) // the program ends by it
	if err := a.run(t.Context()); err == nil {
		t.Error("without a gateway it went on")
	}
	if ms := fake.Messages(channel); len(ms) != 1 || !strings.Contains(string(ms[0].Body), "refused the gateway intents") {
		t.Errorf("%d messages", len(ms))
	}
	if said, err := checkOperator(t.Context(), cfg, "fake.token.for-tests"); err != nil || said != "alerts go to the channel night" {
		t.Errorf("check: %q, %v", said, err)
	}
	for _, id := range []string{closed, "1190000000000000003"} {
		cfg.Operator.Channel = id
		if _, err := checkOperator(t.Context(), cfg, "fake.token.for-tests"); err == nil || !strings.Contains(err.Error(), "cannot see channel "+id) {
			t.Errorf("check of %s: %v", id, err)
		}
	}
}

// What Discord refuses after it was open does not end a process that makes digests; the metrics say that it is refused.
func TestRefusedGateway(t *testing.T) {
	fake := fakediscord.New(fakediscord.Options{Token: "fake.token.for-tests"})
	base, err := fake.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer fake.Close()
	cfg := defaults()
	cfg.Discord.APIBaseURL = base
	a := testApp(t, cfg, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- a.run(ctx) }()
	until := func(what string, ok func() bool) {
		t.Helper()
		limit := time.NewTimer(time.Minute)
		defer limit.Stop()
		for !ok() {
			select {
			case err := <-ended:
				t.Fatalf("waiting for %s: it ended: %v", what, err)
			case <-limit.C:
				t.Fatalf("waiting for %s: nothing came of it: %+v", what, a.gateway())
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
	until("an open gateway", func() bool { return a.gateway().Ready == 1 })
	fake.RefuseGateway(4014) // the next connection
	fake.DropConnections()
	until("its refusal", func() bool { return a.gateway().Refused != "" })
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}
