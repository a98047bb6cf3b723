package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"attache/sources"
)

// ErrBlocked says that whoever runs the program has blocked a source.
var ErrBlocked = errors.New("blocked by whoever runs this program")

// Kinds of blocks.
const (
	blockGuild  = "guild"
	blockSource = "source" // one address
	blockHost   = "host"   // a host and every host below it
)

// A Block is what the operator keeps out: a guild, an address, or a host.
type Block struct {
	Kind   string // "guild", "source", "host"
	Shown  string // the guild's id, the address without secrets, the host
	Reason string // the operator's own words, may be ""
	At     time.Time
}

// Blocks returns what is blocked, the oldest first.
func (q *Q) Blocks(ctx context.Context) ([]Block, error) {
	bs, err := collect(ctx, q, func(r scanner) (b Block, err error) {
		var at int64
		err = r.Scan(&b.Kind, &b.Shown, &b.Reason, &at)
		b.At = fromMS(at)
		return b, err
	}, "SELECT kind, shown, reason, at FROM blocks ORDER BY at, kind, subject")
	return bs, failed("load blocks", err)
}

func (q *Q) block(ctx context.Context, kind, subject, shown, reason string) error {
	_, err := q.exec(ctx, `INSERT INTO blocks (kind, subject, shown, reason, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (kind, subject) DO UPDATE SET shown = $3, reason = $4`, kind, subject, shown, reason, ms(q.db.now()))
	return err
}

// BlockGuild ends that a guild is served: its subscriptions bring nothing, and a source that it alone reads is not fetched.
// What is stored of it stays, and so does the block when the guild is forgotten. Blocking again changes the reason.
func (q *Q) BlockGuild(ctx context.Context, guild, reason string) error {
	err := q.block(ctx, blockGuild, guild, guild, reason)
	if err == nil {
		err = q.markSubscriptions(ctx, "guild = $1", guild)
	}
	return failed("block guild", err)
}

// UnblockGuild serves a guild again; ErrNotFound when it is not blocked. Its schedules go on with their next slot: what
// fell due meanwhile is nobody's.
func (q *Q) UnblockGuild(ctx context.Context, guild string) error {
	err := q.execOne(ctx, "DELETE FROM blocks WHERE kind = 'guild' AND subject = $1", guild)
	if err == nil {
		err = q.markSubscriptions(ctx, "guild = $1", guild)
	}
	if err == nil {
		_, err = q.exec(ctx, "UPDATE schedules SET from_at = $2 WHERE guild = $1 AND from_at < $2", guild, ms(q.db.now()))
	}
	return failed("unblock guild", err)
}

// GuildBlocked reports whether a guild is blocked.
func (q *Q) GuildBlocked(ctx context.Context, guild string) (bool, error) {
	n, err := value[int64](ctx, q, "SELECT COUNT(*) FROM blocks WHERE kind = 'guild' AND subject = $1", guild)
	return n > 0, failed("look up block", err)
}

// BlockedGuilds returns the ids of all guilds that are blocked.
func (q *Q) BlockedGuilds(ctx context.Context) (map[string]bool, error) {
	ids, err := collect(ctx, q, scanText, "SELECT subject FROM blocks WHERE kind = 'guild'")
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out, failed("load blocks", err)
}

// A BlockedSource is what blocking an address did.
type BlockedSource struct {
	Shown     string // the address without secrets, or the host
	Sources   int    // stored ones that are blocked by it
	Guilds    int    // that read them
	Withdrawn int    // stored digests that showed their articles and can be asked for no more
}

