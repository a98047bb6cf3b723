package bot

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
)

// answer brings a reply or an error to Discord: as the first answer, or in the place of "is thinking…".
func (d *desk) answer(ctx context.Context, r *request, rep reply, err error, deferred bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	if err != nil {
		rep = d.apology(r, err)
	}
	kind, data, err := d.shape(ctx, r, rep, deferred)
	if err != nil {
		rep = d.apology(r, err)
		if kind, data, err = d.shape(ctx, r, rep, deferred); err != nil {
			return err
		}
	}
	if deferred {
		delete(data, "flags") // the promise to wait said who sees it
		edit := func() error { return d.send(ctx, http.MethodPatch, d.hook(r.in)+"/messages/@original", data) }
		if err := edit(); !uncertain(err) {
			return err
		}
		return edit() // the same once more changes nothing
	}
	return d.callback(ctx, r.in, kind, data)
}

// apology is the reply to an error.
func (d *desk) apology(r *request, err error) reply {
	if r.in.Type == askAutocomplete {
		return reply{choices: []choice{}}
	}
	text, known := sentence(r.t, err)
	if !known {
		ref := reference()
		d.bot.log.Error("interaction failed", "ref", ref, "name", r.name, "guild", r.guild, "err", d.bot.rest.hide(err))
		text = r.t.text("error.other", "ref", ref)
	}
	return plain(text)
}

// reference is a word by which a person's report is found in the log.
func reference() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// shape makes the kind and the data of the answer.
func (d *desk) shape(ctx context.Context, r *request, rep reply, deferred bool) (int, map[string]any, error) {
	switch {
	case r.in.Type == askAutocomplete:
		return giveChoices, map[string]any{"choices": fitting(rep.choices)}, nil
	case rep.form != nil && !deferred:
		return giveModal, rep.form.modal(), nil
	case rep.form != nil:
		return 0, nil, say("error.slow")
	case len(rep.pages) == 0:
		return 0, nil, errors.New("a reply without a page")
	}
	rows, err := d.leaves(ctx, r, &rep)
	if err != nil {
		return 0, nil, err
	}
	data, err := rep.pages[0].message(rows, rep.public)
	kind := giveMessage
	if rep.update && r.in.Type != askCommand && !deferred {
		kind = giveUpdate
	}
	return kind, data, err
}

// fitting are at most 25 choices within Discord's lengths. A value that is too long would be cut into another: it is left out.
func fitting(list []choice) []choice {
	out := []choice{}
	for _, c := range list {
		if c.Name = Clip(clean(c.Name, false), 100); blank(c.Name) || c.Value == "" || units(c.Value) > 100 {
			continue
		}
		if out = append(out, c); len(out) == 25 {
			break
		}
	}
	return out
}

// later tells Discord that the answer takes longer. What it will be is seen by who asked alone.
func (d *desk) later(ctx context.Context, in *interaction) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	return d.callback(ctx, in, giveLater, map[string]any{"flags": ephemeral})
}

// callback answers an interaction. When it is not known what became of the request it is made once more; Discord then
// says when the first one had arrived.
func (d *desk) callback(ctx context.Context, in *interaction, kind int, data map[string]any) error {
	path := "/interactions/" + in.ID + "/" + url.PathEscape(in.Token) + "/callback"
	answer := map[string]any{"type": kind, "data": data}
	err := d.send(ctx, http.MethodPost, path, answer)
	if !uncertain(err) {
		return err
	}
	err = d.send(ctx, http.MethodPost, path, answer)
	var e *apiError
	if errors.As(err, &e) && e.Code == alreadyAnswered {
		return nil
	}
	return err
}

// alreadyAnswered is Discord's code for an interaction that has had its callback.
const alreadyAnswered = 40060

// uncertain reports whether a request that failed with err may have been carried out.
func uncertain(err error) bool {
	var e *apiError
	var wait *waitError
	switch {
	case err == nil, errors.As(err, &wait):
		return false
	case errors.As(err, &e):
		return e.Status >= http.StatusInternalServerError
	}
	return true
}

// hook is the webhook under which answers to an interaction are edited and followed up.
func (d *desk) hook(in *interaction) string {
	return "/webhooks/" + in.Application + "/" + url.PathEscape(in.Token)
}

func (d *desk) send(ctx context.Context, method, path string, v any) error {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	return d.bot.rest.do(ctx, method, path, bytes.TrimSpace(body.Bytes()), nil)
}
