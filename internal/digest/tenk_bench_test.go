package digest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"attache/internal/store"
	"attache/internal/store/storetest"
	"attache/summarize"

	"github.com/riverqueue/river"
)

// A crowd's size; ATTACHE_GUILDS makes it another.
const (
	crowdGuilds   = 10_000
	crowdAlike    = 10 // guilds that read the same sources
	crowdSources  = 200
	crowdReads    = 20 // sources of a set
	crowdArticles = 3_000
	crowdWorkers  = 32
	discordAnswer = 50 * time.Millisecond
)

// A busyDiscord takes each message after discordAnswer, and no sooner than the budget of all processes allows.
type busyDiscord struct {
	fakeDiscord
	db    *store.DB
	every time.Duration // between two posts; 0 is no budget
	next  time.Time     // the next turn, of one process
	slot  time.Time     // when all was due, by the machine's clock

	late []time.Duration
	all  chan struct{} // closed after want messages
	want int
}

func (f *busyDiscord) Send(ctx context.Context, p store.Part) (string, error) {
	if f.every > 0 {
		wait, err := f.turn(ctx)
		if err != nil {
			return "", err
		}
		time.Sleep(wait)
	}
	time.Sleep(discordAnswer)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.late = append(f.late, time.Since(f.slot))
	if len(f.late) == f.want {
		close(f.all)
	}
	return strconv.Itoa(len(f.late)), nil
}

