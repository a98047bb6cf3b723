package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"attache/internal/store"
	"attache/sources"
	"attache/summarize/quote"
)

const (
	benchFeeds   = 200
	benchEntries = 30
	benchWords   = 330 // 2 KB
	benchWorkers = 16
)

// What a first reading of 200 feeds of 30 new entries of 2 KB takes, each feed on a host of its own: the poller with its guarded
// client, parsing, sanitising and SQLite on disk; the same with the language and the index of search tokens of each entry, without
// the quotes and stories that nobody else makes; the same with ingest beside it, until the last entry is readable (language,
// search tokens, quotes, stories); and a second reading that every server answers with 304.
//
// cpu-ms is the time of a processor that an entry or feed takes, which a busy machine does not change much. MB is how far the
// resident memory rose. The servers are in the same process and count.
func BenchmarkFeeds(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(50)) // as attache run does
	web := newBenchWeb(b)
	for _, c := range []struct {
		name   string
		of     int
		find   func(quote.Doc) []quote.Quote
		beside func(*benchReading, context.Context) // the poller; nil is nothing
		second bool                                 // the first reading is not measured
	}{
		{"stored", benchFeeds * benchEntries, nil, nil, false},
		{"tokenised", benchFeeds * benchEntries, noQuotes, (*benchReading).tokenise, false},
		{"readable", benchFeeds * benchEntries, quote.Find, (*benchReading).ingest, false},
		{"unchanged", benchFeeds, nil, nil, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			var rose int64
			var cpu time.Duration
			for b.Loop() {
				b.StopTimer()
				r := web.reading(b, c.find, c.beside)
				if c.second {
					r.visit(b)
					r.hours.Add(24)
				}
				before, worked := resident(), cpuTime()
				peak := watchMemory(b.Context())
				b.StartTimer()
				r.visit(b)
				if c.beside != nil {
					r.wait(b, 10*time.Millisecond, func() bool { return r.waiting(b) == 0 })
				}
				b.StopTimer()
				cpu += cpuTime() - worked
				rose = max(rose, peak()-before)
				if n, same := r.articles(b), web.unchanged.Load(); n != benchFeeds*benchEntries || c.second != (same == benchFeeds) {
					b.Fatalf("%d articles, %d feeds unchanged", n, same)
				}
				r.close(b)
				b.StartTimer()
			}
			n := float64(c.of * b.N)
			b.ReportMetric(n/b.Elapsed().Seconds(), c.name+"/s")
			b.ReportMetric(cpu.Seconds()*1000/n, "cpu-ms")
			b.ReportMetric(float64(rose)/(1<<20), "MB")
		})
	}
}

func noQuotes(quote.Doc) []quote.Quote { return nil }

// A benchWeb is 200 hosts with a feed each.
type benchWeb struct {
	urls      []string
	allowed   []string
	unchanged atomic.Int64 // answers of 304
}

func newBenchWeb(b *testing.B) *benchWeb {
	b.Helper()
	w := &benchWeb{}
	listener, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		b.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	feeds := map[string][]byte{} // by host and port
	words := vocabulary(rand.New(rand.NewPCG(1, 2)))
	for i := range benchFeeds {
		host := fmt.Sprintf("127.0.%d.%d:%d", 1+i/100, 1+i%100, port)
		w.urls = append(w.urls, "http://"+host+"/feed.xml")
		feeds[host] = []byte(benchFeed(i, words))
	}
	for host := range feeds {
		w.allowed = append(w.allowed, host)
	}
	if c, err := net.DialTimeout("tcp", strings.TrimPrefix(w.allowed[0], "http://"), time.Second); err != nil {
		b.Skip("this system has but one loopback address")
	} else {
		_ = c.Close()
	}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") != "" {
			rw.WriteHeader(http.StatusNotModified)
			w.unchanged.Add(1)
			return
		}
		rw.Header().Set("Content-Type", "application/rss+xml")
		_, _ = rw.Write(feeds[r.Host])
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			b.Error(err)
		}
	}()
	b.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return w
}

// vocabulary is 6,000 words that nobody knows.
func vocabulary(r *rand.Rand) []string {
	syllables := strings.Fields("ba ter lo min is sa ka no ri ve du pre ment con ta tion al er ing ly do mo fer ry har bour")
	words := make([]string, 6000)
	for i := range words {
		for range 2 + r.IntN(3) {
			words[i] += syllables[r.IntN(len(syllables))]
		}
	}
	return words
}

