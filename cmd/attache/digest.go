package main

import (
	"fmt"
	"strconv"

	"attache/bot"
	"attache/internal/digest"
	"attache/internal/preview"
	"attache/internal/store"

	"github.com/spf13/cobra"
)

func newDigest(t terminal) *cobra.Command {
	var path, guild, html string
	var id int64
	var asJSON, why bool
	s := store.Schedule{Zone: "UTC"}
	c := &cobra.Command{
		Use: "digest", Short: "Print what a channel would get now; nothing is posted or stored but briefs", Args: cobra.NoArgs,
		Long: `Print the digest that a schedule's channel would get now, as its readers would see it. Without
--schedule it is the digest of a channel that has read nothing yet. Nothing is posted.`,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			o, err := open(ctx, path)
			if err != nil {
				return err
			}
			defer o.db.Close()
			if id != 0 {
				if s, err = o.db.Read().Schedule(ctx, id); isNotFound(err) {
					return say("There is no schedule %d; `attache schedule list` shows the ids.", id)
				} else if err != nil {
					return err
				}
			} else if s.Guild, err = o.guild(ctx, guild); err != nil {
				return err
			}
			if s.Lang == "" {
				s.Lang = o.cfg.Digest.Language
			}
			log := newLogger(t.err, o.cfg)
			writer, err := bot.NewRenderer(s.Lang)
			if err != nil {
				return err
			}
			zone, err := digest.ParseZone(s.Zone)
			if err != nil {
				return say("%s", capital(err.Error()))
			}
			now := o.now()
			slot := now.In(zone).Format("2006-01-02T15:04")
			writers, err := engines(o.cfg, log, o.db.Ledger(o.cfg.Budgets.caps()))
			if err != nil {
				return err
			}
			d, candidates, err := digest.New(log, o.db, writers, nil, digest.Options{Now: o.now}).Compose(ctx, s, slot, now)
			if err != nil {
				return err
			}
			messages, err := writer.Render(d, "terminal "+strconv.FormatInt(now.UnixNano(), 36))
			if err != nil {
				return err
			}
			if err := printMessages(t, messages, asJSON, html); err != nil {
				return err
			}
			if why {
				printWhy(t, candidates)
			}
			return nil
		},
	}
	configFlag(c, &path)
	c.Flags().Int64Var(&id, "schedule", 0, "id of the schedule")
	c.Flags().StringVar(&guild, "guild", "", "id of the Discord server (needed when there are several)")
	c.Flags().StringVar(&s.Zone, "zone", "UTC", "time zone, without --schedule")
	c.Flags().StringVar(&s.Lang, "lang", "", "language of the digest's own words, without --schedule")
	c.Flags().IntVar(&s.Stories, "stories", 0, "most stories, without --schedule (default 5)")
	c.Flags().BoolVar(&asJSON, "json", false, "print the messages as they would be sent to Discord, a JSON object a line")
	c.Flags().StringVar(&html, "html", "", "also write the messages to this file, as a page for a browser")
	c.Flags().BoolVar(&why, "why", false, "print every story that was considered, and why it was chosen or not")
	return c
}

func printMessages(t terminal, messages []digest.Message, asJSON bool, html string) error {
	var seen []preview.Message
	color := colorful(t.out)
	for _, m := range messages {
		p, err := preview.Decode(m.Body)
		if err != nil {
			return err
		}
		seen = append(seen, p)
		if asJSON {
			fmt.Fprintln(t.out, string(m.Body))
		} else {
			fmt.Fprintln(t.out, preview.Terminal(p, columns(t.out), color))
		}
	}
	if html == "" {
		return nil
	}
	return writePage(html, seen)
}

func printWhy(t terminal, candidates []store.Candidate) {
	color := colorful(t.out)
	for _, c := range candidates {
		mark := paint(color, dim, "left out")
		if c.Chosen {
			mark = paint(color, green, "chosen  ")
		}
		fmt.Fprintf(t.out, "%2d  %s  %5.2f  %s\n    %s\n", c.Rank, mark, c.Score, c.Headline, paint(color, dim, digest.ReadWording(c.Reason).String()))
	}
}
