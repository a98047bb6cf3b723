package store

import (
	"encoding/json"
	"errors"
	"testing"
)

func TestEdits(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := t.Context()
		sched := schedule(t, db, sampleSchedule)
		var part Part
		write(t, db, func(q *Q) error {
			d, _, err := q.PlanDelivery(ctx, Delivery{Schedule: sched, Slot: "2025-02-27T08:00"})
			if err != nil {
				return err
			}
			if err := q.SaveParts(ctx, []Part{{Delivery: d, Nonce: "n", Channel: "c", Body: json.RawMessage(`{}`)}}); err != nil {
				return err
			}
			ps, err := q.Parts(ctx, d)
			part = ps[0]
			return err
		})
		plan := func(body string) (id int64) {
			write(t, db, func(q *Q) (err error) {
				id, err = q.PlanEdit(ctx, Edit{Part: part.ID, Reason: "withdrawn", Body: json.RawMessage(body)})
				return err
			})
			return id
		}
		first := plan(`{"content":"1"}`)
		second := plan(`{"content":"2"}`)
		if e := must[Edit](t)(db.Read().Edit(ctx, first)); e.Status != EditFailed || e.Error != replaced {
			t.Errorf("an edit that a newer one replaced: %+v", e)
		}
		if e := must[Edit](t)(db.Read().OpenEdit(ctx, part.ID)); e.ID != second {
			t.Errorf("the open edit of a part: %+v", e)
		}
		if _, err := db.Read().OpenEdit(ctx, part.ID+1); !errors.Is(err, ErrNotFound) {
			t.Errorf("an edit of no part: %v", err)
		}
		if p := must[Part](t)(db.Read().Part(ctx, part.ID)); p.Nonce != "n" {
			t.Errorf("part %+v", p)
		}
		if _, err := db.Read().Edit(ctx, second+1); !errors.Is(err, ErrNotFound) {
			t.Errorf("an edit that is none: %v", err)
		}
		es := must[[]Edit](t)(db.Read().OpenEdits(ctx))
		if len(es) != 1 || es[0].ID != second || string(es[0].Body) != `{"content":"2"}` || es[0].Status != EditReady || !es[0].Created.Equal(noon) {
			t.Fatalf("open edits: %+v", es)
		}
		es[0].Status, es[0].Tries, es[0].Error = EditDone, 2, "none"
		write(t, db, func(q *Q) error { return q.SaveEdit(ctx, es[0]) })
		if got := must[Edit](t)(db.Read().Edit(ctx, second)); got.Status != EditDone || got.Tries != 2 || got.Error != "none" {
			t.Errorf("saved: %+v", got)
		}
		if es := must[[]Edit](t)(db.Read().OpenEdits(ctx)); len(es) != 0 {
			t.Errorf("still open: %+v", es)
		}
		plan(`{"content":"3"}`)
		if got := must[Edit](t)(db.Read().Edit(ctx, second)); got.Status != EditDone {
			t.Errorf("what was made is history: %+v", got)
		}
	})
}
