package bot

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"attache/internal/digest"
	"attache/internal/store"
)

const (
	// A source that fails is dead when it has not been read for deadAfter and failed deadFailures times in a row: after three
	// days it has failed some nine times, with pauses that double up to a day. One that was removed for good (410) is at once.
	deadAfter    = 72 * time.Hour
	deadFailures = 8
	// readLately is how long ago some source must have been read for the fault not to be this program's own. Where fewer than
	// fewSources are read that shows nothing.
	readLately = 2 * time.Hour
	fewSources = 5

	tellEvery = 5 * time.Minute
	// gatherFor is how long a death waits for others, and noticeEvery the pause between two notices to one server: a host that
	// dies takes its sources with it one by one.
	gatherFor   = time.Hour
	noticeEvery = 24 * time.Hour
	// noticeNonce is how long Discord surely knows a nonce; afterwards a notice whose request may have left is looked for.
	noticeNonce = 2 * time.Minute
	// noticeEnd is when a notice that cannot be posted is given up: what it says is in the audit.
	noticeEnd   = 24 * time.Hour
	noticesKept = 90 * 24 * time.Hour
)

// teller is who the audit names for what the program tells by itself.
const teller = "attache"

// Tell tells the managers of each server of its sources that died, and that they are back, until ctx ends. One process at a
// time is enough, and more do no harm.
func (b *Bot) Tell(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := b.tellNow(ctx); err != nil && ctx.Err() == nil {
			b.log.Error("tell managers", "err", err)
		}
		sleep(ctx, tellEvery)
	}
	return nil
}

// tellNow notes what died or is back, and posts the notices that are due and those that were left.
func (b *Bot) tellNow(ctx context.Context) error {
	now := b.desk.services.Now()
	q := b.db.Read()
	ailing, err := q.Ailing(ctx, deadFailures, now.Add(-deadAfter))
	if err != nil {
		return err
	}
	n, last, err := q.Reading(ctx)
	if err != nil {
		return err
	}
	reads := n < fewSources || now.Sub(last) < readLately
	var failed []error
	for len(ailing) > 0 {
		end := slices.IndexFunc(ailing, func(a store.Ailing) bool { return a.Guild != ailing[0].Guild })
		if end < 0 {
			end = len(ailing)
		}
		failed = append(failed, b.tellGuild(ctx, ailing[:end], reads, now))
		ailing = ailing[end:]
	}
	open, err := q.OpenNotices(ctx)
	failed = append(failed, err)
	for _, n := range open {
		failed = append(failed, b.postNotice(ctx, n.ID, now))
	}
	return errors.Join(failed...)
}

// deaths are what has changed among a guild's sources.
type deaths struct{ dead, back []store.Ailing }

// tellGuild notes what has changed among the sources of one guild, and plans a notice when it is time. What is told is
// marked in the transaction that plans the notice, so that it is told once.
func (b *Bot) tellGuild(ctx context.Context, ailing []store.Ailing, reads bool, now time.Time) error {
	guild := ailing[0].Guild
	return b.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		var due deaths
		ripe := false
		for _, a := range ailing {
			s := a.Source
			gone := s.Status == "gone"
			dead := gone || s.Failures >= deadFailures && s.LastSuccess.Before(now.Add(-deadAfter))
			well := !gone && s.Failures == 0 && !s.LastSuccess.IsZero()
			switch {
			case a.Off:
			case dead && a.Since.IsZero() && (gone || reads):
				if err := q.NoteDead(ctx, guild, s.ID, s.LastVisit); err != nil {
					return err
				}
			case dead && !a.Since.IsZero() && a.Told.IsZero() && (gone || reads && s.LastVisit.After(a.Visit)):
				due.dead = append(due.dead, a)
				ripe = ripe || now.Sub(a.Since) >= gatherFor
			case !dead && !a.Since.IsZero() && a.Told.IsZero():
				if _, err := q.ForgetDead(ctx, guild, s.ID, false); err != nil {
					return err
				}
			case well && !a.Told.IsZero() && s.LastSuccess.After(a.Told):
				due.back = append(due.back, a)
				ripe = true
			}
		}
		if !ripe {
			return nil
		}
		last, err := q.LastNotice(ctx, guild)
		if err != nil || now.Sub(last) < noticeEvery {
			return err
		}
		return b.planNotice(ctx, q, guild, due)
	})
}

