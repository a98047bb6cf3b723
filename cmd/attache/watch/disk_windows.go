package watch

import (
	"syscall"
	"unsafe"
)

// freeIn asks the system how many bytes are free for this user in a folder, and how many there are.
func freeIn(folder string) (free, total uint64, err error) {
	name, err := syscall.UTF16PtrFromString(folder)
	if err != nil {
		return 0, 0, err
	}
	ask := syscall.NewLazyDLL("kernel32.dll").NewProc("GetDiskFreeSpaceExW")
	if err := ask.Find(); err != nil {
		return 0, 0, err
	}
	ok, _, err := ask.Call(uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&free)), uintptr(unsafe.Pointer(&total)), 0)
	if ok == 0 {
		return 0, 0, err
	}
	return free, total, nil
}
