package digest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"attache/internal/store"
	"attache/internal/text"
	"attache/summarize"
	"attache/summarize/quote"
)

// noon is when the tests' clock starts: a Thursday.
var noon = time.Date(2026, 2, 26, 12, 0, 0, 0, time.UTC)

// A clock that only moves when it is told to.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}

func (c *clock) add(d time.Duration) { c.set(c.now().Add(d)) }

// A world is a database, a clock, a channel of a fake Discord and a service between them.
type world struct {
	t       testing.TB
	path    string
	clock   *clock
	db      *store.DB
	discord *fakeDiscord
	s       *Service
	o       Options
	engine  summarize.Engine
	n       int // of articles
	revised int // times
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, path: filepath.Join(t.TempDir(), "attache.db"), clock: &clock{t: noon}, engine: summarize.Extractive{}}
	w.discord = &fakeDiscord{now: w.clock.now, t: t, nonces: map[string]sent{}}
	w.o.Now = w.clock.now
	w.db = w.open()
	w.restart()
	return w
}

func (w *world) open() *store.DB {
	w.t.Helper()
	db, err := store.Open(context.Background(), "sqlite:"+w.path, store.Options{Now: w.clock.now})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := db.Close(); err != nil {
			w.t.Errorf("close: %v", err)
		}
	})
	return db
}

// restart makes a new service: what was only in memory is gone.
func (w *world) restart() { w.s = New(quiet(), w.db, w.models(), w.discord, w.o) }

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// write runs fn in a transaction.
func (w *world) write(fn func(q *store.Q) error) {
	w.t.Helper()
	if err := w.db.InTx(context.Background(), func(q *store.Q, _ store.Jobs) error { return fn(q) }); err != nil {
		w.t.Fatal(err)
	}
}

// must returns v, or fails the test.
func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// subscribe adds a source of a guild.
func (w *world) subscribe(guild, name string, tier store.Tier, country string, topics ...string) int64 {
	w.t.Helper()
	var id int64
	w.write(func(q *store.Q) (err error) {
		site := strings.ToLower(strings.ReplaceAll(name, " ", "-"))
		id, err = q.Subscribe(context.Background(), store.Source{URL: "https://" + site + ".example/feed", Status: "active"},
			store.Subscription{Guild: guild, Name: name, Tier: tier, Country: country, Topics: topics})
		return err
	})
	return id
}

// A piece is an article to publish; what is zero is filled in.
type piece struct {
	source int64
	story  int64
	ago    time.Duration // before now
	lang   string
	title  string
	text   string
}

// somebody is who says what stands between “ and ”, where the text names her.
const somebody = "Ana Reis-Lobo"

// publish stores and ingests an article. Words between “ and ” are a quote of somebody.
func (w *world) publish(p piece) int64 {
	w.t.Helper()
	w.n++
	if p.lang == "" {
		p.lang = "en"
	}
	if p.title == "" {
		p.title = fmt.Sprintf("Headline %d of story %d", w.n, p.story)
	}
	if p.text == "" {
		p.text = prose(w.n)
	}
	var id int64
	w.write(func(q *store.Q) (err error) {
		id, err = ingest(q, p, w.n, w.clock.now().Add(-p.ago))
		return err
	})
	return id
}

func ingest(q *store.Q, p piece, n int, at time.Time) (int64, error) {
	ctx := context.Background()
	id, _, err := q.SaveArticle(ctx, store.Article{Source: p.source, Key: fmt.Sprint("key ", n), Title: p.title, Text: p.text,
		URL: fmt.Sprintf("https://site%d.example/%d", p.source, n), Published: at, Seen: at})
	if err != nil {
		return 0, err
	}
	var quotes []store.Quote
	for rest, at := p.text, 0; ; {
		i := strings.Index(rest, "“")
		j := strings.Index(rest, "”")
		if i < 0 || j < i {
			break
		}
		q := quote.Quote{Kind: quote.Direct, Spans: []text.Span{{Start: at + i + len("“"), End: at + j}}}
		if k := strings.Index(p.text, somebody); k >= 0 {
			q.Speaker, q.SpeakerSpan, q.Role = somebody, text.Span{Start: k, End: k + len(somebody)}, "minister"
		}
		quotes = append(quotes, store.Quote{Quote: q})
		rest, at = rest[j+len("”"):], at+j+len("”")
	}
	tokens := append(text.Tokens(p.title, p.lang), text.Tokens(p.text, p.lang)...)
	return id, q.SaveIngested(ctx, store.Article{ID: id, Revision: 1, Lang: p.lang, Story: p.story, Ingested: true}, tokens, quotes)
}

