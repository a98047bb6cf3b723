package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"attache/cmd/attache/newsroom"
	"attache/internal/fakediscord"
	"attache/internal/preview"
	"attache/internal/store"
	"attache/sources"

	"github.com/spf13/cobra"
)

const (
	demoToken   = "demo.not-a-secret.token" // the built-in Discord takes it, and no other does
	demoGuild   = "1180000000000000001"
	demoChannel = "1190000000000000001"
	demoRoom    = "press-digest"

	demoInterval = 3 * time.Second  // between visits to a sample source
	demoSettle   = 90 * time.Second // for the first digest; it takes some seconds
)

type demoFlags struct {
	once, json bool
	keep, html string
}

func newDemo(t terminal) *cobra.Command {
	var f demoFlags
	c := &cobra.Command{
		Use: "demo", Short: "Run the whole program on bundled samples: no token, no key, no network", Args: cobra.NoArgs,
		Long: `Run the whole program on loopback: a newsroom of invented outlets, a database, and a Discord that is
built in. The sources are polled, their articles grouped and briefed, and the digest is posted and
printed as its readers would see it. Then the demo waits: edit or add a sample file, and the next
digest follows. Interrupt it to end it.`,
		RunE: func(c *cobra.Command, _ []string) error {
			d := demo{demoFlags: f, t: t, p: newProgress(t.err)}
			return d.run(c.Context())
		},
	}
	c.Flags().BoolVar(&f.once, "once", false, "end after the first digest")
	c.Flags().BoolVar(&f.json, "json", false, "print the messages as they were sent to Discord, a JSON object a line, and nothing else")
	c.Flags().StringVar(&f.keep, "keep", "", "keep database and samples in this folder (default: a temporary one)")
	c.Flags().StringVar(&f.html, "html", "", "also write the messages to this file, as a page for a browser")
	return c
}

// A demo is the program between a sample newsroom and the built-in Discord.
type demo struct {
	demoFlags
	t terminal
	p *progress

	messages []preview.Message
	posted   chan fakediscord.Message
}

func (d *demo) run(ctx context.Context) error {
	dir, err := d.folder()
	if err != nil {
		return err
	}
	if d.keep == "" {
		defer os.RemoveAll(dir)
	}
	log := slog.New(slog.NewTextHandler(d.p, &slog.HandlerOptions{Level: slog.LevelWarn}))

	samples := filepath.Join(dir, "samples")
	if err := newsroom.Copy(samples); err != nil {
		return fmt.Errorf("write the samples: %w", err)
	}
	room, err := newsroom.Open(ctx, log, os.DirFS(samples), time.Now())
	if err != nil {
		return err
	}
	defer room.Close()

	d.posted = make(chan fakediscord.Message, 100)
	discord := fakediscord.New(fakediscord.Options{
		Token:     demoToken,
		Guilds:    []fakediscord.Guild{{ID: demoGuild, Name: "Demo", Channels: []fakediscord.Channel{{ID: demoChannel, Name: demoRoom}}}},
		OnMessage: func(m fakediscord.Message) { d.posted <- m },
	})
	base, err := discord.Start("127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("start the built-in Discord: %w", err)
	}
	defer discord.Close()

	cfg := defaults()
	cfg.Store.URL = "sqlite:" + filepath.Join(dir, "attache.db")
	cfg.Discord.APIBaseURL = base
	cfg.Sources.HostGap, cfg.Sources.Interval = 0, demoInterval
	for _, site := range room.Sites() {
		cfg.Sources.AllowPrivate = append(cfg.Sources.AllowPrivate, site.Addr)
	}
	a, err := openApp(ctx, cfg, log, demoToken, allRoles)
	if err != nil {
		return err
	}
	sched, err := d.prepare(ctx, a, room.Sites())
	if err != nil {
		return errors.Join(err, a.close())
	}

	inner, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- a.run(inner) }()
	err = d.watch(inner, a, sched, samples, ended)
	stop()
	d.p.end()
	if !errors.Is(err, errEnded) {
		err = errors.Join(err, <-ended)
	}
	return errors.Join(err, a.close())
}

// errEnded says that the program ended before it was told to; its own error is joined to it.
var errEnded = errors.New("the program ended")

// folder is where the demo works.
func (d *demo) folder() (string, error) {
	if d.keep == "" {
		dir, err := os.MkdirTemp("", "attache-demo-")
		if err != nil {
			return "", say("There is no room for temporary files: %v. Name a folder with --keep.", plain(err))
		}
		return dir, nil
	}
	dir, err := filepath.Abs(d.keep)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		return "", say("The folder %s cannot be made: %v. Name another with --keep.", d.keep, plain(err))
	}
	return dir, nil
}

