package store

import (
	"context"
	"fmt"
	"time"
)

// Scope is the part of the store that one guild's subscriptions brought, named
// and ranked as that guild named it. An article of a source the guild does not
// read does not exist for it: neither as text nor in a story, a count or a search.
//
// A paused subscription still shows what it brought, in answers to questions;
// Stories alone, of which digests are made, leaves it out. A blocked one, by its
// guild or its source, shows nothing anywhere.
type Scope struct {
	q     *Q
	guild string
}

// Guild returns what a guild sees.
func (q *Q) Guild(guild string) Scope { return Scope{q, guild} }

// StoryWindow is how far before the end of the asked time Stories looks for a
// story's articles: a story lives on while something new comes within three days.
const StoryWindow = 7 * 24 * time.Hour

const listedColumns = "b.name, b.tier, b.country, b.topics, " + articleColumns

func scanListed(r scanner) (Listed, error) {
	var l Listed
	var topics string
	a, err := scanArticleAnd(r, &l.Name, &l.Tier, &l.Country, &topics)
	if err != nil {
		return Listed{}, err
	}
	l.Article = a
	l.Topics, err = unlist(topics)
	return l, err
}

// visible joins articles a with the subscription b through which guild $1 sees them.
const visible = "JOIN subscriptions b ON b.source_id = a.source_id AND b.guild = $1 AND NOT b.blocked"

// Stories returns the stories with an ingested article published or first seen in [from, to), each with all the guild's articles of it in the last window before to.
// The window is StoryWindow, or from where that is earlier. Newest stories
// first, by their newest article. Articles of paused subscriptions are left out.
func (s Scope) Stories(ctx context.Context, from, to time.Time) ([]Story, error) {
	ls, err := collect(ctx, s.q, scanListed, "SELECT "+listedColumns+fmt.Sprintf(inPeriod, currentRevision), storiesArgs(s.guild, from, to)...)
	return byStory(ls), failed("load stories", err)
}

// inPeriod are the articles of Stories; %s is another join.
const inPeriod = ` FROM subscriptions b
		JOIN articles a ON a.source_id = b.source_id AND a.at >= $4 AND a.at < $3
		%s
		WHERE b.guild = $1 AND NOT b.paused AND NOT b.blocked AND a.ingested AND a.story <> 0 AND a.story IN (
			SELECT n.story FROM subscriptions m JOIN articles n ON n.source_id = m.source_id AND n.at >= $2 AND n.at < $3
			WHERE m.guild = $1 AND NOT m.paused AND NOT m.blocked AND n.ingested
			UNION
			SELECT n.story FROM articles n JOIN subscriptions m ON m.source_id = n.source_id AND m.guild = $1 AND NOT m.paused AND NOT m.blocked
			WHERE n.seen >= $2 AND n.seen < $3 AND n.ingested)
		ORDER BY a.at DESC, a.id DESC`

// storiesArgs are the arguments of inPeriod.
func storiesArgs(guild string, from, to time.Time) []any {
	since := to.Add(-StoryWindow)
	if from.Before(since) {
		since = from
	}
	return []any{guild, ms(from), ms(to), ms(since)}
}

// byStory groups articles, in the order in which the stories come first.
func byStory(ls []Listed) []Story {
	var stories []Story
	at := map[int64]int{}
	for _, l := range ls {
		i, ok := at[l.Story]
		if !ok {
			i = len(stories)
			at[l.Story] = i
			stories = append(stories, Story{ID: l.Story})
		}
		stories[i].Articles = append(stories[i].Articles, l)
	}
	return stories
}

// Story returns a story with all the guild's articles of it; ErrNotFound when it has none that the guild sees.
func (s Scope) Story(ctx context.Context, id int64) (Story, error) {
	ls, err := collect(ctx, s.q, scanListed, "SELECT "+listedColumns+" FROM articles a "+visible+" "+currentRevision+`
		WHERE a.story = $2 AND a.story <> 0 AND a.ingested ORDER BY a.at DESC, a.id DESC`, s.guild, id)
	if err == nil && len(ls) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Story{}, failed("load story", err)
	}
	return Story{ID: id, Articles: ls}, nil
}

// Article returns an article as it is now, ingested or not; ErrNotFound when the guild does not see it.
func (s Scope) Article(ctx context.Context, id int64) (Listed, error) {
	l, err := one(ctx, s.q, scanListed, "SELECT "+listedColumns+" FROM articles a "+visible+" "+currentRevision+" WHERE a.id = $2", s.guild, id)
	return l, failed("load article", err)
}

