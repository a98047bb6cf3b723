// Package store keeps everything the program remembers: sources and their
// articles, guilds and what they subscribe to, stories, briefs, quotes with
// their evidence, schedules, deliveries and their parts.
//
// All SQL is written by hand for SQLite and PostgreSQL alike: $1 placeholders,
// BIGINT milliseconds since 1970 in UTC, and a handful of dialect hooks. Whatever shows articles to
// people is a method of Scope, which sees only what one guild's subscriptions
// brought. The package never opens a URL and never talks to Discord.
package store

import (
	"encoding/json"
	"errors"
	"time"

	"attache/summarize/quote"
)

var (
	ErrNotFound = errors.New("not found")
	ErrExists   = errors.New("exists already")
	ErrNewer    = errors.New("the database was made by a newer version of attache")
	ErrLocked   = errors.New("another attache run uses this database")
	ErrFull     = errors.New("the disk is full")
	ErrAway     = errors.New("the database cannot be reached")
)

// A Tier says what kind of voice a source is, to the guild that reads it.
type Tier string

const (
	Official   Tier = "official"
	Press      Tier = "press"
	Research   Tier = "research"
	StateMedia Tier = "state"
)

// A Source is a feed that is polled once for everybody.
type Source struct {
	ID           int64
	URL          string
	Private      bool   // the URL carries a secret; belongs to Owner alone and is shown masked
	Owner        string // guild id when private, else ""
	Title        string // as the feed names itself
	Link         string // its site
	Lang         string // as the feed declares
	ETag         string
	LastModified string
	Watch        string   // what is read of a page that is no feed (sources.Visit.Watch); "" for a feed
	Boilerplate  []string // hashes of the paragraphs that stand around each of its articles (package sources)
	Moved        string
	MovedSeen    int
	Status       string // "active", "gone" (410)
	NextVisit    time.Time
	LastVisit    time.Time // zero: never
	LastSuccess  time.Time
	Failures     int    // in a row
	Error        string // the last failure as a sentence for managers, "" after a success
	Warnings     []string
	Articles     int    // stored
	Blocked      bool   // by the operator: never fetched, and its articles are not shown
	BlockReason  string // the operator's words for managers, may be ""
}

// A Subscription is a guild reading a source, with what the guild says of it.
type Subscription struct {
	Guild   string
	Source  Source // as far as the guild may see it: URL masked when private
	Name    string
	Tier    Tier
	Country string // ISO 3166-1 alpha-2 of a country, or a body's short name ("UN", "EU"), or ""
	Topics  []string
	Paused  bool
	Added   time.Time
	AddedBy string // Discord user id, or "terminal"
}

// An Article as it is stored; Text never changes within a revision.
type Article struct {
	ID        int64
	Source    int64
	Revision  int
	Key       string
	GUID      string
	URL       string
	Title     string
	Text      string
	Lang      string // detected, ISO 639-1
	Author    string
	Credits   string
	Note      string
	Published time.Time // when unknown, the time it was first seen
	Seen      time.Time // first
	Teaser    bool
	Withdrawn bool // its outlet took it back: this revision has no words
	Paged     bool // Text is that of the page, not of the feed; set where an article is saved or rechecked
	Hash      string
	Story     int64 // 0: not grouped yet
	Ingested  bool  // language, tokens, quotes and story are done for this revision
}

// at is the time an article is ordered by, in milliseconds: a date in the future moves nothing to the top.
func (a Article) at() int64 { return min(a.Published.UnixMilli(), a.Seen.UnixMilli()) }

// A Quote of a stored article with its evidence.
type Quote struct {
	ID       int64
	Article  int64
	Revision int
	Words    []string // the text of each span, kept when the article's body is pruned
	quote.Quote
}

// A Story as one guild sees it: only articles of its subscriptions.
type Story struct {
	ID       int64
	Articles []Listed // newest first
}

// Listed is an article with the subscription through which a guild sees it.
type Listed struct {
	Article
	Name    string // of the source, as the guild named it
	Tier    Tier
	Country string
	Topics  []string
}

// A Target is where a schedule posts.
type Target struct {
	Channel string   `json:"channel"`          // a channel, thread or forum id
	Thread  string   `json:"thread,omitempty"` // posts go into this thread of it
	Forum   bool     `json:"forum,omitempty"`  // Channel is a forum: each digest is a post of its own
	Tags    []string `json:"tags,omitempty"`   // of a forum
	Roles   []string `json:"roles,omitempty"`  // that may be mentioned
}

// A Set includes and excludes; an empty Include lets everything through.
type Set struct {
	Include []string `json:"include,omitempty"`
	Exclude []string `json:"exclude,omitempty"`
}

// A Filter is what a schedule or watch lets through.
type Filter struct {
	Countries Set         `json:"countries,omitzero"`
	Pairs     [][2]string `json:"pairs,omitempty"` // both countries occur
	Bodies    Set         `json:"bodies,omitzero"`
	People    Set         `json:"people,omitzero"`
	Kinds     Set         `json:"kinds,omitzero"`
	Words     Set         `json:"words,omitzero"`
	Languages Set         `json:"languages,omitzero"` // of articles
	Tiers     Set         `json:"tiers,omitzero"`
	Topics    Set         `json:"topics,omitzero"` // of subscriptions
}

// A Schedule says when a channel gets a digest.
type Schedule struct {
	ID      int64
	Guild   string
	Name    string
	Target  Target
	Spec    string // cron, five fields, on the wall clock of Zone
	Zone    string // IANA
	Filter  Filter
	Lang    string // of the reader
	Stories int    // most stories in a digest; 0 is the default
	Style   string // "" is the default
	Paused  bool
	Reason  string // why it is paused, for managers
	Slot    string // newest slot that was planned, "" for none
	Created time.Time
	From    time.Time // slots before this are nobody's: when it was made, edited or resumed
}

// Delivery states. Planned and Sending are unfinished.
const (
	Planned = "planned" // the row exists, nothing composed
	Sending = "sending" // parts are rows, some not yet sent
	Sent    = "sent"
	Skipped = "skipped" // an older slot after downtime, a paused schedule; Reason says why
	Failed  = "failed"
)

// A Delivery is one digest of one schedule for one slot.
type Delivery struct {
	ID       int64
	Schedule int64
	Guild    string
	Slot     string // local wall time, 2025-02-27T08:00
	Due      time.Time
	Status   string
	Reason   string
	Missed   int             // slots left out before this one, after downtime
	Digest   json.RawMessage // digest.Digest, once composed
	Created  time.Time
}

// Part states.
const (
	PartReady   = "ready"
	PartSending = "sending" // intent is committed: a request may have left
	PartSent    = "sent"
	PartFailed  = "failed"
)

// A Part is one Discord message of a delivery.
type Part struct {
	ID       int64
	Delivery int64
	N        int             // from 0
	Channel  string          // where it goes: the thread if the target has one
	Nonce    string          // at most 25 characters, unique
	Marker   string          // stands in the message, so that history can be searched for it
	Body     json.RawMessage // the request's JSON
	Status   string
	FirstTry time.Time // zero: never tried
	Tries    int
	Message  string // Discord's id, once known
	Error    string
}

// A Candidate is a story that a digest considered, with the reason it was chosen or not.
type Candidate struct {
	Delivery int64
	Story    int64
	Rank     int
	Score    float64
	Chosen   bool
	Reason   string
	Headline string
	Parts    map[string]float64 // the terms of the score
}

// A Guild as in Discord.
type Guild struct {
	ID       string
	Name     string
	Locale   string
	Joined   time.Time
	Left     time.Time // zero: still there
	Settings json.RawMessage
}
