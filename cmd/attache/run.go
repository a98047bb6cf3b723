package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"
)

func newRun(t terminal) *cobra.Command {
	var path, role string
	c := &cobra.Command{
		Use: "run", Short: "Run the bot", Args: cobra.NoArgs,
		Long: `Run the bot until it is interrupted: read the sources, keep and group their articles, and post
digests when they are due. The bot's token comes from DISCORD_TOKEN or DISCORD_TOKEN_FILE.

On PostgreSQL several processes may run on one database. --role says what this one does: a gateway holds sessions with
Discord and answers commands, a worker reads the sources and makes and posts the digests.`,
		RunE: func(c *cobra.Command, _ []string) error {
			rs, err := parseRoles(role)
			if err != nil {
				return err
			}
			cfg, err := loadConfig(path)
			if err != nil {
				return err
			}
			if rs.shared() && strings.HasPrefix(cfg.Store.URL, "sqlite:") {
				return say("--role %s leaves a part of the work to other processes, which a SQLite file cannot have. Leave --role out, or move to PostgreSQL (docs/operations.md).", rs)
			}
			token, err := secret("DISCORD_TOKEN")
			if err != nil {
				return err
			}
			if token == "" {
				return say("There is no Discord token. Set DISCORD_TOKEN or DISCORD_TOKEN_FILE, or try `attache demo`, which needs none.")
			}
			if os.Getenv("GOGC") == "" {
				debug.SetGCPercent(heapRoom)
			}
			a, err := openApp(c.Context(), cfg, newLogger(t.err, cfg), token, rs)
			if c.Context().Err() != nil && errors.Is(err, context.Canceled) {
				return nil // told to end before it ran
			}
			if err != nil {
				return err
			}
			a.log.Info("running", "version", version(), "role", rs.String(), "store", cfg.storeShown())
			return errors.Join(a.run(c.Context()), a.close())
		},
	}
	configFlag(c, &path)
	c.Flags().StringVar(&role, "role", allRoles.String(), "what this process does on PostgreSQL: gateway, worker or both")
	return c
}

// heapRoom is how much the heap may grow, in percent of what is in use, before garbage is collected, unless GOGC says it. With
// 100, Go's own, 200 feeds that are read at once take a tenth less of the processor and a third more memory.
const heapRoom = 50

// configFlag adds -c.
func configFlag(c *cobra.Command, path *string) {
	c.PersistentFlags().StringVarP(path, "config", "c", "config.yaml", "configuration file")
}

// serve answers /healthz and /metrics on http.listen until ctx ends.
func (a *app) serve(ctx context.Context) error {
	if a.cfg.HTTP.Listen == "" {
		<-ctx.Done()
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.HTTP.Listen)
	if err != nil {
		return say("http.listen %s cannot be opened: %v. Choose another port, or leave http.listen empty.", a.cfg.HTTP.Listen, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", a.healthz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics(), promhttp.HandlerOpts{Timeout: 5 * time.Second}))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	a.log.Info("listening", "addr", l.Addr().String())
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(l) }()
	select {
	case err = <-ended:
		return fmt.Errorf("serve http: %w", err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	err = srv.Shutdown(stop)
	<-ended
	return err
}

// healthz says ok when the database answers and can be written to, and of a gateway, whether its session is up.
func (a *app) healthz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	if err := a.db.Ping(ctx); err != nil {
		a.log.Error("healthz", "err", err)
		http.Error(w, "database: not writable", http.StatusServiceUnavailable)
		return
	}
	if !a.roles.has(gatewayRole) {
		fmt.Fprintln(w, "ok")
		return
	}
	select {
	case <-a.bot.Ready():
		fmt.Fprintln(w, "ok")
	default:
		http.Error(w, "discord: not connected yet", http.StatusServiceUnavailable)
	}
}
