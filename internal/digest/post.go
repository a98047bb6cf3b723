package digest

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"attache/internal/store"
	"attache/summarize/model"
)

const (
	// nonceFor is how long Discord is trusted to know a nonce ("the past few minutes"): within it a part is sent again with
	// its nonce, after it the channel's history is asked first.
	nonceFor = 2 * time.Minute
	// recordFor bounds what is written after Discord answered, when the job was cancelled meanwhile.
	recordFor = 10 * time.Second
	// giveUp is how long after its slot a digest is news: what could not be posted until then fails.
	giveUp = 24 * time.Hour
)

// unknown is what a part is marked with that may stand in the channel or not.
var unknown = Wording{Key: "went.unknown"}.String()

// Restored is the reason of deliveries that were unfinished in a backup (store.SkipPast).
func Restored() string { return Wording{Key: "went.restored"}.String() }

// deliver brings one delivery on as far as it gets: it composes what is planned, and posts the parts that are not sent.
// Called again at any point it goes on from what the rows say. Its errors are a *Later, or say that another try may help.
func (s *Service) deliver(ctx context.Context, id int64) error {
	d, err := s.db.Read().Delivery(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil // the schedule was removed
	}
	if err != nil {
		return err
	}
	if d.Status != store.Planned && d.Status != store.Sending {
		return nil
	}
	sched, err := s.db.Read().Schedule(ctx, d.Schedule)
	if err != nil {
		return err
	}
	parts, err := s.db.Read().Parts(ctx, id)
	if err != nil {
		return err
	}
	blocked, err := s.db.Read().GuildBlocked(ctx, d.Guild)
	if err != nil {
		return err
	}
	tried := false
	for _, p := range parts {
		tried = tried || !p.FirstTry.IsZero()
	}
	switch {
	case blocked && tried: // a part of it may stand there
		return s.finish(ctx, id, store.Failed, Wording{Key: "went.blocked"}.String())
	case blocked:
		return s.finish(ctx, id, store.Skipped, Wording{Key: "went.blocked"}.String())
	case !tried && sched.Paused && len(d.Slot) == len(slotForm):
		return s.finish(ctx, id, store.Skipped, Wording{Key: "went.paused"}.String())
	case s.o.Now().Sub(d.Due) > giveUp && s.o.Now().Sub(d.Created) > giveUp:
		return s.tooLate(ctx, d, sched, parts)
	}
	if d.Status == store.Planned {
		if parts, err = s.compose(ctx, d, sched); err != nil || parts == nil {
			return err
		}
	}
	for i := range parts {
		more, err := s.post(ctx, d, sched, &parts[i])
		if err != nil || !more {
			return err
		}
	}
	return s.complete(ctx, d, parts)
}

// finish stores how an unfinished delivery ended.
func (s *Service) finish(ctx context.Context, id int64, status, reason string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
	defer cancel()
	var d store.Delivery
	err := s.db.InTx(ctx, func(q *store.Q, _ store.Jobs) (err error) {
		if d, err = unfinished(ctx, q, id); err != nil || d.ID == 0 {
			return err
		}
		d.Status, d.Reason, d.Digest = status, reason, nil
		return q.SaveDelivery(ctx, d)
	})
	if err == nil && d.ID != 0 {
		s.log.Warn("digest not posted", "guild", d.Guild, "schedule", d.Schedule, "delivery", id, "status", status)
	}
	return err
}

// tooLate ends a delivery that is no news any more. What may stand in the channel is looked for, but nothing is sent.
func (s *Service) tooLate(ctx context.Context, d store.Delivery, sched store.Schedule, parts []store.Part) error {
	sent := len(parts) > 0
	for i := range parts {
		p := &parts[i]
		if p.Status == store.PartSending {
			message, err := s.poster.Find(ctx, *p)
			if err != nil && !errors.Is(err, ErrUnreadable) {
				return err
			}
			if message != "" {
				if _, err := s.answer(ctx, d, sched, p, message, nil); err != nil {
					return err
				}
			}
		}
		sent = sent && p.Status == store.PartSent
	}
	if sent {
		return s.complete(ctx, d, parts)
	}
	return s.finish(ctx, d.ID, store.Failed, Wording{Key: "went.old"}.String())
}

