package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// sourceColumns are those of scanSource but for the number of articles.
const sourceColumns = `s.id, s.url, s.private, s.owner, s.title, s.link, s.lang, s.etag, s.last_modified, s.moved, s.moved_seen,
	s.status, s.next_visit, s.last_visit, s.last_success, s.failures, s.error, s.warnings, s.blocked, s.block_reason, s.watch, s.boilerplate`

// Counting the articles of a source takes longer the more it has: who visits sources, all the time, does without.
const (
	countedColumns = sourceColumns + `, (SELECT COUNT(*) FROM articles c WHERE c.source_id = s.id)`
	visitedColumns = sourceColumns + `, 0`
)

func scanSource(r scanner) (Source, error) { return scanSourceAnd(r) }

// scanSourceAnd scans countedColumns or visitedColumns, and whatever columns stand before them.
func scanSourceAnd(r scanner, before ...any) (Source, error) {
	var s Source
	var next, last, success int64
	var warnings, boilerplate string
	err := r.Scan(append(before, &s.ID, &s.URL, &s.Private, &s.Owner, &s.Title, &s.Link, &s.Lang, &s.ETag, &s.LastModified,
		&s.Moved, &s.MovedSeen, &s.Status, &next, &last, &success, &s.Failures, &s.Error, &warnings, &s.Blocked, &s.BlockReason, &s.Watch, &boilerplate, &s.Articles)...)
	if err != nil {
		return Source{}, err
	}
	s.NextVisit, s.LastVisit, s.LastSuccess = fromMS(next), fromMS(last), fromMS(success)
	if s.Boilerplate, err = unlist(boilerplate); err == nil {
		s.Warnings, err = unlist(warnings)
	}
	return s, err
}

// Subscribe makes the source unless it exists (a private one is the guild's own) and the subscription; ErrExists when the guild reads it already, ErrBlocked when the source is.
// Of an existing source nothing is changed but that one which was gone (410) is tried again.
func (q *Q) Subscribe(ctx context.Context, src Source, sub Subscription) (int64, error) {
	if sub.Guild == "" || src.URL == "" {
		return 0, errors.New("subscribe: a guild and a URL are needed")
	}
	if src.Private {
		src.Owner = sub.Guild
	} else {
		src.Owner = ""
	}
	if src.Status == "" {
		src.Status = "active"
	}
	if sub.Tier == "" {
		sub.Tier = Press
	}
	if blocked, err := q.URLBlocked(ctx, src.URL); err != nil {
		return 0, err
	} else if blocked {
		return 0, fmt.Errorf("subscribe: %w", ErrBlocked)
	}
	src = src.masked()
	id, err := q.source(ctx, src)
	if err != nil {
		return 0, failed("save source", err)
	}
	if sub.Added.IsZero() {
		sub.Added = q.db.now()
	}
	n, err := q.exec(ctx, `INSERT INTO subscriptions (guild, source_id, name, tier, country, topics, paused, added, added_by, blocked)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, EXISTS (SELECT 1 FROM blocks WHERE kind = 'guild' AND subject = $1)) ON CONFLICT DO NOTHING`,
		sub.Guild, id, sub.Name, sub.Tier, sub.Country, list(sub.Topics), sub.Paused, ms(sub.Added), sub.AddedBy)
	if err == nil && n == 0 {
		return id, fmt.Errorf("subscribe: %w", ErrExists)
	}
	return id, failed("subscribe", err)
}