// turn is as the program takes it: where other processes may be from the database, else from memory.
func (f *busyDiscord) turn(ctx context.Context) (time.Duration, error) {
	if f.db.Shared() {
		return f.db.Pace(ctx, "posts", f.every, time.Minute)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if f.next.Before(now) {
		f.next = now
	}
	wait := f.next.Sub(now)
	f.next = f.next.Add(f.every)
	return wait, nil
}

// A tally is an engine that writes as the extractive one does and counts how often it is asked, and for how many briefs.
type tally struct {
	summarize.Extractive
	asked, briefs *atomic.Int64
	keys          *sync.Map
}

func (tally) Name() string    { return "model" }
func (tally) Version() string { return "1" }
func (e tally) Brief(ctx context.Context, r summarize.Request) (summarize.Brief, error) {
	e.asked.Add(1)
	if _, known := e.keys.LoadOrStore(briefKey(r.Docs, r.Lang, e), true); !known {
		e.briefs.Add(1)
	}
	return e.Extractive.Brief(ctx, r)
}

// BenchmarkTenThousand lets 10,000 guilds, of 1,000 different sets of 20 out of 200 sources, be due at the same moment: what
// share of the budget of posts is used, how often a model is asked for a brief, and how late the digests are. The budget is
// that of production (40 a second), and one that nothing here can reach, which tells the capacity.
func BenchmarkTenThousand(b *testing.B) {
	guilds := crowdGuilds
	if s := os.Getenv("ATTACHE_GUILDS"); s != "" {
		var err error
		if guilds, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	for _, engine := range []string{"SQLite", "PostgreSQL"} {
		for _, budget := range []int{40, 0} {
			b.Run(fmt.Sprintf("%s/budget %d", engine, budget), func(b *testing.B) {
				url := "sqlite:" + b.TempDir() + "/attache.db"
				if engine == "PostgreSQL" {
					url = storetest.Postgres(b, nil)
				}
				drain(b, url, guilds, budget)
			})
		}
	}
}

func drain(b *testing.B, url string, guilds, budget int) {
	ctx := context.Background()
	slot := noon.AddDate(0, 0, 1).Truncate(24 * time.Hour).Add(8 * time.Hour)
	var ahead atomic.Int64 // of the machine's clock
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	ahead.Store(int64(time.Until(slot.Add(-time.Hour))))
	db, err := store.Open(ctx, url, store.Options{Now: now})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	crowd(b, db, guilds, slot)
	engine := tally{asked: &atomic.Int64{}, briefs: &atomic.Int64{}, keys: &sync.Map{}}
	discord := &busyDiscord{db: db, all: make(chan struct{}), want: guilds}
	if budget > 0 {
		discord.every = time.Second / time.Duration(budget)
	}
	s := New(quiet(), db, []summarize.Engine{engine}, discord, Options{Now: now})
	// The briefs are made before the slot.
	scheds, err := db.Read().Schedules(ctx, "")
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	var wg sync.WaitGroup
	for part := range slices.Chunk(scheds, 1+len(scheds)/8) {
		wg.Go(func() {
			for _, sched := range part {
				if _, _, err := s.Compose(ctx, sched, slot.Format(slotForm), slot); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	briefed := time.Since(began)
	var ticks [2]time.Duration
	for i := range ticks { // an idle tick is the second: the first has nothing in memory
		began = time.Now()
		if _, _, err := s.Plan(ctx, now()); err != nil {
			b.Fatal(err)
		}
		ticks[i] = time.Since(began)
	}
	workers := river.NewWorkers()
	s.Register(workers)
	w, err := db.Work(ctx, workers, crowdWorkers)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	discord.slot = time.Now()
	ahead.Store(int64(time.Until(slot)) + 1)
	n, _, err := s.Plan(ctx, now())
	if err != nil || n != guilds { // nobody is left out
		b.Fatalf("%d planned: %v", n, err)
	}
	planned := time.Since(discord.slot)
	<-discord.all
	took := time.Since(discord.slot)
	b.StopTimer()
	if err := w.Stop(ctx); err != nil {
		b.Error(err)
	}
	slices.Sort(discord.late)
	b.ReportMetric(float64(guilds)/took.Seconds(), "posts/s")
	if budget > 0 {
		b.ReportMetric(100*float64(guilds)/took.Seconds()/float64(budget), "%-of-budget")
	}
	b.ReportMetric(float64(engine.asked.Load())/float64(max(1, engine.briefs.Load())), "calls/brief")
	b.ReportMetric(discord.late[len(discord.late)/2].Seconds(), "late-median-s")
	b.ReportMetric(discord.late[len(discord.late)*99/100].Seconds(), "late-p99-s")
	b.ReportMetric(discord.late[len(discord.late)-1].Seconds(), "late-last-s")
	b.ReportMetric(planned.Seconds(), "plan-s")
	b.ReportMetric(briefed.Seconds(), "ahead-s")
	b.ReportMetric(ticks[0].Seconds()*1000, "first-tick-ms")
	b.ReportMetric(ticks[1].Seconds()*1000, "idle-tick-ms")
}

// crowd fills a store with a day of articles and the guilds that read them.
func crowd(b *testing.B, db *store.DB, guilds int, slot time.Time) {
	b.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	ctx := context.Background()
	write := func(n int, fn func(q *store.Q, i int) error) {
		for from := 0; from < n; from += 500 {
			err := db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
				for i := from; i < min(n, from+500); i++ {
					if err := fn(q, i); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	sets := make([][]int, max(1, guilds/crowdAlike))
	for i := range sets {
		sets[i] = rnd.Perm(crowdSources)[:crowdReads]
	}
	ids := make([]int64, crowdSources)
	subscribe := func(q *store.Q, guild string, n int) (err error) {
		ids[n], err = q.Subscribe(ctx, store.Source{URL: fmt.Sprintf("https://site%d.example/feed", n), Status: "active"},
			store.Subscription{Guild: guild, Name: fmt.Sprint("Outlet ", n), Tier: []store.Tier{store.Official, store.Press, store.Press, store.StateMedia}[n%4],
				Country: []string{"TR", "FR", "GB", "CN"}[n%4]})
		return err
	}
	write(crowdSources, func(q *store.Q, i int) error { return subscribe(q, "all", i) })
	write(crowdArticles, func(q *store.Q, i int) error {
		p := piece{source: ids[rnd.IntN(crowdSources)], story: 1 + rnd.Int64N(crowdArticles/4), lang: []string{"en", "fr", "de"}[i%3],
			title: fmt.Sprintf("Headline %d", i), text: prose(i*10) + "\n" + prose(i*10+1) + "\n“We have read it, and we have questions,” said " + somebody + "."}
		_, err := ingest(q, p, i, slot.Add(-2*time.Hour-time.Duration(rnd.IntN(20*3600))*time.Second))
		return err
	})
	write(guilds, func(q *store.Q, i int) error {
		guild := fmt.Sprint("guild ", i)
		for _, n := range sets[i%len(sets)] {
			if err := subscribe(q, guild, n); err != nil {
				return err
			}
		}
		_, err := q.SaveSchedule(ctx, store.Schedule{Guild: guild, Spec: "0 8 * * *", Zone: "Europe/London", Lang: "en", Target: store.Target{Channel: fmt.Sprint(1000 + i)}})
		return err
	})
}
