package bot

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"attache/internal/store"
)

const (
	// followEvery is how often an answer that shows how far sources are is changed, and followTimes how often at most: a
	// handler has two minutes. What then is not done is shown by a button.
	followEvery = 5 * time.Second
	followTimes = 20
	// followersMost is how many such answers are changed at the same time; the others have the button alone.
	followersMost = 20
)

// followPack shows again how far it is.
func followPack(ctx context.Context, r *request) (reply, error) {
	h, id, err := r.holding(ctx, heldPack)
	if err != nil {
		return reply{}, err
	}
	return r.followSources(ctx, id, h)
}

// followSources shows how far the added sources are, and changes the answer as they get on. It returns what is to stand there last.
func (r *request) followSources(ctx context.Context, id string, h held) (reply, error) {
	rep, err := r.packProgress(ctx, id, h)
	if err != nil || r.tick == nil {
		return rep, err
	}
	select {
	case r.followers <- struct{}{}:
		defer func() { <-r.followers }()
	default:
		return rep, nil
	}
	for range followTimes {
		if !rep.going {
			break
		}
		select {
		case <-r.tick(followEvery):
		case <-r.stopping:
			return rep, nil
		case <-ctx.Done():
			return rep, nil
		}
		next, err := r.packProgress(ctx, id, h)
		if err != nil {
			r.bot.log.Warn("how far sources are cannot be looked up", "guild", r.guild, "err", err)
			return rep, nil
		}
		changed := next.pages[0].Content != rep.pages[0].Content
		if rep = next; changed && rep.going {
			r.progress(ctx, rep)
		}
	}
	return rep, nil
}

// progress changes the answer while the handler goes on, once Discord was told that it comes later. When it is lost the next one
// says more.
func (r *request) progress(ctx context.Context, rep reply) {
	select {
	case <-r.deferred:
	default:
		return
	}
	data, err := rep.pages[0].message(rep.rows, false)
	if err == nil {
		delete(data, "flags") // the promise said who sees it
		err = r.send(ctx, http.MethodPatch, r.hook(r.in)+"/messages/@original", data)
	}
	if err != nil {
		r.bot.log.Debug("progress not shown", "guild", r.guild, "err", err)
	}
}

// packProgress says how many of the added sources were read by now, and which cannot be, with why: what the rows say, so that
// a restart loses nothing of it.
func (r *request) packProgress(ctx context.Context, id string, h held) (reply, error) {
	subs, err := r.bot.db.Read().Subscriptions(ctx, r.guild)
	if err != nil {
		return reply{}, err
	}
	all, visited, articles, never := 0, 0, 0, 0
	var lines []string
	for _, s := range subs {
		if !slices.Contains(h.Pack.Added, s.Source.ID) {
			continue
		}
		all++
		articles += s.Source.Articles
		if s.Source.LastVisit.IsZero() && s.Source.Error == "" {
			continue
		}
		visited++
		if s.Source.Error != "" || s.Source.Status == "gone" {
			lines = append(lines, "• **"+shownName(s.Name)+"**\n-# "+r.t.state(s))
			if unread(s.Source) {
				never++
			}
		}
	}
	head := r.t.text("pack.progress", "read", strconv.Itoa(visited), "all", strconv.Itoa(all)) + " " + r.t.count("pack.articles", articles)
	if len(lines) > 0 {
		head += "\n" + r.t.count("pack.failed", len(lines))
	}
	rep := reply{pages: sheets(head, lines, pageUnits), update: true}
	switch {
	case visited < all:
		rep.going, rep.rows = true, []any{rowOf(button(2, "pack-look:"+id, r.t.text("button.pack_look"), false))}
	case never > 0:
		rep.rows = []any{rowOf(button(4, "pack-clear:"+id, r.t.count("button.pack_clear", never), false))}
	}
	return rep, nil
}

// unread reports whether a source that was visited has never been read.
func unread(s store.Source) bool {
	return s.LastSuccess.IsZero() && (s.Error != "" || s.Status == "gone")
}

// clearPack takes those of the added sources away again that have never been read.
func clearPack(ctx context.Context, r *request) (reply, error) {
	h, id, err := r.holding(ctx, heldPack)
	if err != nil {
		return reply{}, err
	}
	n := 0
	err = r.change(ctx, func(q *store.Q) error {
		n = 0
		if err := r.takeHeld(ctx, q, id); err != nil {
			return err
		}
		subs, err := q.Subscriptions(ctx, r.guild)
		if err != nil {
			return err
		}
		for _, s := range subs {
			if !slices.Contains(h.Pack.Added, s.Source.ID) || !unread(s.Source) {
				continue
			}
			if err := q.Unsubscribe(ctx, r.guild, s.Source.ID); err != nil {
				return err
			}
			n++
		}
		return r.audit(ctx, q, "source remove", strconv.Itoa(n), "")
	})
	if err != nil {
		return reply{}, err
	}
	rep := plain(r.t.count("pack.cleared", n))
	rep.update = true
	return rep, nil
}
