// Package fakediscord is a Discord on loopback: the REST API and the gateway, enough of both for a bot that connects,
// posts, looks for what it posted, and answers commands. Tests, the demo and the preview use it; it keeps everything in
// memory. Interact does what a user would do in Discord's client, and the Exchange that it returns tells what became of it.
//
// It is strict where Discord is. A request that Discord would refuse is refused with Discord's status, code and nested
// errors, the rules included that Discord's own API description does not express. What breaks a rule of this project
// (mentions must be ruled out, a message must carry an enforced nonce, what was promised to one reader is shown to no
// other, everybody is answered) is let through and listed by Violations. It can
// also fail on purpose, in the ways in which the real one does: see Fault.
//
// It never opens a connection of its own and never leaves the address it was started on.
package fakediscord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Kinds of channels (resources/channel, "Channel Types").
const (
	Text          = 0
	Announcement  = 5
	PublicThread  = 11
	PrivateThread = 12
	Forum         = 15
)

// Options of New. The zero value is a Discord without guilds that takes the token "fake-token".
type Options struct {
	Token   string // of the bot, without "Bot "
	BotName string // "" is "attache"
	Guilds  []Guild
	Now     func() time.Time // nil: time.Now
	// NonceWindow is how long a nonce is remembered; 0 is three minutes ("the past few minutes" in Discord's words).
	NonceWindow time.Duration
	// Heartbeat is the interval that HELLO asks for; 0 is Discord's 41.25 s.
	Heartbeat time.Duration
	Route     Limit // of requests of one route of one channel or guild; zero is 50 in a second
	Global    Limit // of all requests; zero is none
	// OnMessage is told of every message that was created, in order, unless it is ephemeral; of a deferred answer when it is
	// there. It must not call the server.
	OnMessage func(Message)
	// OnCall is told of every request about an interaction, OnCommands of every change of the commands of a guild ("" is
	// all guilds). They must not call the server.
	OnCall     func(*Exchange, Call)
	OnCommands func(guild string, commands []json.RawMessage)
	// Check sees every request before it is handled: method, path below /api/v10, and body, which of a form with files is
	// its payload_json. Its error is a violation, and the answer is 400. Tests plug in the check against Discord's API description.
	Check func(r *http.Request, body []byte) error
}

// A Limit is so many requests in so much time.
type Limit struct {
	Requests int
	Per      time.Duration
}

// A Guild with its channels.
type Guild struct {
	ID       string
	Name     string
	Locale   string // "" is en-US
	Channels []Channel
	Roles    []Role // besides @everyone, which has the guild's id
	Members  []User // besides the bot and those who interact with it
}

// A Role of a guild.
type Role struct {
	ID          string
	Name        string
	Permissions uint64
	Mentionable bool
}

// A Channel of a guild, and what the bot may not do in it.
type Channel struct {
	ID     string
	Name   string
	Type   int    // Text when 0
	Parent string // of a thread: its channel

	Hidden      bool  // not even seen: 403, code 50001
	NoPost      bool  // 403, code 50013
	NoHistory   bool  // its history is an empty list, as Discord shows it without Read Message History
	RequiresTag bool  // a forum whose posts need a tag
	Tags        []Tag // of a forum
}

// A Tag that posts of a forum may have.
type Tag struct{ ID, Name string }

// A Message as it was posted.
type Message struct {
	ID       string
	Channel  string
	Guild    string
	Author   string // user id
	Nonce    string
	Content  string
	Embeds   []Embed
	Title    string          // of the forum post that it begins, else ""
	Body     json.RawMessage // of the request that created it, as it came
	Created  time.Time
	Edits    []json.RawMessage // bodies of the requests that changed it
	Deleted  bool
	Mentions Mentions // whom it may mention

	Components  []json.RawMessage
	Files       []File
	Flags       int
	Ephemeral   bool   // only the user whom it answers sees it; it is in no channel's history
	Interaction string // that it answers, "" for none

	raw         map[string]any // what the API shows of it
	shown       map[string]any // of raw: what a message that answers an interaction has besides
	reader      string         // of an ephemeral message
	attachments []attachment
}

// Mentions are the allowed_mentions of a message.
type Mentions struct {
	Parse []string `json:"parse"`
	Roles []string `json:"roles"`
	Users []string `json:"users"`
}

// An Embed as readers see it.
type Embed struct {
	Title       string `json:"title"`
	URL         string `json:"url"`
	Description string `json:"description"`
	Color       int    `json:"color"`
	Timestamp   string `json:"timestamp"`
	Footer      struct {
		Text string `json:"text"`
	} `json:"footer"`
	Author struct {
		Name string `json:"name"`
	} `json:"author"`
	Fields []struct {
		Name   string `json:"name"`
		Value  string `json:"value"`
		Inline bool   `json:"inline"`
	} `json:"fields"`
	Image     Media `json:"image"`
	Thumbnail Media `json:"thumbnail"`
}

// A Media is a picture of an embed.
type Media struct {
	URL string `json:"url"`
}

// empty reports whether readers would see nothing of an embed.
func (e Embed) empty() bool {
	return e.Title == "" && e.Description == "" && e.Footer.Text == "" && e.Author.Name == "" && len(e.Fields) == 0 &&
		e.Image.URL == "" && e.Thumbnail.URL == ""
}

