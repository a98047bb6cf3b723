// Package story decides which articles report one event within days, and which
// are near copies of each other. It stores nothing; whoever calls it keeps the answer.
package story

import "time"

// A Doc is an article as grouping sees it.
type Doc struct {
	ID    int64
	Time  time.Time // published, or first seen
	Lang  string
	Title string
	Text  string
}
