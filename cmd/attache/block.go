package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"attache/bot"
	"attache/internal/digest"
	"attache/internal/store"

	"github.com/spf13/cobra"
)

func newSourceBlock(t terminal, path *string) *cobra.Command {
	var reason string
	var host bool
	c := &cobra.Command{
		Use: "block URL|ID", Short: "Keep a source out for every server, and show its articles no more (takedown)", Args: cobra.ExactArgs(1),
		Long: `Nothing is read from there again and nobody can add it. Its articles stay stored and are shown to
nobody: not in search, stories, briefs, digests and quotes. Digests of the last 14 days that showed them are
changed in Discord and for their buttons; older ones are emptied, and stay in Discord as they are. Whoever manages a server that reads it
sees that it is blocked, and the reason. Blocking again changes the reason.`,
		Example: "  attache source block https://news.example/feed --reason 'the publisher asked for it'\n  attache source block news.example --host",
		RunE: onDatabase(path, func(ctx context.Context, o *opened, args []string) error {
			return o.blockSource(ctx, t, args[0], host, reason)
		}),
	}
	c.Flags().BoolVar(&host, "host", false, "block the whole host of the address, and every host below it")
	c.Flags().StringVar(&reason, "reason", "", "why, for the managers of servers that read it")
	return c
}

func newSourceUnblock(t terminal, path *string) *cobra.Command {
	var host bool
	c := &cobra.Command{
		Use: "unblock URL|ID", Short: "Read a source again, and show its articles", Args: cobra.ExactArgs(1),
		RunE: onDatabase(path, func(ctx context.Context, o *opened, args []string) error {
			return o.unblockSource(ctx, t, args[0], host)
		}),
	}
	c.Flags().BoolVar(&host, "host", false, "lift the block of the whole host")
	return c
}

// onDatabase makes the RunE of a command about the whole installation: the database is open while f runs.
func onDatabase(path *string, f func(ctx context.Context, o *opened, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		o, err := open(c.Context(), *path)
		if err != nil {
			return err
		}
		defer o.db.Close()
		return f(c.Context(), o, args)
	}
}

// address is the URL that a person named, by itself or by the id of its source.
func address(ctx context.Context, q *store.Q, arg string) (string, error) {
	id, err := strconv.ParseInt(arg, 10, 64)
	if err != nil {
		if !strings.Contains(arg, ".") && !strings.Contains(arg, "//") {
			return "", say("%q is neither an address nor the id of a source; `attache source list` shows the ids.", arg)
		}
		return arg, nil
	}
	src, err := q.Source(ctx, id)
	if isNotFound(err) {
		return "", say("There is no source %d; `attache source list` shows the ids.", id)
	}
	return src.URL, err
}

func (o *opened) blockSource(ctx context.Context, t terminal, arg string, host bool, reason string) error {
	writer, err := bot.NewRenderer(o.cfg.Digest.Language)
	if err != nil {
		return err
	}
	var b store.BlockedSource
	var done digest.Withdrawn
	err = o.db.InTx(ctx, func(q *store.Q, jobs store.Jobs) error {
		url, err := address(ctx, q, arg)
		if err != nil {
			return err
		}
		articles, err := q.ArticlesUnder(ctx, url, host)
		if err != nil {
			return err
		}
		// Before the block, which empties every digest that still shows one of them.
		if done, err = digest.WithdrawIn(ctx, q, jobs, writer, o.now(), articles, "source blocked"); err != nil {
			return err
		}
		b, err = q.BlockSource(ctx, url, host, reason)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s is blocked. Sources that this stops: %d, read in servers: %d. Stored digests that showed their articles: %d.\n", b.Shown, b.Sources, b.Guilds, done.Changed+b.Withdrawn)
	if done.Changed > 0 {
		fmt.Fprintf(t.out, "Posted digests that are changed in Discord, as soon as `attache run` is running: %d.\n", done.Changed)
	}
	if b.Withdrawn > 0 {
		fmt.Fprintf(t.out, "Digests that were emptied and are not changed in Discord: %d; delete there what was posted of them if you must.\n", b.Withdrawn)
	}
	return nil
}

func (o *opened) unblockSource(ctx context.Context, t terminal, arg string, host bool) error {
	err := o.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		url, err := address(ctx, q, arg)
		if err == nil {
			err = q.UnblockSource(ctx, url, host)
		}
		return err
	})
	if isNotFound(err) {
		return say("That is not blocked; `attache guild list` shows what is. A host is unblocked with --host, an address without.")
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(t.out, "It is no longer blocked. It is read again as soon as `attache run` is running, unless another block covers it.")
	return nil
}
