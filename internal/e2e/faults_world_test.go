package e2e

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"attache/internal/ingest"
	"attache/internal/store"
	"attache/sources"

	"golang.org/x/sync/errgroup"
)

// beats are what the articles of the walk are about: a place, a matter, a speaker and an office, no two alike, so that each
// article is a story of its own.
var beats = [][4]string{
	{"Porto", "fishing quotas for sardines", "Ana Reis-Lobo", "the Portuguese minister for the sea"},
	{"Lima", "visas for students of medicine", "Jorge Villar", "the Peruvian foreign minister"},
	{"Oslo", "tariffs on aluminium wire", "Ingrid Dahl", "the Norwegian minister for trade"},
	{"Nairobi", "the railway to the northern border", "Peter Mwangi", "the Kenyan minister for transport"},
	{"Hanoi", "flood warnings along the river delta", "Nguyen Thi Lan", "the Vietnamese minister for water"},
	{"Ottawa", "satellites that watch forest fires", "Claire Martin", "the Canadian minister for science"},
	{"Tbilisi", "a gas pipeline under the mountains", "Nino Beridze", "the Georgian minister for energy"},
	{"Rabat", "the return of stolen manuscripts", "Salma Idrissi", "the Moroccan minister for culture"},
}

// newsroomOf serves a feed of the first n beats; the first is a teaser whose text is on its page. before is asked ahead of
// each request; when it says that it has answered, nothing else is.
func newsroomOf(n int, before func(w http.ResponseWriter) (answered bool)) http.Handler {
	text := func(i int) string {
		b := beats[i]
		return fmt.Sprintf("<p>Talks on %[2]s began in %[1]s on Monday, and delegations from %[5]d states took part in them, the hosts said.</p>\n"+
			"<p>“We agree on %[2]s, and in %[1]s we will say so tomorrow,” said %[3]s, %[4]s.</p>\n"+
			"<p>The %[6]d pages of the draft on %[2]s were handed out before noon, and the talks in %[1]s end on Friday.</p>", b[0], b[1], b[2], b[3], 5+i, 40+7*i)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if before(w) {
			return
		}
		var i int
		if _, err := fmt.Sscanf(r.URL.Path, "/article/%d", &i); err == nil && i < n {
			fmt.Fprintf(w, "<html lang=en><head><title>Talks in %[1]s</title></head><body><article><h1>Talks in %[1]s</h1>%[2]s</article></body></html>", beats[i][0], text(i))
			return
		}
		if r.URL.Path != "/feed.xml" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/rss+xml")
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprintf(w, `<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Walk</title><link>http://%s/</link><language>en</language>`, r.Host)
		for i := range n {
			body := "<content:encoded><![CDATA[" + text(i) + "]]></content:encoded>"
			if i == 0 {
				body = "<description>Talks on fishing began…</description>"
			}
			fmt.Fprintf(w, "<item><title>Talks on %s in %s</title><link>http://%s/article/%d</link><pubDate>%s</pubDate>%s</item>\n", beats[i][1], beats[i][0], r.Host, i,
				morning.Add(-time.Duration(i+1)*time.Hour).Format(time.RFC1123Z), body)
		}
		fmt.Fprint(w, "</channel></rss>")
	})
}

// A fault hits the n-th call of its kind, once.
type fault struct {
	kind    string
	n       int64
	calls   atomic.Int64
	reached atomic.Bool
}

func (f *fault) String() string { return fmt.Sprintf("%s %d", f.kind, f.n) }

// hit counts a call of a kind, and says whether it is the one.
func (f *fault) hit(kind string) bool {
	if kind != f.kind || f.calls.Add(1) != f.n {
		return false
	}
	f.reached.Store(true)
	return true
}

// store is store.Options.Fault.
func (f *fault) store(op string) error {
	if f.hit("store " + op) {
		return store.ErrAway
	}
	return nil
}

// restarts says whether a run ends the program after its fault and starts it anew; the other runs live on.
func (f *fault) restarts() bool { return f.n%2 == 1 }

// storeKinds are the faults of the store, by the name of a fault.
var storeKinds = []string{"store " + store.FaultBegin, "store " + store.FaultStatement, "store " + store.FaultJob, "store " + store.FaultCommit, "store " + store.FaultCommitted}

// A walked world is a database and a clock that is ahead of the machine's, or behind.
type walked struct {
	url   string
	ahead atomic.Int64
}

func newWalked(url string, at time.Time) *walked {
	w := &walked{url: url}
	w.set(at)
	return w
}

func (w *walked) set(t time.Time)     { w.ahead.Store(int64(time.Until(t))) }
func (w *walked) add(d time.Duration) { w.ahead.Add(int64(d)) }
func (w *walked) now() time.Time      { return time.Now().Add(time.Duration(w.ahead.Load())).UTC() }

