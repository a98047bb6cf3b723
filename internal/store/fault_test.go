package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"attache/internal/store"
)

// A fault before the commit undoes the transaction; one after it only hides that it took effect.
func TestFault(t *testing.T) {
	for op, kept := range map[string]bool{store.FaultBegin: false, store.FaultStatement: false, store.FaultCommit: false, store.FaultCommitted: true} {
		at := ""
		db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "attache.db"), store.Options{Fault: func(op string) error {
			if op == at {
				return store.ErrAway
			}
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		at = op
		var id int64
		err = db.InTx(t.Context(), func(q *store.Q, _ store.Jobs) (err error) {
			id, err = q.SaveSchedule(context.Background(), store.Schedule{Guild: "guild", Spec: "0 8 * * *", Zone: "UTC", Target: store.Target{Channel: "100"}})
			return err
		})
		if !errors.Is(err, store.ErrAway) {
			t.Errorf("%s: error %v", op, err)
		}
		at = ""
		if id == 0 {
			id = 1
		}
		if _, err := db.Read().Schedule(t.Context(), id); kept && err != nil || !kept && !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: schedule kept %v wanted, got %v", op, kept, err)
		}
	}
}
