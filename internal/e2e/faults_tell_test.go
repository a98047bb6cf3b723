package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"attache/bot"
	"attache/internal/digest"
	"attache/internal/fakediscord"
	"attache/internal/fakellm"
	"attache/internal/store"
	"attache/summarize"
	"attache/summarize/model"

	"github.com/riverqueue/river"
)

// discordFaults are what a request to Discord may meet.
var discordFaults = map[string]fakediscord.Fault{
	"discord cut":      {Cut: true},
	"discord lost":     {After: true, Cut: true},
	"discord 500":      {Status: 500, Body: "{}"},
	"discord 502 done": {After: true, Status: 502, Body: "<html>"},
	"discord 429":      {RetryAfter: 100 * time.Millisecond},
	"discord timeout":  {Delay: 1500 * time.Millisecond},
}

var discordKinds = []string{"discord cut", "discord lost", "discord 500", "discord 502 done", "discord 429", "discord timeout"}

// modelFaults are what a question to the model may meet.
var modelFaults = map[string]fakellm.Fault{"model 500": fakellm.Fault500, "model close": fakellm.FaultClose, "model garbage": fakellm.FaultHTML200}

var modelKinds = []string{"model 500", "model close", "model garbage"}

// mostTokens is the cap of the walk: above what its eight briefs need, asked twice.
const mostTokens = 100_000

// A teller is the half of the program that plans, writes and posts, running.
type teller struct {
	db      *store.DB
	digests *digest.Service
	worker  *store.Worker
	end     func()
}

// tells starts the half of the program that tells. With planning it plans by itself.
func (w *walked) tells(ctx context.Context, api string, llm *fakellm.Server, f *fault, planning bool) (*teller, error) {
	db, err := w.open(ctx, f.store)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{}
	client := &http.Client{Transport: transport}
	if f.kind == "discord timeout" {
		client.Timeout = time.Second
	}
	b, err := bot.New(silent(), db, bot.Options{Token: token, APIBase: api, Client: client})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	caps := store.Uncapped()
	caps.Installation.Day.Tokens = mostTokens
	e := model.Endpoint{Name: "fake", BaseURL: "http://127.0.0.1:1/v1", Model: "fake-model", Context: 16_000, MaxOutput: 1200, Timeout: 10 * time.Second, Price: model.Price{In: 2, Out: 8}}
	c := model.New(silent(), e, db.Ledger(caps), model.Options{Transport: llm.Transport()})
	s := digest.New(silent(), db, []summarize.Engine{summarize.NewModel(silent(), c, false)}, b, digest.Options{Now: w.now})
	jobs := river.NewWorkers()
	s.Register(jobs)
	worker, err := db.Work(ctx, jobs, 4)
	if err != nil {
		s.Stop()
		return nil, errors.Join(err, db.Close())
	}
	running, cancel := context.WithCancel(ctx)
	var group sync.WaitGroup
	if planning {
		group.Go(func() { _ = s.Run(running) })
	}
	return &teller{db, s, worker, func() { cancel(); group.Wait(); transport.CloseIdleConnections() }}, nil
}

func (p *teller) stop(ctx context.Context) error {
	p.end()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := p.worker.Stop(ctx)
	p.digests.Stop()
	return errors.Join(err, p.db.Close())
}

// tellAt lets a slot fall due with a fault on the way.
func tellAt(t *testing.T, f *fault, file string) {
	tell(t, f, newWalked("sqlite:"+copied(t, file), morning))
}

