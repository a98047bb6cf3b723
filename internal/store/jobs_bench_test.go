package store

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"attache/internal/store/storetest"

	"github.com/riverqueue/river"
)

// A nothing is a job that does nothing: what is measured is the engine.
type nothing struct {
	N int `json:"n"`
}

func (nothing) Kind() string { return "nothing" }

type nothingWorker struct {
	river.WorkerDefaults[nothing]
	left *atomic.Int64
	done chan struct{}
}

func (w *nothingWorker) Work(context.Context, *river.Job[nothing]) error {
	if w.left.Add(-1) == 0 {
		close(w.done)
	}
	return nil
}

// How many jobs a second are taken, run and completed: by one process on SQLite, by two handles of a database, each with pools
// and a client of its own, on PostgreSQL. The engine takes jobs at most every 100 ms, as many as there are workers.
func BenchmarkJobs(b *testing.B) {
	for _, c := range []struct {
		engine            string
		handles, max, all int
	}{{"SQLite", 1, 500, 10_000}, {"PostgreSQL", 1, 1000, 20_000}, {"PostgreSQL", 2, 1000, 40_000}} {
		b.Run(fmt.Sprintf("%s/%d", c.engine, c.handles), func(b *testing.B) {
			url := "sqlite:" + b.TempDir() + "/attache.db"
			if c.engine == "PostgreSQL" {
				url = storetest.Postgres(b, nil)
			}
			for b.Loop() {
				took := drainJobs(b, url, c.handles, c.max, c.all)
				b.ReportMetric(float64(c.all)/took.Seconds(), "jobs/s")
			}
		})
	}
}

func drainJobs(b *testing.B, url string, handles, max, all int) time.Duration {
	b.Helper()
	w := &nothingWorker{left: &atomic.Int64{}, done: make(chan struct{})}
	w.left.Store(int64(all))
	dbs := make([]*DB, handles)
	for i := range dbs {
		dbs[i] = openURL(b, url, Options{Now: time.Now})
	}
	for from := 0; from < all; from += 1000 {
		err := dbs[0].InTx(b.Context(), func(_ *Q, jobs Jobs) error {
			for n := range 1000 {
				if err := jobs.Insert(b.Context(), nothing{from + n}, nil); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	began := time.Now()
	var ws []*Worker
	for _, db := range dbs {
		workers := river.NewWorkers()
		river.AddWorker(workers, w)
		running, err := db.Work(b.Context(), workers, max)
		if err != nil {
			b.Fatal(err)
		}
		ws = append(ws, running)
	}
	<-w.done
	took := time.Since(began)
	for _, running := range ws {
		if err := running.Stop(context.Background()); err != nil {
			b.Error(err)
		}
	}
	return took
}
