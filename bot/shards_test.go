package bot

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"attache/internal/fakediscord"
	"attache/internal/store"
	"attache/internal/store/storetest"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// spread are guilds of n shards, one each; their channels have the same number.
func spread(n int) []fakediscord.Guild {
	var out []fakediscord.Guild
	for i := range n {
		id := strconv.Itoa((n+i)<<22 + 5)
		out = append(out, fakediscord.Guild{ID: id, Name: "Guild " + strconv.Itoa(i), Channels: []fakediscord.Channel{{ID: id + "1", Name: "digest"}}})
	}
	return out
}

// shards waits for sessions of exactly these shards, of n.
func shards(n int, is ...int) func(fakediscord.GatewayState) bool {
	var want [][2]int
	for _, i := range is {
		want = append(want, [2]int{i, n})
	}
	return func(st fakediscord.GatewayState) bool { return slices.Equal(st.Shards, want) }
}

// Each shard hears of its guilds: every guild's interactions are answered.
func TestShards(t *testing.T) {
	t.Parallel()
	guilds := spread(4)
	s, base := startFake(t, fakediscord.Options{Guilds: guilds})
	s.Shard(fakediscord.Sharding{Shards: 4})
	db := openStore(t)
	err := db.InTx(t.Context(), func(q *store.Q, _ store.Jobs) error {
		return q.SaveGuild(t.Context(), store.Guild{ID: strconv.Itoa(9<<22 + 5), Name: "Left while away"})
	})
	if err != nil {
		t.Fatal(err)
	}
	b := newBot(t, db, base, quick())
	b.Serve(Services{Now: time.Now})
	b.application = s.BotID() // as READY will say: commands are there before the first question
	if err := b.registerNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop := run(t, b)
	await(t, s, shards(4, 0, 1, 2, 3))
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	for i, g := range guilds {
		e, err := s.Interact(ctx, fakediscord.Interaction{Name: "help", User: someReader, Channel: g.Channels[0].ID})
		if err == nil {
			_, err = e.Answer(ctx)
		}
		if err != nil {
			t.Errorf("interaction %d: %v", i, err)
		}
	}
	if st := b.Gateway(); st.Shards != 4 || st.Held != 4 || st.Ready != 4 || !st.Down.IsZero() || st.Limit != 1000 {
		t.Errorf("state %+v", st)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for _, g := range guilds {
		if row := guildRow(t, db, g.ID); row.Name != g.Name || !row.Left.IsZero() {
			t.Errorf("guild %s: %+v", g.ID, row)
		}
	}
	if row := guildRow(t, db, strconv.Itoa(9<<22+5)); row.Left.IsZero() {
		t.Errorf("the guild that was left meanwhile: %+v", row)
	}
}

// Discord wants more shards than there are: the gateway is split anew. A number that the operator set stays.
func TestMoreShards(t *testing.T) {
	t.Parallel()
	s, base := startFake(t, fakediscord.Options{Guilds: spread(3)})
	b := newBot(t, nil, base, quick())
	run(t, b)
	ready(t, b)
	s.Shard(fakediscord.Sharding{Shards: 3, Least: 3})
	s.InvalidateSessions(false)
	await(t, s, shards(3, 0, 1, 2))

	fixed, _ := newLoggedBot(t, nil, Options{APIBase: base, Timings: quick(), Shards: 2, PerSecond: 100000})
	err := ended(t, fixed)
	if err == nil || err.Error() != fatalCodes[4011] || fixed.Gateway().Refused != fatalCodes[4011] || fixed.Gateway().Down.IsZero() {
		t.Errorf("Run = %v, state %+v", err, fixed.Gateway())
	}
}

// A refusal of a bot that was connected says so, and what else it does may go on: Run can be called again.
func TestRefusedLater(t *testing.T) {
	t.Parallel()
	s, base := startFake(t, fakediscord.Options{})
	b := newBot(t, nil, base, quick())
	done := make(chan error, 1)
	go func() { done <- b.Run(t.Context()) }()
	awaitOpen(t, b, 1)
	s.RefuseGateway(4004)
	s.InvalidateSessions(false)
	var refusal *GatewayRefusal
	if err := <-done; !errors.As(err, &refusal) || !refusal.Opened || refusal.Code != 4004 {
		t.Fatalf("Run = %v", err)
	}
	if st := b.Gateway(); st.Refused != refusal.Reason || st.Held != 0 || st.Down.IsZero() {
		t.Errorf("state %+v", st)
	}
	stop := run(t, b)
	awaitOpen(t, b, 1)
	if err := stop(); err != nil {
		t.Errorf("Run = %v", err)
	}
	if st := b.Gateway(); st.Refused != "" || st.Identifies == 0 {
		t.Errorf("state %+v", st)
	}
}

// A peer is a process that shares the gateway.
type peer struct {
	bot    *Bot
	db     *store.DB
	member *store.Member
	stop   func() error
	end    context.CancelFunc // of its signs of life
}

func newPeer(t *testing.T, url, base string) *peer {
	t.Helper()
	db, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	member, err := db.Join(t.Context(), "gateway", "test")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = member.Run(ctx) // of a dead process it cannot leave
	}()
	t.Cleanup(func() { end(); <-done })
	b, _ := newLoggedBot(t, db, Options{APIBase: base, Timings: quick(), Member: member, PerSecond: 100000})
	return &peer{bot: b, db: db, member: member, stop: run(t, b), end: end}
}

