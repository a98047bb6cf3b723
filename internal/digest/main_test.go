package digest

import (
	"os"
	"testing"

	"attache/internal/store/storetest"
)

// TestMain ends the PostgreSQL server of the tests that need one.
func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }
