package main

import (
	"log/slog"
	"strings"

	"attache/summarize"
	"attache/summarize/model"
)

// models makes the clients of the configured models, in the order in which they are to be tried.
func models(cfg Config, log *slog.Logger, ledger model.Ledger) ([]*model.Client, error) {
	var clients []*model.Client
	for _, m := range cfg.Models {
		e, err := m.endpoint()
		if err != nil {
			return nil, err
		}
		clients = append(clients, model.New(log, e, ledger, model.Options{}))
	}
	return clients, nil
}

// engines are the models of a configuration as writers of briefs, in the order in which they are tried. What they spend is
// booked in the database, under the budgets of the configuration.
func engines(cfg Config, log *slog.Logger, ledger model.Ledger) ([]summarize.Engine, error) {
	clients, err := models(cfg, log, ledger)
	if err != nil {
		return nil, err
	}
	return writersOf(cfg, log, clients), nil
}

func writersOf(cfg Config, log *slog.Logger, clients []*model.Client) []summarize.Engine {
	out := make([]summarize.Engine, len(clients))
	for i, c := range clients {
		out[i] = summarize.NewModel(log, c, cfg.Briefs.Judge)
	}
	return out
}

// endpoint is a model with its key out of the environment.
func (m *ModelConfig) endpoint() (model.Endpoint, error) {
	e := model.Endpoint{
		Name: m.Name, BaseURL: m.BaseURL, Model: m.Model, Context: m.Context, Structured: model.Structured(m.Structured),
		CapField: m.CapField, Temperature: m.Temperature, Timeout: m.Timeout, MaxOutput: m.MaxOutput,
	}
	if m.Price != nil {
		e.Price = model.Price{In: float64(m.Price.Input), Out: float64(m.Price.Output)}
	}
	if m.Key == "" {
		return e, nil
	}
	key, err := secret(m.Key)
	if err != nil {
		return e, err
	}
	if key == "" {
		return e, say("The model %s has no key. Set %s, or %s_FILE to the file that holds it; or write key: \"\" when the endpoint needs none.", m.Name, m.Key, m.Key)
	}
	if strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return e, say("The key of the model %s, in %s, holds a space, a line end or a letter that no key has. Set it anew.", m.Name, m.Key)
	}
	e.Key = model.Secret(key)
	return e, nil
}

// secrets are the values that no log may show, as far as they are set. What cannot be read is told where it is needed.
func (c *Config) secrets() (values []string) {
	names := []string{"DISCORD_TOKEN"}
	if hook, err := openWebhook(*c); err == nil && hook != nil {
		names, values = append(names, c.Operator.webhook()), append(values, hook.Secret())
	}
	for _, m := range c.Models {
		if m.Key != "" {
			names = append(names, m.Key)
		}
	}
	for _, name := range names {
		if v, err := secret(name); err == nil && v != "" {
			values = append(values, v)
		}
	}
	return values
}
