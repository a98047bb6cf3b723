package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func newBackup(t terminal) *cobra.Command {
	var path string
	c := &cobra.Command{
		Use: "backup FILE", Short: "Write the database into one consistent file, beside a running bot", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := os.Stat(args[0]); err == nil {
				return say("%s exists already. Name a new file: a backup never overwrites one.", args[0])
			}
			o, err := open(c.Context(), path)
			if err != nil {
				return err
			}
			defer o.db.Close()
			if err := o.db.Backup(c.Context(), args[0]); err != nil {
				return err
			}
			info, err := os.Stat(args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(t.out, "Wrote %s, %.1f MB. To go back to it, stop the bot and run `attache restore %s`.\n", args[0], float64(info.Size())/1e6, args[0])
			return nil
		},
	}
	configFlag(c, &path)
	return c
}

func newMigrate(t terminal) *cobra.Command {
	var path string
	c := &cobra.Command{
		Use: "migrate", Short: "Bring the database to this version's schema (attache run does so by itself)", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o, err := open(c.Context(), path)
			if err != nil {
				return err
			}
			defer o.db.Close()
			v, err := o.db.Version(c.Context())
			if err != nil {
				return err
			}
			fmt.Fprintf(t.out, "%s has schema %d.\n", o.cfg.storeShown(), v)
			return nil
		},
	}
	configFlag(c, &path)
	return c
}
