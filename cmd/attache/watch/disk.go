package watch

import (
	"path/filepath"
	"sync"
	"time"
)

// When a disk is nearly full, and when it is so full that only posting goes on. The share counts where it is less: of a
// disk of terabytes a hundredth is more than a year of articles, and of a small one 200 MB may be all. A day of 2,000
// sources is 2 GB; the digests of 10,000 servers are some 300 MB, and the write-ahead log takes up to 64 MB.
const (
	nearBytes, nearShare = 1_000_000_000, 10
	fullBytes, fullShare = 200_000_000, 20
	// Both are over when a fifth more is free.
	roomMore, roomOf = 6, 5

	diskEvery = time.Second // between two questions to the system
)

// A disk is that of the database's file.
type disk struct {
	folder string // "" for none
	free   func(folder string) (free, total uint64, err error)

	mu          sync.Mutex
	asked       time.Time
	known       bool // the system answered
	bytes, size uint64
	near, full  bool
}

func folderOf(path string) string {
	if path == "" {
		return ""
	}
	return filepath.Dir(path)
}

// look asks the system, unless it has just been asked. The lock is held.
func (d *disk) look() {
	if d.folder == "" || time.Since(d.asked) < diskEvery && !d.asked.IsZero() {
		return
	}
	d.asked = time.Now()
	free, total, err := d.free(d.folder)
	if d.known = err == nil && total > 0; !d.known {
		return
	}
	d.bytes, d.size = free, total
	under := func(was bool, bytes, share uint64) bool {
		limit := min(bytes, total/share)
		if was {
			limit = limit / roomOf * roomMore
		}
		return free < limit
	}
	d.near = under(d.near, nearBytes, nearShare)
	d.full = under(d.full, fullBytes, fullShare)
}

// paused reports whether the disk is full, and whether that has changed by this look.
func (d *disk) paused() (full, changed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	was := d.full
	d.look()
	return d.full, d.full != was
}

func (d *disk) left() (bytes uint64, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.look()
	return d.bytes, d.known
}

// now is the disk as it is.
func (d *disk) now() (near, full, known bool, bytes, size uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.look()
	return d.near, d.full, d.known, d.bytes, d.size
}