// tell lets the slot of 08:00 fall due in a world whose articles are there, with a fault on the way, and judges the end.
func tell(t *testing.T, f *fault, w *walked) {
	ctx := context.Background()
	due := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	fake := fakediscord.New(fakediscord.Options{Token: token, Now: w.now,
		Guilds: []fakediscord.Guild{{ID: guild, Name: "Test", Channels: []fakediscord.Channel{{ID: channel, Name: "news"}}}}})
	api, err := fake.Start("127.0.0.1:0")
	if err != nil {
		t.Error(err)
		return
	}
	defer fake.Close()
	if d, ok := discordFaults[f.kind]; ok {
		d.Skip = int(f.n) - 1
		fake.Inject(d)
	}
	o := fakellm.Options{}
	if m, ok := modelFaults[f.kind]; ok {
		o.FaultAt = map[int]fakellm.Fault{int(f.n): m}
	}
	llm := fakellm.New(o)
	var p *teller
	for range 2 { // a start that fails is tried again, as whoever runs the program does
		if p, err = w.tells(ctx, api, llm, f, false); err == nil {
			break
		}
	}
	if err != nil {
		t.Errorf("%s: start: %v", f, err)
		return
	}
	// The briefs are written ahead, as the job before the slot does, which has two tries.
	w.set(due.Add(-5 * time.Minute))
	for range 2 {
		sched, err := p.db.Read().Schedule(ctx, 1)
		if err != nil {
			continue
		}
		if _, _, err = p.digests.Compose(model.WithPayer(ctx, model.Payer{Guild: guild, Scheduled: true}), sched, "2026-03-02T08:00", due); err == nil {
			break
		}
	}
	w.set(due.Add(time.Second))
	side, err := w.read()
	if err != nil {
		t.Error(err)
		return
	}
	defer side.Close()
	living := true
	settle(t, f.String(), func() (bool, error) {
		if living {
			if _, _, err := p.digests.Plan(ctx, w.now()); err != nil {
				return false, err
			}
		}
		ds, err := rows(ctx, side, "SELECT status, reason FROM deliveries")
		return len(ds) == 1 && strings.HasPrefix(ds[0], store.Sent+" "), fmt.Errorf("%q, %v", ds, err)
	}, func(step int) {
		if step > 0 || !f.restarts() {
			return
		}
		if err := p.stop(ctx); err != nil {
			t.Errorf("%s: stop: %v", f, err)
		}
		again, err := w.tells(ctx, api, llm, f, true)
		if err != nil {
			again, err = w.tells(ctx, api, llm, f, true)
		}
		if err != nil {
			t.Errorf("%s: start again: %v", f, err)
			return
		}
		p, living = again, false
	})
	if err := p.stop(ctx); err != nil {
		t.Errorf("%s: stop: %v", f, err)
	}
	if _, ok := discordFaults[f.kind]; ok {
		f.reached.Store(len(fake.Requests()) >= int(f.n))
	}
	if _, ok := modelFaults[f.kind]; ok {
		f.reached.Store(len(llm.Calls()) >= int(f.n))
	}
	judge(t, f, w, fake, llm)
}

// judge looks whether the slot was told once and whole, and what it cost.
func judge(t *testing.T, f *fault, w *walked, fake *fakediscord.Server, llm *fakellm.Server) {
	ctx := context.Background()
	db, err := w.read()
	if err != nil {
		t.Error(err)
		return
	}
	defer db.Close()
	read := func(query string) []string {
		out, err := rows(ctx, db, query)
		if err != nil {
			t.Errorf("%s: %v", f, err)
		}
		return out
	}
	if got := read("SELECT slot, status FROM deliveries"); len(got) != 1 || got[0] != "2026-03-02T08:00 | sent" {
		t.Errorf("%s: deliveries %q", f, got)
	}
	parts, messages := read("SELECT message, status FROM parts ORDER BY n"), fake.Messages(channel)
	if len(parts) < 2 || len(parts) != len(messages) {
		t.Errorf("%s: %d parts, %d messages", f, len(parts), len(messages))
	}
	for i := range min(len(parts), len(messages)) {
		if want := messages[i].ID + " | sent"; parts[i] != want {
			t.Errorf("%s: part %d is %q, want %q", f, i, parts[i], want)
		}
	}
	if got := read("SELECT count(*), count(DISTINCT story) FROM told"); got[0] != fmt.Sprintf("%d | %[1]d", len(beats)) {
		t.Errorf("%s: stories told %q", f, got)
	}
	// What could not be closed for the fault stands as it was booked, and the next hour closes it.
	open := 0
	if strings.HasPrefix(f.kind, "store ") {
		open = 1
	}
	if got := read("SELECT id FROM usage WHERE state = 'open'"); len(got) > open {
		t.Errorf("%s: %d questions are open", f, len(got))
	}
	w.add(2 * time.Hour)
	if err := w.prune(ctx); err != nil {
		t.Errorf("%s: %v", f, err)
	}
	if got := read("SELECT id FROM usage WHERE state = 'open'"); len(got) > 0 {
		t.Errorf("%s: %d questions are open for good", f, len(got))
	}
	var tokens int
	if got := read("SELECT tokens FROM usage_totals WHERE period = '2026-03-02' AND guild = '' AND user_id = ''"); len(got) != 1 {
		t.Errorf("%s: totals %q", f, got)
	} else if _, err := fmt.Sscan(got[0], &tokens); err != nil {
		t.Error(err)
	}
	if billed := llm.Billed(); tokens > mostTokens || tokens < billed.In+billed.Out {
		t.Errorf("%s: %d tokens are booked, %d billed, %d allowed", f, tokens, billed.In+billed.Out, mostTokens)
	}
	asked, twice := map[string]bool{}, 0
	for _, c := range llm.Calls() {
		if asked[string(c.Body)] {
			twice++
		}
		asked[string(c.Body)] = true
	}
	if twice > 1 {
		t.Errorf("%s: %d questions were asked again", f, twice)
	}
	for _, v := range append(fake.Violations(), llm.Violations()...) {
		t.Errorf("%s: refused: %s", f, v)
	}
}

// prune keeps the ledger in order, as the program does every hour.
func (w *walked) prune(ctx context.Context) error {
	db, err := w.open(ctx, nil)
	if err != nil {
		return err
	}
	err = db.InTx(ctx, func(q *store.Q, _ store.Jobs) error { return q.PruneUsage(ctx, w.now().Add(-24*time.Hour)) })
	return errors.Join(err, db.Close())
}
