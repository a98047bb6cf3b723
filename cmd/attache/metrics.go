package main

import (
	"context"
	"time"

	"attache/internal/store"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// rows counts what the database holds, when somebody asks: nothing is counted twice, and a restart forgets nothing.
type rows struct {
	a *app

	sources, failing, articles, waiting, deliveries, oldest *prometheus.Desc
	calls, tokens, cost, share                              *prometheus.Desc // of models, where there are some
}

// metrics returns the registry behind /metrics.
func (a *app) metrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("attache_"+name, help, labels, nil)
	}
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), rows{
		a:          a,
		sources:    desc("sources", "Sources that some server reads."),
		failing:    desc("sources_failing", "Sources whose last visit failed."),
		articles:   desc("articles", "Articles stored."),
		waiting:    desc("articles_waiting", "Articles stored and not ingested yet."),
		deliveries: desc("deliveries", "Deliveries by state.", "status"),
		oldest:     desc("delivery_late_seconds", "How late the oldest unfinished delivery is."),
		calls:      desc("model_calls", "Requests to models this day and month of UTC.", "period"),
		tokens:     desc("model_tokens", "Tokens of prompts and replies this day and month, open requests at the most they may take.", "period"),
		cost:       desc("model_cost_dollars", "What they cost by the configured prices.", "period"),
		share:      desc("model_budget_used", "Share of the installation's budget that is used; 1 is all of it.", "period"),
	})
	return r
}

func (r rows) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{r.sources, r.failing, r.articles, r.waiting, r.deliveries, r.oldest, r.calls, r.tokens, r.cost, r.share} {
		ch <- d
	}
}

func (r rows) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	q := r.a.db.Read()
	if srcs, err := q.Sources(ctx); err == nil {
		failing, articles := 0, 0
		for _, s := range srcs {
			articles += s.Articles
			if s.Error != "" {
				failing++
			}
		}
		gauge(r.sources, float64(len(srcs)))
		gauge(r.failing, float64(failing))
		gauge(r.articles, float64(articles))
	}
	if t, err := q.Totals(ctx); err == nil {
		gauge(r.waiting, float64(t.Uningested))
		for status, n := range t.Deliveries {
			gauge(r.deliveries, float64(n), status)
		}
	}
	if open, err := q.Unfinished(ctx); err == nil {
		late := 0.0
		for _, d := range open {
			late = max(late, r.a.now().Sub(d.Due).Seconds())
		}
		gauge(r.oldest, late)
	}
	if len(r.a.cfg.Models) == 0 {
		return
	}
	if u, err := r.a.ledger.Report(ctx, ""); err == nil {
		for period, s := range map[string]store.Spending{"day": u.Day, "month": u.Month} {
			gauge(r.calls, float64(s.Calls), period)
			gauge(r.tokens, float64(s.Tokens), period)
			gauge(r.cost, float64(s.Cost)/1e6, period)
			gauge(r.share, s.Share, period)
		}
	}
}