// benchFeed is an RSS feed of 30 entries in invented English: words that hold sentences together, words of the vocabulary (rare
// ones rarely), names, and a quotation in every second paragraph.
func benchFeed(n int, words []string) string {
	r := rand.New(rand.NewPCG(uint64(n), 3))
	few := strings.Fields("the of and to in that for on with said was at by from has have not be will which")
	zipf := rand.NewZipf(r, 1.1, 8, uint64(len(words)-1))
	sentence := func(b *strings.Builder, left int) int {
		k := min(left, 12+r.IntN(14))
		b.WriteString("The ")
		for i := range k - 1 {
			switch {
			case i%2 == 0:
				b.WriteString(few[r.IntN(len(few))])
			case r.IntN(12) == 0:
				w := words[zipf.Uint64()]
				b.WriteString(strings.ToUpper(w[:1]) + w[1:])
			default:
				b.WriteString(words[zipf.Uint64()])
			}
			if i < k-2 {
				b.WriteByte(' ')
			}
		}
		b.WriteString(". ")
		return left - k
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Ministry %d</title><link>https://m%d.example/</link><language>en</language>`, n, n)
	for i := range benchEntries {
		fmt.Fprintf(&b, `<item><title>Notice %d of Ministry %d: %s %s</title><link>https://m%d.example/news/%d</link><guid>https://m%d.example/news/%d</guid><pubDate>%s</pubDate><content:encoded><![CDATA[`,
			i, n, words[zipf.Uint64()], words[zipf.Uint64()], n, i, n, i, now.Add(-time.Duration(r.IntN(48*60))*time.Minute).Format(time.RFC1123))
		for left, p := benchWords, 0; left > 10; p++ {
			b.WriteString("<p>")
			if p%2 == 1 {
				b.WriteString("&ldquo;We shall <b>open</b> the harbour in spring,&rdquo; said Minister Ana Ferry. ")
				left -= 11
			}
			for range 3 {
				if left > 10 {
					left = sentence(&b, left)
				}
			}
			fmt.Fprintf(&b, `<a href="/x?a=1&amp;b=%d">the timetable</a>.</p>`+"\n", p)
		}
		b.WriteString("]]></content:encoded></item>")
	}
	b.WriteString("</channel></rss>")
	return b.String()
}

// A benchReading is the program's reading half over a database of its own.
type benchReading struct {
	*Ingest
	db     *store.DB
	client *sources.Client
	hours  atomic.Int64 // since the beginning
	saved  atomic.Int64 // visits
	stop   func()
}

// Save counts the visits that are saved.
func (r *benchReading) Save(ctx context.Context, v sources.Visit, o sources.Outcome) error {
	err := r.Ingest.Save(ctx, v, o)
	if err == nil && o.Err == nil {
		r.saved.Add(1)
	}
	return err
}

func (w *benchWeb) reading(b *testing.B, find func(quote.Doc) []quote.Quote, beside func(*benchReading, context.Context)) *benchReading {
	b.Helper()
	r := &benchReading{}
	w.unchanged.Store(0)
	var err error
	if r.db, err = store.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "a.db"), store.Options{Now: r.now}); err != nil {
		b.Fatal(err)
	}
	err = r.db.InTx(b.Context(), func(q *store.Q, _ store.Jobs) error {
		for i, u := range w.urls {
			_, err := q.Subscribe(b.Context(), store.Source{URL: u, Status: "active", NextVisit: now, Lang: "en"},
				store.Subscription{Guild: "1", Name: fmt.Sprint("Ministry ", i), Tier: store.Official, Added: now})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	if r.client, err = sources.NewClient(sources.ClientOptions{AllowPrivate: w.allowed, Now: r.now}); err != nil {
		b.Fatal(err)
	}
	r.Ingest = New(slog.New(slog.DiscardHandler), r.db, Options{Now: r.now, Find: find})
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	if beside != nil {
		running.Go(func() { beside(r, ctx) })
	}
	r.stop = func() {
		cancel()
		running.Wait()
	}
	return r
}

func (r *benchReading) ingest(ctx context.Context) { _ = r.Run(ctx) }

// tokenise stores the language and the search tokens of what arrives, as ingest does, until ctx ends.
func (r *benchReading) tokenise(ctx context.Context) {
	for ctx.Err() == nil {
		n := 0
		for all, err := range r.lookAhead(ctx) {
			if err != nil {
				return
			}
			for i := range all {
				all[i].Article.Ingested = true
			}
			_ = r.inTx(ctx, func(q *store.Q) error { return q.SaveAllIngested(ctx, all) })
			n += len(all)
		}
		if n == 0 {
			rest(ctx, 10*time.Millisecond)
		}
	}
}

func (r *benchReading) now() time.Time { return now.Add(time.Duration(r.hours.Load()) * time.Hour) }

// visit polls until each feed was visited once more.
func (r *benchReading) visit(b *testing.B) {
	b.Helper()
	r.saved.Store(0)
	ctx, cancel := context.WithCancel(b.Context())
	p := sources.NewPoller(slog.New(slog.DiscardHandler), r.client, r, sources.PollerOptions{Workers: benchWorkers, Now: r.now})
	var running sync.WaitGroup
	running.Go(func() { _ = p.Run(ctx) })
	r.wait(b, 2*time.Millisecond, func() bool { return r.saved.Load() == benchFeeds })
	cancel()
	running.Wait()
}

// waiting is whether articles are stored that are not ingested.
func (r *benchReading) waiting(b *testing.B) int {
	b.Helper()
	as, err := r.db.Read().Uningested(b.Context(), store.Article{}, 1, 1)
	if err != nil {
		b.Fatal(err)
	}
	return len(as)
}

// articles is how many are stored.
func (r *benchReading) articles(b *testing.B) (n int) {
	b.Helper()
	all, err := r.db.Read().Sources(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range all {
		n += s.Articles
	}
	return n
}

// wait looks again and again, for a minute at most.
func (r *benchReading) wait(b *testing.B, every time.Duration, done func() bool) {
	b.Helper()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !done(); <-tick.C {
		if time.Now().After(end) {
			b.Fatal("nothing moves")
		}
	}
}

func (r *benchReading) close(b *testing.B) {
	b.Helper()
	r.stop()
	if err := r.db.Close(); err != nil {
		b.Fatal(err)
	}
}

// resident is the process's memory in bytes; 0 where the system does not say.
func resident() int64 {
	f, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(f), &size, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// cpuTime is what the process has had of the processors; 0 where the system does not say.
func cpuTime() time.Duration {
	f, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(f), ") ") // the name before may hold spaces
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel's tick
}

// watchMemory looks at the resident memory every five milliseconds until peak is called, which returns the most it saw.
func watchMemory(ctx context.Context) (peak func() int64) {
	ctx, cancel := context.WithCancel(ctx)
	most := make(chan int64)
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		m := resident()
		for {
			select {
			case <-ctx.Done():
				most <- m
				return
			case <-tick.C:
				m = max(m, resident())
			}
		}
	}()
	return func() int64 {
		cancel()
		return <-most
	}
}
