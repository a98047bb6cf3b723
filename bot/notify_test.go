package bot

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"attache/internal/digest"
	"attache/internal/fakediscord"
	"attache/internal/fakediscord/spectest"
)

// loud is a notice that would do harm if it were not escaped.
const loud = "@everyone **Posts are late.** <@1> https://evil.example\nLook at <#5>."

// wantPlain fails unless a posted body mentions nobody and shows loud as plain words.
func wantPlain(t *testing.T, body []byte) {
	t.Helper()
	var m struct {
		Content  string                     `json:"content"`
		Mentions map[string]json.RawMessage `json:"allowed_mentions"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	if string(m.Mentions["parse"]) != "[]" || len(m.Mentions) != 1 {
		t.Errorf("allowed_mentions of %s", body)
	}
	if Unescape(m.Content) != loud || strings.Contains(m.Content, "@everyone") || strings.Contains(m.Content, "**P") || strings.Contains(m.Content, "https://") {
		t.Errorf("content is %q", m.Content)
	}
}

func TestNotifyChannel(t *testing.T) {
	s, base := startFake(t, fakediscord.Options{Check: spectest.Checker(t)})
	b := newBot(t, nil, base, quick())
	for range 2 { // the answer was lost: the same key is one message
		if err := b.Notify(t.Context(), textID, "posts 1", loud); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Notify(t.Context(), textID, "posts 2", strings.Repeat("@everyone ", 400)); err != nil {
		t.Fatal(err)
	}
	ms := s.Messages(textID)
	if len(ms) != 2 {
		t.Fatalf("%d messages for two keys", len(ms))
	}
	wantPlain(t, ms[0].Body)
	var refused *digest.Refused
	if err := b.Notify(t.Context(), noPostID, "posts 1", loud); !errors.As(err, &refused) {
		t.Errorf("where the bot may not write: %v", err)
	}
	if err := b.Notify(t.Context(), "general", "posts 1", loud); !errors.As(err, &refused) {
		t.Errorf("to a name: %v", err)
	}
}

// A hook is an HTTP server that stands for Discord's webhooks; its answers are the next of answers, else 200.
type hook struct {
	*httptest.Server
	mu       sync.Mutex
	answers  []int
	requests []*http.Request
	bodies   [][]byte
}

const hookSecret = "fake-webhook-secret-7731"

func newHook(t *testing.T, answers ...int) *hook {
	t.Helper()
	check := spectest.Checker(t)
	h := &hook{answers: answers}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.requests, h.bodies = append(h.requests, r), append(h.bodies, body)
		described := r.Clone(r.Context()) // the description has the version that an address without one means
		described.URL.Path = strings.Replace(r.URL.Path, "/api/", "/api/v10/", 1)
		if err := check(described, body); err != nil {
			t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		}
		status := http.StatusOK
		if len(h.answers) > 0 {
			status, h.answers = h.answers[0], h.answers[1:]
		}
		if status == http.StatusFound {
			w.Header().Set("Location", "http://127.0.0.1:1/")
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"id":"5","name":"night @everyone","message":"the webhook `+hookSecret+` answers","code":1}`)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) address() string { return h.URL + "/api/webhooks/1190000000000000009/" + hookSecret }