// BlockSource keeps the source of an address out, or all of its host and of every host below that, whatever path the address has. Nothing of
// it is fetched again or can be added, and its articles are shown to nobody: no Scope yields them, digests that showed them
// and are stored are emptied, one that is not posted yet is composed again, and the answers that their readers got expire.
// What was posted already stands in Discord; who wants that changed
// withdraws its articles first (digest.Withdraw). Blocking again changes the reason, which managers read in the list of their sources.
func (q *Q) BlockSource(ctx context.Context, address string, host bool, reason string) (BlockedSource, error) {
	kind, subject, shown, err := blockOf(address, host)
	if err != nil {
		return BlockedSource{}, err
	}
	b := BlockedSource{Shown: shown}
	if err := q.block(ctx, kind, subject, shown, reason); err != nil {
		return b, failed("block source", err)
	}
	fresh, err := q.heedBlocks(ctx, 0)
	if err != nil {
		return b, failed("block source", err)
	}
	b.Sources = len(fresh)
	guilds := map[string]bool{}
	for _, id := range fresh {
		read, err := collect(ctx, q, scanText, "SELECT guild FROM subscriptions WHERE source_id = $1", id)
		if err != nil {
			return b, failed("block source", err)
		}
		for _, g := range read {
			guilds[g] = true
		}
	}
	b.Guilds = len(guilds)
	b.Withdrawn, err = q.withdraw(ctx, fresh, guilds)
	return b, failed("withdraw articles", err)
}

// UnblockSource lets an address or a host in again; ErrNotFound when it is not blocked. A source that another block covers
// stays out.
func (q *Q) UnblockSource(ctx context.Context, address string, host bool) error {
	kind, subject, _, err := blockOf(address, host)
	if err == nil {
		err = q.execOne(ctx, "DELETE FROM blocks WHERE kind = $1 AND subject = $2", kind, subject)
	}
	if err == nil {
		_, err = q.heedBlocks(ctx, 0)
	}
	return failed("unblock source", err)
}

// URLBlocked reports whether an address is blocked by itself or with its host. What is no web address is not.
func (q *Q) URLBlocked(ctx context.Context, address string) (bool, error) {
	names := blockNames(address)
	if names == nil {
		return false, nil
	}
	args, in := []any{names[0]}, make([]string, 0, len(names))
	for i, host := range names[1:] {
		args, in = append(args, host), append(in, "$"+strconv.Itoa(i+2))
	}
	n, err := value[int64](ctx, q, "SELECT COUNT(*) FROM blocks WHERE kind = 'source' AND subject = $1 OR kind = 'host' AND subject IN ("+strings.Join(in, ",")+")", args...)
	return n > 0, failed("look up block", err)
}

// blockOf is a block of an address as it is stored.
func blockOf(address string, host bool) (kind, subject, shown string, err error) {
	names := blockNames(address)
	switch {
	case names == nil:
		return "", "", "", fmt.Errorf("%q is no web address; give one such as https://news.example/feed", sources.Masked(address))
	case host:
		return blockHost, names[1], names[1], nil
	}
	if shown = sources.Masked(address); shown == "…" { // without a scheme
		shown = sources.Masked("https://" + strings.TrimSpace(address))
	}
	return blockSource, names[0], shown, nil
}

// blockNames are the subjects that would block an address: its own, its host, and the hosts above that; nil when it is no
// web address.
func blockNames(address string) []string {
	key, err := sources.Key(address)
	if err != nil {
		return nil
	}
	u, err := url.Parse("//" + key)
	if err != nil || u.Hostname() == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(key))
	names := []string{hex.EncodeToString(sum[:])}
	for host, more := u.Hostname(), true; more && len(names) < maxHosts; _, host, more = strings.Cut(host, ".") {
		names = append(names, host)
	}
	return names
}

// maxHosts bounds the hosts above a host that are looked at: a name has at most 127 parts.
const maxHosts = 130