// prose is a text like no other: near copies must be made on purpose.
func prose(n int) string {
	things := []string{"harbour", "treaty", "bridge", "embassy", "fishery", "railway", "tariff", "visa", "grain", "border", "glacier", "canal", "satellite", "museum", "reactor", "lighthouse"}
	var b strings.Builder
	for i := range 6 {
		x, y, z := things[(n+i)%16], things[(n*3+i*5)%16], things[(n*7+i*11)%16]
		fmt.Fprintf(&b, "Delegates of round %d spoke about the %s and the %s in room %d, and the %s of year %d was left for another day. ", n*31+i, x, y, n*17+i, z, 1000+n*13+i)
	}
	return strings.TrimSpace(b.String())
}

// schedule adds a schedule that posts at 08:00 in UTC.
func (w *world) schedule(s store.Schedule) store.Schedule {
	w.t.Helper()
	if s.Guild == "" {
		s.Guild = "guild"
	}
	if s.Spec == "" {
		s.Spec = "0 8 * * *"
	}
	if s.Zone == "" {
		s.Zone = "UTC"
	}
	if s.Target.Channel == "" {
		s.Target.Channel = "100"
	}
	w.write(func(q *store.Q) (err error) { s.ID, err = q.SaveSchedule(context.Background(), s); return err })
	return must[store.Schedule](w.t)(w.db.Read().Schedule(context.Background(), s.ID))
}

// plan plans at the clock's time and returns how many deliveries were made.
func (w *world) plan() int {
	w.t.Helper()
	n, _, err := w.s.Plan(context.Background(), w.clock.now())
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// postNow makes a delivery and returns its id.
func (w *world) postNow(schedule int64) int64 {
	w.t.Helper()
	return must[int64](w.t)(w.s.PostNow(context.Background(), schedule))
}

func (w *world) delivery(id int64) store.Delivery {
	w.t.Helper()
	return must[store.Delivery](w.t)(w.db.Read().Delivery(context.Background(), id))
}

func (w *world) digest(id int64) (d Digest) {
	w.t.Helper()
	if err := json.Unmarshal(w.delivery(id).Digest, &d); err != nil {
		w.t.Fatal(err)
	}
	return d
}

// A sent message of the fake Discord.
type sent struct {
	id, nonce, marker string
	at                time.Time
}

// fakeDiscord is one channel that takes messages, knows a nonce for three minutes, and fails on request.
type fakeDiscord struct {
	t   testing.TB
	now func() time.Time

	mu       sync.Mutex
	messages []sent
	nonces   map[string]sent
	sends    int
	finds    int
	parts    int // messages a digest is rendered into; 0 is one

	before  func(n int) error // of the n-th request, from 1: an error, and nothing is created
	after   func(n int) error // an error after the message was created
	history func() error      // an error of Find
}

const nonceWindow = 3 * time.Minute

func (f *fakeDiscord) Render(d Digest, seed string) ([]Message, error) {
	out := make([]Message, max(1, f.parts))
	for i := range out {
		marker := fmt.Sprintf("%s/%d", seed, i)
		raw, err := json.Marshal(map[string]any{"content": marker, "stories": len(d.Stories)})
		if err != nil {
			return nil, err
		}
		out[i] = Message{Body: raw, Marker: marker}
	}
	return out, nil
}

func (f *fakeDiscord) Send(ctx context.Context, p store.Part) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sends++
	if p.Nonce == "" || len(p.Nonce) > 25 {
		f.t.Errorf("nonce %q", p.Nonce)
	}
	if p.Status != store.PartSending || p.FirstTry.IsZero() {
		f.t.Errorf("a request leaves before its row says so: %+v", p)
	}
	if f.before != nil {
		if err := f.before(f.sends); err != nil {
			return "", err
		}
	}
	m, known := f.nonces[p.Nonce]
	if !known || f.now().Sub(m.at) > nonceWindow {
		m = sent{id: fmt.Sprint(1000 + len(f.messages)), nonce: p.Nonce, marker: p.Marker, at: f.now()}
		f.messages = append(f.messages, m)
		f.nonces[p.Nonce] = m
	}
	if f.after != nil {
		if err := f.after(f.sends); err != nil {
			return "", err
		}
	}
	return m.id, nil
}

func (f *fakeDiscord) Find(ctx context.Context, p store.Part) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.finds++
	if f.history != nil {
		if err := f.history(); err != nil {
			return "", err
		}
	}
	for _, m := range f.messages {
		if m.marker == p.Marker && !m.at.Before(p.FirstTry) {
			return m.id, nil
		}
	}
	return "", nil
}

// count returns how many messages stand in the channel.
func (f *fakeDiscord) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.messages)
}

// because is a candidate's reason in English.
func because(c store.Candidate) string { return ReadWording(c.Reason).String() }

// models are the engines before the extractive one.
func (w *world) models() []summarize.Engine {
	if _, own := w.engine.(summarize.Extractive); own {
		return nil
	}
	return []summarize.Engine{w.engine}
}
