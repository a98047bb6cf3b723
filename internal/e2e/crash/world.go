package crash

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"attache/internal/e2e/process"
	"attache/internal/fakediscord"
	"attache/internal/fakellm"
	"attache/internal/store"
)

const (
	guild = "1180000000000000001"
	// schedules are as many as minutes in an hour: one falls due every minute, in a channel of its own.
	schedules = 60
	stories   = 8 // of a digest, more than fit one message
)

// channelOf is the channel of the schedule of a minute.
func channelOf(minute int) string { return fmt.Sprintf("11900000000000%05d", minute) }

// A world is what the program runs in.
type world struct {
	clock   *clock
	began   time.Time // from then on schedules fall due
	doors   *doors
	room    *newsroom
	discord *fakediscord.Server
	llm     *fakellm.Server
	program process.Program
	places  []place
	store   string // URL as the configuration has it, with an absolute path
	closers []func()

	repeats, looked atomic.Int64
}

// A place is a program of the world: each has its own configuration, so that the doors know who comes.
type place struct {
	name  string // of its configuration, without .yaml
	flags []string
}

// alone is the place of a program beside which there is no other.
const alone = "attache"

// placesFor are the places of one program, or of a gateway and some workers.
func placesFor(workers int) []place {
	if workers == 0 {
		return []place{{name: alone}}
	}
	places := []place{{"gateway", []string{"--role", "gateway"}}}
	for n := range workers {
		places = append(places, place{fmt.Sprintf("worker-%d", n+1), []string{"--role", "worker"}})
	}
	return places
}

// run starts the program of a place.
func (w *world) run(p place) (*process.Running, error) {
	return w.program.RunAs(w.clock.now(), p.name+".yaml", p.flags...)
}

const config = `store:
  url: %q
discord:
  api_base_url: %s/api/v10
sources:
  interval: 1s
  host_gap: 0s
  contact: %s
  allow_private: [%q]
models:
  - name: fake
    base_url: http://%s/v1
    model: fake-model
    context: 64000
budgets:
  installation: {day: {tokens: unlimited, usd: unlimited}, month: {tokens: unlimited, usd: unlimited}}
  guild: {day: {tokens: unlimited, usd: unlimited}, month: {tokens: unlimited, usd: unlimited}}
`

func newWorld(ctx context.Context, o Options) (_ *world, err error) {
	c := newClock()
	w := &world{clock: c, doors: &doors{gentle: o.Term}, room: newNewsroom(c), places: placesFor(o.Workers), llm: fakellm.New(fakellm.Options{Seed: o.Seed, Now: c.now})}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	g := fakediscord.Guild{ID: guild, Name: "Test"}
	for m := range schedules {
		g.Channels = append(g.Channels, fakediscord.Channel{ID: channelOf(m), Name: fmt.Sprintf("minute-%d", m)})
	}
	w.discord = fakediscord.New(fakediscord.Options{Token: process.Token, Guilds: []fakediscord.Guild{g}, Now: c.now, NonceWindow: o.NonceWindow, Check: o.Check})
	// Its gateway is reached at its own address; its API through a door.
	if _, err := w.discord.Start("127.0.0.1:0"); err != nil {
		return nil, err
	}
	w.closers = append(w.closers, w.discord.Close)
	room, err := w.serve(w.doors.through(w.reader, func(r *http.Request) Door {
		if r.URL.Path == wholeFeed || r.URL.Path == teaserFeed {
			return Feed
		}
		return Page
	}, w.room))
	if err != nil {
		return nil, err
	}
	w.program = process.Program{Bin: o.Bin, Dir: o.Dir}
	if w.store = o.Postgres; w.store == "" {
		w.store = "sqlite:" + filepath.Join(o.Dir, "attache.db")
	}
	for _, p := range w.places {
		if err := w.settleIn(p, o.Dir, room); err != nil {
			return nil, err
		}
	}
	return w, w.furnish(ctx, "http://"+room)
}

// reader says whose request to the newsroom it is: a program names its contact.
func (w *world) reader(r *http.Request) string {
	for _, p := range w.places {
		if strings.Contains(r.UserAgent(), "+"+p.name+")") {
			return p.name
		}
	}
	return ""
}

// settleIn makes the configuration of a place, with addresses of Discord and the model that nobody else has.
func (w *world) settleIn(p place, dir, room string) error {
	by := func(*http.Request) string { return p.name }
	api, err := w.serve(w.doors.through(by, doorOfDiscord, http.HandlerFunc(w.count)))
	if err != nil {
		return err
	}
	llm, err := w.serve(w.doors.through(by, func(*http.Request) Door { return Model }, w.llm))
	if err != nil {
		return err
	}
	text := fmt.Sprintf(config, w.store, "http://"+api, p.name, room, llm)
	return os.WriteFile(filepath.Join(dir, p.name+".yaml"), []byte(text), 0o600)
}

// doorOfDiscord tells posting and reading of messages from the rest.
func doorOfDiscord(r *http.Request) Door {
	rest, ok := strings.CutPrefix(r.URL.Path, "/api/v10/channels/")
	if _, of, _ := strings.Cut(rest, "/"); !ok || of != "messages" {
		return ""
	}
	if r.Method == http.MethodPost {
		return Post
	}
	return History
}

