package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"time"

	"attache/bot"
	"attache/internal/digest"
	"attache/internal/ingest"
	"attache/internal/store"
	"attache/sources"

	"github.com/riverqueue/river"
	"golang.org/x/sync/errgroup"
)

const (
	grace     = 10 * time.Second // what SIGTERM leaves to work that is under way
	workers   = 16               // jobs at the same time; most of a job is waiting for Discord
	openLimit = 10 * time.Minute // to open a database, and to copy and migrate a large one
)

var levels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

// newLogger logs as a configuration says, and none of the secrets that it names.
func newLogger(w io.Writer, c Config) *slog.Logger {
	w = hiding(w, c.secrets())
	o := &slog.HandlerOptions{Level: levels[c.Log.Level]}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// An app is the whole program, wired. Fields are set by openApp in the order in which they need each other.
type app struct {
	cfg     Config
	log     *slog.Logger
	now     func() time.Time
	db      *store.DB
	client  *sources.Client
	ingest  *ingest.Ingest
	poller  *sources.Poller
	bot     *bot.Bot // nil without a token
	digests *digest.Service
	ledger  *store.Ledger
}

// A quiet handler hides what is no warning: the job engine tells of every start.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}
func (q quiet) WithAttrs(as []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(as)} }
func (q quiet) WithGroup(name string) slog.Handler    { return quiet{q.Handler.WithGroup(name)} }

// openStore opens the database of a configuration. lock is for the one process that runs it, log for its job engine.
func openStore(ctx context.Context, cfg Config, log *slog.Logger, now func() time.Time, lock bool) (*store.DB, error) {
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	db, err := store.Open(ctx, cfg.storeURL(), store.Options{Lock: lock, Now: now, Log: slog.New(quiet{log.Handler()})})
	if err != nil {
		return nil, err // it names the database
	}
	return db, nil
}

// openClient makes the guarded client of a configuration. It reads nothing that is blocked in db, which may be nil.
func openClient(cfg Config, now func() time.Time, db *store.DB) (*sources.Client, error) {
	var refused func(ctx context.Context, url string) (bool, error)
	if db != nil {
		refused = func(ctx context.Context, url string) (bool, error) { return db.Read().URLBlocked(ctx, url) }
	}
	return sources.NewClient(sources.ClientOptions{
		UserAgent: userAgent(cfg.Sources.Contact), AllowPrivate: cfg.Sources.AllowPrivate, HostGap: cfg.Sources.HostGap,
		MaxBytes: cfg.Sources.MaxFeedBytes, MaxPage: cfg.Sources.MaxPageBytes, Timeout: cfg.Sources.Timeout, Now: now, Refused: refused,
	})
}

// userAgent names the program to the servers of sources, with where to reach who runs it.
func userAgent(contact string) string {
	if contact == "" {
		return "Attache/1.0"
	}
	return "Attache/1.0 (+" + contact + ")"
}

// openApp wires the program. lock is for the one process that runs it; token may be "".
func openApp(ctx context.Context, cfg Config, log *slog.Logger, token string, lock bool) (*app, error) {
	now, err := clock(cfg)
	if err != nil {
		return nil, err
	}
	db, err := openStore(ctx, cfg, log, now, lock)
	if err != nil {
		return nil, err
	}
	a := &app{cfg: cfg, log: log, now: now, db: db}
	if err := a.wire(token); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := a.checkClock(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return a, nil
}

func (a *app) wire(token string) (err error) {
	if a.client, err = openClient(a.cfg, a.now, a.db); err != nil {
		return err
	}
	a.ingest = ingest.New(a.log, a.db, ingest.Options{Now: a.now, Bodies: a.cfg.Retention.Bodies})
	a.poller = sources.NewPoller(a.log, a.client, a.ingest, sources.PollerOptions{
		Workers: a.cfg.Sources.Workers, Interval: a.cfg.Sources.Interval, Now: a.now,
	})
	a.bot, err = bot.New(a.log, a.db, bot.Options{Token: token, APIBase: a.cfg.Discord.APIBaseURL, Lang: a.cfg.Digest.Language, DevGuild: a.cfg.Discord.DevGuild})
	if err != nil {
		return err
	}
	a.ledger = a.db.Ledger(a.cfg.Budgets.caps())
	writers, err := engines(a.cfg, a.log, a.ledger)
	if err != nil {
		return err
	}
	a.digests = digest.New(a.log, a.db, writers, a.bot, digest.Options{
		Now: a.now, Ahead: a.cfg.Digest.Ahead, Unreadable: a.cfg.Digest.Unreadable,
	})
	services := bot.Services{Digests: a.digests, Client: a.client, Now: a.now}
	if len(writers) > 0 {
		services.Ledger = a.ledger
	}
	a.bot.Serve(services)
	return nil
}

// checkClock refuses a shifted clock while a source lies outside this machine.
func (a *app) checkClock(ctx context.Context) error {
	if drift := time.Since(a.now()); -time.Minute < drift && drift < time.Minute {
		return nil
	}
	srcs, err := a.db.Read().Sources(ctx)
	if err != nil {
		return err
	}
	for _, s := range srcs {
		if !loopbackURL(s.URL) {
			return say("%s works only when every source is on this machine, and source %d is not.", clockVar, s.ID)
		}
	}
	return nil
}

func loopbackURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && loopback(u.Host)
}

// run does everything until ctx ends: it reads sources, ingests, plans and posts. It returns when all of it has ended.
func (a *app) run(ctx context.Context) error {
	jobs := river.NewWorkers()
	a.digests.Register(jobs)
	// Jobs outlive ctx by the grace: what is being posted is posted and recorded.
	worker, err := a.db.Work(context.WithoutCancel(ctx), jobs, workers)
	if err != nil {
		return fmt.Errorf("start the workers: %w", err)
	}
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.ingest.Run(gctx) })
	group.Go(func() error { return a.poller.Run(gctx) })
	group.Go(func() error { return a.digests.Run(gctx) })
	group.Go(func() error { return a.bot.Run(gctx) })
	group.Go(func() error { return a.serve(gctx) })

	<-gctx.Done()
	a.log.Info("stopping")
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace-2*time.Second)
	defer cancel()
	err = worker.Stop(stop)
	if werr := group.Wait(); werr != nil && !errors.Is(werr, context.Canceled) {
		return werr
	}
	return err
}

func (a *app) close() error { return a.db.Close() }
