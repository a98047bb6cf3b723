package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
)

// resumesMax is how often a session is tried to be resumed before a new one is begun.
const resumesMax = 3

// fatalCodes are the close codes after which Discord says not to reconnect (topics/opcodes-and-status-codes).
var fatalCodes = map[int]string{
	4004: "discord does not know the token: make a new one in the developer portal (Bot, Reset Token) and set DISCORD_TOKEN",
	4010: "discord refused the number of a shard: set discord.shards to auto, and start all gateway processes anew",
	4011: "the bot is in so many servers that Discord wants it split into more shards: set discord.shards to auto",
	4012: "discord no longer speaks version 10 of its gateway: a newer version of attache is needed",
	4013: "discord refused the gateway intents",
	4014: "discord refused the gateway intents: the bot asks for none that are privileged, so the application is restricted",
}

// newSessionCodes are the close codes after which a session cannot be resumed.
var newSessionCodes = []int{4003, 4007, 4009}

// keep holds the session of a shard until ctx ends. It reconnects for as long as there is hope; its error is a
// *GatewayRefusal.
func (b *Bot) keep(ctx context.Context, shard [2]int, starter *starter, guilds *guildKeeper) error {
	defer b.gateway.closed(shard[0])
	var s *session
	pause := b.timings.Retry
	for ctx.Err() == nil {
		if s == nil {
			var err error
			if s, err = b.newSession(ctx, shard, starter, guilds); err != nil {
				return err
			}
		}
		var opened time.Time
		err := s.connect(ctx)
		if err == nil {
			opened = time.Now()
			err = s.hold(ctx)
		}
		b.gateway.closed(shard[0])
		if ctx.Err() != nil {
			return nil
		}
		if fatal := refusalOf(err); fatal != nil {
			return fatal
		}
		if !s.resumable(err) {
			s = nil
		}
		if !opened.IsZero() && time.Since(opened) >= b.timings.Slow {
			pause = b.timings.Retry
		}
		wait := pause + rand.N(pause/2+1)
		if errors.Is(err, errInvalid) || errors.Is(err, errPaused) {
			wait += rand.N(4*b.timings.Retry + 1) // Discord asks for one to five seconds
		}
		b.log.Warn("gateway closed", "shard", shard[0], "err", b.rest.hide(err), "resume", s != nil, "retry_in", wait)
		sleep(ctx, wait)
		pause = min(2*pause, b.timings.Slow)
	}
	return nil
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// A GatewayRefusal is why Discord will have no session of this program: what it was told is wrong, and somebody must mend it.
type GatewayRefusal struct {
	Code   int    // the close code, 4004 to 4014
	Reason string // a sentence for operators
	// Opened says that a session was open before: what was right when the program started is so no longer, such as a token
	// that was revoked. Requests to the REST API may still succeed.
	Opened bool
}

func (e *GatewayRefusal) Error() string { return e.Reason }

// refusalOf returns what operators are told when connecting again is of no use, else nil.
func refusalOf(err error) *GatewayRefusal {
	code := 0
	var c *websocket.CloseError
	var e *apiError
	switch {
	case errors.As(err, &c):
		code = c.Code
	case errors.As(err, &e) && e.Status == http.StatusUnauthorized:
		code = 4004
	}
	if reason := fatalCodes[code]; reason != "" {
		return &GatewayRefusal{Code: code, Reason: reason}
	}
	return nil
}

// A session is a gateway session: what can be resumed over several connections.
type session struct {
	bot     *Bot
	shard   [2]int // which, of how many
	starter *starter
	dg      *discordgo.Session
	line    *line

	mu      sync.Mutex
	id      string // "" before READY
	resume  string // where Discord wants it resumed
	gateway string // the address for the next connection, as discordgo is told it
	opened  bool   // READY or RESUMED came on the connection that is open
	resumes int    // attempts since that last happened
}

func (b *Bot) newSession(ctx context.Context, shard [2]int, starter *starter, guilds *guildKeeper) (*session, error) {
	dg, err := discordgo.New("Bot " + b.rest.token)
	if err != nil {
		return nil, fmt.Errorf("make a gateway session: %w", err)
	}
	s := &session{bot: b, shard: shard, starter: starter, dg: dg, line: &line{timings: b.timings, dial: dialerOf(b.rest.client)}}
	dg.ShardID, dg.ShardCount = shard[0], shard[1]
	dg.Identify.Shard = &shard
	dg.Identify.Intents = discordgo.IntentsGuilds
	dg.Identify.Properties.Browser = "attache"
	dg.Identify.Compress = false // payloads are read before discordgo reads them
	dg.Dialer = s.line.websocketDialer()
	dg.Client = &http.Client{Transport: gatewayAnswer{s}, Timeout: requestTimeout}
	dg.StateEnabled = false
	dg.SyncEvents = true // in order; the handlers only take notes
	dg.ShouldReconnectOnError = false
	dg.ShouldReconnectVoiceOnSessionError = false
	dg.ShouldRetryOnRateLimit = false
	dg.MaxRestRetries = 0
	dg.LogLevel = -1 // its messages hold tokens at some levels; what matters comes as errors and events

	dg.AddHandler(guarded(b, func(e *discordgo.Event) {
		switch e.Type {
		case "READY":
			s.ready(e.RawData)
		case "INTERACTION_CREATE":
			if b.desk != nil {
				b.desk.take(ctx, bytes.Clone(e.RawData))
			}
		}
	}))
	dg.AddHandler(guarded(b, func(r *discordgo.Ready) {
		ids := make([]string, 0, len(r.Guilds))
		for _, g := range r.Guilds {
			if g != nil {
				ids = append(ids, g.ID)
			}
		}
		guilds.present(shard, ids)
		if r.User != nil && r.User.ID != "" {
			b.setSelf(user{ID: r.User.ID, Username: r.User.Username, Bot: r.User.Bot})
		}
		s.open()
	}))
	dg.AddHandler(guarded(b, func(*discordgo.Resumed) { s.open() }))
	dg.AddHandler(guarded(b, func(g *discordgo.GuildCreate) {
		if g.Guild != nil && !g.Unavailable {
			guilds.joined(g.ID, g.Name, g.PreferredLocale, g.JoinedAt)
		}
	}))
	dg.AddHandler(guarded(b, func(g *discordgo.GuildUpdate) {
		if g.Guild != nil {
			guilds.joined(g.ID, g.Name, g.PreferredLocale, time.Time{})
		}
	}))
	dg.AddHandler(guarded(b, func(g *discordgo.GuildDelete) {
		if g.Guild != nil && !g.Unavailable { // an unavailable one has an outage
			guilds.left(g.ID)
		}
	}))
	return s, nil
}

// guarded makes a handler that survives its own panics: discordgo calls handlers even with events it could not decode,
// and a panic would end the process.
func guarded[E any](b *Bot, handle func(E)) func(*discordgo.Session, E) {
	return func(_ *discordgo.Session, e E) {
		defer func() {
			if p := recover(); p != nil {
				b.log.Error("gateway handler panicked", "event", fmt.Sprintf("%T", e), "panic", fmt.Sprint(p))
			}
		}()
		handle(e)
	}
}

// ready notes what a session needs to be resumed.
func (s *session) ready(raw []byte) {
	var r struct {
		ID     string `json:"session_id"`
		Resume string `json:"resume_gateway_url"`

		Application struct {
			ID string `json:"id"`
		} `json:"application"`
	}
	if json.Unmarshal(raw, &r) != nil {
		return
	}
	if isID(r.Application.ID) {
		s.bot.mu.Lock()
		s.bot.application = r.Application.ID
		s.bot.mu.Unlock()
		s.bot.knownOne.Do(func() { close(s.bot.known) })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.id, s.resume = r.ID, r.Resume
}

// open notes that the connection carries an open session.
func (s *session) open() {
	if c := s.line.current(); c != nil {
		c.opened()
	}
	s.mu.Lock()
	s.opened, s.resumes = true, 0
	s.mu.Unlock()
	s.bot.gateway.opened(s.shard[0])
	s.bot.readied.Do(func() { close(s.bot.ready) })
}

// connect opens a connection and begins or resumes the session on it.
func (s *session) connect(ctx context.Context) error {
	s.mu.Lock()
	s.opened = false
	resuming, address := s.id != "", s.resume
	if resuming {
		s.resumes++
	}
	known := s.gateway != ""
	s.mu.Unlock()
	var leave *start
	var err error
	switch {
	case !resuming:
		if leave, err = s.starter.wait(ctx, s.shard); err != nil {
			return err
		}
		defer leave.end()
		address = leave.address
	case address == "":
		a, err := s.starter.ask(ctx, false)
		if err != nil {
			return err
		}
		address = a.URL
	}
	if address, err = gatewayAddress(address); err != nil {
		return err
	}
	s.mu.Lock()
	redial := known && s.gateway != address // discordgo keeps the address it had until a dial fails
	s.gateway = address
	s.mu.Unlock()
	if redial {
		s.line.begin(ctx, true, nil)
		if err := s.dg.Open(); !errors.Is(err, errRedial) {
			return fmt.Errorf("connect to the gateway: %w", err)
		}
	}
	s.line.begin(ctx, false, leave)
	stop := context.AfterFunc(ctx, func() {
		if c := s.line.current(); c != nil {
			c.Close() // Open waits for nothing else
		}
	})
	defer stop()
	if err := s.dg.Open(); err != nil {
		if c := s.line.current(); c != nil && c.reason() != nil {
			err = c.reason() // discordgo hands on no more than its words
		}
		return fmt.Errorf("connect to the gateway: %w", err)
	}
	return nil
}

// hold waits until the connection ends, or ends it with ctx.
func (s *session) hold(ctx context.Context) error {
	c := s.line.current()
	select {
	case <-c.ended:
		if why := c.reason(); why != nil {
			return fmt.Errorf("gateway connection: %w", why)
		}
		return errors.New("the gateway asked to connect again")
	case <-ctx.Done():
		// Close waits a second for Discord's own close frame.
		c.leave()
		if err := s.dg.Close(); err != nil {
			s.bot.log.Debug("close gateway", "err", s.bot.rest.hide(err))
		}
		c.Close()
		return ctx.Err()
	}
}

// resumable reports whether the session is worth resuming after err.
func (s *session) resumable(err error) bool {
	var c *websocket.CloseError
	if errors.As(err, &c) {
		for _, code := range newSessionCodes {
			if c.Code == code {
				return false
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.resumes < resumesMax && !errors.Is(err, errFrames) && !errors.Is(err, errInvalid)
}

// gatewayAddress makes the address that discordgo is told: version 10 as JSON. discordgo appends a slash and the query
// of version 9, which the "#" turns into a fragment, and that is not sent.
func gatewayAddress(raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
		return "", errors.New("discord gave a gateway address that is none")
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.RawQuery, u.Fragment = "v=10&encoding=json", ""
	return u.String() + "#", nil
}

// gatewayAnswer answers discordgo's question for the gateway's address, the only request it ever makes.
type gatewayAnswer struct{ s *session }

func (g gatewayAnswer) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		req.Body.Close()
	}
	if req.Method != http.MethodGet || !strings.HasSuffix(req.URL.Path, "/gateway") {
		return nil, errors.New("requests to the REST API are made by package bot itself")
	}
	g.s.mu.Lock()
	body, err := json.Marshal(map[string]string{"url": g.s.gateway})
	g.s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(string(body))),
		ContentLength: int64(len(body)), Request: req,
	}, nil
}
