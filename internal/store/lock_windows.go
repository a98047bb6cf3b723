package store

import (
	"errors"
	"fmt"
	"syscall"
)

// A fileLock is a file opened without sharing: no other process can open it until release or the end of this one.
type fileLock struct{ h syscall.Handle }

// sharingViolation is Windows' ERROR_SHARING_VIOLATION.
const sharingViolation = syscall.Errno(32)

func takeLock(path string) (*fileLock, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, fmt.Errorf("take lock: %w", err)
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, sharingViolation) {
		return nil, ErrLocked
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return &fileLock{h}, nil
}

func (l *fileLock) release() error { return syscall.CloseHandle(l.h) }
