package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"attache/internal/digest"
	"attache/internal/store"
	"attache/sources"
	"attache/summarize/model"
)

const (
	// ackAfter is how long a handler may take before Discord is told to wait. Discord gives three seconds in all, people
	// about a quarter of one until they press again.
	ackAfter = 150 * time.Millisecond
	// ackLast is the same for what cannot be put off: a form must be the first answer, suggestions the only one.
	ackLast = 1200 * time.Millisecond
	// handleTime is how long it may take in all; Discord lets an answer be edited for a quarter of an hour.
	handleTime = 2 * time.Minute
	// stopTime is what is left to it when the program is being stopped.
	stopTime = 5 * time.Second
	// answerTime bounds the request that brings the answer, also when the program is stopping.
	answerTime = 15 * time.Second
	// inFlight is how many interactions are handled at the same time; more are asked to come back.
	inFlight = 200
)

// Services are what commands work with, beside the database.
type Services struct {
	Digests *digest.Service
	Client  *sources.Client
	Ledger  *store.Ledger // of models; nil where there are none
	Now     func() time.Time
}

// Serve gives the bot what its commands need; call it before Run. Without it every interaction is answered with an apology.
func (b *Bot) Serve(s Services) {
	if s.Now == nil {
		s.Now = time.Now
	}
	b.desk = b.newDesk(s)
}

// A desk handles interactions.
type desk struct {
	bot      *Bot
	services Services
	table    table
	crowd    *crowd
	turns    turns
	slots    chan struct{}
	forums   forumMemory
	running  sync.WaitGroup

	ackAfter, ackLast time.Duration // 0 puts off at once

	followers chan struct{}                        // holds a token for each handler that follows something on its way
	tick      func(time.Duration) <-chan time.Time // after what time it looks again; nil: it does not
}

func (b *Bot) newDesk(s Services) *desk {
	return &desk{
		bot: b, services: s, table: newTable(), crowd: newCrowd(s.Now), turns: newTurns(), slots: make(chan struct{}, inFlight),
		ackAfter: ackAfter, ackLast: ackLast, followers: make(chan struct{}, followersMost), tick: time.After,
	}
}

// A request is an interaction that is being handled, as handlers see it.
type request struct {
	*desk
	in      *interaction
	guild   string
	channel string
	user    string
	lang    string
	t       catalogue
	name    string // of the command or button, for the log
	options map[string]option
	args    []string // of a button: the words of its custom id after the first
	values  []string // that were chosen in a menu
	fields  map[string]string
	manager bool

	stopping <-chan struct{} // closed when the program is to end: what only waits goes no further
	deferred chan struct{}   // closed once Discord was told that the answer takes longer: from then on it can be changed
}

// take handles one INTERACTION_CREATE; it returns at once. ctx is that of the session: handlers finish beyond it.
func (d *desk) take(ctx context.Context, raw []byte) {
	in, err := readInteraction(raw)
	if err != nil {
		d.bot.log.Warn("interaction not readable")
		return
	}
	select {
	case d.slots <- struct{}{}:
		d.running.Go(func() {
			defer func() { <-d.slots }()
			own, cancel := context.WithTimeout(context.WithoutCancel(ctx), handleTime)
			defer cancel()
			defer context.AfterFunc(ctx, func() {
				sleep(own, stopTime)
				cancel()
			})()
			d.handle(own, ctx.Done(), &in)
		})
	default:
		d.running.Go(func() {
			r := d.request(&in)
			busy := &said{"error.busy", []string{"when", relative(d.services.Now().Add(userEvery))}}
			err := d.answer(context.WithoutCancel(ctx), r, outcome{err: busy}, promiseNothing)
			d.bot.log.Warn("too many interactions at once", "name", r.name, "guild", in.Guild, "err", err)
		})
	}
}

// An outcome is what became of a handler: a reply with the rows below its first page, or an error.
type outcome struct {
	reply reply
	rows  []any
	err   error
}

// handle answers an interaction, once, whatever happens. It returns when the handler has ended. stopping is closed when the
// program is to end, before ctx ends.
func (d *desk) handle(ctx context.Context, stopping <-chan struct{}, in *interaction) {
	began := time.Now()
	r := d.request(in)
	r.stopping = stopping
	later := d.promise(r)
	patience := d.ackAfter
	if later == promiseNothing {
		patience = d.ackLast
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan outcome, 1)
	go func(done chan<- outcome, later promise) { done <- d.guarded(ctx, r, later) }(done, later)
	var o outcome
	promised := promiseNothing
	if patience > 0 {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		select {
		case o = <-done:
			done = nil
		case <-timer.C:
		}
	}
	switch {
	case done == nil:
	case in.Type == askAutocomplete: // it cannot be put off: no suggestion is better than none at all
		o = outcome{reply: reply{choices: []choice{}}}
		defer func() { cancel(); <-done }()
	default:
		if later == promiseNothing {
			later = promiseMessage // the form is lost; that it is can be said
		}
		if d.later(ctx, in, later) == nil {
			promised = later
			close(r.deferred)
		}
		o = <-done
	}
	err := d.answer(ctx, r, o, promised)
	level := d.bot.log.Info
	if err != nil {
		level = d.bot.log.Warn
	}
	level("interaction", "kind", in.Type, "name", r.name, "guild", in.Guild, "ms", time.Since(began).Milliseconds(), "deferred", promised != promiseNothing, "apologised", o.err != nil, "err", err)
}

