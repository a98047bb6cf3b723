package watch

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"attache/internal/store"
)

// The names of alerts, as metrics and rows have them.
const (
	Disk       = "disk"       // nearly full
	Full       = "full"       // so full that nothing is fetched
	Database   = "database"   // cannot be written to
	Damage     = "damage"     // of the database
	Token      = "token"      // Discord does not know it
	Connection = "gateway"    // refused, or not open for long
	Identifies = "identifies" // sessions are begun in a loop
	Models     = "models"     // an endpoint fails
	Budget     = "budget"     // of models, is used up
	Fetches    = "fetches"    // fail broadly
	FetchLag   = "fetch_lag"  // sources are overdue
	Posts      = "posts"      // late
	Queue      = "jobs"       // not begun
	Ingest     = "ingest"     // articles wait
)

// over is what is said of the end of each.
var over = map[string]string{
	Disk:       "The disk of the database has room again.",
	Full:       "The disk of the database has room again, and sources are read again.",
	Database:   "The database can be written to again. What was due meanwhile is done now.",
	Damage:     "No damage of the database was found any more.",
	Token:      "Discord knows the token again.",
	Connection: "The connection to Discord's gateway stands again.",
	Identifies: "The connection to Discord is no longer begun anew again and again.",
	Models:     "The models answer again.",
	Budget:     "There is budget for models again.",
	Fetches:    "Most sources can be read again.",
	FetchLag:   "Sources are visited in time again.",
	Posts:      "Digests are posted in time again.",
	Queue:      "Jobs are begun in time again.",
	Ingest:     "New articles become readable in time again.",
}

// raised is what is said of an alert, with what is known of when it began.
func raised(a store.Alert) string {
	return fmt.Sprintf("%s (since %s)", a.Words, clock(a.Since))
}

func ended(a store.Alert) string {
	return fmt.Sprintf("Over: %s (%s to %s)", over[a.Name], clock(a.Since), clock(a.Over))
}

func clock(t time.Time) string { return t.UTC().Format("2 January 15:04 UTC") }

// amount is a number of bytes for people.
func amount(n uint64) string {
	switch {
	case n >= 10_000_000_000:
		return fmt.Sprintf("%d GB", n/1_000_000_000)
	case n >= 1_000_000_000:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}

// minutes is a span of time for people.
func minutes(d time.Duration) string {
	if d >= 2*time.Hour {
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d minutes", max(int(d.Minutes()), 1))
}

// Names are those of all alerts.
func Names() []string { return slices.Sorted(maps.Keys(over)) }
