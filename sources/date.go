package sources

import (
	"time"
)

const rfc3339 = time.RFC3339

// fastDate reads the formats nearly all feeds use.
func fastDate(s string) (time.Time, bool) {
	for _, l := range []string{time.RFC3339, time.RFC1123Z, time.RFC1123} {
		if t, err := time.Parse(l, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func when(s string, parsed *time.Time) time.Time {
	if t, ok := fastDate(s); ok {
		return t
	}
	if parsed != nil {
		return parsed.UTC()
	}
	return time.Time{}
}
