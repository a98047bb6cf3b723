package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"attache/internal/store"
	"attache/sources"

	"github.com/spf13/cobra"
)

func newSourceImport(t terminal, path, guild *string) *cobra.Command {
	var tier string
	c := &cobra.Command{
		Use: "import FILE", Short: "Try each feed of an OPML file, and keep those that can be read", Args: cobra.ExactArgs(1),
		Long: `Try each feed of an OPML file, as other feed readers write it, and keep those that can be read. Folders and categories
become topics. Tier and country are taken from the file where attache wrote it, and else from --tier; they are never guessed.`,
		RunE: onGuild(path, guild, func(ctx context.Context, o *opened, g string, args []string) error {
			standard, err := parseTier(tier)
			if err != nil {
				return err
			}
			file, err := os.ReadFile(args[0])
			if err != nil {
				return say("The file %s cannot be read: %v.", args[0], plain(err))
			}
			list, warnings, err := sources.ParseOPML(file)
			if err != nil {
				return say("%s is no OPML file, or it lists no feeds. Export one from your feed reader.", args[0])
			}
			for _, w := range warnings {
				fmt.Fprintf(t.err, "note: %s\n", w)
			}
			subs := make([]store.Subscription, len(list))
			for i, l := range list {
				subs[i] = store.Subscription{Name: l.Title, Tier: standard, Country: strings.ToUpper(l.Country), Topics: l.Topics}
				if own, err := parseTier(l.Tier); err == nil {
					subs[i].Tier = own
				}
			}
			urls := make([]string, len(list))
			for i, l := range list {
				urls[i] = l.URL
			}
			return o.importAll(ctx, t, g, urls, subs)
		}),
	}
	c.Flags().StringVar(&tier, "tier", "press", "tier of sources for which the file names none: official, press, research or state")
	return c
}

func newSourceExport(t terminal, path, guild *string) *cobra.Command {
	return &cobra.Command{
		Use: "export", Short: "Write the server's sources as OPML to standard output", Args: cobra.NoArgs,
		Long: `Write the server's sources as an OPML file, which other feed readers and attache source import read. Private sources,
whose addresses carry a secret, are left out.`,
		Example: "  attache source export > sources.opml",
		RunE: onGuild(path, guild, func(ctx context.Context, o *opened, g string, _ []string) error {
			subs, err := o.db.Read().Subscriptions(ctx, g)
			if err != nil {
				return err
			}
			list, private := store.Outlines(subs)
			if len(private) > 0 {
				fmt.Fprintf(t.err, "note: %d private sources were left out: their addresses are secrets.\n", len(private))
			}
			return sources.WriteOPML(t.out, "Sources of attache", list)
		}),
	}
}

func newSourcePack(t terminal, path, guild *string) *cobra.Command {
	var f sources.PackFilter
	var list bool
	c := &cobra.Command{
		Use: "pack", Short: "Choose from the bundled diplomatic sources", Args: cobra.NoArgs,
		Long: `Try each source of the bundled pack that is chosen, and keep those that can be read: ministries, governments,
international bodies, think tanks and the press, with their tier and country. Without a choice all that are well attested.`,
		Example: "  attache source pack --list\n  attache source pack --region Europe --tier official\n  attache source pack --country UN,EU",
		RunE: onGuild(path, guild, func(ctx context.Context, o *opened, g string, _ []string) error {
			pack := sources.Pack(f)
			if len(pack) == 0 {
				return say("No source of the pack is like that. Regions are %s; tiers %s; languages %s. `attache source pack --list --all` shows everything.",
					values(func(p sources.Packed) string { return p.Region }), values(func(p sources.Packed) string { return p.Tier }), values(func(p sources.Packed) string { return p.Lang }))
			}
			if list {
				return listPack(t, pack)
			}
			urls, subs := make([]string, len(pack)), make([]store.Subscription, len(pack))
			for i, p := range pack {
				urls[i] = p.URL
				subs[i] = store.Subscription{Name: p.Name, Tier: store.Tier(p.Tier), Country: p.Country}
			}
			return o.importAll(ctx, t, g, urls, subs)
		}),
	}
	c.Flags().BoolVar(&list, "list", false, "only list what would be tried")
	c.Flags().BoolVar(&f.All, "all", false, "also sources that nobody has tried")
	c.Flags().StringSliceVar(&f.Regions, "region", nil, "such as Europe or Global")
	c.Flags().StringSliceVar(&f.Langs, "lang", nil, "such as en or fr")
	c.Flags().StringSliceVar(&f.Tiers, "tier", nil, "official, press, research or state")
	c.Flags().StringSliceVar(&f.Countries, "country", nil, "such as DE or UN")
	return c
}

