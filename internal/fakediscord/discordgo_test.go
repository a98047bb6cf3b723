package fakediscord_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
	"attache/internal/fakediscord/spectest"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
)

// A redirector sends discordgo's requests to the fake; the library itself is as it comes.
type redirector struct{ to *url.URL }

func (r redirector) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Scheme, req.URL.Host = r.to.Scheme, r.to.Host
	return http.DefaultTransport.RoundTrip(req)
}

// library makes a session of discordgo. It speaks version 9 of the API; the gateway's version is put right by the dialer.
func library(t *testing.T, base string) *discordgo.Session {
	t.Helper()
	to, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	dg, err := discordgo.New("Bot " + token)
	if err != nil {
		t.Fatal(err)
	}
	dg.Client = &http.Client{Transport: redirector{to}, Timeout: testLimit}
	dg.LogLevel = -1
	dg.StateEnabled = false // it shares what it changes with the handlers
	dg.Identify.Intents = discordgo.IntentsGuilds | discordgo.IntentsGuildMessages
	return dg
}

// on waits for an event of the library.
func on[E any](t *testing.T, dg *discordgo.Session) func() E {
	t.Helper()
	events := make(chan E, 100)
	dg.AddHandler(func(_ *discordgo.Session, e E) { events <- e })
	return func() E {
		t.Helper()
		select {
		case e := <-events:
			return e
		case <-time.After(testLimit):
			t.Fatalf("no %T came", *new(E))
			panic("unreachable")
		}
	}
}

func await(t *testing.T, s *fakediscord.Server, wanted func(fakediscord.GatewayState) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	if err := s.AwaitGateway(ctx, wanted); err != nil {
		t.Fatal(err)
	}
}

