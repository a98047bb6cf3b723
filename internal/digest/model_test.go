package digest

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"attache/internal/fakellm"
	"attache/internal/store"
	"attache/summarize"
	"attache/summarize/model"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// markerKey is a fake secret that must show up nowhere.
const markerKey = "sk-fake-marker-7731"

// hasModel gives a world an engine that asks a fake server, and returns where it logs.
func (w *world) hasModel(s *fakellm.Server, caps store.Caps) *bytes.Buffer {
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))
	e := model.Endpoint{Name: "fake", BaseURL: "http://127.0.0.1:1/v1", Key: markerKey, Model: "fake-model", Context: 16_000, MaxOutput: 1200,
		Timeout: 30 * time.Second, Price: model.Price{In: 2, Out: 8}}
	c := model.New(log, e, w.db.Ledger(caps), model.Options{Transport: s.Transport()})
	w.s = New(log, w.db, []summarize.Engine{summarize.NewModel(log, c, true)}, w.discord, w.o)
	return &b
}

// news publishes three stories, one of them in German.
func (w *world) news() store.Schedule {
	gazette := w.subscribe("guild", "Gazette", store.Press, "FR")
	blatt := w.subscribe("guild", "Fjordblatt", store.Press, "DE")
	w.publish(piece{source: gazette, story: 1, ago: time.Hour})
	w.publish(piece{source: gazette, story: 2, ago: time.Hour})
	w.publish(piece{source: blatt, story: 3, ago: time.Hour, lang: "de", title: "Orel reist nach Lund",
		text: "Ministerpräsident Tomas Orel reist am 9. März nach Lund, wie sein Büro am Montag mitteilte. Das Treffen mit Außenministerin Ana Tervo dauert 2 Tage."})
	return w.schedule(store.Schedule{Lang: "en"})
}

// prepared lets the briefs of the slot be written, and posts at the slot. It returns the digest, and how long the slot
// waited for a model.
func (w *world) prepared(s store.Schedule) (Digest, time.Duration) {
	w.t.Helper()
	due := time.Date(2026, 2, 27, 8, 0, 0, 0, time.UTC)
	job := &river.Job[prepareArgs]{JobRow: &rivertype.JobRow{}, Args: prepareArgs{Schedule: s.ID, Slot: "2026-02-27T08:00", Due: due}}
	w.clock.set(due.Add(-lastLook))
	w.plan()
	if err := (&prepareWorker{s: w.s}).Work(w.t.Context(), job); err != nil {
		w.t.Errorf("prepare: %v", err)
	}
	w.clock.set(due)
	w.plan()
	began := time.Now()
	w.settle()
	ds := must[[]store.Delivery](w.t)(w.db.Read().Deliveries(w.t.Context(), s.ID, 1))
	if len(ds) != 1 || ds[0].Status != store.Sent {
		w.t.Fatalf("deliveries %+v", ds)
	}
	return w.digest(ds[0].ID), time.Since(began)
}

// Whatever the n-th call to a model meets, the digest goes out at its slot with every story, and says of each who wrote it.
// Spending stays within what the server billed and the cap, and the key is in no log line and no row.
func TestModelFaults(t *testing.T) {
	every := fakellm.Faults()
	some := []fakellm.Fault{fakellm.FaultStall, fakellm.FaultClose, fakellm.FaultCloseBody, fakellm.Fault429Endless, fakellm.Fault429, fakellm.Fault500, fakellm.FaultQuota,
		fakellm.Fault401, fakellm.FaultNoUsage, fakellm.FaultTruncated, fakellm.FaultRefusal, fakellm.FaultFenced, fakellm.FaultToolCalls, fakellm.FaultHuge}
	written, runs := 0, 0
	for n := 1; ; n++ {
		faults := some
		if n == 1 && !testing.Short() && !raceDetector {
			faults = every
		}
		calls := 0
		for _, f := range faults {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				s := fakellm.New(fakellm.Options{Key: markerKey, FaultAt: map[int]fakellm.Fault{n: f}})
				log := w.hasModel(s, store.Uncapped())
				sched := w.news()
				d, waited := w.prepared(sched)
				runs++
				if len(d.Stories) != 3 || waited > 0 {
					t.Errorf("%s at call %d: %d stories, the slot waited %s", f, n, len(d.Stories), waited)
				}
				for _, st := range d.Stories {
					if st.Engine == "fake-model" {
						written++
					} else if st.Engine != "extractive" {
						t.Errorf("%s at call %d: written by %q", f, n, st.Engine)
					}
				}
				calls = max(calls, len(s.Calls()))
				if v := s.Violations(); len(v) > 0 {
					t.Errorf("%s at call %d: %s", f, n, v[0])
				}
				w.balanced(s, fmt.Sprintf("%s at call %d", f, n))
				w.secret(log)
			})
		}
		if calls < n {
			break
		}
	}
	if written < 2*runs { // of three stories a run, one fault spoils one at most
		t.Errorf("a model wrote %d stories in %d runs", written, runs)
	}
	t.Logf("%d runs", runs)
}

