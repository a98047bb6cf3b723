package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"attache/internal/digest"
	"attache/internal/store"

	"github.com/spf13/cobra"
)

func newSchedule(t terminal) *cobra.Command {
	var path, guild string
	c := &cobra.Command{
		Use: "schedule", Short: "Add, list and remove the hours at which channels get their digest", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	configFlag(c, &path)
	c.PersistentFlags().StringVar(&guild, "guild", "", "id of the Discord server (needed when there are several)")

	var s store.Schedule
	var country, language, topic []string
	add := &cobra.Command{
		Use: "add WHEN", Short: "Post a digest at an hour", Args: cobra.ExactArgs(1),
		Long: `Post a digest at an hour. WHEN is an hour ("08:00"), several ("08:00,18:00"), an hour with days
("08:00 mon-fri"), or five cron fields ("0 8 * * mon-fri"), on the wall clock of --zone.`,
		Example: `  attache schedule add "08:00 mon-fri" --channel 1190000000000000001 --zone Europe/Brussels`,
		RunE: onGuild(&path, &guild, func(ctx context.Context, o *opened, g string, args []string) error {
			s.Guild, s.Spec = g, args[0]
			s.Filter.Countries.Include, s.Filter.Languages.Include, s.Filter.Topics.Include = country, language, topic
			return o.addSchedule(ctx, t, s)
		}),
	}
	f := add.Flags()
	f.StringVar(&s.Target.Channel, "channel", "", "id of the channel or thread")
	f.StringVar(&s.Zone, "zone", "", "time zone, such as Europe/Brussels")
	f.StringVar(&s.Name, "name", "", "name, shown above the digest")
	f.StringVar(&s.Lang, "lang", "", "language of the digest's own words (default: digest.language)")
	f.IntVar(&s.Stories, "stories", 0, "most stories in a digest (default 5)")
	f.StringSliceVar(&country, "country", nil, "only stories about this country (two letters), may be given several times")
	f.StringSliceVar(&language, "language", nil, "only articles in this language (two letters), may be given several times")
	f.StringSliceVar(&topic, "topic", nil, "only sources with this topic, may be given several times")

	c.AddCommand(add,
		&cobra.Command{
			Use: "list", Short: "List the schedules, when each is next due, and how its last digest went", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				o, err := open(c.Context(), path)
				if err != nil {
					return err
				}
				defer o.db.Close()
				return o.listSchedules(c.Context(), t, guild)
			},
		},
		&cobra.Command{
			Use: "remove ID", Short: "Remove a schedule", Args: cobra.ExactArgs(1),
			RunE: onGuild(&path, &guild, func(ctx context.Context, o *opened, g string, args []string) error {
				return o.remove(ctx, t, g, "schedule", args[0], func(q *store.Q, id int64) error { return q.RemoveSchedule(ctx, g, id) })
			}),
		},
	)
	return c
}

func (o *opened) addSchedule(ctx context.Context, t terminal, s store.Schedule) error {
	spec, err := digest.ParseSpec(s.Spec)
	if err != nil {
		return say("%s", capital(err.Error()))
	}
	if s.Zone == "" {
		return say("Say in which time zone, with --zone Europe/Brussels or the like.")
	}
	zone, err := digest.ParseZone(s.Zone)
	if err != nil {
		return say("%s", capital(err.Error()))
	}
	if _, err := strconv.ParseUint(s.Target.Channel, 10, 64); err != nil {
		return say("Say which channel, with --channel and its id (Discord: developer mode, right click, Copy Channel ID).")
	}
	if s.Stories < 0 || s.Stories > 25 {
		return say("--stories is %d; it must be between 1 and 25.", s.Stories)
	}
	if s.Lang == "" {
		s.Lang = o.cfg.Digest.Language
	}
	s.Created, s.From = o.now(), o.now()
	slot, due, ok := spec.Next(o.now(), zone)
	if !ok {
		return say("%q never falls due; write an hour such as 08:00.", s.Spec)
	}
	var id int64
	err = o.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		if id, err = q.SaveSchedule(ctx, s); err != nil {
			return err
		}
		return q.Audit(ctx, s.Guild, "terminal", "schedule add", strconv.FormatInt(id, 10))
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "Added as schedule %d. Its first digest is due at %s %s (%s UTC), while `attache run` is running.\n",
		id, strings.Replace(slot, "T", " ", 1), s.Zone, due.UTC().Format("2006-01-02 15:04"))
	return nil
}

func (o *opened) listSchedules(ctx context.Context, t terminal, guild string) error {
	q := o.db.Read()
	scheds, err := q.Schedules(ctx, guild)
	if err != nil {
		return err
	}
	if len(scheds) == 0 {
		fmt.Fprintln(t.out, "No schedules yet. Add one with `attache schedule add`.")
		return nil
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tGUILD\tCHANNEL\tWHEN\tZONE\tNEXT\tLAST")
	for _, s := range scheds {
		next := "paused: " + s.Reason
		if spec, err := digest.ParseSpec(s.Spec); err == nil && !s.Paused {
			if zone, err := digest.ParseZone(s.Zone); err == nil {
				next, _, _ = spec.Next(o.now(), zone)
			}
		}
		last := "none"
		if ds, err := q.Deliveries(ctx, s.ID, 1); err != nil {
			return err
		} else if len(ds) > 0 {
			last = strings.TrimSpace(ds[0].Slot + " " + ds[0].Status + " " + ds[0].Reason)
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, s.Guild, s.Target.Channel, s.Spec, s.Zone, next, last)
	}
	return w.Flush()
}
