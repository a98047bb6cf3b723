package digest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"attache/internal/store"
	"attache/internal/store/storetest"
	"attache/summarize"
)

// A counted engine is asked by several processes at once.
type counted struct {
	summarize.Extractive
	asked   *atomic.Int32
	started chan struct{}
	end     chan struct{}
}

func (counted) Name() string    { return "model" }
func (counted) Version() string { return "1" }
func (m counted) Brief(ctx context.Context, r summarize.Request) (summarize.Brief, error) {
	m.asked.Add(1)
	m.started <- struct{}{}
	<-m.end
	return m.Extractive.Brief(ctx, r)
}

// Of all processes one asks a model for a brief; the others take what it wrote.
func TestOneCallABrief(t *testing.T) {
	url := storetest.Postgres(t, nil)
	m := counted{asked: &atomic.Int32{}, started: make(chan struct{}, 9), end: make(chan struct{})}
	process := func() *Service {
		db, err := store.Open(t.Context(), url, store.Options{Now: func() time.Time { return noon }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		member, err := db.Join(t.Context(), "worker", "test")
		if err != nil {
			t.Fatal(err)
		}
		return New(quiet(), db, []summarize.Engine{m}, nil, Options{Member: member})
	}
	text := prose(1) + " " + prose(2)
	docs := []summarize.Document{{Article: 1, Revision: 1, Outlet: "Gazette", Title: "The bridge is open", Text: text, Lang: "en", Published: noon}}
	briefs := make([]summarize.Brief, 3)
	var group sync.WaitGroup
	for i, s := range []*Service{process(), process(), process()} {
		group.Go(func() {
			var err error
			if briefs[i], err = s.brief(t.Context(), 1, docs, "en"); err != nil {
				t.Error(err)
			}
		})
	}
	<-m.started
	time.AfterFunc(2*claimLook, func() { close(m.end) }) // the others have looked meanwhile
	group.Wait()
	if n := m.asked.Load(); n != 1 {
		t.Errorf("the model was asked %d times", n)
	}
	for _, b := range briefs {
		if b.Engine != "model" || len(b.Bullets) == 0 {
			t.Errorf("a process has %+v", b)
		}
	}
}
