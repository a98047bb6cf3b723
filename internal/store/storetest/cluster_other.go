//go:build !linux

package storetest

import (
	"errors"
	"os"
	"syscall"
)

// asServer says as whom the programs run: PostgreSQL refuses to run as root.
func asServer(string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() == 0 {
		return nil, errors.New("PostgreSQL does not run as root; set PG_DSN, or run the tests as another user")
	}
	return nil, nil
}

// alive is true where it is not known: nothing that may be in use is removed.
func alive(int) bool { return true }
