package store

import "context"

// ArticleAt returns the guild's article that is stored under a key (sources.Key of its URL), the newest where several of
// its sources brought it; ErrNotFound when none did, or when it is not ingested yet.
func (s Scope) ArticleAt(ctx context.Context, key string) (Listed, error) {
	// By the index on (source_id, key): one look for each of the guild's sources.
	l, err := one(ctx, s.q, scanListed, "SELECT "+listedColumns+` FROM subscriptions b
		CROSS JOIN articles a
		`+currentRevision+`
		WHERE b.guild = $1 AND a.source_id = b.source_id AND a.key = $2 AND a.ingested ORDER BY a.at DESC, a.id DESC LIMIT 1`, s.guild, key)
	return l, failed("load article", err)
}
