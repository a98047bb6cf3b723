package bot

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"attache/internal/digest"
	"attache/internal/store"
)

// deliveriesLooked is among how many deliveries of a schedule the newest with a digest is looked for.
const deliveriesLooked = 30

// latestDigest shows the newest digest that a schedule or this channel got, or composes one for who asked.
func latestDigest(ctx context.Context, r *request) (reply, error) {
	q := r.bot.db.Read()
	all, err := q.Schedules(ctx, r.guild)
	if err != nil {
		return reply{}, err
	}
	mine := slices.DeleteFunc(slices.Clone(all), func(s store.Schedule) bool { return s.Target.Channel != r.channel && s.Target.Thread != r.channel })
	if asked := r.text("schedule"); asked != "" {
		mine = slices.DeleteFunc(slices.Clone(all), func(s store.Schedule) bool {
			return strconv.FormatInt(s.ID, 10) != asked && !strings.EqualFold(r.scheduleName(s.Name, s.ID), strings.TrimSpace(asked))
		})
		if len(mine) == 0 {
			return reply{}, say("error.no_schedule", "name", Clip(asked, nameTyped))
		}
	}
	d, ok, err := newest(ctx, q, mine)
	if err != nil {
		return reply{}, err
	}
	if !ok {
		if d, err = r.composed(ctx, mine, all); err != nil {
			return reply{}, err
		}
	}
	pages, err := r.digestPages(d)
	return reply{pages: pages, post: true}, err
}

// newest returns the newest digest that was posted, or is being posted, of some schedules.
func newest(ctx context.Context, q *store.Q, schedules []store.Schedule) (d digest.Digest, ok bool, err error) {
	var best store.Delivery
	for _, s := range schedules {
		ds, err := q.Deliveries(ctx, s.ID, deliveriesLooked)
		if err != nil {
			return d, false, err
		}
		for _, del := range ds {
			if (del.Status == store.Sent || del.Status == store.Sending) && len(del.Digest) > 0 && del.Due.After(best.Due) {
				best = del
			}
		}
	}
	if len(best.Digest) == 0 {
		return d, false, nil
	}
	err = json.Unmarshal(best.Digest, &d)
	return d, err == nil, err
}

// composed makes a digest for who asked, as the schedule would have it, where there is one. Nothing is stored but briefs,
// and what the channel has read is not left out: it did not read a digest yet, or another did.
func (r *request) composed(ctx context.Context, mine, all []store.Schedule) (digest.Digest, error) {
	s := store.Schedule{Guild: r.guild, Zone: "UTC", Lang: r.reads()}
	if len(all) > 0 {
		s.Zone = all[0].Zone
	}
	if len(mine) > 0 {
		s = mine[0]
		s.ID, s.Target = 0, store.Target{}
	}
	d, _, err := r.services.Digests.Compose(ctx, s, "", r.services.Now())
	if err == nil && len(d.Stories) == 0 {
		err = r.nothing(ctx, nil)
	}
	return d, err
}

// digestPages are the messages of a digest as they were posted, without the roles that they called and the word by which
// they are found again.
func (r *request) digestPages(d digest.Digest) ([]page, error) {
	zone, err := time.LoadLocation(d.Zone)
	if err != nil {
		return nil, err
	}
	d.Target.Roles = nil
	lang := d.Lang
	if lang == "" {
		lang = r.lang
	}
	w := renderer{d: d, t: r.bot.texts.in(lang), day: d.Due.In(zone)}
	parts := w.pack()
	out := make([]page, len(parts))
	first := 0
	for i, embeds := range parts {
		out[i] = page{Content: w.header(i, len(parts), ""), Embeds: embeds, Rows: w.buttons(first, first+len(embeds))}
		first += len(embeds)
	}
	return out, nil
}

// delivered loads the digest of a delivery of the guild, and which of its stories a button's custom id means.
func (r *request) delivered(ctx context.Context, args []string) (d digest.Digest, stories []digest.Story, err error) {
	if len(args) != 3 {
		return d, nil, say("error.expired")
	}
	var n [3]int64
	for i, s := range args {
		if n[i], err = strconv.ParseInt(s, 10, 64); err != nil || n[i] < 0 {
			return d, nil, say("error.expired")
		}
	}
	del, err := r.bot.db.Read().Delivery(ctx, n[0])
	if errors.Is(err, store.ErrNotFound) || err == nil && (del.Guild != r.guild || len(del.Digest) == 0) {
		return d, nil, say("error.expired")
	}
	if err == nil {
		err = json.Unmarshal(del.Digest, &d)
	}
	if err != nil {
		return d, nil, err
	}
	if n[1] > n[2] || n[2] > int64(len(d.Stories)) {
		return d, nil, say("error.expired")
	}
	return d, d.Stories[n[1]:n[2]], nil
}
