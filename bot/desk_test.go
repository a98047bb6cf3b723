package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"attache/internal/digest"
	"attache/internal/fakediscord"
	"attache/internal/fakediscord/spectest"
	"attache/internal/store"
	"attache/internal/text"
	"attache/sources"
	"attache/summarize/quote"

	"github.com/rogpeppe/go-internal/txtar"
)

// The second server of the tests of commands; the first is guildID with textID.
const (
	otherGuild   = "1102"
	otherChannel = "2301"
	voiceID      = "2206"
	taggedID     = "2207" // a forum whose posts need a tag
)

// deskNow is the moment at which the tests of commands begin: a Monday at noon in UTC.
var deskNow = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// people of the tests. Readers may write in the channel.
var (
	someReader  = fakediscord.User{ID: "7001", Name: "reader"}
	someManager = fakediscord.User{ID: "7002", Name: "manager", Permissions: fakediscord.Manager}
	muted       = fakediscord.User{ID: "7001", Name: "reader", Permissions: fakediscord.ViewChannel | fakediscord.UseCommands} // the same, later
	silent      = fakediscord.User{ID: "7003", Name: "silent", Permissions: fakediscord.ViewChannel | fakediscord.UseCommands}
)

// forumTags are those of taggedID.
var forumTags = []fakediscord.Tag{{ID: "31", Name: "Talks"}, {ID: "32", Name: "sanctions"}, {ID: "33", Name: "Türkiye"}, {ID: "34", Name: "sea, air"},
	{ID: "35", Name: "trade"}, {ID: "36", Name: "treaties"}}

// An office is a bot that serves commands in two servers of a fake Discord, over a real database: what the tests of
// commands ask. Its clock moves by ten seconds with every question, so that nobody asks too often.
type office struct {
	t       testing.TB
	db      *store.DB
	fake    *fakediscord.Server
	bot     *Bot
	log     *logged
	digests *digest.Service
	client  *sources.Client
	web     *httptest.Server // on loopback, which the client may reach
	sources map[string]int64 // by the names of testdata/ask/desk.txtar
	stop    func() error
	hasty   bool
	tick    func(time.Duration) <-chan time.Time // nil: answers that show progress have their button alone
	path    string
	base    string

	mu    sync.Mutex
	clock time.Time
	pages map[string]string // of web, by path
}

func (o *office) now() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.clock
}

// pass moves the clock.
func (o *office) pass(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.clock = o.clock.Add(d)
}

// serve puts a page on web and returns its URL.
func (o *office) serve(path, body string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.pages[path] = body
	return o.web.URL + path
}

// newOffice opens an office with what testdata/ask/desk.txtar holds.
func newOffice(t *testing.T, how ...func(*office)) *office {
	t.Helper()
	o := emptyOffice(t, how...)
	o.furnish()
	return o
}

// emptyOffice opens an office that reads nothing yet.
func emptyOffice(t *testing.T, how ...func(*office)) *office {
	t.Helper()
	o := &office{t: t, clock: deskNow, pages: map[string]string{}, sources: map[string]int64{}, path: filepath.Join(t.TempDir(), "desk.db")}
	for _, f := range how {
		f(o)
	}
	o.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		body, ok := o.pages[r.URL.Path]
		o.mu.Unlock()
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", http.DetectContentType([]byte(body)))
		if strings.HasPrefix(body, "<?xml") || strings.HasPrefix(body, "<rss") {
			w.Header().Set("Content-Type", "application/rss+xml")
		}
		fmt.Fprint(w, body)
	}))
	t.Cleanup(o.web.Close)
	o.fake, o.base = startFake(t, fakediscord.Options{Now: o.now, Check: spectest.Checker(t), Heartbeat: time.Second, Guilds: []fakediscord.Guild{
		{ID: guildID, Name: "Press room", Locale: "de", Channels: []fakediscord.Channel{
			{ID: textID, Name: "digest"}, {ID: noPostID, Name: "rules", NoPost: true}, {ID: forumID, Name: "stories", Type: fakediscord.Forum},
			{ID: voiceID, Name: "lounge", Type: 2}, {ID: taggedID, Name: "by topic", Type: fakediscord.Forum, RequiresTag: true, Tags: forumTags},
		}},
		{ID: otherGuild, Name: "Zebras", Channels: []fakediscord.Channel{{ID: otherChannel, Name: "digest"}}},
	}})
	var err error
	if o.client, err = sources.NewClient(sources.ClientOptions{AllowPrivate: []string{strings.TrimPrefix(o.web.URL, "http://"), hostPort(o.base)}, Now: o.now, Resolver: namesOf(t),
		Refused: func(ctx context.Context, url string) (bool, error) { return o.db.Read().URLBlocked(ctx, url) }}); err != nil {
		t.Fatal(err)
	}
	if o.db, err = store.Open(t.Context(), "sqlite:"+o.path, store.Options{Now: o.now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.db.Close() })
	o.start()
	return o
}

