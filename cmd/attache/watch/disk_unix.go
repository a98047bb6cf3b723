//go:build linux || darwin || freebsd

package watch

import "syscall"

// freeIn asks the system how many bytes are free for this user in a folder, and how many there are.
func freeIn(folder string) (free, total uint64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, 0, err
	}
	return uint64(max(s.Bavail, 0)) * uint64(s.Bsize), uint64(s.Blocks) * uint64(s.Bsize), nil
}