// balanced compares what is booked with what the server billed.
func (w *world) balanced(s *fakellm.Server, what string) {
	w.t.Helper()
	r := must[store.UsageReport](w.t)(w.db.Ledger(store.Uncapped()).Report(w.t.Context(), ""))
	billed := s.Billed()
	if got := r.Month.Tokens; got < int64(billed.In+billed.Out) {
		w.t.Errorf("%s: %d tokens are booked, %d were billed", what, got, billed.In+billed.Out)
	}
}

// secret fails when the key shows up in a log line or a row.
func (w *world) secret(log *bytes.Buffer) {
	w.t.Helper()
	if strings.Contains(log.String(), markerKey) {
		w.t.Error("the key is in the log")
	}
	for _, end := range []string{"", "-wal"} {
		if b, err := os.ReadFile(w.path + end); err == nil && bytes.Contains(b, []byte(markerKey)) {
			w.t.Error("the key is in the database")
		}
	}
}

// Nothing is spent above the cap, whatever the model does, and what it cannot pay for is written by the extractive engine.
func TestModelSpending(t *testing.T) {
	for _, o := range []fakellm.Options{
		{}, {Fault: fakellm.Fault500}, {Fault: fakellm.Fault429Endless}, {Fault: fakellm.FaultNoUsage}, {Fault: fakellm.FaultLyingUsage}, {Fault: fakellm.FaultTruncated},
		{Fault: fakellm.FaultStall}, {Fault: fakellm.FaultCloseBody}, {Fault: fakellm.FaultHuge}, {FaultRate: .5, Seed: 3},
	} {
		name := string(o.Fault)
		if name == "" {
			name = fmt.Sprintf("rate %g", o.FaultRate)
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const most = 20_000
				caps := store.Uncapped()
				caps.Guild.Day.Tokens = most
				w := newWorld(t)
				s := fakellm.New(o)
				w.hasModel(s, caps)
				w.news()
				src := w.subscribe("guild", "Herald", store.Press, "FR")
				for i := range 40 {
					w.publish(piece{source: src, story: int64(10 + i), ago: time.Hour})
				}
				for range 4 {
					if d, _, err := w.s.Compose(model.WithPayer(t.Context(), model.Payer{Guild: "guild", Scheduled: true}), store.Schedule{Guild: "guild", Zone: "UTC", Lang: "en", Stories: 10}, "", w.clock.now()); err != nil || len(d.Stories) == 0 {
						t.Fatalf("%d stories, %v", len(d.Stories), err)
					}
					w.publish(piece{source: src, story: int64(w.n), ago: time.Minute})
				}
				r := must[store.UsageReport](t)(w.db.Ledger(caps).Report(t.Context(), "guild"))
				lies := o.Fault == fakellm.FaultLyingUsage || o.FaultRate > 0 // a reply may claim more than was reserved: booked, and then nothing more is asked
				if r.Day.Tokens > most && !lies {
					t.Errorf("%d tokens are spent of %d", r.Day.Tokens, most)
				}
				if b := s.Billed(); int64(b.In+b.Out) > most {
					t.Errorf("%d tokens are billed of %d", b.In+b.Out, most)
				}
				free := slices.Contains([]fakellm.Fault{fakellm.Fault429Endless, fakellm.Fault500}, o.Fault)
				if r.Day.Tokens < most/3 && !free {
					t.Errorf("only %d tokens are spent; the cap was not tried", r.Day.Tokens)
				}
			})
		})
	}
}
