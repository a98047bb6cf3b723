package bot

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"attache/internal/digest"
	"attache/internal/store"
	"attache/internal/text"
)

// listSchedules lists the guild's schedules: when, where, when next, and how the last digest went.
func listSchedules(ctx context.Context, r *request) (reply, error) {
	q := r.bot.db.Read()
	scheds, err := q.Schedules(ctx, r.guild)
	if err != nil {
		return reply{}, err
	}
	if len(scheds) == 0 {
		return plain(r.t.text("schedule.none")), nil
	}
	var lines []string
	for _, s := range scheds {
		last, err := q.Deliveries(ctx, s.ID, 1)
		if err != nil {
			return reply{}, err
		}
		lines = append(lines, r.scheduleLine(s, last))
	}
	return reply{pages: sheets(r.t.count("schedule.head", len(scheds)), lines, pageUnits)}, nil
}

// scheduleLine is one schedule: what it is, and below it when it is due next and how it went last.
func (r *request) scheduleLine(s store.Schedule, last []store.Delivery) string {
	small := []string{r.next(s)}
	if len(last) > 0 {
		d := last[0]
		went := r.t.text("delivery."+d.Status) + fmt.Sprintf(" <t:%d:R>", d.Due.Unix())
		if d.Reason != "" {
			went += ": " + r.t.went(d.Reason)
		}
		small = append(small, r.t.text("schedule.last", "went", went))
	}
	return r.scheduleFacts(s) + "\n-# " + strings.Join(small, " · ")
}

// scheduleFacts says when, where and of what a schedule is.
func (r *request) scheduleFacts(s store.Schedule) string {
	to := s.Target.Channel
	if s.Target.Thread != "" {
		to = s.Target.Thread
	}
	facts := []string{"**" + Escape(when(s)) + "** " + Escape(s.Zone)}
	if !blank(s.Name) {
		facts = []string{"**" + shownName(s.Name) + "** · " + Escape(when(s)) + " " + Escape(s.Zone)}
	}
	if isID(to) {
		facts = append(facts, "<#"+to+">")
	}
	if names := placesIn(s.Filter).names(r.t.lang); len(names) > 0 {
		facts = append(facts, r.listOr(names))
	}
	if f := s.Filter; len(f.Topics.Include) > 0 {
		facts = append(facts, r.t.text("schedule.topics", "topics", r.listOr(f.Topics.Include)))
	}
	if s.Lang != "" {
		facts = append(facts, Escape(r.language(s.Lang)))
	}
	if s.Stories > 0 {
		facts = append(facts, r.t.text("schedule.stories", "n", strconv.Itoa(s.Stories)))
	}
	for _, role := range s.Target.Roles[:min(len(s.Target.Roles), rolesMost)] {
		if isID(role) {
			facts = append(facts, "<@&"+role+">")
		}
	}
	return strings.Join(facts, " · ")
}

// when is a schedule's time as it was written.
func when(s store.Schedule) string { return Clip(s.Spec, 80) }

// next says when a schedule is due next, or why it is not.
func (r *request) next(s store.Schedule) string {
	if s.Paused {
		why := r.t.text("state.paused")
		if s.Reason != "" {
			why += ": " + r.t.went(s.Reason)
		}
		return why
	}
	at, ok := r.dueNext(s)
	if !ok {
		return r.t.text("schedule.never")
	}
	return r.t.text("schedule.next", "when", at)
}

// dueNext is when a schedule is due next, as each reader sees it; false when it never is.
func (r *request) dueNext(s store.Schedule) (string, bool) {
	spec, err := digest.ParseSpec(s.Spec)
	if err != nil {
		return "", false
	}
	zone, err := digest.ParseZone(s.Zone)
	if err != nil {
		return "", false
	}
	_, due, ok := spec.Next(r.services.Now(), zone)
	return fmt.Sprintf("<t:%d:F> (<t:%d:R>)", due.Unix(), due.Unix()), ok
}

