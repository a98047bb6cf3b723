package main

import (
	"context"
	"math"
	"strings"
	"sync"
	"time"

	"attache/cmd/attache/watch"
	"attache/internal/store"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

const (
	scrapeLimit = 4 * time.Second
	// Counts over what is kept for good are over some time: each scrape reads what an index has of it.
	deliveriesOf = 48 * time.Hour
	latenessOf   = time.Hour
	recountEvery = time.Hour // of articles; in between only what is new is counted
)

// figures are the metrics of the program's own, by name without attache_, with their labels.
var figures = map[string]struct {
	help   string
	labels []string
}{
	"sources":            {"Active sources that some server reads.", nil},
	"sources_failing":    {"Of them, those whose last visit failed.", nil},
	"fetch_lag_seconds":  {"How long the most overdue of them is overdue, while nobody visits it.", nil},
	"articles":           {"Articles stored.", nil},
	"articles_waiting":   {"Articles stored and not ingested yet.", nil},
	"ingest_lag_seconds": {"How long the oldest of them is stored.", nil},

	"jobs":              {"Jobs that are not done, by state.", []string{"state"}},
	"queue_age_seconds": {"How long the oldest job waits that is due.", nil},

	"deliveries":          {"Digests that were due within two days, by state.", []string{"status"}},
	"post_lag_seconds":    {"How late the oldest unfinished digest is.", nil},
	"digest_late_seconds": {"How late the digests that were due within an hour were first sent.", []string{"quantile"}},

	"model_calls":        {"Requests to models this day and month of UTC.", []string{"period"}},
	"model_tokens":       {"Tokens of prompts and replies this day and month, open requests at the most they may take.", []string{"period"}},
	"model_cost_dollars": {"What they cost by the configured prices.", []string{"period"}},
	"model_budget_used":  {"Share of the installation's budget that is used; 1 is all of it.", []string{"period"}},
	"model_left":         {"1 while a model's endpoint is left alone because it fails.", []string{"model"}},

	"gateway_shards":   {"Shards of the gateway: all, held by this process, and those of them that are open.", []string{"state"}},
	"identifies":       {"Sessions begun at the gateway within a day, by all processes.", nil},
	"identifies_limit": {"How many Discord allows a day.", nil},

	"processes":       {"Processes on the database, by role.", []string{"roles"}},
	"disk_free_bytes": {"Free bytes on the disk of a SQLite database.", nil},
	"alerts":          {"1 while an alert lasts.", []string{"name"}},
}

// rows reads what the database holds, when somebody asks: nothing is counted twice, and a restart forgets nothing.
type rows struct {
	a    *app
	desc map[string]*prometheus.Desc

	mu       sync.Mutex
	articles int   // counted so far
	last     int64 // the newest of them
	counted  time.Time
}

// metrics returns the registry behind /metrics.
func (a *app) metrics() *prometheus.Registry {
	r := &rows{a: a, desc: map[string]*prometheus.Desc{}}
	for name, f := range figures {
		r.desc[name] = prometheus.NewDesc("attache_"+name, f.help, f.labels, nil)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), r)
	return registry
}

func (r *rows) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range r.desc {
		ch <- d
	}
}

// Collect sends what can be read. What cannot is missing from the answer, which Prometheus shows.
func (r *rows) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeLimit)
	defer cancel()
	gauge := func(name string, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(r.desc[name], prometheus.GaugeValue, v, labels...)
	}
	r.work(ctx, gauge)
	r.digests(ctx, gauge)
	r.process(ctx, gauge)
	r.models(ctx, gauge)
}

type gauger func(name string, v float64, labels ...string)