// planNotice marks what is told and plans the notice that says it.
func (b *Bot) planNotice(ctx context.Context, q *store.Q, guild string, due deaths) error {
	var told deaths
	for _, a := range due.dead {
		ours, err := q.TellDead(ctx, guild, a.Source.ID)
		if err != nil {
			return err
		}
		if ours {
			told.dead = append(told.dead, a)
		}
	}
	for _, a := range due.back {
		ours, err := q.ForgetDead(ctx, guild, a.Source.ID, true)
		if err != nil {
			return err
		}
		if ours {
			told.back = append(told.back, a)
		}
	}
	if len(told.dead)+len(told.back) == 0 {
		return nil // another process has told it
	}
	s, err := settingsOf(ctx, q, guild)
	if err != nil {
		return err
	}
	t, err := b.textsOf(ctx, q, guild, s)
	if err != nil {
		return err
	}
	var random [12]byte
	_, _ = rand.Read(random[:]) // never fails
	n := store.Notice{Guild: guild, Channel: s.Notices, Nonce: hex.EncodeToString(random[:]), Status: store.NoticeReady}
	n.Marker = marker(n.Nonce, 0)
	if n.Channel == "" {
		n.Status = store.NoticeDone
	}
	if n.Body, err = json.Marshal(map[string]any{"content": noticeOf(t, told, n.Marker)}); err != nil {
		return err
	}
	if err := q.PlanNotice(ctx, n); err != nil {
		return err
	}
	if err := b.auditSources(ctx, q, guild, "source dead", told.dead); err != nil {
		return err
	}
	return b.auditSources(ctx, q, guild, "source back", told.back)
}

// auditSources writes into the audit what is told of sources.
func (b *Bot) auditSources(ctx context.Context, q *store.Q, guild, action string, list []store.Ailing) error {
	if len(list) == 0 {
		return nil
	}
	names := make([]string, len(list))
	for i, a := range list {
		names[i] = a.Name
	}
	return q.SaveAudit(ctx, store.Audited{Guild: guild, User: teller, Action: action, Subject: strconv.Itoa(len(list)),
		Detail: Clip(strings.Join(names, ", "), 300), At: b.desk.services.Now()})
}

// textsOf are the texts in which a server is addressed: in the language of its settings, or in its own.
func (b *Bot) textsOf(ctx context.Context, q *store.Q, guild string, s settings) (catalogue, error) {
	lang := s.Lang
	if lang == "" {
		g, err := q.GuildByID(ctx, guild)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return catalogue{}, err
		}
		lang = g.Locale
	}
	if lang == "" {
		lang = b.lang
	}
	return b.texts.in(lang), nil
}

// noticeOf words a notice. What does not fit is counted.
func noticeOf(t catalogue, told deaths, marker string) string {
	var tail []string
	if n := len(told.back); n > 0 {
		tail = append(tail, t.count("notice.back", n))
		tail = append(tail, fitted(t, told.back, contentLimit/4, func(a store.Ailing) string { return "• **" + shownName(a.Name) + "**" })...)
	}
	if len(told.dead) > 0 {
		tail = append(tail, "-# "+t.text("notice.todo"))
	}
	tail = append(tail, "-# "+t.text("digest.ref")+" "+marker)
	end := strings.Join(tail, "\n")
	if len(told.dead) == 0 {
		return end
	}
	lines := []string{t.count("notice.dead", len(told.dead))}
	lines = append(lines, fitted(t, told.dead, contentLimit-units(end)-units(lines[0])-2, func(a store.Ailing) string {
		return "• **" + shownName(a.Name) + "**\n-# " + t.state(a.Subscription)
	})...)
	return strings.Join(append(lines, end), "\n")
}