func TestLibraryPosts(t *testing.T) {
	check := spectest.Checker(t)
	s, base := start(t, fakediscord.Options{Check: func(r *http.Request, body []byte) error {
		if r.Method == http.MethodPatch {
			return nil // the library's edits carry members that Discord does not name ("ID", "Channel")
		}
		return check(r, body)
	}})
	dg := library(t, base)
	m, err := dg.ChannelMessageSendComplex(textID, &discordgo.MessageSend{
		Content: "hello", Embeds: []*discordgo.MessageEmbed{{Title: "t", URL: "https://a.example/", Description: "d", Color: 5}},
		AllowedMentions: &discordgo.MessageAllowedMentions{Parse: []discordgo.AllowedMentionType{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if m.Content != "hello" || m.Author == nil || m.Author.ID != s.BotID() || len(m.Embeds) != 1 || m.Embeds[0].Description != "d" || m.Timestamp.IsZero() {
		t.Errorf("%+v", m)
	}
	list, err := dg.ChannelMessages(textID, 10, "", "", "")
	if err != nil || len(list) != 1 || list[0].ID != m.ID {
		t.Errorf("%d messages, %v", len(list), err)
	}
	if _, err := dg.ChannelMessageEdit(textID, m.ID, "changed"); err != nil {
		t.Error(err)
	}
	if err := dg.ChannelMessageDelete(textID, m.ID); err != nil {
		t.Error(err)
	}
	_, err = dg.ChannelMessageSend(hiddenID, "x")
	var e *discordgo.RESTError
	if re, ok := err.(*discordgo.RESTError); ok { //nolint:errorlint // the library returns it bare
		e = re
	}
	if e == nil || e.Message == nil || e.Message.Code != discordgo.ErrCodeMissingAccess {
		t.Errorf("hidden channel: %v", err)
	}
	u, err := dg.User("@me")
	if err != nil || !u.Bot {
		t.Errorf("%+v, %v", u, err)
	}
}

// The library obeys the buckets: with two posts a window, the third waits instead of being refused.
func TestLibraryKeepsBuckets(t *testing.T) {
	s, base := start(t, fakediscord.Options{Route: fakediscord.Limit{Requests: 2, Per: 50 * time.Millisecond}})
	dg := library(t, base)
	for i := range 5 {
		if _, err := dg.ChannelMessageSend(textID, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.Messages(textID)); n != 5 {
		t.Errorf("%d messages", n)
	}
}

func TestLibraryAtTheGateway(t *testing.T) {
	s, base := start(t, fakediscord.Options{Heartbeat: 30 * time.Millisecond})
	dg := library(t, base)
	ready, created := on[*discordgo.Ready](t, dg), on[*discordgo.GuildCreate](t, dg)
	deleted, messages := on[*discordgo.GuildDelete](t, dg), on[*discordgo.MessageCreate](t, dg)
	if err := dg.Open(); err != nil {
		t.Fatal(err)
	}
	defer dg.Close()
	if r := ready(); r.User.ID != s.BotID() || len(r.Guilds) != 1 || r.Guilds[0].ID != guildID || r.SessionID == "" {
		t.Errorf("READY: %+v", r)
	}
	if g := created(); g.ID != guildID || g.Name != "Press room" || len(g.Channels) != 6 {
		t.Errorf("GUILD_CREATE: %+v", g.Guild)
	}
	s.AddGuild(fakediscord.Guild{ID: "1102", Name: "Embassy"})
	if g := created(); g.ID != "1102" {
		t.Errorf("GUILD_CREATE: %+v", g.Guild)
	}
	s.Outage("1102")
	if g := deleted(); g.ID != "1102" || !g.Unavailable {
		t.Errorf("GUILD_DELETE: %+v", g.Guild)
	}
	s.RemoveGuild("1102")
	if g := deleted(); g.ID != "1102" || g.Unavailable {
		t.Errorf("GUILD_DELETE: %+v", g.Guild)
	}
	s.Say(textID, "77", "good morning")
	if m := messages(); m.Content != "good morning" || m.Author.ID != "77" || m.GuildID != guildID {
		t.Errorf("MESSAGE_CREATE: %+v", m.Message)
	}
	await(t, s, func(st fakediscord.GatewayState) bool { // heartbeats go on
		return strings.Count(strings.Join(st.Frames, ";"), "op 1") >= 3
	})
	// The connection is asked for anew, and what happened meanwhile is replayed.
	resumed := on[*discordgo.Resumed](t, dg)
	s.Reconnect()
	resumed()
	if st := s.Gateway(); st.Resumes != 1 || st.Identifies != 1 {
		t.Errorf("%+v", st)
	}
	s.InvalidateSessions(false)
	await(t, s, func(st fakediscord.GatewayState) bool { return st.Identifies == 2 && st.Sessions == 1 })
	for _, v := range s.Violations() {
		if !strings.Contains(v, "version 9") { // which the library speaks
			t.Errorf("violation: %s", v)
		}
	}
}

// A socket is a gateway connection without a library.
type socket struct {
	t  *testing.T
	ws *websocket.Conn
}

func dial(t *testing.T, base, path string) socket {
	t.Helper()
	ws, resp, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimSuffix(strings.TrimPrefix(base, "http"), "/api/v10")+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	t.Cleanup(func() { ws.Close() })
	if err := ws.SetReadDeadline(time.Now().Add(testLimit)); err != nil {
		t.Fatal(err)
	}
	return socket{t, ws}
}

type event struct {
	Op int             `json:"op"`
	S  int64           `json:"s"`
	T  string          `json:"t"`
	D  json.RawMessage `json:"d"`
}

func (s socket) say(raw string) {
	s.t.Helper()
	if err := s.ws.WriteMessage(websocket.TextMessage, []byte(raw)); err != nil {
		s.t.Fatal(err)
	}
}

func (s socket) hear() event {
	s.t.Helper()
	var e event
	if err := s.ws.ReadJSON(&e); err != nil {
		s.t.Fatal(err)
	}
	return e
}

// closed returns the code that the connection ends with, after any events.
func (s socket) closed() int {
	s.t.Helper()
	for {
		_, _, err := s.ws.ReadMessage()
		if e, ok := err.(*websocket.CloseError); ok { //nolint:errorlint // as the library returns it
			return e.Code
		}
		if err != nil {
			s.t.Fatalf("closed without a code: %v", err)
		}
	}
}

const identify = `{"op":2,"d":{"token":"Bot ` + token + `","intents":1,"properties":{"os":"linux"}}}`

func TestGatewayByHand(t *testing.T) {
	s, base := start(t, fakediscord.Options{})
	a := dial(t, base, "/gateway/?v=10&encoding=json")
	if e := a.hear(); e.Op != 10 || string(e.D) != `{"heartbeat_interval":41250}` {
		t.Fatalf("HELLO is %+v", e)
	}
	a.say(`{"op":1,"d":null}`)
	if e := a.hear(); e.Op != 11 {
		t.Errorf("a heartbeat is answered with %+v", e)
	}
	a.say(identify)
	e := a.hear()
	var ready struct {
		Session string `json:"session_id"`
		Resume  string `json:"resume_gateway_url"`
		Guilds  []struct {
			ID          string `json:"id"`
			Unavailable bool   `json:"unavailable"`
		} `json:"guilds"`
	}
	if err := json.Unmarshal(e.D, &ready); err != nil || e.T != "READY" || e.S != 1 || len(ready.Guilds) != 1 || !ready.Guilds[0].Unavailable {
		t.Fatalf("%+v, %v", e, err)
	}
	if e := a.hear(); e.T != "GUILD_CREATE" || e.S != 2 {
		t.Errorf("%+v", e)
	}
	a.ws.Close()
	await(t, s, func(st fakediscord.GatewayState) bool { return st.Sessions == 0 })
	s.AddGuild(fakediscord.Guild{ID: "1102", Name: "Embassy"})
	s.Say(textID, "77", "not for the intents of this session")

	u, err := url.Parse(ready.Resume)
	if err != nil {
		t.Fatal(err)
	}
	b := dial(t, base, u.Path+"?v=10&encoding=json")
	b.hear()
	b.say(fmt.Sprintf(`{"op":6,"d":{"token":"Bot %s","session_id":%q,"seq":2}}`, token, ready.Session))
	if e := b.hear(); e.T != "GUILD_CREATE" || e.S != 3 {
		t.Errorf("what was missed: %+v", e)
	}
	if e := b.hear(); e.T != "RESUMED" || e.S != 4 {
		t.Errorf("%+v", e)
	}
	if len(s.Violations()) > 0 {
		t.Errorf("violations: %q", s.Violations())
	}
}

func TestGatewayCloses(t *testing.T) {
	for name, c := range map[string]struct {
		path, say string
		want      int
	}{
		"version 8":           {"/gateway?v=8&encoding=json", "", 4012},
		"etf":                 {"/gateway?v=10&encoding=etf", "", 4012},
		"a wrong token":       {"", `{"op":2,"d":{"token":"x","intents":1,"properties":{}}}`, 4004},
		"no intents":          {"", `{"op":2,"d":{"token":"Bot ` + token + `","properties":{}}}`, 4002},
		"an unknown intent":   {"", `{"op":2,"d":{"token":"Bot ` + token + `","intents":268435456,"properties":{}}}`, 4013},
		"a privileged intent": {"", `{"op":2,"d":{"token":"Bot ` + token + `","intents":32768,"properties":{}}}`, 4014},
		"no JSON":             {"", `{`, 4002},
		"5000 bytes":          {"", `{"op":1,"d":"` + strings.Repeat("x", 5000) + `"}`, 4002},
		"an unknown op":       {"", `{"op":99}`, 4001},
		"presence too early":  {"", `{"op":3,"d":{}}`, 4003},
		"twice":               {"", identify, 4005},
		"a wrong resume":      {"", `{"op":6,"d":{"token":"x","session_id":"s","seq":1}}`, 4004},
	} {
		t.Run(name, func(t *testing.T) {
			_, base := start(t, fakediscord.Options{})
			path := c.path
			if path == "" {
				path = "/gateway?v=10&encoding=json"
			}
			g := dial(t, base, path)
			if c.say != "" {
				g.say(c.say)
				if name == "twice" {
					g.say(c.say)
				}
			}
			if got := g.closed(); got != c.want {
				t.Errorf("closed with %d, want %d", got, c.want)
			}
		})
	}
}

func TestResumeOfNothing(t *testing.T) {
	_, base := start(t, fakediscord.Options{})
	g := dial(t, base, "/gateway?v=10&encoding=json")
	g.hear()
	g.say(`{"op":6,"d":{"token":"Bot ` + token + `","session_id":"none","seq":1}}`)
	if e := g.hear(); e.Op != 9 || string(e.D) != "false" {
		t.Errorf("%+v", e)
	}
	g.say(identify)
	if e := g.hear(); e.T != "READY" {
		t.Errorf("%+v", e)
	}
}

func TestTooManySends(t *testing.T) {
	_, base := start(t, fakediscord.Options{})
	g := dial(t, base, "/gateway?v=10&encoding=json")
	for range 121 {
		g.say(`{"op":1,"d":null}`)
	}
	if got := g.closed(); got != 4008 {
		t.Errorf("closed with %d", got)
	}
}

func TestKnobs(t *testing.T) {
	s, base := start(t, fakediscord.Options{})
	open := func() socket { return dial(t, base, "/gateway?v=10&encoding=json") }
	s.RefuseGateway(4014)
	g := open()
	g.say(identify)
	if got := g.closed(); got != 4014 {
		t.Errorf("closed with %d", got)
	}
	s.Interject(`{"op":7}`)
	s.WithholdACKs(true)
	g = open()
	g.hear()
	g.say(`{"op":1,"d":null}`)
	g.say(identify)
	if e := g.hear(); e.Op != 7 {
		t.Errorf("after a heartbeat that is not acknowledged, and with a payload before the answer: %+v", e)
	}
	if e := g.hear(); e.T != "READY" {
		t.Errorf("%+v", e)
	}
	g.hear() // GUILD_CREATE
	s.WithholdACKs(false)
	s.RequestHeartbeat()
	s.SendRaw(`{"op":42}`)
	if a, b := g.hear(), g.hear(); a.Op != 1 || b.Op != 42 {
		t.Errorf("%+v, %+v", a, b)
	}
	s.CloseConnections(4000, true)
	if got := g.closed(); got != 4000 {
		t.Errorf("closed with %d", got)
	}
	s.NoSessionStarts(true)
	c := client{t: t, base: base}
	if r := c.do("GET", "/gateway/bot", ""); !strings.Contains(string(r.body), `"remaining":0`) {
		t.Errorf("%s", r.body)
	}
	s.SilenceGateway(1)
	g = open()
	s.DropConnections()
	if _, _, err := g.ws.ReadMessage(); err == nil {
		t.Error("a silent connection says something")
	}
}
