package bot

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
	"attache/internal/store"
)

func sessions(n int) func(fakediscord.GatewayState) bool {
	return func(st fakediscord.GatewayState) bool { return st.Sessions == n }
}

func resumed(n int) func(fakediscord.GatewayState) bool {
	return func(st fakediscord.GatewayState) bool { return st.Resumes >= n && st.Sessions == 1 }
}

func identified(n int) func(fakediscord.GatewayState) bool {
	return func(st fakediscord.GatewayState) bool { return st.Identifies >= n && st.Sessions == 1 }
}

// beats waits for the nth heartbeat: one comes when a connection opens, and one when it is asked for. The answer to
// RequestHeartbeat says that everything before it was read.
func beats(n int) func(fakediscord.GatewayState) bool {
	return func(st fakediscord.GatewayState) bool {
		return len(slices.DeleteFunc(slices.Clone(st.Frames), func(f string) bool { return f != "op 1" })) >= n
	}
}

// ended waits for Run's own end and returns its error.
func ended(t *testing.T, b *Bot) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	err := b.Run(ctx)
	if ctx.Err() != nil {
		t.Fatal("Run went on")
	}
	return err
}

func TestSilentGateway(t *testing.T) {
	t.Parallel()
	s, base := startFake(t, fakediscord.Options{})
	s.SilenceGateway(2)
	tm := quick()
	tm.Open = 100 * time.Millisecond
	b := newBot(t, nil, base, tm)
	run(t, b)
	ready(t, b)
	if st := s.Gateway(); st.Identifies != 1 {
		t.Errorf("%+v", st)
	}
}

// A bot is stopped while the gateway says nothing: Run does not wait for it.
func TestStopWhileConnecting(t *testing.T) {
	t.Parallel()
	s, base := startFake(t, fakediscord.Options{})
	s.SilenceGateway(-1)
	tm := quick()
	tm.Open = time.Hour
	b := newBot(t, nil, base, tm)
	stop := run(t, b)
	await(t, s, func(st fakediscord.GatewayState) bool { return st.Connections == 1 })
	if err := stop(); err != nil {
		t.Errorf("Run = %v", err)
	}
	await(t, s, func(st fakediscord.GatewayState) bool { return st.Connections == 0 })
}

// The gateway asks for a new connection (op 7): the session is resumed, at the address that READY gave for it.
func TestReconnect(t *testing.T) {
	t.Parallel()
	s, base := startFake(t, fakediscord.Options{})
	b := newBot(t, nil, base, quick())
	run(t, b)
	ready(t, b)
	s.Reconnect()
	await(t, s, resumed(1))
	if st := s.Gateway(); st.Identifies != 1 {
		t.Errorf("%d sessions were begun", st.Identifies)
	}
}

// What would make discordgo wait for itself or panic before a session is open costs a connection at most.
func TestEarlyPayloads(t *testing.T) {
	for _, raw := range []string{
		`{"op":7,"s":null,"t":null,"d":null}`, `{"op":11}`, `{"op":1}`, `{"op":9,"d":false}`, `null`, `{"op":10,"d":{"heartbeat_interval":0}}`,
		`{"op":0,"t":"READY","s":1,"d":{"guilds":[null]}}`, `[]`, `{"op":0,"t":"GUILD_CREATE","s":1,"d":{"channels":[null]}}`,
	} {
		t.Run(raw, func(t *testing.T) {
			t.Parallel()
			s, base := startFake(t, fakediscord.Options{})
			s.Interject(raw)
			b := newBot(t, nil, base, quick())
			stop := run(t, b)
			ready(t, b)
			await(t, s, sessions(1))
			if err := stop(); err != nil {
				t.Errorf("Run = %v", err)
			}
		})
	}
}

func TestInvalidSession(t *testing.T) {
	t.Parallel()
	s, base := startFake(t, fakediscord.Options{})
	b := newBot(t, nil, base, quick())
	run(t, b)
	ready(t, b)
	s.InvalidateSessions(false)
	await(t, s, identified(2))
	// One that may be resumed: whether it is, or a new one begun, the bot is back.
	s.InvalidateSessions(true)
	await(t, s, func(st fakediscord.GatewayState) bool {
		return (st.Resumes > 0 || st.Identifies > 2) && st.Sessions == 1
	})
}