// unfinished returns a delivery as it is now; the zero one when it is finished or gone.
func unfinished(ctx context.Context, q *store.Q, id int64) (store.Delivery, error) {
	d, err := q.Delivery(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && d.Status != store.Planned && d.Status != store.Sending {
		return store.Delivery{}, nil
	}
	return d, err
}

// compose makes the digest of a planned delivery and stores it with its parts and candidates, in one transaction. No parts
// and no error: somebody else took the delivery meanwhile.
func (s *Service) compose(ctx context.Context, d store.Delivery, sched store.Schedule) ([]store.Part, error) {
	if s.poster == nil {
		return nil, errors.New("there is nobody to post digests")
	}
	ctx = model.WithPayer(ctx, model.Payer{Guild: sched.Guild, Scheduled: true})
	wctx := ctx
	if len(d.Slot) == len(slotForm) {
		wctx = inTime(ctx) // planned, so that its briefs were asked for before
	}
	dig, candidates, err := s.Compose(wctx, sched, d.Slot, d.Due)
	if err != nil {
		return nil, fmt.Errorf("compose: %w", err)
	}
	dig.Delivery, dig.Missed = d.ID, d.Missed
	messages, err := s.poster.Render(dig, seedOf(d))
	if err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	if len(messages) == 0 {
		return nil, errors.New("render: no message came out")
	}
	stored, err := json.Marshal(dig)
	if err != nil {
		return nil, err
	}
	parts := make([]store.Part, len(messages))
	for i, m := range messages {
		parts[i] = store.Part{Delivery: d.ID, N: i, Channel: channel(sched.Target), Nonce: newNonce(), Marker: m.Marker, Body: m.Body, Status: store.PartReady}
	}
	for i := range candidates {
		candidates[i].Delivery = d.ID
	}
	err = s.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		now, err := q.Delivery(ctx, d.ID)
		if errors.Is(err, store.ErrNotFound) || err == nil && now.Status != store.Planned {
			parts = nil
			return nil
		}
		if err != nil {
			return err
		}
		now.Status, now.Reason, now.Digest = store.Sending, "", stored
		if err := q.SaveDelivery(ctx, now); err != nil {
			return err
		}
		if err := q.SaveParts(ctx, parts); err != nil {
			return err
		}
		if err := q.SaveCandidates(ctx, candidates); err != nil {
			return err
		}
		if err := q.SaveShown(ctx, d.ID, dig.shown()); err != nil {
			return err
		}
		parts, err = q.Parts(ctx, d.ID)
		return err
	})
	return parts, err
}

// channel is where the messages of a target go.
func channel(t store.Target) string {
	if t.Thread != "" {
		return t.Thread
	}
	return t.Channel
}

// newNonce returns 24 random letters: Discord takes 25.
func newNonce() string {
	b := make([]byte, 15)
	_, _ = rand.Read(b) // never fails
	return strings.ToLower(base32.StdEncoding.EncodeToString(b))
}

// post posts one part unless it is done, in the order that store.md calls "Post once": the intent is a row before the
// request, the message's id one after it. It returns whether to go on with the next part.
func (s *Service) post(ctx context.Context, d store.Delivery, sched store.Schedule, p *store.Part) (more bool, err error) {
	if p.Status == store.PartSent || p.Status == store.PartFailed {
		return true, nil
	}
	if p.Status == store.PartSending {
		if done, more, err := s.lookFor(ctx, d, sched, p); done || err != nil {
			return more, err
		}
	}
	open, first, settled := false, false, false
	err = s.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		now, err := unfinished(ctx, q, d.ID)
		if open = err == nil && now.ID != 0; !open {
			return err
		}
		row, err := partNow(ctx, q, *p)
		if err != nil {
			return err
		}
		if settled = row.Status == store.PartSent || row.Status == store.PartFailed; settled {
			*p = row // by another worker: sent again it would stand twice, where Discord knows no nonce
			return nil
		}
		p.FirstTry, p.Tries = row.FirstTry, row.Tries+1 // another worker may have tried meanwhile
		if first = p.FirstTry.IsZero(); first {
			p.FirstTry = s.o.Now()
		}
		p.Status = store.PartSending
		return q.SavePart(ctx, *p)
	})
	if err != nil || !open || settled {
		return settled && err == nil, err
	}
	message, err := s.poster.Send(ctx, *p)
	var later *Later
	if first && errors.As(err, &later) {
		return false, errors.Join(err, s.untried(ctx, *p))
	}
	return s.answer(ctx, d, sched, p, message, err)
}

// untried records that the only request for a part made nothing, so that after the wait, however long, it is simply sent:
// there is nothing to look for, and a history that cannot be read keeps nothing back.
func (s *Service) untried(ctx context.Context, p store.Part) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
	defer cancel()
	return s.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		if now, err := unfinished(ctx, q, p.Delivery); err != nil || now.ID == 0 {
			return err
		}
		row, err := partNow(ctx, q, p)
		if err != nil || row.Status != store.PartSending || row.Tries != p.Tries {
			return err // another worker has tried too
		}
		row.Status, row.FirstTry = store.PartReady, time.Time{}
		return q.SavePart(ctx, row)
	})
}