// prepare adds the samples as sources, as `source add` does, and a schedule. A kept folder has them already, on other ports.
func (d *demo) prepare(ctx context.Context, a *app, sites []newsroom.Site) (int64, error) {
	old, err := a.db.Read().Subscriptions(ctx, demoGuild)
	if err != nil {
		return 0, err
	}
	found := make([]sources.Found, len(sites))
	for i, site := range sites {
		d.p.step("finding the feeds", i, len(sites))
		if found[i], err = a.client.Try(ctx, site.URL()); err != nil {
			return 0, fmt.Errorf("sample source %s: %w", site.Name, err)
		}
	}
	d.p.step("finding the feeds", len(sites), len(sites))
	var id int64
	err = a.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		if err := q.SaveGuild(ctx, store.Guild{ID: demoGuild, Name: "Demo", Joined: a.now()}); err != nil {
			return err
		}
		for _, s := range old {
			if err := q.Unsubscribe(ctx, demoGuild, s.Source.ID); err != nil {
				return err
			}
		}
		for i, site := range sites {
			f := found[i]
			_, err := q.Subscribe(ctx,
				store.Source{URL: f.URL, Title: f.Title, Link: f.Link, Lang: f.Lang, Watch: f.Watch, Status: "active", NextVisit: a.now()},
				store.Subscription{Guild: demoGuild, Name: site.Name, Tier: store.Tier(site.Tier), Country: site.Country, Topics: site.Topics, Added: a.now(), AddedBy: "terminal"})
			if err != nil {
				return err
			}
		}
		scheds, err := q.Schedules(ctx, demoGuild)
		if err != nil {
			return err
		}
		if len(scheds) > 0 {
			id = scheds[0].ID
			return nil
		}
		id, err = q.SaveSchedule(ctx, store.Schedule{
			Guild: demoGuild, Target: store.Target{Channel: demoChannel}, Spec: "0 8 * * *", Zone: "Europe/Brussels",
			Lang: "en", Created: a.now(), From: a.now(),
		})
		return err
	})
	return id, err
}

// watch waits until the sources are read, has the digest posted, prints it, and goes on with what changes.
func (d *demo) watch(ctx context.Context, a *app, sched int64, samples string, ended <-chan error) error {
	first, cancel := context.WithTimeout(ctx, demoSettle)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	seen := -1     // revisions that the last digest was made of
	shown := false // a message of a digest whose delivery may not be recorded yet
	for {
		select {
		case err := <-ended:
			return errors.Join(errEnded, err)
		case <-ctx.Done():
			return nil
		case m := <-d.posted:
			if err := d.show(m); err != nil {
				return err
			}
			shown = true
		case <-first.Done():
			if seen < 0 && ctx.Err() == nil {
				return say("The sample sources could not be read within %s. `attache demo --keep DIR` keeps the database for a look.", demoSettle)
			}
			first = ctx
		case <-tick.C:
			if shown { // a part of a digest: the others follow until its delivery is recorded
				open, err := a.db.Read().Unfinished(ctx)
				if err != nil {
					return err
				}
				if len(open) > 0 || len(d.posted) > 0 {
					continue
				}
				if d.once {
					return nil
				}
				shown = false
				d.p.note("Edit or add a file in " + samples + ", and the next digest follows. Ctrl-C ends the demo.")
			}
			n, settled, err := d.reading(ctx, a)
			if err != nil {
				return err
			}
			if !settled || n == seen {
				continue
			}
			changed := seen >= 0
			seen = n
			if err := a.ingest.Regroup(ctx); err != nil {
				return err
			}
			if changed {
				d.p.note("The samples changed.")
			}
			if _, err := a.digests.PostNow(ctx, sched); err != nil {
				return err
			}
		}
	}
}

// reading tells how far the sources are read: a number that changes with every article and every revision, and whether
// all is read and ingested.
func (d *demo) reading(ctx context.Context, a *app) (n int, settled bool, err error) {
	subs, err := a.db.Read().Subscriptions(ctx, demoGuild)
	if err != nil {
		return 0, false, err
	}
	visited, articles := 0, 0
	for _, s := range subs {
		articles += s.Source.Articles
		if !s.Source.LastVisit.IsZero() {
			visited++
		}
	}
	t, err := a.db.Read().Totals(ctx)
	if err != nil {
		return 0, false, err
	}
	d.p.step(fmt.Sprintf("reading the sources (%d articles)", articles), visited, len(subs))
	return t.Revisions, visited == len(subs) && t.Uningested == 0, nil
}

// show prints a message.
func (d *demo) show(m fakediscord.Message) error {
	d.p.end()
	if d.json {
		_, err := fmt.Fprintln(d.t.out, string(m.Body))
		return err
	}
	seen, err := preview.Decode(m.Body)
	if err != nil {
		return err
	}
	color := colorful(d.t.out)
	fmt.Fprintln(d.t.out, paint(color, dim, "# "+demoRoom)+"\n"+preview.Terminal(seen, columns(d.t.out), color))
	if d.html == "" {
		return nil
	}
	d.messages = append(d.messages, seen)
	return writePage(d.html, d.messages)
}

// writePage writes messages as a page for a browser.
func writePage(path string, messages []preview.Message) error {
	f, err := os.Create(path)
	if err != nil {
		return say("The page %s cannot be written: %v.", path, plain(err))
	}
	return errors.Join(preview.Page(f, demoRoom, messages), f.Close())
}
