package main

import (
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"attache/cmd/attache/watch"
	"attache/internal/store"
)

// A dashboard is as much of Grafana's JSON as is checked.
type dashboard struct {
	Title         string `json:"title"`
	SchemaVersion int    `json:"schemaVersion"`
	Panels        []struct {
		ID      int    `json:"id"`
		Title   string `json:"title"`
		Type    string `json:"type"`
		GridPos struct{ X, Y, W, H int }
		Targets []struct {
			RefID string `json:"refId"`
			Expr  string `json:"expr"`
		} `json:"targets"`
	} `json:"panels"`
}

// The dashboard shows every figure of the program and no other, and what is told at which bound stands in its words.
func TestDashboard(t *testing.T) {
	b, err := os.ReadFile("../../docs/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	if d.Title == "" || d.SchemaVersion < 39 || len(d.Panels) == 0 {
		t.Errorf("title %q, schema %d, %d panels", d.Title, d.SchemaVersion, len(d.Panels))
	}
	shown := map[string]bool{}
	taken := map[[2]int]string{}
	ids := map[int]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" || p.Type == "" || len(p.Targets) == 0 {
			t.Errorf("panel %d %q of type %q has %d targets, or its id twice", p.ID, p.Title, p.Type, len(p.Targets))
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			for _, name := range regexp.MustCompile(`attache_[a-z_]+`).FindAllString(target.Expr, -1) {
				shown[strings.TrimPrefix(name, "attache_")] = true
			}
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%s lies over %q at %d, %d", p.Title, other, x, y)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
	for name := range shown {
		if _, exported := figures[name]; !exported {
			t.Errorf("the dashboard shows attache_%s, which the program does not export", name)
		}
	}
	for name := range figures {
		if !shown[name] {
			t.Errorf("the dashboard does not show attache_%s", name)
		}
	}
}

// The operator's handbook names every figure and every alert, and no figure that is none.
func TestOperationsNamesFigures(t *testing.T) {
	b, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, name := range regexp.MustCompile(`attache_[a-z_]+`).FindAllString(string(b), -1) {
		named[strings.TrimPrefix(name, "attache_")] = true
	}
	for name := range named {
		if _, exported := figures[name]; !exported {
			t.Errorf("docs/operations.md names attache_%s, which the program does not export", name)
		}
	}
	for name := range figures {
		if !named[name] {
			t.Errorf("docs/operations.md does not name attache_%s", name)
		}
	}
	for _, name := range watch.Names() {
		if !strings.Contains(string(b), "`"+name+"`") {
			t.Errorf("docs/operations.md does not name the alert %s", name)
		}
	}
}

// testApp wires the program over a database of its own.
func testApp(t *testing.T, cfg Config, log *slog.Logger) *app {
	t.Helper()
	cfg.path = filepath.Join(t.TempDir(), "config.yaml")
	a, err := openApp(t.Context(), cfg, log, "fake.token.for-tests", allRoles)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// Each figure is really sent, and counts what is there.
func TestMetrics(t *testing.T) {
	cfg := defaults()
	cfg.Models = []ModelConfig{{Name: "mine", BaseURL: "http://127.0.0.1:1/v1", Model: "m", Context: 4096}}
	cfg.Models[0].complete()
	a := testApp(t, cfg, slog.New(slog.DiscardHandler))
	ctx := t.Context()
	var source int64
	article := func(key string) error {
		return a.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
			_, _, err := q.SaveArticle(ctx, store.Article{Source: source, Key: key, URL: key, Title: key, Text: key})
			return err
		})
	}
	err := a.db.InTx(ctx, func(q *store.Q, _ store.Jobs) (err error) {
		if source, err = q.Subscribe(ctx, store.Source{URL: "https://a.example/feed"}, store.Subscription{Guild: "g"}); err != nil {
			return err
		}
		if err := q.SaveGuild(ctx, store.Guild{ID: "g", Joined: time.Now()}); err != nil {
			return err
		}
		schedule, err := q.SaveSchedule(ctx, store.Schedule{Guild: "g", Spec: "0 8 * * *", Zone: "UTC", Target: store.Target{Channel: "1"}})
		if err != nil {
			return err
		}
		for i, late := range []time.Duration{time.Second, 2 * time.Second, time.Minute} {
			due, slot := time.Now().Add(-10*time.Minute), string(rune('a'+i))
			id, _, err := q.PlanDelivery(ctx, store.Delivery{Schedule: schedule, Slot: slot, Due: due, Status: store.Sent})
			if err == nil {
				err = q.SaveParts(ctx, []store.Part{{Delivery: id, Channel: "1", Nonce: slot, Body: []byte("{}"), FirstTry: due.Add(late)}})
			}
			if err != nil {
				return err
			}
		}
		if _, err := q.RaiseAlert(ctx, watch.Token, "words"); err != nil {
			return err
		}
		_, err = q.RaiseAlert(ctx, watch.Models+"@other", "words")
		return err
	})
	if err == nil {
		err = article("a")
	}
	if err != nil {
		t.Fatal(err)
	}
	registry := a.metrics()
	gather := func() map[string]float64 {
		t.Helper()
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]float64{}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				name := strings.TrimPrefix(f.GetName(), "attache_")
				for _, l := range m.GetLabel() {
					name += " " + l.GetValue()
				}
				out[name] = m.GetGauge().GetValue()
			}
		}
		return out
	}
	got := gather()
	for name := range figures {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(got)), func(k string) bool { return k == name || strings.HasPrefix(k, name+" ") }) {
			t.Errorf("attache_%s is not sent", name)
		}
	}
	for name, want := range map[string]float64{
		"sources": 1, "articles": 1, "articles_waiting": 1, "deliveries sent": 3, "deliveries failed": 0, "jobs running": 0,
		"digest_late_seconds 0.5": 2, "digest_late_seconds 1": 60, "alerts token": 1, "alerts models": 0, "alerts disk": 0,
		"processes gateway,worker": 1, "model_left mine": 0, "model_budget_used day": 0, "gateway_shards open": 0,
	} {
		if v, sent := got[name]; !sent || v != want {
			t.Errorf("attache_%s is %v (sent %v), want %v", name, v, sent, want)
		}
	}
	if got["disk_free_bytes"] <= 0 {
		t.Errorf("%v bytes are free", got["disk_free_bytes"])
	}
	if err := article("b"); err != nil {
		t.Fatal(err)
	}
	if n := gather()["articles"]; n != 2 {
		t.Errorf("after another article there are %v", n)
	}
}
