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
	"attache/cmd/attache/watch"
	"attache/internal/digest"
	"attache/internal/ingest"
	"attache/internal/store"
	"attache/sources"
	"attache/summarize/model"

	"github.com/riverqueue/river"
	"golang.org/x/sync/errgroup"
)

const (
	grace     = 10 * time.Second // what SIGTERM leaves to work that is under way
	workers   = 32               // jobs at the same time; most of a job is waiting for Discord, half a second of it at forty posts a second
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
	roles   roles
	db      *store.DB
	member  *store.Member // this process among those that run on the database
	client  *sources.Client
	ingest  *ingest.Ingest
	poller  *sources.Poller
	bot     *bot.Bot // nil without a token
	digests *digest.Service
	ledger  *store.Ledger
	clients []*model.Client
	watch   *watch.Watch
	signs   *watch.Signs // of trouble, in the log
}

// A quiet handler hides what is no warning: the job engine tells of every start.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}

// Handle hides, too, what could not be done because the program is told to end: it is undone, and done at the next start.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	canceled := false
	r.Attrs(func(a slog.Attr) bool {
		canceled = canceled || a.Key == "err" && a.Value.String() == context.Canceled.Error()
		return !canceled
	})
	if canceled {
		return nil
	}
	return q.Handler.Handle(ctx, r)
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

// openApp wires the program as a process of its database, for what rs name.
func openApp(ctx context.Context, cfg Config, log *slog.Logger, token string, rs roles) (*app, error) {
	now, err := clock(cfg)
	if err != nil {
		return nil, err
	}
	signs := &watch.Signs{}
	log = slog.New(signs.Listen(log.Handler()))
	db, err := openStore(ctx, cfg, log, now, true)
	if err != nil {
		return nil, err
	}
	a := &app{cfg: cfg, log: log, now: now, roles: rs, db: db, signs: signs}
	if a.member, err = db.Join(ctx, rs.String(), version()); err == nil {
		err = a.wire(token)
	}
	if err == nil {
		err = a.checkClock(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return a, nil
}

func (a *app) wire(token string) (err error) {
	if a.client, err = openClient(a.cfg, a.now, a.db); err != nil {
		return err
	}
	// Where no other process can be, none is asked for leave.
	member, process, turn := a.member, a.member.ID(), a.turn
	if !a.db.Shared() {
		member, process, turn = nil, "", nil
	}
	find, err := a.cfg.find()
	if err != nil {
		return err
	}
	a.ingest = ingest.New(a.log, a.db, ingest.Options{Now: a.now, Bodies: a.cfg.Retention.Bodies, Process: process, Find: find})
	a.poller = sources.NewPoller(a.log, a.client, a.ingest, sources.PollerOptions{
		Workers: a.cfg.Sources.Workers, Interval: a.cfg.Sources.Interval, Now: a.now, Paused: func() bool { return a.watch.Paused() },
	})
	a.bot, err = bot.New(a.log, a.db, bot.Options{
		Token: token, APIBase: a.cfg.Discord.APIBaseURL, Lang: a.cfg.Digest.Language, DevGuild: a.cfg.Discord.DevGuild,
		PerSecond: a.cfg.Discord.PerSecond, Turn: turn, Shards: int(a.cfg.Discord.Shards), Member: member,
	})
	if err != nil {
		return err
	}
	a.ledger = a.db.Ledger(a.cfg.Budgets.caps())
	if a.clients, err = models(a.cfg, a.log, a.ledger); err != nil {
		return err
	}
	writers := writersOf(a.cfg, a.log, a.clients)
	a.digests = digest.New(a.log, a.db, writers, a.bot, digest.Options{
		Now: a.now, Ahead: a.cfg.Digest.Ahead, Unreadable: a.cfg.Digest.Unreadable, Member: member, Find: find,
	})
	services := bot.Services{Digests: a.digests, Client: a.client, Now: a.now}
	if len(writers) > 0 {
		services.Ledger = a.ledger
	}
	a.bot.Serve(services)
	return a.openWatch()
}

// turn books the turn of a request to Discord among those of all processes.
func (a *app) turn(ctx context.Context) (time.Duration, error) {
	return a.db.Pace(ctx, "discord", time.Second/time.Duration(a.cfg.Discord.PerSecond), turnsMost)
}

// turnsMost is more than the turns that wait can last: each process waits for some at a time.
const turnsMost = time.Minute

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

// run does what the process is there for until ctx ends. It returns when all of it has ended.
func (a *app) run(ctx context.Context) error {
	// It is counted among the living, and has its leases, until all its work has ended.
	living, leave := context.WithCancel(context.WithoutCancel(ctx))
	left := make(chan error, 1)
	go func() { left <- a.member.Run(living) }()
	err := a.work(ctx)
	leave()
	return errors.Join(err, <-left)
}

func (a *app) work(ctx context.Context) error {
	defer a.digests.Stop() // when nobody is left who could ask it for a brief
	group, gctx := errgroup.WithContext(ctx)
	var worker *store.Worker
	if a.roles.has(workerRole) {
		jobs := river.NewWorkers()
		a.digests.Register(jobs)
		var err error
		// Jobs outlive ctx by the grace: what is being posted is posted and recorded.
		if worker, err = a.db.Work(context.WithoutCancel(ctx), jobs, workers); err != nil {
			return fmt.Errorf("start the workers: %w", err)
		}
		group.Go(func() error { return a.member.Hold(gctx, ingest.Lease, a.ingest.Run) })
		group.Go(func() error { return a.member.Hold(gctx, "plan", a.digests.Run) })
		group.Go(func() error { return a.poller.Run(gctx) })
		group.Go(func() error { return a.member.Hold(gctx, "tell", a.bot.Tell) })
	}
	if a.roles.has(gatewayRole) {
		group.Go(func() error { return a.holdGateway(gctx) })
	}
	group.Go(func() error { return a.watch.Run(gctx) })
	group.Go(func() error { return a.serve(gctx) })

	<-gctx.Done()
	a.log.Info("stopping")
	var err error
	if worker != nil {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace-2*time.Second)
		defer cancel()
		err = worker.Stop(stop)
	}
	if werr := group.Wait(); werr != nil && !errors.Is(werr, context.Canceled) {
		return werr
	}
	return err
}

func (a *app) close() error { return a.db.Close() }
