package e2e

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"attache/internal/fakediscord"
	"attache/internal/store"
)

// What the program takes when nothing is to be done: 500 sources that are not due, 1,000 schedules of the morning, a gateway
// session. CPU of one core in percent, over a minute after it settled, and memory.
func BenchmarkIdle(b *testing.B) {
	discord := fakediscord.New(fakediscord.Options{Token: token, Guilds: []fakediscord.Guild{{ID: guild, Name: "Test", Channels: []fakediscord.Channel{{ID: channel, Name: "news"}}}}})
	api, err := discord.Start("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer discord.Close()
	p := newProgram(b, api, "127.0.0.1:1")
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(p.Dir, "attache.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	err = db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		for i := range 500 {
			src := store.Source{URL: fmt.Sprintf("http://127.0.0.1:1/%d", i), Status: "active", NextVisit: at.AddDate(0, 0, 7)}
			if _, err := q.Subscribe(ctx, src, store.Subscription{Guild: guild, Name: fmt.Sprint("Source ", i), Tier: store.Press, Added: at}); err != nil {
				return err
			}
		}
		for i := range 1000 {
			_, err := q.SaveSchedule(ctx, store.Schedule{Guild: guild, Target: store.Target{Channel: channel}, Spec: fmt.Sprintf("%d 8 * * *", i%60),
				Zone: "Europe/Brussels", Lang: "en", Created: at, From: at})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	if err != nil {
		b.Fatal(err)
	}
	r := p.run(at)
	for b.Loop() {
		r.until("its metrics", func() bool { return p.metric("process_cpu_seconds_total") > 0 })
		time.Sleep(15 * time.Second)
		before := p.metric("process_cpu_seconds_total")
		time.Sleep(time.Minute)
		b.ReportMetric(100*(p.metric("process_cpu_seconds_total")-before)/60, "%-of-a-core")
		b.ReportMetric(p.metric("process_resident_memory_bytes")/(1<<20), "MB")
	}
	r.stop()
}

// What a start takes: until /healthz says that the session is up, of an empty folder, where the database is made first, and
// of one that was run before; the processor's time until then, and the memory ten seconds after.
func BenchmarkStart(b *testing.B) {
	discord := fakediscord.New(fakediscord.Options{Token: token, Guilds: []fakediscord.Guild{{ID: guild, Name: "Test", Channels: []fakediscord.Channel{{ID: channel, Name: "news"}}}}})
	api, err := discord.Start("127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer discord.Close()
	for b.Loop() {
		p := newProgram(b, api, "127.0.0.1:1")
		for _, store := range []string{"new", "old"} {
			start := time.Now()
			r := p.run(start)
			for !p.healthy() {
				time.Sleep(5 * time.Millisecond)
			}
			b.ReportMetric(float64(time.Since(start).Milliseconds()), store+"-ms")
			b.ReportMetric(1000*p.metric("process_cpu_seconds_total"), store+"-cpu-ms")
			time.Sleep(10 * time.Second)
			b.ReportMetric(p.metric("process_resident_memory_bytes")/(1<<20), store+"-MB")
			r.stop()
		}
	}
}

// healthy is what /healthz says.
func (p *program) healthy() bool {
	res, err := http.Get("http://" + p.http + "/healthz")
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}
