// Package sources is the only part of the program that opens URLs which people
// or feeds supplied. It discovers feeds, fetches them politely through one
// guarded client, repairs and parses them, reads pages where a feed carries
// only a teaser, and hands articles on.
//
// It stores nothing itself: Store is what it needs of a database. What was read
// for people who gave a link stays in memory for minutes. It sends
// nothing but GET requests, and never a cookie, a referrer or a secret; it
// never reaches an address that is not public unless the operator listed it, and never logs the URL of a private source.
package sources

import (
	"context"
	"time"
)

// A Visit is a source that is due, leased to this poller.
type Visit struct {
	Source       int64
	URL          string
	ETag         string // verbatim, as the server gave it
	LastModified string // verbatim
	Private      bool   // the URL carries a secret: never logged, shown masked
	Failures     int    // in a row, before this visit
	Moved        string // permanent redirect target seen before, and how often in a row
	MovedSeen    int
	Watch        string   // what is read of a page that is no feed (LearnWatch); "" for a feed
	Boilerplate  []string // of the source, as an Outcome gave it
	Lease        string   // proves that the lease is still ours when the outcome is saved
}

// An Article is one entry of a feed, read whole where that was possible. Text and Title are normalised (text.Normalize).
type Article struct {
	Key       string // canonical URL key, or GUID-based where there is no URL: the same article has the same key
	GUID      string
	URL       string // absolute; what readers click
	Title     string
	Text      string // paragraphs separated by "\n"
	Lang      string // as declared by feed or page; "" when not
	Author    string
	Credits   string    // credit line ("Reporting by …"), read before boilerplate was cut
	Note      string    // translation note ("English version by …"), or ""
	Published time.Time // zero when unknown
	Updated   time.Time
	Paged     bool   // Text is that of the page, not of the feed
	Teaser    bool   // only the feed's teaser could be had
	Problem   string // why the page could not be read, when Teaser; a sentence for managers
	Hash      string // of what the feed said of the entry: the same hash need not be read again
}

// An Outcome is what a visit brought. A failure is an outcome too.
type Outcome struct {
	At           time.Time
	Next         time.Time // when to visit again
	NotModified  bool
	ETag         string
	LastModified string
	NewURL       string // set when a permanent redirect was seen often enough to believe it
	Moved        string // see Visit
	MovedSeen    int
	Watch        string   // set when the list of a watched page was found in another place
	Boilerplate  []string // hashes of the paragraphs that stand around each article; nothing to say when the feed was not read
	Title        string   // of the feed; "" when not read
	Link         string   // the site
	Lang         string
	Articles     []Article // new or changed ones only
	Checked      []Checked // articles whose pages were looked at again
	Entries      int       // how many the feed holds
	Warnings     []string  // damage that was repaired, entries that were lost
	Err          error     // nil when the visit succeeded; *Problem where a sentence for people exists
	Gone         bool      // 410: do not come back
	Failures     int       // in a row, after this visit
}

// Store is what the poller needs of a database.
type Store interface {
	// Due leases up to n sources that are due at now, until now+lease, and returns them.
	Due(ctx context.Context, now time.Time, n int, lease time.Duration) ([]Visit, error)
	// Known returns the Hash of each key that is already stored for the source.
	Known(ctx context.Context, source int64, keys []string) (map[string]string, error)
	// Rechecks returns up to n articles of a source that readers were shown lately and whose pages are to be looked at again.
	Rechecks(ctx context.Context, source int64, now time.Time, n int) ([]Recheck, error)
	// Save stores an outcome and the source's next visit in one transaction; articles already stored become new revisions
	// when their text changed. A lost lease is no error and saves nothing.
	Save(ctx context.Context, v Visit, o Outcome) error
}