// A Server is the fake. Its methods are safe for several goroutines.
type Server struct {
	o     Options
	botID string
	http  *http.Server
	base  string // http://host:port
	wg    sync.WaitGroup

	mu         sync.Mutex
	lastID     int64
	guilds     []*Guild
	messages   []*Message
	nonces     map[string]*Message // author, channel and nonce
	violations []string
	requests   []Request
	faults     []*Fault
	buckets    map[string]*bucket
	global     bucket
	gate       gate
	closed     bool

	files         map[string]File // that are served, by path
	exchanges     []*Exchange
	tokens        map[string]*Exchange // the same, by token
	hidden        []*Message           // ephemeral ones
	directs       []*directChannel
	people        map[string]User // who interacted, by guild and user
	commands      []*command
	registrations int
	created       map[string][]time.Time // when commands were made anew, by guild
}

// A Request that came in, for tests that count them.
type Request struct {
	Method string
	Path   string // below /api/v10, with its query
	Status int    // that was answered, 0 when none was
	Body   string
}

// New makes a server; Start makes it listen.
func New(o Options) *Server {
	if o.Token == "" {
		o.Token = "fake-token"
	}
	if o.BotName == "" {
		o.BotName = "attache"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NonceWindow == 0 {
		o.NonceWindow = 3 * time.Minute
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = 41250 * time.Millisecond
	}
	if o.Route.Requests == 0 {
		o.Route = Limit{50, time.Second}
	}
	s := &Server{o: o, nonces: map[string]*Message{}, buckets: map[string]*bucket{}, people: map[string]User{}, files: map[string]File{}, tokens: map[string]*Exchange{}, created: map[string][]time.Time{}}
	s.gate.init()
	s.botID = s.newID()
	for _, g := range o.Guilds {
		s.guilds = append(s.guilds, s.copyGuild(g))
	}
	return s
}

// Start listens on addr ("127.0.0.1:0") and returns the base of the REST API.
func (s *Server) Start(addr string) (baseURL string, err error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("start the fake Discord: %w", err)
	}
	return s.StartOn(l), nil
}

// StartOn takes connections from a listener, one that lies in memory perhaps, and returns the base of the REST API.
func (s *Server) StartOn(l net.Listener) (baseURL string) {
	s.base = "http://" + l.Addr().String()
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.violate("the fake Discord stopped: %v", err)
		}
	}()
	return s.base + "/api/v10"
}

// Close ends the server and all its connections, and waits for its goroutines.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.gate.closeAll()
	if s.http != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := s.http.Shutdown(ctx); err != nil {
			_ = s.http.Close() // what still runs after a second is cut off
		}
	}
	s.wg.Wait()
}

// Token returns the token that the server takes, without "Bot ".
func (s *Server) Token() string { return s.o.Token }

// BotID returns the user id of the bot.
func (s *Server) BotID() string { return s.botID }

// Messages returns the messages of a channel, oldest first, deleted ones included; of all channels for "".
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.messages {
		if channel == "" || m.Channel == channel {
			out = append(out, *m)
		}
	}
	return out
}

// Violations returns what broke a rule so far, one sentence each. An interaction that was not answered within three
// seconds is one as soon as they are over.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(append([]string(nil), s.violations...), s.overdue()...)
}

// Requests returns the requests to the REST API so far; files are served beside it.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

func (s *Server) copyGuild(g Guild) *Guild {
	g.Channels = append([]Channel(nil), g.Channels...)
	g.Roles = append([]Role(nil), g.Roles...)
	if g.Locale == "" {
		g.Locale = "en-US"
	}
	return &g
}

// channel returns a channel and its guild (without an id: of direct messages), nil when there is none. The caller holds the lock.
func (s *Server) channel(id string) (*Guild, *Channel) {
	for _, g := range s.guilds {
		for i := range g.Channels {
			if g.Channels[i].ID == id {
				return g, &g.Channels[i]
			}
		}
	}
	for _, d := range s.directs {
		if d.ID == id {
			return &Guild{}, &d.Channel
		}
	}
	return nil, nil
}

// guild returns a guild, nil when the bot is not in it. The caller holds the lock.
func (s *Server) guild(id string) *Guild {
	for _, g := range s.guilds {
		if g.ID == id {
			return g
		}
	}
	return nil
}

// violate notes a broken rule. The caller must not hold the lock.
func (s *Server) violate(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.violations = append(s.violations, fmt.Sprintf(format, args...))
}

// epoch is the first moment of Discord's ids, in milliseconds since 1970 (reference, "Snowflakes").
const epoch = 1420070400000

// newID makes an id of now, larger than every id before. The caller holds the lock.
func (s *Server) newID() string {
	id := (s.o.Now().UnixMilli() - epoch) << 22
	s.lastID = max(s.lastID+1, id)
	return strconv.FormatInt(s.lastID, 10)
}

// newIDOf makes an id for an interaction that began some time ago. The caller holds the lock.
func (s *Server) newIDOf(delay time.Duration) string {
	if delay <= 0 {
		return s.newID()
	}
	// The upper half of a millisecond's ids is never reached by newID.
	id := (s.o.Now().Add(-delay).UnixMilli()-epoch)<<22 | 1<<21 | int64(len(s.exchanges))
	return strconv.FormatInt(id, 10)
}
