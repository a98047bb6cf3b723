package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"attache/bot"
	"attache/internal/store"
	"attache/summarize/model"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
)

func newCheck(t terminal) *cobra.Command {
	var path string
	c := &cobra.Command{
		Use: "check", Short: "Check the configuration, the database, the token, every model and every source", Args: cobra.NoArgs,
		Long: `Check everything that attache run needs, a line each: "ok" or "FAIL", what, and what to do.
Each model is asked twice, once with a prompt that fills its window, which costs what that costs.
It works beside a running bot and changes nothing but the database's schema and what models used. Exit code 1 when something is wrong.`,
		RunE: func(c *cobra.Command, _ []string) error {
			r := report{t: t, color: colorful(t.out)}
			r.all(c.Context(), path)
			if r.failed {
				return errFailed
			}
			return nil
		},
	}
	configFlag(c, &path)
	return c
}

// A report prints a line for each thing that was checked.
type report struct {
	t      terminal
	color  bool
	failed bool
}

func (r *report) line(what string, err error, detail string) {
	mark, text := paint(r.color, green, "ok  "), detail
	if err != nil {
		r.failed = true
		mark, text = paint(r.color, red, "FAIL"), sentence(err)
	}
	fmt.Fprintf(r.t.out, "%s  %-10s %s\n", mark, what, text)
}

func (r *report) all(ctx context.Context, path string) {
	cfg, err := loadConfig(path)
	if err == nil {
		_, err = cfg.find()
	}
	r.line("config", err, path)
	if err != nil {
		return
	}
	now, err := clock(cfg)
	if err != nil {
		r.line("clock", err, "")
		return
	}
	token, err := secret("DISCORD_TOKEN")
	if err == nil && token == "" {
		err = say("There is no token. Set DISCORD_TOKEN or DISCORD_TOKEN_FILE.")
	}
	name := ""
	if err == nil {
		name, err = checkToken(ctx, cfg, token)
	}
	r.line("token", err, "Discord knows it as "+name)

	said, err := checkOperator(ctx, cfg, token)
	r.line("operator", err, said)

	db, err := openStore(ctx, cfg, slog.New(slog.DiscardHandler), now, false)
	if err == nil {
		defer db.Close()
		err = db.Ping(ctx)
	}
	if err != nil {
		r.line("store", err, "")
		return
	}
	v, err := db.Version(ctx)
	r.line("store", err, fmt.Sprintf("%s, schema %d", cfg.storeShown(), v))

	r.models(ctx, cfg, db)

	srcs, err := db.Read().Sources(ctx)
	if err != nil {
		r.line("sources", err, "")
		return
	}
	client, err := openClient(cfg, now, db)
	if err != nil {
		r.line("sources", err, "")
		return
	}
	if len(srcs) == 0 {
		r.line("sources", nil, "none yet; add one with `attache source add URL`")
	}
	type result struct {
		err    error
		detail string
	}
	results := make([]result, len(srcs))
	var group errgroup.Group
	group.SetLimit(cfg.Sources.Workers)
	for i, s := range srcs {
		if s.Blocked {
			results[i].detail = "blocked: it is not read"
			continue
		}
		group.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, 2*cfg.Sources.Timeout)
			defer cancel()
			f, err := client.Try(ctx, s.URL)
			results[i] = result{err, fmt.Sprintf("%s (%d entries)", f.Title, f.Entries)}
			return nil
		})
	}
	_ = group.Wait() // results hold the errors
	for i, s := range srcs {
		if results[i].err != nil {
			results[i].err = say("%s: %s", shown(s), sentence(results[i].err))
		}
		r.line(fmt.Sprintf("source %d", s.ID), results[i].err, results[i].detail)
	}
}

// models asks each model a canary, all at once, and prints a line for each. What they cost is booked like every call.
func (r *report) models(ctx context.Context, cfg Config, db *store.DB) {
	ledger := db.Ledger(cfg.Budgets.caps())
	type result struct {
		err    error
		detail string
	}
	results := make([]result, len(cfg.Models))
	var group errgroup.Group
	for i, m := range cfg.Models {
		group.Go(func() error {
			e, err := m.endpoint()
			if err != nil {
				results[i].err = err
				return nil
			}
			said, err := model.New(slog.New(slog.DiscardHandler), e, ledger, model.Options{}).Canary(ctx, model.Payer{}, true)
			if err != nil {
				results[i].err = say("%s", strings.TrimSuffix(err.Error(), ".")+".")
				return nil
			}
			results[i].detail = fmt.Sprintf("%s answers as it should and sees a prompt of %d tokens (%s, $%.4f)",
				m.Name, said.Window, said.Took.Round(100*time.Millisecond), float64(said.Usage.Cost)/1e6)
			return nil
		})
	}
	_ = group.Wait() // results hold the errors
	for i, res := range results {
		r.line(fmt.Sprintf("model %d", i+1), res.err, res.detail)
	}
}

// checkToken asks Discord whose token it is.
func checkToken(ctx context.Context, cfg Config, token string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	b, err := bot.New(slog.New(slog.DiscardHandler), nil, bot.Options{Token: token, APIBase: cfg.Discord.APIBaseURL})
	if err != nil {
		return "", err
	}
	return b.Check(ctx)
}
