package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"attache/internal/digest"
	"attache/internal/store"

	"github.com/spf13/cobra"
)

func newRestore(t terminal) *cobra.Command {
	var path string
	var skip bool
	c := &cobra.Command{
		Use: "restore FILE", Short: "Put a backup in the place of the database; stop the bot first", Args: cobra.MaximumNArgs(1),
		Long: `The backup is checked before anything is changed: that it is whole, that it is one of attache, and that it
is not of a newer version. The database that stood there is kept beside it, with .before-restore- and the
time in its name. Digests that were due before now are skipped, so that none of an old day is posted
again. What is blocked stays blocked; a server that was forgotten since the backup must be forgotten again.

PostgreSQL is restored with pg_restore; this command says how, and with --skip-past does the rest.`,
		RunE: func(c *cobra.Command, args []string) error {
			if (len(args) == 1) == skip {
				return usage{errors.New("attache: name a backup, or say --skip-past for a database that was restored by other means\nUsage: attache restore FILE")}
			}
			cfg, err := configOrDefaults(path)
			if err != nil {
				return err
			}
			if skip {
				return skipPast(c.Context(), t, cfg)
			}
			return restore(c.Context(), t, cfg, args[0])
		},
	}
	configFlag(c, &path)
	c.Flags().BoolVar(&skip, "skip-past", false, "restore nothing; skip the digests that were due before now")
	return c
}

func restore(ctx context.Context, t terminal, cfg Config, file string) error {
	now, err := clock(cfg)
	if err != nil {
		return err
	}
	r, err := store.Restore(ctx, cfg.storeURL(), file, digest.Restored(), store.Options{Now: now, Log: slog.New(quiet{newLogger(t.err, cfg).Handler()})})
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s is in the place of %s, with schema %d.\n", file, cfg.storeShown(), r.Version)
	if r.Before != "" {
		fmt.Fprintf(t.out, "What stood there is kept as %s.\n", r.Before)
		if !r.Blocks {
			fmt.Fprintln(t.out, "What was blocked there could not be taken over; `attache guild list` shows what is blocked now.")
		}
	}
	skipped(t, r.Skipped)
	return nil
}

func skipPast(ctx context.Context, t terminal, cfg Config) error {
	now, err := clock(cfg)
	if err != nil {
		return err
	}
	db, err := openStore(ctx, cfg, slog.New(slog.DiscardHandler), now, true)
	if err != nil {
		return err
	}
	defer db.Close()
	var s store.Past
	err = db.InTx(ctx, func(q *store.Q, _ store.Jobs) (err error) {
		s, err = q.SkipPast(ctx, digest.Restored())
		return err
	})
	if err != nil {
		return err
	}
	skipped(t, s)
	return nil
}

func skipped(t terminal, s store.Past) {
	fmt.Fprintf(t.out, "Digests due before now are skipped: %d unfinished ones, and whatever the %d schedules had until now.\n", s.Deliveries, s.Schedules)
}