func (w *walked) sqlite() (path string, ok bool) { return strings.CutPrefix(w.url, "sqlite:") }

// open opens the store as `attache run` does.
func (w *walked) open(ctx context.Context, fault func(string) error) (*store.DB, error) {
	return store.Open(ctx, w.url, store.Options{Lock: true, Now: w.now, Fault: fault})
}

// read opens the database beside the program.
func (w *walked) read() (*sql.DB, error) {
	if path, ok := w.sqlite(); ok {
		return sql.Open("sqlite", "file:"+filepath.ToSlash(path)+"?_pragma=busy_timeout(10000)")
	}
	return sql.Open("pgx", w.url)
}

// rows returns the rows of a query, a line each.
func rows(ctx context.Context, db *sql.DB, query string) (out []string, err error) {
	found, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	names, err := found.Columns()
	if err != nil {
		return nil, err
	}
	for found.Next() {
		values, to := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range values {
			to[i] = &values[i]
		}
		if err := found.Scan(to...); err != nil {
			return nil, err
		}
		var line []string
		for _, v := range values {
			line = append(line, v.String)
		}
		out = append(out, strings.Join(line, " | "))
	}
	return out, found.Err()
}

func silent() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// subscribe makes the guild follow the newsroom.
func (w *walked) subscribe(ctx context.Context, web string) error {
	db, err := w.open(ctx, nil)
	if err != nil {
		return err
	}
	err = db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		if _, err := q.Subscribe(ctx, store.Source{URL: web + "/feed.xml", Status: "active"},
			store.Subscription{Guild: guild, Name: "Walk", Tier: store.Press, Country: "FR"}); err != nil {
			return err
		}
		_, err := q.SaveSchedule(ctx, store.Schedule{Guild: guild, Spec: "0 8 * * *", Zone: "UTC", Lang: "en", Stories: len(beats), Target: store.Target{Channel: channel},
			Created: morning.Add(-time.Hour), From: morning.Add(-time.Hour)})
		return err
	})
	return errors.Join(err, db.Close())
}

// A reader is the half of the program that reads the sources, running.
type reader struct {
	ended <-chan struct{} // a part of it gave up: the program ends, and whoever runs it starts it again
	stop  func() error    // its error says what could not be closed
}

// reads starts the half of the program that reads the sources.
func (w *walked) reads(ctx context.Context, web string, f *fault) (*reader, error) {
	db, err := w.open(ctx, f.store)
	if err != nil {
		return nil, err
	}
	client, err := sources.NewClient(sources.ClientOptions{UserAgent: "Walk/1.0", AllowPrivate: []string{strings.TrimPrefix(web, "http://")}, Timeout: 2 * time.Second, Now: w.now,
		Refused: func(ctx context.Context, url string) (bool, error) { return db.Read().URLBlocked(ctx, url) }})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	g := ingest.New(silent(), db, ingest.Options{Now: w.now})
	p := sources.NewPoller(silent(), client, g, sources.PollerOptions{Workers: 1, Interval: time.Second, Now: w.now})
	group, running := errgroup.WithContext(ctx)
	running, cancel := context.WithCancel(running)
	group.Go(func() error { return g.Run(running) })
	group.Go(func() error { return p.Run(running) })
	return &reader{running.Done(), func() error {
		cancel()
		if err := group.Wait(); err != nil && !errors.Is(err, store.ErrAway) {
			return errors.Join(err, db.Close())
		}
		return db.Close()
	}}, nil
}

// articles is what is stored of the newsroom, whatever the ids: one row an article, with its text and the number of its quotes.
const articles = `SELECT substr(a.url, length(a.url)), a.story <> 0, r.title, r.text,
	(SELECT count(*) FROM quotes q WHERE q.article_id = a.id AND q.revision = a.revision)
	FROM articles a JOIN article_revisions r ON r.article_id = a.id AND r.revision = a.revision WHERE a.ingested ORDER BY 1`

// settle waits until done; from step to step, each twice as long as the one before, it calls again. A step that moves the
// clock ends the leases of what is under way: a slow machine needs a step in which a visit has the time to end.
func settle(t testing.TB, what string, done func() (bool, error), again func(step int)) bool {
	t.Helper()
	began := time.Now()
	pause := 400 * time.Millisecond
	next := began.Add(pause)
	for step := 0; ; {
		ok, err := done()
		if ok {
			return true
		}
		if time.Since(began) > 40*time.Second {
			t.Errorf("%s: not settled: %v", what, err)
			return false
		}
		if time.Now().After(next) {
			again(step)
			pause *= 2
			next = time.Now().Add(pause)
			step++
		}
		time.Sleep(10 * time.Millisecond)
	}
}
