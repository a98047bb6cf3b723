package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"attache/internal/store"

	"github.com/spf13/cobra"
)

// An opened is what a terminal command works on: the configuration and the database, beside a running bot.
type opened struct {
	cfg Config
	now func() time.Time
	db  *store.DB
}

// open reads the configuration and opens its database.
func open(ctx context.Context, path string) (*opened, error) {
	cfg, err := configOrDefaults(path)
	if err != nil {
		return nil, err
	}
	now, err := clock(cfg)
	if err != nil {
		return nil, err
	}
	db, err := openStore(ctx, cfg, slog.New(slog.DiscardHandler), now, false)
	if err != nil {
		return nil, err
	}
	return &opened{cfg, now, db}, nil
}

// onGuild makes the RunE of a command about one server: the database is open while f runs, and guild is the one that the
// flag named, or the only one there is.
func onGuild(path, flag *string, f func(ctx context.Context, o *opened, guild string, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		o, err := open(c.Context(), *path)
		if err != nil {
			return err
		}
		defer o.db.Close()
		g, err := o.guild(c.Context(), *flag)
		if err != nil {
			return err
		}
		return f(c.Context(), o, g, args)
	}
}

// remove takes away what a person at the terminal named by its id, and notes that for the server's managers. what is its
// name in sentences and in commands.
func (o *opened) remove(ctx context.Context, t terminal, guild, what, arg string, take func(q *store.Q, id int64) error) error {
	id, err := strconv.ParseInt(arg, 10, 64)
	if err != nil {
		return say("%q is no id of a %[2]s; `attache %[2]s list` shows the ids.", arg, what)
	}
	err = o.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		if err := take(q, id); err != nil {
			return err
		}
		return q.Audit(ctx, guild, "terminal", what+" remove", arg)
	})
	if isNotFound(err) {
		return say("This server has no %[1]s %[2]d; `attache %[1]s list` shows the ids.", what, id)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s %d is removed.\n", strings.ToUpper(what[:1])+what[1:], id)
	return nil
}

// guild returns the server a command is about: the one that was named, else the only one there is.
func (o *opened) guild(ctx context.Context, named string) (string, error) {
	if named != "" {
		for _, c := range named {
			if c < '0' || c > '9' {
				return "", say("--guild is %q; a Discord server's id is a number, such as 1180000000000000001 (Discord: developer mode, right click, Copy Server ID).", named)
			}
		}
		err := o.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
			gs, err := q.Guilds(ctx)
			if err != nil {
				return err
			}
			for _, g := range gs {
				if g.ID == named {
					return nil
				}
			}
			return q.SaveGuild(ctx, store.Guild{ID: named, Joined: o.now()})
		})
		return named, err
	}
	gs, err := o.db.Read().Guilds(ctx)
	if err != nil {
		return "", err
	}
	switch len(gs) {
	case 0:
		return "", say("No Discord server is known yet. Name yours with --guild ID, or start `attache run` and invite the bot first.")
	case 1:
		return gs[0].ID, nil
	}
	list := ""
	for _, g := range gs {
		list += fmt.Sprintf("\n  --guild %s   %s", g.ID, g.Name)
	}
	return "", say("There are %d servers; say which one is meant:%s", len(gs), list)
}

// configOrDefaults reads a configuration file; the usual one may be missing.
func configOrDefaults(path string) (Config, error) {
	cfg, err := loadConfig(path)
	if err != nil && path == "config.yaml" {
		if _, serr := os.Stat(path); errors.Is(serr, fs.ErrNotExist) {
			return defaults(), nil
		}
	}
	return cfg, err
}