// partNow returns a part as it is stored now.
func partNow(ctx context.Context, q *store.Q, p store.Part) (store.Part, error) {
	parts, err := q.Parts(ctx, p.Delivery)
	if err != nil {
		return store.Part{}, err
	}
	for _, row := range parts {
		if row.N == p.N {
			return row, nil
		}
	}
	return store.Part{}, store.ErrNotFound
}

// lookFor finds out whether a part whose request may have left stands in the channel already. done: it is settled, and
// more says whether to go on with the next one.
func (s *Service) lookFor(ctx context.Context, d store.Delivery, sched store.Schedule, p *store.Part) (done, more bool, err error) {
	if age := s.o.Now().Sub(p.FirstTry); age >= 0 && age < nonceFor {
		return false, false, nil // Discord still knows the nonce
	}
	message, err := s.poster.Find(ctx, *p)
	switch {
	case err == nil && message == "":
		return false, false, nil
	case errors.Is(err, ErrUnreadable) && s.o.Unreadable != "skip":
		return false, false, nil
	case errors.Is(err, ErrUnreadable):
		p.Status, p.Error = store.PartFailed, unknown
		return true, true, s.record(ctx, *p)
	}
	more, err = s.answer(ctx, d, sched, p, message, err)
	return true, more, err
}

// answer records what Discord said to a part.
func (s *Service) answer(ctx context.Context, d store.Delivery, sched store.Schedule, p *store.Part, message string, err error) (more bool, _ error) {
	var refused *Refused
	switch {
	case err == nil:
		p.Status, p.Message, p.Error = store.PartSent, message, ""
		return true, s.record(ctx, *p)
	case errors.As(err, &refused):
		return false, s.refuse(ctx, d, sched, p, refused)
	}
	return false, err
}

// record stores a part, also when the job was cancelled meanwhile.
func (s *Service) record(ctx context.Context, p store.Part) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
	defer cancel()
	return s.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error { return q.SavePart(ctx, p) })
}

// refuse ends a delivery that Discord does not take. When the channel is at fault the schedule is paused, with the
// sentence for managers.
func (s *Service) refuse(ctx context.Context, d store.Delivery, sched store.Schedule, p *store.Part, r *Refused) error {
	s.log.Warn("digest refused", "guild", d.Guild, "schedule", d.Schedule, "delivery", d.ID, "err", r)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
	defer cancel()
	p.Status, p.Error = store.PartFailed, r.Reason
	return s.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		// The schedule before its delivery, as the planner takes them: two that wait for each other would both wait in vain.
		if _, err := q.Schedule(ctx, sched.ID); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err := q.SavePart(ctx, *p); err != nil {
			return err
		}
		now, err := unfinished(ctx, q, d.ID)
		if err != nil || now.ID == 0 {
			return err
		}
		now.Status, now.Reason, now.Digest = store.Failed, r.Reason, nil
		if err := q.SaveDelivery(ctx, now); err != nil {
			return err
		}
		if !r.Channel {
			return nil
		}
		return pauseIn(ctx, q, sched, r.Reason)
	})
}

// complete ends a delivery whose parts are all settled, and keeps what its channel has read now.
func (s *Service) complete(ctx context.Context, d store.Delivery, parts []store.Part) error {
	if len(parts) == 0 {
		return errors.New("a delivery is being sent and has no parts")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordFor)
	defer cancel()
	sent := false
	reason := ""
	for _, p := range parts {
		sent = sent || p.Status == store.PartSent
		if p.Status == store.PartFailed {
			reason = p.Error
		}
	}
	err := s.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		now, err := unfinished(ctx, q, d.ID)
		if err != nil || now.ID == 0 {
			return err
		}
		var dig Digest
		if err := json.Unmarshal(now.Digest, &dig); err != nil {
			return fmt.Errorf("read the stored digest: %w", err)
		}
		now.Status, now.Reason, now.Digest = store.Sent, reason, nil
		if !sent {
			now.Status = store.Failed
		}
		if err := q.SaveDelivery(ctx, now); err != nil {
			return err
		}
		var told []store.Told
		for _, st := range dig.Stories {
			told = append(told, store.Told{Channel: parts[0].Channel, Story: st.ID, Delivery: d.ID, Articles: st.Articles, At: s.o.Now()})
		}
		return q.SaveTold(ctx, told)
	})
	if err == nil {
		s.log.Info("digest posted", "guild", d.Guild, "schedule", d.Schedule, "delivery", d.ID, "parts", len(parts))
	}
	return err
}