// After these codes Discord says not to connect again: Run ends, with a sentence for operators.
func TestFatalCodes(t *testing.T) {
	for code, sentence := range fatalCodes {
		if code == 4011 { // TestMoreShards
			continue
		}
		s, base := startFake(t, fakediscord.Options{})
		s.RefuseGateway(code)
		b := newBot(t, nil, base, quick())
		if err := ended(t, b); err == nil || err.Error() != sentence {
			t.Errorf("%d: Run = %v", code, err)
		}
		await(t, s, func(st fakediscord.GatewayState) bool { return st.Connections == 0 })
	}
}

// The codes that cost the session, and others that do not, bring the bot back.
func TestOtherCloseCodes(t *testing.T) {
	for _, code := range []int{4000, 4002, 4003, 4007, 4008, 4009} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			t.Parallel()
			s, base := startFake(t, fakediscord.Options{})
			s.RefuseGateway(code)
			b := newBot(t, nil, base, quick())
			run(t, b)
			ready(t, b)
		})
	}
}

func TestWrongToken(t *testing.T) {
	t.Parallel()
	_, base := startFake(t, fakediscord.Options{Token: "another.token"})
	b := newBot(t, nil, base, quick())
	if err := ended(t, b); err == nil || !strings.Contains(err.Error(), "Reset Token") {
		t.Errorf("Run = %v", err)
	}
	if _, err := b.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "discord does not know the token") {
		t.Errorf("Check = %v", err)
	}
}

// What happened while the connection was gone is replayed when the session is resumed.
func TestResumeReplays(t *testing.T) {
	t.Parallel()
	s, base := startFake(t, fakediscord.Options{})
	db := openStore(t)
	tm := quick()
	tm.Open = 200 * time.Millisecond
	b := newBot(t, db, base, tm)
	stop := run(t, b)
	ready(t, b)
	await(t, s, beats(1))
	s.SilenceGateway(1)
	s.DropConnections()
	await(t, s, sessions(0))
	s.AddGuild(fakediscord.Guild{ID: "1102", Name: "Embassy"})
	await(t, s, resumed(1))
	s.RequestHeartbeat()
	await(t, s, beats(3))
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if g := guildRow(t, db, "1102"); g.Name != "Embassy" || !g.Left.IsZero() {
		t.Errorf("the guild that was joined meanwhile: %+v", g)
	}
	if st := s.Gateway(); st.Identifies != 1 {
		t.Errorf("%d sessions were begun", st.Identifies)
	}
}

func guildRow(t *testing.T, db *store.DB, id string) store.Guild {
	t.Helper()
	guilds, err := db.Read().Guilds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(guilds, func(g store.Guild) bool { return g.ID == id })
	if i < 0 {
		return store.Guild{}
	}
	return guilds[i]
}

// Heartbeats that nobody acknowledges, and a gateway that says nothing for longer than Quiet, end the connection.
func TestDeadConnections(t *testing.T) {
	t.Run("no acknowledgement", func(t *testing.T) {
		s, base := startFake(t, fakediscord.Options{Heartbeat: 20 * time.Millisecond})
		s.WithholdACKs(true)
		tm := quick()
		tm.Frames = 10000
		b := newBot(t, nil, base, tm)
		run(t, b)
		ready(t, b)
		await(t, s, resumed(1))
	})
	t.Run("silence", func(t *testing.T) {
		s, base := startFake(t, fakediscord.Options{})
		tm := quick()
		tm.Quiet = 50 * time.Millisecond
		b := newBot(t, nil, base, tm)
		run(t, b)
		ready(t, b)
		await(t, s, resumed(1))
	})
}