func (p *peer) await(t *testing.T, held int) {
	t.Helper()
	awaitOpen(t, p.bot, held)
}

// awaitOpen waits until a bot holds so many shards and all are open.
func awaitOpen(t *testing.T, b *Bot, held int) {
	t.Helper()
	until := time.Now().Add(testLimit)
	for b.Gateway().Ready != held || b.Gateway().Held != held {
		if time.Now().After(until) {
			t.Fatalf("state %+v, want %d shards", b.Gateway(), held)
		}
		time.Sleep(time.Millisecond)
	}
}

// raw runs a statement on a database behind the back of the program.
func raw(t *testing.T, url, statement string, args ...any) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// Two processes share the shards. One that lost its leases ends its sessions; when one is dead the other takes over.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	s, base := startFake(t, fakediscord.Options{Guilds: spread(4)})
	s.Shard(fakediscord.Sharding{Shards: 4})
	url := storetest.Postgres(t, nil)
	one := newPeer(t, url, base)
	one.await(t, 4)
	two := newPeer(t, url, base)
	one.await(t, 2)
	two.await(t, 2)
	await(t, s, shards(4, 0, 1, 2, 3))

	other, err := two.db.Join(t.Context(), "worker", "test")
	if err != nil {
		t.Fatal(err)
	}
	raw(t, url, "UPDATE leases SET holder = $1 WHERE holder = $2", other.ID(), one.member.ID())
	one.await(t, 0)
	two.await(t, 2)
	raw(t, url, "DELETE FROM leases WHERE holder = $1", other.ID())
	one.await(t, 2)

	if err := one.db.Close(); err != nil { // it can take no leave
		t.Fatal(err)
	}
	one.end()
	if err := one.stop(); err != nil {
		t.Fatal(err)
	}
	two.await(t, 2)
	raw(t, url, "UPDATE processes SET seen = seen - 60000 WHERE id = $1", one.member.ID())
	if _, err := two.db.Join(t.Context(), "worker", "test"); err != nil { // which buries the dead
		t.Fatal(err)
	}
	two.await(t, 4)
	await(t, s, shards(4, 0, 1, 2, 3))
	if err := two.stop(); err != nil {
		t.Fatal(err)
	}
	if ls, err := two.db.Read().Leases(t.Context()); err != nil || len(ls) > 0 {
		t.Errorf("after the end leases are %v, %v", ls, err)
	}
}

// From one shard to several without a moment in which a guild has two: a process holds to the number that others have.
func TestMoreShardsOfTwo(t *testing.T) {
	t.Parallel()
	s, base := startFake(t, fakediscord.Options{Guilds: spread(4)})
	s.Shard(fakediscord.Sharding{Shards: 2})
	url := storetest.Postgres(t, nil)
	one := newPeer(t, url, base)
	one.await(t, 2)
	s.Shard(fakediscord.Sharding{Shards: 4})
	two := newPeer(t, url, base)
	one.await(t, 1)
	two.await(t, 1)
	await(t, s, shards(2, 0, 1))
	s.Shard(fakediscord.Sharding{Shards: 4, Least: 4})
	s.InvalidateSessions(false)
	one.await(t, 2)
	two.await(t, 2)
	await(t, s, shards(4, 0, 1, 2, 3))
}