func values(of func(sources.Packed) string) string { return strings.Join(sources.PackValues(of), ", ") }

func listPack(t terminal, pack []sources.Packed) error {
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tTIER\tCOUNTRY\tREGION\tLANGUAGE\tKIND\tURL")
	for _, p := range pack {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Name, p.Tier, p.Country, p.Region, p.Lang, p.Kind, p.URL)
	}
	return w.Flush()
}

// An imported source, and what came of it.
type imported struct {
	name string
	err  error // why it was not added, or why it cannot be read now; nil when it was added
	kept bool  // it was added all the same: what is wrong may pass
	had  bool  // the server reads it already
}

// importAll tries sources, adds those that can be read or may be soon, and tells what came of each that has a problem.
func (o *opened) importAll(ctx context.Context, t terminal, guild string, urls []string, subs []store.Subscription) error {
	client, err := openClient(o.cfg, time.Now, o.db)
	if err != nil {
		return err
	}
	p := newProgress(t.err)
	results := make([]imported, 0, len(urls))
	var fatal error
	ictx, stop := context.WithCancel(ctx)
	defer stop()
	client.TryMany(ictx, urls, func(i int, f sources.Found, err error) {
		r := imported{name: cmp.Or(subs[i].Name, f.Title, sources.Masked(urls[i])), err: err}
		sub := subs[i]
		sub.Guild, sub.Name = guild, r.name
		var problem *sources.Problem
		if r.kept = errors.As(err, &problem) && problem.Retryable && temporary(problem); err == nil || r.kept {
			if err != nil {
				f = sources.Found{URL: urls[i], Private: sources.Private(urls[i])}
			}
			switch _, serr := o.keep(ctx, f, sub); {
			case isExists(serr):
				r = imported{name: r.name, had: true}
			case errors.Is(serr, store.ErrBlocked):
				r.err, r.kept = serr, false
			case serr != nil:
				fatal = serr
				stop()
				return
			}
		}
		results = append(results, r)
		p.step("trying the sources", len(results), len(urls))
	})
	p.end()
	if fatal != nil {
		return fatal
	}
	tellImported(t, results, len(urls))
	if ctx.Err() != nil {
		return say("It was interrupted after %d of %d sources. Call it again: those that were added are known.", len(results), len(urls))
	}
	return nil
}

// temporary reports whether a source is worth adding that cannot be read now. Where there is nothing, or no feed, it is not.
func temporary(p *sources.Problem) bool {
	return slices.Contains([]string{"throttled", "server", "timeout", "slow", "broken", "connect"}, p.Code)
}

// keep adds a source that was tried, and returns its id.
func (o *opened) keep(ctx context.Context, f sources.Found, sub store.Subscription) (id int64, err error) {
	sub.Added, sub.AddedBy = o.now(), "terminal"
	src := store.Source{URL: f.URL, Private: f.Private, Title: f.Title, Link: f.Link, Lang: f.Lang, Watch: f.Watch, Status: "active", NextVisit: o.now()}
	err = o.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		if id, err = q.Subscribe(ctx, src, sub); err != nil {
			return err
		}
		return q.Audit(ctx, sub.Guild, "terminal", "source add", sources.Masked(f.URL))
	})
	return id, err
}

// tellImported prints what came of an import: the sum, and a line for each source with a problem.
func tellImported(t terminal, results []imported, all int) {
	color := colorful(t.out)
	added, had, kept, failed := 0, 0, 0, 0
	for _, r := range results {
		switch {
		case r.had:
			had++
		case r.err == nil:
			added++
		case r.kept:
			kept++
			fmt.Fprintf(t.out, "%s %s: added, and not read yet. %s\n", paint(color, yellow, "note"), r.name, sentence(r.err))
		default:
			failed++
			fmt.Fprintf(t.out, "%s %s: not added. %s\n", paint(color, red, "FAIL"), r.name, sentence(r.err))
		}
	}
	fmt.Fprintf(t.out, "Of %d sources %d were added", all, added+kept)
	if kept > 0 {
		fmt.Fprintf(t.out, " (%d of them cannot be read at the moment and are tried again)", kept)
	}
	if had > 0 {
		fmt.Fprintf(t.out, ", %d were there already", had)
	}
	if failed > 0 {
		fmt.Fprintf(t.out, ", %d cannot be read", failed)
	}
	fmt.Fprintln(t.out, ".")
}