// guarded runs a handler when its turn comes, and stores what its buttons will need; a panic is an error.
func (d *desk) guarded(ctx context.Context, r *request, later promise) (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			d.bot.log.Error("handler panicked", "name", r.name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			o = outcome{err: errors.New("the handler panicked")}
		}
	}()
	if later == promiseMessage { // the others are short, and until they are done nothing is seen
		leave, err := d.turns.enter(ctx)
		if err != nil {
			return outcome{err: err}
		}
		defer leave()
	}
	if o.reply, o.err = d.route(model.WithPayer(ctx, model.Payer{Guild: r.guild, User: r.user}), r); o.err == nil && len(o.reply.pages) > 0 {
		o.rows, o.err = d.leaves(ctx, r, &o.reply)
	}
	return o
}

// request reads what every handler needs of an interaction.
func (d *desk) request(in *interaction) *request {
	r := &request{desk: d, deferred: make(chan struct{}), in: in, guild: in.Guild, channel: in.Channel, user: in.who(), lang: in.Locale}
	if r.lang == "" {
		r.lang = in.GuildLocale
	}
	r.t = d.bot.texts.in(r.lang)
	switch in.Type {
	case askCommand, askAutocomplete:
		var options []option
		r.name, options = in.Data.path()
		r.options = make(map[string]option, len(options))
		for _, o := range options {
			r.options[o.Name] = o
		}
	case askComponent, askModal:
		words := strings.Split(in.Data.CustomID, ":")
		r.name, r.args, r.values = words[0], words[1:], in.Data.Values
		r.fields = in.Data.fields()
	}
	r.name = Clip(r.name, 60)
	return r
}

// route checks that an interaction may be what it asks for, and finds who answers it.
func (d *desk) route(ctx context.Context, r *request) (reply, error) {
	in := r.in
	if in.Type == 0 {
		return reply{}, say("error.unreadable")
	}
	if !isID(r.guild) || in.Member == nil || r.user == "" {
		return reply{}, say("error.direct")
	}
	if d.bot.db != nil {
		if blocked, err := d.bot.db.Read().GuildBlocked(ctx, r.guild); err != nil {
			return reply{}, err
		} else if blocked {
			return reply{}, say("error.blocked_guild")
		}
	}
	var err error
	if r.manager, err = d.manages(ctx, in); err != nil {
		return reply{}, err
	}
	switch in.Type {
	case askCommand:
		c := d.table.find(r.name)
		if in.Data.Type == messageMenu {
			c = d.table.menu(d.bot.texts, in.Data.Name)
		}
		switch {
		case c == nil || c.menu != (in.Data.Type == messageMenu):
			return reply{}, say("error.unknown_command")
		case c.manager && !r.manager:
			return reply{}, say("error.manager")
		}
		if wait := d.crowd.wait(r.guild, r.user); wait > 0 {
			return reply{}, &said{"error.busy", []string{"when", relative(d.services.Now().Add(wait))}}
		}
		if err := d.checkOptions(r, c); err != nil {
			return reply{}, err
		}
		return c.run(ctx, r)
	case askAutocomplete:
		c := d.table.find(r.name)
		if c == nil || c.complete == nil || c.manager && !r.manager {
			return reply{choices: []choice{}}, nil
		}
		for _, o := range r.options {
			if o.Focused {
				var typed string
				if json.Unmarshal(o.Value, &typed) != nil {
					typed = ""
				}
				list, err := c.complete(ctx, r, o.Name, strings.TrimSpace(typed))
				return reply{choices: fitting(list)}, err
			}
		}
		return reply{choices: []choice{}}, nil
	case askComponent, askModal:
		p, ok := d.table.presses[r.name]
		switch {
		case !ok:
			return reply{}, say("error.expired")
		case p.manager && !r.manager:
			return reply{}, say("error.manager")
		}
		if wait := d.crowd.wait(r.guild, r.user); wait > 0 {
			return reply{}, &said{"error.busy", []string{"when", relative(d.services.Now().Add(wait))}}
		}
		return p.run(ctx, r)
	}
	return reply{}, say("error.unreadable")
}

// menu returns the message command that stands under a name in a menu.
func (t *table) menu(texts library, name string) *command {
	for i, c := range t.commands {
		if c.menu && texts["en"].text("menu."+c.name) == name {
			return &t.commands[i]
		}
	}
	return nil
}

// relative is a moment as Discord shows it to each reader: "in 20 seconds".
func relative(t time.Time) string { return fmt.Sprintf("<t:%d:R>", t.Unix()+1) }

// manages reports whether the one who asked may manage the bot: by Discord's permission, or by a role of the server's
// settings.
func (d *desk) manages(ctx context.Context, in *interaction) (bool, error) {
	if bits(in.Member.Permissions)&(mayManage|mayAdminister) != 0 {
		return true, nil
	}
	if len(in.Member.Roles) == 0 || d.bot.db == nil {
		return false, nil
	}
	s, err := settingsOf(ctx, d.bot.db.Read(), in.Guild)
	if err != nil {
		return false, err
	}
	for _, have := range in.Member.Roles {
		for _, role := range s.Managers {
			if have == role {
				return true, nil
			}
		}
	}
	return false, nil
}

// settings of a guild, as /admin settings sets them.
type settings struct {
	Managers []string `json:"managers,omitempty"` // roles that may manage the bot
	Lang     string   `json:"lang,omitempty"`     // of digests and posts; "" is the server's
	Notices  string   `json:"notices,omitempty"`  // the channel where managers are told what the program has to tell them; "" for none
}

// settingsOf loads the settings of a guild; those of an unknown guild are empty.
func settingsOf(ctx context.Context, q *store.Q, guild string) (settings, error) {
	var s settings
	g, err := q.GuildByID(ctx, guild)
	if errors.Is(err, store.ErrNotFound) {
		return s, nil
	}
	if err == nil && len(g.Settings) > 0 {
		err = json.Unmarshal(g.Settings, &s)
	}
	return s, err
}
