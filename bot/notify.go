package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"attache/internal/store"
)

// Notify posts a notice for whoever runs the program in a channel: plain words, which mention nobody. key names it: within
// some minutes Discord takes a notice of the same key once. The errors are those of Send.
func (b *Bot) Notify(ctx context.Context, channel, key, words string) error {
	body, err := json.Marshal(notice(words))
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(key))
	_, err = b.Send(ctx, store.Part{Channel: channel, Nonce: hex.EncodeToString(sum[:12]), Body: body})
	return err
}

// notice is a message of plain words, cut to what one holds.
func notice(words string) map[string]any {
	return map[string]any{"content": Clip(EscapeLines(words), contentLimit)}
}

// TokenRefused reports whether Discord does not know the token. It is learned from the answers to other requests; while it
// is so, each call asks again.
func (b *Bot) TokenRefused(ctx context.Context) bool {
	if !b.rest.refused.Load() {
		return false
	}
	var me user
	if err := b.rest.get(ctx, "/users/@me", &me); err != nil {
		b.log.Debug("asked whether the token is known again", "err", err)
	}
	return b.rest.refused.Load()
}

// noteToken learns from an answer whether the token is known. Without Discord's own words it was a proxy that answered.
func (r *rest) noteToken(failure *apiError) {
	switch {
	case failure == nil:
		r.refused.Store(false)
	case failure.Status == http.StatusUnauthorized && failure.Text != "":
		r.refused.Store(true)
	}
}

// A Webhook posts notices where the owner of a channel has made a webhook for them. It needs no bot and no bot's token, and
// is never sent one, so that it can tell of a token that was revoked.
type Webhook struct {
	rest  *rest
	path  string // with the secret
	query string
}

var webhookPath = regexp.MustCompile(`^((?:/[A-Za-z0-9_.-]+)*?/api(?:/v[0-9]+)?)(/webhooks/[0-9]+/([A-Za-z0-9_-]{8,}))/?$`)

// ErrWebhook says that an address is not a webhook's. It does not hold the address, which may be a secret.
var ErrWebhook = errors.New("this is not the address of a webhook, https://discord.com/api/webhooks/ID/TOKEN: copy it in Discord under Edit Channel, Integrations, Webhooks")

// NewWebhook reads the address of a webhook, as Discord shows it; ErrWebhook when it is none. Plain http is taken for this
// machine only.
func NewWebhook(address string, o Options) (*Webhook, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && !(u.Scheme == "http" && near(u.Hostname())) {
		return nil, ErrWebhook
	}
	m := webhookPath.FindStringSubmatch(u.Path)
	if m == nil {
		return nil, ErrWebhook
	}
	query := url.Values{"wait": {"true"}} // the answer comes when the message is there
	for key, values := range u.Query() {
		if key != "thread_id" || len(values) != 1 || !isID(values[0]) {
			return nil, ErrWebhook
		}
		query.Set(key, values[0])
	}
	o.APIBase = u.Scheme + "://" + u.Host + m[1]
	r, err := newREST(m[3], o)
	if err != nil {
		return nil, ErrWebhook
	}
	r.webhook = true
	return &Webhook{rest: r, path: m[2], query: "?" + query.Encode()}, nil
}

// near reports whether a host is this machine.
func near(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// Notify posts a notice. Its errors hold no part of the address but the host. When the answer is lost it is not known
// whether the notice is there: Discord knows no nonce for webhooks.
func (w *Webhook) Notify(ctx context.Context, words string) error {
	message := notice(words)
	mentions, err := onlyRoles(nil)
	if err != nil {
		return err
	}
	message["allowed_mentions"] = mentions
	if reason := brokenRule(message); reason != "" {
		return errors.New(reason)
	}
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	if err := w.rest.do(ctx, http.MethodPost, w.path+w.query, body, nil); err != nil {
		return fmt.Errorf("post to the webhook: %w", err)
	}
	return nil
}

// Check asks Discord for the webhook's name; its error is a sentence for operators.
func (w *Webhook) Check(ctx context.Context) (name string, err error) {
	var hook struct {
		Name string `json:"name"`
	}
	err = w.rest.get(ctx, w.path, &hook)
	var e *apiError
	if errors.As(err, &e) && (e.Status == http.StatusNotFound || e.Status == http.StatusUnauthorized) {
		return "", errors.New("discord does not know the webhook any more: make a new one (Edit Channel, Integrations, Webhooks) and set its address")
	}
	if err != nil {
		return "", w.rest.explain(err)
	}
	return Clip(clean(hook.Name, false), 80), nil
}

// Secret is the part of the address that nobody else may know.
func (w *Webhook) Secret() string { return w.rest.token }

// CheckNotify asks Discord for the name of a channel that notices go to; its error is a sentence for operators.
func (b *Bot) CheckNotify(ctx context.Context, channel string) (name string, err error) {
	var c struct {
		Name string `json:"name"`
	}
	err = b.rest.get(ctx, "/channels/"+channel, &c)
	var e *apiError
	if errors.As(err, &e) && (e.Code == missingAccess || e.Status == http.StatusNotFound && e.Code != 0) {
		return "", fmt.Errorf("the bot cannot see channel %s: give it View Channel and Send Messages there, or name another", channel)
	}
	if err != nil {
		return "", b.rest.explain(err)
	}
	return Clip(clean(c.Name, false), 80), nil
}
