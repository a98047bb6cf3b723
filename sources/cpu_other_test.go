//go:build !unix

package sources

import "time"

var started = time.Now()

// cpuTime is how long the process runs, where the system's way to tell how long it had a processor is not known here.
func cpuTime() time.Duration { return time.Since(started) }
