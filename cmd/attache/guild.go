package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"attache/internal/store"

	"github.com/spf13/cobra"
)

func newGuild(t terminal) *cobra.Command {
	var path, reason string
	var yes bool
	c := &cobra.Command{
		Use: "guild", Short: "List, block and forget Discord servers", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	configFlag(c, &path)
	block := &cobra.Command{
		Use: "block ID", Short: "Stop serving a server; what is stored of it stays", Args: cobra.ExactArgs(1),
		Long: `Commands in the server are answered with one sentence, no digest is planned or posted there, and nothing
is read for it alone. What is stored of it stays until ` + "`attache guild forget`" + `; the block outlives that, so
that a new invitation does not lift it. The bot stays in the server until somebody removes it there.`,
		RunE: onDatabase(&path, func(ctx context.Context, o *opened, args []string) error {
			return o.blockGuild(ctx, t, args[0], reason)
		}),
	}
	block.Flags().StringVar(&reason, "reason", "", "why, for `attache guild list`; the server is not told")
	forget := &cobra.Command{
		Use: "forget ID", Short: "Erase everything that is stored of a server, at once and for good", Args: cobra.ExactArgs(1),
		RunE: onDatabase(&path, func(ctx context.Context, o *opened, args []string) error { return o.forgetGuild(ctx, t, args[0], yes) }),
	}
	forget.Flags().BoolVar(&yes, "yes", false, "do not ask")
	c.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the servers, and everything that is blocked", Args: cobra.NoArgs,
			RunE: onDatabase(&path, func(ctx context.Context, o *opened, _ []string) error { return o.listGuilds(ctx, t) }),
		},
		block,
		&cobra.Command{
			Use: "unblock ID", Short: "Serve a server again, from its next digest on", Args: cobra.ExactArgs(1),
			RunE: onDatabase(&path, func(ctx context.Context, o *opened, args []string) error { return o.unblockGuild(ctx, t, args[0]) }),
		},
		forget,
	)
	return c
}

func (o *opened) listGuilds(ctx context.Context, t terminal) error {
	q := o.db.Read()
	gs, err := q.Guilds(ctx)
	if err != nil {
		return err
	}
	blocks, err := q.Blocks(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	if len(gs) == 0 {
		fmt.Fprintln(w, "No Discord server is known yet.")
	} else {
		fmt.Fprintln(w, "ID\tNAME\tJOINED\tLEFT\tSOURCES\tSCHEDULES")
	}
	for _, g := range gs {
		named, err := q.Guild(g.ID).Named(ctx)
		if err != nil {
			return err
		}
		scheds, err := q.Schedules(ctx, g.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\n", g.ID, g.Name, day(g.Joined), day(g.Left), len(named), len(scheds))
	}
	if len(blocks) > 0 {
		fmt.Fprintln(w, "\nBLOCKED\t\tSINCE\tREASON")
	}
	for _, b := range blocks {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", strings.Replace(b.Kind, "guild", "server", 1), b.Shown, day(b.At), b.Reason)
	}
	return w.Flush()
}

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateOnly)
}

// guildID refuses what cannot be a server's id.
func guildID(s string) error {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return say("%q is no id of a Discord server, which is a number; `attache guild list` shows the ids.", s)
	}
	return nil
}

func (o *opened) blockGuild(ctx context.Context, t terminal, id, reason string) error {
	if err := guildID(id); err != nil {
		return err
	}
	known := false
	err := o.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		switch _, err := q.GuildByID(ctx, id); {
		case err == nil:
			known = true
			if err := q.Audit(ctx, id, "terminal", "guild block", ""); err != nil {
				return err
			}
		case !isNotFound(err):
			return err
		}
		return q.BlockGuild(ctx, id, reason)
	})
	if err != nil {
		return err
	}
	if !known {
		fmt.Fprintf(t.out, "Server %s is blocked. It is none that the bot is in; should it be invited there, it will not serve it.\n", id)
		return nil
	}
	fmt.Fprintf(t.out, "Server %s is blocked. What is stored of it stays; `attache guild forget %s` erases it.\n", id, id)
	return nil
}

func (o *opened) unblockGuild(ctx context.Context, t terminal, id string) error {
	err := o.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		if err := q.UnblockGuild(ctx, id); err != nil {
			return err
		}
		_, err := q.GuildByID(ctx, id)
		if isNotFound(err) {
			return nil // nothing of it is stored, and this is no reason to begin
		}
		if err != nil {
			return err
		}
		return q.Audit(ctx, id, "terminal", "guild unblock", "")
	})
	if isNotFound(err) {
		return say("The server %s is not blocked; `attache guild list` shows what is.", id)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "Server %s is served again, from its next digest on.\n", id)
	return nil
}

func (o *opened) forgetGuild(ctx context.Context, t terminal, id string, yes bool) error {
	if err := guildID(id); err != nil {
		return err
	}
	g, err := o.db.Read().GuildByID(ctx, id)
	if isNotFound(err) {
		return say("Nothing is stored of a server %s; `attache guild list` shows those that are known.", id)
	}
	if err != nil {
		return err
	}
	if !yes {
		fmt.Fprintf(t.out, "This erases the sources, schedules, digests, answers and settings of server %s (%s), and cannot be undone.\nType its id to erase it: ", id, g.Name)
		answer, _ := bufio.NewReader(t.in).ReadString('\n') // an end without an answer is a no
		if strings.TrimSpace(answer) != id {
			fmt.Fprintln(t.out)
			return say("Nothing was erased. Type the id when you are asked, or say --yes.")
		}
	}
	if err := o.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error { return q.ForgetGuild(ctx, id) }); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "Everything of server %s is erased. Messages stay in Discord, and backups that you made hold it still.\n", id)
	return nil
}
