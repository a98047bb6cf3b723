package main

import (
	"context"
	"errors"
	"fmt"

	"attache/internal/store"

	"github.com/spf13/cobra"
)

func newStore(t terminal) *cobra.Command {
	c := &cobra.Command{Use: "store", Short: "Work on whole databases", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(newStoreCopy(t))
	return c
}

func newStoreCopy(t terminal) *cobra.Command {
	var from, to string
	c := &cobra.Command{
		Use: "copy --from sqlite:FILE --to postgres://USER@HOST/DATABASE", Short: "Move an installation from SQLite to an empty PostgreSQL database",
		Long: `Copies every row into an empty PostgreSQL database, and then compares both row by row.

Stop the bot first. When the copy is interrupted, call it again: it goes on where it stopped, and until
it has ended nothing else opens the new database. The file is left as it is; set store.url to the new
database when the copy has ended. Give the password in PGPASSWORD, or in a file that PGPASSFILE names.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if from == "" || to == "" {
				return usage{errors.New("attache: name both databases, such as --from sqlite:attache.db --to postgres://attache@localhost/attache")}
			}
			p := newProgress(t.err)
			tables, err := store.Copy(c.Context(), from, to, store.CopyOptions{Progress: func(s store.CopyProgress) {
				what := "copy "
				if s.Comparing {
					what = "compare "
				}
				p.step(what+s.Table, s.Done, s.All)
			}})
			p.end()
			if err != nil {
				return copyFailed(err, to)
			}
			return told(t, tables)
		},
	}
	c.Flags().StringVar(&from, "from", "", "the SQLite database, sqlite:FILE")
	c.Flags().StringVar(&to, "to", "", "the PostgreSQL database, postgres://USER@HOST/DATABASE")
	return c
}

// copyFailed says what to do about a copy that did not end.
func copyFailed(err error, to string) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return say("The copy was interrupted. Call it again with the same names: it goes on where it stopped.")
	case errors.Is(err, store.ErrLocked):
		return say("A bot runs on the database that is to be copied. Stop it first, so that nothing changes meanwhile.")
	case errors.Is(err, store.ErrNotEmpty):
		return say("%s cannot take the copy: %v.", store.ShownURL(to), err)
	}
	return err
}

func told(t terminal, tables []store.CopiedTable) error {
	rows, mended := 0, 0
	for _, d := range tables {
		rows, mended = rows+d.Rows, mended+d.Mended
		if _, err := fmt.Fprintf(t.out, "%-18s %9d rows, the same in both, sha256 %s\n", d.Name, d.Rows, d.Sum[:16]); err != nil {
			return err
		}
	}
	if mended > 0 {
		fmt.Fprintf(t.out, "%d rows held bytes that PostgreSQL cannot store (NUL, or no UTF-8); U+FFFD stands in their place.\n", mended)
	}
	_, err := fmt.Fprintf(t.out, "%d rows in %d tables are copied and compared. Set store.url to the new database.\n", rows, len(tables))
	return err
}
