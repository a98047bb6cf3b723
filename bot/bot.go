// Package bot is everything that talks to Discord and nothing else: the gateway session, the one function that
// posts messages, the rendering of digests, and slash commands with their buttons.
//
// It sends what Render and the commands made, with Escape around every word that came from outside, and never mentions
// anybody but the roles a schedule names. It stores which guilds it is in, what a command answered (so that its buttons
// work after a restart), what managers change by command, and of which dead sources they were told (tell.go); what was posted is recorded by package digest, whose
// Poster it fulfils. Commands stand in one table (command.go); dispatch.go checks and routes what people ask, answer.go
// brings the one answer back. The library underneath is discordgo, of which only the gateway session is used: its requests to
// the REST API ignore deadlines and Discord's global rate limit, so requests are our own (rest.go, limits.go), and what
// the session lacks is mended from outside (session.go, conn.go, frames.go). Shards are shared among processes by leases
// (shards.go), and their sessions begin in turn and are counted (identify.go).
package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"attache/internal/digest"
	"attache/internal/store"
)

// Options of New.
type Options struct {
	Token   string
	APIBase string       // "" is https://discord.com/api/v10; else the base of a REST proxy or another server, e.g. http://127.0.0.1:9000/api/v10
	Client  *http.Client // nil: one of our own. Its Transport carries the requests, and its DialContext the gateway; redirects are never followed
	Lang    string       // of texts where a guild has none; "" is en
	Version string       // of this program, told to Discord; "" is "dev"

	DevGuild string // a guild in which alone commands are registered, for trying out; "" registers them everywhere

	// PerSecond bounds the requests of this process; 0 is 45, Discord allows a bot 50 in all.
	PerSecond int
	// Turn books the turn of a request among those of all processes and returns how long to wait for it; nil where there is
	// one process. When it fails PerSecond alone holds.
	Turn func(ctx context.Context) (wait time.Duration, err error)
	// Shards is how many sessions the gateway is split into; 0 is as many as Discord recommends when the first process
	// starts, and more once it wants more.
	Shards int
	// Member is this process among those that share the shards; nil: it has them all.
	Member *store.Member
	// Timings of the gateway sessions; zero fields are those of Discord.
	Timings Timings
}

// Bot is a connection to Discord. It fulfils digest.Poster.
type Bot struct {
	log     *slog.Logger
	db      *store.DB // nil: guild rows are not kept
	rest    *rest
	texts   library
	lang    string
	timings Timings
	shards  int
	member  *store.Member
	gateway gatewayNotes
	ready   chan struct{}
	readied sync.Once

	desk     *desk // nil: commands are not served
	devGuild string
	known    chan struct{} // closed once application is known
	knownOne sync.Once

	mu          sync.Mutex
	me          user   // who the token belongs to, once known
	application string // under which commands are registered
}

var _ digest.Poster = (*Bot)(nil)

// New makes a bot; nothing is sent before Run, Check or Send.
func New(log *slog.Logger, db *store.DB, o Options) (*Bot, error) {
	token := strings.TrimSpace(o.Token)
	if rest, ok := strings.CutPrefix(token+" ", "Bot "); ok {
		token = strings.TrimSpace(rest)
	}
	if token == "" {
		return nil, errors.New("there is no Discord token: set DISCORD_TOKEN or DISCORD_TOKEN_FILE")
	}
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the Discord token holds a space or a letter that no token has: copy it again from the developer portal")
	}
	texts, err := readTexts()
	if err != nil {
		return nil, fmt.Errorf("read the message catalogue: %w", err)
	}
	r, err := newREST(token, o)
	if err != nil {
		return nil, err
	}
	lang := o.Lang
	if lang == "" {
		lang = "en"
	}
	if o.Member != nil && db == nil {
		return nil, errors.New("a process that shares the gateway's shards needs the database that it shares")
	}
	return &Bot{
		log: log, db: db, shards: o.Shards, member: o.Member, rest: r, texts: texts, lang: lang, timings: o.Timings.withDefaults(),
		ready: make(chan struct{}), known: make(chan struct{}), devGuild: o.DevGuild,
	}, nil
}

// Ready is closed once a session was READY for the first time, or once this process knows that others hold all shards.
func (b *Bot) Ready() <-chan struct{} { return b.ready }

// A user as Discord gives it.
type user struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Bot      bool   `json:"bot"`
}

// self returns who the token belongs to, asking Discord once.
func (b *Bot) self(ctx context.Context) (user, error) {
	b.mu.Lock()
	me := b.me
	b.mu.Unlock()
	if me.ID != "" {
		return me, nil
	}
	if err := b.rest.get(ctx, "/users/@me", &me); err != nil {
		return user{}, err
	}
	if me.ID == "" {
		return user{}, errors.New("discord did not say who the token belongs to")
	}
	b.setSelf(me)
	return me, nil
}

func (b *Bot) setSelf(me user) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.me = me
}

// Timings of the gateway sessions.
type Timings struct {
	Open  time.Duration // until HELLO and READY must have come; 20 s
	Quiet time.Duration // longest silence on an open session; 100 s is two heartbeats and some (Discord's interval is 41.25 s)
	Write time.Duration // 10 s
	Retry time.Duration // before the second attempt to connect; doubles up to Slow; 1 s
	Slow  time.Duration // 60 s
	// Identify lies between the beginnings of two sessions of a group; 5.2 s is Discord's 5 s and what a network adds.
	Identify time.Duration
	Look     time.Duration // between two looks at which shards this process is to hold; 3 s
	// Frames is how many frames may be sent within ten seconds: a session sends one a heartbeat. Discord closes a
	// connection that sends 120 in a minute.
	Frames int // 10
}

func (t Timings) withDefaults() Timings {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&t.Open, 20*time.Second)
	def(&t.Quiet, 100*time.Second)
	def(&t.Write, 10*time.Second)
	def(&t.Retry, time.Second)
	def(&t.Slow, time.Minute)
	def(&t.Identify, 5200*time.Millisecond)
	def(&t.Look, 3*time.Second)
	if t.Frames == 0 {
		t.Frames = 10
	}
	return t
}