// A memory is a network in memory, for tests in which time is simulated.
type memory chan net.Conn

func (m memory) Accept() (net.Conn, error) {
	c, ok := <-m
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (m memory) Close() error   { return nil }
func (m memory) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// simulated runs a bot, with Discord's own times and for so long, against a Discord that says of every session that it is
// invalid. (One that was open could not be closed: discordgo sleeps there with its lock held, which stops simulated time.)
func simulated(t *testing.T, r fakediscord.Sharding, long time.Duration) (st fakediscord.GatewayState, gateway GatewayState) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := fakediscord.New(fakediscord.Options{Token: token, Guilds: spread(r.Shards), Route: fakediscord.Limit{Requests: 2, Per: 5 * time.Second}})
		r.Per = 5 * time.Second
		s.Shard(r)
		s.RejectSessions(true)
		network := make(memory)
		base := s.StartOn(network)
		client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			c, server := net.Pipe()
			network <- server
			return c, nil
		}}}
		b, _ := newLoggedBot(t, nil, Options{APIBase: base, Client: client})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx) }()
		time.Sleep(long)
		st, gateway = s.Gateway(), b.Gateway()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v", err)
		}
		client.CloseIdleConnections()
		close(network)
		s.Close()
	})
	return st, gateway
}

// Shards begin in turn: as many at a time as Discord allows, none too early, and no turn is left out.
func TestIdentifyTurns(t *testing.T) {
	for _, c := range []struct{ shards, concurrency int }{{16, 1}, {64, 16}} {
		rounds := time.Duration(c.shards / c.concurrency)
		st, gateway := simulated(t, fakediscord.Sharding{Shards: c.shards, Concurrency: c.concurrency}, rounds*5200*time.Millisecond-time.Second)
		if st.Early > 0 || st.Identifies != c.shards || gateway.Held != c.shards {
			t.Errorf("%d shards, %d at a time: %d begun, %d too early; %+v", c.shards, c.concurrency, st.Identifies, st.Early, gateway)
		}
	}
}

// A gateway that takes no session is not asked so often that the token is lost: a day of it stays below half of a day's.
func TestIdentifyLoop(t *testing.T) {
	for _, shards := range []int{1, 10, 64} {
		st, gateway := simulated(t, fakediscord.Sharding{Shards: shards}, 24*time.Hour)
		if st.Identifies >= 500 || st.Identifies < 3*shards || st.Early > 0 {
			t.Errorf("%d shards: %d sessions begun in a day, %d too early", shards, st.Identifies, st.Early)
		}
		if gateway.Identifies >= 500 || gateway.Down.IsZero() || gateway.Ready > 0 {
			t.Errorf("state %+v", gateway)
		}
		t.Logf("%d shards: %d sessions begun", shards, st.Identifies)
	}
}

// What a shard may begin, and how long it waits for the next.
func TestSpacing(t *testing.T) {
	for _, c := range []struct {
		total, shards, own int
		least, most        time.Duration
	}{
		{1000, 1, 0, 0, 0}, {1000, 1, 125, 0, 0}, {1000, 1, 250, time.Minute, 3 * time.Minute}, {1000, 1, 500, identifyDay, identifyDay},
		{1000, 10, 12, 0, 0}, {1000, 10, 20, time.Minute, 10 * time.Minute}, {1000, 10, 49, 9 * time.Hour, identifyDay},
		{1000, 300, 2, 0, 0}, {1000, 300, 3, 30 * time.Minute, 12 * time.Hour}, {2, 1, 1, 0, 0},
	} {
		if d := spacing(c.total, c.shards, c.own); d < c.least || d > c.most {
			t.Errorf("%+v: %s", c, d)
		}
	}
	for _, c := range []struct {
		shards, all, own int
		full             bool
	}{
		{1, 0, 0, false}, {1, 498, 0, false}, {1, 499, 0, true}, {1, 497, 1, false}, {1, 498, 1, true},
		{16, 490, 0, false}, {16, 490, 1, true}, {600, 599, 0, false}, {600, 601, 0, true},
	} {
		var a advice
		a.Limit.Total = 1000
		if full := new(starter).full(a, c.shards, c.all, c.own); full != c.full {
			t.Errorf("%+v: %v", c, full)
		}
	}
}