// hasty makes an office in which whatever can be put off is, at once.
func hasty(o *office) { o.hasty = true }

// start makes a bot that serves commands, registers them, and connects.
func (o *office) start() {
	t := o.t.(*testing.T)
	t.Helper()
	o.bot, o.log = newLoggedBot(t, o.db, Options{APIBase: o.base, Timings: quick(), PerSecond: 100000})
	o.digests = digest.New(slog.New(slog.NewTextHandler(o.log, nil)), o.db, nil, o.bot, digest.Options{Now: o.now})
	o.bot.Serve(Services{Digests: o.digests, Client: o.client, Now: o.now})
	o.bot.desk.ackAfter, o.bot.desk.ackLast = testLimit, testLimit // nothing is put off because the machine is busy
	o.bot.desk.tick = o.tick
	if o.hasty {
		o.bot.desk.ackAfter = 0
	}
	o.bot.application = o.fake.BotID() // as READY will say: commands are there before the first question
	if err := o.bot.registerNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.stop = run(t, o.bot)
	ready(t, o.bot)
}

// hostPort is the host of a URL with its port.
func hostPort(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		panic(err) // it is a server of this test
	}
	return u.Host
}

// restart stops the bot and starts another over the same database: what was only in memory is gone.
func (o *office) restart() {
	o.t.Helper()
	if err := o.stop(); err != nil {
		o.t.Fatal(err)
	}
	o.start()
}

// write runs fn in a transaction.
func (o *office) write(fn func(ctx context.Context, q *store.Q) error) {
	o.t.Helper()
	err := o.db.InTx(o.t.Context(), func(q *store.Q, _ store.Jobs) error { return fn(o.t.Context(), q) })
	if err != nil {
		o.t.Fatal(err)
	}
}

// subscribe has a guild read a source; the same URL is the same source.
func (o *office) subscribe(guild, url string, sub store.Subscription) (id int64) {
	o.t.Helper()
	sub.Guild = guild
	o.write(func(ctx context.Context, q *store.Q) (err error) {
		id, err = q.Subscribe(ctx, store.Source{URL: url, Title: sub.Name}, sub)
		return err
	})
	return id
}

// publish stores an article as ingest would: with its tokens and quotes. An empty language is English.
func (o *office) publish(a store.Article) (id int64) {
	o.t.Helper()
	if a.Lang == "" {
		a.Lang = "en"
	}
	if a.Key == "" {
		a.Key, _ = sources.Key(a.URL)
	}
	a.Title, a.Text = text.Normalize(a.Title), text.Normalize(a.Text)
	a.Seen = a.Published
	o.write(func(ctx context.Context, q *store.Q) (err error) {
		if id, _, err = q.SaveArticle(ctx, a); err != nil {
			return err
		}
		var quotes []store.Quote
		for _, found := range quote.Find(quote.Doc{Title: a.Title, Text: a.Text, Lang: a.Lang, Note: a.Note}) {
			quotes = append(quotes, store.Quote{Quote: found})
		}
		tokens := append(text.Tokens(a.Title, a.Lang), text.Tokens(a.Text, a.Lang)...)
		return q.SaveIngested(ctx, store.Article{ID: id, Revision: 1, Lang: a.Lang, Story: a.Story, Ingested: true}, tokens, quotes)
	})
	return id
}