func (r *rows) work(ctx context.Context, gauge gauger) {
	q := r.a.db.Read()
	if h, err := q.Health(ctx); err == nil {
		gauge("sources", float64(h.Sources))
		gauge("sources_failing", float64(h.Failing))
		gauge("fetch_lag_seconds", h.FetchLag.Seconds())
		gauge("articles_waiting", float64(h.Waiting))
		gauge("ingest_lag_seconds", h.IngestLag.Seconds())
		for _, state := range []string{"available", "pending", "retryable", "running", "scheduled"} {
			gauge("jobs", float64(h.Jobs[state]), state)
		}
		gauge("queue_age_seconds", h.QueueAge.Seconds())
		gauge("post_lag_seconds", h.PostLag.Seconds())
	}
	if n, err := r.countArticles(ctx); err == nil {
		gauge("articles", float64(n))
	}
	if ps, err := q.Processes(ctx); err == nil {
		n := map[string]int{}
		for _, p := range ps {
			n[p.Roles]++
		}
		for roles, n := range n {
			gauge("processes", float64(n), roles)
		}
	}
}

// countArticles counts those that came since the last time.
func (r *rows) countArticles(ctx context.Context) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.counted.IsZero() || time.Since(r.counted) >= recountEvery
	after := r.last
	if all {
		after = 0
	}
	n, last, err := r.a.db.Read().ArticlesAfter(ctx, after)
	if err != nil {
		return 0, err
	}
	if all {
		r.articles, r.counted = 0, time.Now()
	}
	r.articles, r.last = r.articles+n, last
	return r.articles, nil
}

func (r *rows) digests(ctx context.Context, gauge gauger) {
	q, now := r.a.db.Read(), r.a.now()
	if n, err := q.DeliveriesSince(ctx, now.Add(-deliveriesOf)); err == nil {
		for _, status := range []string{store.Planned, store.Sending, store.Sent, store.Skipped, store.Failed} {
			gauge("deliveries", float64(n[status]), status)
		}
	}
	if late, err := q.Lateness(ctx, now.Add(-latenessOf)); err == nil && len(late) > 0 {
		for quantile, share := range map[string]float64{"0.5": 0.5, "0.99": 0.99, "1": 1} {
			gauge("digest_late_seconds", late[max(int(math.Ceil(share*float64(len(late))))-1, 0)].Seconds(), quantile)
		}
	}
}

func (r *rows) process(ctx context.Context, gauge gauger) {
	if r.a.roles.has(gatewayRole) {
		g := r.a.gateway()
		for state, n := range map[string]int{"all": g.Shards, "held": g.Held, "open": g.Ready} {
			gauge("gateway_shards", float64(n), state)
		}
		gauge("identifies", float64(g.Identifies))
		gauge("identifies_limit", float64(g.Limit))
	}
	if n, known := r.a.watch.Free(); known {
		gauge("disk_free_bytes", float64(n))
	}
	open := map[string]bool{}
	for _, name := range r.a.watch.Open() {
		open[name] = true
	}
	if as, err := r.a.db.Read().Alerts(ctx); err == nil {
		for _, alert := range as {
			if alert.Over.IsZero() {
				open[alert.Name] = true
			}
		}
	}
	for _, name := range watch.Names() {
		n := 0.0
		if open[name] {
			n = 1
		}
		gauge("alerts", n, name)
	}
}

func (r *rows) models(ctx context.Context, gauge gauger) {
	if len(r.a.cfg.Models) == 0 {
		return
	}
	if u, err := r.a.ledger.Report(ctx, ""); err == nil {
		for period, s := range map[string]store.Spending{"day": u.Day, "month": u.Month} {
			gauge("model_calls", float64(s.Calls), period)
			gauge("model_tokens", float64(s.Tokens), period)
			gauge("model_cost_dollars", float64(s.Cost)/1e6, period)
			gauge("model_budget_used", s.Share, period)
		}
	}
	left := strings.Join(r.a.left(), "\n") + "\n"
	for _, m := range r.a.cfg.Models {
		n := 0.0
		if strings.Contains(left, m.Name+"\n") {
			n = 1
		}
		gauge("model_left", n, m.Name)
	}
}