// Events that cannot be decoded reach the handlers as nothing; a panic in one is survived and logged.
func TestBrokenEvents(t *testing.T) {
	t.Parallel()
	s, base := startFake(t, fakediscord.Options{})
	db := openStore(t)
	b, log := newLoggedBot(t, db, Options{APIBase: base, Timings: quick()})
	guarded(b, func(*int) { panic("sample") })(nil, nil)
	if !strings.Contains(log.String(), "sample") {
		t.Error("a panic was not logged")
	}
	stop := run(t, b)
	ready(t, b)
	for _, raw := range []string{
		`{"op":0,"t":"GUILD_CREATE","s":90,"d":null}`, `{"op":0,"t":"GUILD_CREATE","s":91,"d":[1]}`, `{"op":0,"t":"GUILD_UPDATE","s":92,"d":{"id":5}}`,
		`{"op":0,"t":"GUILD_DELETE","s":93,"d":null}`, `{"op":0,"t":"READY","s":94,"d":{"guilds":[null],"user":null}}`,
		`{"op":0,"t":"NO_SUCH_EVENT","s":95,"d":{}}`, `{"op":0,"t":"MESSAGE_CREATE","s":96,"d":{"author":null}}`, `{"op":77}`, `not JSON`, `null`, `[]`, `{"op":null}`, `{"op":0,"t":"GUILD_CREATE","s":97,"d":{"id":"5","channels":[null],"members":[null]}}`,
		`{"op":0,"t":"VOICE_STATE_UPDATE","s":98,"d":null}`, `{"op":0,"t":"READY","s":"x","d":{}}`, `{"op":10,"d":{"heartbeat_interval":41250}}`, `{"op":11}`,
	} {
		s.SendRaw(raw)
	}
	s.AddGuild(fakediscord.Guild{ID: "1103", Name: "After the storm"})
	s.RequestHeartbeat()
	await(t, s, beats(2))
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if g := guildRow(t, db, "1103"); g.Name != "After the storm" {
		t.Errorf("the session did not survive: %+v", g)
	}
}

// Guild rows follow what the gateway tells, and what it told nobody while the bot was away.
func TestGuildRows(t *testing.T) {
	t.Parallel()
	s, base := startFake(t, fakediscord.Options{})
	db := openStore(t)
	err := db.InTx(t.Context(), func(q *store.Q, _ store.Jobs) error {
		return errors.Join(q.SaveGuild(t.Context(), store.Guild{ID: "999", Name: "Left while away"}), q.SaveGuild(t.Context(), store.Guild{ID: "local", Name: "Not Discord's"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	b := newBot(t, db, base, quick())
	stop := run(t, b)
	ready(t, b)
	s.AddGuild(fakediscord.Guild{ID: "1104", Name: "Joined"})
	s.AddGuild(fakediscord.Guild{ID: "1105", Name: "Old name"})
	s.AddGuild(fakediscord.Guild{ID: "1105", Name: "New name", Locale: "fr"})
	s.AddGuild(fakediscord.Guild{ID: "1106", Name: "Left"})
	s.RemoveGuild("1106")
	s.Outage("1104")
	s.RequestHeartbeat()
	await(t, s, beats(2))
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]struct {
		name string
		left bool
	}{guildID: {"Press room", false}, "999": {"Left while away", true}, "local": {"Not Discord's", false}, "1104": {"Joined", false}, "1105": {"New name", false}, "1106": {"Left", true}} {
		if g := guildRow(t, db, id); g.Name != want.name || g.Left.IsZero() == want.left {
			t.Errorf("guild %s: %+v, want %+v", id, g, want)
		}
	}
}

// No session may be begun today: the bot waits, and can be stopped.
func TestNoSessionStarts(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 10)
	s, base := startFake(t, fakediscord.Options{Check: func(r *http.Request, _ []byte) error {
		if strings.HasSuffix(r.URL.Path, "/gateway/bot") {
			asked <- struct{}{}
		}
		return nil
	}})
	s.NoSessionStarts(true)
	b := newBot(t, nil, base, quick())
	stop := run(t, b)
	<-asked
	if err := stop(); err != nil {
		t.Errorf("Run = %v", err)
	}
	if st := s.Gateway(); st.Identifies > 0 {
		t.Error("a session was begun")
	}
}

// discordgo makes no request but for the gateway's address, which never leaves the process.
func TestGatewayAnswerOnly(t *testing.T) {
	b := newBot(t, nil, "http://127.0.0.1:1", quick())
	keeper := newGuildKeeper(b.log, nil)
	defer keeper.stop()
	s, err := b.newSession(t.Context(), [2]int{0, 1}, newStarter(b), keeper)
	if err != nil {
		t.Fatal(err)
	}
	s.gateway = "ws://127.0.0.1:1/#"
	if url, err := s.dg.Gateway(); err != nil || !strings.HasPrefix(url, "ws://127.0.0.1:1/") {
		t.Errorf("Gateway = %q, %v", url, err)
	}
	if _, err := s.dg.ChannelMessageSend("1", "a"); err == nil {
		t.Error("a request of discordgo's went out")
	}
	var m struct{ URL string }
	resp, err := gatewayAnswer{s}.RoundTrip(&http.Request{Method: http.MethodGet, URL: mustURL(t, "https://discord.com/api/v9/gateway")})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&m); err != nil || m.URL != s.gateway {
		t.Errorf("%+v, %v", m, err)
	}
}
