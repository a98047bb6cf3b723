package store

import (
	"context"
	"encoding/json"
	"time"
)

// SaveGuild inserts a guild or updates its name, locale, joining and leaving; nil Settings and a zero Joined keep what is stored.
func (q *Q) SaveGuild(ctx context.Context, g Guild) error {
	settings := string(g.Settings)
	_, err := q.exec(ctx, `INSERT INTO guilds (id, name, locale, joined, left_at, settings)
		VALUES ($1, $2, $3, $4, $5, CASE WHEN $6 = '' THEN '{}' ELSE $6 END)
		ON CONFLICT (id) DO UPDATE SET name = $2, locale = $3,
			joined = CASE WHEN $4 = 0 THEN guilds.joined ELSE $4 END, left_at = $5,
			settings = CASE WHEN $6 = '' THEN guilds.settings ELSE $6 END`,
		g.ID, g.Name, g.Locale, ms(g.Joined), ms(g.Left), settings)
	return failed("save guild", err)
}

func scanGuild(r scanner) (Guild, error) {
	var g Guild
	var joined, left int64
	var settings string
	err := r.Scan(&g.ID, &g.Name, &g.Locale, &joined, &left, &settings)
	g.Joined, g.Left, g.Settings = fromMS(joined), fromMS(left), json.RawMessage(settings)
	return g, err
}

const guildColumns = "id, name, locale, joined, left_at, settings"

// Guilds returns all guilds, those that were left included.
func (q *Q) Guilds(ctx context.Context) ([]Guild, error) {
	gs, err := collect(ctx, q, scanGuild, "SELECT "+guildColumns+" FROM guilds ORDER BY id")
	return gs, failed("load guilds", err)
}

// GuildByID returns one guild; ErrNotFound when it is not stored.
func (q *Q) GuildByID(ctx context.Context, guild string) (Guild, error) {
	g, err := one(ctx, q, scanGuild, "SELECT "+guildColumns+" FROM guilds WHERE id = $1"+q.locked("guilds"), guild)
	return g, failed("load guild", err)
}

// GuildLeft records when the bot left a guild; ErrNotFound when it is not stored.
func (q *Q) GuildLeft(ctx context.Context, guild string, at time.Time) error {
	return failed("save guild", q.execOne(ctx, "UPDATE guilds SET left_at = $2 WHERE id = $1", guild, ms(at)))
}

// ForgetGuild deletes everything of a guild, in this transaction: its
// subscriptions, its private sources with their articles, quotes and the
// briefs that show their words, its schedules, deliveries and what its channels
// have read, its audit rows, the answers it got, what it looked up, the notices to its managers, and the guild itself. What models cost stays
// counted for the installation, without guild and user.
func (q *Q) ForgetGuild(ctx context.Context, guild string) error {
	private, err := collect(ctx, q, scanID, "SELECT id FROM sources WHERE owner = $1 AND owner <> ''", guild)
	if err != nil {
		return failed("forget guild", err)
	}
	for _, id := range private {
		if err := q.removeSource(ctx, id); err != nil {
			return failed("forget guild", err)
		}
	}
	for _, statement := range []string{
		"DELETE FROM subscriptions WHERE guild = $1",
		"DELETE FROM told WHERE guild = $1",
		"DELETE FROM deliveries WHERE guild = $1", // with parts and candidates
		"DELETE FROM schedules WHERE guild = $1",
		"DELETE FROM audit WHERE guild = $1",
		"DELETE FROM answers WHERE guild = $1",
		"DELETE FROM lookups WHERE guild = $1",
		"DELETE FROM notices WHERE guild = $1",
		"UPDATE usage SET guild = '', user_id = '' WHERE guild = $1",
		"DELETE FROM usage_totals WHERE guild = $1 AND guild <> ''",
		"DELETE FROM guilds WHERE id = $1",
	} {
		if _, err := q.exec(ctx, statement, guild); err != nil {
			return failed("forget guild", err)
		}
	}
	return nil
}
