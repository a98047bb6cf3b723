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

// A promise is what Discord is told while a handler takes its time.
type promise int

const (
	promiseNothing promise = iota // there is none: it cannot be put off, or was not
	promiseMessage                // "is thinking…", seen by who asked alone; the answer takes its place
	promiseChange                 // of buttons, menus and forms: seen. The answer changes the message below which it was asked, or is a new one
)

// promise is what an interaction is put off with.
func (d *desk) promise(r *request) promise {
	switch r.in.Type {
	case askAutocomplete:
		return promiseNothing
	case askComponent, askModal:
		if p, ok := d.table.presses[r.name]; ok {
			return p.later
		}
	}
	return promiseMessage
}

// later tells Discord that the answer takes longer.
func (d *desk) later(ctx context.Context, in *interaction, p promise) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	if p == promiseChange {
		return d.callback(ctx, in, giveNothing, nil)
	}
	return d.callback(ctx, in, giveLater, map[string]any{"flags": ephemeral})
}

// answer brings a reply or an error to Discord: as the first answer, or as was promised.
func (d *desk) answer(ctx context.Context, r *request, o outcome, promised promise) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTime)
	defer cancel()
	if o.err != nil {
		o = outcome{reply: d.apology(r, o.err)}
	}
	kind, data, err := d.shape(r, o, promised)
	if err != nil {
		o = outcome{reply: d.apology(r, err)}
		if kind, data, err = d.shape(r, o, promised); err != nil {
			return err
		}
	}
	files := o.reply.files
	switch {
	case promised == promiseNothing:
		return d.callback(ctx, r.in, kind, data, files...)
	case promised == promiseChange && kind != giveUpdate:
		return d.send(ctx, http.MethodPost, d.hook(r.in), data, files...) // once: made again it may stand there twice
	}
	delete(data, "flags") // the promise said who sees it
	edit := func() error { return d.send(ctx, http.MethodPatch, d.hook(r.in)+"/messages/@original", data, files...) }
	if err := edit(); !uncertain(err) {
		return err
	}
	return edit() // the same once more changes nothing
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
func (d *desk) shape(r *request, o outcome, promised promise) (int, map[string]any, error) {
	rep := o.reply
	switch {
	case r.in.Type == askAutocomplete:
		return giveChoices, map[string]any{"choices": fitting(rep.choices)}, nil
	case rep.form != nil && promised == promiseNothing:
		return giveModal, rep.form.modal(), nil
	case rep.form != nil:
		return 0, nil, say("error.slow")
	case len(rep.pages) == 0:
		return 0, nil, errors.New("a reply without a page")
	}
	data, err := rep.pages[0].message(o.rows, rep.public)
	if len(rep.files) > 0 && err == nil {
		data["attachments"] = attachmentsOf(rep.files)
	}
	kind := giveMessage
	if rep.update && r.in.Type != askCommand {
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

// callback answers an interaction. When it is not known what became of the request it is made once more; Discord then
// says when the first one had arrived.
func (d *desk) callback(ctx context.Context, in *interaction, kind int, data map[string]any, files ...upload) error {
	path := "/interactions/" + in.ID + "/" + url.PathEscape(in.Token) + "/callback"
	answer := map[string]any{"type": kind}
	if data != nil {
		answer["data"] = data
	}
	err := d.send(ctx, http.MethodPost, path, answer, files...)
	if !uncertain(err) {
		return err
	}
	err = d.send(ctx, http.MethodPost, path, answer, files...)
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

// send makes a request that says v, with files where there are any.
func (d *desk) send(ctx context.Context, method, path string, v any, files ...upload) error {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	said := bytes.TrimSpace(body.Bytes())
	if len(files) == 0 {
		return d.bot.rest.do(ctx, method, path, said, nil)
	}
	kind, parts, err := formOf(said, files)
	if err != nil {
		return err
	}
	return d.bot.rest.doAs(ctx, method, path, kind, parts, nil)
}