// chosenSchedule is the schedule that the option schedule means: by its id, as it is suggested, or by its name.
func (r *request) chosenSchedule(ctx context.Context, q *store.Q, value string) (store.Schedule, error) {
	scheds, err := q.Schedules(ctx, r.guild)
	if err != nil {
		return store.Schedule{}, err
	}
	id, err := strconv.ParseInt(value, 10, 64)
	want := text.Fold(strings.TrimSpace(value)).Text
	found := []store.Schedule{}
	for _, s := range scheds {
		if err == nil && s.ID == id {
			return s, nil
		}
		if want != "" && text.Fold(strings.TrimSpace(s.Name)).Text == want {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return store.Schedule{}, say("error.unknown_schedule", "schedule", Clip(value, 60))
	}
	return found[0], nil
}

// label is what a schedule is called where no mark-up is read.
func label(s store.Schedule) string {
	l := when(s) + " " + s.Zone
	if !blank(s.Name) {
		l = strings.TrimSpace(s.Name) + " · " + l
	}
	return l
}

// editSchedule changes a schedule; what was not given stays.
func editSchedule(ctx context.Context, r *request) (reply, error) {
	if len(r.options) < 2 {
		return reply{}, say("error.nothing_to_change")
	}
	s, err := r.chosenSchedule(ctx, r.bot.db.Read(), r.text("schedule"))
	if err != nil {
		return reply{}, err
	}
	edits, err := r.scheduleEdits(ctx, s)
	if err != nil {
		return reply{}, err
	}
	if r.options["paused"].Name != "" {
		paused := r.yes("paused")
		edits = append(edits, func(s *store.Schedule) {
			s.Paused, s.Reason = paused, "" // a reason is what the program had; this is a person's wish
		})
	}
	err = r.change(ctx, func(q *store.Q) error {
		now, err := q.Schedule(ctx, s.ID) // as it is by now: nobody else's change is undone
		if err == nil && now.Guild != r.guild {
			err = store.ErrNotFound
		}
		if err != nil {
			return err
		}
		was := now
		for _, edit := range edits {
			edit(&now)
		}
		if now.Spec != was.Spec || now.Zone != was.Zone || now.Paused != was.Paused {
			now.From = r.services.Now() // a new name must not cost the digest that is due
		}
		s = now
		if _, err := q.SaveSchedule(ctx, now); err != nil {
			return err
		}
		return r.audit(ctx, q, "schedule edit", label(was), scheduleChanges(was, now))
	})
	if err != nil {
		return reply{}, err
	}
	return plain(r.t.text("schedule.edited") + "\n" + r.scheduleLine(s, nil)), nil
}

// scheduleChanges words what was changed, for the audit.
func scheduleChanges(was, is store.Schedule) string {
	list := func(l []string) string { return strings.Join(l, ", ") }
	return changes("when", was.Spec, is.Spec, "zone", was.Zone, is.Zone, "channel", was.Target.Channel, is.Target.Channel,
		"name", was.Name, is.Name, "topics", list(was.Filter.Topics.Include), list(is.Filter.Topics.Include),
		"country", list(placesIn(was.Filter).values()), list(placesIn(is.Filter).values()), "language", was.Lang, is.Lang,
		"stories", strconv.Itoa(was.Stories), strconv.Itoa(is.Stories), "roles", list(was.Target.Roles), list(is.Target.Roles),
		"tags", list(was.Target.Tags), list(is.Target.Tags), "paused", strconv.FormatBool(was.Paused), strconv.FormatBool(is.Paused))
}

// removeSchedule asks once whether a schedule is to be removed.
func removeSchedule(ctx context.Context, r *request) (reply, error) {
	s, err := r.chosenSchedule(ctx, r.bot.db.Read(), r.text("schedule"))
	if err != nil {
		return reply{}, err
	}
	return r.ask(r.t.text("schedule.remove")+"\n"+r.scheduleLine(s, nil), "schedule-remove:"+strconv.FormatInt(s.ID, 10)), nil
}

// scheduleRemoved removes the schedule of the button.
func scheduleRemoved(ctx context.Context, r *request) (reply, error) {
	id, ok := r.number64(0)
	if !ok {
		return reply{}, say("error.expired")
	}
	var name string
	err := r.change(ctx, func(q *store.Q) error {
		s, err := q.Schedule(ctx, id)
		if err == nil && s.Guild != r.guild {
			err = store.ErrNotFound
		}
		if err != nil {
			return err
		}
		name = label(s)
		if err := q.RemoveSchedule(ctx, r.guild, id); err != nil {
			return err
		}
		return r.audit(ctx, q, "schedule remove", name, "")
	})
	if err != nil {
		return reply{}, err
	}
	return r.updated("schedule.removed", "name", Escape(name)), nil
}