// Revision returns an article with the words of one of its revisions.
func (s Scope) Revision(ctx context.Context, id int64, revision int) (Listed, error) {
	l, err := one(ctx, s.q, scanListed, "SELECT "+listedColumns+" FROM articles a "+visible+`
		JOIN article_revisions r ON r.article_id = a.id WHERE a.id = $2 AND r.revision = $3`, s.guild, id, revision)
	l.Revision = revision
	return l, failed("load article", err)
}

// ArticleAt returns the guild's article that is stored under a key (sources.Key of its URL), the newest where several of
// its sources brought it; ErrNotFound when none did, or when it is not ingested yet.
func (s Scope) ArticleAt(ctx context.Context, key string) (Listed, error) {
	// By the index on (source_id, key): one look for each of the guild's sources.
	l, err := one(ctx, s.q, scanListed, "SELECT "+listedColumns+` FROM subscriptions b
		CROSS JOIN articles a
		`+currentRevision+`
		WHERE b.guild = $1 AND NOT b.blocked AND a.source_id = b.source_id AND a.key = $2 AND a.ingested ORDER BY a.at DESC, a.id DESC LIMIT 1`, s.guild, key)
	return l, failed("load article", err)
}

// Latest returns the n newest ingested articles.
func (s Scope) Latest(ctx context.Context, n int) ([]Listed, error) {
	// The newest n of each source, by its index, then the newest n of those: the
	// cost grows with the guild's sources, not with all that is stored.
	d := s.q.db.dialect
	ls, err := collect(ctx, s.q, scanListed, "SELECT "+listedColumns+" FROM "+d.newest[0]+`
		`+currentRevision+`
		WHERE b.guild = $1 AND NOT b.blocked AND `+d.newest[1]+" ORDER BY a.at DESC, a.id DESC LIMIT $2", s.guild, n)
	return ls, failed("load articles", err)
}

// Counts of what a guild can read.
type Counts struct{ Sources, Failing, Articles, Stories, Quotes int }

// Counts counts what the guild's subscriptions brought; Failing is how many of its sources failed at their last visit or
// are blocked.
func (s Scope) Counts(ctx context.Context) (Counts, error) {
	var c Counts
	err := s.q.on.QueryRowContext(ctx, `SELECT
		(SELECT COUNT(*) FROM subscriptions WHERE guild = $1),
		(SELECT COUNT(*) FROM subscriptions b JOIN sources s ON s.id = b.source_id WHERE b.guild = $1 AND (s.failures > 0 OR s.status <> 'active' OR s.blocked)),
		(SELECT COUNT(*) FROM subscriptions b JOIN articles a ON a.source_id = b.source_id WHERE b.guild = $1 AND NOT b.blocked AND a.ingested),
		(SELECT COUNT(DISTINCT a.story) FROM subscriptions b JOIN articles a ON a.source_id = b.source_id WHERE b.guild = $1 AND NOT b.blocked AND a.ingested AND a.story <> 0),
		(SELECT COUNT(*) FROM subscriptions b JOIN articles a ON a.source_id = b.source_id JOIN quotes q ON q.article_id = a.id WHERE b.guild = $1 AND NOT b.blocked AND a.ingested)`,
		s.guild).Scan(&c.Sources, &c.Failing, &c.Articles, &c.Stories, &c.Quotes)
	return c, failed("count", err)
}

// Named is a subscription as it is chosen from a list.
type Named struct {
	Source  int64
	Name    string
	Country string
	Topics  []string
}

// Named returns the guild's subscriptions in the order of their names: what Subscriptions returns, without counting articles.
func (s Scope) Named(ctx context.Context) ([]Named, error) {
	ns, err := collect(ctx, s.q, func(r scanner) (n Named, err error) {
		var topics string
		if err = r.Scan(&n.Source, &n.Name, &n.Country, &topics); err == nil {
			n.Topics, err = unlist(topics)
		}
		return n, err
	}, "SELECT source_id, name, country, topics FROM subscriptions WHERE guild = $1 ORDER BY name, source_id", s.guild)
	return ns, failed("load subscriptions", err)
}

// Deliveries counts the guild's deliveries by status.
func (s Scope) Deliveries(ctx context.Context) (map[string]int, error) {
	type count struct {
		status string
		n      int
	}
	rows, err := collect(ctx, s.q, func(r scanner) (c count, err error) {
		err = r.Scan(&c.status, &c.n)
		return c, err
	}, "SELECT status, COUNT(*) FROM deliveries WHERE guild = $1 GROUP BY status", s.guild)
	out := make(map[string]int, len(rows))
	for _, c := range rows {
		out[c.status] = c.n
	}
	return out, failed("count deliveries", err)
}
