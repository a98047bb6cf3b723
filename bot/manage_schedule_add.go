package bot

import (
	"context"
	"strconv"
	"strings"

	"attache/internal/store"
)

// addSchedule makes a schedule, or asks whether the zone is right when none was given.
func addSchedule(ctx context.Context, r *request) (reply, error) {
	q := r.bot.db.Read()
	have, err := q.Schedules(ctx, r.guild)
	if err != nil {
		return reply{}, err
	}
	if len(have) >= schedulesMost {
		return reply{}, say("error.many_schedules", "n", strconv.Itoa(schedulesMost))
	}
	s := store.Schedule{Guild: r.guild}
	edits, err := r.scheduleEdits(ctx, s)
	if err != nil {
		return reply{}, err
	}
	for _, edit := range edits {
		edit(&s)
	}
	if s.Target.Channel == "" {
		to, err := r.targetOf(ctx, r.channel)
		if err != nil {
			return reply{}, err
		}
		roles := s.Target.Roles
		s.Target, s.Target.Roles = to, roles
	}
	if s.Lang == "" {
		if s.Lang, err = r.digestLanguage(ctx, q); err != nil {
			return reply{}, err
		}
	}
	if s.Zone != "" {
		return r.saveNew(ctx, s, "")
	}
	s.Zone = r.guessZone(have)
	id, err := r.hold(ctx, held{Held: heldSchedule, Schedule: &s})
	if err != nil {
		return reply{}, err
	}
	at, ok := r.dueNext(s)
	if !ok {
		return reply{}, say("error.when", "why", r.t.text("schedule.never"))
	}
	return reply{
		pages: []page{{Content: r.t.text("schedule.zone", "zone", Escape(s.Zone), "when", at) + "\n" + r.scheduleFacts(s)}},
		rows: []any{rowOf(
			button(3, "schedule-zone:"+id, r.t.text("button.zone", "zone", s.Zone), false),
			button(2, "schedule-form:"+id, r.t.text("button.other_zone"), false),
			button(2, "schedule-drop:"+id, r.t.text("button.cancel"), false))},
	}, nil
}

// zoneConfirmed makes the schedule whose zone was right.
func zoneConfirmed(ctx context.Context, r *request) (reply, error) {
	h, id, err := r.holding(ctx, heldSchedule)
	if err != nil {
		return reply{}, err
	}
	return r.saveNew(ctx, *h.Schedule, id)
}

// zoneForm asks for another zone.
func zoneForm(ctx context.Context, r *request) (reply, error) {
	h, id, err := r.holding(ctx, heldSchedule)
	if err != nil {
		return reply{}, err
	}
	return reply{form: &form{id: "schedule-said:" + id, title: r.t.text("schedule.form"), inputs: []input{
		{id: "zone", label: r.t.text("schedule.form.zone"), value: h.Schedule.Zone, max: 64}}}}, nil
}

// zoneSaid makes the schedule in the zone that was written into the form.
func zoneSaid(ctx context.Context, r *request) (reply, error) {
	h, id, err := r.holding(ctx, heldSchedule)
	if err != nil {
		return reply{}, err
	}
	if h.Schedule.Zone, err = r.zoneOf(r.fields["zone"]); err != nil {
		return reply{}, err
	}
	return r.saveNew(ctx, *h.Schedule, id)
}

// saveNew stores a new schedule; held is what it was begun with, if it was.
func (r *request) saveNew(ctx context.Context, s store.Schedule, held string) (reply, error) {
	if _, ok := r.dueNext(s); !ok {
		return reply{}, say("error.when", "why", r.t.text("schedule.never"))
	}
	s.Guild, s.Created, s.From = r.guild, r.services.Now(), r.services.Now()
	err := r.change(ctx, func(q *store.Q) error {
		have, err := q.Schedules(ctx, r.guild)
		if err != nil {
			return err
		}
		if len(have) >= schedulesMost {
			return say("error.many_schedules", "n", strconv.Itoa(schedulesMost))
		}
		if held != "" {
			if err := r.takeHeld(ctx, q, held); err != nil {
				return err
			}
		}
		if s.ID, err = q.SaveSchedule(ctx, s); err != nil {
			return err
		}
		return r.audit(ctx, q, "schedule add", label(s), s.Target.Channel)
	})
	if err != nil {
		return reply{}, err
	}
	rep := plain(r.t.text("schedule.added") + "\n" + r.scheduleLine(s, nil) + "\n" + r.t.text("schedule.try"))
	rep.update = held != ""
	return rep, nil
}

// scheduleEdits reads the options of a schedule that were given, as changes to it. was is the schedule so far.
func (r *request) scheduleEdits(ctx context.Context, was store.Schedule) (edits []func(*store.Schedule), err error) {
	edit := func(fn func(*store.Schedule)) { edits = append(edits, fn) }
	given := func(name string) (string, bool) {
		s := strings.TrimSpace(r.text(name))
		return s, s != ""
	}
	hours, timed := given("when")
	days, dayed := given("days")
	if timed || dayed {
		spec, err := r.specOf(was.Spec, hours, days)
		if err != nil {
			return nil, err
		}
		edit(func(s *store.Schedule) { s.Spec = spec })
	}
	if v, ok := given("zone"); ok {
		zone, err := r.zoneOf(v)
		if err != nil {
			return nil, err
		}
		edit(func(s *store.Schedule) { s.Zone = zone })
	}
	if v, ok := given("topics"); ok {
		topics, err := r.topicsOf(v)
		if err != nil {
			return nil, err
		}
		edit(func(s *store.Schedule) { s.Filter.Topics.Include = topics })
	}
	if v, ok := given("country"); ok {
		p, err := r.placesOf(v)
		if err != nil {
			return nil, err
		}
		edit(func(s *store.Schedule) { p.into(&s.Filter) })
	}
	if v, ok := given("language"); ok {
		lang, err := r.languageOf(v)
		if err != nil {
			return nil, err
		}
		edit(func(s *store.Schedule) { s.Lang = lang })
	}
	if n := r.number("stories", 0); n > 0 {
		edit(func(s *store.Schedule) { s.Stories = n })
	}
	if v, ok := given("roles"); ok {
		roles, err := r.rolesOf(v)
		if err != nil {
			return nil, err
		}
		edit(func(s *store.Schedule) { s.Target.Roles = roles })
	}
	if v, ok := given("name"); ok {
		if v = strings.TrimSpace(clean(v, false)); v == nothing || blank(v) {
			v = ""
		}
		edit(func(s *store.Schedule) { s.Name = v })
	}
	_, tagged := given("tags")
	if to, ok := given("channel"); ok || tagged {
		if !ok {
			if to = was.Target.Channel; to == "" {
				to = r.channel
			}
		}
		target, err := r.targetOf(ctx, to)
		if err != nil {
			return nil, err
		}
		edit(func(s *store.Schedule) {
			roles := s.Target.Roles
			s.Target, s.Target.Roles = target, roles
		})
	}
	return edits, nil
}

// digestLanguage is the language of digests where none is asked for: that of the settings, the server's, the program's.
func (r *request) digestLanguage(ctx context.Context, q *store.Q) (string, error) {
	s, err := settingsOf(ctx, q, r.guild)
	if err != nil || s.Lang != "" {
		return s.Lang, err
	}
	base, _, _ := strings.Cut(strings.ToLower(r.in.GuildLocale), "-")
	if _, ok := r.bot.texts[base]; ok {
		return base, nil
	}
	return r.bot.lang, nil
}
