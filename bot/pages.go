package bot

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"

	"attache/internal/store"
)

// kept is a reply of which buttons can show more: it is stored, so that they work after a restart too.
type kept struct {
	Pages []page `json:"pages"`
	Post  bool   `json:"post,omitempty"`
}

// pages are the buttons below long answers, and the one that posts an answer.
func (t *table) pages() {
	t.presses["page"] = press{run: turn, later: promiseChange}
	t.presses["post"] = press{run: postPage, later: promiseChange}
}

// leaves stores a reply of several pages, or one that can be posted, and returns the rows below its first page.
func (d *desk) leaves(ctx context.Context, r *request, rep *reply) ([]any, error) {
	rows := slices.Concat(rep.rows, rep.pages[0].Rows)
	if len(rep.pages) == 1 && !rep.post || rep.public {
		return rows, nil
	}
	raw, err := json.Marshal(kept{rep.pages, rep.post})
	if err != nil {
		return nil, err
	}
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails
	id := hex.EncodeToString(b[:])
	err = d.bot.db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		return q.SaveAnswer(ctx, store.Answer{ID: id, Guild: r.guild, User: r.user, At: d.services.Now(), Pages: raw})
	})
	if err != nil {
		return nil, err
	}
	return append(rows, r.turners(id, 0, len(rep.pages), rep.post)...), nil
}

// turners is the row of buttons below page n of a stored answer.
func (r *request) turners(id string, n, of int, post bool) []any {
	var buttons []any
	if of > 1 {
		at := strconv.Itoa(n+1) + " / " + strconv.Itoa(of)
		buttons = append(buttons,
			button(2, "page:"+id+":"+strconv.Itoa(n-1)+":back", r.t.text("button.back"), n == 0),
			button(2, "page:"+id+":"+strconv.Itoa(n)+":here", at, true),
			button(2, "page:"+id+":"+strconv.Itoa(n+1)+":next", r.t.text("button.next"), n+1 >= of))
	}
	if post && r.maySend() {
		buttons = append(buttons, button(1, "post:"+id+":"+strconv.Itoa(n), r.t.text("button.post"), false))
	}
	if len(buttons) == 0 {
		return nil
	}
	return []any{rowOf(buttons...)}
}

// maySend reports whether both who asked and the bot may write in the channel.
func (r *request) maySend() bool {
	need := uint64(maySend)
	if c := r.in.ChannelObject; c != nil && c.Type >= 10 && c.Type <= 12 {
		need = maySendThread
	}
	allowed := func(s string) bool { p := bits(s); return p&mayAdminister != 0 || p&need != 0 }
	return allowed(r.in.Member.Permissions) && allowed(r.in.Permissions)
}

// stored loads the answer that a button belongs to, and which of its pages is meant.
func (r *request) stored(ctx context.Context) (k kept, id string, n int, err error) {
	if len(r.args) < 2 {
		return k, "", 0, say("error.expired")
	}
	id = r.args[0]
	a, err := r.bot.db.Read().Answer(ctx, r.guild, id)
	if errors.Is(err, store.ErrNotFound) {
		return k, "", 0, say("error.expired")
	}
	if err != nil {
		return k, "", 0, err
	}
	if a.User != r.user { // it is somebody else's, and only they see it
		return k, "", 0, say("error.expired")
	}
	if err := json.Unmarshal(a.Pages, &k); err != nil {
		return k, "", 0, err
	}
	n, err = strconv.Atoi(r.args[1])
	if err != nil || n < 0 || n >= len(k.Pages) {
		return k, "", 0, say("error.expired")
	}
	return k, id, n, nil
}

// turn shows another page of an answer.
func turn(ctx context.Context, r *request) (reply, error) {
	k, id, n, err := r.stored(ctx)
	if err != nil {
		return reply{}, err
	}
	p := k.Pages[n]
	p.Rows = append(p.Rows, r.turners(id, n, len(k.Pages), k.Post)...)
	return reply{pages: []page{p}, update: true}, nil
}

// postPage shows a page to everybody in the channel.
func postPage(ctx context.Context, r *request) (reply, error) {
	k, _, n, err := r.stored(ctx)
	if err != nil {
		return reply{}, err
	}
	if !k.Post || !r.maySend() {
		return reply{}, say("error.may_not_post")
	}
	p := k.Pages[n]
	p.Content += "\n-# " + r.t.text("answer.posted_by", "user", "<@"+r.user+">")
	return reply{pages: []page{p}, public: true}, nil
}
