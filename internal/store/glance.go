package store

import (
	"context"
	"fmt"
	"time"
)

// View returns what Stories returns, in the same order, without the words: of an article only what its id and revision do
// not tell already (ID, Source, Revision, URL, Lang, Published, Seen, Story), and of its subscription everything. It costs a
// fraction of Stories, which reads each text.
func (s Scope) View(ctx context.Context, from, to time.Time) ([]Story, error) {
	ls, err := collect(ctx, s.q, func(r scanner) (l Listed, err error) {
		var topics string
		var published, seen int64
		if err = r.Scan(&l.Name, &l.Tier, &l.Country, &topics, &l.ID, &l.Source, &l.Revision, &l.URL, &l.Lang, &published, &seen, &l.Story); err != nil {
			return Listed{}, err
		}
		l.Published, l.Seen, l.Ingested = fromMS(published), fromMS(seen), true
		l.Topics, err = unlist(topics)
		return l, err
	}, "SELECT b.name, b.tier, b.country, b.topics, a.id, a.source_id, a.revision, a.url, a.lang, a.published, a.seen, a.story"+
		fmt.Sprintf(inPeriod, ""), storiesArgs(s.guild, from, to)...)
	return byStory(ls), failed("look at stories", err)
}

// UnfinishedOfGuilds counts the deliveries of each guild that are planned or sending.
func (q *Q) UnfinishedOfGuilds(ctx context.Context) (map[string]int, error) {
	type count struct {
		guild string
		n     int
	}
	rows, err := collect(ctx, q, func(r scanner) (c count, err error) {
		err = r.Scan(&c.guild, &c.n)
		return c, err
	}, "SELECT guild, COUNT(*) FROM deliveries WHERE status IN ('planned', 'sending') GROUP BY guild")
	out := make(map[string]int, len(rows))
	for _, c := range rows {
		out[c.guild] = c.n
	}
	return out, failed("count unfinished deliveries", err)
}
