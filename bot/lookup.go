package bot

import (
	"context"
	"strings"
	"time"

	"attache/internal/store"
	"attache/sources"
)

const (
	lookupsIn = 24 * time.Hour // the time in which lookups are counted
	// pagesOfUser and pagesOfGuild are how many pages are fetched for one reader, and for a server: more than a press desk opens
	// in a day, and, each of the largest size, 4 GB. What is in memory or in the archive does not count.
	pagesOfUser  = 60
	pagesOfGuild = 400
	// sourcesOfGuild is how many addresses a server's managers may try: twice as many as it can read sources.
	sourcesOfGuild = 2 * sourcesMost
	lookupsKept    = 14 * 24 * time.Hour
	lookupEnd      = 5 * time.Second // for writing what became of one
)

// lookup has something fetched because somebody asked: its row is there before, and says afterwards whether it went well.
// Where too much was fetched already the error says when there is room again.
func (r *request) lookup(ctx context.Context, purpose, raw string, fetch func(ctx context.Context) error) error {
	var id int64
	err := r.change(ctx, func(q *store.Q) (err error) {
		if err := r.roomFor(ctx, q, purpose, 1); err != nil {
			return err
		}
		id, err = q.BeginLookup(ctx, store.Lookup{Guild: r.guild, User: r.user, Purpose: purpose, URL: maskedTyped(raw), At: r.services.Now()})
		return err
	})
	if err != nil {
		return err
	}
	err = fetch(ctx)
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookupEnd)
	defer cancel()
	if failed := r.change(end, func(q *store.Q) error { return q.EndLookup(end, id, err == nil) }); failed != nil {
		r.bot.log.Warn("lookup not closed", "guild", r.guild, "err", failed) // its row says that it began, which counts
	}
	return err
}

// roomFor is the error of a limit that more lookups would pass.
func (r *request) roomFor(ctx context.Context, q *store.Q, purpose string, more int) error {
	now := r.services.Now()
	for _, limit := range []struct {
		purpose, user, key string
		most               int
	}{
		{store.LookupPage, r.user, "error.many_pages", pagesOfUser},
		{store.LookupPage, "", "error.many_pages_here", pagesOfGuild},
		{store.LookupSource, "", "error.many_tries", sourcesOfGuild},
	} {
		if limit.purpose != purpose {
			continue
		}
		n, first, err := q.Lookups(ctx, r.guild, limit.user, purpose, now.Add(-lookupsIn))
		if err != nil {
			return err
		}
		if n+more > limit.most {
			return &said{limit.key, []string{"when", relative(first.Add(lookupsIn))}}
		}
	}
	return nil
}

// maskedTyped is an address that was typed, perhaps without its scheme, as rows and logs may hold it.
func maskedTyped(raw string) string {
	if raw = strings.TrimSpace(raw); !strings.Contains(raw, "://") {
		raw = "https://" + raw
	}
	return Clip(sources.Masked(raw), linkMax)
}