// A webhook is sent the notice and nothing else: no token of a bot.
func TestNotifyWebhook(t *testing.T) {
	h := newHook(t)
	w, err := NewWebhook(" "+h.address()+"?thread_id=77\n", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Notify(t.Context(), loud); err != nil {
		t.Fatal(err)
	}
	r := h.requests[0]
	if r.Method != http.MethodPost || r.URL.Path != "/api/webhooks/1190000000000000009/"+hookSecret || r.URL.Query().Get("wait") != "true" || r.URL.Query().Get("thread_id") != "77" {
		t.Errorf("%s %s", r.Method, r.URL)
	}
	if a := r.Header.Get("Authorization"); a != "" || strings.Contains(string(h.bodies[0]), token) {
		t.Errorf("the webhook was sent a token: %q", a)
	}
	wantPlain(t, h.bodies[0])
	if name, err := w.Check(t.Context()); err != nil || name != "night @everyone" {
		t.Errorf("its name is %q, %v", name, err)
	}
}

// Whatever goes wrong with a webhook, its secret is in no error.
func TestNotifyWebhookKeepsItsSecret(t *testing.T) {
	for _, status := range []int{http.StatusFound, http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound, http.StatusTooManyRequests, http.StatusBadGateway} {
		h := newHook(t, status, status)
		w, err := NewWebhook(h.address(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = w.Notify(t.Context(), loud)
		if err == nil || strings.Contains(err.Error(), hookSecret) {
			t.Errorf("%d: %v", status, err)
		}
		if _, err := w.Check(t.Context()); status != http.StatusTooManyRequests && (err == nil || strings.Contains(err.Error(), hookSecret)) {
			t.Errorf("check, %d: %v", status, err)
		}
	}
	gone := newHook(t)
	gone.Close()
	w, err := NewWebhook(gone.address(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Notify(t.Context(), loud); err == nil || strings.Contains(err.Error(), hookSecret) {
		t.Errorf("where nobody listens: %v", err)
	}
	if _, err := w.Check(t.Context()); err == nil || strings.Contains(err.Error(), hookSecret) {
		t.Errorf("check where nobody listens: %v", err)
	}
}

func TestNotifyWebhookAddresses(t *testing.T) {
	for _, address := range []string{
		"https://discord.com/api/webhooks/118/" + hookSecret, "https://ptb.discord.com/api/v10/webhooks/118/" + hookSecret + "/",
		"https://proxy.example/discord/api/webhooks/118/" + hookSecret, "http://127.0.0.1:9/api/webhooks/118/" + hookSecret,
	} {
		w, err := NewWebhook(address, Options{})
		if err != nil || w.Secret() != hookSecret {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{
		"", "118", "discord.com/api/webhooks/118/" + hookSecret, "http://discord.com/api/webhooks/118/" + hookSecret,
		"https://user:pw@discord.com/api/webhooks/118/" + hookSecret, "https://discord.com/api/webhooks/118/",
		"https://discord.com/api/webhooks/118/" + hookSecret + "/github", "https://discord.com/api/webhooks/118/" + hookSecret + "?token=1",
		"https://discord.com/api/webhooks/118/" + hookSecret + "?thread_id=x", "https://discord.com/api/webhooks/x/" + hookSecret,
		"https://discord.com/" + hookSecret, "ftp://discord.com/api/webhooks/118/" + hookSecret,
	} {
		if _, err := NewWebhook(address, Options{}); !errors.Is(err, ErrWebhook) || strings.Contains(err.Error(), hookSecret) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// That the token was revoked is learned from any answer, and that it is known again from the next.
func TestNotifyTokenRefused(t *testing.T) {
	s, b := fresh(t)
	ask := func(f fakediscord.Fault) bool {
		t.Helper()
		f.Method = http.MethodPost
		s.Inject(f)
		if err := b.Notify(t.Context(), textID, "k", loud); err == nil {
			t.Fatal("the fault had no effect")
		}
		return b.rest.refused.Load()
	}
	if b.TokenRefused(t.Context()) || len(s.Requests()) != 0 {
		t.Error("a token that nobody used is refused, or was asked for")
	}
	if ask(fakediscord.Fault{Status: http.StatusUnauthorized, Body: "<html>proxy</html>"}) {
		t.Error("a proxy's page refuses the token")
	}
	if ask(fakediscord.Fault{Status: http.StatusForbidden, Body: `{"code":50001,"message":"Missing Access"}`}) {
		t.Error("a closed channel refuses the token")
	}
	if !ask(fakediscord.Fault{Status: http.StatusUnauthorized, Body: `{"code":0,"message":"401: Unauthorized"}`}) {
		t.Fatal("a refused token is not noticed")
	}
	s.Inject(fakediscord.Fault{Method: http.MethodGet, Status: http.StatusUnauthorized, Body: `{"code":0,"message":"401: Unauthorized"}`})
	if !b.TokenRefused(t.Context()) {
		t.Error("asked again while it is refused, it is not")
	}
	if b.TokenRefused(t.Context()) {
		t.Error("asked again, it is still refused")
	}
}
