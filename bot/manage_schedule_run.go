package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"attache/internal/digest"
	"attache/internal/store"
)

// nowForm is the slot of a digest that nobody scheduled: with seconds, so that it meets no planned one.
const nowForm = "2006-01-02T15:04:05"

// runSchedule shows what a schedule would post now, and offers to post it.
func runSchedule(ctx context.Context, r *request) (reply, error) {
	s, err := r.chosenSchedule(ctx, r.bot.db.Read(), r.text("schedule"))
	if err != nil {
		return reply{}, err
	}
	if r.services.Digests == nil {
		return reply{}, errors.New("commands have no digests")
	}
	zone, err := digest.ParseZone(s.Zone)
	if err != nil {
		return reply{}, r.mistaken("error.zone", err)
	}
	now := r.services.Now()
	d, _, err := r.services.Digests.Compose(ctx, s, now.In(zone).Format(nowForm), now)
	if err != nil {
		return reply{}, err
	}
	messages, err := r.bot.Render(d, "preview "+r.in.ID)
	if err != nil {
		return reply{}, err
	}
	rep := reply{}
	for _, m := range messages {
		p, err := r.previewed(m.Body)
		if err != nil {
			return reply{}, err
		}
		rep.pages = append(rep.pages, p)
	}
	id, err := r.hold(ctx, held{Held: heldPreview, Schedule: &store.Schedule{ID: s.ID}})
	if err != nil {
		return reply{}, err
	}
	row := rowOf(button(1, "schedule-post:"+id, r.t.text("button.post_now"), false), button(2, "schedule-drop:"+id, r.t.text("button.cancel"), false))
	for i := range rep.pages {
		rep.pages[i].Rows = []any{row}
	}
	return rep, nil
}

// postScheduled has a digest of the schedule posted now, once.
func postScheduled(ctx context.Context, r *request) (reply, error) {
	h, id, err := r.holding(ctx, heldPreview)
	if err != nil {
		return reply{}, err
	}
	if r.services.Digests == nil {
		return reply{}, errors.New("commands have no digests")
	}
	var s store.Schedule
	err = r.bot.db.InTx(ctx, func(q *store.Q, jobs store.Jobs) (err error) {
		if s, err = q.Schedule(ctx, h.Schedule.ID); err == nil && s.Guild != r.guild {
			err = store.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := r.takeHeld(ctx, q, id); err != nil {
			return err
		}
		if _, err := r.services.Digests.PostNowIn(ctx, q, jobs, s.ID); err != nil {
			return err
		}
		return r.audit(ctx, q, "schedule run", label(s), "posted now")
	})
	if err != nil {
		return reply{}, err
	}
	to := s.Target.Channel
	if s.Target.Thread != "" {
		to = s.Target.Thread
	}
	return r.updated("schedule.posting", "channel", "<#"+to+">"), nil
}

// previewed is a message of a digest as a page of an answer.
func (r *request) previewed(raw []byte) (page, error) {
	var m struct {
		page
		Message *page `json:"message"` // of a forum's post
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return page{}, fmt.Errorf("read a rendered message: %w", err)
	}
	p := m.page
	if m.Message != nil {
		p = *m.Message
	}
	p.Content = "-# " + r.t.text("schedule.preview") + "\n" + p.Content
	return p, nil
}
