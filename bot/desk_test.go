package bot

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	if o.client, err = sources.NewClient(sources.ClientOptions{AllowPrivate: []string{strings.TrimPrefix(o.web.URL, "http://")}, Now: o.now, Resolver: namesOf(t),
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
		for _, found := range quote.Find(quote.Doc{Title: a.Title, Text: a.Text, Lang: a.Lang}) {
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

// An asked is an interaction with its answer.
type asked struct {
	fakediscord.Call
	*fakediscord.Exchange
}

// ask sends an interaction and waits for its answer. What Discord would not offer fails the test.
func (o *office) ask(in fakediscord.Interaction) asked {
	o.t.Helper()
	o.pass(10 * time.Second)
	ctx, cancel := context.WithTimeout(o.t.Context(), testLimit)
	defer cancel()
	e, err := o.fake.Interact(ctx, in)
	return o.wait(ctx, e, err)
}

// press presses the button of an answer that has a label, or a custom id.
func (o *office) press(on asked, label string, by ...fakediscord.User) asked {
	o.t.Helper()
	o.pass(10 * time.Second)
	ctx, cancel := context.WithTimeout(o.t.Context(), testLimit)
	defer cancel()
	id := label
	for _, b := range buttonsOf(o.t, on.Body) {
		if b.Label == label {
			id = b.CustomID
		}
	}
	if on.Did == fakediscord.DidFollowUp { // the message it came from may have the same button
		was := on.Interaction
		in := fakediscord.Interaction{Kind: fakediscord.Component, User: was.User, Channel: was.Channel, Locale: was.Locale, Message: on.Call.Message, CustomID: id}
		if len(by) > 0 {
			in.User = by[0]
		}
		e, err := o.fake.Interact(ctx, in)
		return o.wait(ctx, e, err)
	}
	e, err := o.fake.Press(ctx, on.Exchange, id, by...)
	return o.wait(ctx, e, err)
}

func (o *office) wait(ctx context.Context, e *fakediscord.Exchange, err error) asked {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
	c, err := e.Answer(ctx)
	if err != nil {
		o.t.Fatalf("%v\n%s", err, o.log.String())
	}
	c.Embeds = slices.Clone(c.Embeds) // as they are now: a later edit of the message is decoded into the same array
	return asked{c, e}
}

// A shownButton is a button or a menu of an answer.
type shownButton struct {
	Type     int    `json:"type"`
	Label    string `json:"label"`
	CustomID string `json:"custom_id"`
	Disabled bool   `json:"disabled"`
	Style    int    `json:"style"`
	Hint     string `json:"placeholder"`
	Options  []struct {
		Label   string `json:"label"`
		Value   string `json:"value"`
		Default bool   `json:"default"`
	} `json:"options"`
}

// buttonsOf lists the components of a message, row by row.
func buttonsOf(t testing.TB, body []byte) (out []shownButton) {
	t.Helper()
	var m struct {
		Components []struct {
			Components []shownButton `json:"components"`
		} `json:"components"`
	}
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatal(err)
	}
	for _, row := range m.Components {
		out = append(out, row.Components...)
	}
	return out
}

// answerID is what is random in the ids of buttons.
var answerID = regexp.MustCompile(`\b[0-9a-f]{18}\b`)

// shown writes an answer for reading: who sees it, its text with invisible characters made visible, embeds, buttons.
func (a asked) shown(t testing.TB) string {
	t.Helper()
	var sb strings.Builder
	switch {
	case a.Did == fakediscord.DidCallback && a.Type == fakediscord.CallbackChoices:
		sb.WriteString("choices\n")
		for _, c := range a.Choices() {
			fmt.Fprintf(&sb, "  %s = %v\n", c.Name, c.Value)
		}
	case a.Did == fakediscord.DidCallback && a.Type == fakediscord.CallbackModal:
		var modal bytes.Buffer
		if err := json.Indent(&modal, a.Body, "", " "); err != nil {
			t.Fatal(err)
		}
		sb.WriteString("modal\n" + modal.String() + "\n")
	default:
		who := "everybody"
		if a.Ephemeral {
			who = "to who asked"
		}
		if acked := a.Calls()[0].Type; a.Type == fakediscord.CallbackUpdate || a.Did == fakediscord.DidEdit && acked == fakediscord.CallbackDeferUpdate {
			who = "in its place"
		}
		sb.WriteString(who + "\n" + a.Call.Content + "\n")
		for _, e := range a.Embeds {
			sb.WriteString(showEmbed(embedded{Title: e.Title, URL: e.URL, Description: e.Description, Color: e.Color}))
		}
		for _, b := range buttonsOf(t, a.Body) {
			off := ""
			if b.Disabled {
				off = " (off)"
			}
			fmt.Fprintf(&sb, "[%s%s]%s = %s\n", b.Label, b.Hint, off, b.CustomID)
			for _, op := range b.Options {
				fmt.Fprintf(&sb, "    %s = %s %v\n", op.Label, op.Value, op.Default)
			}
		}
	}
	return answerID.ReplaceAllString(strings.NewReplacer(string(zwsp), "⁞", glue, "⍽").Replace(sb.String()), "ANSWER")
}

// A step of a golden case: a command, what is typed, or the label of a button of the answer before.
type step struct {
	Name    string         `json:"name"`
	Options map[string]any `json:"options"`
	Focused string         `json:"focused"`
	Press   string         `json:"press"`
	By      string         `json:"by"` // "reader", "manager", "silent", "muted"
	Channel string         `json:"channel"`
	Locale  string         `json:"locale"`
	Message string         `json:"message"` // its text; the command is one of its menu
	Custom  string         `json:"custom"`  // a forged custom id
}

// goldenAsks plays testdata/ask/PART/*.txtar: each has a file "ask", a step a line, and the answers in "want"; and, but for
// those that are asked in German anyway, in "want.de" the answers to the same steps when everybody's Discord speaks German.
// open makes the office in which a case is played.
func goldenAsks(t *testing.T, part string, open func(t *testing.T, name string) *office) {
	t.Helper()
	files, err := filepath.Glob("testdata/ask/" + part + "/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			playCase(t, file, func(locale string, ask []byte, english []asked) (string, []asked) {
				o := open(t, name)
				var got strings.Builder
				var answers []asked
				for line := range bytes.Lines(ask) {
					var s step
					decodeStep(t, line, &s)
					did := s.Press
					if s.Name != "" {
						did = typed(s.Name, s.Options, s.Focused)
					}
					s.Locale = cmp.Or(s.Locale, locale)
					var last asked
					if n := len(answers); n > 0 {
						last = answers[n-1]
						if english != nil {
							s.Press = samePlace(t, s.Press, english[n-1], last)
						}
					}
					last = o.play(s, last)
					answers = append(answers, last)
					if locale == "" {
						o.record(t, part+"/"+name, len(answers), last, did)
					}
					fmt.Fprintf(&got, "> %s%s\n", line, last.shown(t))
				}
				return got.String(), answers
			})
		})
	}
}

