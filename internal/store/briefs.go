package store

import (
	"context"
	"encoding/json"

	"attache/summarize"
)

// Brief returns the brief kept under key; ErrNotFound when there is none. The
// key stands for the article revisions it was made of, so whoever can name it
// sees those articles.
func (q *Q) Brief(ctx context.Context, key string) (summarize.Brief, error) {
	var b summarize.Brief
	data, err := value[string](ctx, q, "SELECT brief FROM briefs WHERE key = $1", key)
	if err == nil {
		err = json.Unmarshal([]byte(data), &b)
	}
	return b, failed("load brief", err)
}

// SaveBrief keeps a brief with the text of its evidence, replacing one of the same key.
func (q *Q) SaveBrief(ctx context.Context, key string, story int64, b summarize.Brief) error {
	data, err := asJSON(b)
	if err != nil {
		return failed("save brief", err)
	}
	if _, err := q.exec(ctx, `INSERT INTO briefs (key, story, lang, engine, version, created, brief) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (key) DO UPDATE SET story = $2, lang = $3, engine = $4, version = $5, created = $6, brief = $7`,
		key, story, b.Lang, b.Engine, b.Version, ms(q.db.now()), data); err != nil {
		return failed("save brief", err)
	}
	if _, err := q.exec(ctx, "DELETE FROM brief_articles WHERE key = $1", key); err != nil {
		return failed("save brief", err)
	}
	for article := range evidenceOf(b) {
		if _, err := q.exec(ctx, "INSERT INTO brief_articles (key, article_id) VALUES ($1, $2)", key, article); err != nil {
			return failed("save brief", err)
		}
	}
	return nil
}

// evidenceOf returns the articles whose words stand in a brief.
func evidenceOf(b summarize.Brief) map[int64]bool {
	of := map[int64]bool{}
	add := func(article int64) {
		if article != 0 {
			of[article] = true
		}
	}
	add(b.HeadlineFrom.Article)
	for _, bullet := range b.Bullets {
		for _, e := range bullet.Evidence {
			add(e.Article)
		}
	}
	for _, q := range b.Quotes {
		add(q.Article)
	}
	return of
}
