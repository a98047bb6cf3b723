package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"attache/internal/store"
	"attache/sources"

	"github.com/spf13/cobra"
)

func newSource(t terminal) *cobra.Command {
	var path, guild string
	c := &cobra.Command{
		Use: "source", Short: "Add, list, test, remove, import, export and block sources", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	configFlag(c, &path)
	c.PersistentFlags().StringVar(&guild, "guild", "", "id of the Discord server (needed when there are several)")

	var sub store.Subscription
	var tier string
	add := &cobra.Command{
		Use: "add URL", Short: "Find the feed of a site, fetch it once, and keep it", Args: cobra.ExactArgs(1),
		Example: "  attache source add https://news.un.org/en/\n  attache source add https://ministry.example/rss.xml --tier official --country FR",
		RunE: onGuild(&path, &guild, func(ctx context.Context, o *opened, g string, args []string) (err error) {
			sub.Guild = g
			if sub.Tier, err = parseTier(tier); err != nil {
				return err
			}
			return o.add(ctx, t, args[0], sub)
		}),
	}
	add.Flags().StringVar(&sub.Name, "name", "", "what the server calls it (default: the feed's own title)")
	add.Flags().StringVar(&tier, "tier", "press", "official, press, research or state (state media)")
	add.Flags().StringVar(&sub.Country, "country", "", "country (two letters) or body (UN, EU, …) that it speaks for or from")
	add.Flags().StringSliceVar(&sub.Topics, "topic", nil, "topic, may be given several times")

	c.AddCommand(add,
		&cobra.Command{
			Use: "list", Short: "List the server's sources and how they are", Args: cobra.NoArgs,
			RunE: onGuild(&path, &guild, func(ctx context.Context, o *opened, g string, _ []string) error { return o.list(ctx, t, g) }),
		},
		&cobra.Command{
			Use: "test URL", Short: "Show what would be read, and keep nothing", Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error {
				cfg, err := configOrDefaults(path)
				if err != nil {
					return err
				}
				return test(c.Context(), t, cfg, args[0])
			},
		},
		&cobra.Command{
			Use: "remove ID", Short: "Stop reading a source; its articles stay until they are pruned", Args: cobra.ExactArgs(1),
			RunE: onGuild(&path, &guild, func(ctx context.Context, o *opened, g string, args []string) error {
				return o.remove(ctx, t, g, "source", args[0], func(q *store.Q, id int64) error { return q.Unsubscribe(ctx, g, id) })
			}),
		},
		newSourcePack(t, &path, &guild), newSourceImport(t, &path, &guild), newSourceExport(t, &path, &guild),
		newSourceBlock(t, &path), newSourceUnblock(t, &path),
	)
	return c
}

func parseTier(s string) (store.Tier, error) {
	switch tier := store.Tier(s); tier {
	case store.Official, store.Press, store.Research, store.StateMedia:
		return tier, nil
	}
	return "", say("--tier is %q; write official, press, research or state.", s)
}

// try discovers and fetches once, with the configuration's client; what is blocked in db is not asked.
func try(ctx context.Context, cfg Config, url string, db *store.DB) (sources.Found, error) {
	client, err := openClient(cfg, time.Now, db)
	if err != nil {
		return sources.Found{}, err
	}
	// Discovery may take a handful of requests, each with its own limit.
	ctx, cancel := context.WithTimeout(ctx, 4*cfg.Sources.Timeout)
	defer cancel()
	return client.Try(ctx, url)
}

// showFound prints what a feed holds.
func showFound(t terminal, f sources.Found) {
	color := colorful(t.out)
	fmt.Fprintf(t.out, "%s  %s\n", paint(color, bold, f.Title), paint(color, dim, describe(f)))
	for _, it := range f.Newest {
		day := "undated   "
		if !it.Published.IsZero() {
			day = it.Published.UTC().Format("2006-01-02")
		}
		fmt.Fprintf(t.out, "  %s  %s\n", paint(color, dim, day), it.Title)
	}
	for _, w := range f.Warnings {
		fmt.Fprintf(t.out, "  %s %s\n", paint(color, yellow, "note:"), w)
	}
}

func describe(f sources.Found) string {
	d := []string{f.Kind + " feed", fmt.Sprintf("%d entries", f.Entries)}
	if f.Watch != "" {
		d[0] = f.Kind + " that is watched"
	}
	if f.Lang != "" {
		d = append(d, f.Lang)
	}
	if f.Private {
		d = append(d, "private: its address carries a secret")
	}
	return strings.Join(d, ", ")
}

func test(ctx context.Context, t terminal, cfg Config, url string) error {
	f, err := try(ctx, cfg, url, nil) // nothing is kept, and whoever blocked it may look
	if err != nil {
		return err
	}
	showFound(t, f)
	fmt.Fprintf(t.out, "Nothing was kept. To read it: attache source add %s\n", sources.Masked(f.URL))
	return nil
}

func (o *opened) add(ctx context.Context, t terminal, url string, sub store.Subscription) error {
	f, err := try(ctx, o.cfg, url, o.db)
	if err != nil {
		return err
	}
	showFound(t, f)
	if sub.Name == "" {
		sub.Name = f.Title
	}
	sub.Country = strings.ToUpper(sub.Country)
	id, err := o.keep(ctx, f, sub)
	if isExists(err) {
		return say("This server reads %s already; `attache source list` shows it.", sources.Masked(f.URL))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "Added as source %d, %s. Its articles are read as soon as `attache run` is running.\n", id, sub.Tier)
	return nil
}

func (o *opened) list(ctx context.Context, t terminal, guild string) error {
	subs, err := o.db.Read().Subscriptions(ctx, guild)
	if err != nil {
		return err
	}
	if len(subs) == 0 {
		fmt.Fprintln(t.out, "No sources yet. Add one with `attache source add URL`.")
		return nil
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tNAME\tTIER\tCOUNTRY\tARTICLES\tSTATE\tURL")
	for _, s := range subs {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\t%s\n", s.Source.ID, s.Name, s.Tier, s.Country, s.Source.Articles, state(s), s.Source.URL)
	}
	return w.Flush()
}

// state is how a source is, in a few words or the sentence that was kept with its failure.
func state(s store.Subscription) string {
	switch {
	case s.Source.Blocked && s.Source.BlockReason != "":
		return "blocked: " + s.Source.BlockReason
	case s.Source.Blocked:
		return "blocked"
	case s.Paused:
		return "paused"
	case s.Source.Status == "gone":
		return "gone"
	case s.Source.Error != "":
		return fmt.Sprintf("failed %d times: %s", s.Source.Failures, s.Source.Error)
	case s.Source.LastVisit.IsZero():
		return "not visited yet"
	case len(s.Source.Warnings) > 0:
		return "ok, repaired: " + s.Source.Warnings[0]
	}
	return "ok"
}

// shown is a source's URL as it may be printed.
func shown(s store.Source) string {
	if s.Private {
		return sources.Masked(s.URL)
	}
	return s.URL
}