// fitted are the lines of as many sources as fit into so many UTF-16 units, and one that counts the others.
func fitted(t catalogue, list []store.Ailing, room int, line func(store.Ailing) string) (out []string) {
	for i, a := range list {
		l := line(a)
		more := t.count("notice.more", len(list)-i)
		if rest := units(l) + 1; rest+units(more)+1 > room && !(i == len(list)-1 && rest <= room) {
			return append(out, more)
		}
		room -= units(l) + 1
		out = append(out, l)
	}
	return out
}

// postNotice posts a notice of which no message is known. Where a request may have left it is made again under the same
// nonce, and later on only when the message is not to be found: a notice that cannot be looked for is not sent twice.
func (b *Bot) postNotice(ctx context.Context, id int64, now time.Time) error {
	var n store.Notice
	var first, look bool
	err := b.db.InTx(ctx, func(q *store.Q, _ store.Jobs) (err error) {
		if n, err = q.Notice(ctx, id); err != nil || n.Status != store.NoticeReady {
			return err
		}
		first, look = n.FirstTry.IsZero(), !n.FirstTry.IsZero() && (now.Sub(n.FirstTry) < 0 || now.Sub(n.FirstTry) >= noticeNonce)
		if first {
			n.FirstTry = now
		}
		n.Tries++
		return q.SaveNotice(ctx, n)
	})
	if errors.Is(err, store.ErrNotFound) || err == nil && n.Status != store.NoticeReady {
		return nil
	}
	if err != nil {
		return err
	}
	p := store.Part{Channel: n.Channel, Nonce: n.Nonce, Marker: n.Marker, Body: n.Body, FirstTry: n.FirstTry, Tries: n.Tries}
	message := ""
	if look {
		if message, err = b.Find(ctx, p); errors.Is(err, digest.ErrUnreadable) {
			return b.endNotice(ctx, n, store.NoticeFailed, "")
		}
	}
	if err == nil && message == "" && now.Sub(n.Created) < noticeEnd {
		message, err = b.Send(ctx, p)
	}
	var refused *digest.Refused
	var later *digest.Later
	switch {
	case err == nil && message == "" && now.Sub(n.Created) >= noticeEnd:
		return b.endNotice(ctx, n, store.NoticeFailed, "")
	case err == nil:
		n.Message = message
		return b.endNotice(ctx, n, store.NoticeDone, "")
	case errors.As(err, &refused):
		return b.endNotice(ctx, n, store.NoticeFailed, refused.Reason)
	case errors.As(err, &later) && first: // nothing left: there is nothing to look for
		n.FirstTry = time.Time{}
		return b.endNotice(ctx, n, store.NoticeReady, "")
	case now.Sub(n.Created) >= noticeEnd:
		return b.endNotice(ctx, n, store.NoticeFailed, "")
	}
	return err
}

// endNotice stores what became of a notice. Why it was refused is said in the audit, where managers find what it said too.
func (b *Bot) endNotice(ctx context.Context, n store.Notice, status, reason string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	return b.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		now, err := q.Notice(ctx, n.ID)
		if errors.Is(err, store.ErrNotFound) || err == nil && now.Status != store.NoticeReady {
			return nil // forgotten, or another process has posted it
		}
		if err != nil {
			return err
		}
		n.Status = status
		if err := q.SaveNotice(ctx, n); err != nil || reason == "" {
			return err
		}
		return q.SaveAudit(ctx, store.Audited{Guild: n.Guild, User: teller, Action: "notice refused", Detail: Clip(reason, 300), At: b.desk.services.Now()})
	})
}
