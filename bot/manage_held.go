package bot

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"

	"attache/internal/store"
)

// heldFor is how long what a manager began can be gone on with, and is stored.
const heldFor = time.Hour

// Kinds of what is held.
const (
	heldSource   = "source"   // tried, and not read yet
	heldSchedule = "schedule" // its zone is to be confirmed
	heldPreview  = "preview"  // of a digest that may be posted now
	heldPack     = "pack"     // bundled sources: chosen, or added and followed; those of a file once they are added
	heldImport   = "import"   // sources of a file, and not read yet
)

// held is what a manager began and buttons go on with. It is stored like an answer: it survives a restart, and it is of
// the one who asked alone. After its hour the row goes too: the address of a source may carry a secret.
type held struct {
	Held     string          `json:"held"` // its kind; other answers have none
	Source   *foundSource    `json:"source,omitempty"`
	Schedule *store.Schedule `json:"schedule,omitempty"`
	Pack     *packing        `json:"pack,omitempty"`
	Import   *importing      `json:"import,omitempty"`
}

// hold stores what is begun and returns the id that stands in its buttons.
func (r *request) hold(ctx context.Context, h held) (id string, err error) {
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails
	id = hex.EncodeToString(b[:])
	return id, r.change(ctx, func(q *store.Q) error { return r.holdAs(ctx, q, id, h) })
}

// holdAs stores what is begun under an id, within a transaction.
func (r *request) holdAs(ctx context.Context, q *store.Q, id string, h held) error {
	raw, err := json.Marshal(h)
	if err != nil {
		return err
	}
	now := r.services.Now()
	return q.SaveAnswer(ctx, store.Answer{ID: id, Guild: r.guild, User: r.user, At: now, Until: now.Add(heldFor), Pages: raw})
}

// holding loads what a button goes on with: of this kind, of this user, and not expired.
func (r *request) holding(ctx context.Context, kind string) (held, string, error) {
	if len(r.args) < 1 {
		return held{}, "", say("error.expired")
	}
	a, err := r.bot.db.Read().Answer(ctx, r.guild, r.args[0])
	if err == nil && a.User != r.user {
		err = store.ErrNotFound
	}
	h, err := r.read(a, err, kind)
	return h, a.ID, err
}

// read reads what is held from its row.
func (r *request) read(a store.Answer, err error, kind string) (h held, _ error) {
	if errors.Is(err, store.ErrNotFound) {
		return held{}, say("error.expired")
	}
	if err != nil {
		return held{}, err
	}
	if err := json.Unmarshal(a.Pages, &h); err != nil {
		return held{}, err
	}
	whole := h.Schedule != nil
	switch kind {
	case heldSource:
		whole = h.Source != nil
	case heldPack:
		whole = h.Pack != nil
	case heldImport:
		whole = h.Import != nil
	}
	if h.Held != kind || !whole || r.services.Now().Sub(a.At) > heldFor {
		return held{}, say("error.expired")
	}
	return h, nil
}

// rehold stores what is held as it is now.
func (r *request) rehold(ctx context.Context, id string, h held) error {
	raw, err := json.Marshal(h)
	if err != nil {
		return err
	}
	err = r.change(ctx, func(q *store.Q) error {
		return q.ReplaceAnswer(ctx, store.Answer{ID: id, Guild: r.guild, User: r.user, Pages: raw})
	})
	if errors.Is(err, store.ErrNotFound) {
		return say("error.expired")
	}
	return err
}

// take ends what is held, within a transaction: whoever presses twice is told that the button has expired.
func (r *request) takeHeld(ctx context.Context, q *store.Q, id string) error {
	_, err := q.TakeAnswer(ctx, r.guild, r.user, id)
	if errors.Is(err, store.ErrNotFound) {
		return say("error.expired")
	}
	return err
}

// dropHeld ends what was begun without doing anything.
func dropHeld(ctx context.Context, r *request) (reply, error) {
	if len(r.args) < 1 {
		return reply{}, say("error.expired")
	}
	if err := r.change(ctx, func(q *store.Q) error { return r.takeHeld(ctx, q, r.args[0]) }); err != nil {
		return reply{}, err
	}
	return r.updated("answer.dropped"), nil
}

// keepIt answers the button beside one that takes something away.
func keepIt(_ context.Context, r *request) (reply, error) { return r.updated("answer.kept"), nil }

// updated is a reply that takes the place of the message with the button.
func (r *request) updated(key string, pairs ...string) reply {
	rep := plain(r.t.text(key, pairs...))
	rep.update = true
	return rep
}

// change runs fn in a transaction.
func (r *request) change(ctx context.Context, fn func(q *store.Q) error) error {
	return r.bot.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error { return fn(q) })
}

// audit writes who did what into the transaction that does it.
func (r *request) audit(ctx context.Context, q *store.Q, action, subject, detail string) error {
	return q.SaveAudit(ctx, store.Audited{Guild: r.guild, User: r.user, Action: action, Subject: Clip(subject, nameLength),
		Detail: Clip(detail, 300), At: r.services.Now()})
}