// heedBlocks brings one source (0: all) and its subscriptions in line with what is blocked, and returns the sources that are
// blocked from now on.
func (q *Q) heedBlocks(ctx context.Context, source int64) (fresh []int64, err error) {
	reasons := map[[2]string]string{}
	_, err = collect(ctx, q, func(r scanner) (_ struct{}, err error) {
		var name [2]string
		var reason string
		if err = r.Scan(&name[0], &name[1], &reason); err == nil {
			reasons[name] = reason
		}
		return struct{}{}, err
	}, "SELECT kind, subject, reason FROM blocks WHERE kind <> 'guild'")
	if err != nil {
		return nil, err
	}
	type state struct {
		id          int64
		url, reason string
		blocked     bool
	}
	where, args := "", []any{}
	if source != 0 {
		where, args = " WHERE id = $1", []any{source}
	}
	all, err := collect(ctx, q, func(r scanner) (s state, err error) {
		err = r.Scan(&s.id, &s.url, &s.blocked, &s.reason)
		return s, err
	}, "SELECT id, url, blocked, block_reason FROM sources"+where, args...)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		now := s
		now.blocked, now.reason = false, ""
		if len(reasons) > 0 {
			for i, name := range blockNames(s.url) {
				kind := blockHost
				if i == 0 {
					kind = blockSource
				}
				if reason, ok := reasons[[2]string{kind, name}]; ok {
					now.blocked, now.reason = true, reason
					break
				}
			}
		}
		if now == s {
			continue
		}
		if _, err := q.exec(ctx, "UPDATE sources SET blocked = $2, block_reason = $3 WHERE id = $1", s.id, now.blocked, now.reason); err != nil {
			return nil, err
		}
		if now.blocked == s.blocked {
			continue
		}
		if err := q.markSubscriptions(ctx, "source_id = $1", s.id); err != nil {
			return nil, err
		}
		if now.blocked {
			fresh = append(fresh, s.id)
		}
	}
	return fresh, nil
}

// markSubscriptions brings some subscriptions in line with their guild and source.
func (q *Q) markSubscriptions(ctx context.Context, where string, arg any) error {
	_, err := q.exec(ctx, `UPDATE subscriptions SET blocked =
		EXISTS (SELECT 1 FROM sources s WHERE s.id = subscriptions.source_id AND s.blocked)
		OR EXISTS (SELECT 1 FROM blocks k WHERE k.kind = 'guild' AND k.subject = subscriptions.guild) WHERE `+where, arg)
	return err
}

// mentioned are the articles that a stored digest shows (digest.Source).
var mentioned = regexp.MustCompile(`"article":(\d+)`)

// withdraw takes the articles of sources out of what is stored and shown as it is: digests, and answers to guilds. It
// returns how many digests were emptied or are composed again.
func (q *Q) withdraw(ctx context.Context, srcs []int64, guilds map[string]bool) (n int, err error) {
	gone := map[string]bool{}
	for _, id := range srcs {
		articles, err := collect(ctx, q, scanID, "SELECT id FROM articles WHERE source_id = $1", id)
		if err != nil {
			return 0, err
		}
		for _, a := range articles {
			gone[strconv.FormatInt(a, 10)] = true
		}
	}
	for guild := range guilds {
		if _, err := q.exec(ctx, "DELETE FROM answers WHERE guild = $1 AND until = 0", guild); err != nil {
			return n, err
		}
		// The digest is dropped again at once: a guild may have thousands.
		ids, err := collect(ctx, q, func(r scanner) (id int64, err error) {
			var digest string
			if err = r.Scan(&id, &digest); err != nil {
				return 0, err
			}
			for _, m := range mentioned.FindAllStringSubmatch(digest, -1) {
				if gone[m[1]] {
					return id, nil
				}
			}
			return 0, nil
		}, "SELECT id, digest FROM deliveries WHERE guild = $1 AND digest <> ''", guild)
		if err != nil {
			return n, err
		}
		for _, id := range ids {
			if id == 0 {
				continue
			}
			if err := q.recompose(ctx, id); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// recompose empties the digest of a delivery that has ended, and takes one of which nothing was tried yet back to planned.
// One of which a part may stand in the channel is finished as it is.
func (q *Q) recompose(ctx context.Context, delivery int64) error {
	for _, statement := range []string{
		"UPDATE deliveries SET digest = '' WHERE id = $1 AND status NOT IN ('planned', 'sending')",
		`UPDATE deliveries SET digest = '', status = 'planned' WHERE id = $1 AND status = 'sending'
			AND NOT EXISTS (SELECT 1 FROM parts p WHERE p.delivery_id = $1 AND p.first_try <> 0)`,
		"DELETE FROM parts WHERE delivery_id IN (SELECT id FROM deliveries WHERE id = $1 AND status = 'planned')",
		"DELETE FROM candidates WHERE delivery_id IN (SELECT id FROM deliveries WHERE id = $1 AND status = 'planned')",
	} {
		if _, err := q.exec(ctx, statement, delivery); err != nil {
			return err
		}
	}
	return nil
}
