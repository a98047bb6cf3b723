package store

import (
	"context"
	"errors"
	"testing"
)

// A fault before the commit undoes the transaction; one after it only hides that it took effect.
func TestFault(t *testing.T) {
	files(t, func(t *testing.T, url string) {
		at := ""
		db := openURL(t, url, Options{Fault: func(op string) error {
			if op == at {
				return ErrAway
			}
			return nil
		}})
		for op, kept := range map[string]bool{FaultBegin: false, FaultStatement: false, FaultCommit: false, FaultCommitted: true} {
			before, err := db.Read().Schedules(t.Context(), op)
			if err != nil || len(before) > 0 {
				t.Fatalf("%s: %v, %v", op, before, err)
			}
			at = op
			err = db.InTx(t.Context(), func(q *Q, _ Jobs) error {
				_, err := q.SaveSchedule(context.Background(), Schedule{Guild: op, Spec: "0 8 * * *", Zone: "UTC", Target: Target{Channel: "100"}})
				return err
			})
			at = ""
			if !errors.Is(err, ErrAway) {
				t.Errorf("%s: error %v", op, err)
			}
			after, err := db.Read().Schedules(t.Context(), op)
			if err != nil || (len(after) == 1) != kept {
				t.Errorf("%s: kept %v wanted, got %d schedules, %v", op, kept, len(after), err)
			}
		}
	})
}