// source returns the id of the source with this URL and owner, which it makes unless it exists.
func (q *Q) source(ctx context.Context, src Source) (int64, error) {
	const known = "SELECT id FROM sources WHERE url = $1 AND owner = $2"
	id, err := value[int64](ctx, q, known, src.URL, src.Owner)
	if err == nil {
		_, err = q.exec(ctx, "UPDATE sources SET status = 'active' WHERE id = $1 AND status = 'gone'", id)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	// Another process may make it at the same time: then its row stands.
	if _, err := q.exec(ctx, `INSERT INTO sources (url, private, owner, title, link, lang, etag, last_modified, moved, moved_seen,
			status, next_visit, last_visit, last_success, failures, error, warnings, host, watch)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		ON CONFLICT DO NOTHING`,
		src.URL, src.Private, src.Owner, src.Title, src.Link, src.Lang, src.ETag, src.LastModified, src.Moved, src.MovedSeen,
		src.Status, ms(src.NextVisit), ms(src.LastVisit), ms(src.LastSuccess), src.Failures, src.Error, list(src.Warnings), hostOf(src.URL), src.Watch); err != nil {
		return 0, err
	}
	return value[int64](ctx, q, known, src.URL, src.Owner)
}

// Subscriptions of a guild, in the order in which they were added. Of a
// private source only the host of its URL is shown, to its own guild too:
// lists are posted and quoted.
func (q *Q) Subscriptions(ctx context.Context, guild string) ([]Subscription, error) {
	subs, err := collect(ctx, q, func(r scanner) (Subscription, error) {
		var sub Subscription
		var topics string
		var added int64
		src, err := scanSourceAnd(r, &sub.Guild, &sub.Name, &sub.Tier, &sub.Country, &topics, &sub.Paused, &added, &sub.AddedBy)
		if err != nil {
			return sub, err
		}
		sub.Added = fromMS(added)
		sub.Source = src.shown()
		sub.Topics, err = unlist(topics)
		return sub, err
	}, `SELECT b.guild, b.name, b.tier, b.country, b.topics, b.paused, b.added, b.added_by, `+countedColumns+`
		FROM subscriptions b JOIN sources s ON s.id = b.source_id WHERE b.guild = $1 ORDER BY b.added, s.id`, guild)
	return subs, failed("load subscriptions", err)
}

// Reads reports whether a guild reads a private source of this address; of others Subscriptions gives the address itself.
func (q *Q) Reads(ctx context.Context, guild, url string) (bool, error) {
	n, err := value[int64](ctx, q, "SELECT COUNT(*) FROM subscriptions b JOIN sources s ON s.id = b.source_id WHERE b.guild = $1 AND s.owner = $1 AND s.url = $2", guild, url)
	return n > 0, failed("look up source", err)
}

// SaveSubscription stores name, tier, country, topics and paused of the
// subscription of sub.Guild to sub.Source.ID; ErrNotFound when there is none.
func (q *Q) SaveSubscription(ctx context.Context, sub Subscription) error {
	return failed("save subscription", q.execOne(ctx,
		"UPDATE subscriptions SET name = $3, tier = $4, country = $5, topics = $6, paused = $7 WHERE guild = $1 AND source_id = $2",
		sub.Guild, sub.Source.ID, sub.Name, sub.Tier, sub.Country, list(sub.Topics), sub.Paused))
}

// Unsubscribe ends a subscription; a source that nobody reads any more is no longer polled. ErrNotFound when there is none.
// A private source goes with its articles: its URL is a secret that nobody needs any more.
func (q *Q) Unsubscribe(ctx context.Context, guild string, source int64) error {
	if err := q.execOne(ctx, "DELETE FROM subscriptions WHERE guild = $1 AND source_id = $2", guild, source); err != nil {
		return failed("unsubscribe", err)
	}
	owner, err := value[string](ctx, q, "SELECT owner FROM sources WHERE id = $1", source)
	if err == nil && owner == guild {
		err = q.removeSource(ctx, source)
	}
	return failed("unsubscribe", err)
}

// removeSource deletes a source and all that came from it.
func (q *Q) removeSource(ctx context.Context, id int64) error {
	for _, statement := range []string{
		"DELETE FROM article_fts WHERE rowid IN (SELECT doc FROM articles WHERE source_id = $1 AND doc <> 0)",
		`DELETE FROM briefs WHERE key IN (SELECT b.key FROM brief_articles b JOIN articles a ON a.id = b.article_id WHERE a.source_id = $1)`,
		"DELETE FROM sources WHERE id = $1", // with articles, revisions, quotes and subscriptions
	} {
		if _, err := q.exec(ctx, statement, id); err != nil {
			return err
		}
	}
	return nil
}

// Source is unmasked: for the poller and operators. ErrNotFound when there is none.
func (q *Q) Source(ctx context.Context, id int64) (Source, error) {
	s, err := one(ctx, q, scanSource, "SELECT "+countedColumns+" FROM sources s WHERE s.id = $1", id)
	return s, failed("load source", err)
}

// Sources are unmasked: for operators.
func (q *Q) Sources(ctx context.Context) ([]Source, error) {
	ss, err := collect(ctx, q, scanSource, "SELECT "+countedColumns+" FROM sources s ORDER BY s.id")
	return ss, failed("load sources", err)
}

// Owners are the guilds that private sources belong to, by source.
func (q *Q) Owners(ctx context.Context) (map[int64]string, error) {
	type owned struct {
		id    int64
		owner string
	}
	all, err := collect(ctx, q, func(r scanner) (o owned, err error) {
		err = r.Scan(&o.id, &o.owner)
		return o, err
	}, "SELECT id, owner FROM sources WHERE private")
	owners := make(map[int64]string, len(all))
	for _, o := range all {
		owners[o.id] = o.owner
	}
	return owners, failed("load owners of sources", err)
}

// --- polling (internal/ingest fulfils sources.Store with these)

// LeaseSources leases up to n active, subscribed (unpaused, not blocked) sources due at now, the longest due first.
// token is written into the rows: it is the row before the fetch. Their articles are not counted. A host of which another process, by the beginning of its
// tokens, has a source is left to that one, which lets its sources take turns. While another process leases there are none
// to lease.
func (q *Q) LeaseSources(ctx context.Context, now time.Time, n int, until time.Time, token string) ([]Source, error) {
	if s := q.db.dialect.turns; s != "" {
		if ours, err := value[bool](ctx, q, s); err != nil || !ours {
			return nil, failed("lease sources", err)
		}
	}
	// MATERIALIZED: chosen once. As a subquery PostgreSQL may ask for it again while the rows are being changed, and lease more.
	ss, err := collect(ctx, q, scanSource, `WITH due AS MATERIALIZED (SELECT d.id FROM sources d
			WHERE d.status = 'active' AND d.next_visit <= $2 AND d.lease_until <= $2
				AND EXISTS (SELECT 1 FROM subscriptions b WHERE b.source_id = d.id AND NOT b.paused AND NOT b.blocked)
				AND NOT EXISTS (SELECT 1 FROM sources o WHERE o.host = d.host AND o.lease_until <> 0 AND o.lease_until > $2 AND o.host <> ''
					AND substr(o.lease_token, 1, $5) <> substr($1, 1, $5))
			ORDER BY d.next_visit, d.id LIMIT $4 `+q.db.dialect.skipLocked+`)
		UPDATE sources SET lease_token = $1, lease_start = $2, lease_until = $3 WHERE id IN (SELECT id FROM due)
		RETURNING `+returning(visitedColumns), token, ms(now), ms(until), n, max(strings.Index(token, "."), 0))
	slices.SortFunc(ss, func(a, b Source) int {
		if c := a.NextVisit.Compare(b.NextVisit); c != 0 {
			return c
		}
		return int(a.ID - b.ID)
	})
	return ss, failed("lease sources", err)
}

// Leased is a source whose lease token still holds; ErrNotFound when it does not. Call it first in the transaction that saves
// a visit. Its articles are not counted.
func (q *Q) Leased(ctx context.Context, source int64, token string) (Source, error) {
	if token == "" {
		return Source{}, fmt.Errorf("look up lease: %w", ErrNotFound)
	}
	s, err := one(ctx, q, scanSource, "SELECT "+visitedColumns+" FROM sources s WHERE s.id = $1 AND s.lease_token = $2"+q.locked("s"), source, token)
	return s, failed("look up lease", err)
}

// SaveVisit stores what a visit changed of a source's own row (validators, next visit, failures, error, warnings, title, link, lang, URL, status) and ends the lease.
// A new URL that another source has already is not taken: the old one still
// leads there. One that is blocked blocks the source. Where a private URL stands in error or warnings it is masked.
func (q *Q) SaveVisit(ctx context.Context, s Source) error {
	s = s.masked()
	err := q.execOne(ctx, `UPDATE sources SET
			url = CASE WHEN $2 = '' OR EXISTS (SELECT 1 FROM sources o WHERE o.url = $2 AND o.owner = sources.owner AND o.id <> $1) THEN url ELSE $2 END,
			title = $3, link = $4, lang = $5, etag = $6, last_modified = $7, moved = $8, moved_seen = $9, status = $10,
			next_visit = $11, last_visit = $12, last_success = $13, failures = $14, error = $15, warnings = $16,
			lease_token = '', lease_until = 0, host = CASE WHEN $2 = '' THEN host ELSE $17 END, watch = $18, boilerplate = $19
		WHERE id = $1`,
		s.ID, s.URL, s.Title, s.Link, s.Lang, s.ETag, s.LastModified, s.Moved, s.MovedSeen, orActive(s.Status),
		ms(s.NextVisit), ms(s.LastVisit), ms(s.LastSuccess), s.Failures, s.Error, list(s.Warnings), hostOf(s.URL), s.Watch, list(s.Boilerplate))
	if err == nil {
		_, err = q.heedBlocks(ctx, s.ID) // it may have moved
	}
	return failed("save visit", err)
}

// hostOf is the host whose sources take turns, with its port.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

func orActive(status string) string {
	if status == "" {
		return "active"
	}
	return status
}

// masked returns s with its private URLs taken out of what is kept as sentences.
func (s Source) masked() Source {
	if !s.Private {
		return s
	}
	mask := func(text string) string {
		for _, secret := range []string{s.URL, s.Moved} {
			if secret != "" {
				text = strings.ReplaceAll(text, secret, Mask(secret))
			}
		}
		return text
	}
	s.Error = mask(s.Error)
	s.Warnings = slices.Clone(s.Warnings)
	for i, w := range s.Warnings {
		s.Warnings[i] = mask(w)
	}
	return s
}

// shown returns s as a guild may see it.
func (s Source) shown() Source {
	if !s.Private {
		return s
	}
	s = s.masked()
	s.URL = Mask(s.URL)
	s.ETag, s.LastModified = "", ""
	if s.Moved != "" {
		s.Moved = Mask(s.Moved)
	}
	if s.Link != "" {
		s.Link = Mask(s.Link)
	}
	return s
}

// Mask returns what may be shown of a URL that carries a secret: scheme and host.
func Mask(secret string) string {
	u, err := url.Parse(secret)
	if err != nil || u.Host == "" {
		return "…"
	}
	return u.Scheme + "://" + u.Host + "/…"
}
