//go:build !linux && !darwin && !freebsd && !windows

package watch

import "errors"

// freeIn has no answer here: the disk is not watched.
func freeIn(string) (free, total uint64, err error) {
	return 0, 0, errors.New("free space is not known on this system")
}
