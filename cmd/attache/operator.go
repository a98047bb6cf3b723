package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"attache/bot"
	"attache/cmd/attache/watch"
	"attache/internal/store"
)

// OperatorConfig says where whoever runs the program is told what is wrong with it.
type OperatorConfig struct {
	Channel string `yaml:"channel"` // a channel's id, or the name of the variable that holds a webhook's address; "" for none
}

// webhook is the name of the variable that holds the webhook's address, "" when there is none.
func (o OperatorConfig) webhook() string {
	if variable.MatchString(o.Channel) {
		return o.Channel
	}
	return ""
}

// check says what is wrong with the section. What stands in it is not repeated: it may be a webhook's address, which is a secret.
func (o OperatorConfig) check(models []ModelConfig) (problems []string) {
	name := o.webhook()
	if name == "" && strings.Trim(o.Channel, "0123456789") != "" {
		return []string{"operator.channel is neither a channel's id, such as 1190000000000000001, nor the name of the environment variable that holds a webhook's address, such as OPERATOR_WEBHOOK; the address itself is a secret and does not stand here"}
	}
	taken := name == "DISCORD_TOKEN"
	for _, m := range models {
		taken = taken || name != "" && name == m.Key
	}
	if taken {
		problems = append(problems, fmt.Sprintf("operator.channel names %s, which holds something else; name a variable of its own, such as OPERATOR_WEBHOOK", name))
	}
	return problems
}

// openWebhook reads the address of the operator's webhook from the environment; nil when a channel or nobody is told.
func openWebhook(c Config) (*bot.Webhook, error) {
	name := c.Operator.webhook()
	if name == "" {
		return nil, nil
	}
	address, err := secret(name)
	if err != nil {
		return nil, err
	}
	if address == "" {
		return nil, say("operator.channel names %s, which is not set. Set it, or %s_FILE to a file, to the address of a webhook.", name, name)
	}
	if os.Getenv(clockVar) != "" && !loopbackURL(address) {
		return nil, say("%s works only when every endpoint is on this machine, and the webhook in %s is not.", clockVar, name)
	}
	w, err := bot.NewWebhook(address, bot.Options{Version: version()})
	if err != nil {
		return nil, say("What %s holds cannot be used: %v.", name, err)
	}
	return w, nil
}

// openWatch makes the watch over the process: it is wired last, over all that is there.
func (a *app) openWatch() error {
	hook, err := openWebhook(a.cfg)
	if err != nil {
		return err
	}
	o := watch.Options{Shared: a.db.Shared(), Token: a.bot.TokenRefused, Left: a.left, Signs: a.signs, Now: a.now}
	if o.Shared {
		o.Member = a.member
	} else {
		o.Path = strings.TrimPrefix(a.cfg.storeURL(), "sqlite:")
	}
	if len(a.cfg.Models) > 0 {
		o.Budget = func(ctx context.Context) (store.UsageReport, error) { return a.ledger.Report(ctx, "") }
	}
	if a.roles.has(gatewayRole) {
		o.Gateway = a.gateway
	}
	switch channel := a.cfg.Operator.Channel; {
	case hook != nil:
		o.Tell = func(ctx context.Context, _, words string) error { return hook.Notify(ctx, words) }
	case channel != "":
		o.Tell = func(ctx context.Context, key, words string) error { return a.bot.Notify(ctx, channel, key, words) }
	}
	a.watch = watch.New(a.log, a.db, o)
	return nil
}

// left names the models whose endpoints are left alone because they fail.
func (a *app) left() (names []string) {
	for _, c := range a.clients {
		if c.Left() {
			names = append(names, c.Endpoint().Name)
		}
	}
	return names
}

// checkOperator says where notices go, after asking Discord whether it knows the place.
func checkOperator(ctx context.Context, cfg Config, token string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	hook, err := openWebhook(cfg)
	switch channel := cfg.Operator.Channel; {
	case err != nil:
		return "", err
	case hook != nil:
		name, err := hook.Check(ctx)
		return "alerts go to the webhook " + name, err
	case channel != "":
		b, err := bot.New(slog.New(slog.DiscardHandler), nil, bot.Options{Token: token, APIBase: cfg.Discord.APIBaseURL})
		if err != nil {
			return "", err
		}
		name, err := b.CheckNotify(ctx, channel)
		return "alerts go to the channel " + name, err
	}
	return "alerts go to the log alone; operator.channel names a channel", nil
}