// furnish stores what testdata/ask/desk.txtar holds.
func (o *office) furnish() {
	o.t.Helper()
	const shared = "https://harbour.example/feed"
	o.sources["harbour"] = o.subscribe(guildID, shared, store.Subscription{Name: "Harbour Times", Tier: store.Press})
	o.subscribe(otherGuild, shared, store.Subscription{Name: "zebra wire", Tier: store.StateMedia, Country: "ZW"})
	o.sources["sea"] = o.subscribe(guildID, "https://sea.example/feed", store.Subscription{Name: "Ministry of the Sea", Tier: store.Official, Country: "PT"})
	o.sources["gazette"] = o.subscribe(guildID, "https://gazette.example/feed", store.Subscription{Name: "Gazette", Tier: store.Press})
	o.sources["zebra"] = o.subscribe(otherGuild, "https://zebra.example/feed", store.Subscription{Name: "Zebra Courier", Tier: store.Official, Country: "ZW"})
	ar, err := txtar.ParseFile("testdata/ask/desk.txtar")
	if err != nil {
		o.t.Fatal(err)
	}
	for _, f := range ar.Files {
		head, body, _ := strings.Cut(string(f.Data), "\n\n")
		facts := map[string]string{}
		for line := range strings.Lines(head) {
			k, v, _ := strings.Cut(strings.TrimSpace(line), ": ")
			facts[k] = v
		}
		ago, err := time.ParseDuration(facts["ago"])
		if err != nil {
			o.t.Fatalf("%s: %v", f.Name, err)
		}
		story, _ := strconv.ParseInt(facts["story"], 10, 64) // 0: not grouped yet
		source, slug, _ := strings.Cut(f.Name, "/")
		o.publish(store.Article{Source: o.sources[source], URL: "https://" + source + ".example/" + slug, Title: facts["title"],
			Text: body, Lang: facts["lang"], Published: deskNow.Add(-ago), Story: story})
	}
}

// deliver composes a schedule's digest now and stores it as posted, with what was considered; it returns the delivery's id.
func (o *office) deliver(schedule int64) (id int64) {
	o.t.Helper()
	ctx := o.t.Context()
	sched, err := o.db.Read().Schedule(ctx, schedule)
	if err != nil {
		o.t.Fatal(err)
	}
	slot := o.now().Format("2006-01-02T15:04")
	d, cs, err := o.digests.Compose(ctx, sched, slot, o.now())
	if err != nil {
		o.t.Fatal(err)
	}
	o.write(func(ctx context.Context, q *store.Q) error {
		if id, _, err = q.PlanDelivery(ctx, store.Delivery{Schedule: schedule, Slot: slot, Due: o.now()}); err != nil {
			return err
		}
		d.Delivery = id
		raw, err := json.Marshal(d)
		if err != nil {
			return err
		}
		for i := range cs {
			cs[i].Delivery = id
		}
		if err := q.SaveCandidates(ctx, cs); err != nil {
			return err
		}
		return q.SaveDelivery(ctx, store.Delivery{ID: id, Status: store.Sent, Digest: raw})
	})
	return id
}

// schedule adds a schedule of the first server that posts to textID at noon.
func (o *office) schedule(s store.Schedule) (id int64) {
	o.t.Helper()
	if s.Guild == "" {
		s.Guild, s.Target = guildID, store.Target{Channel: textID, Roles: []string{"77"}}
	}
	if s.Spec == "" {
		s.Spec, s.Zone = "0 12 * * *", "UTC"
	}
	o.write(func(ctx context.Context, q *store.Q) (err error) { id, err = q.SaveSchedule(ctx, s); return err })
	return id
}
