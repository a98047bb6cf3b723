package store

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// candidateRows are inserted by one statement: parsing one a row took half of the time, and SQLite looks for the number of each
// placeholder among all that stand before it.
const candidateRows = 8

// SaveCandidates stores what deliveries considered, replacing the candidates of the deliveries named.
func (q *Q) SaveCandidates(ctx context.Context, all []Candidate) error {
	n := map[int64]int{}
	for len(all) > 0 {
		part := all[:min(len(all), candidateRows)]
		all = all[len(part):]
		var rows strings.Builder
		args := make([]any, 0, 9*len(part))
		for i, c := range part {
			if n[c.Delivery] == 0 {
				if _, err := q.exec(ctx, "DELETE FROM candidates WHERE delivery_id = $1", c.Delivery); err != nil {
					return failed("save candidates", err)
				}
			}
			parts, err := asJSON(c.Parts)
			if err != nil {
				return failed("save candidates", err)
			}
			if i > 0 {
				rows.WriteString(", ")
			}
			rows.WriteByte('(')
			for k := range 9 {
				if k > 0 {
					rows.WriteByte(',')
				}
				rows.WriteString("$" + strconv.Itoa(len(args)+k+1))
			}
			rows.WriteByte(')')
			args = append(args, c.Delivery, n[c.Delivery], c.Story, c.Rank, c.Score, c.Chosen, c.Reason, c.Headline, parts)
			n[c.Delivery]++
		}
		if _, err := q.exec(ctx, "INSERT INTO candidates (delivery_id, n, story, rank, score, chosen, reason, headline, parts) VALUES "+rows.String(), args...); err != nil {
			return failed("save candidates", err)
		}
	}
	return nil
}

// Candidates of a delivery, in the order in which they were saved.
func (q *Q) Candidates(ctx context.Context, delivery int64) ([]Candidate, error) {
	cs, err := collect(ctx, q, func(r scanner) (Candidate, error) {
		var c Candidate
		var parts string
		err := r.Scan(&c.Delivery, &c.Story, &c.Rank, &c.Score, &c.Chosen, &c.Reason, &c.Headline, &parts)
		if err == nil {
			err = json.Unmarshal([]byte(parts), &c.Parts)
		}
		return c, err
	}, "SELECT delivery_id, story, rank, score, chosen, reason, headline, parts FROM candidates WHERE delivery_id = $1 ORDER BY n", delivery)
	return cs, failed("load candidates", err)
}

// Told is what a channel has read of a story.
type Told struct {
	Channel  string
	Story    int64
	Delivery int64
	Articles []int64 // that the brief was made of
	At       time.Time
}

// SaveTold stores what channels have read; the guild is that of the delivery.
func (q *Q) SaveTold(ctx context.Context, t []Told) error {
	for _, t := range t {
		articles, err := asJSON(t.Articles)
		if err != nil {
			return failed("save what was told", err)
		}
		if t.At.IsZero() {
			t.At = q.db.now()
		}
		if _, err := q.exec(ctx, `INSERT INTO told (channel, story, delivery_id, guild, articles, at)
			VALUES ($1, $2, $3, COALESCE((SELECT guild FROM deliveries WHERE id = $3), ''), $4, $5)
			ON CONFLICT (channel, story, delivery_id) DO UPDATE SET articles = $4, at = $5`,
			t.Channel, t.Story, t.Delivery, articles, ms(t.At)); err != nil {
			return failed("save what was told", err)
		}
	}
	return nil
}

// Told returns what a channel has read since a time, the newest of each story.
func (q *Q) Told(ctx context.Context, channel string, since time.Time) (map[int64]Told, error) {
	ts, err := collect(ctx, q, func(r scanner) (Told, error) {
		var t Told
		var articles string
		var at int64
		err := r.Scan(&t.Channel, &t.Story, &t.Delivery, &articles, &at)
		t.At = fromMS(at)
		if err == nil {
			err = json.Unmarshal([]byte(articles), &t.Articles)
		}
		return t, err
	}, "SELECT channel, story, delivery_id, articles, at FROM told WHERE channel = $1 AND at >= $2 ORDER BY at, delivery_id", channel, ms(since))
	told := make(map[int64]Told, len(ts))
	for _, t := range ts {
		told[t.Story] = t
	}
	return told, failed("load what was told", err)
}
