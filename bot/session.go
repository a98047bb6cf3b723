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
	4010: "discord refused the shard number",
	4011: "the bot is in so many servers that Discord wants it split into shards, which this version cannot do",
	4012: "discord no longer speaks version 10 of its gateway: a newer version of attache is needed",
	4013: "discord refused the gateway intents",
	4014: "discord refused the gateway intents: the bot asks for none that are privileged, so the application is restricted",
}

// newSessionCodes are the close codes after which a session cannot be resumed.
var newSessionCodes = []int{4003, 4007, 4009}

// Run holds the gateway session until ctx ends, keeping guild rows (joined, left, name) up to date. It reconnects for as
// long as there is hope; its error says what an operator must do. It returns when its goroutines have ended.
func (b *Bot) Run(ctx context.Context) error {
	guilds := newGuildKeeper(b.log, b.db)
	defer guilds.stop()
	if b.desk != nil && b.db != nil {
		ctx, cancel := context.WithCancel(ctx)
		var background sync.WaitGroup
		background.Go(func() { b.register(ctx) })
		background.Go(func() { b.forget(ctx) })
		defer func() {
			cancel()
			background.Wait()
			b.desk.running.Wait()
		}()
	}
	var s *session
	pause := b.timings.Retry
	for ctx.Err() == nil {
		if s == nil {
			var err error
			if s, err = b.newSession(ctx, guilds); err != nil {
				return err
			}
		}
		began := time.Now()
		err := s.connect(ctx)
		if err == nil {
			err = s.hold(ctx)
		}
		if ctx.Err() != nil {
			return nil
		}
		if fatal := fatalReason(err); fatal != "" {
			return errors.New(fatal)
		}
		if !s.resumable(err) {
			s = nil
		}
		if time.Since(began) >= b.timings.Slow {
			pause = b.timings.Retry
		}
		b.log.Warn("gateway closed", "err", b.rest.hide(err), "resume", s != nil, "retry_in", pause)
		sleep(ctx, pause+rand.N(pause/2+1))
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

// fatalReason returns a sentence for operators when connecting again is of no use, else "".
func fatalReason(err error) string {
	var c *websocket.CloseError
	if errors.As(err, &c) {
		return fatalCodes[c.Code]
	}
	var e *apiError
	if errors.As(err, &e) && e.Status == http.StatusUnauthorized {
		return fatalCodes[4004]
	}
	return ""
}

// A session is a gateway session: what can be resumed over several connections.
type session struct {
	bot  *Bot
	dg   *discordgo.Session
	line *line

	mu      sync.Mutex
	id      string // "" before READY
	resume  string // where Discord wants it resumed
	gateway string // the address for the next connection, as discordgo is told it
	opened  bool   // READY or RESUMED came on the connection that is open
	resumes int    // attempts since that last happened
}

func (b *Bot) newSession(ctx context.Context, guilds *guildKeeper) (*session, error) {
	dg, err := discordgo.New("Bot " + b.rest.token)
	if err != nil {
		return nil, fmt.Errorf("make a gateway session: %w", err)
	}
	s := &session{bot: b, dg: dg, line: &line{timings: b.timings}}
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
		guilds.present(ids)
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
	if address == "" || !resuming {
		var err error
		if address, err = s.bot.findGateway(ctx, !resuming); err != nil {
			return err
		}
	}
	address, err := gatewayAddress(address)
	if err != nil {
		return err
	}
	s.mu.Lock()
	redial := known && s.gateway != address // discordgo keeps the address it had until a dial fails
	s.gateway = address
	s.mu.Unlock()
	if redial {
		s.line.begin(ctx, true)
		if err := s.dg.Open(); !errors.Is(err, errRedial) {
			return fmt.Errorf("connect to the gateway: %w", err)
		}
	}
	s.line.begin(ctx, false)
	stop := context.AfterFunc(ctx, func() {
		if c := s.line.current(); c != nil {
			c.Close() // Open waits for nothing else
		}
	})
	defer stop()
	if err := s.dg.Open(); err != nil {
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
	return s.resumes < resumesMax && !errors.Is(err, errFrames)
}

// findGateway asks Discord for the gateway's address, and waits while no new session may be begun.
func (b *Bot) findGateway(ctx context.Context, identify bool) (string, error) {
	for {
		var g struct {
			URL   string `json:"url"`
			Limit *struct {
				Remaining  int   `json:"remaining"`
				ResetAfter int64 `json:"reset_after"` // milliseconds
			} `json:"session_start_limit"`
		}
		if err := b.rest.get(ctx, "/gateway/bot", &g); err != nil {
			return "", err
		}
		if !identify || g.Limit == nil || g.Limit.Remaining > 0 {
			return g.URL, nil
		}
		wait := min(max(time.Duration(g.Limit.ResetAfter)*time.Millisecond, b.timings.Slow), 24*time.Hour)
		b.log.Error("discord allows no new session today", "retry_in", wait)
		sleep(ctx, wait)
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
	}
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