// count serves Discord's API and counts what shows that a message was not posted twice.
func (w *world) count(rw http.ResponseWriter, r *http.Request) {
	before := 0
	door := doorOfDiscord(r)
	if door == Post {
		before = len(w.discord.Messages(strings.Split(r.URL.Path, "/")[4]))
	}
	w.discord.ServeHTTP(rw, r)
	switch {
	case door == History:
		w.looked.Add(1)
	case door == Post && len(w.discord.Messages(strings.Split(r.URL.Path, "/")[4])) == before:
		w.repeats.Add(1)
	}
}

func (w *world) counted() (repeats, looked int) { return int(w.repeats.Load()), int(w.looked.Load()) }

// serve serves h on loopback and returns its address.
func (w *world) serve(h http.Handler) (addr string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan struct{})
	go func() {
		_ = srv.Serve(l) // always ErrServerClosed
		close(ended)
	}()
	w.closers = append(w.closers, func() {
		_ = srv.Close() // a loopback listener
		<-ended
	})
	return l.Addr().String(), nil
}

func (w *world) close() {
	for _, f := range w.closers {
		f()
	}
}

// furnish makes the database, with the sources and the schedules that managers would add.
func (w *world) furnish(ctx context.Context, room string) error {
	db, err := store.Open(ctx, w.store, store.Options{Now: w.clock.now})
	if err != nil {
		return err
	}
	now := w.clock.now()
	w.began = now
	err = db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		if err := q.SaveGuild(ctx, store.Guild{ID: guild, Name: "Test", Joined: now}); err != nil {
			return err
		}
		for _, feed := range []string{wholeFeed, teaserFeed} {
			_, err := q.Subscribe(ctx, store.Source{URL: room + feed, Title: feed, Status: "active", NextVisit: now},
				store.Subscription{Guild: guild, Name: "Paper " + feed, Tier: store.Press, Added: now, AddedBy: "terminal"})
			if err != nil {
				return err
			}
		}
		for m := range schedules {
			_, err := q.SaveSchedule(ctx, store.Schedule{Guild: guild, Target: store.Target{Channel: channelOf(m)}, Spec: fmt.Sprintf("%d * * * *", m),
				Zone: "UTC", Lang: "en", Stories: stories, Created: now, From: now})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, db.Close())
}

// messages are what stands in all channels, in order of the channels.
func (w *world) messages() []fakediscord.Message {
	var out []fakediscord.Message
	for m := range schedules {
		out = append(out, w.discord.Messages(channelOf(m))...)
	}
	return out
}

// questions is how many the model was asked.
func (w *world) questions() (n int) {
	for _, c := range w.llm.Calls() {
		if c.N > 0 {
			n++
		}
	}
	return n
}

// leap moves the world's time ahead. On PostgreSQL some things go by the machine's time, which cannot be moved: the signs of
// life by which a process knows that another is dead, and the lead of the job engine. They are made older instead. What a dead
// process held needs nothing: the next one buries it. On SQLite the lock of the program tells, and nobody opens the file
// between two rounds: what a killed program left is the next one's to mend.
func (w *world) leap(ctx context.Context, d time.Duration) error {
	w.doors.empty()
	w.clock.ahead(d)
	if !w.postgres() {
		return nil
	}
	db, err := w.open()
	if err != nil {
		return err
	}
	defer db.Close()
	for _, statement := range []string{
		"UPDATE processes SET seen = seen - $1 / 1000",
		"UPDATE river_leader SET elected_at = elected_at - $1 * interval '1 microsecond', expires_at = expires_at - $1 * interval '1 microsecond'",
	} {
		if _, err := db.ExecContext(ctx, statement, d.Microseconds()); err != nil {
			return fmt.Errorf("make what a dead process left older: %w", err)
		}
	}
	return nil
}

// await waits until the programs have posted what was due at a time and stored what was published then.
func (w *world) await(ctx context.Context, due time.Time, rs ...*process.Running) error {
	db, err := w.open()
	if err != nil {
		return err
	}
	defer db.Close()
	left := ""
	err = until(ctx, settleLimit, func() (_ bool, err error) {
		for _, r := range rs {
			select {
			case <-r.Done():
				return false, fmt.Errorf("the program ended by itself: %w\n%s", r.Err(), tail(r.Output()))
			default:
			}
		}
		left, err = w.behind(ctx, db, due)
		return left == "", err
	})
	if errors.Is(err, errLate) {
		return fmt.Errorf("after %s %s", settleLimit, left)
	}
	return err
}

// behind says what is not done yet of what was due at a time, "" when all is.
func (w *world) behind(ctx context.Context, db *sql.DB, due time.Time) (string, error) {
	var posted, read int
	err := db.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM deliveries WHERE status NOT IN ('planned', 'sending') AND due <= $1),
		(SELECT COUNT(*) FROM articles WHERE ingested)`, due.UnixMilli()).Scan(&posted, &read)
	if slots, articles := len(slotsUntil(w.began, due)), len(w.room.until(due)); err == nil && (posted < slots || read < articles) {
		return fmt.Sprintf("%d of %d slots are posted and %d of %d articles read", posted, slots, read, articles), nil
	}
	return "", err
}
