package store

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// Edit states.
const (
	EditReady  = "ready" // the request may have left: it may be made again
	EditDone   = "done"
	EditFailed = "failed"
)

// An Edit is a change of a message that stands in Discord. The row is there before the request, and the same request made
// twice does no harm.
type Edit struct {
	ID      int64
	Part    int64           // whose message it is
	Reason  string          // what it is made for, for the log and the audit
	Body    json.RawMessage // the request's JSON
	Status  string
	Created time.Time
	Tries   int
	Error   string
}

const editColumns = "id, part_id, reason, body, status, created, tries, error"

func scanEdit(r scanner) (e Edit, err error) {
	var body string
	var created int64
	err = r.Scan(&e.ID, &e.Part, &e.Reason, &body, &e.Status, &created, &e.Tries, &e.Error)
	e.Body, e.Created = json.RawMessage(body), fromMS(created)
	return e, err
}

// replaced is what an edit failed of that a newer one of its part made needless.
const replaced = "replaced by a newer edit"

// PlanEdit inserts an edit and returns its id. Older ones of the same part that are not made yet are not to be made any
// more: the newest says all.
func (q *Q) PlanEdit(ctx context.Context, e Edit) (id int64, err error) {
	if _, err := q.exec(ctx, "UPDATE edits SET status = 'failed', error = $2 WHERE part_id = $1 AND status = 'ready'", e.Part, replaced); err != nil {
		return 0, failed("plan an edit", err)
	}
	id, err = value[int64](ctx, q, "INSERT INTO edits (part_id, reason, body, status, created) VALUES ($1, $2, $3, 'ready', $4) RETURNING id",
		e.Part, e.Reason, string(e.Body), ms(q.db.now()))
	return id, failed("plan an edit", err)
}

// Edit returns an edit; ErrNotFound when there is none. In a transaction it is that one's until the end.
func (q *Q) Edit(ctx context.Context, id int64) (Edit, error) {
	e, err := one(ctx, q, scanEdit, "SELECT "+editColumns+" FROM edits WHERE id = $1"+q.locked("edits"), id)
	return e, failed("load an edit", err)
}

// OpenEdits are those that are not made yet, the oldest first.
func (q *Q) OpenEdits(ctx context.Context) ([]Edit, error) {
	es, err := collect(ctx, q, scanEdit, "SELECT "+editColumns+" FROM edits WHERE status = 'ready' ORDER BY created, id")
	return es, failed("load edits", err)
}

// SaveEdit stores status, tries and error.
func (q *Q) SaveEdit(ctx context.Context, e Edit) error {
	return failed("save an edit", q.execOne(ctx, "UPDATE edits SET status = $2, tries = $3, error = $4 WHERE id = $1", e.ID, e.Status, e.Tries, e.Error))
}

// OpenEdit returns the edit of a part that is not made yet; ErrNotFound when there is none.
func (q *Q) OpenEdit(ctx context.Context, part int64) (Edit, error) {
	e, err := one(ctx, q, scanEdit, "SELECT "+editColumns+" FROM edits WHERE part_id = $1 AND status = 'ready' ORDER BY id DESC LIMIT 1", part)
	return e, failed("load an edit", err)
}

// Part returns a part; ErrNotFound when there is none.
func (q *Q) Part(ctx context.Context, id int64) (Part, error) {
	p, err := one(ctx, q, scanPart, "SELECT "+partColumns+" FROM parts WHERE id = $1", id)
	return p, failed("load part", err)
}

// DigestsShowing returns the ended deliveries that were due since then and whose stored digest shows one of the articles,
// the oldest first. It reads all digests of the time, each dropped again at once.
func (q *Q) DigestsShowing(ctx context.Context, since time.Time, articles []int64) (ids []int64, err error) {
	shown := make(map[string]bool, len(articles))
	for _, a := range articles {
		shown[strconv.FormatInt(a, 10)] = true
	}
	all, err := collect(ctx, q, func(r scanner) (id int64, err error) {
		var digest string
		if err = r.Scan(&id, &digest); err != nil {
			return 0, err
		}
		for _, m := range mentioned.FindAllStringSubmatch(digest, -1) {
			if shown[m[1]] {
				return id, nil
			}
		}
		return 0, nil
	}, "SELECT id, digest FROM deliveries WHERE due >= $1 AND digest <> '' AND status NOT IN ('planned', 'sending') ORDER BY id", ms(since))
	for _, id := range all {
		if id != 0 {
			ids = append(ids, id)
		}
	}
	return ids, failed("look for digests", err)
}

// ArticlesUnder returns the articles of the sources that BlockSource would keep out, also of those that are kept out already.
func (q *Q) ArticlesUnder(ctx context.Context, address string, host bool) ([]int64, error) {
	_, subject, _, err := blockOf(address, host)
	if err != nil {
		return nil, err
	}
	type source struct {
		id  int64
		url string
	}
	all, err := collect(ctx, q, func(r scanner) (s source, err error) {
		err = r.Scan(&s.id, &s.url)
		return s, err
	}, "SELECT id, url FROM sources")
	if err != nil {
		return nil, failed("load sources", err)
	}
	var out []int64
	for _, s := range all {
		names := blockNames(s.url)
		if len(names) == 0 || host && !slices.Contains(names[1:], subject) || !host && names[0] != subject {
			continue
		}
		articles, err := collect(ctx, q, scanID, "SELECT id FROM articles WHERE source_id = $1", s.id)
		if err != nil {
			return nil, failed("load articles", err)
		}
		out = append(out, articles...)
	}
	return out, nil
}