func decodeStep(t *testing.T, line []byte, into any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
}

// playCase plays a case in English and in German. play plays its steps for people of a locale, "" for English; english are
// the answers in English when it is played again.
func playCase(t *testing.T, file string, play func(locale string, ask []byte, english []asked) (string, []asked)) {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(ar.Files) == 0 || ar.Files[0].Name != "ask" {
		t.Fatal(`wants "ask" and what is answered`)
	}
	ask := ar.Files[0].Data
	text, english := play("", ask, nil)
	got := []txtar.File{ar.Files[0], {Name: "want", Data: []byte(text)}}
	if name := strings.TrimSuffix(file, ".txtar"); !strings.HasSuffix(name, "_de") && !strings.HasSuffix(name, "_german") {
		text, _ := play("de", ask, english)
		got = append(got, txtar.File{Name: "want.de", Data: []byte(text)})
	}
	if *update {
		ar.Files = got
		if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for i, f := range got {
		if i >= len(ar.Files) || ar.Files[i].Name != f.Name || !bytes.Equal(ar.Files[i].Data, f.Data) {
			t.Errorf("%s:\n%s", f.Name, f.Data)
		}
	}
}

// samePlace is what is pressed on an answer in German that stands where the button with a label stands in the English one.
func samePlace(t *testing.T, label string, english, german asked) string {
	t.Helper()
	if label == "" {
		return ""
	}
	there := buttonsOf(t, german.Body)
	for i, b := range buttonsOf(t, english.Body) {
		if b.Label == label && i < len(there) {
			return there[i].CustomID
		}
	}
	return label
}

// play does one step.
func (o *office) play(s step, last asked) asked {
	o.t.Helper()
	by := map[string]fakediscord.User{"": someReader, "reader": someReader, "manager": someManager, "silent": silent, "muted": muted}[s.By]
	if s.Press != "" {
		if s.By == "" {
			return o.press(last, s.Press)
		}
		return o.press(last, s.Press, by)
	}
	in := fakediscord.Interaction{User: by, Channel: s.Channel, Locale: s.Locale, Name: s.Name, Options: s.Options, Focused: s.Focused}
	if in.Channel == "" {
		in.Channel = textID
	}
	switch {
	case s.Focused != "":
		in.Kind = fakediscord.Autocomplete
	case s.Message != "":
		in.Target = o.fake.Say(in.Channel, "8001", s.Message)
	case s.Custom != "":
		in.Kind, in.CustomID, in.Forged = fakediscord.Component, s.Custom, true
		in.Message = o.fake.Say(in.Channel, "8001", "a message with a button")
	}
	return o.ask(in)
}
